"""Lesson 02: the gradient of a score, what it promises and how far the promise holds."""

import torch
import torch.nn.functional as F
from torch import nn

from ...methods import class_score, gradient_x_input, vanilla_gradient
from ..exercise import Case, Exercise
from .networks import followed_by, linear_network, random_images, small_network, two_by_two
from .start_here import in_float32, network_cases


def gradient_of(score, images):
    """∂/∂images of the number that score(images) gives."""
    images = images.detach().clone().requires_grad_()
    return torch.autograd.grad(score(images), images)[0]


def as_targets(target, images):
    return torch.as_tensor(target).expand(len(images))


# vanilla_gradient -----------------------------------------------------------------------------------------------------


def of_the_probability(model, images, target):
    """Your map is the gradient of the softmax probability. Use the score before the softmax."""
    return vanilla_gradient(followed_by(nn.Softmax(1), model), images, target)


def of_the_log_probability(model, images, target):
    """Your map is the gradient of the log-probability: it also asks how to make the other classes less likely. Use the score before the softmax."""
    return vanilla_gradient(followed_by(nn.LogSoftmax(1), model), images, target)


def of_the_loss(model, images, target):
    """Your map is the gradient of the cross-entropy loss, averaged over the batch. Use the score of the class, before the softmax; no loss is needed."""
    return gradient_of(lambda x: F.cross_entropy(model(x), as_targets(target, x)), images)


def of_the_summed_loss(model, images, target):
    """Your map is the gradient of the cross-entropy loss. Use the score of the class, before the softmax; no loss is needed."""
    return gradient_of(lambda x: F.cross_entropy(model(x), as_targets(target, x), reduction="sum"), images)


def of_the_mean_score(model, images, target):
    """Your gradient is too small by the number of images: you differentiate the mean of the scores. Sum them: rows do not mix, so each image gets its own gradient."""
    return vanilla_gradient(model, images, target) / len(images)


def of_every_target(model, images, target):
    """With a target for each image, `scores[:, target]` picks every target in every row, and you sum them all. Pick one in each row: class_score does."""
    return gradient_of(lambda x: model(x)[:, target].sum(), images)


def of_all_classes(model, images, target):
    """You differentiate the sum of the scores of all classes. Pick the score of `target` first."""
    return gradient_of(lambda x: model(x).sum(), images)


def of_the_highest(model, images, target):
    """You differentiate the highest score, whichever class it belongs to. Pick the score of `target`."""
    return gradient_of(lambda x: model(x).max(dim=1).values.sum(), images)


def absolute_value(model, images, target):
    """You take the absolute value. Keep the sign here: it says in which direction the score changes."""
    return vanilla_gradient(model, images, target).abs()


def largest_channel(model, images, target):
    """You bring the colours down to one channel. Keep all three here: the gradient has the shape of the images."""
    return vanilla_gradient(model, images, target).abs().amax(dim=1, keepdim=True)


def times_the_input(model, images, target):
    """You multiply by the image: that is gradient × input, later in the lesson. Here the gradient alone is asked for."""
    return vanilla_gradient(model, images, target) * images


def normalised(model, images, target):
    """You scale the gradient to a largest value of 1. Return it as it is, in score per input unit."""
    gradient = vanilla_gradient(model, images, target)
    return gradient / gradient.abs().amax(dim=(1, 2, 3), keepdim=True)


def still_in_its_tuple(model, images, target):
    """`torch.autograd.grad` returns a tuple, with one gradient for each thing you ask about. Take the one out: `(gradient,) = torch.autograd.grad(…)`."""
    return (vanilla_gradient(model, images, target),)


def one_index_too_many(model, images, target):
    """The dimension of the batch is gone: you return the first image's gradient. `torch.autograd.grad(…)[0]` takes the gradient out of its tuple; one `[0]` more takes the first image."""
    return vanilla_gradient(model, images, target)[0]


def of_the_first_score(model, images, target):
    """Only the first image has a gradient, the others have 0: you differentiate the first score alone. Differentiate the sum of the scores of all images."""
    return gradient_of(lambda x: class_score(model, x, target)[0], images)


def of_the_largest_score(model, images, target):
    """You differentiate the largest score of the batch, so one image alone has a gradient. Differentiate the sum of the scores of all images."""
    return gradient_of(lambda x: class_score(model, x, target).max(), images)


def stacked(model, images, target):
    """One dimension is too many, (N, 1, C, H, W): `torch.stack` adds it. Join gradients of shape (1, C, H, W) with `torch.cat`."""
    return vanilla_gradient(model, images, target)[:, None]


def by_the_weights(model, images, target):
    """You differentiate by the model's weights. Differentiate by the images: mark the copy of them, and give that to `torch.autograd.grad`."""
    return torch.autograd.grad(class_score(model, images, target).sum(), next(model.parameters()))[0]


def sum_of_the_channels(model, images, target):
    """You add the colour channels up. Keep all of them here: the gradient has the shape of the images."""
    return vanilla_gradient(model, images, target).sum(dim=1, keepdim=True)


def mean_of_the_channels(model, images, target):
    """You take the mean over the colour channels. Keep all of them here: the gradient has the shape of the images."""
    return vanilla_gradient(model, images, target).mean(dim=1, keepdim=True)


def positive_part(model, images, target):
    """You cut off the negative values. Keep them: there the score falls if the value grows."""
    return vanilla_gradient(model, images, target).relu()


def downhill(model, images, target):
    """Every value has the wrong sign. Differentiate the score itself, not its negative."""
    return -vanilla_gradient(model, images, target)


def signs_alone(model, images, target):
    """You return the signs. Return the gradient itself: its size says how fast the score changes."""
    return vanilla_gradient(model, images, target).sign()


def of_the_square(model, images, target):
    """You differentiate the square of the scores. Differentiate their sum as they are."""
    return gradient_of(lambda x: class_score(model, x, target).square().sum(), images)


def averaged_over_images(model, images, target):
    """All images get the same gradient, the mean of theirs. Each has its own: no mean over the batch."""
    return vanilla_gradient(model, images, target).mean(0, keepdim=True).expand_as(images).clone()


def of_the_first_target(model, images, target):
    """With a target for each image, you use the first for all of them. Give class_score the target as it is."""
    return vanilla_gradient(model, images, target if isinstance(target, int) else target[0].item())


def squeezed_gradient(model, images, target):
    """A `.squeeze()` too many: it removes every dimension of 1, that of one channel or one image, too. The gradient has the shape of the images."""
    return vanilla_gradient(model, images, target).squeeze()


def of_every_score_by_every_image(model, images, target):
    """You differentiate each score by every image: N×N gradients. Differentiate the sum of the scores: no score depends on another image, so each image gets the gradient of its own."""
    return torch.autograd.functional.jacobian(lambda x: class_score(model, x, target), images)


def scaled_by_the_batch(model, images, target):
    """You scale the gradient. Return it as it is, in score per input unit."""
    gradient = vanilla_gradient(model, images, target)
    return gradient / gradient.max()


def summed_over_images(model, images, target):
    """You add the gradients of the images up. Each image has its own: no sum over the batch."""
    return vanilla_gradient(model, images, target).sum(0, keepdim=True)


ONE_IMAGE_AT_A_TIME = (
    "If you take the images one by one, take their targets along: `target[k:k + 1]` where it is a tensor."
)
LEAVE_THE_TYPE = "Leave the images in the type they have: model and images belong together."

GRADIENT_CURES = {
    "'int' object": "The target may be a plain number, for all images, as well as a tensor; class_score takes both.",
    "'float' object": "`.item()` makes a plain number of the score, and a plain number has no history. Leave it out.",
    "builtin_function": "`.requires_grad_()` is called, with brackets.",
    "second time": "Differentiate once: the sum of the scores gives each image the gradient of its own score.",
    "not a leaf": "Mark the copy itself: `images.detach().clone().requires_grad_()`, in this order.",
    "not have been used in the graph": "The score was computed from other images than those you differentiate by. First make the marked "
    "copy, then compute the score from that very copy, and differentiate by it.",
    "One of the differentiated Tensors": "You differentiate by images that are not marked. The second thing that `torch.autograd.grad` gets "
    "is the marked copy itself, the same that you gave to class_score. It helps to call the copy `images`, too.",
    "only for scalar outputs": "A derivative starts from one number: take the sum of the scores. In `torch.autograd.grad(…, …)` the sum "
    "comes first, the images second.",
    "target must name a class": ONE_IMAGE_AT_A_TIME,
    "out of bounds": ONE_IMAGE_AT_A_TIME,
    "images must have the shape": "Keep the dimension of the batch, also for one image: `images[k:k + 1]`.",
    "weights are torch.float64": LEAVE_THE_TYPE,
    "same dtype": LEAVE_THE_TYPE,
    "should be the same": LEAVE_THE_TYPE,
    "model must be a torch.nn.Module": "The arguments are class_score(model, images, target), in this order.",
}


# finite_difference ----------------------------------------------------------------------------------------------------


def finite_difference(model, image, target, place, step=1e-3):
    """How fast the score changes with one value of the image, by moving that value up and down a little.

    image (1, C, H, W), place (channel, row, column), step in input units → a plain number (a float), in score per input
    unit. A tensor without dimensions is as good.
    """
    with torch.no_grad():
        up, down = image.clone(), image.clone()
        up[(0, *place)] += step
        down[(0, *place)] -= step
        return (class_score(model, up, target) - class_score(model, down, target)).item() / (2 * step)


class Curved(nn.Module):
    """S₀ = Σ x³ and S₁ = Σ sin 3x: curved, so that the kind of difference taken can be told."""

    def forward(self, images):
        return torch.stack([(images**3).flatten(1).sum(1), (3 * images).sin().flatten(1).sum(1)], dim=1)


def as_double(result):
    return None if result is None else result.double()


def difference_cases():
    curved, image = Curved().eval(), two_by_two().double()
    return [
        Case("one 2×2 image, S = Σ x³, the value in row 1, column 0, step 0.1", (curved, image, 0, (0, 1, 0), 0.1)),
        Case("one 2×2 image, S = Σ sin 3x, the value in row 0, column 1, step 0.1", (curved, image, 1, (0, 0, 1), 0.1)),
        Case(
            "one 6×6 colour image, a small network, channel 2, row 3, column 4, step 0.001",
            (small_network().double(), random_images(1).double(), 1, (2, 3, 4), 1e-3),
        ),
        Case(
            "one 2×2 image and a linear network in float32, target 2, the value in row 1, column 1, step 0.5",
            (linear_network(), two_by_two(), 2, (0, 1, 1), 0.5),
        ),
    ]


def forward_difference(model, image, target, place, step=1e-3):
    """You compare the moved image with the plain one. Move the value up and down: the central difference is far more exact."""
    up = image.clone()
    up[(0, *place)] += step
    return (class_score(model, up, target) - class_score(model, image, target)).item() / step


def half_the_width(model, image, target, place, step=1e-3):
    """Your result is twice too large. From x − ε to x + ε it is 2ε: divide by that."""
    return 2 * finite_difference(model, image, target, place, step)


def not_divided(model, image, target, place, step=1e-3):
    """You return the change of the score. Divide it by how far the value moved, 2ε: a slope is asked for."""
    return 2 * step * finite_difference(model, image, target, place, step)


def fixed_step(model, image, target, place, step=1e-3):
    """That is the derivative itself, or a difference with a step of your own. Move the value by the `step` that was given, and compare two scores."""
    return finite_difference(model, image, target, place)


def half_step(model, image, target, place, step=1e-3):
    """You move by half the step. Move up by the whole `step` and down by the whole `step`; the distance is 2ε."""
    return finite_difference(model, image, target, place, step / 2)


def brackets_missing(model, image, target, place, step=1e-3):
    """Your result is far too small. Put brackets around what you divide by: `/ (2 * step)`."""
    return finite_difference(model, image, target, place, step) * step**2


def rows_and_columns(model, image, target, place, step=1e-3):
    """Rows and columns are exchanged. `place` is (channel, row, column), in the order of the image's dimensions."""
    return finite_difference(model, image, target, (place[0], place[2], place[1]), step)


def down_minus_up(model, image, target, place, step=1e-3):
    """The sign is reversed. Subtract the score at x − ε from the score at x + ε."""
    return -finite_difference(model, image, target, place, step)


def all_values_moved(model, image, target, place, step=1e-3):
    """You move every value of the image. Move the one at `place` alone."""
    with torch.no_grad():
        return (class_score(model, image + step, target) - class_score(model, image - step, target)).item() / (2 * step)


def difference_of_probability(model, image, target, place, step=1e-3):
    """That is the slope of the softmax probability. Use the score before the softmax."""
    return finite_difference(followed_by(nn.Softmax(1), model), image, target, place, step)


def backward_difference(model, image, target, place, step=1e-3):
    """You compare the plain image with the one moved down. Move the value up and down: the central difference is far more exact."""
    down = image.clone()
    down[(0, *place)] -= step
    return (class_score(model, image, target) - class_score(model, down, target)).item() / step


def half_the_distance(model, image, target, place, step=1e-3):
    """You divide by 2ε, but your two images lie ε apart: one of them is the plain image. Make both from `image`, one moved up and the other moved down."""
    return forward_difference(model, image, target, place, step) / 2


def nothing_moved(model, image, target, place, step=1e-3):
    """Both scores are the same, so their difference is 0. Either nothing was moved, or `up` and `down` are one tensor: each needs a copy of its own, `image.clone()`."""
    return 0.0


def size_of_the_slope(model, image, target, place, step=1e-3):
    """You take the absolute value. Keep the sign: the score may fall where the value grows."""
    return abs(finite_difference(model, image, target, place, step))


def brackets_around_the_difference(model, image, target, place, step=1e-3):
    """You divide the second score alone. Put brackets around the difference: `(… - …) / (2 * step)`."""
    up, down = moved(image, place, step)
    return class_score(model, up, target).item() - class_score(model, down, target).item() / (2 * step)


def scores_added(model, image, target, place, step=1e-3):
    """You add the two scores. Subtract the score at x − ε from the score at x + ε."""
    up, down = moved(image, place, step)
    return (class_score(model, up, target) + class_score(model, down, target)).item() / (2 * step)


def all_channels_moved(model, image, target, place, step=1e-3):
    """You move the pixel in every channel. `place` names one channel: move that value alone."""
    up, down = moved(image, (slice(None), *place[1:]), step)
    return (class_score(model, up, target) - class_score(model, down, target)).item() / (2 * step)


def set_to_the_step(model, image, target, place, step=1e-3):
    """You set the value to `step` and to −step. Add to the value that is there, with `+=`, and subtract from it, with `-=`."""
    up, down = image.clone(), image.clone()
    up[(0, *place)], down[(0, *place)] = step, -step
    return (class_score(model, up, target) - class_score(model, down, target)).item() / (2 * step)


def multiplied_by_the_step(model, image, target, place, step=1e-3):
    """You multiply the value by 1 ± step. Add `step` to it and subtract `step` from it."""
    up, down = image.clone(), image.clone()
    up[(0, *place)] *= 1 + step
    down[(0, *place)] *= 1 - step
    return (class_score(model, up, target) - class_score(model, down, target)).item() / (2 * step)


def moved_by_a_thousandth(model, image, target, place, step=1e-3):
    """You move the value by 0.001, whatever `step` is given. Move it by `step`."""
    return finite_difference(model, image, target, place, 1e-3) * 1e-3 / step


def of_every_class(model, image, target, place, step=1e-3):
    """You return a slope for every class. Use the score of `target` alone: class_score gives it."""
    up, down = moved(image, place, step)
    with torch.no_grad():
        return (model(up) - model(down)) / (2 * step)


def slope_in_a_tensor(model, image, target, place, step=1e-3):
    """You return a tensor with one entry, of shape (1,). A plain number is asked for: `.item()` makes one of it."""
    return torch.tensor([finite_difference(model, image, target, place, step)], dtype=image.dtype)


def second_derivative(model, image, target, place, step=1e-3):
    """That is the second derivative: how fast the slope changes. The slope itself is asked for: S(x + ε) − S(x − ε), divided by 2ε."""
    up, down = moved(image, place, step)
    scores = [class_score(model, one, target).item() for one in (up, image, down)]
    return (scores[0] - 2 * scores[1] + scores[2]) / step**2


def moved_twice_as_far(model, image, target, place, step=1e-3):
    """You move by twice the step, or divide by half of what you moved. Up by `step`, down by `step`: together 2ε, and by that you divide."""
    return 2 * finite_difference(model, image, target, place, 2 * step)


def moved_by_one(model, image, target, place, step=1e-3):
    """You move the value by 1, whatever `step` is given. Move it by `step`, and divide by 2ε."""
    return finite_difference(model, image, target, place, 1.0)


def of_the_highest_score(model, image, target, place, step=1e-3):
    """You compare the highest scores, whichever class they belong to. Use the score of `target`: class_score gives it."""
    up, down = moved(image, place, step)
    with torch.no_grad():
        return (model(up).max() - model(down).max()).item() / (2 * step)


def derivative_further_on(model, image, target, place, step=1e-3):
    """That is a derivative by autograd, at the image moved up. No gradient is needed here: compare the scores of two images, one moved up and one moved down."""
    return vanilla_gradient(model, moved(image, place, step)[0], target)[(0, *place)].item()


def moved(image, place, step):
    """The image with the value at place moved up, and with it moved down."""
    up, down = image.clone(), image.clone()
    up[(0, *place)] += step
    down[(0, *place)] -= step
    return up, down


THE_PLACE = (
    "`place` is (channel, row, column), and the image has the batch in front of these: `image[0, channel, row, column]`, or "
    "`image[(0, *place)]`."
)

DIFFERENCE_CURES = {
    "out of bounds": THE_PLACE,
    "too many indices": THE_PLACE,
    "images must have the shape": "class_score takes whole images. Copy the image, change the one value in the copy, and give it the copy.",
    "weights are torch.float": LEAVE_THE_TYPE,
    "same dtype": LEAVE_THE_TYPE,
    "should be the same": LEAVE_THE_TYPE,
}


# linear_estimate ------------------------------------------------------------------------------------------------------


def linear_estimate(model, images, target, moved):
    """What the first-order Taylor expansion at `images` says of the score at `moved`: S(x) + ∂S/∂x · (x′ − x).

    images, moved (N, C, H, W) → (N,), in score.
    """
    step = moved - images
    return class_score(model, images, target).detach() + (vanilla_gradient(model, images, target) * step).flatten(
        1
    ).sum(1)


def estimate_cases():
    return [
        Case(
            "two 2×2 images, a linear network, target 1, the values moved by 0.5",
            (linear_network(), two_by_two(2), 1, two_by_two(2) + torch.tensor([0.5, -0.5]).reshape(2, 1, 1, 1)),
        ),
        Case(
            "two 6×6 colour images, target 2, moved towards two others",
            (small_network(), random_images(2), 2, 0.8 * random_images(2) + 0.2 * random_images(2, seed=5)),
        ),
        Case(
            "three images, a target for each",
            (small_network(), random_images(3, seed=2), torch.tensor([2, 0, 1]), random_images(3, seed=6)),
        ),
        Case(
            "one 6×6 colour image, target 1", (small_network(), random_images(1, seed=4), 1, random_images(1, seed=7))
        ),
    ]


def target_as_columns(model, images, target, moved):
    """With a target for each image, `scores[:, target]` picks every target in every row. Use class_score, or pick one in each row."""
    scores = model(images).detach()[:, target]
    change = (vanilla_gradient(model, images, target) * (moved - images)).flatten(1).sum(1)
    return scores + change


def only_the_change(model, images, target, moved):
    """You return the change that the gradient predicts. Add it to the score at the start, S(x)."""
    return linear_estimate(model, images, target, moved) - class_score(model, images, target).detach()


def the_score_there(model, images, target, moved):
    """That is the true score at `moved`. Asked for is what the gradient at `images` predicts of it, without looking there."""
    return class_score(model, moved, target).detach()


def gradient_there(model, images, target, moved):
    """You take the gradient at `moved`. The expansion is about `images`: take the gradient there."""
    change = (vanilla_gradient(model, moved, target) * (moved - images)).flatten(1).sum(1)
    return class_score(model, images, target).detach() + change


def other_direction(model, images, target, moved):
    """The step has the wrong sign. It leads from `images` to `moved`: moved − images."""
    return 2 * class_score(model, images, target).detach() - linear_estimate(model, images, target, moved)


def times_moved(model, images, target, moved):
    """You multiply the gradient by the moved image. Multiply it by the step, moved − images."""
    return class_score(model, images, target).detach() + (vanilla_gradient(model, images, target) * moved).flatten(
        1
    ).sum(1)


def mean_change(model, images, target, moved):
    """You take the mean over the values of the image. Their changes add up: take the sum."""
    change = (vanilla_gradient(model, images, target) * (moved - images)).flatten(1).mean(1)
    return class_score(model, images, target).detach() + change


def summed_over_batch(model, images, target, moved):
    """You sum over the whole batch. Each image has its own estimate: sum over channels, rows and columns alone."""
    change = (vanilla_gradient(model, images, target) * (moved - images)).sum()
    return class_score(model, images, target).detach() + change


def score_there_and_slope_here(model, images, target, moved):
    """You start from the score at `moved`. The expansion starts where the walk begins: from the score at `images`, S(x)."""
    return class_score(model, moved, target).detach() + estimated_change(model, images, target, moved)


def all_of_it_there(model, images, target, moved):
    """You take the score and the gradient at `moved`. The expansion is about `images`: take both there. `moved` occurs in the step alone."""
    return class_score(model, moved, target).detach() + (
        vanilla_gradient(model, moved, target) * (moved - images)
    ).flatten(1).sum(1)


def size_of_the_step(model, images, target, moved):
    """You take the absolute value of the step. Keep its sign: a value may grow or shrink."""
    return start(model, images, target) + (vanilla_gradient(model, images, target) * (moved - images).abs()).flatten(
        1
    ).sum(1)


def sizes_of_the_changes(model, images, target, moved):
    """You add up absolute values. Keep the signs: some changes raise the score and others lower it."""
    return start(model, images, target) + (vanilla_gradient(model, images, target) * (moved - images)).abs().flatten(
        1
    ).sum(1)


def sizes_of_the_slopes(model, images, target, moved):
    """You take the absolute value of the gradient. Keep its sign."""
    return start(model, images, target) + (vanilla_gradient(model, images, target).abs() * (moved - images)).flatten(
        1
    ).sum(1)


def sums_multiplied(model, images, target, moved):
    """You add up the gradient and the step, each for itself, and multiply the sums. Multiply value by value first, then add up."""
    return start(model, images, target) + vanilla_gradient(model, images, target).flatten(1).sum(1) * (
        moved - images
    ).flatten(1).sum(1)


def scores_on_every_value(model, images, target, moved):
    """You add the score to every single product, so your result has the shape of the images. Add the products of an image up first, `.flatten(1).sum(1)`: one number for each image."""
    return start(model, images, target).reshape(-1, 1, 1, 1) + vanilla_gradient(model, images, target) * (
        moved - images
    )


def scores_along_the_columns(model, images, target, moved):
    """Your result has the shape of the images: the sum over their values is missing. Add the products of an image up, `.flatten(1).sum(1)`: one number for each image."""
    return start(model, images, target) + vanilla_gradient(model, images, target) * (moved - images)


def summed_over_channels_alone(model, images, target, moved):
    """You add up over the channels alone. Add up over channels, rows and columns, `.flatten(1).sum(1)`: one number for each image."""
    return start(model, images, target) + (vanilla_gradient(model, images, target) * (moved - images)).sum(1)


def dimensions_kept(model, images, target, moved):
    """Your sum keeps its dimensions, (N, 1, 1, 1), and does not fit to the scores, (N,). Leave `keepdim` out, or use `.flatten(1).sum(1)`."""
    return start(model, images, target) + (vanilla_gradient(model, images, target) * (moved - images)).sum(
        (1, 2, 3), keepdim=True
    )


def every_pair_of_images(model, images, target, moved):
    """`@` multiplies each image's gradient with the step of every image: N×N numbers. Multiply value by value, with `*`, and add up: `.flatten(1).sum(1)`."""
    return (
        start(model, images, target)
        + vanilla_gradient(model, images, target).flatten(1) @ (moved - images).flatten(1).T
    )


def matrices_multiplied(model, images, target, moved):
    """`@` is the product of matrices: rows times columns. Multiply value by value, with `*`, and add up: `.flatten(1).sum(1)`."""
    return start(model, images, target) + (vanilla_gradient(model, images, target) @ (moved - images)).flatten(1).sum(1)


def starts_summed(model, images, target, moved):
    """You add the scores of the batch up. Each image starts from its own score."""
    return start(model, images, target).sum() + estimated_change(model, images, target, moved)


def one_estimate_for_all(model, images, target, moved):
    """You return one number for the whole batch. Return one estimate for each image, (N,): add up over channels, rows and columns alone."""
    return linear_estimate(model, images, target, moved).sum()


def score_times_change(model, images, target, moved):
    """You multiply the score by the change. Add the change to the score."""
    return start(model, images, target) * estimated_change(model, images, target, moved)


def gradient_times_image(model, images, target, moved):
    """You multiply the gradient by the image. Multiply it by the step, moved − images."""
    return start(model, images, target) + (vanilla_gradient(model, images, target) * images).flatten(1).sum(1)


def gradient_at_the_step(model, images, target, moved):
    """You take the gradient at moved − images, which is a difference of images and no place to stand. Take it at `images`."""
    return start(model, images, target) + (vanilla_gradient(model, moved - images, target) * (moved - images)).flatten(
        1
    ).sum(1)


def squeezed_estimate(model, images, target, moved):
    """Of a single image your result has lost its only dimension; a bare `.squeeze()` does that. One image gives a tensor of shape (1,)."""
    return linear_estimate(model, images, target, moved).squeeze()


def the_start_alone(model, images, target, moved):
    """You return the score at the start, S(x). Add what the gradient says of the step: (gradient · (moved − images)), added up over each image."""
    return start(model, images, target)


def gradient_times_moved_alone(model, images, target, moved):
    """You return the gradient times the moved image. Take the score at the start, S(x), and add the gradient times the step, moved − images."""
    return (vanilla_gradient(model, images, target) * moved).flatten(1).sum(1)


def half_the_change(model, images, target, moved):
    """You add half the change. The first-order expansion has no ½: add the whole change."""
    return start(model, images, target) + estimated_change(model, images, target, moved) / 2


def squared_step(model, images, target, moved):
    """You square the step. The first-order expansion takes it as it is, with its sign."""
    return start(model, images, target) + (vanilla_gradient(model, images, target) * (moved - images).square()).flatten(
        1
    ).sum(1)


def lengths_multiplied(model, images, target, moved):
    """You multiply the length of the gradient by the length of the step, as if both pointed the same way. Multiply value by value, and add up."""
    lengths = [each.flatten(1).norm(dim=1) for each in (vanilla_gradient(model, images, target), moved - images)]
    return start(model, images, target) + lengths[0] * lengths[1]


def summed_over_places_alone(model, images, target, moved):
    """You add up over rows and columns alone, so a number for each channel is left. Add up over the channels, too: `.flatten(1).sum(1)`."""
    return start(model, images, target) + (vanilla_gradient(model, images, target) * (moved - images)).sum((2, 3))


def there_and_back(model, images, target, moved):
    """You start from the score at `moved` and go back from there. Start from the score at `images`, and go to `moved`: the step is moved − images."""
    return class_score(model, moved, target).detach() - estimated_change(model, images, target, moved)


def gradient_halfway(model, images, target, moved):
    """You take the mean of the gradients at `images` and at `moved`. Take the gradient at `images` alone: the point is to predict without looking there."""
    gradient = (vanilla_gradient(model, images, target) + vanilla_gradient(model, moved, target)) / 2
    return start(model, images, target) + (gradient * (moved - images)).flatten(1).sum(1)


def means_over_the_channels(model, images, target, moved):
    """You take the mean over the channels. Their changes add up: take the sum, over channels, rows and columns."""
    return start(model, images, target) + (vanilla_gradient(model, images, target) * (moved - images)).sum((2, 3)).mean(
        1
    )


def start(model, images, target):
    return class_score(model, images, target).detach()


def estimated_change(model, images, target, moved):
    return (vanilla_gradient(model, images, target) * (moved - images)).flatten(1).sum(1)


SUM_FIRST = (
    "class_score gives one number for each image, (N,); the product of gradient and step has the shape of the images. Add the "
    "product up first, over everything but the batch: `.flatten(1).sum(1)`."
)

ESTIMATE_CURES = {
    "must match the size": SUM_FIRST,
    "cannot be multiplied": "`@` is the product of matrices. Multiply value by value, with `*`, and add up: `.flatten(1).sum(1)`.",
    "1D tensors expected": "Multiply value by value, with `*`, and add up over each image: `.flatten(1).sum(1)`.",
    "cannot be converted to Scalar": "The batch may hold several images. Keep the scores as a tensor, (N,), without `.item()`.",
    "only one element tensors": "The batch may hold several images. Keep the scores as a tensor, (N,), without `.item()` and `float()`.",
    "target must name a class": ONE_IMAGE_AT_A_TIME,
}


# to_heatmap -----------------------------------------------------------------------------------------------------------


def to_heatmap(gradient):
    """The largest absolute value over the colour channels, scaled so that each image's largest is 1 (Simonyan et al. 2013).

    gradient (N, C, H, W) → (N, 1, H, W) in [0, 1], however faint it was; a map that is zero everywhere stays zero.
    """
    size = gradient.abs().amax(dim=1, keepdim=True)
    largest = size.amax(dim=(2, 3), keepdim=True)
    return size / torch.where(largest > 0, largest, 1)


def heatmap_cases():
    generator = torch.Generator().manual_seed(7)
    hand = torch.tensor([[[[1.0, -4.0, 0.5], [0.0, 2.0, -1.0]], [[-2.0, 1.0, 0.5], [0.0, -1.0, -3.0]]]])
    batch = torch.randn(3, 3, 4, 5, generator=generator) * torch.tensor([1.0, 10.0, 0.01]).reshape(3, 1, 1, 1)
    return [
        Case("one gradient of two channels and 2×3 pixels, (1 −4 0.5; 0 2 −1) and (−2 1 0.5; 0 −1 −3)", (hand,)),
        Case("three gradients of very different size", (batch,)),
        Case("two gradients, one of them zero everywhere", (torch.stack([torch.zeros(3, 4, 4), batch[0, :, :, :4]]),)),
        Case("one gradient that is zero everywhere", (torch.zeros(1, 3, 4, 5),)),
        Case("a faint gradient, with values up to 0.0009", (9e-4 * batch[1:2] / batch[1:2].abs().max(),)),
    ]


NEAR_ENOUGH = (
    2e-3  # so that a trace added to the largest value, against 0 / 0, is no fault, and a floor under it is one
)


def largest_signed(gradient):
    """You take the largest value over the channels. Take the absolute value first: −4 is a larger change than 1."""
    return _scaled(gradient.amax(dim=1, keepdim=True))


def absolute_too_late(gradient):
    """You take the absolute value after the largest over the channels. Take it before: −4 is a larger change than 1."""
    return _scaled(gradient.amax(dim=1, keepdim=True).abs())


def scaled_by_channel(gradient):
    """You scale each channel by itself before you compare them. Take the largest over the channels first, then scale the map."""
    channels = gradient.abs()
    return (channels / channels.amax(dim=(2, 3), keepdim=True).clamp(min=1e-12)).amax(dim=1, keepdim=True)


def largest_of_each_row(gradient):
    """You divide by the largest value of each row or column. Divide by the largest of the whole map: `dim=(2, 3)`."""
    size = gradient.abs().amax(dim=1, keepdim=True)
    return size / size.amax(dim=3, keepdim=True).clamp(min=1e-12)


def absolute_of_sum(gradient):
    """You add the channels up before the absolute value, so that a positive and a negative one cancel. Take the largest absolute value over them."""
    return _scaled(gradient.sum(dim=1, keepdim=True).abs())


def sum_of_absolute(gradient):
    """You take the sum, or the mean, of the channels' absolute values. Take the largest of them: `.amax(dim=1, keepdim=True)`."""
    return _scaled(gradient.abs().sum(dim=1, keepdim=True))


def mean_of_absolute(gradient):
    """You take the mean of the channels' absolute values, unscaled. Take the largest over the channels, and divide by each image's largest."""
    return gradient.abs().mean(dim=1, keepdim=True)


def not_scaled(gradient):
    """Your map is not scaled yet. Divide each image's map by its largest value."""
    return gradient.abs().amax(dim=1, keepdim=True)


def scaled_together(gradient):
    """You divide by the largest value of the whole batch, so that one image dims the others. Divide each by its own."""
    size = gradient.abs().amax(dim=1, keepdim=True)
    return size / size.max().clamp(min=1e-12)


def zero_by_zero(gradient):
    """A map that is zero everywhere comes out as NaN: 0 / 0. Leave it zero."""
    size = gradient.abs().amax(dim=1, keepdim=True)
    return size / size.amax(dim=(2, 3), keepdim=True)


def stretched(gradient):
    """You also shift the smallest value to 0. Divide alone: 0 must go on meaning "this pixel changes nothing"."""
    size = gradient.abs().amax(dim=1, keepdim=True)
    low, high = size.amin(dim=(2, 3), keepdim=True), size.amax(dim=(2, 3), keepdim=True)
    return (size - low) / torch.where(high > low, high - low, 1)


def _scaled(size):
    largest = size.amax(dim=(2, 3), keepdim=True)
    return size / torch.where(largest > 0, largest, 1)


def stretched_to_nan(gradient):
    """You shift the smallest value to 0, too, and a map that is zero everywhere comes out as NaN. Divide by the largest value alone, so that 0 goes on meaning "this pixel changes nothing", and leave a map of zeros zero."""
    size = gradient.abs().amax(dim=1, keepdim=True)
    low, high = size.amin(dim=(2, 3), keepdim=True), size.amax(dim=(2, 3), keepdim=True)
    return (size - low) / (high - low)


def stretched_together(gradient):
    """You stretch the whole batch from its smallest value to its largest. Divide each image's map by its own largest value, and shift nothing: 0 must go on meaning "this pixel changes nothing"."""
    size = gradient.abs().amax(dim=1, keepdim=True)
    return (size - size.min()) / (size.max() - size.min())


def stretched_with_signs(gradient):
    """You stretch the signed gradient from its smallest value to its largest, so that 0 comes to lie somewhere in the middle. Take absolute values first, then the largest over the channels, and divide by each map's largest."""
    largest = gradient.amax(dim=1, keepdim=True)
    low, high = largest.amin(dim=(2, 3), keepdim=True), largest.amax(dim=(2, 3), keepdim=True)
    return (largest - low) / torch.where(high > low, high - low, 1)


def with_a_floor(gradient):
    """A faint map comes out too dark: what you divide by is kept from getting small, or something large is added to it. Divide by the largest value itself wherever it is not 0: `torch.where(largest > 0, largest, 1)`."""
    size = gradient.abs().amax(dim=1, keepdim=True)
    return size / size.amax(dim=(2, 3), keepdim=True).clamp(min=1e-3)


def with_an_addend(gradient):
    """A faint map comes out too dark: you add something to what you divide by. Divide by the largest value itself wherever it is not 0: `torch.where(largest > 0, largest, 1)`."""
    size = gradient.abs().amax(dim=1, keepdim=True)
    return size / (size.amax(dim=(2, 3), keepdim=True) + 1e-3)


def divided_if_above_1(gradient):
    """A map whose largest value is below 1 is left as it is. Divide that, too, so that its largest becomes 1."""
    size = gradient.abs().amax(dim=1, keepdim=True)
    return size / size.amax(dim=(2, 3), keepdim=True).clamp(min=1)


def cut_off_at_1(gradient):
    """You cut the map off at 1. Scale it: divide each image's map by its largest value."""
    return gradient.abs().amax(dim=1, keepdim=True).clamp(max=1)


def divided_by_the_sum(gradient):
    """You divide each map by its sum. Divide it by its largest value, so that this becomes 1."""
    size = gradient.abs().amax(dim=1, keepdim=True)
    return size / size.sum(dim=(2, 3), keepdim=True).clamp(min=1e-12)


def divided_by_the_mean(gradient):
    """You divide each map by its mean. Divide it by its largest value, so that this becomes 1."""
    size = gradient.abs().amax(dim=1, keepdim=True)
    return size / size.mean(dim=(2, 3), keepdim=True).clamp(min=1e-12)


def length_over_channels(gradient):
    """You take the root of the sum of squares over the channels. Take the largest absolute value: `.abs().amax(dim=1, keepdim=True)`."""
    return _scaled(gradient.norm(dim=1, keepdim=True))


def squares(gradient):
    """You square the values. Take their absolute values."""
    return _scaled(gradient.square().amax(dim=1, keepdim=True))


def positive_values_alone(gradient):
    """You set negative values to 0 before you take the largest. Take their absolute value: −4 is a larger change than 1."""
    return _scaled(gradient.relu().amax(dim=1, keepdim=True))


def largest_over_the_images(gradient):
    """You take the largest over the images, dimension 0. The channels are dimension 1: `.amax(dim=1, keepdim=True)`."""
    return _scaled(gradient.abs().amax(dim=0, keepdim=True))


def largest_over_the_columns(gradient):
    """You take the largest over the columns, the last dimension. The channels are dimension 1: `.amax(dim=1, keepdim=True)`."""
    return _scaled(gradient.abs().amax(dim=-1, keepdim=True))


def channels_kept(gradient):
    """Your map still has all the channels. Take the largest over them, `.amax(dim=1, keepdim=True)`, so that one is left."""
    return _scaled(gradient.abs())


def channels_kept_one_scale(gradient):
    """Your map still has all the channels, if scaled rightly. Take the largest over them, `.amax(dim=1, keepdim=True)`, so that one is left."""
    largest = gradient.abs().amax(dim=(1, 2, 3), keepdim=True)
    return gradient.abs() / torch.where(largest > 0, largest, 1)


def channel_dimension_lost(gradient):
    """The dimension of the channels is gone. Keep it with a length of 1, (N, 1, H, W): `keepdim=True`."""
    return to_heatmap(gradient).squeeze(1)


def channel_dimension_lost_unscaled(gradient):
    """Two things are missing. The dimension of the channels is gone: keep it with a length of 1, `.amax(dim=1, keepdim=True)`. And the map is not scaled: divide it by the largest value of each map, `.amax(dim=(2, 3), keepdim=True)`."""
    return gradient.abs().amax(dim=1)


def the_first_map(gradient):
    """You return the map of the first image alone. Return one for each: work on dimension 1, the channels, of the whole batch."""
    return to_heatmap(gradient)[0]


def ones_for_zeros(gradient):
    """A map that is zero everywhere comes out as ones. Leave it zero: put 1 in place of a largest value of 0 before you divide."""
    size = gradient.abs().amax(dim=1, keepdim=True)
    largest = size.amax(dim=(2, 3), keepdim=True)
    return torch.where(largest > 0, size / largest, 1)


def number_of_the_channel(gradient):
    """You return which channel has the largest value. Return that value: `.amax`, not `.argmax`."""
    return _scaled(gradient.abs().argmax(dim=1, keepdim=True).to(gradient.dtype))


def first_channel_alone(gradient):
    """You use the first channel alone. Take the largest absolute value over all of them: `.abs().amax(dim=1, keepdim=True)`."""
    return _scaled(gradient[:, :1].abs())


def largest_of_each_column(gradient):
    """You divide by the largest value of each column. Divide by the largest of the whole map: `dim=(2, 3)`."""
    size = gradient.abs().amax(dim=1, keepdim=True)
    return size / size.amax(dim=2, keepdim=True).clamp(min=1e-12)


def scaled_together_to_nan(gradient):
    """You divide by the largest value of the whole batch, so that one image dims the others, and where all is zero 0 / 0 comes out. Divide each map by its own largest value, and by 1 where that is 0."""
    size = gradient.abs().amax(dim=1, keepdim=True)
    return size / size.max()


def divided_by_the_largest_signed(gradient):
    """You divide by the largest signed value of the gradient. Divide by the largest of the map, which holds absolute values."""
    largest = gradient.amax(dim=(1, 2, 3), keepdim=True)
    return gradient.abs().amax(dim=1, keepdim=True) / torch.where(largest != 0, largest, 1)


def divided_by_the_length(gradient):
    """You divide each map by its length, the root of its sum of squares. Divide it by its largest value, so that this becomes 1."""
    size = gradient.abs().amax(dim=1, keepdim=True)
    return size / size.norm(dim=(2, 3), keepdim=True).clamp(min=1e-12)


def ones_for_zero_pixels(gradient):
    """A pixel that is 0 comes out as 1. Leave it 0: ask whether the largest value of the map is 0, not whether the pixel is."""
    size = gradient.abs().amax(dim=1, keepdim=True)
    return torch.where(size > 0, size / size.amax(dim=(2, 3), keepdim=True), 1)


def channels_kept_together(gradient):
    """Your map still has all the channels, and the whole batch has one scale. Take the largest over the channels, `.amax(dim=1, keepdim=True)`, and divide each map by its own largest value."""
    return gradient.abs() / gradient.abs().max()


def mean_stretched(gradient):
    """You take the mean over the channels and stretch it from its smallest to its largest value. Take the largest absolute value over the channels, and divide by each map's largest alone."""
    size = gradient.abs().mean(dim=1, keepdim=True)
    low, high = size.amin(dim=(2, 3), keepdim=True), size.amax(dim=(2, 3), keepdim=True)
    return (size - low) / (high - low)


def through_a_softmax(gradient):
    """You apply a softmax to the map. Divide each map by its largest value."""
    size = gradient.abs().amax(dim=1, keepdim=True)
    return size.flatten(1).softmax(1).reshape(size.shape)


def through_a_sigmoid(gradient):
    """You apply a sigmoid to the map. Divide each map by its largest value."""
    return gradient.abs().amax(dim=1, keepdim=True).sigmoid()


KEEP_THE_DIMENSIONS = (
    "`keepdim=True` in both maxima keeps four dimensions. The largest over the channels, `.amax(dim=1, keepdim=True)`, has "
    "the shape (N, 1, H, W), and the largest value of each map, `.amax(dim=(2, 3), keepdim=True)`, has (N, 1, 1, 1). Then the "
    "division fits by itself."
)

HEATMAP_CURES = {
    "return_types.max": "`.max(dim=1)` gives two things, the values and where they stood. Take `.values`, or use "
    "`.amax(dim=1, keepdim=True)`, which gives the values alone.",
    "'tuple' object": "`.max(dim=1)` gives two things, the values and where they stood. Take `.values`, or use "
    "`.amax(dim=1, keepdim=True)`, which gives the values alone.",
    "must be int, not tuple": "`.max` takes one dimension. `.amax(dim=(2, 3), keepdim=True)` takes several.",
    "max() received": "`.max` takes one dimension. `.amax(dim=(2, 3), keepdim=True)` takes several.",
    "Dimension out of range": KEEP_THE_DIMENSIONS,
    "must match the size": KEEP_THE_DIMENSIONS,
    "Boolean value of Tensor": "There is a largest value for each image, and `if` decides once for all. Choose for each: "
    "`torch.where(largest > 0, largest, 1)`.",
}


# gradient_x_input -----------------------------------------------------------------------------------------------------


def product_in_size(model, images, target):
    """You take the absolute value. Keep the sign: a negative product speaks against the class."""
    return gradient_x_input(model, images, target).abs()


def absolute_gradient_x_input(model, images, target):
    """You multiply by the absolute value of the gradient. Keep its sign."""
    return vanilla_gradient(model, images, target).abs() * images


def heatmap_x_input(model, images, target):
    """You multiply by the heatmap, which has lost sign and colour. Multiply by the gradient itself, channel by channel."""
    return to_heatmap(vanilla_gradient(model, images, target)) * images


def summed_over_channels(model, images, target):
    """You add the channels up. Return the product for each value of the image: the same shape as images."""
    return gradient_x_input(model, images, target).sum(dim=1, keepdim=True)


def only_the_gradient(model, images, target):
    """That is the gradient. Multiply it by the image, value by value."""
    return vanilla_gradient(model, images, target)


def product_of_probability(model, images, target):
    """You use the gradient of the softmax probability. Use the score before the softmax."""
    return of_the_probability(model, images, target) * images


def products_summed(model, images, target):
    """You add all products of an image up to one number. Return them as they are, value by value: the same shape as images."""
    return gradient_x_input(model, images, target).flatten(1).sum(1)


def as_matrices(model, images, target):
    """`@` multiplies as matrices. Multiply value by value, with `*`."""
    return vanilla_gradient(model, images, target) @ images


def heatmap_of_the_product(model, images, target):
    """You make a heatmap of the product, without sign and colours. Return the product as it is: the same shape as images."""
    return to_heatmap(gradient_x_input(model, images, target))


def times_size_of_the_image(model, images, target):
    """You multiply by the absolute value of the image. Multiply by the image as it is."""
    return vanilla_gradient(model, images, target) * images.abs()


def added_to_the_image(model, images, target):
    """You add the image to the gradient. Multiply them, value by value."""
    return vanilla_gradient(model, images, target) + images


def score_x_input(model, images, target):
    """You multiply the image by its score. Multiply it by the gradient, value by value."""
    return class_score(model, images, target).detach().reshape(-1, 1, 1, 1) * images


def product_for_the_highest(model, images, target):
    """You use the gradient of the highest score, whichever class it belongs to. Give vanilla_gradient the `target`."""
    return of_the_highest(model, images, target) * images


def times_the_first_image(model, images, target):
    """You multiply all gradients by the first image. Multiply by `images`: each gradient meets its own."""
    return vanilla_gradient(model, images, target) * images[:1]


def positive_products(model, images, target):
    """You set the negative products to zero. Keep them: they speak against the class."""
    return gradient_x_input(model, images, target).relu()


def squared_gradient(model, images, target):
    """You multiply the gradient by itself. Multiply it by the image."""
    return vanilla_gradient(model, images, target).square()


def product_with_the_score(model, images, target):
    """You differentiate the product of the score and the image. Take the gradient of the score first, with vanilla_gradient, then multiply by the image."""
    return gradient_of(lambda x: (class_score(model, x, target).reshape(-1, 1, 1, 1) * x).sum(), images)


def product_in_a_tuple(model, images, target):
    """You return a tuple. Return the product alone, a tensor."""
    return (gradient_x_input(model, images, target),)


def products_without_channels(model, images, target):
    """You add the channels up, and their dimension is gone. Return the product for each value of the image: the same shape as images."""
    return gradient_x_input(model, images, target).sum(dim=1)


def mean_over_channels(model, images, target):
    """You take the mean over the channels. Return the product for each value of the image: the same shape as images."""
    return gradient_x_input(model, images, target).mean(dim=1, keepdim=True)


def scaled_gradient_x_input(model, images, target):
    """You scale the gradient before you multiply. Multiply it as it is, in score per input unit."""
    gradient = vanilla_gradient(model, images, target)
    return gradient / gradient.abs().max() * images


def times_the_square(model, images, target):
    """You multiply by the square of the image. Multiply by the image as it is."""
    return vanilla_gradient(model, images, target) * images.square()


def times_the_inverted(model, images, target):
    """You multiply by 1 − the image. Multiply by the image as it is."""
    return vanilla_gradient(model, images, target) * (1 - images)


def gradient_of_the_product(model, images, target):
    """You put a changed image into the network. Take the gradient at the images as they are, and multiply that by the images."""
    return vanilla_gradient(model, images * images, target)


def positive_gradient_x_input(model, images, target):
    """You cut off the negative values of the gradient. Keep them, and multiply as it is."""
    return vanilla_gradient(model, images, target).relu() * images


def centred_input(model, images, target):
    """You subtract a mean from the image before you multiply. Multiply by the image as it is."""
    return vanilla_gradient(model, images, target) * (images - images.mean())


def gradient_x_score(model, images, target):
    """You multiply the gradient by the score. Multiply it by the image, value by value."""
    return vanilla_gradient(model, images, target) * class_score(model, images, target).detach().reshape(-1, 1, 1, 1)


def divided_by_the_input(model, images, target):
    """You divide by the image. Multiply by it, value by value."""
    return vanilla_gradient(model, images, target) / images


def for_class_0(model, images, target):
    """You use class 0, whatever `target` is given. Give vanilla_gradient the `target`."""
    return gradient_x_input(model, images, 0)


PRODUCT_CURES = {
    "must match the size": "Gradient and images have the same shape, (N, C, H, W): multiply them as they are.",
    "has no attribute": "Multiply two tensors: what vanilla_gradient returns, and the images.",
    "unsupported operand": "Call the function: `vanilla_gradient(model, images, target)` is the gradient, `vanilla_gradient` alone is not.",
    "missing 1 required positional": "vanilla_gradient is called with (model, images, target).",
}


EXERCISES = (
    Exercise(
        vanilla_gradient,
        "vanilla_gradient",
        3,
        network_cases,
        (
            of_the_probability,
            of_the_log_probability,
            of_the_loss,
            of_the_summed_loss,
            of_the_mean_score,
            of_all_classes,
            of_every_target,
            of_the_highest,
            absolute_value,
            largest_channel,
            times_the_input,
            normalised,
            still_in_its_tuple,
            one_index_too_many,
            of_the_first_score,
            of_the_largest_score,
            stacked,
            by_the_weights,
            sum_of_the_channels,
            mean_of_the_channels,
            positive_part,
            downhill,
            signs_alone,
            of_the_square,
            averaged_over_images,
            of_the_first_target,
            squeezed_gradient,
            of_every_score_by_every_image,
            scaled_by_the_batch,
            summed_over_images,
        ),
        cures=GRADIENT_CURES,
        recall="Asked for is how fast each image's own score of `target` changes with each of its values: in the shape of the images, "
        "with its sign, not scaled.",
    ),
    Exercise(
        finite_difference,
        "vanilla_gradient",
        2,
        difference_cases,
        (
            forward_difference,
            half_the_width,
            not_divided,
            brackets_missing,
            down_minus_up,
            all_values_moved,
            fixed_step,
            half_step,
            rows_and_columns,
            difference_of_probability,
            backward_difference,
            half_the_distance,
            nothing_moved,
            size_of_the_slope,
            brackets_around_the_difference,
            scores_added,
            all_channels_moved,
            set_to_the_step,
            multiplied_by_the_step,
            moved_by_a_thousandth,
            of_every_class,
            slope_in_a_tensor,
            second_derivative,
            moved_twice_as_far,
            moved_by_one,
            of_the_highest_score,
            derivative_further_on,
        ),
        as_double,
        cures=DIFFERENCE_CURES,
        recall="Asked for is (S(x + ε) − S(x − ε)) / 2ε: S the score of `target`, ε the `step`, and in the two copies of the image only "
        "the value at `place` is moved.",
    ),
    Exercise(
        linear_estimate,
        "vanilla_gradient",
        2,
        estimate_cases,
        (
            only_the_change,
            the_score_there,
            gradient_there,
            other_direction,
            times_moved,
            mean_change,
            summed_over_batch,
            target_as_columns,
            score_there_and_slope_here,
            all_of_it_there,
            size_of_the_step,
            sizes_of_the_changes,
            sizes_of_the_slopes,
            sums_multiplied,
            scores_on_every_value,
            scores_along_the_columns,
            summed_over_channels_alone,
            dimensions_kept,
            every_pair_of_images,
            matrices_multiplied,
            starts_summed,
            one_estimate_for_all,
            score_times_change,
            gradient_times_image,
            gradient_at_the_step,
            squeezed_estimate,
            the_start_alone,
            gradient_times_moved_alone,
            half_the_change,
            squared_step,
            lengths_multiplied,
            summed_over_places_alone,
            there_and_back,
            gradient_halfway,
            means_over_the_channels,
        ),
        cures=ESTIMATE_CURES,
        recall="Asked for is, for each image, its score at `images` plus the sum over all its values of gradient · (moved − images), "
        "the gradient taken at `images`.",
    ),
    Exercise(
        to_heatmap,
        "vanilla_gradient",
        2,
        heatmap_cases,
        (
            largest_signed,
            absolute_too_late,
            scaled_by_channel,
            largest_of_each_row,
            absolute_of_sum,
            sum_of_absolute,
            mean_of_absolute,
            not_scaled,
            scaled_together,
            zero_by_zero,
            stretched,
            stretched_to_nan,
            stretched_together,
            stretched_with_signs,
            with_a_floor,
            with_an_addend,
            divided_if_above_1,
            cut_off_at_1,
            divided_by_the_sum,
            divided_by_the_mean,
            length_over_channels,
            squares,
            positive_values_alone,
            largest_over_the_images,
            largest_over_the_columns,
            channels_kept,
            channels_kept_one_scale,
            channel_dimension_lost,
            channel_dimension_lost_unscaled,
            the_first_map,
            ones_for_zeros,
            number_of_the_channel,
            first_channel_alone,
            largest_of_each_column,
            scaled_together_to_nan,
            divided_by_the_largest_signed,
            divided_by_the_length,
            ones_for_zero_pixels,
            channels_kept_together,
            mean_stretched,
            through_a_softmax,
            through_a_sigmoid,
        ),
        in_float32,
        floor=NEAR_ENOUGH,
        cures=HEATMAP_CURES,
        recall="Asked for is the largest absolute value over the channels, (N, 1, H, W), divided by the largest value of each image's "
        "map.",
    ),
    Exercise(
        gradient_x_input,
        "vanilla_gradient",
        1,
        network_cases,
        (
            product_in_size,
            absolute_gradient_x_input,
            heatmap_x_input,
            summed_over_channels,
            only_the_gradient,
            product_of_probability,
            products_summed,
            as_matrices,
            heatmap_of_the_product,
            times_size_of_the_image,
            added_to_the_image,
            score_x_input,
            product_for_the_highest,
            times_the_first_image,
            positive_products,
            squared_gradient,
            product_with_the_score,
            product_in_a_tuple,
            products_without_channels,
            mean_over_channels,
            scaled_gradient_x_input,
            times_the_square,
            times_the_inverted,
            gradient_of_the_product,
            positive_gradient_x_input,
            centred_input,
            gradient_x_score,
            divided_by_the_input,
            for_class_0,
        ),
        cures=PRODUCT_CURES,
        recall="Asked for is vanilla_gradient(model, images, target), multiplied by `images` value by value: the same shape as images.",
    ),
)
