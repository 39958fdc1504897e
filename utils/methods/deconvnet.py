"""The gradient with another rule at every ReLU: the deconvnet and guided backpropagation."""

from .relu_rules import deconvnet_rule, guided_rule, relu_rule
from .vanilla_gradient import vanilla_gradient


def deconvnet(model, images, target=None):
    """∂S_c/∂x with every ReLU passing back what is positive, whatever its input was.

    A transposed convolution is a convolution's gradient, and unpooling with switches is max pooling's: only the ReLU
    differs from vanilla_gradient. images (N, C, H, W) → (N, C, H, W), signed; in score per input unit in name only,
    as no function has this gradient.
    target is an int, a LongTensor (N,) or None: the predicted class. Errors as for class_score; and ValueError for a
    model without a ReLU.
    Zeiler & Fergus 2013, arXiv:1311.2901.
    """
    with relu_rule(deconvnet_rule):
        return vanilla_gradient(model, images, target)


def guided_backprop(model, images, target=None):
    """∂S_c/∂x with every ReLU passing back what is positive, and only where its input was positive too.

    Arguments, result and errors as for deconvnet. Springenberg et al. 2014, arXiv:1412.6806.
    """
    with relu_rule(guided_rule):
        return vanilla_gradient(model, images, target)
