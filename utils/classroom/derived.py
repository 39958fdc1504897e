"""Further calls on which an answer is tried, derived from the exercise's own: what all contracts share.

Every parameter by its name, every default left out, other values of the same shape, one image and many, an int and a
tensor of targets, images that are not square, any network. A call that the reference itself refuses is left out.
"""

import copy
import warnings
from functools import cache

import torch
from torch import nn

from .exercise import Further, call, copied
from .exercises.networks import any_size_network, linear_network, nested_network
from .surroundings import drawn_by

LEADERS = ("images", "start", "maps", "gradient", "activations")  # their first dimension counts the images
FOLLOWERS = ("moved", "attribution", "others", "weights", "target")  # theirs does where it has this length
FOLLOWERS += ("baseline", "fill", "hidden", "masks", "maps", "finish")
PICTURES = ("baseline", "fill")  # (N, C, H, W), or one for all of them, (C, H, W)
PHOTOGRAPHS = {"images", "image", "start"}  # what a network looks at
BITS = ("grids",)  # of 0 and 1 alone, which other values are, too
COUNTED = {"noise": "draw of noise", "baselines": "baseline", "alphas": "α"}  # there may be one of them


@cache
def derived(exercise):
    """The further cases of an exercise. Nobody may change their arguments: they are made once."""
    with drawn_by():
        cases = exercise.cases()
    candidates = [
        *by_name(exercise, cases),
        *left_out(exercise, cases),
        *other_values(exercise, cases),
        *in_float32(exercise, cases),
        *batches(exercise, cases),
        *sizes(exercise, cases),
        *networks(exercise, cases),
    ]
    return [case for case in candidates if answerable(exercise, case)]


def answerable(exercise, case):
    """Whether the reference has an answer, and a finite one."""
    result = outcome(exercise, case)
    return result is not None and bool(result.isfinite().all())


def telling(exercise, case):
    """Whether that answer says something: of zeros alone, right and wrong cannot be told apart."""
    return answerable(exercise, case) and bool(outcome(exercise, case).any())


def outcome(exercise, case):
    """What the reference gives, None where it refuses."""
    arguments = copied(case.arguments)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = call(exercise.tried(exercise.reference), case, arguments)
            return torch.as_tensor(result if exercise.read is None else exercise.read(result, *arguments))
    except (RuntimeError, ValueError, TypeError, IndexError):
        return None


def named(exercise, case):
    return dict(zip(exercise.parameters, case.arguments, strict=False))


def with_changes(case, given, what, **changes):
    """The case with other arguments of these names."""
    return Further(f"{case.what}; {what}", tuple({**given, **changes}.values()))


# the signature --------------------------------------------------------------------------------------------------------


def by_name(exercise, cases):
    case, names = cases[0], tuple(exercise.parameters)
    names = names[: len(case.arguments)]
    quoted = ", ".join(f"`{name}=…`" for name in names)
    yield Further(f"{case.what}; each argument by its name, {quoted}", case.arguments, names)


def left_out(exercise, cases):
    """Each default left out, on the smallest call where it is given."""
    names = list(exercise.parameters)
    for name in exercise.defaults:
        k = names.index(name)
        if case := next((case for case in cases if len(case.arguments) > k), None):
            yield Further(f"{case.what}; `{name}` left out", case.arguments[:k])


# values ---------------------------------------------------------------------------------------------------------------


def like(tensor, values):
    """The values with the tensor's own mark."""
    return values.detach().clone().requires_grad_(tensor.requires_grad)


def is_float(argument):
    return isinstance(argument, torch.Tensor) and argument.is_floating_point()


def other_values(exercise, cases):
    """What was kept from a call on the same shapes does not serve."""
    for case in cases[:2]:  # in the first a network may be linear, its gradient the same everywhere
        generator, changed, n = torch.Generator().manual_seed(1), [], 0
        for name, argument in named(exercise, case).items():
            if name in BITS:
                argument, n = 1 - argument, n + 1
            elif is_float(argument):
                noise = torch.rand(argument.shape, generator=generator, dtype=argument.dtype)
                values = argument.flip(-1) if n % 2 and argument.dim() else argument
                argument, n = like(argument, 0.75 * values + 0.1 * noise), n + 1
            changed.append(argument)
        if n:
            yield Further(f"{case.what}; once more, with other values", tuple(changed))


def in_float32(exercise, cases):
    """Where all the calls are in float64, one in float32, which is what images have; the score is linear, so that the
    rounding does no harm.
    """
    floats = [argument for case in cases for argument in case.arguments if is_float(argument)]
    if floats and all(argument.dtype == torch.float64 for argument in floats) and "model" in exercise.parameters:
        given = named(exercise, cases[0])
        changed = {name: value.float() for name, value in given.items() if is_float(value)}
        yield with_changes(
            cases[0], given, "but in float32, with a linear network", **changed | {"model": linear_network()}
        )


# one image and many ---------------------------------------------------------------------------------------------------


def leader_of(given):
    return next((name for name in LEADERS if isinstance(given.get(name), torch.Tensor)), None)


def largest_batch(exercise, cases):
    """The last case with several images, one with a tensor of targets first: (case, its arguments by name), or None."""
    pairs = [(case, named(exercise, case)) for case in cases]
    leaders = [(case, given, given[lead]) for case, given in pairs if (lead := leader_of(given))]
    found = [(case, given) for case, given, lead in leaders if len(lead) > 1 and lead.dtype != torch.float64]
    found = [(case, given) for case, given in found if telling(exercise, case)] or found
    with_targets = [pair for pair in found if isinstance(pair[1].get("target"), torch.Tensor)]
    return (with_targets or found or [None])[-1]


def batches(exercise, cases):
    if (largest := largest_batch(exercise, cases)) is None:
        return
    case, given = largest
    lead = leader_of(given)
    several, target = len(given[lead]), given.get("target")

    def alone(k):
        counted = {
            name: like(value, value[k : k + 1])
            for name, value in given.items()
            if name in (lead, *FOLLOWERS)
            and isinstance(value, torch.Tensor)
            and len(value) == several
            and not (name in PICTURES and value.dim() == 3)
        }
        return with_changes(case, given, f"image {k} of them, counted from 0, alone", **counted)

    ones = [alone(k) for k in range(several)]
    k = next((k for k, one in enumerate(ones) if telling(exercise, one)), 0)
    yield ones[k]
    if isinstance(target, torch.Tensor):
        number = target[k].item()
        yield with_changes(ones[k], named(exercise, ones[k]), f"the target as a number, {number}", target=number)
        yield with_changes(case, given, f"one target for all of them, {number}", target=number)
        yield with_changes(case, given, "the same target for each, as a tensor", target=torch.full_like(target, number))
    for name in PICTURES:
        if isinstance(picture := given.get(name), torch.Tensor) and picture.dim() == 4:
            yield with_changes(case, given, f"one {name} for all of them, (C, H, W)", **{name: picture[0].clone()})
    for name, words in COUNTED.items():
        if name in given:
            yield with_changes(case, given, f"with one {words}", **{name: given[name][:1].clone()})


# sizes ----------------------------------------------------------------------------------------------------------------


def longer(tensor, by, axis):
    more = tensor.flip(axis).narrow(axis, 0, by)
    return like(tensor, torch.cat([tensor, 0.7 * more if is_float(tensor) else more], axis))


def sizes(exercise, cases):
    """Taller and wider images, and everything that has their size with them; maps enlarged by no whole factor."""
    if "network" in exercise.parameters:  # of given layers, which ask for even sizes
        return
    pairs = [(case, given) for case in (cases[0], cases[-1]) if leader_of(given := named(exercise, case))]
    if largest := largest_batch(exercise, cases):
        pairs = [largest, pairs[-1]] if pairs[-1][0] is not largest[0] else [largest]
    for case, given in pairs:
        lead = given[leader_of(given)]
        if lead.dim() != 4:
            continue
        if isinstance(given.get("size"), tuple):
            size = tuple(length + 1 for length in given["size"])
            yield with_changes(case, given, f"but to {size[0]}×{size[1]}", size=size)
        by = given["size"] if isinstance(given.get("size"), int) else 1
        for axis, word in ((-2, "higher"), (-1, "wider")):
            if by > lead.shape[axis]:
                continue
            changed = {
                name: longer(value, by, axis)
                for name, value in given.items()
                if isinstance(value, torch.Tensor) and value.dim() >= 3 and value.shape[-2:] == lead.shape[-2:]
            }
            if "model" in given:
                changed |= on(any_size_network, given)
            height, width = changed[leader_of(given)].shape[-2:]
            yield with_changes(case, given, f"made {word}, {height}×{width}", **changed)


# networks -------------------------------------------------------------------------------------------------------------


def photographs(given):
    return next(value for name, value in given.items() if name in PHOTOGRAPHS)


def on(network, given):
    """Another network for the same images, and its last convolution where a layer is asked for."""
    images = photographs(given)
    model = network(images.shape[1]).to(images.dtype)
    last = [module for module in model.modules() if isinstance(module, nn.Conv2d)][-1]
    return {"model": model} | ({"layer": last} if "layer" in given else {})


def networks(exercise, cases):
    """What "any network" means: not only chains of layers, not only those that learn, not only in eval mode."""
    if not ("model" in exercise.parameters and PHOTOGRAPHS & set(exercise.parameters)):
        return
    case, given = largest_batch(exercise, cases) or (cases[-1], named(exercise, cases[-1]))
    yield with_changes(
        case, given, "on a network that is no `nn.Sequential` and calls `F.relu`", **on(nested_network, given)
    )

    def with_own(what, change, only_changes=False):
        own = copy.deepcopy(given)  # model and layer together
        change(own)
        return Further(f"{case.what}; {what}", tuple(own.values()), only_changes=only_changes)

    def freeze(own):
        own["model"].requires_grad_(False)

    def freeze_some(own):
        for parameter in list(own["model"].parameters())[::2]:
            parameter.requires_grad_(False)

    def train(own):
        for module in own["model"].train().modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0  # the mode is looked at, not what it does

    def mark(own):
        photographs(own).requires_grad_()

    yield with_own("the network frozen, no parameter wants a gradient", freeze)
    yield with_own("the network frozen in part", freeze_some)
    yield with_own("the network in training mode", train)
    yield with_own("the images marked by `requires_grad`", mark, only_changes=True)
