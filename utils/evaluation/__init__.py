"""What judges a map: what it is like, how much of it lies where the truth is, what a shift of the input does to it."""

from .input_shift import compensate_shift, shift_images, stability, unchanged_predictions
from .similarity import interval, map_similarity, map_ssim, top_overlap
from .truth import share_inside

__all__ = [
    "compensate_shift",
    "interval",
    "map_similarity",
    "map_ssim",
    "share_inside",
    "shift_images",
    "stability",
    "top_overlap",
    "unchanged_predictions",
]
