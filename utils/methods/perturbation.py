"""Perturbation: what a part is worth, by what the score does without it; windows, many holes at once, the smallest that
is enough.
"""

import math
from numbers import Real

import torch
import torch.nn.functional as F
from tqdm.auto import trange

from .batches import all_scores_in_batches, batches, classes_of, rows_at_a_time
from .hygiene import (
    UNRELATED,
    at_least_one,
    check_images,
    check_target,
    described,
    gradient_of,
    left_as_found,
    quick_layout,
    whole_number,
)
from .start_here import class_score

# Windows --------------------------------------------------------------------------------------------------------------


def window_starts(length, window, stride):
    """Where windows begin along an axis: 0, stride, 2·stride … and last length − window, so that no place is left out.

    ints → a list of ints, ascending, no two alike. ValueError for a window longer than the axis or a stride longer than
    the window, between whose windows places would be left out.
    """
    length, window, stride = (
        at_least_one(length, "length"),
        at_least_one(window, "window"),
        at_least_one(stride, "stride"),
    )
    if window > length:
        raise ValueError(f"window must fit into the image, {length} pixels, got {window}")
    if stride > window:
        raise ValueError(f"stride must be at most the window, {window}, or places are left out, got {stride}")
    return sorted({*range(0, length - window, stride), length - window})


def sliding_occlusion(model, images, target=None, *, fill=0.0, window=16, stride=8, batch_size=None):
    """D(u) = mean over the windows R that cover u of S_c(x) − S_c(x with the fill on R).

    images (N, C, H, W) → (N, 1, H, W), in units of the score, signed; positive: what was covered spoke for the class.
    fill is what stands there instead: a number, (C, 1, 1), (C, H, W) or one for each image (N, C, H, W), read at the
    same place, or a function fill(images, hidden) → images, such as inpaint with its sigma, that sees the places to
    cover as hidden (N, 1, H, W) of bool. window and stride are pixels, both ways. Other arguments and errors as for
    integrated_gradients. Also ValueError for a window that does not fit and a stride longer than it.
    Zeiler & Fergus 2013, arXiv:1311.2901, section 4.2. The mean over the windows is Captum's convention.
    """
    rows = rows_at_a_time(images, batch_size)
    fill = as_fill(fill, images)
    height, width = images.shape[2:]
    across = window_starts(width, window, stride)
    corners = [(row, column) for row in window_starts(height, window, stride) for column in across]
    images = images.detach()
    scores = all_scores_in_batches(model, images, rows)
    classes = check_target(target, scores)
    _check_finite(scores.gather(1, classes[:, None]))

    wide = _wide(images)
    drops, covered = torch.zeros_like(images[:, :1], dtype=wide), torch.zeros_like(images[:1, :1], dtype=wide)
    for row, column in corners:
        covered[..., row : row + window, column : column + window] += 1
    for i, indices in batches(len(images), len(corners), rows):
        hidden = torch.zeros(len(indices), 1, height, width, dtype=torch.bool, device=images.device)
        for each, k in zip(hidden, indices.tolist(), strict=True):
            row, column = corners[k]
            each[:, row : row + window, column : column + window] = True
        plain = images[i].expand(len(indices), -1, -1, -1)
        seen = torch.where(hidden, _filled(fill, i, plain, hidden), plain)
        drop = scores[i, classes[i]].to(wide) - finite_scores(model, seen, int(classes[i])).to(wide)
        drops[i] += (drop[:, None, None, None] * hidden).sum(0)
    return (drops / covered).to(images.dtype)


def inpaint(images, hidden, sigma):
    """x̂ = G_σ(x · k) / G_σ(k) on hidden places, k = 1 where a pixel is known: the mean of known pixels near by.

    images (N, C, H, W), hidden (N, 1, H, W) of bool, sigma in pixels → (N, C, H, W). Known pixels stay as they are.
    Where no known pixel is in reach, the mean of all known pixels of the image. ValueError where there is none.
    Knutsson & Westin 1993, normalized convolution.
    """
    check_images(images)
    if not isinstance(hidden, torch.Tensor) or hidden.dtype != torch.bool:
        raise TypeError(f"hidden must be a bool tensor (N, 1, H, W), got {described(hidden)}")
    if hidden.shape != (len(images), 1, *images.shape[2:]):
        raise ValueError(
            f"hidden must have the shape (N, 1, H, W) of images, {tuple(images.shape)}, got {described(hidden)}"
        )
    if hidden.flatten(1).all(1).any():
        raise ValueError("hidden must leave at least one pixel of each image known, here all of one image are hidden")
    known = (~hidden).to(images.dtype)
    weight = blur(known, sigma)
    overall = (images * known).sum((2, 3), keepdim=True) / known.sum((2, 3), keepdim=True)
    painted = torch.where(weight > 0, blur(images * known, sigma) / weight, overall)
    return torch.where(hidden, painted, images)


def blur(images, sigma):
    """The mean of the neighbours, with weights that fall like a bell of standard deviation sigma pixels.

    images (N, C, H, W) → (N, C, H, W), differentiable. The bell reaches ceil(3 sigma) pixels to each side; beyond the
    border there is nothing, so what is the same everywhere stays so. ValueError for a sigma that is not above 0.
    """
    if isinstance(sigma, bool) or not isinstance(sigma, Real) or not 0 < sigma < math.inf:
        raise ValueError(f"sigma must be a number of pixels above 0, got {described(sigma)}")

    def along(values, axis):
        reach = math.ceil(min(3 * sigma, values.shape[axis] - 1))  # beyond the other border there is nothing
        at = torch.arange(-reach, reach + 1, device="cpu", dtype=torch.float64)
        bell = (-((at / sigma) ** 2) / 2).exp().to(values)
        kernel = bell.reshape((1, 1, -1, 1) if axis == 2 else (1, 1, 1, -1)).expand(values.shape[1], 1, -1, -1)
        padding = (reach, 0) if axis == 2 else (0, reach)
        return F.conv2d(values, kernel, padding=padding, groups=values.shape[1])

    with torch.autocast(images.device.type, enabled=False):
        for axis in (2, 3):
            images = along(images, axis) / along(torch.ones_like(images[:1]), axis)
    return images


# Many holes at once ---------------------------------------------------------------------------------------------------


def rise(
    model,
    images,
    target=None,
    *,
    fill=0.0,
    n_masks=400,
    cells=8,
    share=0.5,
    minus_hidden=False,
    seed=0,
    batch_size=None,
):
    """E[S_c(x ⊙ M + fill ⊙ (1 − M)) | u is seen] over random masks M: the rise_map of n_masks of them.

    images (N, C, H, W) → (N, 1, H, W), in units of the score. With minus_hidden the mean with u hidden is subtracted,
    as by seen_minus_hidden: then zero is neutral. fill is a number or a tensor as for sliding_occlusion. A mask has
    cells × cells cells, each shown with probability share. The masks depend on seed alone and are the same for every
    image; memory does not grow with n_masks. Other arguments and errors as for integrated_gradients.
    Petsiuk, Das & Saenko 2018, arXiv:1806.07421, eq. 6, divided by the coverage that was drawn.
    """
    rows, n_masks, seed = (
        rows_at_a_time(images, batch_size),
        at_least_one(n_masks, "n_masks"),
        whole_number(seed, "seed"),
    )
    cells = at_least_one(cells, "cells")
    if isinstance(share, bool) or not isinstance(share, Real) or not 0 < share < 1:
        raise ValueError(f"share must be a number between 0 and 1, got {described(share)}")
    fill = as_fill(fill, images, may_be_function=False)
    classes = classes_of(model, images, target, rows)
    images = images.detach()
    height, width = images.shape[2:]
    cell = torch.tensor([-(-height // cells), -(-width // cells)], device="cpu")

    maps, wide = torch.zeros_like(images[:, :1]), _wide(images)
    for i, indices in batches(len(images), n_masks, rows):
        if indices[0] == 0:
            generator = torch.Generator("cpu").manual_seed(seed)
            times_seen, score_seen, times_hidden, score_hidden = torch.zeros_like(maps[[i] * 4], dtype=wide)
            total = 0.0
        drawn = [torch.rand(cells * cells + 2, generator=generator, device="cpu") for _ in indices]
        grids, places = torch.stack(drawn).split([cells * cells, 2], dim=1)
        masks = rise_masks((grids < share).view(-1, cells, cells), (places * cell).long(), (height, width)).to(images)
        hidden = 1 - masks
        scores = finite_scores(model, masks * images[i] + hidden * fill[i], classes[i]).to(wide)[:, None, None, None]
        times_seen += masks.sum(0, dtype=wide)
        score_seen += (scores * masks).sum(0)
        times_hidden += hidden.sum(0, dtype=wide)
        score_hidden += (scores * hidden).sum(0)
        total += scores.sum()
        if indices[-1] == n_masks - 1:
            seen = _mean_where(score_seen, times_seen, total / n_masks)
            maps[i] = seen - _mean_where(score_hidden, times_hidden, total / n_masks) if minus_hidden else seen
    return maps


def rise_masks(grids, shifts, size):
    """Random grids enlarged to soft masks: bilinearly to one cell more than the image, then cut out at the shift.

    grids (M, s, s) of 0/1, shifts (M, 2) of ints from 0 to cell − 1, down and right → (M, 1, H, W) float in [0, 1].
    size is H = W, or (H, W); a cell is ⌈H / s⌉ × ⌈W / s⌉ pixels.
    Petsiuk, Das & Saenko 2018, arXiv:1806.07421, section 3.2.
    """
    height, width = (size, size) if isinstance(size, int) else size
    if not isinstance(grids, torch.Tensor) or grids.ndim != 3 or grids.shape[1] != grids.shape[2] or not grids.numel():
        raise ValueError(f"grids must be a tensor (M, s, s) of at least one grid, got {described(grids)}")
    s = grids.shape[1]
    cell = -(-height // s), -(-width // s)
    if not isinstance(shifts, torch.Tensor) or shifts.shape != (len(grids), 2) or shifts.is_floating_point():
        raise ValueError(
            f"shifts must be a tensor of two ints for each grid, ({len(grids)}, 2), got {described(shifts)}"
        )
    if (shifts < 0).any() or (shifts >= torch.tensor(cell, device=shifts.device)).any():
        raise ValueError(f"shifts must be less than a cell, from 0 to {cell[0] - 1} down and to {cell[1] - 1} right")
    enlarged = (s + 1) * cell[0], (s + 1) * cell[1]
    large = F.interpolate(grids[:, None].float(), enlarged, mode="bilinear", align_corners=False)
    pairs = zip(large, shifts.tolist(), strict=True)
    return torch.stack([mask[:, down : down + height, right : right + width] for mask, (down, right) in pairs])


def rise_map(scores, masks):
    """E[S | u is seen] ≈ Σ_i S_i M_i(u) / Σ_i M_i(u): the mean score of the masked pictures that show the place.

    scores (M,), masks (M, 1, H, W) in [0, 1] → (1, H, W), in units of the score. A place that no mask shows gets the
    mean score. Petsiuk, Das & Saenko 2018, eq. 6, with the coverage that was drawn in place of M · E[M].
    """
    _check_masks(scores, masks)
    weights = scores[:, None, None, None]
    return _mean_where((weights * masks).sum(0), masks.sum(0), scores.mean())


def seen_minus_hidden(scores, masks):
    """E[S | u is seen] − E[S | u is hidden]: what seeing a place adds to the mean score; zero is neutral.

    Arguments and result as for rise_map; signed.
    """
    return rise_map(scores, masks) - rise_map(scores, 1 - masks)


def _mean_where(total, count, otherwise):
    some = count > 0
    return torch.where(some, total / torch.where(some, count, 1), otherwise)


def _check_masks(scores, masks):
    if not isinstance(masks, torch.Tensor) or masks.ndim != 4 or masks.shape[1] != 1 or not masks.is_floating_point():
        raise ValueError(f"masks must be a float tensor (M, 1, H, W), got {described(masks)}")
    if not isinstance(scores, torch.Tensor) or scores.shape != masks.shape[:1] or not scores.is_floating_point():
        raise ValueError(
            f"scores must be a float tensor with one for each mask, ({len(masks)},), got {described(scores)}"
        )
    if not len(masks):
        raise ValueError("masks must be at least one, here there is none")
    for name, each in {"masks": masks, "scores": scores}.items():
        if not each.isfinite().all():
            raise ValueError(f"{name} must be finite, got {described(each)} with NaN or infinity in it")


# How little is enough -------------------------------------------------------------------------------------------------


def masked_objective(model, images, target, masks, fill, area, weight):
    """S_c(x ⊙ m + fill ⊙ (1 − m)) − weight · mean_u (sort(m)_u − r_u)²: what a mask keeps of the score.

    images (N, C, H, W), masks (N, 1, H, W) in [0, 1], fill as for sliding_occlusion → (N,), differentiable with respect
    to masks; larger is better. r is 0 for the first round((1 − area) · H·W) places and 1 for the others: a sharp mask
    of this area costs nothing.
    Fong, Patrick & Vedaldi 2019, arXiv:1910.08485, section 3.
    """
    check_images(images)
    if not isinstance(masks, torch.Tensor) or not masks.is_floating_point():
        raise TypeError(f"masks must be a float tensor (N, 1, H, W), got {described(masks)}")
    if masks.shape != (len(images), 1, *images.shape[2:]):
        raise ValueError(
            f"masks must have the shape (N, 1, H, W) of images, {tuple(images.shape)}, got {described(masks)}"
        )
    if not masks.isfinite().all():
        raise ValueError(f"masks must be finite, got {described(masks)} with NaN or infinity in it")
    if isinstance(area, bool) or not isinstance(area, Real) or not 0 <= area <= 1:
        raise ValueError(f"area must be a share of the image from 0 to 1, got {described(area)}")
    scores = masked_score(model, images, target, masks, as_fill(fill, images, may_be_function=False))
    values = masks.flatten(1).sort(dim=1).values
    template = torch.zeros_like(values[0])
    template[round((1 - area) * len(template)) :] = 1
    return scores - weight * ((values - template) ** 2).mean(1)


def masked_score(model, images, target, masks, fill):
    """S_c(x ⊙ m + fill ⊙ (1 − m)), fill (N, C, H, W); in the model's dtype, whatever that of the masks."""
    return class_score(model, (images * masks + fill * (1 - masks)).to(images.dtype), target)


def extremal_perturbation(
    model,
    images,
    target=None,
    *,
    fill=0.0,
    area=0.1,
    delete=False,
    n_steps=50,
    cells=16,
    sigma=3.0,
    weight=100.0,
    batch_size=None,
):
    """The mask of a given area that keeps the score highest; with delete, the one without which it falls lowest.

    images (N, C, H, W) → (N, 1, H, W) in [0, 1]: the sigmoid of cells × cells numbers, enlarged and blurred by sigma
    pixels, found by n_steps of Adam on masked_objective; the weight of the area grows from `weight` by 4 % a step. The
    search draws nothing. It begins with ½ everywhere, but for a step of a thousandth uphill: equal values would be
    sorted by their place, and the lowest rows would get the area first. fill is a number or a tensor as for
    sliding_occlusion. Other arguments and errors as for integrated_gradients. Also ValueError for an area that is not
    between 0 and 1.
    After Fong, Patrick & Vedaldi 2019, arXiv:1910.08485; their masks are a smooth maximum of bumps.
    """
    rows, n_steps = rows_at_a_time(images, batch_size), at_least_one(n_steps, "n_steps")
    cells = at_least_one(cells, "cells")
    if isinstance(area, bool) or not isinstance(area, Real) or not 0 < area < 1:
        raise ValueError(f"area must be a share of the image between 0 and 1, got {described(area)}")
    if isinstance(weight, bool) or not isinstance(weight, Real) or not 0 <= weight < math.inf:
        raise ValueError(f"weight must be a number, 0 or more, got {described(weight)}")
    pixels = images.shape[2] * images.shape[3]
    if not 0 < round((1 - area) * pixels) < pixels:
        raise ValueError(f"area must be at least one pixel of {pixels} and leave one, got {area}")
    fill = as_fill(fill, images, may_be_function=False)
    classes = torch.tensor(classes_of(model, images, target, rows), device=images.device)

    masks = []
    with left_as_found(model):
        for part, cover, asked in zip(images.detach().split(rows), fill.split(rows), classes.split(rows), strict=True):
            part, cover = quick_layout(part), quick_layout(cover)
            numbers = part.new_zeros(len(part), 1, cells, cells, dtype=_wide(part)).requires_grad_()
            half = _smooth(numbers, part.shape[2:], sigma)
            slope = _finite_gradient(masked_score(model, part, asked, half, cover).sum(), numbers)
            largest = slope.abs().amax((1, 2, 3), keepdim=True).clamp(min=torch.finfo(slope.dtype).tiny)
            with torch.no_grad():
                numbers += 1e-3 * slope / largest  # to delete, too: at ½ what is shown is what is left
            optimiser = torch.optim.Adam([numbers], lr=0.5)
            for step in trange(n_steps, delay=5, leave=False):
                now = weight * 1.04**step
                mask = _smooth(numbers, part.shape[2:], sigma)
                if delete:  # the score of what is left, as low as possible
                    value = -masked_objective(model, part, asked, 1 - mask, cover, 1 - area, -now)
                else:
                    value = masked_objective(model, part, asked, mask, cover, area, now)
                numbers.grad = _finite_gradient(-value.sum(), numbers)
                optimiser.step()
            masks.append(_smooth(numbers, part.shape[2:], sigma).detach().to(part.dtype))
    return torch.cat(masks)


def _finite_gradient(score, x):
    gradient = gradient_of(score, x, UNRELATED)
    if not gradient.isfinite().all():
        raise ValueError("model must have a finite gradient, got NaN or infinity for a masked image")
    return gradient


def _smooth(numbers, size, sigma):
    return blur(F.interpolate(numbers, tuple(size), mode="bilinear", align_corners=False), sigma).sigmoid()


# What stands there instead --------------------------------------------------------------------------------------------


def as_fill(fill, images, may_be_function=True):
    """Any fill as (N, C, H, W), one for all images taking no more memory than one; a function as it is."""
    if callable(fill) and not isinstance(fill, torch.Tensor):
        if may_be_function:
            return fill
        raise TypeError(f"fill must be a number or a float tensor here, got {described(fill)}")
    if isinstance(fill, Real) and not isinstance(fill, bool):
        values = torch.full((1, 1, 1), float(fill), dtype=torch.float64, device="cpu").to(images)
    elif isinstance(fill, torch.Tensor) and fill.is_floating_point():
        values = fill.detach().to(images)
    else:
        expected = "a number, a float tensor or a function" if may_be_function else "a number or a float tensor"
        raise TypeError(f"fill must be {expected}, got {described(fill)}")
    n, c, h, w = images.shape
    if values.ndim not in (3, 4) or any(
        a not in (1, b) for a, b in zip(values.shape[::-1], (w, h, c, n), strict=False)
    ):
        raise ValueError(
            f"fill must be a number or have the shape ({c}, 1, 1), ({c}, {h}, {w}) or ({n}, {c}, {h}, {w}), "
            f"got {described(fill)}"
        )
    if not values.isfinite().all():
        inside = " with NaN or infinity in it" * isinstance(fill, torch.Tensor)
        raise ValueError(f"fill must be finite, got {described(fill)}{inside}")
    return values.expand(images.shape)


def _filled(fill, i, plain, hidden):
    if isinstance(fill, torch.Tensor):
        return fill[i]
    filled = fill(plain.clone(), hidden.clone())  # it may write into what it gets
    if not isinstance(filled, torch.Tensor) or filled.shape != plain.shape:
        raise ValueError(f"fill must return images of the shape {tuple(plain.shape)}, got {described(filled)}")
    if not filled.isfinite().all():
        raise ValueError(f"fill must return finite images, got {described(filled)} with NaN or infinity in it")
    return filled.detach().to(plain)


# What comes back ------------------------------------------------------------------------------------------------------


def finite_scores(model, images, c):
    """S_c of each image, without a graph. ValueError for an infinite score, whose differences and means say nothing."""
    with torch.no_grad():
        scores = class_score(model, quick_layout(images), c)
    _check_finite(scores)
    return scores


def _check_finite(scores):
    if not scores.isfinite().all():
        raise ValueError(
            "model must return finite scores, got infinity: does it take a logarithm, or is it in float16?"
        )


def _wide(images):
    """The dtype of sums: in half precision 256 and 1 would be 256."""
    return torch.promote_types(images.dtype, torch.float32)
