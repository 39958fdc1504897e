"""Lesson 01: three ways back through a ReLU."""

import torch

from ...methods import deconvnet_rule, guided_rule, vanilla_rule
from ..exercise import Case, Exercise

X = torch.tensor([[1.0, 0.0], [-1.0, -10.0]])
GRADIENT = torch.tensor([[0.4, 1.1], [-0.5, -0.1]])


def as_numbers(result):
    """True, 1 and 1.0 are equally good answers to "is it on?"."""
    return None if result is None else result.double()


# relu_active ----------------------------------------------------------------------------------------------------------

def relu_active(x):
    """1 where a ReLU with input x lets its input through (x > 0), else 0. Same shape as x."""
    return (x > 0).to(x.dtype)


def active_cases():
    return [Case("the matrix X of the lesson, which holds a zero", (X.clone(),)),
            Case("a very small number, x = 0.000001", (torch.tensor([1e-6]),)),
            Case("a tensor of shape (2, 3, 4)", (torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(1)),))]


def active_at_zero(x):
    """You count x = 0 as active. At 0 the ReLU is off in PyTorch (and in the formula I(X > 0)): use >, not >=."""
    return (x >= 0).to(x.dtype)


def relu_itself(x):
    """That is the ReLU's output. What is asked for is whether it is on: 1 or 0."""
    return x.relu()


def inactive(x):
    """You mark where the ReLU is off. 1 stands for on: x > 0."""
    return (x <= 0).to(x.dtype)


def not_zero(x):
    """You mark where x is not zero. A negative input is not let through either: x > 0."""
    return (x != 0).to(x.dtype)


# the three rules ------------------------------------------------------------------------------------------------------

def rule_cases():
    generator = torch.Generator().manual_seed(2)
    return [Case("the matrices X and G of the lesson", (X.clone(), GRADIENT.clone())),
            Case("two tensors of shape (2, 3, 4)", tuple(torch.randn(2, 2, 3, 4, generator=generator).unbind())),
            Case("inputs and gradients that are zero here and there",
                 (torch.tensor([0.0, 0.0, 2.0, -2.0]), torch.tensor([1.0, -1.0, 0.0, 3.0])))]


def looks_at_the_gradient(x, grad):
    """You let the positive gradients through: that is the deconvnet rule. The vanilla rule asks whether the input x was positive."""
    return grad.relu()


def both_gates(x, grad):
    """You also stop the negative gradients: that is guided backprop. The vanilla rule looks at x alone and lets either sign through."""
    return grad.relu() * (x > 0)


def open_at_zero(x, grad):
    """You let the gradient through where x = 0. There the ReLU's slope is taken as 0: use >, not >=."""
    return grad * (x >= 0)


def times_the_output(x, grad):
    """You multiply the gradient by the ReLU's output. Multiply it by the ReLU's slope, which is 1 or 0."""
    return grad * x.relu()


def only_the_mask(x, grad):
    """You return the slope itself. The chain rule multiplies it by the gradient that arrives from above."""
    return (x > 0).to(grad.dtype)


def looks_at_the_input(x, grad):
    """You stop the gradient where the input was negative: that is the vanilla rule. The deconvnet rule never looks at x; it asks whether the gradient is positive."""
    return grad * (x > 0)


def both_for_deconvnet(x, grad):
    """You ask two questions, x > 0 and gradient > 0: that is guided backprop. The deconvnet rule asks only the second."""
    return grad.relu() * (x > 0)


def mask_of_gradient(x, grad):
    """You return where the gradient is positive, as 1 and 0. Return the gradient itself there."""
    return (grad > 0).to(grad.dtype)


def relu_of_input(x, grad):
    """You applied the ReLU to x: that is the forward pass. On the way back, this rule applies it to the gradient."""
    return x.relu()


def absolute_gradient(x, grad):
    """You turn negative gradients positive. The rule sets them to zero."""
    return grad.abs()


def only_vanilla(x, grad):
    """You ask one question, x > 0: that is the vanilla rule. Guided backprop also stops negative gradients."""
    return grad * (x > 0)


def only_deconvnet(x, grad):
    """You ask one question, gradient > 0: that is the deconvnet rule. Guided backprop also asks whether x was positive."""
    return grad.relu()


def either_gate(x, grad):
    """You let through what passes one of the two gates. Guided backprop lets through what passes both: and, not or."""
    return grad * ((x > 0) | (grad > 0))


def product_of_relus(x, grad):
    """You multiply by the ReLU's output. x only opens or closes the gate: multiply by 1 or 0."""
    return grad.relu() * x.relu()


# two_layer_backward ---------------------------------------------------------------------------------------------------

def two_layer_backward(x, W, v, rule):
    """∂S/∂x for S(x) = v · relu(W x), with the ReLU differentiated by `rule`.

    x (D,), W (H, D), v (H,), rule(input, grad) → (D,)
    """
    return W.T @ rule(W @ x, v)


def backward_cases():
    generator = torch.Generator().manual_seed(3)
    W, v, x = torch.tensor([[1.0, -1.0], [2.0, 1.0], [0.0, 1.0]]), torch.tensor([3.0, -1.0, 2.0]), torch.tensor([2.0, 1.0])
    square = torch.tensor([2.0, 1.0]), torch.tensor([[1.0, -1.0], [2.0, 1.0]]), torch.tensor([3.0, -1.0])
    wide = (torch.randn(4, generator=generator), torch.randn(6, 4, generator=generator), torch.randn(6, generator=generator))
    return [Case("x = (2, 1), W = (1 −1; 2 1; 0 1), v = (3, −1, 2), the vanilla rule", (x, W, v, vanilla_rule)),
            Case("x = (1, 2), which turns one hidden unit off, W = (1 −1; 2 1; 0 1), v = (3, −1, 2), the vanilla rule", (x.flip(0), W, v, vanilla_rule)),
            Case("x = (1, 2), which turns one hidden unit off, W = (1 −1; 2 1; 0 1), v = (3, −1, 2), the deconvnet rule", (x.flip(0), W, v, deconvnet_rule)),
            Case("as many hidden units as inputs: x = (2, 1), W = (1 −1; 2 1), v = (3, −1)", (*square, vanilla_rule)),
            *(Case(f"4 inputs, 6 hidden units, the {name} rule", (*wide, rule))
              for name, rule in (("vanilla", vanilla_rule), ("deconvnet", deconvnet_rule), ("guided", guided_rule)))]


def without_the_rule(x, W, v, rule):
    """You go back through the two weight layers as if no ReLU stood between them. Apply `rule` to what arrives at the ReLU."""
    return W.T @ v


def always_vanilla(x, W, v, rule):
    """You differentiate the ReLU by the vanilla rule, whatever `rule` is given. Call rule(input of the ReLU, gradient)."""
    return W.T @ (v * (W @ x > 0))


def rule_on_ones(x, W, v, rule):
    """You ask the rule about a gradient of ones and multiply by v afterwards. What arrives at the ReLU is v: give it to the rule."""
    return W.T @ (v * rule(W @ x, torch.ones_like(v)))


def without_weights(x, W, v, rule):
    """You stop at the ReLU. One step is left: each input collects from all the units it feeds, by W transposed."""
    return rule(W @ x, v)


def from_ones(x, W, v, rule):
    """You start from a gradient of ones at the ReLU. What arrives there is v: ∂S/∂h."""
    return W.T @ rule(W @ x, torch.ones_like(v))


def rule_after_weights(x, W, v, rule):
    """You apply the rule after going back through W, at the input x. The ReLU stands between W and v: apply it there, to W x."""
    return rule(x, W.T @ v)


def exchanged_arguments(x, W, v, rule):
    """The arguments of `rule` are exchanged. First comes the ReLU's input, then the gradient that arrives."""
    return W.T @ rule(v, W @ x)


def forward_value(x, W, v, rule):
    """That is the score S(x). Asked for is its derivative with respect to x: as many numbers as x has."""
    return v @ (W @ x).relu()


# saturating_gradient --------------------------------------------------------------------------------------------------

def saturating_gradient(x):
    """The gradient of y = 1 − relu(1 − x₁ − x₂) at x.

    x (..., 2) → (..., 2): (1, 1) where x₁ + x₂ < 1, else (0, 0).
    """
    below = (x.sum(dim=-1, keepdim=True) < 1).to(x.dtype)
    return below.expand_as(x).clone()


def saturating_cases():
    return [Case("x = (0.2, 0.4), below saturation", (torch.tensor([0.2, 0.4]),)),
            Case("x = (1, 1), in saturation", (torch.tensor([1.0, 1.0]),)),
            Case("x = (0.5, 0.5), at the corner, where the ReLU's input is 0", (torch.tensor([0.5, 0.5]),)),
            Case("x = (2, −3), below saturation", (torch.tensor([2.0, -3.0]),)),
            Case("two points at once, (0.2, 0.4) and (1, 1)", (torch.tensor([[0.2, 0.4], [1.0, 1.0]]),)),
            Case("a whole grid of points, shape (3, 4, 2)", (torch.linspace(-1, 2, 24).reshape(3, 4, 2),))]


def lost_a_minus(x):
    """The sign is reversed. There are two minus signs, one before the ReLU and one inside it: (−1)·(−1) = 1."""
    return -saturating_gradient(x)


def other_way_round(x):
    """You have it the other way round. The ReLU's input is 1 − x₁ − x₂: it is on while the sum is below 1."""
    return 1 - saturating_gradient(x)


def on_at_the_corner(x):
    """At the corner, x₁ + x₂ = 1, the ReLU's input is 0, and there its slope is taken as 0."""
    return (x.sum(dim=-1, keepdim=True) <= 1).to(x.dtype).expand_as(x).clone()


def the_function_itself(x):
    """That is y itself. Asked for is its gradient: how fast y changes with x₁ and with x₂."""
    return 1 - (1 - x.sum(dim=-1)).relu()


def each_alone(x):
    """You ask of each input alone whether it is below 1. The ReLU sees their sum: x₁ + x₂ < 1."""
    return (x < 1).to(x.dtype)


RULES = {
    vanilla_rule: (looks_at_the_gradient, both_gates, open_at_zero, times_the_output, only_the_mask),
    deconvnet_rule: (looks_at_the_input, both_for_deconvnet, mask_of_gradient, relu_of_input, absolute_gradient),
    guided_rule: (only_vanilla, only_deconvnet, either_gate, product_of_relus),
}

EXERCISES = (
    Exercise(relu_active, "relu_rules", 1, active_cases, (active_at_zero, relu_itself, inactive, not_zero), as_numbers),
    *(Exercise(rule, "relu_rules", 1, rule_cases, misconceptions) for rule, misconceptions in RULES.items()),
    Exercise(two_layer_backward, "relu_rules", 3, backward_cases,
             (without_the_rule, always_vanilla, without_weights, from_ones, rule_on_ones, rule_after_weights, exchanged_arguments, forward_value)),
    Exercise(saturating_gradient, "relu_rules", 2, saturating_cases,
             (lost_a_minus, other_way_round, on_at_the_corner, the_function_itself, each_alone), as_numbers),
)
