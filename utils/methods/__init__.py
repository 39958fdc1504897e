"""What makes a map: the saliency methods, one file a lesson."""

from .deconvnet import deconvnet, guided_backprop
from .grad_cam import grad_cam, guided_grad_cam
from .integrated_gradients import completeness_gap, integrated_gradients
from .perturbation import (
    blur,
    extremal_perturbation,
    inpaint,
    masked_objective,
    rise,
    rise_map,
    rise_masks,
    seen_minus_hidden,
    sliding_occlusion,
    window_starts,
)
from .relu_rules import deconvnet_rule, guided_rule, relu_rule, vanilla_rule
from .shapley import (
    all_coalitions,
    coalition_images,
    coalition_scores,
    interaction_index,
    kernel_shap,
    lime,
    paired_coalitions,
    permutation_shapley,
    random_orders,
    shapley_kernel,
    shapley_values,
)
from .smoothgrad import smoothgrad
from .start_here import class_score
from .vanilla_gradient import gradient_x_input, vanilla_gradient

__all__ = [
    "all_coalitions",
    "blur",
    "class_score",
    "coalition_images",
    "coalition_scores",
    "completeness_gap",
    "deconvnet",
    "deconvnet_rule",
    "extremal_perturbation",
    "grad_cam",
    "gradient_x_input",
    "guided_backprop",
    "guided_grad_cam",
    "guided_rule",
    "inpaint",
    "integrated_gradients",
    "interaction_index",
    "kernel_shap",
    "lime",
    "masked_objective",
    "paired_coalitions",
    "permutation_shapley",
    "random_orders",
    "relu_rule",
    "rise",
    "rise_map",
    "rise_masks",
    "seen_minus_hidden",
    "shapley_kernel",
    "shapley_values",
    "sliding_occlusion",
    "smoothgrad",
    "vanilla_gradient",
    "vanilla_rule",
    "window_starts",
]
