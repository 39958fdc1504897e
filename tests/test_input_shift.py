"""The input shift: by hand, by plain loops, and f₂(x + m) = f₁(x) on every first layer that a network may have."""

import copy
import functools
import math

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn
from torch.nn.utils import prune

from utils.classroom.imagenet import STD, Normalise
from utils.evaluation import compensate_shift, shift_images, stability, unchanged_predictions
from utils.methods import gradient_x_input, integrated_gradients, vanilla_gradient
from utils.rps import load_hands, load_network
from utils.rps.training import FULL, new_network

BY_CHANNEL = torch.tensor([0.5, -0.25, 0.125])


def random(*shape, seed=0, dtype=torch.float64):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def far_apart(n):
    """Images of so many kinds that small_network tells some of them apart."""
    return 20 * torch.randn(n, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def seeded(model):
    """The same layers with weights that are the same each time: from −½ to ½."""
    model = copy.deepcopy(model)
    for seed, parameter in enumerate(model.parameters()):
        parameter.data.copy_(random(*parameter.shape, seed=seed) - 0.5)
    return model


class TestShiftImages:
    @pytest.mark.parametrize(
        "shift, expected",
        [
            (0.5, [[0.5, 1.5], [2.5, 3.5]]),
            (-1, [[-1, 0], [1, 2]]),
            (np.float32(0.5), [[0.5, 1.5], [2.5, 3.5]]),
            (torch.tensor(0.5), [[0.5, 1.5], [2.5, 3.5]]),
            (torch.tensor([0.25, -1]), [[0.25, 1.25], [1, 2]]),
            (torch.tensor([1, 2]), [[1, 2], [4, 5]]),
        ],
    )
    def test_by_hand_and_not_clipped(self, shift, expected):
        images = torch.tensor([[0.0, 1], [2, 3]]).reshape(1, 2, 1, 2).repeat(3, 1, 1, 1)  # two channels, a row of two
        shifted = shift_images(images, shift)
        assert shifted.dtype == images.dtype and shifted.shape == (3, 2, 1, 2)
        assert all(image[:, 0].tolist() == expected for image in shifted)
        assert images[0, :, 0].tolist() == [[0, 1], [2, 3]]

    @pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
    def test_dtype_and_gradient_are_those_of_the_images(self, dtype, small_images):
        images = small_images.to(dtype).requires_grad_()
        shifted = shift_images(images, BY_CHANNEL)
        assert shifted.dtype == dtype
        shifted.sum().backward()
        assert images.grad.eq(1).all()


BAD_SHIFTS = [
    ("0.1", TypeError, r"shift must be a number or a tensor \(C,\), got '0.1' \(str\)"),
    (None, TypeError, "shift must be .*, got None"),
    (True, TypeError, "shift must be .*, got True"),
    ([0.1, 0.2, 0.3], TypeError, "shift must be .*, got list"),
    (np.zeros(3), TypeError, "shift must be .*, got ndarray"),
    (math.nan, ValueError, "shift must be finite, got nan"),
    (torch.tensor([0, math.inf, 0]), ValueError, "shift must be finite, got .*inf"),
    (torch.zeros(2), ValueError, r"shift must be .* each of the 3 channels, got a float32 tensor of shape \(2,\)"),
    (torch.zeros(0), ValueError, r"shift must be .* each of the 3 channels, got .* \(0,\)"),
    (torch.zeros(4, 3), ValueError, r"shift must be .* each of the 3 channels, got .* \(4, 3\)"),
    (torch.zeros(3, 1, 1), ValueError, r"shift must be .* each of the 3 channels, got .* \(3, 1, 1\)"),
]


class TestErrors:
    @pytest.mark.parametrize("shift, error, message", BAD_SHIFTS)
    def test_shift(self, shift, error, message, small_network, small_images):
        model = small_network()
        for function in (
            lambda: shift_images(small_images, shift),
            lambda: unchanged_predictions(model, small_images, shift),
            lambda: stability(vanilla_gradient, model, small_images, shift),
            lambda: compensate_shift(model, shift),
        ):
            with pytest.raises(error, match=f"^{message}"):
                function()

    @pytest.mark.parametrize(
        "images, error, message",
        [
            (None, TypeError, r"images must be a float tensor \(N, C, H, W\), got None"),
            (torch.zeros(1, 3, 2, 2).byte(), TypeError, "images must hold floats, got a uint8 tensor"),
            (torch.zeros(3, 2, 2), ValueError, r"images must have the shape \(N, C, H, W\), got .* \(3, 2, 2\)"),
            (torch.zeros(0, 3, 2, 2), ValueError, "images must hold at least one image"),
            (torch.full((1, 3, 2, 2), math.nan), ValueError, "images must be finite"),
        ],
    )
    def test_images(self, images, error, message):
        with pytest.raises(error, match=f"^{message}"):
            shift_images(images, 0.1)

    @pytest.mark.parametrize(
        "shift, message",
        [
            (torch.zeros(5), "shift must have one value for each channel, got 5 for 12 inputs"),
            (torch.zeros(0), r"shift must be a number or have one value for each channel, got .* \(0,\)"),
            (torch.zeros(3, 1), r"shift must be a number or have one value for each channel, got .* \(3, 1\)"),
        ],
    )
    def test_a_shift_that_does_not_fit_a_linear_layer(self, shift, message):
        with pytest.raises(ValueError, match=f"^{message}"):
            compensate_shift(nn.Sequential(nn.Flatten(), nn.Linear(12, 2)), shift)

    @pytest.mark.parametrize(
        "model, came",
        [
            (nn.Sequential(nn.ReLU(), nn.Conv2d(3, 2, 3)), "ReLU"),
            (nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 2, 3)), "BatchNorm2d"),
            (nn.Sequential(nn.Conv1d(3, 2, 3)), "Conv1d"),
            (nn.Sequential(nn.Flatten()), "None"),
        ],
    )
    def test_another_first_layer(self, model, came):
        message = f"^model must begin with an nn.Conv2d or nn.Linear, got {came}.* in front$"
        with pytest.raises(ValueError, match=message):
            compensate_shift(model, 0.1)

    @pytest.mark.parametrize("model", [None, "hands", torch.relu])
    def test_no_model(self, model):
        with pytest.raises(TypeError, match="^model must be a torch.nn.Module, got"):
            compensate_shift(model, 0.1)


class TestPredictions:
    @pytest.mark.parametrize("shift", [1.5, -3.0, 4 * BY_CHANNEL])
    def test_by_a_plain_loop(self, shift, small_network):
        model, images = small_network(), far_apart(24)
        m = torch.as_tensor(shift).expand(3).reshape(3, 1, 1)
        with torch.no_grad():
            expected = [
                model(image[None]).argmax().item() == model(image[None] + m).argmax().item() for image in images
            ]
        assert set(expected) == {True, False}  # or this test shows nothing
        for batch_size in None, 1, 7:
            ours = unchanged_predictions(model, images, shift, batch_size=batch_size)
            assert ours.dtype == torch.bool and ours.tolist() == expected

    def test_without_a_shift_all_stay(self, small_network, small_images):
        assert unchanged_predictions(small_network(), small_images, 0).tolist() == [True] * 4


class TestStability:
    @pytest.mark.parametrize("method", [vanilla_gradient, gradient_x_input])
    def test_by_scipy_one_image_after_another(self, method, small_network):
        model, images, m = small_network(), far_apart(24), 4 * BY_CHANNEL
        alike = []
        for image in images.split(1):
            moved, before = image + m.reshape(3, 1, 1), model(image).argmax().item()
            if model(moved).argmax().item() == before:
                maps = [method(model, each, before).sum((0, 1)).flatten().numpy() for each in (image, moved)]
                alike.append(spearmanr(*maps).statistic)
        assert 2 <= len(alike) < 24
        reach = 1.96 * np.std(alike, ddof=1) / math.sqrt(len(alike))
        expected = [np.mean(alike), np.mean(alike) - reach, np.mean(alike) + reach]
        assert stability(method, model, images, m).tolist() == pytest.approx(expected, abs=1e-5)

    def test_the_interval_by_hand(self, small_network, small_images):
        # 0.2, 0.4, 0.9, 0.5: mean 0.5, squared deviations 0.09 + 0.01 + 0.16 + 0 = 0.26, s = √(0.26 / 3), √n = 2
        found = stability(
            vanilla_gradient,
            small_network(),
            small_images,
            1e-4,
            similarity=lambda maps, others: torch.tensor([0.2, 0.4, 0.9, 0.5]),
        )
        reach = 0.98 * math.sqrt(0.26 / 3)
        assert found.tolist() == pytest.approx([0.5, 0.5 - reach, 0.5 + reach], abs=1e-6)

    def test_what_the_method_is_asked(self):
        """Only of images whose prediction stays, before and after, of the class before the shift."""
        model = nn.Sequential(nn.Flatten(), nn.Linear(1, 2, bias=False))
        model[1].weight.data = torch.tensor([[-1.0], [1.0]])  # class 1 where x > 0
        images, asked = torch.tensor([-3.0, 1, -1, 2]).reshape(4, 1, 1, 1), []

        def method(model, images, target):
            asked.append((images.flatten().tolist(), target.tolist()))
            return images

        stability(method, model, images, 2, similarity=lambda maps, others: (maps - others).flatten())
        assert asked == [([-3, 1, 2], [0, 1, 1]), ([-1, 3, 4], [0, 1, 1])]

    def test_fewer_than_two_images(self, small_network, small_images):
        with pytest.raises(ValueError, match="^shift 0.1 leaves the prediction of 1 of 1 images; an interval needs"):
            stability(vanilla_gradient, small_network(), small_images[:1], 0.1)


def first(**options):
    return nn.Conv2d(3, 4, **{"kernel_size": 3} | options)


LAYERS = {
    "no padding": (first(), False),
    "padding 1": (first(padding=1), True),
    "padding 2, stride 2": (first(padding=2, stride=2), True),
    "dilation": (first(padding=2, dilation=2, stride=(1, 2)), True),
    "groups": (nn.Conv2d(3, 6, 3, padding=1, groups=3), True),
    "no bias": (first(padding=1, bias=False), True),
    "no bias, no padding": (first(bias=False), False),
    "padding (1, 2)": (first(padding=(1, 2)), True),
    "padding (0, 1)": (first(padding=(0, 1)), True),
    "kernel (2, 5), padding (1, 0)": (first(kernel_size=(2, 5), padding=(1, 0)), True),
    "same": (first(padding="same"), True),
    "same, even kernel": (first(kernel_size=4, padding="same"), True),
    "same, kernel (2, 3), dilation (3, 1)": (first(kernel_size=(2, 3), dilation=(3, 1), padding="same"), True),
    "same, kernel 1": (first(kernel_size=1, padding="same"), False),
    "valid": (first(padding="valid"), False),
    "reflect": (first(padding=1, padding_mode="reflect"), False),
    "replicate": (first(padding=2, padding_mode="replicate"), False),
    "circular, same": (first(kernel_size=4, padding="same", padding_mode="circular"), False),
    "channels_last": (first(padding=1).to(memory_format=torch.channels_last), True),
    "nested": (nn.Sequential(nn.Sequential(nn.Identity(), nn.Sequential(nn.Dropout(), first(padding=1)))), True),
    "linear": (nn.Sequential(nn.Flatten(), nn.Dropout(), nn.Linear(3 * 7 * 8, 4)), False),
    "linear, no bias": (nn.Sequential(nn.Flatten(), nn.Linear(3 * 7 * 8, 4, bias=False)), False),
}


def agree(compensated, model, images, shift, tolerance):
    m = torch.as_tensor(shift, dtype=torch.float64).to(images).expand(3).reshape(3, 1, 1)
    with torch.no_grad():
        scores, others = model(images), compensated(images + m)
    return (others - scores).abs().max() <= tolerance * scores.abs().max()


class TestCompensateShift:
    @pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
    @pytest.mark.parametrize("dtype, tolerance", [(torch.float64, 1e-12), (torch.float32, 1e-5)])
    @pytest.mark.parametrize("layer, has_trap", LAYERS.values(), ids=LAYERS)
    def test_every_first_layer(self, layer, has_trap, dtype, tolerance):
        model, images = seeded(layer).to(dtype).eval(), random(2, 3, 7, 8, dtype=dtype)
        assert not agree(model, model, images, BY_CHANNEL, 1e-3)
        for shift in 0.4, -1, BY_CHANNEL:
            assert agree(compensate_shift(model, shift), model, images, shift, tolerance)
            assert agree(compensate_shift(model, shift, padding=False), model, images, shift, tolerance) != has_trap

    def test_the_network_of_the_lessons(self):
        model, images = load_network("hands"), load_hands("test").images[:4]
        for shift in 0.2, BY_CHANNEL:
            assert agree(compensate_shift(model, shift), model, images, shift, 1e-5)
            assert agree(
                compensate_shift(copy.deepcopy(model).double(), shift),
                copy.deepcopy(model).double(),
                images.double(),
                shift,
                1e-10,
            )
            assert not agree(compensate_shift(model, shift, padding=False), model, images, shift, 1e-3)

    def test_the_full_network(self):
        model = new_network(FULL).eval()  # untrained: the 86.6 million weights need not know anything
        images = random(1, 3, 150, 150, dtype=torch.float32)
        assert agree(compensate_shift(model, BY_CHANNEL), model, images, BY_CHANNEL, 1e-5)
        assert not agree(model, model, images, BY_CHANNEL, 1e-3)

    def test_a_real_network_behind_its_normalisation(self, imagenet_network, photographs):
        whole = nn.Sequential(Normalise(), imagenet_network).eval()
        with pytest.raises(ValueError, match="model must begin with .*, got Normalise in front"):
            compensate_shift(whole, 0.1)
        behind = compensate_shift(imagenet_network, BY_CHANNEL / torch.tensor(STD))
        mean_and_std = whole[0].mean, whole[0].std
        images = photographs[:2] * mean_and_std[1] + mean_and_std[0]  # as the pictures were, in [0, 1]
        assert agree(nn.Sequential(whole[0], behind), whole, images, BY_CHANNEL, 1e-5)

    def test_without_the_padding_the_border_differs_and_nothing_else(self):
        # At the border a padded tap sees 0 where its share of W m was taken off: the rest lacks exactly these taps.
        layer, images, m = seeded(first(padding=1)).double(), random(2, 3, 7, 8), BY_CHANNEL.double()
        with torch.no_grad():
            wrong = compensate_shift(layer, m, padding=False)(shift_images(images, m)) - layer(images)
            expected = torch.zeros_like(wrong)
            for y in range(7):
                for x in range(8):
                    for dy in range(3):
                        for dx in range(3):
                            if not (0 <= y + dy - 1 < 7 and 0 <= x + dx - 1 < 8):
                                expected[:, :, y, x] -= layer.weight[:, :, dy, dx] @ m
        torch.testing.assert_close(wrong, expected, atol=1e-13, rtol=0)
        assert wrong[:, :, 1:-1, 1:-1].abs().max() < 1e-13
        border = torch.ones(7, 8, dtype=torch.bool)
        border[1:-1, 1:-1] = False
        assert wrong[:, :, border].abs().min() > 1e-4

    @pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")
    @pytest.mark.parametrize("bias", [True, False])
    @pytest.mark.parametrize(
        "how",
        ["weight_norm", "parametrizations.weight_norm", "parametrizations.spectral_norm", "prune.l1_unstructured"],
    )
    def test_a_weight_that_is_worked_out_at_every_call(self, how, bias):
        dress = prune.l1_unstructured if "prune" in how else functools.reduce(getattr, how.split("."), nn.utils)
        for layer in nn.Conv2d(3, 4, 3, padding=1, bias=bias), nn.Linear(3 * 7 * 8, 4, bias=bias):
            layer = seeded(layer).double()
            dress(layer, "weight", 0.3) if "prune" in how else dress(layer)
            model = nn.Sequential(layer, nn.ReLU(), nn.Flatten(), seeded(nn.Linear(224, 3)).double())
            if isinstance(layer, nn.Linear):
                model = nn.Sequential(nn.Flatten(), layer)
            images = random(2, 3, 7, 8)
            model.eval()
            model(images)  # with autograd: the worked-out weight is no leaf now, which deepcopy refuses
            before = {name: value.clone() for name, value in model.state_dict().items()}
            assert agree(compensate_shift(model, BY_CHANNEL), model, images, BY_CHANNEL, 1e-12)
            assert all(torch.equal(value, model.state_dict()[name]) for name, value in before.items())

    @pytest.mark.parametrize("way", ["normalised", "two stems", "in another order", "clipped", "added again", "halves"])
    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    @pytest.mark.parametrize("side", [8, 13])
    def test_a_copy_that_would_be_wrong_is_never_returned(self, way, dtype, side):
        torch.manual_seed(0)

        class Awkward(nn.Module):
            def __init__(self):
                super().__init__()
                if way == "in another order":
                    self.late = nn.Conv2d(3, 3, 3, padding=1)
                self.conv, self.other = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)
                self.rest = nn.Sequential(nn.ReLU(), nn.Flatten(), nn.Linear(3 * side * side, 4))
                self.skip = nn.Linear(3, 4)

            def forward(self, x):
                ways = {
                    "plain": lambda: self.conv(x),
                    "normalised": lambda: self.conv((x - 0.45) / 0.22),
                    "two stems": lambda: self.conv(x) + self.other(x),
                    "clipped": lambda: self.conv(x.clamp(0, 1)),
                    "in another order": lambda: self.late(self.conv(x)),
                    "added again": lambda: self.conv(x),
                    "halves": lambda: self.conv(x * 0.5),
                }
                scores = self.rest(ways[way]())
                return scores + self.skip(x.mean((2, 3))) if way == "added again" else scores

        model = Awkward().to(dtype).eval()
        with pytest.raises(ValueError, match="^model must give its images, as they are, to Conv2d alone"):
            compensate_shift(model, 0.3)
        with pytest.raises(ValueError, match="^model must give its images, as they are, to Conv2d alone"):
            compensate_shift(model, torch.tensor([0.1, 0.2, 0.3]), padding=False)

    def test_a_model_that_cannot_be_tried_is_refused(self):
        class Fixed(nn.Sequential):
            def forward(self, x):
                raise IndexError("no images today")

        with pytest.raises(ValueError, match="model must take random images.* stops with IndexError: no images today"):
            compensate_shift(Fixed(nn.Conv2d(3, 4, 3)), 0.1)

    def test_a_model_that_returns_no_tensor_is_refused(self):
        class Pair(nn.Sequential):
            def forward(self, x):
                return super().forward(x), x

        with pytest.raises(ValueError, match="it stops with TypeError: an output that is no tensor: tuple"):
            compensate_shift(Pair(nn.Conv2d(3, 4, 3)), 0.1)

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
    def test_half_precision(self, dtype):
        model = seeded(first(padding=1)).to(dtype).eval()
        images = random(2, 3, 7, 8).to(dtype)
        m = torch.tensor(0.25, dtype=dtype)
        with torch.no_grad():
            scores, others = model(images), compensate_shift(model, 0.25)(images + m)
        assert (others - scores).abs().max() <= 20 * torch.finfo(dtype).eps * scores.abs().max()

    def test_the_bias_by_hand(self):
        layer = nn.Conv2d(2, 1, 2)
        layer.weight.data = torch.tensor([[[[1.0, 2], [3, 4]], [[5, 6], [7, 8]]]])  # sums 10 and 26
        layer.bias.data = torch.tensor([3.0])
        assert compensate_shift(layer, torch.tensor([0.5, -1])).bias.item() == 3 - (0.5 * 10 - 26)
        line = nn.Linear(4, 1)  # two channels of two places
        line.weight.data, line.bias.data = torch.tensor([[1.0, 2, 3, 4]]), torch.tensor([3.0])
        assert compensate_shift(line, torch.tensor([0.5, -1])).bias.item() == 3 - (0.5 * 3 - 7)
        assert compensate_shift(line, 2).bias.item() == 3 - 20

    def test_the_copy_shares_no_memory(self, small_network):
        model, m = small_network().double(), BY_CHANNEL.double()
        for shift in m, 0.2:
            other = compensate_shift(model, shift)
            ours = {tensor.data_ptr() for tensor in [*model.parameters(), *model.buffers(), m]}
            assert not ours & {tensor.data_ptr() for tensor in [*other.parameters(), *other.buffers()]}
            saved = {name: 0 * value for name, value in other.state_dict().items()}
            other.load_state_dict(saved)  # so no tensor of the copy lies on itself
            copy.deepcopy(other)

    def test_a_shift_that_learns_leaves_a_copy_that_can_be_copied(self, small_network):
        copy.deepcopy(compensate_shift(small_network(), BY_CHANNEL.clone().requires_grad_()))

    @pytest.mark.parametrize("weight, bias", [(True, True), (True, False), (False, True), (False, False)])
    def test_what_learns_in_the_copy_is_what_learns_in_the_model(self, weight, bias, small_network):
        model = small_network()
        model.features[0].weight.requires_grad_(weight)
        model.features[0].bias.requires_grad_(bias)
        for padding in True, False:
            other = compensate_shift(model, 0.1, padding=padding)
            assert [p.requires_grad for p in other.parameters()] == [p.requires_grad for p in model.parameters()]

    def test_the_last_convolution_of_the_copy_is_the_same(self, small_network):
        model = small_network()
        other = compensate_shift(model, 0.1)
        assert torch.equal(other.features[4].weight, model.features[4].weight)
        assert torch.equal(other.features[0][1].weight, model.features[0].weight)


class TestFactsOfKindermans:
    """What an explanation makes of two networks that agree on every picture, the one here and the other x + m."""

    @pytest.fixture
    def pair(self, small_network, small_images):
        model, images, m = small_network().double(), small_images.double(), BY_CHANNEL.double()
        return model, images, compensate_shift(model, m), shift_images(images, m), m.reshape(3, 1, 1)

    def test_the_gradient_is_the_same(self, pair):
        model, images, other, moved, _ = pair
        torch.testing.assert_close(
            vanilla_gradient(other, moved, 2), vanilla_gradient(model, images, 2), atol=1e-14, rtol=1e-9
        )

    def test_gradient_x_input_differs_by_the_gradient_times_m(self, pair):
        model, images, other, moved, m = pair
        here = gradient_x_input(model, images, 2)
        gained = gradient_x_input(other, moved, 2) - here
        torch.testing.assert_close(gained, vanilla_gradient(model, images, 2) * m, atol=1e-14, rtol=1e-9)
        assert gained.abs().max() > 0.1 * here.abs().max()

    def test_integrated_gradients_are_the_same_where_the_baseline_moves_too(self, pair):
        model, images, other, moved, m = pair
        here = integrated_gradients(model, images, 2, n_steps=20)
        together = integrated_gradients(other, moved, 2, baseline=m.expand(3, 8, 8), n_steps=20)
        torch.testing.assert_close(together, here, atol=1e-14, rtol=1e-9)
        black = integrated_gradients(other, moved, 2, n_steps=20)
        assert (black - here).abs().max() > 0.1 * here.abs().max()
        # black is −m to the network that sees the unshifted picture
        below = integrated_gradients(model, images, 2, baseline=-m.expand(3, 8, 8), n_steps=20)
        torch.testing.assert_close(black, below, atol=1e-14, rtol=1e-9)
