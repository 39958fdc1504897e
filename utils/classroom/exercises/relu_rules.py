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
    return [
        Case("the matrix X of the lesson, which holds a zero", (X.clone(),)),
        Case("a very small number, x = 0.000001", (torch.tensor([1e-6]),)),
        Case("a tensor of shape (2, 3, 4)", (torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(1)),)),
    ]


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


def sign_of_x(x):
    """A negative input gives −1 in yours. A ReLU that is off counts as 0: ask whether x > 0."""
    return x.sign()


def quotient(x):
    """You divide, and at x = 0 that is 0 / 0. Compare instead: x > 0."""
    return x.relu() / x


def places_of_the_active(x):
    """You return where the positive entries stand. Asked for is 1 or 0 for each entry, in the shape of x: the comparison x > 0 itself."""
    return (x > 0).nonzero()


def the_active_entries(x):
    """You pick the positive entries out, and the others are gone. Asked for is 1 or 0 for each entry, in the shape of x: the comparison x > 0 itself."""
    return x[x > 0]


def any_active(x):
    """You answer once for the whole tensor. Answer for each entry: the comparison x > 0 itself has the shape of x."""
    return (x > 0).any()


def number_of_active(x):
    """You count the active entries. Answer for each of them, in the shape of x: the comparison x > 0 itself."""
    return (x > 0).sum()


def cut_off_at_1(x):
    """You cut x off at 1, so what lies between 0 and 1 stays as it is. Any positive number counts as on, with a 1: compare, x > 0."""
    return x.clamp(0, 1)


def rounded(x):
    """A positive number below one half counts as off in yours. However small, it is on: compare with 0, x > 0."""
    return x.clamp(0, 1).round()


def at_least_1(x):
    """You ask whether x is at least 1. However small a positive number is, it is on: x > 0."""
    return (x >= 1).to(x.dtype)


def above_a_threshold(x):
    """A very small positive number counts as off in yours. However small, it is on: compare with 0 itself, x > 0."""
    return (x > 1e-5).to(x.dtype)


def negatives_left(x):
    """You set the positive entries to 1 and leave the others as they are. Those are off: 0."""
    return torch.where(x > 0, 1.0, x)


def all_active(x):
    """You answer once for the whole tensor, whether all entries are on. Answer for each entry: the comparison x > 0 itself has the shape of x."""
    return (x > 0).all()


def half_at_zero(x):
    """At x = 0 you give a half. There the ReLU is off: 0. Compare, x > 0."""
    return (x.sign() + 1) / 2


def squashed(x):
    """You apply a sigmoid, which is never quite 0 or 1. Compare, x > 0."""
    return x.sigmoid()


def above_1(x):
    """You ask whether x is larger than 1. Any positive number is on: x > 0."""
    return (x > 1).to(x.dtype)


def transposed(x):
    """Your result lies on its side: its dimensions are exchanged. Return the comparison as it is, x > 0."""
    return (x > 0).to(x.dtype).permute(*range(x.dim() - 1, -1, -1))


ACTIVE_CURES = {
    "only one element tensors": "x has many entries. The comparison x > 0 answers for each of them; no `int()` or `float()` is needed.",
    "iteration over a 0-d tensor": "x may have any number of dimensions, even none. No loop is needed: `x > 0` compares all entries.",
    "tuple index out of range": "x may have any number of dimensions, even none. No loop is needed: `x > 0` compares all entries.",
    "where() received": "`torch.where(x > 0, 1, 0)`, or the comparison `x > 0` alone.",
    "Boolean value of Tensor": "`if`, `and` and `max` want one truth value, and x has many. `x > 0` answers for all entries at once.",
}


# the three rules ------------------------------------------------------------------------------------------------------


def rule_cases():
    generator = torch.Generator().manual_seed(2)
    return [
        Case("the matrices X and G of the lesson", (X.clone(), GRADIENT.clone())),
        Case("two tensors of shape (2, 3, 4)", tuple(torch.randn(2, 2, 3, 4, generator=generator).unbind())),
        Case(
            "inputs and gradients that are zero here and there",
            (torch.tensor([0.0, 0.0, 2.0, -2.0]), torch.tensor([0.5, -1.0, 0.0, 3.0])),
        ),
    ]


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


def input_where_positive(x, grad):
    """You keep the input where it is positive: that is the forward pass. On the way back it is `grad` that passes where x is positive."""
    return x.relu()


def times_the_input(x, grad):
    """You multiply the gradient by the input. Multiply it by the ReLU's slope, which is 1 where x > 0, else 0."""
    return grad * x


def relu_of_the_product(x, grad):
    """You take the ReLU of x · grad. x alone decides, by its sign, and `grad` passes as it is: multiply it by 1 or 0."""
    return (x * grad).relu()


def where_not_active(x, grad):
    """You have it the other way round: the gradient passes where x > 0, and is 0 elsewhere."""
    return grad * (x <= 0)


def roles_exchanged(x, grad):
    """x and grad have changed roles: you return x where the gradient is positive. The gradient passes where x is positive."""
    return x * (grad > 0)


def input_where_closed(x, grad):
    """Where x is not positive you return x. Nothing gets through there: 0."""
    return torch.where(x > 0, grad, x)


def one_where_closed(x, grad):
    """Where x is not positive you return 1. Nothing gets through there: 0."""
    return torch.where(x > 0, grad, 1.0)


def everything_passes(x, grad):
    """You let the whole gradient through. It passes only where x is positive: ask each entry of x, not one `if` for all."""
    return grad.clone()


def slope_added(x, grad):
    """You add 1 or 0 to the gradient. Multiply it by 1 or 0."""
    return grad + (x > 0)


def matrix_product(x, grad):
    """You multiply as matrices, with `@`. Multiply entry by entry, with `*`."""
    return (x > 0).to(grad.dtype) @ grad


def positive_size(x, grad):
    """You turn negative gradients positive. Where x > 0 the gradient passes with its sign."""
    return grad.abs() * (x > 0)


def the_passing_alone(x, grad):
    """You pick out the entries that pass, and the others are gone. Keep all places and put 0 where nothing passes: `grad * (x > 0)`."""
    return grad[x > 0]


def summed_up(x, grad):
    """You add everything up. Each entry keeps its own place: the result has the shape of x."""
    return (grad * (x > 0)).sum()


def open_for_the_negative(x, grad):
    """You let the gradient through where x is negative, too. Ask x > 0, not whether x is different from 0."""
    return grad * (x != 0)


def sign_for_the_slope(x, grad):
    """Where x is negative you turn the sign round. There nothing passes: multiply by 1 or 0, not by the sign of x."""
    return grad * x.sign()


def input_up_to_1(x, grad):
    """You multiply the gradient by x itself where x lies between 0 and 1. The slope is 1 for any positive x, however small."""
    return grad * x.clamp(0, 1)


def relu_of_the_sum(x, grad):
    """You add x and the gradient. x alone decides whether the gradient passes: multiply `grad` by 1 where x > 0, else by 0."""
    return (x + grad).relu()


def input_times_positive_gradient(x, grad):
    """You multiply x by the gradient where that is positive. x only decides whether `grad` passes: multiply `grad` by 1 where x > 0, else by 0."""
    return x * grad.relu()


def asks_the_product(x, grad):
    """You ask whether x · grad is positive, which two negative ones are, too. x alone decides: x > 0."""
    return grad * (x * grad > 0)


def sum_of_two_relus(x, grad):
    """You add relu(x) and relu(grad). x alone decides whether the gradient passes: multiply `grad` by 1 where x > 0, else by 0."""
    return x.relu() + grad.relu()


def turned_round(x, grad):
    """Every value has the wrong sign. Where x > 0, `grad` passes as it is."""
    return -grad * (x > 0)


def slope_as_truth(x, grad):
    """You return where the ReLU is on, as True and False. Return the gradient there: multiply it by that."""
    return x > 0


RULE_CURES = {
    "Boolean value of Tensor": "`if`, `and` and `max` want one truth value, and a tensor has many. Ask all entries at once: a "
    "comparison gives a tensor of True and False, and multiplying by it keeps or clears each entry.",
    "tuple index out of range": "x may have any number of dimensions. No loop is needed: comparisons and products go over all entries.",
    "iteration over a 0-d tensor": "x may have any number of dimensions. No loop is needed: comparisons and products go over all entries.",
    "shape mismatch": "Pick the same places on both sides, `result[x > 0] = grad[x > 0]`, or multiply by the condition.",
    "must be Tensor, not int": "`torch.maximum` wants two tensors. For a number there is `.clamp(min=0)`, or `.relu()`.",
    "has no attribute 'relu'": "`relu_active` returns True and False, perhaps: multiply by them.",
}


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


def negative_passes(x, grad):
    """You keep what is negative and clear what is positive. It is the other way round: keep what is positive."""
    return grad.clamp(max=0)


def input_where_gradient_positive(x, grad):
    """You return x where the gradient is positive. Return the gradient itself there; x does not occur in this rule."""
    return x * (grad > 0)


def times_relu_of_x(x, grad):
    """You multiply the gradient by relu(x). x does not occur in this rule: the ReLU is applied to the gradient."""
    return grad * x.relu()


def product_of_two_relus(x, grad):
    """You multiply relu(x) and relu(grad). x does not occur in this rule: relu(grad) alone."""
    return x.relu() * grad.relu()


def relu_of_x_times_grad(x, grad):
    """You take the ReLU of x · grad. x does not occur in this rule: take the ReLU of the gradient alone."""
    return (x * grad).relu()


def gradient_as_it_is(x, grad):
    """You return the gradient as it is. What is negative in it does not pass: set it to 0."""
    return grad.clone()


def pair_of_the_largest(x, grad):
    """`torch.max(grad, 0)` takes the 0 for a dimension, and gives two things. To compare with a number there is `.clamp(min=0)`, or `.relu()`."""
    return torch.max(grad, 0)


def the_positive_alone(x, grad):
    """You pick out the positive entries, and the others are gone. Keep all places and put 0 where nothing passes."""
    return grad[grad > 0]


def truth_of_gradient(x, grad):
    """You return where the gradient is positive, as True and False. Return the gradient itself there."""
    return grad > 0


def gradient_squared(x, grad):
    """You multiply the gradient by its own ReLU, so it comes in twice. Its ReLU alone is the rule."""
    return grad * grad.relu()


def gradient_up_to_1(x, grad):
    """You cut the gradient off at 1. What is positive passes as it is, however large."""
    return grad.clamp(0, 1)


def relu_of_x_plus_grad(x, grad):
    """You add x to the gradient. x does not occur in this rule: take the ReLU of the gradient alone."""
    return (x + grad).relu()


def ones_elsewhere(x, grad):
    """Where the gradient is negative you return 1. Nothing passes there: 0."""
    return torch.where(grad > 0, grad, 1.0)


def the_sum_of_the_positive(x, grad):
    """You add everything up. Each entry keeps its own place: the result has the shape of grad."""
    return grad.relu().sum()


def only_vanilla(x, grad):
    """What comes out is the vanilla rule: x > 0 alone decides. Guided backprop also stops negative gradients."""
    return grad * (x > 0)


def only_deconvnet(x, grad):
    """What comes out is the deconvnet rule: gradient > 0 alone decides. Guided backprop also asks whether x was positive."""
    return grad.relu()


def either_gate(x, grad):
    """You let through what passes one of the two gates. Guided backprop lets through what passes both: and, not or."""
    return grad * ((x > 0) | (grad > 0))


def product_of_relus(x, grad):
    """You multiply by the ReLU's output. x only opens or closes the gate: multiply by 1 or 0."""
    return grad.relu() * x.relu()


def one_question_for_both(x, grad):
    """You ask whether x · grad is positive. Two negative ones make a plus, too: ask x > 0 and grad > 0, each for itself."""
    return grad * (x * grad > 0)


def asks_the_sum(x, grad):
    """You ask whether x + grad is positive. Ask x > 0 and grad > 0, each for itself."""
    return grad * (x + grad > 0)


def product_of_the_rules(x, grad):
    """You multiply the results of the two rules, so the gradient comes in twice. Take it once, and multiply it by both conditions."""
    return grad * (x > 0) * grad.relu()


def sum_of_the_rules(x, grad):
    """You add the results of the two rules. Then what passes one of them gets through, and what passes both counts double. Multiply the gradient by both conditions."""
    return grad * (x > 0) + grad.relu()


def mean_of_the_rules(x, grad):
    """You take the mean of the results of the two rules. Then what passes one of them gets through by half. Multiply the gradient by both conditions."""
    return (grad * (x > 0) + grad.relu()) / 2


def both_conditions_alone(x, grad):
    """You return where both conditions hold, as 1 and 0. Return the gradient there: multiply it by them."""
    return ((x > 0) & (grad > 0)).to(grad.dtype)


def input_where_both(x, grad):
    """You return the input x where both conditions hold. Return the gradient there."""
    return x * ((x > 0) & (grad > 0))


def gates_exchanged(x, grad):
    """x and grad have changed roles: you return x where the gradient is positive. Return the gradient where both are positive."""
    return x * (grad > 0)


def exactly_one_gate(x, grad):
    """You let through what passes one of the two gates and not the other. Guided backprop lets through what passes both: `&`."""
    return grad * ((x > 0) ^ (grad > 0))


def smaller_of_the_two(x, grad):
    """You take the smaller of x and grad. Where both are positive, return the gradient, however large x is."""
    return torch.minimum(x, grad).relu()


def size_where_active(x, grad):
    """You turn negative gradients positive. Guided backprop sets them to zero."""
    return grad.abs() * (x > 0)


def relu_of_both(x, grad):
    """You take the ReLU of x · grad. Where both are positive, return the gradient, without x: x only opens or closes the gate."""
    return (x * grad).relu()


def open_at_zero_too(x, grad):
    """You let the gradient through where x = 0. There the ReLU is off: use >, not >=."""
    return grad.relu() * (x >= 0)


def gradient_where_off(x, grad):
    """Where x is not positive you let the gradient through. There nothing passes: 0."""
    return torch.where(x > 0, grad.relu(), grad)


def both_passing_alone(x, grad):
    """You pick out the entries that pass both, and the others are gone. Keep all places and put 0 where nothing passes."""
    return grad[(x > 0) & (grad > 0)]


def negative_where_active(x, grad):
    """You let the negative gradients through. Guided backprop lets the positive ones through: grad > 0."""
    return grad * ((x > 0) & (grad < 0))


def truth_of_both(x, grad):
    """You return where both conditions hold, as True and False. Return the gradient there: multiply it by that."""
    return (x > 0) & (grad > 0)


def relu_of_x_alone(x, grad):
    """You return relu(x): that is the forward pass. Return the gradient, where both x and it are positive."""
    return x.relu()


def larger_of_the_two(x, grad):
    """You take the larger of x and grad. Where both are positive, return the gradient, however large x is; elsewhere 0."""
    return torch.maximum(x, grad).relu()


def everything_through(x, grad):
    """You let the whole gradient through. It passes only where x > 0 and grad > 0, both asked of each entry."""
    return grad.clone()


# two_layer_backward ---------------------------------------------------------------------------------------------------


def two_layer_backward(x, W, v, rule):
    """∂S/∂x for S(x) = v · relu(W x), with the ReLU differentiated by `rule`.

    x (D,), W (H, D), v (H,), any rule(input of the ReLU, arriving gradient) → (D,)
    """
    return W.T @ rule(W @ x, v)


def made_up_rule(x, grad):
    """A rule that no method has: it uses the ReLU's input itself, negative values, too."""
    return x * grad


def backward_cases():
    generator = torch.Generator().manual_seed(3)
    W, v, x = (
        torch.tensor([[1.0, -1.0], [2.0, 1.0], [0.0, 1.0]]),
        torch.tensor([3.0, -1.0, 2.0]),
        torch.tensor([2.0, 1.0]),
    )
    square = torch.tensor([2.0, 1.0]), torch.tensor([[1.0, -1.0], [2.0, 1.0]]), torch.tensor([3.0, -1.0])
    wide = (
        torch.randn(4, generator=generator),
        torch.randn(6, 4, generator=generator),
        torch.randn(6, generator=generator),
    )
    return [
        Case("x = (2, 1), W = (1 −1; 2 1; 0 1), v = (3, −1, 2), the vanilla rule", (x, W, v, vanilla_rule)),
        Case(
            "x = (1, 2), which turns one hidden unit off, W = (1 −1; 2 1; 0 1), v = (3, −1, 2), the vanilla rule",
            (x.flip(0), W, v, vanilla_rule),
        ),
        Case(
            "x = (1, 2), which turns one hidden unit off, W = (1 −1; 2 1; 0 1), v = (3, −1, 2), the deconvnet rule",
            (x.flip(0), W, v, deconvnet_rule),
        ),
        Case(
            "as many hidden units as inputs: x = (2, 1), W = (1 −1; 2 1), v = (3, −1), the vanilla rule",
            (*square, vanilla_rule),
        ),
        Case(
            "x = (1, −2), W = (1 −1; 2 1; 0 1), v = (3, −1, 2), a made-up rule that returns input · gradient",
            (torch.tensor([1.0, -2.0]), W, v, made_up_rule),
        ),
        *(
            Case(f"4 inputs, 6 hidden units, the {name} rule", (*wide, rule))
            for name, rule in (("vanilla", vanilla_rule), ("deconvnet", deconvnet_rule), ("guided", guided_rule))
        ),
    ]


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


def given_the_output(x, W, v, rule):
    """You give `rule` the ReLU's output, relu(W x). Its first argument is the ReLU's input: W x, as it is. A rule may use how negative that is."""
    return W.T @ rule((W @ x).relu(), v)


def always_deconvnet(x, W, v, rule):
    """You keep what is positive in v, whatever `rule` is given: that is the deconvnet rule. Call rule(input of the ReLU, gradient)."""
    return W.T @ v.relu()


def times_the_outputs(x, W, v, rule):
    """You multiply v by the ReLU's output before the rule gets it. What arrives at the ReLU is v alone, ∂S/∂output: rule(W x, v)."""
    h = W @ x
    return W.T @ rule(h, v * h.relu())


def from_the_score(x, W, v, rule):
    """You start from the value of the score. Start from its derivative by the ReLU's output, which is v: rule(W x, v)."""
    h = W @ x
    return W.T @ rule(h, (v @ h.relu()).expand_as(h))


def times_v_again(x, W, v, rule):
    """You multiply by v twice. `rule` has got v already: W transposed times what the rule returns is all."""
    return W.T @ (v * rule(W @ x, v))


def times_x(x, W, v, rule):
    """You multiply by x at the end. The derivative alone is asked for."""
    return x * (W.T @ rule(W @ x, v))


def of_each_unit(x, W, v, rule):
    """You return what each unit sends to each input. One step is left: each input adds up what comes from all the units, which is the product `W.T @ …`."""
    return W * rule(W @ x, v)[:, None]


def summed_over_inputs(x, W, v, rule):
    """You add up over the inputs and get a number for each unit. Add up over the units, a number for each input: `W.T @ …`."""
    return (W * rule(W @ x, v)[:, None]).sum(1)


def to_one_number(x, W, v, rule):
    """You return one number. Asked for is the derivative by each entry of x: what leaves the rule goes back through `W.T @ …`."""
    return v @ rule(W @ x, v)


def rule_after_rule(x, W, v, rule):
    """You apply the vanilla rule and then `rule`. There is one ReLU: call `rule` once, with v."""
    h = W @ x
    return W.T @ rule(h, v * (h > 0))


def rule_at_the_input_too(x, W, v, rule):
    """You apply the rule a second time, at the input x. There is one ReLU, behind W: after `W.T @ …` you are done."""
    return rule(x, W.T @ rule(W @ x, v))


def relu_at_the_end(x, W, v, rule):
    """You cut off the negative values of the result. No ReLU stands at x: after `W.T @ …` you are done."""
    return (W.T @ rule(W @ x, v)).relu()


def relu_of_x_first(x, W, v, rule):
    """You apply a ReLU to x. No ReLU stands there: what the ReLUs get is W x, with x as it is."""
    return W.T @ rule(W @ x.relu(), v)


def positive_weights_of_the_score(x, W, v, rule):
    """You cut off the negative values of v before the rule gets it. `rule` decides what passes: give it v as it is."""
    return W.T @ rule(W @ x, v.relu())


def rule_on_the_weights(x, W, v, rule):
    """You apply a ReLU to the weights. The ReLU is applied to W x; the weights stay as they are."""
    return W.relu().T @ rule(W @ x, v)


def rule_on_ones_times_output(x, W, v, rule):
    """You ask the rule about a gradient of ones and multiply by the ReLU's output. What arrives at the ReLU is v: rule(W x, v)."""
    h = W @ x
    return W.T @ (rule(h, torch.ones_like(h)) * h.relu())


def without_its_sign(x, W, v, rule):
    """You take the absolute value at the end. Keep the sign."""
    return (W.T @ rule(W @ x, v)).abs()


def mean_over_the_units(x, W, v, rule):
    """You take the mean over the units. What comes back from them adds up: take the sum, which `W.T @ …` does."""
    return W.T @ rule(W @ x, v) / len(v)


def in_a_column(x, W, v, rule):
    """Your result is a column, (D, 1). Return a vector, (D,): leave out the extra dimension, or `.squeeze(1)`."""
    return (W.T @ rule(W @ x, v))[:, None]


def in_a_row(x, W, v, rule):
    """Your result is a row, (1, D). Return a vector, (D,): leave out the extra dimension, or `.squeeze(0)`."""
    return (W.T @ rule(W @ x, v))[None]


THE_WEIGHTS = "`W` has the shape (H, D). `W @ x` leads forward, from D numbers to H; `W.T @ …` leads back, from H to D."
ENTRY_BY_ENTRY = (
    "Entry by entry, with `*`, both shapes must fit; a matrix and a vector are multiplied with `@`. The two arguments "
    "of `rule` belong to the ReLUs and have H entries each: W x and v."
)

BACKWARD_CURES = {
    "size mismatch": THE_WEIGHTS,
    "cannot be multiplied": THE_WEIGHTS,
    "inconsistent tensor size": THE_WEIGHTS,
    "must match the size": ENTRY_BY_ENTRY,
    "missing 1 required positional argument": "A rule has two arguments: the ReLU's input, W x, and the gradient that arrives, v.",
    "has no attribute": "`rule` is a function, and is called: rule(W x, v).",
}


# saturating_gradient --------------------------------------------------------------------------------------------------


def saturating_gradient(x):
    """The gradient of y = 1 − relu(1 − x₁ − x₂) at x.

    x (..., 2) → (..., 2): (1, 1) where x₁ + x₂ < 1, else (0, 0).
    """
    below = (x.sum(dim=-1, keepdim=True) < 1).to(x.dtype)
    return below.expand_as(x).clone()


def saturating_cases():
    return [
        Case("x = (0.2, 0.4), below saturation", (torch.tensor([0.2, 0.4]),)),
        Case("x = (1, 1), in saturation", (torch.tensor([1.0, 1.0]),)),
        Case("x = (0.5, 0.5), at the corner, where the ReLU's input is 0", (torch.tensor([0.5, 0.5]),)),
        Case("x = (2, −3), below saturation", (torch.tensor([2.0, -3.0]),)),
        Case("two points at once, (0.2, 0.4) and (1, 1)", (torch.tensor([[0.2, 0.4], [1.0, 1.0]]),)),
        Case("a whole grid of points, shape (3, 4, 2)", (torch.linspace(-1, 2, 24).reshape(3, 4, 2),)),
    ]


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


def one_number_each(x):
    """You return one number for each point. Each point has two derivatives, by x₁ and by x₂, which are equal here: give both, in the shape of x."""
    return (x.sum(dim=-1) < 1).to(x.dtype)


def not_spread(x):
    """Your last dimension is 1. Each point has two derivatives, by x₁ and by x₂, which are equal here: spread it with `.expand_as(x)`."""
    return (x.sum(dim=-1, keepdim=True) < 1).to(x.dtype)


def one_sum_for_all(x):
    """You add up over all the points, and decide once for all of them. Each point has its own sum, over the last dimension: `x.sum(dim=-1, keepdim=True)`."""
    return (x.sum() < 1).to(x.dtype).expand_as(x).clone()


def sum_over_the_points(x):
    """You add up over the first dimension, which is the points where there are several. x₁ and x₂ stand in the last one: `x.sum(dim=-1, keepdim=True)`."""
    return (x.sum(dim=0, keepdim=True) < 1).to(x.dtype).expand_as(x).clone()


def first_two_points(x):
    """`x[0]` and `x[1]` are the first two points where there are several. x₁ of every point is `x[..., 0]`, x₂ is `x[..., 1]`."""
    return (x[0] + x[1] < 1).to(x.dtype) * torch.ones_like(x)


def input_below(x):
    """You return x where the ReLU is on. Its derivative is asked for: 1 there, for x₁ as for x₂."""
    return x * saturating_gradient(x)


def relu_output(x):
    """You return the ReLU's output. Asked for is the gradient of y: 1 where the ReLU is on, else 0."""
    return (1 - x.sum(dim=-1, keepdim=True)).relu().expand_as(x).clone()


def rule_at_x(x):
    """You ask whether each x is positive. The ReLU's input is 1 − x₁ − x₂: ask whether that is positive."""
    return (x > 0).to(x.dtype)


def shared_between_them(x):
    """You give each input a half. A gradient does not share: if x₁ alone grows, y grows as fast as x₁. So it is 1 for each."""
    return saturating_gradient(x) / 2


def mean_over_the_points(x):
    """Your gradient is too small by the number of points: you differentiate a mean. Take the sum, `y.sum()`: no point influences another."""
    return saturating_gradient(x) / (x.numel() // 2)


def by_x1_alone(x):
    """You differentiate by x₁ alone. The derivative by x₂ is the same number: put it beside the first."""
    return saturating_gradient(x) * torch.tensor([1.0, 0.0])


def of_the_sizes(x):
    """You add up absolute values. The ReLU sees x₁ + x₂, with their signs."""
    return saturating_gradient(x.abs())


def gradient_in_a_tuple(x):
    """`torch.autograd.grad` returns a tuple, with one gradient for each thing you ask about. Take the one out: `[0]`."""
    return (saturating_gradient(x),)


def both_below(x):
    """You ask of x₁ and of x₂ alone whether each is below 1. The ReLU sees their sum: x₁ + x₂ < 1."""
    return (x < 1).all(dim=-1, keepdim=True).to(x.dtype).expand_as(x).clone()


def spread_the_wrong_way(x):
    """Your sum has lost its last dimension, so it is spread along another one. Keep it: `x.sum(dim=-1, keepdim=True)`."""
    return (x.sum(dim=-1) < 1).to(x.dtype).expand_as(x).clone()


def repeated(x):
    """`.repeat(1, 2)` makes something of two dimensions, whatever x has. `.expand_as(x)` gives the shape of x."""
    return (x.sum(dim=-1, keepdim=True) < 1).to(x.dtype).repeat(1, 2)


def always_on(x):
    """You give 1 everywhere: the ReLU is missing. It is on only where its input, 1 − x₁ − x₂, is positive; elsewhere the gradient is 0."""
    return torch.ones_like(x)


def always_off(x):
    """You give 0 everywhere. Where the ReLU is on, where x₁ + x₂ < 1, the gradient is 1 for each input."""
    return torch.zeros_like(x)


def mean_below(x):
    """You ask whether the mean of x₁ and x₂ is below 1. The ReLU sees their sum: x₁ + x₂ < 1."""
    return (x.mean(dim=-1, keepdim=True) < 1).to(x.dtype).expand_as(x).clone()


def the_function_twice(x):
    """That is y itself, for each input. Asked for is its gradient: 1 where the ReLU is on, else 0."""
    return (1 - (1 - x.sum(dim=-1, keepdim=True)).relu()).expand_as(x).clone()


def minus_one_number_each(x):
    """You return one number for each point, and its sign is reversed. Two minus signs make a plus; and each point has two derivatives, by x₁ and by x₂: give both, in the shape of x."""
    return -((x.sum(dim=-1) < 1).to(x.dtype))


def beside_each_other_in_front(x):
    """You stack the two derivatives along the first dimension. They belong into the last one: `torch.stack([…, …], dim=-1)`."""
    on = (x.sum(dim=-1) < 1).to(x.dtype)
    return torch.stack([on, on])


MANY_POINTS = (
    "There may be one point or many, in any arrangement: `x[..., 0]` is x₁ of all of them and `x[..., 1]` x₂. Compare for "
    "all at once, `x[..., 0] + x[..., 1] < 1`, without `if`."
)

SATURATING_CURES = {
    "too many indices": MANY_POINTS,
    "too many values to unpack": MANY_POINTS,
    "not enough values to unpack": MANY_POINTS,
    "Boolean value of Tensor": MANY_POINTS,
    "must match the size": "`keepdim=True` keeps the last dimension: `x.sum(dim=-1, keepdim=True)` fits to x.",
    "Dimension out of range": "The last dimension is −1, however many there are: `torch.stack([…, …], dim=-1)` puts two beside each other there.",
    "zero-dimensional tensor": "`torch.stack([…, …], dim=-1)` puts two beside each other in a new last dimension; `torch.cat` wants one that is there.",
    "expanded size": "`keepdim=True` keeps the last dimension: `x.sum(dim=-1, keepdim=True)` can be spread by `.expand_as(x)`.",
}


RULES = {
    vanilla_rule: (
        looks_at_the_gradient,
        both_gates,
        open_at_zero,
        times_the_output,
        only_the_mask,
        input_where_positive,
        times_the_input,
        relu_of_the_product,
        where_not_active,
        roles_exchanged,
        input_where_closed,
        one_where_closed,
        everything_passes,
        slope_added,
        matrix_product,
        positive_size,
        the_passing_alone,
        summed_up,
        open_for_the_negative,
        sign_for_the_slope,
        input_up_to_1,
        relu_of_the_sum,
        input_times_positive_gradient,
        asks_the_product,
        sum_of_two_relus,
        turned_round,
        slope_as_truth,
    ),
    deconvnet_rule: (
        looks_at_the_input,
        both_for_deconvnet,
        mask_of_gradient,
        relu_of_input,
        absolute_gradient,
        negative_passes,
        input_where_gradient_positive,
        times_relu_of_x,
        product_of_two_relus,
        relu_of_x_times_grad,
        gradient_as_it_is,
        pair_of_the_largest,
        the_positive_alone,
        truth_of_gradient,
        gradient_squared,
        gradient_up_to_1,
        relu_of_x_plus_grad,
        ones_elsewhere,
        the_sum_of_the_positive,
    ),
    guided_rule: (
        only_vanilla,
        only_deconvnet,
        either_gate,
        product_of_relus,
        one_question_for_both,
        asks_the_sum,
        product_of_the_rules,
        sum_of_the_rules,
        mean_of_the_rules,
        both_conditions_alone,
        input_where_both,
        gates_exchanged,
        exactly_one_gate,
        smaller_of_the_two,
        size_where_active,
        relu_of_both,
        open_at_zero_too,
        gradient_where_off,
        both_passing_alone,
        negative_where_active,
        truth_of_both,
        relu_of_x_alone,
        larger_of_the_two,
        everything_through,
    ),
}

RECALL = {
    vanilla_rule: "Asked for is `grad`, unchanged, where x > 0, and 0 elsewhere.",
    deconvnet_rule: "Asked for is `grad`, unchanged, where grad > 0, and 0 elsewhere, whatever x is.",
    guided_rule: "Asked for is `grad`, unchanged, where both x > 0 and grad > 0, and 0 elsewhere.",
}

EXERCISES = (
    Exercise(
        relu_active,
        "relu_rules",
        1,
        active_cases,
        (
            active_at_zero,
            relu_itself,
            inactive,
            not_zero,
            sign_of_x,
            quotient,
            places_of_the_active,
            the_active_entries,
            any_active,
            number_of_active,
            cut_off_at_1,
            rounded,
            at_least_1,
            above_a_threshold,
            negatives_left,
            all_active,
            half_at_zero,
            squashed,
            above_1,
            transposed,
        ),
        as_numbers,
        cures=ACTIVE_CURES,
        recall="Asked for is 1 (or True) where x > 0, and 0 (or False) elsewhere, in the shape of x.",
    ),
    *(
        Exercise(rule, "relu_rules", 1, rule_cases, misconceptions, cures=RULE_CURES, recall=RECALL[rule])
        for rule, misconceptions in RULES.items()
    ),
    Exercise(
        two_layer_backward,
        "relu_rules",
        3,
        backward_cases,
        (
            without_the_rule,
            always_vanilla,
            without_weights,
            from_ones,
            rule_on_ones,
            rule_after_weights,
            exchanged_arguments,
            forward_value,
            given_the_output,
            always_deconvnet,
            times_the_outputs,
            from_the_score,
            times_v_again,
            times_x,
            of_each_unit,
            summed_over_inputs,
            to_one_number,
            rule_after_rule,
            rule_at_the_input_too,
            relu_at_the_end,
            relu_of_x_first,
            positive_weights_of_the_score,
            rule_on_the_weights,
            rule_on_ones_times_output,
            without_its_sign,
            mean_over_the_units,
            in_a_column,
            in_a_row,
        ),
        cures=BACKWARD_CURES,
        recall="The walk: h = W x; what `rule` makes of h and v; and `W.T @` that.",
    ),
    Exercise(
        saturating_gradient,
        "relu_rules",
        2,
        saturating_cases,
        (
            lost_a_minus,
            other_way_round,
            on_at_the_corner,
            the_function_itself,
            each_alone,
            one_number_each,
            not_spread,
            one_sum_for_all,
            sum_over_the_points,
            first_two_points,
            input_below,
            relu_output,
            rule_at_x,
            shared_between_them,
            mean_over_the_points,
            by_x1_alone,
            of_the_sizes,
            gradient_in_a_tuple,
            both_below,
            spread_the_wrong_way,
            repeated,
            always_on,
            always_off,
            mean_below,
            the_function_twice,
            minus_one_number_each,
            beside_each_other_in_front,
        ),
        as_numbers,
        cures=SATURATING_CURES,
        recall="Asked for is, for each point, 1 in both places where x₁ + x₂ < 1, and 0 in both elsewhere, in the shape of x.",
    ),
)
