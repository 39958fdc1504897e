"""Grad-CAM: which places of a layer's map speak for a class."""

import torch
import torch.nn.functional as F

from .deconvnet import guided_backprop
from .hygiene import left_as_found, quick_layout
from .layers import gradient_and_maps


def grad_cam(model, images, target=None, layer=None, *, relu=True, upsample=True):
    """L = ReLU(Σ_k α_k A_k) with α_k the mean of ∂S_c/∂A_k over the places of the layer's k-th map A_k.

    images (N, C, H, W) → (N, 1, H, W), in units of the score, ≥ 0. With relu=False negative evidence stays, below
    zero. With upsample=False the map keeps the layer's size, (N, 1, h, w); else it is interpolated bilinearly.
    target is an int, a LongTensor (N,) or None: the predicted class. layer is a module of the model with one output
    (N, K, h, w); None is the last convolution (nn.Conv2d) to run whose maps have more than one place, which leaves out
    those behind a global pooling. A layer that runs more than once is explained at its last run. An in-place ReLU
    behind the layer does not change the answer. A map that is zero everywhere is one: no place of the layer speaks for
    the class.

    Errors as for class_score. Also TypeError for a layer that is no module, and ValueError for one that is not in
    the model, does not run, has another kind of output, a single place or the channels last, (N, h, w, K), or on which
    the score does not depend; and for None where the model goes on with tokens behind its last convolution, as a
    vision transformer does.
    Selvaraju et al. 2016, arXiv:1610.02391, eq. 1 and 2.
    """
    with left_as_found(model):
        gradient, maps = gradient_and_maps(model, quick_layout(images), target, layer)
    weights = gradient.mean((2, 3))
    cam = torch.einsum("nk,nkhw->nhw", weights, maps)[:, None]
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
