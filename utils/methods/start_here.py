"""The score that every method explains."""

import torch

from .hygiene import UNRELATED, check_images, check_model, check_scores, check_target
from .modes import in_eval_mode


def class_score(model, images, target=None):
    """S_c(x): the score the model, in eval mode, gives to class `target`, before any softmax.

    images (N, C, H, W) → (N,), differentiable with respect to images.
    target is an int, a LongTensor (N,) or None: the class with the highest score.

    Every method relies on a model whose rows do not mix: in eval mode, what it says of an image does not depend on the
    others of the batch. A batch norm that goes by the batch is refused; what its forward does by functions alone, as
    F.batch_norm(training=True), cannot be seen.

    Raises TypeError or ValueError for a model that does not return (N, C), that cannot be put into eval mode, whose
    rows mix or that was built under torch.inference_mode(), for images that are not finite floats (N, C, H, W), and for
    a target that the model does not have.
    """
    scores = all_scores(model, images)
    target = check_target(target, scores)
    return scores.gather(1, target[:, None]).squeeze(1)


def all_scores(model, images):
    """The scores of all classes, (N, C)."""
    check_model(model)
    check_images(images)
    with in_eval_mode(model):
        try:
            scores = _forward(model, images)
        except RuntimeError as error:
            _explain_mismatch(model, images, error)
            raise
    check_scores(scores, images)
    if images.requires_grad and torch.is_grad_enabled() and not scores.requires_grad:
        raise ValueError(UNRELATED)
    return scores


def _forward(model, images):
    """The model on a copy of the images, for it may begin with an in-place layer.

    A model that calls .view() where the channels are last in memory, as the methods have them, gets the usual layout.
    """
    autograd_on = torch.is_grad_enabled()
    try:
        return model(images.clone())
    except RuntimeError as error:
        if images.is_contiguous() or "view size is not compatible" not in str(error):
            raise
    torch.set_grad_enabled(autograd_on)  # grad_cam's hook may have changed it by then
    return model(images.clone(memory_format=torch.contiguous_format))


def _explain_mismatch(model, images, error):
    # Asked only once the model has failed: a model is free to convert its input itself.
    weights = [parameter for parameter in model.parameters() if parameter.is_floating_point()]
    if weights and all(images.device != weight.device for weight in weights):
        raise ValueError(
            f"images are on {images.device}, the model is on {weights[0].device}: "
            f"move one to the other, e.g. images.to({str(weights[0].device)!r})"
        ) from error
    if weights and all(images.dtype != weight.dtype for weight in weights):
        raise TypeError(
            f"images are {images.dtype}, the model's weights are {weights[0].dtype}: "
            f"convert one to the other, e.g. images.to({weights[0].dtype})"
        ) from error
