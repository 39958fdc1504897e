"""Grad-CAM: which places of a layer's map speak for a class."""

from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import nn

from .deconvnet import guided_backprop
from .hygiene import check_images, described, left_as_found
from .start_here import class_score


def grad_cam(model, images, target=None, layer=None, *, relu=True, upsample=True):
    """L = ReLU(Σ_k α_k A_k) with α_k the mean of ∂S_c/∂A_k over the places of the layer's k-th map A_k.

    images (N, C, H, W) → (N, 1, H, W), in units of the score, ≥ 0. With relu=False negative evidence stays, below
    zero. With upsample=False the map keeps the layer's size, (N, 1, h, w); else it is interpolated bilinearly.
    target is an int, a LongTensor (N,) or None: the predicted class. layer is a module of the model with one output
    (N, K, h, w); None is the last convolution (nn.Conv2d) to run. A layer that runs more than once is explained at
    its last run. An in-place ReLU behind the layer does not change the answer. A map that is zero everywhere is one:
    no place of the layer speaks for the class.

    Errors as for class_score. Also TypeError for a layer that is no module, and ValueError for one that is not in
    the model, does not run, has another kind of output, or on which the score does not depend.
    Selvaraju et al. 2016, arXiv:1610.02391, eq. 1 and 2.
    """
    with left_as_found(model), _watched(model, layer) as last_run:
        check_images(images)
        score = class_score(model, images.detach(), target).sum()
        maps = _output_of(last_run, layer, len(images))
        gradient = _gradient(score, maps)
    weights = gradient.mean((2, 3), keepdim=True)
    cam = (weights * maps.detach()).sum(1, keepdim=True)
    if relu:
        cam = cam.clamp(min=0)
    if upsample:
        cam = F.interpolate(cam, images.shape[2:], mode="bilinear", align_corners=False)
    return cam.to(images.dtype)


def guided_grad_cam(model, images, target=None, layer=None):
    """guided_backprop × grad_cam: the fine detail of the one where the other says that it counts.

    images (N, C, H, W) → (N, C, H, W), signed. Arguments and errors as for those two. Selvaraju et al., section 3.2.
    """
    return guided_backprop(model, images, target) * grad_cam(model, images, target, layer)


@contextmanager
def _watched(model, layer):
    # Cuts the graph at the layer's output: what runs before it runs without autograd (the parameters are frozen), and
    # the backward pass ends here. None watches every convolution; the last to run is the last to be kept.
    if layer is None:
        layers = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
        if not layers:
            raise ValueError("layer must be given: the model has no nn.Conv2d to take as the last convolution")
    elif not isinstance(layer, nn.Module):
        raise TypeError(f"layer must be a module of the model, got {described(layer)}: "
                        "model.get_submodule(name) finds one by its name")
    elif all(layer is not module for module in model.modules()):
        raise ValueError(f"layer must be a module of this model, got another {described(layer)}")
    else:
        layers = [layer]
    last_run = []

    def cut(module, args, output):
        if not isinstance(output, torch.Tensor) or not output.is_floating_point():
            raise ValueError(f"layer must have one float tensor as its output, got {described(output)}")
        last_run[:] = [output.detach().requires_grad_()]
        return last_run[0].clone()  # an in-place layer that follows changes the copy

    handles = [module.register_forward_hook(cut) for module in layers]
    try:
        yield last_run
    finally:
        for handle in handles:
            handle.remove()


def _output_of(last_run, layer, n):
    name = "the last convolution" if layer is None else described(layer)
    if not last_run:
        raise ValueError(f"layer must run when the model does, but {name} did not")
    (maps,) = last_run
    if maps.ndim != 4 or len(maps) != n:
        raise ValueError(f"layer must give maps (N, K, h, w), here ({n}, K, h, w), got {described(maps)} from {name}")
    return maps


def _gradient(score, maps):
    gradient = torch.autograd.grad(score, maps, allow_unused=True)[0] if score.requires_grad else None
    if gradient is None:
        raise ValueError("layer must lead to the score, but the score of this target does not depend on its output")
    return gradient
