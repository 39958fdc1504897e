"""Photographs: any nesting, nothing twice, splits by name alone, and errors that say what to do."""

import sys
import types

import numpy as np
import pytest
import torch
from PIL import Image

from utils.rps import load_photos
from utils.rps.photos import find_photos

CLASSES = ("rock", "paper", "scissors")


@pytest.fixture
def folder(tmp_path):
    """Ten pictures a class in photos/; a picture's red is its class, its green its number."""
    for label, name in enumerate(CLASSES):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(10):
            picture = np.full((20, 30, 3), (100 * label, 20 * number, 50), np.uint8)
            Image.fromarray(picture).save(tmp_path / "photos" / name / f"{name}{number}.png")
    return tmp_path


def identities(photos):
    return {tuple((255 * image[:2, 0, 0]).round().int().tolist()) for image in photos.images}


def test_splits_are_disjoint_and_complete(folder):
    splits = [load_photos(folder, split, image_size=8) for split in ("train", "validation", "test")]
    assert [len(split.labels) for split in splits] == [21, 6, 3]
    found = [identities(split) for split in splits]
    assert len(set.union(*found)) == sum(map(len, found)) == 30
    for split, of_each in zip(splits, (7, 2, 1), strict=True):
        assert torch.bincount(split.labels).tolist() == [of_each] * 3


def test_images_labels_and_range(folder):
    photos = load_photos(folder, "train", image_size=12)
    assert photos.images.shape == (21, 3, 12, 12) and photos.images.dtype == torch.float32
    assert photos.labels.dtype == torch.int64
    assert torch.equal((photos.images[:, 0, 0, 0] * 255).round().long(), 100 * photos.labels)


def test_the_same_again_and_in_any_nesting(folder):
    shallow, deep = load_photos(folder / "photos", "test", image_size=8), load_photos(str(folder), "test", image_size=8)
    assert torch.equal(shallow.images, deep.images) and torch.equal(shallow.labels, deep.labels)


def test_the_second_copy_in_the_download_does_not_count(folder):
    before = load_photos(folder, "train", image_size=8)
    for name in CLASSES:
        copy = folder / "photos" / "rps-cv-images" / name
        copy.mkdir(parents=True)
        for file in (folder / "photos" / name).glob("*.png"):
            (copy / file.name).write_bytes(file.read_bytes())
    after = load_photos(folder, "train", image_size=8)
    assert [len(files) for files in find_photos(folder)] == [10, 10, 10]
    assert all("rps-cv-images" not in file.parts for files in find_photos(folder) for file in files)
    assert torch.equal(before.images, after.images)


def test_other_files_do_not_matter(folder):
    before = load_photos(folder, "test", image_size=8)
    (folder / "README_rpc-cv-images.txt").write_text("hello")
    (folder / "figures").mkdir()
    Image.new("RGB", (4, 4)).save(folder / "figures" / "plot.png")
    assert torch.equal(before.images, load_photos(folder, "test", image_size=8).images)


def test_a_folder_that_is_not_there():
    with pytest.raises(FileNotFoundError, match="no/such/place is no folder.*kaggle.com.*load_photos"):
        load_photos("no/such/place")


def test_a_missing_class_is_named(folder):
    for file in (folder / "photos" / "paper").iterdir():
        file.unlink()
    with pytest.raises(FileNotFoundError, match=r"has no paper/\*.png\. Download"):
        load_photos(folder)


def test_a_broken_file_is_named(folder):
    for file in (folder / "photos" / "rock").iterdir():
        file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(OSError, match=r"rock\d\.png cannot be read as an image.*Delete it or download it again"):
        load_photos(folder)


@pytest.mark.parametrize("arguments, message", [
    ({"split": "all"}, "split: expected one of 'train', 'validation', 'test', got 'all'"),
    ({"image_size": 0}, "image_size: expected a whole number of pixels above 0, got 0"),
    ({"image_size": 9.5}, "image_size: expected a whole number of pixels above 0, got 9.5"),
])  # fmt: skip
def test_bad_arguments(folder, arguments, message):
    with pytest.raises(ValueError, match=message):
        load_photos(folder, **arguments)


def kagglehub_that(action):
    module = types.ModuleType("kagglehub")
    module.dataset_download = action
    return module


def test_offline(monkeypatch):
    def offline(name):
        raise ConnectionError("Name or service not known\nand forty more lines")

    monkeypatch.setitem(sys.modules, "kagglehub", kagglehub_that(offline))
    with pytest.raises(FileNotFoundError) as caught:
        load_photos()
    message = str(caught.value)
    assert "could not be fetched (ConnectionError: Name or service not known)" in message and "forty" not in message
    assert "https://www.kaggle.com/datasets/drgfreeman/rockpaperscissors" in message and "load_hands()" in message
    assert caught.value.__suppress_context__


def test_without_kagglehub(monkeypatch):
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(FileNotFoundError, match="could not be fetched"):
        load_photos()


def test_without_a_path_kagglehub_is_asked(monkeypatch, folder):
    asked = []
    monkeypatch.setitem(sys.modules, "kagglehub", kagglehub_that(lambda name: asked.append(name) or str(folder)))
    assert len(load_photos(image_size=8).labels) == 3
    assert asked == ["drgfreeman/rockpaperscissors"]
