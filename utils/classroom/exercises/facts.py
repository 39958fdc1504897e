"""What must hold of the answers of lesson 11, each tried more than once: networks with layers made random, labels in
another order, a method that explains nothing. How an answer draws its noise is its own affair.

A trial gives numbers, one for each thing that must hold: 1 where it holds, another where it does not, and which one says
in what way. SAYS… have the words.
"""

import builtins
import inspect
import math
import sys
from contextlib import contextmanager

import torch
from torch import nn

from ...evaluation.similarity import map_similarity
from ..exercise import Unreadable, copied
from ..sealing import unwrapped
from ..surroundings import GENERATOR

FAR = 2.6  # further than this / √n from its distribution, a sample of n is once in some 400 000 times
MANY = 300  # networks that shall get as many maps
UNLIKE = 5.5  # beyond this / √places, the rank correlation of two maps of noise is once in some 25 million times


def in_order(names, given, named):
    """The arguments in the order of the names, by whatever way they came."""
    return [*given, *(named[name] for name in names[len(given) :])]


def as_chance_goes_on(function, *arguments):
    """What the answer gives for these. Numbers were drawn since the last call: chance does not repeat itself."""
    torch.rand(7, generator=GENERATOR)
    return function(*arguments)


def asked(function, *arguments):
    """What the answer gives for copies of these."""
    return as_chance_goes_on(function, *copied(arguments))


def kind(value):
    return f"{'an' if type(value).__name__[0] in 'aeiouAEIOU' else 'a'} {type(value).__name__}"


def first_said(facts, words):
    """The sentence of the first fact that does not hold, if there is one for it."""
    if not isinstance(facts, torch.Tensor) or facts.shape != (len(words),):
        return ""
    found = [round(value, 2) for value in facts.tolist()]
    return next((said[value] for value, said in zip(found, words, strict=True) if value in said), "")


# networks with random layers ------------------------------------------------------------------------------------------


def with_weights(network):
    """The numbers of the layers that have weights, in the order of the network."""
    return [k for k, layer in enumerate(network) if any(True for _ in layer.parameters())]


def readable(result, network):
    if not isinstance(result, nn.Module):
        raise Unreadable(f"A network is asked for, a copy with random layers; yours is {kind(result)}.")
    shapes = [{name: value.shape for name, value in each.state_dict().items()} for each in (result, network)]
    if shapes[0] != shapes[1] or not isinstance(result, nn.Sequential) or len(result) != len(network):
        raise Unreadable(
            "Your network has other layers, or weights of other shapes, than the one that it is a copy of. Start from "
            "`copy.deepcopy(network)`, and change nothing but the values of weights and biases. (`renew` changes a layer in place, "
            "and returns nothing.)"
        )
    return result


def values(network, k):
    """Weight and bias of layer k."""
    return [each.detach().double() for each in network[k].parameters()]


def equal(network, other, k):
    return all(a.equal(b) for a, b in zip(values(network, k), values(other, k), strict=True))


def scaled(network, k):
    """Weight and bias of layer k, times √fan-in: as they should be, both lie in ±1."""
    root = network[k].weight[0].numel() ** 0.5
    return [each.flatten() * root for each in values(network, k)]


def how_much_new(before, after):
    """Of lists of tensors: 1 all is new, 0 nothing, 0.2 all of the first alone, 0.3 of the last alone, 0.5 a part."""
    pairs = [(len(a.flatten()), (a != b).double().mean().item()) for a, b in zip(before, after, strict=True)]
    new, old = [share > (0.8 if n > 9 else 0) for n, share in pairs], [share == 0 for _, share in pairs]
    if all(new):
        return 1.0
    if all(old):
        return 0.0
    if new[0] and all(old[1:]):
        return 0.2
    return 0.3 if new[-1] and all(old[:-1]) else 0.5


def is_uniform(sample, low, high):
    """By Kolmogorov and Smirnov's distance."""
    steps = torch.arange(len(sample) + 1, dtype=sample.dtype) / len(sample)
    reached = ((sample.sort().values - low) / (high - low)).clamp(0, 1)
    return torch.maximum((steps[1:] - reached).abs(), (reached - steps[:-1]).abs()).max() < FAR / len(sample) ** 0.5


def noise_of(before, after, roots):
    """What kind of noise these numbers are (lists, one tensor a layer, with the √fan-in of each): 1 the right one. Of few
    numbers only what chance cannot do is said.
    """
    joined, old = torch.cat(after), torch.cat(before)
    units = torch.cat([each * root for each, root in zip(after, roots, strict=True)])
    reach, many = units.abs().max(), len(units) >= 100
    if not joined.isfinite().all():
        return 2.0
    if not joined.any():
        return 3.0
    if all(each.unique().numel() == 1 for each in after):
        return 4.0
    if joined.sort().values.equal(old.sort().values):
        return 5.0
    if len(joined) > 20 and joined.min() >= 0:
        return 6.0
    if reach <= 1.0001 and (not many or is_uniform(units, -1, 1)):
        return 1.0
    if many and torch.corrcoef(torch.stack([joined, old]))[0, 1] > 0.5:
        return 7.0
    if many and 0.9 < joined.abs().max() <= 1.0001 and is_uniform(joined, -1, 1):
        return 8.0
    if many and 0.45 < reach <= 0.5001 and is_uniform(units, -0.5, 0.5):
        return 9.0
    if many and units.std() > 1.25 and reach <= 6**0.5 + 0.0001 and is_uniform(units, -(6**0.5), 6**0.5):
        return 10.0
    if many and reach > 1.0001 and max((each / each.std()).abs().max() for each in after if len(each) > 20) > 2.2:
        return 11.0
    return 12.0 if reach > 1.0001 else 13.0 if reach > 0.9 else 14.0


def twins(network, layers):
    """1 where nothing came twice; 0.5 where a bias began like its own weight, 0 where two layers began alike."""

    def alike(a, b):
        n = min(len(a), len(b))
        return n > 1 and a[:n].any() and torch.allclose(a[:n], b[:n], rtol=1e-4, atol=1e-6)

    begins = [scaled(network, k) for k in layers]
    if any(alike(a[0], b[0]) for i, a in enumerate(begins) for b in begins[:i]):
        return 0.0
    return 0.5 if any(alike(weight, bias) for weight, bias in begins) else 1.0


def mode_of(networks, given):
    """1 where all are in eval mode; else 0.5 where they have weights of the network that was given, 0 where not."""
    if not any(module.training for network in networks for module in network.modules()):
        return 1.0
    own = {id(weight) for weight in given.parameters()}
    return 0.5 if any(id(weight) in own for network in networks for weight in network.parameters()) else 0.0


def drawn(network, trained, layers):
    """Five facts of the layers that should be noise."""
    if not layers:
        return [1.0] * 5
    before, after = (
        [list(each) for each in zip(*(values(one, k) for k in layers), strict=True)] for one in (trained, network)
    )
    roots = [trained[k].weight[0].numel() ** 0.5 for k in layers]
    new = [how_much_new(a, b) for a, b in zip(before, after, strict=True)]
    noise = [
        noise_of(*([each.flatten() for each in side[i]] for side in (before, after)), roots) if new[i] == 1 else 0.9
        for i in range(2)
    ]
    return [*new, *noise, twins(network, layers) if new == [1, 1] else 1.0]


GENERATORS = "Draw from a generator of your own, `torch.Generator().manual_seed(seed)`, and hand it to `renew`."
SAYS_DRAWN = (
    {
        0.0: "The weights of the layers that should be random are still the trained ones.",
        0.2: "Of the layers that should be random, the first alone has new weights. Does the `return` stand inside the loop?",
        0.3: "Of the layers that should be random, the last alone has new weights. Is the copy made inside the loop? Make it once, before.",
        0.5: "Some of the weights that should be random are still the trained ones.",
    },
    {
        0.0: "The biases of the layers that should be random are still the trained ones. Every weight and every bias is drawn.",
        0.2: "Of the layers that should be random, the first alone has new biases.",
        0.3: "Of the layers that should be random, the last alone has new biases.",
        0.5: "Some of the biases that should be random are still the trained ones.",
    },
    {
        2.0: "The random weights are not finite.",
        3.0: "The weights that should be random are all zero.",
        4.0: "All weights of a layer are the same number. Each is drawn for itself.",
        5.0: "Your random weights are the trained ones in another order.",
        6.0: "None of your random weights is negative. They lie between −1/√fan-in and 1/√fan-in.",
        7.0: "Your random weights still follow the trained ones. What is drawn takes their place.",
        8.0: "Your random weights lie between −1 and 1 in every layer. The range is ±1/√fan-in.",
        9.0: "Your random weights reach only half as far as they should, ±0.5/√fan-in.",
        10.0: "Your random weights reach too far, ±√6/√fan-in. The range is ±1/√fan-in.",
        11.0: "Your random weights are not uniform: many are small and a few large, as of `torch.randn`. Uniform numbers come from `torch.rand`.",
        12.0: "Some of your random weights lie beyond ±1/√fan-in, where fan-in is `layer.weight[0].numel()`.",
        13.0: "Your random weights are not spread evenly over ±1/√fan-in.",
        14.0: "Your random weights do not reach as far as ±1/√fan-in.",
    },
    {
        2.0: "The random biases are not finite.",
        3.0: "The biases of the random layers are all zero. They are drawn as the weights are.",
        4.0: "All biases of a layer are the same number. Each is drawn for itself.",
        5.0: "Your random biases are the trained ones in another order.",
        6.0: "None of your random biases is negative. They lie between −1/√fan-in and 1/√fan-in.",
        7.0: "Your random biases still follow the trained ones. What is drawn takes their place.",
        8.0: "Your random biases lie between −1 and 1 in every layer. Their range is that of the weights, ±1/√fan-in.",
        9.0: "Your random biases reach only half as far as they should, ±0.5/√fan-in.",
        10.0: "Your random biases reach too far. Their range is that of the weights, ±1/√fan-in.",
        11.0: "Your random biases are not uniform. Uniform numbers come from `torch.rand`.",
        12.0: "Some of your random biases lie beyond ±1/√fan-in, the range of the layer's weights.",
        13.0: "Your random biases are not spread evenly over ±1/√fan-in.",
        14.0: "Your random biases do not reach as far as ±1/√fan-in.",
    },
    {
        0.0: "Two layers begin with the same random numbers. Seed one generator once, before the loop.",
        0.5: "A bias begins with the same random numbers as its weight. Seed one generator once, before the loop.",
    },
)  # fmt: skip
SAYS_SEEDS = (
    {0.0: f"Two calls with the same seed give two different networks. {GENERATORS}"},
    {0.0: f"Another seed gives the same network. {GENERATORS}"},
)
SAYS_MODE = {
    0.0: "Your network is in training mode. Return it in eval mode: `.eval()`.",
    0.5: "You return the network that was given, or its own layers, changed. Work on a copy, `copy.deepcopy(network)`, and return "
    "that in eval mode: `.eval()`.",
}
SAYS_RANDOMISED = (
    *SAYS_DRAWN,
    {0.0: "A layer that `layers` does not name has changed. It keeps the trained weights."},
    *SAYS_SEEDS,
    {
        0.0: "A layer that comes first in `layers` gets other noise when more layers follow it. Draw the layers in the order in "
        "which `layers` names them, and each of them once."
    },
    SAYS_MODE,
)


def randomised(function):
    """randomise(network, layers, seed), tried four times."""

    def trial(*given, **named):
        network, layers, seed = in_order(("network", "layers", "seed"), given, named)
        (trained,), wanted = copied((network,)), list(layers)
        result = function(*given, **named)
        if result is None:
            return None
        if list(layers) != wanted:
            raise Unreadable("Your function changes the list `layers` that it is given. Leave it as it is.")
        readable(result, trained)
        again, other, first = (
            readable(asked(function, trained, *changed), trained)
            for changed in ((wanted, seed), (wanted, seed + 1), (wanted[:1], seed))
        )
        rest = [k for k in with_weights(trained) if k not in wanted]
        return torch.tensor(
            [
                *drawn(result, trained, wanted),
                float(all(equal(result, trained, k) for k in rest)),
                float(all(equal(result, again, k) for k in wanted)),
                float(not wanted or not all(equal(result, other, k) for k in wanted)),
                float(all(equal(result, first, k) for k in wanted[:1])),
                mode_of([result], network),
            ]
        )

    return trial


# a cascade ------------------------------------------------------------------------------------------------------------


def pairs_in(result, network):
    """The pairs (number, network)."""
    if not isinstance(result, (list, tuple)):
        raise Unreadable(f"A list of pairs (number of the layer, network) is asked for; yours is {kind(result)}.")
    if not result:
        raise Unreadable(
            "Your list is empty. It has a pair (number of the layer, network) for each layer with weights."
        )
    for each in result:
        if not isinstance(each, (list, tuple)) or len(each) != 2:
            raise Unreadable(
                f"Each entry of the list is a pair, (number of the layer, network); yours has {kind(each)} in it."
            )
        if isinstance(each[0], nn.Module) and isinstance(each[1], nn.Module):
            raise Unreadable(
                "In your pairs stands the layer itself, and then the network. In place of the layer put its number: "
                "`enumerate(network)` gives both."
            )
        if isinstance(each[0], nn.Module):
            raise Unreadable("In each pair the number of the layer comes first, then the network; yours are exchanged.")
    return [(number, readable(other, network)) for number, other in result]


def numbers_of(pairs, network):
    """1 where the numbers are right."""
    found, wanted = [number for number, _ in pairs], with_weights(network)[::-1]
    if found == wanted:
        return 1.0
    if [str(number) for number in found] == [str(number) for number in wanted]:
        return 2.0
    if found == wanted[::-1]:
        return 3.0
    if found[1:] == wanted:
        return 4.0
    if found in (list(range(len(wanted))), list(range(1, len(wanted) + 1)), list(range(len(wanted)))[::-1]):
        return 5.0
    if found == list(range(len(network)))[::-1]:
        return 6.0
    if found == wanted[:-1]:
        return 7.0
    if found == wanted[1:]:
        return 8.0
    if any(isinstance(number, (list, tuple)) for number in found):
        return 9.0
    if found == wanted[:1]:
        return 10.0
    kinds = [type(network[k]) for k in wanted]
    if any(found == [k for k in wanted if isinstance(network[k], each)] for each in kinds):
        return 11.0
    return 12.0 if found == [k for k in wanted if k in found] else 0.0


def randomness_of(pairs, trained):
    """1 where network k has its k last layers changed; 0 for what is none of the others."""
    top_down = with_weights(trained)[::-1]
    found = [{k for k in top_down if not equal(network, trained, k)} for _, network in pairs]
    n = len(found)
    wanted = [set(top_down[: k + 1]) for k in range(n)]
    if found == wanted:
        return 1.0
    if not any(found):
        return 2.0
    if found == [{k} for k in top_down[:n]]:
        return 3.0
    if found == [{k} for k in top_down[::-1][:n]]:
        return 4.0
    if found == [set(top_down[::-1][: k + 1]) for k in range(n)]:
        return 5.0
    if all(each == set(top_down) for each in found):
        return 6.0
    if found == [set(top_down[:k]) for k in range(n)]:
        return 7.0
    if found == [set(top_down[: k + 2]) for k in range(n)]:
        return 8.0
    if found == wanted[::-1]:
        return 9.0
    if found == [set(top_down[k:]) for k in range(n)]:
        return 10.0
    if found == [{k for k in top_down if k >= place} for place in range(len(trained))][::-1]:
        return 11.0
    return 12.0 if found == [set(top_down) - each for each in wanted] else 0.0


SAYS_DRAWN_SO = (
    "Your networks are random in the right layers, but with other numbers than `randomise` draws. Network k is "
    "`randomise(network, numbers[:k], seed)`: made of the trained network, with all its layers in one call, the last one first, "
    "and with `seed` as it is."
)
SAYS_CASCADED = (
    {
        0.0: "The networks have other numbers than the layers with weights, from the last one to the first.",
        2.0: "The numbers of the layers are no whole numbers in your pairs. `int(…)` makes one of a text.",
        3.0: "You begin with the first layer. Begin with the last one.",
        4.0: "Your list has one pair more, at its beginning. The first network is the one whose last layer is random.",
        5.0: "You count the networks. In each pair stands the number of the layer, its place in the network.",
        6.0: "You count layers without weights, too. Nothing in them can become random: leave them out.",
        7.0: "The first layer of the network is missing at the end of your list.",
        8.0: "The last layer of the network is missing at the beginning of your list.",
        9.0: "In your pairs stands a list of numbers. In each stands one: that of the layer that became random last.",
        10.0: "Your list has one pair alone, and there is one for each layer with weights. Does the `return` stand inside the loop?",
        11.0: "Your list has layers of one kind alone. Convolutions have weights, and linear layers, too: count each for which `list(layer.parameters())` is not empty.",
        12.0: "Some layers with weights are missing in your list. Count each for which `list(layer.parameters())` is not empty.",
    },
    {
        0.0: "In some of your networks other layers are random than the k last ones with weights.",
        2.0: "In none of your networks a layer is random.",
        3.0: "In each of your networks one layer alone is random. The layers above it stay random, too.",
        4.0: "In each of your networks one layer alone is random, the first one first.",
        5.0: "Your networks become random from the first layer on. Begin with the last one.",
        6.0: "In each of your networks all layers are random. Are they one network, changed again and again?",
        7.0: "Your networks are one step late: in the first of them no layer is random yet.",
        8.0: "Your networks are one step early: in the first of them two layers are random.",
        9.0: "Your networks stand in the reverse order: in the first of them all layers are random.",
        10.0: "In your networks the layers below are random, and fewer from step to step.",
        11.0: "Some of your networks are there twice: layers without weights are counted, too.",
        12.0: "In your networks the layers are random that should be as they were, and the other way round.",
    },
    {
        0.0: "What is random in two of your networks is other noise in each. Use the same seed for all of them, and name the last layer first.",
        0.5: "One network stands in several pairs of your list. Each is a copy of its own.",
    },
    *SAYS_DRAWN,
    *SAYS_SEEDS,
    {0.0: SAYS_DRAWN_SO},
    SAYS_MODE,
)  # fmt: skip


def own_randomise(function):
    """The `randomise` that the answer sees, if there is one."""
    own = getattr(unwrapped(function), "__globals__", {}).get("randomise")
    return [own] if inspect.isfunction(own) else []


def as_the_lesson_draws(network, layers, seed):
    other, generator = copied((network,))[0], torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for k in layers:
            for weight in other[k].parameters():
                weight.copy_(
                    (2 * torch.rand(weight.shape, generator=generator) - 1) / other[k].weight[0].numel() ** 0.5
                )
    return other


def drawn_by(randomise, pairs, trained, seed):
    """Whether network k is what `randomise` makes of the k last layers with weights."""
    top_down = with_weights(trained)[::-1]
    return all(
        all(
            torch.allclose(a, b, rtol=1e-4, atol=1e-6)
            for a, b in zip(values(network, k), values(wanted, k), strict=True)
        )
        for n, (_, network) in enumerate(pairs)
        for wanted in [randomise(*copied((trained,)), top_down[: n + 1], seed)]
        for k in top_down
    )


def cascaded(function):
    """cascade(network, seed), tried three times."""

    def trial(*given, **named):
        network, seed = in_order(("network", "seed"), given, named)
        (trained,) = copied((network,))
        result = function(*given, **named)
        if result is None:
            return None
        pairs = pairs_in(result, trained)
        again, other = (pairs_in(asked(function, trained, each), trained) for each in (seed, seed + 1))
        random = [[k for k in with_weights(trained)[::-1] if not equal(each, trained, k)] for _, each in pairs]
        most = max(range(len(pairs)), key=lambda n: len(random[n]))
        kept = all(
            equal(pairs[most][1], network, k)
            for (_, network), layers in zip(pairs, random, strict=True)
            for k in layers
            if k in random[most]
        )
        own = len({id(each) for _, each in pairs}) == len(pairs)
        right = randomness_of(pairs, trained)
        changed = not all(equal(network, trained, k) for k in with_weights(trained))  # said elsewhere
        ways = [as_the_lesson_draws, *own_randomise(function)]
        return torch.tensor(
            [
                numbers_of(pairs, trained),
                right,
                float(kept) if own else 0.5,
                *drawn(pairs[most][1], trained, random[most]),
                float(alike(pairs, again)),
                float(not any(random) or not alike(pairs, other)),
                float(right != 1 or changed or any(drawn_by(way, pairs, trained, seed) for way in ways)),
                mode_of([each for _, each in pairs], network),
            ]
        )

    return trial


def alike(pairs, others):
    return len(pairs) == len(others) and all(
        equal(one, other, k) for (_, one), (_, other) in zip(pairs, others, strict=True) for k in with_weights(one)
    )


# labels ---------------------------------------------------------------------------------------------------------------

SAYS_PERMUTED = (
    {
        0.0: "You rename the classes: images that were alike still are, and a network learns that as easily. Put the labels "
        "of the images into another order.",
        0.5: "All images have one label. Keep the same labels, as many of each class, and change their order.",
    },
    {
        0.0: "There are no longer as many labels of each class as before. Keep the same labels, and change their order.",
        0.3: "You return an order. Return the labels in this order, `labels[order]`.",
        0.5: "Some of your labels are no classes that were there before. Return the same labels in another order.",
    },
    {
        0.0: "All labels are where they were. Put them into an order that is drawn at random.",
        0.5: "Most labels are still right. Put all of them into an order that is drawn at random.",
    },
    {
        0.0: "Two calls with the same seed give two orders. Draw from a generator, `torch.Generator().manual_seed(seed)`."
    },
    {0.0: "Another seed gives the same order. Draw from a generator, `torch.Generator().manual_seed(seed)`."},
)


def readable_labels(result, labels):
    if not isinstance(result, torch.Tensor):
        raise Unreadable(f"A tensor of labels, (N,), is asked for; yours is {kind(result)}.")
    if result.shape != labels.shape:
        raise Unreadable(
            f"As many labels are asked for as there were, shape {tuple(labels.shape)}; yours have the shape {tuple(result.shape)}."
        )
    if result.dtype != labels.dtype:
        raise Unreadable(f"Labels stay whole numbers of the same type, {labels.dtype}; yours are {result.dtype}.")
    return result


def permuted(function):
    """permute_labels(labels, seed), tried three times."""

    def trial(*given, **named):
        labels, seed = in_order(("labels", "seed"), given, named)
        before = labels.clone()
        result = function(*given, **named)
        if result is None:
            return None
        after = readable_labels(result, before).clone()
        again, other = (readable_labels(asked(function, before, each), before) for each in (seed, seed + 1))
        stay = (after == before).double().mean().item()
        by_chance = sum((before == each).double().mean().item() ** 2 for each in before.unique())
        few = stay < by_chance + 4.5 * (by_chance * (1 - by_chance) / len(before)) ** 0.5
        order = after.sort().values.equal(torch.arange(len(before)))
        renamed = max(after[before == each].unique().numel() for each in before.unique()) == 1
        kept = after.sort().values.equal(before.sort().values)
        return torch.tensor(
            [
                1.0 if stay == 1 or not renamed else 0.0 if after.unique().numel() > 1 else 0.5,
                1.0 if kept else 0.3 if order else 0.0 if torch.isin(after, before).all() else 0.5,
                0.0 if stay == 1 else 1.0 if few else 0.5,
                float(after.equal(again)),
                float(not after.equal(other)),
            ]
        )

    return trial


# a method that explains nothing ---------------------------------------------------------------------------------------

SAYS_IDLE = (
    {0.0: "Two calls with the same weights give two maps. Draw from a generator of your own, with a seed that the weights decide."},
    {0.0: "For other images the map is another one. It depends on the weights alone."},
    {0.0: "For another class the map is another one. It depends on the weights alone."},
    {0.0: "Where one call has several images, they get different maps. (With the images the first of them is given once more: even those two differ.) Draw one map, (H, W), and give it to all: `.repeat(len(images), 1, 1, 1)`."},
    {0.0: "Your map is the same at every place. It has no order, and no rank correlation with any other map."},
    {0.0: "300 networks that differ in one weight do not get 300 maps: some get the same one. Your seed has too few values. A remainder such as `% 100`, or one byte of a digest, leaves few: take 32 bits."},
    {
        0.0: "No change of a weight changes your map. The seed depends on the values of all weights.",
        0.5: "Whichever weight is changed, by 1, the new map is still like the old one. Let the weights decide the seed of a generator, and let it draw a number for each place.",
    },
    {
        0.0: "Somewhere a weight was changed, by 1, and the map is still the same. The seed depends on every weight of every layer.",
        0.5: "A weight was changed, by 1, and the new map is still like the old one. Let the weights decide the seed of a generator, and let it draw a number for each place.",
    },
    {
        0.0: "A bias was changed, by 1, and the map is still the same. The seed depends on every bias, too.",
        0.5: "A bias was changed, by 1, and the new map is still like the old one. Let all weights and biases decide the seed of a generator.",
    },
    {0.0: "The weights of the first layer do not matter to your map.", 0.5: "A weight of the first layer was changed, and the new map is like the old one."},
    {0.0: "The biases of the last layer do not matter to your map.", 0.5: "A bias of the last layer was changed, and the new map is like the old one."},
    {
        0.0: "One weight was changed by the least that a float allows, and the map is still the same. Is something rounded, or does it get lost in a large sum? The bytes of the weights have all of it.",
        0.5: "One weight was changed by the least that a float allows, and the new map is like the old one. Let the weights decide the seed of a generator, and let it draw a number for each place.",
    },
    {
        0.0: "Two weights were exchanged, and the map is still the same: a sum or a mean does not notice that. Let the places of the weights count, too.",
        0.5: "Two weights were exchanged, and the new map is like the old one. Let the weights decide the seed of a generator, and let it draw a number for each place.",
    },
)  # fmt: skip


def readable_maps(result, images):
    if not isinstance(result, torch.Tensor):
        raise Unreadable(f"A tensor of maps, (N, 1, H, W), is asked for; yours is {kind(result)}.")
    shape = (len(images), 1, *images.shape[2:])
    if result.shape != shape:
        raise Unreadable(
            f"Maps of shape {shape}, (N, 1, H, W), are asked for; yours have the shape {tuple(result.shape)}."
        )
    if not result.isfinite().all():
        raise Unreadable("Not all values of your maps are finite: there is NaN or infinity in them.")
    return result.detach().double()


@contextmanager
def no_hash_of_text(function):
    """Inside, the answer meets an exception where it asks for a hash that is another one in each run of Python."""
    own, names = builtins.hash, getattr(inspect.unwrap(function), "__globals__", None)

    def salted(value):
        return isinstance(value, (str, bytes)) or isinstance(value, (tuple, frozenset)) and any(map(salted, value))

    def hash(value):
        if salted(value) and sys._getframe(1).f_globals is names:
            raise Unreadable(
                "Python's `hash` of text or bytes is another number in each run of Python: tomorrow the map would be another "
                "one. `hashlib.sha256(…)` gives the same each time."
            )
        return own(value)

    builtins.hash = hash
    try:
        yield
    finally:
        builtins.hash = own


def idle(function):
    """idle_map(model, images, target), tried with other images and classes, and after one change of the weights at a time."""

    def trial(*given, **named):
        model, images, target = in_order(("model", "images", "target"), given, named)
        (trained,), pictures = copied((model,)), images.detach().clone()
        with no_hash_of_text(function):
            result = function(*given, **named)
            if result is None:
                return None
            maps = readable_maps(result, pictures)

            def map_of(images=pictures, target=target, change=None):
                model, images, target = copied((trained, images, target))
                if change is not None:
                    with torch.no_grad():
                        change(dict(model.named_parameters()))
                return readable_maps(as_chance_goes_on(function, model, images, target), images)

            def after(change):
                """1 where the map is an unrelated one, 0 where it is the same, 0.5 where it is alike."""
                return unrelated(maps[:1], map_of(change=change)[:1])

            names = [name for name, _ in trained.named_parameters()]
            weights = [name for name in names if name.endswith("weight")]
            biases = [name for name in names if name.endswith("bias")]
            ends = [(name, place) for name in names for place in (1, -1)]
            changed = {(name, place): after(plus_one(name, place)) for name, place in ends}
            return torch.tensor(
                [
                    float(maps.equal(map_of())),
                    float(maps.equal(map_of(images=1 - pictures.flip(-1) / 2))),
                    float(maps.equal(map_of(target=another(target)))),
                    float(map_of(*one_more(pictures, target)).equal(maps[:1].repeat(len(maps) + 1, 1, 1, 1))),
                    float(maps[0].unique().numel() > 1),
                    0.0 if len(pictures) == 1 and 20 < how_many_maps(function) < MANY else 1.0,
                    max(changed.values()),
                    min(value for (name, _), value in changed.items() if name in weights),
                    min(value for (name, _), value in changed.items() if name in biases),
                    min(changed[weights[0], place] for place in (1, -1)),
                    min(changed[biases[-1], place] for place in (1, -1)),
                    min(after(least(name)) for name in names),
                    min(after(exchange(name)) for name in names),
                ]
            )  # fmt: skip

    return trial


def how_many_maps(function):
    """Of MANY networks that differ in one weight, widely: how many different maps they get."""
    model = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2)).eval()
    images = torch.arange(192.0).view(1, 3, 8, 8) / 192
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(torch.arange(1.0, 1 + weight.numel()).view(weight.shape).sin())
    first, found = model[2].weight.data.view(-1)[:1], set()
    for k in range(MANY):
        first.fill_(100 * math.sin(k + 1))
        found.add(readable_maps(function(model, images, 1), images).float().numpy().tobytes())
    return len(found)


def one_more(images, target):
    """The images, and the first of them once more."""
    if isinstance(target, torch.Tensor) and target.dim():
        target = torch.cat([target, target[:1]])
    return torch.cat([images, images[:1]]), target


def another(target):
    return torch.where(target == 0, 1, 0) if isinstance(target, torch.Tensor) else int(target == 0)


def plus_one(name, place):
    def change(parameters):
        parameters[name].view(-1)[place:][:1] += 1

    return change


def least(name):
    def change(parameters):
        one = parameters[name].view(-1)[:1]
        one.copy_(torch.nextafter(one, one + 1))

    return change


def exchange(name):
    def change(parameters):
        flat = parameters[name].view(-1)
        flat.copy_(flat.roll(1) if len(flat) < 3 else torch.cat([flat[-1:], flat[1:-1], flat[:1]]))

    return change


def unrelated(one, other):
    if one.equal(other):
        return 0.0
    places = one[0].numel()
    return 1.0 if map_similarity(one, other).abs() < UNLIKE / math.sqrt(places - 1) else 0.5


# a similarity without sign --------------------------------------------------------------------------------------------


def pairs_of_maps():
    """Of six maps the first is turned round in the second, the next is the same, the next lost its signs."""
    generator = torch.Generator().manual_seed(4)
    maps, others = (torch.randn(6, 3, 5, 4, generator=generator) for _ in range(2))
    others[0], others[1], others[2], others[3] = -maps[0], maps[1], maps[2].abs(), 0.7 * maps[3].flip(0)
    return maps, others


def sizes(maps):
    """The channels added up, without sign."""
    return maps.sum(1, keepdim=True).abs()


def in_use(result, similarity):
    """What an answer to without_sign is judged by: its similarity of some maps."""
    if result is None:
        return None
    if isinstance(result, torch.Tensor) or not callable(result):
        raise Unreadable(
            f"A function of (maps, others) is asked for, which compares when it is called; yours is {kind(result)}. "
            "Define it inside, with `def`, and return it without brackets."
        )
    maps, others = pairs_of_maps()
    kept = maps.clone(), others.clone()
    found = result(maps, others)
    if not (maps.equal(kept[0]) and others.equal(kept[1])):
        raise Unreadable(
            "The function that you return changes the maps that it is given. Take `.abs()` in place of `.abs_()`."
        )
    if found is None:
        raise Unreadable("The function that you return gives nothing back itself: it needs a `return`, too.")
    return found
