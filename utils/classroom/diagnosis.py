"""What differs between an expected and a given result, and what a call changed: in words."""

import numpy as np
import torch
from torch import nn

allclose = torch.allclose  # kept here, as a cell may exchange torch's
RELATIVE = 1e-4  # float32, summed in another order, agrees far better than this


def same(got, expected, normalise=lambda result: result, floor=0.0):
    """Equal up to float32's accuracy, with shape, dtype and, where `expected` keeps its history, requires_grad.

    A difference up to `floor` is none: where a result is what two larger numbers differ by, its rounding is theirs.
    """
    if isinstance(expected, tuple):
        return (
            isinstance(got, (tuple, list))
            and len(got) == len(expected)
            and all(same(g, e, normalise, floor) for g, e in zip(got, expected, strict=True))
        )
    got, expected = in_one_form(got, normalise), in_one_form(expected, normalise)
    if got is None or expected is None:
        return got is expected
    if got.shape != expected.shape or not as_good(got.dtype, expected.dtype):
        return False
    return got.requires_grad >= expected.requires_grad and close(got, expected, floor)


def as_good(dtype, expected):
    """More digits than were asked for are no fault."""
    return dtype == expected or (dtype, expected) == (torch.float64, torch.float32)


def close(got, expected, floor=0.0):
    got, expected = got.detach().double(), expected.detach().double()
    finite = expected[expected.isfinite()]  # what is infinite is equal or is not: it says nothing of the others
    largest = finite.abs().max().item() if finite.numel() else 0
    absolute = max(0.1 * RELATIVE * (largest or 0.1), floor)
    return allclose(got, expected, rtol=RELATIVE, atol=absolute, equal_nan=True)


def as_tensor(value):
    """A plain tensor as it is, a number as a tensor of float32; anything else is None."""
    if type(value) in (torch.Tensor, nn.Parameter):
        return value if plain(value) else None
    alone = type(value) is np.ndarray and value.ndim == 0
    if alone or type(value) in (bool, int, float) or isinstance(value, np.number):
        return torch.tensor(float(value))
    return None


def plain(tensor):
    """Whether every value stands in memory by itself: not sparse, nested, quantised or without values (meta)."""
    return tensor.layout == torch.strided and not tensor.is_meta and not tensor.is_nested and not tensor.is_quantized


def in_one_form(value, normalise):
    """The value as a tensor, normalised; as it came where `normalise` was not made for such a one."""
    value = as_tensor(value)
    try:
        return normalise(value)
    except Exception:  # it was made for results of the right kind
        return value


def diagnose(what, expected, got, right=(), normalise=lambda result: result, floor=0.0):
    """One paragraph on the smallest case where an answer differs: what it was, what is right about it,
    expected and got. What is smaller than `floor` counts as zero.
    """
    if isinstance(expected, tuple):
        if not isinstance(got, (tuple, list)) or len(got) != len(expected):
            return f"Return {len(expected)} tensors; yours returned {kind(got)}. It was tried on: {what}."
        pairs = list(zip(expected, got, strict=True))
        k = next(k for k, (e, g) in enumerate(pairs) if not same(g, e, normalise, floor))
        return f"Of the {len(pairs)} results number {k + 1} is not right yet. " + diagnose(
            what, *pairs[k], right, normalise, floor
        )
    raw, got, expected = got, in_one_form(got, normalise), in_one_form(expected, normalise)
    if got is None:
        return (
            f"Return a {'torch tensor' if expected.dim() else 'number'}; yours returned {kind(raw)}.{_in_one(raw)} "
            f"It was tried on: {what}."
        )
    tried = f" It was tried on: {what}."
    if got.shape != expected.shape:
        if not expected.dim():
            hint = "Is a sum missing?" if got.numel() > 1 else "`.item()` makes a number of a tensor with one entry."
            return f"One number is asked for; yours has the shape {shape(got)}. {hint}{tried}"
        hint = _shape_hint(got, expected, "images" in what)
        if isinstance(raw, torch.Tensor) and raw.dtype == torch.long and got.numel() > 1:
            hint = " Are these places, indices? Return the value at each place."
        return f"The shape is not right yet: expected {shape(expected)}, got {shape(got)}.{hint}{tried}"
    if not as_good(got.dtype, expected.dtype):
        cure = "Give the result the type of the input: `.to(x.dtype)`, with x the tensor you were given."
        if expected.dtype == torch.bool:
            cure = "Leave True and False as a comparison makes them."
        elif got.dtype == torch.bool and not close(got, expected, floor):
            cure = (
                "True and False say where, which makes a mask. Multiply by it the values that are asked for: they "
                "stay where it is True and become 0 elsewhere."
            )
        return f"The values have another type: expected {expected.dtype}, got {got.dtype}. {cure}{tried}"
    if got.dtype == torch.bool:
        return f"The shape is right, the values are not yet. {_difference(expected, got)}{tried}{_right(right)}"
    if got.isnan().any():
        return (
            f"Of your {got.numel()} values {int(got.isnan().sum())} came out as NaN. Where could 0 / 0 come "
            f"from, or the root or the logarithm of something negative?{tried}"
        )
    if got.isinf().any() and expected.isfinite().all():
        return (
            f"Of your {got.numel()} values {int(got.isinf().sum())} came out infinite. Where could a division by 0 "
            f"come from? What `range` and `enumerate` count begins at 0.{tried}"
        )
    if close(got, expected, floor):  # only the history is missing
        return (
            "The values are right, but PyTorch cannot follow them back to the images: no gradient will flow. "
            f"Look for `.item()`, `.detach()`, `no_grad` or a new tensor made of numbers.{tried}"
        )
    got, expected = (torch.where(value.abs() <= floor, 0, value.detach()) for value in (got, expected))
    hint = _value_hint(got.double(), expected.double()) if expected.any() or not floor else ""
    begin = "The shape is right, the values are not yet." if expected.dim() else "The number is not right yet."
    return f"{begin}{hint} {_difference(expected, got)}{tried}{_right(right)}"


def _right(cases):
    """The cases that came out right, the first two by name."""
    more = f"; and {len(cases) - 2} more" if len(cases) > 2 else ""
    return f" This came out right: {'; '.join(cases[:2])}{more}." if cases else ""


def kind(value):
    """What a returned thing is, in words."""
    if value is None:
        return "`None`"
    name = type(value).__name__
    if type(value).__module__ == "torch.return_types":
        if not hasattr(value, "indices"):
            return f"what `{name}` gives, several tensors at once: take out the one that is asked for"
        other = f", or use `a{name}`" if name in ("max", "min") else ""
        return f"the pair of `{name}`, values and indices: take `.values`{other}"
    if isinstance(value, nn.Module):
        return f"a layer, `{name}`. A layer is made first and then called: `nn.{name}()(…)`"
    if isinstance(value, (tuple, list)):
        return f"a {'tuple' if isinstance(value, tuple) else 'list'} of {len(value)}"
    if type(value) in (torch.Tensor, nn.Parameter) and not plain(value):
        what = "on the device `meta`" if value.is_meta else "that is sparse, nested or quantised"
        return f"a tensor {what}"
    return f"a {type(value).__module__.split('.')[0]} {name}" if hasattr(type(value), "dtype") else f"a {name}"


def _in_one(value):
    """How a tensor is made of what was returned in its place."""
    if value is None:  # elsewhere something came: where all is `None`, judge says so by itself
        return " Does every way through your function, each branch of an `if`, end with a `return`?"
    if type(value) in (tuple, list) and value and all(as_tensor(each) is not None for each in value):
        made = "torch.stack" if isinstance(value[0], torch.Tensor) else "torch.tensor"
        return f" Is one of them asked for? Take it out, `[0]`. Are all of them? `{made}(…)` makes one tensor of them."
    return " `torch.from_numpy(…)` makes a tensor of it." if isinstance(value, np.ndarray) else ""


def shape(tensor):
    return "(" + ", ".join(map(str, tensor.shape)) + ("," if tensor.dim() == 1 else "") + ")"


def _shape_hint(got, expected, images):
    """What may have happened to the shape; `images`: the case is one of images."""
    if got.dim() == 0:
        if images and expected.dim() == 1:
            return (
                " One number came out. Return one for each image, (N,), also where N is 1: an index such as `[0]`, "
                "`.item()` or a sum over everything takes that dimension away."
            )
        if expected.numel() == 1:
            return (
                " A dimension of length 1 is one, too, and yours is gone: `.squeeze()`, `.item()`, an index or a sum "
                "over everything takes it away."
            )
        return (
            f" One number came out, and {expected.numel()} are asked for. A sum, a mean or a maximum goes over all "
            "dimensions unless `dim=` names one; a dimension that is summed over is gone unless `keepdim=True`; an "
            "index takes one away; and a `return` inside a loop ends it."
        )
    if got.dim() + 1 == expected.dim() == 4:
        n, c, h, w = expected.shape
        lost = [
            name
            for name, rest in (("the batch, dimension 0", (c, h, w)), ("the channels, dimension 1", (n, h, w)))
            if got.shape == rest
        ]
        cure = "Do not sum or average over it."
        if len(lost) == 2:
            cure = (
                "Keep both: an index such as `[0]`, `.squeeze()`, a sum or a mean takes a dimension away. In a sum "
                "over the channels `keepdim=True` keeps theirs."
            )
        elif c == 1 and "channels" in "".join(lost):
            cure = "`keepdim=True` keeps a dimension that is reduced."
        return f" One dimension is missing: {' or '.join(lost)}. {cure}" if lost else ""
    if got.shape == expected.shape[:-1]:
        return " The last dimension is missing: an index or a sum took it away, or it was never there."
    if got.shape == expected.shape[1:]:
        return (
            " The first dimension is missing: an index such as `[0]`, a sum or a mean over it, or a `return` inside a "
            "loop takes it away."
        )
    if (
        got.dim() == 4
        and expected.dim() == 4
        and got.shape[1] != expected.shape[1]
        and got.shape[2:] == expected.shape[2:]
    ):
        return " They differ in the number of channels."
    if (
        (images or expected.dim() == 4)
        and got.dim() == expected.dim()
        and 1 == len(got) < len(expected)
        and got.shape[1:] == expected.shape[1:]
    ):
        for taken, values in (("mean", expected.mean(0)), ("sum", expected.sum(0))):
            if expected.is_floating_point() and close(got[0], values):
                return f" One result for several images, the {taken} over all of them. Each keeps its own."
        return (
            " One result for several images: treat the whole batch, without an index, a mean or a sum over dimension 0."
        )
    if (
        got.dim() == expected.dim()
        and all(g in (1, e) for g, e in zip(got.shape, expected.shape, strict=True))
        and close(got.expand_as(expected), expected)
    ):
        return " A dimension of 1 has to be spread over its whole length: `.expand_as` does that."
    if got.dim() == 1 and expected.dim() > 1 and got.numel() < expected.numel():
        return " Were some entries picked out? Keep all places and set the others to zero."
    if got.dim() > expected.dim() > 0:
        if got.numel() == expected.numel() and close(got.reshape(expected.shape), expected):
            return (
                " The values are right, with a dimension of length 1 too many: `keepdim=True`, `None` and `[None]` put "
                "one in, and leaving `keepdim` out or an index takes it away."
            )
        if got.shape == (*expected.shape, len(expected)) and len(expected) > 1:
            return " Each meets every other: (N, 1) and (N,) together make (N, N). Let both be (N,)."
        are = "is" if expected.dim() == 1 else "are"
        return (
            f" That is {got.dim()} dimensions where {expected.dim()} {are} asked for. Which of them is left? Is it "
            "still to be summed, averaged or picked from?"
        )
    if got.numel() == expected.numel():
        return " The number of values is right, their arrangement is not."
    return ""


def _value_hint(got, expected):
    """The one regularity that explains the difference, if there is one."""
    if close(got, -expected):
        negative = bool((expected <= 0).all())
        return " Every value has the wrong sign" + (": or is an absolute value taken?" if negative else ".")
    if close(got, expected.abs()):
        return " The sizes are right, but the negative values have lost their sign."
    if close(got, expected.clamp(min=0)) and min((expected < 0).sum(), (expected > 0).sum()) > 1:  # else by chance
        return " The positive values are right; the negative ones were set to zero."
    if not got.any():
        return " All of yours are zero."
    if (expected != 0).sum() >= 3:  # of fewer values a common factor says little
        factor = float((got * expected).sum() / (expected * expected).sum())
        if factor and f"{factor:.4g}" != "1" and close(got / factor, expected):
            return f" Every value is {factor:.4g} times what it should be."
    if got.numel() > 1 and got.unique().numel() > 1 and close(got - (got - expected).mean(), expected):
        return (
            f" Every value is too {'large' if (got - expected).mean() > 0 else 'small'} by "
            f"{abs(float((got - expected).mean())):.4g}."
        )
    if got.dim() >= 2:
        if got.shape[-1] == got.shape[-2] and close(got.transpose(-1, -2), expected):
            return " Rows and columns are exchanged."
        for axis, name in ((-1, "left and right"), (-2, "top and bottom")):
            if close(got.flip(axis), expected):
                return f" It is mirrored: {name} are exchanged."
    if got.dim() >= 1 and len(got) > 1:
        good = [k for k in range(len(got)) if close(got[k], expected[k])]
        if good:
            one, many = {4: ("image", "images"), 2: ("row", "rows")}.get(got.dim(), ("entry", "entries"))
            *most, last = map(str, good)
            which = f"{many} {', '.join(most)} and {last}" if most else f"{one} {last}"
            return (
                f" Counted from 0, {which} came out right, the other{'s' if len(got) - len(good) > 1 else ''} did not."
            )
    return ""


def _difference(expected, got):
    if expected.numel() <= 16:
        digits = next((n for n in (4, 6) if numbers(expected, n) != numbers(got, n)), 8)
        close_by = "" if digits == 4 else " They are very close: is something rounded?"
        return f"Expected {numbers(expected, digits)}, got {numbers(got, digits)}.{close_by}"
    worst = int((got.detach().double() - expected.detach().double()).abs().argmax())
    place = [int(i) for i in torch.unravel_index(torch.tensor(worst), expected.shape)]
    e, g = (value.detach().double().flatten()[worst].item() for value in (expected, got))
    digits = next((n for n in (4, 6) if f"{e:.{n}g}" != f"{g:.{n}g}"), 8)
    return f"The largest difference is at {place}: expected {e:.{digits}g}, got {g:.{digits}g}."


def numbers(tensor, digits=4):
    """Up to 16 numbers, nested as the tensor is, leading dimensions of 1 left out."""
    while tensor.dim() > 1 and tensor.shape[0] == 1:
        tensor = tensor[0]

    def write(values):
        if isinstance(values, list):
            return "[" + ", ".join(map(write, values)) + "]"
        return str(values) if isinstance(values, bool) else f"{values + 0.0:.{digits}g}"  # + 0.0: no −0

    return write(tensor.tolist() if tensor.dtype == torch.bool else tensor.detach().double().tolist())


# What a call left changed ---------------------------------------------------------------------------------------------

OWN = set(vars(nn.Module())) | {"_is_full_backward_hook"}  # torch's own of every module; the rest are its attributes
SIMPLE = (int, float, bool, str, tuple, list, dict, set, torch.Size)
COPY = "`copy.deepcopy(model)`"


def snapshot(arguments):
    """What of the arguments a well-behaved call leaves as it was."""
    return [_state(argument) for argument in arguments]


def _state(argument):
    if isinstance(argument, torch.Tensor):
        return _tensor_state(argument) | {"attributes": dict(vars(argument)), "strides": argument.stride()}
    if isinstance(argument, nn.Module):
        modules = list(argument.named_modules())
        tensors = [*argument.named_parameters(), *argument.named_buffers()]
        return {
            "modules": [(name, module, type(module)) for name, module in modules],
            "tensors": {name: _tensor_state(tensor) | {"itself": tensor} for name, tensor in tensors},
            "mode": [module.training for _, module in modules],
            "attributes": [
                {key: _kept(value) for key, value in vars(module).items() if key not in OWN} for _, module in modules
            ],
            "hooks": [
                [list(hooks) for name, hooks in sorted(vars(module).items()) if name.endswith("_hooks")]
                for _, module in modules
            ],
        }
    return {}


def _tensor_state(tensor):
    grad = tensor.grad if tensor.is_leaf else None
    grad = None if grad is None else grad.clone()
    hooks = list(tensor._backward_hooks or ())
    return {"value": tensor.detach().clone(), "flag": tensor.requires_grad, "grad": grad, "hooks": hooks}


def _kept(value):
    """The value itself, and what it held where that can change."""
    return value, type(value)(value) if type(value) in SIMPLE else None


def _as_before(new, old):
    if new[1] is None or old[1] is None:
        return new[0] is old[0]
    return type(new[1]) is type(old[1]) and bool(new[1] == old[1])


def _equal(one, other):
    """The same tensor to the last bit; NaN is like NaN, and no tensor like no tensor."""
    if one is None or other is None:
        return one is other
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    return bool(((one == other) | ((one != one) & (other != other))).all())


def _all_equal(old, new, key):
    return old.keys() == new.keys() and all(_equal(old[name][key], new[name][key]) for name in old)


def changes(names, before, arguments):
    """A sentence for each thing that a call left changed."""
    for name, old, argument in zip(names or [""] * len(before), before, arguments, strict=False):
        try:
            if isinstance(argument, torch.Tensor):
                yield from _tensor_changes(name, old, _state(argument))
            elif isinstance(argument, nn.Module):
                yield from _model_changes(old, _state(argument))
        except Exception:  # so much is changed that it cannot even be looked at
            yield f"`{name}` came back broken. Leave it as it is, and work on a copy."


def _tensor_changes(name, old, new):
    if not _equal(old["value"], new["value"]) or old["strides"] != new["strides"]:
        yield f"your function changed the tensor it was given, `{name}`. Work on a copy: `{name}.clone()`."
    elif old["flag"] and not new["flag"]:
        yield (
            f"`{name}` came with `requires_grad` set and came back without it, so whoever goes on with it gets no "
            f"gradient. Start from a copy: `{name}.detach().clone().requires_grad_()`."
        )
    elif old["flag"] != new["flag"] or not _equal(old["grad"], new["grad"]):
        yield (
            f"`{name}` came back marked by your function (`requires_grad` or `.grad` is set on it), and whoever "
            f"uses it next trips over that. Start from a copy: `{name} = {name}.detach().clone().requires_grad_()`."
        )
    elif old["attributes"].keys() != new["attributes"].keys():
        yield f"your function left an attribute on `{name}`. Keep what you need in a variable of your own."


def _model_changes(old, new):
    if [each[0] for each in old["modules"]] != [each[0] for each in new["modules"]] or any(
        was is not now or kind is not now_kind
        for (_, was, kind), (_, now, now_kind) in zip(old["modules"], new["modules"], strict=True)
    ):
        yield (
            "your function exchanged layers of the model it was given. Leave it as it is; to change some of it, "
            f"work on {COPY}."
        )
        return
    if not _all_equal(old["tensors"], new["tensors"], "value"):
        yield (
            f"your function changed the model it was given. Leave it as it is; to change some of it, work on {COPY}."
        )
    if old["mode"] != new["mode"]:
        yield "the model came back in another mode (`.train()` or `.eval()`). Leave it as it was."
    if not _all_equal(old["tensors"], new["tensors"], "grad"):
        yield (
            "the model came back with `.grad` filled in its parameters, and a next call would add to it. "
            "Use `torch.autograd.grad`, which touches nothing else: give it the score and what you "
            "differentiate by."
        )
    if [state["flag"] for state in old["tensors"].values()] != [state["flag"] for state in new["tensors"].values()]:
        yield "the model's parameters came back with another `requires_grad`. Leave it as it was."
    tensors = [(was, new["tensors"][name]) for name, was in old["tensors"].items() if name in new["tensors"]]
    if old["hooks"] != new["hooks"] or any(was["hooks"] != now["hooks"] for was, now in tensors):
        yield "a hook stayed in the model. Remove it once the model has run: `handle.remove()`."
    if any(was["itself"] is not now["itself"] for was, now in tensors):
        yield f"your function put other tensors in the place of the model's parameters. Work on {COPY}."
    for was, now, (path, _, kind) in zip(old["attributes"], new["attributes"], new["modules"], strict=True):
        other = [key for key in {**was, **now} if not (key in was and key in now and _as_before(now[key], was[key]))]
        if other:
            where = f"the model's `{kind.__name__}` `{path}`" if path else "the model"
            yield (
                f"your function left the attribute `{other[0]}` of {where} changed. Leave the model as it is, put back "
                f"what you change, or work on {COPY}."
            )
            return
