"""Photographs of real hands, for those who have them: the rock-paper-scissors data set on Kaggle.

2,188 photographs, 300 × 200, by Julien de la Bruère-Terreault, CC BY-SA 4.0,
https://www.kaggle.com/datasets/drgfreeman/rockpaperscissors. None of them is part of this project.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageOps

from .anatomy import CLASSES
from .hands import SHARES, check_split, split_items

SEED = 1  # of the split
SUFFIXES = (".png", ".jpg", ".jpeg")
FEWEST = 6  # of a class, so that each split has some of it
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

    `path` is a folder with rock/, paper/ and scissors/ at any depth, as find_photos reads it; None fetches the data set
    with kagglehub (300 MB, once). The split depends on the file names alone. A picture is turned as its camera says
    (EXIF), a transparent one laid on white, 16-bit grey brought to 8 bits. Raises ValueError for an unknown split or
    size; FileNotFoundError, with what to do, if a folder or class is missing, a class has too few files for the split
    or nothing can be fetched; OSError with the file's name for one that is broken, too large or of another kind.
    """
    check_split(split)
    if not isinstance(image_size, int) or image_size < 1:
        raise ValueError(f"image_size: expected a whole number of pixels above 0, got {image_size!r}")
    files = find_photos(_fetch() if path is None else path)
    _check_numbers(files, split)
    labelled = [[(file, label) for file in of_class] for label, of_class in enumerate(files)]
    chosen = split_items(labelled, split, np.random.default_rng(SEED))
    pixels = np.stack([_read(file, image_size) for file, _ in chosen])
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous().float().div_(255)
    return Photos(images, torch.tensor([label for _, label in chosen]))


def find_photos(path):
    """The PNG and JPEG files of each class under `path`, three lists sorted by name.

    A class is the name of the folder that holds the file, in capitals or not, as are .png, .jpg and .jpeg. Links are
    followed; what is hidden (.name) or in a Mac's __MACOSX does not count. The download holds everything twice, the
    second time under rps-cv-images/; a name that comes twice in a class, whatever its ending, is taken for a copy and
    counts once: the least deep, a PNG rather than a JPEG. The ending has no part in the order, nor so in the split.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise FileNotFoundError(f"path: {folder} is no folder. {HELP}")
    files = [{} for _ in CLASSES]
    for file in sorted(_files_below(folder), key=lambda file: (len(file.parts), file.suffix.lower() != ".png", file)):
        if file.parent.name.lower() in CLASSES and file.suffix.lower() in SUFFIXES:
            files[CLASSES.index(file.parent.name.lower())].setdefault(f"{file.stem}.png", file)
    missing = [name for name, found in zip(CLASSES, files, strict=True) if not found]
    if missing:
        raise FileNotFoundError(
            f"path: {folder} has no {' and no '.join(f'{name}/' for name in missing)} with PNG or JPEG files. {HELP}"
        )
    return [[found[name] for name in sorted(found)] for found in files]


def _files_below(folder, above=()):
    """The files at any depth that are not hidden, through links too, but for one that leads back to a folder above."""
    above = (*above, folder.resolve())
    for found in folder.iterdir():
        if found.name.startswith(".") or found.name == "__MACOSX":
            continue
        if not found.is_dir():
            yield found
        elif found.resolve() not in above:
            yield from _files_below(found, above)


def _check_numbers(files, split):
    """FileNotFoundError for a class so small that the split would have none of it."""
    few = [
        f"{len(of_class)} of {name}"
        for name, of_class in zip(CLASSES, files, strict=True)
        if not split_items([of_class], split, np.random.default_rng(SEED))
    ]
    if few:
        raise FileNotFoundError(
            f"path: too few photographs for the split {split!r}, {SHARES[split]:.0%} of each class: there are "
            f"{' and '.join(few)}, and {FEWEST} or more of each are needed. {HELP}"
        )


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
            return np.asarray(_in_colour(image).resize((image_size, image_size), Image.BILINEAR))
    except Exception as error:  # a broken file fails in many ways, and Pillow refuses large ones by errors of its own
        raise OSError(f"{file} cannot be read as an image ({error}). Delete it or download it again.") from None


def _in_colour(image):
    """In 8-bit RGB, upright, and on white where it is transparent."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):
        pixels = np.asarray(image)
        pixels = np.where(pixels == image.info.get("transparency", -1), 65535, pixels)
        image = Image.fromarray((pixels / 257).round().astype(np.uint8))  # 65,535 is white
    elif image.mode in ("I", "F"):
        raise ValueError(f"mode {image.mode}: numbers of 32 bits, without saying which is white")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")
