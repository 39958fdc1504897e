"""Who judges the judges: what each metric says of each map, on the whole test split; and a tiny ROAR.

    python -m utils.classroom.metric_experiment

It writes metric_results.npz, which load_metric_results reads; on a GPU, if there is one, in minutes, else in hours:
--images 12 --seeds 1 measures less. The same command gives the same numbers, but for the last digit, and for the
networks of ROAR, which are others on another machine.

A map is a number for each pixel, the channels added up; coarse ones are enlarged as blocks. The class asked for is the
label. Fills: black; "mean", the mean colour of the image; "blur", the image blurred by σ = 8 pixels. METRICS says what
each metric is. Not measured is the max-sensitivity of what takes hundreds of runs a map.

`roar` is {"base": [test accuracy of each seed's network], "removers": [names], "methods" and "truth": which of them
ask a network, and which know the fingers, "not retrained", "retrained", "shape alone": {remover: [test accuracy of each
seed]}, "gradients": {"a training", "all of these trainings", "a full table"}, counted, not timed, "chance": the share
of the largest class}. Of 200 training pictures of 48 × 48 and of all test pictures, the half of the pixels that the
remover ranks first becomes the mean colour of the training pictures. "Not retrained" is the base network on these test
pictures, "retrained" a network that has learned from such training pictures, from the same start, and "shape alone" one
whose pictures are 1 where a pixel was removed, else 0: what it knows, it knows from the shape of the hole.
"""

import argparse
import json
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from tqdm import tqdm

from ..evaluation import area_under, order_of, random_maps, random_squares, random_subsets
from ..methods import blur, deep_taylor_rule, guided_backprop, lrp, z_box_rule, z_plus_rule
from ..rps import CLASSES, load_hands, load_network
from ..rps.files import replacing
from ..rps.training import accuracy
from .examples import METRICS as FILE
from .examples import load_metric_results
from .measuring import METHODS as QUICK_METHODS
from .measuring import (
    device,
    edge_detector,
    in_big_batches,
    largest_channel,
    maps_of,
    mean_and_reach,
    rows_for,
    taught,
    untrained_there,
)
from .results import PART_2, PART_3, epsilon_above

STEPS = 20
SIGMA = 8.0  # pixels, of the blur
MARGIN = 6  # pixels: 15 of 224, of 96
TOP = 0.1
SUBSETS = 100  # of each size
SIZES = (92, 922)  # a hundredth and a tenth of the pixels
SQUARE, SQUARES = 16, 100
RADIUS, SAMPLES, STEADY = 0.02, 10, 60  # max-sensitivity, on so many images

FILLS = ("black", "mean", "blur")
CURVES = [f"{way}, {fill}" for way in ("deletion", "insertion") for fill in FILLS]
METRICS = {
    **{f"deletion, {fill}": f"area under the probability as pixels become {fill}, {STEPS} steps" for fill in FILLS},
    **{f"insertion, {fill}": f"the same as pixels come back to the {fill} picture" for fill in FILLS},
    "pointing, fingers": f"1 where the largest value lies at most {MARGIN} pixels from a finger",
    "share, fingers": "of the map's size, what lies on the fingers",
    "share, hand": "of the map's size, what lies on the hand",
    "top tenth, fingers": "of the tenth of the pixels with the largest values, how many lie on the fingers",
    **{
        f"sensitivity-{n}, {fill}": f"correlation of sums and falls over {SUBSETS} random subsets of {n} pixels, {fill}"
        for n in SIZES
        for fill in ("black", "mean")
    },
    **{
        f"infidelity, {fill}": f"how badly sums foretell falls under {SQUARES} squares of {SQUARE} pixels, {fill}"
        for fill in ("black", "mean")
    },
    "max-sensitivity": f"how far the map moves, in units of its size, at most in {SAMPLES} draws within ±{RADIUS} of a "
    f"value; only the first {STEADY} images",
}
LESS_IS_BETTER = ("deletion", "infidelity", "max-sensitivity")

TAUGHT = {"epochs": 16, "learning_rate": 2e-3}
LESSONS, SEEDS = 200, 5
FULL = {"methods": 10, "shares": 3, "seeds": 3, "images": 1531, "epochs": 14}  # what a table of the real thing takes


# Contestants ----------------------------------------------------------------------------------------------------------


def centre(images):
    """1.4 in the middle, 0 in the corners: (N, 1, H, W)."""
    side = torch.linspace(-1, 1, images.shape[2], device=images.device)
    return (2**0.5 - torch.hypot(side[:, None], side)).expand(len(images), 1, -1, -1)


def contestants(network, images, labels, hands):
    """name → maps (N, 1, H, W); and the names of the controls."""
    other = untrained_there(network, 0)
    maps = {}
    for name, method in tqdm((QUICK_METHODS | PART_2).items(), "maps"):
        maps[name] = maps_of(in_big_batches(name, method, images), network, images, labels)
    controls = {
        "random order": random_maps(images)[:, None],
        "edge detector": edge_detector(network, images),
        "centre": centre(images),
        "gradient, untrained": maps_of(QUICK_METHODS["gradient"], other, images, labels),
        "truth: fingers": hands["fingers"].float(),
        "truth: hand": hands["hand"].float(),
    }
    return maps | controls, list(controls)


# Metrics: each gives (N,) ---------------------------------------------------------------------------------------------


@torch.no_grad()
def scores_of(network, images, labels):
    """The score of the label and its probability, (N,) each."""
    scores = torch.cat([network(part) for part in images.split(rows_for(images))])
    at = labels[:, None]
    return scores.gather(1, at)[:, 0], scores.softmax(1).gather(1, at)[:, 0]


def fills_of(images):
    return {
        "black": torch.zeros_like(images),
        "mean": images.mean((2, 3), keepdim=True).expand_as(images),
        "blur": blur(images, SIGMA),
    }


def curves_of(network, images, labels, fills, maps):
    """name of CURVES → (N, STEPS + 1), as by score_curve; the ends are the same for all maps."""
    turns = order_of(maps[:, 0]).argsort(1).view_as(maps)
    pixels = turns[0].numel()
    found = {}
    for name in CURVES:
        way, fill = name.split(", ")
        start, finish = (images, fills[fill][0]) if way == "deletion" else (fills[fill][0], images)
        ends = (fills["whole"], fills[fill][1])
        curve = [ends[0] if way == "deletion" else ends[1]]
        for k in range(1, STEPS):
            gone = turns < round(k / STEPS * pixels)
            curve.append(scores_of(network, torch.where(gone, finish, start), labels)[1])
        curve.append(ends[1] if way == "deletion" else ends[0])
        found[name] = torch.stack(curve, 1)
    return found


def falls_of(network, images, labels, fill, masks):
    """(N, M): by how much the score falls where the mask's pixels show the fill."""
    whole = scores_of(network, images, labels)[0].double()
    left = [scores_of(network, torch.where(mask, fill, images), labels)[0] for mask in masks]
    return whole[:, None] - torch.stack(left, 1).double()


def sums_of(maps, masks):
    """(N, M), of maps (N, 1, H, W)."""
    return maps.flatten(1).double() @ masks.flatten(1).double().T


def pearson(sums, falls):
    """(N,): r of each row; 0 where sums do not differ but for rounding."""
    flat = sums.amax(1) - sums.amin(1) <= 1e-12 * sums.abs().amax(1)
    sums, falls = (each - each.mean(1, keepdim=True) for each in (sums, falls))
    r = (sums * falls).sum(1) / (sums.norm(dim=1) * falls.norm(dim=1)).clamp(min=1e-300)
    return torch.where(flat, 0, r)


def unforetold(sums, falls):
    """(N,): 1 − cos² of sums and falls, which is infidelity with the best factor."""
    product = (sums * falls).sum(1).square()
    return 1 - product / (sums.square().sum(1) * falls.square().sum(1)).clamp(min=1e-300)


def hits(maps, near):
    """Pointing game, with `near` (N, 1, H, W): what lies at most MARGIN pixels from the truth."""
    largest = maps == maps.amax((2, 3), keepdim=True)
    return (largest & near).double().sum((1, 2, 3)) / largest.double().sum((1, 2, 3))


def near(masks):
    from scipy.ndimage import distance_transform_edt  # here, because it takes long to import

    found = [torch.from_numpy(distance_transform_edt(~mask.numpy()) <= MARGIN) for mask in masks[:, 0].cpu()]
    return torch.stack(found)[:, None].to(masks.device)


def top_share(maps, masks):
    """top_inside: places that tie for the end of the tenth count in part."""
    flat, inside = maps.flatten(1).double(), masks.flatten(1)
    n = TOP * flat.shape[1]
    last = flat.sort(1, descending=True).values[:, [int(n)]]
    above, tied = (flat > last).double(), (flat == last).double()
    marked = above + tied * (n - above.sum(1, keepdim=True)) / tied.sum(1, keepdim=True)
    return (marked * inside).sum(1) / n


def part_on(maps, masks):
    size = maps.double().abs()
    return (size * masks).sum((1, 2, 3)) / size.sum((1, 2, 3))


# z^B knows the range of its inputs, and a moved image leaves that of the images
MOVED = {"low": -RADIUS, "high": 1 + RADIUS}
OF_MOVED = {
    "Deep Taylor": partial(lrp, rule=partial(deep_taylor_rule, **MOVED)),
    "LRP ε, z⁺, z^B": epsilon_above(z_plus_rule, partial(z_box_rule, **MOVED)),
}


def unsteady(method, network, images, labels):
    """max_sensitivity, of all images for each draw."""
    generator = torch.Generator("cpu").manual_seed(0)
    still = maps_of(method, network, images, labels)
    size = still.double().flatten(1).norm(dim=1)
    moved = torch.zeros(len(images), dtype=torch.float64, device=images.device)
    for _ in range(SAMPLES):
        noise = torch.rand(images.shape[1:], generator=generator, dtype=torch.float32, device="cpu").to(images)
        maps = maps_of(method, network, images + RADIUS * (2 * noise - 1), labels)
        moved = torch.maximum(moved, (maps - still).double().flatten(1).norm(dim=1))
    return torch.where(size > 0, moved / size, torch.nan)


def table(network, images, labels, hands):
    """Contestants, controls, scores (contestants, metrics, N) and mean curves (curves, contestants, STEPS + 1)."""
    maps, controls = contestants(network, images, labels, hands)
    size = tuple(images.shape[2:])
    fills = {name: (fill, scores_of(network, fill, labels)[1]) for name, fill in fills_of(images).items()}
    fills["whole"] = scores_of(network, images, labels)[1]
    subsets = {f"sensitivity-{n}": random_subsets(size, n, SUBSETS).to(images.device) for n in SIZES}
    masks = subsets | {"infidelity": random_squares(size, SQUARE, SQUARES).to(images.device)}
    falls = {
        f"{name}, {fill}": falls_of(network, images, labels, fills[fill][0], each)
        for name, each in tqdm(masks.items(), "falls")
        for fill in ("black", "mean")
    }
    around = near(hands["fingers"])
    asks_few = QUICK_METHODS | {"edge detector": edge_detector} | OF_MOVED
    scores, curves = [], []
    for name, each in tqdm(maps.items(), "metrics"):
        of_curves = curves_of(network, images, labels, fills, each)
        found = {curve: area_under(values) for curve, values in of_curves.items()}
        found["pointing, fingers"] = hits(each, around)
        found["share, fingers"] = part_on(each, hands["fingers"])
        found["share, hand"] = part_on(each, hands["hand"])
        found["top tenth, fingers"] = top_share(each, hands["fingers"])
        for metric, of_metric in falls.items():
            kind = metric.split(", ")[0]
            judge = unforetold if kind == "infidelity" else pearson
            found[metric] = judge(sums_of(each, masks[kind]), of_metric)
        found["max-sensitivity"] = torch.full((len(images),), torch.nan)
        if name in asks_few or name == "gradient, untrained":
            judged = untrained_there(network, 0) if name == "gradient, untrained" else network
            method = asks_few.get(name, asks_few["gradient"])
            found["max-sensitivity"][:STEADY] = unsteady(method, judged, images[:STEADY], labels[:STEADY]).cpu()
        scores.append(torch.stack([found[metric].cpu().float() for metric in METRICS]))
        curves.append(torch.stack([values.mean(0).cpu() for values in of_curves.values()]))
    return list(maps), controls, torch.stack(scores), torch.stack(curves, 1)


# ROAR -----------------------------------------------------------------------------------------------------------------


COMPOSITE = "LRP ε, z⁺, z^B"
REMOVERS = {  # asked for the label, as all else here, but for two: whose hole can tell the label, and whose cannot?
    "random order": lambda network, images, labels: random_maps(images)[:, None],
    "edge detector": edge_detector,
    "|gradient|": largest_channel,
    "guided backprop": guided_backprop,
    COMPOSITE: PART_3[COMPOSITE],
    f"{COMPOSITE}, asked for what is predicted": lambda network, images, labels: PART_3[COMPOSITE](network, images),
    f"{COMPOSITE}, always asked for rock": lambda network, images, labels: PART_3[COMPOSITE](network, images, 0),
}
TRUTH = "truth: fingers"


def first_half(maps):
    """Which pixels a map ranks first, ties in random order: (N, 1, H, W) bool."""
    turns = order_of(maps.sum(1)).argsort(1).view(len(maps), 1, *maps.shape[2:])
    return turns < round(0.5 * turns[0].numel())


def roar(seeds, place):
    splits = {name: load_hands(name) for name in ("train", "test")}
    n = {"train": LESSONS, "test": None}
    images = {name: F.avg_pool2d(each.images[: n[name]], 2).to(place) for name, each in splits.items()}
    labels = {name: each.labels[: n[name]].to(place) for name, each in splits.items()}
    fingers = {name: each.fingers[: n[name]].any(1, keepdim=True).float() for name, each in splits.items()}
    fingers = {name: F.avg_pool2d(each, 2).to(place) for name, each in fingers.items()}
    colour = images["train"].mean((0, 2, 3), keepdim=True)
    results = {name: {remover: [] for remover in [*REMOVERS, TRUTH]} for name in RETRAINED}
    base = []
    for seed in tqdm(range(seeds), "ROAR"):
        network = taught(images["train"], labels["train"], seed, seed, **TAUGHT)
        base.append(accuracy(network, images["test"], labels["test"]))
        for remover in results["retrained"]:
            method = REMOVERS.get(remover)
            gone = {
                name: first_half(fingers[name] if method is None else maps_of(method, network, x, labels[name]))
                for name, x in images.items()
            }
            left = {name: torch.where(gone[name], colour, x) for name, x in images.items()}
            shapes = {name: each.float().expand(-1, 3, -1, -1).contiguous() for name, each in gone.items()}
            results["not retrained"][remover].append(accuracy(network, left["test"], labels["test"]))
            for name, shown in {"retrained": left, "shape alone": shapes}.items():
                again = taught(shown["train"], labels["train"], seed, seed, **TAUGHT)
                results[name][remover].append(accuracy(again, shown["test"], labels["test"]))
    one = LESSONS * TAUGHT["epochs"]
    return {
        "base": [round(each, 4) for each in base],
        "removers": [*REMOVERS, TRUTH],
        "truth": [TRUTH],
        "methods": [name for name in REMOVERS if name in QUICK_METHODS or name.startswith(COMPOSITE)],
        **{
            name: {remover: [round(each, 4) for each in of_seeds] for remover, of_seeds in of_removers.items()}
            for name, of_removers in results.items()
        },
        "gradients": {
            "a training": one,
            "all of these trainings": one * seeds * (1 + 2 * len(results["retrained"])),
            "a full table": FULL["methods"] * FULL["shares"] * FULL["seeds"] * FULL["images"] * FULL["epochs"],
        },
        "full": FULL,
        "chance": round(labels["test"].bincount(minlength=len(CLASSES)).max().item() / len(labels["test"]), 4),
    }


RETRAINED = ("not retrained", "retrained", "shape alone")


# The file -------------------------------------------------------------------------------------------------------------


def measure(count, seeds):
    """What metric_results.npz holds, as arrays."""
    hands, place = load_hands("test"), device()
    images, labels = hands.images[:count].to(place), hands.labels[:count].to(place)
    masks = {"hand": hands.hand, "fingers": hands.fingers.any(1, keepdim=True)}
    masks = {name: each[:count].to(place) for name, each in masks.items()}
    names, controls, scores, curves = table(load_network("hands").to(place), images, labels, masks)
    options = {"--images": (count, len(hands.images)), "--seeds": (seeds, SEEDS)}
    how = [f" {name} {value}" for name, (value, usual) in options.items() if value != usual]
    about = {
        "how": "python -m utils.classroom.metric_experiment" + "".join(how),
        "contestants": names,
        "controls": controls,
        "metrics": METRICS,
        "more is better": {name: not name.startswith(LESS_IS_BETTER) for name in METRICS},
        "curves": CURVES,
        "roar": roar(seeds, place),
    }
    return {
        "about": np.array(json.dumps(about, ensure_ascii=False)),
        "indices": np.arange(count, dtype=np.int16),
        "labels": labels.cpu().numpy().astype(np.int8),
        "scores": scores.numpy().astype(np.float16),
        "curves": curves.numpy().astype(np.float16),
    }


def main():
    parser = argparse.ArgumentParser(prog="python -m utils.classroom.metric_experiment")
    parser.add_argument("--images", type=int, default=219, help="only the first so many of the test split")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="of the trainings of ROAR")
    options = parser.parse_args()
    with replacing(FILE) as beside:
        np.savez_compressed(beside, **measure(options.images, options.seeds))
    results = load_metric_results()
    print(f"{FILE.name}: {FILE.stat().st_size / 1000:.0f} kB, scores {tuple(results.scores.shape)}")
    for metric in results.metrics:
        shown = {name: mean_and_reach(results.of(metric, name)) for name in results.contestants}
        print(metric, "  ".join(f"{name} {mean[0]:.2f}" for name, mean in shown.items() if mean))
    for name in ("base", *RETRAINED):
        print(name, results.roar[name])


if __name__ == "__main__":
    main()
