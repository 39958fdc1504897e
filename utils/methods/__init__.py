"""What makes a map: the saliency methods, one file a lesson."""

from .deconvnet import deconvnet, guided_backprop
from .grad_cam import grad_cam, guided_grad_cam
from .integrated_gradients import completeness_gap, integrated_gradients
from .relu_rules import deconvnet_rule, guided_rule, relu_rule, vanilla_rule
from .smoothgrad import smoothgrad
from .start_here import class_score
from .vanilla_gradient import gradient_x_input, vanilla_gradient

__all__ = [
    "class_score",
    "completeness_gap",
    "deconvnet",
    "deconvnet_rule",
    "grad_cam",
    "gradient_x_input",
    "guided_backprop",
    "guided_grad_cam",
    "guided_rule",
    "integrated_gradients",
    "relu_rule",
    "smoothgrad",
    "vanilla_gradient",
    "vanilla_rule",
]
