"""Lesson 08: windows that overlap, what stands in their place, many holes at once, and the smallest part that is enough."""

import torch
import torch.nn.functional as F
from torch import nn

from ...methods import blur, class_score
from ..exercise import Case, Exercise, Unreadable
from .grad_cam import HANDED_OVER, TORCHS_WORDS, in_float32
from .networks import random_images, small_network

# window_starts --------------------------------------------------------------------------------------------------------


def window_starts(length, window, stride):
    """Where windows begin along an axis: 0, stride, 2·stride … and last length − window, so that no place is left out.

    ints, stride ≤ window ≤ length → a list of ints, ascending, no two alike.
    """
    return sorted({*range(0, length - window, stride), length - window})


def starts_read(result, *arguments):
    """A list, a tuple, a range or a tensor of whole numbers, as a tensor of them."""
    if isinstance(result, (list, tuple, range)) or hasattr(result, "tolist"):
        values = result.tolist() if hasattr(result, "tolist") else list(result)
        values = [value.item() if hasattr(value, "item") else value for value in values] if type(values) is list else 0
        if values and all(type(value) is int for value in values):
            return torch.tensor(values)
    raise Unreadable("Return a list of whole numbers, such as `[0, 2, 3]`: they are used as places in a tensor.")


def start_cases():
    return [
        Case("length 5, window 2, stride 2", (5, 2, 2)),
        Case("length 3, window 2, stride 2", (3, 2, 2)),
        Case("length 6, window 2, stride 2", (6, 2, 2)),
        Case("length 96, window 12, stride 5", (96, 12, 5)),
    ]


def over_the_edge(length, window, stride):
    """Your last windows hang over the edge."""
    return list(range(0, length, stride))


def whole_steps_alone(length, window, stride):
    """A strip at the far edge is never covered."""
    return list(range(0, length - window + 1, stride))


def last_one_missing(length, window, stride):
    """The last window is missing."""
    return list(range(0, length - window, stride))


# sliding_occlusion ----------------------------------------------------------------------------------------------------


def sliding_occlusion(model, images, target, window, stride, fill):
    """D(u) = mean over the windows R that cover u of S_c(x) − S_c(x with the fill on R).

    images (N, C, H, W), fill (C, H, W) or (N, C, H, W), read at the same place → (N, 1, H, W), in units of the score,
    signed; positive: what was covered spoke for the class. No history is kept.
    Zeiler & Fergus 2013, arXiv:1311.2901, section 4.2.
    """
    images, fill = images.detach(), fill.detach().expand_as(images)
    drops, times = torch.zeros_like(images[:, :1]), torch.zeros_like(images[:1, :1])
    with torch.no_grad():
        before = class_score(model, images, target)
        for row in window_starts(images.shape[2], window, stride):
            for column in window_starts(images.shape[3], window, stride):
                place = ..., slice(row, row + window), slice(column, column + window)
                covered = images.clone()
                covered[place] = fill[place]
                drops[place] += (before - class_score(model, covered, target)).reshape(-1, 1, 1, 1)
                times[place] += 1
    return drops / times


def sum_network():
    """Two classes: the sum of all values, and what of it is above 20; images of any size."""

    class Sums(nn.Module):
        def forward(self, x):
            total = x.sum((1, 2, 3))
            return torch.stack([total, (total - 20).relu()], 1)

    return Sums().eval()


def one_to_nine():
    return torch.arange(1.0, 10).reshape(1, 1, 3, 3)


def occlusion_cases():
    black = torch.zeros(1, 3, 3)
    return [
        Case("the image 1 … 9, S = sum, window 2, stride 1, fill 0", (sum_network(), one_to_nine(), 0, 2, 1, black)),
        Case(
            "the image 1 … 9, S = relu(sum − 20), window 2, stride 1, fill 0",
            (sum_network(), one_to_nine(), 1, 2, 1, black),
        ),
        Case(
            "two 6×6 colour images with a target each, a small network, window 3, stride 2, a fill for each",
            (small_network(), random_images(2), torch.tensor([0, 2]), 3, 2, random_images(2, seed=7)),
        ),
    ]


def overlaps_added(model, images, target, window, stride, fill):
    """You add up the drops of the windows that overlap. Divide by the number of windows that cover a place."""
    times = torch.zeros_like(images[:1, :1])
    for row in window_starts(images.shape[2], window, stride):
        for column in window_starts(images.shape[3], window, stride):
            times[..., row : row + window, column : column + window] += 1
    return sliding_occlusion(model, images, target, window, stride, fill) * times


def after_minus_before(model, images, target, window, stride, fill):
    """You subtract the wrong way round: a drop is the score before minus the score after."""
    return -sliding_occlusion(model, images, target, window, stride, fill)


def sizes_of_drops(model, images, target, window, stride, fill):
    """You lose the sign."""
    return sliding_occlusion(model, images, target, window, stride, fill).abs()


# inpaint --------------------------------------------------------------------------------------------------------------


def inpaint(images, hidden, sigma):
    """x̂ = G_σ(x · k) / G_σ(k) on hidden places, k = 1 where a pixel is known: the mean of known pixels near by.

    images (N, C, H, W), hidden (N, 1, H, W) of bool, sigma in pixels → (N, C, H, W). Known pixels stay as they are.
    Where no known pixel is in reach, the mean of the known pixels of the image, channel by channel.
    Knutsson & Westin 1993, normalized convolution.
    """
    known = (~hidden).to(images.dtype)
    weight = blur(known, sigma)
    overall = (images * known).sum((2, 3), keepdim=True) / known.sum((2, 3), keepdim=True)
    painted = torch.where(weight > 0, blur(images * known, sigma) / weight, overall)
    return torch.where(hidden, painted, images)


def a_hole_in(images, row, column, height, width):
    hidden = torch.zeros_like(images[:, :1], dtype=torch.bool)
    hidden[..., row : row + height, column : column + width] = True
    return hidden


def inpaint_cases():
    row, colour = torch.tensor([[[[2.0, 9.0, 6.0]]]]), random_images(2, size=5, width=7, seed=1)
    return [
        Case("one row, 2 ? 6, sigma 1", (row, a_hole_in(row, 0, 1, 1, 1), 1.0)),
        Case("two colour images of 5×7, a hole of 2×3, sigma 1.5", (colour, a_hole_in(colour, 1, 2, 2, 3), 1.5)),
        Case("two colour images of 5×7, a hole of 5×6, sigma 0.5", (colour, a_hole_in(colour, 0, 1, 5, 6), 0.5)),
    ]


def not_divided(images, hidden, sigma):
    """The division is missing, so the hole comes out dark: divide by the blur of what is known."""
    return torch.where(hidden, blur(images * ~hidden, sigma), images)


def hidden_blurred_in(images, hidden, sigma):
    """You blur the whole picture, what is hidden with it."""
    return torch.where(hidden, blur(images, sigma), images)


def known_smoothed(images, hidden, sigma):
    """You smooth the known pixels, too. They stay as they are."""
    known = (~hidden).to(images.dtype)
    weight = blur(known, sigma)
    overall = (images * known).sum((2, 3), keepdim=True) / known.sum((2, 3), keepdim=True)
    return torch.where(weight > 0, blur(images * known, sigma) / weight, overall)


# rise_masks -----------------------------------------------------------------------------------------------------------


def rise_masks(grids, shifts, size):
    """Random grids enlarged to soft masks: bilinearly to one cell more than the image, then cut out at the shift.

    grids (M, s, s) of 0.0 and 1.0, shifts (M, 2) of ints from 0 to cell − 1, down and right; a cell is ⌈size / s⌉
    pixels wide → (M, 1, size, size) in [0, 1].
    Petsiuk, Das & Saenko 2018, arXiv:1806.07421, section 3.2.
    """
    cell = -(-size // grids.shape[1])
    large = (grids.shape[1] + 1) * cell
    enlarged = F.interpolate(grids[:, None].float(), (large, large), mode="bilinear", align_corners=False)
    pairs = zip(enlarged, shifts.tolist(), strict=True)
    return torch.stack([mask[:, down : down + size, right : right + size] for mask, (down, right) in pairs])


def drawn_grids(n, cells, seed):
    return (torch.rand(n, cells, cells, generator=torch.Generator().manual_seed(seed)) < 0.5).float()


def grid_cases():
    return [
        Case(
            "the grid (1 0; 1 0), shift 0 down and 1 to the right, size 4",
            (torch.tensor([[[1.0, 0], [1, 0]]]), torch.tensor([[0, 1]]), 4),
        ),
        Case("two grids of 3×3, size 7", (drawn_grids(2, 3, seed=1), torch.tensor([[2, 0], [1, 2]]), 7)),
    ]


def not_shifted(grids, shifts, size):
    """You leave the shift out: all masks have their cells at the same places."""
    return rise_masks(grids, torch.zeros_like(shifts), size)


def shift_exchanged(grids, shifts, size):
    """Your shift is exchanged: the first number moves down, the second to the right."""
    return rise_masks(grids, shifts.flip(1), size)


def bits_reversed(grids, shifts, size):
    """0 and 1 are exchanged."""
    return 1 - rise_masks(grids, shifts, size)


# rise_map -------------------------------------------------------------------------------------------------------------


def rise_map(scores, masks):
    """E[S | u is seen] ≈ Σ_i S_i M_i(u) / Σ_i M_i(u): the mean score of the masked pictures that show the place.

    scores (M,), masks (M, 1, H, W) in [0, 1] → (1, H, W), in units of the score. A place that no mask shows gets the
    mean score. Petsiuk, Das & Saenko 2018, eq. 6, with the coverage that was drawn in place of M · E[M].
    """
    total, times = (scores.reshape(-1, 1, 1, 1) * masks).sum(0), masks.sum(0)
    return torch.where(times > 0, total / times.clamp(min=1e-12), scores.mean())


def drawn_masks(n, height, width, seed):
    return torch.rand(n, 1, height, width, generator=torch.Generator().manual_seed(seed))


def map_cases():
    masks = torch.tensor([[[[1.0, 0]]], [[[0, 1.0]]], [[[1.0, 1.0]]]])
    return [
        Case("two pixels, the masks 10, 01 and 11 with the scores 3, 1 and 4", (torch.tensor([3.0, 1.0, 4.0]), masks)),
        Case(
            "two pixels, the masks 10, 10 and 00 with the scores 3, 5 and 1",
            (torch.tensor([3.0, 5.0, 1.0]), masks * torch.tensor([1.0, 0.0])),
        ),
        Case("five soft masks of 3×4", (torch.tensor([2.0, -1.0, 4.0, 0.5, 3.0]), drawn_masks(5, 3, 4, seed=1))),
    ]


def sum_of_scores(scores, masks):
    """The division is missing."""
    return (scores.reshape(-1, 1, 1, 1) * masks).sum(0)


def mean_of_scores(scores, masks):
    """You divide by the number of masks."""
    return (scores.reshape(-1, 1, 1, 1) * masks).mean(0)


def half_of_the_masks(scores, masks):
    """You divide by N · ½."""
    return 2 * (scores.reshape(-1, 1, 1, 1) * masks).mean(0)


# seen_minus_hidden ----------------------------------------------------------------------------------------------------


def seen_minus_hidden(scores, masks):
    """E[S | u is seen] − E[S | u is hidden]: what seeing a place adds to the mean score; zero is neutral.

    Arguments and result as for rise_map; signed.
    """
    return rise_map(scores, masks) - rise_map(scores, 1 - masks)


def minus_its_mean(scores, masks):
    """You subtract the mean of the map."""
    return rise_map(scores, masks) - rise_map(scores, masks).mean()


def minus_the_mean_score(scores, masks):
    """You subtract the mean score."""
    return rise_map(scores, masks) - scores.mean()


def hidden_minus_seen(scores, masks):
    """You subtract the wrong way round."""
    return rise_map(scores, 1 - masks) - rise_map(scores, masks)


# masked_objective -----------------------------------------------------------------------------------------------------


def masked_objective(model, images, target, masks, fill, area, weight):
    """S_c(x ⊙ m + fill ⊙ (1 − m)) − weight · mean_u (sort(m)_u − r_u)²: what a mask keeps of the score.

    images (N, C, H, W), masks (N, 1, H, W) in [0, 1], fill (C, H, W) or (N, C, H, W) → (N,), differentiable with
    respect to masks; larger is better. r is 0 for the first round((1 − area) · H·W) places and 1 for the others: a
    sharp mask of this area costs nothing.
    Fong, Patrick & Vedaldi 2019, arXiv:1910.08485, section 3.
    """
    values = masks.flatten(1).sort(dim=1).values
    template = torch.zeros_like(values)
    template[:, round((1 - area) * values.shape[1]) :] = 1
    score = class_score(model, images * masks + fill * (1 - masks), target)
    return score - weight * ((values - template) ** 2).mean(1)


def objective_cases():
    mask = torch.tensor([[[[0.0, 0.2], [0.9, 1.0]]]], requires_grad=True)
    image = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    return [
        Case(
            "the image 1 2 3 4, S = sum, the mask 0 0.2 0.9 1, fill 0, area 0.5, weight 100",
            (sum_network(), image, 0, mask, torch.zeros(1, 2, 2), 0.5, 100.0),
        ),
        Case(
            "two 6×6 colour images with a target each, a small network, soft masks, area 0.3, weight 5",
            (
                small_network(),
                random_images(2),
                torch.tensor([0, 2]),
                drawn_masks(2, 6, 6, seed=2).requires_grad_(),
                random_images(2, seed=7),
                0.3,
                5.0,
            ),
        ),
    ]


def mean_area(model, images, target, masks, fill, area, weight):
    """You compare the mean of the mask with the area, and a grey mask passes for free. Compare the sorted values with the template."""
    score = class_score(model, images * masks + fill * (1 - masks), target)
    return score - weight * (masks.mean((1, 2, 3)) - area) ** 2


def penalty_added(model, images, target, masks, fill, area, weight):
    """You add the penalty. Subtract it."""
    return masked_objective(model, images, target, masks, fill, area, -weight)


def mask_on_the_fill(model, images, target, masks, fill, area, weight):
    """Your mask shows the fill."""
    values = masks.flatten(1).sort(dim=1).values
    template = torch.zeros_like(values)
    template[:, round((1 - area) * values.shape[1]) :] = 1
    score = class_score(model, fill * masks + images * (1 - masks), target)
    return score - weight * ((values - template) ** 2).mean(1)


EXERCISES = (
    Exercise(
        window_starts,
        "perturbation",
        1,
        start_cases,
        (over_the_edge, whole_steps_alone, last_one_missing),
        read=starts_read,
    ),
    Exercise(
        sliding_occlusion,
        "perturbation",
        4,
        occlusion_cases,
        (overlaps_added, after_minus_before, sizes_of_drops),
        cures=HANDED_OVER,
    ),
    Exercise(
        inpaint, "perturbation", 3, inpaint_cases, (not_divided, hidden_blurred_in, known_smoothed), cures=TORCHS_WORDS
    ),
    Exercise(rise_masks, "perturbation", 3, grid_cases, (not_shifted, shift_exchanged, bits_reversed), in_float32),
    Exercise(rise_map, "perturbation", 3, map_cases, (sum_of_scores, mean_of_scores, half_of_the_masks)),
    Exercise(
        seen_minus_hidden,
        "perturbation",
        2,
        map_cases,
        (minus_its_mean, minus_the_mean_score, hidden_minus_seen),
    ),
    Exercise(
        masked_objective,
        "perturbation",
        4,
        objective_cases,
        (mean_area, penalty_added, mask_on_the_fill),
    ),
)
