"""What must hold of an answer of lesson 11, tried more than once: of networks with layers made random, of labels in
another order, of a method that explains nothing. How the noise is drawn is the answer's own affair.
"""

import inspect
import math
from contextlib import contextmanager

import torch
from torch import nn

from ..exercise import Unreadable, copied
from ..surroundings import GENERATOR

ENOUGH = 2.6  # by chance, a sample of n is further than this / √n from its distribution once in 700 000 times


def bound(function, names, given, named):
    """The arguments in order, by whatever way they came."""
    return [*given, *(named[name] for name in names[len(given) :])]


def asked(function, arguments):
    """What the answer gives for copies of these. Chance has gone on meanwhile: what was drawn from it is not repeated."""
    torch.rand(7, generator=GENERATOR)
    return function(*copied(tuple(arguments)))


def kind(value):
    return f"a {type(value).__name__}"


# networks -------------------------------------------------------------------------------------------------------------


def with_weights(network):
    """The numbers of the layers that have weights."""
    return [k for k, layer in enumerate(network) if any(True for _ in layer.parameters())]


def readable(result, network):
    """Says what is no copy of the network, in the same layers."""
    if not isinstance(result, nn.Module):
        raise Unreadable(f"Return a network, the copy with its random layers; yours is {kind(result)}.")
    shapes = [{name: value.shape for name, value in each.state_dict().items()} for each in (result, network)]
    if shapes[0] != shapes[1] or not isinstance(result, nn.Sequential) or len(result) != len(network):
        raise Unreadable(
            "Your network has not the layers of the one that was given. Work on a copy, `copy.deepcopy(network)`, and "
            "change nothing but numbers in it."
        )
    return result


def parameters(network, k):
    """Weight and bias of layer k, as they are now."""
    return [each.detach().double().clone() for each in network[k].parameters()]


def changed(network, other, k):
    """How much of weight and bias of layer k differs: 0 nothing, 1 everything, ½ a part; (2,)."""
    shares = [
        (a != b).double().mean().item() for a, b in zip(parameters(network, k), parameters(other, k), strict=True)
    ]
    return [1.0 if share > 0.98 else 0.0 if share == 0 else 0.5 for share in shares]


def equal(network, other, k):
    return all(a.equal(b) for a, b in zip(parameters(network, k), parameters(other, k), strict=True))


def scaled(network, k):
    """Weight and bias of layer k times √fan-in: both lie in ±1."""
    root = network[k].weight[0].numel() ** 0.5
    return [each.flatten() * root for each in parameters(network, k)]


def far_from_uniform(values, low=-1.0, high=1.0):
    """Whether the values are no sample of a uniform distribution, by Kolmogorov and Smirnov's distance."""
    values = ((values.sort().values - low) / (high - low)).clamp(0, 1)
    n = len(values)
    steps = torch.arange(n + 1, dtype=values.dtype) / n
    distance = torch.maximum((steps[1:] - values).abs(), (values - steps[:-1]).abs()).max().item()
    return distance > ENOUGH / math.sqrt(n)


RIGHT, ZERO, LEVEL, ABOVE, POSITIVE, NARROW, UNEVEN, NOT_FINITE = 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0


def noise_of(values):
    """What kind of noise these are, scaled so that right ones lie in ±1."""
    if not values.isfinite().all():
        return NOT_FINITE
    if not values.any():
        return ZERO
    if len(values) > 2 and values.unique().numel() == 1:
        return LEVEL
    if values.abs().max() > 1.0001:
        return ABOVE
    if len(values) > 20 and values.min() >= 0:
        return POSITIVE
    if far_from_uniform(values):
        return UNEVEN if far_from_uniform(values, -values.abs().max(), values.abs().max()) else NARROW
    return RIGHT


def twins(network, layers):
    """Whether two of the layers, or a weight and its bias, began with the same numbers."""
    begins = [each for k in layers for each in scaled(network, k) if len(each) > 1]
    return any(
        torch.allclose(a[:n], b[:n], rtol=1e-4, atol=1e-6)
        for i, a in enumerate(begins)
        for b in begins[:i]
        if (n := min(len(a), len(b))) > 1
    )


def drawn(network, trained, layers):
    """Facts of the layers that should be noise."""
    if not layers:
        return [1.0] * 5
    moved = torch.tensor([changed(network, trained, k) for k in layers]).double()
    weights, biases = (torch.cat(each) for each in zip(*(scaled(network, k) for k in layers), strict=True))
    whole = [1.0 if each.all() and each.eq(1).all() else 0.5 if each.any() else 0.0 for each in moved.T]
    return [
        *whole,
        noise_of(weights) if whole[0] == 1 else 0.0,
        noise_of(biases) if whole[1] == 1 else 0.0,
        float(not twins(network, layers)),
    ]


DRAWN = (  # fact → value → what to say
    (
        "Are all the layers changed that `layers` names, and every number of their weights?",
        {
            0.0: "The layers named in `layers` still have the trained weights.",
            0.5: "A part of the weights of the layers named in `layers` is still trained.",
        },
    ),
    (
        "",
        {
            0.0: "The biases of the layers named in `layers` are still the trained ones.",
            0.5: "Some biases of the layers named in `layers` are still trained.",
        },
    ),
)


def randomised(function):
    """randomise(network, layers, seed), tried four times."""

    def trial(*given, **named):
        network, layers, seed = bound(function, ("network", "layers", "seed"), given, named)
        trained, layers = copied((network,))[0], list(layers)
        result = function(*given, **named)
        if result is None:
            return None
        readable(result, trained)
        again = readable(asked(function, (trained, layers, seed)), trained)
        other = readable(asked(function, (trained, layers, seed + 1)), trained)
        first = readable(asked(function, (trained, layers[:1], seed)), trained)
        rest = [k for k in with_weights(trained) if k not in layers]
        return torch.tensor([
            *drawn(result, trained, layers),
            float(all(equal(result, trained, k) for k in rest)),
            float(all(equal(result, again, k) for k in layers)),
            float(not any(equal(result, other, k) for k in layers)),
            float(all(equal(result, first, k) for k in layers[:1])),
            float(not any(module.training for module in result.modules())),
        ])  # fmt: skip

    return trial


def cascaded(function):
    """cascade(network, seed), tried three times."""

    def trial(*given, **named):
        network, seed = bound(function, ("network", "seed"), given, named)
        (trained,) = copied((network,))
        result = function(*given, **named)
        if result is None:
            return None
        result = pairs_of(result, trained)
        again = pairs_of(asked(function, (trained, seed)), trained)
        other = pairs_of(asked(function, (trained, seed + 1)), trained)
        top_down = with_weights(trained)[::-1]
        networks = [each for _, each in result]
        moved = [[min(changed(each, trained, k)) for k in top_down] for each in networks]
        kept = [
            [float(equal(one, before, k)) for k in top_down[:n]]
            for n, (before, one) in enumerate(zip(networks, networks[1:], strict=False), 1)
        ]
        return torch.tensor([
            float(len(result)),
            *(float(k) for k, _ in result),
            *sum(moved, []),
            *sum(kept, []),
            *drawn(networks[-1], trained, top_down),
            float(len(again) == len(result) and all(equal(a, b, k) for (_, a), (_, b) in zip(result, again, strict=True) for k in top_down)),
            float(len(other) == len(result) and not equal(networks[-1], other[-1][1], top_down[0])),
            float(not any(module.training for each in networks for module in each.modules())),
        ])  # fmt: skip

    return trial


def pairs_of(result, network):
    """The list of pairs (number, network); −1 for what is no number."""
    if not isinstance(result, (list, tuple)):
        raise Unreadable(f"Return a list of pairs, (number of the layer, network); yours is {kind(result)}.")
    pairs = []
    for each in result:
        if not isinstance(each, (list, tuple)) or len(each) != 2:
            raise Unreadable(
                f"Each entry of the list is a pair, (number of the layer, network); yours has {kind(each)} in it."
            )
        k, other = each
        if isinstance(k, nn.Module):
            raise Unreadable(
                "In each pair the number of the layer comes first, the network second. Yours are exchanged."
            )
        pairs.append((k if type(k) is int else -1, readable(other, network)))
    if not pairs:
        raise Unreadable("Your list is empty. There is one pair for each layer with weights.")
    return pairs


# labels ---------------------------------------------------------------------------------------------------------------


def permuted(function):
    """permute_labels(labels, seed), tried three times."""

    def trial(*given, **named):
        labels, seed = bound(function, ("labels", "seed"), given, named)
        before = labels.clone()
        result = function(*given, **named)
        if result is None:
            return None
        again, other = (readable_labels(asked(function, (before, k)), before) for k in (seed, seed + 1))
        result = readable_labels(result, before)
        return torch.tensor([
            float(result.sort().values.equal(before.sort().values)),
            float(not result.equal(before)),
            float(result.equal(again)),
            float(not result.equal(other)),
        ])  # fmt: skip

    return trial


def readable_labels(result, labels):
    if not isinstance(result, torch.Tensor):
        raise Unreadable(f"Return a tensor of labels, (N,); yours is {kind(result)}.")
    if result.shape != labels.shape:
        raise Unreadable(
            f"Return as many labels as there were, {tuple(labels.shape)}; yours are {tuple(result.shape)}."
        )
    if result.dtype != labels.dtype:
        raise Unreadable(f"Labels are whole numbers, {labels.dtype}; yours are {result.dtype}.")
    return result


# a method that explains nothing ---------------------------------------------------------------------------------------


def idle(function):
    """idle_map(model, images, target), tried with other images and classes, and after one change of the weights at a time."""

    def trial(*given, **named):
        model, images, target = bound(function, ("model", "images", "target"), given, named)
        (trained,) = copied((model,))
        pictures = images.detach().clone()
        result = function(*given, **named)
        if result is None:
            return None
        maps = readable_maps(result, pictures)
        again = readable_maps(asked(function, (trained, pictures, target)), pictures)
        return torch.tensor([float(maps.equal(again)), float(not unlike(maps, maps.flip(0)))])

    return trial


def readable_maps(result, images):
    if not isinstance(result, torch.Tensor):
        raise Unreadable(f"Return a tensor of maps, (N, 1, H, W); yours is {kind(result)}.")
    shape = (len(images), 1, *images.shape[2:])
    if result.shape != shape:
        raise Unreadable(f"Return maps of shape {shape}, (N, 1, H, W); yours are {tuple(result.shape)}.")
    return result.detach().double()


def unlike(maps, others):
    return not torch.allclose(maps, others)
