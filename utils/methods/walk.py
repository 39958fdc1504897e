"""The way back through any network: what is handed back in place of a gradient, function by function.

A model is a sequence of torch functions, whether its modules call them or its own forward does. Walk is offered each of
them before it runs; the model is not touched. What no rule has reached is found in the graph and named.
"""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.overrides import TorchFunctionMode

from .hygiene import REENTRANT, UNRELATED

LAYERS = {"linear", "conv1d", "conv2d", "conv3d"}
THROUGH_ZERO = {"celu", "elu", "gelu", "hardswish", "hardtanh", "leaky_relu", "mish", "prelu", "relu", "relu6", "selu",
                "silu", "tanh"}  # fmt: skip
ELEMENTWISE = THROUGH_ZERO | {"hardsigmoid", "logsigmoid", "sigmoid", "softplus"}
SUMS = {"add", "batch_norm", "div", "interpolate", "mean", "mul", "multiply", "neg", "sub", "subtract", "sum",
        "true_divide"} | {f"{a}avg_pool{d}d" for a in ("", "adaptive_") for d in (1, 2, 3)}  # fmt: skip
IN_PLACE = {"__iadd__": "add", "__isub__": "sub", "__imul__": "mul", "__itruediv__": "div"}
SPECIAL = IN_PLACE | {"__radd__": "add", "__rsub__": "sub", "__rmul__": "mul", "__truediv__": "div"}

# Nodes of the graph whose gradient puts each value where it came from, and does nothing to it.
ROUTES = {"Alias", "AsStrided", "Cat", "Clone", "ConstantPadNd", "Copy", "Expand", "Flip", "Gather",
          "Index", "IndexSelect", "Permute", "PixelShuffle", "PixelUnshuffle", "ReflectionPad1D", "ReflectionPad2D",
          "Repeat", "ReplicationPad1D", "ReplicationPad2D", "ReshapeAlias", "Roll", "Select", "Slice", "Split",
          "SplitWithSizes", "Squeeze", "Stack", "T", "ToCopy", "Transpose", "Unbind", "Unsqueeze", "UnsafeSplit",
          "UnsafeView", "View"}  # fmt: skip
WINNERS = {"AdaptiveMaxPool2D", "Amax", "Max", "MaxPool2DWithIndices", "MaxPool3DWithIndices", "MkldnnMaxPool2D"}
# Those that are linear, where one of their inputs alone depends on the images.
LINEAR = {"AdaptiveAvgPool2D", "AdaptiveAvgPool3D", "AvgPool2D", "AvgPool3D", "Addmm", "Bmm", "Convolution",
          "CudnnBatchNorm", "Div", "Mean", "MkldnnLinear", "Mm", "Mul", "Mv", "NativeBatchNorm", "Neg", "Sum",
          "UpsampleBilinear2D", "UpsampleBicubic2D", "UpsampleNearest2D"}  # fmt: skip
ADDING = {"Add", "Sub", "Rsub"}


@dataclass
class Layer:
    """A linear layer at work: z = function(a, weight, bias), a batch norm behind it already in weight and bias."""

    function: Any
    weight: torch.Tensor
    bias: torch.Tensor | None
    dense: bool  # a linear layer, not a convolution
    first: bool  # no other layer between it and the images
    ran: tuple = ()  # of the model's own run: its input, and z with a graph from z to that input alone

    def __call__(self, a, weight, bias):
        return self.function(a, weight, bias)

    def run(self, a):
        with torch.enable_grad():
            leaf = a.detach().requires_grad_()
            z = self.function(leaf, self.weight, self.bias)
        self.ran = leaf.detach(), leaf, z, z._version
        return z.detach()

    def as_it_ran(self, a):
        """(leaf, z) of the model's own run if a is its input and z, in full precision, is still what it was."""
        if not self.ran or self.ran[0] is not a or self.ran[2].dtype not in (torch.float32, torch.float64):
            return None
        return self.ran[1:3] if self.ran[2]._version == self.ran[3] else None


@dataclass
class Call:
    """A function that a model calls on what depends on the images."""

    function: Any  # not in place
    name: str  # 'add' of torch.add, x.add, x.add_, x + y, y + x and x += y
    args: tuple
    kwargs: dict

    @property
    def inputs(self):
        """Those of the arguments that depend on the images."""
        return [x for x in (*self.args, *self.kwargs.values()) if _depends(x)]

    def compute(self):
        return self.function(*self.args, **self.kwargs)

    def of(self, *inputs):
        """The function of other inputs, in their precision."""
        others = iter(inputs)

        def instead(x):
            if _depends(x):
                return next(others)
            floats = isinstance(x, torch.Tensor) and x.is_floating_point()
            return x.to(inputs[0].dtype) if floats else x

        return self.function(*map(instead, self.args), **{key: instead(x) for key, x in self.kwargs.items()})


class Walk(TorchFunctionMode):
    """Within it, puts[name](call) makes the result of each function of that name called on what depends on the images;
    where it is None, and for all others, the function keeps its gradient. The model's parameters are constants. What is
    handed_on and in place needs no put: unseen by autograd, it hands what arrives at its result to its input.
    """

    def __init__(self, puts, handed_on=frozenset()):
        super().__init__()
        self.puts, self.handed_on = puts, handed_on

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        written = getattr(func, "__name__", "")
        if written in ("__get__", "__set__") or not torch.is_grad_enabled():
            return func(*args, **kwargs)
        name = SPECIAL.get(written, written.strip("_"))
        in_place = written in IN_PLACE or not written.endswith("__") and written.endswith("_") or kwargs.get("inplace")
        if not in_place:
            args, kwargs = [_constant(x) for x in args], {key: _constant(x) for key, x in kwargs.items()}
        if name not in self.puts or not any(_depends(x) for x in (*args, *kwargs.values())):
            return func(*args, **kwargs)
        if not in_place:
            result = self.puts[name](Call(func, name, args, kwargs))
            return func(*args, **kwargs) if result is None else result
        if name in self.handed_on:
            with torch.no_grad():
                return func(*args, **kwargs)
        x, *others = [*args, *[kwargs[key] for key in ("input",) if key in kwargs]]
        function = func if "inplace" in kwargs else getattr(torch, name, None) or getattr(F, name)
        kwargs = {key: value for key, value in kwargs.items() if key not in ("inplace", "input")}
        result = self.puts[name](Call(function, name, [x.clone(), *map(_constant, others)], kwargs))
        return func(*args, **kwargs) if result is None else x.copy_(result)


def carried(compute, back, *inputs, layer=None):
    """compute(), with back(what arrives at it) → a tensor for each of the inputs in place of the gradient."""
    result = _Carried.apply(compute, back, layer, *inputs)
    result.grad_fn.version = result._version
    return result


class _Carried(torch.autograd.Function):
    @staticmethod
    def forward(ctx, compute, back, layer, *inputs):
        ctx.back, ctx.layer, ctx.layer_input = back, layer, inputs[0]
        return compute()

    @staticmethod
    def backward(ctx, arriving):
        return None, None, None, *ctx.back(arriving)


def unchanged(*tensors):
    """A function that gives these tensors without their history; ValueError if they were overwritten meanwhile."""
    versions = [x._version for x in tensors]

    def given():
        if [x._version for x in tensors] != versions:
            raise ValueError("model must not overwrite in place what another of its layers has been given")
        return [x.detach() for x in tensors]

    return given


def layer_behind(x):
    """(layer, its input) if x is the output of a layer as it came, else None."""
    node = x.grad_fn
    return (node.layer, node.layer_input) if getattr(node, "layer", None) and x._version == node.version else None


def before_any_layer(x):
    """Whether there is no layer on any way from the images to x."""
    return all(getattr(node, "layer", None) is None for node in _graph(x))


def check_reached(score, allowed, linear, what):
    """ValueError if the graph behind score holds a node that is neither a carried one, nor allowed, nor in linear with
    one input that depends on the images.
    """
    for node in _graph(score):
        if type(node) is _Carried._backward_cls or node.name().endswith("AccumulateGrad"):
            continue
        if "NotImplemented" in node.name():
            raise ValueError(UNRELATED)
        if "CheckpointFunction" in node.name():
            raise ValueError(REENTRANT)
        name = (
            node.name()
            .removeprefix("torch::autograd::")
            .rstrip("0123456789")
            .removesuffix("s")
            .removesuffix("Backward")
        )
        depends = [behind is not None for behind, _ in node.next_functions]
        by_a_constant = sum(depends) == 1 and (depends[0] or name != "Div")
        if "Norm" in name:  # by statistics that are not the image's own
            by_a_constant = by_a_constant and not getattr(node, "_saved_training", True)
        if name not in allowed and not (name in linear and by_a_constant):
            raise ValueError(
                f"model must be made of functions that {what} has a rule for, but between the images and the score "
                f"it computes {name!r} where no rule is known or none could reach it (a product of what depends on "
                "the images, a norm by the image's own statistics, a sigmoid or softmax, a scripted module): explain "
                "a part of it, or another network"
            )


def _graph(x):
    """The nodes behind a tensor, nearest first."""
    waiting = [x.grad_fn] if x.grad_fn is not None else []
    seen = set(waiting)
    while waiting:
        node = waiting.pop()
        yield node
        for behind, _ in node.next_functions:
            if behind is not None and behind not in seen:
                seen.add(behind)
                waiting.append(behind)


def _depends(x):
    return isinstance(x, torch.Tensor) and x.requires_grad


def _constant(x):
    if isinstance(x, nn.Parameter):
        return x.detach()
    if isinstance(x, (list, tuple)) and any(isinstance(each, nn.Parameter) for each in x):
        return type(x)(_constant(each) for each in x)
    return x
