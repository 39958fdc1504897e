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

from ..evaluation import (
    area_under,
    max_sensitivity,
    order_of,
    pointing_game,
    random_maps,
    random_squares,
    random_subsets,
    score_curve,
    share_inside,
    top_inside,
)
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
    """The score of the label, (N,)."""
    scores = torch.cat([network(part) for part in images.split(rows_for(images))])
    return scores.gather(1, labels[:, None])[:, 0]


def fills_of(images):
    return {
        "black": torch.zeros_like(images),
        "mean": images.mean((2, 3), keepdim=True).expand_as(images),
        "blur": blur(images, SIGMA),
    }


def curves_of(network, images, labels, fills, maps):
    """name of CURVES → (N, STEPS + 1)."""
    found = {}
    for name in CURVES:
        way, fill = name.split(", ")
        ends = (images, fills[fill]) if way == "deletion" else (fills[fill], images)
        found[name] = score_curve(network, *ends, maps, labels, STEPS, batch_size=rows_for(images))
    return found


def falls_of(network, images, labels, fill, masks):
    """(N, M): by how much the score falls where the mask's pixels show the fill."""
    whole = scores_of(network, images, labels).double()
    left = [scores_of(network, torch.where(mask, fill, images), labels) for mask in masks]
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


# z^B knows the range of its inputs, and a moved image leaves that of the images
MOVED = {"low": -RADIUS, "high": 1 + RADIUS}
OF_MOVED = {
    "Deep Taylor": partial(lrp, rule=partial(deep_taylor_rule, **MOVED)),
    "LRP ε, z⁺, z^B": epsilon_above(z_plus_rule, partial(z_box_rule, **MOVED)),
}


def of_one_class(method, model, images, c):
    """maps_of, as max_sensitivity asks: of one class for all images."""
    return maps_of(method, model, images, torch.full((len(images),), c, device=images.device))


def table(network, images, labels, hands):
    """Contestants, controls, scores (contestants, metrics, N) and mean curves (curves, contestants, STEPS + 1)."""
    maps, controls = contestants(network, images, labels, hands)
    size = tuple(images.shape[2:])
    fills = fills_of(images)
    subsets = {f"sensitivity-{n}": random_subsets(size, n, SUBSETS).to(images.device) for n in SIZES}
    masks = subsets | {"infidelity": random_squares(size, SQUARE, SQUARES).to(images.device)}
    falls = {
        f"{name}, {fill}": falls_of(network, images, labels, fills[fill], each)
        for name, each in tqdm(masks.items(), "falls")
        for fill in ("black", "mean")
    }
    asks_few = QUICK_METHODS | {"edge detector": edge_detector} | OF_MOVED
    scores, curves = [], []
    for name, each in tqdm(maps.items(), "metrics"):
        of_curves = curves_of(network, images, labels, fills, each[:, 0])
        found = {curve: area_under(values) for curve, values in of_curves.items()}
        found["pointing, fingers"] = pointing_game(each[:, 0], hands["fingers"], MARGIN)
        found["share, fingers"] = share_inside(each, hands["fingers"])
        found["share, hand"] = share_inside(each, hands["hand"])
        found["top tenth, fingers"] = top_inside(each[:, 0], hands["fingers"], TOP)
        for metric, of_metric in falls.items():
            kind = metric.split(", ")[0]
            judge = unforetold if kind == "infidelity" else pearson
            found[metric] = judge(sums_of(each, masks[kind]), of_metric)
        found["max-sensitivity"] = torch.full((len(images),), torch.nan)
        if name in asks_few or name == "gradient, untrained":
            judged = untrained_there(network, 0) if name == "gradient, untrained" else network
            method = asks_few.get(name, asks_few["gradient"])
            steady = max_sensitivity(
                partial(of_one_class, method),
                judged,
                images[:STEADY],
                labels[:STEADY],
                radius=RADIUS,
                n_samples=SAMPLES,
            )
            found["max-sensitivity"][:STEADY] = steady.cpu()
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
