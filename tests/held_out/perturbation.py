"""Lesson 08: right answers written otherwise, and wrong ones that are no listed misconception, with words that help."""

import math
from itertools import product

import numpy as np
import torch
import torch.nn.functional as F

from utils import blur, class_score

# window_starts: right -------------------------------------------------------------------------------------------------


def starts_by_appending(length, window, stride):
    starts = list(range(0, length - window + 1, stride))
    if starts[-1] != length - window:
        starts.append(length - window)
    return starts


def starts_by_while(length, window, stride):
    starts, place = [], 0
    while place < length - window:
        starts.append(place)
        place += stride
    starts.append(length - window)
    return starts


def starts_by_clamping(length, window, stride):
    steps = math.ceil((length - window) / stride) + 1
    return [min(k * stride, length - window) for k in range(steps)]


def starts_by_numpy(length, window, stride):
    return np.unique(np.append(np.arange(0, length - window, stride), length - window))


def starts_by_torch(length, window, stride):
    return torch.unique(torch.cat([torch.arange(0, length - window, stride), torch.tensor([length - window])]))


def starts_as_tuple(length, window, stride):
    return tuple(dict.fromkeys([*range(0, length - window + 1, stride), length - window]))


# sliding_occlusion: right ---------------------------------------------------------------------------------------------


def scores_of(model, images, target):
    return model(images)[torch.arange(len(images)), torch.as_tensor(target).expand(len(images))]


def corners(images, window, stride):
    return product(*(starts_by_while(length, window, stride) for length in images.shape[2:]))


def occlusion_by_masks(model, images, target, window, stride, fill):
    """All windows as masks (R, 1, H, W), each multiplied in; the mean by one division."""
    masks = []
    for row, column in corners(images, window, stride):
        mask = torch.zeros(1, *images.shape[2:], dtype=images.dtype)
        mask[:, row : row + window, column : column + window] = 1
        masks.append(mask)
    masks = torch.stack(masks)
    before = scores_of(model, images, target)
    drops = torch.stack([before - scores_of(model, images * (1 - m) + fill * m, target) for m in masks])
    return (torch.einsum("rn,rchw->nchw", drops, masks) / masks.sum(0)).detach()


def occlusion_image_by_image(model, images, target, window, stride, fill):
    maps = []
    for n, image in enumerate(images):
        wanted = target if isinstance(target, int) else target[n].item()
        other = fill[n] if fill.dim() == 4 else fill
        before = model(image[None])[0, wanted].item()
        lists = [[[] for _ in range(images.shape[3])] for _ in range(images.shape[2])]
        for row, column in corners(images, window, stride):
            covered = image.detach().clone()
            covered[:, row : row + window, column : column + window] = other[
                :, row : row + window, column : column + window
            ]
            drop = before - model(covered[None])[0, wanted].item()
            for i in range(row, row + window):
                for j in range(column, column + window):
                    lists[i][j].append(drop)
        maps.append([[sum(each) / len(each) for each in line] for line in lists])
    return torch.tensor(maps, dtype=images.dtype)[:, None]


def occlusion_by_where(model, images, target, window, stride, fill):
    rows, columns = torch.arange(images.shape[2])[:, None], torch.arange(images.shape[3])
    total, count = 0, 0
    before = class_score(model, images, target)
    for row, column in corners(images, window, stride):
        inside = (rows >= row) & (rows < row + window) & (columns >= column) & (columns < column + window)
        drop = before - class_score(model, torch.where(inside, fill, images), target)
        total = total + drop[:, None, None, None] * inside
        count = count + inside.to(images.dtype)
    return (total / count).detach()  # the history is dropped at the end


def occlusion_in_one_batch(model, images, target, window, stride, fill):
    """Windows as columns of `fold`, which adds up what overlaps where the stride comes out even; else by hand."""
    places = list(corners(images, window, stride))
    copies = images.detach().repeat(len(places), 1, 1, 1)
    fills = fill.expand_as(images).repeat(len(places), 1, 1, 1)
    targets = target.repeat(len(places)) if isinstance(target, torch.Tensor) else target
    for k, (row, column) in enumerate(places):
        part = slice(k * len(images), (k + 1) * len(images))
        copies[part, :, row : row + window, column : column + window] = fills[
            part, :, row : row + window, column : column + window
        ]
    with torch.no_grad():
        drops = scores_of(model, images, target).repeat(len(places)) - scores_of(model, copies, targets)
    drops = drops.view(len(places), len(images))
    rows = [starts_by_while(length, window, stride) for length in images.shape[2:]]
    spread = [
        torch.zeros(len(starts), length, dtype=images.dtype)
        for starts, length in zip(rows, images.shape[2:], strict=True)
    ]
    for starts, matrix in zip(rows, spread, strict=True):
        for k, start in enumerate(starts):
            matrix[k, start : start + window] = 1
    grid = drops.T.reshape(len(images), 1, len(rows[0]), len(rows[1]))
    return spread[0].T @ grid @ spread[1] / (spread[0].sum(0)[:, None] * spread[1].sum(0))


def occlusion_in_float64(model, images, target, window, stride, fill):
    return occlusion_by_masks(model, images, target, window, stride, fill).double()


def occlusion_by_cumulative_sums(model, images, target, window, stride, fill):
    """Each drop marks the four corners of its window; two cumulative sums fill it in."""
    marks = torch.zeros(2, len(images), images.shape[2] + 1, images.shape[3] + 1, dtype=torch.float64)
    with torch.no_grad():
        before = class_score(model, images, target)
        for row, column in corners(images, window, stride):
            covered = images.detach().clone()
            at = ..., slice(row, row + window), slice(column, column + window)
            covered[at] = fill[at]
            values = torch.stack([before - class_score(model, covered, target), torch.ones(len(images))])
            for i, j, sign in ((0, 0, 1), (window, 0, -1), (0, window, -1), (window, window, 1)):
                marks[:, :, row + i, column + j] += sign * values
    drops, times = marks.cumsum(2).cumsum(3)[:, :, :-1, :-1]
    return (drops / times)[:, None].to(images.dtype)


# inpaint: right -------------------------------------------------------------------------------------------------------


def bell_sums(values, sigma):
    """Σ of the values near by, weighted by a Gaussian that reaches ceil(3 σ) pixels; nothing beyond the border."""
    reach = math.ceil(3 * sigma)
    at = torch.arange(-reach, reach + 1, dtype=values.dtype)
    bell = torch.exp(-(at**2) / (2 * sigma**2))
    kernel = (bell[:, None] * bell).expand(values.shape[1], 1, -1, -1)
    return F.conv2d(values, kernel, padding=reach, groups=values.shape[1])


def painting_by_zero_padding(images, hidden, sigma):
    known = 1 - hidden.to(images.dtype)
    weight = bell_sums(known, sigma)
    mean = (images * known).sum((2, 3), keepdim=True) / known.sum((2, 3), keepdim=True)
    painted = torch.where(weight == 0, mean, bell_sums(images * known, sigma) / weight.clamp(min=1e-30))
    return images * known + painted * (1 - known)


def painting_by_index(images, hidden, sigma):
    painted = images.clone()
    for n in range(len(images)):
        known = (~hidden[n : n + 1]).to(images.dtype)
        near = (blur(images[n : n + 1] * known, sigma) / blur(known, sigma))[0]
        for c in range(images.shape[1]):
            near[c][near[c].isnan()] = images[n, c][~hidden[n, 0]].mean()
            painted[n, c][hidden[n, 0]] = near[c][hidden[n, 0]]
    return painted


def painting_by_pixels(images, hidden, sigma):
    painted, reach = images.clone(), math.ceil(3 * sigma)
    for n, _, row, column in hidden.nonzero().tolist():
        known = (~hidden[n, 0]).nonzero().tolist()
        near = [(i, j) for i, j in known if abs(i - row) <= reach and abs(j - column) <= reach]
        weights = [math.exp(-((i - row) ** 2 + (j - column) ** 2) / (2 * sigma**2)) for i, j in near]
        if not near:
            near, weights = known, [1.0] * len(known)
        total = sum(w * images[n, :, i, j] for w, (i, j) in zip(weights, near, strict=True))
        painted[n, :, row, column] = total / sum(weights)
    return painted


def painting_by_masked_fill(images, hidden, sigma):
    known = torch.logical_not(hidden).double()
    black = images.double().masked_fill(hidden, 0)
    mean = black.flatten(2).sum(2) / known.flatten(2).sum(2)
    near = blur(black, sigma) / blur(known, sigma)
    near = torch.where(near.isfinite(), near, mean[:, :, None, None])
    return torch.where(hidden, near, images.double())


# rise_masks: right ----------------------------------------------------------------------------------------------------


def masks_by_loop(grids, shifts, size):
    s = grids.shape[-1]
    cell = math.ceil(size / s)
    masks = torch.zeros(len(grids), 1, size, size)
    for k in range(len(grids)):
        large = F.interpolate(grids[k][None, None], size=((s + 1) * cell, (s + 1) * cell), mode="bilinear")
        down, right = shifts[k]
        masks[k, 0] = large[0, 0, down : down + size, right : right + size]
    return masks


def masks_by_index(grids, shifts, size):
    m, s, _ = grids.shape
    cell = (size + s - 1) // s
    large = F.interpolate(grids.unsqueeze(1), scale_factor=(s + 1) * cell / s, mode="bilinear")[:, 0]
    at = torch.arange(size)
    rows, columns = shifts[:, :1] + at, shifts[:, 1:] + at
    return large[torch.arange(m)[:, None, None], rows[:, :, None], columns[:, None, :]][:, None]


def masks_by_matrices(grids, shifts, size):
    """Bilinear weights written out: place i of n lies at (i + ½) · s / n − ½ of the grid, held inside."""
    s = grids.shape[1]
    n = (s + 1) * -(-size // s)
    at = ((torch.arange(n) + 0.5) * s / n - 0.5).clamp(0, s - 1)
    weights = (1 - (at[:, None] - torch.arange(s)).abs()).clamp(min=0)
    large = weights @ grids @ weights.T
    return torch.stack([m[i : i + size, j : j + size][None] for m, (i, j) in zip(large, shifts.tolist(), strict=True)])


def masks_by_roll(grids, shifts, size):
    s = grids.shape[1]
    n = (s + 1) * -(-size // s)
    large = torch.nn.Upsample((n, n), mode="bilinear")(grids[:, None].double())
    return torch.cat(
        [m.roll((-i, -j), (1, 2))[None, :, :size, :size] for m, (i, j) in zip(large, shifts.tolist(), strict=True)]
    )


# rise_map: right ------------------------------------------------------------------------------------------------------


def map_by_einsum(scores, masks):
    times = masks.sum(0)
    return torch.where(times == 0, scores.mean(), torch.einsum("m,mchw->chw", scores, masks) / times)


def map_by_tensordot(scores, masks):
    ratio = torch.tensordot(scores, masks, dims=1) / masks.sum(dim=0)
    return torch.nan_to_num(ratio, nan=scores.mean().item())


def map_by_places(scores, masks):
    height, width = masks.shape[2:]
    result = torch.full((1, height, width), scores.mean().item(), dtype=scores.dtype)
    for i in range(height):
        for j in range(width):
            weights = masks[:, 0, i, j]
            if weights.sum() > 0:
                result[0, i, j] = (weights * scores).sum() / weights.sum()
    return result


def map_by_running_sums(scores, masks):
    total, times = torch.zeros_like(masks[0]), torch.zeros_like(masks[0])
    for score, mask in zip(scores.tolist(), masks, strict=True):
        total += score * mask
        times += mask
    unseen = times == 0
    times[unseen] = 1
    total[unseen] = scores.mean()
    return total / times


def map_by_matrix_product(scores, masks):
    flat = masks.double().flatten(1)
    values = scores.double() @ flat / flat.sum(0)
    values[flat.sum(0) == 0] = scores.double().mean()
    return values.reshape(masks.shape[1:])


# seen_minus_hidden: right ---------------------------------------------------------------------------------------------


def difference_of_maps(scores, masks):
    return map_by_einsum(scores, masks) - map_by_einsum(scores, 1 - masks)


def difference_by_nan_to_num(scores, masks):
    """Where a place is always seen both means are the mean score, and their difference is 0."""
    s = scores.view(-1, 1, 1, 1)
    seen = (s * masks).sum(0) / masks.sum(0)
    hidden = (s * (1 - masks)).sum(0) / (1 - masks).sum(0)
    return (seen - hidden).nan_to_num(0)


def difference_of_what_is_left(scores, masks):
    """What is hidden is all there is less what is seen."""
    seen, times = torch.tensordot(scores, masks, 1), masks.sum(0)
    left, rest = scores.sum() - seen, len(scores) - times
    mean = scores.mean()
    one = torch.where(times > 0, seen / times, mean)
    return one - torch.where(rest > 1e-6, left / rest, mean)


def difference_by_numpy(scores, masks):
    s, m = scores.numpy(), masks.numpy()
    with np.errstate(all="ignore"):
        parts = [np.einsum("m,mchw->chw", s, each) / each.sum(0) for each in (m, 1 - m)]
    parts = [np.where(np.isnan(part), s.mean(), part) for part in parts]
    return torch.from_numpy(parts[0] - parts[1])


# masked_objective: right ----------------------------------------------------------------------------------------------


def objective_by_topk(model, images, target, masks, fill, area, weight):
    n, places = len(masks), masks[0].numel()
    descending = masks.reshape(n, -1).topk(places, dim=1).values
    zeros = round((1 - area) * places)
    template = torch.cat([torch.ones(places - zeros), torch.zeros(zeros)])
    cost = (descending - template).pow(2).sum(1) / places
    return scores_of(model, images * masks + fill * (1 - masks), target) - weight * cost


def objective_by_two_parts(model, images, target, masks, fill, area, weight):
    values, _ = torch.sort(masks.view(len(masks), -1))
    k = round((1 - area) * values.shape[1])
    cost = ((values[:, :k] ** 2).sum(1) + ((1 - values[:, k:]) ** 2).sum(1)) / values.shape[1]
    return class_score(model, fill + masks * (images - fill), target) - weight * cost


def objective_image_by_image(model, images, target, masks, fill, area, weight):
    values = []
    for n in range(len(images)):
        wanted = target if isinstance(target, int) else int(target[n])
        other = fill[n] if fill.dim() == 4 else fill
        mask = masks[n]
        score = model((images[n] * mask + other * (1 - mask))[None])[0, wanted]
        ordered = mask.flatten()[mask.flatten().argsort()]
        template = (torch.arange(len(ordered)) >= round((1 - area) * len(ordered))).to(ordered)
        values.append(score - weight * F.mse_loss(ordered, template))
    return torch.stack(values)


def objective_in_float64(model, images, target, masks, fill, area, weight):
    cost = ((masks.double().flatten(1).sort().values - step(masks[0].numel(), area)) ** 2).mean(-1)
    return class_score(model, torch.lerp(fill.expand_as(images), images, masks), target).double() - weight * cost


def step(places, area):
    return torch.heaviside(torch.arange(places) - round((1 - area) * places) + 0.5, torch.tensor(1.0)).double()


EQUALLY_VALID = {
    "window_starts": (starts_by_appending, starts_by_while, starts_by_clamping, starts_by_numpy, starts_by_torch),
    "sliding_occlusion": (occlusion_by_masks, occlusion_image_by_image, occlusion_by_where, occlusion_in_one_batch),
    "inpaint": (painting_by_zero_padding, painting_by_index, painting_by_pixels, painting_by_masked_fill),
    "rise_masks": (masks_by_loop, masks_by_index, masks_by_matrices, masks_by_roll),
    "rise_map": (map_by_einsum, map_by_tensordot, map_by_places, map_by_running_sums, map_by_matrix_product),
    "seen_minus_hidden": (
        difference_of_maps,
        difference_by_nan_to_num,
        difference_of_what_is_left,
        difference_by_numpy,
    ),
    "masked_objective": (
        objective_by_topk,
        objective_by_two_parts,
        objective_image_by_image,
        objective_in_float64,
    ),
}
OF_OTHER_STYLES = {
    "window_starts": (starts_as_tuple,),
    "sliding_occlusion": (occlusion_in_float64, occlusion_by_cumulative_sums),
}


# slips that are no listed misconception: (exercise, answer, words that its message must have) -------------------------


def with_history(model, images, target, window, stride, fill):
    """Right but for the runs of the network, which stay in memory."""
    drops, times = torch.zeros_like(images[:, :1]), torch.zeros_like(images[:, :1])
    before = class_score(model, images, target)
    for row, column in corners(images, window, stride):
        place = ..., slice(row, row + window), slice(column, column + window)
        covered = images.clone()
        covered[place] = fill[place]
        drops[place] += (before - class_score(model, covered, target))[:, None, None, None]
        times[place] += 1
    return drops / times


def over_windows(cover=None, write=None, end=lambda drops, times: drops / times, drop=lambda drop, before: drop):
    """An answer to sliding_occlusion with one step done otherwise."""

    def put(covered, fill, rows, columns):
        covered[..., rows, columns] = fill[..., rows, columns]
        return covered

    def sliding_occlusion(model, images, target, window, stride, fill):
        drops, times = torch.zeros_like(images[:, :1]), torch.zeros_like(images[:, :1])
        with torch.no_grad():
            before = class_score(model, images, target)
            for row, column in corners(images, window, stride):
                rows, columns = slice(row, row + window), slice(column, column + window)
                covered = (cover or put)(images.clone(), fill, rows, columns)
                fall = drop(before - class_score(model, covered, target), before)
                places = (write or (lambda *both: both))(rows, columns)
                drops[(..., *places)] += fall[:, None, None, None] if isinstance(fall, torch.Tensor) else fall
                times[(..., *places)] += 1
        return end(drops, times)

    return sliding_occlusion


def put_in(covered, values, rows, columns):
    covered[..., rows, columns] = values
    return covered


def put_into_the_first(covered, fill, rows, columns):
    covered[0, :, rows, columns] = fill[0, :, rows, columns] if fill.dim() == 4 else fill[:, rows, columns]
    return covered


def by_own_windows(model, images, target, window, stride, fill):
    return torch.cat([over_windows()(model, image, target, window, stride, fill) for image in images])


def known_in(images, hidden):
    return (~hidden).to(images.dtype)


def by_a_box(images, hidden, sigma):
    known = known_in(images, hidden)
    near = F.avg_pool2d(images * known, 3, 1, 1) / F.avg_pool2d(known, 3, 1, 1)
    return torch.where(hidden, near, images)


def zeros_for_hidden(images, hidden, sigma):
    known = (images != 0).to(images.dtype)
    return torch.where(hidden, blur(images, sigma) / blur(known, sigma), images)


def into_the_image(images, hidden, sigma):
    painted = images.clone()
    painted[hidden] = painting_by_masked_fill(images, hidden, sigma).to(images.dtype)[hidden]
    return painted


def masked_from(change=lambda large: large, mode="bilinear", cell=lambda size, s: -(-size // s), cut=None):
    """An answer to rise_masks with one step done otherwise."""

    def rise_masks(grids, shifts, size):
        s = grids.shape[1]
        n = (s + 1) * cell(size, s)
        large = change(F.interpolate(grids[:, None], (n, n), mode=mode))
        pairs = zip(large, shifts.tolist(), strict=True)
        return torch.stack(
            [(cut or (lambda m, i, j, n: m[:, i : i + n, j : j + n]))(m, i, j, size) for m, (i, j) in pairs]
        )

    return rise_masks


def weighed(scores, masks):
    return (scores[:, None, None, None] * masks).sum(0)


def objective_with(score=None, cost=None, template=None, combine=lambda score, weight, cost: score - weight * cost):
    """An answer to masked_objective with one step done otherwise."""

    def masked_objective(model, images, target, masks, fill, area, weight):
        shown = images * masks + fill * (1 - masks)
        values = masks.flatten(1).sort(dim=1).values
        wanted = (template or step)(values.shape[1], area).to(values)
        reached = score(model, shown, target, masks, images) if score else class_score(model, shown, target)
        return combine(reached, weight, cost(values, wanted, masks) if cost else ((values - wanted) ** 2).mean(1))

    return masked_objective


SLIPS = [
    ("window_starts", lambda length, window, stride: [*range(0, length - window, stride)].append(length), "`append`"),
    ("window_starts", lambda length, window, stride: range(0, length, stride) + [length], "`list(range(…)) + […]`"),
    ("window_starts", lambda length, window, stride: {*range(0, length - window, stride), length - window}, "no order"),
    ("window_starts", lambda length, window, stride: [k * stride for k in range(length / stride)], "`//` divides"),
    ("window_starts", lambda length, window, stride: [0.0, *range(stride, length - window, stride)], "whole numbers"),
    ("window_starts", lambda length, window, stride: [(k, k + window) for k in range(length)], "one number for each"),
    ("window_starts", lambda length, window, stride: (length - window) // stride + 1, "of the type int"),
    (
        "window_starts",
        lambda length, window, stride: sorted({*range(0, length - window, max(window // 2, 1)), length - window}),
        "[0, 2, 3] for length 5",
    ),
    ("window_starts", lambda length, window, stride: [*range(0, length, window - stride)], "is `stride` itself"),
    (
        "sliding_occlusion",
        over_windows(lambda c, fill, *at: put_in(c, fill.flip(-1)[(..., *at)], *at)),
        "the same place",
    ),
    (
        "sliding_occlusion",
        over_windows(lambda c, fill, i, j: put_in(c, fill[..., i.start : i.start + 1, j.start : j.start + 1], i, j)),
        "the same place",
    ),
    (
        "sliding_occlusion",
        over_windows(lambda c, fill, i, j: put_in(c, fill, i, j)),
        "reads either at the window's place",
    ),
    (
        "sliding_occlusion",
        over_windows(lambda c, fill, *at: put_in(c, fill[:, :, at[0], at[1]], *at)),
        "`...` stands for",
    ),
    ("sliding_occlusion", over_windows(put_into_the_first), "image 0 came out right"),
    ("sliding_occlusion", over_windows(end=lambda drops, times: drops / times**2), "by the number of windows"),
    ("sliding_occlusion", over_windows(write=lambda i, j: (j, i)), "Rows and columns are exchanged"),
    ("sliding_occlusion", over_windows(drop=lambda drop, before: drop.sign()), "score before − score after"),
    ("sliding_occlusion", over_windows(drop=lambda drop, before: drop.item()), "Do without `.item()`"),
    ("sliding_occlusion", by_own_windows, "is a batch already"),
    ("sliding_occlusion", with_history, "keeps its history"),
    ("inpaint", lambda images, hidden, sigma: blur(images * (1 - hidden), sigma), "`~hidden` turns"),
    ("inpaint", lambda images, hidden, sigma: blur(images, sigma) / blur(~hidden, sigma), "not True and False"),
    ("inpaint", by_a_box, "`blur(known, sigma)` is 0"),
    ("inpaint", zeros_for_hidden, "`known` 1 where a pixel is known"),
    ("inpaint", into_the_image, "has one channel"),
    (
        "inpaint",
        lambda images, hidden, sigma: torch.where(hidden, images.median(), images),
        "`blur(images * known, sigma) / blur(known, sigma)`",
    ),
    ("inpaint", lambda images, hidden, sigma: torch.where(hidden, torch.rand_like(images), images), "at hidden places"),
    ("rise_masks", masked_from(lambda large: 0.5 * large), "0.5 times what it should be"),
    ("rise_masks", masked_from(lambda large: large.clamp(0.1, 0.9)), "enlarge it bilinearly"),
    ("rise_masks", masked_from(mode="linear"), "called bilinear"),
    ("rise_masks", masked_from(cell=lambda size, s: size / s), "with the cell rounded up"),
    ("rise_masks", masked_from(cell=lambda size, s: round(size / s)), "with the cell rounded up"),
    (
        "rise_masks",
        masked_from(cut=lambda m, i, j, n: m[:, max(i, j) : max(i, j) + n, min(i, j) : min(i, j) + n]),
        "row `shift[0]`",
    ),
    ("rise_masks", masked_from(cut=lambda m, i, j, n: m[:, -i - n :, -j - n :]), "(M, 1, size, size)"),
    ("rise_map", lambda scores, masks: (scores * masks).sum(0) / masks.sum(0), "`scores[:, None, None, None]`"),
    ("rise_map", lambda scores, masks: scores @ masks / masks.sum(0), "weighs each mask"),
    ("rise_map", lambda scores, masks: torch.einsum("m,mhw->hw", scores, masks), "'m,mchw->chw'"),
    ("rise_map", lambda scores, masks: weighed(scores.exp(), masks) / masks.sum(0), "the sum over the masks of score"),
    ("rise_map", lambda scores, masks: weighed(scores - scores.min(), masks) / masks.sum(0), "too small by 1"),
    ("rise_map", lambda scores, masks: weighed(scores.sort().values, masks) / masks.sum(0), "the sum over the masks"),
    (
        "rise_map",
        lambda scores, masks: weighed(scores, masks) / masks.square().sum(0).sqrt(),
        "divided by the sum over",
    ),
    ("rise_map", lambda scores, masks: (weighed(scores, masks) / masks.sum(0)).nan_to_num(0.5), "the mean score"),
    (
        "rise_map",
        lambda scores, masks: weighed(scores, masks) if masks.sum(0) > 0 else scores.mean(),
        "in place of `if`",
    ),
    (
        "seen_minus_hidden",
        lambda scores, masks: map_by_einsum(scores, masks) - map_by_einsum(scores, ~masks),
        "`1 - masks`",
    ),
    (
        "seen_minus_hidden",
        lambda scores, masks: map_by_einsum(scores, masks) - map_by_einsum(scores, not masks),
        "`not` and `if` want one truth value",
    ),
    (
        "seen_minus_hidden",
        lambda scores, masks: map_by_einsum(scores, masks) - map_by_einsum(scores, masks.flip(0)),
        "what they hide",
    ),
    (
        "seen_minus_hidden",
        lambda scores, masks: map_by_einsum(scores.relu(), masks) - map_by_einsum(scores.relu(), 1 - masks),
        "with the same scores",
    ),
    (
        "seen_minus_hidden",
        lambda scores, masks: map_by_einsum(scores, masks).log() - map_by_einsum(scores, 1 - masks).log(),
        "`rise_map` of the masks minus",
    ),
    (
        "seen_minus_hidden",
        lambda scores, masks: masks[scores > scores.mean()].mean(0) - masks[scores <= scores.mean()].mean(0),
        "`rise_map` of the masks minus",
    ),
    (
        "seen_minus_hidden",
        lambda scores, masks: difference_of_maps(scores, masks)[0],
        "The first dimension is missing",
    ),
    ("masked_objective", objective_with(cost=lambda v, r, m: (v.detach() - r).square().mean(1)), "part of the formula"),
    (
        "masked_objective",
        objective_with(lambda model, shown, target, masks, images: class_score(model, shown.detach(), target)),
        "part of the formula",
    ),
    (
        "masked_objective",
        objective_with(cost=lambda v, r, m: F.binary_cross_entropy(v, r.expand_as(v), reduction="none").mean(1)),
        "(sorted mask values − template)²",
    ),
    ("masked_objective", objective_with(template=lambda n, area: torch.linspace(0, 1, n)), "zeros and then ones"),
    ("masked_objective", objective_with(combine=lambda s, weight, c: s * (1 - weight * c)), "minus weight · the mean"),
    ("masked_objective", objective_with(combine=lambda s, weight, c: s - weight**2 * c), "minus weight · the mean"),
    (
        "masked_objective",
        objective_with(
            cost=lambda v, r, m: (v - r).square().mean(1) + (m[..., 1:] - m[..., :-1]).abs().mean((1, 2, 3))
        ),
        "minus weight · the mean",
    ),
    (
        "masked_objective",
        lambda model, images, target, masks, fill, area, weight: (
            class_score(model, images * masks, target) - weight * (masks.flatten(1).sort(dim=1) - area) ** 2
        ),
        "take `.values`",
    ),
    (
        "masked_objective",
        lambda model, images, target, masks, fill, area, weight: torch.zeros(masks[0].numel())[(1 - area) * 4 :],
        "`round(…)` of a number",
    ),
    (
        "masked_objective",
        objective_with(
            lambda model, shown, target, masks, images: scores_of(model, images, target) * masks.mean((1, 2, 3))
        ),
        "the score of `images * masks",
    ),
]
