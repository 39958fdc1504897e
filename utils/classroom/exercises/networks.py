"""Tiny networks, on which an answer can be checked by hand or in a millisecond."""

import torch
import torch.nn.functional as F
from torch import nn

from ..surroundings import drawn_by


def linear_network():
    """S(x) = Wx + b on images of 1×2×2: the gradient of each score is its row of W."""
    layer = nn.Linear(4, 3)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.0, 2.0, 3.0, 4.0], [-1.0, 3.0, 1.0, -2.0], [0.5, -3.0, 0.0, 1.0]]))
        layer.bias.copy_(torch.tensor([0.5, -1.0, 2.0]))
    return nn.Sequential(nn.Flatten(), layer).eval()


def small_network(channels=3, size=6):
    """Convolution, ReLU, pooling, dropout (off, in eval mode) and two linear layers; 3 classes."""
    with drawn_by(4):
        return nn.Sequential(
            nn.Conv2d(channels, 6, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Dropout(0.5),
            nn.Linear(6 * (size // 2) ** 2, 8),
            nn.ReLU(),
            nn.Linear(8, 3),
        ).eval()


def pooling_network():
    """Convolution, ReLU, mean over all places, linear: takes images of any height and width; 4 classes."""
    with drawn_by(8):
        return nn.Sequential(
            nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 4)
        ).eval()


class Nested(nn.Module):
    """No nn.Sequential: two convolutions in a part of their own, functional ReLUs, the means of four quarters, two
    linear layers. Takes images of any height and width; 4 classes.
    """

    def __init__(self, channels):
        super().__init__()
        self.body = nn.ModuleDict(
            {"first": nn.Conv2d(channels, 5, 3, padding=1), "last": nn.Conv2d(5, 6, 3, padding=1)}
        )
        self.head = nn.ModuleList([nn.Linear(24, 7), nn.Linear(7, 4)])

    def forward(self, x):
        for convolution in self.body.values():
            x = F.relu(convolution(x))
        x = F.adaptive_avg_pool2d(x, 2).flatten(1)
        return self.head[1](torch.relu(self.head[0](x)))


def nested_network(channels=3):
    with drawn_by(6):
        return Nested(channels).eval()


def any_size_network(channels=3):
    """A chain of layers that takes images of any height and width; 4 classes."""
    with drawn_by(9):
        return nn.Sequential(
            nn.Conv2d(channels, 5, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(5, 6, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Linear(24, 4),
        ).eval()


def followed_by(layer, model):
    """The model with one more layer behind its scores."""
    return nn.Sequential(model, layer).eval()


def random_images(n, channels=3, size=6, width=None, seed=0):
    """n images (n, channels, size, width or size) in [0, 1]."""
    return torch.rand(n, channels, size, width or size, generator=torch.Generator().manual_seed(seed))


def two_by_two(n=1):
    """One or two images of 1×2×2 whose four values are easy to follow."""
    return torch.tensor([[[[1.0, -1.0], [2.0, 0.5]]], [[[0.0, 3.0], [-2.0, 1.0]]]])[:n]
