"""Integrated gradients: the gradient gathered along the straight path from a baseline to the image."""

import math
from numbers import Real

import torch

from .batches import all_scores_in_batches, batches, classes_of, rows_at_a_time
from .hygiene import at_least_one, check_target, described
from .vanilla_gradient import vanilla_gradient


def integrated_gradients(model, images, target=None, *, baseline=0.0, n_steps=50, batch_size=None):
    """(x − x′) · ∫₀¹ ∂S_c/∂x (x′ + α (x − x′)) dα, by the midpoints α of n_steps equal intervals.

    images (N, C, H, W) → (N, C, H, W), in units of the score, signed; an image's values add up to S_c(x) − S_c(x′)
    but for the error of the sum, which completeness_gap gives.
    baseline x′ is a number, an image (C, H, W), one for each image (N, C, H, W), or a stack of B of these,
    (B, 1, C, H, W) or (B, N, C, H, W): then the result is the mean over the stack, at B times the cost.
    target is an int, a LongTensor (N,) or None: the class predicted for images. The model sees batch_size images at a
    time (None: a number that fits in memory); memory does not grow with n_steps.

    Errors as for class_score. Also TypeError or ValueError for a baseline of another shape, dtype or with NaN, and for
    n_steps or batch_size below 1.
    Sundararajan, Taly & Yan 2017, arXiv:1703.01365, eq. 1. The mean over baselines: Erion et al. 2019,
    arXiv:1906.10670.
    """
    n_steps, rows = at_least_one(n_steps, "n_steps"), rows_at_a_time(images, batch_size)
    baselines = as_stack(baseline, images)
    classes = classes_of(model, images, target, rows)
    images = images.detach()

    midpoints = images.new_tensor([(k + 0.5) / n_steps for k in range(n_steps)])[:, None, None, None]
    total = torch.zeros_like(images)
    for i, indices in batches(len(images), len(baselines) * n_steps, rows):
        start = baselines[indices // n_steps, i]
        path = images[i] - start
        gradient = vanilla_gradient(model, start + midpoints[indices % n_steps] * path, classes[i])
        total[i] += (path * gradient).sum(0)
    return total / (len(baselines) * n_steps)


def completeness_gap(attribution, model, images, target=None, *, baseline=0.0, batch_size=None):
    """Σ attribution − (S_c(x) − S_c(x′)), an image: zero where the attribution is complete.

    attribution and images (N, C, H, W) → (N,), in units of the score, signed. Other arguments and errors as for
    integrated_gradients; for a stack of baselines S_c(x′) is the mean over them.
    """
    rows = rows_at_a_time(images, batch_size)
    if not isinstance(attribution, torch.Tensor) or attribution.shape != images.shape:
        raise ValueError(
            f"attribution must have the shape of images, {tuple(images.shape)}, got {described(attribution)}"
        )
    scores = all_scores_in_batches(model, images, rows)
    classes = check_target(target, scores)[:, None]
    at_baselines = [all_scores_in_batches(model, each, rows) for each in as_stack(baseline, images)]
    rise = (scores - torch.stack(at_baselines).mean(0)).gather(1, classes)[:, 0]
    return attribution.detach().sum((1, 2, 3)) - rise


def as_stack(baseline, images):
    """Any baseline as (B, N, C, H, W); one that stands for several images takes no more memory than one."""
    if isinstance(baseline, Real) and not isinstance(baseline, bool):
        if not math.isfinite(baseline):
            raise ValueError(f"baseline must be finite, got {baseline}")
        return images.new_full((1, 1, 1, 1, 1), float(baseline)).expand(1, *images.shape)
    if not isinstance(baseline, torch.Tensor) or not baseline.is_floating_point():
        raise TypeError(f"baseline must be a number or a float tensor, got {described(baseline)}")
    n = len(images)
    stack = baseline.detach()[(None,) * (5 - baseline.ndim)] if 3 <= baseline.ndim < 5 else baseline.detach()
    if stack.ndim != 5 or stack.shape[2:] != images.shape[1:] or stack.shape[1] not in (1, n) or len(stack) == 0:
        c, h, w = images.shape[1:]
        raise ValueError(
            f"baseline must be a number or have the shape ({c}, {h}, {w}), ({n}, {c}, {h}, {w}), or as a stack "
            f"(B, 1, {c}, {h}, {w}) or (B, {n}, {c}, {h}, {w}), got {described(baseline)}"
        )
    if not stack.isfinite().all():
        raise ValueError(f"baseline must be finite, got {described(baseline)} with NaN or infinity in it")
    return stack.to(images).expand(-1, n, -1, -1, -1)
