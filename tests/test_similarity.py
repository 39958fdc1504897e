"""Similarity of maps against scipy, scikit-image, sets of places, and values worked by hand."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity

from utils.evaluation import map_similarity, map_ssim, top_overlap
from utils.evaluation.similarity import interval

MEASURES = {"map_similarity": map_similarity, "map_ssim": map_ssim, "top_overlap": top_overlap}


def pair(seed=0, n=6, channels=3, side=10, levels=None):
    """Two batches of signed maps that have something in common; with ties where `levels` says how few values."""
    generator = np.random.default_rng(seed)
    first = generator.normal(size=(n, channels, side, side))
    second = first + np.arange(n).reshape(n, 1, 1, 1) / 2 * generator.normal(size=first.shape)
    if levels:
        first, second = np.round(levels * first), np.round(levels * second)
    return torch.from_numpy(first), torch.from_numpy(second)


def row(*values):
    """Each list of numbers as a map one pixel high: (N, 1, 1, w)."""
    return torch.tensor(values, dtype=torch.float32)[:, None, None]


@pytest.fixture(params=MEASURES)
def measure(request):
    return MEASURES[request.param]


class TestRankCorrelation:
    @pytest.mark.parametrize("levels", [None, 1, 0.4])  # 0.4: most values tie
    @pytest.mark.parametrize("channels", [1, 3])
    def test_against_scipy_one_map_after_another(self, channels, levels):
        maps, others = pair(channels=channels, levels=levels)
        expected = [
            spearmanr(a.sum(0).flatten(), b.sum(0).flatten()).statistic
            for a, b in zip(maps.numpy(), others.numpy(), strict=True)
        ]
        assert expected[0] > 0.99 > 0.6 > expected[-1]
        assert map_similarity(maps, others).tolist() == pytest.approx(expected, abs=1e-6)

    @pytest.mark.parametrize(
        "a, b, expected",
        [
            ([1, 2, 3, 4], [1, 2, 4, 3], 1 - 6 * 2 / (4 * 15)),  # 1 − 6 Σd² / (n (n² − 1))
            ([1, 2, 3, 4], [30, 10, 40, 20], 1 - 6 * (4 + 1 + 1 + 4) / (4 * 15)),
            ([5, 5, 6], [1, 2, 3], 1.5 / math.sqrt(1.5 * 2)),  # ranks 1½, 1½, 3: about their mean −½, −½, 1
            ([-3, -2, 1], [0, 1, 1000], 1),
            ([-3, -2, 1], [3, 2, -1], -1),
            ([-1, 0, 1], [1, 0, 1], 0),
            ([2, 2, 2], [2, 2, 2], 1),  # no order, like another without order …
            ([2, 2, 2], [7, 7, 7], 1),
            ([0, 0, 0], [1, 2, 3], 0),  # … and unlike any that has one
            ([1, 2, 3], [0, 0, 0], 0),
        ],
    )
    def test_by_hand(self, a, b, expected):
        assert map_similarity(row(a), row(b)).tolist() == pytest.approx([expected], abs=1e-7)

    def test_only_the_order_counts(self):
        maps, _ = pair(channels=1)
        for rising in (lambda x: x**3, torch.exp, lambda x: 1e-9 * x - 4):
            assert map_similarity(maps, rising(maps)).eq(1).all()
            assert map_similarity(maps, -rising(maps)).eq(-1).all()

    def test_the_channels_are_added_up_with_their_sign(self):
        ramp = row([1.0, 2, 3, 4])
        channels = [torch.cat([ramp, factor * ramp], 1) for factor in (0, -1, -3)]  # together rising, level, falling
        assert map_similarity(channels[0], channels[1]).item() == 0
        assert map_similarity(channels[0], channels[2]).item() == -1
        assert map_similarity(channels[1], 5 * channels[1]).item() == 1


def ssim_by_hand(a, b, window=7, data_range=2):
    """Wang et al. 2004, eq. 13: the mean over all windows that lie within the map; their variances are of samples."""
    c1, c2, values = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2, []
    for y in range(a.shape[0] - window + 1):
        for x in range(a.shape[1] - window + 1):
            p, q = a[y : y + window, x : x + window].ravel(), b[y : y + window, x : x + window].ravel()
            (vp, vpq), (_, vq) = np.cov(p, q)
            values.append(
                (2 * p.mean() * q.mean() + c1)
                * (2 * vpq + c2)
                / ((p.mean() ** 2 + q.mean() ** 2 + c1) * (vp + vq + c2))
            )
    return np.mean(values)


class TestSSIM:
    @pytest.mark.parametrize("side", [7, 11])  # at 7 there is one window
    def test_against_its_definition_and_scikit_image(self, side):
        maps, others = pair(side=side)
        drawn = [
            (a.sum(0) / np.abs(a.sum(0)).max(), b.sum(0) / np.abs(b.sum(0)).max())
            for a, b in zip(maps.numpy(), others.numpy(), strict=True)
        ]
        ours = map_ssim(maps, others).tolist()
        assert ours == pytest.approx([ssim_by_hand(a, b) for a, b in drawn], abs=1e-6)
        assert ours == pytest.approx([structural_similarity(a, b, data_range=2) for a, b in drawn], abs=1e-6)
        assert ours[0] == 1 and ours[-1] < 0.8

    def test_as_drawn_the_size_of_a_map_does_not_count(self):
        maps, others = pair()
        torch.testing.assert_close(map_ssim(1e-6 * maps, 300 * others), map_ssim(maps, others))

    def test_turned_round_by_hand(self):
        # A checkerboard of ±1, one of the 49 places more: mean ±1/49, variance (1 − 1/49²) · 49/48 = 50/49.
        board = (1 - 2 * (torch.arange(49.0) % 2)).reshape(1, 1, 7, 7)
        c1, c2, mean, variance = 0.02**2, 0.06**2, 1 / 49, 50 / 49
        expected = (c1 - 2 * mean**2) / (c1 + 2 * mean**2) * (c2 - 2 * variance) / (c2 + 2 * variance)
        assert map_ssim(board, -board).item() == pytest.approx(expected, abs=1e-6)
        assert expected > 0.3  # both factors are negative: SSIM hardly sees the sign of a map

    def test_constant_maps_by_hand(self):
        zero, one = torch.zeros(1, 1, 8, 9), torch.ones(1, 1, 8, 9)
        c1 = 0.02**2  # no variance is left: (2 μ₁ μ₂ + c₁) / (μ₁² + μ₂² + c₁)
        for a, b, expected in (
            (zero, zero, 1),
            (one, 5 * one, 1),
            (zero, one, c1 / (1 + c1)),
            (one, -one, (c1 - 2) / (2 + c1)),
        ):
            assert map_ssim(a, b).item() == pytest.approx(expected, abs=1e-6)

    @pytest.mark.parametrize("shape", [(1, 1, 6, 30), (1, 1, 30, 6)])
    def test_too_small_for_its_window(self, shape):
        with pytest.raises(ValueError, match=r"^maps must be at least 7 × 7, the window of SSIM, got .*\b6\b"):
            map_ssim(torch.zeros(shape), torch.zeros(shape))


class TestTopOverlap:
    @pytest.mark.parametrize("share", [0.05, 0.1, 0.29, 0.5, 0.99])
    def test_against_sets_of_places(self, share):
        maps, others = pair()  # normal numbers: no ties; 100 places, so that each share is a whole number of them
        count, expected = round(100 * share), []
        for a, b in zip(maps.sum(1).abs().flatten(1).tolist(), others.sum(1).abs().flatten(1).tolist(), strict=True):
            tops = [set(sorted(range(100), key=of.__getitem__)[-count:]) for of in (a, b)]
            expected.append(len(set.intersection(*tops)) / count)
        assert expected[0] == 1 and min(expected) < 1
        assert top_overlap(maps, others, share).tolist() == pytest.approx(expected, abs=1e-6)

    @pytest.mark.parametrize(
        "a, b, share, expected",
        [
            ([4, 3, 2, 1], [3, 4, 1, 2], 0.5, 1),
            ([4, 3, 2, 1], [4, 1, 3, 2], 0.5, 1 / 2),
            ([4, 3, 2, 1], [1, 2, 3, 4], 0.5, 0),
            ([-4, 3, 2, 1], [4, -3, 2, 1], 0.5, 1),  # by size
            ([3, 2, 2, 1], [3, 2, 2, 1], 0.5, 1),  # 1, ½, ½, 0: two places tie for one
            ([3, 2, 2, 1], [4, 3, 2, 1], 0.5, 1.5 / 2),
            ([3, 2, 2, 2], [1, 1, 1, 4], 0.5, 4 / 3 / 2),  # 1, ⅓, ⅓, ⅓ and ⅓, ⅓, ⅓, 1: ⅓ four times
            ([5, 4, 3, 2, 1], [4, 5, 3, 2, 1], 0.3, 1 / 1.5),  # one place and a half: 1, ½ and ½, 1
            ([7, 7, 7, 7], [2, 2, 2, 2], 0.25, 1),
            ([0, 0, 0, 0], [4, 3, 2, 1], 0.25, 0.25),  # no relation: the share itself
            ([0, 0, 0, 0], [4, 3, 2, 1], 0.75, 0.75),
        ],
    )
    def test_by_hand(self, a, b, share, expected):
        assert top_overlap(row(a), row(b), share).tolist() == pytest.approx([expected], abs=1e-6)
        assert top_overlap(row(b), row(a), share).tolist() == pytest.approx([expected], abs=1e-6)

    def test_without_relation_about_the_share_is_in_common(self):
        maps, others = torch.rand(2, 40, 1, 50, 50, generator=torch.Generator().manual_seed(0))
        assert top_overlap(maps, others).mean() == pytest.approx(0.1, abs=0.01)  # 40 maps: five standard errors
        assert top_overlap(maps, others, 0.3).mean() == pytest.approx(0.3, abs=0.01)

    @pytest.mark.parametrize("share", [0, 1, -0.1, 10, math.nan, None, "0.1"])
    def test_share(self, share):
        with pytest.raises(ValueError, match=f"^share must be a number between 0 and 1, got '?{share}"):
            top_overlap(row([1, 2]), row([1, 2]), share)


def test_a_map_agrees_with_itself_and_each_row_stands_for_itself(measure):
    maps, others = pair(levels=1)
    assert measure(maps, maps).tolist() == [1] * 6
    together = measure(maps, others)
    assert together.shape == (6,) and together.dtype == torch.float32
    assert together.tolist() == [measure(maps[i : i + 1], others[i : i + 1]).item() for i in range(6)]
    torch.testing.assert_close(measure(others, maps), together)


def test_maps_of_any_kind_and_their_graph_are_left_alone(measure):
    maps, others = (each.float().requires_grad_() for each in pair())
    before, expected = maps.detach().clone(), measure(maps.detach(), others.detach())
    found = measure(maps, others)
    assert torch.equal(found, expected) and not found.requires_grad
    assert torch.equal(maps, before)
    strided = maps.detach().transpose(2, 3), others.detach().transpose(2, 3)
    torch.testing.assert_close(measure(*strided), expected)


GOOD = torch.arange(128.0).reshape(2, 1, 8, 8)


@pytest.mark.parametrize(
    "bad, message",
    [
        (GOOD.where(GOOD != 70, math.nan), "be finite, got a float32 tensor .* with NaN or infinity"),
        (GOOD.where(GOOD != 3, -math.inf), "be finite, got a float32 tensor .* with NaN or infinity"),
        (GOOD[:, 0], r"be a tensor \(N, C, h, w\) that is not empty, got .* \(2, 8, 8\)"),
        (GOOD[:0], r"be a tensor \(N, C, h, w\) that is not empty, got .* \(0, 1, 8, 8\)"),
        (GOOD.numpy(), r"be a tensor \(N, C, h, w\) that is not empty, got ndarray"),
        (None, "be a tensor .*, got None"),
    ],
    ids=["nan", "inf", "rank", "empty", "ndarray", "None"],
)
def test_bad_maps(bad, message, measure):
    with pytest.raises(ValueError, match=f"^maps must {message}"):
        measure(bad, GOOD)
    with pytest.raises(ValueError, match=f"^others must {message}"):
        measure(GOOD, bad)


@pytest.mark.parametrize("shape", [(1, 1, 8, 8), (2, 3, 8, 8), (2, 1, 8, 9)])
def test_maps_of_two_shapes(shape, measure):
    with pytest.raises(ValueError, match=r"^maps and others must have the same shape, got \(2, 1, 8, 8\) and "):
        measure(GOOD, torch.ones(shape))


def test_the_interval_by_hand():
    # mean 4, squared deviations 4 + 0 + 4 = 8, s = 2; 1.96 · 2 / √3
    reach = 3.92 / math.sqrt(3)
    assert interval(torch.tensor([2.0, 4, 6])).tolist() == pytest.approx([4, 4 - reach, 4 + reach], abs=1e-6)
