"""What the experiments measure of many maps at once is what utils.evaluation gives of each."""

import numpy as np
import pytest
import torch
from skimage.feature import hog

from utils import RockPaperScissorsClassifier, load_hands, load_network
from utils.classroom import measuring
from utils.classroom.results import PART_1, PART_2, untrained
from utils.evaluation import map_similarity, map_ssim, without_sign


@pytest.fixture(scope="module")
def two():
    hands = load_hands("test")
    return load_network("hands"), hands.images[:2], hands.labels[:2], hands.hand[:2]


def pairs():
    """Maps with and without ties, one that is the same everywhere, and another map for each."""
    generator = torch.Generator().manual_seed(0)
    smooth = torch.randn(2, 1, 12, 12, generator=generator).repeat_interleave(8, 2).repeat_interleave(8, 3)
    noise = torch.randn(2, 1, 96, 96, generator=generator)
    level = torch.cat([torch.zeros(1, 1, 96, 96), torch.full((1, 1, 96, 96), 3.0)])
    maps = torch.cat([noise, noise.clamp(min=0), smooth, level])
    return maps, torch.cat([noise * noise[[1, 0]], smooth, noise + smooth, noise[:1], level[:1]])


def test_similarities_are_those_of_each_pair():
    maps, others = pairs()
    found = measuring.similarities(measuring.features(maps), measuring.features(others))
    assert list(found) == list(measuring.SIMILARITIES)
    torch.testing.assert_close(found["signed"], map_similarity(maps, others), rtol=0, atol=1e-6)
    torch.testing.assert_close(found["absolute"], without_sign(map_similarity)(maps, others), rtol=0, atol=1e-6)
    torch.testing.assert_close(found["SSIM"], without_sign(map_ssim)(maps, others), rtol=0, atol=1e-6)
    assert found["signed"][-2:].tolist() == [0, 1]  # one that is the same everywhere, and two


def test_hog_is_that_of_scikit_image():
    maps, others = (each[:6] for each in pairs())

    def histograms(each):
        drawn = (each / each.amax()).numpy()
        return hog(drawn, pixels_per_cell=(16, 16))

    expected = [
        np.corrcoef(histograms(a), histograms(b))[0, 1]
        for a, b in zip(maps[:, 0].abs(), others[:, 0].abs(), strict=True)
    ]
    found = measuring.similarities(measuring.features(maps), measuring.features(others))["HOG"]
    assert found.tolist() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("name", measuring.QUICK)
def test_methods_of_many_runs_are_those_of_the_table(two, name):
    network, images, labels, _ = two
    expected = PART_1[name](network, images, labels)
    found = measuring.QUICK[name](network, images, labels)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5 * expected.abs().max().item())


def test_coarse_maps_are_enlarged_as_blocks(two):
    network, images, labels, _ = two
    coarse = PART_1["occlusion"](network, images, labels)
    found = measuring.maps_of(PART_1["occlusion"], network, images, labels)
    assert torch.equal(found, coarse.repeat_interleave(12, 2).repeat_interleave(12, 3))


def test_maps_of_many_images_come_in_parts(two):
    network, images, labels, _ = two
    seen = []

    def method(model, images, target):
        seen.append(len(images))
        return images * target[:, None, None, None]

    many = images.repeat(9, 1, 1, 1)
    found = measuring.maps_of(method, network, many, labels.repeat(9))
    assert seen == [16, 2] and torch.equal(found, (many * labels.repeat(9)[:, None, None, None]).sum(1, keepdim=True))


@pytest.mark.parametrize("name", PART_2)
def test_many_runs_at_a_time_give_the_same_map(two, name):
    """What a GPU is told, and a CPU is not."""
    _, images, labels, _ = two
    tiny = RockPaperScissorsClassifier(96, width=1, hidden=(8, 8)).eval()
    assert measuring.in_big_batches(name, PART_2[name], images) is PART_2[name]
    expected = PART_2[name](tiny, images, labels)
    found = PART_2[name](tiny, images, labels, batch_size=512)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4 * expected.abs().max().item())


def test_untrained_networks_are_those_of_the_table(two):
    first, second = untrained(two[0], 1), measuring.untrained_there(two[0], 1)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_mean_and_reach_leave_out_what_is_nan():
    values = torch.tensor([1.0, 2.0, 3.0, torch.nan])
    assert measuring.mean_and_reach(values) == [2, round(1.96 / 3**0.5, 3)]
    assert measuring.mean_and_reach(values[2:]) is None
