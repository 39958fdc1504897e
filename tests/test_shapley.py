"""Games against values worked by hand, their definitions written plainly, Captum and scikit-learn."""

import itertools
import math

import numpy as np
import pytest
import torch
from captum import attr
from helpers import LOG, NAN_WHERE_EMPTY, TOTAL, Of, Peak, close, counted
from sklearn.linear_model import Ridge
from torch import nn

from utils import load_hands, load_network
from utils.methods import (
    all_coalitions,
    coalition_images,
    coalition_scores,
    interaction_index,
    kernel_shap,
    lime,
    paired_coalitions,
    permutation_shapley,
    random_orders,
    shapley_kernel,
    shapley_values,
)


def doubles(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)


def random_game(n, seed=0, order=None):
    """A table in which each set of at most `order` players (None: any) is worth something of its own."""
    generator = torch.Generator().manual_seed(1000 * n + seed)
    rows, values = torch.arange(2**n), torch.zeros(2**n, dtype=torch.float64)
    for members in rows.tolist():
        if members.bit_count() <= (n if order is None else order):
            values += torch.randn((), generator=generator, dtype=torch.float64) * ((rows & members) == members)
    return values


def inner(n):
    """All coalitions but nobody and all, and the numbers of their rows."""
    rows = torch.arange(1, 2**n - 1)
    return all_coalitions(n)[rows], rows


def regression(values, weights=None):
    """kernel_shap of the whole table; weights is a function of the size and n."""
    n = len(values).bit_length() - 1
    coalitions, rows = inner(n)
    sizes = coalitions.sum(1)
    weights = shapley_kernel(sizes, n) if weights is None else doubles(*[weights(s, n) for s in sizes.tolist()])
    return kernel_shap(coalitions, values[rows], weights, values[0], values[-1])


def banzhaf(values):
    return lime(all_coalitions(len(values).bit_length() - 1), values, width=math.inf, alpha=0)


def one_out(values):
    return torch.stack([values[-1] - values[len(values) - 1 - 2**i] for i in range(len(values).bit_length() - 1)])


def one_alone(values):
    return torch.stack([values[2**i] - values[0] for i in range(len(values).bit_length() - 1)])


GAMES = {  # values, Shapley, Banzhaf, one out, one alone, {pair: interaction}
    "AND": ((0, 0, 0, 1), (1 / 2, 1 / 2), (1 / 2, 1 / 2), (1, 1), (0, 0), {(0, 1): 1}),
    "OR": ((0, 1, 1, 1), (1 / 2, 1 / 2), (1 / 2, 1 / 2), (0, 0), (1, 1), {(0, 1): -1}),
    "XOR": ((0, 1, 1, 0), (0, 0), (0, 0), (-1, -1), (1, 1), {(0, 1): -2}),
    "5a + 2b": ((0, 5, 2, 7), (5, 2), (5, 2), (5, 2), (5, 2), {(0, 1): 0}),
    "majority": (
        (0, 0, 0, 1, 0, 1, 1, 1), (1 / 3,) * 3, (1 / 2,) * 3, (0,) * 3, (0,) * 3,
        {(0, 1): 0, (0, 2): 0, (1, 2): 0}),
    "a and (b or c)": (
        (0, 0, 0, 1, 0, 1, 0, 1), (2 / 3, 1 / 6, 1 / 6), (3 / 4, 1 / 4, 1 / 4), (1, 0, 0), (0,) * 3,
        {(0, 1): 1 / 2, (0, 2): 1 / 2, (1, 2): -1 / 2}),
    "a or b, c idle": (
        (0, 1, 1, 1, 0, 1, 1, 1), (1 / 2, 1 / 2, 0), (1 / 2, 1 / 2, 0), (0,) * 3, (1, 1, 0),
        {(0, 1): -1, (0, 2): 0, (1, 2): 0}),
    "parity": (
        (0, 1, 1, 0, 1, 0, 0, 1), (1 / 3,) * 3, (0,) * 3, (1,) * 3, (1,) * 3,
        {(0, 1): 0, (0, 2): 0, (1, 2): 0}),
    "one player": ((3, 5), (2,), (2,), (2,), (2,), {}),
    "nobody is worth 10": ((10, 10, 10, 11), (1 / 2, 1 / 2), (1 / 2, 1 / 2), (1, 1), (0, 0), {(0, 1): 1}),
}  # fmt: skip


@pytest.mark.parametrize("game", GAMES)
class TestByHand:
    def test_shapley_values(self, game):
        values, expected, *_ = GAMES[game]
        close(shapley_values(doubles(*values)), doubles(*expected))
        close(regression(doubles(*values)), doubles(*expected))
        every = torch.tensor(list(itertools.permutations(range(len(expected)))))
        close(permutation_shapley(by_table(doubles(*values)), every), doubles(*expected))

    def test_the_other_readings_of_the_table(self, game):
        values, _, mean, out, alone, _ = GAMES[game]
        close(banzhaf(doubles(*values)), doubles(*mean))
        assert one_out(doubles(*values)).tolist() == list(out)
        assert one_alone(doubles(*values)).tolist() == list(alone)

    def test_interactions(self, game):
        values, *_, pairs = GAMES[game]
        for (i, j), expected in pairs.items():
            assert interaction_index(doubles(*values), i, j).item() == pytest.approx(expected, abs=1e-12)
            assert interaction_index(doubles(*values), j, i).item() == pytest.approx(expected, abs=1e-12)


# Definitions, written plainly -----------------------------------------------------------------------------------------


def by_table(values):
    """value(coalitions) that looks them up."""

    def value(coalitions):
        return values[(coalitions * 2 ** torch.arange(coalitions.shape[1])).sum(1)]

    return value


def worth(values):
    """v(set of players), looked up."""
    return lambda players: values[sum(2**i for i in players)].item()


def by_arrival(values, orders):
    """Each player's mean rise, order by order, in dictionaries."""
    v, shares = worth(values), {}
    for order in orders:
        here = set()
        for player in order:
            before = v(here)
            here.add(player)
            shares[player] = shares.get(player, 0) + (v(here) - before) / len(orders)
    return doubles(*[shares[i] for i in range(len(shares))])


def subsets(players):
    return itertools.chain.from_iterable(itertools.combinations(players, k) for k in range(len(players) + 1))


def interaction_by_definition(values, i, j):
    v, n, found = worth(values), len(values).bit_length() - 1, 0.0
    for s in subsets([k for k in range(n) if k not in (i, j)]):
        weight = math.factorial(len(s)) * math.factorial(n - len(s) - 2) / math.factorial(n - 1)
        found += weight * (v({*s, i, j}) - v({*s, i}) - v({*s, j}) + v(s))
    return found


def by_lagrange(coalitions, values, weights, empty, full):
    """The regression with its constraint as one system: 2 ZᵀWZ φ + λ = 2 ZᵀWy, Σφ = full − empty."""
    z, w, n = coalitions.double().numpy(), weights.double().numpy(), coalitions.shape[1]
    system, right = np.ones((n + 1, n + 1)), np.full(n + 1, float(full) - float(empty))
    system[:n, :n], system[n, n] = 2 * z.T @ (w[:, None] * z), 0
    right[:n] = 2 * z.T @ (w * (values.double().numpy() - float(empty)))
    return torch.from_numpy(np.linalg.solve(system, right)[:n])


def by_heavy_ends(coalitions, values, weights, empty, full, heavy=1e9):
    """The same without a constraint: a free intercept, nobody and all as two rows more, of huge weight."""
    n = coalitions.shape[1]
    z = np.concatenate([np.zeros((1, n)), np.ones((1, n)), coalitions.double().numpy()])
    y = np.concatenate([[float(empty), float(full)], values.double().numpy()])
    root = np.sqrt(np.concatenate([[heavy, heavy], weights.double().numpy()]))
    design = np.concatenate([np.ones((len(z), 1)), z], 1)
    return torch.from_numpy(np.linalg.lstsq(design * root[:, None], y * root, rcond=None)[0][1:])


class TestShapleyValues:
    @pytest.mark.parametrize("n", range(1, 7))
    def test_the_mean_over_all_orders(self, n):
        values, orders = random_game(n), list(itertools.permutations(range(n)))
        close(shapley_values(values), by_arrival(values, orders), 1e-10)

    @pytest.mark.parametrize("n", range(2, 6))
    def test_interactions_by_definition(self, n):
        values = random_game(n, seed=1)
        for i, j in itertools.permutations(range(n), 2):
            found = interaction_index(values, i, j)
            assert found.item() == pytest.approx(interaction_by_definition(values, i, j), abs=1e-10)
            assert found.ndim == 0 and found.dtype == torch.float64

    def test_an_interaction_is_what_the_other_changes_of_a_fair_share(self):
        values, i, j = random_game(5, seed=2), 3, 1
        with_j = all_coalitions(5)[:, j]
        change = shapley_values(values[with_j]) - shapley_values(values[~with_j])  # games of the other four
        assert interaction_index(values, i, j).item() == pytest.approx(change[2].item(), abs=1e-10)

    def test_single_precision_comes_in_and_double_goes_out(self):
        values = random_game(7).float()
        assert shapley_values(values).dtype == torch.float64
        close(shapley_values(values).sum(), (values.double()[-1] - values.double()[0]), 1e-12)
        assert not shapley_values(values.requires_grad_()).requires_grad

    def test_ten_players(self):
        values = random_game(10)
        close(shapley_values(values).sum(), values[-1] - values[0], 1e-10)
        close(shapley_values(values)[[0, 9]], regression(values)[[0, 9]], 1e-9)


@pytest.mark.parametrize("share", [shapley_values, regression, banzhaf], ids=["exact", "regression", "banzhaf"])
class TestWhatIsFair:
    def test_it_adds_up(self, share):
        for n, seed in itertools.product((2, 3, 5), range(5)):
            values = random_game(n, seed)
            gap = (share(values).sum() - (values[-1] - values[0])).abs()
            assert (gap < 1e-10) == (share is not banzhaf or n == 2)

    def test_who_does_the_same_gets_the_same(self, share):
        for seed in range(5):
            values = random_game(5, seed)
            swapped = values[(all_coalitions(5)[:, [0, 3, 2, 1, 4]] * 2 ** torch.arange(5)).sum(1)]
            found = share((values + swapped) / 2)
            close(found[1], found[3], 1e-10)

    def test_who_never_changes_anything_gets_nothing(self, share):
        for seed, idle in itertools.product(range(3), range(5)):
            without = [k & ~(1 << idle) for k in range(32)]
            found = share(random_game(5, seed)[without])
            assert found[idle].abs() < 1e-12 < found.abs().min(0).values + found.abs().max()

    def test_the_shares_of_a_sum_are_sums(self, share):
        for seed in range(5):
            one, two = random_game(5, seed), random_game(5, seed + 100)
            close(share(2 * one - 3 * two + 7), 2 * share(one) - 3 * share(two), 1e-10)

    def test_where_nobody_interacts_all_agree(self, share):
        slopes = random_game(3)[:6]
        values = all_coalitions(6).double() @ slopes + 4
        for found in share(values), one_out(values), one_alone(values):
            close(found, slopes, 1e-10)


# Estimates ------------------------------------------------------------------------------------------------------------


class TestPermutations:
    @pytest.mark.parametrize("n", [1, 3, 5])
    def test_by_arrival_in_dictionaries(self, n):
        values = random_game(n, seed=3)
        for orders in random_orders(n, 8, seed=1), torch.arange(n)[None].roll(1, 1), torch.arange(n)[None]:
            found = permutation_shapley(by_table(values), orders)
            close(found, by_arrival(values, orders.tolist()))
            close(found.sum(), values[-1] - values[0])

    def test_the_order_of_arrival_by_hand(self):
        # First 2, then 0, then 1: v = 10 for nobody, 11 with 2, 13 with 0 and 2, 17 with all.
        seen = []

        def value(coalitions):
            seen.append(coalitions.tolist())
            return doubles(10, 11, 13, 17)

        assert permutation_shapley(value, torch.tensor([[2, 0, 1]])).tolist() == [2, 4, 1]
        assert seen == [[[0, 0, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1]]]

    def test_an_order_asks_for_n_plus_one_coalitions(self):
        values, asked = random_game(6), []
        permutation_shapley(lambda c: asked.append(len(c)) or by_table(values)(c).float(), random_orders(6, 4))
        assert asked == [7] * 4

    def test_orders_come_in_pairs_and_by_their_seed(self):
        state = torch.get_rng_state()
        orders = random_orders(5, 2000)
        assert torch.equal(torch.get_rng_state(), state)
        assert torch.equal(orders[::2], orders[1::2].flip(1))
        assert torch.equal(orders.sort(1).values, torch.arange(5).expand(2000, 5))
        shares = torch.stack([(orders[::2] == player).double().mean(0) for player in range(5)])
        assert (shares - 0.2).abs().max() < 4 * (0.2 * 0.8 / 1000) ** 0.5
        assert torch.equal(orders[:10], random_orders(5, 10)) and not torch.equal(
            orders, random_orders(5, 2000, seed=1)
        )

    @pytest.mark.parametrize("result", [
        None, [1.0, 2, 3], doubles(1, 2), doubles(1, 2, 3)[:, None], doubles(1, math.nan, 3), doubles(1, math.inf, 3)
    ])  # fmt: skip
    def test_what_value_returns(self, result):
        with pytest.raises(ValueError, match="value must return a finite number for each of 3 coalitions"):
            permutation_shapley(lambda coalitions: result, torch.tensor([[0, 1]]))

    @pytest.mark.parametrize("orders", [
        None, [[0, 1]], torch.tensor([0, 1]), torch.zeros(0, 2).long(), torch.zeros(2, 0).long(),
        torch.tensor([[0.0, 1.0]]), torch.tensor([[0, 0]]), torch.tensor([[1, 2]]), torch.tensor([[0, 1], [1, 1]]),
    ])  # fmt: skip
    def test_orders(self, orders):
        with pytest.raises(ValueError, match="orders must (be a tensor|hold each player from 0 to 1 once)"):
            permutation_shapley(by_table(doubles(0, 1, 2, 3)), orders)


class TestShapleyKernel:
    @pytest.mark.parametrize(
        "n, expected",
        [(2, (1 / 2,)), (3, (1 / 3, 1 / 3)), (4, (1 / 4, 1 / 8, 1 / 4)),
         (7, (1 / 7, 1 / 35, 1 / 70, 1 / 70, 1 / 35, 1 / 7))],
    )  # fmt: skip
    def test_by_hand(self, n, expected):
        close(shapley_kernel(torch.arange(1, n), n), doubles(*expected), 1e-15)

    @pytest.mark.parametrize(
        "n, expected", [(4, (4 / 11, 3 / 11, 4 / 11)), (7, (0.238, 0.143, 0.119, 0.119, 0.143, 0.238))]
    )
    def test_the_probability_of_a_size_is_another_thing(self, n, expected):
        of_size = shapley_kernel(torch.arange(1, n), n) * doubles(*[math.comb(n, s) for s in range(1, n)])
        close(of_size / of_size.sum(), doubles(*expected), 1e-3)
        drawn = paired_coalitions(n, 20_000).sum(1).bincount(minlength=n)[1:] / 20_000
        close(drawn.double(), doubles(*expected), 0.015)

    def test_the_limit_of_the_regression(self):
        # The Shapley values are those of no other kernel: for each size, ½ % more weight is already an error.
        values = random_game(5, seed=1)
        for size in 1, 2:
            wrong = regression(values, lambda s, n, size=size: kernel_of(s, n) * (1.005 if s == size else 1))
            assert (wrong - shapley_values(values)).abs().max() > 1e-5

    def test_a_thousand_players(self):
        assert shapley_kernel(torch.tensor([1, 500, 1999]), 2000).isfinite().all()

    @pytest.mark.parametrize("sizes, n, error, message", [
        (torch.tensor([0]), 4, ValueError, "sizes must be from 1 to 3"),
        (torch.tensor([2, 4]), 4, ValueError, "sizes must be from 1 to 3"),
        ([1, 2], 4, TypeError, r"sizes must be a tensor \(K,\) of ints, got list"),
        (torch.tensor([1.0]), 4, TypeError, "sizes must be a tensor .* got a float32"),
        (torch.tensor([True]), 4, TypeError, "sizes must be a tensor .* got a bool"),
        (torch.tensor([1]), 4.0, TypeError, "n must be an int, got 4.0"),
    ])  # fmt: skip
    def test_arguments(self, sizes, n, error, message):
        with pytest.raises(error, match=message):
            shapley_kernel(sizes, n)


def kernel_of(s, n):
    return (n - 1) / (math.comb(n, s) * s * (n - s))


WRONG = {
    "equal": lambda s, n: 1.0,
    "of a size": lambda s, n: 1 / (s * (n - s)),
    "of one of a size": lambda s, n: 1 / math.comb(n, s),
}


class TestWrongWeights:
    """A regression with wrong weights is right wherever nothing goes beyond pairs; that is how they stay unseen."""

    @pytest.mark.parametrize("weights", WRONG)
    @pytest.mark.parametrize("n", [4, 5, 7])
    def test_an_interaction_of_three_among_four_shows_them(self, n, weights):
        for seed in range(3):
            values = random_game(n, seed, order=3)
            assert (regression(values, WRONG[weights]) - shapley_values(values)).abs().max() > 0.01
            close(regression(values), shapley_values(values), 1e-9)

    @pytest.mark.parametrize("weights", WRONG)
    def test_pairs_do_not_nor_do_three_players(self, weights):
        for n, order in (4, 2), (7, 2), (7, 1), (3, 3), (2, 2):
            values = random_game(n, order=order)
            close(regression(values, WRONG[weights]), shapley_values(values), 1e-9)

    def test_those_that_tell_large_from_small_are_shown_by_pairs(self):
        values = random_game(4, order=2)
        assert (regression(values, lambda s, n: 1 / s) - shapley_values(values)).abs().max() > 0.01

    def test_weights_that_are_a_multiple_are_no_other(self):
        values = random_game(5)
        close(regression(values, lambda s, n: 7 * kernel_of(s, n)), shapley_values(values), 1e-10)


class TestKernelShap:
    @pytest.mark.parametrize("n", range(1, 8))
    def test_all_coalitions_give_the_shapley_values(self, n):
        for seed in range(3):
            close(regression(random_game(n, seed)), shapley_values(random_game(n, seed)), 1e-9)

    @pytest.mark.parametrize("second, atol", [(by_lagrange, 1e-8), (by_heavy_ends, 1e-5)])
    def test_a_second_way(self, second, atol):
        for seed in range(5):
            values, generator = random_game(6, seed), torch.Generator().manual_seed(seed)
            coalitions = torch.rand(30, 6, generator=generator) < 0.5
            weights = torch.rand(30, generator=generator, dtype=torch.float64)
            given = coalitions, by_table(values)(coalitions), weights, values[0], values[-1]
            found = kernel_shap(*given)
            close(found, second(*given), atol)
            close(found.sum(), values[-1] - values[0], 1e-12)

    def test_rows_of_nobody_and_of_all_and_of_weight_0_say_nothing_new(self):
        values = random_game(5)
        coalitions = all_coalitions(5)
        weights = torch.zeros(32, dtype=torch.float64)
        weights[1:-1] = shapley_kernel(coalitions[1:-1].sum(1), 5)
        expected = shapley_values(values)
        close(kernel_shap(coalitions, values, weights, values[0], values[-1]), expected, 1e-9)
        weights[[0, -1]] = 5.0
        close(kernel_shap(coalitions, values, weights, values[0], values[-1]), expected, 1e-9)

    def test_one_player_gets_all(self):
        for coalitions in torch.tensor([[True]]), torch.tensor([[False], [True]]), torch.zeros(0, 1).bool():
            k = len(coalitions)
            assert kernel_shap(coalitions, torch.zeros(k), torch.ones(k), 2, 5).tolist() == [3]

    def test_what_cannot_be_decided_is_refused_with_the_rank(self):
        values = random_game(3)
        coalitions = torch.tensor([[1, 0, 0], [0, 1, 1], [1, 0, 0]]).bool()  # the second says no more than the first
        with pytest.raises(ValueError, match="coalitions must decide 2 shares, but their rank is 1"):
            kernel_shap(coalitions, by_table(values)(coalitions), torch.ones(3), values[0], values[-1])
        with pytest.raises(ValueError, match="coalitions must decide 2 shares, but their rank is 0"):
            kernel_shap(coalitions, by_table(values)(coalitions), torch.zeros(3), values[0], values[-1])
        with pytest.raises(ValueError, match="coalitions must decide 2 shares, but their rank is 1"):
            kernel_shap(coalitions[:1], values[:1], torch.ones(1), values[0], values[-1])
        with pytest.raises(ValueError, match="coalitions must decide 2 shares, but their rank is 0"):
            kernel_shap(coalitions[:0], values[:0], torch.ones(0), values[0], values[-1])

    def test_twelve_drawn_of_seven_players(self):
        """A pair says one thing only, and six different ones are rarely drawn: most tries cannot decide, and say so."""
        values, refused = random_game(7), 0
        for seed in range(60):
            coalitions = paired_coalitions(7, 12, seed=seed)
            z = coalitions.double().numpy()
            rank = np.linalg.matrix_rank(z[:, :-1] - z[:, -1:])
            given = coalitions, by_table(values)(coalitions), torch.ones(12), values[0], values[-1]
            if rank < 6:
                refused += 1
                with pytest.raises(ValueError, match=f"must decide 6 shares, but their rank is {rank}: draw more"):
                    kernel_shap(*given)
            else:
                close(kernel_shap(*given), by_lagrange(*given), 1e-8)
        assert 30 < refused < 55

    @pytest.mark.parametrize("name, bad, error, message", [
        ("coalitions", torch.zeros(4, 3), TypeError, r"coalitions must be a bool tensor \(K, n\), got a float32"),
        ("coalitions", None, TypeError, "coalitions must be a bool tensor"),
        ("coalitions", torch.zeros(3, dtype=torch.bool), TypeError, "coalitions must be a bool tensor"),
        ("coalitions", torch.zeros(4, 0, dtype=torch.bool), ValueError, "coalitions must have at least one player"),
        ("values", torch.zeros(3), ValueError, r"values must have one for each coalition, \(4,\), got"),
        ("values", [0, 1, 2, 3], ValueError, "values must have one for each coalition"),
        ("values", torch.tensor([0, 1, math.nan, 0]), ValueError, "values must be finite"),
        ("weights", torch.ones(4, 1), ValueError, "weights must have one for each coalition"),
        ("weights", torch.tensor([1, 1, math.inf, 1]), ValueError, "weights must be finite"),
        ("weights", torch.tensor([1, 1, -0.5, 1]), ValueError, "weights must be 0 or more, got -0.5"),
        ("empty", math.nan, ValueError, r"empty must be a finite number, got nan \(float\)"),
        ("empty", None, ValueError, "empty must be a finite number, got None"),
        ("full", torch.tensor(math.inf), ValueError, "full must be a finite number"),
        ("full", torch.zeros(2), ValueError, "full must be a finite number"),
        ("full", "1", ValueError, "full must be a finite number, got '1'"),
    ])  # fmt: skip
    def test_arguments(self, name, bad, error, message):
        right = {"coalitions": all_coalitions(3)[1:5], "values": torch.zeros(4), "weights": torch.ones(4),
                 "empty": 0.0, "full": 1.0}  # fmt: skip
        with pytest.raises(error, match=message):
            kernel_shap(**right | {name: bad})


class TestPairedCoalitions:
    def test_every_second_completes_the_one_before(self):
        state = torch.get_rng_state()
        drawn = paired_coalitions(6, 4000)
        assert torch.equal(torch.get_rng_state(), state)
        assert drawn.dtype == torch.bool and torch.equal(drawn[::2], ~drawn[1::2])
        assert torch.equal(drawn, paired_coalitions(6, 4000)) and not torch.equal(drawn, paired_coalitions(6, 4000, 1))
        pairs = drawn[drawn.sum(1) == 2]  # all 15 of this size alike
        shares = (pairs * 2 ** torch.arange(6)).sum(1).bincount().double()
        shares = shares[shares > 0] / len(pairs)
        assert len(shares) == 15 and (shares - 1 / 15).abs().max() < 0.025
        sizes = drawn.sum(1)
        assert sizes.min() == 1 and sizes.max() == 5

    def test_two_players(self):
        assert (paired_coalitions(2, 6).sum(1) == 1).all()

    @pytest.mark.parametrize("function, arguments, error, message", [
        (paired_coalitions, (7, 11), ValueError, "n_coalitions must be even, for they are drawn in pairs, got 11"),
        (paired_coalitions, (7, 0), ValueError, "n_coalitions must be 1 or more, got 0"),
        (paired_coalitions, (1, 4), ValueError, "n must be 2 or more players, got 1"),
        (paired_coalitions, (7.0, 4), TypeError, "n must be an int, got 7.0"),
        (paired_coalitions, (7, 4, None), TypeError, "seed must be an int, got None"),
        (random_orders, (7, 3), ValueError, "n_orders must be even, for they are drawn in pairs, got 3"),
        (random_orders, (0, 2), ValueError, "n must be 1 or more, got 0"),
        (random_orders, (2.5, 2), TypeError, "n must be an int, got 2.5"),
        (random_orders, (7, 2, "now"), TypeError, "seed must be an int, got 'now'"),
        (all_coalitions, (0,), ValueError, "n must be 1 or more, got 0"),
        (all_coalitions, (21,), ValueError, "n must be at most 20 players, .* got 21"),
        (all_coalitions, (True,), TypeError, "n must be an int, got True"),
    ])  # fmt: skip
    def test_arguments(self, function, arguments, error, message):
        with pytest.raises(error, match=message):
            function(*arguments)


KERNEL_OF_FOUR = doubles(0.000335, 0.1353, 0.5034, 0.8662, 1)  # by the number of players shown, 0 … 4, at width ¼


class TestLime:
    @pytest.mark.parametrize("alpha, expected", [(0, 2), (0.5, 1), (1, 2 / 3)])
    def test_two_rows_by_hand(self, alpha, expected):
        # z = 0, 1 and y = 0, 2, equally heavy: 2 (β/2 − 1)² + α β² is least at β = 2 / (1 + 2α), b = 1 − β/2.
        close(lime(torch.tensor([[False], [True]]), doubles(0, 2), width=math.inf, alpha=alpha), doubles(expected))

    @pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
    def test_the_weights_by_hand(self, alpha):
        values, coalitions = random_game(4), all_coalitions(4)
        heavy = KERNEL_OF_FOUR[coalitions.sum(1)].numpy()
        ridge = Ridge(alpha=alpha).fit(coalitions.double().numpy(), values.numpy(), sample_weight=heavy)
        close(lime(coalitions, values, width=0.25, alpha=alpha), torch.from_numpy(ridge.coef_), 2e-3)

    @pytest.mark.parametrize("width, alpha", [(0.25, 1.0), (0.1, 0.5), (1.0, 0.0), (3.0, 20.0)])
    def test_scikit_learn(self, width, alpha):
        for seed in range(3):
            generator = torch.Generator().manual_seed(seed)
            z, y = torch.rand(40, 6, generator=generator) < 0.5, torch.randn(40, generator=generator)
            distance = 1 - np.sqrt(z.double().mean(1).numpy())
            heavy = np.exp(-(distance**2) / (2 * width**2))
            ridge = Ridge(alpha=alpha).fit(z.double().numpy(), y.double().numpy(), sample_weight=heavy)
            close(lime(z, y, width=width, alpha=alpha), torch.from_numpy(ridge.coef_), 1e-9)

    def test_the_normal_equations(self):
        generator = torch.Generator().manual_seed(7)
        z, y = torch.rand(25, 5, generator=generator) < 0.5, torch.randn(25, generator=generator, dtype=torch.float64)
        w = torch.exp(-((1 - z.double().mean(1) ** 0.5) ** 2) / (2 * 0.3**2))
        design = torch.cat([torch.ones(25, 1), z], 1).double()  # the first column is the intercept, which is free
        system = design.T @ (w[:, None] * design) + 0.7 * torch.diag(doubles(0, 1, 1, 1, 1, 1))
        expected = torch.linalg.solve(system, design.T @ (w * y))[1:]
        close(lime(z, y, width=0.3, alpha=0.7), expected, 1e-10)

    def test_the_defaults_are_those_of_the_package(self):
        values, coalitions = random_game(5), all_coalitions(5)
        assert torch.equal(lime(coalitions, values), lime(coalitions, values, width=0.25, alpha=1.0))

    def test_the_width_is_a_dial_from_one_out_to_the_plain_mean(self):
        values, coalitions = random_game(6, order=2), all_coalitions(6)
        close(lime(coalitions, values, width=0.012, alpha=0.0), one_out(values), 1e-6)
        close(lime(coalitions, values, width=1e4, alpha=0.0), banzhaf(values), 1e-6)
        middle = lime(coalitions, values, width=0.25, alpha=0.0)
        assert (middle - one_out(values)).norm() > 0.1 and (middle - banzhaf(values)).norm() > 0.1

    def test_a_narrow_kernel_leaves_one_row_and_the_ridge_says_so_or_the_rank(self):
        values, coalitions = random_game(5), all_coalitions(5)
        for width in 1e-3, 1e-30, 1e-200, 1e-320:
            assert lime(coalitions, values, width=width, alpha=1.0).abs().max() < 1e-12  # one explains the ridge
            with pytest.raises(ValueError, match="coalitions must decide 5 shares, but their rank is 0"):
                lime(coalitions, values, width=width, alpha=0)
            with pytest.raises(ValueError, match="width must be larger for these coalitions: .* each of them is 0"):
                lime(coalitions[:-1], values[:-1], width=width, alpha=1.0)

    def test_what_cannot_be_decided_is_refused_with_the_rank(self):
        coalitions = torch.tensor([[0, 0, 1], [0, 1, 0], [0, 1, 1]]).bool()  # player 0 is never shown
        with pytest.raises(ValueError, match="coalitions must decide 3 shares, but their rank is 2"):
            lime(coalitions, doubles(1, 2, 3), alpha=0.0)
        assert lime(coalitions, doubles(1, 2, 3), alpha=1.0)[0] == 0

    @pytest.mark.parametrize("options, error, message", [
        ({"width": 0}, ValueError, r"width must be a number above 0, got 0 \(int\)"),
        ({"width": -1.0}, ValueError, "width must be a number above 0, got -1.0"),
        ({"width": math.nan}, ValueError, "width must be a number above 0, got nan"),
        ({"width": None}, ValueError, "width must be a number above 0, got None"),
        ({"width": True}, ValueError, "width must be a number above 0, got True"),
        ({"alpha": -0.1}, ValueError, "alpha must be a number, 0 or more, got -0.1"),
        ({"alpha": math.nan}, ValueError, "alpha must be a number, 0 or more, got nan"),
        ({"alpha": math.inf}, ValueError, "alpha must be a number, 0 or more, got inf"),
        ({"alpha": "1"}, ValueError, "alpha must be a number, 0 or more, got '1'"),
        ({"coalitions": torch.zeros(4, 2)}, TypeError, "coalitions must be a bool tensor"),
        ({"coalitions": torch.zeros(0, 2).bool(), "values": torch.zeros(0)}, ValueError, "coalitions must be at least"),
        ({"values": torch.zeros(3)}, ValueError, "values must have one for each coalition"),
        ({"values": torch.full((4,), math.inf)}, ValueError, "values must be finite"),
    ])  # fmt: skip
    def test_arguments(self, options, error, message):
        with pytest.raises(error, match=message):
            lime(**{"coalitions": all_coalitions(2), "values": torch.zeros(4)} | options)


class TestTables:
    @pytest.mark.parametrize("values, error, message", [
        (torch.zeros(3), ValueError, "values must have an entry for each of 2ⁿ coalitions"),
        (torch.zeros(1), ValueError, "values must have an entry for each of 2ⁿ coalitions"),
        (torch.zeros(0), ValueError, "values must have an entry for each of 2ⁿ coalitions"),
        (torch.zeros(2, 2), TypeError, r"values must be a float tensor \(2ⁿ,\)"),
        (torch.zeros(4).long(), TypeError, "values must be a float tensor"),
        ([0.0, 1.0], TypeError, "values must be a float tensor .* got list"),
        (torch.tensor([0, math.nan]), ValueError, "values must be finite"),
        (torch.tensor([0, math.inf]), ValueError, "values must be finite"),
    ])  # fmt: skip
    def test_values(self, values, error, message):
        with pytest.raises(error, match=message):
            shapley_values(values)
        with pytest.raises(error, match=message):
            interaction_index(values, 0, 1)

    @pytest.mark.parametrize("i, j, error, message", [
        (3, 0, ValueError, "i must be a player from 0 to 2, got 3"),
        (0, -1, ValueError, "j must be a player from 0 to 2, got -1"),
        (1, 1, ValueError, "i and j must be two players, got 1 twice"),
        (0.0, 1, TypeError, "i must be an int, got 0.0"),
        (0, True, TypeError, "j must be an int, got True"),
    ])  # fmt: skip
    def test_players(self, i, j, error, message):
        with pytest.raises(error, match=message):
            interaction_index(torch.zeros(8), i, j)

    def test_rows_are_counted_by_bits(self):
        assert all_coalitions(3).int().tolist() == [
            [0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 1], [0, 1, 1], [1, 1, 1]
        ]  # fmt: skip
        assert all_coalitions(1).tolist() == [[False], [True]]
        assert len(all_coalitions(12).unique(dim=0)) == 4096

    def test_whatever_the_default_device(self):
        values, coalitions = random_game(4), all_coalitions(4)
        orders, sizes = random_orders(4, 2), torch.arange(1, 4)
        weights = torch.ones(16)

        def value(coalitions):
            return coalitions.double().sum(1)

        def everything():
            return [
                all_coalitions(4),
                random_orders(4, 2),
                paired_coalitions(4, 2),
                shapley_kernel(sizes, 4),
                shapley_values(values),
                interaction_index(values, 0, 3),
                permutation_shapley(value, orders),
                kernel_shap(coalitions, values, weights, values[0], values[-1]),
                lime(coalitions, values),
            ]

        expected = everything()
        with torch.device("meta"):  # stands for a GPU: what is made without saying where cannot be used
            found = everything()
        assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


# Pictures -------------------------------------------------------------------------------------------------------------


PLAYERS = torch.tensor(  # of a picture of 2 × 3; the last place is nobody's, and the third player has none
    [[[1, 1, 0], [0, 0, 0]], [[0, 0, 1], [1, 0, 0]], [[0, 0, 0], [0, 0, 0]], [[0, 0, 0], [0, 1, 0]]]
).bool()
SIX = torch.arange(1.0, 7).reshape(1, 2, 3)


class TestCoalitionImages:
    def test_by_hand(self):
        coalitions = torch.tensor([[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 1, 1], [1, 1, 1, 1]]).bool()
        found = coalition_images(torch.cat([SIX, 10 * SIX]), torch.full((2, 2, 3), -1.0), PLAYERS, coalitions)
        assert found.shape == (4, 2, 2, 3)
        assert found[:, 0].flatten(1).tolist() == [
            [-1, -1, -1, -1, -1, 6], [1, 2, -1, -1, -1, 6], [-1, -1, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]
        ]  # fmt: skip
        assert found[2, 1].flatten().tolist() == [-1, -1, 30, 40, 50, 60]

    def test_place_by_place(self):
        generator = torch.Generator().manual_seed(0)
        owner = torch.randint(0, 5, (4, 7), generator=generator)  # 4 is nobody
        players = torch.stack([owner == i for i in range(4)])
        image, fill = torch.rand(2, 3, 4, 7, generator=generator)
        found = coalition_images(image, fill, players, all_coalitions(4))
        for coalition, picture in zip(all_coalitions(4).tolist(), found, strict=True):
            for r, c in itertools.product(range(4), range(7)):
                shown = owner[r, c] == 4 or coalition[owner[r, c]]
                assert torch.equal(picture[:, r, c], (image if shown else fill)[:, r, c])

    @pytest.mark.parametrize("fill", [0.5, torch.tensor([[[0.5]]]), torch.full((1, 2, 3), 0.5).double()])
    def test_fills(self, fill):
        found = coalition_images(SIX, fill, PLAYERS, all_coalitions(4)[:1])
        assert found.dtype == torch.float32 and found.flatten().tolist() == [0.5] * 5 + [6]

    @pytest.mark.parametrize("arguments, error, message", [
        ({"image": SIX[None]}, ValueError, r"image must be a float tensor \(C, H, W\), got"),
        ({"image": SIX.byte()}, ValueError, "image must be a float tensor"),
        ({"players": PLAYERS[None]}, ValueError, r"players must have the shape \(n, 2, 3\), got"),
        ({"players": PLAYERS.mT}, ValueError, r"players must have the shape \(n, 2, 3\), got"),
        ({"players": PLAYERS.float()}, TypeError, r"players must be a bool tensor \(n, H, W\), got a float32"),
        ({"players": PLAYERS[:0]}, ValueError, "players must be at least one"),
        ({"players": PLAYERS[[0, 1, 2, 0]]}, ValueError, "players must not overlap"),
        ({"coalitions": all_coalitions(3)}, ValueError, r"coalitions must be a bool tensor \(K, 4\)"),
        ({"coalitions": all_coalitions(4).float()}, ValueError, "coalitions must be a bool tensor"),
        ({"coalitions": all_coalitions(4)[0]}, ValueError, "coalitions must be a bool tensor"),
        ({"coalitions": all_coalitions(4)[:0]}, ValueError, "coalitions must be at least one"),
        ({"fill": torch.zeros(3, 2, 3)}, ValueError, "fill must be a number or have the shape"),
        ({"fill": math.nan}, ValueError, "fill must be finite"),
    ])  # fmt: skip
    def test_arguments(self, arguments, error, message):
        right = {"image": SIX, "fill": 0.0, "players": PLAYERS, "coalitions": all_coalitions(4)}
        with pytest.raises(error, match=message):
            coalition_images(**right | arguments)


@pytest.fixture
def deep():
    """A random network of three layers in float64, whose score has interactions of three and more. 8 × 8 pixels."""
    torch.manual_seed(5)
    layers = nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 8, 3), nn.ReLU()
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(32, 8), nn.Tanh(), nn.Linear(8, 5)).double().eval()
    with torch.no_grad():
        for layer in model[3], model[6]:
            layer.weight *= 4
    return model


@pytest.fixture
def pieces():
    """(4, 8, 8): the owner of each place, one of five, for each of four images."""
    return torch.randint(0, 5, (4, 8, 8), generator=torch.Generator().manual_seed(6))


def masks_of(owners, n=5):
    return torch.stack([owners == i for i in range(n)], -3)


class TestCoalitionScores:
    @pytest.mark.parametrize("kind", ["number", "colour", "image", "each"])
    @torch.no_grad()
    def test_picture_by_picture(self, kind, deep, pieces, small_images):
        shape = {"number": (), "colour": (3, 1, 1), "image": (3, 8, 8), "each": (4, 3, 8, 8)}[kind]
        fill = torch.rand(shape, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
        images, target = small_images.double(), torch.tensor([4, 0, 2, 1])
        players = masks_of(pieces)[:, :4]  # the fifth piece is nobody's
        given = fill.item() if kind == "number" else fill
        found = coalition_scores(deep, images, target, players=players, fill=given)
        assert found.shape == (4, 16) and found.dtype == torch.float64
        for i, image in enumerate(images):
            other = (fill[i] if kind == "each" else fill).expand(3, 8, 8)
            for k in range(16):
                picture = image.clone()
                for player in range(4):
                    if not k >> player & 1:
                        picture[:, players[i, player]] = other[:, players[i, player]]
                assert found[i, k].item() == pytest.approx(deep(picture[None])[0, target[i]].item(), abs=1e-10)

    def test_captum_shapley_values(self, deep, pieces, small_images):
        images = small_images.double()[:2]
        theirs = attr.ShapleyValues(deep).attribute(
            images, baselines=0.2, target=3, feature_mask=pieces[0].repeat(1, 3, 1, 1), perturbations_per_eval=8
        )
        values = coalition_scores(deep, images, 3, players=masks_of(pieces[0]), fill=0.2)
        for table, image in zip(values, theirs, strict=True):
            close(shapley_values(table), torch.stack([image[0][pieces[0] == i].mean() for i in range(5)]), 1e-6)
            assert (regression(table, WRONG["equal"]) - shapley_values(table)).abs().max() > 1e-3  # three interact
        assert theirs.std() > 0.05

    def test_captum_sampling_in_the_same_orders(self, deep, pieces, small_images):
        images, orders = small_images.double()[:1], random_orders(5, 6, seed=2)
        captum = attr.ShapleyValueSampling(deep)
        captum.permutation_generator = lambda n_players, n_orders: iter(orders.tolist())
        theirs = captum.attribute(
            images, baselines=0.2, target=3, feature_mask=pieces[0].repeat(1, 3, 1, 1), n_samples=len(orders)
        )
        values = coalition_scores(deep, images, 3, players=masks_of(pieces[0]), fill=0.2)[0]
        found = permutation_shapley(by_table(values), orders)
        close(found, torch.stack([theirs[0, 0][pieces[0] == i].mean() for i in range(5)]), 1e-6)
        assert (found - shapley_values(values)).abs().max() > 1e-3

    def test_coalitions_of_ones_own(self, deep, pieces, small_images):
        images, players = small_images.double(), masks_of(pieces)
        every = coalition_scores(deep, images, 1, players=players)
        rows = torch.tensor([31, 0, 7, 7])
        close(coalition_scores(deep, images, 1, players=players, coalitions=all_coalitions(5)[rows]), every[:, rows])
        close(every[:, 31], deep(images)[:, 1].detach())

    def test_the_same_players_for_all_images(self, deep, pieces, small_images):
        images, players = small_images.double(), masks_of(pieces[0])
        close(
            coalition_scores(deep, images, 1, players=players),
            coalition_scores(deep, images, 1, players=players.expand(4, 5, 8, 8)),
        )

    def test_a_player_without_a_place_gets_exactly_nothing(self, deep, pieces, small_images):
        players = masks_of(pieces[0])
        players[3] = False
        values = coalition_scores(deep, small_images.double(), 1, players=players)[0]
        assert shapley_values(values)[3] == 0 and shapley_values(values).abs().max() > 0.01
        assert interaction_index(values, 3, 0) == 0
        assert regression(values)[3].abs() < 1e-10

    def test_one_player_and_an_image_of_one_pixel(self):
        images = torch.full((2, 3, 1, 1), 4.0)
        values = coalition_scores(TOTAL, images, 0, players=torch.ones(1, 1, 1, dtype=torch.bool), fill=1.0)
        assert values.tolist() == [[3, 12], [3, 12]] and shapley_values(values[0]).tolist() == [9]

    def test_none_is_the_class_predicted_for_the_whole_image(self, deep, pieces, small_images):
        images = small_images.double() * torch.tensor([1, -2, 3, 8])[:, None, None, None]
        predicted = deep(images).argmax(1)
        assert len(predicted.unique()) > 1
        players = masks_of(pieces)
        assert torch.equal(
            coalition_scores(deep, images, players=players), coalition_scores(deep, images, predicted, players=players)
        )

    @pytest.mark.parametrize("batch_size", [1, 7, 1000])
    def test_the_batch_and_the_other_images_do_not_matter(self, batch_size, deep, pieces, small_images):
        images, players = small_images.double(), masks_of(pieces)
        whole = coalition_scores(deep, images, 1, players=players, fill=images.flip(0))
        sizes = counted(deep)
        again = coalition_scores(deep, images, 1, players=players, fill=images.flip(0), batch_size=batch_size)
        close(again, whole)
        assert max(sizes) <= batch_size and sum(sizes) == 4 * 32
        alone = coalition_scores(deep, images[2:3], 1, players=players[2], fill=images[1])
        close(alone, whole[2:3])

    def test_memory_does_not_grow_with_the_coalitions(self):
        images, bytes_ = torch.rand(1, 3, 64, 64), []
        players = masks_of(torch.arange(64 * 64).reshape(64, 64) % 10, 10)
        for k in 32, 512:
            coalitions = all_coalitions(10)[:k].clone()
            with Peak() as peak:
                coalition_scores(TOTAL, images, 0, players=players, coalitions=coalitions)
            bytes_.append(peak.bytes)
        assert bytes_[1] < 1.05 * bytes_[0]

    def test_a_hundred_players_take_no_more_memory_than_the_pictures(self):
        images, players = torch.rand(1, 3, 64, 64), masks_of(torch.arange(64 * 64).reshape(64, 64) % 100, 100)
        coalitions = torch.rand(16, 100, generator=torch.Generator().manual_seed(0)) < 0.5
        with Peak() as peak:
            coalition_scores(TOTAL, images, 0, players=players, coalitions=coalitions)
        pictures = 16 * images.nbytes
        assert peak.bytes < 4 * pictures + 2 * players.nbytes  # and not 16 × 100 masks

    @pytest.mark.parametrize("dtype, tolerance", [(torch.bfloat16, 0.1), (torch.float16, 0.02)])
    def test_half_precision(self, dtype, tolerance, deep, pieces, small_images):
        expected = coalition_scores(deep, small_images.to(dtype).double(), 1, players=masks_of(pieces))
        found = coalition_scores(deep.to(dtype), small_images.to(dtype), 1, players=masks_of(pieces))
        assert found.dtype == torch.float64
        assert (found - expected).norm() < tolerance * expected.norm()

    @pytest.mark.parametrize("arguments, error, message", [
        ({"players": torch.zeros(2, 8, 8)}, TypeError, "players must be a bool tensor"),
        ({"players": None}, TypeError, "players must be a bool tensor"),
        ({"players": torch.zeros(8, 8).bool()}, ValueError, r"players must .* \(n, 8, 8\) or \(4, n, 8, 8\), got"),
        ({"players": torch.zeros(2, 7, 8).bool()}, ValueError, "players must have the shape"),
        ({"players": torch.zeros(3, 2, 8, 8).bool()}, ValueError, "players must have the shape"),
        ({"players": torch.zeros(0, 8, 8).bool()}, ValueError, "players must be at least one"),
        ({"players": torch.ones(2, 8, 8).bool()}, ValueError, "players must not overlap"),
        ({"players": torch.zeros(21, 8, 8).bool()}, ValueError, "n must be at most 20 players"),
        ({"coalitions": [[True, False]]}, ValueError, r"coalitions must be a bool tensor \(K, 2\)"),
        ({"coalitions": all_coalitions(3)}, ValueError, r"coalitions must be a bool tensor \(K, 2\)"),
        ({"coalitions": all_coalitions(2)[:0]}, ValueError, "coalitions must be at least one"),
        ({"fill": lambda images, hidden: images}, TypeError, "fill must be a number or a float tensor here"),
        ({"fill": torch.zeros(3, 4, 4)}, ValueError, "fill must be a number or have the shape"),
        ({"target": 5}, ValueError, "target must be from 0 to 4"),
        ({"target": 1.0}, TypeError, "target must be an int"),
        ({"batch_size": 0}, ValueError, "batch_size must be 1 or more"),
    ])  # fmt: skip
    def test_arguments(self, arguments, error, message, small_network, small_images):
        players = torch.zeros(2, 8, 8, dtype=torch.bool)
        players[0, :4], players[1, 4:] = True, True
        with pytest.raises(error, match=message):
            coalition_scores(small_network(), small_images, **{"players": players} | arguments)

    @pytest.mark.parametrize("model, message", [(NAN_WHERE_EMPTY, "NaN"), (LOG, "must return finite scores")])
    def test_scores_that_are_no_numbers(self, model, message):
        with pytest.raises(ValueError, match=f"model .*{message}"):
            coalition_scores(model, torch.ones(1, 1, 2, 2), 0, players=torch.ones(1, 2, 2, dtype=torch.bool))

    def test_a_score_that_reads_the_game(self):
        # S = x₀ (x₁ + x₂ − x₁ x₂) of three pixels, "a and (b or c)", on black.
        model = Of(lambda x: x[:, 0, 0, 0] * (x[:, 0, 0, 1] + x[:, 0, 0, 2] - x[:, 0, 0, 1] * x[:, 0, 0, 2]))
        players = torch.eye(3).bool()[:, None]
        values = coalition_scores(model, torch.ones(1, 1, 1, 3), 0, players=players)[0]
        close(shapley_values(values), doubles(2 / 3, 1 / 6, 1 / 6))


# The fingers ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fingers():
    """The tables of two scissors: five fingers, the palm and the background, on the green of the corner."""
    hands = load_hands("test")
    first = (hands.labels == 2).nonzero()[:2, 0]
    images, parts = hands.images[first], hands.fingers[first]
    hand = hands.hand[first]
    players = torch.cat([parts, hand & ~parts.any(1, keepdim=True), ~hand], 1)
    green = images[:, :, :8, :8].mean((2, 3))[:, :, None, None].expand_as(images)
    return coalition_scores(load_network("hands"), images, 2, players=players, fill=green)


def rms(estimates, exact):
    return ((torch.stack(estimates) - exact) ** 2).mean().sqrt().item()


def estimates(values, n_runs, repeats):
    """Of one table, kernel_shap of pairs (those that can decide) and orders with their reverses, at n_runs each."""
    kernel, orders = [], []
    for seed in range(repeats):
        coalitions = paired_coalitions(7, n_runs, seed=seed)
        try:
            drawn = by_table(values)(coalitions)
            kernel.append(kernel_shap(coalitions, drawn, torch.ones(n_runs), values[0], values[-1]))
        except ValueError:  # now and then; the test of twelve runs has them all
            assert n_runs < 48
        orders.append(permutation_shapley(by_table(values), random_orders(7, n_runs // 6, seed=seed)))
    return kernel, orders


class TestTheFingers:
    def test_fair_shares_of_the_first_scissors(self, fingers):
        thumb, index, middle, ring, little, palm, background = shapley_values(fingers[0]).tolist()
        assert thumb == 0  # it is hidden
        assert middle > index > 10 and max(map(abs, (ring, little, background))) < 2 and palm < -3
        assert interaction_index(fingers[0], 1, 2) < -15
        assert one_out(fingers[0])[[1, 2]].max() < 7  # covering one at a time explains half of it

    @pytest.mark.parametrize(
        "n_runs, kernel, orders",
        [(12, 2.03, 1.00), (24, 0.80, 0.70), (48, 0.51, 0.54), (96, 0.33, 0.36), (192, 0.21, 0.30), (384, 0.13, 0.19)],
    )
    def test_the_errors_that_the_lesson_names(self, fingers, n_runs, kernel, orders):
        repeats = 60 if n_runs < 100 else 15
        of_each = [estimates(values, n_runs, repeats) for values in fingers]
        exact = [shapley_values(values) for values in fingers]
        for which, expected in enumerate((kernel, orders)):
            found = np.sqrt(np.mean([rms(e[which], x) ** 2 for e, x in zip(of_each, exact, strict=True)]))
            assert found == pytest.approx(expected, rel=0.3)
