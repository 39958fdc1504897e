"""Lesson 02: the gradient of a score, what it promises and how far the promise holds."""

import torch
import torch.nn.functional as F
from torch import nn

from ...methods import class_score, gradient_x_input, vanilla_gradient
from ..exercise import Case, Exercise
from .networks import followed_by, linear_network, random_images, small_network, two_by_two
from .start_here import network_cases


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


# finite_difference ----------------------------------------------------------------------------------------------------

def finite_difference(model, image, target, place, step=1e-3):
    """How fast the score changes with one value of the image, by moving that value up and down a little.

    image (1, C, H, W), place (channel, row, column), step in input units → a number, in score per input unit.
    """
    with torch.no_grad():
        up, down = image.clone(), image.clone()
        up[(0, *place)] += step
        down[(0, *place)] -= step
        return (class_score(model, up, target) - class_score(model, down, target)).item() / (2 * step)


class Curved(nn.Module):
    """S₀ = Σ x³ and S₁ = Σ sin 3x: curved, so that the kind of difference taken can be told."""

    def forward(self, images):
        return torch.stack([(images ** 3).flatten(1).sum(1), (3 * images).sin().flatten(1).sum(1)], dim=1)


def as_double(result):
    return None if result is None else result.double().reshape(())


def difference_cases():
    curved, image = Curved().eval(), two_by_two().double()
    return [Case("one 2×2 image, S = Σ x³, the value in row 1, column 0, step 0.1", (curved, image, 0, (0, 1, 0), 0.1)),
            Case("one 2×2 image, S = Σ sin 3x, the value in row 0, column 1, step 0.1", (curved, image, 1, (0, 0, 1), 0.1)),
            Case("one 6×6 colour image, a small network, channel 2, row 3, column 4, step 0.001",
                 (small_network().double(), random_images(1).double(), 1, (2, 3, 4), 1e-3))]


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
    return finite_difference(model, image, target, place, step) * step ** 2


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


# linear_estimate ------------------------------------------------------------------------------------------------------

def linear_estimate(model, images, target, moved):
    """What the first-order Taylor expansion at `images` says of the score at `moved`: S(x) + ∂S/∂x · (x′ − x).

    images, moved (N, C, H, W) → (N,), in score.
    """
    step = moved - images
    return class_score(model, images, target).detach() + (vanilla_gradient(model, images, target) * step).flatten(1).sum(1)


def estimate_cases():
    return [Case("two 2×2 images, a linear network, target 1, the values moved by 0.5",
                 (linear_network(), two_by_two(2), 1, two_by_two(2) + torch.tensor([0.5, -0.5]).reshape(2, 1, 1, 1))),
            Case("two 6×6 colour images, target 2, moved towards two others",
                 (small_network(), random_images(2), 2, 0.8 * random_images(2) + 0.2 * random_images(2, seed=5))),
            Case("three images, a target for each",
                 (small_network(), random_images(3, seed=2), torch.tensor([2, 0, 1]), random_images(3, seed=6)))]


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
    return class_score(model, images, target).detach() + (vanilla_gradient(model, images, target) * moved).flatten(1).sum(1)


def mean_change(model, images, target, moved):
    """You take the mean over the values of the image. Their changes add up: take the sum."""
    change = (vanilla_gradient(model, images, target) * (moved - images)).flatten(1).mean(1)
    return class_score(model, images, target).detach() + change


def summed_over_batch(model, images, target, moved):
    """You sum over the whole batch. Each image has its own estimate: sum over channels, rows and columns alone."""
    change = (vanilla_gradient(model, images, target) * (moved - images)).sum()
    return class_score(model, images, target).detach() + change


# to_heatmap -----------------------------------------------------------------------------------------------------------

def to_heatmap(gradient):
    """The largest absolute value over the colour channels, scaled so that each image's largest is 1 (Simonyan et al. 2013).

    gradient (N, C, H, W) → (N, 1, H, W) in [0, 1]; a map that is zero everywhere stays zero.
    """
    size = gradient.abs().amax(dim=1, keepdim=True)
    largest = size.amax(dim=(2, 3), keepdim=True)
    return size / torch.where(largest > 0, largest, 1)


def heatmap_cases():
    generator = torch.Generator().manual_seed(7)
    hand = torch.tensor([[[[1.0, -4.0, 0.5], [0.0, 2.0, -1.0]], [[-2.0, 1.0, 0.5], [0.0, -1.0, -3.0]]]])
    batch = torch.randn(3, 3, 4, 5, generator=generator) * torch.tensor([1.0, 10.0, 0.01]).reshape(3, 1, 1, 1)
    return [Case("one gradient of two channels and 2×3 pixels, (1 −4 0.5; 0 2 −1) and (−2 1 0.5; 0 −1 −3)", (hand,)),
            Case("three gradients of very different size", (batch,)),
            Case("two gradients, one of them zero everywhere", (torch.stack([torch.zeros(3, 4, 4), batch[0, :, :, :4]]),))]


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
    """You add the channels' absolute values up. Take the largest of them: `.amax(dim=1, keepdim=True)`."""
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


EXERCISES = (
    Exercise(vanilla_gradient, "vanilla_gradient", 3, network_cases,
             (of_the_probability, of_the_log_probability, of_the_loss, of_the_summed_loss, of_the_mean_score, of_all_classes, of_every_target,
              of_the_highest, absolute_value, largest_channel, times_the_input, normalised)),
    Exercise(finite_difference, "vanilla_gradient", 2, difference_cases,
             (forward_difference, half_the_width, not_divided, brackets_missing, down_minus_up, all_values_moved, fixed_step,
              half_step, rows_and_columns, difference_of_probability),
             as_double),
    Exercise(linear_estimate, "vanilla_gradient", 2, estimate_cases,
             (only_the_change, the_score_there, gradient_there, other_direction, times_moved, mean_change, summed_over_batch,
              target_as_columns)),
    Exercise(to_heatmap, "vanilla_gradient", 2, heatmap_cases,
             (largest_signed, absolute_too_late, scaled_by_channel, largest_of_each_row, absolute_of_sum, sum_of_absolute, mean_of_absolute, not_scaled, scaled_together, zero_by_zero,
              stretched)),
    Exercise(gradient_x_input, "vanilla_gradient", 1, network_cases,
             (product_in_size, absolute_gradient_x_input, heatmap_x_input, summed_over_channels, only_the_gradient,
              product_of_probability)),
)
