"""Lesson 12: what the score does without the pixels of a map, where its largest value lies, and whether judges agree."""

import torch

from ... import evaluation
from ...evaluation import area_under, krippendorff, pointing_game, random_subsets, score_curve, sensitivity_n
from ..exercise import Case, Exercise
from .grad_cam import in_float32
from .networks import linear_network, random_images, small_network
from .shapley import as_one_number


def replace_top(images, maps, share, fill):
    """The round(share · H · W) pixels with the largest values of each map, in all channels, become those of fill.

    images (N, C, H, W), maps (N, H, W), share from 0 to 1, fill (N, C, H, W) → a new tensor (N, C, H, W).
    Equal values go in the order of order_of(maps): (N, H·W), the places in maps.flatten(1), the largest value first.
    Samek et al. 2017, arXiv:1509.06321; Petsiuk, Das & Saenko 2018, arXiv:1806.07421.
    """
    return evaluation.replace_top(images, maps, share, fill)


def random_maps(n, size=6, width=None, seed=0):
    """n maps (n, size, width or size) of signed values."""
    return torch.randn(n, size, width or size, generator=torch.Generator().manual_seed(seed))


# replace_top ----------------------------------------------------------------------------------------------------------

PICTURE, RANKED = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), torch.tensor([[[4.0, 1.0], [2.0, 3.0]]])


def top_cases():
    images, maps, fill = (
        random_images(2, size=5, width=6),
        random_maps(2, 5, 6),
        random_images(2, size=5, width=6, seed=1),
    )
    return [
        Case(
            "the 2×2 image (1 2; 3 4), the map (4 1; 2 3), share 0.5, fill 0",
            (PICTURE, RANKED, 0.5, torch.zeros(1, 1, 2, 2)),
        ),
        Case("two 5×6 colour images, signed maps, share 0.3, other pictures as fill", (images, maps, 0.3, fill)),
    ]


def smallest_first(images, maps, share, fill):
    """You replace the pixels with the smallest values. Begin with the largest: `order_of(maps)` has them in this order."""
    return replace_top(images, -maps, share, fill)


# score_curve ----------------------------------------------------------------------------------------------------------


def curve_cases():
    start, maps = random_images(2), random_maps(2)
    return [
        Case(
            "a linear network, the 2×2 image (1 2; 3 4) that becomes 0, the map (4 1; 2 3), target 1, 4 steps",
            (linear_network(), PICTURE, torch.zeros(1, 1, 2, 2), RANKED, 1, 4),
        ),
        Case(
            "a small network, two 6×6 colour images that become another picture, targets 2 and 0, 3 steps",
            (small_network(), start, random_images(2, seed=1), maps, torch.tensor([2, 0]), 3),
        ),
    ]


def scores_for_probabilities(model, start, finish, maps, target, steps):
    """You return the scores. Asked for are probabilities: `.softmax(1)` of the scores, then the column of the target."""
    return score_curve(lambda images: model(images), start, finish, maps, target, steps).log()


# area_under -----------------------------------------------------------------------------------------------------------


def area_cases():
    return [
        Case("the curve (1, ½, 0)", (torch.tensor([[1, 0.5, 0]]),)),
        Case("the curves (1, 0, 0) and (0.5, 1, 0.25)", (torch.tensor([[1.0, 0, 0], [0.5, 1, 0.25]]),)),
        Case("the curve (1, 1, 1, 0)", (torch.tensor([[1.0, 1, 1, 0]]),)),
    ]


def mean_of_points(curve):
    """You take the mean of the points. The two ends count half: between two points stands a trapezoid."""
    return curve.mean(1)


# pointing_game --------------------------------------------------------------------------------------------------------


def at(*places, height=5, width=6):
    """A mask (1, 1, height, width) with these pixels."""
    mask = torch.zeros(1, 1, height, width, dtype=torch.bool)
    for row, column in places:
        mask[0, 0, row, column] = True
    return mask


def pointing_cases():
    far = torch.zeros(1, 5, 6)
    far[0, 3, 4] = 1
    return [
        Case(
            "a 5×6 map with its maximum at row 3, column 4, the mask one pixel at 0, 0, margin 4", (far, at((0, 0)), 4)
        ),
        Case(
            "a 5×6 map with its maximum at row 3, column 4, the mask one pixel at 0, 0, margin 5", (far, at((0, 0)), 5)
        ),
    ]


def by_size(maps, masks, margin):
    """You look for the largest value without its sign. The sign counts: take the largest of `maps` as they are."""
    return pointing_game(maps.abs(), masks, margin)


# sensitivity_n --------------------------------------------------------------------------------------------------------


def subset_cases():
    images, maps = random_images(3), random_maps(3)
    return [
        Case(
            "a linear network, the 2×2 image (1 2; 3 4), the map (4 1; 2 3), target 1, each pixel alone",
            (linear_network(), PICTURE, RANKED, 1, torch.eye(4).bool().view(4, 2, 2)),
        ),
        Case(
            "a small network, three 6×6 colour images, targets 2, 0 and 1, eight subsets of 5 pixels",
            (small_network(), images, maps, torch.tensor([2, 0, 1]), random_subsets((6, 6), 5, 8)),
        ),
    ]


def sign_turned(model, images, maps, target, masks):
    """Your r has the other sign. A fall is what the score loses: the score of the image less the score without the subset."""
    return -sensitivity_n(model, images, maps, target, masks)


# krippendorff ---------------------------------------------------------------------------------------------------------


def rating_cases():
    return [
        Case("two raters, (1, 2, 3) and (2, 1, 3)", (torch.tensor([[1.0, 2, 3], [2, 1, 3]]),)),
        Case("two raters, (1, 2, 3) and (3, 2, 1)", (torch.tensor([[1.0, 2, 3], [3, 2, 1]]),)),
        Case("two raters alike, (1, 2, 3)", (torch.tensor([[1.0, 2, 3], [1, 2, 3]]),)),
        Case("three raters, (1, 2, 3) twice and (1, 3, 2)", (torch.tensor([[1.0, 2, 3], [1, 2, 3], [1, 3, 2]]),)),
    ]


def rows_and_columns(ratings):
    """You exchange raters and items. A row is a rater, a column an item."""
    return krippendorff(ratings.T)


EXERCISES = (
    Exercise(replace_top, "metrics", 2, top_cases, (smallest_first,), in_float32),
    Exercise(score_curve, "metrics", 3, curve_cases, (scores_for_probabilities,), in_float32),
    Exercise(area_under, "metrics", 1, area_cases, (mean_of_points,), in_float32),
    Exercise(pointing_game, "metrics", 2, pointing_cases, (by_size,), in_float32),
    Exercise(sensitivity_n, "metrics", 4, subset_cases, (sign_turned,), in_float32),
    Exercise(krippendorff, "metrics", 3, rating_cases, (rows_and_columns,), as_one_number),
)
