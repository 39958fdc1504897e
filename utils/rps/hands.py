"""Rendered hands: 2,188 pictures of rock, paper and scissors with exact masks, shipped in `data/`.

Each split is three files: a mosaic of its pictures (`hands_test.webp`, lossy), a mosaic of its masks
(`hands_test_masks.png`, exact), and labels, poses and numbers of the pictures (`hands_test.npz`). drawing.py made them.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from .anatomy import FINGERS, THUMB

DATA = Path(__file__).with_name("data")
SHARES = {"train": 0.7, "validation": 0.2, "test": 0.1}
POSE = ("wrist_u", "wrist_v", "turn", "scale", "mirrored", "roll", "pitch")
ALIGNED = {"u": 72.0, "v": 48.0, "scale": 3.2}  # where `align` puts the wrist, and how large it makes the hand
SIZE = 96  # pixels of a picture, both ways
COLUMNS = 20  # pictures side by side in a mosaic


class Hands(NamedTuple):
    """One split of the rendered hands: N pictures and what is known about them."""

    images: torch.Tensor  # (N, 3, 96, 96) float32 in [0, 1]
    labels: torch.Tensor  # (N,) int64, an index into CLASSES
    hand: torch.Tensor  # (N, 1, 96, 96) bool: skin, that is hand and bare forearm; no sleeve, no bracelet
    fingers: torch.Tensor  # (N, 5, 96, 96) bool: thumb to little finger, from the knuckle on; parts of `hand`
    pose: torch.Tensor  # (N, 7) float32, the columns named in POSE:
    # wrist_u, wrist_v: the wrist in pixels of the image, right and down; it may lie outside
    # turn: in degrees, in the 3:2 picture; 0 where the hand points left, positive where it points up
    # scale: pixels of image width per centimetre; of image height, half as many again (3:2 squashed to a square)
    # mirrored: 1 for a left hand; roll, pitch: out of the picture, in degrees, as in anatomy.Pose


def load_hands(split="test"):
    """The rendered hands of one split, "train" (1,531), "validation" (438) or "test" (219), as `Hands`.

    Classes are mixed in a fixed order. Raises ValueError for another split, FileNotFoundError if the files are gone.
    """
    check_split(split)
    try:
        with np.load(DATA / f"hands_{split}.npz") as table:
            labels, pose = torch.from_numpy(table["labels"]), torch.from_numpy(table["pose"])
        pictures = _cut(DATA / f"hands_{split}.webp", len(labels))
        parts = _cut(DATA / f"hands_{split}_masks.png", len(labels))
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{error.filename} is missing. Restore it with `git checkout utils/rps/data`, "
            "or draw the hands again with `python -m utils.rps.drawing` (a minute)."
        ) from None
    images = torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous().float().div_(255)
    parts = torch.from_numpy(parts)[:, None]
    fingers = torch.cat([parts == THUMB + finger for finger in range(len(FINGERS))], 1)
    return Hands(images, labels, parts > 0, fingers, pose)


def align(images, pose):
    """Images or maps moved, turned, scaled and mirrored so that all hands are right hands of one size in one place.

    images (N, C, 96, 96), pose (N, 7) as in `Hands` → (N, C, 96, 96): the wrist right of the middle, the hand pointing
    left; what lay outside the image is 0. Turns out of the picture (roll, pitch) stay.
    """
    u, v, turn, scale, mirrored = pose[:, :5].T.double()
    turn = turn.deg2rad()
    # In centimetres from the wrist, a to the right and b down (up for a left hand), of every pixel of the result …
    along, down = torch.meshgrid(*2 * (torch.arange(SIZE, dtype=torch.float64),), indexing="xy")
    a = (along - ALIGNED["u"]).flatten() / ALIGNED["scale"]
    b = (down - ALIGNED["v"]).flatten() / (1.5 * ALIGNED["scale"]) * (1 - 2 * mirrored[:, None])
    # … and where that is in the image, which is squashed 3:2.
    cosine, sine = turn.cos()[:, None], turn.sin()[:, None]
    at_u = u[:, None] + scale[:, None] * (cosine * a - sine * b)
    at_v = v[:, None] + 1.5 * scale[:, None] * (sine * a + cosine * b)
    grid = torch.stack([at_u, at_v], -1).view(-1, SIZE, SIZE, 2) * 2 / (SIZE - 1) - 1
    return F.grid_sample(images.float(), grid.float(), align_corners=True)


def check_split(split):
    if split not in list(SHARES):
        raise ValueError(f"split: expected one of {', '.join(map(repr, SHARES))}, got {split!r}")


def split_items(items, split, rng):
    """The share of `items` (one list a class) that belongs to `split`: class by class, at random, then mixed."""
    chosen = []
    for of_class in items:
        order, n = rng.permutation(len(of_class)), len(of_class)
        ends = np.round(np.cumsum([0, *SHARES.values()]) * n).astype(int)
        at = list(SHARES).index(split)
        chosen += [of_class[i] for i in order[ends[at] : ends[at + 1]]]
    return [chosen[i] for i in rng.permutation(len(chosen))]


def _cut(path, n):
    """The first `n` pictures of a mosaic, (n, 96, 96) or (n, 96, 96, 3) uint8."""
    with Image.open(path) as image:
        sheet = np.array(image)
    rest = sheet.shape[2:]
    tiles = sheet.reshape(-1, SIZE, COLUMNS, SIZE, *rest).swapaxes(1, 2)
    return tiles.reshape(-1, SIZE, SIZE, *rest)[:n]
