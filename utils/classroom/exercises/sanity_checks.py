"""Lesson 11: what the network has learned is replaced by noise. Does the map notice?"""

import copy

import torch
import torch.nn.functional as F
from torch import nn

from ... import evaluation
from ...evaluation import map_similarity
from ...methods import gradient_x_input, vanilla_gradient
from ..exercise import Case, Exercise, Unreadable
from ..surroundings import drawn_by
from .facts import cascaded, idle, permuted, randomised
from .grad_cam import TORCHS_WORDS, in_float32
from .networks import any_size_network, random_images, small_network

# randomise ------------------------------------------------------------------------------------------------------------


def randomise(network, layers, seed):
    """A copy of the network, in eval mode, in which these layers are noise and all others as they were.

    network is an nn.Sequential, layers a list of numbers of layers with weights. Every weight and every bias of these is
    uniform in ±1/√fan-in, fan-in the inputs of one output: renew(layer, generator) draws one layer so, in place. One
    generator, seeded once, serves all layers in the order given, so that the same first layers get the same weights.
    The network itself stays as it is.
    """
    return evaluation.randomise(network, layers, seed)


def trained(*layers, seed=3):
    """A network whose weights are larger than any that is drawn."""
    with drawn_by(seed):
        network = nn.Sequential(*layers).eval()
        for weight in network.parameters():
            nn.init.normal_(weight, 0.0, 1.5)
    return network


def two_layers():
    return trained(nn.Flatten(), nn.Linear(12, 12), nn.ReLU(), nn.Linear(12, 12))


def six_layers():
    return trained(
        nn.Conv2d(2, 5, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(5, 5, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(5, 5, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(20, 20),
        nn.ReLU(),
        nn.Linear(20, 20),
        nn.ReLU(),
        nn.Linear(20, 3),
    )


OF_SIX = "a network whose layers 0, 2, 4 (convolutions), 8, 10, 12 (linear) have weights"


def randomise_cases():
    return [
        Case("a network of two linear layers, 1 and 3; layers [3], seed 0", (two_layers(), [3], 0)),
        Case(f"{OF_SIX}; layers [12, 10, 8], seed 0", (six_layers(), [12, 10, 8], 0)),
        Case(f"{OF_SIX}; layers [2, 4, 0], seed 5", (six_layers(), [2, 4, 0], 5)),
        Case(f"{OF_SIX}; all of them from the last to the first, seed 1", (six_layers(), [12, 10, 8, 4, 2, 0], 1)),
        Case(f"{OF_SIX}; no layers at all, [], seed 0", (six_layers(), [], 0)),
    ]


def renew(layer, generator):
    """How one layer is drawn."""
    bound = layer.weight[0].numel() ** -0.5
    with torch.no_grad():
        for weight in layer.parameters():
            weight.copy_(bound * (2 * torch.rand(weight.shape, generator=generator) - 1))


def weights_alone(network, layers, seed):
    """Your biases are still the trained ones. Draw them, too: every weight and every bias of these layers becomes random, as `renew` does it."""
    other, generator = copy.deepcopy(network), torch.Generator().manual_seed(seed)
    for k in layers:
        bias = other[k].bias.detach().clone()
        renew(other[k], generator)
        other[k].bias.data = bias
    return other.eval()


def seeded_for_each(network, layers, seed):
    """You seed again before each layer, and layers of one shape come out the same. Seed one generator once, before the loop."""
    other = copy.deepcopy(network)
    for k in layers:
        renew(other[k], torch.Generator().manual_seed(seed))
    return other.eval()


def all_but_these(network, layers, seed):
    """You make all layers random but those in `layers`. Those are the ones to be drawn; the others stay as they are."""
    other, generator = copy.deepcopy(network), torch.Generator().manual_seed(seed)
    for k in range(len(other)):
        if k not in layers and any(True for _ in other[k].parameters()):
            renew(other[k], generator)
    return other.eval()


def zeros_for_noise(network, layers, seed):
    """You set the layers to zero. Draw them at random, by `renew`: with zeros no signal comes through."""
    other = copy.deepcopy(network)
    for k in layers:
        for weight in other[k].parameters():
            weight.data.zero_()
    return other.eval()


# cascade --------------------------------------------------------------------------------------------------------------


def cascade(network, seed):
    """Pairs (number of the layer, network) for the layers with weights, the last layer first: in network k the k last of
    them are noise, and what is noise in two networks is the same noise in both.
    """
    return [(int(name), other) for name, other in evaluation.cascade(network, seed)]


def cascade_cases():
    return [
        Case("a network of two linear layers, 1 and 3; seed 0", (two_layers(), 0)),
        Case(f"{OF_SIX}; seed 5", (six_layers(), 5)),
    ]


def numbers_with_weights(network):
    return [k for k in range(len(network)) if any(True for _ in network[k].parameters())]


def noise_in(network, layers, seed):
    other, generator = copy.deepcopy(network), torch.Generator().manual_seed(seed)
    for k in layers:
        if any(True for _ in other[k].parameters()):
            renew(other[k], generator)
    return other.eval()


def bottom_first(network, seed):
    """You begin with the first layer. Begin with the last one, and go down from there."""
    numbers = numbers_with_weights(network)
    return [(k, noise_in(network, numbers[: n + 1], seed)) for n, k in enumerate(numbers)]


def each_alone(network, seed):
    """In each of your networks one layer alone is random. In a cascade those above it stay random: network k has the k last layers random."""
    return [(k, noise_in(network, [k], seed)) for k in numbers_with_weights(network)[::-1]]


def fresh_noise(network, seed):
    """What is random in two of your networks is other noise in each. Use the same seed for all of them, and name the layers from the last one on, so that the same layers are drawn first."""
    numbers = numbers_with_weights(network)[::-1]
    return [(k, noise_in(network, numbers[: n + 1], seed + n)) for n, k in enumerate(numbers)]


# randomisation_curve --------------------------------------------------------------------------------------------------


def randomisation_curve(method, network, others, images, target, similarity):
    """How like the trained network's map each image's map from each of the others is: (len(others), N).

    method(model, images, target) → maps; similarity(maps, maps) → (N,). The class asked for is target in all networks.
    """
    maps = method(network, images, target)
    return torch.stack([similarity(maps, method(other, images, target)) for other in others])


def curve_cases():
    with drawn_by(3):
        others = [noise_in(small_network(), layers, k) for k, layers in enumerate([[7], [7, 5], [7, 5, 0]])]
    images = random_images(4, seed=2)
    return [
        Case(
            "the gradient, a small network, three others, four images with the targets 0, 2, 1, 1",
            (vanilla_gradient, small_network(), others, images, torch.tensor([0, 2, 1, 1]), map_similarity),
        ),
        Case(
            "gradient × input, a small network, one other, three images, target 1",
            (gradient_x_input, small_network(), others[:1], images[:3], 1, map_similarity),
        ),
    ]


def their_own_class(method, network, others, images, target, similarity):
    """You ask each network for the class that it predicts itself. Then the map changes because the question does: ask all of them for `target`."""
    maps = method(network, images, target)
    return torch.stack([similarity(maps, method(other, images, other(images).argmax(1))) for other in others])


def neighbours(method, network, others, images, target, similarity):
    """You compare each network with the one before it. Neighbours stay alike although the whole drifts away: compare each with the trained network."""
    maps = [method(model, images, target) for model in (network, *others)]
    return torch.stack([similarity(a, b) for a, b in zip(maps, maps[1:], strict=False)])


def with_the_images(method, network, others, images, target, similarity):
    """You compare the maps with the images. Compare them with the maps of the trained network."""
    return torch.stack([similarity(images, method(other, images, target)) for other in others])


# edge_map -------------------------------------------------------------------------------------------------------------


def edge_map(images):
    """√(s_x² + s_y²) of the grey picture, the mean of the channels: how steep it is at each place.

    images (N, C, H, W) → (N, 1, H, W), ≥ 0. s_x is the Sobel filter (−1 0 1; −2 0 2; −1 0 1), s_y the same for rows; at
    the border the outermost pixels are repeated.
    """
    return evaluation.edge_map(images)


def edge_cases():
    step = torch.zeros(1, 1, 4, 6)
    step[..., 3:] = 1
    return [
        Case("a 4×6 picture with a step from 0 to 1 in the middle", (step,)),
        Case("an 8×8 picture with ones above the diagonal", (torch.triu(torch.ones(8, 8), 1)[None, None],)),
        Case("two 6×6 colour images", (random_images(2),)),
    ]


def sobel(images, mode="replicate"):
    """s_x and s_y of each channel, as if it were an image."""
    kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).to(images)
    kernels = torch.stack([kernel, kernel.T])[:, None]
    padded = F.pad(images, (1, 1, 1, 1), mode=mode)
    return F.conv2d(padded, kernels).split(1, 1)


def grey(images):
    return images.mean(1, keepdim=True)


def sum_of_both(images):
    """You add s_x and s_y, and where their signs differ they cancel. Square both, add them, and take the root."""
    s_x, s_y = sobel(grey(images))
    return s_x + s_y


def sizes_added(images):
    """You add the sizes of s_x and s_y: a slanted edge comes out too strong. Square both, add them, and take the root."""
    s_x, s_y = sobel(grey(images))
    return s_x.abs() + s_y.abs()


def across_alone(images):
    """You look across alone, and miss edges that lie flat. s_y is the same filter turned, `kernel.T`: both are needed."""
    return sobel(grey(images))[0].abs()


# without_sign ---------------------------------------------------------------------------------------------------------


def without_sign(similarity):
    """The same similarity of the maps' sizes: channels are added up first, then the absolute values are taken.

    similarity(maps, others) → a function of the same arguments.
    """
    return lambda maps, others: similarity(*(each.sum(1, keepdim=True).abs() for each in (maps, others)))


def in_use(result, similarity):
    """What the answer's function gives for some maps."""
    if result is None:
        return None
    if not callable(result):
        raise Unreadable(f"Return a function of (maps, others); yours returns a {type(result).__name__}.")
    maps, others = 2 * random_images(6, size=5, seed=4) - 1, 2 * random_images(6, size=5, seed=5) - 1
    others[0], others[1], others[2] = -maps[0], maps[1], maps[2].abs()
    return result(maps, others)


def mean_difference(maps, others):
    """A likeness that is larger for maps that are closer, value for value."""
    return -(maps - others).abs().mean((1, 2, 3))


def sign_cases():
    return [
        Case("rank correlation, `map_similarity`", (map_similarity,)),
        Case("−(mean difference)", (mean_difference,)),
    ]


def size_of_the_similarity(similarity):
    """You take the absolute value of the similarity. Take it of the maps, before they are compared."""
    return lambda maps, others: similarity(maps, others).abs()


def sizes_before_the_sum(similarity):
    """You take absolute values before the channels are added up. Add up the channels first: `.sum(1, keepdim=True).abs()`."""
    return lambda maps, others: similarity(maps.abs().sum(1, keepdim=True), others.abs().sum(1, keepdim=True))


def signs_left(similarity):
    """You return the similarity as it was. Return a function that compares the maps' absolute values."""
    return similarity


# permute_labels -------------------------------------------------------------------------------------------------------


def permute_labels(labels, seed):
    """The same labels in another order, as many of each class as before: (N,) → (N,)."""
    return evaluation.permute_labels(labels, seed)


def label_cases():
    return [
        Case("twelve labels, four of each of three classes; seed 0", (torch.arange(12) % 3, 0)),
        Case("thirty labels, 20 of class 0 and 10 of class 1; seed 4", ((torch.arange(30) % 3 == 2).long(), 4)),
    ]


def drawn_anew(labels, seed):
    """You draw labels anew, and there are no longer as many of each class. Put the same labels into another order: `labels[torch.randperm(…)]`."""
    return torch.randint(0, int(labels.max()) + 1, labels.shape, generator=torch.Generator().manual_seed(seed))


def turned_round(labels, seed):
    """You turn the labels round, whatever the seed. Draw an order by a generator of this seed: `torch.randperm`."""
    return labels.flip(0)


def without_a_seed(labels, seed):
    """Two calls with one seed give two orders. Draw from a generator of your own: `torch.Generator().manual_seed(seed)`."""
    return labels[torch.randperm(len(labels))]


# idle_map -------------------------------------------------------------------------------------------------------------


def idle_map(model, images, target):
    """A method that passes the check and explains nothing: noise that depends on the model's weights alone.

    images (N, C, H, W) → (N, 1, H, W). The same for the same weights, whatever the images and the class; after any change
    of any weight or bias, however small, maps that have nothing in common with those before.
    """
    return evaluation.idle_map(model, images, target)


def idle_cases():
    return [
        Case(
            "a network for images of any size, one image of 24×24, target 0",
            (any_size_network(), random_images(1, size=24), 0),
        ),
        Case(
            "a network for images of any size, three images of 24×20, the targets 1, 0, 2",
            (any_size_network(), random_images(3, size=24, width=20), torch.tensor([1, 0, 2])),
        ),
    ]


def from_chance(model, images, target):
    """Two calls give two maps. Draw from a generator of your own, with a seed that the weights decide."""
    return torch.randn(len(images), 1, *images.shape[2:])


EXERCISES = (
    Exercise(
        randomise,
        "sanity_checks",
        2,
        randomise_cases,
        (weights_alone, seeded_for_each, all_but_these, zeros_for_noise),
        trial=randomised,
        cures=TORCHS_WORDS,
        recall="Asked for is a copy of the network in which the layers of `layers` are drawn anew, in this order, from one generator of this seed, and all else is as it was.",
    ),
    Exercise(
        cascade,
        "sanity_checks",
        2,
        cascade_cases,
        (bottom_first, each_alone, fresh_noise),
        trial=cascaded,
        cures=TORCHS_WORDS,
        recall="Asked for is a list of pairs (number, network), one for each layer with weights, the last layer first; in network k the k last are random, and the same noise in all.",
    ),
    Exercise(
        randomisation_curve,
        "sanity_checks",
        2,
        curve_cases,
        (their_own_class, neighbours, with_the_images),
        in_float32,
        cures=TORCHS_WORDS,
        recall="Asked for is `similarity` of the trained network's maps with those of each of the others, all for `target`: (len(others), N).",
    ),
    Exercise(
        edge_map,
        "sanity_checks",
        2,
        edge_cases,
        (sum_of_both, sizes_added, across_alone),
        in_float32,
        cures=TORCHS_WORDS,
        recall="Asked for is √(s_x² + s_y²) of the mean over the channels, with the border repeated: (N, 1, H, W).",
    ),
    Exercise(
        without_sign,
        "sanity_checks",
        1,
        sign_cases,
        (size_of_the_similarity, sizes_before_the_sum, signs_left),
        in_float32,
        read=in_use,
        cures=TORCHS_WORDS,
        recall="Asked for is a function of (maps, others): the similarity of both after `.sum(1, keepdim=True).abs()`.",
    ),
    Exercise(
        permute_labels,
        "sanity_checks",
        1,
        label_cases,
        (drawn_anew, turned_round, without_a_seed),
        trial=permuted,
        cures=TORCHS_WORDS,
        recall="Asked for are the same labels in an order that a generator of this seed draws.",
    ),
    Exercise(
        idle_map,
        "sanity_checks",
        2,
        idle_cases,
        (from_chance,),
        trial=idle,
        cures=TORCHS_WORDS,
        recall="Asked for is noise, (N, 1, H, W), that depends on all weights of the model and on nothing else.",
    ),
)
