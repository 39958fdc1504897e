"""What judges a map: what it is like, how much of it lies where the truth is, what a shift of the input does to it, and
what the score does without its pixels.
"""

from .input_shift import compensate_shift, shift_images, stability, unchanged_predictions
from .metrics import (
    area_under,
    infidelity,
    krippendorff,
    max_sensitivity,
    order_of,
    paired_interval,
    pointing_game,
    random_maps,
    random_squares,
    random_subsets,
    rank_correlations,
    ranks,
    replace_top,
    score_curve,
    sensitivity_n,
    spearman,
    top_inside,
)
from .similarity import interval, map_similarity, map_ssim, top_overlap
from .truth import share_inside

__all__ = [
    "area_under",
    "compensate_shift",
    "infidelity",
    "interval",
    "krippendorff",
    "map_similarity",
    "map_ssim",
    "max_sensitivity",
    "order_of",
    "paired_interval",
    "pointing_game",
    "random_maps",
    "random_squares",
    "random_subsets",
    "rank_correlations",
    "ranks",
    "replace_top",
    "score_curve",
    "sensitivity_n",
    "share_inside",
    "shift_images",
    "spearman",
    "stability",
    "top_inside",
    "top_overlap",
    "unchanged_predictions",
]
