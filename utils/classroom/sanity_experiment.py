"""Does a map notice that the network is noise, or was taught wrong labels? All methods on the whole test split.

    python -m utils.classroom.sanity_experiment

It writes sanity_results.json, which load_sanity_results reads; on a GPU, if there is one, in minutes, else in hours:
--images 12 --seeds 1 --starts 2 measures less. The same command gives the same numbers, but for the last digit, and
for the networks that it trains, which are others on another machine.

    {"how": the command, "images", "seeds", "starts": how many, "layers": the names of the layers, the last one first,
     "methods": [names], "controls": [names that never ask the network], "measures": {name: what it says},
     "cascade": {kind: {method: {measure: [[mean, lower, upper] for each layer, made random with all above it]}}},
     "one at a time": {method: {measure: the same, this layer alone random, PyTorch's start}},
     "by seed": {method: {measure: [[mean of each seed] for each layer of the cascade]}}, PyTorch's start, signed and
        absolute,
     "accuracy": {"trained": share, "cascade": {kind: [[of each seed] for each layer]}, "one at a time": [[…] …]},
     "floor": {method: {measure: {"another image" or "random map": [mean, lower, upper]}}}: two maps without relation,
     "above the floor": {method: {measure: {"last layer" or "all layers": …}}}: what the cascade of PyTorch's start
        leaves, minus the map of another image, paired by image,
     "first": {method: {measure: [[values of the first two images] for each layer]}}, of the cascade of PyTorch's
        start with seed 0, without HOG,
     "shares": {"on the hand" or "on the fingers": {method: {"trained", "untrained" or "difference": […]}}}: the control
        "area" has the area of the masks,
     "labels": {see label_check}}

Intervals are over the images, of each image the mean over the seeds; the file keeps [mean, reach], as mean − lower is
upper − mean. Kinds are PyTorch's start, Kaiming's, and the trained weights in another order. The class asked for is the
label. Coarse maps are enlarged as blocks.
"""

import argparse
import json
from functools import partial

import torch
import torch.nn.functional as F
from tqdm import tqdm

from ..evaluation import (
    kaiming_start,
    layers_top_down,
    permute_labels,
    randomise,
    share_inside,
    shuffled_weights,
    uniform_start,
)
from ..rps import load_hands, load_network
from ..rps.files import replacing
from ..rps.training import accuracy, new_network
from .examples import SANITY, load_sanity_results
from .measuring import (
    METHODS,
    NEVER_ASK,
    SIMILARITIES,
    SMALL,
    device,
    features,
    maps_of,
    mean_and_reach,
    similarities,
    taught,
)

KINDS = {"PyTorch's start": uniform_start, "Kaiming's start": kaiming_start, "shuffled": shuffled_weights}
FIRST = "PyTorch's start"
SEEDS, STARTS = 3, 8
TAUGHT = {"epochs": 40, "learning_rate": 2e-3}
LESSONS = 120  # training images of the label check
OTHER_ORDER = 100  # added to the seed of a training: the same start, the batches in another order
ALL = METHODS | NEVER_ASK


def noise(n, like):
    """Maps that are noise, (N, 1, H, W)."""
    generator = torch.Generator("cpu").manual_seed(0)
    return torch.randn((n, 1, *like.shape[2:]), generator=generator, dtype=torch.float32, device="cpu").to(like)


# Random weights -------------------------------------------------------------------------------------------------------


def random_networks(network, seeds):
    """(kind, seed, place of the layer, whether the layers above it are random too) and the network, one by one."""
    layers = layers_top_down(network)
    for kind, draw in KINDS.items():
        for seed in range(seeds):
            for k in range(len(layers)):
                yield (kind, seed, k, True), randomise(network, layers[: k + 1], seed, draw)
    for seed in range(seeds):
        for k in range(1, len(layers)):  # the last layer alone is the beginning of the cascade
            yield (FIRST, seed, k, False), randomise(network, layers[k : k + 1], seed, KINDS[FIRST])


def randomised(network, images, labels, masks, seeds):
    """What the file says of random weights."""
    names, n = layers_top_down(network), len(images)
    trained = {name: maps_of(method, network, images, labels) for name, method in ALL.items()}
    before = {name: features(maps) for name, maps in trained.items()}
    shape = seeds, len(names), n
    found = {
        (kind, cascading): {name: {measure: torch.zeros(shape) for measure in SIMILARITIES} for name in ALL}
        for kind, cascading in [(kind, True) for kind in KINDS] + [(FIRST, False)]
    }
    right = {key: torch.zeros(shape[:2]) for key in found}
    untrained = {place: {name: torch.zeros(seeds, n) for name in ALL} for place in masks}
    total = seeds * (len(KINDS) * len(names) + len(names) - 1)
    for (kind, seed, k, cascading), other in tqdm(random_networks(network, seeds), "random weights", total):
        right[kind, cascading][seed, k] = accuracy(other, images, labels)
        for name, method in ALL.items():
            maps = maps_of(method, other, images, labels)
            for measure, values in similarities(before[name], features(maps)).items():
                found[kind, cascading][name][measure][seed, k] = values
            if kind == FIRST and cascading and k == len(names) - 1:
                for place, mask in masks.items():
                    untrained[place][name][seed] = share_inside(maps, mask).cpu()
    for name, of_measures in found[FIRST, False].items():
        for measure, values in of_measures.items():
            values[:, 0] = found[FIRST, True][name][measure][:, 0]
    right[FIRST, False][:, 0] = right[FIRST, True][:, 0]

    def per_layer(of_methods):
        return {
            name: {measure: [mean_and_reach(row) for row in values.mean(0)] for measure, values in of_measures.items()}
            for name, of_measures in of_methods.items()
        }

    unrelated = features(noise(n, images))
    floors = {
        name: {
            "another image": similarities(each, {measure: values.roll(1, 0) for measure, values in each.items()}),
            "random map": similarities(each, unrelated),
        }
        for name, each in before.items()
    }
    cascade = found[FIRST, True]
    of_trained = {
        place: {name: share_inside(maps, mask).cpu() for name, maps in trained.items()} for place, mask in masks.items()
    }
    return {
        "layers": names,
        "methods": list(METHODS),
        "controls": list(NEVER_ASK),
        "measures": SIMILARITIES,
        "cascade": {kind: per_layer(found[kind, True]) for kind in KINDS},
        "one at a time": per_layer(found[FIRST, False]),
        "by seed": {
            name: {measure: rounded(cascade[name][measure].mean(2).T) for measure in ("signed", "absolute")}
            for name in ALL
        },
        "accuracy": {
            "trained": round(accuracy(network, images, labels), 3),
            "cascade": {kind: rounded(right[kind, True].T) for kind in KINDS},
            "one at a time": rounded(right[FIRST, False].T),
        },
        "floor": {
            name: {
                measure: {what: mean_and_reach(of_what[measure]) for what, of_what in each.items()}
                for measure in SIMILARITIES
            }
            for name, each in floors.items()
        },
        "above the floor": {
            name: {
                measure: {
                    which: mean_and_reach(cascade[name][measure][:, k].mean(0) - floors[name]["another image"][measure])
                    for which, k in {"last layer": 0, "all layers": -1}.items()
                }
                for measure in SIMILARITIES
            }
            for name in ALL
        },
        "first": {
            name: {measure: rounded(cascade[name][measure][0, :, :2]) for measure in ("signed", "absolute", "SSIM")}
            for name in ALL
        },
        "shares": {
            place: {
                name: {
                    "trained": mean_and_reach(of_trained[place][name]),
                    "untrained": mean_and_reach(untrained[place][name].nanmean(0)),
                    "difference": mean_and_reach(of_trained[place][name] - untrained[place][name].nanmean(0)),
                }
                for name in ALL
            }
            for place in masks
        },
    }


def rounded(values, digits=3):
    return [[round(number, digits) for number in row] for row in values.tolist()]


# Wrong labels ---------------------------------------------------------------------------------------------------------


def label_check(images, labels, masks, starts):
    """Labels, true or permuted, × start, the same or another, each compared with networks of true labels.

    {"training images", "right by chance": [share of the permuted labels that is right, of each start],
     "accuracy": {network: {"training" (on the labels it was taught), "test": [of each start]}},
     "similarity": {method: {measure: {pair: [mean, lower, upper]}}}, over the images, the mean over the starts of each,
     "by start": {method: {measure: {pair: [mean over the images, of each start]}}}, signed and absolute,
     "differences": {method: {measure: {what: [mean, lower, upper]}}}, paired by image,
     "shares": {"on the hand" or "on the fingers": {method: {network: [mean, lower, upper]}}}, the mean over the starts,
     "the same everywhere": {method: {network: share of maps without any order}},
     "first": {"on the hand": {method: the shares of the first two images, not trained, start 0}}}

    A pair names what the map of "true labels" is compared with: a network that has learned true or permuted labels or
    none, from the same start or the next. From the same start with true labels: the batches come in another order, as
    they do for permuted labels. Pictures of 48 × 48, means of 2 × 2 pixels. The file keeps the names of pairs and of
    differences once, as "names".
    """
    train_split = load_hands("train")
    pictures, truth = F.avg_pool2d(train_split.images[:LESSONS], 2).to(images.device), train_split.labels[:LESSONS]
    small = F.avg_pool2d(images, 2)
    networks, learned = {}, {}
    for start in tqdm(range(starts), "label check: training"):
        wrong = permute_labels(truth, start)
        networks["true labels", start] = taught(pictures, truth, start, start, **TAUGHT)
        networks["true labels, other order", start] = taught(pictures, truth, start, start + OTHER_ORDER, **TAUGHT)
        networks["permuted labels", start] = taught(pictures, wrong, start, start + OTHER_ORDER, **TAUGHT)
        networks["not trained", start] = new_network(SMALL, start).to(images.device).eval()
        learned[start] = wrong
    kinds = list(dict.fromkeys(kind for kind, _ in networks))

    def fit(kind, start):
        taught_labels = learned[start] if kind == "permuted labels" else truth
        return accuracy(networks[kind, start], pictures, taught_labels.to(images.device))

    pairs = {
        "true labels, same start": ("true labels, other order", 0),
        "true labels, other start": ("true labels", 1),
        "permuted labels, same start": ("permuted labels", 0),
        "permuted labels, other start": ("permuted labels", 1),
        "not trained, same start": ("not trained", 0),
        "not trained, other start": ("not trained", 1),
    }
    differences = {
        f"{taught_what}, same − other start": (f"{taught_what}, same start", f"{taught_what}, other start")
        for taught_what in ("true labels", "permuted labels")
    } | {
        f"permuted − true labels, {start} start": (f"permuted labels, {start} start", f"true labels, {start} start")
        for start in ("same", "other")
    }
    results = {name: {} for name in ("similarity", "by start", "differences", "the same everywhere")}
    shares, first = {place: {} for place in masks}, {}
    for name, method in tqdm(ALL.items(), "label check: maps"):
        maps = {key: maps_of(method, network, small, labels) for key, network in networks.items()}
        seen = {key: features(each) for key, each in maps.items()}
        found = {
            pair: [
                similarities(seen["true labels", start], seen[kind, (start + step) % starts]) for start in range(starts)
            ]
            for pair, (kind, step) in pairs.items()
        }
        values = {
            measure: {pair: torch.stack([each[measure] for each in of_pair]) for pair, of_pair in found.items()}
            for measure in SIMILARITIES
        }
        results["similarity"][name] = {
            measure: [mean_and_reach(each.mean(0)) for each in of_pairs.values()]
            for measure, of_pairs in values.items()
        }
        results["by start"][name] = {
            measure: [rounded(each.mean(1)[None])[0] for each in values[measure].values()]
            for measure in ("signed", "absolute")
        }
        results["differences"][name] = {
            measure: [mean_and_reach((of_pairs[a] - of_pairs[b]).mean(0)) for a, b in differences.values()]
            for measure, of_pairs in values.items()
        }
        results["the same everywhere"][name] = {
            kind: round(
                sum((seen[kind, start]["signed"] == 0).all(1).double().mean().item() for start in range(starts))
                / starts,
                3,
            )
            for kind in kinds
        }
        for place, mask in masks.items():
            shares[place][name] = {
                kind: mean_and_reach(
                    torch.stack([share_inside(maps[kind, start], mask).cpu() for start in range(starts)]).nanmean(0)
                )
                for kind in kinds
            }
            if place == "on the hand":
                of_two = share_inside(maps["not trained", 0], mask)[:2]
                first[name] = [None if value.isnan() else round(value.item(), 4) for value in of_two]
    return {
        "training images": LESSONS,
        "names": {"similarity": list(pairs), "by start": list(pairs), "differences": list(differences)},
        "right by chance": [round((learned[start] == truth).float().mean().item(), 3) for start in range(starts)],
        "accuracy": {
            kind: {
                "training": [round(fit(kind, start), 3) for start in range(starts)],
                "test": [round(accuracy(networks[kind, start], small, labels), 3) for start in range(starts)],
            }
            for kind in kinds
        },
        "shares": shares,
        "first": {"on the hand": first},
        **results,
    }


def measure(count, seeds, starts):
    """The results as they are kept."""
    hands, place = load_hands("test"), device()
    images, labels = hands.images[:count].to(place), hands.labels[:count].to(place)
    masks = {"on the hand": hands.hand, "on the fingers": hands.fingers.any(1, keepdim=True)}
    masks = {name: mask[:count].to(place) for name, mask in masks.items()}
    options = {"--images": (count, len(hands.images)), "--seeds": (seeds, SEEDS), "--starts": (starts, STARTS)}
    how = [f" {name} {value}" for name, (value, usual) in options.items() if value != usual]
    return {
        "how": "python -m utils.classroom.sanity_experiment" + "".join(how),
        "images": count,
        "seeds": seeds,
        "starts": starts,
        **randomised(load_network("hands").to(place), images, labels, masks, seeds),
        "labels": label_check(images, labels, masks, starts),
    }


def main():
    parser = argparse.ArgumentParser(prog="python -m utils.classroom.sanity_experiment")
    parser.add_argument("--images", type=int, default=219, help="only the first so many of the test split")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="of random weights")
    parser.add_argument("--starts", type=int, default=STARTS, help="of the label check, two or more")
    options = parser.parse_args()
    results = measure(options.images, options.seeds, options.starts)
    compact = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
    lines = (f"{compact(key)}: {compact(value)}" for key, value in results.items())
    with replacing(SANITY) as beside:
        beside.write_text("{" + ",\n".join(lines) + "}\n", encoding="utf-8")
    results = load_sanity_results()
    print(f"{SANITY.name}: {SANITY.stat().st_size / 1000:.0f} kB, {results['images']} images")
    for name, of_measures in results["cascade"][FIRST].items():
        ends = [f"{measure} {rows[0][0]:.2f} … {rows[-1][0]:.2f}" for measure, rows in of_measures.items()]
        print(f"{name:20}", "   ".join(ends))


if __name__ == "__main__":
    main()
