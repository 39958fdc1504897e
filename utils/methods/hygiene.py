"""What every method shares: what it accepts, and how it hands the model back."""

from contextlib import contextmanager
from numbers import Integral

import torch
from torch import nn

from .modes import in_eval_mode

UNRELATED = (
    "model returns scores that autograd cannot follow back to images: does its forward detach them, run under "
    "torch.no_grad(), or has it quantised layers?"
)

REENTRANT = (
    "model must not use reentrant checkpointing, which allows no gradient of its input alone: "
    "give torch.utils.checkpoint use_reentrant=False"
)


@contextmanager
def left_as_found(model):
    """The model ready to be explained: in eval mode, autograd on whatever the caller's mode.

    Nothing else of the model is touched. Gradients of the weights are not worked out where those of the images alone
    are asked for, so there is no need to freeze them.
    """
    check_model(model)
    with in_eval_mode(model), torch.inference_mode(False), torch.enable_grad():
        yield


def differentiable(images):
    """The images in the quick layout, at the start of a graph of their own; the caller's stay as they are."""
    return quick_layout(images).requires_grad_()


def quick_layout(images):
    """The images without history, the channels last in memory: convolutions on a CPU take half to nine tenths of the
    time. Not in float64, for which there are no such convolutions. all_scores works on a copy, so this need be none.
    """
    check_images(images)
    images = (images.clone() if images.is_inference() else images).detach()
    if images.device.type == "cpu" and images.dtype != torch.float64:
        return images.contiguous(memory_format=torch.channels_last)
    return images


def gradient_of(score, x, unrelated):
    """∂score/∂x of one number. ValueError(unrelated) where it does not depend on x as far as autograd can see."""
    try:
        gradient = torch.autograd.grad(score, x, allow_unused=True)[0] if score.requires_grad else None
    except RuntimeError as error:
        if "use_reentrant=True" not in str(error):
            raise
        raise ValueError(REENTRANT) from error
    if gradient is None:
        raise ValueError(unrelated)
    return gradient


def check_model(model):
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, got {described(model)}")


def check_images(images, name="images"):
    """Images are a float tensor (N, C, H, W), at least one, every value finite."""
    if not isinstance(images, torch.Tensor):
        raise TypeError(f"{name} must be a float tensor (N, C, H, W), got {described(images)}")
    if not images.is_floating_point():
        raise TypeError(
            f"{name} must hold floats, got {described(images)}: pixels 0…255 become floats by {name}.float() / 255"
        )
    if images.ndim != 4:
        one = f": one image becomes a batch by {name}[None]" if images.ndim == 3 else ""
        raise ValueError(f"{name} must have the shape (N, C, H, W), got {described(images)}{one}")
    if images.numel() == 0:
        raise ValueError(f"{name} must hold at least one image of at least one pixel, got {described(images)}")
    if not torch.stack(images.detach().aminmax()).isfinite().all():  # the extremes tell, in a tenth of the time
        raise ValueError(f"{name} must be finite, got {described(images)} with NaN or infinity in it")


def check_scores(scores, images):
    """Scores are a float tensor (N, C), a row for each image, none of them NaN."""
    if not isinstance(scores, torch.Tensor):
        raise TypeError(f"model must return a tensor (N, C) of scores, got {described(scores)}")
    if scores.ndim != 2 or len(scores) != len(images) or scores.shape[1] == 0:
        raise ValueError(
            f"model must return scores (N, C), a row for each image: here ({len(images)}, C), got {described(scores)}"
        )
    if scores.isnan().any():
        raise ValueError("model returns NaN for these images: are its weights finite, and the images in its range?")


def check_target(target, scores):
    """The class of each image as a LongTensor (N,): an int stands for all of them, None for the predicted ones."""
    n, n_classes = scores.shape
    if target is None:
        return scores.argmax(1)
    classes = named_classes(target, n)
    for c in classes:
        if not 0 <= c < n_classes:
            raise ValueError(f"target must be from 0 to {n_classes - 1}, the classes of this model, got {c}")
    return torch.tensor(classes, device=scores.device)


def named_classes(target, n):
    """The class of each of n images as a list of ints, of an int or a LongTensor (n,)."""
    expected = "an int, a LongTensor (N,) or None"
    if not isinstance(target, torch.Tensor):
        return [whole_number(target, "target", expected)] * n
    if target.dtype != torch.long:
        raise TypeError(f"target must be {expected}, got {described(target)}")
    if target.shape != (n,):
        raise ValueError(f"target must name a class for each image, shape ({n},), got {described(target)}")
    return target.tolist()


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
