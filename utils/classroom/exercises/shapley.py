"""Lesson 09: a score shared out among the parts of a picture, exactly and by estimates."""

import math

import torch

from ... import methods
from ...methods import (
    all_coalitions,
    coalition_images,
    interaction_index,
    kernel_shap,
    permutation_shapley,
    shapley_kernel,
    shapley_values,
)
from ..exercise import Case, Exercise
from .grad_cam import TORCHS_WORDS, in_float32
from .networks import random_images


def lime(coalitions, values, width, alpha):
    """argmin_{b, β} Σ_k w_k (v_k − b − Σ_i z_ki β_i)² + α Σ β_i² → β (n,).

    coalitions (K, n) bool, values (K,). w = exp(−d² / (2 width²)) with d = 1 − √(players shown / n).
    Ribeiro, Singh & Guestrin 2016, arXiv:1602.04938, eq. 1; distance and width as in the lime package.
    """
    return methods.lime(coalitions, values, width, alpha)


def in_float64(result):
    """Shares of either type are as good; whole numbers stay what they are, for the check to speak of."""
    return result.double() if result is not None and result.is_floating_point() else result


def as_one_number(result):
    """One number is one number, with or without dimensions."""
    result = in_float64(result)
    return result.reshape(()) if result is not None and result.numel() == 1 else result


def table(*values, dtype=torch.float64):
    """v of all coalitions, in the order nobody, a, b, ab, c, ac, bc, abc …"""
    return torch.tensor(values, dtype=dtype)


def random_table(n, seed, scale=1.0, shift=0.0, dtype=torch.float64):
    """A game in which all players need and replace one another, of any number; v(nobody) is not 0."""
    generator = torch.Generator().manual_seed(seed)
    return (shift + scale * torch.randn(2**n, generator=generator, dtype=torch.float64)).to(dtype)


def random_rows(k, n, seed):
    """k coalitions of n players, neither nobody nor all; some come twice."""
    numbers = torch.randint(1, 2**n - 1, (k,), generator=torch.Generator().manual_seed(seed))
    return all_coalitions(n)[numbers]


OR = "each of a and b is enough (OR), v = 0 1 1 1 for nobody, a, b, both"
AND = "a and b need each other (AND), v = 0 0 0 1 for nobody, a, b, both"
A_AND_B_OR_C = (0, 0, 0, 1, 0, 1, 0, 1)
MAJORITY = (0, 0, 0, 1, 0, 1, 1, 1)


# coalition_images -----------------------------------------------------------------------------------------------------


def image_cases():
    left, right = torch.tensor([[1, 0], [1, 0]]).bool(), torch.tensor([[0, 1], [0, 0]]).bool()
    image, fill = torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]), torch.tensor([[[10.0, 20.0], [30.0, 40.0]]])
    colour, other = random_images(2, size=4, width=5, seed=9)
    owner = torch.tensor([[0, 0, 3, 3, 1], [0, 0, 3, 1, 1], [3, 3, 3, 1, 1], [0, 1, 1, 1, 3]])
    three = torch.stack([owner == 0, owner == 1, owner == 2])
    rows = torch.tensor([[0, 0, 0], [1, 0, 0], [0, 1, 1], [0, 0, 1], [1, 1, 1], [1, 1, 0]]).bool()
    return [
        Case(
            "the 2×2 image (1 2; 3 4), the fill (10 20; 30 40), player 0 the left column, player 1 the upper right, "
            "the lower right of no player; the coalitions nobody, 0, 1, both",
            (image, fill, torch.stack([left, right]), all_coalitions(2)),
        ),
        Case(
            "a 4×5 colour image and another picture as fill, three players, the third without a pixel, and pixels of "
            "no player; six coalitions",
            (colour, other - 0.5, three, rows),
        ),
        Case("a 4×5 colour image, a single player, one coalition: nobody", (colour, other, three[:1], rows[:1, :1])),
    ]


def in_and_out_exchanged(image, fill, players, coalitions):
    """You exchange in and out: players that are in show the image, those that are out show the fill."""
    return coalition_images(image, fill, players, ~coalitions)


def no_player_filled(image, fill, players, coalitions):
    """You fill the pixels that belong to no player. They keep the image: fill only where a player is out."""
    shown = (coalitions[:, :, None, None] & players).any(1)
    return torch.where(shown[:, None], image, fill)


def filled_with_zero(image, fill, players, coalitions):
    """You put 0 in the place of players that are out. Put `fill` there, at the same place."""
    return coalition_images(image, torch.zeros_like(fill), players, coalitions)


# shapley_values -------------------------------------------------------------------------------------------------------


def table_cases():
    return [
        Case(OR, (table(0, 1, 1, 1),)),
        Case(AND, (table(0, 0, 0, 1),)),
        Case("a and (b or c): v = 0 0 0 1 0 1 0 1 for nobody, a, b, ab, c, ac, bc, abc", (table(*A_AND_B_OR_C),)),
        Case("three players, two of them are enough: v = 0 0 0 1 0 1 1 1", (table(*MAJORITY),)),
        Case("one player, v = 2 without it and 5 with it", (table(2, 5),)),
        Case("three players, v = 4 5 6 10 1 3 8 20", (table(4, 5, 6, 10, 1, 3, 8, 20),)),
        Case("four players with values between −3 and 3", (random_table(4, seed=1),)),
        Case("six players with values around 20, in float32", (random_table(6, 2, 4.0, 20.0, torch.float32),)),
    ]


def each_of(values):
    """n, the coalitions without player i and the rise when i joins, for each i."""
    n = len(values).bit_length() - 1
    rows = all_coalitions(n)
    for i in range(n):
        without = (~rows[:, i]).nonzero()[:, 0]
        yield rows[without].sum(1), (values[without + 2**i] - values[without]).double()


def plain_means(values):
    """You average over all coalitions alike, which gives the Banzhaf value. Here each size counts alike: weigh the rise by |S|! (n − |S| − 1)! / n!."""
    return torch.stack([rises.mean() for _, rises in each_of(values)])


def one_out(values):
    """You compare everybody with everybody but i. That is one coalition of many: let i join each coalition S without i, and weigh the rises."""
    return torch.stack([rises[-1] for _, rises in each_of(values)])


def one_alone(values):
    """You compare i alone with nobody. That is one coalition of many: let i join each coalition S without i, and weigh the rises."""
    return torch.stack([rises[0] for _, rises in each_of(values)])


# interaction_index ----------------------------------------------------------------------------------------------------


def pair_cases():
    return [
        Case(f"players 0 and 1 where {OR}", (table(0, 1, 1, 1), 0, 1)),
        Case(f"players 0 and 1 where {AND}", (table(0, 0, 0, 1), 0, 1)),
        Case("players 1 and 2 in a and (b or c), v = 0 0 0 1 0 1 0 1", (table(*A_AND_B_OR_C), 1, 2)),
        Case("players 2 and 0 in a and (b or c), v = 0 0 0 1 0 1 0 1", (table(*A_AND_B_OR_C), 2, 0)),
        Case("players 0 and 2 of three, v = 4 5 6 10 1 3 8 20", (table(4, 5, 6, 10, 1, 3, 8, 20), 0, 2)),
        Case("players 1 and 3 of four with values between −3 and 3", (random_table(4, seed=1), 1, 3)),
        Case(
            "players 4 and 2 of five with values around 20, in float32",
            (random_table(5, 3, 4.0, 20.0, torch.float32), 4, 2),
        ),
    ]


def together(values, i, j):
    """The sizes of the coalitions without i and j, and how much more the two bring together than apart."""
    n = len(values).bit_length() - 1
    rows = all_coalitions(n)
    without = (~rows[:, [i, j]].any(1)).nonzero()[:, 0]
    both, one, other = (values[without + more] for more in (2**i + 2**j, 2**i, 2**j))
    return n, rows[without].sum(1), (both - one - other + values[without]).double()


def from_nobody_alone(values, i, j):
    """You look at the empty coalition alone. Look at each coalition S without i and j, and weigh what you find."""
    return together(values, i, j)[2][0]


def at_the_full_set_alone(values, i, j):
    """You look at the largest coalition alone. Look at each coalition S without i and j, and weigh what you find."""
    return together(values, i, j)[2][-1]


def plain_mean_of_pairs(values, i, j):
    """You average over all coalitions alike. Here each size counts alike: weigh by |S|! (n − |S| − 2)! / (n − 1)!."""
    return together(values, i, j)[2].mean()


# permutation_shapley --------------------------------------------------------------------------------------------------


class Game:
    """v as a function: value(coalitions (K, n) bool) → (K,), looked up in the table of all 2ⁿ."""

    def __init__(self, values):
        self.values = values
        self.n = len(values).bit_length() - 1

    def __call__(self, coalitions):
        bits = coalitions.dtype == torch.bool if isinstance(coalitions, torch.Tensor) else False
        if not bits or coalitions.dim() != 2 or coalitions.shape[1] != self.n:
            got = f"{tuple(coalitions.shape)} of {coalitions.dtype}" if isinstance(coalitions, torch.Tensor) else None
            raise ValueError(
                f"value takes coalitions (K, {self.n}) of torch.bool, a row for each coalition, "
                f"got {got or type(coalitions).__name__}"
            )
        return self.values[(coalitions.long() * 2 ** torch.arange(self.n)).sum(1)]


def order_cases():
    three = Game(table(4, 5, 6, 10, 1, 3, 8, 20))
    every = torch.tensor([[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
    drawn = [
        torch.randperm(n, generator=torch.Generator().manual_seed(n + k)) for n, m in ((4, 3), (5, 8)) for k in range(m)
    ]
    return [
        Case(f"the order 0, 1, where {OR}", (Game(table(0, 1, 1, 1)), torch.tensor([[0, 1]]))),
        Case("the order 1, 2, 0 of three players, v = 4 5 6 10 1 3 8 20", (three, every[3:4])),
        Case("all six orders of three players, v = 4 5 6 10 1 3 8 20", (three, every)),
        Case(
            "the order 0 of a single player, v = 2 without it and 5 with it", (Game(table(2, 5)), torch.tensor([[0]]))
        ),
        Case("three orders of four players", (Game(random_table(4, seed=4)), torch.stack(drawn[:3]))),
        Case(
            "eight orders of five players with values around 20, in float32",
            (Game(random_table(5, 5, 4.0, 20.0, torch.float32)), torch.stack(drawn[3:])),
        ),
    ]


def in_orders(value, orders, share):
    """The mean of share(order) over the orders."""
    return torch.stack([share(value, order) for order in orders.tolist()]).mean(0)


def arrivals(value, order):
    """What each player brings when it arrives, in the places of the players."""
    n, brought = len(order), torch.zeros(len(order), dtype=torch.float64)
    arrived = torch.zeros(1, n, dtype=torch.bool)
    for player in order:
        before = value(arrived)
        arrived = arrived.clone()
        arrived[0, player] = True
        brought[player] = (value(arrived) - before)[0]
    return brought


def read_as_ranks(value, orders):
    """You read entry k of an order as the place of player k. It is the player who arrives k-th: `order[0]` comes first."""
    return permutation_shapley(value, orders.argsort(1))


def sum_over_orders(value, orders):
    """You add the orders up. Take their mean: divide by the number of orders, `len(orders)`."""
    return permutation_shapley(value, orders) * len(orders)


def in_order_of_arrival(value, orders):
    """You leave the shares in the order of arrival. Put each into the place of its player: `shares[player] += …`."""
    return in_orders(value, orders, lambda value, order: arrivals(value, order)[order])


# shapley_kernel -------------------------------------------------------------------------------------------------------


def size_cases():
    return [
        Case("coalitions of 1 and 2 out of 3 players", (torch.tensor([1, 2]), 3)),
        Case("coalitions of 1, 2 and 3 out of 4 players", (torch.tensor([1, 2, 3]), 4)),
        Case("one coalition of 1 out of 2 players", (torch.tensor([1]), 2)),
        Case("coalitions of 1 to 6 out of 7 players", (torch.arange(1, 7), 7)),
        Case("coalitions of 3, 1, 4, 3 and 2 out of 5 players", (torch.tensor([3, 1, 4, 3, 2]), 5)),
        Case("coalitions of 1, 2, 18 and 35 out of 36 players", (torch.tensor([1, 2, 18, 35]), 36)),
    ]


def kernel_by(weight):
    return lambda sizes, n: torch.tensor([weight(s, n) for s in sizes.tolist()], dtype=torch.float64)


def binomial_forgotten(sizes, n):
    """That is the weight of a size, of all its coalitions together. Divide it among them, by C(n, s), `math.comb(n, s)`."""
    return kernel_by(lambda s, n: (n - 1) / (s * (n - s)))(sizes, n)


def n_for_n_minus_1(sizes, n):
    """You have n above the line. It is n − 1."""
    return kernel_by(lambda s, n: n / (math.comb(n, s) * s * (n - s)))(sizes, n)


def binomial_alone(sizes, n):
    """You divide by C(n, s) alone. Divide by s and by n − s, too."""
    return kernel_by(lambda s, n: (n - 1) / math.comb(n, s))(sizes, n)


# kernel_shap ----------------------------------------------------------------------------------------------------------


def regression_cases():
    def everything(values):
        n = len(values).bit_length() - 1
        rows = all_coalitions(n)[1:-1]
        weights = shapley_kernel(rows.sum(1), n).to(values.dtype)
        return rows, values[1:-1], weights, values[0].item(), values[-1].item()

    def drawn(k, n, seed, scale=1.0, dtype=torch.float64):
        generator = torch.Generator().manual_seed(seed)
        rows, weights = random_rows(k, n, seed), (scale * torch.rand(k, generator=generator, dtype=torch.float64)) + 0.1
        values = random_table(n, seed)
        numbers = (rows.long() * 2 ** torch.arange(n)).sum(1)
        return rows, values[numbers].to(dtype), weights.to(dtype), values[0].item(), values[-1].item()

    return [
        Case(
            "the coalitions a and b with values 5 and 3, weights ½, nobody 1, both 11",
            (torch.eye(2).bool(), table(5, 3), table(0.5, 0.5), 1.0, 11.0),
        ),
        Case("all coalitions of three players but nobody and all: a and (b or c)", everything(table(*A_AND_B_OR_C))),
        Case("all 14 coalitions of four players with their kernel weights", everything(random_table(4, seed=1))),
        Case("nine coalitions of four players, drawn, with weights of their own", drawn(9, 4, seed=5)),
        Case("twenty coalitions of five players, drawn, in float32", drawn(20, 5, 6, dtype=torch.float32)),
    ]


def weighted_fit(design, targets, weights):
    root = weights.double().sqrt()
    return torch.linalg.lstsq(design.double() * root[:, None], (targets * root)[:, None]).solution[:, 0]


def without_the_constraint(coalitions, values, weights, empty, full):
    """Your shares do not add up to full − empty. That they do is a condition of the fit: put the last share as what the others leave, full − empty − their sum."""
    return weighted_fit(coalitions, values.double() - empty, weights)


def scaled_to_the_sum(coalitions, values, weights, empty, full):
    """You fit without the condition and scale the shares until they add up. That changes their ratios. Fit under the condition: put the last share as what the others leave."""
    shares = without_the_constraint(coalitions, values, weights, empty, full)
    return shares * (full - empty) / shares.sum()


def weights_not_used(coalitions, values, weights, empty, full):
    """You do not use the weights. Multiply each squared error by its weight, or its row by the root of the weight."""
    return kernel_shap(coalitions, values, torch.ones_like(weights), empty, full)


# lime -----------------------------------------------------------------------------------------------------------------


def lime_cases():
    alone, row = torch.tensor([[False], [True]]), "one player, out and in, values 0 and 2"
    generator = torch.Generator().manual_seed(7)
    return [
        Case(f"{row}; width 1000, so that both count alike; α = 0", (alone, table(0, 2), 1000.0, 0.0)),
        Case(f"{row}; width 1000, so that both count alike; α = ½", (alone, table(0, 2), 1000.0, 0.5)),
        Case(f"{row}; width ½; α = 1", (alone, table(0, 2), 0.5, 1.0)),
        Case(
            "all coalitions of three players, two of whom are enough; width 1000, α = 0",
            (all_coalitions(3), table(*MAJORITY), 1000.0, 0.0),
        ),
        Case(
            "twelve coalitions of four players, width ¼, α = 1",
            (random_rows(12, 4, seed=8), torch.randn(12, generator=generator, dtype=torch.float64), 0.25, 1.0),
        ),
        Case(
            "thirty coalitions of six players with values around 20, in float32, width 0.4, α = 0.1",
            (random_rows(30, 6, seed=9), 20 + 4 * torch.randn(30, generator=generator), 0.4, 0.1),
        ),
    ]


def closeness(coalitions, width):
    return torch.exp(-((1 - coalitions.double().mean(1).sqrt()) ** 2) / (2 * width**2))


def ridge(coalitions, values, weights, alpha, intercept=True, shrunk=False):
    """The slopes of a weighted ridge regression."""
    z, y = coalitions.double(), values.double()
    if intercept:
        z = torch.cat([z, torch.ones(len(z), 1, dtype=torch.float64)], 1)
    penalty = alpha * torch.ones(z.shape[1], dtype=torch.float64)
    if intercept and not shrunk:
        penalty[-1] = 0
    left, right = z.T @ (weights[:, None] * z) + penalty.diag(), z.T @ (weights * y)
    return torch.linalg.lstsq(left, right[:, None]).solution[: coalitions.shape[1], 0]


def width_without_2(coalitions, values, width, alpha):
    """You divide d² by width². Divide by 2 · width²."""
    return methods.lime(coalitions, values, width / math.sqrt(2), alpha)


def share_hidden(coalitions, values, width, alpha):
    """Your distance is the share of players that are out. It is 1 − √(players shown / n): take the root of the share that is shown."""
    hidden = 1 - coalitions.double().mean(1)
    return ridge(coalitions, values, torch.exp(-(hidden**2) / (2 * width**2)), alpha)


def intercept_shrunk(coalitions, values, width, alpha):
    """You shrink the intercept b, too. α counts for the β alone: put 0 in the place of b on the diagonal."""
    return ridge(coalitions, values, closeness(coalitions, width), alpha, shrunk=True)


EXERCISES = (
    Exercise(
        coalition_images,
        "shapley",
        2,
        image_cases,
        (in_and_out_exchanged, no_player_filled, filled_with_zero),
        in_float32,
        cures=TORCHS_WORDS,
        recall="Asked for is one picture for each coalition, (K, C, H, W): `fill` on the pixels of the players that are "
        "out, the image everywhere else.",
    ),
    Exercise(
        shapley_values,
        "shapley",
        4,
        table_cases,
        (plain_means, one_out, one_alone),
        in_float64,
        cures=TORCHS_WORDS,
        recall="Asked for is, for each player i, the sum over all coalitions S without i of |S|! (n − |S| − 1)! / n! times "
        "v(S ∪ i) − v(S). Entry k of `values` is v of the players whose bits are set in k.",
    ),
    Exercise(
        interaction_index,
        "shapley",
        2,
        pair_cases,
        (from_nobody_alone, at_the_full_set_alone, plain_mean_of_pairs),
        as_one_number,
        cures=TORCHS_WORDS,
        recall="Asked for is the sum over all coalitions S without i and j of |S|! (n − |S| − 2)! / (n − 1)! times "
        "v(S ∪ ij) − v(S ∪ i) − v(S ∪ j) + v(S).",
    ),
    Exercise(
        permutation_shapley,
        "shapley",
        3,
        order_cases,
        (read_as_ranks, sum_over_orders, in_order_of_arrival),
        in_float64,
        cures=TORCHS_WORDS,
        recall="Asked for is, for each player, the mean over the orders of what it brings when it arrives: the value of those before "
        "it and itself, less the value of those before it.",
    ),
    Exercise(
        shapley_kernel,
        "shapley",
        1,
        size_cases,
        (binomial_forgotten, n_for_n_minus_1, binomial_alone),
        in_float64,
        cures=TORCHS_WORDS,
        recall="Asked for is (n − 1) / (C(n, s) · s · (n − s)) for each s in `sizes`, with C(n, s) = `math.comb(n, s)`.",
    ),
    Exercise(
        kernel_shap,
        "shapley",
        4,
        regression_cases,
        (without_the_constraint, scaled_to_the_sum, weights_not_used),
        in_float64,
        cures=TORCHS_WORDS,
        recall="Asked for are the shares φ that make Σ w (v − empty − z·φ)² smallest among those that add up to full − empty. "
        "Check the sum of yours first.",
    ),
    Exercise(
        lime,
        "shapley",
        4,
        lime_cases,
        (width_without_2, share_hidden, intercept_shrunk),
        in_float64,
        cures=TORCHS_WORDS,
        recall="Asked for are the β that make Σ w (v − b − z·β)² + α Σ β² smallest, with w = exp(−d² / (2 · width²)), "
        "d = 1 − √(players shown / n) and an intercept b that α does not shrink.",
    ),
)
