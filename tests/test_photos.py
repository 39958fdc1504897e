"""Photographs: any nesting, nothing twice, splits by name alone, and errors that say what to do."""

import io
import os
import struct
import sys
import types
import zlib

import numpy as np
import pytest
import torch
from PIL import Image, PngImagePlugin

from utils import load_example
from utils.rps import load_hands, load_photos
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
    with pytest.raises(FileNotFoundError, match=r"has no paper/ with PNG or JPEG files\. Download"):
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


# what a folder may hold -----------------------------------------------------------------------------------------------


def every_split(path):
    return [load_photos(path, split, image_size=8) for split in ("train", "validation", "test")]


def all_in_capitals(photos):
    for name in CLASSES:
        for file in (photos / name).iterdir():
            file.rename(file.with_suffix(".PNG"))


def some_in_capitals(photos):
    for number in range(6):
        (photos / "rock" / f"rock{number}.png").rename(photos / "rock" / f"rock{number}.PNG")


def classes_in_capitals(photos):
    for name in CLASSES:
        (photos / name).rename(photos / name.capitalize())


def files_of_a_mac(photos):
    for number in range(10):
        (photos / "rock" / f"._rock{number}.png").write_bytes(b"\0\5\x16\7Mac OS X")
        (photos / "__MACOSX" / "rock").mkdir(parents=True, exist_ok=True)
        (photos / "__MACOSX" / "rock" / f"rock{number + 10}.png").write_bytes(b"\0\5\x16\7Mac OS X")


def a_hidden_folder(photos):
    (photos / ".trash" / "rock").mkdir(parents=True)
    Image.new("RGB", (4, 4)).save(photos / ".trash" / "rock" / "gone.png")


def linked_classes(photos):
    for name in CLASSES:
        (photos / name).rename(photos.parent / f"Kaggle {name}")
        (photos / name).symlink_to(photos.parent / f"Kaggle {name}", target_is_directory=True)


def a_link_back(photos):
    (photos / "rock" / "up").symlink_to(photos, target_is_directory=True)
    (photos / "rock" / "self").symlink_to(photos / "rock", target_is_directory=True)


def a_folder_called_like_a_picture(photos):
    (photos / "rock" / "x.png").mkdir()


def the_same_as_jpeg(photos):
    """Of each class, copies in another format: they are no further pictures."""
    for name in CLASSES:
        for file in list((photos / name).iterdir()):
            Image.new("RGB", (30, 20)).save(file.with_suffix(".jpg"))


SAME = [
    all_in_capitals,
    some_in_capitals,
    classes_in_capitals,
    files_of_a_mac,
    a_hidden_folder,
    linked_classes,
    a_link_back,
    a_folder_called_like_a_picture,
    the_same_as_jpeg,
]


@pytest.mark.parametrize("change", SAME, ids=lambda change: change.__name__)
def test_the_split_stays_however_the_folder_is_dressed(folder, change):
    before = every_split(folder / "photos")
    change(folder / "photos")
    for now, then in zip(every_split(folder / "photos"), before, strict=True):
        assert torch.equal(now.images, then.images) and torch.equal(now.labels, then.labels)


def test_jpeg_files_are_split_as_png_files_of_the_name_are(folder):
    """Names in which the place of the ending in the order of the alphabet would tell: "-" < "." < "0"."""
    names = [f"a{middle}{number}" for number in range(3) for middle in ("", "-", ".", "0")]
    for at, suffix in enumerate((".png", ".jpg", ".JPEG")):
        for label, name in enumerate(CLASSES):
            (folder / suffix / name).mkdir(parents=True)
            for number, stem in enumerate(names):
                picture = Image.new("RGB", (8, 8), (100 * label, 20 * number, 50 * at))
                picture.save(folder / suffix / name / f"{stem}{suffix}", quality=100)
    png, *others = (every_split(folder / suffix) for suffix in (".png", ".jpg", ".JPEG"))
    for splits in others:
        for one, two in zip(png, splits, strict=True):
            assert torch.equal(one.labels, two.labels)
            torch.testing.assert_close(one.images[:, :2], two.images[:, :2], atol=0.02, rtol=0)  # JPEG is lossy


def test_the_split_of_the_published_data_set(shared_folder):
    """400 photographs a class: numpy's own permutation of the sorted names, worked here once more."""
    rng, sorted_names = np.random.default_rng(1), {}
    for name in CLASSES:
        sorted_names[name] = sorted(os.listdir(shared_folder("photos") / name))
        assert len(sorted_names[name]) == 400
    assert [[file.name for file in of_class] for of_class in find_photos(shared_folder("photos"))] == list(
        sorted_names.values()
    )
    tests = [sorted_names[name][k] for name in CLASSES for k in rng.permutation(400)[360:]]
    tests = [tests[k] for k in rng.permutation(120)]
    test = load_photos(shared_folder("photos"), "test", image_size=30)
    for name, image, label in list(zip(tests, test.images, test.labels, strict=True))[::30]:
        with Image.open(shared_folder("photos") / CLASSES[label] / name) as photograph:
            plain = np.asarray(photograph.convert("RGB").resize((30, 30), Image.BILINEAR))
        assert torch.equal((255 * image).round().byte().permute(1, 2, 0), torch.from_numpy(plain.copy()))


@pytest.mark.parametrize(
    "split, enough", [("train", {1, 2, 3, 4, 5, 6}), ("validation", {2, 3, 4, 6}), ("test", {5, 6})]
)
def test_too_few_files_are_counted(folder, split, enough):
    for number in range(9, 0, -1):
        for name in CLASSES[:2]:
            (folder / "photos" / name / f"{name}{number}.png").unlink()
        if number in enough:
            assert len(load_photos(folder, split, image_size=8).labels) >= 3
        elif number <= 6:
            with pytest.raises(FileNotFoundError) as caught:
                load_photos(folder, split, image_size=8)
            said = str(caught.value)
            assert f"'{split}'" in said and f"{number} of rock and {number} of paper, and 6 or more" in said
            assert "of scissors" not in said and "load_hands()" in said


def test_with_too_few_photographs_the_lesson_goes_on_with_the_hands(folder, capsys):
    for name in CLASSES:
        for number in range(1, 10):
            (folder / "photos" / name / f"{name}{number}.png").unlink()
    test, _, _ = load_example("photographs", folder)
    assert torch.equal(test.images, load_hands("test").images)
    said = capsys.readouterr().out
    assert "too few photographs" in said and "1 of rock and 1 of paper and 1 of scissors" in said
    assert "goes on with the rendered hands" in said


# what a picture may be ------------------------------------------------------------------------------------------------


def one_picture(folder, picture, suffix=".png", **options):
    """What `picture` becomes where all the files of all classes hold it: (3, 20, 30) in [0, 1], or its error."""
    data = picture
    if not isinstance(picture, bytes):
        picture.save(stream := io.BytesIO(), format="JPEG" if suffix == ".jpg" else "PNG", **options)
        data = stream.getvalue()
    for name in CLASSES:
        for file in list((folder / "photos" / name).iterdir()):
            file.unlink()
            file.with_suffix(suffix).write_bytes(data)
    images = load_photos(folder, "test", image_size=20).images
    assert torch.equal(images[0], images[1])
    return images[0]


@pytest.mark.parametrize("level", [0, 6553, 10000, 32768, 65535])
def test_grey_of_16_bits_keeps_its_brightness(folder, level):
    found = one_picture(folder, Image.fromarray(np.full((20, 20), level, np.uint16)))
    torch.testing.assert_close(found, torch.full((3, 20, 20), level / 65535), atol=0.5 / 255 + 1e-6, rtol=0)


@pytest.mark.parametrize("mode, level", [("I", 10000), ("F", 0.3)])
def test_numbers_without_a_known_white_are_refused(folder, mode, level):
    Image.new(mode, (20, 20), level).save(stream := io.BytesIO(), format="TIFF")  # Pillow goes by what is in the file
    with pytest.raises(OSError, match=rf"\w+\d\.png cannot be read as an image \(mode {mode}: numbers of 32 bits"):
        one_picture(folder, stream.getvalue())


@pytest.mark.parametrize("mode, colour, expected", [
    ("RGBA", (0, 0, 0, 0), (255, 255, 255)),
    ("RGBA", (200, 0, 100, 255), (200, 0, 100)),
    ("RGBA", (200, 0, 100, 51), (244, 204, 224)),  # a fifth of the colour, four fifths of 255
    ("LA", (0, 0), (255, 255, 255)),
    ("LA", (60, 255), (60, 60, 60)),
    ("L", 60, (60, 60, 60)),
    ("1", 1, (255, 255, 255)),
    ("P", 0, (0, 0, 0)),
])  # fmt: skip
def test_what_is_transparent_lies_on_white(folder, mode, colour, expected):
    found = one_picture(folder, Image.new(mode, (20, 20), colour))
    assert (255 * found).round().flatten(1).unique(dim=1).T.tolist() == [list(map(float, expected))]


@pytest.mark.parametrize("picture, transparent", [
    (Image.new("RGB", (20, 20), (9, 8, 7)).quantize(2), 0),
    (Image.new("L", (20, 20), 60), 60),
    (Image.new("RGB", (20, 20), (9, 8, 7)), (9, 8, 7)),
    (Image.fromarray(np.full((20, 20), 10000, np.uint16)), 10000),
], ids=["palette", "grey", "colour", "grey of 16 bits"])  # fmt: skip
def test_a_colour_declared_transparent_lies_on_white(folder, picture, transparent):
    assert one_picture(folder, picture, transparency=transparent).eq(1).all()


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize("orientation, side", [(1, "top"), (3, "bottom"), (6, "right"), (8, "left")])
def test_the_cameras_orientation_is_honoured(folder, suffix, orientation, side):
    """The upper half is red in the file; 6 says that its top is the right side of what was seen (EXIF 2.3, 0x0112)."""
    picture, exif = Image.new("RGB", (20, 20), "white"), Image.Exif()
    picture.paste((255, 0, 0), (0, 0, 20, 10))
    exif[0x0112] = orientation
    green = one_picture(folder, picture, suffix, exif=exif)[1]
    halves = {"top": green[:8], "bottom": green[12:], "left": green[:, :8], "right": green[:, 12:]}
    assert min(halves, key=lambda name: halves[name].mean()) == side and halves[side].mean() < 0.1


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_what_pillow_refuses_is_named(folder):
    text = PngImagePlugin.PngInfo()
    text.add_text("note", "a" * 2_000_000, zip=True)
    bomb = b"\x89PNG\r\n\x1a\n" + b"".join(
        [
            chunk(b"IHDR", struct.pack(">IIBBBBB", 20000, 20000, 1, 0, 0, 0, 0)),
            chunk(b"IDAT", zlib.compress(bytes(99))),
            chunk(b"IEND", b""),
        ]
    )
    with pytest.raises(OSError, match=r"\w+\d\.png cannot be read as an image \(.*exceeds limit"):
        one_picture(folder, bomb)
    with pytest.raises(OSError, match=r"\w+\d\.png cannot be read as an image \(.*TEXT_CHUNK"):
        one_picture(folder, Image.new("RGB", (20, 20)), pnginfo=text)
