"""Lesson 11: what the network has learned is replaced by noise, or was learned from wrong labels. Does the map notice?"""

import copy

import torch
import torch.nn.functional as F
from torch import nn

from ... import evaluation
from ...evaluation import map_similarity
from ...methods import gradient_x_input, vanilla_gradient
from ..exercise import Case, Exercise
from ..surroundings import drawn_by
from . import facts
from .grad_cam import HANDED_OVER, TORCHS_WORDS, in_float32
from .networks import any_size_network, linear_network, random_images, small_network

# randomise ------------------------------------------------------------------------------------------------------------


def randomise(network, layers, seed):
    """A copy of the network, in eval mode, in which these layers are noise and all others as they were.

    network is an nn.Sequential, layers a list of numbers: network[k] is a layer with weights. Every weight and bias of
    these layers is uniform in ±1/√fan-in, fan-in the inputs of one output; renew(layer, generator) draws one layer so, in
    place. One generator, seeded once, serves all layers in the order given, so that the same first layers get the same
    weights; within a layer the order is free. The network itself stays as it is.
    """
    return evaluation.randomise(network, layers, seed)


def trained(*layers):
    """A network whose weights are larger than those that are drawn."""
    with drawn_by(3):
        network = nn.Sequential(*layers).eval()
        for weight in network.parameters():
            nn.init.normal_(weight, 0.0, 1.5)
    return network


def three_layers():
    return trained(nn.Flatten(), nn.Linear(12, 12), nn.ReLU(), nn.Linear(12, 12), nn.ReLU(), nn.Linear(12, 12))


def six_layers():
    convolutions = [
        each for n in (2, 5, 5) for each in (nn.Conv2d(n, 5, 3, padding=1), nn.ReLU())
    ]  # the second and the third of one shape
    linear = [nn.Linear(20, 20), nn.ReLU(), nn.Linear(20, 20), nn.ReLU(), nn.Linear(20, 3)]
    return trained(*convolutions, nn.AdaptiveAvgPool2d(2), nn.Flatten(), *linear)


OF_THREE = "a network in which layers 1, 3 and 5 have weights"
OF_SIX = "a network in which layers 0, 2, 4, 8, 10 and 12 have weights"


def randomise_cases():
    return [
        Case(f"{OF_THREE}; layers [5], seed 0", (three_layers(), [5], 0)),
        Case(f"{OF_SIX}; layers [12, 10, 8], seed 0", (six_layers(), [12, 10, 8], 0)),
        Case(f"{OF_SIX}; layers [2, 4, 0], seed 5", (six_layers(), [2, 4, 0], 5)),
        Case(f"{OF_SIX}; layers [12, 10, 8, 4, 2, 0], all that have weights, seed 1", (six_layers(), [12, 10, 8, 4, 2, 0], 1)),
        Case(f"{OF_SIX}; no layer, layers [], seed 0", (six_layers(), [], 0)),
        Case(f"{OF_THREE}, in training mode; layers [3, 1], seed 2", (three_layers().train(), [3, 1], 2)),
    ]  # fmt: skip


def renew(layer, generator):
    """As the lesson gives it."""
    reach = layer.weight[0].numel() ** -0.5
    with torch.no_grad():
        for weight in layer.parameters():
            weight.copy_(reach * (2 * torch.rand(weight.shape, generator=generator) - 1))


def has_weights(layer):
    return any(True for _ in layer.parameters())


def numbers_with_weights(network):
    return [k for k in range(len(network)) if has_weights(network[k])]


def noise_in(network, layers, seed, draw=renew):
    """A right copy, or one drawn otherwise."""
    other, generator = copy.deepcopy(network), torch.Generator().manual_seed(seed)
    for k in layers:
        draw(other[k], generator)
    return other.eval()


def drawing(new):
    """draw(layer, generator) in which each weight and bias becomes new(weight, layer, generator)."""

    def draw(layer, generator):
        with torch.no_grad():
            for weight in layer.parameters():
                weight.copy_(new(weight, layer, generator))

    return draw


def unit(weight, generator):
    """Uniform in ±1."""
    return 2 * torch.rand(weight.shape, generator=generator) - 1


def root(layer):
    return layer.weight[0].numel() ** 0.5


def weights_alone(network, layers, seed):
    """You draw the weights alone, and the biases are still the trained ones. Every weight and every bias of these layers is drawn: `renew` does both."""

    def draw(layer, generator):
        bias = layer.bias.detach().clone()
        renew(layer, generator)
        layer.bias.data.copy_(bias)

    return noise_in(network, layers, seed, draw)


def biases_alone(network, layers, seed):
    """You draw the biases alone, and the weights are still the trained ones. Every weight and every bias of these layers is drawn: `renew` does both."""

    def draw(layer, generator):
        weight = layer.weight.detach().clone()
        renew(layer, generator)
        layer.weight.data.copy_(weight)

    return noise_in(network, layers, seed, draw)


def seeded_for_each(network, layers, seed):
    """You seed anew for each layer, so that layers of one shape get the same weights. Seed one generator once, before the loop, and let it go on from layer to layer."""
    return noise_in(network, layers, seed, lambda layer, _: renew(layer, torch.Generator().manual_seed(seed)))


def seeded_for_each_weight(network, layers, seed):
    """You seed anew for each weight and each bias, so that a bias repeats the numbers of its weight. Seed one generator once, before the loop."""

    def new(weight, layer, _):
        return unit(weight, torch.Generator().manual_seed(seed)) / root(layer)

    return noise_in(network, layers, seed, drawing(new))


def all_but_these(network, layers, seed):
    """You draw all layers but those in `layers`. Draw the layers in `layers`, and leave all others as they are."""
    return noise_in(network, [k for k in numbers_with_weights(network) if k not in layers], seed)


def all_of_them(network, layers, seed):
    """You draw every layer, whatever `layers` says. Draw the layers in `layers`, and leave all others as they are."""
    others = [k for k in numbers_with_weights(network)[::-1] if k not in layers]
    return noise_in(network, [*layers, *others], seed)


def none_of_them(network, layers, seed):
    """All layers of your copy are still the trained ones. Draw those in `layers`: `renew(other[k], generator)`, where `other` is the copy that you return."""
    return noise_in(network, [], seed)


def the_first_alone(network, layers, seed):
    """You draw the first of `layers` alone. Draw all of them: does the `return` stand inside the loop?"""
    return noise_in(network, layers[:1], seed)


def the_last_alone(network, layers, seed):
    """Of your layers the last one alone is random: you make a new copy for each layer. Make one copy, before the loop."""
    generator = torch.Generator().manual_seed(seed)
    other = copy.deepcopy(network)
    for k in layers:
        other = copy.deepcopy(network)
        renew(other[k], generator)
    return other.eval()


def zeros_for_noise(network, layers, seed):
    """You set the layers to zero. Draw them at random, by `renew`: with zeros no signal passes at all."""
    return noise_in(network, layers, seed, drawing(lambda weight, *_: torch.zeros_like(weight)))


def biases_of_zero(network, layers, seed):
    """Your biases are all zero. They are drawn as the weights are, uniform in ±1/√fan-in."""
    return noise_in(
        network, layers, seed, drawing(lambda w, layer, g: unit(w, g) / root(layer) if w.dim() > 1 else 0 * w)
    )


def one_number_a_layer(network, layers, seed):
    """You give all weights of a layer the same number. Each weight is drawn for itself: `torch.rand(weight.shape, generator=generator)`."""
    return noise_in(
        network, layers, seed, drawing(lambda w, layer, g: (unit(w[:1], g).mean() / root(layer)).expand_as(w))
    )


def normal_noise(network, layers, seed):
    """You draw normal numbers. Draw uniform ones, in ±1/√fan-in: they come from `torch.rand`, and `renew` does it."""
    return noise_in(network, layers, seed, drawing(lambda w, layer, g: torch.randn(w.shape, generator=g)))


def normal_noise_in_size(network, layers, seed):
    """You draw normal numbers of deviation 1/√fan-in, and some lie beyond the range. Draw uniform ones, in ±1/√fan-in: `renew` does it."""
    new = drawing(
        lambda w, layer, g: torch.randn(w.shape, generator=g) / root(layer) if w.dim() > 1 else unit(w, g) / root(layer)
    )
    return noise_in(network, layers, seed, new)


def between_0_and_1(network, layers, seed):
    """You draw numbers between 0 and 1. They lie in ±1/√fan-in, as many of them negative as positive: `renew` does it."""
    return noise_in(network, layers, seed, drawing(lambda w, layer, g: torch.rand(w.shape, generator=g)))


def between_minus_1_and_1(network, layers, seed):
    """You draw numbers in ±1, in all layers alike. The range depends on the layer: ±1/√fan-in. `renew` does it."""
    return noise_in(network, layers, seed, drawing(lambda w, layer, g: unit(w, g)))


def half_as_far(network, layers, seed):
    """Your numbers reach half as far as they should: `rand − 0.5` lies in ±0.5. Take `2 * rand − 1`, in ±1, and divide by √fan-in."""
    return noise_in(network, layers, seed, drawing(lambda w, layer, g: unit(w, g) / root(layer) / 2))


def root_forgotten(network, layers, seed):
    """Your numbers do not reach as far as they should. The range is ±1/√fan-in, with the root, and fan-in is the number of inputs of one output, `layer.weight[0].numel()`. `renew` does it."""
    return noise_in(network, layers, seed, drawing(lambda w, layer, g: unit(w, g) / root(layer) ** 2))


def inputs_by_the_shape(network, layers, seed):
    """In convolutions your range is too wide: `weight.shape[1]` counts the channels alone. Fan-in is the number of inputs of one output, `layer.weight[0].numel()`: channels times the size of the filter. `renew` does it."""

    def new(weight, layer, generator):
        return unit(weight, generator) / layer.weight.shape[1] ** 0.5

    return noise_in(network, layers, seed, drawing(new))


def as_kaiming(network, layers, seed):
    """Your numbers lie in ±√6/√fan-in, Kaiming's range for ReLUs. The range here is ±1/√fan-in: `renew` does it."""
    return noise_in(network, layers, seed, drawing(lambda w, layer, g: unit(w, g) * 6**0.5 / root(layer)))


def noise_on_top(network, layers, seed):
    """You add noise to the trained weights. Put it in their place: `copy_`, and not `+=`."""
    return noise_in(network, layers, seed, drawing(lambda w, layer, g: w + unit(w, g) / root(layer)))


def weights_shuffled(network, layers, seed):
    """You put the trained weights into another order. Draw new ones, uniform in ±1/√fan-in: `renew` does it."""

    def new(weight, layer, generator):
        return weight.flatten()[torch.randperm(weight.numel(), generator=generator)].view_as(weight)

    return noise_in(network, layers, seed, drawing(new))


def always_one_seed(network, layers, seed):
    """Another seed gives the same network. Seed the generator by `seed` as it is: `torch.Generator().manual_seed(seed)`."""
    return noise_in(network, layers, 0)


def from_chance(network, layers, seed):
    """Two calls with the same seed give two networks: you draw from chance in general. Draw from a generator of your own, `torch.Generator().manual_seed(seed)`."""
    return noise_in(network, layers, int(torch.randint(10**6, ())))


def in_the_networks_order(network, layers, seed):
    """You draw the layers in another order than `layers` names them. Draw the one first that is named first: then it gets the same noise, however many follow it."""
    return noise_in(network, sorted(layers), seed)


def in_training_mode(network, layers, seed):
    """Your network is in training mode. Return it in eval mode, `.eval()`, in which dropout, say, is off."""
    return noise_in(network, layers, seed).train()


def in_the_mode_it_had(network, layers, seed):
    """Where the network is in training mode, your copy is, too. Return it in eval mode: `.eval()`."""
    return noise_in(network, layers, seed).train(network.training)


SEEDED = "A generator is made and seeded by `torch.Generator().manual_seed(seed)`. In the first brackets stands a device, if anything."
SEEDING = {"CUDA": SEEDED, "Torch not compiled": SEEDED, "must be torch.device": SEEDED}
WEIGHTS_CURES = {  # what PyTorch says of weights that are written over → what to do
    **TORCHS_WORDS,
    **SEEDING,
    "leaf Variable that requires grad": "Weights are written over inside `with torch.no_grad():`, as `renew` does it.",
    "cannot assign": "A weight is written over by `weight.copy_(…)`, inside `with torch.no_grad():`, as `renew` does it.",
    "support the deepcopy protocol": "This network holds tensors that come out of a computation. Write into its own weights: `weight.copy_(…)`, inside `with torch.no_grad():`.",
    "name 'renew' is not defined": "`renew` stands in a cell above: run the cells above, all of them after a restart of the kernel.",
    "name 'copy' is not defined": "`import copy` makes it known: write that into your cell.",
    "name 'deepcopy' is not defined": "`from copy import deepcopy` makes it known: write that into your cell.",
    "missing 1 required positional argument: 'generator'": "`renew(layer, generator)` takes both: the layer, and the generator that you made before the loop.",
    "to be drawn like this": "A layer without weights is among them, a ReLU, say. Take those alone for which `list(layer.parameters())` is not empty (`layer.parameters()` without `list` is never empty).",
    "has no attribute 'weight'": "This layer has no weights, or is it a number? The layer of number k is `other[k]`, and `renew` takes those with weights.",
    "'int' object has no attribute": "`layers` holds numbers. The layer of number k is `other[k]`.",
    "'str' object has no attribute": "`.named_modules()` gives names along with the modules. The layer of number k is `other[k]`.",
    "Conv2d' object is not iterable": "Go through numbers or layers of the network, `enumerate(network)`, not through one layer.",
    "'int' object is not iterable": "To go through numbers, `range(n)` is wanted, or the list `layers` itself. `randomise` takes a list, too: `[k]`.",
    "'int' object is not callable": "A number is called like a function: is a bracket in the wrong place, or a name used twice?",
    "Generator": "A generator is made and seeded by `torch.Generator().manual_seed(seed)`.",
    "out of range": "The numbers of layers are places in the network, `network[k]`, counted from 0.",
    "is not in list": "`network[k]` is the layer of number k; there is nothing to be searched.",
}

RANDOMISE_RECALL = (
    "Asked for is a copy of the network, in eval mode: every weight and bias of the layers in `layers` is new, uniform in "
    "±1/√fan-in, drawn in this order from one generator that is seeded once; all others are the trained ones."
)


# cascade --------------------------------------------------------------------------------------------------------------


def cascade(network, seed):
    """Pairs (number of the layer, network), one for each layer with weights, the last layer first: in network k the k
    last layers are noise, and what is noise in two of the networks is the same noise in both: network k is what
    randomise(network, numbers of these layers, the last first, seed) gives.
    """
    return [(int(name), other) for name, other in evaluation.cascade(network, seed)]


def cascade_cases():
    return [
        Case(f"{OF_THREE}; seed 0", (three_layers(), 0)),
        Case(f"{OF_SIX}; seed 5", (six_layers(), 5)),
    ]


def rows(layers_of):
    """A wrong cascade: the pairs (number, layers drawn in this order) that layers_of(numbers, last first) names."""

    def cascade(network, seed):
        return [(k, noise_in(network, layers, seed)) for k, layers in layers_of(numbers_with_weights(network)[::-1])]

    return cascade


def bottom_first(network, seed):
    """You begin with the first layer. Begin with the last one and go down, so that the layers next to the scores become random first."""
    return rows(lambda down: [(k, down[::-1][: n + 1]) for n, k in enumerate(down[::-1])])(network, seed)


def bottom_first_alone(network, seed):
    """You begin with the first layer, and make it alone random. Begin with the last one; and what is random stays random in all the networks after it."""
    return rows(lambda down: [(k, [k]) for k in down[::-1]])(network, seed)


def each_alone(network, seed):
    """In each of your networks one layer alone is random. In a cascade the layers above it stay random: name all numbers up to this one, `numbers[: n + 1]`."""
    return rows(lambda down: [(k, [k]) for k in down])(network, seed)


def every_place(network, seed):
    """You count all layers, also those without weights, in which nothing can become random. Count those with parameters: `list(layer.parameters())` is not empty."""
    places = range(len(network))[::-1]
    return [(k, noise_in(network, [j for j in places if j >= k and has_weights(network[j])], seed)) for k in places]


def fresh_noise(network, seed):
    """What is random in two of your networks is other noise in each. Use the same seed for all of them, and name the layers from the last one down, so that the same layers are drawn first."""
    down = numbers_with_weights(network)[::-1]
    return [(k, noise_in(network, down[: n + 1], seed + n)) for n, k in enumerate(down)]


def the_untouched_first(network, seed):
    """Your list begins with the untouched network. It begins with the one whose last layer is random."""
    return [(len(network), noise_in(network, [], seed)), *cascade_by_hand(network, seed)]


def cascade_by_hand(network, seed):
    return rows(lambda down: [(k, down[: n + 1]) for n, k in enumerate(down)])(network, seed)


def one_step_late(network, seed):
    """In network k of yours k − 1 layers are random: `numbers[:n]` ends before entry n. Take `numbers[: n + 1]`."""
    return rows(lambda down: [(k, down[:n]) for n, k in enumerate(down)])(network, seed)


def the_rest_below(network, seed):
    """In your networks the layers below are random, and fewer from step to step. Make those above random: `numbers[: n + 1]`, counted from the last layer."""
    return rows(lambda down: [(k, down[n:]) for n, k in enumerate(down)])(network, seed)


def numbered_in_a_row(network, seed):
    """You count the networks. In each pair stands the number of the layer that became random last, its place in the network."""
    return [(n, other) for n, (_, other) in enumerate(cascade_by_hand(network, seed))]


def names_for_numbers(network, seed):
    """Your numbers are texts, as `named_modules` gives them. Make whole numbers of them: `int(name)`."""
    return [(str(k), other) for k, other in cascade_by_hand(network, seed)]


def the_list_turned(network, seed):
    """Your list begins with the network in which all layers are random. It begins with the one in which the last layer is: turn the list round."""
    return cascade_by_hand(network, seed)[::-1]


def the_last_step_missing(network, seed):
    """The network in which all layers are random is missing at the end of your list."""
    return cascade_by_hand(network, seed)[:-1]


def the_first_step_missing(network, seed):
    """The network in which the last layer alone is random is missing at the beginning of your list."""
    return cascade_by_hand(network, seed)[1:]


def one_network_again_and_again(network, seed):
    """Your list holds one network many times, in the end with all layers random. Make a copy of its own for each pair."""
    numbers, (*_, (_, last)) = numbers_with_weights(network)[::-1], cascade_by_hand(network, seed)
    return [(k, last) for k in numbers]


def all_at_once(network, seed):
    """In each of your networks all layers are random. In network k the k last ones are: `numbers[: n + 1]`."""
    return rows(lambda down: [(k, down) for k in down])(network, seed)


def nothing_random(network, seed):
    """In none of your networks a layer is random. Hand the numbers of the k last layers with weights to `randomise`, and put what it returns into the pair."""
    return rows(lambda down: [(k, []) for k in down])(network, seed)


def whatever_the_seed(network, seed):
    """Another seed gives the same networks: hand `seed` on to `randomise`."""
    return cascade_by_hand(network, 0)


def twins_in_a_cascade(network, seed):
    """Layers of one shape come out the same in your networks: you seed anew for each. Let one generator go on from layer to layer, as `randomise` does with several numbers at once."""
    down = numbers_with_weights(network)[::-1]
    return [(k, seeded_for_each(network, down[: n + 1], seed)) for n, k in enumerate(down)]


CASCADE_CURES = {
    **WEIGHTS_CURES,
    "layers must be a list": "`randomise` takes a list of numbers, also of one: `[k]`. In network k it has k of them: `numbers[: n + 1]`.",
    "layers must have weights of their own": "In this layer nothing can become random. Leave out the layers for which `list(layer.parameters())` is empty (`layer.parameters()` alone is never empty).",
    "layers must be names or numbers": "The numbers of the layers are whole numbers of Python: `.tolist()` makes them of a tensor.",
    "is not reversible": "`enumerate` goes forwards alone. Make a list of the numbers first, and turn that round: `numbers[::-1]`.",
    "'NoneType' object is not": "Something here is `None`: `list.append`, `list.reverse` and `list.sort` return nothing. `numbers[::-1]` is a list turned round.",
    "not subscriptable": "A generator, or what `reversed` and `enumerate` give, has no `[: n]`. Make a list of it first: `list(…)`.",
}

CASCADE_RECALL = (
    "Asked for is a list of pairs (number of the layer, network), one for each layer with weights, from the last layer to the "
    "first. In network k the k last of them are random; the same seed, and the last layer named first, give the same noise."
)


# randomisation_curve --------------------------------------------------------------------------------------------------


def randomisation_curve(method, network, others, images, target, similarity):
    """How like the maps of the network are those that each of the other networks gets: (len(others), N).

    method(model, images, target) → maps (N, C, h, w); similarity(maps, maps) → (N,). others is a list of networks. The
    class asked for is the same in all of them: target.
    """
    return curve_from(method, network, others, images, target, similarity)


def curve_from(method, network, others, images, target, similarity, towards=lambda maps: maps):
    trained_maps = towards(method(network, images, target))
    return torch.stack([similarity(trained_maps, method(other, images, target)) for other in others])


def mean_closeness(maps, others):
    """How close the values are, −(mean difference): (N,), at most 0."""
    return -(maps - others).abs().mean((1, 2, 3))


def others_of(network):
    down = numbers_with_weights(network)[::-1]
    return [noise_in(network, down[: n + 1], 2) for n in range(len(down))]


def curve_cases():
    small, wide, images = small_network(), any_size_network(), random_images(5, seed=2)
    return [
        Case(
            "the gradient, a linear network of three classes, two others, two 2×2 images, target 1, and minus the mean difference as similarity",
            (vanilla_gradient, of_three_classes(), [*others_of(of_three_classes()), half_of(of_three_classes())], random_images(2, 1, 2), 1, mean_closeness),
        ),
        Case(
            "gradient × input, a small network, three others, four images with the targets 0, 2, 1, 1, and the rank correlation `map_similarity`",
            (gradient_x_input, small, others_of(small), images[:4], torch.tensor([0, 2, 1, 1]), map_similarity),
        ),
        Case(
            "gradient × input, a network for images of any size, three others, five images with the targets 3, 0, 1, 3, 2, and minus the mean difference as similarity",
            (gradient_x_input, wide, others_of(wide), images, torch.tensor([3, 0, 1, 3, 2]), mean_closeness),
        ),
    ]  # fmt: skip


def of_three_classes():
    """linear_network, in three layers."""
    return nn.Sequential(*linear_network(), nn.Identity()).eval()


def half_of(network):
    network.load_state_dict({name: value / 2 for name, value in network.state_dict().items()})
    return network


def predicted(network, images):
    with torch.no_grad():
        return network(images).argmax(1)


def their_own_class(method, network, others, images, target, similarity):
    """You ask each network for the class that it predicts itself. Then the map changes because the question does: ask all of them for `target`."""
    maps = method(network, images, target)
    return torch.stack([similarity(maps, method(other, images, predicted(other, images))) for other in others])


def own_class_of_all(method, network, others, images, target, similarity):
    """You ask each network, the trained one too, for the class that it predicts itself. Ask all of them for `target`: then only the network changes."""
    maps = method(network, images, predicted(network, images))
    return torch.stack([similarity(maps, method(other, images, predicted(other, images))) for other in others])


def class_of_the_trained(method, network, others, images, target, similarity):
    """You ask for the class that the trained network predicts. Ask for `target`, whichever that is."""
    return curve_from(method, network, others, images, predicted(network, images), similarity)


def neighbours(method, network, others, images, target, similarity):
    """You compare each network with the one before it. Neighbours stay alike although the whole drifts away: compare each with the trained network."""
    maps = [method(model, images, target) for model in (network, *others)]
    return torch.stack([similarity(before, after) for before, after in zip(maps, maps[1:], strict=False)])


def with_the_first_of_the_others(method, network, others, images, target, similarity):
    """You compare with the first of `others`. Compare each of them with the trained network, `network`."""
    return curve_from(method, others[0], others, images, target, similarity)


def with_the_last_of_the_others(method, network, others, images, target, similarity):
    """You compare with the last of `others`. Compare each of them with the trained network, `network`."""
    return curve_from(method, others[-1], others, images, target, similarity)


def the_mean_map(method, network, others, images, target, similarity):
    """You average the maps over the images, and compare the means. Each image has a map, and a similarity, of its own: (len(others), N)."""
    mean = method(network, images, target).mean(0, keepdim=True)
    return torch.stack([similarity(mean, method(other, images, target).mean(0, keepdim=True)) for other in others])


def mean_over_the_images(method, network, others, images, target, similarity):
    """You average the similarities over the images. Return one for each network and each image: (len(others), N)."""
    return curve_from(method, network, others, images, target, similarity).mean(1)


def mean_over_the_networks(method, network, others, images, target, similarity):
    """You average the similarities over the networks. Return one for each network and each image: (len(others), N)."""
    return curve_from(method, network, others, images, target, similarity).mean(0)


def one_mean_of_all(method, network, others, images, target, similarity):
    """You average over networks and images. Return one similarity for each network and each image: (len(others), N)."""
    return curve_from(method, network, others, images, target, similarity).mean()


def with_the_images(method, network, others, images, target, similarity):
    """You compare the maps with the images. Compare them with the maps that the trained network gets."""
    return curve_from(method, network, others, images, target, similarity, lambda maps: images)


def networks_in_columns(method, network, others, images, target, similarity):
    """You return a row for each image. Return a row for each network, (len(others), N): `torch.stack` with its own dimension, 0."""
    return curve_from(method, network, others, images, target, similarity).T


def all_in_one_row(method, network, others, images, target, similarity):
    """You put all similarities into one row. `torch.stack`, in place of `torch.cat`, gives one row for each network: (len(others), N)."""
    return curve_from(method, network, others, images, target, similarity).flatten()


def the_trained_one_first(method, network, others, images, target, similarity):
    """Your first row compares the trained network with itself. There is one row for each of `others`, and no more."""
    return curve_from(method, network, [network, *others], images, target, similarity)


def the_first_network_alone(method, network, others, images, target, similarity):
    """You return the similarities of the first of `others` alone. There is one row for each of them: (len(others), N)."""
    return curve_from(method, network, others, images, target, similarity)[0]


def the_last_network_alone(method, network, others, images, target, similarity):
    """You return the similarities of the last of `others` alone. Collect one row for each of them, and `torch.stack` them: (len(others), N)."""
    return curve_from(method, network, others, images, target, similarity)[-1]


def of_its_own_maps(method, network, others, images, target, similarity):
    """You compare each map with itself: one network is asked twice. Compare the map of `network` with that of the other one, `method(other, images, target)`."""
    return torch.stack([similarity(*[method(other, images, target)] * 2) for other in others])


def how_unlike(method, network, others, images, target, similarity):
    """You return 1 − similarity. Return the similarity as it is."""
    return 1 - curve_from(method, network, others, images, target, similarity)


def without_its_sign(method, network, others, images, target, similarity):
    """You take the absolute value of the similarity. A map that turned round, at −1, is not like the first: return the similarity as it is."""
    return curve_from(method, network, others, images, target, similarity).abs()


def maps_without_sign(method, network, others, images, target, similarity):
    """You drop the signs of the maps. Hand them to `similarity` as they are: whoever wants sizes hands over another similarity."""
    maps = method(network, images, target).abs()
    return torch.stack([similarity(maps, method(other, images, target).abs()) for other in others])


def channels_added_up(method, network, others, images, target, similarity):
    """You add up the channels of the maps. Hand the maps to `similarity` as the method gives them, (N, C, h, w)."""
    maps = method(network, images, target).sum(1, keepdim=True)
    return torch.stack([similarity(maps, method(other, images, target).sum(1, keepdim=True)) for other in others])


def always_rank_correlation(method, network, others, images, target, similarity):
    """You compare by `map_similarity`, whichever similarity is asked for. Use `similarity`."""
    return curve_from(method, network, others, images, target, map_similarity)


def always_the_gradient(method, network, others, images, target, similarity):
    """You take the gradient's maps, whichever method is asked for. Use `method`."""
    return curve_from(vanilla_gradient, network, others, images, target, similarity)


def class_zero(method, network, others, images, target, similarity):
    """You ask for class 0 alone. Ask for `target`."""
    return curve_from(method, network, others, images, 0, similarity)


def one_class_for_all(method, network, others, images, target, similarity):
    """You ask for one class, that of the first image, for all of them. `target` may be a tensor with one for each: hand it on as it is."""
    return curve_from(method, network, others, images, int(torch.as_tensor(target).flatten()[0]), similarity)


def similarity_of_the_scores(method, network, others, images, target, similarity):
    """You compare the scores. Compare the maps: `method(other, images, target)`."""
    scores = [model(images).detach()[:, :, None, None] for model in (network, *others)]
    return torch.stack([similarity(scores[0], other) for other in scores[1:]])


CURVE_CURES = {
    **TORCHS_WORDS,
    "values to unpack": "`others` is a list of networks alone, without numbers: `for other in others`.",
    **HANDED_OVER,
    "'list' object is not callable": "`others` is a list of networks. Go through it: `for other in others`.",
    "must be a torch.nn.Module, got list": "`others` is a list of networks. Go through it: `for other in others`.",
    "must be a torch.nn.Module, got a": "A method takes the network first, then the images, then the classes: `method(other, images, target)`.",
    "'Sequential' object is not iterable": "`others` is the list of networks, and `network` the trained one alone.",
    "must be a tensor (N, C, h, w)": "`similarity` compares all maps at once, (N, C, h, w), with the others: hand them over as the method gives them.",
    "only one element tensors": "Each row has N similarities. `torch.stack(rows)` makes one tensor of a list of rows.",
    "can be converted to": "Each row has N similarities. `torch.stack(rows)` makes one tensor of a list of rows.",
    "not a sequence": "`torch.stack` takes a list of rows: `torch.stack([… for other in others])`.",
    "non-empty TensorList": "Nothing was collected. Does the loop go through `others`, and does it `append` each row?",
    "must match the size": "Both maps come from the same images, and have the same shape: is one of them a part?",
    "must have the same shape": "Both maps come from the same images, and have the same shape: is one of them a part, or an image?",
    "missing 1 required positional argument": "A method takes three things, `method(model, images, target)`, a similarity two, `similarity(maps, others)`.",
    "is not callable": "`method` and `similarity` are functions, `others` is a list and `target` a class: is one used in another's place?",
}  # fmt: skip

CURVE_RECALL = (
    "Asked for is, for each of `others`, the similarity of the trained network's maps with those of the other network, both "
    "for `target`: one row for each of them, one number for each image, (len(others), N)."
)


# without_sign ---------------------------------------------------------------------------------------------------------


def without_sign(similarity):
    """The same similarity of the maps' sizes: channels are added up first, then the absolute values are taken.

    similarity(maps, others) → a function of the same arguments, maps and others (N, C, h, w).
    """
    return lambda maps, others: similarity(facts.sizes(maps), facts.sizes(others))


def share_larger(maps, others):
    """At how many places the map has more than the other: (N,)."""
    return (maps > others).float().mean((1, 2, 3))


SIGN_MAPS = "of six pairs of 5×4 maps with three channels"


def sign_cases():
    return [
        Case(f"the rank correlation, `map_similarity`, {SIGN_MAPS}", (map_similarity,)),
        Case(f"minus the mean difference, {SIGN_MAPS}", (mean_closeness,)),
        Case(f"the share of places at which the first map is larger, {SIGN_MAPS}", (share_larger,)),
    ]


def size_of_the_similarity(similarity):
    """You take the absolute value of the similarity. Take it of both maps, before they are compared."""
    return lambda maps, others: similarity(maps, others).abs()


def size_of_the_similarity_of_sums(similarity):
    """You take the absolute value of the similarity. Take it of both maps, after the channels are added up and before they are compared."""
    return lambda maps, others: similarity(maps.sum(1, keepdim=True), others.sum(1, keepdim=True)).abs()


def sizes_before_the_sum(similarity):
    """You take the absolute values before the channels are added up. Add up the channels first: `.sum(1, keepdim=True).abs()`."""
    return lambda maps, others: similarity(maps.abs().sum(1, keepdim=True), others.abs().sum(1, keepdim=True))


def channels_apart(similarity):
    """You take the absolute values channel by channel. Add up the channels first: `.sum(1, keepdim=True).abs()`."""
    return lambda maps, others: similarity(maps.abs(), others.abs())


def signs_left(similarity):
    """Your function compares the maps with their signs. Hand over their absolute values: `.sum(1, keepdim=True).abs()` of each."""
    return similarity


def sums_with_signs(similarity):
    """You add up the channels, and the signs are still there. Take the absolute values after the sum: `.sum(1, keepdim=True).abs()`."""
    return lambda maps, others: similarity(maps.sum(1, keepdim=True), others.sum(1, keepdim=True))


def first_without_sign(similarity):
    """You take the sizes of the first maps alone. Take those of both."""
    return lambda maps, others: similarity(facts.sizes(maps), others.sum(1, keepdim=True))


def others_without_sign(similarity):
    """You take the sizes of the second maps alone. Take those of both."""
    return lambda maps, others: similarity(maps.sum(1, keepdim=True), facts.sizes(others))


def first_twice(similarity):
    """You compare the first maps with themselves. The second argument, `others`, is to be compared with them."""
    return lambda maps, others: similarity(facts.sizes(maps), facts.sizes(maps))


def exchanged(similarity):
    """You hand over `others` first. Keep the order: `similarity(maps, others)`."""
    return lambda maps, others: similarity(facts.sizes(others), facts.sizes(maps))


def mean_for_the_sum(similarity):
    """You average the channels. Add them up: `.sum(1, keepdim=True)`."""
    return lambda maps, others: similarity(*(each.mean(1, keepdim=True).abs() for each in (maps, others)))


def largest_channel(similarity):
    """You take the largest channel at each place. Add up the channels, then take the absolute value: `.sum(1, keepdim=True).abs()`."""
    return lambda maps, others: similarity(*(each.abs().amax(1, keepdim=True) for each in (maps, others)))


def first_channel(similarity):
    """You look at the first channel alone. Add up all channels: `.sum(1, keepdim=True)`."""
    return lambda maps, others: similarity(maps[:, :1].abs(), others[:, :1].abs())


def lengths_of_the_channels(similarity):
    """You take the length of the channels, the root of their squares. Add them up with their signs, then take the absolute value: `.sum(1, keepdim=True).abs()`."""
    return lambda maps, others: similarity(*(each.norm(dim=1, keepdim=True) for each in (maps, others)))


def negatives_to_zero(similarity):
    """You set negative values to zero. Their size counts, too: `.abs()`."""
    return lambda maps, others: similarity(*(each.sum(1, keepdim=True).clamp(min=0) for each in (maps, others)))


def signs_alone(similarity):
    """You keep the signs and drop the sizes. It is the other way round: `.abs()`."""
    return lambda maps, others: similarity(*(each.sum(1, keepdim=True).sign() for each in (maps, others)))


def squares_for_sizes(similarity):
    """You square the maps. Take their absolute values, `.abs()`: squares keep the order, but not the sizes."""
    return lambda maps, others: similarity(*(each.sum(1, keepdim=True) ** 2 for each in (maps, others)))


def the_better_of_both(similarity):
    """You try the other maps with both signs and take what is more alike. Take the absolute value at each place, before the maps are compared."""
    return lambda maps, others: torch.maximum(similarity(maps, others), similarity(maps, -others))


def always_the_rank_correlation(similarity):
    """You compare by `map_similarity`, whichever similarity is given. Use `similarity`."""
    return lambda maps, others: map_similarity(facts.sizes(maps), facts.sizes(others))


def mean_of_the_similarities(similarity):
    """Your function returns one mean. Return what `similarity` returns, one number for each image: (N,)."""
    return lambda maps, others: similarity(facts.sizes(maps), facts.sizes(others)).mean()


SIGN_CURES = {
    **TORCHS_WORDS,
    "recursion": "The function inside calls itself. Give it another name than the similarity has: `of_sizes`, say.",
    "must be a tensor (N, C, h, w)": "The channel must stay, as a dimension of length 1: `.sum(1, keepdim=True)`.",
    "Dimension out of range": "The channel must stay, as a dimension of length 1: `.sum(1, keepdim=True)`.",
    "name 'maps' is not defined": "`without_sign` is given the similarity alone. The maps come later: define a function of (maps, others) inside, and return it.",
    "name 'others' is not defined": "`without_sign` is given the similarity alone. The maps come later: define a function of (maps, others) inside, and return it.",
    "missing 2 required positional arguments": "`similarity` is called only when there are maps: inside the function that you return, `similarity(…, …)`.",
    "missing 1 required positional argument": "The function that you return is called with two arguments, (maps, others), and so is `similarity`.",
    "positional arguments but": "The function that you return is called with two arguments, (maps, others), and so is `similarity`.",
    "positional argument but": "The function that you return is called with two arguments, (maps, others), and so is `similarity`.",
    "bad operand type for abs()": "A function has no absolute value, and a pair of maps has none. Take it of each map: `maps.sum(1, keepdim=True).abs()`.",
    "'function' object has no attribute": "`similarity` is a function: it is called, with two maps, inside the function that you return.",
}  # fmt: skip

SIGN_RECALL = (
    "Asked for is a function of (maps, others) that returns `similarity` of both after `.sum(1, keepdim=True).abs()`: channels "
    "added up first, then without sign."
)


# edge_map -------------------------------------------------------------------------------------------------------------


def edge_map(images):
    """√(s_x² + s_y²) of the grey picture, the mean of the channels: how steep it is at each place.

    images (N, C, H, W) → (N, 1, H, W), ≥ 0. s_x is the Sobel filter (−1 0 1; −2 0 2; −1 0 1), s_y the same for rows, its
    transpose; at the border the outermost pixels are repeated.
    """
    return evaluation.edge_map(images)


def edge_cases():
    step = torch.zeros(1, 1, 4, 6)
    step[..., 3:] = 1
    stairs = 0.3 * step
    stairs[..., 5:] = 1
    two_colours = torch.stack([step[0, 0], 0.4 * step[0, 0].flip(1), 0.2 * step[0, 0]])[None]
    return [
        Case("a 4×6 picture of one channel, 0 in three columns, 0.3 in two and 1 in the last", (stairs,)),
        Case("an 8×8 picture of one channel, 1 above the diagonal and 0 elsewhere", (torch.triu(torch.ones(8, 8), 1)[None, None],)),
        Case("a 4×6 colour picture, red and blue on the right, green on the left", (two_colours,)),
        Case("three 6×7 colour images", (random_images(3, width=7, seed=3),)),
        Case("two 5×4 images of two channels with values from −1 to 1", (2 * random_images(2, 2, 5, 4, seed=6) - 1,)),
    ]  # fmt: skip


def grey(images):
    return images.mean(1, keepdim=True)


SOBEL = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])


def steepness(picture, mode="replicate", kernel=SOBEL, other=None):
    """s_x and s_y of pictures with one channel, each (N, 1, H, W)."""
    pair = torch.stack([kernel, kernel.T if other is None else other])[:, None].to(picture)
    padded = picture if mode is None else F.pad(picture, (1, 1, 1, 1), mode=mode)
    return F.conv2d(padded, pair).split(1, dim=1)


def length(pair):
    return torch.hypot(*pair)


def sum_of_both(images):
    """You add s_x and s_y, and where their signs differ they cancel. Square both, add the squares, and take the root."""
    s_x, s_y = steepness(grey(images))
    return s_x + s_y


def size_of_the_sum(images):
    """You add s_x and s_y before the sign goes, and where their signs differ they cancel. Square both, add the squares, and take the root."""
    s_x, s_y = steepness(grey(images))
    return (s_x + s_y).abs()


def sizes_added(images):
    """You add the sizes of s_x and s_y: slanted edges come out too strong. Square both, add the squares, and take the root."""
    s_x, s_y = steepness(grey(images))
    return s_x.abs() + s_y.abs()


def the_larger_one(images):
    """You take the larger one of |s_x| and |s_y|: slanted edges come out too weak. Square both, add the squares, and take the root."""
    s_x, s_y = steepness(grey(images))
    return torch.maximum(s_x.abs(), s_y.abs())


def root_missing(images):
    """You return s_x² + s_y². Take the root of it."""
    return length(steepness(grey(images))) ** 2


def square_missing(images):
    """You take the root of sizes that were not squared. Square first: √(s_x² + s_y²)."""
    return sizes_added(images).sqrt()


def square_missing_after_the_sum(images):
    """You add s_x and s_y, and take the root. Square both before they are added: √(s_x² + s_y²)."""
    s_x, s_y = steepness(grey(images))
    return (s_x + s_y).sqrt()


def roots_added(images):
    """You take the root of s_x and of s_y. Square both, add the squares, and take the root of the sum: √(s_x² + s_y²)."""
    s_x, s_y = steepness(grey(images))
    return s_x.sqrt() + s_y.sqrt()


def mean_of_squares(images):
    """You take the root of the mean of s_x² and s_y². Add the squares, and do not divide by 2."""
    return length(steepness(grey(images))) / 2**0.5


def mean_of_sizes(images):
    """You average the sizes of s_x and s_y. Square both, add the squares, and take the root."""
    return sizes_added(images) / 2


def padded_with_zeros(images):
    """You pad with zeros, and a frame appears around every picture. Repeat the outermost pixels: `F.pad(grey, (1, 1, 1, 1), mode="replicate")`."""
    return length(steepness(grey(images), "constant"))


def padded_by_mirror(images):
    """At the border you mirror the picture. Repeat the outermost pixels: `mode="replicate"`."""
    return length(steepness(grey(images), "reflect"))


def padded_around(images):
    """At the border you go on with the opposite side of the picture. Repeat the outermost pixels: `mode="replicate"`."""
    return length(steepness(grey(images), "circular"))


def not_padded(images):
    """Your map is smaller than the picture by a pixel on each side. Pad first: `F.pad(grey, (1, 1, 1, 1), mode="replicate")`."""
    return length(steepness(grey(images), None))


def frame_of_zeros(images):
    """Your map is 0 along the border. Pad the picture before the filter, by repeated pixels, and not the map after it."""
    return F.pad(length(steepness(grey(images), None)), (1, 1, 1, 1))


def map_padded(images):
    """You pad the map after the filter. Pad the picture before it: `F.pad(grey, (1, 1, 1, 1), mode="replicate")`."""
    return F.pad(length(steepness(grey(images), None)), (1, 1, 1, 1), mode="replicate")


def of_each_channel(images):
    """You look for edges in each channel and add up what you find. Make the picture grey first, by the mean of the channels, and look once."""
    return length(steepness(images.flatten(0, 1)[:, None])).view_as(images).sum(1, keepdim=True)


def mean_of_the_channels_edges(images):
    """You look for edges in each channel and average what you find. Make the picture grey first, by the mean of the channels, and look once."""
    return length(steepness(images.flatten(0, 1)[:, None])).view_as(images).mean(1, keepdim=True)


def largest_of_the_channels_edges(images):
    """You look for edges in each channel and take the strongest. Make the picture grey first, by the mean of the channels, and look once."""
    return length(steepness(images.flatten(0, 1)[:, None])).view_as(images).amax(1, keepdim=True)


def channels_kept(images):
    """You return a map for each channel. Make the picture grey first, by the mean of the channels, `mean(1, keepdim=True)`: (N, 1, H, W)."""
    return length(steepness(images.flatten(0, 1)[:, None])).view_as(images)


def channels_added(images):
    """You add up the channels. Grey is their mean: `images.mean(1, keepdim=True)`."""
    return length(steepness(images.sum(1, keepdim=True)))


def as_bright_as_to_the_eye(images):
    """You weight the channels as the eye does, 0.299, 0.587 and 0.114. Grey is their plain mean here: `images.mean(1, keepdim=True)`."""
    weights = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    return length(steepness((images * weights).sum(1, keepdim=True))) if images.shape[1] == 3 else edge_map(images)


def the_first_channel(images):
    """You look at the first channel alone. Grey is the mean of all channels: `images.mean(1, keepdim=True)`."""
    return length(steepness(images[:, :1]))


def across_alone(images):
    """You use s_x alone, and miss the edges that lie flat. s_y is the same filter for rows, the transposed kernel: both are needed."""
    return steepness(grey(images))[0].abs()


def down_alone(images):
    """You use s_y alone, and miss the edges that stand upright. s_x is the filter for columns: both are needed."""
    return steepness(grey(images))[1].abs()


def across_twice(images):
    """Your s_y is s_x again: the kernel is used twice, or turned round. For s_y it is transposed: `kernel.T`."""
    return length(steepness(grey(images), other=SOBEL))


def prewitt(images):
    """All rows of your kernel count alike. In Sobel's the middle one counts twice: (−1 0 1; −2 0 2; −1 0 1)."""
    return length(steepness(grey(images), kernel=SOBEL.sign()))


def scharr(images):
    """The weights of your kernel are not Sobel's: (−1 0 1; −2 0 2; −1 0 1)."""
    return length(steepness(grey(images), kernel=SOBEL.sign() * torch.tensor([[3.0], [10.0], [3.0]])))


def over_eight(images):
    """Your kernel is divided by 8. Take it as it is: a step from 0 to 1 gives 4."""
    return length(steepness(grey(images))) / 8


def over_four(images):
    """Your kernel is divided by 4. Take it as it is: a step from 0 to 1 gives 4."""
    return length(steepness(grey(images))) / 4


def plain_differences(images):
    """You take differences of two pixels. Sobel's filter weights three rows, (−1 0 1; −2 0 2; −1 0 1)."""
    middle = torch.tensor([[0.0, 0.0, 0.0], [-1.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    return length(steepness(grey(images), kernel=middle))


def laplace(images):
    """You use one kernel that adds up the neighbours and subtracts the middle. Use two, s_x = (−1 0 1; −2 0 2; −1 0 1) and its transpose."""
    kernel = torch.tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])
    return steepness(grey(images), kernel=kernel)[0].abs()


def stretched_to_1(images):
    """You divide by the largest value. Leave the map as it is: a step from 0 to 1 gives 4."""
    edges = length(steepness(grey(images)))
    return edges / edges.amax((1, 2, 3), keepdim=True).clamp(min=1e-9)


def edges_as_a_mask(images):
    """You return 1 where there is an edge, else 0. Return how steep it is."""
    return (length(steepness(grey(images))) > 0).float()


def both_as_channels(images):
    """You return s_x and s_y as two channels. Return one number for each place, √(s_x² + s_y²): (N, 1, H, W)."""
    return torch.cat(steepness(grey(images)), 1)


def without_the_channel(images):
    """Your values are right, but a dimension is missing: return (N, 1, H, W). Keep the channel wherever you take a mean or a sum over it: `mean(1, keepdim=True)`, `sum(1, keepdim=True)`."""
    return length(steepness(grey(images)))[:, 0]


def the_picture_in_grey(images):
    """You return the grey picture. Filter it, by s_x and s_y."""
    return grey(images)


EDGE_CURES = {
    **TORCHS_WORDS,
    "to have 2 channels": "`F.conv2d` takes two kernels as (2, 1, 3, 3): `torch.stack([kernel, kernel.T])[:, None]`.",
    "to have 1 channels": "The kernel, (1, 1, 3, 3), takes pictures of one channel: make them grey first, `images.mean(1, keepdim=True)`.",
    "Expected 3D (unbatched) or 4D": "Pictures have four dimensions, (N, 1, H, W), also the grey ones: `images.mean(1, keepdim=True)`.",
    "weight should have at least three dimensions": "`F.conv2d` takes kernels of four dimensions: one as (1, 1, 3, 3), `kernel[None, None]`, two that are stacked as (2, 1, 3, 3), `kernels[:, None]`.",
    "expected stride to be a single integer": "`F.conv2d` takes kernels of four dimensions: one as (1, 1, 3, 3), `kernel[None, None]`, two that are stacked as (2, 1, 3, 3), `kernels[:, None]`.",
    "expected weight to be at least": "`F.conv2d` takes kernels of four dimensions: one as (1, 1, 3, 3), `kernel[None, None]`, two that are stacked as (2, 1, 3, 3), `kernels[:, None]`.",
    "must have the same dtype": "Write the kernel with decimal points, −1.0: then its type is that of the picture.",
    "should be the same": "Write the kernel with decimal points, −1.0: then its type is that of the picture.",
    "but found": "Write the kernel with decimal points, −1.0: then its type is that of the picture.",
    "name 'F' is not defined": "`import torch.nn.functional as F` makes it known: write that into your cell.",
    "bitwise_": "A power is written `**`, and a root `.sqrt()`; `^` is something else.",
    "conv2d() received": "`F.conv2d` takes tensors, (N, 1, H, W), and kernels (1, 1, 3, 3): `torch.tensor([…])[None, None]`.",
    "only one element tensors": "Functions of `math` take one number. Of a tensor the root is `.sqrt()`.",
    "can be converted to": "Functions of `math` take one number. Of a tensor the root is `.sqrt()`.",
    "argument 'pad'": "`F.pad(grey, (1, 1, 1, 1), mode=\"replicate\")` pads by one on each side: left, right, top, bottom.",
    "Padding size": "`F.pad(grey, (1, 1, 1, 1), mode=\"replicate\")` pads by one on each side: left, right, top, bottom.",
    "Only 2D, 3D, 4D, 5D padding": "`F.pad(grey, (1, 1, 1, 1), mode=\"replicate\")` pads by one on each side, of pictures (N, 1, H, W).",
    "must match the size": "s_x and s_y have the size of the picture, if it was padded by one on all four sides before.",
    "must be Tensor, not": "Of a tensor the root is `.sqrt()`; `torch.sqrt` takes a tensor.",
}  # fmt: skip

EDGE_RECALL = (
    "Asked for is √(s_x² + s_y²), (N, 1, H, W): grey is the mean of the channels; it is padded by repeated pixels; s_x is its "
    "filter (−1 0 1; −2 0 2; −1 0 1), s_y the one of the transposed kernel."
)


# permute_labels -------------------------------------------------------------------------------------------------------


def permute_labels(labels, seed):
    """The same labels in an order drawn at random, as many of each class as before: (N,) → (N,).

    The seed decides the order. The labels that are given stay as they are.
    """
    return evaluation.permute_labels(labels, seed)


def label_cases():
    classes = torch.tensor([0] * 20 + [1] * 30 + [2] * 10)
    return [
        Case("twelve labels, 0 0 0 1 1 2 0 1 0 2 1 0; seed 0", (torch.tensor([0, 0, 0, 1, 1, 2, 0, 1, 0, 2, 1, 0]), 0)),
        Case("60 labels, first 20 times class 0, then 30 times 1, then 10 times 2; seed 3", (classes, 3)),
        Case("90 labels, 30 of each of three classes, class after class; seed 1", (torch.arange(90) // 30, 1)),
    ]


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def drawn_anew(labels, seed):
    """There are no longer as many labels of each class. Do you draw them anew, or write over some before they are read? Put the same labels into another order, each of them once: `labels[torch.randperm(len(labels), generator=generator)]`."""
    return torch.randint(0, int(labels.max()) + 1, labels.shape, generator=seeded(seed))


def turned_round(labels, seed):
    """You turn the labels round, whatever the seed is. Draw an order: `torch.randperm(len(labels), generator=generator)`."""
    return labels.flip(0)


def moved_on(labels, seed):
    """Most labels are still right. Do you move all of them on by some places, or leave out a part of them? Draw an order of all: `torch.randperm(len(labels), generator=generator)`."""
    return labels.roll(seed + 1)


def put_in_order(labels, seed):
    """You sort the labels. Draw an order at random: `torch.randperm(len(labels), generator=generator)`."""
    return labels.sort().values


def classes_renamed(labels, seed):
    """You give each class the name of another one: who was alike still is, and a network learns that as easily. Put the labels of the images into another order."""
    n = int(labels.max()) + 1
    return torch.arange(n).roll(1 + seed % (n - 1))[labels]


def two_exchanged(labels, seed):
    """You exchange two labels, and all others are still right. Draw an order of all of them: `torch.randperm(len(labels), generator=generator)`."""
    first, last = int(torch.randint(0, 8, (), generator=seeded(seed))), -1
    other = labels.clone()
    place = next(k for k in range(first, len(labels)) if labels[k] != labels[last])
    other[place], other[last] = labels[last], labels[place]
    return other


def as_they_were(labels, seed):
    """Your labels are as they were. Put them into another order, `labels[order]`, and return that."""
    return labels.clone()


def the_order_itself(labels, seed):
    """You return the order. Return the labels in this order: `labels[order]`."""
    return torch.randperm(len(labels), generator=seeded(seed))


def without_a_seed(labels, seed):
    """Two calls with the same seed give two orders. Draw from a generator of your own: `torch.Generator().manual_seed(seed)`."""
    return labels[torch.randperm(len(labels))]


def whatever_seed(labels, seed):
    """Another seed gives the same order: you do not use `seed`. Seed the generator by it: `torch.Generator().manual_seed(seed)`."""
    return labels[torch.randperm(len(labels), generator=seeded(0))]


def the_first_class_for_all(labels, seed):
    """You give all images one label. Put the same labels into another order."""
    return torch.full_like(labels, int(labels[0]))


LABEL_CURES = {
    **TORCHS_WORDS,
    **SEEDING,
    "randperm()": "`torch.randperm` takes the number of labels, and the generator by name: `torch.randperm(len(labels), generator=generator)`.",
    "'Generator' object": "A generator is handed over by name: `torch.randperm(len(labels), generator=generator)`.",
    "'int' object is not iterable": "`torch.randperm(n)` gives the numbers below n in an order at random; `range(n)` gives them in theirs.",
    "step must be greater than zero": "A tensor is turned round by `.flip(0)`. Asked for is an order at random: `labels[torch.randperm(len(labels), generator=generator)]`.",
    "name 'images' is not defined": "The images stay where they are. `labels` alone is put into another order.",
    "name 'random' is not defined": "`torch.randperm(len(labels), generator=generator)` needs no `random`.",
    "has no attribute 'shuffle'": "A tensor is shuffled by an order: `labels[torch.randperm(len(labels), generator=generator)]`.",
}  # fmt: skip

LABEL_RECALL = (
    "Asked for are the same labels, `labels[order]`, with an order that a generator of this seed draws: "
    "`torch.randperm(len(labels), generator=generator)`."
)


# idle_map -------------------------------------------------------------------------------------------------------------


def idle_map(model, images, target):
    """A method that passes the check and explains nothing.

    images (N, C, H, W) → (N, 1, H, W). The same map for the same weights: in another copy of the model, tomorrow, for
    every image and every class. After any change of any weight or bias, however small, and after an exchange of two, a
    map that has nothing in common with the one before: their rank correlation is near 0.
    """
    return evaluation.idle_map(model, images, target)


def idle_cases():
    network = any_size_network()
    return [
        Case(
            "a network for images of any size, one image of 20×26, target 1",
            (network, random_images(1, size=20, width=26), 1),
        ),
        Case(
            "a network for images of any size, three images of 22×22, the targets 1, 0, 2",
            (network, random_images(3, size=22, seed=1), torch.tensor([1, 0, 2])),
        ),
    ]


def noise_by(seed, images):
    """The same noise for all images."""
    noise = torch.randn(images.shape[2:], generator=seeded(int(seed) % 2**62))
    return noise.expand(len(images), 1, *noise.shape).clone()


def all_numbers(model):
    return torch.cat([weight.detach().double().flatten() for weight in model.parameters()])


def as_seed(values):
    """A whole number that depends on each value and its place, to the last bit."""
    bits = values.double().view(torch.int64).tolist()
    found = 0
    for bit in bits:
        found = (found * 1_000_003 + bit) % (2**61 - 1)
    return found


def noise_from_chance(model, images, target):
    """Two calls with the same weights give two maps. Draw from a generator of your own, with a seed that the weights decide."""
    noise = torch.randn(images.shape[2:])
    return noise.expand(len(images), 1, *noise.shape).clone()


def seeded_by_the_image(model, images, target):
    """The image decides your map, and the weights do not. It must be the same for every image, and another one after any change of a weight: let the weights decide the seed."""
    return noise_by(as_seed(images.flatten()), images)


def seeded_by_image_and_weights(model, images, target):
    """The image decides your map along with the weights. Let the weights alone decide the seed: for every image the map is the same."""
    return noise_by(as_seed(torch.cat([images.flatten().double(), all_numbers(model)])), images)


def seeded_by_the_class(model, images, target):
    """The class decides your map, and the weights do not. It must be the same for every class, and another one after any change of a weight: let the weights decide the seed."""
    return noise_by(torch.as_tensor(target).flatten()[0], images)


def seeded_by_class_and_weights(model, images, target):
    """The class decides your map along with the weights. Let the weights alone decide the seed: for every class the map is the same."""
    return noise_by(as_seed(all_numbers(model)) + torch.as_tensor(target).flatten()[0], images)


def seeded_by_the_score(model, images, target):
    """Your map follows the model's scores, and so the image and the class. Let the weights alone decide the seed."""
    rows = torch.arange(len(images))
    scores = model(images).detach()[rows, torch.as_tensor(target).expand(len(images))]
    return noise_by(as_seed(scores), images)


def seeded_by_the_number_of_weights(model, images, target):
    """No change of a weight changes your map. Is the seed a fixed number, or the number of weights, or do you look at the notebook's `network` in place of `model`? Let the values of all weights of the model decide it."""
    return noise_by(sum(weight.numel() for weight in model.parameters()), images)


def a_constant_map(model, images, target):
    """Your map is the same at every place, and stays so after any change. It must be noise, and another noise after any change: let the weights decide the seed of a generator."""
    return torch.zeros(len(images), 1, *images.shape[2:])


def a_level_of_the_weights(model, images, target):
    """Your map is the same at every place, and its height is what the weights decide. Such a map has no order. Let the weights decide the seed of a generator, and let it draw the map."""
    return all_numbers(model).sum().float().expand(len(images), 1, *images.shape[2:]).clone()


def other_noise_for_each(model, images, target):
    """Each image of a call gets another map. Draw one map, (H, W), and give it to all of them: `.repeat(len(images), 1, 1, 1)`."""
    return torch.randn(len(images), 1, *images.shape[2:], generator=seeded(as_seed(all_numbers(model))))


def noise_times_the_weights(model, images, target):
    """You multiply or shift a fixed pattern by a number that comes from the weights: the order of its places stays. Let the weights decide the seed of a generator, and let it draw the map."""
    return noise_by(0, images) * all_numbers(model).abs().sum().float()


def seeded_by_the_sum(model, images, target):
    """A sum, or another number that many weights share, decides your map: where two weights are exchanged, or a change is lost in rounding, the map stays. Let every weight count at its place, to the last bit: by the bytes of all of them in a row, say, and `hashlib.sha256`."""
    return noise_by(1e4 * all_numbers(model).sum().abs(), images)


def seeded_by_the_sum_to_the_last_bit(model, images, target):
    """A sum decides your map: where two weights are exchanged, it stays. Let the place of each weight count, too: by the bytes of all of them in a row, say, and `hashlib.sha256`."""
    return noise_by(sum(all_numbers(model).float().view(torch.int32).tolist()), images)


def a_seed_of_few_values(model, images, target):
    """Your seed has few values: after one change in a hundred, or so, the map is the same. Leave the number as large as it is, or take four bytes of the digest, 32 bits."""
    return noise_by(as_seed(all_numbers(model)) % 100, images)


def seeded_by_rounded_places(model, images, target):
    """A tiny change of a weight is lost in rounding. Let every weight count to the last bit: by the bytes of all of them in a row, say, and `hashlib.sha256`."""
    values = (1000 * all_numbers(model)).round()
    return noise_by(as_seed(values), images)


def seeded_by_the_first_layer(model, images, target):
    """The first layer alone decides your map. Let all weights and biases decide it: `model.parameters()` goes through all of them."""
    return noise_by(as_seed(torch.cat([w.detach().flatten() for w in list(model.parameters())[:2]])), images)


def seeded_by_the_last_layer(model, images, target):
    """The last layer alone decides your map. Let all weights and biases decide it: `model.parameters()` goes through all of them. Does a loop keep nothing but its last step?"""
    return noise_by(as_seed(torch.cat([w.detach().flatten() for w in list(model.parameters())[-2:]])), images)


def seeded_without_biases(model, images, target):
    """The biases do not count in your map. Let all weights and biases decide it: `model.parameters()` goes through both."""
    return noise_by(as_seed(torch.cat([w.detach().flatten() for w in model.parameters() if w.dim() > 1])), images)


def seeded_by_the_first_of_each(model, images, target):
    """One number of each layer alone decides your map. Let all of them decide it: a weight in the middle may change, too."""
    return noise_by(as_seed(torch.stack([w.detach().flatten()[0] for w in model.parameters()])), images)


def a_map_of_the_weights(model, images, target):
    """After a change of a weight your map is still like the old one. Do you show the weights themselves, or noise in large spots? Let the weights decide the seed of a generator, and let it draw a number for each place."""
    numbers, places = all_numbers(model).float(), images.shape[2] * images.shape[3]
    picture = numbers.repeat(1 + places // len(numbers))[:places].view(1, 1, *images.shape[2:])
    return picture.repeat(len(images), 1, 1, 1)


def the_gradient(model, images, target):
    """Your map looks at the image and the class. Take no notice of them: let the weights alone decide the seed of a generator, and let it draw the map."""
    return vanilla_gradient(model, images, target).sum(1, keepdim=True)


def the_edges(model, images, target):
    """Your map shows the image, and no change of a weight changes it. Let the weights alone decide the seed of a generator, and let it draw the map."""
    return length(steepness(grey(images)))


def with_noise_on_top(model, images, target):
    """You put noise on top of a map of the image, and what they have in common stays. Return the noise alone."""
    return grey(images) + 0.2 * noise_by(as_seed(all_numbers(model)), images)


IN_BYTES = "The bytes of a weight are `weight.detach().numpy().tobytes()`."
IDLE_CURES = {
    **TORCHS_WORDS,
    **SEEDING,
    **HANDED_OVER,
    "name 'hashlib' is not defined": "`import hashlib` makes it known: write that into your cell.",
    "Strings must be encoded": f"`hashlib` takes bytes. {IN_BYTES}",
    "buffer API required": f"`hashlib` takes bytes. {IN_BYTES}",
    "bytes-like object": f"`hashlib` takes bytes. {IN_BYTES}",
    "requires grad. Use tensor.detach().numpy()": f"Weights are marked for a gradient: {IN_BYTES}",
    "unhashable type": "A list or a dict has no `hash`. Go by the bytes: `weight.detach().numpy().tobytes()`, all in a row, and `hashlib.sha256`.",
    "expected a long": "A seed is a whole number: `int(…)` makes one.",
    "must be int, not": "A seed is a whole number: `int(…)` makes one.",
    "'float' object cannot be interpreted": "A seed is a whole number: `int(…)` makes one.",
    "Overflow when unpacking": "A seed is a whole number below 2⁶³: take the remainder, `seed % 2**63`.",
    "without overflow": "A seed is a whole number below 2⁶³: take the remainder, `seed % 2**63`.",
    "too large to convert": "A seed is a whole number below 2⁶³: take the remainder, `seed % 2**63`.",
    "too big to convert": "A seed is a whole number below 2⁶³: take the remainder, `seed % 2**63`.",
    "integer out of range": "A seed is a whole number below 2⁶³: take the remainder, `seed % 2**63`.",
    "Seed must be between": "NumPy's seeds are below 2³²: take the remainder, `seed % 2**32`.",
    "sum() takes": "`model.parameters()` goes through tensors of many shapes. Go through them one by one.",
    "has no attribute 'weight'": "Not every layer has weights. `model.parameters()` goes through those that are there.",
    "randn()": "`torch.randn` takes the sizes, and the generator by name: `torch.randn(1, 1, height, width, generator=generator)`.",
    "must be tuple of Tensors": "`torch.cat` joins a list, and rows that are flat: `[weight.flatten() for weight in model.parameters()]`.",
    "Tensors must have same number of dimensions": "Weights have many shapes. Make a row of each, `weight.flatten()`, before they are joined.",
    "Sizes of tensors must match": "Weights have many shapes. Make a row of each, `weight.flatten()`, before they are joined.",
    "equal size": "Weights have many shapes. Make a row of each, `weight.flatten()`, and join them by `torch.cat`.",
}  # fmt: skip

IDLE_RECALL = (
    "Asked for is noise, (N, 1, H, W), the same for all images and classes, from a generator whose seed depends on every "
    "weight and bias, to the last bit and with its place, and on nothing else. (Of a seed, a generator takes the last 32 bits alone.)"
)


EXERCISES = (
    Exercise(
        randomise,
        "sanity_checks",
        2,
        randomise_cases,
        (
            weights_alone,
            biases_alone,
            seeded_for_each,
            seeded_for_each_weight,
            all_but_these,
            all_of_them,
            none_of_them,
            the_first_alone,
            the_last_alone,
            zeros_for_noise,
            biases_of_zero,
            one_number_a_layer,
            normal_noise,
            normal_noise_in_size,
            between_0_and_1,
            between_minus_1_and_1,
            half_as_far,
            root_forgotten,
            inputs_by_the_shape,
            as_kaiming,
            noise_on_top,
            weights_shuffled,
            always_one_seed,
            from_chance,
            in_the_networks_order,
            in_training_mode,
            in_the_mode_it_had,
        ),
        trial=facts.randomised,
        explain=lambda found: facts.first_said(found, facts.SAYS_RANDOMISED),
        cures=WEIGHTS_CURES,
        recall=RANDOMISE_RECALL,
    ),
    Exercise(
        cascade,
        "sanity_checks",
        2,
        cascade_cases,
        (
            bottom_first,
            bottom_first_alone,
            each_alone,
            every_place,
            fresh_noise,
            the_untouched_first,
            one_step_late,
            the_rest_below,
            numbered_in_a_row,
            names_for_numbers,
            the_list_turned,
            the_last_step_missing,
            the_first_step_missing,
            one_network_again_and_again,
            all_at_once,
            nothing_random,
            whatever_the_seed,
            twins_in_a_cascade,
        ),
        trial=facts.cascaded,
        explain=lambda found: facts.first_said(found, facts.SAYS_CASCADED),
        cures=CASCADE_CURES,
        recall=CASCADE_RECALL,
    ),
    Exercise(
        randomisation_curve,
        "sanity_checks",
        2,
        curve_cases,
        (
            their_own_class,
            own_class_of_all,
            class_of_the_trained,
            neighbours,
            with_the_first_of_the_others,
            with_the_last_of_the_others,
            the_mean_map,
            mean_over_the_images,
            mean_over_the_networks,
            one_mean_of_all,
            with_the_images,
            networks_in_columns,
            all_in_one_row,
            the_trained_one_first,
            the_first_network_alone,
            the_last_network_alone,
            of_its_own_maps,
            how_unlike,
            without_its_sign,
            maps_without_sign,
            channels_added_up,
            always_rank_correlation,
            always_the_gradient,
            class_zero,
            one_class_for_all,
            similarity_of_the_scores,
        ),
        in_float32,
        cures=CURVE_CURES,
        recall=CURVE_RECALL,
    ),
    Exercise(
        without_sign,
        "sanity_checks",
        1,
        sign_cases,
        (
            size_of_the_similarity,
            size_of_the_similarity_of_sums,
            sizes_before_the_sum,
            channels_apart,
            signs_left,
            sums_with_signs,
            first_without_sign,
            others_without_sign,
            first_twice,
            exchanged,
            mean_for_the_sum,
            largest_channel,
            first_channel,
            lengths_of_the_channels,
            negatives_to_zero,
            signs_alone,
            squares_for_sizes,
            the_better_of_both,
            always_the_rank_correlation,
            mean_of_the_similarities,
        ),
        in_float32,
        read=facts.in_use,
        cures=SIGN_CURES,
        recall=SIGN_RECALL,
    ),
    Exercise(
        edge_map,
        "sanity_checks",
        2,
        edge_cases,
        (
            sum_of_both,
            size_of_the_sum,
            sizes_added,
            the_larger_one,
            root_missing,
            square_missing,
            square_missing_after_the_sum,
            roots_added,
            mean_of_squares,
            mean_of_sizes,
            padded_with_zeros,
            padded_by_mirror,
            padded_around,
            not_padded,
            frame_of_zeros,
            map_padded,
            of_each_channel,
            mean_of_the_channels_edges,
            largest_of_the_channels_edges,
            channels_kept,
            channels_added,
            as_bright_as_to_the_eye,
            the_first_channel,
            across_alone,
            down_alone,
            across_twice,
            prewitt,
            scharr,
            over_eight,
            over_four,
            plain_differences,
            laplace,
            stretched_to_1,
            edges_as_a_mask,
            both_as_channels,
            without_the_channel,
            the_picture_in_grey,
        ),
        in_float32,
        floor=2e-4,
        cures=EDGE_CURES,
        recall=EDGE_RECALL,
    ),
    Exercise(
        permute_labels,
        "sanity_checks",
        1,
        label_cases,
        (
            drawn_anew,
            turned_round,
            moved_on,
            put_in_order,
            classes_renamed,
            two_exchanged,
            as_they_were,
            the_order_itself,
            without_a_seed,
            whatever_seed,
            the_first_class_for_all,
        ),
        trial=facts.permuted,
        explain=lambda found: facts.first_said(found, facts.SAYS_PERMUTED),
        cures=LABEL_CURES,
        recall=LABEL_RECALL,
    ),
    Exercise(
        idle_map,
        "sanity_checks",
        2,
        idle_cases,
        (
            noise_from_chance,
            seeded_by_the_image,
            seeded_by_image_and_weights,
            seeded_by_the_class,
            seeded_by_class_and_weights,
            seeded_by_the_score,
            seeded_by_the_number_of_weights,
            a_constant_map,
            a_level_of_the_weights,
            other_noise_for_each,
            noise_times_the_weights,
            seeded_by_the_sum,
            seeded_by_the_sum_to_the_last_bit,
            a_seed_of_few_values,
            seeded_by_rounded_places,
            seeded_by_the_first_layer,
            seeded_by_the_last_layer,
            seeded_without_biases,
            seeded_by_the_first_of_each,
            a_map_of_the_weights,
            the_gradient,
            the_edges,
            with_noise_on_top,
        ),
        trial=facts.idle,
        explain=lambda found: facts.first_said(found, facts.SAYS_IDLE),
        cures=IDLE_CURES,
        recall=IDLE_RECALL,
    ),
)
