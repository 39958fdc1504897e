"""What judges a map: what it is like, how much of it lies where the truth is, what a shift of the input does to it, and
whether it notices that the network is gone.
"""

from .input_shift import compensate_shift, shift_images, stability, unchanged_predictions
from .sanity_checks import (
    cascade,
    edge_detector,
    edge_map,
    idle_map,
    kaiming_start,
    layers_top_down,
    one_at_a_time,
    permute_labels,
    randomisation_curve,
    randomise,
    shuffled_weights,
    uniform_start,
    without_sign,
)
from .similarity import interval, map_similarity, map_ssim, top_overlap
from .truth import share_inside

__all__ = [
    "cascade",
    "compensate_shift",
    "edge_detector",
    "edge_map",
    "idle_map",
    "interval",
    "kaiming_start",
    "layers_top_down",
    "map_similarity",
    "map_ssim",
    "one_at_a_time",
    "permute_labels",
    "randomisation_curve",
    "randomise",
    "share_inside",
    "shift_images",
    "shuffled_weights",
    "stability",
    "top_overlap",
    "unchanged_predictions",
    "uniform_start",
    "without_sign",
]
