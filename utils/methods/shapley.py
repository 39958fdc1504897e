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
from .perturbation import as_fill, finite_scores

# The game -------------------------------------------------------------------------------------------------------------


def all_coalitions(n):
    """(2ⁿ, n) bool: row k holds the players whose bits are set in k. n from 1 to 20."""
    n = at_least_one(n, "n")
    if n > 20:
        raise ValueError(f"n must be at most 20 players, whose coalitions are a million, got {n}")
    rows, players = torch.arange(2**n, device="cpu"), torch.arange(n, device="cpu")
    return (rows[:, None] >> players) % 2 == 1


def coalition_images(image, fill, players, coalitions):
    """x_S: the image on the players of the coalition, the fill on the others.

    image, fill (C, H, W), players (n, H, W) bool, no two of them overlap, coalitions (K, n) bool → (K, C, H, W). Pixels
    of no player keep the image. A player may be empty.
    Baseline Shapley: Sundararajan & Najmi 2019, arXiv:1908.08474.
    """
    if not isinstance(image, torch.Tensor) or image.ndim != 3 or not image.is_floating_point():
        raise ValueError(f"image must be a float tensor (C, H, W), got {described(image)}")
    _check_players(players, image[None], of_each=False)
    _check_coalitions(coalitions, len(players))
    fill = as_fill(fill, image[None], may_be_function=False)[0]
    return _shown(image, fill, _owners(players.to(image.device)), coalitions.to(image.device))


def _owners(players):
    """(H, W) of ints: whose each pixel is, n where it is nobody's."""
    return torch.where(players.any(0), players.byte().argmax(0), len(players))


def _shown(image, fill, owners, coalitions):
    always = coalitions.new_ones(len(coalitions), 1)  # what is nobody's
    return torch.where(torch.cat([coalitions, always], 1)[:, None, owners], image, fill)


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
    players = players.to(images.device).expand(len(images), *players.shape[-3:])
    coalitions = all_coalitions(players.shape[1]) if coalitions is None else coalitions
    _check_coalitions(coalitions, players.shape[1])
    coalitions, images = coalitions.to(images.device), images.detach()
    classes = classes_of(model, images, target, rows)

    values = torch.zeros(len(images), len(coalitions), dtype=torch.float64, device="cpu")
    for i, indices in batches(len(images), len(coalitions), rows):
        if indices[0] == 0:
            owners = _owners(players[i])
        shown = _shown(images[i], fill[i], owners, coalitions[indices])
        values[i, indices] = finite_scores(model, shown, classes[i]).cpu().double()
    return values


# Exact ----------------------------------------------------------------------------------------------------------------


def shapley_values(values):
    """φ_i = Σ_{S without i} |S|! (n − |S| − 1)! / n! · (v(S ∪ i) − v(S)), from the table of all coalitions.

    values (2ⁿ,) float → (n,) float64, in units of the values; they add up to v(all) − v(none).
    Shapley 1953; Lundberg & Lee 2017, arXiv:1705.07874, eq. 4.
    """
    n, coalitions, values = _table(values)
    weight = _float64([1 / (n * math.comb(n - 1, s)) for s in range(n)])  # |S|! (n − |S| − 1)! / n!
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
    weight = _float64([1 / ((n - 1) * math.comb(n - 2, s)) for s in range(n - 1)])
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
    if not isinstance(orders, torch.Tensor) or orders.ndim != 2 or not orders.numel() or orders.is_floating_point():
        raise ValueError(f"orders must be a tensor (M, n) of ints, of at least one order, got {described(orders)}")
    orders = orders.cpu().long()
    m, n = orders.shape
    if not torch.equal(orders.sort(1).values, torch.arange(n, device="cpu").expand(m, n)):
        raise ValueError(f"orders must hold each player from 0 to {n - 1} once in every row")
    arrived = torch.ones(n + 1, n, dtype=torch.bool, device="cpu").tril(-1)  # row k: the first k of the order
    total = _float64([0.0] * n)
    for order in orders:
        coalitions = torch.zeros_like(arrived)
        coalitions[:, order] = arrived
        values = value(coalitions)
        if not isinstance(values, torch.Tensor) or values.shape != (n + 1,) or not values.isfinite().all():
            raise ValueError(
                f"value must return a finite number for each of {n + 1} coalitions, got {described(values)}"
            )
        total[order] += values.detach().cpu().double().diff()
    return total / m


def random_orders(n, n_orders, seed=0):
    """(n_orders, n) of ints: random orders, every second the reverse of the one before it.

    An order and its reverse put each player before and after the others: together they err less than two orders drawn
    apart. n_orders is even.
    """
    n, generator = at_least_one(n, "n"), torch.Generator("cpu").manual_seed(whole_number(seed, "seed"))
    drawn = [torch.randperm(n, generator=generator, device="cpu") for _ in range(_half(n_orders, "n_orders"))]
    return torch.stack([order for forth in drawn for order in (forth, forth.flip(0))])


def shapley_kernel(sizes, n):
    """π(s) = (n − 1) / (C(n, s) · s · (n − s)): the weight of one coalition of s players, 0 < s < n.

    sizes (K,) of ints → (K,) float64. Lundberg & Lee 2017, arXiv:1705.07874, theorem 2.
    """
    n = whole_number(n, "n")
    if not isinstance(sizes, torch.Tensor) or sizes.ndim != 1 or sizes.is_floating_point() or sizes.dtype == torch.bool:
        raise TypeError(f"sizes must be a tensor (K,) of ints, got {described(sizes)}")
    if ((sizes < 1) | (sizes >= n)).any():
        raise ValueError(
            f"sizes must be from 1 to {n - 1}: nobody and all of {n} players are no part of the regression"
        )
    return _float64([(n - 1) / (math.comb(n, s) * s * (n - s)) for s in sizes.tolist()])


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
    for name, value in {"empty": empty, "full": full}.items():
        number = isinstance(value, Real) or (isinstance(value, torch.Tensor) and value.numel() == 1)
        if not number or not math.isfinite(value):
            raise ValueError(f"{name} must be a finite number, got {described(value)}")
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
    if isinstance(width, bool) or not isinstance(width, Real) or not width > 0:
        raise ValueError(f"width must be a number above 0, got {described(width)}")
    if isinstance(alpha, bool) or not isinstance(alpha, Real) or not 0 <= alpha < math.inf:
        raise ValueError(f"alpha must be a number, 0 or more, got {described(alpha)}")
    z, y, _ = _regression(coalitions, values)
    _check_coalitions(coalitions, z.shape[1])
    w = torch.exp(-(((1 - z.mean(1).sqrt()) / width) ** 2) / 2)
    if not w.sum() > 0:
        raise ValueError(f"width must be larger for these coalitions: at {width} the weight of each of them is 0")
    z, y = z - (w @ z) / w.sum(), y - (w @ y) / w.sum()  # so that the best intercept is 0, whatever β
    n = z.shape[1]
    ridge = math.sqrt(alpha) * torch.eye(n, dtype=torch.float64, device="cpu")
    design = torch.cat([z * w.sqrt()[:, None], ridge])
    return _least_squares(design, torch.cat([y * w.sqrt(), y.new_zeros(n)]), n)


# What comes in --------------------------------------------------------------------------------------------------------


def _float64(numbers):
    return torch.tensor(numbers, dtype=torch.float64, device="cpu")  # games are reckoned there, whatever the model's


def _least_squares(design, values, needed):
    """argmin ‖design · x − values‖². lstsq alone would silently give one of many solutions."""
    if not needed:
        return values.new_zeros(0)
    rank = int(torch.linalg.matrix_rank(design)) if len(design) else 0
    if rank < needed:
        raise ValueError(
            f"coalitions must decide {needed} shares, but their rank is {rank}: draw more of them, or other ones"
        )
    return torch.linalg.lstsq(design, values[:, None]).solution[:, 0]


def _regression(coalitions, values, weights=None):
    """All in float64. Without weights each is 1."""
    if not isinstance(coalitions, torch.Tensor) or coalitions.dtype != torch.bool or coalitions.ndim != 2:
        raise TypeError(f"coalitions must be a bool tensor (K, n), got {described(coalitions)}")
    if not coalitions.shape[1]:
        raise ValueError(f"coalitions must have at least one player, got {described(coalitions)}")
    weights = torch.ones(len(coalitions), device="cpu") if weights is None else weights
    for name, each in {"values": values, "weights": weights}.items():
        if not isinstance(each, torch.Tensor) or each.shape != coalitions.shape[:1]:
            raise ValueError(f"{name} must have one for each coalition, ({len(coalitions)},), got {described(each)}")
        if not each.isfinite().all():
            raise ValueError(f"{name} must be finite, got {described(each)} with NaN or infinity in it")
    if (weights < 0).any():
        raise ValueError(f"weights must be 0 or more, got {weights.min().item():.3g}")
    return [each.detach().cpu().double() for each in (coalitions, values, weights)]


def _table(values):
    """n, all coalitions and the values in float64."""
    if not isinstance(values, torch.Tensor) or values.ndim != 1 or not values.is_floating_point():
        raise TypeError(f"values must be a float tensor (2ⁿ,), got {described(values)}")
    n = len(values).bit_length() - 1
    if n < 1 or len(values) != 2**n:
        raise ValueError(f"values must have an entry for each of 2ⁿ coalitions, got {described(values)}")
    if not values.isfinite().all():
        raise ValueError(f"values must be finite, got {described(values)} with NaN or infinity in it")
    return n, all_coalitions(n), values.detach().cpu().double()


def _check_players(players, images, of_each=True):
    if not isinstance(players, torch.Tensor) or players.dtype != torch.bool:
        raise TypeError(f"players must be a bool tensor (n, H, W), got {described(players)}")
    n, (h, w) = len(images), images.shape[2:]
    stacked = players.ndim == 4 and of_each and len(players) == n
    if not (players.ndim == 3 or stacked) or players.shape[-2:] != (h, w):
        expected = f"(n, {h}, {w})" + f" or ({n}, n, {h}, {w})" * of_each
        raise ValueError(f"players must have the shape {expected}, got {described(players)}")
    if not players.shape[-3]:
        raise ValueError(f"players must be at least one, got {described(players)}")
    if (players.sum(-3) > 1).any():
        raise ValueError("players must not overlap: some pixels belong to two of them")


def _check_coalitions(coalitions, n):
    if not isinstance(coalitions, torch.Tensor) or coalitions.dtype != torch.bool or coalitions.shape[1:] != (n,):
        raise ValueError(
            f"coalitions must be a bool tensor (K, {n}), a column for each player, got {described(coalitions)}"
        )
    if not len(coalitions):
        raise ValueError(f"coalitions must be at least one, got {described(coalitions)}")


def _half(value, name):
    value = at_least_one(value, name)
    if value % 2:
        raise ValueError(f"{name} must be even, for they are drawn in pairs, got {value}")
    return value // 2
