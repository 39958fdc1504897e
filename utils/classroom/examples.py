"""What lesson 07 runs on, and what the course has measured once and kept."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from ..evaluation import interval
from ..rps import CLASSES, load_hands, load_network, load_photos

RESULTS = Path(__file__).with_name("shift_results.json")
COALITIONS = Path(__file__).with_name("coalitions.npz")
COVER = Path(__file__).with_name("cover_results.json")
SANITY = Path(__file__).with_name("sanity_results.json")
METRICS = Path(__file__).with_name("metric_results.npz")
PARTS = {part: Path(__file__).with_name(f"part_{part}_results.json") for part in (1, 2, 3)}


def load_example(data="hands", folder=None):
    """The running example: (test split, training split, small network trained on the like).

    data "hands" or "photographs", the latter from `folder` (None: fetched with kagglehub). Where they cannot be had, it
    says why and how to get them, and gives the hands. ValueError for any other `data`.
    """
    if data not in ("hands", "photographs"):
        raise ValueError(f'data: expected "hands" or "photographs", got {data!r}')
    if data == "photographs":
        try:
            return load_photos(folder, "test"), load_photos(folder, "train"), load_network("photos")
        except OSError as error:
            print(f"{error}\nHere the folder goes into FOLDER. Without it the lesson goes on with the rendered hands.")
    return load_hands("test"), load_hands("train"), load_network("hands")


def load_shift_results():
    """name of the network → what the shift experiment measured for it; `python -m utils.classroom.shift_experiment`."""
    return json.loads(RESULTS.read_text(encoding="utf-8"))


def load_results(part=1):
    """The methods of Part I held against its tests: {"how", "images", "controls", "columns", "rows"}, the rows as
    show_table takes them; `python -m utils.classroom.results` says what each stands for.

    part 2: those of lessons 08 and 09, too, methods first, with one more column, "images": how many were measured. part
    3: those of lesson 10, too, and for all rows the columns of lessons 11 and 12, measured on the first 30 images.
    "how" and "images" are then given for each part, part → value. ValueError for any other part.
    """
    if part not in PARTS:
        raise ValueError(f"part: expected 1, 2 or 3, got {part!r}")
    kept = {number: json.loads(PARTS[number].read_text(encoding="utf-8")) for number in PARTS if number <= part}
    if part == 1:
        return kept[1]
    more = kept[part].get("added", {})
    rows = {
        name: row | more.get(name, {}) | {"images": results["images"]}
        for is_control in (False, True)
        for results in kept.values()
        for name, row in results["rows"].items()
        if (name in results["controls"]) == is_control
    }
    return {
        "how": {number: results["how"] for number, results in kept.items()},
        "images": {number: results["images"] for number, results in kept.items()},
        "controls": [name for results in kept.values() for name in results["controls"]],
        "columns": kept[part]["columns"] | {"images": "how many test images were measured, the first of the hands"},
        "rows": rows,
    }


class Coalitions(NamedTuple):
    """The scores of all coalitions of seven players, for 40 images of each class. Entry k of a game is the score of the
    picture that shows the players whose bits are set in k, as in all_coalitions: 0 shows nobody, 127 everybody.
    """

    players: tuple[str, ...]  # 7 names, player 0 first: thumb, index, middle, ring, little, palm, background
    fills: tuple[str, ...]  # 3 names: what an absent player shows: "green", "painted in", "grey"
    indices: torch.Tensor  # (120,) int64: the images' places in load_hands("test"), the first 40 of each class
    labels: torch.Tensor  # (120,) int64, an index into CLASSES; class after class
    scores: torch.Tensor  # (3, 120, 128, 3) float64: fill, image, coalition, class; rounded to 0.001
    untrained: torch.Tensor  # (2, 20, 128, 3) float64: two networks with random weights, the first 20 scissors, green;
    # rounded to 1e-7: their scores differ from picture to picture by some 1e-4 only
    cell_methods: tuple[str, ...]  # 4 names: what has shared the score out among 36 cells of 16 × 16 pixels
    cells: (
        torch.Tensor
    )  # (4, 20, 2, 36) float64: method, image, seed, cell: the first 20 scissors, green, 144 runs a map

    def games(self, fill, hands, score=None):
        """(40, 128) float64: the games of the images of the class `hands` with this fill, for the score of that class,
        or of the class `score`. ValueError for another fill or class.
        """
        score = hands if score is None else score
        for name, value, known in (("fill", fill, self.fills), ("hands", hands, CLASSES), ("score", score, CLASSES)):
            if value not in list(known):
                raise ValueError(f"{name}: expected one of {', '.join(map(repr, known))}, got {value!r}")
        return self.scores[self.fills.index(fill), self.labels == CLASSES.index(hands), :, CLASSES.index(score)]


def load_coalitions():
    """What all 128 coalitions of thumb, index, middle, ring, little, palm and background score, as `Coalitions`.

    "palm" is the hand without its fingers. Fills: "green", the mean of the upper left 8 × 8 pixels; "painted in", the
    hand replaced by the background around it, inpaint with sigma 8, and the background as it is, so that it is a player
    who changes nothing; "grey", 0.5. The shares of 36 cells are those of four methods, each from 144 runs.
    `python -m utils.classroom.coalitions` measures them.
    """
    with np.load(_kept(COALITIONS, "coalitions")) as table:
        return Coalitions(
            players=tuple(table["players"].tolist()),
            fills=tuple(table["fills"].tolist()),
            indices=torch.from_numpy(table["indices"]).long(),
            labels=torch.from_numpy(table["labels"]).long(),
            scores=torch.from_numpy(table["scores"] * table["unit"]),
            untrained=torch.from_numpy(table["untrained"] * table["untrained_unit"]),
            cell_methods=tuple(table["cell_methods"].tolist()),
            cells=torch.from_numpy(table["cells"] * table["unit"]),
        )


def load_cover_results():
    """What covering does to the scores of 30 scissors: {"how", "images", "indices", "occlusion", "extremal", "rise",
    "noise"}, of which the three in the middle are {"columns", "controls", "rows", "values"}: rows as show_table takes
    them, {row: {column: [mean, lower, upper]}}, and the values behind them, one for each image, for differences.

    `python -m utils.classroom.cover_experiment` measures it and says what each stands for.
    """
    results = json.loads(_kept(COVER, "cover_experiment").read_text(encoding="utf-8"))
    for part in ("occlusion", "extremal", "rise"):
        results[part]["rows"] = {
            row: {column: interval(torch.tensor(values)).tolist() for column, values in columns.items()}
            for row, columns in results[part]["values"].items()
        }
    return results


def load_sanity_results():
    """What random weights and wrong labels do to the maps of all methods, on the test split: means and intervals over
    images, [mean, lower, upper]. `python -m utils.classroom.sanity_experiment` measures it and says what each stands
    for: "cascade", "one at a time", "by seed", "accuracy", "floor", "above the floor", "shares" and "labels".
    """
    results = json.loads(_kept(SANITY, "sanity_experiment").read_text(encoding="utf-8"))
    for part in ("cascade", "one at a time", "floor", "above the floor", "shares"):
        results[part] = _with_ends(results[part])
    labels = results["labels"]
    for part, names in labels.pop("names").items():
        labels[part] = {
            method: {measure: dict(zip(names, values, strict=True)) for measure, values in of_measures.items()}
            for method, of_measures in labels[part].items()
        }
    for part in ("similarity", "differences", "shares"):
        labels[part] = _with_ends(labels[part])
    return results


def _with_ends(kept):
    """[mean, reach] as [mean, lower, upper], wherever it stands."""
    if isinstance(kept, dict):
        return {name: _with_ends(value) for name, value in kept.items()}
    if kept is None:
        return None
    if not isinstance(kept[0], float):
        return [_with_ends(value) for value in kept]
    mean, reach = kept
    return [mean, round(mean - reach, 3), round(mean + reach, 3)]


class MetricResults(NamedTuple):
    """What each metric says of each contestant, image by image of the test split; and the tiny ROAR."""

    how: str  # the command
    contestants: tuple[str, ...]  # the methods, then the controls
    controls: tuple[str, ...]  # those of them that are no methods: random order, edges, centre, truth …
    metrics: dict[str, str]  # metric → what it measures
    better: dict[str, object]  # metric → max or min, as show_table takes it
    indices: torch.Tensor  # (N,) int64: the images' places in load_hands("test")
    labels: torch.Tensor  # (N,) int64, an index into CLASSES, and the class asked for
    scores: torch.Tensor  # (contestants, metrics, N) float64, kept in float16; NaN where it was not measured
    curves: dict[str, torch.Tensor]  # deletion and insertion metric → (contestants, 21): the mean probability
    roar: dict  # see metric_experiment

    def of(self, metric, contestants=None):
        """(N,) float64: the scores of one contestant; or of a list of them, None all, (contestants, N), a row each.

        ValueError for a metric or contestant that is not there.
        """
        names = [contestants] if isinstance(contestants, str) else list(contestants or self.contestants)
        for what, name, known in [("metric", metric, list(self.metrics))] + [
            ("contestant", name, self.contestants) for name in names
        ]:
            if name not in known:
                raise ValueError(f"{what}: expected one of {', '.join(map(repr, known))}, got {name!r}")
        rows = self.scores[[self.contestants.index(name) for name in names], list(self.metrics).index(metric)]
        return rows[0] if isinstance(contestants, str) else rows


def load_metric_results():
    """All contestants held against all metrics on the test split, as `MetricResults`; `roar` is the tiny ROAR.

    `python -m utils.classroom.metric_experiment` measures it and says what each stands for.
    """
    with np.load(_kept(METRICS, "metric_experiment")) as table:
        about = json.loads(str(table["about"]))
        names = about["metrics"]
        return MetricResults(
            how=about["how"],
            contestants=tuple(about["contestants"]),
            controls=tuple(about["controls"]),
            metrics=names,
            better={name: max if about["more is better"][name] else min for name in names},
            indices=torch.from_numpy(table["indices"]).long(),
            labels=torch.from_numpy(table["labels"]).long(),
            scores=torch.from_numpy(table["scores"]).double(),
            curves=dict(zip(about["curves"], torch.from_numpy(table["curves"]).double(), strict=True)),
            roar=about["roar"],
        )


def _kept(path, module):
    if not path.exists():
        raise FileNotFoundError(f"{path.name} is gone; `python -m utils.classroom.{module}` measures it again")
    return path
