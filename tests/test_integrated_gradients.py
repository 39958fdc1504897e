"""Integrated gradients against integrals worked by hand, its axioms, and Captum."""

import math

import pytest
import torch
from captum import attr
from torch import nn

from utils.methods import batches, completeness_gap, integrated_gradients, vanilla_gradient


class Of(nn.Module):
    """A model from a function of the channels of a 1 × 1 image; its score is of the one class 0."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(*x.flatten(1).T)[:, None]


def values(*numbers):
    return torch.tensor(numbers, dtype=torch.float64).reshape(1, -1, 1, 1)


class TestByHand:
    @pytest.mark.parametrize(
        "function",
        [
            lambda x1, x2: ((x1.relu() - 1) - x2.relu()).relu(),
            lambda x1, x2: ((x1 - 1).relu() - x2.relu()).relu(),
        ],
    )
    def test_two_networks_one_function_one_explanation(self, function):
        # Both are flat up to half of the path and rise by (1, −1) after it; an even number of steps meets the half.
        ours = integrated_gradients(Of(function), values(3, 1), 0, n_steps=10)
        torch.testing.assert_close(ours, values(1.5, -0.5), atol=1e-12, rtol=0)

    def test_a_sum_of_functions_of_one_variable_each(self):
        model = Of(lambda x, y, z: 5 * x + y**2 + z.sin())
        ours = integrated_gradients(model, values(1, 2, 3), 0, baseline=values(0.5, 1, 1), n_steps=1000)
        torch.testing.assert_close(ours, values(2.5, 3, math.sin(3) - math.sin(1)), atol=1e-6, rtol=0)

    def test_the_midpoints_of_few_intervals(self):
        # x³ from 0 to 2 with two midpoints ½ and 3/2: 2 · (3 · ¼ + 3 · 9/4) / 2 = 7.5, where the integral is 8.
        ours = integrated_gradients(Of(lambda x: x**3), values(2), 0, n_steps=2)
        assert ours.item() == 7.5
        assert integrated_gradients(Of(lambda x: x**3), values(2), 0, n_steps=1).item() == 6

    def test_saturation(self):
        # y = 1 − relu(1 − x1 − x2) is flat at (0.8, 0.8); half of its rise is owed to each.
        model = Of(lambda x1, x2: 1 - (1 - x1 - x2).relu())
        assert vanilla_gradient(model, values(0.8, 0.8), 0).eq(0).all()
        torch.testing.assert_close(
            integrated_gradients(model, values(0.8, 0.8), 0, n_steps=800), values(0.5, 0.5), atol=1e-3, rtol=0
        )


class TestCompleteness:
    def test_on_a_smooth_network(self, small_network, small_images):
        model, images = small_network(nn.Softplus).double(), small_images.double()
        model.features[3] = nn.AvgPool2d(2)
        with torch.no_grad():
            rise = model(images)[:, 2] - model(torch.full_like(images, 0.3))[:, 2]
        ours = integrated_gradients(model, images, 2, baseline=0.3, n_steps=300)
        assert (ours.sum((1, 2, 3)) - rise).abs().max() < 1e-6
        gap = completeness_gap(ours, model, images, 2, baseline=0.3)
        torch.testing.assert_close(gap, ours.sum((1, 2, 3)) - rise, atol=1e-12, rtol=0)

    def test_the_gap_of_a_relu_network_falls_with_the_steps(self, small_network, small_images):
        model, images = small_network().double(), small_images.double()
        gaps = [
            completeness_gap(integrated_gradients(model, images, 2, n_steps=n), model, images, 2).abs().mean()
            for n in (4, 40, 400)
        ]
        assert gaps[0] > 4 * gaps[1] > 16 * gaps[2]

    def test_the_gap_is_signed_and_in_units_of_the_score(self):
        model = Of(lambda x, y: 3 * x + y)
        assert completeness_gap(values(7, 1), model, values(2, 1), 0).item() == 1
        assert completeness_gap(values(5, 1), model, values(2, 1), 0).item() == -1
        assert completeness_gap(values(5, 1), model, values(2, 1), 0, baseline=1.0).item() == 3

    def test_to_the_last_digit_where_midpoints_are_exact(self):
        model = Of(lambda x, y: x * y)  # of second degree, so that the midpoint rule has no error
        ours = integrated_gradients(model, values(4, 0.3), 0, n_steps=7)
        torch.testing.assert_close(ours, values(0.6, 0.6), atol=1e-14, rtol=0)

    def test_the_gap_of_a_stack_is_that_of_the_mean_score(self):
        model = Of(lambda x: x**2)
        stack = torch.stack([values(1), values(3)])
        ours = integrated_gradients(model, values(4), 0, baseline=stack, n_steps=10)
        torch.testing.assert_close(ours, values(16 - (1 + 9) / 2))
        torch.testing.assert_close(
            completeness_gap(ours, model, values(4), 0, baseline=stack),
            torch.zeros(1, dtype=torch.float64),
            atol=1e-12,
            rtol=0,
        )


class TestBaselines:
    def test_a_number_an_image_and_one_for_each(self, small_network, small_images):
        model = small_network()
        expected = integrated_gradients(model, small_images, 1, baseline=0.25, n_steps=5)
        image = torch.full((3, 8, 8), 0.25)
        for same in (
            image,
            image[None],
            image.expand(4, 3, 8, 8),
            image[None, None],
            image.expand(1, 4, 3, 8, 8),
            image.double(),
        ):
            torch.testing.assert_close(integrated_gradients(model, small_images, 1, baseline=same, n_steps=5), expected)

    def test_each_image_gets_its_own(self, small_network, small_images):
        model, own = small_network(), small_images.flip(0)
        together = integrated_gradients(model, small_images, 1, baseline=own, n_steps=5)
        for i in range(4):
            alone = integrated_gradients(model, small_images[i : i + 1], 1, baseline=own[i], n_steps=5)
            torch.testing.assert_close(together[i : i + 1], alone)

    @pytest.mark.parametrize("shape", [(6, 1, 3, 8, 8), (6, 4, 3, 8, 8)])
    def test_a_stack_is_the_mean_over_it(self, shape, small_network, small_images):
        model, stack = small_network(), torch.rand(shape, generator=torch.Generator().manual_seed(5))
        expected = sum(integrated_gradients(model, small_images, 1, baseline=each, n_steps=5) for each in stack) / 6
        torch.testing.assert_close(integrated_gradients(model, small_images, 1, baseline=stack, n_steps=5), expected)

    def test_the_image_as_its_own_baseline_leaves_nothing(self, small_network, small_images):
        ours = integrated_gradients(small_network(), small_images, 1, baseline=small_images)
        assert ours.eq(0).all()

    def test_an_input_that_is_as_in_the_baseline_gets_nothing(self, small_network, small_images):
        baseline = torch.zeros_like(small_images)
        baseline[:, 1] = small_images[:, 1]
        ours = integrated_gradients(small_network(), small_images, 1, baseline=baseline, n_steps=5)
        assert ours[:, 1].eq(0).all() and ours[:, 0].ne(0).any()


def test_none_is_the_class_predicted_for_the_image():
    model = Of(lambda x: x)
    model.forward = lambda x: torch.stack([x.flatten(), x.flatten() * 0 + 1], 1)  # class 0 at x = 3, class 1 on the way
    assert integrated_gradients(model, values(3)).item() == 3
    assert integrated_gradients(model, values(0.5)).item() == 0


@pytest.mark.parametrize("batch_size", [1, 3, 8, 1000])
def test_the_model_never_sees_more_than_batch_size(batch_size, small_network, small_images):
    model, sizes = small_network(), []
    expected = integrated_gradients(model, small_images, 1, n_steps=10)
    model.register_forward_pre_hook(lambda module, args: sizes.append(len(args[0])))
    ours = integrated_gradients(model, small_images, 1, n_steps=10, batch_size=batch_size)
    torch.testing.assert_close(ours, expected)
    assert max(sizes) <= batch_size
    assert sum(sizes) == 4 * 10
    sizes.clear()
    integrated_gradients(model, small_images, n_steps=10, batch_size=batch_size)
    assert max(sizes) <= batch_size and sum(sizes) == 4 + 4 * 10  # the class is to be found first
    sizes.clear()
    completeness_gap(ours, model, small_images, 1, baseline=torch.zeros(3, 1, 3, 8, 8), batch_size=batch_size)
    assert max(sizes) <= batch_size and sum(sizes) == 4 + 3 * 4


def test_a_progress_bar_counts_the_passes(monkeypatch, small_network, small_images):
    bars = []

    class Bar(batches.tqdm):
        def __init__(self, **options):
            bars.append(self)
            assert options["delay"] >= 1 and not options["leave"]
            super().__init__(**options, disable=False)

    monkeypatch.setattr(batches, "tqdm", Bar)
    integrated_gradients(small_network(), small_images, n_steps=10, batch_size=3)
    assert [(bar.n, bar.total) for bar in bars] == [(40, 40)]


def test_the_batch_does_not_grow_with_the_steps(small_images):
    class Counts(nn.Module):
        largest = 0

        def forward(self, x):
            self.largest = max(self.largest, x.numel())
            return x.flatten(1)

    largest = []
    for n_steps in 10_000, 20_000:
        model = Counts()
        integrated_gradients(model, small_images[:1], 0, n_steps=n_steps)
        largest.append(model.largest)
    assert largest[0] == largest[1] <= 2**20


@pytest.mark.filterwarnings("ignore::UserWarning:captum")
class TestAgainstCaptum:
    @pytest.mark.parametrize("n_steps", [2, 7, 50])
    def test_random_networks(self, n_steps, small_network, small_images):
        for seed in range(3):
            model = small_network(seed=seed)
            expected = (
                attr.IntegratedGradients(model)
                .attribute(small_images, small_images.flip(0), target=2, n_steps=n_steps, method="riemann_middle")
                .detach()
            )
            ours = integrated_gradients(model, small_images, 2, baseline=small_images.flip(0), n_steps=n_steps)
            torch.testing.assert_close(ours, expected.to(ours), atol=1e-5 * expected.abs().max().item(), rtol=1e-4)

    def test_imagenet_network(self, imagenet_network, photographs):
        expected = (
            attr.IntegratedGradients(imagenet_network)
            .attribute(photographs[:2], -1.5, target=torch.tensor([162, 281]), n_steps=4, method="riemann_middle")
            .detach()
        )
        ours = integrated_gradients(imagenet_network, photographs[:2], baseline=-1.5, n_steps=4)
        torch.testing.assert_close(ours, expected.to(ours), atol=1e-4 * expected.abs().max().item(), rtol=0)


class TestErrors:
    @pytest.mark.parametrize("options, error, message", [
        ({"baseline": torch.zeros(3, 4, 4)}, ValueError, r"baseline must be .*\(3, 8, 8\).*\(3, 4, 4\)"),
        ({"baseline": torch.zeros(2, 3, 8, 8)}, ValueError, r"baseline must be .*\(4, 3, 8, 8\).*\(2, 3, 8, 8\)"),
        ({"baseline": torch.zeros(2, 3, 3, 8, 8)}, ValueError, r"baseline must be .*\(B, 4, 3, 8, 8\), got"),
        ({"baseline": torch.zeros(0, 1, 3, 8, 8)}, ValueError, "baseline must be .* got"),
        ({"baseline": torch.zeros(1, 1, 1, 3, 8, 8)}, ValueError, "baseline must be .* got"),
        ({"baseline": torch.tensor(0.5)}, ValueError, "baseline must be .* got"),
        ({"baseline": torch.zeros(3, 8, 8).byte()}, TypeError, "baseline must be a number or a float .* uint8"),
        ({"baseline": torch.full((3, 8, 8), torch.nan)}, ValueError, "baseline must be finite, got a float32 tensor"),
        ({"baseline": math.nan}, ValueError, "baseline must be finite, got nan"),
        ({"baseline": "black"}, TypeError, r"baseline must be a number or a float tensor, got 'black' \(str\)"),
        ({"baseline": None}, TypeError, "baseline must be a number or a float tensor, got None"),
        ({"baseline": True}, TypeError, "baseline must be a number or a float tensor, got True"),
        ({"n_steps": 0}, ValueError, "n_steps must be 1 or more, got 0"),
        ({"n_steps": 10.0}, TypeError, "n_steps must be an int, got 10.0"),
        ({"batch_size": -2}, ValueError, "batch_size must be 1 or more, got -2"),
        ({"target": 5}, ValueError, "target must be from 0 to 4"),
    ])  # fmt: skip
    def test_arguments(self, options, error, message, small_network, small_images):
        with pytest.raises(error, match=message):
            integrated_gradients(small_network(), small_images, **options)

    @pytest.mark.parametrize("attribution", [None, torch.zeros(4, 1, 8, 8), torch.zeros(4)])
    def test_attribution(self, attribution, small_network, small_images):
        with pytest.raises(ValueError, match=r"attribution must have the shape of images, \(4, 3, 8, 8\), got"):
            completeness_gap(attribution, small_network(), small_images, 0)
