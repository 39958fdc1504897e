"""Windows, random masks and searched masks against values worked by hand, plain loops, Captum and SciPy."""

import itertools
import math

import numpy as np
import pytest
import torch
from captum import attr
from helpers import LOG, NAN_WHERE_EMPTY, TOTAL, Of, Peak, close, counted, total
from scipy.ndimage import gaussian_filter
from torch import nn

from utils import load_hands, load_network
from utils.methods import (
    blur,
    extremal_perturbation,
    inpaint,
    masked_objective,
    rise,
    rise_map,
    rise_masks,
    seen_minus_hidden,
    sliding_occlusion,
    window_starts,
)


@pytest.fixture
def any_size():
    """A random network in float64 for images of any size, of 4 classes."""
    torch.manual_seed(2)
    layers = nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 5, 3, padding=1), nn.ReLU()
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(20, 4))
    with torch.no_grad():
        model[6].weight *= 10
    return model.double().eval()


@pytest.fixture
def wide_images():
    """Three of 5 × 8 pixels, the channels of different sizes."""
    images = torch.rand(3, 3, 5, 8, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    return images * torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64)[:, None, None]


def row(*numbers):
    return torch.tensor(numbers, dtype=torch.float64).reshape(1, 1, 1, -1)


# Windows --------------------------------------------------------------------------------------------------------------


class TestWindowStarts:
    @pytest.mark.parametrize(
        "length, window, stride, expected",
        [
            (5, 2, 2, [0, 2, 3]),
            (6, 2, 2, [0, 2, 4]),
            (3, 2, 2, [0, 1]),
            (3, 2, 1, [0, 1]),
            (4, 4, 4, [0]),
            (4, 4, 1, [0]),
            (1, 1, 1, [0]),
            (7, 3, 3, [0, 3, 4]),
        ],
    )
    def test_by_hand(self, length, window, stride, expected):
        found = window_starts(length, window, stride)
        assert found == expected and all(type(start) is int for start in found)

    def test_the_last_ones_of_the_lesson(self):
        assert window_starts(96, 12, 5)[-3:] == [75, 80, 84]
        assert window_starts(96, 12, 6)[-3:] == [72, 78, 84]
        assert len(window_starts(96, 16, 8)) ** 2 == 121

    def test_no_place_is_left_out_none_hangs_over_and_none_comes_twice(self):
        for length in range(1, 14):
            for window in range(1, length + 1):
                for stride in range(1, window + 1):
                    starts = window_starts(length, window, stride)
                    assert starts == sorted(set(starts)) and starts[0] == 0
                    assert {u for start in starts for u in range(start, start + window)} == set(range(length))
                    assert all(b - a == stride for a, b in itertools.pairwise(starts[:-1]))

    @pytest.mark.parametrize("arguments, error, message", [
        ((5, 6, 1), ValueError, "window must fit into the image, 5 pixels, got 6"),
        ((5, 2, 3), ValueError, "stride must be at most the window, 2, .* got 3"),
        ((5, 0, 1), ValueError, "window must be 1 or more, got 0"),
        ((5, 2, 0), ValueError, "stride must be 1 or more, got 0"),
        ((0, 1, 1), ValueError, "length must be 1 or more, got 0"),
        ((5.0, 2, 1), TypeError, "length must be an int, got 5.0"),
        ((5, 2.0, 1), TypeError, "window must be an int, got 2.0"),
        ((5, 2, True), TypeError, "stride must be an int, got True"),
    ])  # fmt: skip
    def test_arguments(self, arguments, error, message):
        with pytest.raises(error, match=message):
            window_starts(*arguments)


NINE = torch.arange(1.0, 10, dtype=torch.float64).reshape(1, 1, 3, 3)
ABOVE_20 = Of(lambda x: (total(x) - 20).relu())
ADDED_UP = [[12, 28, 16], [36, 80, 44], [24, 52, 28]]


class TestOcclusionByHand:
    @pytest.mark.parametrize("stride", [1, 2])
    def test_the_sum_of_nine_numbers(self, stride):
        # The four windows take away 12, 16, 24 and 28; the second stride's last windows are moved in.
        found = sliding_occlusion(TOTAL, NINE, 0, window=2, stride=stride)
        close(found, [[[[12, 14, 16], [18, 20, 22], [24, 26, 28]]]])
        times = torch.tensor([[1, 2, 1], [2, 4, 2], [1, 2, 1]])
        assert (found[0, 0] * times).tolist() == ADDED_UP  # what those get who add up and do not divide

    def test_a_threshold(self):
        # 45 − 20 = 25; without the last window 17 − 20 is 0 already, so its drop is 25 and not 28.
        found = sliding_occlusion(ABOVE_20, NINE, 0, window=2, stride=1)
        close(found, [[[[12, 14, 16], [18, 19.25, 20.5], [24, 24.5, 25]]]])

    def test_what_speaks_against_is_negative(self):
        close(sliding_occlusion(Of(lambda x: -total(x)), NINE, 0, window=1, stride=1), -NINE)

    def test_windows_of_one_pixel_and_of_the_whole_image(self):
        close(sliding_occlusion(TOTAL, NINE, 0, window=1, stride=1, fill=2.0), NINE - 2)
        close(sliding_occlusion(TOTAL, NINE, 0, window=3, stride=3, fill=2.0), torch.full((1, 1, 3, 3), 45.0 - 18))

    def test_an_image_of_one_pixel(self):
        close(sliding_occlusion(TOTAL, torch.full((2, 3, 1, 1), 4.0), 0, window=1, stride=1, fill=1.0), [[[[9.0]]]] * 2)

    def test_the_fill_is_read_at_the_same_place(self):
        fill = NINE[0] * 10
        close(sliding_occlusion(TOTAL, NINE, 0, window=1, stride=1, fill=fill), -9 * NINE)

    def test_all_channels_are_covered_at_once(self):
        both = Of(lambda x: (x[:, 0] * x[:, 1]).sum((1, 2)))
        close(sliding_occlusion(both, torch.cat([NINE, NINE], 1), 0, window=1, stride=1), NINE**2)


def by_windows(model, images, classes, fills, window, stride):
    """The mean drop, place by place: a full mask for each window, one forward each. fills(image, i, hidden) → image."""
    height, width = images.shape[2:]
    rows = [*range(0, height - window + 1, stride)]
    columns = [*range(0, width - window + 1, stride)]
    rows += [height - window] * (rows[-1] != height - window)
    columns += [width - window] * (columns[-1] != width - window)
    result = torch.zeros(len(images), 1, height, width, dtype=torch.float64)
    for i, image in enumerate(images):
        drops = {}
        plain = model(image[None])[0, classes[i]].item()
        for top, left in itertools.product(rows, columns):
            hidden = torch.zeros(height, width, dtype=torch.bool)
            hidden[top : top + window, left : left + window] = True
            fill = fills(image, i, hidden)
            seen = image.clone()
            seen[:, hidden] = fill[:, hidden]
            for place in hidden.nonzero().tolist():
                drops.setdefault(tuple(place), []).append(plain - model(seen[None])[0, classes[i]].item())
        for (r, c), found in drops.items():
            result[i, 0, r, c] = sum(found) / len(found)
    return result


def fill_of(kind, images):
    """(a fill, the same as fills(image, i, hidden))."""
    generator = torch.Generator().manual_seed(9)
    n, c, h, w = images.shape
    if kind == "number":
        return 0.3, lambda image, i, hidden: torch.full_like(image, 0.3)
    if kind == "inpaint":
        return (
            lambda plain, hidden: inpaint(plain, hidden, 1.5),
            lambda image, i, hidden: inpaint(image[None], hidden[None, None], 1.5)[0],
        )
    shape = {"colour": (c, 1, 1), "image": (c, h, w), "each": (n, c, h, w)}[kind]
    fill = torch.rand(shape, generator=generator, dtype=torch.float64)
    return fill, lambda image, i, hidden: (fill[i] if kind == "each" else fill).expand_as(image)


KINDS = ["number", "colour", "image", "each", "inpaint"]


class TestOcclusion:
    @pytest.mark.parametrize("kind", KINDS)
    @torch.no_grad()
    def test_by_a_loop_over_full_masks(self, kind, any_size, wide_images):
        fill, fills = fill_of(kind, wide_images)
        for window, stride in (3, 2), (4, 4):
            expected = by_windows(any_size, wide_images, [1, 3, 0], fills, window, stride)
            target = torch.tensor([1, 3, 0])
            found = sliding_occlusion(any_size, wide_images, target, fill=fill, window=window, stride=stride)
            close(found, expected)
            assert found.shape == (3, 1, 5, 8) and found.abs().max() > 0.01

    def test_none_is_the_class_predicted_for_the_whole_image(self, any_size, wide_images):
        wide_images[1] *= 10
        with torch.no_grad():
            predicted = any_size(wide_images).argmax(1)
        assert len(predicted.unique()) > 1
        options = {"window": 2, "stride": 2}
        none, named = (sliding_occlusion(any_size, wide_images, t, **options) for t in (None, predicted))
        assert torch.equal(none, named)
        one = sliding_occlusion(any_size, wide_images, int(predicted[0]), **options)
        assert torch.equal(one[0], named[0]) and not torch.equal(one, named)

    @pytest.mark.parametrize("window, stride", [(4, 2), (2, 1), (4, 4), (8, 1), (8, 8)])
    def test_captum_where_the_stride_fits(self, window, stride, small_network, small_images):
        model, baseline = small_network(), small_images.flip(0)
        expected = attr.Occlusion(model).attribute(
            small_images, (3, window, window), strides=(3, stride, stride), baselines=baseline, target=2
        )
        found = sliding_occlusion(model, small_images, 2, fill=baseline, window=window, stride=stride)
        torch.testing.assert_close(found.expand_as(expected), expected.float(), atol=1e-6, rtol=1e-4)

    def test_captum_cuts_the_last_window_where_ours_is_moved_in(self):
        theirs = attr.Occlusion(ABOVE_20).attribute(NINE, (1, 2, 2), strides=(1, 2, 2), target=0)
        assert theirs[0, 0].tolist() == [[12, 12, 9], [12, 12, 9], [15, 15, 9]]
        ours = sliding_occlusion(ABOVE_20, NINE, 0, window=2, stride=2)
        assert torch.equal(ours, sliding_occlusion(ABOVE_20, NINE, 0, window=2, stride=1))

    @pytest.mark.parametrize("batch_size", [1, 3, 1000])
    def test_the_batch_and_the_other_images_do_not_matter(self, batch_size, any_size, wide_images):
        options = {"window": 3, "stride": 2, "fill": wide_images.flip(0)}
        whole = sliding_occlusion(any_size, wide_images, **options)
        sizes = counted(any_size)
        close(sliding_occlusion(any_size, wide_images, **options, batch_size=batch_size), whole)
        assert max(sizes) <= batch_size and sum(sizes) == 3 + 3 * len(window_starts(5, 3, 2)) * len(
            window_starts(8, 3, 2)
        )
        alone = sliding_occlusion(any_size, wide_images[1:2], **options | {"fill": wide_images[1]})
        close(alone, whole[1:2])

    def test_memory_does_not_grow_with_the_windows(self):
        images, bytes_ = torch.rand(1, 3, 64, 64), []
        for stride in 16, 4:  # 16 windows and 169
            with Peak() as peak:
                sliding_occlusion(TOTAL, images, 0, window=16, stride=stride)
            bytes_.append(peak.bytes)
        assert bytes_[1] < 1.1 * bytes_[0]

    @pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
    def test_many_windows_over_one_place_in_half_precision(self, dtype):
        # 400 windows cover the middle, and the drop of each is 1: a count in bfloat16 would stop at 256.
        images = torch.ones(1, 1, 39, 39, dtype=dtype)
        found = sliding_occlusion(Of(lambda x: x[:, 0, 19, 19]), images, 0, window=20, stride=1)
        assert found.dtype == dtype and found[0, 0, 19, 19] == 1

    def test_a_fill_may_write_into_what_it_gets(self):
        images = NINE.clone()

        def white(images, hidden):
            images[hidden] = 2
            hidden[:] = False
            return images.requires_grad_()

        for batch_size in 1, 16:
            found = sliding_occlusion(TOTAL, images, 0, fill=white, window=1, stride=1, batch_size=batch_size)
            close(found, NINE - 2)
        assert torch.equal(images, NINE) and not found.requires_grad

    def test_a_fill_in_another_dtype(self, small_network, small_images):
        def occluded(fill):
            return sliding_occlusion(small_network(), small_images, 1, fill=fill, window=4, stride=4)

        expected = occluded(0.5)
        of_doubles = torch.full((3, 8, 8), 0.5, dtype=torch.float64)
        for fill in (lambda images, hidden: of_doubles.expand_as(images)), of_doubles, np.float64(0.5):
            assert torch.equal(occluded(fill), expected)


FILLS = [
    (None, TypeError, "fill must be a number, .*, got None"),
    ("black", TypeError, "fill must be a number, .*, got 'black'"),
    (True, TypeError, "fill must be a number, .*, got True"),
    (torch.zeros(3, 8, 8).byte(), TypeError, "fill must be a number, .* uint8"),
    (math.nan, ValueError, r"fill must be finite, got nan \(float\)$"),
    (math.inf, ValueError, r"fill must be finite, got inf \(float\)$"),
    (1e300, ValueError, "fill must be finite"),  # in float32 it is infinite
    (torch.full((3, 1, 1), torch.nan), ValueError, r"fill must be finite, got .* \(3, 1, 1\) with NaN or infinity"),
    (torch.tensor(0.5), ValueError, r"fill must be a number or have the shape .* got .*\(\)"),
    (torch.zeros(3), ValueError, "fill must be a number or have the shape"),
    (torch.zeros(8, 8), ValueError, "fill must be a number or have the shape"),
    (torch.zeros(4, 1, 1), ValueError, r"\(3, 1, 1\), \(3, 8, 8\) or \(4, 3, 8, 8\), got .*\(4, 1, 1\)"),
    (torch.zeros(2, 3, 8, 8), ValueError, r"or \(4, 3, 8, 8\), got .*\(2, 3, 8, 8\)"),
    (torch.zeros(3, 8, 7), ValueError, "fill must be a number or have the shape"),
    (torch.zeros(1, 4, 3, 8, 8), ValueError, "fill must be a number or have the shape"),
]


class TestOcclusionErrors:
    @pytest.mark.parametrize("fill, error, message", FILLS)
    def test_fill(self, fill, error, message, small_network, small_images):
        with pytest.raises(error, match=message.replace("number, .*,", "number, a float tensor or a function,")):
            sliding_occlusion(small_network(), small_images, 0, fill=fill, window=4, stride=4)

    @pytest.mark.parametrize(
        "fill, message",
        [
            (lambda images, hidden: None, r"fill must return images of the shape \(4, 3, 8, 8\), got None"),
            (lambda images, hidden: images[0], "fill must return images of the shape"),
            (lambda images, hidden: images / 0, "fill must return finite images"),
        ],
    )
    def test_what_a_fill_returns(self, fill, message, small_network, small_images):
        with pytest.raises(ValueError, match=message):
            sliding_occlusion(small_network(), small_images, 0, fill=fill, window=4, stride=4)

    @pytest.mark.parametrize("options, error, message", [
        ({"window": 9}, ValueError, "window must fit into the image, 8 pixels, got 9"),
        ({"window": 4, "stride": 5}, ValueError, "stride must be at most the window, 4"),
        ({"stride": 0}, ValueError, "stride must be 1 or more, got 0"),
        ({"window": 2.0}, TypeError, "window must be an int, got 2.0"),
        ({"batch_size": 0}, ValueError, "batch_size must be 1 or more, got 0"),
        ({"target": 5}, ValueError, "target must be from 0 to 4"),
        ({"target": torch.tensor([0, 1])}, ValueError, r"target must name a class for each image, shape \(4,\)"),
    ])  # fmt: skip
    def test_arguments(self, options, error, message, small_network, small_images):
        with pytest.raises(error, match=message):
            sliding_occlusion(small_network(), small_images, **{"window": 4, "stride": 4} | options)

    def test_a_window_over_all_leaves_nothing_to_paint_from(self):
        with pytest.raises(ValueError, match="hidden must leave at least one pixel"):
            sliding_occlusion(TOTAL, NINE, 0, window=3, stride=3, fill=lambda x, hidden: inpaint(x, hidden, 1.0))


# Painted in -----------------------------------------------------------------------------------------------------------


def by_pixels(image, hidden, sigma):
    """The mean of the known pixels in reach, weighted by a bell of their distance, pixel by pixel."""
    reach, (height, width) = math.ceil(3 * sigma), hidden.shape
    painted = image.clone()
    for r, c in hidden.nonzero().tolist():
        weights, values = 0.0, torch.zeros(len(image), dtype=image.dtype)
        for down, right in itertools.product(range(-reach, reach + 1), repeat=2):
            y, x = r + down, c + right
            if 0 <= y < height and 0 <= x < width and not hidden[y, x]:
                weight = math.exp(-(down**2 + right**2) / (2 * sigma**2))
                weights, values = weights + weight, values + weight * image[:, y, x]
        painted[:, r, c] = values / weights if weights else image[:, ~hidden].mean(1)
    return painted


class TestInpaint:
    def test_the_middle_of_2_and_6(self):
        hidden = torch.tensor([False, True, False]).reshape(1, 1, 1, 3)
        for sigma in 0.5, 1.0, 20.0:
            close(inpaint(row(2, 99, 6), hidden, sigma), row(2, 4, 6))

    @pytest.mark.parametrize("sigma", [0.1, 0.7, 2.0, 50.0])
    def test_one_colour_is_painted_in_exactly_up_to_the_border(self, sigma):
        colour = torch.tensor([0.2, 0.9, 0.4], dtype=torch.float64)[:, None, None]
        hidden = torch.zeros(1, 1, 6, 7, dtype=torch.bool)
        hidden[..., :3, :4] = True
        images = torch.where(hidden, torch.tensor(7.0).double(), colour.expand(1, 3, 6, 7))
        close(inpaint(images, hidden, sigma), colour.expand(1, 3, 6, 7))
        blurred = blur(torch.where(hidden, 0, images), sigma)  # without the division it is darker
        assert blurred[0, 0, 0, 0] < 0.15

    @pytest.mark.parametrize("sigma", [0.3, 0.8, 1.7])
    def test_pixel_by_pixel(self, sigma, wide_images):
        hidden = torch.rand(3, 1, 5, 8, generator=torch.Generator().manual_seed(4)) < 0.6
        hidden[0] = True
        hidden[0, 0, 4, 6:] = False  # most are out of reach
        found = inpaint(wide_images, hidden, sigma)
        close(found, torch.stack([by_pixels(x, h[0], sigma) for x, h in zip(wide_images, hidden, strict=True)]))
        shown = (~hidden).expand_as(wide_images)
        assert torch.equal(found[shown], wide_images[shown])

    def test_where_nothing_known_is_in_reach(self):
        hidden = torch.tensor([False, False, True, True, True, True]).reshape(1, 1, 1, 6)
        close(inpaint(row(2, 4, 0, 0, 0, 0), hidden, 0.3), row(2, 4, 4, 3, 3, 3))

    def test_nothing_hidden(self, wide_images):
        assert torch.equal(inpaint(wide_images, torch.zeros(3, 1, 5, 8, dtype=torch.bool), 1.0), wide_images)

    @pytest.mark.parametrize("arguments, error, message", [
        ({"hidden": torch.zeros(1, 1, 3, 3)}, TypeError, "hidden must be a bool tensor"),
        ({"hidden": None}, TypeError, "hidden must be a bool tensor"),
        ({"hidden": torch.zeros(3, 3, dtype=torch.bool)}, ValueError, "hidden must have the shape"),
        ({"hidden": torch.ones(1, 1, 3, 3, dtype=torch.bool)}, ValueError, "hidden must leave at least one pixel"),
        ({"images": NINE[0]}, ValueError, "images must have the shape"),
        ({"sigma": 0}, ValueError, r"sigma must be a number of pixels above 0, got 0 \(int\)"),
    ])  # fmt: skip
    def test_arguments(self, arguments, error, message):
        hidden = torch.zeros(1, 1, 3, 3, dtype=torch.bool)
        with pytest.raises(error, match=message):
            inpaint(**{"images": NINE, "hidden": hidden, "sigma": 1.0} | arguments)


class TestBlur:
    @pytest.mark.parametrize("sigma", [0.4, 1.0, 2.5])
    def test_scipy(self, sigma, wide_images):
        options = {"sigma": (0, 0, sigma, sigma), "mode": "constant", "radius": (0, 0, *[math.ceil(3 * sigma)] * 2)}
        ones = gaussian_filter(np.ones(wide_images.shape), **options)
        close(blur(wide_images, sigma), torch.from_numpy(gaussian_filter(wide_images.numpy(), **options) / ones))

    def test_what_is_the_same_everywhere_stays_so(self):
        close(blur(torch.full((2, 3, 5, 8), 0.7).double(), 2.0), torch.full((2, 3, 5, 8), 0.7))

    def test_a_sigma_of_almost_nothing_and_of_far_more_than_the_image(self, wide_images):
        for sigma in 1e-200, 1e-30, 0.01:
            close(blur(wide_images, sigma), wide_images)
            assert torch.equal(blur(wide_images.float(), sigma), wide_images.float())
        close(blur(wide_images, 1e9), wide_images.mean((2, 3), keepdim=True).expand_as(wide_images))

    @pytest.mark.parametrize("dtype, tolerance", [(torch.float16, 2e-3), (torch.bfloat16, 2e-2)])
    def test_in_half_precision_far_away_squares_do_not_overflow(self, dtype, tolerance):
        images = torch.rand(1, 1, 1, 600, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        torch.testing.assert_close(blur(images.to(dtype), 150).double(), blur(images, 150), atol=tolerance, rtol=0)

    def test_it_can_be_differentiated(self, wide_images):
        assert torch.autograd.gradcheck(lambda x: blur(x, 0.8), wide_images[:1].requires_grad_())

    def test_it_is_the_same_under_autocast(self, wide_images):
        expected = blur(wide_images.float(), 1.0)
        with torch.autocast("cpu", torch.bfloat16):
            assert torch.equal(blur(wide_images.float(), 1.0), expected)

    @pytest.mark.parametrize("sigma", [0, -1.0, math.nan, math.inf, True, None, "3"])
    def test_sigma(self, sigma):
        with pytest.raises(ValueError, match="sigma must be a number of pixels above 0, got"):
            blur(NINE, sigma)


# Many holes at once ---------------------------------------------------------------------------------------------------


def grid_of(*rows):
    return torch.tensor([rows])


def by_corners(grid, shift, size):
    """Bilinear enlargement to s + 1 cells, pixel by pixel, cut out at the shift."""
    s, mask = len(grid), torch.zeros(1, *size, dtype=torch.float64)
    cells = [math.ceil(length / s) for length in size]

    def between(place, cell):
        at = min(max((place + 0.5) * s / ((s + 1) * cell) - 0.5, 0), s - 1)
        low = min(math.floor(at), max(0, s - 2))
        return (low, 1 - (at - low)), (min(low + 1, s - 1), at - low)

    for r, c in itertools.product(*map(range, size)):
        for y, a in between(r + shift[0], cells[0]):
            for x, b in between(c + shift[1], cells[1]):
                mask[0, r, c] += a * b * grid[y][x]
    return mask


class TestRiseMasks:
    @pytest.mark.parametrize(
        "bits, shift, expected",
        [((1, 0), 0, (1, 1, 2 / 3, 1 / 3)), ((1, 0), 1, (1, 2 / 3, 1 / 3, 0)), ((0, 1), 1, (0, 1 / 3, 2 / 3, 1))],
    )
    def test_one_dimension_by_hand(self, bits, shift, expected):
        # The large mask is a, a, (2a + b)/3, (a + 2b)/3, b, b.
        expected = torch.tensor(expected)
        across = rise_masks(grid_of(bits, bits), torch.tensor([[0, shift]]), 4)
        down = rise_masks(grid_of(bits, bits).mT, torch.tensor([[shift, 0]]), 4)
        close(across, expected.expand(1, 1, 4, 4), 1e-6)
        close(down, expected[:, None].expand(1, 1, 4, 4), 1e-6)

    @pytest.mark.parametrize("size, s", [((7, 5), 3), ((4, 9), 4), ((3, 2), 5), ((6, 6), 1)])
    def test_pixel_by_pixel(self, size, s):
        generator = torch.Generator().manual_seed(s)
        grids = torch.rand(6, s, s, generator=generator) < 0.5
        cells = [math.ceil(length / s) for length in size]
        shifts = torch.stack([torch.randint(0, cell, (6,), generator=generator) for cell in cells], 1)
        shifts[0] = torch.tensor(cells) - 1
        found = rise_masks(grids, shifts, size)
        assert found.shape == (6, 1, *size)
        pairs = zip(grids.double().tolist(), shifts.tolist(), strict=True)
        close(found, torch.stack([by_corners(grid, shift, size) for grid, shift in pairs]), 1e-6)

    def test_one_number_is_both_sides(self):
        grids, shifts = torch.rand(3, 2, 2) < 0.5, torch.tensor([[0, 1], [2, 0], [1, 1]])
        assert torch.equal(rise_masks(grids, shifts, 6), rise_masks(grids, shifts, (6, 6)))

    @pytest.mark.parametrize("arguments, message", [
        ({"grids": torch.zeros(2, 3, 4)}, r"grids must be a tensor \(M, s, s\) of at least one grid, got"),
        ({"grids": torch.zeros(2, 2)}, "grids must be a tensor"),
        ({"grids": torch.zeros(0, 2, 2), "shifts": torch.zeros(0, 2).long()}, "grids must be .* at least one"),
        ({"grids": [[1, 0], [0, 1]]}, "grids must be a tensor"),
        ({"shifts": torch.zeros(2, 2)}, r"shifts must be a tensor of two ints for each grid, \(2, 2\), got a float32"),
        ({"shifts": torch.zeros(2, dtype=torch.long)}, "shifts must be a tensor of two ints"),
        ({"shifts": torch.tensor([[0, 0], [0, 2]])}, "shifts must be less than a cell, .* 2 down and to 1 right"),
        ({"shifts": torch.tensor([[0, 0], [-1, 0]])}, "shifts must be less than a cell"),
    ])  # fmt: skip
    def test_arguments(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            rise_masks(
                **{"grids": torch.zeros(2, 2, 2), "shifts": torch.zeros(2, 2).long(), "size": (5, 4)} | arguments
            )


FOUR = torch.tensor([[0.0, 0], [1, 0], [0, 1], [1, 1]], dtype=torch.float64).reshape(4, 1, 1, 2)
SCORES = torch.tensor([0.0, 3, 1, 4], dtype=torch.float64)  # 3a + b


class TestRiseMap:
    def test_two_pixels_by_hand(self):
        close(rise_map(SCORES, FOUR), [[[3.5, 2.5]]])
        close(seen_minus_hidden(SCORES, FOUR), [[[3, 1]]])

    def test_by_the_coverage_that_was_drawn(self):
        close(rise_map(SCORES[1:], FOUR[1:]), [[[3.5, 2.5]]])  # by N · p it would be 4⅔, 3⅓

    def test_a_place_that_no_mask_shows_or_hides_gets_the_mean_score(self):
        masks = torch.tensor([[0.0, 1, 0.5], [0.0, 1, 0]]).reshape(2, 1, 1, 3)
        scores = torch.tensor([2.0, 6])
        close(rise_map(scores, masks), [[[4, 4, 2]]])
        close(seen_minus_hidden(scores, masks), [[[4 - 4, 4 - 4, 2 - 7 / 1.5]]], 1e-6)

    def test_place_by_place(self):
        generator = torch.Generator().manual_seed(5)
        masks, scores = torch.rand(30, 1, 3, 4, generator=generator), torch.randn(30, generator=generator)
        for r, c in itertools.product(range(3), range(4)):
            weights = masks[:, 0, r, c].tolist()
            mean = np.average(scores, weights=weights)
            without = np.average(scores, weights=[1 - weight for weight in weights])
            assert rise_map(scores, masks)[0, r, c].item() == pytest.approx(mean, abs=1e-6)
            assert seen_minus_hidden(scores, masks)[0, r, c].item() == pytest.approx(mean - without, abs=1e-6)

    def test_a_constant_is_in_the_one_and_not_in_the_other(self):
        close(rise_map(SCORES + 10, FOUR), rise_map(SCORES, FOUR) + 10)
        close(seen_minus_hidden(SCORES + 10, FOUR), seen_minus_hidden(SCORES, FOUR))

    def test_masks_of_almost_nothing_weigh_as_others(self):
        close(rise_map(SCORES, FOUR * 1e-30), rise_map(SCORES, FOUR))

    @pytest.mark.parametrize("arguments, message", [
        ({"masks": torch.zeros(4, 1, 2)}, r"masks must be a float tensor \(M, 1, H, W\)"),
        ({"masks": FOUR.bool()}, "masks must be a float tensor"),
        ({"masks": FOUR.expand(4, 3, 1, 2)}, "masks must be a float tensor"),
        ({"masks": FOUR / 0}, "masks must be finite"),
        ({"masks": FOUR[:0], "scores": SCORES[:0]}, "masks must be at least one"),
        ({"scores": SCORES[:3]}, r"scores must be a float tensor with one for each mask, \(4,\), got"),
        ({"scores": SCORES[:, None]}, "scores must be a float tensor with one for each mask"),
        ({"scores": SCORES.long()}, "scores must be a float tensor"),
        ({"scores": SCORES / 0}, "scores must be finite"),
    ])  # fmt: skip
    def test_arguments(self, arguments, message):
        for function in rise_map, seen_minus_hidden:
            with pytest.raises(ValueError, match=message):
                function(**{"scores": SCORES, "masks": FOUR} | arguments)


def masks_of(size, **options):
    """The masks that rise draws: with a white image on black, what the model sees."""
    seen = []
    rise(Of(lambda x: seen.append(x.clone()) or total(x)), torch.ones(1, 1, *size, dtype=torch.float64), 0, **options)
    return torch.cat(seen)


class TestRise:
    @pytest.mark.parametrize("kind", KINDS[:4])
    @torch.no_grad()
    def test_by_a_loop_over_stored_masks(self, kind, any_size, wide_images):
        options = {"n_masks": 23, "cells": 3, "share": 0.4, "seed": 6}
        fill, fills = fill_of(kind, wide_images)
        target, masks = torch.tensor([2, 0, 1]), masks_of((5, 8), **options)
        assert masks.shape == (23, 1, 5, 8)
        seen, hidden = torch.zeros(2, 3, 1, 5, 8, dtype=torch.float64)
        for i, image in enumerate(wide_images):
            other = fills(image, i, None)
            scores = [any_size((m * image + (1 - m) * other)[None])[0, target[i]].item() for m in masks]
            for r, c in itertools.product(range(5), range(8)):
                weights = masks[:, 0, r, c].numpy()
                seen[i, 0, r, c] = np.average(scores, weights=weights)
                hidden[i, 0, r, c] = np.average(scores, weights=1 - weights)
        close(rise(any_size, wide_images, target, fill=fill, **options), seen, 1e-6)
        close(rise(any_size, wide_images, target, fill=fill, minus_hidden=True, **options), seen - hidden, 1e-6)

    def test_it_is_the_map_of_its_masks(self, any_size, wide_images):
        options = {"n_masks": 40, "cells": 4, "seed": 2}
        masks = masks_of((5, 8), **options)
        with torch.no_grad():
            scores = any_size(masks * wide_images[0])[:, 1]
        close(rise(any_size, wide_images[:1], 1, **options)[0], rise_map(scores, masks))
        close(rise(any_size, wide_images[:1], 1, minus_hidden=True, **options)[0], seen_minus_hidden(scores, masks))

    def test_one_cell_by_hand(self):
        # Each mask shows all or nothing: 45 where it shows, 18 where it does not.
        options = {"cells": 1, "fill": 2.0, "n_masks": 30}
        close(rise(TOTAL, NINE, 0, **options), torch.full((1, 1, 3, 3), 45.0), 1e-6)
        close(rise(TOTAL, NINE, 0, **options, minus_hidden=True), torch.full((1, 1, 3, 3), 27.0), 1e-6)

    def test_where_all_is_seen_nothing_is_known_of_hiding(self):
        found = rise(TOTAL, NINE, 0, cells=2, share=0.9999, n_masks=12)
        close(found, torch.full((1, 1, 3, 3), 45.0), 1e-6)
        close(rise(TOTAL, NINE, 0, cells=2, share=0.9999, n_masks=12, minus_hidden=True), torch.zeros(1, 1, 3, 3), 1e-4)
        never = rise(TOTAL, NINE, 0, cells=2, share=0.0001, n_masks=12, fill=1.0)
        close(never, torch.full((1, 1, 3, 3), 9.0), 1e-6)

    def test_both_means_lie_between_the_scores(self):
        # Where a place is all but always seen, the mean of "hidden" must be no difference of two large numbers.
        torch.manual_seed(3)
        images = torch.rand(1, 3, 9, 11)
        for share in 0.5, 0.9, 0.97:
            options = {"n_masks": 60, "cells": 3, "share": share, "seed": 1}
            scores = []
            model = Of(lambda x, scores=scores: scores.append(1000 + total(x)) or 1000 + total(x))
            found = rise(model, images, 0, minus_hidden=True, **options)
            scores = torch.cat(scores)
            assert found.abs().max() <= scores.max() - scores.min()
            masks = masks_of((9, 11), **options)
            torch.testing.assert_close(
                found[0].double(), seen_minus_hidden(scores.double(), masks), atol=1e-3, rtol=1e-3
            )

    @pytest.mark.parametrize("dtype, tolerance", [(torch.bfloat16, 2e-3), (torch.float16, 3e-4)])
    def test_four_hundred_masks_in_half_precision(self, dtype, tolerance):
        torch.manual_seed(4)
        images, scores = torch.rand(1, 3, 8, 8).to(dtype), []
        model = Of(lambda x: scores.append(x.mean((1, 2, 3))) or scores[-1])
        found = rise(model, images, 0, cells=3, n_masks=400, minus_hidden=True)
        expected = seen_minus_hidden(torch.cat(scores).double(), masks_of((8, 8), cells=3, n_masks=400))
        torch.testing.assert_close(found[0].double(), expected, atol=tolerance, rtol=0.02)

    def test_what_the_masks_are(self):
        masks = masks_of((10, 7), n_masks=500, cells=4, share=0.3)
        assert masks.min() >= 0 and masks.max() <= 1
        coverage = masks.mean(0)  # of 500: a binary mask would have a standard error of 0.02
        assert 0.2 < coverage.min() and coverage.max() < 0.4 and abs(coverage.mean() - 0.3) < 0.02
        steps = (masks.diff(dim=3).abs() > 1e-6).double().mean((0, 1, 2))
        assert steps.min() > 0.3  # edges of cells fall everywhere, for each mask is shifted

    def test_seeds(self):
        one, other = (masks_of((8, 6), n_masks=20, cells=5, seed=seed).flatten(1) for seed in (0, 1))
        assert torch.pdist(one).min() > 0 and torch.cdist(one, other).min() > 0  # none twice
        assert torch.equal(one, masks_of((8, 6), n_masks=20, cells=5, seed=0).flatten(1))
        assert torch.equal(one[:7], masks_of((8, 6), n_masks=7, cells=5).flatten(1))  # more go on where few end
        state = torch.get_rng_state()
        masks_of((6, 6), n_masks=5, seed=123)
        assert torch.equal(torch.get_rng_state(), state)

    @pytest.mark.parametrize("batch_size", [1, 7, 1000])
    def test_the_batch_and_the_other_images_do_not_matter(self, batch_size, any_size, wide_images):
        options = {"n_masks": 20, "cells": 3, "fill": wide_images.flip(0), "seed": 4}
        whole = rise(any_size, wide_images, 1, **options)
        sizes = counted(any_size)
        close(rise(any_size, wide_images, 1, **options, batch_size=batch_size), whole)
        assert max(sizes) <= batch_size and sum(sizes) == 3 * 20
        rise(any_size, wide_images, **options, batch_size=batch_size)
        assert max(sizes) <= batch_size and sum(sizes) == 3 * 20 + 3 + 3 * 20  # the class is to be found first
        close(rise(any_size, wide_images[1:2], 1, **options | {"fill": wide_images[1]}), whole[1:2])

    def test_none_is_the_class_predicted_for_the_whole_image(self, any_size, wide_images):
        wide_images[1] *= 10
        with torch.no_grad():
            predicted = any_size(wide_images).argmax(1)
        assert len(predicted.unique()) > 1
        assert torch.equal(rise(any_size, wide_images, n_masks=5), rise(any_size, wide_images, predicted, n_masks=5))

    def test_memory_does_not_grow_with_the_masks(self):
        images, bytes_ = torch.rand(1, 3, 48, 48), []
        for n_masks in 32, 320:
            with Peak() as peak:
                rise(TOTAL, images, 0, n_masks=n_masks)
            bytes_.append(peak.bytes)
        assert bytes_[1] < 1.05 * bytes_[0]

    def test_an_image_of_one_pixel(self):
        images = torch.full((1, 3, 1, 1), 4.0)
        close(rise(TOTAL, images, 0, n_masks=20), [[[[12.0]]]])
        close(rise(TOTAL, images, 0, n_masks=20, fill=1.0, minus_hidden=True), [[[[9.0]]]])

    @pytest.mark.parametrize("options, error, message", [
        ({"n_masks": 0}, ValueError, "n_masks must be 1 or more, got 0"),
        ({"n_masks": 4.0}, TypeError, "n_masks must be an int, got 4.0"),
        ({"cells": 0}, ValueError, "cells must be 1 or more, got 0"),
        ({"cells": 2.5}, TypeError, "cells must be an int, got 2.5"),
        ({"share": 0}, ValueError, "share must be a number between 0 and 1, got 0"),
        ({"share": 1.0}, ValueError, "share must be a number between 0 and 1, got 1.0"),
        ({"share": math.nan}, ValueError, "share must be a number between 0 and 1, got nan"),
        ({"share": True}, ValueError, "share must be a number between 0 and 1, got True"),
        ({"seed": None}, TypeError, "seed must be an int, got None"),
        ({"seed": 0.5}, TypeError, "seed must be an int, got 0.5"),
        ({"batch_size": 0}, ValueError, "batch_size must be 1 or more, got 0"),
        ({"target": 5}, ValueError, "target must be from 0 to 4"),
        ({"fill": lambda images, hidden: images}, TypeError, "fill must be a number or a float tensor here"),
    ])  # fmt: skip
    def test_arguments(self, options, error, message, small_network, small_images):
        with pytest.raises(error, match=message):
            rise(small_network(), small_images, **{"n_masks": 3} | options)


@pytest.mark.parametrize("fill, error, message", FILLS)
def test_the_fill_of_the_others(fill, error, message, small_network, small_images):
    message = message.replace("number, .*,", "number or a float tensor,")
    for method in rise, extremal_perturbation:
        with pytest.raises(error, match=message.replace("number, .*", "number or .*")):
            method(small_network(), small_images, 0, fill=fill)
    with pytest.raises(error, match=message.replace("number, .*", "number or .*")):
        masked_objective(small_network(), small_images, 0, small_images[:, :1], fill, 0.5, 1.0)


class TestScoresThatAreNoNumbers:
    """A difference of infinities, or a mean with one, is no answer; it must not look like one."""

    METHODS = {
        "sliding_occlusion": lambda model: sliding_occlusion(model, NINE, 0, window=3, stride=3),
        "rise": lambda model: rise(model, NINE, 0, cells=1, n_masks=9),
    }

    @pytest.mark.parametrize("method", METHODS)
    def test_nan_and_infinity(self, method):
        with pytest.raises(ValueError, match="model returns NaN"):
            self.METHODS[method](NAN_WHERE_EMPTY)
        with pytest.raises(ValueError, match="model must return finite scores"):
            self.METHODS[method](LOG)

    def test_infinity_for_the_image_itself(self):
        with pytest.raises(ValueError, match="model must return finite scores"):
            sliding_occlusion(Of(lambda x: 1 / (total(x) - 45)), NINE, 0, window=1, stride=1)

    def test_an_infinite_slope(self):
        with pytest.raises(ValueError, match="model must have a finite gradient"):
            extremal_perturbation(Of(lambda x: (0 * total(x)).sqrt()), NINE, 0, n_steps=2, cells=2)


# How little is enough -------------------------------------------------------------------------------------------------


def square(*numbers):
    return torch.tensor(numbers, dtype=torch.float64).reshape(1, 1, 2, 2)


def penalty(mask, area, weight=-1.0):
    """Of a score that is always 0."""
    return masked_objective(Of(lambda x: 0 * total(x)), mask, 0, mask, 0.0, area, weight).item()


class TestMaskedObjective:
    @pytest.mark.parametrize(
        "mask, area, expected",
        [
            ((0.2, 0.9, 0.6, 0.1), 0.5, 0.055),  # the naive (mean − a)² would be .0025, 0 and 0
            ((0.5, 0.5, 0.5, 0.5), 0.5, 0.25),
            ((1, 0, 1, 0), 0.5, 0),
            ((1, 0, 1, 0), 0.25, 0.25),
            ((0, 0, 0, 1), 0.25, 0),
            ((1, 1, 1, 1), 0, 1),
            ((1, 1, 1, 1), 1, 0),
            ((0, 0, 1, 1), 0.4, 0),  # round(.6 · 4) places are empty
        ],
    )
    def test_the_penalty_by_hand(self, mask, area, expected):
        assert penalty(square(*mask), area) == pytest.approx(expected, abs=1e-12)

    def test_the_objective_by_hand(self):
        found = masked_objective(TOTAL, square(1, 2, 3, 4), 0, square(0, 0.2, 0.9, 1), 0.0, 0.5, 100.0)
        close(found, [5.85])

    def test_the_fill_is_seen_where_the_mask_is_not(self):
        found = masked_objective(TOTAL, square(1, 2, 3, 4), 0, square(1, 0, 0.5, 0), 10.0, 0.5, 0.0)
        close(found, [1 + 10 + 6.5 + 10])

    @pytest.mark.parametrize("kind", KINDS[:4])
    def test_image_by_image_from_sorted_lists(self, kind, any_size, wide_images):
        fill, fills = fill_of(kind, wide_images)
        masks = torch.rand(3, 1, 5, 8, generator=torch.Generator().manual_seed(8), dtype=torch.float64)
        target, area, weight = torch.tensor([3, 0, 2]), 0.3, 7.0
        found = masked_objective(any_size, wide_images, target, masks, fill, area, weight)
        for i, (image, mask) in enumerate(zip(wide_images, masks, strict=True)):
            score = any_size((image * mask + fills(image, i, None) * (1 - mask))[None])[0, target[i]].item()
            ascending, ones = sorted(mask.flatten().tolist()), 12
            off = [(value - (k >= 40 - ones)) ** 2 for k, value in enumerate(ascending)]
            assert found[i].item() == pytest.approx(score - weight * sum(off) / 40, abs=1e-10)

    def test_it_can_be_differentiated_with_respect_to_the_masks(self, any_size, wide_images):
        masks = torch.rand(3, 1, 5, 8, generator=torch.Generator().manual_seed(8), dtype=torch.float64)

        def objective(masks):
            return masked_objective(any_size, wide_images, 1, masks, 0.1, 0.3, 7.0)

        assert torch.autograd.gradcheck(objective, masks.requires_grad_())

    def test_masks_in_single_precision_for_a_model_in_half(self, small_network, small_images):
        model, masks = small_network().bfloat16(), torch.full((4, 1, 8, 8), 0.5, requires_grad=True)
        found = masked_objective(model, small_images.bfloat16(), 1, masks, 0.0, 0.5, 1.0)
        found.sum().backward()
        assert masks.grad.dtype == torch.float32 and masks.grad.ne(0).any()

    @pytest.mark.parametrize("arguments, error, message", [
        ({"masks": torch.zeros(1, 1, 2, 3)}, ValueError, "masks must have the shape"),
        ({"masks": torch.zeros(1, 3, 2, 2)}, ValueError, "masks must have the shape"),
        ({"masks": torch.zeros(1, 1, 2, 2).bool()}, TypeError, "masks must be a float tensor"),
        ({"masks": None}, TypeError, "masks must be a float tensor"),
        ({"masks": square(0, 0, 1, math.nan)}, ValueError, "masks must be finite"),
        ({"area": 1.5}, ValueError, "area must be a share of the image from 0 to 1, got 1.5"),
        ({"area": -0.1}, ValueError, "area must be a share of the image from 0 to 1, got -0.1"),
        ({"area": math.nan}, ValueError, "area must be a share of the image"),
        ({"target": 1}, ValueError, "target must be from 0 to 0"),
        ({"images": square(1, 2, 3, 4)[0]}, ValueError, "images must have the shape"),
        ({"model": None}, TypeError, "model must be a torch.nn.Module"),
    ])  # fmt: skip
    def test_arguments(self, arguments, error, message):
        right = {"model": TOTAL, "images": square(1, 2, 3, 4), "target": 0, "masks": square(0, 0, 1, 1),
                 "fill": 0.0, "area": 0.5, "weight": 1.0}  # fmt: skip
        with pytest.raises(error, match=message):
            masked_objective(**right | arguments)


@pytest.fixture(scope="module")
def scissors():
    """(the network, the lessons' scissors, the colour of the corner)."""
    hands = load_hands("test")
    image = hands.images[hands.labels == 2][:1]
    return load_network("hands"), image, image[0, :, :8, :8].mean((1, 2))[:, None, None]


@pytest.fixture(scope="module")
def masks(scissors):
    """{delete: the mask of a tenth of the scissors}."""
    model, image, green = scissors
    return {
        delete: extremal_perturbation(model, image, 2, fill=green, area=0.1, delete=delete, n_steps=40)
        for delete in (False, True)
    }


class TestExtremalPerturbation:
    @pytest.mark.parametrize("delete", [False, True])
    def test_a_model_whose_answer_is_known(self, delete):
        # The score is what stands in a corner of a quarter of the image: that corner is to be kept, and to be deleted.
        corner = torch.zeros(24, 24)
        corner[:12, :12] = 1
        model = Of(lambda x: (x * corner).sum((1, 2, 3)) / 4)
        found = extremal_perturbation(
            model, torch.ones(1, 1, 24, 24), 0, area=0.25, delete=delete, cells=8, sigma=1.0, n_steps=60
        )
        assert found[0, 0, :11, :11].min() > 0.9 and found[0, 0, 13:].max() < 0.1 and found[0, 0, :, 13:].max() < 0.1
        assert abs(found.mean() - 0.25) < 0.03

    @pytest.mark.parametrize("delete", [False, True])
    def test_the_area_is_reached_and_the_mask_nearly_sharp(self, delete, masks):
        mask = masks[delete]
        assert 0.09 < mask.mean() < 0.12 and mask.min() >= 0 and mask.max() <= 1
        assert ((mask > 0.1) & (mask < 0.9)).float().mean() < 0.15

    @torch.no_grad()
    def test_no_random_mask_of_the_area_does_better(self, scissors, masks):
        model, image, green = scissors
        generator = torch.Generator().manual_seed(0)
        smooth = blur(nn.Upsample(size=(96, 96), mode="bilinear")(torch.randn(16, 1, 16, 16, generator=generator)), 3.0)
        random = (smooth >= smooth.flatten(1).quantile(0.9, dim=1)[:, None, None, None]).float()

        def score(shown):
            return model(image * shown + green * (1 - shown))[:, 2]

        assert abs(random.mean() - 0.1) < 0.001
        assert score(masks[False]) >= score(random).max()
        assert score(1 - masks[True]) <= score(1 - random).min()
        assert score(masks[False]) > score(torch.ones(1, 1, 96, 96)) > 0 > score(1 - masks[True])

    @pytest.mark.parametrize("delete", [False, True])
    def test_an_image_upside_down_has_its_mask_upside_down(self, delete, scissors, masks):
        # At the start all places have the value ½. A sort then goes by their number: the lowest rows would come first.
        model, image, green = scissors
        turned, options = Of(lambda x: model(x.flip(2))), {"fill": green, "area": 0.1, "delete": delete, "n_steps": 40}
        other = extremal_perturbation(turned, image.flip(2), 2, **options).flip(2) > 0.5
        assert (other & (masks[delete] > 0.5)).sum() > 0.9 * (other | (masks[delete] > 0.5)).sum()

    def test_the_objective_has_risen_on_the_way(self, small_network, small_images):
        model, ends = small_network().double(), []
        for n_steps in 1, 40:
            mask = extremal_perturbation(model, small_images.double(), 1, area=0.3, cells=4, sigma=1.0, n_steps=n_steps)
            ends.append(masked_objective(model, small_images.double(), 1, mask, 0.0, 0.3, 100.0))
        assert (ends[1] > ends[0]).all()

    @pytest.mark.parametrize("delete", [False, True])
    def test_one_step_by_hand(self, delete):
        # A thousandth and then, for it is Adam's first, a step of its rate, ½: what raises the score is to be kept, or
        # to be deleted.
        model = Of(lambda x: 5 * x[:, 0, 0, 0] - 5 * x[:, 0, 0, 1])
        options = {"area": 0.5, "cells": 2, "sigma": 0.01, "weight": 0.0, "n_steps": 1}
        found = extremal_perturbation(model, torch.ones(1, 1, 1, 2), 0, delete=delete, **options)
        up = 1 / (1 + math.exp(-0.501))
        close(found.flatten(), [up, 1 - up], 1e-5)

    def test_the_batch_and_the_other_images_do_not_matter(self, small_network, small_images):
        model, target = small_network().double(), torch.tensor([0, 3, 1, 2])
        options = {"area": 0.3, "cells": 4, "sigma": 1.0, "n_steps": 12}
        images, fill = small_images.double(), small_images.flip(0).double()
        whole = extremal_perturbation(model, images, target, fill=fill, **options)
        sizes = counted(model)
        for batch_size in 1, 3:
            sizes.clear()
            again = extremal_perturbation(model, images, target, fill=fill, **options, batch_size=batch_size)
            close(again, whole, 1e-7)
            assert max(sizes) == batch_size
        alone = extremal_perturbation(model, images[2:3], 1, fill=fill[2], **options)
        close(alone, whole[2:3], 1e-7)
        none = extremal_perturbation(model, images, **options)
        predicted = model(images).argmax(1)
        assert torch.equal(none, extremal_perturbation(model, images, predicted, **options))

    def test_an_image_wider_than_high(self, any_size, wide_images):
        found = extremal_perturbation(any_size, wide_images, 0, area=0.3, cells=3, sigma=0.5, n_steps=3)
        assert found.shape == (3, 1, 5, 8) and found.isfinite().all()

    def test_an_area_of_no_pixel_or_of_all_is_no_question(self, any_size, wide_images):
        for area in 0.01, 0.99:
            with pytest.raises(ValueError, match=f"area must be at least one pixel of 40 and leave one, got {area}"):
                extremal_perturbation(any_size, wide_images, 0, area=area)
        with pytest.raises(ValueError, match="area must be at least one pixel of 1 and leave one"):
            extremal_perturbation(TOTAL, torch.ones(1, 3, 1, 1), 0, area=0.6)

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
    def test_half_precision_finds_the_corner_too(self, dtype):
        # Adam divides by the root of a mean of squares, which float16 would round to 0.
        model = Of(lambda x: x[:, 0, :6, :6].mean((1, 2)) / 8)
        found = extremal_perturbation(
            model, torch.ones(1, 1, 12, 12, dtype=dtype), 0, area=0.25, cells=4, sigma=0.5, weight=1.0, n_steps=60
        )
        assert found.dtype == dtype and found[0, 0, :5, :5].min() > 0.8 and found[0, 0, 7:].max() < 0.2

    def test_a_model_without_a_gradient_leaves_no_mask_of_the_area_alone(self, small_images):
        class Detached(nn.Module):
            def __init__(self):
                super().__init__()
                self.linear = nn.Linear(3, 2)

            def forward(self, x):
                return self.linear(x.detach().mean((2, 3)))

        with pytest.raises(ValueError, match="model returns scores that autograd cannot follow back to images"):
            extremal_perturbation(Detached(), small_images, 0, n_steps=2)

    @pytest.mark.parametrize("options, error, message", [
        ({"area": 0}, ValueError, "area must be a share of the image between 0 and 1, got 0"),
        ({"area": 1.0}, ValueError, "area must be a share of the image between 0 and 1, got 1.0"),
        ({"area": math.nan}, ValueError, "area must be a share of the image between 0 and 1, got nan"),
        ({"area": "10 %"}, ValueError, "area must be a share of the image between 0 and 1, got '10 %'"),
        ({"n_steps": 0}, ValueError, "n_steps must be 1 or more, got 0"),
        ({"cells": 0}, ValueError, "cells must be 1 or more, got 0"),
        ({"sigma": 0.0}, ValueError, "sigma must be a number of pixels above 0, got 0.0"),
        ({"weight": -1.0}, ValueError, "weight must be a number, 0 or more, got -1.0"),
        ({"weight": math.nan}, ValueError, "weight must be a number, 0 or more, got nan"),
        ({"weight": math.inf}, ValueError, "weight must be a number, 0 or more, got inf"),
        ({"batch_size": 2.0}, TypeError, "batch_size must be an int, got 2.0"),
        ({"target": -1}, ValueError, "target must be from 0 to 4"),
        ({"fill": lambda images, hidden: images}, TypeError, "fill must be a number or a float tensor here"),
    ])  # fmt: skip
    def test_arguments(self, options, error, message, small_network, small_images):
        with pytest.raises(error, match=message):
            extremal_perturbation(small_network(), small_images, **{"n_steps": 2} | options)
