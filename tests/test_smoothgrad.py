"""SmoothGrad against theory on linear and quadratic models, and what its noise and its batches are."""

import functools

import pytest
import torch
from torch import nn

from utils.methods import grad_cam, gradient_x_input, integrated_gradients, smoothgrad, vanilla_gradient


@pytest.fixture
def linear():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 2))


def recorder(seen):
    """A method that keeps the images it is given and returns them as their own maps."""

    def method(model, images, target):
        seen.append((images.clone(), target))
        return images

    return method


def noisy_copies(model, images, **options):
    seen = []
    smoothgrad(recorder(seen), model, images, 0, batch_size=1, **options)
    return torch.cat([copies for copies, _ in seen]).reshape(len(images), -1, *images.shape[1:])


def test_a_linear_model_gives_exactly_the_gradient(linear, small_images):
    linear = linear.double()
    ours = smoothgrad(vanilla_gradient, linear, small_images.double(), 1, n_samples=7)
    torch.testing.assert_close(ours, linear[1].weight[1].detach().reshape(3, 8, 8).expand_as(ours), rtol=1e-12, atol=0)


def test_mean_and_spread_by_theory(linear, small_images):
    # Gradient × input of a linear model is w x, so its SmoothGrad is w x + w σ z / √n, with z standard normal.
    n, level = 25, 0.2
    weight = linear[1].weight[1].detach().reshape(3, 8, 8)
    smooth = smoothgrad(gradient_x_input, linear, small_images, 1, n_samples=n, noise_level=level)
    sigma = torch.stack([level * (image.max() - image.min()) for image in small_images])[:, None, None, None]
    z = ((smooth - weight * small_images) / (weight * sigma / n**0.5))[0]
    assert abs(z.mean()) < 4 / 192**0.5
    assert abs(z.std() - 1) < 4 / (2 * 192) ** 0.5


def test_the_noise_is_a_share_of_each_images_range(linear, small_images):
    images = small_images * torch.tensor([1.0, 0.1, 10.0, 0.0])[:, None, None, None] - 3
    noise = noisy_copies(linear, images, noise_level=0.3, n_samples=40) - images[:, None]
    for image, of_image in zip(images[:3], noise[:3], strict=True):
        expected = 0.3 * (image.max() - image.min())
        assert abs(of_image.std() / expected - 1) < 0.04  # 40 × 192 values: four standard errors are 0.032
        assert abs(of_image.mean() / expected) < 0.05
    assert noise[3].eq(0).all()  # a flat image has no range


def test_samples_differ_and_seeds_differ(linear, small_images):
    copies = noisy_copies(linear, small_images, n_samples=6)[0].flatten(1)
    assert torch.pdist(copies).min() > 0
    other = noisy_copies(linear, small_images, n_samples=6, seed=1)[0].flatten(1)
    assert torch.cdist(copies, other).min() > 0.1  # no sample of one seed is one of the next


def test_the_same_seed_is_the_same_map_in_any_batch(small_network, small_images):
    model = small_network()
    whole = smoothgrad(vanilla_gradient, model, small_images, 1, n_samples=9, seed=3)
    for batch_size in 1, 2, 4, 100:
        again = smoothgrad(vanilla_gradient, model, small_images, 1, n_samples=9, seed=3, batch_size=batch_size)
        torch.testing.assert_close(again, whole)
    alone = smoothgrad(vanilla_gradient, model, small_images[2:3], 1, n_samples=9, seed=3)
    torch.testing.assert_close(alone[0], whole[2])


def test_by_the_definition(small_network, small_images):
    model, target = small_network(), torch.tensor([3, 0, 2, 4])
    copies = noisy_copies(model, small_images, n_samples=5)
    expected = torch.stack(
        [
            sum(vanilla_gradient(model, copy[None], int(c))[0] for copy in of_image) / 5
            for of_image, c in zip(copies, target, strict=True)
        ]
    )
    torch.testing.assert_close(smoothgrad(vanilla_gradient, model, small_images, target, n_samples=5), expected)


def test_no_noise_is_the_method_itself(small_network, small_images):
    model = small_network()
    torch.testing.assert_close(
        smoothgrad(vanilla_gradient, model, small_images, 2, noise_level=0, n_samples=3),
        vanilla_gradient(model, small_images, 2),
    )


def test_none_is_the_class_predicted_without_noise(linear, small_images):
    images = small_images - 0.5
    predicted = linear(images).argmax(1)
    assert 0 < predicted.sum() < 4 and not torch.equal(predicted, predicted.flip(0))
    seen = []
    smoothgrad(recorder(seen), linear, images, noise_level=5.0, n_samples=3, batch_size=3)
    assert [target for _, target in seen] == predicted.tolist()


def test_any_method_can_be_smoothed(small_network, small_images):
    model = small_network()
    at_layer = functools.partial(grad_cam, layer=model.features[0], upsample=False)
    assert smoothgrad(at_layer, model, small_images, 1, n_samples=3).shape == (4, 1, 8, 8)
    assert smoothgrad(grad_cam, model, small_images, n_samples=3).shape == (4, 1, 8, 8)
    few_steps = functools.partial(integrated_gradients, n_steps=3)
    assert smoothgrad(few_steps, model, small_images, n_samples=3).isfinite().all()


@pytest.mark.parametrize("batch_size", [1, 3, 8])
def test_the_model_never_sees_more_than_batch_size(batch_size, small_network, small_images):
    model, sizes = small_network(), []
    model.register_forward_pre_hook(lambda module, args: sizes.append(len(args[0])))
    smoothgrad(vanilla_gradient, model, small_images, n_samples=10, batch_size=batch_size)
    assert max(sizes) <= batch_size
    assert sum(sizes) == 4 + 4 * 10


class TestErrors:
    @pytest.mark.parametrize("options, error, message", [
        ({"noise_level": -0.1}, ValueError, "noise_level must be a share .* got -0.1"),
        ({"noise_level": float("nan")}, ValueError, "noise_level must be a share .* got nan"),
        ({"noise_level": float("inf")}, ValueError, "noise_level must be a share .* got inf"),
        ({"noise_level": "0.1"}, TypeError, r"noise_level must be a number, got '0.1' \(str\)"),
        ({"noise_level": True}, TypeError, "noise_level must be a number, got True"),
        ({"n_samples": 0}, ValueError, "n_samples must be 1 or more, got 0"),
        ({"n_samples": 2.5}, TypeError, "n_samples must be an int, got 2.5"),
        ({"batch_size": 0}, ValueError, "batch_size must be 1 or more, got 0"),
        ({"batch_size": 8.0}, TypeError, "batch_size must be an int, got 8.0"),
        ({"seed": "today"}, TypeError, "seed must be an int, got 'today'"),
        ({"seed": None}, TypeError, "seed must be an int, got None"),
        ({"target": 5}, ValueError, "target must be from 0 to 4"),
        ({"method": "vanilla"}, TypeError, r"method must be a function method\(model, images, target\), got 'vanilla'"),
        ({"method": lambda *_: None}, ValueError, "method must return a tensor with a map for each .* got None"),
        ({"method": lambda *_: torch.tensor(1.0)}, ValueError, "method must return a tensor with a map for each"),
        ({"method": lambda *_: torch.zeros(1, 3)}, ValueError, "method must return a tensor with a map for each"),
    ])  # fmt: skip
    def test_arguments(self, options, error, message, small_network, small_images):
        arguments = {"method": vanilla_gradient, "model": small_network(), "images": small_images, "n_samples": 4}
        with pytest.raises(error, match=message):
            smoothgrad(**(arguments | options))
