"""Lesson 10: a score shared out among the inputs, layer by layer, and other ways to share."""

import copy

import torch
from torch import nn

from ... import methods
from ...methods import (
    pattern,
    z_plus_rule,
)
from ..exercise import Case, Exercise
from ..surroundings import drawn_by
from .deconvnet import unpool
from .networks import random_images

TINY = 1e-9


def random_tensor(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# share_out ------------------------------------------------------------------------------------------------------------


def share_out(a, weight, bias, relevance, epsilon):
    """R_i = Σ_j a_i w_ij / (z_j + ε sign z_j) · R_j with z_j = Σ_i a_i w_ij + b_j: the relevance of a layer's inputs.

    a (N, D), weight (K, D), bias (K,), relevance (N, K) of the outputs, epsilon a number ≥ 0 → (N, D).
    Where z_j is 0, it counts as positive: sign z_j = 1. Plain matrices, without autograd.
    """
    z = a @ weight.T + bias
    z = z + torch.where(z < 0, -epsilon, epsilon)
    return a * ((relevance / z) @ weight)


def share_cases():
    one = torch.tensor([[2.0, 1.0]]), torch.tensor([[1.0, 3.0]]), torch.zeros(1), torch.tensor([[5.0]])
    return [
        Case("a = (2, 1), one unit with the weights (1, 3), no bias, so z = 5, and R = 5; ε = 0", (*one, 0.0)),
    ]


def bias_left_out(a, weight, bias, relevance, epsilon):
    """You leave the bias out of z. It belongs to z_j = Σ_i a_i w_ij + b_j, although it gets no share itself."""
    return share_out(a, weight, torch.zeros_like(bias), relevance, epsilon)


# relevance_step -------------------------------------------------------------------------------------------------------


def relevance_step(layer, a, relevance, change, epsilon):
    """The relevance at a layer's input: z = copy(a); s = R / (z + ε sign z); c = ∂(Σ z s)/∂a with s held; R_in = a · c.

    layer is an nn.Linear or nn.Conv2d, a its input, relevance that of its output → relevance of a, detached.
    change: None, and the copy is as the layer is, with its bias; or a function weight → weight, and the copy has
    change(layer.weight) and no bias. Where z is 0, sign z is 1. layer, a and relevance stay as they are.
    """
    copied = copy.deepcopy(layer)
    if change is not None:
        copied.weight, copied.bias = nn.Parameter(change(layer.weight.detach())), None
    with torch.enable_grad():
        a = a.detach().clone().requires_grad_()
        z = copied(a)
        s = (relevance / (z + torch.where(z < 0, -epsilon, epsilon))).detach()
        (c,) = torch.autograd.grad((z * s).sum(), a)
    return a.detach() * c


def linear(*rows, bias=None):
    """A linear layer with these rows of weights."""
    layer = nn.Linear(len(rows[0]), len(rows), bias=bias is not None)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(rows))
        if bias is not None:
            layer.bias.copy_(torch.tensor(bias))
    return layer


def doubled_where_positive(weight):
    return weight + weight.clamp(min=0)


def step_cases():
    layer = linear([1.0, 1.0], [1.0, -1.0], [-1.0, 1.0])
    a, hidden = torch.tensor([[2.0, 1.0]]), torch.tensor([[6.0, -1.0, 0.0]])
    return [
        Case(
            "a = (2, 1), three units with the weights (1, 1), (1, −1), (−1, 1), no bias, R = (6, −1, 0), no change, ε = 0",
            (layer, a, hidden, None, 0.0),
        ),
    ]


def without_a(layer, a, relevance, change, epsilon):
    """You return c. One step is left: R_in = a · c, each input times its own c."""
    return relevance_step(layer, a, relevance, change, epsilon) / a


# more_of_the_positive -------------------------------------------------------------------------------------------------


def more_of_the_positive(weight, gamma):
    """w + γ · max(w, 0): the positive weights, times 1 + γ; the negative ones as they are. Any shape → the same."""
    return weight + gamma * weight.clamp(min=0)


def positive_cases():
    return [
        Case("the weights (2, −1), γ = 1", (torch.tensor([2.0, -1.0]), 1.0)),
        Case("the weights of a convolution, (4, 3, 3, 3), γ = 0.25", (random_tensor(4, 3, 3, 3, seed=1), 0.25)),
    ]


def negative_lost(weight, gamma):
    """You lose the negative weights. They stay as they are: w + γ · max(w, 0)."""
    return (1 + gamma) * weight.clamp(min=0)


# lrp ------------------------------------------------------------------------------------------------------------------


def lrp(network, images, target, rule):
    """The score of target, shared out layer by layer, the last layer first.

    network   an nn.Sequential of nn.Conv2d, nn.ReLU, nn.MaxPool2d(2), nn.Flatten and nn.Linear
    images    (N, C, H, W) → (N, C, H, W), in units of the score
    target    an int, or a LongTensor (N,) with one for each image
    rule      rule(layer, a, relevance) → relevance of a, the layer's input: for each nn.Linear and nn.Conv2d
    """
    inputs, x = [], images
    with torch.no_grad():
        for layer in network:
            inputs.append(x)
            x = layer(x)
    rows, relevance = torch.arange(len(x)), torch.zeros_like(x)
    relevance[rows, target] = x[rows, target]
    for layer, a in zip(reversed(network), reversed(inputs), strict=True):
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            relevance = rule(layer, a, relevance)
        elif isinstance(layer, nn.MaxPool2d):
            relevance = unpool(relevance, a)
        else:
            relevance = relevance.reshape(a.shape)
    return relevance


def walk_network():
    """Two convolutions, pooling, two linear layers; 3 classes."""
    with drawn_by(8):
        return nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(4, 5, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(45, 6),
            nn.ReLU(),
            nn.Linear(6, 3),
        ).eval()


def walk_cases():
    return [
        Case(
            "two convolutions, pooling and two linear layers, two 6×6 colour images, target 2, the z⁺ rule",
            (walk_network(), random_images(2), 2, z_plus_rule),
        ),
    ]


def from_one(network, images, target, rule):
    """You start with a 1 at the target's place. Start with its score, which is what is shared out."""
    result = []
    for k, image in enumerate(images):
        number = target if isinstance(target, int) else target[k].item()
        score = network(image[None])[0, number].item()
        result.append(lrp(network, image[None], number, rule) / score)
    return torch.cat(result)


# z_box ----------------------------------------------------------------------------------------------------------------


def z_box(layer, x, relevance, low, high):
    """R_i = Σ_j z_ij / (Σ_i′ z_i′j + 1e-9) · R_j with z_ij = x_i w_ij − low · max(w_ij, 0) − high · min(w_ij, 0).

    layer is an nn.Linear or nn.Conv2d, the first of a network; x its input, all values from low to high, two numbers;
    relevance that of its output → relevance of x, like x. The bias is left out. layer, x and relevance stay as they are.
    """
    return methods.z_box_rule(layer, x, relevance, low, high)


def box_cases():
    return [
        Case(
            "x = (0.5, 0.25), one unit with the weights (1, −1), R = 1, values from 0 to 1",
            (linear([1.0, -1.0]), torch.tensor([[0.5, 0.25]]), torch.tensor([[1.0]]), 0.0, 1.0),
        ),
    ]


def ends_exchanged(layer, x, relevance, low, high):
    """You have low and high exchanged: low goes with the positive weights, high with the negative ones."""
    w = layer.weight.detach()
    z = x[:, None] * w - high * w.clamp(min=0) - low * w.clamp(max=0)
    return (z / (z.sum(2, keepdim=True) + TINY) * relevance[:, :, None]).sum(1)


# rescale_rule ---------------------------------------------------------------------------------------------------------


def rescale_rule(x, x0, grad):
    """grad · (max(x, 0) − max(x0, 0)) / (x − x0): a ReLU's mean slope from x0 to x in place of its slope at x.

    x, x0: the ReLU's input for the image and for the baseline; grad: what arrives at its output; three tensors of one
    shape → the same shape. Where |x − x0| < 1e-6 the slope is that at x: 1 where x > 0, else 0.
    """
    return methods.rescale_rule(x, x0, grad)


def rescale_cases():
    return [
        Case(
            "x = (3, 3, −2), x0 = (−1, 1, −1), grad = (4, 5, 6)",
            (torch.tensor([3.0, 3.0, -2.0]), torch.tensor([-1.0, 1.0, -1.0]), torch.tensor([4.0, 5.0, 6.0])),
        ),
    ]


def slope_at_x(x, x0, grad):
    """You take the slope at x, which is the vanilla rule. Take the mean slope on the way from x0 to x."""
    return grad * (x > 0)


# pattern --------------------------------------------------------------------------------------------------------------

FOUR = torch.tensor([[2.0, 1.0], [0.0, -1.0], [0.0, 1.0], [-2.0, -1.0]])
OF_FOUR = torch.tensor([1.0, 1.0, -1.0, -1.0])


def pattern_cases():
    return [
        Case("the four rows (2, 1), (0, −1), (0, 1), (−2, −1) with y = (1, 1, −1, −1)", (FOUR, OF_FOUR)),
        Case(
            "30 rows of 5 inputs, whose means are not 0",
            (3 + random_tensor(30, 5, seed=2), random_tensor(30, seed=3) - 2),
        ),
    ]


def means_left_in(x, y):
    """You leave the means in. A covariance is of what differs from the mean: take off the mean of each input, and that of y."""
    return y @ x / (y @ y)


EXERCISES = (
    Exercise(share_out, "relevance", 3, share_cases, (bias_left_out,)),
    Exercise(relevance_step, "relevance", 3, step_cases, (without_a,)),
    Exercise(more_of_the_positive, "relevance", 1, positive_cases, (negative_lost,)),
    Exercise(lrp, "relevance", 3, walk_cases, (from_one,)),
    Exercise(z_box, "relevance", 2, box_cases, (ends_exchanged,)),
    Exercise(rescale_rule, "relevance", 2, rescale_cases, (slope_at_x,)),
    Exercise(pattern, "relevance", 2, pattern_cases, (means_left_in,)),
)
