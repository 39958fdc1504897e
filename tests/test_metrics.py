"""Metrics against values worked by hand, their definitions written plainly, NumPy, SciPy, Captum and krippendorff, on
maps whose worth is known.
"""

import itertools
import math

import krippendorff as reliability
import numpy as np
import pytest
import torch
from captum.metrics import infidelity as captum_infidelity
from captum.metrics import sensitivity_max as captum_sensitivity_max
from helpers import LOG, TOTAL, Of, Peak, close, counted
from scipy.stats import rankdata, spearmanr
from torch import nn

from utils.evaluation import (
    area_under,
    infidelity,
    interval,
    krippendorff,
    max_sensitivity,
    order_of,
    paired_interval,
    pointing_game,
    random_maps,
    random_squares,
    random_subsets,
    rank_correlations,
    ranks,
    replace_top,
    score_curve,
    sensitivity_n,
    share_inside,
    spearman,
    top_inside,
)
from utils.methods import blur, gradient_x_input, vanilla_gradient


def maps_of(*pictures):
    return torch.tensor(pictures, dtype=torch.float32)


def levels(n=4, side=8, few=None, seed=0):
    """Random maps, signed; with `few`, of so few values that most tie."""
    drawn = torch.randn(n, side, side, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return drawn if few is None else (few * drawn).round() / few


def linear(seed=0):
    """A model in float64 whose scores of 5 classes are Σ w x + b, and w (5, 3, 8, 8)."""
    torch.manual_seed(seed)
    layer = nn.Linear(192, 5).double()
    return nn.Sequential(nn.Flatten(), layer), layer.weight.detach().view(5, 3, 8, 8)


@pytest.fixture
def deep(small_network, images):
    """A random network in float64 that does not give all images one class."""
    model = small_network().double()
    with torch.no_grad():
        model.classifier[4].bias -= model(images).mean(0)
    return model


@pytest.fixture
def images(small_images):
    return small_images.double()


TARGETS = torch.tensor([1, 3, 0, 2])

# Deletion and insertion -----------------------------------------------------------------------------------------------


def slow_order(values, tie_order):
    """Places of one map by falling value, by Python's sort; equal ones in the order given."""
    flat = values.flatten().tolist()
    return sorted(tie_order, key=lambda place: -flat[place])


def slow_replace(images, maps, share, fill):
    found = images.clone()
    h, w = maps.shape[1:]
    tie_order = order_of(torch.zeros(1, h, w))[0].tolist()
    for n in range(len(images)):
        for place in slow_order(maps[n], tie_order)[: round(share * h * w)]:
            found[n, :, place // w, place % w] = fill[n, :, place // w, place % w]
    return found


class TestOrder:
    def test_by_hand(self):
        assert order_of(maps_of([[4, 1], [2, 3]])).tolist() == [[0, 3, 2, 1]]
        assert order_of(maps_of([[-4, 1], [-2, -3]])).tolist() == [[1, 2, 3, 0]]  # by value, not by size

    @pytest.mark.parametrize("few", [None, 1, 0.3])
    def test_falling_and_every_pixel_once(self, few):
        maps = levels(few=few)
        order = order_of(maps)
        assert (maps.flatten(1).gather(1, order).diff() <= 0).all()
        assert torch.equal(order.sort(1).values, torch.arange(64).expand(4, 64))

    def test_equal_values_come_in_one_random_order(self):
        state = torch.get_rng_state()
        zeros, sparse = torch.zeros(2, 8, 8), torch.zeros(1, 8, 8)
        sparse[0, 5, 1:4] = 1
        order = order_of(zeros)[0].tolist()
        assert torch.equal(torch.get_rng_state(), state)
        assert order_of(zeros)[1].tolist() == order == order_of(zeros - 7)[0].tolist()
        assert order != sorted(order) and abs(np.corrcoef(order, range(64))[0, 1]) < 0.3
        top = [place for place in order if place in (41, 42, 43)]
        assert order_of(sparse)[0].tolist() == top + [place for place in order if place not in top]

    def test_zero_has_no_sign(self):
        signed = torch.zeros(1, 8, 8)
        signed[0, ::2] = -0.0
        assert torch.equal(order_of(signed), order_of(torch.zeros(1, 8, 8)))


PICTURE = maps_of([[[1, 2], [3, 4]]])


class TestReplaceTop:
    @pytest.mark.parametrize(
        "share, expected",
        [
            (0, [[1, 2], [3, 4]]),
            (0.1, [[1, 2], [3, 4]]),  # round(0.4) = 0
            (0.25, [[0, 2], [3, 4]]),
            (0.5, [[0, 2], [3, 0]]),
            (0.75, [[0, 2], [0, 0]]),
            (1, [[0, 0], [0, 0]]),
        ],
    )
    def test_by_hand(self, share, expected):
        found = replace_top(PICTURE, maps_of([[4, 1], [2, 3]]), share, torch.zeros_like(PICTURE))
        assert found.tolist() == [[expected]]

    @pytest.mark.parametrize("few", [None, 0.5])
    @pytest.mark.parametrize("share", [0, 0.03, 0.37, 0.5, 1])
    def test_pixel_by_pixel(self, share, few, wide):
        images, fill, maps = wide.rand(3, 5, 7), wide.rand(3, 5, 7), levels(3, 7, few)[:, :5]
        before = images.clone()
        found = replace_top(images, maps, share, fill)
        assert torch.equal(found, slow_replace(images, maps, share, fill))
        assert torch.equal(images, before) and not found.is_set_to(images)

    def test_as_many_go_where_values_tie(self):
        # A map of Grad-CAM's kind: zero on three quarters. A threshold would take them all at once.
        maps = torch.zeros(1, 8, 8)
        maps[0, :4, :4] = torch.rand(4, 4, generator=torch.Generator().manual_seed(0)) + 1
        ones = torch.ones(1, 2, 8, 8)
        for share in 0.125, 0.25, 0.5, 0.75:
            found = replace_top(ones, maps, share, 0.0)
            assert (found == 0).all(1).sum() == (found == 0).any(1).sum() == round(64 * share)

    def test_what_stands_there_instead(self, images):
        maps = levels()
        close(replace_top(images, maps, 0.4, 0.3), replace_top(images, maps, 0.4, torch.full_like(images, 0.3)))
        mean = images.mean((2, 3), keepdim=True)
        close(replace_top(images, maps, 0.4, mean), replace_top(images, maps, 0.4, mean.expand_as(images)))

    def test_the_mask_its_complement_and_a_constant(self, images):
        mask = torch.zeros(4, 8, 8, dtype=torch.bool)
        mask[:, 2:6, 1:5] = True
        close(replace_top(images, mask.double(), 0.25, 0.0), images * ~mask[:, None])
        close(replace_top(images, (~mask).double(), 0.75, 0.0), images * mask[:, None])
        gone = (replace_top(images, torch.full((4, 8, 8), 0.1), 0.25, 0.0) == 0).all(1)
        assert (gone == gone[0]).all() and gone[0].sum() == 16 and set(gone[0].sum(1).tolist()) - {0, 8}

    def test_history_stays_outside(self, images):
        assert not replace_top(images.requires_grad_(), levels().requires_grad_(), 0.5, 0.0).requires_grad


@pytest.fixture
def wide():
    """Random tensors in float64."""

    class Wide:
        generator = torch.Generator().manual_seed(5)

        def rand(self, n, *size):
            return torch.rand(n, 3, *size, generator=self.generator, dtype=torch.float64)

    return Wide()


def slow_curve(model, start, finish, maps, target, steps):
    """Step by step, image by image, each from the start again."""
    classes = [target] * len(start) if isinstance(target, int) else target.tolist()
    curve = torch.zeros(len(start), steps + 1, dtype=torch.float64)
    for n, k in itertools.product(range(len(start)), range(steps + 1)):
        one = slice(n, n + 1)
        mixed = slow_replace(start[one], maps[one], k / steps, finish[one])
        exponentials = model(mixed)[0].exp()
        curve[n, k] = (exponentials[classes[n]] / exponentials.sum()).detach()
    return curve


class TestScoreCurve:
    @pytest.mark.parametrize("few", [None, 0.5])
    @pytest.mark.parametrize("target", [2, TARGETS], ids=["int", "tensor"])
    @pytest.mark.parametrize("steps", [1, 6, 64])
    def test_step_by_step(self, steps, target, few, deep, images):
        if steps == 64 and few:
            images = images[:1]
            target = target if isinstance(target, int) else target[:1]
        maps = levels(len(images), few=few)
        for start, finish in (images, torch.zeros_like(images)), (blur(images, 2.0), images):
            found = score_curve(deep, start, finish, maps, target, steps)
            close(found, slow_curve(deep, start, finish, maps, target, steps), 1e-10)

    def test_by_hand(self):
        # Two classes, scores (Σ x, 0): P = 1 / (1 + exp(−Σ x)); black, pixels 3, 2, −1, 0 in the order of the map.
        model = Of(lambda x: torch.stack([x.sum((1, 2, 3)), torch.zeros(len(x))], 1))
        picture, maps = maps_of([[[3, 0], [-1, 2]]]), maps_of([[9, 1], [2, 3]])
        sums = torch.tensor([[4.0, 1, -1, 0, 0]])
        close(score_curve(model, picture, torch.zeros_like(picture), maps, 0, 4), sums.sigmoid(), 1e-6)
        close(score_curve(model, picture, torch.zeros_like(picture), maps, 1, 4), (-sums).sigmoid(), 1e-6)
        close(score_curve(model, torch.zeros_like(picture), picture, maps, 0, 2), maps_of([0, 5, 4]).sigmoid(), 1e-6)

    def test_it_begins_and_ends_with_the_two_pictures(self, deep, images):
        finish = blur(images, 1.5)
        for maps in levels(), levels(few=0.3), torch.zeros(4, 8, 8):
            curve = score_curve(deep, images, finish, maps, TARGETS, 5)
            for k, each in (0, images), (5, finish):
                close(curve[:, k], deep(each).softmax(1).gather(1, TARGETS[:, None])[:, 0].detach())

    def test_insertion_is_the_deletion_of_the_reverse_read_backwards(self, deep, images):
        maps, black = levels(), torch.zeros_like(images)
        there = score_curve(deep, images, black, maps, 1, 8)
        back = score_curve(deep, black, images, -maps, 1, 8)
        close(back, there.flip(1))

    def test_of_a_sum_no_order_is_better_than_that_of_its_parts(self, images):
        # Two classes, scores Σ w x and 0: after k pixels P is least where the k largest of w x have gone.
        w = linear()[1][0]
        model = Of(lambda x: torch.stack([(x * w).sum((1, 2, 3)), torch.zeros(len(x), dtype=x.dtype)], 1))
        black, parts = torch.zeros_like(images), (images * w).sum(1)
        best, worst = (score_curve(model, images, black, each, 0, 8) for each in (parts, -parts))
        others = [score_curve(model, images, black, each, 0, 8) for each in (levels(), torch.zeros(4, 8, 8))]
        for other in others:
            assert (best <= other + 1e-12).all() and (other <= worst + 1e-12).all()
            assert (area_under(best) < area_under(other)).all() and (area_under(other) < area_under(worst)).all()

    def test_the_truth_its_complement_and_no_order(self, images):
        # Only the 16 pixels of the mask count, each as much as the others, so the curve can be written down.
        mask = torch.zeros(8, 8, dtype=torch.bool)
        mask[2:6, 1:5] = True
        model = Of(lambda x: torch.stack([(x * mask).sum((1, 2, 3)), torch.zeros(len(x))], 1))
        ones, black = torch.ones(1, 1, 8, 8), torch.zeros(1, 1, 8, 8)
        exact = score_curve(model, ones, black, mask[None].float(), 0, 64)
        close(exact, torch.arange(16, -49, -1.0).clamp(min=0)[None].sigmoid(), 1e-6)
        complement = score_curve(model, ones, black, (~mask)[None].float(), 0, 64)
        close(complement, torch.arange(64, -1, -1.0).clamp(max=16)[None].sigmoid(), 1e-6)
        constant = score_curve(model, ones, black, torch.full((1, 8, 8), 0.1), 0, 64)
        left = 16 - mask.flatten()[order_of(torch.zeros(1, 8, 8))[0]].cumsum(0)
        close(constant[:, 1:], left[None].float().sigmoid(), 1e-6)
        assert area_under(exact) < area_under(constant) < area_under(complement)

    @pytest.mark.parametrize("batch_size", [1, 5, 100])
    def test_the_batch_and_the_other_images_do_not_matter(self, batch_size, deep, images):
        maps, finish = levels(few=1), images.flip(0)
        whole = score_curve(deep, images, finish, maps, TARGETS, 6)
        sizes = counted(deep)
        close(score_curve(deep, images, finish, maps, TARGETS, 6, batch_size=batch_size), whole)
        assert max(sizes) <= batch_size and sum(sizes) == 4 * 7
        close(score_curve(deep, images[2:3], finish[2:3], maps[2:3], TARGETS[2:3], 6), whole[2:3])

    def test_memory_does_not_grow_with_the_steps(self):
        model = Of(lambda x: x.mean((2, 3)))
        images, maps, bytes_ = torch.rand(1, 3, 64, 64), torch.rand(1, 64, 64), []
        for steps in 16, 512:
            with Peak() as peak:
                score_curve(model, images, torch.zeros_like(images), maps, 0, steps)
            bytes_.append(peak.bytes)
        assert bytes_[1] < 1.05 * bytes_[0]

    @pytest.mark.parametrize("dtype, tolerance", [(torch.float32, 1e-5), (torch.bfloat16, 0.05)])
    def test_other_precisions(self, dtype, tolerance, small_network, small_images):
        images, maps = small_images.to(dtype), levels()
        expected = score_curve(small_network().double(), images.double(), images.double() / 2, maps, 1, 4)
        found = score_curve(small_network().to(dtype), images, images / 2, maps, 1, 4)
        assert found.dtype == torch.float32
        close(found.double(), expected, tolerance)

    @pytest.mark.parametrize("changed, error, message", [
        ({"start": None}, TypeError, "start must be a float tensor"),
        ({"finish": torch.zeros(4, 3, 8, 8).int()}, TypeError, "finish must hold floats, .* by finish.float"),
        ({"finish": torch.full((4, 3, 8, 8), math.nan)}, ValueError, "finish must be finite"),
        ({"start": torch.zeros(3, 8, 8)}, ValueError, r"start must have the shape .* by start\[None\]"),
        ({"finish": torch.zeros(1, 3, 8, 8)}, ValueError, r"finish must have the shape of start, \(4, 3, 8, 8\), got"),
        ({"target": None}, TypeError, r"target must be an int or a LongTensor \(N,\)"),
        ({"target": 5}, ValueError, "target must be from 0 to 4"),
        ({"target": -1}, ValueError, "target must be from 0 to 4"),
        ({"target": 1.0}, TypeError, "target must be an int"),
        ({"target": torch.tensor([1, 2])}, ValueError, "target must name a class for each image"),
        ({"steps": 0}, ValueError, "steps must be 1 or more"),
        ({"steps": 2.5}, TypeError, "steps must be an int"),
        ({"batch_size": 0}, ValueError, "batch_size must be 1 or more"),
    ])  # fmt: skip
    def test_arguments(self, changed, error, message, small_network, small_images):
        good = {"start": small_images, "finish": small_images / 2, "maps": levels(), "target": 1, "steps": 2}
        with pytest.raises(error, match=message):
            score_curve(small_network(), **{**good, **changed})

    @pytest.mark.parametrize(
        "model, message",
        [(TOTAL, "two or more classes"), (Of(lambda x: LOG(x).expand(-1, 2)), "must return finite scores")],
    )
    def test_scores_without_a_probability(self, model, message):
        ones = torch.ones(1, 1, 4, 4)
        with pytest.raises(ValueError, match=f"model {message}|model must have {message}"):
            score_curve(model, ones, -ones.clamp(min=1) * 0, torch.rand(1, 4, 4), 0, 2)


class TestAreaUnder:
    @pytest.mark.parametrize(
        "curve, expected", [((1, 0.5, 0), 1 / 2), ((1, 0, 0), 1 / 4), ((1, 1, 1, 0), 5 / 6), ((0.3, 0.3), 0.3)]
    )
    def test_by_hand(self, curve, expected):
        assert area_under(maps_of(curve)).tolist() == pytest.approx([expected])

    def test_against_numpy(self):
        curve = torch.rand(5, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        close(area_under(curve), torch.from_numpy(np.trapezoid(curve.numpy(), np.linspace(0, 1, 9), axis=1)))

    @pytest.mark.parametrize("curve", [None, torch.ones(3), torch.ones(2, 1), torch.ones(2, 3).long()])
    def test_other_curves(self, curve):
        with pytest.raises(ValueError, match=r"curve must be a float tensor \(N, S \+ 1\)"):
            area_under(curve)

    def test_nan(self):
        with pytest.raises(ValueError, match="curve must be finite"):
            area_under(maps_of([0, math.nan]))


# Where the truth lies -------------------------------------------------------------------------------------------------


def masks_at(*places, side=8):
    masks = torch.zeros(1, 1, side, side, dtype=torch.bool)
    for row, column in places:
        masks[0, 0, row, column] = True
    return masks


def peaks(*places, side=8):
    return masks_at(*places, side=side)[:, 0].double()


def slow_pointing(maps, masks, margin):
    hits = []
    for each, mask in zip(maps, masks[:, 0], strict=True):
        inside = mask.nonzero().tolist()
        top = (each == each.max()).nonzero().tolist()
        near = [min((a - c) ** 2 + (b - d) ** 2 for c, d in inside) <= margin**2 for a, b in top]
        hits.append(sum(near) / len(near))
    return hits


def random_masks(n=6, side=8, share=0.15, seed=3):
    masks = torch.rand(n, 1, side, side, generator=torch.Generator().manual_seed(seed)) < share
    masks[:, :, side // 2, side // 2] = True
    return masks


class TestPointingGame:
    @pytest.mark.parametrize("margin, expected", [(0, 0), (4, 0), (4.99, 0), (5, 1), (6, 1)])
    def test_3_4_5(self, margin, expected):
        assert pointing_game(peaks((3, 4)), masks_at((0, 0)), margin).tolist() == [expected]

    def test_the_margin_is_round(self):
        assert pointing_game(peaks((2, 2)), masks_at((0, 0)), 2).item() == 0  # a square would reach it
        assert pointing_game(peaks((2, 2)), masks_at((0, 0)), math.sqrt(8)).item() == 1

    def test_ties_count_by_their_share(self):
        assert pointing_game(peaks((0, 0), (5, 5)), masks_at((0, 0)), 0).item() == 0.5
        assert pointing_game(peaks((0, 1), (5, 5), (1, 0)), masks_at((0, 0)), 1).item() == pytest.approx(2 / 3)

    @pytest.mark.parametrize("margin", [0, 1, 1.5, 3])
    @pytest.mark.parametrize("few", [None, 0.5])
    def test_place_by_place(self, few, margin):
        maps, masks = levels(30, few=few), random_masks(30)
        expected = slow_pointing(maps, masks, margin)
        assert pointing_game(maps, masks, margin).tolist() == pytest.approx(expected)
        assert 0 < sum(expected) < 30 or margin == 3

    def test_the_mask_its_complement_and_a_constant(self):
        masks = random_masks()
        assert pointing_game(masks[:, 0].float(), masks, 0).tolist() == [1] * 6
        assert pointing_game(1 - masks[:, 0].float(), masks, 0).tolist() == [0] * 6
        close(pointing_game(torch.full((6, 8, 8), -2.0), masks, 0), masks.flatten(1).float().mean(1))

    def test_the_largest_value_and_not_the_largest_size(self):
        assert pointing_game(maps_of([[1, -9], [0, 0]]), masks_at((0, 0), side=2), 0).item() == 1

    @pytest.mark.parametrize("margin", [-1, math.nan, math.inf, None, True, "5"])
    def test_margins(self, margin):
        with pytest.raises(ValueError, match="margin must be a number of pixels, 0 or more, got"):
            pointing_game(peaks((0, 0)), masks_at((0, 0)), margin)


class TestTopInside:
    def test_by_hand(self):
        maps = maps_of([[4, 1], [2, 3]])
        masks = masks_at((0, 0), (1, 0), side=2)  # 4 and 2
        for share, expected in (0.25, 1), (0.5, 1 / 2), (0.75, 2 / 3), (1, 1 / 2):
            assert top_inside(maps, masks, share).item() == pytest.approx(expected)

    def test_pixels_that_tie_count_in_part(self):
        # Two places: 5, and one of three that are 1, of which one lies inside.
        masks = masks_at((0, 0), (0, 1), side=2)
        assert top_inside(maps_of([[5, 1], [1, 1]]), masks, 0.5).item() == pytest.approx((1 + 1 / 3) / 2)

    @pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
    def test_the_mean_over_all_ways_to_break_ties(self, share):
        maps, masks = levels(3, 4, few=1), random_masks(3, 4, 0.4)
        k = round(share * 16)
        for each, mask in zip(maps.flatten(1), masks.flatten(1), strict=True):
            fixed = [place for place in range(16) if (each > each[place]).sum() + (each == each[place]).sum() <= k]
            last = each.sort(descending=True).values[k - 1]
            tied = [place for place in range(16) if each[place] == last and place not in fixed]
            ways = [[*fixed, *some] for some in itertools.combinations(tied, k - len(fixed))]
            expected = np.mean([mask[way].float().mean().item() for way in ways])
            found = top_inside(each.view(1, 4, 4), mask.view(1, 1, 4, 4), k / 16)
            assert found.item() == pytest.approx(expected, abs=1e-6)

    def test_the_mask_its_complement_and_a_constant(self):
        masks = random_masks(share=0.3)
        assert top_inside(masks[:, 0].float(), masks).tolist() == pytest.approx([1] * 6)
        assert top_inside(1 - masks[:, 0].float(), masks).tolist() == pytest.approx([0] * 6)
        area = masks.flatten(1).float().mean(1)
        close(top_inside(torch.ones(6, 8, 8), masks), area, 1e-6)
        close(top_inside(masks[:, 0].float(), masks, 0.9), area / 0.9, 1e-6)

    def test_where_all_is_above_zero_share_inside_weighs_and_this_counts(self):
        maps, masks = maps_of([[8, 1], [1, 0]]), masks_at((0, 1), (1, 0), side=2)
        assert share_inside(maps[:, None], masks).item() == pytest.approx(0.2)
        assert top_inside(maps, masks, 0.75).item() == pytest.approx(2 / 3)

    @pytest.mark.parametrize("share, message", [(0, "share must be above 0"), (1.1, "share must be a number from 0")])
    def test_shares(self, share, message):
        with pytest.raises(ValueError, match=message):
            top_inside(peaks((0, 0)), masks_at((0, 0)), share)


@pytest.mark.parametrize("judge", [lambda maps, masks: pointing_game(maps, masks, 1), top_inside])
class TestMasks:
    def test_one_image_or_many_and_no_history(self, judge):
        maps, masks = levels(6, few=1).float().requires_grad_(), random_masks()
        found = judge(maps, masks)
        assert found.shape == (6,) and found.dtype == torch.float32 and not found.requires_grad
        assert found.tolist() == [judge(maps[i : i + 1], masks[i : i + 1]).item() for i in range(6)]

    @pytest.mark.parametrize("masks, error, message", [
        (None, TypeError, "masks must be a bool tensor"),
        (torch.ones(6, 1, 8, 8), TypeError, "masks must be a bool tensor .* got a float32"),
        (torch.ones(6, 8, 8).bool(), ValueError, r"masks must have the shape \(6, 1, 8, 8\)"),
        (torch.ones(6, 5, 8, 8).bool(), ValueError, r"masks must have the shape \(6, 1, 8, 8\)"),
        (random_masks() & (torch.arange(6) != 4).view(6, 1, 1, 1), ValueError, r"masks must each .* images \[4\]"),
    ])  # fmt: skip
    def test_other_masks(self, masks, error, message, judge):
        with pytest.raises(error, match=message):
            judge(levels(6), masks)


# Do sums of the map foretell what the score does? ---------------------------------------------------------------------


def slow_sums_and_falls(model, images, maps, classes, masks):
    sums, falls = np.zeros((len(images), len(masks))), np.zeros((len(images), len(masks)))
    for i, j in itertools.product(range(len(images)), range(len(masks))):
        black = images[i : i + 1].clone()
        black[:, :, masks[j]] = 0
        with torch.no_grad():
            falls[i, j] = (model(images[i : i + 1]) - model(black))[0, classes[i]]
        sums[i, j] = sum(maps[i][masks[j]].tolist())
    return sums, falls


class TestDraws:
    def test_subsets(self):
        state = torch.get_rng_state()
        masks = random_subsets((6, 9), 20, 3000)
        assert torch.equal(torch.get_rng_state(), state)
        assert masks.shape == (3000, 6, 9) and masks.dtype == torch.bool
        assert set(masks.flatten(1).sum(1).tolist()) == {20}
        share = 20 / 54
        assert (masks.float().mean(0) - share).abs().max() < 4.5 * (share * (1 - share) / 3000) ** 0.5
        assert torch.equal(masks[:4], random_subsets((6, 9), 20, 4))
        assert not torch.equal(masks[:4], random_subsets((6, 9), 20, 4, seed=1))

    def test_squares(self):
        state = torch.get_rng_state()
        masks = random_squares((5, 7), 3, 300)
        assert torch.equal(torch.get_rng_state(), state)
        corners = set()
        for mask in masks:
            rows, columns = mask.any(1).nonzero()[:, 0], mask.any(0).nonzero()[:, 0]
            assert len(rows) == len(columns) == 3 and mask.sum() == 9
            corners.add((rows[0].item(), columns[0].item()))
        assert corners == set(itertools.product(range(3), range(5)))  # to the last row and column
        assert not torch.equal(masks, random_squares((5, 7), 3, 300, seed=1))
        assert random_squares((3, 3), 3, 2).all() and random_subsets((3, 3), 9, 2).all()

    @pytest.mark.parametrize("draw, message", [
        (lambda: random_subsets((3, 3), 0, 2), "n_pixels must be from 1 to 9"),
        (lambda: random_subsets((3, 3), 10, 2), "n_pixels must be from 1 to 9"),
        (lambda: random_subsets((3, 3), 2.0, 2), "n_pixels must be an int"),
        (lambda: random_subsets(3, 2, 2), r"size must be a pair \(H, W\)"),
        (lambda: random_subsets((3, 3), 2, 0), "n must be 1 or more"),
        (lambda: random_squares((3, 5), 4, 2), "side must be from 1 to 3"),
        (lambda: random_squares((3, 0), 1, 2), "size must be 1 or more"),
        (lambda: random_squares((3, 5), 2, 2, seed=None), "seed must be an int"),
    ])  # fmt: skip
    def test_arguments(self, draw, message):
        with pytest.raises((ValueError, TypeError), match=message):
            draw()

    def test_the_size_of_a_tensor_will_do(self, images):
        assert random_squares(images.shape[2:], 4, 3).shape == (3, 8, 8)


class TestSensitivityN:
    @pytest.mark.parametrize("n", [1, 5, 32, 63])
    def test_a_sum_is_foretold_by_its_parts(self, n, images):
        model, w = linear()
        masks, parts = random_subsets((8, 8), n, 40), (w[TARGETS] * images).sum(1)
        close(sensitivity_n(model, images, parts, TARGETS, masks), torch.ones(4))
        close(sensitivity_n(model, images, 3 * parts, TARGETS, masks), torch.ones(4))
        close(sensitivity_n(model, images, -parts, TARGETS, masks), -torch.ones(4))
        assert (sensitivity_n(model, images, w[TARGETS].sum(1), TARGETS, masks) < 0.99).all()
        assert (sensitivity_n(model, images, w[(TARGETS + 1) % 5].sum(1), TARGETS, masks) < 0.8).all()

    def test_against_numpy(self, deep, images):
        maps, masks = levels(), random_subsets((8, 8), 9, 12)
        sums, falls = slow_sums_and_falls(deep, images, maps, TARGETS, masks)
        expected = [np.corrcoef(a, b)[0, 1] for a, b in zip(sums, falls, strict=True)]
        close(sensitivity_n(deep, images, maps, TARGETS, masks), expected, 1e-9)

    def test_one_place_of_two(self):
        # S = x₀ + 2 x₁ + 4 x₂ at (1, 1, 1): falls 1, 2, 4; map (1, 0, 5): r of (1, 0, 5) and (1, 2, 4).
        model = Of(lambda x: x[:, 0, 0] @ torch.tensor([1.0, 2, 4]))
        masks = torch.eye(3).bool()[:, None]
        a, b = np.array([1, 0, 5]) - 2, np.array([1, 2, 4]) - 7 / 3
        found = sensitivity_n(model, torch.ones(1, 1, 1, 3), maps_of([[1, 0, 5]]), 0, masks)
        assert found.item() == pytest.approx(a @ b / math.sqrt(a @ a * (b @ b)), abs=1e-6)

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_where_nothing_differs_it_is_0_and_not_what_rounding_says(self, dtype, images):
        images = images.to(dtype)
        model, w = linear()
        model, parts = model.to(dtype), (w[1].to(dtype) * images).sum(1)
        everything = torch.ones(7, 8, 8, dtype=torch.bool)
        assert sensitivity_n(model, images, parts, 1, everything).tolist() == [0] * 4
        masks = random_subsets((8, 8), 17, 20)
        assert sensitivity_n(model, images, torch.full_like(parts, 0.1), 1, masks).tolist() == [0] * 4
        blind = Of(lambda x: ((x + 0.1) - x).sum((1, 2, 3)))  # 19.2, but for rounding
        assert sensitivity_n(blind, images, parts, 0, masks, batch_size=3).tolist() == [0] * 4
        with pytest.raises(ValueError, match="masks must change the score"):
            infidelity(blind, images, parts, 0, masks)
        close(sensitivity_n(model, images, parts, 1, masks, batch_size=3), torch.ones(4), 1e-5)

    def test_masks_of_several_sizes_are_refused(self, deep, images):
        masks = random_subsets((8, 8), 9, 3)
        masks[1, 0] = True
        with pytest.raises(ValueError, match="masks must be two or more, all with the same number of pixels"):
            sensitivity_n(deep, images, levels(), 1, masks)
        with pytest.raises(ValueError, match="masks must be two or more"):
            sensitivity_n(deep, images, levels(), 1, masks[:1])


class TestInfidelity:
    def test_a_sum_is_foretold_by_its_parts(self, images):
        model, w = linear()
        parts = (w[TARGETS] * images).sum(1)
        for masks in random_squares((8, 8), 3, 10), random_subsets((8, 8), 9, 10):
            for factor in 1, 100, -1:  # the reverse of a map is the map, up to a factor
                close(infidelity(model, images, factor * parts, TARGETS, masks), torch.zeros(4))
            assert (infidelity(model, images, w[TARGETS].sum(1), TARGETS, masks) > 0.01).all()

    def test_by_least_squares(self, deep, images):
        maps, masks = levels(), random_squares((8, 8), 3, 12)
        expected = []
        for s, f in zip(*slow_sums_and_falls(deep, images, maps, TARGETS, masks), strict=True):
            beta, *_ = np.linalg.lstsq(s[:, None], f, rcond=None)
            expected.append(((beta * s - f) ** 2).mean() / (f**2).mean())
        found = infidelity(deep, images, maps, TARGETS, masks)
        close(found, expected, 1e-9)
        assert (found > 0.01).all() and (found < 1).all()

    def test_by_hand(self):
        # Falls 1, 2, 4; map (1, 0, 5): β = 21/26, and 1 − 21² / (26 · 21) = 5/26 is left.
        model = Of(lambda x: x[:, 0, 0] @ torch.tensor([1.0, 2, 4]))
        masks = torch.eye(3).bool()[:, None]
        found = infidelity(model, torch.ones(1, 1, 1, 3), maps_of([[1, 0, 5]]), 0, masks)
        assert found.item() == pytest.approx(5 / 26, abs=1e-6)

    def test_zeros_and_a_constant(self, deep, images):
        masks = random_squares((8, 8), 3, 12)
        assert infidelity(deep, images, torch.zeros(4, 8, 8), 1, masks).tolist() == [1] * 4
        falls = slow_sums_and_falls(deep, images, levels(), [1] * 4, masks)[1]
        close(infidelity(deep, images, torch.ones(4, 8, 8), 1, masks), falls.var(1) / (falls**2).mean(1), 1e-9)

    def test_captum_with_squares(self, deep, images):
        maps, masks = levels(), random_squares((8, 8), 3, 12)

        def perturb(inputs):
            hidden = masks.repeat(4, 1, 1)[:, None].expand_as(inputs).to(inputs)
            return hidden, inputs * (1 - hidden)

        attributions = torch.stack([maps, 0 * maps, 0 * maps], 1)  # captum wants the shape of the images
        theirs = {
            scaled: captum_infidelity(
                deep, perturb, images, attributions, target=TARGETS, n_perturb_samples=12, normalize=scaled
            ).detach()
            for scaled in (True, False)
        }
        sums, falls = (torch.from_numpy(each) for each in slow_sums_and_falls(deep, images, maps, TARGETS, masks))
        ours = infidelity(deep, images, maps, TARGETS, masks)
        close(ours * (falls**2).mean(1), theirs[True], 1e-10)  # theirs is in units of the score, squared
        close(((sums - falls) ** 2).mean(1), theirs[False], 1e-10)  # and by default knows no factor:
        assert (theirs[False] / (falls**2).mean(1) > 2 * ours).all()  # it goes by the map's unit

    def test_a_score_that_no_mask_changes(self, images):
        half = Of(lambda x: x[:, :, :4].mean((1, 2, 3)) * torch.tensor([1, 0, 1, 0], dtype=x.dtype)[: len(x)])
        masks = torch.zeros(2, 8, 8, dtype=torch.bool)
        masks[:, 4:] = True
        with pytest.raises(ValueError, match=r"masks must change the score, .* none does of images \[0, 1, 2, 3\]"):
            infidelity(half, images, levels(), 0, masks, batch_size=1)


@pytest.mark.parametrize("judge", [sensitivity_n, infidelity])
class TestSumsAndFalls:
    masks = random_subsets((8, 8), 9, 11)

    def test_none_is_the_class_predicted_for_the_whole_image(self, judge, deep, images):
        predicted = deep(images).argmax(1)
        assert len(predicted.unique()) > 1
        close(judge(deep, images, levels(), None, self.masks), judge(deep, images, levels(), predicted, self.masks))

    @pytest.mark.parametrize("batch_size", [1, 4, 100])
    def test_the_batch_and_the_other_images_do_not_matter(self, batch_size, judge, deep, images):
        whole = judge(deep, images, levels(), TARGETS, self.masks)
        sizes = counted(deep)
        close(judge(deep, images, levels(), TARGETS, self.masks, batch_size=batch_size), whole)
        assert max(sizes) <= batch_size and sum(sizes) == 4 * 12
        close(judge(deep, images[2:3], levels()[2:3], TARGETS[2:3], self.masks), whole[2:3])

    def test_memory_does_not_grow_with_the_masks(self, judge):
        images, maps, bytes_ = torch.rand(1, 3, 64, 64), torch.rand(1, 64, 64), []
        for n in 16, 256:
            masks = random_squares((64, 64), 9, n)
            with Peak() as peak:
                judge(TOTAL, images, maps, 0, masks)
            bytes_.append(peak.bytes - masks.nbytes)
        assert bytes_[1] < 1.05 * bytes_[0]

    def test_single_precision(self, judge, small_network, small_images):
        found = judge(small_network(), small_images, levels().float(), 1, self.masks)
        assert found.dtype == torch.float32 and not found.requires_grad
        expected = judge(small_network().double(), small_images.double(), levels(), 1, self.masks)
        close(found.double(), expected, 1e-3)

    @pytest.mark.parametrize("masks, error, message", [
        (None, TypeError, r"masks must be a bool tensor \(M, H, W\), got None"),
        (torch.ones(2, 8, 8), TypeError, "masks must be a bool tensor"),
        (torch.ones(8, 8).bool(), ValueError, r"masks must have the shape \(M, 8, 8\)"),
        (torch.ones(2, 1, 8, 8).bool(), ValueError, r"masks must have the shape \(M, 8, 8\)"),
        (torch.ones(2, 8, 7).bool(), ValueError, r"masks must have the shape \(M, 8, 8\)"),
        (torch.ones(0, 8, 8).bool(), ValueError, "masks must have the shape .* one or more"),
    ])  # fmt: skip
    def test_other_masks(self, masks, error, message, judge, deep, images):
        with pytest.raises(error, match=message):
            judge(deep, images, levels(), 1, masks)

    def test_infinite_scores(self, judge):
        with pytest.raises(ValueError, match="model must return finite scores, got infinity"):
            judge(LOG, torch.ones(1, 1, 2, 2), torch.ones(1, 2, 2), 0, torch.ones(2, 2, 2).bool())


# Does it stay when the image hardly changes? --------------------------------------------------------------------------


def noises(shape, n, radius, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [radius * (2 * torch.rand(shape, generator=generator) - 1).double() for _ in range(n)]


class TestMaxSensitivity:
    def test_one_noise_after_another(self, deep, images):
        method = gradient_x_input
        found = max_sensitivity(method, deep, images, TARGETS, radius=0.3, n_samples=7, seed=2)
        still = method(deep, images, TARGETS)
        ways = [
            [(method(deep, images + d, TARGETS) - still)[i].norm() / still[i].norm() for i in range(4)]
            for d in noises((3, 8, 8), 7, 0.3, seed=2)
        ]
        close(found, torch.tensor(ways, dtype=torch.float64).max(0).values, 1e-6)

    def test_by_hand(self):
        # M(x) = 2x: ‖2d‖ / ‖2x‖, at most the radius over a picture of ones, and nearly that over one pixel.
        def method(model, images, target):
            return 2 * images

        ones = torch.ones(1, 1, 1, 1, dtype=torch.float64)
        model = nn.Sequential(nn.Flatten(), nn.Linear(1, 2).double())
        found = max_sensitivity(method, model, ones, 0, radius=0.5, n_samples=200)
        assert 0.48 < found.item() <= 0.5
        assert found.item() == pytest.approx(max(abs(d.item()) for d in noises((1, 1, 1), 200, 0.5)), abs=1e-7)

    def test_a_map_that_asks_nothing_is_the_steadiest(self, images):
        model, _ = linear()
        close(max_sensitivity(vanilla_gradient, model, images), torch.zeros(4))
        assert (max_sensitivity(gradient_x_input, model, images) > 0.01).all()
        idle = max_sensitivity(lambda model, images, target: torch.ones(len(images), 1, 2, 2), model, images)
        assert idle.tolist() == [0] * 4

    def test_a_map_of_zeros_is_nan(self, deep, images):
        def method(model, images, target):
            return images.sum(1, keepdim=True) * 0

        assert max_sensitivity(method, deep, images, 1).isnan().all()

    def test_the_class_is_that_of_the_image_as_it_was(self, deep, images):
        predicted = deep(images).argmax(1)
        asked = []

        def method(model, images, target):
            asked.append(target)
            return vanilla_gradient(model, images, target)

        found = max_sensitivity(method, deep, images, radius=3.0, n_samples=4)
        assert asked == [c for c in predicted.tolist() for _ in range(2)] and len(set(asked)) > 1
        close(found, max_sensitivity(vanilla_gradient, deep, images, predicted, radius=3.0, n_samples=4))

    @pytest.mark.parametrize("batch_size", [1, 3, 100])
    def test_the_batch_and_the_other_images_do_not_matter(self, batch_size, deep, images):
        state = torch.get_rng_state()
        whole = max_sensitivity(vanilla_gradient, deep, images, TARGETS, radius=0.2, n_samples=7)
        assert torch.equal(torch.get_rng_state(), state)
        again = max_sensitivity(vanilla_gradient, deep, images, TARGETS, radius=0.2, n_samples=7, batch_size=batch_size)
        close(again, whole)
        alone = max_sensitivity(vanilla_gradient, deep, images[3:], TARGETS[3:], radius=0.2, n_samples=7)
        close(alone, whole[3:])
        assert not torch.equal(
            whole, max_sensitivity(vanilla_gradient, deep, images, TARGETS, radius=0.2, n_samples=7, seed=1)
        )

    def test_more_samples_never_less(self, deep, images):
        found = [max_sensitivity(vanilla_gradient, deep, images, 1, radius=0.2, n_samples=n) for n in (1, 4, 16)]
        assert (found[0] <= found[1]).all() and (found[1] <= found[2]).all() and (found[0] < found[2]).any()

    def test_captum_with_the_same_noise(self, deep, images):
        draws = torch.stack(noises((3, 8, 8), 6, 0.2))

        def theirs(method, images, target):
            def explain(x, target):  # theirs gives a tuple at first and takes the rows of a tensor for maps of inputs
                return (method(deep, x[0], target),) if isinstance(x, tuple) else method(deep, x, target)

            return captum_sensitivity_max(
                explain,
                images,
                lambda x: x + draws.repeat(len(images), 1, 1, 1),
                n_perturb_samples=6,
                target=target,
            )

        for method in vanilla_gradient, gradient_x_input:
            ours = max_sensitivity(method, deep, images, TARGETS, radius=0.2, n_samples=6)
            close(ours, theirs(method, images, TARGETS), 1e-6)

        def edge(model, images, target):  # zero where all is alike, as a map may be
            return images.diff(dim=3)

        level = torch.ones_like(images[:1])
        assert max_sensitivity(edge, deep, level, 1, radius=0.2, n_samples=6).isnan()
        assert theirs(edge, level, torch.tensor([1])) > 1  # theirs divides by 1 there

    @pytest.mark.parametrize("changed, error, message", [
        ({"method": "vanilla"}, TypeError, "method must be a function"),
        ({"method": lambda model, images, target: images.sum()}, ValueError, "method must return a tensor with a map"),
        ({"method": lambda model, images, target: None}, ValueError, "method must return a tensor with a map"),
        ({"method": lambda model, images, target: images / 0}, ValueError, "method's maps must be finite"),
        ({"radius": 0}, ValueError, "radius must be a number above 0"),
        ({"radius": math.inf}, ValueError, "radius must be a number above 0"),
        ({"radius": "small"}, ValueError, "radius must be a number above 0"),
        ({"n_samples": 0}, ValueError, "n_samples must be 1 or more"),
        ({"seed": None}, TypeError, "seed must be an int"),
        ({"target": 7}, ValueError, "target must be from 0 to 4"),
        ({"batch_size": 0}, ValueError, "batch_size must be 1 or more"),
    ])  # fmt: skip
    def test_arguments(self, changed, error, message, deep, images):
        with pytest.raises(error, match=message):
            max_sensitivity(**{"method": vanilla_gradient, "model": deep, "images": images, "target": 1, **changed})


# Maps that are none ---------------------------------------------------------------------------------------------------


def judged(maps):
    """Each function that takes maps, by name, on these."""
    images, masks = torch.ones(2, 3, 4, 4), torch.ones(2, 1, 4, 4, dtype=torch.bool)
    model = nn.Sequential(nn.Flatten(), nn.Linear(48, 2))
    return {
        "order_of": lambda: order_of(maps),
        "replace_top": lambda: replace_top(images, maps, 0.5, 0.0),
        "score_curve": lambda: score_curve(model, images, images, maps, 0, 2),
        "pointing_game": lambda: pointing_game(maps, masks, 1),
        "top_inside": lambda: top_inside(maps, masks),
        "sensitivity_n": lambda: sensitivity_n(model, images, maps, 0, random_subsets((4, 4), 3, 4)),
        "infidelity": lambda: infidelity(model, images, maps, 0, random_squares((4, 4), 2, 4)),
    }


@pytest.mark.parametrize("name", judged(None))
class TestBadMaps:
    @pytest.mark.parametrize("maps, error, message", [
        (torch.ones(2, 4, 4).where(torch.eye(4).bool(), math.nan), ValueError, "be finite, got .* with NaN"),
        (torch.full((2, 4, 4), math.inf), ValueError, "be finite"),
        (torch.ones(2, 3, 4, 4), ValueError, r"have the shape .*: maps.sum\(1\) adds up the channels"),
        (torch.ones(4, 4), ValueError, "have the shape"),
        (torch.ones(0, 4, 4), ValueError, "have the shape"),
        (torch.ones(2, 4, 4).long(), TypeError, r"be a float tensor \(N, H, W\), got a int64"),
        (torch.ones(2, 4, 4).bool(), TypeError, "be a float tensor"),
        (np.ones((2, 4, 4)), TypeError, "be a float tensor .* got ndarray"),
        (None, TypeError, "be a float tensor .* got None"),
    ])  # fmt: skip
    def test_refused(self, maps, error, message, name):
        with pytest.raises(error, match=f"^maps must {message}"):
            judged(maps)[name]()

    @pytest.mark.parametrize("shape", [(1, 4, 4), (2, 2, 2), (2, 4, 5)])
    def test_of_another_size(self, shape, name):
        if name == "order_of":
            assert order_of(torch.ones(shape)).shape == (shape[0], shape[1] * shape[2])
        else:
            with pytest.raises(ValueError, match=r"^ma(p|sk)s must have the shape \("):
                judged(torch.ones(shape))[name]()

    def test_welcome(self, name):
        found = judged(torch.rand(2, 4, 4).half())[name]()
        assert len(found) == 2 and (found.dtype == torch.long or found.isfinite().all())


def test_whatever_the_default_device(small_images):
    maps, masks = levels().float(), random_masks(4)
    asks = [
        lambda: replace_top(small_images, maps, 0.3, 0.5),
        lambda: pointing_game(maps, masks, 1),
        lambda: top_inside(maps, masks),
        lambda: random_maps(small_images),
        lambda: random_subsets((8, 8), 5, 3),
        lambda: random_squares((8, 8), 5, 3),
        lambda: area_under(maps[0]),
        lambda: paired_interval(maps[0, 0], maps[0, 1]),
        lambda: rank_correlations(maps[0]),
        lambda: torch.tensor([krippendorff(maps[0]), spearman(maps[0, 0], maps[0, 1])], device="cpu"),
    ]
    expected = [ask() for ask in asks]
    with torch.device("meta"):  # stands for a GPU: what is made without saying where cannot be used
        found = [ask() for ask in asks]
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("share", [-0.1, 1.01, math.nan, None, True, "half"])
def test_shares_that_are_none(share):
    with pytest.raises(ValueError, match="share must be a number from 0 to 1, got"):
        replace_top(PICTURE, maps_of([[4, 1], [2, 3]]), share, 0.0)


# Judging the judges ---------------------------------------------------------------------------------------------------


class TestAgainstARandomOrder:
    def test_random_maps(self, small_images):
        state = torch.get_rng_state()
        maps = random_maps(small_images)
        assert torch.equal(torch.get_rng_state(), state)
        assert maps.shape == (4, 8, 8) and maps.dtype == small_images.dtype
        assert len(maps.unique()) == 256 and 0 <= maps.min() and maps.max() < 1
        assert torch.equal(random_maps(small_images[:2].flip(0)), maps[:2])  # images count for nothing
        assert not torch.equal(random_maps(small_images, seed=1), maps)
        with pytest.raises(TypeError, match="images must be a float tensor"):
            random_maps((4, 3, 8, 8))
        many = random_maps(torch.zeros(50, 1, 20, 20))
        assert many.mean().item() == pytest.approx(0.5, abs=0.01)

    def test_by_hand(self):
        # differences 1, 2, 3: mean 2, s = 1; 1.96 / √3
        found = paired_interval(maps_of(11, 102, 53), maps_of(10, 100, 50))
        reach = 1.96 / math.sqrt(3)
        assert found.tolist() == pytest.approx([2, 2 - reach, 2 + reach])

    def test_what_makes_a_picture_hard_cancels_out(self):
        generator = torch.Generator().manual_seed(0)
        hard, noise = torch.randn(2, 40, generator=generator, dtype=torch.float64)
        ours, others = 3 * hard + 0.1 * noise + 0.2, 3 * hard
        mean, low, high = paired_interval(ours, others).tolist()
        assert 0 < low < 0.2 < high and mean == pytest.approx((interval(ours) - interval(others))[0].item())
        assert interval(ours)[1] < interval(others)[2] and interval(others)[1] < interval(ours)[2]  # they overlap
        assert (paired_interval(others, ours) + paired_interval(ours, others).flip(0).roll(1)).abs().max() < 1e-12

    @pytest.mark.parametrize("values, others, message", [
        (torch.ones(3), torch.ones(3, 1), r"others must be a float tensor \(N,\) of two or more"),
        (torch.ones(3), torch.ones(4), "values and others must be of the same images, got 3 and 4"),
        (torch.ones(1), torch.ones(1), "values must be a float tensor .* two or more images"),
        ([1.0, 2.0], torch.ones(2), "values must be a float tensor .* got list"),
        (torch.ones(2), torch.ones(2).long(), "others must be a float tensor"),
        (torch.tensor([1, math.nan]), torch.ones(2), "values must be finite"),
    ])  # fmt: skip
    def test_other_values(self, values, others, message):
        with pytest.raises(ValueError, match=message):
            paired_interval(values, others)


def slow_alpha(ratings):
    """By pairs: of raters on an item, and of any two ratings; each ordered pair once."""
    raters, items = ratings.shape
    of_an_item = [
        (ratings[a, i] - ratings[b, i]) ** 2 for i in range(items) for a, b in itertools.permutations(range(raters), 2)
    ]
    of_any = [(a - b) ** 2 for a, b in itertools.permutations(ratings.flatten().tolist(), 2)]
    return 1 - np.mean(of_an_item) / np.mean(of_any)


ALPHAS = {
    "equal": ([[1, 2, 3], [1, 2, 3]], 1),
    "reversed": ([[1, 2, 3], [3, 2, 1]], -2 / 3),
    "one swap": ([[1, 2, 3], [2, 1, 3]], 7 / 12),
    "three raters": ([[1, 2, 3], [1, 2, 3], [1, 3, 2]], 19 / 27),
}


def table(raters, items, seed=0, common=1.0):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(raters, items)) + common * generator.normal(size=items)


class TestKrippendorff:
    @pytest.mark.parametrize("name", ALPHAS)
    def test_by_hand(self, name):
        ratings, expected = ALPHAS[name]
        assert krippendorff(torch.tensor(ratings)) == pytest.approx(expected, abs=1e-12)
        assert krippendorff(100 - 7.0 * torch.tensor(ratings)) == pytest.approx(expected, abs=1e-12)
        assert krippendorff(torch.tensor(ratings).flip(0)) == pytest.approx(expected, abs=1e-12)

    @pytest.mark.parametrize("raters, items", [(2, 2), (2, 7), (9, 2), (6, 14)])
    def test_pair_by_pair(self, raters, items):
        for seed in range(3):
            ratings = table(raters, items, seed)
            found = krippendorff(torch.from_numpy(ratings))
            assert isinstance(found, float) and found <= 1
            assert found == pytest.approx(slow_alpha(ratings), abs=1e-10)

    @pytest.mark.parametrize("raters, items", [(2, 5), (18, 14)])
    def test_the_library(self, raters, items):
        for seed in range(4):
            ratings = table(raters, items, seed)
            found = krippendorff(torch.from_numpy(ratings))
            assert found == pytest.approx(reliability.alpha(ratings, level_of_measurement="interval"), abs=1e-10)
            ordered = ranks(torch.from_numpy(ratings))
            theirs = reliability.alpha(ordered.numpy(), level_of_measurement="ordinal")
            assert krippendorff(ordered) == pytest.approx(theirs, abs=1e-10)  # without ties

    def test_ordinal_by_definition_on_ranks_without_ties(self):
        # δ² of two ranks: (how many ratings lie from one to the other, the ends by half)².
        ordered = rankdata(table(5, 6), axis=1)
        counts = {rank: (ordered == rank).sum() for rank in np.unique(ordered)}

        def distance(a, b):
            low, high = sorted((a, b))
            between = sum(count for rank, count in counts.items() if low <= rank <= high)
            return (between - (counts[low] + counts[high]) / 2) ** 2

        of_an_item = [distance(*pair) for item in ordered.T for pair in itertools.permutations(item, 2)]
        of_any = [distance(*pair) for pair in itertools.permutations(ordered.flatten(), 2)]
        expected = 1 - np.mean(of_an_item) / np.mean(of_any)
        assert krippendorff(torch.from_numpy(ordered)) == pytest.approx(expected, abs=1e-10)

    def test_raters_without_relation_are_near_0_and_two_orders_below(self):
        found = [krippendorff(torch.from_numpy(table(12, 14, seed, common=0))) for seed in range(30)]
        assert abs(np.mean(found)) < 3 * np.std(found) / math.sqrt(30)
        split = torch.from_numpy(np.repeat([[1, 2, 3, 4], [4, 3, 2, 1]], 3, axis=0))
        assert -0.3 < krippendorff(split) < 0

    def test_what_it_is_not(self):
        # A mean Pearson correlation is blind to scales; raters and items are no matter of taste.
        ratings = torch.from_numpy(table(4, 9))
        scaled = ratings * torch.tensor([[1.0], [5], [0.2], [1]]) + torch.tensor([[0.0], [3], [0], [-4]])
        close(torch.corrcoef(scaled), torch.corrcoef(ratings), 1e-9)
        assert abs(krippendorff(scaled) - krippendorff(ratings)) > 0.1
        assert krippendorff(ranks(scaled)) == krippendorff(ranks(ratings))
        assert abs(krippendorff(ratings.T) - krippendorff(ratings)) > 0.1

    @pytest.mark.parametrize("ratings, message", [
        (torch.full((3, 4), 0.1), "ratings must differ somewhere"),
        (torch.ones(1, 4), "ratings must have two or more rows and two or more columns"),
        (torch.ones(4, 1), "ratings must have two or more rows and two or more columns"),
        (torch.ones(4), "ratings must be a tensor with a row for each rater, got"),
        ([[1, 2], [2, 1]], "ratings must be a tensor with a row for each rater, got list"),
        (torch.tensor([[1.0, 2], [math.nan, 1]]), "ratings must be finite"),
    ])  # fmt: skip
    def test_other_ratings(self, ratings, message):
        with pytest.raises(ValueError, match=message):
            krippendorff(ratings)


class TestRanks:
    def test_by_hand(self):
        assert ranks(maps_of([0.3, -1, 0.3, 7], [4, 3, 2, 1])).tolist() == [[2.5, 1, 2.5, 4], [4, 3, 2, 1]]

    @pytest.mark.parametrize("few", [None, 1])
    def test_against_scipy(self, few):
        rows = levels(5, 4, few).flatten(1)
        close(ranks(rows), torch.from_numpy(rankdata(rows.numpy(), axis=1)))
        close(rank_correlations(rows), torch.from_numpy(spearmanr(rows.numpy(), axis=1).statistic))
        expected = spearmanr(rows[0].numpy(), rows[3].numpy()).statistic
        assert spearman(rows[0], rows[3]) == pytest.approx(expected, abs=1e-12)

    @pytest.mark.parametrize("b, expected", [([1, 2, 4, 3], 0.8), ([4, 3, 2, 1], -1), ([0, 10, 11, 1e9], 1)])
    def test_correlation_by_hand(self, b, expected):
        found = spearman(torch.tensor([1, 2, 3, 4]), maps_of(*b))
        assert isinstance(found, float) and found == pytest.approx(expected, abs=1e-12) and abs(found) <= 1

    def test_a_pair_of_rows_and_the_diagonal(self):
        rows = levels(6, 3).flatten(1)
        found = rank_correlations(rows)
        close(found.diagonal(), torch.ones(6))
        assert found[1, 4].item() == pytest.approx(spearman(rows[4], rows[1]))

    @pytest.mark.parametrize("ask, message", [
        (lambda: rank_correlations(maps_of([1, 2, 3], [2, 2, 2])), r"an order in each row, .* in rows \[1\]"),
        (lambda: spearman(maps_of(1, 2), maps_of(1, 2, 3)), "a and b must be as long as each other, got 2 and 3"),
        (lambda: spearman([1, 2], maps_of(1, 2)), r"a must be a tensor \(M,\), got list"),
        (lambda: spearman(maps_of(1, 2), maps_of([1, 2])), r"b must be a tensor \(M,\)"),
        (lambda: spearman(maps_of(1, 2), maps_of(1, math.nan)), "table must be finite"),
        (lambda: ranks(maps_of(1, 2)), "table must be a tensor with a row"),
        (lambda: ranks(maps_of([1])), "table must have at least one row and two or more columns"),
    ])  # fmt: skip
    def test_arguments(self, ask, message):
        with pytest.raises(ValueError, match=message):
            ask()
