"""Lesson 10: a score shared out among the inputs, layer by layer, and other ways to share."""

import copy

import torch
import torch.nn.functional as F
from torch import nn

from ... import methods
from ...methods import (
    deep_taylor_rule,
    epsilon_rule,
    flat_rule,
    gamma_rule,
    pattern,
    z_box_rule,
    z_plus_rule,
    zero_rule,
)
from ..exercise import Case, Exercise
from ..surroundings import drawn_by
from .deconvnet import plain_network, unpool
from .grad_cam import TORCHS_WORDS
from .networks import random_images

TINY = 1e-9


def random_tensor(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def away_from_zero(z):
    """z + ε sign z needs no luck: none of the z of a case is near 0 by chance."""
    assert z.abs().min() > 0.02, z.abs().min()


# share_out ------------------------------------------------------------------------------------------------------------


def share_out(a, weight, bias, relevance, epsilon):
    """R_i = Σ_j a_i w_ij / (z_j + ε sign z_j) · R_j with z_j = Σ_i a_i w_ij + b_j: the relevance of a layer's inputs.

    a (N, D), weight (K, D), bias (K,), relevance (N, K) of the outputs, epsilon a number, 0 or more → (N, D).
    z_j = 0 counts as positive: there sign z_j is 1. Plain matrices, without autograd.
    """
    z = a @ weight.T + bias
    z = z + torch.where(z < 0, -epsilon, epsilon)
    return a * ((relevance / z) @ weight)


BILL = torch.tensor([[3.0, 1.0, 0.0]]), torch.tensor([[2.0, -1.0, 3.0]]), torch.zeros(1), torch.tensor([[5.0]])
OF_BILL = "a = (3, 1, 0), one unit with the weights (2, −1, 3) and no bias, so z = 5; R = 5"
HIDDEN = (
    torch.tensor([[2.0, 1.0]]),
    torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0]]),
    torch.zeros(3),
    torch.tensor([[6.0, -1.0, 0.0]]),
)
OF_HIDDEN = "a = (2, 1), three units with the weights (1, 1), (1, −1), (−1, 1) and no bias, so z = (3, 1, −1)"


def share_cases():
    a, weight, bias = random_tensor(2, 3, seed=1), random_tensor(4, 3, seed=2), random_tensor(4, seed=3)
    away_from_zero(a @ weight.T + bias)
    cancelling = torch.tensor([[1.0, 1.0]]), torch.tensor([[1.0, -1.0]]), torch.zeros(1), torch.tensor([[3.0]])
    dead = (
        torch.tensor([[2.0, 0.0]]),
        torch.tensor([[1.0, 1.0], [0.0, 3.0]]),
        torch.zeros(2),
        torch.tensor([[4.0, 0.0]]),
    )
    below = torch.tensor([[1.0, 1.0]]), torch.tensor([[1.0, -1.0]]), torch.tensor([-1.0]), torch.tensor([[-1.0]])
    with_bias = torch.tensor([[2.0, 1.0]]), torch.tensor([[1.0, 1.0]]), torch.tensor([-2.0]), torch.tensor([[1.0]])
    doubles = [each.double() for each in (a, weight, bias, random_tensor(2, 4, seed=4))]
    return [
        Case(f"{OF_BILL}; ε = 0", (*BILL, 0.0)),
        Case("a = (2, 1), one unit with the weights (1, 1) and the bias −2, so z = 1; R = 1; ε = 0", (*with_bias, 0.0)),
        Case(f"{OF_HIDDEN}; R = (6, −1, 0); ε = 0", (*HIDDEN, 0.0)),
        Case(f"{OF_BILL}; ε = 1", (*BILL, 1.0)),
        Case(
            "a = (1, 1), one unit with the weights (1, −1) and the bias −1, so z = −1; R = −1; ε = 0.5", (*below, 0.5)
        ),
        Case("a = (1, 1), one unit with the weights (1, −1) and no bias, so z = 0; R = 3; ε = 0.5", (*cancelling, 0.5)),
        Case(
            "a = (2, 0), two units with the weights (1, 1) and (0, 3) and no bias, so z = (2, 0); R = (4, 0); ε = 1",
            (*dead, 1.0),
        ),
        Case(
            "two rows of three inputs, four units, all numbers drawn by chance; ε = 0.1",
            (a, weight, bias, random_tensor(2, 4, seed=4), 0.1),
        ),
        Case("two rows of three inputs, four units, all in float64; ε = 0.001", (*doubles, 0.001)),
    ]


def signed(z, epsilon):
    return torch.where(z < 0, -epsilon, epsilon)


def stabilised(z, epsilon):
    return z + signed(z, epsilon)


def by_parts(parts, below, relevance):
    """Σ_j parts_ij / below_j · R_j; parts (N, K, D), below and relevance (N, K)."""
    return (parts / below[..., None] * relevance[..., None]).sum(1)


def with_below(below):
    """share_out with another denominator: below(z, epsilon), in place of z + ε sign z."""

    def share(a, weight, bias, relevance, epsilon):
        return a * ((relevance / below(a @ weight.T + bias, epsilon, relevance)) @ weight)

    return share


def bias_left_out(a, weight, bias, relevance, epsilon):
    """You leave the bias out of z. It belongs to z_j = Σ_i a_i w_ij + b_j, although nobody gets its share."""
    return share_out(a, weight, torch.zeros_like(bias), relevance, epsilon)


def bias_taken_off(a, weight, bias, relevance, epsilon):
    """You subtract the bias. z_j is what the layer gives: Σ_i a_i w_ij + b_j."""
    return share_out(a, weight, -bias, relevance, epsilon)


def bias_for_everybody(a, weight, bias, relevance, epsilon):
    """You share the bias out among the inputs. It counts in z_j below the line; above it stands a_i w_ij alone."""
    parts = a[:, None] * weight + (bias / a.shape[1])[:, None]
    return by_parts(parts, stabilised(a @ weight.T + bias, epsilon), relevance)


def whole_bias_for_each(a, weight, bias, relevance, epsilon):
    """You add the bias to the part of each input. It counts once in z_j, below the line; above it stands a_i w_ij alone."""
    return by_parts(a[:, None] * weight + bias[:, None], stabilised(a @ weight.T + bias, epsilon), relevance)


def share_for_the_bias(a, weight, bias, relevance, epsilon):
    """You return the share of the bias, too, as one more input. Return those of the inputs alone, (N, D)."""
    z = stabilised(a @ weight.T + bias, epsilon)
    return torch.cat([share_out(a, weight, bias, relevance, epsilon), (relevance / z * bias).sum(1, keepdim=True)], 1)


def epsilon_without_sign(a, weight, bias, relevance, epsilon):
    """You add ε to every z. Where z is negative, ε is subtracted, so that it leads away from 0: z + ε sign z."""
    return with_below(lambda z, epsilon, relevance: z + epsilon)(a, weight, bias, relevance, epsilon)


def no_sign_at_zero(a, weight, bias, relevance, epsilon):
    """You divide by 0 where z is 0: `torch.sign` is 0 there. z = 0 counts as positive: `torch.where(z < 0, -epsilon, epsilon)`."""
    return with_below(lambda z, epsilon, relevance: z + epsilon * z.sign())(a, weight, bias, relevance, epsilon)


def sign_by_division(a, weight, bias, relevance, epsilon):
    """You get the sign from z / |z|, and where z is 0 that is 0 / 0. z = 0 counts as positive: `torch.where(z < 0, -epsilon, epsilon)`."""
    return with_below(lambda z, epsilon, relevance: z + epsilon * z / z.abs())(a, weight, bias, relevance, epsilon)


def negative_at_zero(a, weight, bias, relevance, epsilon):
    """You count z = 0 as negative. It counts as positive: ε is subtracted only where z < 0."""
    return with_below(lambda z, epsilon, relevance: z + torch.where(z > 0, epsilon, -epsilon))(
        a, weight, bias, relevance, epsilon
    )


def epsilon_not_used(a, weight, bias, relevance, epsilon):
    """You divide by z alone. Divide by z + ε sign z."""
    return with_below(lambda z, epsilon, relevance: z)(a, weight, bias, relevance, epsilon)


def epsilon_taken_off(a, weight, bias, relevance, epsilon):
    """Your ε leads towards 0. It leads away from it: added where z is 0 or more, subtracted where z < 0."""
    return with_below(lambda z, epsilon, relevance: z - signed(z, epsilon))(a, weight, bias, relevance, epsilon)


def epsilon_where_zero(a, weight, bias, relevance, epsilon):
    """You use ε only where z is 0, or near it. It is added everywhere, with the sign of z: z + ε sign z."""
    return with_below(lambda z, epsilon, relevance: torch.where(z == 0, epsilon, z))(
        a, weight, bias, relevance, epsilon
    )


def epsilon_of_z(a, weight, bias, relevance, epsilon):
    """You take ε as a share of z. It is added as it is, with the sign of z: z + ε sign z."""
    return with_below(lambda z, epsilon, relevance: z + epsilon * z)(a, weight, bias, relevance, epsilon)


def at_least_epsilon(a, weight, bias, relevance, epsilon):
    """You divide by z or ε, whichever is larger. Divide by z + ε sign z, which is negative where z is."""
    return with_below(lambda z, epsilon, relevance: z.clamp(min=epsilon))(a, weight, bias, relevance, epsilon)


def size_of_z(a, weight, bias, relevance, epsilon):
    """You divide by the size of z. It keeps its sign: z + ε sign z."""
    return with_below(lambda z, epsilon, relevance: z.abs() + epsilon)(a, weight, bias, relevance, epsilon)


def sign_of_relevance(a, weight, bias, relevance, epsilon):
    """Your ε has the sign of the relevance. It has that of z."""
    return with_below(lambda z, epsilon, relevance: z + signed(relevance, epsilon))(a, weight, bias, relevance, epsilon)


def sign_of_each_part(a, weight, bias, relevance, epsilon):
    """You add an ε to each a_i w_ij before they are summed. It is added once, to the sum: z + ε sign z."""
    return with_below(lambda z, epsilon, relevance: z + a.shape[1] * signed(z, epsilon))(
        a, weight, bias, relevance, epsilon
    )


def sign_without_the_bias(a, weight, bias, relevance, epsilon):
    """Your ε has the sign of Σ a w, without the bias. It has that of z, bias and all."""
    before = a @ weight.T
    return a * ((relevance / (before + bias + signed(before, epsilon))) @ weight)


def epsilon_behind_the_quotient(a, weight, bias, relevance, epsilon):
    """Brackets are missing: you add ε to R / z. Add it to z, then divide: R / (z + ε sign z)."""
    z = a @ weight.T + bias
    return a * ((relevance / z + signed(z, epsilon)) @ weight)


def epsilon_alone_behind_the_quotient(a, weight, bias, relevance, epsilon):
    """Brackets are missing: R / z + ε is (R / z) + ε. Write `relevance / (z + …)`, with the ε that has the sign of z."""
    return a * ((relevance / (a @ weight.T + bias) + epsilon) @ weight)


def zero_by_hand(a, weight, bias, relevance, epsilon):
    """Where z is 0 you share nothing out. There ε alone stands below the line, and R is shared out like any other."""
    z = a @ weight.T + bias
    return a * (torch.where(z == 0, 0.0, relevance / stabilised(z, epsilon)) @ weight)


def shares_without_a(a, weight, bias, relevance, epsilon):
    """You return Σ_j w_ij R_j / z_j. One factor is missing: each input's own a_i."""
    return (relevance / stabilised(a @ weight.T + bias, epsilon)) @ weight


def a_twice(a, weight, bias, relevance, epsilon):
    """You multiply by a twice. a_i stands in a_i w_ij once."""
    return a * share_out(a, weight, bias, relevance, epsilon)


def not_divided(a, weight, bias, relevance, epsilon):
    """You do not divide by z. An output shares out its own R: each input gets the part a_i w_ij / (z_j + ε sign z_j) of it."""
    return a * (relevance @ weight)


def parts_alone(a, weight, bias, relevance, epsilon):
    """You return the shares without what is shared out. Multiply the part of each output by its relevance R_j."""
    return share_out(a, weight, bias, torch.ones_like(relevance), epsilon)


def contributions_alone(a, weight, bias, relevance, epsilon):
    """You return Σ_j a_i w_ij: what each input adds to the outputs. Each output shares out its R_j: divide by z_j, and multiply by R_j, before you add up."""
    return a * weight.sum(0)


def over_the_outputs(a, weight, bias, relevance, epsilon):
    """You divide by the sum over the outputs. z_j is a sum over the inputs i: one for each output j."""
    parts = a[:, None] * weight
    below = stabilised(parts.sum(1, keepdim=True), epsilon)
    return (parts / below * relevance[..., None]).sum(1)


def by_absolute_parts(a, weight, bias, relevance, epsilon):
    """You share out by the absolute a_i w_ij. They keep their signs, above the line and below it: what speaks against gets a negative share."""
    parts = (a[:, None] * weight).abs()
    return by_parts(parts, parts.sum(2) + epsilon, relevance)


def positive_parts_alone(a, weight, bias, relevance, epsilon):
    """You share out by the positive a_i w_ij alone: that is the z⁺ rule. Here all of them count, with their signs."""
    parts = (a[:, None] * weight).clamp(min=0)
    return by_parts(parts, parts.sum(2) + epsilon, relevance)


def positive_above_alone(a, weight, bias, relevance, epsilon):
    """Above the line you take the positive a_i w_ij alone. Take all of them, with their signs."""
    z = stabilised(a @ weight.T + bias, epsilon)
    return by_parts((a[:, None] * weight).clamp(min=0), z, relevance)


def positive_weights_alone(a, weight, bias, relevance, epsilon):
    """You use the positive weights alone. Here all of them count, with their signs."""
    return share_out(a, weight.clamp(min=0), bias, relevance, epsilon)


def relu_of_z(a, weight, bias, relevance, epsilon):
    """You apply a ReLU to z. z is what the layer itself gives, before any ReLU."""
    return with_below(lambda z, epsilon, relevance: z.relu() + epsilon)(a, weight, bias, relevance, epsilon)


def alike_for_all(a, weight, bias, relevance, epsilon):
    """You share each R_j out evenly. The part of input i is a_i w_ij / (z_j + ε sign z_j)."""
    return (relevance.sum(1, keepdim=True) / a.shape[1]).expand_as(a).clone()


def by_weights_alone(a, weight, bias, relevance, epsilon):
    """You share out by the weights alone. What input i adds to output j is a_i w_ij."""
    return by_parts(
        weight.expand(len(a), -1, -1), stabilised(weight.sum(1) + bias, epsilon).expand_as(relevance), relevance
    )


def by_inputs_alone(a, weight, bias, relevance, epsilon):
    """You share out by the inputs alone. What input i adds to output j is a_i w_ij."""
    return a / stabilised(a.sum(1, keepdim=True), epsilon) * relevance.sum(1, keepdim=True)


def relevance_added_up_first(a, weight, bias, relevance, epsilon):
    """You add up before you divide: Σ_j a_i w_ij over Σ_j z_j. Each output j shares out its own R_j, and the shares are added up."""
    z = a @ weight.T + bias
    return a * weight.sum(0) / stabilised(z.sum(1, keepdim=True), epsilon) * relevance.sum(1, keepdim=True)


def mean_over_the_outputs(a, weight, bias, relevance, epsilon):
    """You take the mean over the outputs. What an input gets from them adds up: take the sum."""
    return share_out(a, weight, bias, relevance, epsilon) / relevance.shape[1]


def shares_of_each_output(a, weight, bias, relevance, epsilon):
    """You return what each output gives to each input, (N, K, D). One step is left: add up over the outputs, dimension 1."""
    z = stabilised(a @ weight.T + bias, epsilon)
    return a[:, None] * weight * (relevance / z)[..., None]


def shares_of_each_output_turned(a, weight, bias, relevance, epsilon):
    """You return what each output gives to each input, (N, D, K). One step is left: add up over the outputs, the last dimension."""
    return shares_of_each_output(a, weight, bias, relevance, epsilon).mT


def added_over_the_inputs(a, weight, bias, relevance, epsilon):
    """You add up over the inputs, and get a number for each output. Add up over the outputs: a number for each input."""
    return shares_of_each_output(a, weight, bias, relevance, epsilon).sum(2)


def all_added_up(a, weight, bias, relevance, epsilon):
    """You add everything up. Add up over the outputs alone: a number for each input, (N, D)."""
    return share_out(a, weight, bias, relevance, epsilon).sum()


def weight_in_front(a, weight, bias, relevance, epsilon):
    """The two factors of your product have changed places. Σ_j w_ij s_j for all rows is `s @ weight`, with s = R / (z + ε sign z) of shape (N, K)."""
    return a * (weight.T @ (relevance / stabilised(a @ weight.T + bias, epsilon)))


def rows_added_up(a, weight, bias, relevance, epsilon):
    """You add up over the rows of the batch. Each row keeps its own relevance, (N, D)."""
    return share_out(a, weight, bias, relevance, epsilon).sum(0)


def first_row_for_all(a, weight, bias, relevance, epsilon):
    """You take z from the first row for all. Each row of the batch has its own z."""
    z = (a @ weight.T + bias)[:1]
    return a * ((relevance / stabilised(z, epsilon)) @ weight)


def negative_shares_lost(a, weight, bias, relevance, epsilon):
    """You set negative shares to 0. They stay: what speaks against gets a negative share."""
    return share_out(a, weight, bias, relevance, epsilon).relu()


def negative_shares_turned(a, weight, bias, relevance, epsilon):
    """You turn negative shares positive. They keep their sign: what speaks against gets a negative share."""
    return share_out(a, weight, bias, relevance, epsilon).abs()


def scaled_to_the_whole(a, weight, bias, relevance, epsilon):
    """You scale the shares so that they add up to the relevance. They need not: ε keeps a part, and so does the bias."""
    shares = share_out(a, weight, bias, relevance, epsilon)
    return shares / shares.sum(1, keepdim=True) * relevance.sum(1, keepdim=True)


def share_without_the_batch(a, weight, bias, relevance, epsilon):
    """The dimension of the batch is gone. Return (N, D), also where N is 1."""
    return share_out(a, weight, bias, relevance, epsilon)[0]


SHAPES = "Here a is (N, D), weight (K, D), relevance (N, K). "
SHARE_CURES = {
    **TORCHS_WORDS,
    "must match the size": SHAPES
    + "Forward it is `a @ weight.T + bias`, (N, K); back it is `(relevance / …) @ weight`, (N, D). "
    "For each a_i w_ij by itself take `a[:, None] * weight`, (N, K, D), and give what has (N, K) one more dimension: `z[..., None]`.",
    "cannot be multiplied": SHAPES
    + "Forward it is `a @ weight.T`, (N, K); back it is `(relevance / …) @ weight`, (N, D).",
    "size mismatch": SHAPES + "Forward it is `a @ weight.T`, (N, K); back it is `(relevance / …) @ weight`, (N, D).",
    "einsum": SHAPES + "In letters: forward `nd,kd->nk`, back `nk,kd->nd`.",
    "must be Tensor, not float": "`torch.sign` takes tensors, and ε is a number: `torch.where(z < 0, -epsilon, epsilon)` has a value for each z.",
    "Boolean value of Tensor": "`if z < 0` wants one truth value, and z has many. `torch.where(z < 0, -epsilon, epsilon)` answers for all of them.",
    "only one element tensors": "Functions of `math` take one number, and z has many. `torch.where(z < 0, -epsilon, epsilon)` has a value for each of them.",
    "no attribute 'sign'": "ε is a number. The sign is that of z.",
    "does not require grad": "No derivative is needed here: plain matrices do it.",
    "shape mismatch": SHAPES + "z has the shape (N, K), too.",
    "out of bounds": SHAPES + "i runs over D inputs, j over K outputs, `weight[j, i]`.",
    "out of range": SHAPES + "i runs over D inputs, j over K outputs, `weight[j, i]`.",
}


# relevance_step -------------------------------------------------------------------------------------------------------


def relevance_step(layer, a, relevance, change, epsilon):
    """The relevance at a layer's input: z = copy(a); s = R / (z + ε sign z); c = ∂(Σ z s)/∂a with s held; R_in = a · c.

    layer is an nn.Linear or nn.Conv2d, a its input, relevance that of its output → relevance of a, detached.
    change: None, and the copy is as the layer is, with its bias; or a function weight → weight, and the copy has
    change(layer.weight) and no bias. z = 0 counts as positive. layer, a and relevance stay as they are.
    """
    copied = copy.deepcopy(layer)
    if change is not None:
        copied.weight, copied.bias = nn.Parameter(change(layer.weight.detach())), None
    with torch.enable_grad():
        a = a.detach().clone().requires_grad_()
        z = copied(a)
        s = (relevance / (z + torch.where(z < 0, -epsilon, epsilon))).detach()
        (c,) = torch.autograd.grad((z * s).sum(), a)
    return a.detach() * c


def linear(*rows, bias=None):
    """A linear layer with these rows of weights."""
    layer = nn.Linear(len(rows[0]), len(rows), bias=bias is not None)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(rows))
        if bias is not None:
            layer.bias.copy_(torch.tensor(bias))
    return layer.eval()


def convolution(*sizes, seed=0, **options):
    with drawn_by(seed):
        return nn.Conv2d(*sizes, **options).eval()


def doubled_where_positive(weight):
    return weight + weight.clamp(min=0)


def positive_alone(weight):
    return weight.clamp(min=0)


def squared(weight):
    return weight**2


def step_cases():
    bill, three = linear([2.0, -1.0, 3.0]), linear([1.0, 1.0], [1.0, -1.0], [-1.0, 1.0])
    with_bias = linear([1.0, 1.0], bias=[-2.0])
    a, one = torch.tensor([[2.0, 1.0]]), torch.tensor([[1.0]])
    padded, strided = convolution(2, 3, 3, padding=1, seed=1), convolution(4, 2, 2, stride=2, groups=2, seed=2)
    x, y = random_tensor(2, 2, 4, 3, seed=3), random_tensor(2, 4, 4, 6, seed=4).abs()
    wide, rows = (
        linear(*random_tensor(4, 3, seed=2).tolist(), bias=random_tensor(4, seed=3).tolist()),
        random_tensor(2, 3, seed=1),
    )
    of_two = "a = (2, 1), one unit with the weights (1, 1) and the bias −2"
    doubled = "the change w + max(w, 0)"
    return [
        Case(f"a linear layer: {OF_BILL}; no change, ε = 0", (bill, BILL[0], BILL[3], None, 0.0)),
        Case(f"a linear layer: {of_two}, so z = 1; R = 1; no change, ε = 0", (with_bias, a, one, None, 0.0)),
        Case(f"a linear layer: {OF_HIDDEN}; R = (6, −1, 0); no change, ε = 0", (three, a, HIDDEN[3], None, 0.0)),
        Case(
            f"a linear layer: {OF_HIDDEN}; R = (5, −5/6, 0); no change, ε = 1",
            (three, a, torch.tensor([[5.0, -5 / 6, 0.0]]), None, 1.0),
        ),
        Case(
            "a linear layer: a = (2, 1), three units with the weights (1, 1), (1, −1), (−1, 1) and no bias; "
            f"R = (60/11, −5/11, 0); {doubled}, ε = 1e-9",
            (three, a, torch.tensor([[60 / 11, -5 / 11, 0.0]]), doubled_where_positive, TINY),
        ),
        Case(f"a linear layer: {of_two}; R = 1; {doubled}, ε = 0", (with_bias, a, one, doubled_where_positive, 0.0)),
        Case(
            "a linear layer: a = (1, 1), one unit with the weights (1, −1) and no bias, so z = 0; R = 3; no change, ε = 0.5",
            (linear([1.0, -1.0]), torch.ones(1, 2), torch.tensor([[3.0]]), None, 0.5),
        ),
        Case(
            "a linear layer: two rows of three inputs, four units with a bias, all numbers drawn by chance; no change, ε = 0.1",
            (wide, rows, random_tensor(2, 4, seed=4), None, 0.1),
        ),
        Case(
            "a convolution, 3×3 with padding 1 and a bias, two images of 2 channels, 4×3; no change, ε = 0.5",
            (padded, x, random_tensor(2, 3, 4, 3, seed=5), None, 0.5),
        ),
        Case(
            "a convolution, 3×3 with padding 1 and a bias, two images of 2 channels, 4×3; the change w², ε = 0.2",
            (padded, x, random_tensor(2, 3, 4, 3, seed=5), squared, 0.2),
        ),
        Case(
            "a convolution, 2×2 with stride 2 and two groups, two images of 4 channels, 4×6, no value negative; the change max(w, 0), ε = 1e-9",
            (strided, y, random_tensor(2, 2, 2, 3, seed=6), positive_alone, TINY),
        ),
        Case(
            f"a linear layer in float64, two rows of three inputs, four units with a bias; {doubled}, ε = 0.001",
            (
                copy.deepcopy(wide).double(),
                rows.double(),
                random_tensor(2, 4, seed=4).double(),
                doubled_where_positive,
                0.001,
            ),
        ),
    ]


def copy_of(layer, change, bias=False):
    """What relevance_step works on; bias: a function bias → bias of the copy where there is a change."""
    copied = copy.deepcopy(layer)
    if change is not None:
        kept = bias(layer.bias.detach()) if bias and layer.bias is not None else None
        copied.weight = nn.Parameter(change(layer.weight.detach()))
        copied.bias = None if kept is None else nn.Parameter(kept)
    return copied


def quotients(copied, a, relevance, epsilon, below=stabilised):
    """s = R / (z + ε sign z)."""
    with torch.no_grad():
        return relevance / below(copied(a), epsilon)


def slopes(copied, a, s, of=None):
    """c = ∂(Σ z s)/∂a, s held; of(z) in place of z."""
    a = a.detach().clone().requires_grad_()
    z = copied(a)
    (c,) = torch.autograd.grad(((z if of is None else of(z)) * s).sum(), a)
    return c


def with_quotients(below):
    """relevance_step with another denominator: below(z, epsilon)."""

    def step(layer, a, relevance, change, epsilon):
        copied = copy_of(layer, change)
        return a * slopes(copied, a, quotients(copied, a, relevance, epsilon, below))

    return step


def with_copy(copied):
    """relevance_step on another copy: copied(layer, change)."""

    def step(layer, a, relevance, change, epsilon):
        own = copied(layer, change)
        return a * slopes(own, a, quotients(own, a, relevance, epsilon))

    return step


def without_a(layer, a, relevance, change, epsilon):
    """You return c. One step is left: R_in = a · c, each input times its own c."""
    copied = copy_of(layer, change)
    return slopes(copied, a, quotients(copied, a, relevance, epsilon))


def s_not_held(layer, a, relevance, change, epsilon):
    """You differentiate s along with z, and z · (R / z) is R, which does not depend on a. Hold s still: `s = (relevance / …).detach()`."""
    copied, a = copy_of(layer, change), a.detach().clone().requires_grad_()
    z = copied(a)
    (c,) = torch.autograd.grad((z * (relevance / stabilised(z, epsilon))).sum(), a)
    return a.detach() * c


def step_not_divided(layer, a, relevance, change, epsilon):
    """You do not divide by z: what you walk back is the relevance itself. s = R / (z + ε sign z) comes first."""
    return a * slopes(copy_of(layer, change), a, relevance)


def relevance_for_ones(layer, a, relevance, change, epsilon):
    """The relevance that arrives does not come in. s = R / (z + ε sign z)."""
    copied = copy_of(layer, change)
    return a * slopes(copied, a, quotients(copied, a, torch.ones_like(relevance), epsilon))


def s_forgotten(layer, a, relevance, change, epsilon):
    """You differentiate Σ z, without s. It is Σ z · s, with s = R / (z + ε sign z)."""
    copied = copy_of(layer, change)
    return a * slopes(copied, a, torch.ones_like(relevance))


def z_of_the_layer(layer, a, relevance, change, epsilon):
    """You take z from the layer and c from the copy. Both come from the copy, or the shares do not add up: z = copy(a)."""
    return a * slopes(copy_of(layer, change), a, quotients(layer, a, relevance, epsilon))


def slopes_of_the_layer(layer, a, relevance, change, epsilon):
    """You take z from the copy and c from the layer. Both come from the copy: c is the derivative of its z."""
    return a * slopes(layer, a, quotients(copy_of(layer, change), a, relevance, epsilon))


def nothing_changed(layer, a, relevance, change, epsilon):
    """You do not use `change`. Unless it is None, the copy has the weight change(layer.weight), and no bias."""
    return relevance_step(layer, a, relevance, None, epsilon)


def nothing_changed_but_the_bias(layer, a, relevance, change, epsilon):
    """The weights of your copy are those of the layer. Unless `change` is None, give the copy change(layer.weight)."""
    return relevance_step(layer, a, relevance, change and (lambda weight: weight), epsilon)


def bias_kept(layer, a, relevance, change, epsilon):
    """Your copy keeps its bias where there is a change. It has none then: `copied.bias = None`."""
    return with_copy(lambda layer, change: copy_of(layer, change, lambda bias: bias))(
        layer, a, relevance, change, epsilon
    )


def bias_changed(layer, a, relevance, change, epsilon):
    """You change the bias as well. Where there is a change, the copy has no bias: `copied.bias = None`."""
    return with_copy(lambda layer, change: copy_of(layer, change, change))(layer, a, relevance, change, epsilon)


def never_a_bias(layer, a, relevance, change, epsilon):
    """Your copy never has a bias. Where `change` is None it is as the layer is, bias and all."""
    return relevance_step(layer, a, relevance, change or (lambda weight: weight), epsilon)


def changed_twice(layer, a, relevance, change, epsilon):
    """You change the weights twice. Change those of the layer once, in a copy."""
    return relevance_step(layer, a, relevance, change and (lambda weight: change(change(weight))), epsilon)


def step_epsilon_without_sign(layer, a, relevance, change, epsilon):
    """You add ε to every z. Where z is negative, ε is subtracted, so that it leads away from 0: z + ε sign z."""
    return with_quotients(lambda z, epsilon: z + epsilon)(layer, a, relevance, change, epsilon)


def step_no_sign_at_zero(layer, a, relevance, change, epsilon):
    """You divide by 0 where z is 0: `torch.sign` is 0 there. z = 0 counts as positive: `torch.where(z < 0, -epsilon, epsilon)`."""
    return with_quotients(lambda z, epsilon: z + epsilon * z.sign())(layer, a, relevance, change, epsilon)


def step_sign_by_division(layer, a, relevance, change, epsilon):
    """You get the sign from z / |z|, and where z is 0 that is 0 / 0. z = 0 counts as positive: `torch.where(z < 0, -epsilon, epsilon)`."""
    return with_quotients(lambda z, epsilon: z + epsilon * z / z.abs())(layer, a, relevance, change, epsilon)


def step_negative_at_zero(layer, a, relevance, change, epsilon):
    """You count z = 0 as negative. It counts as positive: ε is subtracted only where z < 0."""
    return with_quotients(lambda z, epsilon: z + torch.where(z > 0, epsilon, -epsilon))(
        layer, a, relevance, change, epsilon
    )


def step_epsilon_not_used(layer, a, relevance, change, epsilon):
    """You divide by z alone. Divide by z + ε sign z."""
    return with_quotients(lambda z, epsilon: z)(layer, a, relevance, change, epsilon)


def step_epsilon_taken_off(layer, a, relevance, change, epsilon):
    """Your ε leads towards 0. It leads away from it: added where z is 0 or more, subtracted where z < 0."""
    return with_quotients(lambda z, epsilon: z - signed(z, epsilon))(layer, a, relevance, change, epsilon)


def step_epsilon_where_zero(layer, a, relevance, change, epsilon):
    """You use ε only where z is 0, or near it. It is added everywhere, with the sign of z: z + ε sign z."""
    return with_quotients(lambda z, epsilon: torch.where(z == 0, epsilon, z))(layer, a, relevance, change, epsilon)


def input_changed(layer, a, relevance, change, epsilon):
    """You apply `change` to a. It is for the weight of the copy: change(layer.weight)."""
    return relevance_step(layer, change(a) if change else a, relevance, None, epsilon)


def input_changed_and_no_bias(layer, a, relevance, change, epsilon):
    """You apply `change` to a, and not to the weight. It is for the weight of the copy: change(layer.weight)."""
    return relevance_step(layer, change(a) if change else a, relevance, change and (lambda weight: weight), epsilon)


def input_changed_as_well(layer, a, relevance, change, epsilon):
    """You apply `change` to a as well. It is for the weight of the copy alone: change(layer.weight)."""
    return relevance_step(layer, change(a) if change else a, relevance, change, epsilon)


def step_at_least_epsilon(layer, a, relevance, change, epsilon):
    """You divide by z or ε, whichever is larger. Divide by z + ε sign z, which is negative where z is."""
    return with_quotients(lambda z, epsilon: z.clamp(min=epsilon))(layer, a, relevance, change, epsilon)


def step_size_of_z(layer, a, relevance, change, epsilon):
    """You divide by the size of z. It keeps its sign: z + ε sign z."""
    return with_quotients(lambda z, epsilon: z.abs() + epsilon)(layer, a, relevance, change, epsilon)


def epsilon_in_what_is_differentiated(layer, a, relevance, change, epsilon):
    """You differentiate Σ z s with the size of z. z goes in with its sign, as the copy gives it."""
    copied = copy_of(layer, change)
    return a * slopes(copied, a, quotients(copied, a, relevance, epsilon), torch.abs)


def step_brackets_missing(layer, a, relevance, change, epsilon):
    """Brackets are missing: you add ε to R / z. Add it to z, then divide: R / (z + ε sign z)."""
    copied = copy_of(layer, change)
    s = quotients(copied, a, relevance, epsilon, lambda z, epsilon: z)
    return a * slopes(copied, a, s + signed(copied(a).detach(), epsilon))


def step_brackets_missing_without_sign(layer, a, relevance, change, epsilon):
    """Brackets are missing: R / z + ε is (R / z) + ε. Write `relevance / (z + …)`, with the ε that has the sign of z."""
    copied = copy_of(layer, change)
    return a * slopes(copied, a, quotients(copied, a, relevance, epsilon, lambda z, epsilon: z) + epsilon)


def step_relu_of_z(layer, a, relevance, change, epsilon):
    """You apply a ReLU to z. z is what the copy itself gives, before any ReLU."""
    return with_quotients(lambda z, epsilon: z.relu() + epsilon)(layer, a, relevance, change, epsilon)


def relu_of_z_in_both(layer, a, relevance, change, epsilon):
    """You apply a ReLU to z. z is what the copy itself gives, before any ReLU; the ReLU is another layer."""
    copied = copy_of(layer, change)
    s = quotients(copied, a, relevance, epsilon, lambda z, epsilon: stabilised(z.relu(), epsilon))
    return a * slopes(copied, a, s, torch.relu)


def mean_differentiated(layer, a, relevance, change, epsilon):
    """You differentiate the mean of z · s. Differentiate the sum: `(z * s).sum()`."""
    return relevance_step(layer, a, relevance, change, epsilon) / relevance.numel()


def added_to_a(layer, a, relevance, change, epsilon):
    """You add a and c. The last step is a product: R_in = a · c."""
    return a + without_a(layer, a, relevance, change, epsilon)


def times_a_twice(layer, a, relevance, change, epsilon):
    """You multiply by a twice. R_in = a · c."""
    return a * relevance_step(layer, a, relevance, change, epsilon)


def step_negative_lost(layer, a, relevance, change, epsilon):
    """You set negative relevance to 0. It stays: what speaks against gets a negative share."""
    return relevance_step(layer, a, relevance, change, epsilon).relu()


def step_negative_turned(layer, a, relevance, change, epsilon):
    """You turn negative relevance positive. It keeps its sign: what speaks against gets a negative share."""
    return relevance_step(layer, a, relevance, change, epsilon).abs()


def step_scaled_to_the_whole(layer, a, relevance, change, epsilon):
    """You scale the result so that it adds up to R. It need not: ε keeps a part, and so does the bias."""
    result = relevance_step(layer, a, relevance, change, epsilon)
    return result / result.sum() * relevance.sum()


def first_of_the_batch(layer, a, relevance, change, epsilon):
    """The first dimension, that of the batch, is gone. The result has the shape of a, also where N is 1."""
    return relevance_step(layer, a, relevance, change, epsilon)[0]


def relu_of_a(layer, a, relevance, change, epsilon):
    """You apply a ReLU to a. Inputs may be negative: take a as it is."""
    return relevance_step(layer, a.relu(), relevance, change, epsilon)


def the_z_itself(layer, a, relevance, change, epsilon):
    """You return what the copy gives, z. Four steps lead from it to the relevance of a: s = R / z, c = ∂(Σ z s)/∂a, a · c."""
    return copy_of(layer, change)(a).detach()


def the_s_itself(layer, a, relevance, change, epsilon):
    """You return s. Two steps are left: c = ∂(Σ z s)/∂a, and R_in = a · c."""
    return quotients(copy_of(layer, change), a, relevance, epsilon)


NO_BIAS = (  # what PyTorch says where a bias is None, and nothing else can be
    "+: 'Tensor' and 'NoneType'",
    "+=: 'Tensor' and 'NoneType'",
    "+: 'NoneType' and",
    "zeros_like(): argument 'input' (position 1) must be Tensor, not NoneType",
    "'NoneType' has no len()",
)
NO_GRAD = ("*: 'Tensor' and 'NoneType'", "*=: 'Tensor' and 'NoneType'", "*: 'NoneType' and")
EITHER_NONE = (
    "-: 'Tensor' and 'NoneType'",
    "/: 'Tensor' and 'NoneType'",
    "-: 'NoneType' and",
    "/: 'NoneType' and",
    "mul(): argument 'other' (position 2) must be Tensor, not NoneType",
    "add(): argument 'other' (position 2) must be Tensor, not NoneType",
    "'NoneType' object is not subscriptable",
    *(
        f"'NoneType' object has no attribute '{name}'"
        for name in "data detach clone zero_ fill_ mul_ copy_ shape view reshape requires_grad_ sum".split()
    ),
)
FOUR_STEPS = "That is a rule of the course. Write the four steps out: z, s, c, and a · c."
COPY_CURES = {
    **TORCHS_WORDS,
    "as parameter 'weight'": "A layer's weight is a parameter. `copied.weight = nn.Parameter(change(layer.weight))` puts another one in, and so does "
    "`copied.weight.data = …`.",
    "as parameter 'bias'": "A layer's bias is a parameter or None: `copied.bias = None`.",
    "'NoneType' object is not callable": "`change` may be None: then the copy is as the layer is. Ask `if change is not None:` first.",
    "name 'copy' is not defined": "`import copy` makes it known: write that into your cell.",
    "deepcopy": "A layer can be copied only while its weight is a parameter of its own: copy first, `copy.deepcopy(layer)`, then change the copy.",
    "does not require grad": "Nothing led back to a. Mark a copy of it before z is computed, `a = a.detach().clone().requires_grad_()`, and detach s alone, not z. And no derivative is taken inside `torch.no_grad()`.",
    "appears to not have been used": "z must be computed from the marked a: `z = copied(a)`, after `a = a.detach().clone().requires_grad_()`.",
    "only for scalar outputs": "A derivative starts from one number: `(z * s).sum()`.",
    "second time": "One derivative is enough, that of `(z * s).sum()`, and s must not lead back to a: detach it.",
    "not a leaf": "`.grad` is filled only in what you marked yourself. Take what `torch.autograd.grad((z * s).sum(), a)` gives.",
    **dict.fromkeys(
        NO_BIAS,
        "`layer.bias` is None: this layer has no bias. Ask `if layer.bias is not None:` first, or call the copy, `z = copied(a)`, which asks by itself.",
    ),
    "'NoneType' object has no attribute 'clamp'": "`layer.bias` is None: this layer has no bias. And `change` is for the weight alone: a copy with changed weights has no bias.",
    **dict.fromkeys(
        NO_GRAD,
        "`.grad` is None: it is filled by `.backward()`, and only in what was marked by `.requires_grad_()`. Take what `torch.autograd.grad((z * s).sum(), a)` gives.",
    ),
    **dict.fromkeys(
        EITHER_NONE,
        "Something is None here. Is it a bias? A layer may have none: ask `is not None` first. Is it a `.grad`? It is filled by `.backward()`, and only in what was marked by `.requires_grad_()`.",
    ),
    "single element can be converted to an index": "`torch.autograd.grad` gives a tuple, also of one derivative: `(c,) = …` takes it out.",
    "sequence by non-int": "`torch.autograd.grad` gives a tuple, also of one derivative: `(c,) = …` takes it out.",
    "'Linear' object has no attribute 'clamp'": "Give `change` the weight, not the layer: `change(layer.weight)`.",
    "'Conv2d' object has no attribute 'clamp'": "Give `change` the weight, not the layer: `change(layer.weight)`.",
    "has no attribute 'copy'": "A layer is copied by `copy.deepcopy(layer)`.",
    "'Linear' object has no attribute 'clone'": "A layer is copied by `copy.deepcopy(layer)`.",
    "'Conv2d' object has no attribute 'clone'": "A layer is copied by `copy.deepcopy(layer)`.",
    "'tuple'": "`torch.autograd.grad` gives a tuple, also of one derivative: `(c,) = …` takes it out.",
    "has no attribute 'weight'": "Ask the layer itself: `layer.weight`.",
    "has no attribute 'in_features'": "The layer may be an nn.Conv2d as well. `copy.deepcopy(layer)` copies either kind.",
    "cannot be multiplied": "Call the copy, `z = copied(a)`: that goes for nn.Linear and nn.Conv2d alike, without a product of matrices.",
    "must match the size": "s has the shape of z and of the relevance, c that of a. Call the copy, `z = copied(a)`: that goes for nn.Linear and nn.Conv2d alike.",
    "in-place operation": "Change a copy, and do it by assignment: `copied.weight = nn.Parameter(change(layer.weight))`.",
    "must be Tensor, not float": "`torch.sign` takes tensors, and ε is a number: `torch.where(z < 0, -epsilon, epsilon)` has a value for each z.",
    "Boolean value of Tensor": "`if z < 0` wants one truth value, and z has many. `torch.where(z < 0, -epsilon, epsilon)` answers for all of them.",
}


# more_of_the_positive -------------------------------------------------------------------------------------------------


def more_of_the_positive(weight, gamma):
    """w + γ · max(w, 0): each positive weight times 1 + γ, the negative ones as they are. Any shape → the same."""
    return weight + gamma * weight.clamp(min=0)


def positive_cases():
    return [
        Case("the weights (2, −1), γ = 1", (torch.tensor([2.0, -1.0]), 1.0)),
        Case("the weights (2, −1), γ = 0.5", (torch.tensor([2.0, -1.0]), 0.5)),
        Case("the weights (2, −1), γ = 0", (torch.tensor([2.0, -1.0]), 0.0)),
        Case("the weights (3, 0, −2; −4, 0.5, 1), γ = 3", (torch.tensor([[3.0, 0.0, -2.0], [-4.0, 0.5, 1.0]]), 3.0)),
        Case("the weights of a convolution, (4, 3, 3, 3), γ = 0.25", (random_tensor(4, 3, 3, 3, seed=1), 0.25)),
        Case("five weights in float64, γ = 100", (random_tensor(5, seed=2).double(), 100.0)),
    ]


def negative_lost(weight, gamma):
    """You lose the negative weights. They stay as they are: w + γ · max(w, 0)."""
    return (1 + gamma) * weight.clamp(min=0)


def positive_times_gamma_alone(weight, gamma):
    """You return γ · max(w, 0) alone. It is added to the weight: w + γ · max(w, 0)."""
    return gamma * weight.clamp(min=0)


def all_grown(weight, gamma):
    """All your weights grow, the negative ones, too. In z and in the shares the factor cancels, so your γ does nothing. Only the positive ones grow: w + γ · max(w, 0)."""
    return (1 + gamma) * weight


def negative_grown(weight, gamma):
    """It is the negative weights that grow in yours. The positive ones do: w + γ · max(w, 0)."""
    return weight + gamma * weight.clamp(max=0)


def negative_shrunk(weight, gamma):
    """You add γ · |w|, so the negative weights shrink. They stay as they are: w + γ · max(w, 0)."""
    return weight + gamma * weight.abs()


def positive_times_gamma(weight, gamma):
    """You multiply the positive weights by γ. They grow by γ times themselves: that is times 1 + γ."""
    return torch.where(weight > 0, gamma * weight, weight)


def gamma_added(weight, gamma):
    """You add γ to the positive weights. Each grows by γ times itself: w + γ · max(w, 0)."""
    return torch.where(weight > 0, weight + gamma, weight)


def gamma_added_to_all(weight, gamma):
    """You add γ to every weight. The positive ones alone grow, each by γ times itself: w + γ · max(w, 0)."""
    return weight + gamma


def gamma_as_the_floor(weight, gamma):
    """You cut the weights off at γ. γ is a factor: w + γ · max(w, 0)."""
    return weight.clamp(min=gamma)


def gamma_not_used(weight, gamma):
    """You add max(w, 0) once, whatever γ is. It is multiplied by γ: w + γ · max(w, 0)."""
    return weight + weight.clamp(min=0)


def the_positive_part(weight, gamma):
    """You return max(w, 0): that is what z⁺ takes. Here the negative weights stay, and the positive ones grow by γ: w + γ · max(w, 0)."""
    return weight.clamp(min=0)


def gamma_with_its_complement(weight, gamma):
    """You mix the weight and its positive part in shares 1 − γ and γ. Nothing is taken off: w + γ · max(w, 0)."""
    return (1 - gamma) * weight + gamma * weight.clamp(min=0)


def back_to_size(weight, gamma):
    """You divide by 1 + γ again, so that the negative weights shrink. Their relation to the positive ones is right, the values are not: w + γ · max(w, 0)."""
    return (weight + gamma * weight.clamp(min=0)) / (1 + gamma)


def gamma_for_1(weight, gamma):
    """γ stands with the wrong term: you return γ · w + max(w, 0). It is w + γ · max(w, 0)."""
    return gamma * weight + weight.clamp(min=0)


def gamma_of_the_mask(weight, gamma):
    """You return the factors, 1 + γ or 1. Multiply each weight by its own."""
    return 1 + gamma * (weight > 0).to(weight.dtype)


def positive_taken_off(weight, gamma):
    """You subtract γ · max(w, 0). Add it: the positive weights grow."""
    return weight - gamma * weight.clamp(min=0)


def squared_gamma(weight, gamma):
    """You multiply by γ twice. It is w + γ · max(w, 0)."""
    return weight + gamma**2 * weight.clamp(min=0)


def negative_turned(weight, gamma):
    """You turn the negative weights positive. They stay as they are: w + γ · max(w, 0)."""
    return weight.abs() + gamma * weight.clamp(min=0)


def gamma_of_the_largest(weight, gamma):
    """You add γ times the largest weight. Each positive weight grows by γ times itself: `.clamp(min=0)`, not `.max()`."""
    return weight + gamma * weight.max().clamp(min=0)


def always_a_quarter(weight, gamma):
    """You take a γ of 0.25, whichever is asked for. Use `gamma`."""
    return weight + 0.25 * weight.clamp(min=0)


def grown_weights_alone(weight, gamma):
    """You pick out the positive weights, and the others are gone. Keep all places: w + γ · max(w, 0)."""
    return (1 + gamma) * weight[weight > 0]


def grown_from_1(weight, gamma):
    """Weights between 0 and 1 do not grow in yours, or too little. Any positive weight grows by γ times itself: `.clamp(min=0)`."""
    return weight + gamma * weight.clamp(min=1)


def grown_at_one_end(weight, gamma):
    """You cut max(w, 0) off at 1. Large weights grow by γ times themselves, too: `.clamp(min=0)`."""
    return weight + gamma * weight.clamp(0, 1)


POSITIVE_CURES = {
    **TORCHS_WORDS,
    "Boolean value of Tensor": "`max(w, 0)` and `if w > 0` want one truth value, and a weight tensor has many values. `.clamp(min=0)` is max(w, 0) for each of them.",
    "must be Tensor, not int": "`torch.maximum` wants two tensors. For a number there is `.clamp(min=0)`.",
    "must be Tensor, not float": "`torch.maximum` wants two tensors. For a number there is `.clamp(min=0)`.",
    "return_types": "`torch.max(w, 0)` takes the 0 for a dimension, and gives two things. max(w, 0) is `.clamp(min=0)`.",
    "sequence by non-int": "`torch.max(w, 0)` takes the 0 for a dimension, and gives two things. max(w, 0) is `.clamp(min=0)`.",
    "max()": "`.max` of a tensor is its largest value. max(w, 0) of each weight is `.clamp(min=0)`.",
    "has no attribute": "`weight` is a tensor here, not a layer. max(w, 0) is `weight.clamp(min=0)`.",
    "in-place": "Do not change the weights in place: return a new tensor, `weight + gamma * weight.clamp(min=0)` written by your own steps.",
}


# lrp ------------------------------------------------------------------------------------------------------------------


def lrp(network, images, target, rule):
    """The score of target, shared out layer by layer, the last layer first.

    network   an nn.Sequential of nn.Conv2d, nn.ReLU, nn.MaxPool2d(2), nn.Flatten and nn.Linear
    images    (N, C, H, W) → (N, C, H, W), in units of the score
    target    an int, or a LongTensor (N,) with one for each image
    rule      rule(layer, a, relevance) → relevance of a, the layer's input: asked at each nn.Linear and nn.Conv2d
    """
    inputs, x = [], images
    with torch.no_grad():
        for layer in network:
            inputs.append(x)
            x = layer(x)
    rows, relevance = torch.arange(len(x)), torch.zeros_like(x)
    relevance[rows, target] = x[rows, target]
    for layer, a in zip(reversed(network), reversed(inputs), strict=True):
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            relevance = rule(layer, a, relevance)
        elif isinstance(layer, nn.MaxPool2d):
            relevance = unpool(relevance, a)
        else:
            relevance = relevance.reshape(a.shape)
    return relevance


def score_of_target(scores, target):
    """The scores, 0 for all classes but the target's own."""
    rows, start = torch.arange(len(scores)), torch.zeros_like(scores)
    start[rows, target] = scores[rows, target]
    return start


def through_relu(relevance, a):
    return relevance


def walk(network, images, target, rule, start=score_of_target, pooling=unpool, relu=through_relu):
    """lrp, with one thing done otherwise."""
    inputs, x = [], images
    with torch.no_grad():
        for layer in network:
            inputs.append(x)
            x = layer(x)
    relevance = start(x, target)
    for layer, a in zip(reversed(network), reversed(inputs), strict=True):
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            relevance = rule(layer, a, relevance)
        elif isinstance(layer, nn.MaxPool2d):
            relevance = pooling(relevance, a)
        elif isinstance(layer, nn.ReLU):
            relevance = relu(relevance, a)
        else:
            relevance = relevance.reshape(a.shape)
    return relevance


def hand_network():
    """h = ReLU(x1 + x2, x1 − x2, x2 − x1), scores 2 h1 − h2 + 3 h3 and −2 h1 − h2 − h3; no biases."""
    first = linear([1.0, 1.0], [1.0, -1.0], [-1.0, 1.0])
    return nn.Sequential(nn.Flatten(), first, nn.ReLU(), linear([2.0, -1.0, 3.0], [-2.0, -1.0, -1.0])).eval()


def twice_pooled_network():
    """A convolution without padding, two poolings, a ReLU behind the second; one linear layer; 3 classes."""
    with drawn_by(5):
        return nn.Sequential(
            nn.Conv2d(3, 4, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(4, 5, 3, padding=1),
            nn.MaxPool2d(2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(10, 3),
        ).eval()


def by_a_tenth(layer, a, relevance):
    """A rule that differentiates: LRP-ε with ε = 0.1."""
    a = a.detach().clone().requires_grad_()
    z = layer(a)
    s = relevance / (z + torch.where(z < 0, -0.1, 0.1))
    (c,) = torch.autograd.grad((z * s.detach()).sum(), a)
    return a.detach() * c


def walk_cases():
    image, other = torch.tensor([[[[2.0, 1.0]]]]), torch.tensor([[[[2.0, 1.0]]], [[[-1.0, 2.0]]], [[[3.0, 0.5]]]])
    of_hand = "h = ReLU(x1 + x2, x1 − x2, x2 − x1), the scores 2 h1 − h2 + 3 h3 and −2 h1 − h2 − h3, no biases"
    two_convolutions = "two convolutions, pooling and two linear layers"
    three = torch.tensor([0, 2, 1])
    return [
        Case(f"{of_hand}; the image (2, 1), target 0, the rule LRP-0", (hand_network(), image, 0, zero_rule)),
        Case(f"{of_hand}; the image (2, 1), target 1, the rule LRP-0", (hand_network(), image, 1, zero_rule)),
        Case(f"{of_hand}; the image (2, 1), target 0, the rule z⁺", (hand_network(), image, 0, z_plus_rule)),
        Case(
            f"{of_hand}; the images (2, 1), (−1, 2), (3, 0.5) with the targets 0, 1, 0, the rule LRP-ε with ε = 0.1",
            (hand_network(), other, torch.tensor([0, 1, 0]), by_a_tenth),
        ),
        Case(
            f"{two_convolutions}, two 6×6 colour images, target 2, the rule LRP-ε with ε = 0.1",
            (plain_network(), random_images(2), 2, by_a_tenth),
        ),
        Case(
            f"{two_convolutions}, two 6×6 colour images, target 2, the rule z⁺",
            (plain_network(), random_images(2), 2, z_plus_rule),
        ),
        Case(
            f"{two_convolutions}, three 6×6 colour images with values of either sign, with the targets 0, 2, 1, the rule γ",
            (plain_network(), random_images(3, seed=2) - 0.4, three, gamma_rule),
        ),
        Case(
            f"{two_convolutions}, two 6×6 colour images, target 0, the flat rule, which gives relevance to dead units, too",
            (plain_network(), random_images(2, seed=4), 0, flat_rule),
        ),
        Case(
            "two convolutions, the first without padding, two poolings and a linear layer, three colour images of 10×6 in "
            "float64 with the targets 0, 2, 1, the rule LRP-ε with ε = 0.1",
            (twice_pooled_network().double(), random_images(3, size=10, width=6, seed=3).double(), three, by_a_tenth),
        ),
    ]


def from_one(network, images, target, rule):
    """Your map is divided by the score: you start with a 1 at the target's place, perhaps. Start with its score: that is what is shared out."""
    return walk(network, images, target, rule, lambda scores, target: score_of_target(torch.ones_like(scores), target))


def from_softmax(network, images, target, rule):
    """You start with the probability of the target. Start with its score, before any softmax."""
    return walk(network, images, target, rule, lambda scores, target: score_of_target(scores.softmax(1), target))


def from_all_scores(network, images, target, rule):
    """You start with all the scores, and share out their sum. Start with the score of target at its place, and 0 at all others."""
    return walk(network, images, target, rule, lambda scores, target: scores)


def from_targets_of_all(network, images, target, rule):
    """Each of your images is asked for the targets of all. With one target for each image, pick by rows, too: `relevance[torch.arange(N), target]`."""

    def start(scores, target):
        start = torch.zeros_like(scores)
        start[:, target] = scores[:, target]
        return start

    return walk(network, images, target, rule, start)


def from_the_first_target(network, images, target, rule):
    """You ask all images for the target of the first. Where `target` is a tensor, each image has its own."""
    return walk(network, images, target if isinstance(target, int) else target[0].item(), rule)


def from_the_predicted_class(network, images, target, rule):
    """You start with the largest score. Start with that of `target`."""
    return walk(network, images, target, rule, lambda scores, target: score_of_target(scores, scores.argmax(1)))


def from_the_size_of_the_score(network, images, target, rule):
    """You start with the size of the score. A negative score is shared out as it is, with its sign."""
    return walk(network, images, target, rule, lambda scores, target: score_of_target(scores.abs(), target))


def from_the_relu_of_the_score(network, images, target, rule):
    """You start with 0 where the score is negative. A negative score is shared out as it is, with its sign."""
    return walk(network, images, target, rule, lambda scores, target: score_of_target(scores.relu(), target))


def from_the_sum_over_the_images(network, images, target, rule):
    """You give each image the scores of all, added up. Each image shares out its own."""
    return walk(
        network, images, target, rule, lambda scores, target: score_of_target(scores.sum(0).expand_as(scores), target)
    )


def from_the_first_image(network, images, target, rule):
    """You give each image the score of the first. Each shares out its own."""
    return walk(
        network, images, target, rule, lambda scores, target: score_of_target(scores[:1].expand_as(scores), target)
    )


def from_its_place(network, images, target, rule):
    """You start with ones for all classes. Start with the score of target at its place, and 0 at all others."""
    return walk(network, images, target, rule, lambda scores, target: torch.ones_like(scores))


def others_against_it(network, images, target, rule):
    """You start with the other scores taken off. Start with the score of target at its place, and 0 at all others."""
    return walk(network, images, target, rule, lambda scores, target: 2 * score_of_target(scores, target) - scores)


def from_every_place(network, images, target, rule):
    """You put the score of target at the place of every class. Put it at the target's own, and 0 at all others."""

    def start(scores, target):
        return score_of_target(scores, target).sum(1, keepdim=True).expand_as(scores)

    return walk(network, images, target, rule, start)


def shared_by_the_pooling(relevance, a):
    return relevance.repeat_interleave(2, 2).repeat_interleave(2, 3)[..., : a.shape[2], : a.shape[3]]


def pooling_to_all(network, images, target, rule):
    """At a pooling you give the relevance to all four of the window. The largest gets all of it: `unpool(relevance, a)`."""
    return walk(network, images, target, rule, pooling=shared_by_the_pooling)


def pooling_to_each_a_quarter(network, images, target, rule):
    """At a pooling you share out evenly. The largest of the window gets all of it: `unpool(relevance, a)`."""
    return walk(network, images, target, rule, pooling=lambda relevance, a: shared_by_the_pooling(relevance, a) / 4)


def pooling_by_value(network, images, target, rule):
    """At a pooling you share out by the values of the window. The largest gets all of it: `unpool(relevance, a)`."""

    def pooling(relevance, a):
        total = shared_by_the_pooling(F.avg_pool2d(a, 2) * 4, a)
        return shared_by_the_pooling(relevance, a) * torch.where(total == 0, 0.0, a / total)

    return walk(network, images, target, rule, pooling=pooling)


def pooling_times_a(network, images, target, rule):
    """At a pooling you multiply by a. The relevance of a window goes to its largest as it is: `unpool(relevance, a)`."""
    return walk(network, images, target, rule, pooling=lambda relevance, a: unpool(relevance, a) * a)


def relu_closed(network, images, target, rule):
    """At a ReLU you let relevance through where its input is positive, as a gradient. A ReLU hands all relevance on as it is."""
    return walk(network, images, target, rule, relu=lambda relevance, a: relevance * (a > 0))


def relu_guided(network, images, target, rule):
    """At a ReLU you let positive relevance through alone. A ReLU hands all of it on, of either sign."""
    return walk(network, images, target, rule, relu=lambda relevance, a: relevance.relu())


def relu_times_its_output(network, images, target, rule):
    """At a ReLU you multiply by its output. A ReLU hands all relevance on as it is."""
    return walk(network, images, target, rule, relu=lambda relevance, a: relevance * a.relu())


def always_zero_rule(network, images, target, rule):
    """Your map is LRP-0, whichever rule is given. Ask it at each linear layer and each convolution: rule(layer, a, relevance)."""
    return walk(network, images, target, zero_rule)


def rule_where_dense(network, images, target, rule):
    """At convolutions you do not ask the rule. Ask it there, too: rule(layer, a, relevance)."""
    return walk(
        network,
        images,
        target,
        lambda layer, *rest: (rule if isinstance(layer, nn.Linear) else zero_rule)(layer, *rest),
    )


def rule_where_convolutional(network, images, target, rule):
    """At linear layers you do not ask the rule. Ask it there, too: rule(layer, a, relevance)."""
    return walk(
        network,
        images,
        target,
        lambda layer, *rest: (rule if isinstance(layer, nn.Conv2d) else zero_rule)(layer, *rest),
    )


def back_through(layer, a, relevance):
    """The gradient at a of what arrives."""
    return torch.autograd.functional.vjp(lambda a: layer(a), a, relevance)[1]


def gradient_of_what_arrives(network, images, target, rule):
    """You walk the score back as a gradient, without the rule. At each linear layer and each convolution it is rule(layer, a, relevance)."""
    return walk(network, images, target, back_through, relu=lambda relevance, a: relevance * (a > 0))


def gradient_back_alone(network, images, target, rule):
    """That is the gradient. Start with the score, and ask the rule at each linear layer and each convolution."""
    return walk(
        network,
        images,
        target,
        back_through,
        lambda scores, target: score_of_target(torch.ones_like(scores), target),
        relu=lambda relevance, a: relevance * (a > 0),
    )


def given_the_relu_of_a(network, images, target, rule):
    """You give the rule the positive values of a. Give it the layer's input as it is: the values of an image may be negative."""
    return walk(network, images, target, lambda layer, a, relevance: rule(layer, a.relu(), relevance))


def relevance_times_images(network, images, target, rule):
    """You multiply by the images at the end. The rule has done so already: return the relevance as it is."""
    return images * walk(network, images, target, rule)


def relevance_of_heat(network, images, target, rule):
    """You set negative relevance to 0 at the end. Return it with its sign."""
    return walk(network, images, target, rule).relu()


def relevance_of_size(network, images, target, rule):
    """You return the size of the relevance. Return it with its sign."""
    return walk(network, images, target, rule).abs()


def negative_lost_on_the_way(network, images, target, rule):
    """You set negative relevance to 0 after each rule. It goes on as it is: what speaks against has a negative share."""
    return walk(network, images, target, lambda layer, a, relevance: rule(layer, a, relevance).relu())


def sizes_on_the_way(network, images, target, rule):
    """You turn negative relevance positive after each rule. It goes on as it is: what speaks against has a negative share."""
    return walk(network, images, target, lambda layer, a, relevance: rule(layer, a, relevance).abs())


def relevance_scaled(network, images, target, rule):
    """You divide by the largest value. Return relevance in units of the score, as the rules leave it."""
    relevance = walk(network, images, target, rule)
    return relevance / relevance.abs().max()


def relevance_scaled_image_by_image(network, images, target, rule):
    """You divide each map by its largest value. Return relevance in units of the score, as the rules leave it."""
    relevance = walk(network, images, target, rule)
    return relevance / relevance.abs().amax((1, 2, 3), keepdim=True)


def relevance_kept_by_force(network, images, target, rule):
    """You scale the map so that it adds up to the score. Return it as the rules leave it: what is lost on the way is what the lesson looks at."""
    relevance = walk(network, images, target, rule)
    with torch.no_grad():
        score = score_of_target(network(images), target).sum(1)
    return relevance * (score / relevance.sum((1, 2, 3)))[:, None, None, None]


def relevance_without_channels(network, images, target, rule):
    """A dimension is missing, that of the images or that of the channels: an index or a sum takes it away. Return (N, C, H, W)."""
    return walk(network, images, target, rule).sum(1)


def relevance_of_one_channel(network, images, target, rule):
    """You add up over the channels, and keep one. Return relevance for each of them, (N, C, H, W)."""
    return walk(network, images, target, rule).sum(1, keepdim=True)


def relevance_flat(network, images, target, rule):
    """Your map is flat at its end. An nn.Flatten is on the way: there relevance gets the shape of what that layer got, `relevance.reshape(a.shape)`."""
    return walk(network, images, target, rule).flatten(1)


def relevance_behind_the_first(network, images, target, rule):
    """You stop behind the first layer that has weights. It shares out, too: walk on until the images are reached."""
    kept = []

    def noted(layer, a, relevance):
        kept.append(relevance)
        return rule(layer, a, relevance)

    walk(network, images, target, noted)
    return kept[-1]


def of_the_first_image_alone(network, images, target, rule):
    """You return the map of the first image alone. Return one for each, (N, C, H, W)."""
    return walk(network, images, target, rule)[:1]


RULE_CALL = "A rule has three arguments: rule(layer, a, relevance), with a the layer's input, `inputs[i]` for layer i, and relevance that of its output."
LAST_FIRST = (
    "Walk backwards, the last layer first, and each layer with what it got: `zip(reversed(network), reversed(inputs))`."
)
AT_FLATTEN = "At `nn.Flatten` relevance gets the shape of what that layer got: `relevance.reshape(a.shape)`; at a pooling it is `unpool(relevance, a)`."
WALK_CURES = {
    **TORCHS_WORDS,
    "missing": RULE_CALL,
    "takes 3 positional": RULE_CALL,
    "cannot be multiplied": f"{RULE_CALL} {LAST_FIRST}",
    "size mismatch": f"{RULE_CALL} {LAST_FIRST}",
    "must match the size": f"{RULE_CALL} {LAST_FIRST} {AT_FLATTEN}",
    "inconsistent": f"{RULE_CALL} {LAST_FIRST}",
    "expected input": f"{RULE_CALL} {LAST_FIRST} {AT_FLATTEN}",
    "Expected 3D": f"{LAST_FIRST} {AT_FLATTEN}",
    "non-empty 3D or 4D": f"{LAST_FIRST} {AT_FLATTEN}",
    "is invalid for input of size": f"{LAST_FIRST} {AT_FLATTEN}",
    "Invalid": f"{RULE_CALL} {LAST_FIRST}",
    "invalid output_size": "The relevance comes first, and second what the pooling got: `unpool(relevance, a)`.",
    "output_size": "The relevance comes first, and second what the pooling got: `unpool(relevance, a)`.",
    "argument: 'x'": "unpool has two arguments, in this order: `unpool(relevance, a)`.",
    "must be Tensor, not int": "`target` may be one number for all the images, or a tensor with one for each: `relevance[torch.arange(N), target]` takes either.",
    "'Sequential' object has no attribute": "`for layer in network` goes over its layers, and `network[i]` is layer number i.",
    "has no attribute 'weight'": "The rule is for layers that have weights: `if isinstance(layer, (nn.Linear, nn.Conv2d))`. A ReLU hands on, a pooling gives to the winner, `unpool(relevance, a)`, and `nn.Flatten` reshapes.",
    "must be Tensor, not tuple": "`F.max_pool2d(a, 2, return_indices=True)` gives two things, and the second has the places. `unpool(relevance, a)` of lesson 03 does it all.",
    "should be type int64": "The relevance comes first, and second what the pooling got: `unpool(relevance, a)`.",
    "has no attribute '_conv_forward'": "The rule is for layers that have weights: `if isinstance(layer, (nn.Linear, nn.Conv2d))`.",
    "does not require grad": "A rule may differentiate, and inside `torch.no_grad()` it cannot. Let `no_grad` end before the walk back begins, and take it off the function.",
    "not reversible": "`reversed(list(network))` goes over the layers from the last to the first.",
    "out of range": "Layer number i goes with `inputs[i]`, what it got. The last is number `len(network) - 1`, the first number 0.",
    "out of bounds": "Scores have a row for each image and a column for each class: `scores[torch.arange(N), target]`.",
    "'int' object is not subscriptable": "`target` may be one number for all the images, or a tensor with one for each: `relevance[torch.arange(N), target]` takes either.",
    "'int' object has no attribute": "`target` may be one number for all the images, or a tensor with one for each: `relevance[torch.arange(N), target]` takes either.",
    "object is not callable": "`rule` is a function, and is called: rule(layer, a, relevance).",
    "scalar": "`target` may be a tensor with one for each image: `relevance[torch.arange(N), target]` takes a number as well.",
    "shape mismatch": "`relevance[torch.arange(N), target] = scores[torch.arange(N), target]`: the same places on both sides.",
    "name 'unpool' is not defined": "`unpool` of lesson 03 is made in a cell above: run the cells above, all of them after a restart of the kernel.",
}


# z_box ----------------------------------------------------------------------------------------------------------------


def z_box(layer, x, relevance, low, high):
    """R_i = Σ_j z_ij / (Σ_i′ z_i′j + 1e-9) · R_j with z_ij = x_i w_ij − low · max(w_ij, 0) − high · min(w_ij, 0).

    layer is an nn.Linear or nn.Conv2d, the first of a network; x its input, all values from low to high, two numbers;
    relevance that of its output → relevance of x, like x. The bias is left out. layer, x and relevance stay as they are.
    """
    return methods.z_box_rule(layer, x, relevance, low, high)


def box_cases():
    one = torch.tensor([[1.0]])
    opposed, three = linear([1.0, -1.0]), linear([2.0, -1.0, 3.0], [-1.0, 1.0, 0.5])
    biased = linear([2.0, 1.0], [1.0, -3.0], bias=[-1.0, 4.0])
    padded, strided = convolution(2, 3, 3, padding=1, seed=1), convolution(3, 2, 2, stride=2, seed=2)
    ranged = random_images(2, channels=2, size=4, width=3, seed=1) * 3 - 1
    return [
        Case(
            "a linear layer, x = (0.5, 0.25), one unit with the weights (1, −1), R = 1, low 0, high 1",
            (opposed, torch.tensor([[0.5, 0.25]]), one, 0.0, 1.0),
        ),
        Case(
            "a linear layer, x = (0.5, 0.25), one unit with the weights (1, −1), R = 1, low −1, high 2",
            (opposed, torch.tensor([[0.5, 0.25]]), one, -1.0, 2.0),
        ),
        Case(
            "a linear layer, x = (1, 0.5), two units with the weights (2, 1) and (1, −3) and the biases −1 and 4, R = (3, −2), low 0, high 1",
            (biased, torch.tensor([[1.0, 0.5]]), torch.tensor([[3.0, -2.0]]), 0.0, 1.0),
        ),
        Case(
            "a linear layer, x = (0, 1), the lowest and the highest value, one unit with the weights (1, −1), so that all z are 0, R = 1, low 0, high 1",
            (opposed, torch.tensor([[0.0, 1.0]]), one, 0.0, 1.0),
        ),
        Case(
            "a linear layer, two rows of three inputs, two units with the weights (2, −1, 3) and (−1, 1, 0.5), low −0.5, high 1.5",
            (
                three,
                torch.tensor([[0.5, -0.25, 1.0], [1.25, 0.0, 0.75]]),
                torch.tensor([[2.0, -1.0], [0.5, 4.0]]),
                -0.5,
                1.5,
            ),
        ),
        Case(
            "a convolution, 3×3 with padding 1 and a bias, two images of 2 channels, 4×3, low −1, high 2",
            (padded, ranged, random_tensor(2, 3, 4, 3, seed=5), -1.0, 2.0),
        ),
        Case(
            "a convolution, 2×2 with stride 2, two colour images of 6×4 in float64, low 0, high 1",
            (
                strided.double(),
                random_images(2, size=6, width=4, seed=3).double(),
                random_tensor(2, 2, 3, 2, seed=6).double(),
                0.0,
                1.0,
            ),
        ),
    ]


def applied(layer, x, weight):
    """The layer with another weight and no bias."""
    return F.linear(x, weight) if isinstance(layer, nn.Linear) else layer._conv_forward(x, weight, None)


def box(layer, x, relevance, ends, below=None, bias=0):
    """Relevance shared out by x w − Σ end · weight for each (end, weight) of ends(positive, negative); below(z) or z + 1e-9.
    So many times the bias is in z.
    """
    w = layer.weight.detach()
    parts = [
        (x, w),
        *(
            (end.expand_as(x) if isinstance(end, torch.Tensor) else torch.full_like(x, end), -each)
            for end, each in ends(w.clamp(min=0), w.clamp(max=0))
        ),
    ]
    inputs = [part.detach().clone().requires_grad_() for part, _ in parts]
    z = sum(applied(layer, part, each) for part, (_, each) in zip(inputs, parts, strict=True))
    if bias and layer.bias is not None:
        z = z + bias * (layer.bias if z.dim() == 2 else layer.bias[:, None, None]).detach()
    s = (relevance / (z + TINY if below is None else below(z))).detach()
    return sum(part.detach() * c for part, c in zip(inputs, torch.autograd.grad((z * s).sum(), inputs), strict=True))


def box_ends(low, high):
    return lambda positive, negative: [(low, positive), (high, negative)]


def ends_exchanged(layer, x, relevance, low, high):
    """You have low and high exchanged: low goes with the positive weights, high with the negative ones."""
    return box(layer, x, relevance, box_ends(high, low))


def ends_of_the_batch(layer, x, relevance, low, high):
    """You take the ends from the picture, its smallest and its largest value. Use `low` and `high`: what a pixel may be, not what is there."""
    return box(layer, x, relevance, box_ends(x.min().item(), x.max().item()))


def ends_of_each_picture(layer, x, relevance, low, high):
    """You take the ends from each picture, its smallest and its largest value. Use `low` and `high`: what a pixel may be, not what is there."""
    axes = tuple(range(1, x.dim()))
    return box(layer, x, relevance, box_ends(x.amin(axes, keepdim=True), x.amax(axes, keepdim=True)))


def high_added(layer, x, relevance, low, high):
    """You add high · min(w, 0). Subtract it: w⁻ is negative, so that −high · w⁻ is positive."""
    return box(layer, x, relevance, lambda positive, negative: [(low, positive), (-high, negative)])


def ends_times_x(layer, x, relevance, low, high):
    """You multiply low and high by x. They stand in the place of x: low · w⁺ and high · w⁻, the same for each input."""
    return box(layer, x, relevance, lambda positive, negative: [(low * x, positive), (high * x, negative)])


def low_added(layer, x, relevance, low, high):
    """You add low · max(w, 0). Subtract it, as high · min(w, 0) is subtracted."""
    return box(layer, x, relevance, lambda positive, negative: [(-low, positive), (high, negative)])


def both_added(layer, x, relevance, low, high):
    """You add what belongs to low and high. Both are subtracted: x w − low · w⁺ − high · w⁻."""
    return box(layer, x, relevance, box_ends(-low, -high))


def no_ends(layer, x, relevance, low, high):
    """You share out by x w: that is LRP-0. At the first layer low · max(w, 0) and high · min(w, 0) are subtracted."""
    return box(layer, x, relevance, lambda positive, negative: [])


def low_alone(layer, x, relevance, low, high):
    """You do not use high. z_ij = x_i w_ij − low · max(w_ij, 0) − high · min(w_ij, 0)."""
    return box(layer, x, relevance, lambda positive, negative: [(low, positive)])


def high_alone(layer, x, relevance, low, high):
    """You do not use low. z_ij = x_i w_ij − low · max(w_ij, 0) − high · min(w_ij, 0)."""
    return box(layer, x, relevance, lambda positive, negative: [(high, negative)])


def z_plus_at_the_image(layer, x, relevance, low, high):
    """You use the z⁺ rule: the positive weights alone. z_ij = x_i w_ij − low · max(w_ij, 0) − high · min(w_ij, 0)."""
    return z_plus_rule(layer, x, relevance)


def from_0_to_1(layer, x, relevance, low, high):
    """You take a range from 0 to 1, whichever is asked for. Use `low` and `high`."""
    return box(layer, x, relevance, box_ends(0.0, 1.0))


def all_weights_for_both(layer, x, relevance, low, high):
    """You multiply low and high by all weights. low goes with the positive ones, `.clamp(min=0)`, high with the negative ones, `.clamp(max=0)`."""
    w = layer.weight.detach()
    return box(layer, x, relevance, lambda positive, negative: [(low, w), (high, w)])


def low_with_all_weights(layer, x, relevance, low, high):
    """You share out by (x − low) · w. low goes with the positive weights alone, high with the negative ones."""
    w = layer.weight.detach()
    return box(layer, x, relevance, lambda positive, negative: [(low, w)])


def box_with_bias(layer, x, relevance, low, high):
    """You leave the bias in z. z_j is the sum of the z_ij alone, without it."""
    return box(layer, x, relevance, box_ends(low, high), bias=1)


def box_with_three_biases(layer, x, relevance, low, high):
    """Your copies keep their biases. There is none in z: each of the three copies needs `copied.bias = None`."""
    return box(layer, x, relevance, box_ends(low, high), bias=-1)


def box_with_two_biases(layer, x, relevance, low, high):
    """Two of your copies keep their biases. There is none in z: each of the three copies needs `copied.bias = None`."""
    return box(layer, x, relevance, box_ends(low, high), bias=-2)


def box_of_the_layer(layer, x, relevance, low, high):
    """You divide by what the layer gives. Divide by the sum of the z_ij: Σ_i′ z_i′j, with low and high in it."""
    w, z = layer.weight.detach(), layer(x).detach()
    above = [(x, w), (torch.full_like(x, low), -w.clamp(min=0)), (torch.full_like(x, high), -w.clamp(max=0))]
    s = relevance / (z + TINY)
    return sum(part * slopes(lambda part, each=each: applied(layer, part, each), part, s) for part, each in above)


def box_without_the_ends_above(layer, x, relevance, low, high):
    """You return x times its c alone. Three products are added up: x, low and high, each times its own c, the gradient of Σ z s by it. The minus signs of z are in the c of low and high already."""
    return _box_above(layer, x, relevance, low, high, (True, False, False))


def box_without_high_above(layer, x, relevance, low, high):
    """Above the line high is missing: three products are added up, x, low and high, each times its own c."""
    return _box_above(layer, x, relevance, low, high, (True, True, False))


def box_without_low_above(layer, x, relevance, low, high):
    """Above the line low is missing: three products are added up, x, low and high, each times its own c."""
    return _box_above(layer, x, relevance, low, high, (True, False, True))


def _box_above(layer, x, relevance, low, high, which, times=True):
    """Of x, low and high, those of `which` add their products, or with times=False their c alone."""
    w = layer.weight.detach()
    parts = [(x, w), (torch.full_like(x, low), -w.clamp(min=0)), (torch.full_like(x, high), -w.clamp(max=0))]
    z = sum(applied(layer, part, each) for part, each in parts)
    s = relevance / (z + TINY)
    found = [slopes(lambda part, each=each: applied(layer, part, each), part, s) for part, each in parts]
    chosen = [(part if times else 1) * c for (part, _), c, take in zip(parts, found, which, strict=True) if take]
    return sum(chosen)


def ends_taken_off_twice(layer, x, relevance, low, high):
    """You subtract the products of low and high at the end. In z they are subtracted already, so that their c have the minus in them: add the three products up."""
    return 2 * _box_above(layer, x, relevance, low, high, (True, False, False)) - _box_above(
        layer, x, relevance, low, high, (True, True, True)
    )


def box_without_x(layer, x, relevance, low, high):
    """You add up the three c. Each is multiplied by what it belongs to first: x, low and high."""
    return _box_above(layer, x, relevance, low, high, (True, True, True), times=False)


def box_slope_alone(layer, x, relevance, low, high):
    """You return c, the derivative by x. The relevance of x is the sum of three products: x, low and high, each times its own c."""
    return _box_above(layer, x, relevance, low, high, (True, False, False), times=False)


def box_not_divided(layer, x, relevance, low, high):
    """You do not divide by the sum of the z_ij. Each output shares out its own R_j: z_ij / (Σ_i′ z_i′j + 1e-9) · R_j."""
    return box(layer, x, relevance, box_ends(low, high), torch.ones_like)


def box_of_ones(layer, x, relevance, low, high):
    """The relevance that arrives does not come in. Multiply the share of each output by its R_j."""
    return box(layer, x, torch.ones_like(relevance), box_ends(low, high))


def box_added_up_first(layer, x, relevance, low, high):
    """You divide by the z of all outputs, added up. Each output j shares out its own R_j, by its own z_j."""
    return box(layer, x, relevance, box_ends(low, high), lambda z: z.sum(1, keepdim=True) + TINY)


def box_of_one(layer, x, relevance, low, high):
    """You add 1, or a large ε, below the line. It is 1e-9: it only keeps 0 / 0 away."""
    return box(layer, x, relevance, box_ends(low, high), lambda z: z + 1)


def box_with_nothing_added(layer, x, relevance, low, high):
    """Where all z_ij are 0 you have 0 / 0. Add 1e-9 below the line."""
    return box(layer, x, relevance, box_ends(low, high), lambda z: z)


def box_negative_lost(layer, x, relevance, low, high):
    """You set negative relevance to 0. The shares are positive, and what is shared out may be negative: it keeps its sign."""
    return z_box(layer, x, relevance, low, high).relu()


def box_negative_turned(layer, x, relevance, low, high):
    """You turn negative relevance positive. The shares are positive, and what is shared out may be negative: it keeps its sign."""
    return z_box(layer, x, relevance, low, high).abs()


def box_positive_relevance(layer, x, relevance, low, high):
    """You share out positive relevance alone. All of it is shared out, of either sign."""
    return z_box(layer, x, relevance.relu(), low, high)


BY_HAND = "That is a rule of the course. Write it out: z from three parts, s, a c for each part, and the three products added up."
BOX_CURES = {
    **COPY_CURES,
    **dict.fromkeys(
        (*NO_BIAS, "'NoneType' object has no attribute 'clamp'"),
        "`layer.bias` is None: this layer has no bias. No bias counts here: leave it out.",
    ),
    "only integer tensors": "low and high are numbers: `torch.full_like(x, low)` makes inputs of them.",
    "must be Tensor, not float": "low and high are numbers, and a layer takes tensors: `torch.full_like(x, low)` makes an input of them.",
    "argument 'input' (position 1) must be Tensor, not int": "low and high are numbers, and a layer takes tensors: `torch.full_like(x, low)` makes an input of them.",
    "as parameter 'weight'": "A layer's weight is a parameter: `copied.weight = nn.Parameter(layer.weight.clamp(min=0))`, or `copied.weight.data = …`.",
    "'float' object has no attribute": "low and high are numbers: `torch.full_like(x, low)` makes inputs of them, which can be marked and copied.",
    "in-place operation": "Change a copy, and do it by assignment: `copied.weight = nn.Parameter(layer.weight.detach().clamp(min=0))`.",
    "'NoneType' object is not callable": "There is no `change` here. Make copies whose weights are clamped: `.clamp(min=0)` and `.clamp(max=0)`.",
    "cannot be multiplied": "Call the copies, on x, on `torch.full_like(x, low)` and on `torch.full_like(x, high)`: that goes for nn.Linear and nn.Conv2d alike.",
    "must match the size": "s has the shape of z and of the relevance, each c that of x. Call the copies: that goes for nn.Linear and nn.Conv2d alike.",
    "not have been used": "Each of the three inputs, x, low and high, must take part in z: one `full_like` for each, marked by `.requires_grad_()` before z is computed.",
}


# rescale_rule ---------------------------------------------------------------------------------------------------------


def rescale_rule(x, x0, grad):
    """grad · (max(x, 0) − max(x0, 0)) / (x − x0): a ReLU's mean slope from x0 to x in the place of its slope at x.

    x, x0: the ReLU's input for the image and for the baseline; grad: what arrives at its output; three tensors of one
    shape → the same shape. Where |x − x0| < 1e-6 the slope is that at x: 1 where x > 0, else 0.
    """
    return methods.rescale_rule(x, x0, grad)


def rescale_cases():
    x, x0, grad = (random_tensor(2, 3, 4, seed=seed) for seed in (2, 3, 3))
    away_from_zero(x - x0)
    part = torch.where(random_tensor(2, 3, 4, seed=4) > 0, x, x0)
    return [
        Case(
            "x = (3, 3, −2), x0 = (−1, 1, −1), grad = (4, 5, 6)",
            (torch.tensor([3.0, 3.0, -2.0]), torch.tensor([-1.0, 1.0, -1.0]), torch.tensor([4.0, 5.0, 6.0])),
        ),
        Case(
            "x = (−2, −1), x0 = (3, 0), grad = (5, 2)",
            (torch.tensor([-2.0, -1.0]), torch.tensor([3.0, 0.0]), torch.tensor([5.0, 2.0])),
        ),
        Case(
            "x = x0 = (2, −1, 0), grad = (4, 5, 6)",
            (torch.tensor([2.0, -1.0, 0.0]), torch.tensor([2.0, -1.0, 0.0]), torch.tensor([4.0, 5.0, 6.0])),
        ),
        Case("three tensors of shape (2, 3, 4) with values of either sign", (x, x0, grad)),
        Case(
            "three tensors of shape (2, 3, 4) with values of either sign, x and x0 alike here and there",
            (part, x0, grad),
        ),
        Case(
            "x = (0.0000005, −0.0000004), x0 = (−0.0000004, 0.0000005), closer than 0.000001, grad = (9, 9)",
            (torch.tensor([5e-7, -4e-7]), torch.tensor([-4e-7, 5e-7]), torch.tensor([9.0, 9.0])),
        ),
        Case(
            "x = (0.001, −0.001), x0 = (−0.003, 0.003), grad = (8, 8), all in float64",
            tuple(torch.tensor(values).double() for values in ([0.001, -0.001], [-0.003, 0.003], [8.0, 8.0])),
        ),
    ]


def mean_slope(x, x0, near):
    """The mean slope, near(x, x0) where the two are alike."""
    step = x - x0
    alike = step.abs() < 1e-6
    return torch.where(alike, near(x, x0), (x.relu() - x0.relu()) / torch.where(alike, 1.0, step))


def slope_here(x, x0):
    return (x > 0).to(x.dtype)


def slope_at_x(x, x0, grad):
    """You take the slope at x: that is the vanilla rule. Take the mean slope on the way from x0 to x."""
    return grad * (x > 0)


def slope_at_x0(x, x0, grad):
    """You take the slope at x0. Take the mean slope on the way from x0 to x."""
    return grad * (x0 > 0)


def nothing_near(x, x0, grad):
    """Where x and x0 are alike you have 0 / 0. There the slope is that at x: `torch.where` on |x − x0| < 1e-6."""
    return grad * (x.relu() - x0.relu()) / (x - x0)


def zero_near(x, x0, grad):
    """Where x and x0 are alike you return 0. There the slope is that at x: 1 where x > 0, else 0."""
    return grad * mean_slope(x, x0, lambda x, x0: torch.zeros_like(x))


def one_near(x, x0, grad):
    """Where x and x0 are alike you take a slope of 1. There it is that at x: 1 where x > 0, else 0."""
    return grad * mean_slope(x, x0, lambda x, x0: torch.ones_like(x))


def half_near(x, x0, grad):
    """Where x and x0 are alike you take a slope of a half. There it is that at x: 1 where x > 0, else 0."""
    return grad * mean_slope(x, x0, lambda x, x0: torch.full_like(x, 0.5))


def x0_near(x, x0, grad):
    """Where x and x0 are nearly alike you take the slope at x0. Take that at x: 1 where x > 0, else 0."""
    return grad * mean_slope(x, x0, lambda x, x0: (x0 > 0).to(x.dtype))


def open_at_0_near(x, x0, grad):
    """Where x and x0 are both 0 you take a slope of 1. At 0 a ReLU's slope counts as 0: x > 0, not x >= 0."""
    return grad * mean_slope(x, x0, lambda x, x0: (x >= 0).to(x.dtype))


def alike_to_the_last_digit(x, x0, grad):
    """You ask whether x and x0 are the same to the last digits. Ask whether they are closer than 1e-6: so small a difference is rounding."""
    same = x == x0
    return grad * torch.where(same, slope_here(x, x0), (x.relu() - x0.relu()) / torch.where(same, 1.0, x - x0))


def alike_too_early(x, x0, grad):
    """You count x and x0 as alike where they are not: further apart than 1e-6. Ask |x − x0| < 1e-6."""
    near = (x - x0).abs() < 0.01
    return grad * torch.where(near, slope_here(x, x0), (x.relu() - x0.relu()) / torch.where(near, 1.0, x - x0))


def without_its_size(x, x0, grad):
    """Where x < 0 < x0 your slope is 0. It is the mean slope there, too. Do you multiply by `(x > 0)` at the end? Leave that out. Or do you ask whether x − x0 is below 1e-6? Take its size, `.abs()`."""  # a gate behind the right slope gives the same values
    near = x - x0 < 1e-6
    return grad * torch.where(near, slope_here(x, x0), (x.relu() - x0.relu()) / torch.where(near, 1.0, x - x0))


def near_without_grad(x, x0, grad):
    """Where x and x0 are alike you return the slope alone. There, too, it is multiplied by grad."""
    near = (x - x0).abs() < 1e-6
    return torch.where(near, slope_here(x, x0), grad * mean_slope(x, x0, slope_here))


def grad_where_near(x, x0, grad):
    """Where x and x0 are alike you return x where it is positive. Return grad there, times 1 where x > 0, else 0."""
    return torch.where((x - x0).abs() < 1e-6, x.relu(), grad * mean_slope(x, x0, slope_here))


def a_little_added(x, x0, grad):
    """You add a little below the line, and where x and x0 are alike the result is 0, or far too large. There the slope is that at x: `torch.where` on |x − x0| < 1e-6."""
    return grad * (x.relu() - x0.relu()) / (x - x0 + 1e-6)


def a_smaller_little_added(x, x0, grad):
    """You add a little below the line, and where x and x0 are alike the result is 0. There the slope is that at x: `torch.where` on |x − x0| < 1e-6."""
    return grad * (x.relu() - x0.relu()) / (x - x0 + 1e-9)


def at_least_a_little(x, x0, grad):
    """You cut x − x0 off below, and lose what is negative. Divide by x − x0 as it is; where its size is below 1e-6, take the slope at x."""
    return grad * (x.relu() - x0.relu()) / (x - x0).clamp(min=1e-6)


def size_at_least_a_little(x, x0, grad):
    """You divide by the size of x − x0. It keeps its sign, or the slope gets the wrong one; and where its size is below 1e-6, take the slope at x."""
    return grad * (x.relu() - x0.relu()) / (x - x0).abs().clamp(min=1e-6)


def by_the_size(x, x0, grad):
    """You take the size of one of the two differences. Both keep their signs, or the slope gets the wrong one."""
    near = (x - x0).abs() < 1e-6
    return grad * torch.where(near, slope_here(x, x0), (x.relu() - x0.relu()) / torch.where(near, 1.0, (x - x0).abs()))


def one_turned(x, x0, grad):
    """Your two differences run in opposite directions, so that every slope is negative. Above and below the line: x less x0."""
    return -grad * mean_slope(x, x0, lambda x, x0: -slope_here(x, x0))


def slope_in_the_middle(x, x0, grad):
    """You take the slope half-way, at the mean of x and x0. Take the mean slope on the way: the rise of the ReLU, divided by x − x0."""
    return grad * ((x + x0) / 2 > 0)


def mean_of_two_slopes(x, x0, grad):
    """You take the mean of the slopes at x and at x0. Take the mean on the whole way: the rise of the ReLU, divided by x − x0."""
    return grad * ((x > 0).to(x.dtype) + (x0 > 0).to(x.dtype)) / 2


def relu_of_the_step(x, x0, grad):
    """You take the ReLU of the difference. Take the difference of the ReLUs: max(x, 0) − max(x0, 0)."""
    near = (x - x0).abs() < 1e-6
    return grad * torch.where(near, slope_here(x, x0), (x - x0).relu() / torch.where(near, 1.0, x - x0))


def relu_of_the_step_or_nan(x, x0, grad):
    """You take the ReLU of the difference. Take the difference of the ReLUs, max(x, 0) − max(x0, 0); and where x and x0 are alike, the slope at x."""
    return grad * (x - x0).relu() / (x - x0)


def positive_where_either(x, x0, grad):
    """You let grad through where x or x0 is positive. In between there are other values: the rise of the ReLU, divided by x − x0."""
    return grad * ((x > 0) | (x0 > 0))


def positive_where_both(x, x0, grad):
    """You let grad through where x and x0 are positive. In between there are other values: the rise of the ReLU, divided by x − x0."""
    return grad * ((x > 0) & (x0 > 0))


def the_rise_alone(x, x0, grad):
    """You multiply grad by the rise of the ReLU. Divide it by x − x0: that makes a slope of it."""
    return grad * (x.relu() - x0.relu())


def the_slope_alone(x, x0, grad):
    """You return the mean slope alone. Multiply it by grad, which arrives at the output."""
    return mean_slope(x, x0, slope_here)


def times_the_step(x, x0, grad):
    """You multiply by x − x0 at the end. That comes once, at the image, and not at each ReLU: grad times the mean slope is all."""
    return grad * mean_slope(x, x0, slope_here) * (x - x0)


def baseline_below_alone(x, x0, grad):
    """Above the line the baseline is missing: max(x, 0) − max(x0, 0)."""
    near = (x - x0).abs() < 1e-6
    return grad * torch.where(near, slope_here(x, x0), x.relu() / torch.where(near, 1.0, x - x0))


def baseline_above_alone(x, x0, grad):
    """Below the line the baseline is missing: x − x0."""
    near = (x - x0).abs() < 1e-6
    return grad * torch.where(near, slope_here(x, x0), (x.relu() - x0.relu()) / torch.where(x == 0, 1.0, x))


def brackets_below_missing(x, x0, grad):
    """Brackets are missing below the line: `/ x - x0` divides by x and then subtracts x0. Write `/ (x - x0)`, and where the two are alike, take the slope at x."""
    return grad * (x.relu() - x0.relu()) / x - x0


def brackets_above_missing(x, x0, grad):
    """Brackets are missing above the line: only what stands directly before `/` is divided. Write `(… - …) / (x - x0)`, and where the two are alike, take the slope at x."""
    return grad * x.relu() - x0.relu() / (x - x0)


def no_relu(x, x0, grad):
    """Without the ReLU the rise is x − x0 itself, and the slope 1 everywhere. Above the line: max(x, 0) − max(x0, 0)."""
    return grad.clone()


def guided_slope(x, x0, grad):
    """You let positive gradients through alone. Both signs pass, times the mean slope."""
    return grad.relu() * mean_slope(x, x0, slope_here)


RESCALE_CURES = {
    **TORCHS_WORDS,
    "Boolean value of Tensor": "`if`, `and`, `max` and `abs(…) < …` in an `if` want one truth value, and a tensor has many. `torch.where(near, …, …)` chooses for each entry.",
    "must be Tensor, not int": "`torch.maximum` wants two tensors. max(x, 0) is `.clamp(min=0)`, or `.relu()`.",
    "must be Tensor, not float": "`torch.maximum` wants two tensors. max(x, 0) is `.clamp(min=0)`, or `.relu()`.",
    "return_types": "`torch.max(x, 0)` takes the 0 for a dimension, and gives two things. max(x, 0) is `.clamp(min=0)`.",
    "max()": "`.max` of a tensor is its largest value. max(x, 0) of each entry is `.clamp(min=0)`.",
    "out of bounds": "The tensors may have any number of dimensions. No loop is needed: `torch.where` chooses for each entry.",
    "iteration over a 0-d tensor": "The tensors may have any number of dimensions. No loop is needed: `torch.where` chooses for each entry.",
    "only one element tensors": "The tensors have many entries. No `int()`, `float()` or `math` is needed: `torch.where` chooses for each entry.",
    "shape mismatch": "Pick the same places on both sides, or choose by `torch.where(near, …, …)`.",
    "does not require grad": "No derivative is needed here: the slope at x is 1 where x > 0, else 0.",
}


# pattern --------------------------------------------------------------------------------------------------------------

FOUR = torch.tensor([[2.0, 1.0], [0.0, -1.0], [0.0, 1.0], [-2.0, -1.0]])
OF_FOUR = torch.tensor([1.0, 1.0, -1.0, -1.0])


def pattern_cases():
    apart = torch.tensor([[4.0, 1.0], [-2.0, -1.0], [2.0, 1.0], [-4.0, -1.0]])
    means, y = 3 + random_tensor(30, 5, seed=2), 2 * random_tensor(30, seed=3) - 2
    return [
        Case("the four rows (2, 1), (0, −1), (0, 1), (−2, −1) with y = (1, 1, −1, −1)", (FOUR, OF_FOUR)),
        Case("the four rows (4, 1), (−2, −1), (2, 1), (−4, −1) with y = (1, 1, −1, −1)", (apart, OF_FOUR)),
        Case(
            "the two rows (1, 5, 2) and (3, 4, 2) with y = (2, 6)",
            (torch.tensor([[1.0, 5.0, 2.0], [3.0, 4.0, 2.0]]), torch.tensor([2.0, 6.0])),
        ),
        Case(
            "the three rows (1), (2), (6) of a single input with y = (0, 1, 2)",
            (torch.tensor([[1.0], [2.0], [6.0]]), torch.arange(3.0)),
        ),
        Case("30 rows of 5 inputs, whose means are not 0, and neither is that of y", (means, y)),
        Case("4 rows of 4 inputs, drawn by chance", (random_tensor(4, 4, seed=5), random_tensor(4, seed=6))),
        Case("30 rows of 5 inputs in float64", (means.double() ** 2, y.double())),
    ]


def centred(x, y):
    return x - x.mean(0), y - y.mean()


def means_left_in(x, y):
    """You leave the means in. A covariance is of what differs from the mean: take off that of each input, and that of y."""
    return y @ x / (y @ y)


def means_left_in_y(x, y):
    """Below the line you leave the mean of y in. A variance is of what differs from the mean."""
    return centred(x, y)[1] @ x / (y @ y)


def means_left_in_above(x, y):
    """Above the line you leave the means in. A covariance is of what differs from the mean: take off that of each input, and that of y."""
    y0 = y - y.mean()
    return y @ x / (y0 @ y0)


def one_mean_for_all(x, y):
    """You take one mean of x off for all inputs, and leave that of y in. Each input has its own, `x.mean(0)`, and y has one."""
    y0 = y - y.mean()
    return y @ (x - x.mean()) / (y0 @ y0)


def by_the_variance_of_x(x, y):
    """You divide by the variance of each input: that is the regression the other way round. Divide by that of y."""
    x, y = centred(x, y)
    return y @ x / (x * x).sum(0)


def by_the_variance_of_x_or_nothing(x, y):
    """You divide by the variance of each input: that is the regression the other way round. Divide by that of y; an input that never changes then gets 0."""
    x, y = centred(x, y)
    below = (x * x).sum(0)
    return torch.where(below == 0, 0.0, y @ x / torch.where(below == 0, 1.0, below))


def by_the_standard_deviation(x, y):
    """You divide by the standard deviation of y. Divide by its variance: the square."""
    n, (x, y) = len(y) - 1, centred(x, y)
    return y @ x / n / (y @ y / n).sqrt()


def by_the_standard_deviation_of_all(x, y):
    """You divide by the standard deviation of y. Divide by its variance, `unbiased` alike above and below the line."""
    n, (x, y) = len(y), centred(x, y)
    return y @ x / n / (y @ y / n).sqrt()


def correlations(x, y):
    """You return correlations. Divide the covariance by the variance of y alone."""
    x, y = centred(x, y)
    return y @ x / ((y @ y) * (x * x).sum(0)).sqrt()


def n_less_1_above(x, y):
    """You divide by N − 1 in the covariance and by N in the variance. Take the same in both; then it cancels."""
    x, y = centred(x, y)
    return y @ x / (y @ y) * len(y) / (len(y) - 1)


def n_less_1_below(x, y):
    """You divide by N in the covariance and by N − 1 in the variance, which `.var()` does. Take the same in both: `.var(unbiased=False)`."""
    x, y = centred(x, y)
    return y @ x / (y @ y) * (len(y) - 1) / len(y)


def sum_over_variance(x, y):
    """Above the line you have a sum, below it a variance, which is a mean. Divide the sum by N as well."""
    n, (x, y) = len(y), centred(x, y)
    return y @ x / (y @ y / n)


def sum_over_unbiased_variance(x, y):
    """Above the line you have a sum, below it a variance, which is divided by N − 1. Divide the sum by N − 1 as well."""
    n, (x, y) = len(y) - 1, centred(x, y)
    return y @ x / (y @ y / n)


def covariances_alone(x, y):
    """You return the covariances. Divide them by the variance of y."""
    n, (x, y) = len(y) - 1, centred(x, y)
    return y @ x / n


def covariances_of_all_alone(x, y):
    """You return the covariances, divided by N. Divide them by the variance of y as well."""
    n, (x, y) = len(y), centred(x, y)
    return y @ x / n


def sums_alone(x, y):
    """You return the sums Σ (x − mean)(y − mean). Divide them by Σ (y − mean)²."""
    x, y = centred(x, y)
    return y @ x


def least_squares(x, y):
    """You return the weights that read y off x, by least squares. Asked for is the other direction: how each input rises where y rises by 1."""
    x, y = centred(x, y)
    return torch.linalg.pinv(x) @ y


def least_squares_without_means(x, y):
    """You return the weights that read y off x, by least squares. Asked for is the other direction: how each input rises where y rises by 1, cov(x, y) / var(y)."""
    return torch.linalg.pinv(x) @ y


def least_squares_with_intercept(x, y):
    """You return weights and an intercept that read y off x. Asked for is the other direction: how each input rises where y rises by 1, (D,)."""
    return torch.linalg.pinv(torch.cat([x, torch.ones_like(x[:, :1])], 1)) @ y


def one_for_all_inputs(x, y):
    """You return one number. Each input has its own covariance with y, (D,): sum over the rows alone."""
    x, y = centred(x, y)
    return (y @ x / (y @ y)).sum()


def pattern_as_a_column(x, y):
    """Your values are right, as a column (D, 1). Return (D,): `[:, 0]`."""
    return pattern(x, y)[:, None]


def pattern_as_a_row(x, y):
    """Your values are right, as a row (1, D). Return (D,): `[0]`."""
    return pattern(x, y)[None]


def for_each_row(x, y):
    """You return a value for each row and input. Sum over the rows, dimension 0."""
    x, y = centred(x, y)
    return x * y[:, None] / (y @ y)


def mean_over_y(x, y):
    """You return the mean of x / y. Take covariance and variance first, each over all rows, and then divide."""
    return (x / y[:, None]).mean(0)


def mean_of_centred_over_y(x, y):
    """You return the mean of the quotients. Take covariance and variance first, each over all rows, and then divide."""
    x, y = centred(x, y)
    return (x / y[:, None]).mean(0)


def pattern_without_sign(x, y):
    """You return the sizes. An input that falls where y rises has a negative value."""
    return pattern(x, y).abs()


def pattern_at_length_1(x, y):
    """You bring the pattern to length 1. Return cov(x, y) / var(y) as it is."""
    return pattern(x, y) / pattern(x, y).norm()


def pattern_adding_up_to_1(x, y):
    """You bring the pattern to a sum of 1. Return cov(x, y) / var(y) as it is."""
    return pattern(x, y) / pattern(x, y).sum()


def by_the_square_of_the_variance(x, y):
    """You divide by the variance of y twice. Once is enough."""
    n, (x, y) = len(y), centred(x, y)
    return y @ x / n / (y @ y / n) ** 2


def added_over_the_columns(x, y):
    """You return a value for each row. Sum over the rows: a value for each input, (D,)."""
    x, y = centred(x, y)
    return (x.T * y).sum(0) / (y @ y)


def brackets_of_the_difference_missing(x, y):
    """Brackets are missing: only what stands directly before `/` is divided. Write `(… - …) / …`."""
    y0 = y - y.mean()
    return (x * y[:, None]).mean(0) - x.mean(0) * y.mean() / (y0 @ y0 / len(y))


def covariance_of_inputs(x, y):
    """You return the covariances of the inputs with one another. Asked for is that of each input with y, over var(y), (D,)."""
    x, y = centred(x, y)
    return x.T @ x / (y @ y)


def by_all_variances_of_x(x, y):
    """You divide by the variances of all inputs, added up. Divide by that of y."""
    x, y = centred(x, y)
    return y @ x / (x * x).sum()


def difference_of_two_means(x, y):
    """You compare the mean of the rows with a positive y and that of the others. How far y rises counts, too: cov(x, y) / var(y)."""
    positive = y > 0
    return x[positive].mean(0) - x[~positive].mean(0)


def means_of_rows(x, y):
    """You take off the mean of each row. Take off that of each input, over the rows: `x.mean(0)`."""
    x, y = x - x.mean(1, keepdim=True), y - y.mean()
    return y @ x / (y @ y)


PATTERN_CURES = {
    **TORCHS_WORDS,
    "must match the size": "x is (N, D), y is (N,). Give y one more dimension, `y[:, None]`, (N, 1), or multiply as matrices: `y @ x` is (D,).",
    "cannot be multiplied": "x is (N, D), y is (N,): `y @ x`, or `x.T @ y`, is (D,).",
    "size mismatch": "x is (N, D), y is (N,): `y @ x`, or `x.T @ y`, is (D,).",
    "inconsistent tensor size": "x is (N, D), y is (N,): `y @ x`, or `x.T @ y`, is (D,).",
    "1D tensors expected": "`torch.dot` takes two vectors. x is (N, D), y is (N,): `y @ x` is (D,).",
    "cov": "`torch.cov` wants one table, a row for each variable. By hand: take the means off, `(y @ x) / N` is the covariance.",
    "must be Tensor": "The variance of y is `y.var()`; the covariance of x and y has no method of two arguments: take the means off, multiply, sum over the rows.",
    "stack expects each tensor": "`torch.cov` wants one table, a row for each variable. By hand: take the means off, multiply, sum over the rows.",
    "has no attribute 'corr'": "The covariance by hand: take the means off, multiply, sum over the rows.",
    "var() received": "Stay with tensors: `y.var()`, or take the mean off and sum the squares.",
    "square matrices": "No equations are to be solved: that is the way from x to y. Take the means off, multiply, sum over the rows; divide by the variance of y.",
    "has no attribute 'cov'": "The covariance by hand: take the means off, multiply, sum over the rows.",
    "does not require grad": "No derivative is needed here: take the means off, multiply, sum over the rows.",
}


EXERCISES = (
    Exercise(
        share_out,
        "relevance",
        3,
        share_cases,
        (
            bias_left_out,
            bias_taken_off,
            bias_for_everybody,
            whole_bias_for_each,
            share_for_the_bias,
            epsilon_without_sign,
            no_sign_at_zero,
            sign_by_division,
            negative_at_zero,
            epsilon_not_used,
            epsilon_taken_off,
            epsilon_where_zero,
            epsilon_of_z,
            at_least_epsilon,
            size_of_z,
            sign_of_relevance,
            sign_of_each_part,
            sign_without_the_bias,
            epsilon_behind_the_quotient,
            epsilon_alone_behind_the_quotient,
            zero_by_hand,
            shares_without_a,
            a_twice,
            not_divided,
            parts_alone,
            contributions_alone,
            over_the_outputs,
            by_absolute_parts,
            positive_parts_alone,
            positive_above_alone,
            positive_weights_alone,
            relu_of_z,
            alike_for_all,
            by_weights_alone,
            by_inputs_alone,
            relevance_added_up_first,
            mean_over_the_outputs,
            shares_of_each_output,
            shares_of_each_output_turned,
            added_over_the_inputs,
            all_added_up,
            weight_in_front,
            rows_added_up,
            first_row_for_all,
            negative_shares_lost,
            negative_shares_turned,
            scaled_to_the_whole,
            share_without_the_batch,
        ),
        cures=SHARE_CURES,
        recall="Asked for is, for each input i, the sum over the outputs j of a_i w_ij / (z_j + ε sign z_j) · R_j, with z_j = Σ_i a_i w_ij + b_j and the sign of 0 positive.",
    ),
    Exercise(
        relevance_step,
        "relevance",
        3,
        step_cases,
        (
            without_a,
            s_not_held,
            step_not_divided,
            relevance_for_ones,
            s_forgotten,
            z_of_the_layer,
            slopes_of_the_layer,
            nothing_changed,
            nothing_changed_but_the_bias,
            bias_kept,
            bias_changed,
            never_a_bias,
            changed_twice,
            step_epsilon_without_sign,
            step_no_sign_at_zero,
            step_sign_by_division,
            step_negative_at_zero,
            step_epsilon_not_used,
            step_epsilon_taken_off,
            step_epsilon_where_zero,
            input_changed,
            input_changed_and_no_bias,
            input_changed_as_well,
            step_at_least_epsilon,
            step_size_of_z,
            epsilon_in_what_is_differentiated,
            step_brackets_missing,
            step_brackets_missing_without_sign,
            step_relu_of_z,
            relu_of_z_in_both,
            mean_differentiated,
            added_to_a,
            times_a_twice,
            step_negative_lost,
            step_negative_turned,
            step_scaled_to_the_whole,
            first_of_the_batch,
            relu_of_a,
            the_z_itself,
            the_s_itself,
        ),
        no_history="It is an amount that is handed on, and nothing is derived from it: multiply `a.detach()` by c in step 4.",
        cures=COPY_CURES,
        recall="Asked for is a · c, with z = copy(a), s = R / (z + ε sign z) held still, and c = ∂(Σ z s)/∂a. The copy has the weight change(layer.weight) and no bias, or is as the layer is where `change` is None.",
        closed=dict.fromkeys((epsilon_rule, flat_rule, gamma_rule, z_box_rule, z_plus_rule, zero_rule), FOUR_STEPS),
    ),
    Exercise(
        more_of_the_positive,
        "relevance",
        1,
        positive_cases,
        (
            negative_lost,
            positive_times_gamma_alone,
            all_grown,
            negative_grown,
            negative_shrunk,
            positive_times_gamma,
            gamma_added,
            gamma_added_to_all,
            gamma_as_the_floor,
            gamma_not_used,
            the_positive_part,
            gamma_with_its_complement,
            back_to_size,
            gamma_for_1,
            gamma_of_the_mask,
            positive_taken_off,
            squared_gamma,
            negative_turned,
            gamma_of_the_largest,
            always_a_quarter,
            grown_weights_alone,
            grown_from_1,
            grown_at_one_end,
        ),
        cures=POSITIVE_CURES,
        recall="Asked for is w + γ · max(w, 0), for each weight.",
    ),
    Exercise(
        lrp,
        "relevance",
        3,
        walk_cases,
        (
            from_one,
            from_softmax,
            from_all_scores,
            from_targets_of_all,
            from_the_first_target,
            from_the_predicted_class,
            from_the_size_of_the_score,
            from_the_relu_of_the_score,
            from_the_sum_over_the_images,
            from_the_first_image,
            from_its_place,
            others_against_it,
            from_every_place,
            pooling_to_all,
            pooling_to_each_a_quarter,
            pooling_by_value,
            pooling_times_a,
            relu_closed,
            relu_guided,
            relu_times_its_output,
            always_zero_rule,
            rule_where_dense,
            rule_where_convolutional,
            gradient_of_what_arrives,
            gradient_back_alone,
            given_the_relu_of_a,
            relevance_times_images,
            relevance_of_heat,
            relevance_of_size,
            negative_lost_on_the_way,
            sizes_on_the_way,
            relevance_scaled,
            relevance_scaled_image_by_image,
            relevance_kept_by_force,
            relevance_without_channels,
            relevance_of_one_channel,
            relevance_flat,
            relevance_behind_the_first,
            of_the_first_image_alone,
        ),
        cures=WALK_CURES,
        recall="Asked for is the score of target, at its place, handed back layer by layer: rule(layer, a, relevance) at linear layers and convolutions, `unpool(relevance, a)` at poolings, as it is at ReLUs, reshaped at `nn.Flatten`.",
    ),
    Exercise(
        z_box,
        "relevance",
        2,
        box_cases,
        (
            ends_exchanged,
            ends_of_the_batch,
            ends_of_each_picture,
            high_added,
            ends_times_x,
            low_added,
            both_added,
            no_ends,
            low_alone,
            high_alone,
            z_plus_at_the_image,
            from_0_to_1,
            all_weights_for_both,
            low_with_all_weights,
            box_with_bias,
            box_with_three_biases,
            box_with_two_biases,
            box_of_the_layer,
            box_without_the_ends_above,
            box_without_high_above,
            box_without_low_above,
            ends_taken_off_twice,
            box_without_x,
            box_slope_alone,
            box_not_divided,
            box_of_ones,
            box_added_up_first,
            box_of_one,
            box_with_nothing_added,
            box_negative_lost,
            box_negative_turned,
            box_positive_relevance,
        ),
        cures=BOX_CURES,
        recall="Asked for is, for each input, the sum over the outputs of z_ij / (Σ_i′ z_i′j + 1e-9) · R_j, with z_ij = x_i w_ij − low · max(w_ij, 0) − high · min(w_ij, 0).",
        closed=dict.fromkeys((deep_taylor_rule, z_box_rule), BY_HAND),
    ),
    Exercise(
        rescale_rule,
        "relevance",
        2,
        rescale_cases,
        (
            slope_at_x,
            slope_at_x0,
            nothing_near,
            zero_near,
            one_near,
            half_near,
            x0_near,
            open_at_0_near,
            alike_to_the_last_digit,
            alike_too_early,
            without_its_size,
            near_without_grad,
            grad_where_near,
            a_little_added,
            a_smaller_little_added,
            at_least_a_little,
            size_at_least_a_little,
            by_the_size,
            one_turned,
            slope_in_the_middle,
            mean_of_two_slopes,
            relu_of_the_step,
            relu_of_the_step_or_nan,
            positive_where_either,
            positive_where_both,
            the_rise_alone,
            the_slope_alone,
            times_the_step,
            baseline_below_alone,
            baseline_above_alone,
            brackets_below_missing,
            brackets_above_missing,
            no_relu,
            guided_slope,
        ),
        cures=RESCALE_CURES,
        recall="Asked for is grad · (max(x, 0) − max(x0, 0)) / (x − x0), and where |x − x0| < 1e-6, grad where x > 0, else 0.",
    ),
    Exercise(
        pattern,
        "relevance",
        2,
        pattern_cases,
        (
            means_left_in,
            means_left_in_y,
            means_left_in_above,
            one_mean_for_all,
            by_the_variance_of_x,
            by_the_variance_of_x_or_nothing,
            by_the_standard_deviation,
            by_the_standard_deviation_of_all,
            correlations,
            n_less_1_above,
            n_less_1_below,
            sum_over_variance,
            sum_over_unbiased_variance,
            covariances_alone,
            covariances_of_all_alone,
            sums_alone,
            least_squares,
            least_squares_without_means,
            least_squares_with_intercept,
            one_for_all_inputs,
            pattern_as_a_column,
            pattern_as_a_row,
            for_each_row,
            mean_over_y,
            mean_of_centred_over_y,
            pattern_without_sign,
            pattern_at_length_1,
            pattern_adding_up_to_1,
            by_the_square_of_the_variance,
            added_over_the_columns,
            brackets_of_the_difference_missing,
            covariance_of_inputs,
            by_all_variances_of_x,
            difference_of_two_means,
            means_of_rows,
        ),
        cures=PATTERN_CURES,
        recall="Asked for is, for each input, its covariance with y, divided by the variance of y.",
    ),
)
