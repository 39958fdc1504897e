"""Lesson 06: the gradient gathered along a path, and what it is compared with."""

import inspect
import math

import torch
import torch.nn.functional as F
from torch import nn

from ... import methods
from ...methods import class_score, vanilla_gradient
from ..exercise import Case, Exercise
from .grad_cam import in_float32
from .networks import followed_by, random_images, small_network, two_by_two
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
    return [Case("one 2×2 image, a grey baseline of 0.5, α = 0, 0.25 and 1", (two_by_two(), torch.full((1, 2, 2), 0.5), torch.tensor([0, 0.25, 1]))),
            Case("two colour images of 5×4 with a baseline each, four α in no order, 0.5, 0.9, 0.1 and 0.3",
                 (random_images(2, size=5, width=4), random_images(2, size=5, width=4, seed=5), torch.tensor([0.5, 0.9, 0.1, 0.3]))),
            Case("three images, one baseline for all, two α", (random_images(3), random_images(1, seed=6)[0], torch.tensor([0.7, 0.2])))]


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


# integrated_gradients -------------------------------------------------------------------------------------------------

@shortened(methods.integrated_gradients)
def integrated_gradients(model, images, target, baseline, n_steps=50):
    """(x − x′) · 1/n Σ_k ∂S_c/∂x at x′ + α_k (x − x′), with α_k = (k + ½) / n the midpoints of n equal intervals.

    images (N, C, H, W), target an int or one for each image, baseline (C, H, W) or (N, C, H, W) → (N, C, H, W), in score; signed.
    """
    return methods.integrated_gradients(model, images, target, baseline=baseline, n_steps=n_steps)


def ig_cases():
    curved, grey = Curved().eval(), torch.full((1, 2, 2), 0.5)
    return [Case("one 2×2 image, S = Σ x³, a grey baseline of 0.5, 4 steps", (curved, two_by_two(), 0, grey, 4)),
            Case("one 6×6 colour image, a small network, a baseline of random values, 5 steps",
                 (small_network(), random_images(1), 2, random_images(1, seed=5)[0], 5)),
            Case("three images with a target and a baseline each, 6 steps",
                 (small_network(), random_images(3, seed=2), torch.tensor([2, 0, 1]), random_images(3, seed=7), 6))]


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
    return torch.stack([vanilla_gradient(model, point, target) for point in straight_path(images, baseline, midpoints)]).mean(0)


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
    """Each of your gradients has a factor α too much. That comes of the derivative by `images`, which make up only a part α of the point: take it by the point itself."""
    midpoints = steps(n_steps) + 0.5 / n_steps
    return along(model, images, target, baseline, midpoints, midpoints / n_steps)


def always_fifty(model, images, target, baseline, n_steps=50):
    """You take 50 points, whatever `n_steps` says. Take `n_steps` of them."""
    return integrated_gradients(model, images, target, baseline)


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
    return [Case("one 2×2 image, S = Σ x³, an attribution of 1 everywhere, a grey baseline of 0.5",
                 (torch.ones(1, 1, 2, 2), Curved().eval(), two_by_two(), 0, torch.full((1, 2, 2), 0.5))),
            Case("one 6×6 colour image, a small network, the attribution 0.01 × image, a random baseline",
                 (0.01 * random_images(1), small_network(), random_images(1), 2, random_images(1, seed=5)[0])),
            Case("three images with a target and a baseline each",
                 (three - 0.5, small_network(), three, torch.tensor([2, 0, 1]), whites))]


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
    return completeness_gap(attribution, model, images, target, baseline) - attribution.flatten(1).sum(1) + attribution.sum()


def brackets_missing(attribution, model, images, target, baseline):
    """You subtract the score of the baseline. It is the rise that is subtracted, S(x) − S(x′), and that takes brackets: S(x′) comes back with a plus."""
    start = class_score(model, baseline.expand_as(images), target).detach()
    return completeness_gap(attribution, model, images, target, baseline) - 2 * start


# blurred_baseline -----------------------------------------------------------------------------------------------------

def blurred_baseline(images, sigma):
    """Each channel of each image, blurred by a Gaussian of standard deviation sigma pixels.

    images (N, C, H, W) → (N, C, H, W). The kernel reaches ceil(3 sigma) pixels to each side; the border is mirrored.
    """
    from torchvision.transforms.functional import gaussian_blur  # here: it takes as long to import as torch

    size = 2 * math.ceil(3 * sigma) + 1
    return gaussian_blur(images, [size, size], [sigma, sigma])


def blur_cases():
    point = torch.zeros(1, 1, 7, 7)
    point[..., 3, 2] = 1
    return [Case("one 7×7 image, black but for one white pixel, sigma 1", (point, 1.0)),
            Case("two 12×12 colour images, sigma 1.5", (random_images(2, size=12), 1.5)),
            Case("one 16×16 colour image, sigma 2.4", (random_images(1, size=16, seed=4), 2.4))]


def by_hand(images, sigma, radius, mode="reflect"):
    """A Gaussian blur written out: one pass along the columns, one along the rows."""
    at = torch.arange(-radius, radius + 1.0)
    kernel = (-at ** 2 / (2 * sigma ** 2)).exp()
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
    return by_hand(images, sigma ** 0.5, math.ceil(3 * sigma))


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
    return [Case("one 2×2 image, S = Σ x³, three baselines, 4 steps", (curved, two_by_two(), 0, greys, 4)),
            Case("two 6×6 colour images, a small network, two baselines, 5 steps",
                 (small_network(), random_images(2), 2, random_images(2, seed=5), 5)),
            Case("three images with a target each, two baselines, 3 steps",
                 (small_network(), random_images(3, seed=2), torch.tensor([2, 0, 1]), random_images(2, seed=7), 3))]


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


ANY_NUMBER = {"is invalid for input of size": "There may be any number of α. A size of −1 in `reshape` stands for as many as there are."}
ODD = {"odd and positive": "Count the pixels to each side, and the one in the middle: 2 · ceil(3 sigma) + 1."}
ONE_BY_ONE = "Hand over one baseline at a time, `for baseline in baselines:`, and it serves every image."
ALL_AT_ONCE = {sign: ONE_BY_ONE for sign in (
    "baseline must be a number or have the shape", "match the broadcast shape", "at non-singleton dimension", "non-broadcastable")}

EXERCISES = (
    Exercise(straight_path, "integrated_gradients", 1, path_cases,
             (scaled_images, other_way_round, added_to_the_baseline, difference_alone, averaged_path, images_first, sorted_alphas,
              one_dimension_too_few),
             in_float32, cures=ANY_NUMBER),
    Exercise(integrated_gradients, "integrated_gradients", 4, ig_cases,
             (ends_counted_by_n, trapezoid_that_loses, trapezoid, right_ends, left_ends, mean_gradient_alone, times_the_image,
              summed_gradients, from_black, gradient_at_the_end, of_the_probability_path, sign_lost, far_beyond_the_image,
              first_point, first_point_divided, last_point, last_point_divided, by_the_image, always_fifty),
             in_float32),
    Exercise(completeness_gap, "integrated_gradients", 2, gap_cases,
             (sum_alone, rise_alone, baseline_forgotten, gap_reversed, gap_in_size, gap_of_the_probability, gap_of_sizes, gap_of_means,
              gap_of_the_batch, sum_of_the_batch, brackets_missing),
             in_float32),
    Exercise(blurred_baseline, "integrated_gradients", 1, blur_cases,
             (short_kernel, dark_border, box_blur, colours_mixed, what_blur_takes, sigma_left_out, variance_for_sigma),
             in_float32, cures=ODD),
    Exercise(expected_gradients, "integrated_gradients", 2, expectation_cases,
             (from_the_mean_baseline, summed_over_baselines, first_baseline, first_baseline_divided, last_baseline,
              last_baseline_divided, steps_not_handed_on, paired_baselines, mean_gradient_of_all, mean_of_each_factor,
              sizes_over_baselines),
             in_float32, cures=ALL_AT_ONCE),
)
