"""The gradient of a class's score with respect to the image, alone and times the image."""

import torch

from .hygiene import UNRELATED, differentiable, gradient_of, left_as_found
from .start_here import class_score


def vanilla_gradient(model, images, target=None):
    """∂S_c/∂x: how fast the score S_c of class `target` changes with each input value.

    images (N, C, H, W) → (N, C, H, W), in score per input unit; signed.
    target is an int, a LongTensor (N,) or None: the predicted class. Errors as for class_score.
    Simonyan, Vedaldi & Zisserman 2013, arXiv:1312.6034, section 3.
    """
    with left_as_found(model):
        x = differentiable(images)
        score = class_score(model, x, target).sum()  # rows do not mix, so one backward serves the batch
        gradient = gradient_of(score, x, UNRELATED)
    return torch.empty_like(images, requires_grad=False).copy_(gradient)  # the caller's layout, memory of its own


def gradient_x_input(model, images, target=None):
    """x · ∂S_c/∂x: what each input value adds to the score, were the score linear through zero.

    images (N, C, H, W) → (N, C, H, W), in units of the score; signed. Arguments and errors as for vanilla_gradient.
    Shrikumar et al. 2016, arXiv:1605.01713.
    """
    return vanilla_gradient(model, images, target) * images.detach()
