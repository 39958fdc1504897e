"""Deconvnet and guided backpropagation; every form of ReLU is in test_relu_rules.py, which they stand on."""

import copy

import pytest
import torch
import torch.nn.functional as F
from captum import attr
from torch import nn

from utils.methods import deconvnet, guided_backprop, vanilla_gradient

GUIDED = [[0.0, 1, 1, 1], [1, 3, 3, 2], [1, 3, 3, 2], [1, 2, 2, 1]]
DECONVNET = [[2.0, 3, 3, 1], [3, 5, 5, 2], [3, 5, 5, 2], [1, 2, 2, 1]]


def test_hand_values(any_relu, oc_network, oc_image):
    model = oc_network(any_relu)
    assert guided_backprop(model, oc_image, 0).tolist() == [[GUIDED]]
    assert deconvnet(model, oc_image, 0).tolist() == [[DECONVNET]]


def slow_deconvnet(x, convolutions, linear, c):
    """A deconvnet as Zeiler & Fergus draw it: up through convolution, ReLU and pooling with switches, then down
    through unpooling, ReLU and the transposed convolution."""
    switches, sizes = [], []
    for convolution in convolutions:
        sizes.append(x.shape)
        x, switch = F.max_pool2d(
            F.conv2d(x, convolution.weight, convolution.bias, padding=1).relu(), 2, return_indices=True
        )
        switches.append(switch)
    signal = linear.weight[c].reshape(x.shape[1:]).expand(x.shape)
    for convolution, switch, size in reversed(list(zip(convolutions, switches, sizes, strict=True))):
        signal = F.max_unpool2d(signal, switch, 2, output_size=size[2:])
        signal = F.conv_transpose2d(signal.relu(), convolution.weight, padding=1)
    return signal.detach()


def test_a_deconvnet_by_unpooling_and_transposed_convolution(small_images):
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32, 5),
    )
    expected = slow_deconvnet(small_images, [model[0], model[3]], model[7], 3)
    torch.testing.assert_close(deconvnet(model, small_images, 3), expected)


def test_guided_is_zero_where_vanilla_is_through_one_relu(small_images):
    torch.manual_seed(0)
    model = nn.Sequential(nn.ReLU(), nn.Flatten(), nn.Linear(192, 5))
    images = small_images - 0.5
    vanilla = vanilla_gradient(model, images, 0)
    assert torch.equal(guided_backprop(model, images, 0), vanilla.clamp(min=0))


@pytest.mark.parametrize("method", [deconvnet, guided_backprop])
def test_a_model_without_relu(method, small_network, small_images):
    with pytest.raises(ValueError, match="met no ReLU"):
        method(small_network(nn.Tanh), small_images, 0)


@pytest.mark.filterwarnings("ignore::UserWarning:captum")
@pytest.mark.parametrize("method, theirs", [(deconvnet, attr.Deconvolution), (guided_backprop, attr.GuidedBackprop)])
def test_imagenet_network_against_captum(method, theirs, imagenet_network, photographs):
    plain = copy.deepcopy(imagenet_network)
    for module in plain.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    expected = theirs(plain).attribute(photographs.clone(), target=281).detach()
    ours = method(imagenet_network, photographs, 281)
    torch.testing.assert_close(ours, expected, atol=1e-5 * expected.abs().max().item(), rtol=1e-4)
