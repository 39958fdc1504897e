"""The saliency methods, one file a lesson."""

from .deconvnet import deconvnet, guided_backprop
from .grad_cam import grad_cam, guided_grad_cam
from .input_shift import compensate_shift, shift_images, stability, unchanged_predictions
from .integrated_gradients import completeness_gap, integrated_gradients
from .relu_rules import deconvnet_rule, guided_rule, relu_rule, vanilla_rule
from .similarity import map_similarity, map_ssim, top_overlap
from .smoothgrad import smoothgrad
from .start_here import class_score
from .vanilla_gradient import gradient_x_input, vanilla_gradient

__all__ = [
    "class_score",
    "compensate_shift",
    "completeness_gap",
    "deconvnet",
    "deconvnet_rule",
    "grad_cam",
    "gradient_x_input",
    "guided_backprop",
    "guided_grad_cam",
    "guided_rule",
    "integrated_gradients",
    "map_similarity",
    "map_ssim",
    "relu_rule",
    "shift_images",
    "smoothgrad",
    "stability",
    "top_overlap",
    "unchanged_predictions",
    "vanilla_gradient",
    "vanilla_rule",
]
