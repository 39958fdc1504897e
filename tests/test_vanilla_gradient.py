"""The gradient against finite differences, linear models and Captum; the hand values are in test_relu_rules.py."""

import copy

import pytest
import torch
from captum import attr
from torch import nn

from utils.methods import gradient_x_input, vanilla_gradient

OC_VANILLA = torch.tensor([[0.0, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1], [0, 0, 0, 0]])[None, None]


def test_hand_values(oc_network, oc_image):
    model = oc_network(nn.ReLU())
    assert torch.equal(vanilla_gradient(model, oc_image, 0), OC_VANILLA)
    assert torch.equal(gradient_x_input(model, oc_image, 0), OC_VANILLA * torch.arange(16.0).reshape(4, 4))


def test_a_linear_model_gives_back_its_weights(small_images):
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 2))
    target = torch.tensor([0, 1, 1, 0])
    expected = model[1].weight.detach()[target].reshape(small_images.shape)
    assert torch.equal(vanilla_gradient(model, small_images, target), expected)
    # Without a bias, gradient × input adds up to the score.
    scores = model(small_images).gather(1, target[:, None])[:, 0] - model[1].bias[target]
    torch.testing.assert_close(gradient_x_input(model, small_images, target).sum((1, 2, 3)), scores.detach())


def test_central_differences(small_network, small_images):
    model = small_network(nn.Softplus).double()
    images, target, step = small_images[:2].double(), torch.tensor([4, 1]), 1e-4
    # The max pooling is smooth where no two values of a window are as close as the step.
    slopes = torch.zeros_like(images)
    with torch.no_grad():
        for place in torch.cartesian_prod(*map(torch.arange, images.shape[1:])).tolist():
            nudge = torch.zeros_like(images)
            nudge[:, *place] = step
            rise = model(images + nudge) - model(images - nudge)
            slopes[:, *place] = rise[[0, 1], target] / (2 * step)
    torch.testing.assert_close(vanilla_gradient(model, images, target), slopes, atol=1e-7, rtol=1e-6)


def test_none_is_the_predicted_class(small_network, small_images):
    model = small_network()
    predicted = model(small_images).argmax(1)
    assert torch.equal(vanilla_gradient(model, small_images), vanilla_gradient(model, small_images, predicted))


def test_rows_do_not_mix(small_network, small_images):
    model, target = small_network(), torch.tensor([4, 0, 2, 1])
    together = vanilla_gradient(model, small_images, target)
    for image, c, gradient in zip(small_images, target.tolist(), together, strict=True):
        torch.testing.assert_close(vanilla_gradient(model, image[None], c)[0], gradient)


def test_a_broadcast_gradient_has_memory_of_its_own():
    class Sum(nn.Module):
        def forward(self, x):
            return x.sum((2, 3))

    gradient = vanilla_gradient(Sum(), torch.rand(2, 3, 4, 4), 1)
    gradient[0, 1, 0, 0] = 7
    assert (gradient == 7).sum() == 1
    assert gradient[1, 1].tolist() == [[1.0] * 4] * 4 and gradient[1, 0].tolist() == [[0.0] * 4] * 4


@pytest.mark.parametrize(
    "method, theirs",
    [
        (vanilla_gradient, lambda model: attr.Saliency(model).attribute),
        (gradient_x_input, lambda model: attr.InputXGradient(model).attribute),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning:captum")
class TestAgainstCaptum:
    def test_random_networks(self, method, theirs, small_network, small_images):
        signed = {"abs": False} if method is vanilla_gradient else {}
        for seed in range(3):
            model = small_network(seed=seed)
            expected = theirs(model)(small_images.clone(), target=2, **signed)
            torch.testing.assert_close(method(model, small_images, 2), expected.detach(), atol=1e-6, rtol=1e-5)

    def test_imagenet_network(self, method, theirs, imagenet_network, photographs):
        signed = {"abs": False} if method is vanilla_gradient else {}
        classes = imagenet_network(photographs).argmax(1)
        assert classes.tolist() == [162, 281, 967]  # beagle, tabby, espresso
        expected = theirs(imagenet_network)(photographs.clone(), target=classes, **signed).detach()
        ours = method(imagenet_network, photographs)
        torch.testing.assert_close(ours, expected, atol=1e-5 * expected.abs().max().item(), rtol=0)
        # In either layout it is that of float64, but for paths that rounding opens or closes at a ReLU's corner.
        truth = method(copy.deepcopy(imagenet_network).double(), photographs.contiguous().double(), classes)
        for layout in torch.contiguous_format, torch.channels_last:
            ours = method(imagenet_network, photographs.contiguous(memory_format=layout), classes)
            assert (ours.double() - truth).norm() <= 0.02 * truth.norm()
