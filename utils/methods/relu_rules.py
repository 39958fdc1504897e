"""Three ways back through a ReLU, and a switch that puts one of them in place of every ReLU's derivative.

Forward, a ReLU is y = max(x, 0). Backward, it turns the gradient that arrives at y into the gradient that leaves at x.
A rule says how; vanilla gradient, deconvnet and guided backpropagation differ in nothing else.
"""

import warnings
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
    return grad.clamp(min=0)


def guided_rule(x, grad):
    """grad where both x > 0 and grad > 0, else 0. Springenberg et al. 2014, arXiv:1412.6806, section 3.4."""
    return torch.ops.aten.threshold_backward(grad.clamp(min=0), x, 0)  # vanilla_rule of it, by PyTorch's own kernel


_BY_SIGN = {vanilla_rule, deconvnet_rule, guided_rule}  # they ask x for its sign alone, which relu(x) has, too


@contextmanager
def relu_rule(rule):
    """Every ReLU computed in this context is differentiated by rule(x, grad) → grad at x.

    x is the ReLU's input, grad the gradient at its output; the rule returns a new tensor of their shape. The forward
    values stay what they are, and the backward pass may come after the context. Within another relu_rule the inner
    one wins. A ReLU is nn.ReLU, F.relu, torch.relu or x.relu(), in-place or not; ReLU6, LeakyReLU and clamp are other
    functions and keep their own derivative.

        with relu_rule(guided_rule):
            maps = vanilla_gradient(model, images)

    So that a rule never goes unused in silence: ValueError at the end if no ReLU was computed; ValueError where a
    gradient taken in the context, by torch.autograd.grad or .backward(), leads through a ReLU that the rule did not
    reach, as those of scripted modules; and a UserWarning at the end if an activation that stands in for a ReLU (GELU,
    Hardswish, SiLU, ELU, LeakyReLU, ReLU6 and their like) was computed beside the ReLUs, for it keeps its own rule.
    """
    if not callable(rule):
        raise TypeError(f"rule must be a function rule(x, grad), got {described(rule)}")
    mode = _EveryReLU(rule)
    with mode:
        yield
    others = " and ".join(sorted(mode.others))
    if not mode.met_one:
        instead = f", only {others}" if others else " (a scripted model hides its own)"
        raise ValueError(
            "relu_rule met no ReLU: the model computes no nn.ReLU, F.relu, torch.relu or x.relu() here" + instead
        )
    if others:
        warnings.warn(
            f"relu_rule reached the ReLUs alone: this model computes {others}, too, which kept the "
            "derivative of their own. The map follows the rule in part",
            stacklevel=4,
        )


class _EveryReLU(TorchFunctionMode):
    # PyTorch offers this mode every torch function that is called, before it runs. The model is not touched.
    IN_PLACE = {torch.relu_, torch.Tensor.relu_}
    ALL = {F.relu, torch.relu, torch.Tensor.relu} | IN_PLACE
    OTHERS = {"celu", "elu", "gelu", "hardswish", "hardtanh", "leaky_relu", "mish", "prelu", "relu6", "rrelu", "selu",
              "silu", "softplus", "threshold", "_threshold"}  # fmt: skip  # hardtanh is what ReLU6 calls

    def __init__(self, rule):
        super().__init__()
        self.rule = rule
        self.met_one = False
        self.others = set()

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func in self.ALL:
            self.met_one = True
            x = args[0] if args else kwargs["input"]
            in_place = func in self.IN_PLACE or kwargs.get("inplace", False)
            if in_place and torch._C._functorch.peek_interpreter_stack():  # torch.func knows no input that is changed
                return x.copy_(_RuledReLU.apply(x.clone(), self.rule, False)[0])
            return _RuledReLU.apply(x, self.rule, in_place)[0]
        if func is torch.autograd.grad or func is torch.Tensor.backward:
            _check_all_reached(args[0] if args else kwargs.get("outputs"))
        elif (name := getattr(func, "__name__", "").removesuffix("_")) in self.OTHERS:
            self.others.add(name.removeprefix("_"))
        return func(*args, **kwargs)


def _check_all_reached(outputs):
    """ValueError if the graph behind `outputs` holds a ReLU that no rule has reached, or scripted code, which may."""
    tensors = [outputs] if isinstance(outputs, torch.Tensor) else outputs
    waiting = [tensor.grad_fn for tensor in tensors if tensor.grad_fn is not None]
    seen = set(waiting)
    while waiting:
        node = waiting.pop()
        if node.name().startswith("ReluBackward") or "jit" in node.name():
            raise ValueError(
                "relu_rule did not reach every ReLU that this gradient leads through: one was computed by "
                "a scripted module, or outside the context. Explain the model that was scripted, or "
                "compute all of it inside"
            )
        following = {behind for behind, _ in node.next_functions if behind is not None} - seen
        seen |= following
        waiting += following


class _RuledReLU(torch.autograd.Function):
    generate_vmap_rule = True  # for torch.func

    @staticmethod
    def forward(x, rule, in_place):
        if not in_place:
            return torch.relu(x), None
        before = None if rule in _BY_SIGN else x.clone()  # the rule needs x as it was
        torch.relu_(x)
        return x, before

    @staticmethod
    def setup_context(ctx, inputs, outputs):
        x, ctx.rule, in_place = inputs
        if in_place:
            ctx.mark_dirty(x)
        if outputs[1] is not None:
            ctx.mark_non_differentiable(outputs[1])
            x = outputs[1]
        ctx.save_for_backward(x)
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx, grad, _):
        if grad is None:  # nothing behind it knows a derivative: no zeros in its place, which would be an answer
            return None, None, None
        (x,) = ctx.saved_tensors
        before = x._version, grad._version
        result = ctx.rule(x, grad)
        if not isinstance(result, torch.Tensor) or result.shape != x.shape:
            raise ValueError(f"rule must return a tensor of the shape of x, {tuple(x.shape)}, got {described(result)}")
        if (x._version, grad._version) != before:  # other branches of the network may share these
            raise ValueError("rule must return a new tensor, but it changed x or grad in place")
        return result, None, None

    @staticmethod
    def jvp(ctx, *tangents):
        raise ValueError(
            "rule must be asked backwards: it says how a gradient goes back through a ReLU, and "
            "forward-mode derivatives go the other way"
        )
