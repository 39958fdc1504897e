"""The saliency methods, one file a lesson."""

from .relu_rules import deconvnet_rule, guided_rule, relu_rule, vanilla_rule
from .start_here import class_score
from .vanilla_gradient import gradient_x_input, vanilla_gradient

__all__ = [
    "class_score",
    "deconvnet_rule",
    "gradient_x_input",
    "guided_rule",
    "relu_rule",
    "vanilla_gradient",
    "vanilla_rule",
]
