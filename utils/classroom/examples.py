"""What lesson 07 runs on, and what the course has measured once and kept."""

import json
from pathlib import Path

from ..rps import load_hands, load_network, load_photos

RESULTS = Path(__file__).with_name("shift_results.json")
PARTS = {part: Path(__file__).with_name(f"part_{part}_results.json") for part in (1, 2)}


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

    part 2: those of both parts, methods first, with one more column, "images": how many were measured. "how" and
    "images" are then given for each part, part → value. ValueError for any other part.
    """
    if part not in PARTS:
        raise ValueError(f"part: expected 1 or 2, got {part!r}")
    kept = {number: json.loads(PARTS[number].read_text(encoding="utf-8")) for number in PARTS if number <= part}
    if part == 1:
        return kept[1]
    rows = {
        name: row | {"images": results["images"]}
        for is_control in (False, True)
        for results in kept.values()
        for name, row in results["rows"].items()
        if (name in results["controls"]) == is_control
    }
    return {
        "how": {number: results["how"] for number, results in kept.items()},
        "images": {number: results["images"] for number, results in kept.items()},
        "controls": [name for results in kept.values() for name in results["controls"]],
        "columns": kept[1]["columns"] | {"images": "how many test images were measured, the first of the hands"},
        "rows": rows,
    }
