"""The rendered hands: what is shipped, that it is what the code draws, and that masks and poses tell the truth."""

import numpy as np
import pytest
import torch

from utils.rps import CLASSES, FINGERS, POSE, drawing, hands, load_hands, rendering

ROCK, PAPER, SCISSORS = range(3)
COUNTS = {"rock": 726, "paper": 712, "scissors": 750}


@pytest.fixture(scope="module")
def splits():
    return {split: load_hands(split) for split in ("train", "validation", "test")}


@pytest.fixture(scope="module")
def test_split(splits):
    return splits["test"]


def column(pose, name):
    return pose[:, POSE.index(name)]


# --- what is there --------------------------------------------------------------------------------------------------


def test_each_split_has_its_share_of_each_class(splits):
    assert sum(len(split.labels) for split in splits.values()) == 2188
    for label, name in enumerate(CLASSES):
        counts = {split: int((data.labels == label).sum()) for split, data in splits.items()}
        assert sum(counts.values()) == COUNTS[name]
        for split, share in (("train", 0.7), ("validation", 0.2), ("test", 0.1)):
            assert abs(counts[split] - share * COUNTS[name]) <= 1


def test_no_picture_is_in_two_splits(splits):
    numbers = {split: np.load(hands.DATA / f"hands_{split}.npz")["numbers"].tolist() for split in splits}
    assert sorted(sum(numbers.values(), [])) == list(range(2188))
    assert numbers == {split: drawing.numbers(split) for split in splits}
    pictures = torch.cat([data.images for data in splits.values()]).flatten(1)[:, ::97]
    assert len(torch.unique(pictures, dim=0)) == 2188


def test_shapes_types_and_ranges(splits):
    for data in splits.values():
        n = len(data.labels)
        assert data.images.shape == (n, 3, 96, 96) and data.images.dtype == torch.float32
        assert data.images.min() >= 0 and data.images.max() <= 1
        assert data.labels.shape == (n,) and data.labels.dtype == torch.int64
        assert data.hand.shape == (n, 1, 96, 96) and data.hand.dtype == torch.bool
        assert data.fingers.shape == (n, len(FINGERS), 96, 96) and data.fingers.dtype == torch.bool
        assert data.pose.shape == (n, len(POSE)) and data.pose.dtype == torch.float32 and data.pose.isfinite().all()


def test_the_first_pictures_show_every_class(splits):
    for data in splits.values():
        assert set(data.labels[:8].tolist()) == {ROCK, PAPER, SCISSORS}


def test_two_loads_are_equal_and_independent(test_split):
    again = load_hands("test")
    assert all(torch.equal(a, b) for a, b in zip(test_split, again, strict=True))
    again.images.zero_()
    assert test_split.images.max() > 0


def test_the_files_are_small():
    assert sum(file.stat().st_size for file in hands.DATA.iterdir()) <= 8e6


# --- the masks ------------------------------------------------------------------------------------------------------


def test_fingers_are_parts_of_the_hand_and_do_not_overlap(splits):
    for data in splits.values():
        assert (data.fingers.sum(1) <= 1).all()
        assert (data.hand | ~data.fingers).all()
        assert (data.hand.sum((1, 2, 3)) > data.fingers.sum((1, 2, 3))).all()  # there is a palm


def length_in_cm(mask, scale):
    """The largest distance between two pixels of the mask; a row is 1/1.5 of a column's length."""
    points = mask.nonzero() * torch.tensor([1 / 1.5, 1.0])
    return torch.cdist(points, points).max().item() / scale if len(points) else 0.0


def finger_lengths(data, label):
    rows = (data.labels == label).nonzero()[:, 0]
    scales = column(data.pose, "scale")
    return torch.tensor([[length_in_cm(mask, scales[i]) for mask in data.fingers[i]] for i in rows])


def test_paper_shows_five_fingers(splits):
    for data in splits.values():
        paper = data.fingers[data.labels == PAPER]
        assert (paper.sum((2, 3)) >= 40).all()


def test_scissors_has_two_long_fingers_and_rock_none(test_split):
    longer_than_folded = 5.7
    scissors, rock = finger_lengths(test_split, SCISSORS), finger_lengths(test_split, ROCK)
    assert (scissors[:, 1:3] > longer_than_folded).float().mean() > 0.95  # now and then the frame cuts one
    assert (scissors[:, 3:] < longer_than_folded).all()
    from_the_back = column(test_split.pose, "roll")[test_split.labels == ROCK].abs() < 30  # not in profile
    assert from_the_back.sum() > 40 and (rock[from_the_back, 1:] < longer_than_folded).all()


def test_the_mask_is_where_the_picture_is_not_green(test_split):
    red, green, _ = test_split.images.unbind(1)
    agreement = ((red > 0.8 * green) == test_split.hand[:, 0]).float().mean((1, 2))
    bare = agreement.sort().values  # a sleeve is neither green nor skin: those are the lowest
    assert bare[len(bare) // 4 :].min() > 0.96 and agreement.median() > 0.98


# --- the pose -------------------------------------------------------------------------------------------------------


def test_the_wrist_is_on_the_hand(test_split):
    u, v = (column(test_split.pose, name).round().long() for name in ("wrist_u", "wrist_v"))
    inside = (u >= 0) & (u < 96) & (v >= 0) & (v < 96)
    assert inside.sum() > 40
    covered = test_split.hand[inside, 0, v[inside], u[inside]]
    assert covered.float().mean() > 0.9  # the others wear a bracelet or a sleeve there


def test_the_middle_finger_of_paper_points_where_the_pose_says(test_split):
    paper = test_split.labels == PAPER
    turns = column(test_split.pose, "turn")[paper]
    off = []
    for mask, turn in zip(test_split.fingers[paper, 2], turns, strict=True):
        v, u = mask.nonzero().double().unbind(1)
        axis = torch.linalg.eigh(torch.cov(torch.stack([u, v / 1.5])))[1][:, -1]  # the long axis of the mask
        off.append(torch.rad2deg(torch.atan(axis[1] / axis[0])).item() - turn.item())  # pointing left, v down: up is +
    assert np.median(np.abs(off)) < 5


# --- drawing --------------------------------------------------------------------------------------------------------


def test_aligned_hands_are_right_hands_in_one_place(test_split):
    """Of paper, the middle finger's tip-ward half lies straight left of the wrist, and the thumb on the same side."""
    paper = test_split.labels == PAPER
    fingers, pose = test_split.fingers[paper].float(), test_split.pose[paper]
    aligned = hands.align(fingers, pose)
    v, u = torch.meshgrid(torch.arange(96.0), torch.arange(96.0), indexing="ij")

    def middles(masks):
        weight = masks.sum((2, 3))
        return (masks * v).sum((2, 3)) / weight, (masks * u).sum((2, 3)) / weight

    (before, _), (after, left) = middles(fingers), middles(aligned)
    thumb, middle = FINGERS.index("thumb"), FINGERS.index("middle")
    assert ((after[:, middle] - hands.ALIGNED["v"]).abs() < 6).all() and (left[:, middle] < hands.ALIGNED["u"]).all()
    below = after[:, thumb] > after[:, middle]
    assert below.all() or not below.any()
    assert 0.2 < (before[:, thumb] > before[:, middle]).float().mean() < 0.8  # left and right hands, unaligned


def test_aligning_the_place_it_is_in_changes_nothing(test_split):
    """A right hand with its wrist at ALIGNED, pointing left, in its size, is aligned already."""
    at = hands.ALIGNED
    pose = torch.tensor([[at["u"], at["v"], 0.0, at["scale"], 0.0, 0.0, 0.0]])
    images = test_split.images[:1]
    torch.testing.assert_close(hands.align(images, pose), images, atol=1e-4, rtol=0)
    moved = hands.align(images, pose + torch.tensor([[10.0, -4.0, 0, 0, 0, 0, 0]]))  # the wrist 10 right and 4 up
    torch.testing.assert_close(moved[..., 10:90, 10:80], images[..., 6:86, 20:90], atol=1e-4, rtol=0)
    mirrored = hands.align(images, pose + torch.tensor([[0, 0, 0, 0, 1.0, 0, 0]]))
    torch.testing.assert_close(mirrored[..., 1:, :], images.flip(2)[..., :95, :], atol=1e-4, rtol=0)


def test_the_shipped_hands_are_what_the_code_draws(test_split):
    numbers = drawing.numbers("test")
    for i in (7, 0, 3, 1):  # in any order: a picture depends on its own number alone
        picture, parts, pose = drawing.draw_hand(numbers[i])
        assert drawing.label_of(numbers[i]) == test_split.labels[i]
        shipped = (test_split.images[i].permute(1, 2, 0) * 255).numpy()
        assert np.abs(picture - shipped).mean() < 4  # of 255: the file is lossy, the mask is not
        shipped_parts = torch.where(test_split.fingers[i].any(0), test_split.fingers[i].float().argmax(0) + 2, 0)
        shipped_parts = torch.where(shipped_parts > 0, shipped_parts, test_split.hand[i, 0].long())
        assert (parts != shipped_parts.numpy()).mean() < 1e-3  # none here; another processor may round one differently
        np.testing.assert_allclose(pose, test_split.pose[i], rtol=1e-5, atol=1e-4)


def test_the_height_map_of_one_sphere_is_a_half_sphere():
    height, owner = rendering.height_map(np.array([[100.5, 50.5, 7.0]]), np.array([5.0]))
    assert height[50, 100] == 12 and owner[50, 100] == 0  # the pixel's centre is right under the top: 7 + 5
    assert height[50, 103] == 11  # 3 aside: 7 + √(25 − 9)
    assert owner[50, 106] == -1 and height[50, 106] == -np.inf
    assert (owner == 0).sum() == 69  # a circle of radius 5 has 81 lattice points, 12 of them on its rim


def test_the_nearer_sphere_hides_the_other():
    _, owner = rendering.height_map(np.array([[60.0, 60, 9], [60.0, 60, 0]]), np.array([4.0, 6.0]))
    assert owner[60, 60] == 0 and owner[60, 65] == 1


def test_squashing_keeps_means_and_majorities():
    assert (rendering.squash(np.full((192, 288, 3), 0.2)) == 51).all()
    parts = np.zeros((192, 288), int)
    parts[0:2, 0:2] = 3  # four of the first six pixels
    parts[0:2, 3] = 3  # two of the next six
    squashed = rendering.squash_labels(parts)
    assert squashed[0, 0] == 3 and squashed.sum() == 3


def test_contact_sheet():
    tiles = np.arange(3 * 2 * 2).reshape(3, 2, 2)
    expected = [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 0, 0], [10, 11, 0, 0]]
    assert drawing.contact_sheet(tiles, 2).tolist() == expected


# --- errors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("split", ["tests", "", None, 0, ["test"]])
def test_an_unknown_split_is_named(split):
    with pytest.raises(ValueError, match="split: expected one of 'train', 'validation', 'test', got"):
        load_hands(split)


def test_missing_files_come_with_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setattr(hands, "DATA", tmp_path)
    with pytest.raises(FileNotFoundError, match="python -m utils.rps.drawing"):
        load_hands("test")
