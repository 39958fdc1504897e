"""Sharing a score out among the parts of a picture: Shapley values, exact and estimated, and LIME.

A game is a picture cut into n players, masks that do not overlap. A coalition is the set of those that are shown, the
others are filled; its value is the score. In a table of all 2ⁿ values, entry k is the coalition of the players whose
bits are set in k: player 0 is the lowest bit.
"""

import math
from numbers import Real

import torch

from .batches import batches, classes_of, rows_at_a_time
from .hygiene import at_least_one, described, whole_number
from .perturbation import as_fill
from .start_here import class_score

# The game -------------------------------------------------------------------------------------------------------------


def all_coalitions(n):
    """(2ⁿ, n) bool: row k holds the players whose bits are set in k. n from 1 to 20."""
    n = at_least_one(n, "n")
    if n > 20:
        raise ValueError(f"n must be at most 20 players, whose coalitions are a million, got {n}")
    return (torch.arange(2**n)[:, None] >> torch.arange(n)) % 2 == 1


def coalition_images(image, fill, players, coalitions):
    """x_S: the image on the players of the coalition, the fill on the others.

    image, fill (C, H, W), players (n, H, W) bool, no two of them overlap, coalitions (K, n) bool → (K, C, H, W). Pixels
    of no player keep the image. A player may be empty.
    Baseline Shapley: Sundararajan & Najmi 2019, arXiv:1908.08474.
    """
    _check_players(players, image[None])
    n = len(players)
    if not isinstance(coalitions, torch.Tensor) or coalitions.dtype != torch.bool or coalitions.shape[1:] != (n,):
        raise ValueError(
            f"coalitions must be a bool tensor (K, {n}), a column for each player, got {described(coalitions)}"
        )
    hidden = (~coalitions[:, :, None, None] & players).any(1)
    return torch.where(hidden[:, None], fill, image)


def coalition_scores(model, images, target=None, *, players, fill=0.0, coalitions=None, batch_size=None):
    """v(S) = S_c(x_S), the score of each coalition of the players of each image.

    images (N, C, H, W), players (n, H, W) or for each image (N, n, H, W), bool → (N, K) float64, in score.
    coalitions is (K, n) bool; None: all 2ⁿ, as all_coalitions has them. fill is what an absent player shows: a number
    or a tensor as for sliding_occlusion. Other arguments and errors as for integrated_gradients; memory does not grow
    with K.
    """
    rows = rows_at_a_time(images, batch_size)
    fill = as_fill(fill, images, may_be_function=False)
    _check_players(players, images)
    players = players.expand(len(images), *players.shape[-3:])
    coalitions = all_coalitions(players.shape[1]) if coalitions is None else coalitions
    coalitions = coalitions.to(images.device)
    classes = classes_of(model, images, target, rows)

    values = torch.zeros(len(images), len(coalitions), dtype=torch.float64, device="cpu")
    for i, indices in batches(len(images), len(coalitions), rows):
        shown = coalition_images(images[i].detach(), fill[i], players[i], coalitions[indices])
        with torch.no_grad():
            values[i, indices] = class_score(model, shown, classes[i]).double().cpu()
    return values


# Exact ----------------------------------------------------------------------------------------------------------------


def shapley_values(values):
    """φ_i = Σ_{S without i} |S|! (n − |S| − 1)! / n! · (v(S ∪ i) − v(S)), from the table of all coalitions.

    values (2ⁿ,) float → (n,) float64, in units of the values; they add up to v(all) − v(none).
    Shapley 1953; Lundberg & Lee 2017, arXiv:1705.07874, eq. 4.
    """
    n, coalitions, values = _table(values)
    weight = torch.tensor([1 / (n * math.comb(n - 1, s)) for s in range(n)], dtype=torch.float64)  # |S|!(n−|S|−1)!/n!
    shares = []
    for i in range(n):
        without = (~coalitions[:, i]).nonzero()[:, 0]
        rises = values[without + 2**i] - values[without]
        shares.append((weight[coalitions[without].sum(1)] * rises).sum())
    return torch.stack(shares)


def interaction_index(values, i, j):
    """Σ_{S without i, j} |S|! (n − |S| − 2)! / (n − 1)! · (v(S ∪ ij) − v(S ∪ i) − v(S ∪ j) + v(S)).

    values (2ⁿ,) float, i and j two players → (), float64. Positive: they need each other. Negative: they stand in for
    each other. Grabisch & Roubens 1999.
    """
    n, coalitions, values = _table(values)
    i, j = whole_number(i, "i"), whole_number(j, "j")
    for name, player in {"i": i, "j": j}.items():
        if not 0 <= player < n:
            raise ValueError(f"{name} must be a player from 0 to {n - 1}, got {player}")
    if i == j:
        raise ValueError(f"i and j must be two players, got {i} twice")
    weight = torch.tensor([1 / ((n - 1) * math.comb(n - 2, s)) for s in range(n - 1)], dtype=torch.float64)
    without = (~coalitions[:, [i, j]].any(1)).nonzero()[:, 0]
    together = values[without + 2**i + 2**j] - values[without + 2**i] - values[without + 2**j] + values[without]
    return (weight[coalitions[without].sum(1)] * together).sum()


# Estimated ------------------------------------------------------------------------------------------------------------


def permutation_shapley(value, orders):
    """φ_i = mean over the orders of v(those before i, and i) − v(those before i).

    value(coalitions (K, n) bool) → (K,), orders (M, n) of ints, each row an order of arrival → (n,) float64. Each order
    adds up to v(all) − v(none), so their mean does, too. v is asked for n + 1 coalitions an order.
    Castro, Gómez & Tejada 2009. Antithetic pairs of orders: random_orders.
    """
    if not isinstance(orders, torch.Tensor) or orders.ndim != 2 or len(orders) == 0:
        raise ValueError(f"orders must be a tensor (M, n) of at least one order, got {described(orders)}")
    m, n = orders.shape
    if not torch.equal(orders.sort(1).values, torch.arange(n, device=orders.device).expand(m, n).to(orders.dtype)):
        raise ValueError(f"orders must hold each player from 0 to {n - 1} once in every row")
    total = torch.zeros(n, dtype=torch.float64)
    for order in orders:
        arrived = torch.ones(n + 1, n, dtype=torch.bool).tril(-1)  # row k: the first k of the order
        coalitions = torch.zeros_like(arrived)
        coalitions[:, order] = arrived
        total[order] += value(coalitions).double().diff()
    return total / m


def random_orders(n, n_orders, seed=0):
    """(n_orders, n) of ints: random orders, every second the reverse of the one before it.

    An order and its reverse put each player before and after the others: together they err less than two orders drawn
    apart. n_orders is even.
    """
    generator = torch.Generator("cpu").manual_seed(whole_number(seed, "seed"))
    drawn = [torch.randperm(n, generator=generator, device="cpu") for _ in range(_half(n_orders, "n_orders"))]
    return torch.stack([order for forth in drawn for order in (forth, forth.flip(0))])


def shapley_kernel(sizes, n):
    """π(s) = (n − 1) / (C(n, s) · s · (n − s)): the weight of one coalition of s players, 0 < s < n.

    sizes (K,) of ints → (K,) float64. Lundberg & Lee 2017, arXiv:1705.07874, theorem 2.
    """
    n = whole_number(n, "n")
    if ((sizes < 1) | (sizes >= n)).any():
        raise ValueError(
            f"sizes must be from 1 to {n - 1}: nobody and all of {n} players are no part of the regression"
        )
    return torch.tensor([(n - 1) / (math.comb(n, s) * s * (n - s)) for s in sizes.tolist()], dtype=torch.float64)


def paired_coalitions(n, n_coalitions, seed=0):
    """(n_coalitions, n) bool, drawn for kernel_shap with weights of 1; every second completes the one before.

    A size s has the probability of all coalitions of that size together, π(s) · C(n, s) ∝ 1 / (s (n − s)); then each
    coalition of the size is as likely as the others. n_coalitions is even, n at least 2.
    Covert & Lee 2021, arXiv:2012.01536, section 4.
    """
    generator = torch.Generator("cpu").manual_seed(whole_number(seed, "seed"))
    half = _half(n_coalitions, "n_coalitions")
    if whole_number(n, "n") < 2:
        raise ValueError(f"n must be 2 or more players, got {n}")
    sizes = torch.arange(1, n, device="cpu")
    drawn = sizes[torch.multinomial(1 / (sizes * (n - sizes)), half, replacement=True, generator=generator)]
    ranks = torch.rand(half, n, generator=generator, device="cpu").argsort(1).argsort(1)
    shown = ranks < drawn[:, None]
    return torch.stack([shown, ~shown], 1).flatten(0, 1)


def kernel_shap(coalitions, values, weights, empty, full):
    """argmin_φ Σ_k w_k (v_k − v(none) − Σ_i z_ki φ_i)² with Σ φ_i = v(all) − v(none), exactly.

    coalitions (K, n) bool, values and weights (K,), empty and full numbers: v(none) and v(all) → (n,) float64. The last
    player's share is what the others leave. With all 2ⁿ − 2 coalitions and weights shapley_kernel these are the
    Shapley values. ValueError where the coalitions do not decide: their rank is below n − 1.
    Lundberg & Lee 2017, theorem 2; the constraint: Covert & Lee 2021, arXiv:2012.01536, eq. 6 and 7.
    """
    z, y, w = _regression(coalitions, values, weights)
    n, total = z.shape[1], float(full) - float(empty)
    design, left = z[:, :-1] - z[:, -1:], y - float(empty) - z[:, -1] * total
    others = _least_squares(design * w.sqrt()[:, None], left * w.sqrt(), n - 1)
    return torch.cat([others, total - others.sum(0, keepdim=True)])


def lime(coalitions, values, width=0.25, alpha=1.0):
    """argmin_{b, β} Σ_k w_k (v_k − b − Σ_i z_ki β_i)² + α Σ β_i²: the slopes β of a line through values near the image.

    coalitions (K, n) bool, values (K,) → β (n,) float64, in units of the values. w = exp(−d² / (2 width²)) with
    d = 1 − √(players shown / n). The intercept b is not shrunk. ValueError where, with alpha 0, the coalitions do not
    decide: their rank is below n.
    Ribeiro, Singh & Guestrin 2016, arXiv:1602.04938, eq. 1; distance and width as in the lime package.
    """
    for name, value, low in (("width", width, "above 0"), ("alpha", alpha, "0 or more")):
        if isinstance(value, bool) or not isinstance(value, Real) or not (value > 0 or value == 0 and low != "above 0"):
            raise ValueError(f"{name} must be a number, {low}, got {described(value)}")
    z, y, _ = _regression(coalitions, values, torch.ones(len(coalitions)))
    w = torch.exp(-((1 - z.mean(1).sqrt()) ** 2) / (2 * width**2))
    z, y = z - (w @ z) / w.sum(), y - (w @ y) / w.sum()  # so that the best intercept is 0, whatever β
    n = z.shape[1]
    ridge = math.sqrt(alpha) * torch.eye(n, dtype=torch.float64)
    design = torch.cat([z * w.sqrt()[:, None], ridge])
    return _least_squares(design, torch.cat([y * w.sqrt(), y.new_zeros(n)]), n)


# What comes in --------------------------------------------------------------------------------------------------------


def _least_squares(design, values, needed):
    """argmin ‖design · x − values‖². lstsq alone would silently give one of many solutions."""
    rank = int(torch.linalg.matrix_rank(design)) if needed else 0
    if rank < needed:
        raise ValueError(
            f"coalitions must decide {needed} shares, but their rank is {rank}: draw more of them, or other ones"
        )
    return torch.linalg.lstsq(design, values[:, None]).solution[:, 0]


def _regression(coalitions, values, weights):
    if not isinstance(coalitions, torch.Tensor) or coalitions.dtype != torch.bool or coalitions.ndim != 2:
        raise TypeError(f"coalitions must be a bool tensor (K, n), got {described(coalitions)}")
    for name, each in {"values": values, "weights": weights}.items():
        if not isinstance(each, torch.Tensor) or each.shape != coalitions.shape[:1]:
            raise ValueError(f"{name} must have one for each coalition, ({len(coalitions)},), got {described(each)}")
        if not each.isfinite().all():
            raise ValueError(f"{name} must be finite, got {described(each)} with NaN or infinity in it")
    if (weights < 0).any():
        raise ValueError(f"weights must be 0 or more, got {weights.min().item():.3g}")
    return coalitions.double(), values.detach().double(), weights.detach().double()


def _table(values):
    """n, all coalitions and the values in float64."""
    if not isinstance(values, torch.Tensor) or values.ndim != 1 or not values.is_floating_point():
        raise TypeError(f"values must be a float tensor (2ⁿ,), got {described(values)}")
    n = len(values).bit_length() - 1
    if n < 1 or len(values) != 2**n:
        raise ValueError(f"values must have an entry for each of 2ⁿ coalitions, got {described(values)}")
    if not values.isfinite().all():
        raise ValueError(f"values must be finite, got {described(values)} with NaN or infinity in it")
    return n, all_coalitions(n), values.detach().double().cpu()


def _check_players(players, images):
    if not isinstance(players, torch.Tensor) or players.dtype != torch.bool:
        raise TypeError(f"players must be a bool tensor (n, H, W), got {described(players)}")
    n, size = len(images), images.shape[2:]
    if players.ndim not in (3, 4) or players.shape[-2:] != size or (players.ndim == 4 and len(players) != n):
        h, w = size
        raise ValueError(f"players must have the shape (n, {h}, {w}) or ({n}, n, {h}, {w}), got {described(players)}")
    if (players.sum(-3) > 1).any():
        raise ValueError("players must not overlap: some pixels belong to two of them")


def _half(value, name):
    value = at_least_one(value, name)
    if value % 2:
        raise ValueError(f"{name} must be even, for they are drawn in pairs, got {value}")
    return value // 2
