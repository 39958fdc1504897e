"""Lesson 09: right answers written otherwise, and wrong ones that are no listed misconception, with words that help."""

import itertools
import math
from functools import cache

import numpy as np
import torch
from torch import nn

# right answers in many forms ------------------------------------------------------------------------------------------


def pictures_by_loop(image, fill, players, coalitions):
    pictures = []
    for row in coalitions:
        picture = image.clone()
        for player, shown in zip(players, row, strict=True):
            if not shown:
                picture[:, player] = fill[:, player]
        pictures.append(picture)
    return torch.stack(pictures)


def pictures_by_arithmetic(image, fill, players, coalitions):
    hidden = torch.einsum("kn,nhw->khw", (~coalitions).float(), players.float())[:, None]
    return image * (1 - hidden) + fill * hidden


def pictures_from_the_fill(image, fill, players, coalitions):
    shown = [players[row].any(0) | ~players.any(0) for row in coalitions]
    return torch.stack([fill + (image - fill) * mask for mask in shown])


def pictures_player_by_player(image, fill, players, coalitions):
    pictures = image.repeat(len(coalitions), 1, 1, 1).double()
    for i, player in enumerate(players):
        out = ~coalitions[:, i]
        pictures[out] = torch.where(player, fill.double(), pictures[out])
    return pictures


def bits(k):
    return bin(k).count("1")


def shares_by_combinations(values):
    n = int(math.log2(len(values)))
    shares = torch.zeros(n)
    for i in range(n):
        for size in range(n):
            for others in itertools.combinations([j for j in range(n) if j != i], size):
                k = sum(2**j for j in others)
                weight = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
                shares[i] += weight * (values[k + 2**i] - values[k])
    return shares


def shares_by_masks(values):
    n = len(values).bit_length() - 1
    shares = [0.0] * n
    for k in range(len(values)):
        for i in range(n):
            if not k >> i & 1:
                shares[i] += (values[k | 1 << i] - values[k]).item() / (n * math.comb(n - 1, bits(k)))
    return torch.tensor(shares)


def shares_by_all_orders(values):
    n = len(values).bit_length() - 1
    shares = torch.zeros(n, dtype=values.dtype)
    for order in itertools.permutations(range(n)):
        k = 0
        for i in order:
            shares[i] += values[k | 1 << i] - values[k]
            k |= 1 << i
    return shares / math.factorial(n)


def shares_by_recursion(values):
    """φ_i of a game is the mean over whom comes last: i itself, or another, and then it is φ_i without that one."""
    n = len(values).bit_length() - 1

    @cache
    def share(i, everybody):
        rise = (values[everybody] - values[everybody ^ 1 << i]).item()
        others = [j for j in range(n) if everybody >> j & 1 and j != i]
        return (rise + sum(share(i, everybody ^ 1 << j) for j in others)) / bits(everybody)

    return torch.tensor([share(i, len(values) - 1) for i in range(n)], dtype=torch.float64)


def shares_by_signed_weights(values):
    """Each value counts for those who are in, and against those who are out."""
    n = len(values).bit_length() - 1
    shown = (torch.arange(len(values))[:, None] >> torch.arange(n)) & 1
    size, count = shown.sum(1, keepdim=True), torch.tensor([math.factorial(k) for k in range(n + 1)]).double()
    inside = count[(size - 1).clamp(min=0)] * count[n - size] / count[n]
    outside = count[size] * count[(n - size - 1).clamp(min=0)] / count[n]
    return (torch.where(shown == 1, inside, -outside) * values[:, None]).sum(0)


def shares_by_axes(values):
    """The table as a cube of n axes: player i is the axis n − 1 − i."""
    n = len(values).bit_length() - 1
    cube, shares = values.reshape([2] * n), []
    size = torch.tensor([bits(k) for k in range(len(values))]).reshape([2] * n)
    for i in range(n):
        rises, sizes = cube.diff(dim=n - 1 - i).flatten(), size.select(n - 1 - i, 0).flatten()
        shares.append(sum(rises[sizes == s].mean() for s in range(n)) / n)
    return torch.stack(shares)


def interaction_by_combinations(values, i, j):
    n, total = len(values).bit_length() - 1, 0.0
    for size in range(n - 1):
        for others in itertools.combinations([k for k in range(n) if k not in (i, j)], size):
            neither, one, other, both = (
                values[sum(1 << k for k in (*others, *more))].item() for more in ((), (i,), (j,), (i, j))
            )
            total += (both - one - other + neither) / math.comb(n - 2, size)
    return total / (n - 1)


def interaction_by_two_games(values, i, j):
    """The share of i where j is always in, less its share where j is never in."""
    j_is_in = torch.arange(len(values)) >> j & 1 == 1
    return torch.sub(*(shares_by_masks(values[rows])[i - (i > j)] for rows in (j_is_in, ~j_is_in)))


def interaction_in_arrays(values, i, j):
    n = len(values).bit_length() - 1
    k = torch.tensor([k for k in range(len(values)) if not (k >> i | k >> j) & 1])
    weights = torch.tensor([1 / math.comb(n - 2, bits(int(each))) / (n - 1) for each in k]).double()
    return weights[None] @ (values[k + 2**i + 2**j] - values[k + 2**i] - values[k + 2**j] + values[k]).double()


def orders_step_by_step(value, orders):
    n = orders.shape[1]
    shares = torch.zeros(n)
    for order in orders:
        arrived = torch.zeros(1, n, dtype=torch.bool)
        before = value(arrived)[0]
        for player in order:
            arrived[0, player] = True
            with_it = value(arrived)[0]
            shares[player] += with_it - before
            before = with_it
    return shares / len(orders)


def orders_in_one_call(value, orders):
    m, n = orders.shape
    rank = orders.argsort(1)
    rows = rank[:, None] < torch.arange(n + 1)[:, None]
    return value(rows.reshape(-1, n)).reshape(m, n + 1).diff(dim=1).gather(1, rank).mean(0)


def orders_as_lists(value, orders):
    n = len(orders[0])
    total = [0.0] * n
    for order in orders.tolist():
        walk = value(torch.tensor([[player in order[:k] for player in range(n)] for k in range(n + 1)])).tolist()
        for k, player in enumerate(order):
            total[player] += (walk[k + 1] - walk[k]) / len(orders)
    return torch.tensor(total)


def orders_with_a_memory(value, orders):
    n, known, shares = orders.shape[1], {}, np.zeros(orders.shape[1])

    def worth(k):
        if k not in known:
            known[k] = value(torch.tensor([[k >> i & 1 for i in range(n)]]).bool()).item()
        return known[k]

    for order in orders.numpy():
        steps = [0, *np.cumsum(2**order)]
        for player, before, after in zip(order, steps, steps[1:], strict=False):
            shares[player] += worth(int(after)) - worth(int(before))
    return torch.from_numpy(shares / len(orders))


def kernel_by_loop(sizes, n):
    return torch.tensor([(n - 1) / (math.comb(n, s) * s * (n - s)) for s in sizes.tolist()])


def kernel_by_factorials(sizes, n):
    weights = torch.zeros(len(sizes))
    for k, s in enumerate(sizes):
        weights[k] = (n - 1) * math.factorial(s - 1) * math.factorial(n - s - 1) / math.factorial(n)
    return weights


def kernel_by_gammas(sizes, n):
    s, everybody = sizes.double(), torch.tensor(n + 1.0).double()
    of = everybody.lgamma() - (s + 1).lgamma() - (n - s + 1).lgamma()
    return (n - 1) * torch.exp(-of) / (s * (n - s))


def kernel_from_a_table(sizes, n):
    return kernel_by_loop(torch.arange(1, n), n)[sizes - 1]


def shap_by_lagrange(coalitions, values, weights, empty, full):
    z = coalitions.to(values.dtype)
    n = z.shape[1]
    left = torch.ones(n + 1, n + 1, dtype=z.dtype)
    left[:n, :n], left[n, n] = 2 * z.T @ torch.diag(weights).to(z.dtype) @ z, 0
    right = torch.cat([2 * z.T @ (weights * (values - empty)), torch.tensor([full - empty], dtype=z.dtype)])
    return torch.linalg.solve(left, right)[:n]


def shap_in_closed_form(coalitions, values, weights, empty, full):
    """Covert & Lee 2021, eq. 7."""
    z, w = coalitions.double(), weights.double()
    inverse, b = torch.linalg.inv(z.T * w @ z), z.T @ (w * (values.double() - empty))
    ones = torch.ones(len(b)).double()
    return inverse @ (b - ones * (ones @ inverse @ b - full + empty) / (ones @ inverse @ ones))


def shap_without_the_first(coalitions, values, weights, empty, full):
    z, total, root = coalitions.double(), full - empty, weights.double().sqrt()
    design, left = z[:, 1:] - z[:, :1], values.double() - empty - total * z[:, 0]
    others = torch.linalg.lstsq(design * root[:, None], left * root).solution
    return torch.cat([total - others.sum(0, keepdim=True), others])


def shap_in_float32(coalitions, values, weights, empty, full):
    z, total, w = coalitions.float(), full - empty, weights.float()
    design, left = z[:, :-1] - z[:, -1:], values.float() - empty - total * z[:, -1]
    others = torch.linalg.solve(design.T @ (w[:, None] * design), design.T @ (w * left))
    return torch.tensor([*others.tolist(), total - others.sum().item()])


def shap_in_a_basis(coalitions, values, weights, empty, full):
    """Equal shares, and what is orthogonal to ones on top."""
    n = coalitions.shape[1]
    basis = np.linalg.svd(np.ones((1, n)))[2][1:].T
    root, equal = np.sqrt(weights.numpy()), np.full(n, (full - empty) / n)
    z, y = coalitions.numpy().astype(float), values.numpy() - empty
    found = np.linalg.lstsq(z @ basis * root[:, None], (y - z @ equal) * root, rcond=None)[0]
    return torch.from_numpy(equal + basis @ found)


def shap_by_ends(weight):
    """The two ends as coalitions of a very large weight."""

    def kernel_shap(coalitions, values, weights, empty, full):
        n = coalitions.shape[1]
        z = torch.cat([coalitions.double(), torch.zeros(1, n), torch.ones(1, n)])
        y = torch.cat([values.double() - empty, torch.tensor([0.0, full - empty]).double()])
        w = torch.cat([weights.double(), torch.tensor([weight, weight]).double()])
        return torch.linalg.solve(z.T * w @ z, z.T @ (w * y))

    kernel_shap.__name__ = f"shap_by_ends_of_{weight:.0e}"
    return kernel_shap


def nearness(coalitions, width):
    return torch.exp(-((1 - (coalitions.sum(1) / coalitions.shape[1]).sqrt()) ** 2) / (2 * width**2))


def slopes_by_equations(dtype):
    def lime(coalitions, values, width, alpha):
        z, y, w = coalitions.to(dtype), values.to(dtype), nearness(coalitions, width).to(dtype)
        z = torch.cat([torch.ones(len(z), 1, dtype=dtype), z], 1)
        penalty = alpha * torch.eye(z.shape[1], dtype=dtype)
        penalty[0, 0] = 0
        return torch.linalg.solve(z.T @ torch.diag(w) @ z + penalty, z.T @ (w * y))[1:]

    lime.__name__ = f"slopes_by_equations_in_{dtype}".replace("torch.", "")
    return lime


def slopes_by_means(coalitions, values, width, alpha):
    z, y, w = coalitions.to(values.dtype), values, nearness(coalitions, width).to(values.dtype)
    z, y = z - (w[:, None] * z).sum(0) / w.sum(), y - (w * y).sum() / w.sum()
    return torch.linalg.inv(z.T * w @ z + alpha * torch.eye(z.shape[1], dtype=z.dtype)) @ z.T @ (w * y)


def slopes_by_more_rows(coalitions, values, width, alpha):
    """√w before the rows, and √α for each slope below them."""
    n, root = coalitions.shape[1], nearness(coalitions, width).double().sqrt()
    rows = torch.cat([coalitions.double(), torch.ones(len(root), 1)], 1) * root[:, None]
    below = math.sqrt(alpha) * torch.eye(n + 1, dtype=torch.float64)[:n]
    right = torch.cat([values.double() * root, torch.zeros(n, dtype=torch.float64)])
    return torch.linalg.lstsq(torch.cat([rows, below]), right[:, None]).solution[:n, 0]


def slopes_as_the_package(coalitions, values, width, alpha):
    """As the lime package has it: cosine distance, the root of exp(−d² / width²)."""
    z = coalitions.numpy().astype(float)
    norms = np.linalg.norm(z, axis=1) * math.sqrt(z.shape[1])
    distance = 1 - np.divide(z.sum(1), norms, out=np.zeros(len(z)), where=norms > 0)
    w = np.sqrt(np.exp(-(distance**2) / width**2))
    rows = np.column_stack([z, np.ones(len(z))])
    penalty = np.diag([alpha] * z.shape[1] + [0])
    return torch.tensor(np.linalg.solve((rows.T * w) @ rows + penalty, (rows.T * w) @ values.numpy())[:-1])


EQUALLY_VALID = {
    "coalition_images": (
        pictures_by_loop,
        pictures_by_arithmetic,
        pictures_from_the_fill,
        pictures_player_by_player,
    ),
    "shapley_values": (
        shares_by_combinations,
        shares_by_masks,
        shares_by_all_orders,
        shares_by_recursion,
        shares_by_signed_weights,
        shares_by_axes,
    ),
    "interaction_index": (interaction_by_combinations, interaction_by_two_games, interaction_in_arrays),
    "permutation_shapley": (orders_step_by_step, orders_in_one_call, orders_as_lists, orders_with_a_memory),
    "shapley_kernel": (kernel_by_loop, kernel_by_factorials, kernel_by_gammas, kernel_from_a_table),
    "kernel_shap": (
        shap_by_lagrange,
        shap_in_closed_form,
        shap_without_the_first,
        shap_in_float32,
        shap_in_a_basis,
        shap_by_ends(1e6),
        shap_by_ends(1e9),
    ),
    "lime": (
        slopes_by_equations(torch.float64),
        slopes_by_equations(torch.float32),
        slopes_by_means,
        slopes_by_more_rows,
        slopes_as_the_package,
    ),
}


# slips ----------------------------------------------------------------------------------------------------------------


def covering(cover):
    """An answer to coalition_images: cover(picture, fill, mask) for each who is out."""

    def coalition_images(image, fill, players, coalitions):
        pictures = []
        for row in coalitions.tolist():
            picture = image.clone()
            for i, shown in enumerate(row):
                picture = picture if shown else cover(picture, fill, players[i])
            pictures.append(picture)
        return torch.stack(pictures)

    return coalition_images


def hiding(hide):
    """An answer to coalition_images: hide(players, coalitions) → where the fill is."""
    return lambda image, fill, players, coalitions: torch.where(hide(players, coalitions), fill, image)


def put(picture, where, what):
    picture[where] = what
    return picture


def mean_of_the_fill_there(picture, fill, player):
    return put(picture, (slice(None), player), fill[:, player].mean(1, keepdim=True)) if player.any() else picture


def with_soft_edges(image, fill, players, coalitions):
    hidden = (~coalitions[:, :, None, None] & players).any(1, keepdim=True).float()
    hidden = nn.functional.avg_pool2d(hidden, 3, 1, 1)
    return image * (1 - hidden) + fill * hidden


def sharing(weight, rise=lambda before, after: after - before, n_of=lambda values: len(values).bit_length() - 1):
    """An answer to shapley_values: Σ weight(size, n) · rise(v(S), v(S ∪ i))."""

    def shapley_values(values):
        n = n_of(values)
        shares = torch.zeros(n).double()
        for i in range(n):
            for k in range(2**n):
                if not k >> i & 1:
                    shares[i] += weight(bits(k), n) * rise(values[k], values[k | 1 << i])
        return shares

    return shapley_values


def fair_weight(size, n):
    return 1 / (n * math.comb(n - 1, size))


def with_i_for_its_bit(values):
    n = len(values).bit_length() - 1
    return torch.stack(
        [
            sum(
                math.factorial(bits(k)) * math.factorial(n - bits(k) - 1) * (values[k | i] - values[k])
                for k in range(len(values))
                if not k & i
            )
            for i in range(n)
        ]
    )


def with_tuples_for_entries(values):
    n, shares = len(values).bit_length() - 1, torch.zeros(len(values).bit_length() - 1)
    for i in range(n):
        for size in range(n):
            for others in itertools.combinations([j for j in range(n) if j != i], size):
                shares[i] += values[(*others, i)] - values[others]
    return shares


def over_those_with_i(values):
    n, shares = len(values).bit_length() - 1, torch.zeros(len(values).bit_length() - 1)
    for i in range(n):
        for size in range(n):
            for some in itertools.combinations(range(n), size):
                k = sum(2**j for j in some)
                shares[i] += fair_weight(size, n) * (values[k + 2**i] - values[k])
    return shares


def middle_rise(values):
    n = len(values).bit_length() - 1
    rises = [[values[k | 1 << i] - values[k] for k in range(len(values)) if not k >> i & 1] for i in range(n)]
    return torch.stack([torch.stack(each).median() for each in rises])


def interacting(of, weight=lambda size, n: 1 / ((n - 1) * math.comb(n - 2, size)), total=sum):
    """An answer to interaction_index: Σ weight(size, n) · of(v(S), v(S ∪ i), v(S ∪ j), v(S ∪ ij))."""

    def interaction_index(values, i, j):
        n = len(values).bit_length() - 1
        free = [k for k in range(len(values)) if not (k >> i | k >> j) & 1]
        return total(
            weight(bits(k), n) * of(*(values[k + more] for more in (0, 2**i, 2**j, 2**i + 2**j))) for k in free
        )

    return interaction_index


def more_together(none, one, other, both):
    return both - one - other + none


def for_i_before_j(values, i, j):
    return interacting(more_together)(values, i, j) if i < j else torch.tensor(0.0)


def for_one_of_the_two(values, i, j):
    n = len(values).bit_length() - 1
    total = 0
    for k in range(len(values)):
        if not (k >> i & 1 and k >> j & 1):
            weight = math.factorial(bits(k)) * math.factorial(n - bits(k) - 2)
            total += weight * more_together(*(values[k | more] for more in (0, 1 << i, 1 << j, 1 << i | 1 << j)))
    return total / math.factorial(n - 1)


def added_for_one_of_the_two(values, i, j):
    rows = torch.tensor(list(itertools.product((False, True), repeat=len(values).bit_length() - 1))).flip(1)
    rows_without = (~(rows[:, i] & rows[:, j])).nonzero()[:, 0]
    return more_together(*(values[rows_without + more] for more in (0, 2**i, 2**j, 2**i + 2**j))).mean()


def arriving(coalition, ask=lambda value, arrived: value(arrived)[0], gain=lambda after, before, n: after - before):
    """An answer to permutation_shapley: coalition(n) is nobody, ask(value, those there), gain(…) of each."""

    def permutation_shapley(value, orders):
        n = orders.shape[1]
        shares = torch.zeros(n)
        for order in orders:
            arrived = coalition(n)
            before = ask(value, arrived)
            for player in order:
                arrived[..., player] = True
                after = ask(value, arrived)
                shares[player] += gain(after, before, n)
                before = after
        return shares / len(orders)

    return permutation_shapley


def nobody_yet(n):
    return torch.zeros(1, n, dtype=torch.bool)


def through_the_columns(value, orders):
    n, shares = orders.shape[0], torch.zeros(orders.shape[0])
    for order in orders.T:
        shares += value(nobody_yet(n))[0] + order
    return shares


def middle_of_the_orders(value, orders):
    each = [orders_as_lists(value, order[None]) for order in orders]
    return torch.stack(each).median(0).values


def weighing(weight):
    return lambda sizes, n: torch.tensor([weight(s, n) for s in sizes.tolist()])


def fitting(design=None, target=None, scale=None, of=lambda shares: shares, ridge=0.0):
    """An answer to kernel_shap: the last player put in, with one thing done otherwise."""

    def kernel_shap(coalitions, values, weights, empty, full):
        z, y, w, total = coalitions.double(), values.double() - empty, weights.double(), full - empty
        x = (z[:, :-1] - z[:, -1:]) if design is None else design(z)
        y = y - total * z[:, -1] if target is None else target(z, y, total)
        w = w if scale is None else scale(z, w)
        others = torch.linalg.solve(x.T * w @ x + ridge * torch.eye(x.shape[1]), x.T @ (w * y))
        return of(torch.cat([others, total - others.sum(0, keepdim=True)]))

    return kernel_shap


def shap_in_two_types(coalitions, values, weights, empty, full):
    z = coalitions.float()
    return torch.linalg.solve(z.T @ (weights[:, None] * z), z.T @ (weights * values))


def shap_of_bools(coalitions, values, weights, empty, full):
    return torch.linalg.lstsq(coalitions[:, :-1] - coalitions[:, -1:], values - empty).solution


def shap_of_softmax(coalitions, values, weights, empty, full):
    shares = torch.linalg.lstsq(coalitions.double(), values.double() - empty).solution
    return shares.softmax(0) * (full - empty)


def shap_all_at_once(coalitions, values, weights, empty, full):
    root = weights.sqrt()
    return torch.linalg.lstsq(coalitions.to(values.dtype) * root[:, None], (values - empty) * root)


def shap_by_solve(coalitions, values, weights, empty, full):
    z = torch.cat([coalitions.double(), torch.ones(1, coalitions.shape[1])])
    return torch.linalg.solve(z, torch.cat([values.double() - empty, torch.tensor([full - empty])]))


def near(weight, slopes=None):
    """An answer to lime with another weight(share shown, width), or with other slopes(z, y, w, α)."""

    def lime(coalitions, values, width, alpha):
        z, w = coalitions.double(), weight(coalitions.double().mean(1), width)
        if slopes is not None:
            return slopes(z, values.double(), w, alpha)
        y, z = values.double() - (w @ values.double()) / w.sum(), z - (w @ z) / w.sum()
        return torch.linalg.solve(z.T * w @ z + alpha * torch.eye(z.shape[1]), z.T @ (w * y))

    return lime


def bell(share, width):
    return torch.exp(-((1 - share.sqrt()) ** 2) / (2 * width**2))


def soft_threshold(z, y, w, alpha):
    z, y = z - (w @ z) / w.sum(), y - (w @ y) / w.sum()
    slopes = torch.linalg.lstsq(z * w.sqrt()[:, None], (y * w.sqrt())[:, None]).solution[:, 0]
    return slopes.sign() * (slopes.abs() - alpha).clamp(min=0)


def of_standard_columns(z, y, w, alpha):
    z = (z - z.mean(0)) / z.std(0)
    y = y - (w @ y) / w.sum()
    return torch.linalg.solve(z.T * w @ z + alpha * torch.eye(z.shape[1]), z.T @ (w * y))


def all_shrunk(z, y, w, alpha):
    z = torch.cat([z, torch.ones(len(z), 1)], 1)
    return torch.linalg.solve(z.T * w @ z + alpha * torch.eye(z.shape[1]), z.T @ (w * y))


def ones_in_a_row(z, y, w, alpha):
    return torch.cat([z, torch.ones(len(z))], 1)


def rows_below_alone(z, y, w, alpha):
    root = w.sqrt()
    return torch.linalg.lstsq(torch.cat([z * root[:, None], alpha**0.5 * torch.eye(z.shape[1])]), y * root).solution


def in_two_types(z, y, w, alpha):
    return torch.linalg.solve(z.float().T @ (w[:, None] * z), z.T @ (w * y))


ALL_BUT_OUT = "`fill` on the pixels of the players that are out"
SLIPS = [
    (
        "coalition_images",
        covering(lambda picture, fill, player: put(picture, player, fill[player])),
        "behind the channels",
    ),
    ("coalition_images", covering(lambda picture, fill, player: put(picture, (slice(None), player), fill)), "as many"),
    ("coalition_images", hiding(lambda players, coalitions: ~coalitions @ players), "Make numbers of them first"),
    ("coalition_images", hiding(lambda players, coalitions: (1 - coalitions) @ players), "`~` turns them round"),
    ("coalition_images", hiding(lambda players, coalitions: ~coalitions & players), "(K, n, 1, 1)"),
    (
        "coalition_images",
        hiding(lambda players, coalitions: (~coalitions[:, :, None, None] & players).sum(1, keepdim=True)),
        "`.any(…)` in place of the sum",
    ),
    (
        "coalition_images",
        hiding(lambda players, coalitions: (~coalitions[:, :, None, None] & players).max(1)[:, None]),
        "gives a pair",
    ),
    ("coalition_images", covering(mean_of_the_fill_there), ALL_BUT_OUT),
    ("coalition_images", lambda image, fill, *rest: pictures_by_loop(image, fill.flip(-1), *rest), ALL_BUT_OUT),
    ("coalition_images", lambda *given: list(pictures_by_loop(*given)), "`torch.stack(…)` makes one tensor"),
    ("coalition_images", with_soft_edges, ALL_BUT_OUT),
    ("shapley_values", with_i_for_its_bit, "in which the player is already"),
    ("shapley_values", sharing(fair_weight, n_of=len), "`len(values).bit_length() - 1`"),
    ("shapley_values", sharing(fair_weight, n_of=lambda values: math.log2(len(values))), "math.log2"),
    ("shapley_values", sharing(fair_weight, n_of=lambda values: 3), "The table has 2ⁿ entries"),
    ("shapley_values", with_tuples_for_entries, "the sum of `2**i`"),
    ("shapley_values", over_those_with_i, "in which i is not yet"),
    ("shapley_values", sharing(lambda size, n: (n - 1) / (math.comb(n, size) * size * (n - size))), "comes later"),
    ("shapley_values", middle_rise, "the sum over all coalitions S without i"),
    ("shapley_values", sharing(lambda size, n: 0.5 ** (size + 2)), "the sum over all coalitions S without i"),
    (
        "shapley_values",
        sharing(fair_weight, lambda before, after: (after - before) ** 2),
        "the sum over all coalitions",
    ),
    ("shapley_values", lambda values: shares_by_masks(values).tolist(), "makes one tensor of them"),
    ("interaction_index", interacting(lambda *four: more_together(*four) ** 2), "the sum over all coalitions"),
    (
        "interaction_index",
        interacting(lambda none, one, other, both: (both - one) * (other - none)),
        "the sum over all",
    ),
    ("interaction_index", interacting(lambda none, one, other, both: both - max(one, other)), "v(S ∪ i) − v(S ∪ j)"),
    ("interaction_index", interacting(more_together, lambda size, n: 1 / math.comb(n, size)), "(n − |S| − 2)!"),
    ("interaction_index", interacting(more_together, total=lambda terms: torch.stack([*terms])), "Is a sum missing?"),
    ("interaction_index", interacting(more_together, total=lambda terms: [*terms]), "Return a number"),
    ("interaction_index", for_i_before_j, "players 2 and 0"),
    ("interaction_index", for_one_of_the_two, "factorial of a negative number"),
    ("interaction_index", for_one_of_the_two, "S has neither of the two"),
    ("interaction_index", added_for_one_of_the_two, "leave out each coalition in which i is, or j, or both"),
    ("permutation_shapley", arriving(lambda n: torch.zeros(n).bool()), "`torch.zeros(1, n, dtype=torch.bool)`"),
    ("permutation_shapley", arriving(lambda n: torch.zeros(1, n)), "True and False with a row for each coalition"),
    ("permutation_shapley", arriving(nobody_yet, lambda value, arrived: value(arrived)), "also for one: take it out"),
    ("permutation_shapley", arriving(nobody_yet, lambda value, arrived: value[arrived]), "`value` is a function"),
    (
        "permutation_shapley",
        arriving(nobody_yet, lambda value, arrived: value(arrived.nonzero()[:, 1])),
        "a column for",
    ),
    ("permutation_shapley", arriving(nobody_yet, gain=lambda after, before, n: (after - before) ** 2), "the mean over"),
    ("permutation_shapley", through_the_columns, "a column for each player"),
    ("permutation_shapley", arriving(nobody_yet, gain=lambda after, before, n: (after + before) / 2), "the mean over"),
    ("permutation_shapley", middle_of_the_orders, "the mean over the orders"),
    (
        "shapley_kernel",
        weighing(lambda s, n: (n - 1) / (math.comb(n, s) + s * (n - s))),
        "Asked for is (n − 1) / (C(n, s)",
    ),
    ("shapley_kernel", weighing(lambda s, n: (n - 1) / (math.comb(n, s) * s * (n - s)) ** 2), "Asked for is (n − 1)"),
    ("shapley_kernel", weighing(lambda s, n: (n - 1) / (math.comb(n, s) * (s + 1) * (n - s))), "Asked for is (n − 1)"),
    ("shapley_kernel", weighing(lambda s, n: (n + 1) / (math.comb(n, s) * s * (n - s))), "Asked for is (n − 1)"),
    ("shapley_kernel", weighing(lambda s, n: (n - 1) / (s**n * s * (n - s))), "C(n, s) = `math.comb(n, s)`"),
    ("shapley_kernel", weighing(lambda s, n: (n - 1) / (math.comb(n, s) * s * (n - s - 1))), "subtracted twice"),
    (
        "shapley_kernel",
        lambda sizes, n: (n - 1) / (math.comb(n, sizes) * sizes * (n - sizes)),
        "`for s in sizes.tolist()`",
    ),
    (
        "shapley_kernel",
        lambda sizes, n: (n - 1) / (torch.comb(n, sizes) * sizes * (n - sizes)),
        "PyTorch has no `comb`",
    ),
    ("shapley_kernel", lambda sizes, n: kernel_by_loop(sizes.float(), n), "take whole numbers"),
    ("kernel_shap", fitting(ridge=1.0), "Check the sum of yours first"),
    ("kernel_shap", fitting(target=lambda z, y, total: y - total / 2), "smallest among those that add up"),
    ("kernel_shap", fitting(scale=lambda z, w: w * z.sum(1)), "smallest among those that add up"),
    ("kernel_shap", fitting(scale=lambda z, w: w / z.sum(1)), "smallest among those that add up"),
    ("kernel_shap", fitting(of=torch.abs), "have lost their sign"),
    ("kernel_shap", fitting(of=lambda shares: shares / shares.sum()), "Check the sum of yours first"),
    ("kernel_shap", fitting(of=lambda shares: torch.cat([shares, shares[-1:]])), "The shape is not right yet"),
    ("kernel_shap", shap_by_ends(30), "Check the sum of yours first"),
    ("kernel_shap", shap_in_two_types, "Two types meet"),
    ("kernel_shap", shap_of_bools, "True and False cannot be subtracted"),
    ("kernel_shap", shap_of_softmax, "smallest among those that add up"),
    ("kernel_shap", shap_all_at_once, "several tensors at once"),
    ("kernel_shap", shap_by_solve, "as many equations as unknowns"),
    (
        "lime",
        near(lambda share, width: 1 / (1 + ((1 - share.sqrt()) / width) ** 2)),
        "with w = exp(−d² / (2 · width²))",
    ),
    ("lime", near(lambda share, width: 1 - (1 - share.sqrt()) / (2 * width)), "with w = exp(−d² / (2 · width²))"),
    ("lime", near(lambda share, width: bell(share, width) / (width * math.sqrt(2 * math.pi))), "with w = exp"),
    ("lime", near(lambda share, width: share), "Look at the weights"),
    ("lime", near(lambda share, width: math.exp(-share)), "take `torch.exp`"),
    ("lime", near(bell, soft_threshold), "α Σ β²"),
    ("lime", near(bell, of_standard_columns), "α Σ β²"),
    ("lime", near(bell, all_shrunk), "(n,)"),
    ("lime", near(bell, ones_in_a_row), "a column of ones is `torch.ones(K, 1)`"),
    ("lime", near(bell, rows_below_alone), "n zeros below the values"),
    ("lime", near(bell, in_two_types), "Two types meet"),
]
