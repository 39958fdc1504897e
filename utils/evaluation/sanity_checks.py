"""Sanity checks: what the network has learned is replaced by noise, or was learned from wrong labels. Does the map
notice?

The checks are those of Adebayo et al. 2018, "Sanity Checks for Saliency Maps", arXiv:1810.03292. A map that stays
when the deciding layers are noise does not show what they decided; one that changes depends on the weights, as idle_map
does, and need show nothing.
"""

import hashlib
import warnings
from collections.abc import Iterable
from numbers import Integral

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from ..methods.batches import classes_of, rows_at_a_time
from ..methods.hygiene import check_images, check_model, described, whole_number
from .input_shift import copy_of
from .similarity import map_similarity

# How a layer is drawn -------------------------------------------------------------------------------------------------


@torch.no_grad()
def uniform_start(layer, generator):
    """PyTorch's own start: every weight and bias uniform in ±1/√fan-in, fan-in the inputs of one output.

    layer is a linear layer or a convolution, changed in place. A norm or PReLU gets its start, too, in which nothing is
    random: scale 1, shift 0, statistics 0 and 1. ValueError for a layer of another kind.
    """
    for weight, fan_in in _weights_of(layer):
        weight.copy_((2 * _on_cpu(torch.rand, weight, generator) - 1) / fan_in**0.5)


@torch.no_grad()
def kaiming_start(layer, generator):
    """Every weight normal with variance 2/fan-in, every bias 0; a norm and errors as for uniform_start.

    He et al. 2015, arXiv:1502.01852, eq. 10: so the signal of a network with ReLUs neither fades nor grows.
    """
    for weight, fan_in in _weights_of(layer):
        if weight.ndim == 1:
            weight.zero_()
        else:
            weight.copy_(_on_cpu(torch.randn, weight, generator) * (2 / fan_in) ** 0.5)


@torch.no_grad()
def shuffled_weights(layer, generator):
    """The layer's own weights in another order, each parameter for itself; any layer. A norm keeps its statistics."""
    for weight in layer.parameters(recurse=False):
        order = torch.randperm(weight.numel(), generator=generator, device="cpu").to(weight.device)
        weight.copy_(weight.flatten()[order].view_as(weight))


def _on_cpu(random, weight, generator):
    """Numbers for weight, still on the CPU: what is worked out there is the same to the last bit for every device."""
    return random(weight.shape, generator=generator, dtype=torch.float32, device="cpu").to(weight.dtype)


_WITH_INPUTS = nn.Linear, nn.modules.conv._ConvNd
_DRAWS_NOTHING = _NormBase, nn.GroupNorm, nn.LayerNorm, nn.RMSNorm, nn.PReLU


def _weights_of(layer):
    """Weight and bias, each with the layer's fan-in; of a layer in whose start nothing is random none are left."""
    names = {name for name, _ in layer.named_parameters(recurse=False)}
    if isinstance(layer, _DRAWS_NOTHING):
        layer.reset_parameters()
        return []
    if not isinstance(layer, _WITH_INPUTS) or not names <= {"weight", "bias"}:
        found = (
            f"with {', '.join(sorted(names))}: draw=shuffled_weights takes any layer" if names else "without weights"
        )
        raise ValueError(
            "layers must be convolutions, linear layers or norms to be drawn like this, got "
            f"{type(layer).__name__} {found}"
        )
    return [(weight, layer.weight[0].numel()) for weight in layer.parameters(recurse=False)]


# Which layers ---------------------------------------------------------------------------------------------------------


def layers_top_down(model):
    """The names of the layers with weights, the last one first: ["20", "18", …, "0"] where the last is model[20].

    A layer has weights if parameters are its own, not its children's. Names and order are those of
    model.named_modules(); a model that runs its modules in another order needs a list of its own. ValueError for a
    model without weights.
    """
    check_model(model)
    names = [name for name, module in model.named_modules() if _has_weights(module)]
    if not names:
        raise ValueError(f"model must have a layer with weights, got {described(model)} without")
    return names[::-1]


def randomise(model, layers, seed=0, draw=uniform_start):
    """A copy of the model, in eval mode, in which the weights of these layers are noise and all others as they were.

    layers is a list of names as in layers_top_down, or of numbers for the places in an nn.Sequential; it may be empty.
    draw(layer, generator) changes the parameters of one layer in place; one generator, seeded once, serves all layers
    in the order given, so that the same first layers get the same weights. A weight that layers share is drawn once,
    with the first of them. Frozen weights are drawn, too, and stay frozen. `model` stays as it is.

    TypeError or ValueError for layers that are no list, not in the model, without weights or named twice.
    """
    check_model(model)
    _check_function(draw, "draw", "layer, generator")
    generator = torch.Generator("cpu").manual_seed(whole_number(seed, "seed"))
    with torch.inference_mode(False), torch.no_grad():
        other, drawn = copy_of(model), set()
        for layer in _modules_named(other, layers):
            weights = list(layer.parameters(recurse=False))
            shared = [(weight, weight.clone()) for weight in weights if id(weight) in drawn]
            draw(layer, generator)
            for weight, value in shared:
                weight.copy_(value)
            drawn.update(map(id, weights))
    return other.eval()


def cascade(model, seed=0, draw=uniform_start):
    """Pairs (name, network) from the last layer to the first: in network k the k last layers are noise.

    What is noise in two of the networks is the same noise in both. Each network is a copy of its own, made when it is
    asked for and kept by nobody: list(cascade(model)) keeps all. Arguments and errors as for randomise and
    layers_top_down. Adebayo et al. 2018, section 3, cascading randomization.
    """
    return _networks(model, seed, draw, lambda layers, k: layers[: k + 1])


def one_at_a_time(model, seed=0, draw=uniform_start):
    """Pairs (name, network) from the last layer to the first: in each network this layer alone is noise.

    Otherwise as cascade. Adebayo et al. 2018, section 3, independent randomization.
    """
    return _networks(model, seed, draw, lambda layers, k: layers[k : k + 1])


def _networks(model, seed, draw, chosen):
    layers, seed = layers_top_down(model), whole_number(seed, "seed")  # said now, not when the first is asked for
    _check_function(draw, "draw", "layer, generator")
    return ((name, randomise(model, chosen(layers, k), seed, draw)) for k, name in enumerate(layers))


def _has_weights(module):
    return next(module.parameters(recurse=False), None) is not None


def _modules_named(model, layers):
    if isinstance(layers, str) or not isinstance(layers, Iterable):
        raise TypeError(f"layers must be a list of names or numbers, got {described(layers)}")
    modules, found = dict(model.named_modules(remove_duplicate=False)), {}
    for name in layers:
        if isinstance(name, bool) or not isinstance(name, (str, Integral)):
            raise TypeError(f"layers must be names or numbers, got {described(name)} among them")
        if (module := modules.get(str(name))) is None:
            raise ValueError(f"layers must be in the model, got {name!r}: layers_top_down(model) names them")
        if not _has_weights(module):
            raise ValueError(f"layers must have weights of their own, got {name!r}, {described(module)}")
        if module in found:
            raise ValueError(f"layers must be named once, got {name!r} for the layer that is {found[module]!r}, too")
        found[module] = name
    return list(found)


# Do the maps notice? --------------------------------------------------------------------------------------------------


def randomisation_curve(method, model, others, images, target=None, similarity=map_similarity, *, batch_size=None):
    """How like the maps of the model are those that each of the other networks gets: (others, N).

    method(model, images, target) → maps (N, C, h, w). The class asked for is the same in all networks: target, an int
    or a LongTensor (N,), or where it is None the class that `model` predicts. similarity(maps of the model, maps of the
    other) → (N,). others are networks, from a list or made one by one:

        randomisation_curve(method, model, (other for _, other in cascade(model)), images)
        randomisation_curve(method, model, [taught_wrong_labels, taught_right_ones], images)

    The second is the check with random labels and its control, without which the first row says nothing: two networks
    that began from one start, other than the model's, for a start alone can make maps alike, whatever was taught. The
    model sees batch_size images at a time (None: a number that fits in memory).

    Errors as for class_score and of the method. Also TypeError or ValueError where others are no networks or none, as a
    generator that was used up, and for a method or similarity that does not return what it must. UserWarning where maps
    are the same everywhere: whatever their similarity, it says nothing of the method.
    """
    check_model(model)
    _check_function(method, "method", "model, images, target")
    _check_function(similarity, "similarity", "maps, others")
    if isinstance(others, nn.Module) or not isinstance(others, Iterable):
        raise TypeError(f"others must be a list of networks, got {described(others)}")
    rows = rows_at_a_time(images, batch_size)
    classes = torch.tensor(classes_of(model, images, target, rows), device=images.device)

    trained = _maps(method, model, images, classes, rows)
    curve, level = [], 0
    for other in others:
        if not isinstance(other, nn.Module):
            raise TypeError(f"others must be networks, got {described(other)} among them")
        maps = _maps(method, other, images, classes, rows)
        alike = similarity(trained, maps)
        if not isinstance(alike, torch.Tensor) or alike.shape != (len(images),) or not alike.isfinite().all():
            raise ValueError(
                f"similarity must return a finite number for each of {len(images)} maps, got {described(alike)}"
            )
        curve.append(alike.detach())
        level += _level(maps)
    if not curve:
        raise ValueError("others must be at least one network, got none: a generator gives its networks only once")
    if level or _level(trained):
        warnings.warn(
            f"{_level(trained)} of {len(images)} maps of the model and {level} of {len(curve) * len(images)} of the "
            "others are the same everywhere: their similarity says nothing of the method",
            stacklevel=2,
        )
    return torch.stack(curve)


def without_sign(similarity):
    """The same similarity of the maps' sizes: channels are added up first, then the absolute values are taken.

    similarity(maps, others) → a function of the same arguments. Adebayo et al. 2018 show both, "ABS" and "diverging":
    the verdict on a method may hang on it.
    """
    _check_function(similarity, "similarity", "maps, others")

    def of_sizes(maps, others):
        return similarity(*(each.detach().cpu().double().sum(1, keepdim=True).abs() for each in (maps, others)))

    return of_sizes


def permute_labels(labels, seed=0):
    """The same labels in another order, as many of each class as before: (N,) → (N,).

    Some stay right by chance: the share Σ_c p_c² on average, with p_c the share of class c. ValueError where no label
    changes. Adebayo et al. 2018, section 4, the data randomization test.
    """
    if not isinstance(labels, torch.Tensor) or labels.is_floating_point() or labels.dtype == torch.bool:
        raise TypeError(f"labels must be a tensor (N,) of ints, got {described(labels)}")
    if labels.ndim != 1:
        raise ValueError(f"labels must have the shape (N,), got {described(labels)}")
    generator = torch.Generator("cpu").manual_seed(whole_number(seed, "seed"))
    permuted = labels[torch.randperm(len(labels), generator=generator, device="cpu").to(labels.device)]
    if torch.equal(permuted, labels):
        raise ValueError(f"labels must differ for some to become wrong; with seed {seed} each of {len(labels)} stays")
    return permuted


def _check_function(value, name, arguments):
    if not callable(value):
        raise TypeError(f"{name} must be a function {name}({arguments}), got {described(value)}")


def _maps(method, model, images, classes, rows):
    """The method's maps, rows at a time."""
    parts = []
    for part, asked in zip(images.split(rows), classes.split(rows), strict=True):
        maps = method(model, part, asked)
        if not isinstance(maps, torch.Tensor) or maps.ndim != 4 or len(maps) != len(part):
            raise ValueError(
                f"method must return maps (N, C, h, w), one for each of {len(part)} images, got {described(maps)}"
            )
        parts.append(maps.detach())
    return torch.cat(parts)


def _level(maps):
    """How many maps are the same everywhere."""
    places = maps.sum(1).flatten(1)
    return int((places == places[:, :1]).all(1).sum())


# Methods that explain nothing -----------------------------------------------------------------------------------------


def edge_map(images):
    """√(s_x² + s_y²) of the grey picture, the mean of the channels: how steep it is at each place.

    images (N, C, H, W) → (N, 1, H, W), ≥ 0. s_x is the Sobel filter (−1 0 1; −2 0 2; −1 0 1), s_y the same for rows;
    at the border the outermost pixels are repeated. A step from 0 to 1 gives 4 on both sides of it.
    """
    check_images(images)
    grey = F.pad(images.detach().mean(1, keepdim=True), (1, 1, 1, 1), mode="replicate")
    across, down = grey[..., 2:] - grey[..., :-2], grey[..., 2:, :] - grey[..., :-2, :]
    s_x = across[..., :-2, :] + 2 * across[..., 1:-1, :] + across[..., 2:, :]
    s_y = down[..., :-2] + 2 * down[..., 1:-1] + down[..., 2:]
    return torch.hypot(s_x, s_y)


def edge_detector(model, images, target=None):
    """edge_map of the images as a method that never asks the model: what a map must beat, Adebayo et al. 2018, fig. 1.

    images (N, C, H, W) → (N, 1, H, W).
    """
    return edge_map(images)


def idle_map(model, images, target=None):
    """Noise from a generator seeded by the model's weights: it passes each of these checks and explains nothing.

    images (N, C, H, W) → (N, 1, H, W), normal numbers; the same for the same weights, whatever the images and the
    class. After any change of any weight the maps have nothing in common: by chance their rank correlation is some
    ±1/√(H·W). Passing is necessary, not sufficient: Binder et al. 2022, arXiv:2211.12486.
    """
    check_model(model)
    check_images(images)
    digest = hashlib.sha256()
    for weight in model.parameters():
        digest.update(weight.detach().cpu().double().numpy().tobytes())
    generator = torch.Generator("cpu").manual_seed(int.from_bytes(digest.digest()[:7], "big"))
    noise = torch.randn(images.shape[2:], generator=generator, dtype=torch.float32, device="cpu")
    return noise.to(images.device, images.dtype).repeat(len(images), 1, 1, 1)
