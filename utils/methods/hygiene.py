"""What every method shares: what it accepts, and how it hands the model back."""

from contextlib import contextmanager
from numbers import Integral

import torch
from torch import nn


@contextmanager
def in_eval_mode(model):
    """The model in eval mode; afterwards every submodule is in the mode it was in."""
    training = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        yield
    finally:
        for module, was_training in training:
            module.training = was_training


@contextmanager
def left_as_found(model):
    """The model ready to be explained: in eval mode, its parameters frozen, autograd on whatever the caller's mode.

    Frozen, because gradients of the input need none of the weights': activations are not kept for them. Afterwards,
    also after an exception, the model is as it was.
    """
    check_model(model)
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    try:
        for parameter in learning:
            parameter.requires_grad_(False)
        with in_eval_mode(model), torch.inference_mode(False), torch.enable_grad():
            yield
    finally:
        for parameter in learning:
            parameter.requires_grad_(True)


def differentiable(images):
    """A copy of the images that starts a graph of its own; the caller's images stay as they are."""
    check_images(images)
    return images.detach().clone().requires_grad_()


def check_model(model):
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, got {described(model)}")
    if any(parameter.is_inference() for parameter in model.parameters()):
        raise ValueError("model was built under torch.inference_mode(), and autograd refuses such parameters: "
                         "build or load it outside")


def check_images(images):
    """Images are a float tensor (N, C, H, W), at least one, every value finite."""
    if not isinstance(images, torch.Tensor):
        raise TypeError(f"images must be a float tensor (N, C, H, W), got {described(images)}")
    if not images.is_floating_point():
        raise TypeError(f"images must hold floats, got {described(images)}: pixels 0…255 become floats by "
                        "images.float() / 255")
    if images.ndim != 4:
        one = ": one image becomes a batch by images[None]" if images.ndim == 3 else ""
        raise ValueError(f"images must have the shape (N, C, H, W), got {described(images)}{one}")
    if images.numel() == 0:
        raise ValueError(f"images must hold at least one image of at least one pixel, got {described(images)}")
    if not images.isfinite().all():
        raise ValueError(f"images must be finite, got {described(images)} with NaN or infinity in it")


def check_scores(scores, images):
    """Scores are a float tensor (N, C), a row for each image, none of them NaN."""
    if not isinstance(scores, torch.Tensor):
        raise TypeError(f"model must return a tensor (N, C) of scores, got {described(scores)}")
    if scores.ndim != 2 or len(scores) != len(images) or scores.shape[1] == 0:
        raise ValueError(f"model must return scores (N, C), a row for each image: here ({len(images)}, C), "
                         f"got {described(scores)}")
    if scores.isnan().any():
        raise ValueError("model returns NaN for these images: are its weights finite, and the images in its range?")


def check_target(target, scores):
    """The class of each image as a LongTensor (N,): an int stands for all of them, None for the predicted ones."""
    n, n_classes = scores.shape
    if target is None:
        return scores.argmax(1)
    expected = "an int, a LongTensor (N,) or None"
    if isinstance(target, torch.Tensor):
        if target.dtype != torch.long:
            raise TypeError(f"target must be {expected}, got {described(target)}")
        if target.shape != (n,):
            raise ValueError(f"target must name a class for each image, shape ({n},), got {described(target)}")
        named = target.tolist()
    else:
        named = [whole_number(target, "target", expected)] * n
    for c in named:
        if not 0 <= c < n_classes:
            raise ValueError(f"target must be from 0 to {n_classes - 1}, the classes of this model, got {c}")
    return torch.tensor(named, device=scores.device)


def whole_number(value, name, expected="an int"):
    # True is an int to Python, but nobody means class True.
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be {expected}, got {described(value)}")
    return int(value)


def at_least_one(value, name):
    value = whole_number(value, name)
    if value < 1:
        raise ValueError(f"{name} must be 1 or more, got {value}")
    return value


def described(value):
    """What came, in an error message: 'a float32 tensor of shape (3, 8, 8)', 'ndarray', '-1 (int)'."""
    if isinstance(value, torch.Tensor):
        return f"a {str(value.dtype).removeprefix('torch.')} tensor of shape {tuple(value.shape)}"
    if value is None or isinstance(value, (bool, int, float, str)):
        return f"{value!r} ({type(value).__name__})"
    return type(value).__name__
