"""Metrics: what a map is worth, by what the score does without its pixels and by where the truth lies; and whether such
judges agree.

Maps are (N, H, W) here, a number for each pixel, signed: maps.sum(1) adds up the channels. All
functions raise TypeError or ValueError for maps, masks or images of another type or shape, with NaN or with infinity.
"""

import math
from numbers import Real

import torch

from ..methods.batches import all_scores_in_batches, batches, classes_of, rows_at_a_time
from ..methods.hygiene import (
    at_least_one,
    check_images,
    check_target,
    described,
    named_classes,
    quick_layout,
    whole_number,
)
from ..methods.perturbation import as_fill, finite_scores
from ..methods.start_here import all_scores
from .similarity import in_the_top, interval

# Deletion and insertion -----------------------------------------------------------------------------------------------


def order_of(maps):
    """The pixels of each map, the largest value first: (N, H·W) of ints, their places in maps.flatten(1).

    maps (N, H, W). Equal values come in a random order, the same for all maps of a size and in every call. So the zeros
    of a map do not go line by line, and a map that is the same everywhere is a random order.
    """
    flat = _checked(maps).flatten(1)
    generator = torch.Generator("cpu").manual_seed(0)
    mixed = torch.randperm(flat.shape[1], generator=generator, device="cpu").to(maps.device)
    return mixed[flat[:, mixed].argsort(dim=1, descending=True, stable=True)]


def replace_top(images, maps, share, fill):
    """The round(share · H·W) pixels with the largest values of each map, in all channels, become those of fill.

    images (N, C, H, W), maps (N, H, W), share from 0 to 1 → a new tensor (N, C, H, W). fill is (N, C, H, W), or another
    tensor or a number as for sliding_occlusion. Equal values go in the order of order_of.
    Samek et al. 2017, arXiv:1509.06321; Petsiuk, Das & Saenko 2018, arXiv:1806.07421.
    """
    check_images(images)
    _check_share(share)
    fill = as_fill(fill, images, may_be_function=False)
    turns = _turns(maps, images)
    return torch.where(turns < round(share * turns[0].numel()), fill, images.detach())


def score_curve(model, start, finish, maps, target, steps, *, batch_size=None):
    """P_c after 0, 1/steps, …, 1 of the pixels have gone from start to finish, those with the largest values first.

    start and finish (N, C, H, W), maps (N, H, W) → (N, steps + 1): the softmax probability of the class. Deletion:
    start is the images. Insertion: finish is. target is an int or a LongTensor (N,), never None, for the picture that
    is to be explained may be either. Equal values go in the order of order_of; pixels that went stay gone. Memory does
    not grow with steps. Errors as for class_score; also ValueError for a model of one class, whose probability is 1.
    Petsiuk, Das & Saenko 2018, arXiv:1806.07421, section 4, by number of steps instead of pixels a step.
    """
    for name, images in {"start": start, "finish": finish}.items():
        check_images(images, name)
    if start.shape != finish.shape:
        raise ValueError(f"finish must have the shape of start, {tuple(start.shape)}, got {described(finish)}")
    if target is None:
        raise TypeError("target must be an int or a LongTensor (N,): a curve is that of one class from end to end")
    rows, steps = rows_at_a_time(start, batch_size), at_least_one(steps, "steps")
    classes, turns = named_classes(target, len(start)), _turns(maps, start)
    start, finish = start.detach(), finish.detach().to(start)
    gone = torch.tensor([round(k / steps * turns[0].numel()) for k in range(steps + 1)], device=start.device)

    curve = start.new_zeros(len(start), steps + 1, dtype=_wide(start))
    for i, indices in batches(len(start), steps + 1, rows):
        mixed = torch.where(turns[i] < gone[indices, None, None, None], finish[i], start[i])
        curve[i, indices] = _probabilities(model, mixed, classes[i])
    return curve


def area_under(curve):
    """Σ_k (c_k + c_{k+1}) / (2S): the area under a curve by trapezoids, its axis from 0 to 1.

    curve (N, S + 1) → (N,), in units of the curve. Of a deletion, less is better; of an insertion, more.
    """
    if not isinstance(curve, torch.Tensor) or curve.ndim != 2 or curve.shape[1] < 2 or not curve.is_floating_point():
        raise ValueError(f"curve must be a float tensor (N, S + 1) of two or more points, got {described(curve)}")
    _check_finite("curve", curve)
    return ((curve[:, :-1] + curve[:, 1:]) / 2).mean(1)


def _turns(maps, images):
    """When the turn of each pixel comes, (N, 1, H, W): 0 where the map is largest."""
    n, _, h, w = images.shape
    return order_of(_checked(maps, (n, h, w)).to(images.device)).argsort(1).view(n, 1, h, w)


def _probabilities(model, images, c):
    with torch.no_grad():
        scores = all_scores(model, quick_layout(images))
    check_target(c, scores)
    if scores.shape[1] < 2:
        raise ValueError("model must have two or more classes: the probability of a single one is always 1")
    found = scores.softmax(1, dtype=_wide(images))[:, c]
    if not found.isfinite().all():
        raise ValueError("model must return finite scores, got infinity, of which there is no softmax")
    return found


# Where the truth lies -------------------------------------------------------------------------------------------------


def pointing_game(maps, masks, margin):
    """1 where the largest value of a map lies at most `margin` pixels, Euclidean, from its mask, else 0: (N,).

    maps (N, H, W), masks (N, 1, H, W) of bool. Where several places have the largest value, the share of them that lie
    so near: of a map that is the same everywhere the share of the picture that does, which is chance.
    Zhang et al. 2016, arXiv:1608.00507, with a margin of 15 on pictures of about 224.
    """
    from scipy.ndimage import distance_transform_edt  # here, because it takes long to import

    maps = _checked(maps)
    _check_masks(masks, maps)
    if isinstance(margin, bool) or not isinstance(margin, Real) or not 0 <= margin < math.inf:
        raise ValueError(f"margin must be a number of pixels, 0 or more, got {described(margin)}")
    hits = []
    for each, mask in zip(maps.cpu(), masks[:, 0].cpu(), strict=True):
        distances = torch.from_numpy(distance_transform_edt(~mask.numpy()))
        hits.append((distances[each == each.max()] <= margin).float().mean())
    return torch.stack(hits).to(maps.device)


def top_inside(maps, masks, share=0.1):
    """How many of the pixels with the largest values, `share` of all, lie inside the mask: (N,) in [0, 1].

    maps (N, H, W), signed as for replace_top, masks (N, 1, H, W) of bool. Pixels that tie for the last ranks count in
    part; for a map that is the same everywhere this is the area, which is chance. A mask smaller than share cannot be
    hit by all. For the share of a map's sum, share_inside(maps[:, None], masks).
    """
    maps = _checked(maps)
    _check_masks(masks, maps)
    _check_share(share)
    if share == 0:
        raise ValueError("share must be above 0: of no pixels no part lies inside")
    inside = in_the_top(maps.flatten(1).double(), share) * masks.to(maps.device).flatten(1)
    return (inside.mean(1) / share).float()


# Do sums of the map foretell what the score does? ---------------------------------------------------------------------


def sensitivity_n(model, images, maps, target, masks, *, batch_size=None):
    """Pearson's r, over subsets of n pixels, of the map's sum in a subset and the fall of the score when it is 0.

    images (N, C, H, W), maps (N, H, W), masks (M, H, W) of bool, each the n pixels of one subset, the same for all
    images → (N,) in [−1, 1]. The score, not its probability. Where the sums or the falls do not differ, but for
    rounding, r would be 0/0: it is 0. Memory does not grow with M. target and errors as for class_score; also
    ValueError for masks that differ in n. random_subsets draws masks.
    Ancona et al. 2018, arXiv:1711.06104, section 4: sensitivity-n holds where r is 1 for every subset of n.
    """
    _check_subsets(masks, images)
    if len(masks) < 2 or masks.flatten(1).sum(1).unique().numel() > 1:
        raise ValueError("masks must be two or more, all with the same number of pixels: size alone would correlate")
    sums, falls, of_sums, of_falls = _sums_and_falls(model, images, maps, target, masks, batch_size)
    sums, falls = _about_their_mean(sums, of_sums), _about_their_mean(falls, of_falls)
    sizes = sums.norm(dim=1) * falls.norm(dim=1)
    r = torch.where(sizes > 0, (sums * falls).sum(1) / sizes, 0).clamp(-1, 1)
    return r.to(_wide(images))


def infidelity(model, images, maps, target, masks, *, batch_size=None):
    """mean (β Σ_mask map − fall)² / mean fall²: how badly a map's sums foretell the falls of the score under masks.

    β = Σ sum · fall / Σ sum² is the best factor for each image, fall the score minus that with the mask's pixels at 0.
    images (N, C, H, W), maps (N, H, W), masks (M, H, W) of bool, the same for all images → (N,) in [0, 1]. 0: foretold
    up to a factor, which may be negative, so a map and its reverse are one; 1: no better than a map of zeros. It is
    1 − cos² of sums and falls, about 0 and not about their means: a map the same everywhere foretells the mean fall.
    Memory does not grow with M. target and errors as for class_score; also ValueError where no mask changes the score.
    random_squares draws masks.
    Yeh et al. 2019, arXiv:1901.09392, definition 2.1, with the square as I, optimal scaling, and in units of the falls.
    """
    _check_subsets(masks, images)
    sums, falls, _, of_falls = _sums_and_falls(model, images, maps, target, masks, batch_size)
    still = (falls.abs().amax(1) <= of_falls).nonzero()[:, 0].tolist()
    if still:
        raise ValueError(f"masks must change the score, or there is nothing to foretell: none does of images {still}")
    squares = (sums**2).sum(1)
    beta = torch.where(squares > 0, (sums * falls).sum(1) / squares, 0)[:, None]
    return (((beta * sums - falls) ** 2).mean(1) / (falls**2).mean(1)).to(_wide(images))


def random_subsets(size, n_pixels, n, seed=0):
    """n random subsets of n_pixels of the pixels of a picture of size (H, W): (n, H, W) of bool."""
    h, w, n, generator = *_sides(size), at_least_one(n, "n"), torch.Generator("cpu").manual_seed(_seed(seed))
    if not 1 <= whole_number(n_pixels, "n_pixels") <= h * w:
        raise ValueError(f"n_pixels must be from 1 to {h * w}, all pixels, got {n_pixels}")
    masks = torch.zeros(n, h * w, dtype=torch.bool, device="cpu")
    for mask in masks:
        mask[torch.randperm(h * w, generator=generator, device="cpu")[:n_pixels]] = True
    return masks.view(n, h, w)


def random_squares(size, side, n, seed=0):
    """n squares of side × side pixels, anywhere inside a picture of size (H, W): (n, H, W) of bool."""
    h, w, n, generator = *_sides(size), at_least_one(n, "n"), torch.Generator("cpu").manual_seed(_seed(seed))
    if not 1 <= whole_number(side, "side") <= min(h, w):
        raise ValueError(f"side must be from 1 to {min(h, w)} pixels, or no square fits, got {side}")
    masks = torch.zeros(n, h, w, dtype=torch.bool, device="cpu")
    for mask in masks:
        row, column = (int(torch.randint(s - side + 1, (), generator=generator, device="cpu")) for s in (h, w))
        mask[row : row + side, column : column + side] = True
    return masks


def _sums_and_falls(model, images, maps, target, masks, batch_size):
    """Of each image under each mask, (N, M) of float64; and how much of a sum and of a fall may be rounding, (N,)."""
    rows = rows_at_a_time(images, batch_size)
    n, _, h, w = images.shape
    maps = _checked(maps, (n, h, w)).to(images.device).double()
    masks, images = masks.to(images.device), images.detach()
    scores = all_scores_in_batches(model, images, rows)
    classes = check_target(target, scores)
    whole = scores.gather(1, classes[:, None]).double()
    _check_finite("model's scores", whole)

    sums, left = torch.zeros_like(whole.expand(n, len(masks))), torch.zeros_like(whole.expand(n, len(masks)))
    for i, indices in batches(n, len(masks), rows):
        sums[i, indices] = (maps[i] * masks[indices]).sum((1, 2))
        without = torch.where(masks[indices, None], 0, images[i])
        left[i, indices] = finite_scores(model, without, int(classes[i])).double()
    largest = torch.cat([whole, left], 1).abs().amax(1)
    return sums, whole - left, 1e-12 * maps.abs().sum((1, 2)), 10 * torch.finfo(scores.dtype).eps * largest


def _about_their_mean(values, rounding):
    """Rows minus their means; 0 where a row's values differ by rounding alone."""
    differ = values.amax(1) - values.amin(1) > rounding
    return torch.where(differ[:, None], values - values.mean(1, keepdim=True), 0)


# Does it stay when the image hardly changes? --------------------------------------------------------------------------


def max_sensitivity(method, model, images, target=None, *, radius=0.02, n_samples=10, seed=0, batch_size=None):
    """max_d ‖M(x + d) − M(x)‖ / ‖M(x)‖ over n_samples random d, each value of d uniform in ±radius.

    method(model, images, target) → maps, one an image, of any shape. images (N, C, H, W) → (N,), 0 or more; less is
    steadier, which a map that asks nothing of the model is most of all. NaN for a map that is zero everywhere. target
    None is the class of the image without d. d depends on seed alone, the same for every image, and is not clipped.
    Memory does not grow with n_samples. Errors as for class_score and of the method.
    Yeh et al. 2019, arXiv:1901.09392, SENS_MAX, divided by the map's size as in the authors' code.
    """
    if not callable(method):
        raise TypeError(f"method must be a function method(model, images, target), got {described(method)}")
    if isinstance(radius, bool) or not isinstance(radius, Real) or not 0 < radius < math.inf:
        raise ValueError(f"radius must be a number above 0, in units of the images, got {described(radius)}")
    rows, n_samples, seed = rows_at_a_time(images, batch_size), at_least_one(n_samples, "n_samples"), _seed(seed)
    classes = classes_of(model, images, target, rows)
    images = images.detach()

    moved, sizes = torch.zeros(2, len(images), dtype=torch.float64, device=images.device)
    for i, samples in batches(len(images), n_samples, rows):
        if samples[0] == 0:
            generator = torch.Generator("cpu").manual_seed(seed)
            still = _maps_of(method, model, images[[i]], classes[i])
            sizes[i] = still.norm()
        noise = [torch.rand(images[i].shape, generator=generator, dtype=torch.float32, device="cpu") for _ in samples]
        maps = _maps_of(method, model, images[i] + radius * (2 * torch.stack(noise).to(images) - 1), classes[i])
        moved[i] = torch.maximum(moved[i], (maps - still).norm(dim=1).max())
    return torch.where(sizes > 0, moved / sizes, math.nan).to(_wide(images))


def _maps_of(method, model, images, c):
    maps = method(model, images, c)
    if not isinstance(maps, torch.Tensor) or maps.shape[:1] != images.shape[:1]:
        raise ValueError(
            f"method must return a tensor with a map for each of {len(images)} images, got {described(maps)}"
        )
    _check_finite("method's maps", maps)
    return maps.detach().double().flatten(1)


# Judging the judges ---------------------------------------------------------------------------------------------------


def random_maps(images, seed=0):
    """The control, an order that knows nothing: uniform random numbers, (N, H, W) in [0, 1), for each image its own.

    images (N, C, H, W), of which only the size counts.
    """
    check_images(images)
    generator = torch.Generator("cpu").manual_seed(_seed(seed))
    drawn = [torch.rand(images.shape[2:], generator=generator, dtype=torch.float32, device="cpu") for _ in images]
    return torch.stack(drawn).to(images)


def paired_interval(values, others):
    """Mean of values − others, image by image, and its 95 % interval, as by interval: (3,).

    values and others (N,), of the same two or more images in the same order, such as a map's deletion and that of
    random_maps. What makes a picture easy or hard for both cancels out.
    """
    for name, each in {"values": values, "others": others}.items():
        if not isinstance(each, torch.Tensor) or each.ndim != 1 or len(each) < 2 or not each.is_floating_point():
            raise ValueError(f"{name} must be a float tensor (N,) of two or more images, got {described(each)}")
        _check_finite(name, each)
    if len(values) != len(others):
        raise ValueError(f"values and others must be of the same images, got {len(values)} and {len(others)} of them")
    return interval(values.detach() - others.detach())


def ranks(table):
    """The ranks of each row's values, 1 for the smallest; equal ones share their mean rank.

    table (K, M) → (K, M) of float64.
    """
    from scipy.stats import rankdata  # here, because it takes a third as long to import as torch

    return torch.from_numpy(rankdata(_table(table, "table", 1).numpy(), axis=1))


def krippendorff(ratings):
    """α = 1 − D_o / D_e: how far raters agree, beyond chance, on the distances between items.

    ratings (raters, items), two or more of both, nothing missing → a float ≤ 1. D_o is the mean squared difference of
    two raters on one item, D_e that of any two ratings. 1: all raters alike; 0: as if the ratings were dealt out at
    random; below: they contradict each other. Raters with scales of their own are compared by ranks(ratings); without
    ties this is the ordinal α. ValueError where all ratings are equal, 0/0.
    Krippendorff 2004, Content Analysis, chapter 11; images as raters of methods: Tomsett et al. 2020, arXiv:1912.01451.
    """
    ratings = _table(ratings, "ratings", 2)
    if (ratings == ratings[0, 0]).all():
        raise ValueError("ratings must differ somewhere: where all are equal, agreement is 0/0")
    # The mean of (a − b)² over pairs is twice the variance with n − 1 below.
    observed, expected = 2 * ratings.var(0).mean(), 2 * ratings.flatten().var()
    return 1 - (observed / expected).item()


def spearman(a, b):
    """Rank correlation of two lists of numbers, (M,) each → a float in [−1, 1]. Errors as for rank_correlations."""
    for name, each in {"a": a, "b": b}.items():
        if not isinstance(each, torch.Tensor) or each.ndim != 1:
            raise ValueError(f"{name} must be a tensor (M,), got {described(each)}")
    if len(a) != len(b):
        raise ValueError(f"a and b must be as long as each other, got {len(a)} and {len(b)}")
    return rank_correlations(torch.stack([a.detach().cpu().double(), b.detach().cpu().double()]))[0, 1].item()


def rank_correlations(table):
    """Spearman's correlation of each row with each other: (K, M) → (K, K) of float64, 1 on the diagonal.

    Rows are metrics over methods: do metrics agree? Methods over images: is a picture good or bad for all alike? Images
    over methods: does a metric agree with itself? ValueError for a row of equal values, which has no order.
    Spearman 1904.
    """
    rows = ranks(_table(table, "table", 1))
    level = (rows == rows[:, :1]).all(1).nonzero()[:, 0].tolist()
    if level:
        raise ValueError(f"table must have an order in each row, but all values are equal in rows {level}")
    rows = rows - rows.mean(1, keepdim=True)
    rows = rows / rows.norm(dim=1, keepdim=True)
    return (rows @ rows.T).clamp(-1, 1)


# What comes in --------------------------------------------------------------------------------------------------------


def _wide(images):
    return torch.promote_types(images.dtype, torch.float32)


def _seed(seed):
    return whole_number(seed, "seed")


def _check_finite(name, values):
    if not values.isfinite().all():
        raise ValueError(f"{name} must be finite, got {described(values)} with NaN or infinity in it")


def _check_share(share):
    if isinstance(share, bool) or not isinstance(share, Real) or not 0 <= share <= 1:
        raise ValueError(f"share must be a number from 0 to 1, got {described(share)}")


def _checked(maps, shape=None):
    """The maps without history, (N, H, W), finite, of the size of the images where a shape says so."""
    if not isinstance(maps, torch.Tensor) or not maps.is_floating_point():
        raise TypeError(f"maps must be a float tensor (N, H, W), got {described(maps)}")
    if maps.ndim != 3 or not maps.numel() or (shape and maps.shape != shape):
        expected = f"{tuple(shape)}, a number for each pixel of images" if shape else "(N, H, W)"
        hint = ": maps.sum(1) adds up the channels" if maps.ndim == 4 else ""
        raise ValueError(f"maps must have the shape {expected}, got {described(maps)}{hint}")
    _check_finite("maps", maps)
    return maps.detach()


def _check_masks(masks, maps):
    if not isinstance(masks, torch.Tensor) or masks.dtype != torch.bool:
        raise TypeError(f"masks must be a bool tensor (N, 1, H, W), got {described(masks)}")
    n, h, w = maps.shape
    if masks.shape != (n, 1, h, w):
        raise ValueError(f"masks must have the shape {(n, 1, h, w)} for maps {(n, h, w)}, got {described(masks)}")
    empty = (~masks.flatten(1).any(1)).nonzero()[:, 0].tolist()
    if empty:
        raise ValueError(f"masks must each have a pixel, or there is nothing to hit: none in those of images {empty}")


def _check_subsets(masks, images):
    check_images(images)
    size = images.shape[2:]
    if not isinstance(masks, torch.Tensor) or masks.dtype != torch.bool:
        raise TypeError(f"masks must be a bool tensor (M, H, W), got {described(masks)}")
    if masks.ndim != 3 or masks.shape[1:] != size or not len(masks):
        raise ValueError(f"masks must have the shape (M, {size[0]}, {size[1]}), one or more, got {described(masks)}")


def _sides(size):
    if not isinstance(size, (tuple, list)) or len(size) != 2:
        raise TypeError(f"size must be a pair (H, W), got {described(size)}")
    return [at_least_one(side, "size") for side in size]


def _table(table, name, least):
    """The table without history, in float64."""
    if not isinstance(table, torch.Tensor) or table.ndim != 2 or table.is_complex():
        raise ValueError(f"{name} must be a tensor with a row for each rater, got {described(table)}")
    if len(table) < least or table.shape[1] < 2:
        rows = "two or more rows" if least == 2 else "at least one row"
        raise ValueError(f"{name} must have {rows} and two or more columns, got {described(table)}")
    _check_finite(name, table)
    return table.detach().cpu().double()
