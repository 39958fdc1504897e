"""Lesson 05: noise added on purpose, what its average keeps, and what its spread shows."""

import math

import torch

from ...methods import vanilla_gradient
from ..exercise import Case, Exercise
from .grad_cam import HANDED_OVER, TORCHS_WORDS, in_float32
from .networks import linear_network, random_images, small_network, two_by_two


def noise_std(images, noise_level):
    """σ of the noise for each image: noise_level × (its largest value − its smallest).

    images (N, C, H, W) → (N, 1, 1, 1), in input units.
    """
    return noise_level * (images.amax((1, 2, 3), keepdim=True) - images.amin((1, 2, 3), keepdim=True))


def noisy_maps(method, model, images, target, noise, noise_level):
    """The maps of every noisy copy, (n, N, C, h, w)."""
    sigma = noise_std(images, noise_level)
    return torch.stack([method(model, images + sigma * one, target).detach() for one in noise])


def smoothgrad(method, model, images, target, noise, noise_level=0.15):
    """1/n Σ_k M(x + σ ε_k): the mean of the maps of n noisy copies.

    method(model, images, target) → maps; noise (n, C, H, W), n draws from N(0, 1), the same for each image
    → the shape of the method's maps. Smilkov et al. 2017, arXiv:1706.03825. utils.smoothgrad draws the noise itself.
    """
    sigma = noise_std(images, noise_level)
    return sum(method(model, images + sigma * one, target).detach() for one in noise) / len(noise)


def vargrad(method, model, images, target, noise, noise_level=0.15):
    """1/(n − 1) Σ_k (M(x + σ ε_k) − their mean)²: the variance of the maps of n noisy copies, value by value.

    Arguments as for smoothgrad, n ≥ 2 → the shape of the method's maps. Adebayo et al. 2018, arXiv:1810.03307.
    """
    return noisy_maps(method, model, images, target, noise, noise_level).var(dim=0)


def noise_to_signal(maps):
    """√(Σ_i s_i² / n) / √(Σ_i m_i²), with m_i and s_i² mean and variance of value i over the n maps.

    maps (n, C, H, W) of n ≥ 2 noisy copies of one image → a number: a float or a tensor without dimensions.
    """
    return ((maps.var(dim=0).sum() / len(maps)).sqrt() / maps.mean(dim=0).square().sum().sqrt()).item()


# noise_std ------------------------------------------------------------------------------------------------------------


def std_cases():
    several = torch.cat(
        [
            0.2 + 0.1 * random_images(1, size=4, width=5, seed=3),
            random_images(1, size=4, width=5),
            torch.full((1, 3, 4, 5), 0.7),
        ]
    )
    return [
        Case("one 2×2 image with values from −1 to 2, level 0.15", (two_by_two(), 0.15)),
        Case(
            "one 2×2 image with values from −3 to 0.5, level 0.2", (torch.tensor([[[[-3.0, 0.5], [0.25, -1.0]]]]), 0.2)
        ),
        Case(
            "three images: values near 0.25, values from 0 to 1, and one of a single colour; level 0.2", (several, 0.2)
        ),
    ]


def level_alone(images, noise_level):
    """You return the level itself. It is a share of the image's range: multiply by (largest − smallest value)."""
    return torch.full((len(images), 1, 1, 1), float(noise_level))


def range_of_the_batch(images, noise_level):
    """You take the range over the whole batch. Each image has its own: leave the first dimension out of the reduction."""
    return noise_level * (images.max() - images.min()).expand(len(images), 1, 1, 1)


def one_range_as_a_number(images, noise_level):
    """You take one range over the whole batch, and return a single number. Each image has its own: `amax` and `amin` over dimensions 1, 2 and 3, with `keepdim=True`."""
    return noise_level * (images.max() - images.min())


def one_range_for_all(images, noise_level):
    """You take one range over the whole batch. Each image has its own: reduce over dimensions 1, 2 and 3 and leave 0, which counts the images."""
    return noise_level * (images.max() - images.min()).reshape(1, 1, 1, 1)


def range_of_each_channel(images, noise_level):
    """You take the range of each colour channel. Take one range for the whole image: reduce over dimensions 1, 2 and 3."""
    return noise_level * (images.amax((2, 3), keepdim=True) - images.amin((2, 3), keepdim=True))


def largest_alone(images, noise_level):
    """You take the largest value for the range. The range is the largest value minus the smallest."""
    return noise_level * images.amax((1, 2, 3), keepdim=True)


def brackets_missing(images, noise_level):
    """You multiply the largest value alone by the level. Put brackets around the range: level × (largest − smallest)."""
    return noise_level * images.amax((1, 2, 3), keepdim=True) - images.amin((1, 2, 3), keepdim=True)


def share_of_the_std(images, noise_level):
    """You take a share of the standard deviation of the image's values. Take a share of their range, largest − smallest."""
    return noise_level * images.std((1, 2, 3), keepdim=True)


def its_variance(images, noise_level):
    """That is σ², the variance. Asked for is σ, the standard deviation, in the units of the image."""
    return noise_std(images, noise_level) ** 2


def root_of_it(images, noise_level):
    """You take a square root: level × range is the standard deviation already, not the variance."""
    return noise_std(images, noise_level).sqrt()


def without_dimensions(images, noise_level):
    """Your numbers are right, their shape (N,) is not: multiplied by images (N, C, H, W) it would meet the columns. Keep the dimensions, (N, 1, 1, 1): `keepdim=True`."""
    return noise_std(images, noise_level).flatten()


def largest_size(images, noise_level):
    """You take the largest size, without its sign. The range is the largest value minus the smallest: where all are negative, the largest is negative, too."""
    return noise_level * (images.abs().amax((1, 2, 3), keepdim=True) - images.amin((1, 2, 3), keepdim=True))


def range_of_the_sizes(images, noise_level):
    """You take the range of the sizes, without the signs. The range runs from the smallest value, which may be negative, to the largest."""
    return noise_std(images.abs(), noise_level)


def mean_of_the_channels(images, noise_level):
    """You take the range of each colour and average. Take one range for the whole image: the largest of all its values minus the smallest."""
    return range_of_each_channel(images, noise_level).mean(1, keepdim=True)


def range_alone(images, noise_level):
    """You return the range itself. σ is a share of it: multiply by `noise_level`."""
    return noise_std(images, 1)


def level_added(images, noise_level):
    """You add the level to the range. Multiply by it: σ is a share of the range."""
    return noise_level + noise_std(images, 1)


def smallest_alone(images, noise_level):
    """You take the smallest value for the range. The range is the largest value minus the smallest."""
    return noise_level * images.amin((1, 2, 3), keepdim=True)


def sum_of_both_ends(images, noise_level):
    """You add the smallest value to the largest. The range is the largest minus the smallest."""
    return noise_level * (images.amax((1, 2, 3), keepdim=True) + images.amin((1, 2, 3), keepdim=True))


def range_turned(images, noise_level):
    """You subtract the largest value from the smallest. Turn it round: σ is not negative."""
    return -noise_std(images, noise_level)


def half_the_range(images, noise_level):
    """You take half of the range. Take all of it: level × (largest − smallest)."""
    return noise_std(images, noise_level) / 2


def first_range_for_all(images, noise_level):
    """You take the range of the first image for all of them. Each image has its own: reduce over dimensions 1, 2 and 3, without an index."""
    return noise_std(images[:1], noise_level).expand(len(images), 1, 1, 1)


def range_of_the_first(images, noise_level):
    """You take the range of the first image alone. Each image has its own: reduce over dimensions 1, 2 and 3, without an index."""
    return noise_std(images[:1], noise_level)


def range_over_the_images(images, noise_level):
    """You reduce over the images, and get a range for each colour. Reduce over dimensions 1, 2 and 3; dimension 0, which counts the images, stays."""
    return noise_level * (images.amax((0, 2, 3), keepdim=True) - images.amin((0, 2, 3), keepdim=True))


def range_of_each_column(images, noise_level):
    """You get a range for each column. Dimensions are counted from 0: reduce over 1, 2 and 3."""
    return noise_level * (images.amax((1, 2), keepdim=True) - images.amin((1, 2), keepdim=True))


def range_of_the_colours(images, noise_level):
    """You take the range of the colours at each place. Take one range for the whole image: reduce over dimensions 1, 2 and 3."""
    return noise_level * (images.amax(1, keepdim=True) - images.amin(1, keepdim=True))


def spread_over_the_image(images, noise_level):
    """Your numbers are right, their shape is that of the images. One number for each image is enough, (N, 1, 1, 1): it is repeated by itself."""
    return noise_std(images, noise_level).expand_as(images)


def two_dimensions(images, noise_level):
    """Your numbers are right, their shape (N, 1) is not: multiplied by images (N, C, H, W) it would meet the rows. (N, 1, 1, 1) is asked for."""
    return noise_std(images, noise_level).flatten(1)


def drawn_at_once(images, noise_level):
    """You draw the noise. Asked for is σ alone, one number for each image: the draws come in the next exercise."""
    return noise_std(images, noise_level) * torch.randn_like(images)


def share_of_the_variance(images, noise_level):
    """You take a share of the variance of the image's values. Take a share of their range, largest − smallest."""
    return noise_level * images.var((1, 2, 3), keepdim=True)


def divided_by_the_level(images, noise_level):
    """You divide by the level. Multiply by it: σ is a share of the range."""
    return noise_std(images, 1) / noise_level


def largest_size_alone(images, noise_level):
    """You take the largest size for the range. The range is the largest value minus the smallest."""
    return noise_level * images.abs().amax((1, 2, 3), keepdim=True)


def images_for_channels(images, noise_level):
    """Your numbers are right, but they stand where the channels are, (1, N, 1, 1). The images come first: (N, 1, 1, 1)."""
    return noise_std(images, noise_level).reshape(1, -1, 1, 1)


def range_of_each_row(images, noise_level):
    """You take the range of each row. Take one range for the whole image: reduce over dimensions 1, 2 and 3."""
    return noise_level * (images.amax(-1, keepdim=True) - images.amin(-1, keepdim=True))


def mean_minus_smallest(images, noise_level):
    """You subtract the smallest value from the mean. The range is the largest value minus the smallest."""
    return noise_level * (images.mean((1, 2, 3), keepdim=True) - images.amin((1, 2, 3), keepdim=True))


ONE_DIMENSION = {
    **TORCHS_WORDS,
    "must be int, not tuple": "`max` and `min` take one dimension. `amax` and `amin` take several: `images.amax(dim=(1, 2, 3), keepdim=True)`.",
    "invalid combination of arguments": "`max` and `min` take one dimension. `amax` and `amin` take several: `images.amax(dim=(1, 2, 3), keepdim=True)`.",
    "torch.return_types": "With a dimension, `max` gives a pair: the values and where they are. `amax` and `amin` give the values alone.",
}


# smoothgrad -----------------------------------------------------------------------------------------------------------


def squares(model, images, target):
    """A map that is easy to foretell: x², whatever the model."""
    return images.detach() ** 2


def squares_in_one_channel(model, images, target):
    """A map of one channel: Σ x² over the colours."""
    return images.detach().square().sum(1, keepdim=True)


def normal(n, channels, size, seed):
    return torch.randn(n, channels, size, size, generator=torch.Generator().manual_seed(seed))


def noise_cases():
    spread = random_images(2, seed=5) * torch.tensor([1.0, 3.0]).reshape(2, 1, 1, 1) - 0.2
    return [
        Case(
            "one 2×2 image, the method M(x) = x², three draws of noise, level 0.1",
            (squares, linear_network(), two_by_two(), 1, normal(3, 1, 2, seed=1), 0.1),
        ),
        Case(
            "one 6×6 colour image, a method whose map has one channel, Σ x² over the colours, four draws, level 0.2",
            (squares_in_one_channel, small_network(), random_images(1, seed=6), 0, normal(4, 3, 6, seed=4), 0.2),
        ),
        Case(
            "one 6×6 colour image, the gradient of a small network, five draws, level 0.15",
            (vanilla_gradient, small_network(), random_images(1, seed=4), 2, normal(5, 3, 6, seed=2), 0.15),
        ),
        Case(
            "two images of different range with a target each, the gradient of a small network, four draws, level 0.3",
            (vanilla_gradient, small_network(), spread, torch.tensor([0, 1]), normal(4, 3, 6, seed=3), 0.3),
        ),
    ]


def map_without_noise(method, model, images, target, noise, noise_level=0.15):
    """Your map is that of the image without noise. Add `noise_std(…) * draw` to the images before you call the method."""
    return method(model, images, target)


def sum_of_maps(method, model, images, target, noise, noise_level=0.15):
    """You add the maps up. Take their mean: divide by the number of noisy copies, `len(noise)`."""
    return len(noise) * smoothgrad(method, model, images, target, noise, noise_level)


def map_of_the_mean(method, model, images, target, noise, noise_level=0.15):
    """You average the noisy images and explain their mean, in which the noise has cancelled. Explain each copy and average the maps."""
    return method(model, images + noise_std(images, noise_level) * noise.mean(0), target)


def mean_of_sizes(method, model, images, target, noise, noise_level=0.15):
    """You average the maps without their signs. Keep the signs, so that what flips from copy to copy can cancel."""
    return noisy_maps(method, model, images, target, noise, noise_level).abs().mean(0)


def mean_of_squares(method, model, images, target, noise, noise_level=0.15):
    """You average the squares of the maps. Average the maps themselves."""
    return noisy_maps(method, model, images, target, noise, noise_level).square().mean(0)


def noise_not_scaled(method, model, images, target, noise, noise_level=0.15):
    """You add the noise as it comes, with a standard deviation of 1. Multiply it by `noise_std(images, noise_level)` first."""
    return torch.stack([method(model, images + one, target) for one in noise]).mean(0)


def level_as_std(method, model, images, target, noise, noise_level=0.15):
    """You multiply the noise by the level. The level is a share of each image's range: multiply by `noise_std(images, noise_level)`."""
    return torch.stack([method(model, images + noise_level * one, target) for one in noise]).mean(0)


def noise_piles_up(method, model, images, target, noise, noise_level=0.15):
    """You add each draw on top of the last, so that the noise piles up. Start every copy from the plain images."""
    sigma, copy, maps = noise_std(images, noise_level), images, []
    for one in noise:
        copy = copy + sigma * one
        maps.append(method(model, copy, target))
    return torch.stack(maps).mean(0)


def clipped_copies(method, model, images, target, noise, noise_level=0.15):
    """You clip the noisy images to 0 … 1. Leave them as they are: clipping bends the noise where the image is bright or dark."""
    sigma = noise_std(images, noise_level)
    return torch.stack([method(model, (images + sigma * one).clamp(0, 1), target) for one in noise]).mean(0)


def first_draw_alone(method, model, images, target, noise, noise_level=0.15):
    """Only the first draw of noise comes into your result. Go through all draws: is your `return` inside the loop, or does it always take `noise[0]`?"""
    return smoothgrad(method, model, images, target, noise[:1], noise_level)


def first_draw_divided(method, model, images, target, noise, noise_level=0.15):
    """That is the map of the first noisy copy, divided by the number of copies. Is your `return` inside the loop? It belongs behind it."""
    return smoothgrad(method, model, images, target, noise[:1], noise_level) / len(noise)


def last_draw_alone(method, model, images, target, noise, noise_level=0.15):
    """That is the map of the last noisy copy alone. Add up the maps of all copies and divide by their number."""
    return smoothgrad(method, model, images, target, noise[-1:], noise_level)


def last_draw_divided(method, model, images, target, noise, noise_level=0.15):
    """That is the map of the last noisy copy, divided by the number of copies. Add up all maps before you divide: `total = total + …`."""
    return last_draw_alone(method, model, images, target, noise, noise_level) / len(noise)


def a_draw_for_each_image(method, model, images, target, noise, noise_level=0.15):
    """You pair the images with the draws, one draw for each image. Every image gets every draw: go through `noise` and add each draw to all the images."""
    one_each = noise[: len(images)]
    return method(model, images + noise_std(images, noise_level) * one_each, target)


def shaped_like_the_images(method, model, images, target, noise, noise_level=0.15):
    """Your result has the shape of the images, and the method's maps need not have it: here they have one channel. Start from `total = 0`, or collect the maps in a list, and the maps give the shape."""
    return torch.zeros_like(images) + smoothgrad(method, model, images, target, noise, noise_level)


def level_of_the_default(method, model, images, target, noise, noise_level=0.15):
    """You take 15 % noise, whatever level is asked for. Hand it on: `noise_std(images, noise_level)`."""
    return smoothgrad(method, model, images, target, noise)


def sigma_of_the_first(method, model, images, target, noise, noise_level=0.15):
    """You scale the noise by the σ of the first image for every image. Each has its own: multiply by all of σ, (N, 1, 1, 1)."""
    sigma = noise_std(images, noise_level)[:1]
    return torch.stack([method(model, images + sigma * one, target) for one in noise]).mean(0)


def fresh_noise(method, model, images, target, noise, noise_level=0.15):
    """You draw noise of your own. Use the draws that are given, `noise`, so that a result can be repeated."""
    sigma = noise_std(images, noise_level)
    return torch.stack([method(model, images + sigma * torch.randn_like(images), target) for _ in noise]).mean(0)


def joined_maps(method, model, images, target, noise, noise_level=0.15):
    """The dimension of the images is gone from your result. The mean runs over the copies alone: take the draws one at a time and `torch.stack` the maps; `torch.cat` would join copies and images in one dimension."""
    return noisy_maps(method, model, images, target, noise, noise_level).flatten(0, 1).mean(0)


def joined_maps_kept(method, model, images, target, noise, noise_level=0.15):
    """Your mean runs over the copies and the images together, which shows where there are several images. Keep them apart: `torch.stack` in place of `torch.cat`."""
    return noisy_maps(method, model, images, target, noise, noise_level).flatten(0, 1).mean(0, keepdim=True)


def in_copies(method, model, images, target, noise, noise_level, copy, combine=lambda maps: maps.mean(0)):
    """The maps of copies made otherwise, copy(images, σ, one draw), and what is made of them."""
    sigma = noise_std(images, noise_level)
    return combine(torch.stack([method(model, copy(images, sigma, one), target).detach() for one in noise]))


def divided_by_the_images(method, model, images, target, noise, noise_level=0.15):
    """You divide by the number of images. Divide by the number of noisy copies, `len(noise)`."""
    return smoothgrad(method, model, images, target, noise, noise_level) * len(noise) / len(images)


def divided_by_one_less(method, model, images, target, noise, noise_level=0.15):
    """You divide by n − 1. That belongs to a variance: a mean divides by n, `len(noise)`."""
    return smoothgrad(method, model, images, target, noise, noise_level) * len(noise) / (len(noise) - 1)


def divided_by_the_root(method, model, images, target, noise, noise_level=0.15):
    """You divide by √n. A mean divides by n, `len(noise)`."""
    return smoothgrad(method, model, images, target, noise, noise_level) * len(noise) ** 0.5


def divided_in_the_loop(method, model, images, target, noise, noise_level=0.15):
    """You divide inside the loop, so that the first maps are divided again and again. Divide once, behind the loop."""
    total = 0
    for one in noise:
        total = (total + smoothgrad(method, model, images, target, one[None], noise_level)) / len(noise)
    return total


def with_the_plain_map(method, model, images, target, noise, noise_level=0.15):
    """You count in the map of the image without noise. Average the n maps of the noisy copies alone."""
    total = len(noise) * smoothgrad(method, model, images, target, noise, noise_level) + method(model, images, target)
    return total / (len(noise) + 1)


def begun_with_the_plain_map(method, model, images, target, noise, noise_level=0.15):
    """Your sum begins with the map of the image without noise. Begin with 0: `total = 0`."""
    return smoothgrad(method, model, images, target, noise, noise_level) + method(model, images, target) / len(noise)


def without_the_plain_map(method, model, images, target, noise, noise_level=0.15):
    """You subtract the map of the image without noise. Average the maps of the noisy copies as they are."""
    return smoothgrad(method, model, images, target, noise, noise_level) - method(model, images, target)


def vanilla_whatever_is_asked(method, model, images, target, noise, noise_level=0.15):
    """You take the vanilla gradient, whatever method is asked for. Call `method`, the first argument."""
    return smoothgrad(vanilla_gradient, model, images, target, noise, noise_level)


def noise_subtracted(method, model, images, target, noise, noise_level=0.15):
    """You subtract the noise. Add it: the copies are x + σ ε."""
    return smoothgrad(method, model, images, target, -noise, noise_level)


def variance_as_std(method, model, images, target, noise, noise_level=0.15):
    """You square σ. `noise_std` gives the standard deviation already: multiply the noise by it."""
    return in_copies(method, model, images, target, noise, noise_level, lambda x, s, one: x + s**2 * one)


def root_as_std(method, model, images, target, noise, noise_level=0.15):
    """You take the root of σ. `noise_std` gives the standard deviation already: multiply the noise by it."""
    return in_copies(method, model, images, target, noise, noise_level, lambda x, s, one: x + s.sqrt() * one)


def level_twice(method, model, images, target, noise, noise_level=0.15):
    """You multiply by the level twice. It is in `noise_std(images, noise_level)` already."""
    return in_copies(method, model, images, target, noise, noise_level, lambda x, s, one: x + noise_level * s * one)


def noise_as_a_factor(method, model, images, target, noise, noise_level=0.15):
    """You multiply the images by the noise. Add it: the copies are x + σ ε."""
    return in_copies(method, model, images, target, noise, noise_level, lambda x, s, one: x * (1 + s * one))


def noise_alone(method, model, images, target, noise, noise_level=0.15):
    """You explain the noise without the image. Add the images: the copies are x + σ ε."""
    return in_copies(method, model, images, target, noise, noise_level, lambda x, s, one: s * one + 0 * x)


def noise_on_the_map(method, model, images, target, noise, noise_level=0.15):
    """You add the noise to the map. Add it to the images, before the method is called."""
    sigma = noise_std(images, noise_level)
    return torch.stack([method(model, images, target) + sigma * one for one in noise]).mean(0)


def share_of_the_spread(method, model, images, target, noise, noise_level=0.15):
    """Your σ is a share of the standard deviation of the images' values. Take that of `noise_std(images, noise_level)`, a share of each image's range."""
    return in_copies(
        method, model, images, target, noise, noise_level, lambda x, s, one: x + noise_level * x.std() * one
    )


def sigma_of_the_batch(method, model, images, target, noise, noise_level=0.15):
    """Your σ comes from the range of the whole batch. Each image has its own: `noise_std(images, noise_level)`."""
    return in_copies(
        method, model, images, target, noise, noise_level, lambda x, s, one: x + noise_level * (x.max() - x.min()) * one
    )


def without_the_last_draw(method, model, images, target, noise, noise_level=0.15):
    """The last draw of noise is missing in your sum. `for one in noise:` goes through all of them."""
    return smoothgrad(method, model, images, target, noise[:-1], noise_level) * (len(noise) - 1) / len(noise)


def without_the_first_draw(method, model, images, target, noise, noise_level=0.15):
    """The first draw of noise is missing in your sum. Draws are counted from 0: `for one in noise:` goes through all of them."""
    return smoothgrad(method, model, images, target, noise[1:], noise_level) * (len(noise) - 1) / len(noise)


def all_the_maps(method, model, images, target, noise, noise_level=0.15):
    """You return the maps of all copies. Average over them, dimension 0: `.mean(dim=0)`."""
    return noisy_maps(method, model, images, target, noise, noise_level)


def mean_over_the_images(method, model, images, target, noise, noise_level=0.15):
    """Your mean runs over dimension 1, the images. The copies are dimension 0: `.mean(dim=0)`."""
    return noisy_maps(method, model, images, target, noise, noise_level).mean(1)


def median_map(method, model, images, target, noise, noise_level=0.15):
    """You take the median of the maps. SmoothGrad is their mean."""
    return noisy_maps(method, model, images, target, noise, noise_level).median(0).values


def largest_map(method, model, images, target, noise, noise_level=0.15):
    """You take the largest value of the maps. SmoothGrad is their mean."""
    return noisy_maps(method, model, images, target, noise, noise_level).amax(0)


def size_of_the_mean(method, model, images, target, noise, noise_level=0.15):
    """You take the absolute value of the mean. Keep the sign: the maps have one."""
    return smoothgrad(method, model, images, target, noise, noise_level).abs()


def negative_mean_cut(method, model, images, target, noise, noise_level=0.15):
    """You set the negative values of the mean to zero. Keep them: the maps are signed."""
    return smoothgrad(method, model, images, target, noise, noise_level).relu()


def mean_squared(method, model, images, target, noise, noise_level=0.15):
    """You square the mean. Return it as it is, with its sign."""
    return smoothgrad(method, model, images, target, noise, noise_level).square()


def divided_by_all_the_noise(method, model, images, target, noise, noise_level=0.15):
    """You divide by the number of all values of the noise. Divide by the number of draws, `len(noise)`."""
    return smoothgrad(method, model, images, target, noise, noise_level) * len(noise) / noise.numel()


def divided_by_the_channels(method, model, images, target, noise, noise_level=0.15):
    """You divide by the number of channels. Divide by the number of draws, `len(noise)`: dimension 0 of the noise counts them."""
    return smoothgrad(method, model, images, target, noise, noise_level) * len(noise) / noise.shape[1]


def draws_brought_to_one(method, model, images, target, noise, noise_level=0.15):
    """You divide each draw by its own standard deviation. The draws are from N(0, 1) already: take them as they are."""
    return in_copies(method, model, images, target, noise, noise_level, lambda x, s, one: x + s * one / one.std())


def smoothed_and_scaled(method, model, images, target, noise, noise_level=0.15):
    """You divide by the largest value. Return the mean as it is, in the units of the method's maps."""
    mean = smoothgrad(method, model, images, target, noise, noise_level)
    return mean / mean.abs().amax((1, 2, 3), keepdim=True)


def map_clipped(method, model, images, target, noise, noise_level=0.15):
    """You clip the mean map to 0 … 1. Leave it as it is: the values of a map have no limits."""
    return smoothgrad(method, model, images, target, noise, noise_level).clamp(0, 1)


def half_the_noise(method, model, images, target, noise, noise_level=0.15):
    """You add half of the noise. Multiply each draw by σ, and add all of it."""
    return smoothgrad(method, model, images, target, noise / 2, noise_level)


def both_signs_of_the_noise(method, model, images, target, noise, noise_level=0.15):
    """You take each draw with both signs. Take the n draws as they are: n copies in all."""
    return (
        smoothgrad(method, model, images, target, noise, noise_level)
        + smoothgrad(method, model, images, target, -noise, noise_level)
    ) / 2


def clipped_to_the_range(method, model, images, target, noise, noise_level=0.15):
    """You clip the noisy images to the range of the images. Leave them as they are: clipping bends the noise where the image is bright or dark."""
    return in_copies(
        method, model, images, target, noise, noise_level, lambda x, s, one: (x + s * one).clamp(x.min(), x.max())
    )


def noise_piles_up_anew(method, model, images, target, noise, noise_level=0.15):
    """You add each draw on top of the last, and take σ from the noisy image. Start every copy from the plain images, with their σ."""
    copy, maps = images, []
    for one in noise:
        copy = copy + noise_std(copy, noise_level) * one
        maps.append(method(model, copy, target).detach())
    return torch.stack(maps).mean(0)


def draws_centred(method, model, images, target, noise, noise_level=0.15):
    """You subtract the mean of each draw. Take the draws as they are given."""
    return in_copies(method, model, images, target, noise, noise_level, lambda x, s, one: x + s * (one - one.mean()))


def maps_times_copies(method, model, images, target, noise, noise_level=0.15):
    """You multiply the maps by the noisy images. Average the maps as the method gives them."""
    sigma = noise_std(images, noise_level)
    return torch.stack(
        [method(model, images + sigma * one, target).detach() * (images + sigma * one) for one in noise]
    ).mean(0)


def range_for_std(method, model, images, target, noise, noise_level=0.15):
    """You multiply the noise by the whole range, without the level. Multiply it by `noise_std(images, noise_level)`."""
    return smoothgrad(method, model, images, target, noise, 1.0)


def divided_twice(method, model, images, target, noise, noise_level=0.15):
    """You divide by n twice. Once is enough: a mean has done it already."""
    return smoothgrad(method, model, images, target, noise, noise_level) / len(noise)


def sizes_of_the_noise(method, model, images, target, noise, noise_level=0.15):
    """You add the size of the noise, so that the images get brighter on the whole. Add the noise with its sign."""
    return smoothgrad(method, model, images, target, noise.abs(), noise_level)


def mean_of_the_copies(method, model, images, target, noise, noise_level=0.15):
    """You average the noisy images. Call the method on each of them, and average its maps."""
    return (images + noise_std(images, noise_level) * noise[:, None]).mean(0)


def mean_over_the_columns(method, model, images, target, noise, noise_level=0.15):
    """Your mean runs over the columns, the last dimension. The copies are dimension 0: `.mean(dim=0)`."""
    return noisy_maps(method, model, images, target, noise, noise_level).mean(-1)


def mean_without_the_last_draw(method, model, images, target, noise, noise_level=0.15):
    """You average all draws of noise but the last. `for one in noise:` goes through all of them; divide by `len(noise)`."""
    return smoothgrad(method, model, images, target, noise[:-1], noise_level)


def mean_without_the_first_draw(method, model, images, target, noise, noise_level=0.15):
    """You average all draws of noise but the first. Draws are counted from 0: `for one in noise:` goes through all of them."""
    return smoothgrad(method, model, images, target, noise[1:], noise_level)


def one_mean_of_everything(method, model, images, target, noise, noise_level=0.15):
    """You take one mean of all values of all maps. Take it over the copies alone: `torch.stack` the maps, then `.mean(dim=0)`."""
    return noisy_maps(method, model, images, target, noise, noise_level).mean()


# vargrad --------------------------------------------------------------------------------------------------------------


def mean_instead(method, model, images, target, noise, noise_level=0.15):
    """That is SmoothGrad, the mean of the maps. VarGrad is their variance."""
    return smoothgrad(method, model, images, target, noise, noise_level)


def standard_deviation(method, model, images, target, noise, noise_level=0.15):
    """That is the standard deviation. Return the variance, its square."""
    return noisy_maps(method, model, images, target, noise, noise_level).std(0)


def divided_by_n(method, model, images, target, noise, noise_level=0.15):
    """You divide by n. Divide by n − 1, as `Tensor.var` does by default: the mean was taken from the same n maps."""
    return noisy_maps(method, model, images, target, noise, noise_level).var(0, correction=0)


def not_divided(method, model, images, target, noise, noise_level=0.15):
    """That is the sum of the squared deviations. Divide it by n − 1."""
    return (len(noise) - 1) * vargrad(method, model, images, target, noise, noise_level)


def about_zero(method, model, images, target, noise, noise_level=0.15):
    """That is the mean of the squares. Subtract the mean of the maps before you square: the spread about the mean is asked for."""
    return noisy_maps(method, model, images, target, noise, noise_level).square().mean(0)


def squares_over_n_minus_1(method, model, images, target, noise, noise_level=0.15):
    """You square the maps as they are. Subtract their mean before you square: the spread about the mean is asked for."""
    return noisy_maps(method, model, images, target, noise, noise_level).square().sum(0) / (len(noise) - 1)


def sum_of_squares(method, model, images, target, noise, noise_level=0.15):
    """You add up the squares of the maps. Subtract their mean before you square, and divide the sum by n − 1."""
    return noisy_maps(method, model, images, target, noise, noise_level).square().sum(0)


def spread_of_sizes(method, model, images, target, noise, noise_level=0.15):
    """You take the variance of the sizes. Keep the signs: a value that flips between −1 and 1 varies a great deal."""
    return noisy_maps(method, model, images, target, noise, noise_level).abs().var(0)


def about_the_plain_map(method, model, images, target, noise, noise_level=0.15):
    """You measure the spread about the map of the image without noise. Measure it about the mean of the noisy maps."""
    deviations = noisy_maps(method, model, images, target, noise, noise_level) - method(model, images, target)
    return deviations.square().sum(0) / (len(noise) - 1)


def spread_over_pixels(method, model, images, target, noise, noise_level=0.15):
    """You take the variance over the values of each map. Take it over the copies, value by value: the result has the shape of one map."""
    return noisy_maps(method, model, images, target, noise, noise_level).var((2, 3, 4)).mean(0)


def no_spread(method, model, images, target, noise, noise_level=0.15):
    """Your variance is zero everywhere, so all your maps are the same. Does the method get the noisy copy, `images + sigma * draw`?"""
    return torch.zeros_like(method(model, images, target))


def spread_shaped_like_the_images(method, model, images, target, noise, noise_level=0.15):
    """Your result has the shape of the images, and the method's maps need not have it: here they have one channel. Collect the maps in a list and `torch.stack` it, and the maps give the shape."""
    return torch.zeros_like(images) + vargrad(method, model, images, target, noise, noise_level)


def spread_at_the_default(method, model, images, target, noise, noise_level=0.15):
    """You take 15 % noise, whatever level is asked for. Hand it on: `noise_std(images, noise_level)`."""
    return vargrad(method, model, images, target, noise)


def spread_of_clipped_copies(method, model, images, target, noise, noise_level=0.15):
    """You clip the noisy images to 0 … 1. Leave them as they are: clipping bends the noise where the image is bright or dark."""
    sigma = noise_std(images, noise_level)
    return torch.stack([method(model, (images + sigma * one).clamp(0, 1), target) for one in noise]).var(0)


def spread_without_scale(method, model, images, target, noise, noise_level=0.15):
    """You add the noise as it comes, with a standard deviation of 1. Multiply it by `noise_std(images, noise_level)` first."""
    return torch.stack([method(model, images + one, target) for one in noise]).var(0)


def spread_with_level_as_std(method, model, images, target, noise, noise_level=0.15):
    """You multiply the noise by the level. The level is a share of each image's range: multiply by `noise_std(images, noise_level)`."""
    return torch.stack([method(model, images + noise_level * one, target) for one in noise]).var(0)


def spread_with_sigma_of_the_first(method, model, images, target, noise, noise_level=0.15):
    """You scale the noise by the σ of the first image for every image. Each has its own: multiply by all of σ, (N, 1, 1, 1)."""
    sigma = noise_std(images, noise_level)[:1]
    return torch.stack([method(model, images + sigma * one, target) for one in noise]).var(0)


def joined_spread(method, model, images, target, noise, noise_level=0.15):
    """The dimension of the images is gone from your result. The variance runs over the copies alone: take the draws one at a time and `torch.stack` the maps; `torch.cat` would join copies and images in one dimension."""
    return noisy_maps(method, model, images, target, noise, noise_level).flatten(0, 1).var(0)


def joined_spread_kept(method, model, images, target, noise, noise_level=0.15):
    """Your variance runs over the copies and the images together, which shows where there are several images. Keep them apart: `torch.stack` in place of `torch.cat`."""
    return noisy_maps(method, model, images, target, noise, noise_level).flatten(0, 1).var(0, keepdim=True)


def vanillas_spread(method, model, images, target, noise, noise_level=0.15):
    """You take the vanilla gradient, whatever method is asked for. Call `method`, the first argument."""
    return vargrad(vanilla_gradient, model, images, target, noise, noise_level)


def spread_of_the_copies(method, model, images, target, noise, noise_level=0.15):
    """That is the variance of the noisy images. Call the method on each of them, and take the variance of its maps."""
    return (images + noise_std(images, noise_level) * noise[:, None]).var(0)


def map_of_the_spread(method, model, images, target, noise, noise_level=0.15):
    """You explain the variance of the noisy images. Explain each of them, and take the variance of the maps."""
    return method(model, (images + noise_std(images, noise_level) * noise[:, None]).var(0), target)


def mean_deviation(method, model, images, target, noise, noise_level=0.15):
    """You add up the sizes of the deviations. A variance adds up their squares."""
    maps = noisy_maps(method, model, images, target, noise, noise_level)
    return (maps - maps.mean(0)).abs().sum(0) / (len(maps) - 1)


def deviations_that_cancel(method, model, images, target, noise, noise_level=0.15):
    """Your deviations cancel, so that nothing but rounding is left. Square each of them before you add them up."""
    maps = noisy_maps(method, model, images, target, noise, noise_level)
    return (maps - maps.mean(0)).sum(0) / (len(maps) - 1)


def about_one_mean(method, model, images, target, noise, noise_level=0.15):
    """You measure the spread about one mean of all the values. Each value has its own mean over the copies: `.mean(dim=0)`."""
    maps = noisy_maps(method, model, images, target, noise, noise_level)
    return (maps - maps.mean()).square().sum(0) / (len(maps) - 1)


def about_the_plain_map_by_n(method, model, images, target, noise, noise_level=0.15):
    """You measure the spread about the map of the image without noise, and divide by n. Measure it about the mean of the noisy maps, and divide by n − 1."""
    return about_the_plain_map(method, model, images, target, noise, noise_level) * (len(noise) - 1) / len(noise)


def about_the_running_mean(method, model, images, target, noise, noise_level=0.15):
    """You subtract the mean of the maps so far. Subtract that of all the maps: keep them in a list, and begin when you have them all."""
    total, squares = 0, 0
    for k, one in enumerate(noise):
        new = noisy_maps(method, model, images, target, one[None], noise_level)[0]
        total = total + new
        squares = squares + (new - total / (k + 1)) ** 2
    return squares / (len(noise) - 1)


def about_the_default_mean(method, model, images, target, noise, noise_level=0.15):
    """The mean you subtract has 15 % noise, whatever level is asked for. Subtract the mean of the very maps you collect, or hand `noise_level` on to `smoothgrad`."""
    maps = noisy_maps(method, model, images, target, noise, noise_level)
    return (maps - smoothgrad(method, model, images, target, noise)).square().sum(0) / (len(maps) - 1)


def spread_of_the_mean(method, model, images, target, noise, noise_level=0.15):
    """You divide the variance by n once more. That is the error of the mean; asked for is the variance of single maps."""
    return vargrad(method, model, images, target, noise, noise_level) / len(noise)


def variance_by_n_plus_1(method, model, images, target, noise, noise_level=0.15):
    """You divide by n + 1. Divide by n − 1, as `Tensor.var` does by default."""
    return vargrad(method, model, images, target, noise, noise_level) * (len(noise) - 1) / (len(noise) + 1)


def spread_along(maps, dimension):
    """The variance over a dimension; NaN, without a warning, where that has one entry."""
    deviations = maps - maps.mean(dimension, keepdim=True)
    return deviations.square().sum(dimension) / (maps.shape[dimension] - 1)


def all_maps_kept(method, model, images, target, noise, noise_level=0.15):
    """You return the maps of all copies. Take their variance, over dimension 0: `.var(dim=0)`."""
    return noisy_maps(method, model, images, target, noise, noise_level)


def spread_over_the_images(method, model, images, target, noise, noise_level=0.15):
    """Your variance runs over dimension 1, the images. The copies are dimension 0: `.var(dim=0)`."""
    return spread_along(noisy_maps(method, model, images, target, noise, noise_level), 1)


def spread_of_smoothgrad(method, model, images, target, noise, noise_level=0.15):
    """You take the variance of what smoothgrad gives, the mean map; its dimension 0 counts the images. Collect the maps of the copies in a list, `torch.stack` it, and take `.var(dim=0)`."""
    return spread_along(smoothgrad(method, model, images, target, noise, noise_level), 0)


def copies_kept(method, model, images, target, noise, noise_level=0.15):
    """Your values are right, with a dimension of size 1 too many: leave out the `keepdim` in `.var(dim=0)`."""
    return vargrad(method, model, images, target, noise, noise_level)[None]


def spread_of_summed_colours(method, model, images, target, noise, noise_level=0.15):
    """You add up the channels of each map first. Take the variance value by value: the result has the shape of one map, (N, C, h, w)."""
    return noisy_maps(method, model, images, target, noise, noise_level).sum(2).var(0)


def sum_of_the_spreads(method, model, images, target, noise, noise_level=0.15):
    """You add up the channels. Keep them: the result has the shape of one map, (N, C, h, w)."""
    return vargrad(method, model, images, target, noise, noise_level).sum(1, keepdim=True)


def spread_of_fresh_noise(method, model, images, target, noise, noise_level=0.15):
    """You draw noise of your own. Use the draws that are given, `noise`, so that a result can be repeated."""
    return in_copies(
        method,
        model,
        images,
        target,
        noise,
        noise_level,
        lambda x, s, one: x + s * torch.randn_like(x),
        lambda maps: maps.var(0),
    )


def spread_of_piled_noise(method, model, images, target, noise, noise_level=0.15):
    """You add each draw on top of the last, so that the noise piles up. Start every copy from the plain images."""
    return vargrad(method, model, images, target, noise.cumsum(0), noise_level)


def spread_without_the_first(method, model, images, target, noise, noise_level=0.15):
    """The first draw of noise is missing. Draws are counted from 0: `for one in noise:` goes through all of them."""
    return vargrad(method, model, images, target, noise[1:], noise_level)


def spread_without_the_last(method, model, images, target, noise, noise_level=0.15):
    """The last draw of noise is missing. `for one in noise:` goes through all of them."""
    return vargrad(method, model, images, target, noise[:-1], noise_level)


def spread_of_one_map(method, model, images, target, noise, noise_level=0.15):
    """You take the variance of a single map, and that is NaN, 0 / 0. Collect the maps of all copies first: the variance stands behind the loop."""
    return torch.full_like(method(model, images, target), float("nan"))


def spread_with_squared_sigma(method, model, images, target, noise, noise_level=0.15):
    """You square σ. `noise_std` gives the standard deviation already: multiply the noise by it."""
    return in_copies(
        method, model, images, target, noise, noise_level, lambda x, s, one: x + s**2 * one, lambda maps: maps.var(0)
    )


def spread_with_sigma_of_the_batch(method, model, images, target, noise, noise_level=0.15):
    """Your σ comes from the range of the whole batch. Each image has its own: `noise_std(images, noise_level)`."""
    return in_copies(
        method,
        model,
        images,
        target,
        noise,
        noise_level,
        lambda x, s, one: x + noise_level * (x.max() - x.min()) * one,
        lambda maps: maps.var(0),
    )


def spread_over_the_mean(method, model, images, target, noise, noise_level=0.15):
    """You divide by the size of the mean map. Return the variance as it is."""
    maps = noisy_maps(method, model, images, target, noise, noise_level)
    return maps.var(0) / maps.mean(0).abs()


def spread_of_the_noise_alone(method, model, images, target, noise, noise_level=0.15):
    """You explain the noise without the image. Add the images: the copies are x + σ ε."""
    return in_copies(
        method, model, images, target, noise, noise_level, lambda x, s, one: s * one + 0 * x, lambda maps: maps.var(0)
    )


def range_of_the_maps(method, model, images, target, noise, noise_level=0.15):
    """You take the largest value minus the smallest. VarGrad is the variance: `.var(dim=0)`."""
    maps = noisy_maps(method, model, images, target, noise, noise_level)
    return maps.amax(0) - maps.amin(0)


def square_of_the_error(method, model, images, target, noise, noise_level=0.15):
    """You divide the standard deviation by n before you square it. The variance of single maps is asked for: `.var(dim=0)`."""
    return vargrad(method, model, images, target, noise, noise_level) / len(noise) ** 2


def spread_divided_in_the_loop(method, model, images, target, noise, noise_level=0.15):
    """You divide inside the loop, so that the first deviations are divided again and again. Divide once, behind the loop."""
    maps, total = noisy_maps(method, model, images, target, noise, noise_level), 0
    for deviation in maps - maps.mean(0):
        total = (total + deviation**2) / (len(maps) - 1)
    return total


def spread_of_the_mean_map(method, model, images, target, noise, noise_level=0.15):
    """You square how far the mean map is from its own mean. Take the maps of the copies apart, and how far each is from the mean map: `torch.stack` them, then `.var(dim=0)`."""
    mean = smoothgrad(method, model, images, target, noise, noise_level)
    return (mean - mean.mean()) ** 2


def half_the_noise_spread(method, model, images, target, noise, noise_level=0.15):
    """You add half of the noise. Multiply each draw by σ, and add all of it."""
    return vargrad(method, model, images, target, noise / 2, noise_level)


def mean_of_the_channels_spread(method, model, images, target, noise, noise_level=0.15):
    """You average over the channels. Keep them: the result has the shape of one map, (N, C, h, w)."""
    return vargrad(method, model, images, target, noise, noise_level).mean(1, keepdim=True)


def one_spread_of_everything(method, model, images, target, noise, noise_level=0.15):
    """You take one variance of all values of all maps. Take it over the copies alone: `torch.stack` the maps, then `.var(dim=0)`."""
    return noisy_maps(method, model, images, target, noise, noise_level).var()


# noise_to_signal ------------------------------------------------------------------------------------------------------


def ratio_cases():
    generator = torch.Generator().manual_seed(8)
    return [
        Case(
            "three maps of 1×1×2 values, (1 2), (3 −5) and (5 0)",
            (torch.tensor([[[[1.0, 2.0]]], [[[3.0, -5.0]]], [[[5.0, 0.0]]]]),),
        ),
        Case("five maps of 3×4×4 values", (torch.randn(5, 3, 4, 4, generator=generator) + 0.3,)),
        Case("thirty maps of 1×5×5 values with a large mean", (3 + torch.randn(30, 1, 5, 5, generator=generator),)),
    ]


def as_double(result):
    """One number is one number, with or without dimensions; of several the shape stays, for the check to speak of."""
    if result is None:
        return None
    return result.double().reshape(()) if result.numel() == 1 else result.double()


def of_a_single_map(maps):
    """That is the noise of a single map. The mean of n maps is steadier: divide the variances by n."""
    return noise_to_signal(maps) * len(maps) ** 0.5


def divided_by_n_outside(maps):
    """You divide by n outside the root. The variance of a mean is smaller by n, its standard deviation by √n: divide inside."""
    return noise_to_signal(maps) / len(maps) ** 0.5


def not_summed(maps):
    """One number is asked for: sum over (C, H, W) before the root, above and below."""
    return (maps.var(0) / len(maps)).sqrt() / maps.mean(0).square().sqrt()


def one_sum_missing_below(maps):
    """One number is asked for. Your denominator is still a map: sum its squares before the root, too."""
    return (maps.var(0).sum() / len(maps)).sqrt() / maps.mean(0).square().sqrt()


def one_sum_missing_above(maps):
    """One number is asked for. Your numerator is still a map: sum the variances before the root, too."""
    return (maps.var(0) / len(maps)).sqrt() / maps.mean(0).square().sum().sqrt()


def one_for_each_channel(maps):
    """You sum over rows and columns alone and get a number for each channel. Sum over all of (C, H, W)."""
    return (maps.var(0).sum((1, 2)) / len(maps)).sqrt() / maps.mean(0).square().sum((1, 2)).sqrt()


def divided_by_n_minus_1(maps):
    """You divide the variances by n − 1. `Tensor.var` has done that already; the mean of n maps is steadier by n: divide by n."""
    return noise_to_signal(maps) * (len(maps) / (len(maps) - 1)) ** 0.5


def root_above_alone(maps):
    """The root of the denominator is missing: divide by √Σ m²."""
    return noise_to_signal(maps) / maps.mean(0).square().sum().sqrt()


def root_below_alone(maps):
    """The root of the numerator is missing: the error of the mean is √Σ s²/n."""
    return (maps.var(0).sum() / len(maps)) / maps.mean(0).square().sum().sqrt()


def sum_of_errors(maps):
    """You add up standard deviations. It is variances that add up: sum s² first, then take the root."""
    return (maps.std(0) / len(maps) ** 0.5).sum() / maps.mean(0).square().sum().sqrt()


def sums_of_sizes(maps):
    """You add up sizes, s above and |m| below. Add up squares, s² and m², and take the root of each sum."""
    return (maps.std(0) / len(maps) ** 0.5).sum() / maps.mean(0).abs().sum()


def signal_to_noise(maps):
    """That is the signal divided by the noise. Turn it over: noise / signal."""
    return 1 / noise_to_signal(maps)


def squared(maps):
    """You leave the roots out: that is the square of the ratio."""
    return noise_to_signal(maps) ** 2


def without_bessel(maps):
    """Your variances are divided by n. Divide by n − 1, as `Tensor.var` does by default."""
    return noise_to_signal(maps) * ((len(maps) - 1) / len(maps)) ** 0.5


def mean_of_ratios(maps):
    """You divide value by value and average the ratios; where the mean map is near zero they explode. Sum over the values first, then divide once."""
    return ((maps.var(0) / len(maps)).sqrt() / maps.mean(0).abs()).mean().item()


def size_for_signal(maps):
    """Your signal is the mean size of the single maps, in which noise counts too. Average the maps first, then square and sum."""
    return ((maps.var(0).sum() / len(maps)).sqrt() / maps.square().mean(0).sum().sqrt()).item()


def one_mean_of_all(maps):
    """Your signal is one mean of all the values, where plus and minus cancel. Take the mean map, `maps.mean(dim=0)`, and add up its squares before the root."""
    return ((maps.var(0).sum() / len(maps)).sqrt() / maps.mean()).item()


def one_variance_of_all(maps):
    """You take one variance of all the values. Each value has its own, over the copies: `maps.var(dim=0)`, summed before the root."""
    return ((maps.var() / len(maps)).sqrt() / maps.mean(0).square().sum().sqrt()).item()


def signal_not_squared(maps):
    """The squares are missing below: you take the root of Σ m, where plus and minus cancel. Take that of Σ m²."""
    return ((maps.var(0).sum() / len(maps)).sqrt() / maps.mean(0).sum().sqrt()).item()


def signal_as_a_sum(maps):
    """Below you add up the values of the mean map before you square, so that plus and minus cancel. Square each value first, add up, then take the root: `.square().sum().sqrt()`."""
    return ((maps.var(0).sum() / len(maps)).sqrt() / maps.mean(0).sum()).item()


def deviations_for_variances(maps):
    """Above you add up standard deviations under the root. The variances belong there: `.var(dim=0)` in place of `.std(dim=0)`."""
    return ((maps.std(0).sum() / len(maps)).sqrt() / maps.mean(0).square().sum().sqrt()).item()


def sum_of_ratios(maps):
    """You divide value by value and add up the ratios. Add up over the values first, above and below, then divide once."""
    return ((maps.var(0) / len(maps)).sqrt() / maps.mean(0).square().sqrt()).sum().item()


def mean_above_alone(maps):
    """Above you divide by the number of values in a map, too, by a mean in place of the sum or by counting all the values of all maps. Add up the variances, and divide by the number of copies alone, `len(maps)`."""
    return ((maps.var(0).mean() / len(maps)).sqrt() / maps.mean(0).square().sum().sqrt()).item()


def mean_below_alone(maps):
    """Below you take the mean over the values, above their sum. Take the sum in both places."""
    return ((maps.var(0).sum() / len(maps)).sqrt() / maps.mean(0).square().mean().sqrt()).item()


def channels_for_copies(maps):
    """You take mean and variance over dimension 1, the channels. The copies are dimension 0."""
    return ((spread_along(maps, 1).sum() / maps.shape[1]).sqrt() / maps.mean(1).square().sum().sqrt()).item()


def values_for_copies(maps):
    """You take mean and variance over the values of each map. Take them over the copies, dimension 0: each value has its own."""
    rows = maps.flatten(1)
    return ((rows.var(1).sum() / len(rows)).sqrt() / rows.mean(1).square().sum().sqrt()).item()


def variance_of_each_map(maps):
    """Your variances run over the values of each map. Take them over the copies, `maps.var(dim=0)`: each value has its own."""
    return ((maps.flatten(1).var(1).sum() / len(maps)).sqrt() / maps.mean(0).square().sum().sqrt()).item()


def sum_for_signal(maps):
    """Below you take the sum of the maps. Take their mean, `maps.mean(dim=0)`."""
    return ((maps.var(0).sum() / len(maps)).sqrt() / maps.sum(0).square().sum().sqrt()).item()


def times_n(maps):
    """You multiply by n. Divide by it: the more copies, the less noise is left in their mean."""
    return noise_to_signal(maps) * len(maps)


def largest_for_signal(maps):
    """Your signal is the largest value of the mean map. Take the root of the sum of all its squares."""
    return ((maps.var(0).sum() / len(maps)).sqrt() / maps.mean(0).abs().max()).item()


def first_map_for_signal(maps):
    """Your signal is the first map alone. Take the mean of all the maps, `maps.mean(dim=0)`."""
    return ((maps.var(0).sum() / len(maps)).sqrt() / maps[0].square().sum().sqrt()).item()


def about_the_first_map(maps):
    """You measure the spread about the first map. Measure it about the mean of the maps, as `maps.var(dim=0)` does."""
    return (
        (((maps - maps[0]).square().sum() / (len(maps) - 1)) / len(maps)).sqrt() / maps.mean(0).square().sum().sqrt()
    ).item()


def variances_squared(maps):
    """You square the variances. They are squares already: add them up as they are, `maps.var(dim=0).sum()`."""
    return ((maps.var(0).square().sum() / len(maps)).sqrt() / maps.mean(0).square().sum().sqrt()).item()


def without_roots_and_n(maps):
    """You leave out the roots and n. Divide the sum of the variances by n, and take the root above and below."""
    return (maps.var(0).sum() / maps.mean(0).square().sum()).item()


def in_percent(maps):
    """You give per cent. Give the ratio itself: 1 where as much noise is left as there is signal."""
    return 100 * noise_to_signal(maps)


def noise_for_signal(maps):
    """Below you take the noise again. The signal is the size of the mean map: √Σ m², with m = `maps.mean(dim=0)`."""
    return ((maps.var(0).sum() / len(maps)).sqrt() / maps.var(0).sum().sqrt()).item()


def share_of_both(maps):
    """You divide by noise and signal together. Divide by the signal alone."""
    ratio = noise_to_signal(maps)
    return ratio / (1 + ratio)


def mean_over_channels_below(maps):
    """Below you take the mean over dimension 1, the channels. The mean map is that over the copies: `maps.mean(dim=0)`."""
    return ((maps.var(0).sum() / len(maps)).sqrt() / maps.mean(1).square().sum().sqrt()).item()


def largest_of_each(maps):
    """You divide the largest error by the largest value. Take the root of the sum of all squares, above and below."""
    return ((maps.std(0) / len(maps) ** 0.5).max() / maps.mean(0).abs().max()).item()


def in_logarithms(maps):
    """You take the logarithm. Return the ratio itself."""
    return math.log(noise_to_signal(maps))


def spread_of_the_mean_map_above(maps):
    """Above you take the variance of the mean map over its values. Take the variance of each value over the copies: `maps.var(dim=0)`, summed."""
    return ((maps.mean(0).var() / len(maps)).sqrt() / maps.mean(0).square().sum().sqrt()).item()


def mean_of_signed_ratios(maps):
    """You divide value by value and average the ratios, with the signs of the means. Sum s² / n and m² over the values first, take the two roots, then divide once."""
    return (maps.std(0) / maps.mean(0)).mean().item()


def one_variance_one_mean(maps):
    """You take one variance and one mean of all the values. Each value has its own, over the copies: `maps.var(dim=0)` and `maps.mean(dim=0)`; sum s² / n and m² over the values, then take the roots."""
    return ((maps.var() / len(maps)).sqrt() / maps.mean().abs()).item()


def mean_and_variance_exchanged(maps):
    """Mean and variance are exchanged: the variances belong above, the means below. `torch.var_mean` gives the variance first."""
    return ((maps.mean(0).sum() / len(maps)).sqrt() / maps.var(0).square().sum().sqrt()).item()


def divided_by_the_channels_above(maps):
    """You divide the variances by the number of channels. n is the number of maps, `len(maps)`, dimension 0."""
    return noise_to_signal(maps) * (len(maps) / maps.shape[1]) ** 0.5


WHOLE_TARGET = "`target` may hold one class for each image. Hand it to the method as it is."
STACKED = "A list has no mean or variance over its entries. `torch.stack(maps)` makes one tensor of it, with the copies in dimension 0."
MAPS_CURES = {
    **TORCHS_WORDS,
    "converted to an index": "`for one in noise:` goes through all draws, and `len(noise)` is their number. `target` may hold one class for each image: hand it "
    "to the method as it is.",
    "at non-singleton dimension 0": "Take the draws one at a time, `for one in noise:`. All at once, (n, C, H, W), they do "
    "not fit the N images.",
    "at non-singleton dimension 2": "σ has to meet the images: keep it as `noise_std` gives it, (N, 1, 1, 1).",
    "at non-singleton dimension 3": "σ has to meet the images: keep it as `noise_std` gives it, (N, 1, 1, 1).",
    "must name a class for each image": WHOLE_TARGET,
    "converted to Python scalars": WHOLE_TARGET,
    "converted to Scalar": WHOLE_TARGET,
    "'int' object is not subscriptable": "`target` may be one class for all images, or hold one for each image, not for each draw. Hand it to the method as it is.",
    "object has no attribute 'detach'": "The method is called with the model first: `method(model, images + sigma * draw, target)`.",
    "required positional argument: 'target'": "A method takes three things: `method(model, images + sigma * draw, target)`.",
    "'list' object has no attribute": STACKED,
    "for /: 'list'": STACKED,
    "got (list": STACKED,
    **HANDED_OVER,
    "out of bounds for dimension 0": "There may be any number of draws. `for one in noise:` goes through all of them.",
}

EXERCISES = (
    Exercise(
        noise_std,
        "smoothgrad",
        1,
        std_cases,
        (
            level_alone,
            range_of_the_batch,
            one_range_as_a_number,
            one_range_for_all,
            range_of_each_channel,
            largest_alone,
            brackets_missing,
            share_of_the_std,
            its_variance,
            root_of_it,
            without_dimensions,
            largest_size,
            range_of_the_sizes,
            mean_of_the_channels,
            range_alone,
            level_added,
            smallest_alone,
            sum_of_both_ends,
            range_turned,
            half_the_range,
            first_range_for_all,
            range_of_the_first,
            range_over_the_images,
            range_of_each_column,
            range_of_the_colours,
            spread_over_the_image,
            two_dimensions,
            drawn_at_once,
            share_of_the_variance,
            divided_by_the_level,
            largest_size_alone,
            images_for_channels,
            range_of_each_row,
            mean_minus_smallest,
        ),
        in_float32,
        cures=ONE_DIMENSION,
        recall="Asked for is, for each image, noise_level · (its largest value − its smallest), both taken over its channels, rows and "
        "columns (dimensions 1, 2 and 3), as (N, 1, 1, 1).",
    ),
    Exercise(
        smoothgrad,
        "smoothgrad",
        3,
        noise_cases,
        (
            map_without_noise,
            sum_of_maps,
            map_of_the_mean,
            mean_of_sizes,
            mean_of_squares,
            noise_not_scaled,
            level_as_std,
            noise_piles_up,
            clipped_copies,
            a_draw_for_each_image,
            first_draw_alone,
            first_draw_divided,
            last_draw_alone,
            last_draw_divided,
            shaped_like_the_images,
            level_of_the_default,
            sigma_of_the_first,
            fresh_noise,
            joined_maps,
            joined_maps_kept,
            divided_by_the_images,
            divided_by_one_less,
            divided_by_the_root,
            divided_in_the_loop,
            with_the_plain_map,
            begun_with_the_plain_map,
            without_the_plain_map,
            vanilla_whatever_is_asked,
            noise_subtracted,
            variance_as_std,
            root_as_std,
            level_twice,
            noise_as_a_factor,
            noise_alone,
            noise_on_the_map,
            share_of_the_spread,
            sigma_of_the_batch,
            without_the_last_draw,
            without_the_first_draw,
            all_the_maps,
            mean_over_the_images,
            median_map,
            largest_map,
            size_of_the_mean,
            negative_mean_cut,
            mean_squared,
            divided_by_all_the_noise,
            divided_by_the_channels,
            draws_brought_to_one,
            smoothed_and_scaled,
            map_clipped,
            half_the_noise,
            both_signs_of_the_noise,
            clipped_to_the_range,
            noise_piles_up_anew,
            draws_centred,
            maps_times_copies,
            range_for_std,
            divided_twice,
            sizes_of_the_noise,
            mean_of_the_copies,
            mean_over_the_columns,
            mean_without_the_last_draw,
            mean_without_the_first_draw,
            one_mean_of_everything,
        ),
        in_float32,
        cures=MAPS_CURES,
        recall="Asked for is the mean of n maps, n = `len(noise)`, over the copies alone: for each draw, `method(model, images + sigma * draw, target)` with sigma = "
        "`noise_std(images, noise_level)`. It has the shape of one map and keeps its signs.",
    ),
    Exercise(
        noise_to_signal,
        "smoothgrad",
        2,
        ratio_cases,
        (
            of_a_single_map,
            divided_by_n_outside,
            not_summed,
            one_sum_missing_below,
            one_sum_missing_above,
            one_for_each_channel,
            divided_by_n_minus_1,
            root_above_alone,
            root_below_alone,
            sum_of_errors,
            sums_of_sizes,
            signal_to_noise,
            squared,
            without_bessel,
            mean_of_ratios,
            size_for_signal,
            one_mean_of_all,
            one_variance_of_all,
            signal_not_squared,
            signal_as_a_sum,
            deviations_for_variances,
            sum_of_ratios,
            mean_above_alone,
            mean_below_alone,
            channels_for_copies,
            values_for_copies,
            variance_of_each_map,
            sum_for_signal,
            times_n,
            largest_for_signal,
            first_map_for_signal,
            about_the_first_map,
            variances_squared,
            without_roots_and_n,
            in_percent,
            noise_for_signal,
            share_of_both,
            mean_over_channels_below,
            largest_of_each,
            in_logarithms,
            spread_of_the_mean_map_above,
            mean_of_signed_ratios,
            one_variance_one_mean,
            mean_and_variance_exchanged,
            divided_by_the_channels_above,
        ),
        as_double,
        cures=TORCHS_WORDS,
        recall="Asked for is √(Σ s² / n) / √(Σ m²): s² and m are variance and mean of each value over the maps, dimension 0; both sums run "
        "over all values; n is `len(maps)`.",
    ),
    Exercise(
        vargrad,
        "smoothgrad",
        2,
        noise_cases,
        (
            mean_instead,
            standard_deviation,
            divided_by_n,
            not_divided,
            about_zero,
            squares_over_n_minus_1,
            sum_of_squares,
            spread_of_sizes,
            about_the_plain_map,
            spread_over_pixels,
            no_spread,
            spread_shaped_like_the_images,
            spread_at_the_default,
            spread_of_clipped_copies,
            spread_without_scale,
            spread_with_level_as_std,
            spread_with_sigma_of_the_first,
            joined_spread,
            joined_spread_kept,
            vanillas_spread,
            spread_of_the_copies,
            map_of_the_spread,
            mean_deviation,
            deviations_that_cancel,
            about_one_mean,
            about_the_plain_map_by_n,
            about_the_running_mean,
            about_the_default_mean,
            spread_of_the_mean,
            variance_by_n_plus_1,
            all_maps_kept,
            spread_over_the_images,
            spread_of_smoothgrad,
            copies_kept,
            spread_of_summed_colours,
            sum_of_the_spreads,
            spread_of_fresh_noise,
            spread_of_piled_noise,
            spread_without_the_first,
            spread_without_the_last,
            spread_of_one_map,
            spread_with_squared_sigma,
            spread_with_sigma_of_the_batch,
            spread_over_the_mean,
            spread_of_the_noise_alone,
            range_of_the_maps,
            square_of_the_error,
            spread_divided_in_the_loop,
            spread_of_the_mean_map,
            half_the_noise_spread,
            mean_of_the_channels_spread,
            one_spread_of_everything,
        ),
        in_float32,
        cures=MAPS_CURES,
        recall="Asked for is, value by value, the variance of n maps about their own mean, over n − 1, n = `len(noise)`, as `.var(dim=0)` of their stack: for each draw, "
        "`method(model, images + sigma * draw, target)` with sigma = `noise_std(images, noise_level)`. It has the shape of one map.",
    ),
)
