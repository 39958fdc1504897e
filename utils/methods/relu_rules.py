"""Three ways back through a ReLU, and a switch that puts one of them in place of every ReLU's derivative.

Forward, a ReLU is y = max(x, 0). Backward, it turns the gradient that arrives at y into the gradient that leaves at x.
A rule says how; vanilla gradient, deconvnet and guided backpropagation differ in nothing else.
"""

from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

from .hygiene import described


def vanilla_rule(x, grad):
    """The derivative: grad where x > 0, else 0 (at x = 0 too, as PyTorch has it)."""
    return torch.where(x > 0, grad, 0.0)


def deconvnet_rule(x, grad):
    """grad where grad > 0, else 0, whatever x was. Zeiler & Fergus 2013, arXiv:1311.2901, section 2.1."""
    return torch.where(grad > 0, grad, 0.0)


def guided_rule(x, grad):
    """grad where both x > 0 and grad > 0, else 0. Springenberg et al. 2014, arXiv:1412.6806, section 3.4."""
    return torch.where((x > 0) & (grad > 0), grad, 0.0)


@contextmanager
def relu_rule(rule):
    """Every ReLU computed in this context is differentiated by rule(x, grad) → grad at x.

    x is the ReLU's input, grad the gradient at its output; the rule returns a new tensor of their shape. The forward
    values stay what they are, and the backward pass may come after the context. Within another relu_rule the inner
    one wins. A ReLU is nn.ReLU, F.relu, torch.relu or x.relu(), in-place or not; ReLU6, LeakyReLU and clamp are other
    functions and keep their own derivative.

        with relu_rule(guided_rule):
            maps = vanilla_gradient(model, images)

    Raises ValueError at the end if no ReLU was computed, so that a rule never goes unused in silence.
    """
    if not callable(rule):
        raise TypeError(f"rule must be a function rule(x, grad), got {described(rule)}")
    mode = _EveryReLU(rule)
    with mode:
        yield
    if not mode.met_one:
        raise ValueError("relu_rule met no ReLU: the model computes no nn.ReLU, F.relu, torch.relu or x.relu() here "
                         "(a scripted model hides its own)")


class _EveryReLU(TorchFunctionMode):
    # PyTorch offers this mode every torch function that is called, before it runs. The model is not touched.
    IN_PLACE = {torch.relu_, torch.Tensor.relu_}
    ALL = {F.relu, torch.relu, torch.Tensor.relu} | IN_PLACE

    def __init__(self, rule):
        super().__init__()
        self.rule = rule
        self.met_one = False

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func not in self.ALL:
            return func(*args, **kwargs)
        self.met_one = True
        x = args[0] if args else kwargs["input"]
        in_place = func in self.IN_PLACE or kwargs.get("inplace", False)
        return _RuledReLU.apply(x, self.rule, in_place)


class _RuledReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, rule, in_place):
        ctx.rule = rule
        if not in_place:
            ctx.save_for_backward(x)
            return torch.relu(x)
        ctx.save_for_backward(x.clone())  # the rule needs x as it was
        ctx.mark_dirty(x)
        torch.relu_(x)
        return x

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        before = x._version, grad._version
        result = ctx.rule(x, grad)
        if not isinstance(result, torch.Tensor) or result.shape != x.shape:
            raise ValueError(f"rule must return a tensor of the shape of x, {tuple(x.shape)}, got {described(result)}")
        if (x._version, grad._version) != before:  # other branches of the network may share these
            raise ValueError("rule must return a new tensor, but it changed x or grad in place")
        return result, None, None
