"""Lesson 06: the gradient gathered along a path, and what it is compared with."""

import inspect
import math

import torch
import torch.nn.functional as F
from torch import nn

from ... import methods
from ...methods import class_score, vanilla_gradient
from ..exercise import Case, Exercise
from .grad_cam import HANDED_OVER, TORCHS_WORDS, in_float32
from .networks import followed_by, pooling_network, random_images, small_network, two_by_two
from .vanilla_gradient import Curved


def shortened(method):
    """A function that calls `method` with fewer arguments, as an exercise asks for; whoever seals the one seals the other."""

    def mark(function):
        function.__signature__ = inspect.signature(function)
        function.__wrapped__ = method
        return function

    return mark


# straight_path --------------------------------------------------------------------------------------------------------


def straight_path(images, baseline, alphas):
    """x′ + α (x − x′) for each α: the images on the straight way from the baseline (α = 0) to the images (α = 1).

    images (N, C, H, W), baseline of a shape that fits (a number, (C, H, W), (N, C, H, W)), alphas (n,) → (n, N, C, H, W)
    """
    return baseline + alphas.reshape(-1, 1, 1, 1, 1) * (images - baseline)


def path_cases():
    return [
        Case(
            "one 2×2 image, a grey baseline of 0.5, α = 0, 0.25 and 1",
            (two_by_two(), torch.full((1, 2, 2), 0.5), torch.tensor([0, 0.25, 1])),
        ),
        Case(
            "two colour images of 5×4 with a baseline each, four α in no order, 0.5, 0.9, 0.1 and 0.3",
            (
                random_images(2, size=5, width=4),
                random_images(2, size=5, width=4, seed=5),
                torch.tensor([0.5, 0.9, 0.1, 0.3]),
            ),
        ),
        Case(
            "three images, one baseline for all, two α",
            (random_images(3), random_images(1, seed=6)[0], torch.tensor([0.7, 0.2])),
        ),
        Case(
            "two images of values up to 3, a baseline of −1, a single α of 0.8",
            (3 * random_images(2, seed=8), torch.full((3, 6, 6), -1.0), torch.tensor([0.8])),
        ),
    ]


def scaled_images(images, baseline, alphas):
    """You scale the image alone: that is the path from black. Start at the baseline: x′ + α (x − x′)."""
    return straight_path(images, 0, alphas)


def other_way_round(images, baseline, alphas):
    """Your path runs from the image to the baseline. At α = 0 it should be at the baseline, at α = 1 at the image."""
    return straight_path(images, baseline, 1 - alphas)


def added_to_the_baseline(images, baseline, alphas):
    """You add α times the image to the baseline. Add α times the difference, images − baseline: at α = 1 the path must be at the image."""
    return baseline + alphas.reshape(-1, 1, 1, 1, 1) * images


def difference_alone(images, baseline, alphas):
    """You return α (x − x′), the way gone. Add where it began: the baseline."""
    return straight_path(images, baseline, alphas) - baseline


def averaged_path(images, baseline, alphas):
    """You average over the α. Keep every point of the path: a new first dimension, one entry for each α."""
    return straight_path(images, baseline, alphas).mean(0)


def images_first(images, baseline, alphas):
    """Your first dimension counts the images, your second the α. Put the α first: (n, N, C, H, W)."""
    return straight_path(images, baseline, alphas).transpose(0, 1)


def sorted_alphas(images, baseline, alphas):
    """You bring the α into order. Leave them as they come: entry j of the result belongs to entry j of `alphas`."""
    return straight_path(images, baseline, alphas.sort().values)


def one_dimension_too_few(images, baseline, alphas):
    """Your α run along the images' own first dimension. They need a new one in front of it: `alphas` with five dimensions in all."""
    return baseline + alphas.reshape(-1, 1, 1, 1) * (images - baseline)


def joined_points(images, baseline, alphas):
    """Your points stand one behind the other in the dimension that counts the images. Give the α a dimension of their own in front: `torch.stack` in place of `torch.cat`."""
    return straight_path(images, baseline, alphas).flatten(0, 1)


def squared_alphas(images, baseline, alphas):
    """You square the α. On a straight way they come in as they are: x′ + α (x − x′)."""
    return straight_path(images, baseline, alphas**2)


def away_from_the_image(images, baseline, alphas):
    """Your path leads away from the image: one sign is turned. Add α (x − x′), image minus baseline, to the baseline."""
    return straight_path(images, baseline, -alphas)


def on_from_the_image(images, baseline, alphas):
    """Your path starts at the image and leads on. Start at the baseline: x′ + α (x − x′)."""
    return straight_path(images, baseline, 1 + alphas)


def both_scaled(images, baseline, alphas):
    """You scale the baseline, too. At α = 0 the path must be at the baseline: x′ + α (x − x′)."""
    return alphas.reshape(-1, 1, 1, 1, 1) * (images + baseline)


def alphas_of_its_own(images, baseline, alphas):
    """You space the α evenly from 0 to 1 yourself. Take those that are given."""
    return straight_path(images, baseline, torch.linspace(0, 1, len(alphas)))


def numbers_for_alphas(images, baseline, alphas):
    """You take the numbers 0, 1, 2 … over n for the α. Take the values that are given in `alphas`."""
    return straight_path(images, baseline, torch.arange(len(alphas)) / len(alphas))


def clipped_path(images, baseline, alphas):
    """You clip the points to 0 … 1. Leave them as they are: the way is straight."""
    return straight_path(images, baseline, alphas).clamp(0, 1)


def from_the_first_baseline(images, baseline, alphas):
    """You start from the first baseline for every image. Where there is a baseline for each image, each starts from its own: take `baseline` without an index."""
    return straight_path(images, baseline[0] if baseline.dim() == 4 else baseline, alphas)


def indexed_baseline(images, baseline, alphas):
    """You take an entry of the baseline, `baseline[0]`. Take all of it: it may be (C, H, W), one for all images, or (N, C, H, W), one for each."""
    return straight_path(images, baseline[0], alphas)


def path_of_the_first_image(images, baseline, alphas):
    """You take the first image for all of them. Take `images` without an index."""
    return straight_path(images[:1].expand_as(images), baseline, alphas)


def indexed_image(images, baseline, alphas):
    """You take an entry of the images, `images[0]`. Take all of them: the path of each comes into the result, (n, N, C, H, W)."""
    return straight_path(images[0], baseline, alphas)


def first_alpha_alone(images, baseline, alphas):
    """Only the first α comes into your result. Keep a point for each α: is your `return` inside the loop?"""
    return straight_path(images, baseline, alphas[:1])


def last_alpha_alone(images, baseline, alphas):
    """Only the last α comes into your result. Keep a point for each α: collect them in a list, and `torch.stack` it."""
    return straight_path(images, baseline, alphas[-1:])


def first_point_alone(images, baseline, alphas):
    """You return the point of the first α alone. Keep a point for each α, in a new first dimension: is your `return` inside the loop?"""
    return straight_path(images, baseline, alphas)[0]


def one_alpha_squeezed(images, baseline, alphas):
    """For a single α its dimension is gone from your result. Keep it, (1, N, C, H, W): leave out the `squeeze`."""
    return straight_path(images, baseline, alphas).squeeze(0)


def all_squeezed(images, baseline, alphas):
    """`.squeeze()` takes away every dimension of size 1. Keep them all: (n, N, C, H, W)."""
    return straight_path(images, baseline, alphas).squeeze()


def paired_alphas(images, baseline, alphas):
    """You pair the images with the α, one α for each image. Every image goes through every α: a result (n, N, C, H, W)."""
    n = min(len(images), len(alphas))
    starts = baseline.expand_as(images)[:n]
    return starts + alphas[:n].reshape(-1, 1, 1, 1) * (images[:n] - starts)


def from_the_point_before(images, baseline, alphas):
    """Each of your points starts from the point before. Start every one from the baseline: x′ + α (x − x′)."""
    return straight_path(images, baseline, alphas.cumsum(0))


# integrated_gradients -------------------------------------------------------------------------------------------------


@shortened(methods.integrated_gradients)
def integrated_gradients(model, images, target, baseline, n_steps=50):
    """(x − x′) · 1/n Σ_k ∂S_c/∂x at x′ + α_k (x − x′), with α_k = (k + ½) / n the midpoints of n equal intervals.

    images (N, C, H, W), target an int or one for each image, baseline (C, H, W) or (N, C, H, W) → (N, C, H, W), in score; signed.
    """
    return methods.integrated_gradients(model, images, target, baseline=baseline, n_steps=n_steps)


def ig_cases():
    curved, grey = Curved().eval(), torch.full((1, 2, 2), 0.5)
    return [
        Case("one 2×2 image, S = Σ x³, a grey baseline of 0.5, 4 steps", (curved, two_by_two(), 0, grey, 4)),
        Case(
            "one 6×6 colour image, a small network, a baseline of random values, 5 steps",
            (small_network(), random_images(1), 2, random_images(1, seed=5)[0], 5),
        ),
        Case(
            "three images with a target and a baseline each, 6 steps",
            (small_network(), random_images(3, seed=2), torch.tensor([2, 0, 1]), random_images(3, seed=7), 6),
        ),
        Case(
            "two images of 6×8, one target and one baseline for both, 3 steps",
            (pooling_network(), random_images(2, width=8, seed=3), 1, random_images(1, width=8, seed=4)[0], 3),
        ),
    ]


def along(model, images, target, baseline, alphas, weights):
    """(x − x′) · Σ_k w_k ∂S/∂x at x′ + α_k (x − x′)."""
    gradients = [vanilla_gradient(model, point, target) for point in straight_path(images, baseline, alphas)]
    return (images - baseline) * sum(w * g for w, g in zip(weights, gradients, strict=True))


def steps(n):
    return torch.arange(n) / n


def ends_counted_by_n(model, images, target, baseline, n_steps=50):
    """Your α run from 0 to 1 with both ends, `linspace(0, 1, n)`, each with the weight 1/n. They stand 1/(n − 1) apart, so the ends count double. Take the midpoints (k + ½)/n."""
    return along(model, images, target, baseline, torch.linspace(0, 1, n_steps), [1 / n_steps] * n_steps)


def trapezoid_that_loses(model, images, target, baseline, n_steps=50):
    """Your weights add up to 1 − 1/n instead of 1: the trapezoid rule on n points has n − 1 intervals. Take the midpoints of n intervals, each with weight 1/n."""
    weights = torch.full((n_steps,), 1 / n_steps)
    weights[[0, -1]] /= 2
    return along(model, images, target, baseline, torch.linspace(0, 1, n_steps), weights)


def trapezoid(model, images, target, baseline, n_steps=50):
    """You use the trapezoid rule. It is as good in the long run; here the midpoints (k + ½)/n are asked for, each with weight 1/n."""
    weights = torch.full((n_steps,), 1 / (n_steps - 1))
    weights[[0, -1]] /= 2
    return along(model, images, target, baseline, torch.linspace(0, 1, n_steps), weights)


def right_ends(model, images, target, baseline, n_steps=50):
    """You take the right end of each interval, (k + 1)/n. Take its middle, (k + ½)/n: the errors on both sides cancel."""
    return along(model, images, target, baseline, steps(n_steps) + 1 / n_steps, [1 / n_steps] * n_steps)


def left_ends(model, images, target, baseline, n_steps=50):
    """You take the left end of each interval, k/n. Take its middle, (k + ½)/n: the errors on both sides cancel."""
    return along(model, images, target, baseline, steps(n_steps), [1 / n_steps] * n_steps)


def mean_gradient_alone(model, images, target, baseline, n_steps=50):
    """That is the mean gradient along the path. Multiply it by the way gone, images − baseline."""
    midpoints = steps(n_steps) + 0.5 / n_steps
    return torch.stack(
        [vanilla_gradient(model, point, target) for point in straight_path(images, baseline, midpoints)]
    ).mean(0)


def times_the_image(model, images, target, baseline, n_steps=50):
    """You multiply by the image. Multiply by the way gone, images − baseline; the two are the same for black alone."""
    return mean_gradient_alone(model, images, target, baseline, n_steps) * images


def summed_gradients(model, images, target, baseline, n_steps=50):
    """Your result is too large by the number of steps: take the mean of the gradients, not their sum."""
    return n_steps * integrated_gradients(model, images, target, baseline, n_steps)


def from_black(model, images, target, baseline, n_steps=50):
    """Your path starts at black, whatever the baseline. Start at `baseline`, and multiply by images − baseline."""
    return integrated_gradients(model, images, target, torch.zeros_like(images), n_steps)


def gradient_at_the_end(model, images, target, baseline, n_steps=50):
    """You take the gradient at the image alone. Take it at every point of the path, and average."""
    return vanilla_gradient(model, images, target) * (images - baseline)


def of_the_probability_path(model, images, target, baseline, n_steps=50):
    """You integrate the gradient of the softmax probability. Use the score before the softmax."""
    return integrated_gradients(followed_by(nn.Softmax(1), model), images, target, baseline, n_steps)


def sign_lost(model, images, target, baseline, n_steps=50):
    """You take the absolute value. Keep the sign: the values must add up to the rise of the score."""
    return integrated_gradients(model, images, target, baseline, n_steps).abs()


def far_beyond_the_image(model, images, target, baseline, n_steps=50):
    """Your α are k + 0.5/n, and run far beyond 1. Divide all of it by n, with brackets: (k + ½)/n."""
    return along(model, images, target, baseline, torch.arange(n_steps) + 0.5 / n_steps, [1 / n_steps] * n_steps)


def part_of(model, images, target, baseline, n_steps, k, weight):
    """What the k-th midpoint alone gives, with a weight."""
    point = straight_path(images, baseline, steps(n_steps)[k:][:1] + 0.5 / n_steps)[0]
    return weight * (images - baseline) * vanilla_gradient(model, point, target)


def first_point(model, images, target, baseline, n_steps=50):
    """Only the first point of the path comes into your result. Is your `return` inside the loop? It belongs behind it."""
    return part_of(model, images, target, baseline, n_steps, 0, 1)


def first_point_divided(model, images, target, baseline, n_steps=50):
    """Only the first point of the path comes into your result, divided by the number of steps. Is your `return` inside the loop? It belongs behind it."""
    return part_of(model, images, target, baseline, n_steps, 0, 1 / n_steps)


def last_point(model, images, target, baseline, n_steps=50):
    """Only the last point of the path comes into your result. Add up the gradients of all points, `total += …`, and divide by their number."""
    return part_of(model, images, target, baseline, n_steps, n_steps - 1, 1)


def last_point_divided(model, images, target, baseline, n_steps=50):
    """Only the last point of the path comes into your result, divided by the number of steps. Add up the gradients of all points: `total += …`, with the plus."""
    return part_of(model, images, target, baseline, n_steps, n_steps - 1, 1 / n_steps)


def by_the_image(model, images, target, baseline, n_steps=50):
    """Each of your gradients has a factor α too much; all points count the same. Do you multiply them by their α, or by point − baseline? Multiply their mean by images − baseline. Do you differentiate by `images`, which make up only a part α of the point? Differentiate by the point itself."""
    midpoints = steps(n_steps) + 0.5 / n_steps
    return along(model, images, target, baseline, midpoints, midpoints / n_steps)


def always_fifty(model, images, target, baseline, n_steps=50):
    """You take 50 points, whatever `n_steps` says. Take `n_steps` of them."""
    return integrated_gradients(model, images, target, baseline)


def at_alphas(alphas):
    """Integrated gradients with other α, each with the weight 1/n."""

    def integrate(model, images, target, baseline, n_steps):
        return along(model, images, target, baseline, alphas(n_steps), [1 / n_steps] * len(alphas(n_steps)))

    return integrate


def one_point_more(model, images, target, baseline, n_steps=50):
    """You take n + 1 points, both ends included, and divide by n, so the weights add up to more than 1. Take n midpoints: (k + ½)/n."""
    return at_alphas(lambda n: torch.linspace(0, 1, n + 1))(model, images, target, baseline, n_steps)


def mean_with_both_ends(model, images, target, baseline, n_steps=50):
    """You take the mean over n + 1 points, both ends included, which counts the ends as much as the others. Take n midpoints: (k + ½)/n."""
    return (
        at_alphas(lambda n: torch.linspace(0, 1, n + 1))(model, images, target, baseline, n_steps)
        * n_steps
        / (n_steps + 1)
    )


def alphas_over_one_less(model, images, target, baseline, n_steps=50):
    """Your α are (k + ½)/(n − 1), and the last is beyond 1. n midpoints stand 1/n apart: divide by n."""
    return at_alphas(lambda n: (torch.arange(n) + 0.5) / (n - 1))(model, images, target, baseline, n_steps)


def counted_from_1(model, images, target, baseline, n_steps=50):
    """Your k run from 1 to n, so all midpoints are one interval too far. Let them run from 0 to n − 1: `torch.arange(n_steps)`."""
    return at_alphas(lambda n: (torch.arange(n) + 1.5) / n)(model, images, target, baseline, n_steps)


def first_interval_missing(model, images, target, baseline, n_steps=50):
    """Your k begin with 1, so the first interval is missing. Let them run from 0 to n − 1: `torch.arange(n_steps)`."""
    return at_alphas(lambda n: (torch.arange(1, n) + 0.5) / n)(model, images, target, baseline, n_steps)


def last_interval_missing(model, images, target, baseline, n_steps=50):
    """Your k end with n − 2, so the last interval is missing. Let them run from 0 to n − 1: `torch.arange(n_steps)`."""
    return at_alphas(lambda n: (torch.arange(n - 1) + 0.5) / n)(model, images, target, baseline, n_steps)


def half_a_step_back(model, images, target, baseline, n_steps=50):
    """Your α are (k − ½)/n with k from 0, so the first stands before the baseline. With k from 0 the midpoints are (k + ½)/n."""
    return at_alphas(lambda n: (torch.arange(n) - 0.5) / n)(model, images, target, baseline, n_steps)


def half_the_way_on(model, images, target, baseline, n_steps=50):
    """Your α are k/n + ½: they start in the middle of the way and run beyond its end. The half belongs to k: (k + ½)/n, with brackets."""
    return at_alphas(lambda n: torch.arange(n) / n + 0.5)(model, images, target, baseline, n_steps)


def not_divided_alphas(model, images, target, baseline, n_steps=50):
    """Your α are k + ½, and run far beyond 1. Divide them by n: (k + ½)/n."""
    return at_alphas(lambda n: torch.arange(n) + 0.5)(model, images, target, baseline, n_steps)


def alphas_times_n(model, images, target, baseline, n_steps=50):
    """You multiply by n where the α want a division: (k + ½)/n."""
    return at_alphas(lambda n: (torch.arange(n) + 0.5) * n)(model, images, target, baseline, n_steps)


def mean_by_one_less(model, images, target, baseline, n_steps=50):
    """You divide the sum of the gradients by n − 1. There are n of them: divide by `n_steps`."""
    return integrated_gradients(model, images, target, baseline, n_steps) * n_steps / (n_steps - 1)


def mean_by_one_more(model, images, target, baseline, n_steps=50):
    """You divide the sum of the gradients by n + 1. There are n of them: divide by `n_steps`."""
    return integrated_gradients(model, images, target, baseline, n_steps) * n_steps / (n_steps + 1)


def mean_by_fifty(model, images, target, baseline, n_steps=50):
    """You divide the sum of the gradients by 50, whatever `n_steps` says. Divide by `n_steps`."""
    return integrated_gradients(model, images, target, baseline, n_steps) * n_steps / 50


def way_turned(model, images, target, baseline, n_steps=50):
    """Every value has the wrong sign. Multiply by the way from the baseline to the image: images − baseline."""
    return -integrated_gradients(model, images, target, baseline, n_steps)


def way_in_size(model, images, target, baseline, n_steps=50):
    """You multiply by the size of the way, |x − x′|. Keep its sign: a value that has fallen went a negative way."""
    return mean_gradient_alone(model, images, target, baseline, n_steps) * (images - baseline).abs()


def way_without_brackets(model, images, target, baseline, n_steps=50):
    """Brackets are missing: you multiply the baseline alone by the gradient and subtract that from the images. Multiply their difference: `(images - baseline) * …`."""
    return images - baseline * mean_gradient_alone(model, images, target, baseline, n_steps)


def sizes_of_the_gradients(model, images, target, baseline, n_steps=50):
    """You add up the gradients without their signs. Keep the signs: a slope that turns on the way takes back what it gave."""
    midpoints = steps(n_steps) + 0.5 / n_steps
    gradients = [vanilla_gradient(model, point, target).abs() for point in straight_path(images, baseline, midpoints)]
    return (images - baseline) * sum(gradients) / n_steps


def times_each_point(model, images, target, baseline, n_steps=50):
    """You multiply each gradient by the point it was taken at. Add up the gradients alone, and multiply their mean by the whole way, images − baseline."""
    points = straight_path(images, baseline, steps(n_steps) + 0.5 / n_steps)
    return sum(point * vanilla_gradient(model, point, target) for point in points) / n_steps


def both_products(model, images, target, baseline, n_steps=50):
    """You multiply each gradient by the point it was taken at, too. Add up the gradients alone; the factor images − baseline is enough."""
    return times_each_point(model, images, target, baseline, n_steps) * (images - baseline)


def path_from_black(model, images, target, baseline, n_steps=50):
    """Your path starts at black. Start at the baseline: `straight_path(images, baseline, …)`."""
    return mean_gradient_alone(model, images, target, torch.zeros_like(images), n_steps) * (images - baseline)


def path_beyond_the_image(model, images, target, baseline, n_steps=50):
    """Your path starts at the image and leads on. Start at the baseline: x′ + α (x − x′)."""
    midpoints = steps(n_steps) + 0.5 / n_steps
    return along(model, images, target, baseline, 1 + midpoints, [1 / n_steps] * n_steps)


def first_target_for_all(model, images, target, baseline, n_steps=50):
    """You take the first image's class for every image. `target` may have one for each: hand it on as it is."""
    return integrated_gradients(
        model, images, torch.as_tensor(target).expand(len(images))[:1].expand(len(images)).clone(), baseline, n_steps
    )


def of_the_predicted(model, images, target, baseline, n_steps=50):
    """You explain the class with the highest score. Explain `target`."""
    return integrated_gradients(model, images, None, baseline, n_steps)


def of_each_points_own(model, images, target, baseline, n_steps=50):
    """At each point you take the class that is predicted there. Take `target` on the whole way."""
    points = straight_path(images, baseline, steps(n_steps) + 0.5 / n_steps)
    return (images - baseline) * sum(vanilla_gradient(model, point, None) for point in points) / n_steps


def targets_in_another_order(model, images, target, baseline, n_steps=50):
    """Your points are ordered step by step, your targets image by image. `target.repeat(n_steps)` goes with points of the order (n, N)."""
    points, n = straight_path(images, baseline, steps(n_steps) + 0.5 / n_steps).flatten(0, 1), len(images)
    each = torch.as_tensor(target).expand(n).repeat_interleave(n_steps)
    return (images - baseline) * vanilla_gradient(model, points, each).unflatten(0, (n_steps, n)).mean(0)


def trapezoid_of_one_more(model, images, target, baseline, n_steps=50):
    """You use the trapezoid rule, on n + 1 points. It is as good in the long run; here the n midpoints (k + ½)/n are asked for, each with weight 1/n."""
    weights = torch.full((n_steps + 1,), 1 / n_steps)
    weights[[0, -1]] /= 2
    return along(model, images, target, baseline, torch.linspace(0, 1, n_steps + 1), weights)


def mean_over_dimension_1(model, images, target, baseline, n_steps=50):
    """Your mean runs over dimension 1, the images. The points of the path are dimension 0: `.mean(dim=0)`."""
    points = straight_path(images, baseline, steps(n_steps) + 0.5 / n_steps)
    return (images - baseline) * torch.stack([vanilla_gradient(model, point, target) for point in points]).mean(1)


def scores_for_gradients(model, images, target, baseline, n_steps=50):
    """You add up the scores along the path. Add up their gradients: `vanilla_gradient` in place of `class_score`."""
    points = straight_path(images, baseline, steps(n_steps) + 0.5 / n_steps)
    return (
        (images - baseline)
        * sum(class_score(model, point, target).detach() for point in points).reshape(-1, 1, 1, 1)
        / n_steps
    )


def mean_over_the_images(model, images, target, baseline, n_steps=50):
    """You average the gradients over the images, too. Average over the points alone: each image has its own gradients."""
    return mean_gradient_alone(model, images, target, baseline, n_steps).mean(0) * (images - baseline)


def sum_of_the_gradients_alone(model, images, target, baseline, n_steps=50):
    """That is the sum of the gradients. Divide it by n, and multiply by the way gone, images − baseline."""
    return n_steps * mean_gradient_alone(model, images, target, baseline, n_steps)


def way_squared(model, images, target, baseline, n_steps=50):
    """The factor images − baseline comes in twice. Once is enough."""
    return integrated_gradients(model, images, target, baseline, n_steps) * (images - baseline)


def scaled_to_one(model, images, target, baseline, n_steps=50):
    """You divide by the largest value. Return the values as they are: they must add up to the rise of the score."""
    values = integrated_gradients(model, images, target, baseline, n_steps)
    return values / values.abs().max()


def colours_added(model, images, target, baseline, n_steps=50):
    """You add up the colours. Keep them: a value for each input, (N, C, H, W)."""
    return integrated_gradients(model, images, target, baseline, n_steps).sum(1, keepdim=True)


def negative_values_cut(model, images, target, baseline, n_steps=50):
    """You set negative values to zero. Keep them: the values must add up to the rise of the score."""
    return integrated_gradients(model, images, target, baseline, n_steps).relu()


def gradient_times_image(model, images, target, baseline, n_steps=50):
    """That is gradient × input. Take the gradient at each point of the path, average, and multiply by images − baseline."""
    return images * vanilla_gradient(model, images, target)


def middle_of_the_way(model, images, target, baseline, n_steps=50):
    """You take the gradient in the middle of the way alone. Take it at n points, (k + ½)/n for each k, and average the gradients."""
    return (images - baseline) * vanilla_gradient(model, (images + baseline) / 2, target)


def gradient_at_the_start(model, images, target, baseline, n_steps=50):
    """You take the gradient at the baseline alone. Take it at every point of the path, and average."""
    return (images - baseline) * vanilla_gradient(model, baseline.expand_as(images), target)


def inner_points(model, images, target, baseline, n_steps=50):
    """Your n points cut the way into n + 1 intervals, `linspace(0, 1, n + 2)` without its ends. Cut it into n, and take the middle of each: (k + ½)/n."""
    return at_alphas(lambda n: torch.linspace(0, 1, n + 2)[1:-1])(model, images, target, baseline, n_steps)


def divided_by_the_alphas(model, images, target, baseline, n_steps=50):
    """You divide the sum of the gradients by the sum of the α. Divide by their number, `n_steps`."""
    return 2 * integrated_gradients(model, images, target, baseline, n_steps)


def rise_for_gradients(model, images, target, baseline, n_steps=50):
    """You multiply the way by the rise of the score. Multiply it by the mean of the gradients along the path."""
    rise = class_score(model, images, target) - class_score(model, baseline.expand_as(images), target)
    return (images - baseline) * rise.detach().reshape(-1, 1, 1, 1)


def largest_gradient_on_the_way(model, images, target, baseline, n_steps=50):
    """You keep the largest gradient on the way. Take their mean."""
    points = straight_path(images, baseline, steps(n_steps) + 0.5 / n_steps)
    return (images - baseline) * torch.stack([vanilla_gradient(model, point, target) for point in points]).amax(0)


def divided_twice(model, images, target, baseline, n_steps=50):
    """You divide by the number of steps twice. Once is enough."""
    return integrated_gradients(model, images, target, baseline, n_steps) / n_steps


def begun_with_ones(model, images, target, baseline, n_steps=50):
    """Your sum begins with ones. Begin with zeros: `torch.zeros_like(images)`."""
    return integrated_gradients(model, images, target, baseline, n_steps) + (images - baseline) / n_steps


def one_mean_for_all(model, images, target, baseline, n_steps=50):
    """You average over the values of each image. Keep a value for each input, (N, C, H, W): the mean runs over the points of the path alone."""
    return integrated_gradients(model, images, target, baseline, n_steps).mean((1, 2, 3), keepdim=True)


ON_THE_PATH = {
    **TORCHS_WORDS,
    **HANDED_OVER,
    "images must have the shape (N, C, H, W), got": "The path of one α has the shape (1, N, C, H, W): take its only entry, `[0]`, a batch of images.",
    "must name a class for each image": "With all points in one batch, (n · N, C, H, W), each needs a class: an int as it is, a tensor as `target.repeat(n_steps)`. "
    "Point by point, `target` is handed on as it is.",
}


# completeness_gap -----------------------------------------------------------------------------------------------------


@shortened(methods.completeness_gap)
def completeness_gap(attribution, model, images, target, baseline):
    """Σ_i A_i − (S_c(x) − S_c(x′)): how far the attribution's values are from adding up to the rise of the score.

    attribution, images (N, C, H, W), target an int or one for each image, baseline (C, H, W) or (N, C, H, W)
    → (N,), in score; signed.
    """
    return methods.completeness_gap(attribution, model, images, target, baseline=baseline)


def gap_cases():
    three, whites = random_images(3, seed=2), random_images(3, seed=7)
    return [
        Case(
            "one 2×2 image, S = Σ x³, an attribution of 1 everywhere, a grey baseline of 0.5",
            (torch.ones(1, 1, 2, 2), Curved().eval(), two_by_two(), 0, torch.full((1, 2, 2), 0.5)),
        ),
        Case(
            "one 6×6 colour image, a small network, the attribution 0.01 × image, a random baseline",
            (0.01 * random_images(1), small_network(), random_images(1), 2, random_images(1, seed=5)[0]),
        ),
        Case(
            "three images with a target and a baseline each",
            (three - 0.5, small_network(), three, torch.tensor([2, 0, 1]), whites),
        ),
        Case(
            "three images with a target each, one baseline for all",
            (whites - 0.4, small_network(), three, torch.tensor([2, 0, 1]), whites[0]),
        ),
        Case(
            "one 2×2 image whose score falls from the baseline, S = Σ x³, a baseline of 2",
            (torch.full((1, 1, 2, 2), 0.5), Curved().eval(), two_by_two(), 0, torch.full((1, 2, 2), 2.0)),
        ),
    ]


def sum_alone(attribution, model, images, target, baseline):
    """You return the sum of the attribution. Subtract the rise of the score, S(x) − S(x′)."""
    return attribution.flatten(1).sum(1)


def rise_alone(attribution, model, images, target, baseline):
    """You return the rise of the score, S(x) − S(x′). Subtract it from the sum of the attribution."""
    return attribution.flatten(1).sum(1) - completeness_gap(attribution, model, images, target, baseline)


def baseline_forgotten(attribution, model, images, target, baseline):
    """You compare with the score of the image. Compare with its rise from the baseline, S(x) − S(x′): the baseline has a score too."""
    return attribution.flatten(1).sum(1) - class_score(model, images, target).detach()


def gap_reversed(attribution, model, images, target, baseline):
    """The sign is reversed. Positive means: the attribution adds up to more than the score has risen."""
    return -completeness_gap(attribution, model, images, target, baseline)


def gap_in_size(attribution, model, images, target, baseline):
    """You take the absolute value. Keep the sign: it says whether the attribution is too large or too small."""
    return completeness_gap(attribution, model, images, target, baseline).abs()


def gap_of_the_probability(attribution, model, images, target, baseline):
    """You compare with the softmax probability. The attribution explains the score before it: compare with the score."""
    return completeness_gap(attribution, followed_by(nn.Softmax(1), model), images, target, baseline)


def gap_of_sizes(attribution, model, images, target, baseline):
    """You sum the absolute values of the attribution. Sum the values with their signs: what speaks against the class counts as negative."""
    return completeness_gap(attribution.abs(), model, images, target, baseline)


def gap_of_means(attribution, model, images, target, baseline):
    """You take the mean of the attribution's values. Their sum must make up the rise of the score."""
    return completeness_gap(attribution / attribution[0].numel(), model, images, target, baseline)


def gap_of_the_batch(attribution, model, images, target, baseline):
    """You make one number of the whole batch, by a sum or a mean. Each image has its own gap: a result of shape (N,)."""
    return completeness_gap(attribution, model, images, target, baseline).sum()


def sum_of_the_batch(attribution, model, images, target, baseline):
    """You add up the attributions of all the images. Each image has its own sum, over its channels, rows and columns: `attribution.flatten(1)` keeps the images apart."""
    return (
        completeness_gap(attribution, model, images, target, baseline)
        - attribution.flatten(1).sum(1)
        + attribution.sum()
    )


def brackets_missing(attribution, model, images, target, baseline):
    """You subtract the score of the baseline. It is the rise that is subtracted, S(x) − S(x′), and that takes brackets: S(x′) comes back with a plus."""
    start = class_score(model, baseline.expand_as(images), target).detach()
    return completeness_gap(attribution, model, images, target, baseline) - 2 * start


def gap_squeezed(attribution, model, images, target, baseline):
    """Your numbers are right, but for one image the dimension that counts the images is gone: return (1,) there. Leave out the `squeeze`."""
    return completeness_gap(attribution, model, images, target, baseline).squeeze()


def rise_of(model, images, target, baseline):
    """S(x) − S(x′), (N,)."""
    return (class_score(model, images, target) - class_score(model, baseline.expand_as(images), target)).detach()


def relative_gap(attribution, model, images, target, baseline):
    """You divide by the rise. Return the difference itself, in units of the score."""
    return completeness_gap(attribution, model, images, target, baseline) / rise_of(model, images, target, baseline)


def gap_over_the_size_of_the_rise(attribution, model, images, target, baseline):
    """You divide by the size of the rise. Return the difference itself, in units of the score."""
    return (
        completeness_gap(attribution, model, images, target, baseline) / rise_of(model, images, target, baseline).abs()
    )


def ratio_to_the_rise(attribution, model, images, target, baseline):
    """You divide the sum by the rise. Subtract the rise from the sum."""
    return attribution.flatten(1).sum(1) / rise_of(model, images, target, baseline)


def gap_squared(attribution, model, images, target, baseline):
    """You square the gap. Return it as it is: its sign says whether the attribution is too large or too small."""
    return completeness_gap(attribution, model, images, target, baseline) ** 2


def rise_added(attribution, model, images, target, baseline):
    """One sign is turned: you add the rise (or take that from the image to the baseline). Subtract S(x) − S(x′), image minus baseline."""
    return attribution.flatten(1).sum(1) + rise_of(model, images, target, baseline)


def baseline_alone(attribution, model, images, target, baseline):
    """You subtract the score of the baseline alone. Subtract the rise, S(x) − S(x′), in brackets."""
    return attribution.flatten(1).sum(1) - class_score(model, baseline.expand_as(images), target).detach()


def rise_in_size(attribution, model, images, target, baseline):
    """You take the size of the rise. Keep its sign: from some baselines the score falls."""
    return attribution.flatten(1).sum(1) - rise_of(model, images, target, baseline).abs()


def negative_gap_cut(attribution, model, images, target, baseline):
    """You set negative gaps to zero. Keep them: they say that the attribution adds up to too little."""
    return completeness_gap(attribution, model, images, target, baseline).relu()


def every_target_for_every_image(attribution, model, images, target, baseline):
    """With a target for each image, `[:, target]` takes every target for every image. `class_score(model, images, target)` gives each image its own."""
    with torch.no_grad():
        rise = model(images)[:, target] - model(baseline.expand_as(images))[:, target]
    return attribution.flatten(1).sum(1) - rise


def first_targets_gap(attribution, model, images, target, baseline):
    """You take the first image's class for every image. `target` may have one for each: hand it to `class_score` as it is."""
    first = torch.as_tensor(target).expand(len(images))[:1].expand(len(images)).clone()
    return completeness_gap(attribution, model, images, first, baseline)


def gap_of_the_best_class(attribution, model, images, target, baseline):
    """You compare with the highest scores. Compare with the scores of `target`: `class_score(model, images, target)`."""
    with torch.no_grad():
        rise = model(images).amax(1) - model(baseline.expand_as(images)).amax(1)
    return attribution.flatten(1).sum(1) - rise


def gap_of_each_channel(attribution, model, images, target, baseline):
    """You sum over rows and columns alone. Sum over the channels, too: one number for each image, `attribution.flatten(1).sum(1)`."""
    return attribution.sum((2, 3)) - rise_of(model, images, target, baseline)


def gap_of_each_place(attribution, model, images, target, baseline):
    """You sum over the channels alone. Sum over rows and columns, too: one number for each image, `attribution.flatten(1).sum(1)`."""
    return attribution.sum(1) - rise_of(model, images, target, baseline)


def dimensions_kept(attribution, model, images, target, baseline):
    """The sum keeps its dimensions, (N, 1, 1, 1), and does not meet the scores, (N,), image by image. Leave out `keepdim`."""
    return attribution.sum((1, 2, 3), keepdim=True) - rise_of(model, images, target, baseline)


def score_of_the_difference(attribution, model, images, target, baseline):
    """You take the score of the difference image. Take the difference of two scores: S(x) − S(x′)."""
    return attribution.flatten(1).sum(1) - class_score(model, images - baseline, target).detach()


def rise_from_black(attribution, model, images, target, baseline):
    """You take the rise from black. Take that from `baseline`."""
    return completeness_gap(attribution, model, images, target, torch.zeros_like(images))


def first_baseline_for_all(attribution, model, images, target, baseline):
    """You take the first baseline for every image. Where there is one for each, take `baseline` without an index: `baseline.expand_as(images)`."""
    return completeness_gap(attribution, model, images, target, baseline[0] if baseline.dim() == 4 else baseline)


def own_attribution(attribution, model, images, target, baseline):
    """You compute an attribution yourself. Measure the one that is given, `attribution`."""
    return completeness_gap(integrated_gradients(model, images, target, baseline), model, images, target, baseline)


def times_the_way(attribution, model, images, target, baseline):
    """You multiply the attribution by images − baseline. An attribution has that factor already: sum it as it is."""
    return completeness_gap(attribution * (images - baseline), model, images, target, baseline)


def gap_in_percent(attribution, model, images, target, baseline):
    """You give the gap in per cent of the rise. Return the difference itself, in units of the score."""
    return 100 * relative_gap(attribution, model, images, target, baseline)


def rise_by_the_gradient(attribution, model, images, target, baseline):
    """You estimate the rise by the gradient. Take the two scores: S(x) − S(x′), by `class_score`."""
    return attribution.flatten(1).sum(1) - (vanilla_gradient(model, images, target) * (images - baseline)).flatten(
        1
    ).sum(1)


def largest_of_the_attribution(attribution, model, images, target, baseline):
    """You take the largest value of the attribution. Take the sum of all its values."""
    return attribution.flatten(1).amax(1) - rise_of(model, images, target, baseline)


def summed_over_the_last(attribution, model, images, target, baseline):
    """You sum over the last dimension alone. Sum over all values of each image: `attribution.flatten(1).sum(1)`."""
    return attribution.sum(-1) - rise_of(model, images, target, baseline)


def mean_score_of_the_images(attribution, model, images, target, baseline):
    """You average the scores over the images. Each image has its own rise: take `class_score(…)` as it is, (N,)."""
    start = class_score(model, baseline.expand_as(images), target).detach()
    return attribution.flatten(1).sum(1) - (class_score(model, images, target).detach().mean() - start)


def one_gap_for_all(attribution, model, images, target, baseline):
    """You make one number of the whole batch, (1,). Each image has its own gap: a result of shape (N,)."""
    return completeness_gap(attribution, model, images, target, baseline).sum()[None]


def attribution_not_summed(attribution, model, images, target, baseline):
    """The sum over the attribution is missing. Add up all values of each image: `attribution.flatten(1).sum(1)`."""
    return attribution - rise_of(model, images, target, baseline).reshape(-1, 1, 1, 1)


def summed_but_for_the_columns(attribution, model, images, target, baseline):
    """You sum over dimensions 1 and 2, and the columns stay. Sum over all values of each image: `attribution.flatten(1).sum(1)`."""
    return attribution.sum((1, 2)) - rise_of(model, images, target, baseline)


def rise_twice(attribution, model, images, target, baseline):
    """You subtract the rise twice. Once is enough."""
    return attribution.flatten(1).sum(1) - 2 * rise_of(model, images, target, baseline)


def gaps_in_a_column(attribution, model, images, target, baseline):
    """Your numbers are right, but they stand in a column, (N, 1). Leave out the `keepdim`: a result of shape (N,)."""
    return completeness_gap(attribution, model, images, target, baseline)[:, None]


ONE_FOR_EACH = "`baseline.expand_as(images)` makes one baseline for each image, and leaves a full batch as it is."
BASELINE_CURES = {
    **TORCHS_WORDS,
    "can be converted to": "`target` may hold one class for each image: hand it to `class_score` as it is.",
    "cannot be converted to Scalar": "Each image has its own class, its own score and its own gap: no `.item()`. `.detach()` takes the history away and keeps (N,).",
    **HANDED_OVER,
    "images must have the shape (N, C, H, W), got": f"Here a new dimension is not enough, for there may be several images or a baseline for each. {ONE_FOR_EACH}",
    "must name a class for each image": ONE_FOR_EACH,
    "is invalid for input of size": ONE_FOR_EACH,
}


# blurred_baseline -----------------------------------------------------------------------------------------------------


def blurred_baseline(images, sigma):
    """Each channel of each image, blurred by a Gaussian of standard deviation sigma pixels.

    images (N, C, H, W) → (N, C, H, W). The kernel reaches ceil(3 sigma) pixels to each side; the border is mirrored.
    """
    from torchvision.transforms.functional import gaussian_blur  # here: it takes as long to import as torch

    size = 2 * math.ceil(3 * sigma) + 1
    return gaussian_blur(images, [size, size], [sigma, sigma])


def blur_cases():
    point = torch.zeros(1, 1, 6, 7)
    point[..., 3, 2] = 1
    return [
        Case("one 6×7 image, black but for one white pixel, sigma 1", (point, 1.0)),
        Case("two 9×12 colour images, sigma 1.4", (random_images(2, size=9, width=12), 1.4)),
        Case("one 16×16 colour image, sigma 2.2", (random_images(1, size=16, seed=4), 2.2)),
    ]


def by_hand(images, sigma, radius, mode="reflect"):
    """A Gaussian blur written out: one pass along the columns, one along the rows."""
    at = torch.arange(-radius, radius + 1.0)
    kernel = (-(at**2) / (2 * sigma**2)).exp()
    kernel = (kernel / kernel.sum()).expand(images.shape[1], 1, 1, -1)
    padded = F.pad(images, (radius,) * 4, mode=mode)
    return F.conv2d(F.conv2d(padded, kernel, groups=len(kernel)), kernel.transpose(2, 3), groups=len(kernel))


def short_kernel(images, sigma):
    """Your kernel is too short for this sigma: the bell is cut off. Let it reach ceil(3 sigma) pixels to each side, a size of 2 · ceil(3 sigma) + 1."""
    return by_hand(images, sigma, math.ceil(sigma))


def dark_border(images, sigma):
    """Your border is padded with zeros, so that it darkens. Mirror the image there, as `gaussian_blur` does."""
    return by_hand(images, sigma, math.ceil(3 * sigma), "constant")


def box_blur(images, sigma):
    """Every pixel of your window counts the same: that is a box. Weight them by a Gaussian."""
    radius = math.ceil(3 * sigma)
    return F.avg_pool2d(F.pad(images, (radius,) * 4, mode="reflect"), 2 * radius + 1, stride=1)


def colours_mixed(images, sigma):
    """You blur over the colours too, so that the picture turns grey. Blur each channel on its own."""
    return blurred_baseline(images, sigma).mean(1, keepdim=True).expand_as(images)


def what_blur_takes(images, sigma):
    """That is what the blur takes away, images − blurred. Return the blurred images."""
    return images - blurred_baseline(images, sigma)


def sigma_left_out(images, sigma):
    """You hand `gaussian_blur` no sigma. It then makes one up from the size of the kernel: give it `sigma` as well."""
    from torchvision.transforms.functional import gaussian_blur

    return gaussian_blur(images, [2 * math.ceil(3 * sigma) + 1] * 2)


def variance_for_sigma(images, sigma):
    """You use sigma as a variance. It is the standard deviation, in pixels."""
    return by_hand(images, sigma**0.5, math.ceil(3 * sigma))


def torchs(images, radius, sigma, rows=True, columns=True):
    """gaussian_blur with a kernel that reaches `radius` pixels to each side, in both directions or in one."""
    from torchvision.transforms.functional import gaussian_blur

    size = 2 * radius + 1
    return gaussian_blur(images, [size if columns else 1, size if rows else 1], [sigma, sigma])


def reach_rounded_down(images, sigma):
    """Your kernel is a little too short: 3 sigma is rounded down, as by `int`. Let it reach ceil(3 sigma) pixels to each side: `2 * math.ceil(3 * sigma) + 1`."""
    return torchs(images, math.floor(3 * sigma), sigma)


def reach_rounded(images, sigma):
    """Your kernel is a little too short for some sigma: 3 sigma is rounded to the nearest. Round it up, for each side: `2 * math.ceil(3 * sigma) + 1`."""
    return torchs(images, round(3 * sigma), sigma)


def sigma_rounded_up(images, sigma):
    """Your kernel is a little too long for some sigma: you round sigma up, then take three times that. Multiply first: ceil(3 sigma)."""
    return torchs(images, 3 * math.ceil(sigma), sigma)


def one_pixel_short(images, sigma):
    """Your kernel is one pixel too short on each side. ceil(3 sigma) pixels on each side and one in the middle: `2 * math.ceil(3 * sigma) + 1`."""
    return torchs(images, math.ceil(3 * sigma) - 1, sigma)


def one_pixel_long(images, sigma):
    """Your kernel is one pixel too long on each side. ceil(3 sigma) pixels on each side and one in the middle: `2 * math.ceil(3 * sigma) + 1`."""
    return torchs(images, math.ceil(3 * sigma) + 1, sigma)


def three_pixels(images, sigma):
    """Your kernel has three pixels, whatever sigma is. Its size is 2 · ceil(3 sigma) + 1."""
    return torchs(images, 1, sigma)


def five_pixels(images, sigma):
    """Your kernel has five pixels, whatever sigma is. Its size is 2 · ceil(3 sigma) + 1."""
    return torchs(images, 2, sigma)


def seven_pixels(images, sigma):
    """Your kernel has seven pixels, whatever sigma is. Its size is 2 · ceil(3 sigma) + 1."""
    return torchs(images, 3, sigma)


def along_rows_alone(images, sigma):
    """You blur from left to right alone. Blur in both directions: `[size, size]` and `[sigma, sigma]`."""
    return torchs(images, math.ceil(3 * sigma), sigma, rows=False)


def along_columns_alone(images, sigma):
    """You blur from top to bottom alone. Blur in both directions: `[size, size]` and `[sigma, sigma]`."""
    return torchs(images, math.ceil(3 * sigma), sigma, columns=False)


def sigma_squared(images, sigma):
    """You square sigma. It is the standard deviation already, in pixels: hand it over as it is."""
    return torchs(images, math.ceil(3 * sigma), sigma**2)


def three_sigma_wide(images, sigma):
    """You blur with three times sigma. The factor 3 belongs to the size of the kernel alone: hand `sigma` over as it is."""
    return torchs(images, math.ceil(3 * sigma), 3 * sigma)


def half_sigma_wide(images, sigma):
    """You blur with half of sigma. Hand `sigma` over as it is."""
    return torchs(images, math.ceil(3 * sigma), sigma / 2)


def whole_sigma(images, sigma):
    """You round sigma to a whole number. Hand it over as it is; only the size of the kernel has to be whole."""
    return torchs(images, math.ceil(3 * sigma), math.floor(sigma))


def nine_pixels(images, sigma):
    """Your kernel has nine pixels, whatever sigma is. Its size is 2 · ceil(3 sigma) + 1."""
    return torchs(images, 4, sigma)


def blurred_twice(images, sigma):
    """You blur twice. `gaussian_blur` blurs in both directions by itself: once is enough."""
    return blurred_baseline(blurred_baseline(images, sigma), sigma)


def edge_repeated(images, sigma):
    """At the border you repeat the outermost pixels. Mirror the image there, as `gaussian_blur` does by itself."""
    return by_hand(images, sigma, math.ceil(3 * sigma), "replicate")


def images_mixed(images, sigma):
    """You average the images of the batch. Blur each on its own."""
    return blurred_baseline(images, sigma).mean(0, keepdim=True).expand_as(images)


def blurred_away(images, sigma):
    """You return the mean of each channel. Blur: each pixel becomes a weighted mean of its neighbours."""
    return images.mean((2, 3), keepdim=True).expand_as(images)


def first_image_blurred(images, sigma):
    """You blur the first image alone, (C, H, W). Blur all of them: `gaussian_blur` takes a batch, (N, C, H, W)."""
    return blurred_baseline(images, sigma)[0]


def not_blurred(images, sigma):
    """Your images come back as they were. Return what `gaussian_blur` gives: it leaves its input alone."""
    return images.clone()


def two_sigma_far(images, sigma):
    """Your kernel reaches two sigma to each side. Let it reach three: `2 * math.ceil(3 * sigma) + 1`."""
    return torchs(images, math.ceil(2 * sigma), sigma)


def four_sigma_far(images, sigma):
    """Your kernel reaches four sigma to each side. Let it reach three: `2 * math.ceil(3 * sigma) + 1`."""
    return torchs(images, math.ceil(4 * sigma), sigma)


def dark_box(images, sigma):
    """Every pixel of your window counts the same, and zeros come in at the border. Weight them by a Gaussian, with the image mirrored at the border: `gaussian_blur`."""
    radius = math.ceil(3 * sigma)
    return F.avg_pool2d(images, 2 * radius + 1, stride=1, padding=radius)


def grey_alone(images, sigma):
    """You blur the mean of the colours, one channel. Blur each channel on its own: (N, C, H, W)."""
    return blurred_baseline(images, sigma).mean(1, keepdim=True)


def first_channel_for_all(images, sigma):
    """You blur the first channel, and use it for all of them. Blur each channel on its own."""
    return blurred_baseline(images, sigma)[:, :1].expand_as(images)


def blurred_and_scaled(images, sigma):
    """You divide by the largest value. Return the blurred images as they are."""
    blurred = blurred_baseline(images, sigma)
    return blurred / blurred.amax()


def one_more_than_rounded_down(images, sigma):
    """Your kernel is one pixel too long on each side where 3 sigma is whole: `int(3 * sigma) + 1` rounds 3 up to 4. Round up with `math.ceil(3 * sigma)`."""
    return torchs(images, int(3 * sigma) + 1, sigma)


# expected_gradients ---------------------------------------------------------------------------------------------------


def expected_gradients(model, images, target, baselines, n_steps=50):
    """The mean of integrated_gradients over several baselines.

    images (N, C, H, W), target an int or one for each image, baselines (B, C, H, W), each used for every image
    → (N, C, H, W), in score; signed.
    Erion et al. 2019, arXiv:1906.10670.
    """
    return torch.stack([integrated_gradients(model, images, target, one, n_steps) for one in baselines]).mean(0)


def expectation_cases():
    curved, greys = Curved().eval(), torch.tensor([0.5, -0.5, 1.0]).reshape(3, 1, 1, 1).expand(3, 1, 2, 2).clone()
    return [
        Case("one 2×2 image, S = Σ x³, three baselines, 4 steps", (curved, two_by_two(), 0, greys, 4)),
        Case(
            "two 6×6 colour images, a small network, two baselines, 5 steps",
            (small_network(), random_images(2), 2, random_images(2, seed=5), 5),
        ),
        Case(
            "three images with a target each, two baselines, 3 steps",
            (small_network(), random_images(3, seed=2), torch.tensor([2, 0, 1]), random_images(2, seed=7), 3),
        ),
        Case(
            "two images of 6×8, one target for both, three baselines, 3 steps",
            (pooling_network(), random_images(2, width=8, seed=3), 1, random_images(3, width=8, seed=4), 3),
        ),
    ]


def from_the_mean_baseline(model, images, target, baselines, n_steps=50):
    """You average the baselines and take one path. Take a path from each baseline, and average the results."""
    return integrated_gradients(model, images, target, baselines.mean(0), n_steps)


def summed_over_baselines(model, images, target, baselines, n_steps=50):
    """You add up over the baselines. Take the mean, so that the values still add up to the mean rise of the score."""
    return len(baselines) * expected_gradients(model, images, target, baselines, n_steps)


def first_baseline(model, images, target, baselines, n_steps=50):
    """Only the first baseline comes into your result. Go through all of them. Is your `return` inside the loop? Or does the loop count the images, not the baselines?"""
    return integrated_gradients(model, images, target, baselines[0], n_steps)


def first_baseline_divided(model, images, target, baselines, n_steps=50):
    """Only the first baseline comes into your result, divided by the number of baselines. Is your `return` inside the loop? Or does the loop count the images, not the baselines?"""
    return first_baseline(model, images, target, baselines, n_steps) / len(baselines)


def last_baseline(model, images, target, baselines, n_steps=50):
    """You keep the last baseline's result alone. Add up what each baseline gives, then divide by their number."""
    return integrated_gradients(model, images, target, baselines[-1], n_steps)


def last_baseline_divided(model, images, target, baselines, n_steps=50):
    """Only the last baseline comes into your result, divided by the number of baselines. Add up what each baseline gives: `total += …`, with the plus."""
    return last_baseline(model, images, target, baselines, n_steps) / len(baselines)


def steps_not_handed_on(model, images, target, baselines, n_steps=50):
    """You take 50 points on each path, whatever `n_steps` says. Hand it on to `integrated_gradients`."""
    return expected_gradients(model, images, target, baselines)


def paired_baselines(model, images, target, baselines, n_steps=50):
    """You hand over all baselines at once, and each is paired with one image. Hand over one baseline at a time, `for baseline in baselines:`, so that it serves every image."""
    return along(model, images, target, baselines, steps(n_steps) + 0.5 / n_steps, [1 / n_steps] * n_steps)


def mean_gradient_of_all(model, images, target, baselines, n_steps=50):
    """You leave the factor images − baseline out. It belongs to each path, before the mean over the baselines."""
    return torch.stack([mean_gradient_alone(model, images, target, one, n_steps) for one in baselines]).mean(0)


def mean_of_each_factor(model, images, target, baselines, n_steps=50):
    """You average the gradients and the differences apart and multiply the means. Multiply for each baseline first, then average."""
    return mean_gradient_of_all(model, images, target, baselines, n_steps) * (images - baselines.mean(0))


def sizes_over_baselines(model, images, target, baselines, n_steps=50):
    """You average the absolute values. Keep the signs: what a choice of baseline alone brings in should cancel."""
    return torch.stack([integrated_gradients(model, images, target, one, n_steps).abs() for one in baselines]).mean(0)


def every_attribution(model, images, target, baselines, n_steps):
    """What each baseline gives for each image, (B, N, C, H, W)."""
    return torch.stack([integrated_gradients(model, images, target, one, n_steps) for one in baselines])


def all_kept(model, images, target, baselines, n_steps=50):
    """You return the attributions from all the baselines. Average over them, dimension 0: `.mean(dim=0)`."""
    return every_attribution(model, images, target, baselines, n_steps)


def mean_over_images(model, images, target, baselines, n_steps=50):
    """Your mean runs over the images, dimension 1. The baselines are dimension 0: `.mean(dim=0)`."""
    return every_attribution(model, images, target, baselines, n_steps).mean(1)


def mean_over_both(model, images, target, baselines, n_steps=50):
    """Your mean runs over the images, too, whose dimension is gone. Average over the baselines alone: `torch.stack` the attributions and take `.mean(dim=0)`; `torch.cat` would join both."""
    return every_attribution(model, images, target, baselines, n_steps).mean((0, 1))


def mean_over_both_kept(model, images, target, baselines, n_steps=50):
    """Your mean runs over the images, too, so that one attribution is left for all. Average over the baselines alone: `torch.stack` the attributions and take `.mean(dim=0)`."""
    return every_attribution(model, images, target, baselines, n_steps).mean((0, 1))[None]


def summed_and_averaged(model, images, target, baselines, n_steps=50):
    """You add up over the baselines, and then average over the images. Add up and divide by the number of baselines: the images stay apart."""
    return every_attribution(model, images, target, baselines, n_steps).sum(0).mean(0)


def divided_by_images(model, images, target, baselines, n_steps=50):
    """You divide by the number of images. Divide by the number of baselines, `len(baselines)`."""
    return every_attribution(model, images, target, baselines, n_steps).sum(0) / len(images)


def divided_by_steps(model, images, target, baselines, n_steps=50):
    """You divide by the number of steps, which `integrated_gradients` has done already. Divide by the number of baselines, `len(baselines)`."""
    return every_attribution(model, images, target, baselines, n_steps).sum(0) / n_steps


def divided_by_both(model, images, target, baselines, n_steps=50):
    """You divide by the number of steps, too, which `integrated_gradients` has done already. Divide by `len(baselines)` alone."""
    return expected_gradients(model, images, target, baselines, n_steps) / n_steps


def median_over_baselines(model, images, target, baselines, n_steps=50):
    """You take the median over the baselines. Take their mean: it keeps the sum."""
    return every_attribution(model, images, target, baselines, n_steps).median(0).values


def squares_over_baselines(model, images, target, baselines, n_steps=50):
    """You average the squares. Average the attributions as they are, with their signs."""
    return every_attribution(model, images, target, baselines, n_steps).square().mean(0)


def size_of_the_expectation(model, images, target, baselines, n_steps=50):
    """You take the absolute value of the mean. Keep the sign: the values must add up to the mean rise of the score."""
    return expected_gradients(model, images, target, baselines, n_steps).abs()


def negative_expectation_cut(model, images, target, baselines, n_steps=50):
    """You set negative values to zero. Keep them: the values must add up to the mean rise of the score."""
    return expected_gradients(model, images, target, baselines, n_steps).relu()


def begun_with_the_images(model, images, target, baselines, n_steps=50):
    """Your sum begins with the images. Begin with zeros of their shape: `torch.zeros_like(images)`."""
    return expected_gradients(model, images, target, baselines, n_steps) + images / len(baselines)


def first_class_for_all(model, images, target, baselines, n_steps=50):
    """You take the first image's class for every image. `target` may have one for each: hand it on as it is."""
    return expected_gradients(
        model, images, torch.as_tensor(target).expand(len(images))[:1].expand(len(images)).clone(), baselines, n_steps
    )


def a_baseline_for_each(model, images, target, baselines, n_steps=50):
    """You pair images and baselines, as `zip` does: one baseline for each image. Every image gets every baseline: let the loop run over the baselines alone, with all the images in it."""
    n = min(len(images), len(baselines))
    return integrated_gradients(
        model, images[:n], target if isinstance(target, int) else target[:n], baselines[:n], n_steps
    )


def two_baselines(model, images, target, baselines, n_steps=50):
    """You take two baselines, however many there are. Go through all of them: `for baseline in baselines:`."""
    return expected_gradients(model, images, target, baselines[:2], n_steps)


def without_the_last_baseline(model, images, target, baselines, n_steps=50):
    """The last baseline is missing in your sum. `for baseline in baselines:` goes through all of them."""
    return every_attribution(model, images, target, baselines[:-1], n_steps).sum(0) / len(baselines)


def without_the_first_baseline(model, images, target, baselines, n_steps=50):
    """The first baseline is missing in your sum. Baselines are counted from 0: `for baseline in baselines:` goes through all of them."""
    return every_attribution(model, images, target, baselines[1:], n_steps).sum(0) / len(baselines)


def halved_each_time(model, images, target, baselines, n_steps=50):
    """You take the mean of what you have and the new one, again and again, so the last baselines count most. Add up all of them, then divide by their number."""
    total = torch.zeros_like(images)
    for one in every_attribution(model, images, target, baselines, n_steps):
        total = (total + one) / 2
    return total


def halved_from_the_first(model, images, target, baselines, n_steps=50):
    """You begin with the first and take the mean of what you have and the new one, again and again, so the last baselines count most. Add up all of them, then divide by their number."""
    mean, *others = every_attribution(model, images, target, baselines, n_steps)
    for one in others:
        mean = (mean + one) / 2
    return mean


def divided_in_the_loop(model, images, target, baselines, n_steps=50):
    """You divide inside the loop, so that the first attributions are divided again and again. Divide once, behind the loop."""
    total = torch.zeros_like(images)
    for one in every_attribution(model, images, target, baselines, n_steps):
        total = (total + one) / len(baselines)
    return total


def ends_of_the_paths(model, images, target, baselines, n_steps=50):
    """You take the gradient at the images alone. Go along the path from each baseline: that is what `integrated_gradients` does."""
    return (images - baselines.mean(0)) * vanilla_gradient(model, images, target)


def divided_by_one_less(model, images, target, baselines, n_steps=50):
    """You divide by the number of baselines less one. A mean divides by their number, `len(baselines)`."""
    return every_attribution(model, images, target, baselines, n_steps).sum(0) / max(len(baselines) - 1, 1)


def largest_over_baselines(model, images, target, baselines, n_steps=50):
    """You keep the largest value over the baselines. Take their mean."""
    return every_attribution(model, images, target, baselines, n_steps).amax(0)


def black_each_time(model, images, target, baselines, n_steps=50):
    """You start at black, whatever the baselines. Hand each baseline on to `integrated_gradients`."""
    return integrated_gradients(model, images, target, torch.zeros_like(images), n_steps)


def images_and_baselines_exchanged(model, images, target, baselines, n_steps=50):
    """Every value has the wrong sign: your paths lead from the images to the baselines. The images come second in `integrated_gradients`, the baseline fourth."""
    return -expected_gradients(model, images, target, baselines, n_steps)


def images_for_baselines(model, images, target, baselines, n_steps=50):
    """Your loop runs over the images and takes each for a baseline. Let it run over the baselines: `for baseline in baselines:`."""
    return expected_gradients(model, images, target, images, n_steps)


def mean_kept(model, images, target, baselines, n_steps=50):
    """Your values are right, with a dimension of size 1 too many: leave out the `keepdim` in `.mean(dim=0)`."""
    return expected_gradients(model, images, target, baselines, n_steps)[None]


def colours_of_the_expectation(model, images, target, baselines, n_steps=50):
    """You add up the colours. Keep them: a value for each input, (N, C, H, W)."""
    return expected_gradients(model, images, target, baselines, n_steps).sum(1, keepdim=True)


def steps_shared_out(model, images, target, baselines, n_steps=50):
    """You share the steps out among the baselines. Each path takes `n_steps`."""
    return expected_gradients(model, images, target, baselines, max(n_steps // len(baselines), 1))


ANY_NUMBER = {
    **TORCHS_WORDS,
    "cannot be converted to Scalar": "There may be any number of α: `.item()` serves one alone. `alphas.reshape(-1, 1, 1, 1, 1)` times (N, C, H, W) is (n, N, C, H, W).",
    "is invalid for input of size": "There may be any number of α, which −1 stands for, and they need a size of 1 in each of the other dimensions: `alphas.reshape(-1, 1, 1, 1, 1)`.",
    "must match the size of tensor": "The α need a size of 1 in each dimension of the images: `alphas.reshape(-1, 1, 1, 1, 1)` times (N, C, H, W) is (n, N, C, H, W).",
}
BLUR_CURES = {
    **TORCHS_WORDS,
    "Padding size should be less": "So far the image cannot be mirrored. The kernel follows from sigma: 2 · ceil(3 sigma) + 1 pixels, which reach ceil(3 sigma) to each side.",
    "kernel_size should be int": "The size of the kernel comes before sigma, and is a whole number, as `math.ceil` gives one: 2 · ceil(3 sigma) + 1.",
    "odd and positive": "Count the pixels to each side, and the one in the middle: 2 · ceil(3 sigma) + 1.",
    "invalid combination of arguments": "The size of the kernel must be a whole number, as `math.ceil` gives one, and comes before sigma: `gaussian_blur(images, [size, size], [sigma, sigma])`.",
}
ONE_BY_ONE = "Hand over one baseline at a time, `for baseline in baselines:`, and it serves every image."
ALL_AT_ONCE = TORCHS_WORDS | {
    sign: ONE_BY_ONE
    for sign in (
        "baseline must be a number or have the shape",
        "match the broadcast shape",
        "at non-singleton dimension",
        "non-broadcastable",
    )
}
ALL_AT_ONCE["'list' object has no attribute"] = (
    "A list has no mean. `torch.stack` makes one tensor of it, with the baselines in dimension 0."
)
ALL_AT_ONCE["target must be an int"] = (
    "The order is `integrated_gradients(model, images, target, baseline, n_steps)`: the target before the baseline."
)
ALL_AT_ONCE["must name a class for each image"] = (
    "All images can go in at once, with `target` as it is. One image at a time needs its class as an int, or as a tensor of one: `target[k:k + 1]`."
)

EXERCISES = (
    Exercise(
        straight_path,
        "integrated_gradients",
        1,
        path_cases,
        (
            scaled_images,
            other_way_round,
            added_to_the_baseline,
            difference_alone,
            averaged_path,
            images_first,
            sorted_alphas,
            one_dimension_too_few,
            joined_points,
            squared_alphas,
            away_from_the_image,
            on_from_the_image,
            both_scaled,
            alphas_of_its_own,
            numbers_for_alphas,
            clipped_path,
            from_the_first_baseline,
            indexed_baseline,
            path_of_the_first_image,
            indexed_image,
            first_alpha_alone,
            last_alpha_alone,
            first_point_alone,
            one_alpha_squeezed,
            all_squeezed,
            paired_alphas,
            from_the_point_before,
        ),
        in_float32,
        cures=ANY_NUMBER,
        recall="Asked for is, for each α of `alphas` as it comes, baseline + α · (images − baseline), every time from the baseline itself. The α "
        "stand first: (n, N, C, H, W).",
    ),
    Exercise(
        integrated_gradients,
        "integrated_gradients",
        4,
        ig_cases,
        (
            ends_counted_by_n,
            trapezoid_that_loses,
            trapezoid,
            right_ends,
            left_ends,
            mean_gradient_alone,
            times_the_image,
            summed_gradients,
            from_black,
            gradient_at_the_end,
            of_the_probability_path,
            sign_lost,
            far_beyond_the_image,
            first_point,
            first_point_divided,
            last_point,
            last_point_divided,
            by_the_image,
            always_fifty,
            one_point_more,
            mean_with_both_ends,
            alphas_over_one_less,
            counted_from_1,
            first_interval_missing,
            last_interval_missing,
            half_a_step_back,
            half_the_way_on,
            not_divided_alphas,
            alphas_times_n,
            mean_by_one_less,
            mean_by_one_more,
            mean_by_fifty,
            way_turned,
            way_in_size,
            way_without_brackets,
            sizes_of_the_gradients,
            times_each_point,
            both_products,
            path_from_black,
            path_beyond_the_image,
            first_target_for_all,
            of_the_predicted,
            of_each_points_own,
            targets_in_another_order,
            scores_for_gradients,
            mean_over_the_images,
            sum_of_the_gradients_alone,
            way_squared,
            scaled_to_one,
            colours_added,
            negative_values_cut,
            gradient_times_image,
            middle_of_the_way,
            gradient_at_the_start,
            inner_points,
            divided_by_the_alphas,
            rise_for_gradients,
            largest_gradient_on_the_way,
            divided_twice,
            begun_with_ones,
            one_mean_for_all,
            trapezoid_of_one_more,
            mean_over_dimension_1,
        ),
        in_float32,
        cures=ON_THE_PATH,
        recall="Asked for is (images − baseline) times the mean of n = `n_steps` gradients of the score of `target`: those at baseline + α · "
        "(images − baseline) with α = (k + ½) / n, k from 0 to n − 1. All count the same.",
    ),
    Exercise(
        completeness_gap,
        "integrated_gradients",
        2,
        gap_cases,
        (
            sum_alone,
            rise_alone,
            baseline_forgotten,
            gap_reversed,
            gap_in_size,
            gap_of_the_probability,
            gap_of_sizes,
            gap_of_means,
            gap_of_the_batch,
            sum_of_the_batch,
            brackets_missing,
            gap_squeezed,
            relative_gap,
            gap_over_the_size_of_the_rise,
            ratio_to_the_rise,
            gap_squared,
            rise_added,
            baseline_alone,
            rise_in_size,
            negative_gap_cut,
            every_target_for_every_image,
            first_targets_gap,
            gap_of_the_best_class,
            gap_of_each_channel,
            gap_of_each_place,
            dimensions_kept,
            score_of_the_difference,
            rise_from_black,
            first_baseline_for_all,
            own_attribution,
            times_the_way,
            gap_in_percent,
            rise_by_the_gradient,
            largest_of_the_attribution,
            summed_over_the_last,
            mean_score_of_the_images,
            one_gap_for_all,
            attribution_not_summed,
            summed_but_for_the_columns,
            rise_twice,
            gaps_in_a_column,
        ),
        in_float32,
        cures=BASELINE_CURES,
        recall="Asked for is, for each image, the sum of all values of its attribution (channels, rows and columns) minus the rise S(images) − "
        "S(baseline) of its own score of `target`: (N,), with its sign.",
    ),
    Exercise(
        blurred_baseline,
        "integrated_gradients",
        1,
        blur_cases,
        (
            short_kernel,
            dark_border,
            box_blur,
            colours_mixed,
            what_blur_takes,
            sigma_left_out,
            variance_for_sigma,
            reach_rounded_down,
            reach_rounded,
            sigma_rounded_up,
            one_pixel_short,
            one_pixel_long,
            three_pixels,
            five_pixels,
            seven_pixels,
            along_rows_alone,
            along_columns_alone,
            sigma_squared,
            three_sigma_wide,
            half_sigma_wide,
            whole_sigma,
            nine_pixels,
            blurred_twice,
            edge_repeated,
            images_mixed,
            blurred_away,
            first_image_blurred,
            not_blurred,
            two_sigma_far,
            four_sigma_far,
            dark_box,
            grey_alone,
            first_channel_for_all,
            blurred_and_scaled,
            one_more_than_rounded_down,
        ),
        in_float32,
        cures=BLUR_CURES,
        recall="Asked for is what `gaussian_blur` makes of the images with the standard deviation `sigma` and a kernel of 2 · ceil(3 sigma) + 1 "
        "pixels in both directions, in the shape of the images.",
    ),
    Exercise(
        expected_gradients,
        "integrated_gradients",
        2,
        expectation_cases,
        (
            from_the_mean_baseline,
            summed_over_baselines,
            first_baseline,
            first_baseline_divided,
            last_baseline,
            last_baseline_divided,
            steps_not_handed_on,
            paired_baselines,
            mean_gradient_of_all,
            mean_of_each_factor,
            sizes_over_baselines,
            all_kept,
            mean_over_images,
            mean_over_both,
            mean_over_both_kept,
            summed_and_averaged,
            divided_by_images,
            divided_by_steps,
            divided_by_both,
            median_over_baselines,
            squares_over_baselines,
            size_of_the_expectation,
            negative_expectation_cut,
            begun_with_the_images,
            first_class_for_all,
            a_baseline_for_each,
            two_baselines,
            without_the_last_baseline,
            without_the_first_baseline,
            halved_each_time,
            halved_from_the_first,
            divided_in_the_loop,
            ends_of_the_paths,
            divided_by_one_less,
            largest_over_baselines,
            black_each_time,
            images_and_baselines_exchanged,
            images_for_baselines,
            mean_kept,
            colours_of_the_expectation,
            steps_shared_out,
        ),
        in_float32,
        cures=ALL_AT_ONCE,
        recall="Asked for is the mean over the baselines of `integrated_gradients(model, images, target, baseline, n_steps)`, with one baseline at a "
        "time for all the images: (N, C, H, W), with its signs.",
    ),
)
