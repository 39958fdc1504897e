"""Draws the rendered hands again: `python -m utils.rps.drawing`, a minute and a half on two cores.

Picture k depends on its own seed alone, so it is the same whatever else is drawn, in whatever order.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from . import anatomy, rendering
from .anatomy import CLASSES, THUMB
from .files import replacing
from .hands import COLUMNS, DATA, SHARES, load_hands, split_items

COUNTS = (726, 712, 750)  # rock, paper, scissors: as many as in the photographs
SEED = 1
PALETTE = [0, 0, 0, 150, 150, 150, 230, 85, 13, 253, 190, 60, 90, 180, 75, 60, 130, 200, 130, 90, 170]


def draw_hand(number):
    """Picture `number` (0 to 2,187, class after class), (96, 96, 3) uint8; its mask, (96, 96) uint8; its pose, (7,)."""
    label = label_of(number)
    rng = np.random.default_rng([SEED, number])
    while True:
        pose = anatomy.sample_pose(rng, label)
        spheres = anatomy.build_hand(pose)
        view = rendering.sample_view(rng, spheres)
        picture, parts = rendering.render(rng, spheres, view)
        if _shows(label, parts):
            squash = rendering.SIZE / np.array([rendering.WIDTH, rendering.HEIGHT])
            row = *(view.wrist * squash), view.turn, view.scale * squash[0], view.mirrored, pose.roll, pose.pitch
            return picture, parts, np.array(row, np.float32)


def label_of(number):
    return int(np.searchsorted(np.cumsum(COUNTS), number, side="right"))


def _shows(label, parts):
    """Whether enough of the hand is in the frame: all fingers of paper, both of scissors, some palm of each."""
    areas = [(parts == THUMB + finger).sum() for finger in range(5)]
    needed = {0: [], 1: areas, 2: areas[1:3]}[label]
    return all(area >= 40 for area in needed) and (parts == anatomy.PALM).sum() >= 250


def numbers(split):
    """The pictures in `split`, in their order."""
    ends = np.cumsum(COUNTS).tolist()
    classes = [range(end - n, end) for end, n in zip(ends, COUNTS, strict=True)]
    return split_items(classes, split, np.random.default_rng(SEED))


def draw_all(folder=DATA):
    """Draws every picture in two processes and writes the nine files."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        total = sum(COUNTS)
        drawn = list(tqdm(pool.map(draw_hand, range(total), chunksize=16), "hands", total, smoothing=0))
    for split in SHARES:
        chosen = numbers(split)
        pictures, parts, poses = (np.stack([drawn[k][i] for k in chosen]) for i in range(3))
        with replacing(folder / f"hands_{split}.webp") as path:
            Image.fromarray(contact_sheet(pictures, COLUMNS)).save(path, "webp", quality=90, method=6)
        with replacing(folder / f"hands_{split}_masks.png") as path:
            image = Image.fromarray(contact_sheet(parts, COLUMNS), "P")
            image.putpalette(PALETTE)
            image.save(path, "png", optimize=True)
        with replacing(folder / f"hands_{split}.npz") as path, open(path, "wb") as file:
            labels = np.array([label_of(k) for k in chosen])
            np.savez_compressed(file, labels=labels, pose=poses, numbers=np.array(chosen))


def contact_sheet(images, columns):
    """(N, h, w, ...) side by side in rows of `columns`: (rows·h, columns·w, ...), black where there are no more."""
    rows = -(-len(images) // columns)
    n, h, w, *rest = images.shape
    sheet = np.zeros((rows * columns, h, w, *rest), images.dtype)
    sheet[:n] = images
    return sheet.reshape(rows, columns, h, w, *rest).swapaxes(1, 2).reshape(rows * h, columns * w, *rest)


def draw_figure(path):
    """48 hands of the test split, 16 a class, at the photographs' 3:2."""
    hands = load_hands("test")
    chosen = np.concatenate([np.flatnonzero(hands.labels == label)[:16] for label in range(len(CLASSES))])
    tiles = (hands.images[chosen].permute(0, 2, 3, 1) * 255).round().byte().numpy()
    wide = np.stack([np.asarray(Image.fromarray(tile).resize((144, 96), Image.BICUBIC)) for tile in tiles])
    with replacing(Path(path)) as beside:
        Image.fromarray(contact_sheet(wide, 8)).save(beside, "webp", quality=85, method=6)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m utils.rps.drawing", description="Draw the rendered hands again.")
    parser.add_argument("--sheet", metavar="FILE", help="only draw the figure of 48 hands, a webp")
    sheet = parser.parse_args().sheet
    draw_figure(sheet) if sheet else draw_all()
