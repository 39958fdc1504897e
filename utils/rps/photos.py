"""Photographs of real hands, for those who have them: the rock-paper-scissors data set on Kaggle.

2,188 photographs, 300 × 200, by Julien de la Bruère-Terreault, CC BY-SA 4.0,
https://www.kaggle.com/datasets/drgfreeman/rockpaperscissors. None of them is part of this project.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError

from .anatomy import CLASSES
from .hands import check_split, split_items

SEED = 1  # of the split
KAGGLE_NAME = "drgfreeman/rockpaperscissors"
HELP = (
    "Download https://www.kaggle.com/datasets/drgfreeman/rockpaperscissors, unpack it, and pass the folder: "
    'load_photos("path/to/folder"). The rendered hands, load_hands(), need no download.'
)


class Photos(NamedTuple):
    """One split of the photographs."""

    images: torch.Tensor  # (N, 3, image_size, image_size) float32 in [0, 1], 3:2 squashed to a square
    labels: torch.Tensor  # (N,) int64, an index into CLASSES


def load_photos(path=None, split="test", *, image_size=96):
    """The photographs of one split, "train", "validation" or "test" (70, 20, 10 %), as `Photos`.

    `path` is a folder with rock/, paper/ and scissors/ at any depth, each with PNG files; None fetches the data set
    with kagglehub (300 MB, once). The split depends on the file names alone. Raises ValueError for an unknown split or
    size; FileNotFoundError, with what to do, if a folder or class is missing or nothing can be fetched; OSError for a
    broken file.
    """
    check_split(split)
    if not isinstance(image_size, int) or image_size < 1:
        raise ValueError(f"image_size: expected a whole number of pixels above 0, got {image_size!r}")
    files = find_photos(_fetch() if path is None else path)
    labelled = [[(file, label) for file in of_class] for label, of_class in enumerate(files)]
    chosen = split_items(labelled, split, np.random.default_rng(SEED))
    pixels = np.stack([_read(file, image_size) for file, _ in chosen])
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous().float().div_(255)
    return Photos(images, torch.tensor([label for _, label in chosen]))


def find_photos(path):
    """The PNG files of each class under `path`, three lists sorted by name.

    A class is the name of the folder that holds the file. The download holds everything twice, the second time under
    rps-cv-images/; a name that comes twice in a class counts once.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise FileNotFoundError(f"path: {folder} is no folder. {HELP}")
    files = [{} for _ in CLASSES]
    for file in sorted(folder.rglob("*.png"), key=lambda file: (len(file.parts), file)):
        if file.parent.name in CLASSES:
            files[CLASSES.index(file.parent.name)].setdefault(file.name, file)
    missing = [name for name, found in zip(CLASSES, files, strict=True) if not found]
    if missing:
        raise FileNotFoundError(f"path: {folder} has no {' and no '.join(f'{name}/*.png' for name in missing)}. {HELP}")
    return [[found[name] for name in sorted(found)] for found in files]


def _fetch():
    try:
        import kagglehub  # here, because only this needs it

        return kagglehub.dataset_download(KAGGLE_NAME)
    except Exception as error:  # offline, refused, no kagglehub: the remedy is the same
        reason = (str(error).splitlines() or [""])[0][:200]
        raise FileNotFoundError(
            f"The photographs could not be fetched ({type(error).__name__}: {reason}). {HELP}"
        ) from None


def _read(file, image_size):
    """(image_size, image_size, 3) uint8."""
    try:
        with Image.open(file) as image:
            return np.asarray(image.convert("RGB").resize((image_size, image_size), Image.BILINEAR))
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise OSError(f"{file} cannot be read as an image ({error}). Delete it or download it again.") from None
