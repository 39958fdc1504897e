"""The games of lesson 09, played to the end: the scores of all 128 coalitions of the seven parts of a picture.

    python -m utils.classroom.coalitions

It writes coalitions.npz, which load_coalitions reads, and prints what is in it. The first 40 test images of each class,
three fills; and as a control two networks that have learned nothing, on the first 20 scissors, in green. On these 20
also what four methods make of 36 square cells as players, with two seeds. The same command gives the same table, to the
last digit kept.
"""

import argparse

import numpy as np
import torch

from ..methods import (
    all_coalitions,
    coalition_images,
    coalition_scores,
    inpaint,
    kernel_shap,
    lime,
    paired_coalitions,
    permutation_shapley,
    random_orders,
)
from ..rps import CLASSES, RockPaperScissorsClassifier, load_hands, load_network
from ..rps.files import replacing
from .examples import COALITIONS, load_coalitions

PLAYERS = ("thumb", "index", "middle", "ring", "little", "palm", "background")
FILLS = ("green", "painted in", "grey")
SIGMA = 8.0  # pixels: how far away the background lies that is painted into the hand
OF_EACH_CLASS, OF_UNTRAINED, SEEDS = 40, 20, (0, 1)
CELL_SEEDS = (0, 1)
CELL, RUNS = 16, 144  # pixels, and runs of the network for a map of the cells: four for each of 36
UNIT, UNTRAINED_UNIT = 1e-3, 1e-7  # to which scores are rounded; those of an untrained network differ by 1e-4 only


def players_of(hands, indices):
    """(N, 7, H, W) bool: the five fingers, the palm (the hand without its fingers) and the background; no overlap."""
    hand, fingers = hands.hand[indices], hands.fingers[indices]
    return torch.cat([fingers, hand & ~fingers.any(1, keepdim=True), ~hand], dim=1)


def green_of(images):
    """(N, C, 1, 1): the mean colour of the 8 × 8 pixels in the upper left corner, as in lesson 00."""
    return images[:, :, :8, :8].mean((2, 3), keepdim=True)


def fill_of(name, images, hand):
    """What an absent player shows, (N, C, H, W). Painted in: the hand is replaced by the background around it; the
    background is as it was, so that as a player it changes nothing.
    """
    if name == "painted in":
        return inpaint(images, hand, SIGMA)
    fill = green_of(images) if name == "green" else torch.tensor(0.5)
    return fill.expand_as(images)


def untrained_network(seed):
    """A network built as that of the hands, its weights as PyTorch draws them. The global generator stays as it is."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return RockPaperScissorsClassifier(**load_network("hands").architecture).eval()


def play(network, images, fills, players):
    """The scores of all classes for each coalition: (N, 2ⁿ, classes).

    A player whose absence changes no pixel is counted as present, so that its share is 0 and not nearly 0.
    """
    coalitions = all_coalitions(players.shape[1])
    bits = 2 ** torch.arange(players.shape[1])
    scores = []
    for image, fill, parts in zip(images, fills, players, strict=True):
        null = torch.tensor([torch.equal(image[:, part], fill[:, part]) for part in parts])
        which, asked = ((coalitions | null) * bits).sum(1).unique(return_inverse=True)
        with torch.no_grad():
            shown = [network(coalition_images(image, fill, parts, each)) for each in coalitions[which].split(16)]
        scores.append(torch.cat(shown)[asked])
    return torch.stack(scores)


def grid_of(height, width):
    """(n, H, W) bool: the cells of a square grid without gaps, row after row."""
    rows, columns = height // CELL, width // CELL
    place = torch.arange(height)[:, None] // CELL * columns + torch.arange(width) // CELL
    return place == torch.arange(rows * columns)[:, None, None]


def coins(n, n_coalitions, seed):
    """LIME's draw: everybody, then a coin for each player."""
    tossed = torch.rand(n_coalitions, n, generator=torch.Generator().manual_seed(seed)) < 0.5
    tossed[0] = True
    return tossed


def maps_of_cells(network, image, fill, seed):
    """method → the shares of the cells, (n,), each from RUNS runs of the network; orders know both ends already."""
    players = grid_of(*image.shape[-2:])
    n = len(players)

    def value(coalitions):
        target = CLASSES.index("scissors")
        return coalition_scores(network, image, target, players=players, fill=fill, coalitions=coalitions)[0]

    empty, full = value(torch.tensor([[False] * n, [True] * n])).tolist()
    tossed, pairs = coins(n, RUNS, seed), paired_coalitions(n, RUNS, seed)
    singles = paired_coalitions(n, 2 * RUNS, seed)[::2]  # the first of each pair
    evenly = torch.ones(RUNS)
    return {
        "LIME": lime(tossed, value(tossed)),
        "KernelSHAP, one by one": kernel_shap(singles, value(singles), evenly, empty, full),
        "KernelSHAP in pairs": kernel_shap(pairs, value(pairs), evenly, empty, full),
        "orders and reverses": permutation_shapley(value, random_orders(n, RUNS // n, seed)),
    }


def measure(hands, of_each_class, of_untrained):
    """What coalitions.npz holds, as arrays."""
    of_class = [(hands.labels == label).nonzero()[:, 0] for label in range(len(CLASSES))]
    indices = torch.cat([each[:of_each_class] for each in of_class])
    images, hand, players = hands.images[indices], hands.hand[indices], players_of(hands, indices)
    network = load_network("hands")
    scores = torch.stack([play(network, images, fill_of(name, images, hand), players) for name in FILLS])

    scissors = of_class[CLASSES.index("scissors")][:of_untrained]
    images, players = hands.images[scissors], players_of(hands, scissors)
    green = fill_of("green", images, hands.hand[scissors])
    untrained = torch.stack([play(untrained_network(seed), images, green, players) for seed in SEEDS])
    of_cells = [
        [maps_of_cells(network, image[None], fill, seed) for seed in CELL_SEEDS]
        for image, fill in zip(images, green, strict=True)
    ]
    cells = torch.stack([torch.stack([torch.stack(list(each.values())) for each in seeds]) for seeds in of_cells])
    return {
        "players": np.array(PLAYERS),
        "fills": np.array(FILLS),
        "indices": indices.numpy().astype(np.int16),
        "labels": hands.labels[indices].numpy().astype(np.int8),
        "scores": (scores / UNIT).round().numpy().astype(np.int32),
        "unit": np.array(UNIT),
        "untrained": (untrained.double() / UNTRAINED_UNIT).round().numpy().astype(np.int32),
        "untrained_unit": np.array(UNTRAINED_UNIT),
        "cell_methods": np.array(list(of_cells[0][0])),
        "cells": (cells.permute(2, 0, 1, 3) / UNIT).round().numpy().astype(np.int32),
    }


def main():
    parser = argparse.ArgumentParser(prog="python -m utils.classroom.coalitions")
    parser.add_argument("--images", type=int, default=OF_EACH_CLASS, help="only the first so many of each class")
    n = parser.parse_args().images
    with replacing(COALITIONS) as beside:
        np.savez_compressed(beside, **measure(load_hands("test"), n, min(n, OF_UNTRAINED)))
    table = load_coalitions()
    print(f"{COALITIONS.name}: {COALITIONS.stat().st_size / 1000:.0f} kB")
    print("scores", tuple(table.scores.shape), "untrained", tuple(table.untrained.shape))
    print("cells", tuple(table.cells.shape), ", ".join(table.cell_methods))
    for fill in FILLS:
        for hands in CLASSES:
            games = table.games(fill, hands)
            print(f"{fill:12}{hands:10} none {games[:, 0].mean():7.3f}   all {games[:, -1].mean():7.3f}")


if __name__ == "__main__":
    main()
