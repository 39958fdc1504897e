"""Lesson 07: a shift that nobody notices, and how much the maps notice it."""

import copy

import numpy as np
import torch
from torch import nn

from ... import evaluation
from ...evaluation.similarity import interval
from ...methods import gradient_x_input
from ...methods.hygiene import in_eval_mode
from ..exercise import Case, Exercise, Unreadable
from ..surroundings import drawn_by
from .grad_cam import HANDED_OVER, TORCHS_WORDS, in_float32
from .networks import random_images, small_network, two_by_two

# shift_images ---------------------------------------------------------------------------------------------------------


def shift_images(images, shift):
    """x + m: the number `shift` added to every value.

    images (N, C, H, W) → (N, C, H, W), in input units; not clipped.
    """
    return images + shift


def shift_cases():
    return [
        Case("one 2×2 image with values from −1 to 2, shift 0.3", (two_by_two(), 0.3)),
        Case("two 6×6 colour images with values in 0…1, shift 0.4", (random_images(2), 0.4)),
        Case("one 6×6 colour image, shift −0.25", (random_images(1, seed=3), -0.25)),
        Case("three colour images of 4×7, shift −3", (random_images(3, size=4, width=7, seed=4), -3.0)),
        Case("one colour image of 4×7, shift 20", (random_images(1, size=4, width=7, seed=5), 20.0)),
    ]


def clipped(images, shift):
    """You clip the result to 0…1. Then bright values move less than dark ones, and the shift is no longer a constant. Clip only what you draw."""
    return (images + shift).clamp(0, 1)


def clipped_above(images, shift):
    """You cut off what is above 1. Leave it: the shift must be the same for every value. Clip only what you draw."""
    return (images + shift).clamp(max=1)


def one_channel(images, shift):
    """You shift one channel alone. Add the number to all of them."""
    moved = images.clone()
    moved[:, 0] += shift
    return moved


def multiplied(images, shift):
    """You multiply by 1 + shift: bright values move further than dark ones. Add the same number to all."""
    return images * (1 + shift)


def subtracted(images, shift):
    """You subtract the shift. Add it."""
    return images - shift


def share_of_the_range(images, shift):
    """You scale the shift by the range of the image. It is given in input units: add it as it is."""
    return images + shift * (images.amax((1, 2, 3), keepdim=True) - images.amin((1, 2, 3), keepdim=True))


def two_channels(images, shift):
    """You shift two channels. Add the number to all of them: `images + shift`."""
    moved = images.clone()
    moved[:, :2] += shift
    return moved


def positive_values_alone(images, shift):
    """You shift the positive values alone. Add the number to every value."""
    return torch.where(images > 0, images + shift, images)


def size_of_the_shift(images, shift):
    """You add the size of the shift. Keep its sign: a negative shift makes the image darker."""
    return images + abs(shift)


def shifted_twice(images, shift):
    """You add the shift twice. Once is enough."""
    return images + 2 * shift


def shift_alone(images, shift):
    """You return the shift without the image. Add it to the image's values: `images + shift`."""
    return torch.full_like(images, shift)


def shift_as_noise(images, shift):
    """You add noise, another number to each value. Add the same number to all: `images + shift`."""
    return images + shift * torch.randn_like(images)


def share_of_the_mean(images, shift):
    """You multiply the shift by the mean of the images. It is given in input units: add it as it is."""
    return images + shift * images.mean()


def share_of_the_spread(images, shift):
    """You multiply the shift by the standard deviation of the images. It is given in input units: add it as it is."""
    return images + shift * images.std()


def in_steps_of_255(images, shift):
    """You multiply the shift by 255. It is given in the units of the images: add it as it is."""
    return images + 255 * shift


def towards_white(images, shift):
    """You mix the image with white, so that dark values move further than bright ones. Add the same number to all: `images + shift`."""
    return images * (1 - shift) + shift


def wrapped_around(images, shift):
    """You take the remainder, so that values beyond 1 begin again at 0. Leave them beyond 1."""
    return (images + shift) % 1


def stretched_again(images, shift):
    """You stretch the result to 0…1, which takes the shift away again. Add the number, and no more."""
    moved = images + shift
    return (moved - moved.min()) / (moved.max() - moved.min())


def cut_below(images, shift):
    """You cut off what is below 0. Leave it: the shift must be the same for every value. Clip only what you draw."""
    return (images + shift).clamp(min=0)


def first_row(images, shift):
    """You shift one row alone. Add the number to every value: `images + shift`."""
    moved = images.clone()
    moved[:, :, 0] += shift
    return moved


def first_image_alone(images, shift):
    """You return the first image alone. Shift all of them: `images + shift`."""
    return images[:1] + shift


def moved_sideways(images, shift):
    """You move the picture sideways. The shift of this lesson adds a number to the values; every pixel keeps its place."""
    return images.roll(1, dims=3)


def shift_for_a_factor(images, shift):
    """You multiply by the shift. Add it to every value: `images + shift`."""
    return images * shift


def whole_shift(images, shift):
    """You round the shift to a whole number. Add it as it is."""
    return images + int(shift)


def half_the_shift(images, shift):
    """You add half of the shift. Add all of it."""
    return images + shift / 2


def with_the_plain_ones(images, shift):
    """You return the plain images, too. Return the shifted ones alone: `images + shift`."""
    return torch.cat([images, images + shift])


def shift_for_a_floor(images, shift):
    """You lift up what is below the shift. Add it to every value: `images + shift`."""
    return images.clamp(min=shift)


def clipped_widely(images, shift):
    """You clip the result, if far out. Do not clip at all: the shift must be the same for every value."""
    return (images + shift).clamp(-1, 3)


def clipped_to_twice(images, shift):
    """You clip the result to −1…2. Do not clip at all: the shift must be the same for every value."""
    return (images + shift).clamp(-1, 2)


def clipped_to_both_signs(images, shift):
    """You clip the result to −1…1. Do not clip at all: the shift must be the same for every value."""
    return (images + shift).clamp(-1, 1)


def first_image_in_no_batch(images, shift):
    """You return the first image alone, (C, H, W). Shift all of them, without an index: `images + shift`."""
    return images[0] + shift


def shift_over_255(images, shift):
    """You divide the shift by 255. It is given in the units of the images: add it as it is."""
    return images + shift / 255


def rounded_to_bytes(images, shift):
    """You round the values to steps of 1/255. Add the number, and no more: `images + shift`."""
    return ((images + shift) * 255).round() / 255


CHANNEL_BY_CHANNEL = TORCHS_WORDS | {
    "out of bounds for dimension 1": "Images may have any number of channels. `images + shift` adds the number to all of them at once."
}


# unchanged_predictions ------------------------------------------------------------------------------------------------


def predicted(model, images):
    with torch.no_grad(), in_eval_mode(model):
        return model(images).argmax(1)


def unchanged_predictions(model, images, shift):
    """For each image: is the class with the highest score the same before and after the shift?

    images (N, C, H, W) → (N,) of bool
    """
    return predicted(model, images) == predicted(model, shift_images(images, shift))


def dark_channels():
    """Four one-colour images whose class, the brightest channel, a shift does not change, or does once it is weighted."""
    return (
        torch.tensor([[0.9, 0.1, 0.2], [0.2, 0.7, 0.5], [0.4, 0.3, 0.45], [0.1, 0.6, 0.55]])
        .reshape(4, 3, 1, 1)
        .expand(4, 3, 2, 2)
        .clone()
    )


def weighted_channels():
    """S_c = weight_c · the mean of channel c, with the weights 1, 2 and 3: the brighter all are, the more class 2 wins."""
    layer = nn.Conv2d(3, 3, 1, groups=3, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([1.0, 2.0, 3.0]).reshape(3, 1, 1, 1))
    return nn.Sequential(layer, nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval()


def images_of_all_kinds():
    """Eight 6×6 colour images, bright and dark, of high and low contrast: the small network sees three classes in them."""
    return 3 * (random_images(8, seed=3) - 0.5) * torch.linspace(0.3, 1.5, 8).reshape(8, 1, 1, 1)


def prediction_cases():
    return [
        Case(
            "four images of one colour, a network that weights the channels 1, 2, 3, shift 0.3",
            (weighted_channels(), dark_channels(), 0.3),
        ),
        Case(
            "four images of one colour, a network that weights the channels 1, 2, 3, shift −0.6",
            (weighted_channels(), dark_channels(), -0.6),
        ),
        Case(
            "eight colour images, a small network with dropout, shift 0.8",
            (small_network(), images_of_all_kinds(), 0.8),
        ),
        Case(
            "a single image of one colour, a network that weights the channels 1, 2, 3, shift 0.3",
            (weighted_channels(), dark_channels()[:1], 0.3),
        ),
    ]


def always_true(model, images, shift):
    """You say that every prediction stays, and some change. Is one of the two made from the shifted images, and do you compare classes, `argmax(1)`?"""
    return torch.ones(len(images), dtype=torch.bool)


def scores_unchanged(model, images, shift):
    """You ask whether the scores, or the highest of them, are the same. They may change; the class with the highest score must not: `argmax(1)`."""
    with torch.no_grad():
        return torch.isclose(model(images), model(shift_images(images, shift))).all(1)


def the_changed_ones(model, images, shift):
    """That is the opposite: True must say that the prediction stays."""
    return ~unchanged_predictions(model, images, shift)


def clipped_before(model, images, shift):
    """You clip the shifted images before the network sees them. Then it is another shift. Leave them as they are."""
    return predicted(model, images) == predicted(model, (images + shift).clamp(0, 1))


def all_at_once(model, images, shift):
    """You give one answer for the whole batch. Each image has its own: a result of shape (N,)."""
    return unchanged_predictions(model, images, shift).all()


def their_number(model, images, shift):
    """You give the number or the share of images. Give True or False for each: a result of shape (N,)."""
    return unchanged_predictions(model, images, shift).float().mean()


def other_way(model, images, shift):
    """You subtract the shift. Add it to the images: `shift_images(images, shift)`."""
    return unchanged_predictions(model, images, -shift)


def before_and_after(model, images, shift):
    """The scores before and after the shift, (N, classes) each."""
    with torch.no_grad():
        return model(images), model(shift_images(images, shift))


def one_left_out(model, images, shift):
    """For a single image the dimension that counts the images is gone: return (1,) there. Leave out the `squeeze`."""
    return unchanged_predictions(model, images, shift).squeeze()


def class_of_the_batch(model, images, shift):
    """Your `argmax()` has no dimension, and gives one place for the whole batch. `argmax(1)` gives a class for each image."""
    before, after = before_and_after(model, images, shift)
    return before.argmax() == after.argmax()


def image_for_each_class(model, images, shift):
    """`argmax(0)` tells for each class which image has the highest score. `argmax(1)` gives a class for each image."""
    before, after = before_and_after(model, images, shift)
    return before.argmax(0) == after.argmax(0)


def score_by_score(model, images, shift):
    """You compare the scores, one by one. Compare the classes: `argmax(1)` of each, then `==`."""
    before, after = before_and_after(model, images, shift)
    return before == after


def order_unchanged(model, images, shift):
    """You ask whether the order of all classes is the same. It may change behind the first: compare `argmax(1)` alone."""
    before, after = before_and_after(model, images, shift)
    return (before.argsort(1) == after.argsort(1)).all(1)


def lowest_unchanged(model, images, shift):
    """You compare the classes with the lowest score. The prediction is the class with the highest: `argmax(1)`."""
    before, after = before_and_after(model, images, shift)
    return before.argmin(1) == after.argmin(1)


def largest_in_size(model, images, shift):
    """You take the scores without their signs. The prediction is the class with the highest score: `argmax(1)` of the scores as they are."""
    before, after = before_and_after(model, images, shift)
    return before.abs().argmax(1) == after.abs().argmax(1)


def class_of_the_first(model, images, shift):
    """You compare with the first image's class. Compare each image with itself: leave the index out."""
    before, after = before_and_after(model, images, shift)
    return before.argmax(1)[0] == after.argmax(1)


def both_sides(model, images, shift):
    """You compare the image shifted down with the image shifted up. Compare it without the shift and with it."""
    return predicted(model, images - shift) == predicted(model, images + shift)


def twice_as_far(model, images, shift):
    """You shift twice as far. Once is enough: `shift_images(images, shift)`, of the images as they come."""
    return unchanged_predictions(model, images, 2 * shift)


def classes_after(model, images, shift):
    """You return the classes after the shift. Compare them with those before: `before == after`."""
    return predicted(model, shift_images(images, shift))


def classes_before(model, images, shift):
    """You return the classes before the shift. Compare them with those after it: `before == after`."""
    return predicted(model, images)


def classes_subtracted(model, images, shift):
    """You subtract the classes. Compare them: `before == after` is True where they are the same."""
    return predicted(model, images) - predicted(model, shift_images(images, shift))


def images_left(model, images, shift):
    """You return the images whose prediction stays. Return True or False for each: a result of shape (N,)."""
    return images[unchanged_predictions(model, images, shift)]


def places_of_the_unchanged(model, images, shift):
    """You return the numbers of the images whose prediction stays. Return True or False for each: a result of shape (N,)."""
    return unchanged_predictions(model, images, shift).nonzero()


def any_of_them(model, images, shift):
    """You ask whether any prediction stays. Each image has its own answer: a result of shape (N,)."""
    return unchanged_predictions(model, images, shift).any()


def with_dropout_on(model, images, shift):
    """You put the model into training mode, where dropout switches units off at random. Leave it in the mode in which it comes."""
    model.train()
    before, after = before_and_after(model, images, shift)
    return before.argmax(1) == after.argmax(1)


def one_column(model, images, shift):
    """Your answers stand in a column, (N, 1). Leave out the `keepdim`: a result of shape (N,)."""
    return unchanged_predictions(model, images, shift)[:, None]


def probabilities_one_by_one(model, images, shift):
    """You compare the probabilities, one by one. Compare the classes: `argmax(1)` of each, then `==`."""
    before, after = before_and_after(model, images, shift)
    return before.softmax(1) == after.softmax(1)


def each_with_every_other(model, images, shift):
    """You compare every image with every other, (N, N). Compare each with itself: two tensors (N,), then `==`."""
    return predicted(model, images)[:, None] == predicted(model, shift_images(images, shift))


def one_truth_for_all(model, images, shift):
    """You give one answer, True or False, for the whole batch, as `torch.equal` and `is` do. Compare entry by entry, `before == after`: that gives one for each image, (N,)."""
    return torch.equal(predicted(model, images), predicted(model, shift_images(images, shift)))


def never_one_object(model, images, shift):
    """You give one answer, and it is always False: `is` asks whether two names stand for one object. Compare entry by entry, `before == after`: that gives one answer for each image, (N,)."""
    return False


def numbers_of_the_unchanged(model, images, shift):
    """You return which images keep their prediction, by number. Return True or False for each image, (N,): `before == after` itself."""
    return unchanged_predictions(model, images, shift).nonzero()[:, 0]


ENTRY_BY_ENTRY = {
    **TORCHS_WORDS,
    **HANDED_OVER,
    "Boolean value of Tensor": "Do you compare what `max(1)` gives? That is a pair, values and places, and two pairs cannot be compared: take `argmax(1)`. "
    "And return `before == after` as it is, True or False for each image, without `if`.",
}


# map_similarity -------------------------------------------------------------------------------------------------------


def map_similarity(maps, others):
    """Spearman's rank correlation of each map with its other, over all places.

    maps, others (N, C, h, w), the channels added up first; ties share their mean rank → (N,) in [−1, 1].
    A map without any order (the same value everywhere): 1 with another such map, 0 with any other.
    """
    return evaluation.map_similarity(maps, others)


def similarity_cases():
    first = torch.tensor([[[3.0, 1.0], [4.0, 2.0]]])[None]
    second = torch.tensor([[[9.0, 1.0], [2.0, 0.5]]])[None]
    sparse = (random_images(3, channels=1, size=6, seed=2) - 0.6).clamp(min=0).mul(16).round() / 16
    thinner = (
        random_images(3, channels=1, size=6, seed=2) + 0.4 * random_images(3, channels=1, size=6, seed=3) - 0.7
    ).clamp(min=0).mul(16).round() / 16
    one, zeros = sparse[:1], torch.zeros(1, 1, 6, 6)
    slope = torch.arange(6.0).reshape(1, 1, 2, 3)
    cancelling, twofold = torch.cat([slope, -slope], 1), torch.cat([slope, slope.flip(3)], 1)
    return [
        Case("one 2×2 map with the values 3, 1, 4, 2 and another with 9, 1, 2, 0.5", (first, second)),
        Case(
            "three maps of 5×7 and three channels, positive and negative",
            (
                random_images(3, size=5, width=7) - 0.5,
                random_images(3, size=5, width=7) + 0.7 * random_images(3, size=5, width=7, seed=5) - 0.85,
            ),
        ),
        Case("three 6×6 maps in which many places tie, most of them at 0, as in a Grad-CAM", (sparse, thinner)),
        Case(
            "maps of zeros alone, beside another such map, and before and behind a map that is not",
            (torch.cat([zeros, zeros, one, one]), torch.cat([zeros, one, zeros, one])),
        ),
        Case(
            "a map and its negative, a map of 0.5 everywhere beside one of 2 everywhere, and two faint maps, of the order 1e-15",
            (
                torch.cat([second, torch.full_like(second, 0.5), 1e-15 * first]),
                torch.cat([-second, torch.full_like(second, 2.0), 1e-15 * second]),
            ),
        ),
        Case(
            "two maps of two channels that cancel at every place, beside one that does not cancel and beside one of zeros",
            (cancelling.expand(2, 2, 2, 3).clone(), torch.cat([twofold, torch.zeros_like(twofold)])),
        ),
    ]


def rankdata(values, **options):
    from scipy.stats import rankdata  # here: it takes a third as long to import as torch

    return rankdata(values, **options)


def places(maps):
    return maps.detach().double().sum(1).flatten(1).numpy()


def correlation(first, second):
    """Pearson's, row by row; NaN for constant rows."""
    first, second = (torch.as_tensor(np.asarray(each, dtype=float)) for each in (first, second))
    first, second = (each - each.mean(1, keepdim=True) for each in (first, second))
    return ((first * second).sum(1) / (first.norm(dim=1) * second.norm(dim=1))).float()


def guarded(similarity, first, second):
    """With the values that the exercise gives to maps without order."""
    flat = [torch.as_tensor(np.ptp(each, axis=1) == 0) for each in (first, second)]
    return torch.where(flat[0] | flat[1], (flat[0] & flat[1]).float(), similarity)


def without_ranks(maps, others):
    """That is the correlation of the values (Pearson's). Replace the values by their ranks first: the scale of a map must not count."""
    return guarded(correlation(places(maps), places(others)), places(maps), places(others))


def of_sizes(maps, others):
    """You rank the sizes, without the signs. A place that spoke for the class and now speaks against it would count as unchanged: keep the signs."""
    return map_similarity(maps.sum(1, keepdim=True).abs(), others.sum(1, keepdim=True).abs())


def of_sizes_of_channels(maps, others):
    """You add up the sizes of the channels. Add the channels up with their signs."""
    return map_similarity(maps.abs(), others.abs())


def channels_apart(maps, others):
    """You compare every channel's values. Add the channels up first, so that there is one value for each place."""
    n = len(maps)
    return map_similarity(maps.reshape(n, 1, -1, 1), others.reshape(n, 1, -1, 1))


def ties_broken(maps, others):
    """Your ranks set tied places apart: the many zeros of a map get an order by where they stand. Let ties share their mean rank, as `scipy.stats.rankdata` does."""
    ranks = [
        np.argsort(np.argsort(each, axis=1, kind="stable"), axis=1, kind="stable")
        for each in (places(maps), places(others))
    ]
    return correlation(*ranks)


def ties_shuffled(maps, others):
    """Your ranks set tied places apart: the many zeros of a map get some order that they have not. Let ties share their mean rank, as `scipy.stats.rankdata` does."""
    return correlation(*(np.argsort(np.argsort(each, axis=1), axis=1) for each in (places(maps), places(others))))


def places_for_ranks(maps, others):
    """`argsort` once tells which place comes first, second, third. The rank is the reverse: the number that each place has in this order. `scipy.stats.rankdata` gives it."""
    return correlation(*(np.argsort(each, axis=1, kind="stable") for each in (places(maps), places(others))))


def not_centred(maps, others):
    """The mean ranks are missing. Subtract from each row of ranks its mean, before the products and the norms."""
    first, second = (torch.as_tensor(rankdata(each, axis=1)) for each in (places(maps), places(others)))
    return ((first * second).sum(1) / (first.norm(dim=1) * second.norm(dim=1))).float()


def from_differences(maps, others):
    """1 − 6 Σ d² / (n (n² − 1)) holds only where no two places tie. With ties take the correlation of the ranks, as the formula above says."""
    first, second = (torch.as_tensor(rankdata(each, axis=1)) for each in (places(maps), places(others)))
    n = first.shape[1]
    return (1 - 6 * (first - second).square().sum(1) / (n * (n * n - 1))).float()


def sign_of_the_correlation_lost(maps, others):
    """You give the size of the correlation. Keep its sign: −1 is the reverse order, and no likeness."""
    return map_similarity(maps, others).abs()


def faint_is_flat(maps, others):
    """You take a faint map for a flat one. Flat is a map that has the same value everywhere, however small its values are; the scale must not count."""
    flat = [torch.as_tensor(np.ptp(each, axis=1) < 1e-5) for each in (places(maps), places(others))]
    return torch.where(flat[0] | flat[1], (flat[0] & flat[1]).float(), nan_for_flat(maps, others))


def smallest_rank_for_ties(maps, others):
    """Your tied places all get the smallest of their ranks. Let them share the mean, as `scipy.stats.rankdata` does by itself."""
    ranks = [rankdata(each, axis=1, method="min") for each in (places(maps), places(others))]
    return guarded(correlation(*ranks), *ranks)


def dense_ranks(maps, others):
    """You number the different values (`method="dense"`, or `unique`). Ties share their mean rank, and the rank after them goes on behind all of them."""
    ranks = [rankdata(each, axis=1, method="dense") for each in (places(maps), places(others))]
    return guarded(correlation(*ranks), *ranks)


def nan_for_flat(maps, others):
    """For a map that is the same everywhere you divide 0 by 0. Say what holds there: 1 if the other is flat, too, else 0."""
    return correlation(*(rankdata(each, axis=1) for each in (places(maps), places(others))))


def zero_for_flat(maps, others):
    """Two maps without any order are alike: give 1 for them. 0 is for a flat map beside one that is not."""
    return nan_for_flat(maps, others).nan_to_num(0)


def one_for_flat(maps, others):
    """A flat map beside one that is not flat has no order in common with it: give 0 there, and 1 only where both are flat."""
    return nan_for_flat(maps, others).nan_to_num(1)


def over_the_batch(maps, others):
    """You rank over the whole batch. Each pair of maps has its own ranks and its own number: a result of shape (N,)."""
    return map_similarity(maps.sum(1).reshape(1, 1, -1, 1), others.sum(1).reshape(1, 1, -1, 1))


def mean_similarity(maps, others):
    """You give the mean over the batch. Give one number for each pair of maps: a result of shape (N,)."""
    return map_similarity(maps, others).mean()


def largest_rank_for_ties(maps, others):
    """Your tied places all get the largest of their ranks. Let them share the mean, as `scipy.stats.rankdata` does by itself."""
    ranks = [rankdata(each, axis=1, method="max") for each in (places(maps), places(others))]
    return guarded(correlation(*ranks), *ranks)


def ties_broken_but_for_flat(maps, others):
    """Your ranks set tied places apart, by where they stand or at random, as `argsort` and `method="ordinal"` do. Let ties share their mean rank, as `rankdata` does by itself."""
    return guarded(ties_broken(maps, others), places(maps), places(others))


def argsort_twice(maps, others):
    """Two `argsort` set tied places apart, in some order that they have not, and give a map that is the same everywhere an order, too. `scipy.stats.rankdata` lets ties share their mean rank."""
    return correlation(*(each.detach().sum(1).flatten(1).argsort(1).argsort(1) for each in (maps, others)))


def smallest_rank_and_nan(maps, others):
    """Your tied places all get the smallest of their ranks, where they should share the mean, as `scipy.stats.rankdata` lets them. And for a map that is the same everywhere you divide 0 by 0: say what holds there."""
    return correlation(*(rankdata(places(each), axis=1, method="min") for each in (maps, others)))


def largest_rank_and_nan(maps, others):
    """Your tied places all get the largest of their ranks, where they should share the mean, as `scipy.stats.rankdata` lets them. And for a map that is the same everywhere you divide 0 by 0: say what holds there."""
    return correlation(*(rankdata(places(each), axis=1, method="max") for each in (maps, others)))


def order_of_places(maps, others):
    """You correlate the `argsort` of the values, which tells the places in order. Correlate the ranks: the number that each place has in this order. `rankdata(values, axis=1)` gives them."""
    return guarded(places_for_ranks(maps, others), places(maps), places(others))


def ranks_across_the_batch(maps, others):
    """You rank each place over the maps of the batch. Rank the places of each map: `rankdata(values, axis=1)`."""
    ranks = [rankdata(places(each), axis=0) for each in (maps, others)]
    return guarded(correlation(*ranks), *ranks)


def of_the_first_channel(maps, others):
    """You take the first channel alone. Add all the channels up: `maps.sum(1)`."""
    return map_similarity(maps[:, :1], others[:, :1])


def of_the_largest_channel(maps, others):
    """You take the largest of the channels at each place. Add the channels up: `maps.sum(1)`."""
    return map_similarity(maps.amax(1, keepdim=True), others.amax(1, keepdim=True))


def of_the_positive_part(maps, others):
    """You set the negative values to zero first. Rank them, too: an order runs from the most negative to the most positive value."""
    return map_similarity(maps.sum(1, keepdim=True).relu(), others.sum(1, keepdim=True).relu())


def of_channels_without_negatives(maps, others):
    """You set the negative values of the channels to zero first. Add the channels up with their signs."""
    return map_similarity(maps.relu(), others.relu())


def guarded_ranks(maps, others, rank, formula=correlation):
    """formula(ranks, ranks), with the values that the exercise gives to maps without order."""
    similarity = formula(*(torch.as_tensor(rank(places(each)), dtype=torch.float64) for each in (maps, others)))
    return guarded(similarity.float(), places(maps), places(others))


def centred(ranks):
    return ranks - ranks.mean(1, keepdim=True)


def by_formula(maps, others, formula):
    """formula(centred ranks, centred ranks)."""
    return guarded_ranks(
        maps, others, lambda each: rankdata(each, axis=1), lambda a, b: formula(centred(a), centred(b))
    )


def centred_by_place(maps, others):
    """You subtract the mean over the maps of the batch. Subtract from each row of ranks its own mean: `mean(1, keepdim=True)`."""
    ranks = [torch.from_numpy(rankdata(places(each), axis=1)) for each in (maps, others)]
    first, second = (each - each.mean(0) for each in ranks)
    return guarded(
        ((first * second).sum(1) / (first.norm(dim=1) * second.norm(dim=1))).float(), first.numpy(), second.numpy()
    )


def mixed_counts(maps, others):
    """You mix n and n − 1: the mean of the products divides by n, `std` by n − 1. Take sums: Σ of the products over the product of the two norms."""
    return by_formula(maps, others, lambda a, b: (a * b).mean(1) / (a.std(1) * b.std(1)))


def sum_of_products(maps, others):
    """The denominator is missing. Divide the sum of the products by the product of the two norms."""
    return by_formula(maps, others, lambda a, b: (a * b).sum(1))


def mean_of_products(maps, others):
    """The denominator is missing: that is the covariance of the ranks. Take the sum of the products, and divide by the product of the two norms."""
    return by_formula(maps, others, lambda a, b: (a * b).mean(1))


def norms_squared(maps, others):
    """The roots in the denominator are missing. Divide by √Σ a² √Σ b²: that is what `norm` gives."""
    return by_formula(maps, others, lambda a, b: (a * b).sum(1) / (a.square().sum(1) * b.square().sum(1)))


def norm_of_the_first(maps, others):
    """You divide by one of the two norms. Divide by the product of both."""
    return by_formula(maps, others, lambda a, b: (a * b).sum(1) / a.norm(dim=1))


def norms_added(maps, others):
    """You add the two norms. Divide by their product."""
    return by_formula(maps, others, lambda a, b: (a * b).sum(1) / (a.norm(dim=1) + b.norm(dim=1)))


def norms_of_the_batch(maps, others):
    """Your norms run over the whole batch. Each map has its own: `norm(dim=1)`."""
    return by_formula(maps, others, lambda a, b: (a * b).sum(1) / (a.norm() * b.norm()))


def sums_of_the_batch(maps, others):
    """Your sum and your norms run over the whole batch. Each pair of maps has its own: `.sum(1)`, `norm(dim=1)`."""
    return by_formula(maps, others, lambda a, b: ((a * b).sum() / (a.norm() * b.norm())).expand(len(a)))


def unlikeness(maps, others):
    """That is 1 − ρ. Return ρ itself: 1 where the order is the same."""
    return 1 - map_similarity(maps, others)


def correlation_squared(maps, others):
    """You square the correlation. Return it as it is: −1 is the reverse order, and no likeness."""
    return map_similarity(maps, others) ** 2


def from_0_to_1(maps, others):
    """You bring the correlation to 0…1. Return it as it is, from −1 to 1."""
    return (map_similarity(maps, others) + 1) / 2


def flatness_of_the_channels(maps, others):
    """You ask whether the channels are the same everywhere. Ask it of their sum, or of its ranks: channels may cancel."""
    flat = [(each.flatten(1) == each.flatten(1)[:, :1]).all(1) for each in (maps, others)]
    return torch.where(flat[0] | flat[1], (flat[0] & flat[1]).float(), nan_for_flat(maps, others))


def zeros_alone_are_flat(maps, others):
    """You take only a map of zeros for flat. Flat is any map that has the same value everywhere: all its ranks are the same."""
    flat = [torch.as_tensor((places(each) == 0).all(1)) for each in (maps, others)]
    return torch.where(flat[0] | flat[1], (flat[0] & flat[1]).float(), nan_for_flat(maps, others))


def channels_of_zeros_alone_are_flat(maps, others):
    """You take only a map of zeros for flat, in every channel. Flat is any map whose sum over the channels is the same everywhere: all its ranks are the same."""
    flat = [(each == 0).flatten(1).all(1) for each in (maps, others)]
    return torch.where(flat[0] | flat[1], (flat[0] & flat[1]).float(), nan_for_flat(maps, others))


def both_flat_alone(maps, others):
    """You give 1 where both maps are flat, and where one of them is, you still divide 0 by 0. Give 0 there."""
    flat = [torch.as_tensor(np.ptp(places(each), axis=1) == 0) for each in (maps, others)]
    return torch.where(flat[0] & flat[1], 1.0, nan_for_flat(maps, others))


def first_flat_alone(maps, others):
    """You ask whether the first map is flat, and where the other is, you still divide 0 by 0. Ask both."""
    flat = [torch.as_tensor(np.ptp(places(each), axis=1) == 0) for each in (maps, others)]
    return torch.where(flat[0], flat[1].float(), nan_for_flat(maps, others))


def cosine_of_values(maps, others):
    """That is the cosine of the values. Replace them by their ranks, `rankdata(values, axis=1)`, and subtract the mean of each row of ranks."""
    first, second = (torch.from_numpy(places(each)) for each in (maps, others))
    return torch.cosine_similarity(first, second).float()


def one_order_turned(maps, others):
    """Every value has the wrong sign: one of your two orders is turned. Rank both from the smallest value to the largest."""
    return -map_similarity(maps, others)


def of_each_row_of_the_map(maps, others):
    """You rank each row of a map on its own, and get a number for each. Make one row of all places first: `maps.sum(1).flatten(1)`."""
    n = len(maps)
    rows = map_similarity(
        maps.sum(1).reshape(-1, 1, 1, maps.shape[-1]), others.sum(1).reshape(-1, 1, 1, maps.shape[-1])
    )
    return rows.reshape(n, -1)


def of_unflattened(maps, others, axis):
    """What comes of maps (N, h, w) where (N, h · w) is wanted."""
    first, second = (
        centred(torch.from_numpy(rankdata(each.detach().sum(1).numpy(), axis=axis))) for each in (maps, others)
    )
    flat, other_flat = (first == 0).all(1), (second == 0).all(1)
    rho = (first * second).sum(1) / (first.norm(dim=1) * second.norm(dim=1))
    return torch.where(flat | other_flat, (flat & other_flat).double(), rho).float()


def not_in_one_row(maps, others):
    """You rank the maps as they are, (N, h, w). Make one row of all places first, (N, h · w): `maps.sum(1).flatten(1)`."""
    return of_unflattened(maps, others, 1)


def each_line_apart(maps, others):
    """You rank each line of a map apart, (N, h, w). Make one row of all places first, (N, h · w): `maps.sum(1).flatten(1)`."""
    return of_unflattened(maps, others, -1)


def images_added_up(maps, others):
    """You add up the images, `sum(0)`. Add up the channels, dimension 1: `maps.sum(1)`."""
    return map_similarity(*(each.sum(0)[:, None] for each in (maps, others)))


def covariance(maps, others):
    """The denominator is missing: that is the covariance of the ranks, over n − 1. Divide the sum of the products by the product of the two norms."""
    return by_formula(maps, others, lambda a, b: (a * b).sum(1) / (a.shape[1] - 1))


def share_of_equal_ranks(maps, others):
    """You count the places that have the same rank. Take the correlation of the ranks: the products of the centred ranks over the product of their norms."""
    return by_formula(maps, others, lambda a, b: (a == b).double().mean(1))


def same_side_of_the_mean(maps, others):
    """You count the places whose ranks lie on the same side of the mean. Take the correlation of the ranks: the products of the centred ranks over the product of their norms."""
    return by_formula(maps, others, lambda a, b: (a.sign() == b.sign()).double().mean(1))


def mean_above_sum_below(maps, others):
    """Above you take a mean, and the norms below hold sums. Take the sum of the products: `(first * second).sum(1)`."""
    return by_formula(maps, others, lambda a, b: (a * b).mean(1) / (a.norm(dim=1) * b.norm(dim=1)))


def ranked_together(maps, others):
    """You rank all the maps together: without `axis=1`, `rankdata` takes everything for one row. Rank each map on its own: `rankdata(values, axis=1)`."""
    return guarded_ranks(maps, others, lambda each: rankdata(each).reshape(each.shape))


def each_with_itself(maps, others):
    """You compare `maps` with themselves, so all of yours are 1. The second ranks are those of `others`."""
    return torch.ones(len(maps))


def channels_ranked_apart(maps, others):
    """You rank each channel on its own and add up the ranks. Add the channels up first, `maps.sum(1)`, then rank."""

    def ranks(each):
        return rankdata(each.detach().double().flatten(2).numpy(), axis=2).sum(1)

    one, other = ranks(maps), ranks(others)
    return guarded(correlation(one, other), one, other)


def one_number_for_the_batch(maps, others):
    """You give one number for the whole batch. Each pair of maps has its own ranks and its own number: a result of shape (N,)."""
    return over_the_batch(maps, others)[0]


ROW_BY_ROW = {
    **TORCHS_WORDS,
    "Dimension out of range": "Without `axis=1`, `rankdata` ranks all the values in one row. `rankdata(values, axis=1)` ranks each row of (N, h · w) on its own.",
    "must match the size of tensor": "`mean(1, keepdim=True)` gives (N, 1), which meets each row of (N, h · w).",
}


# stability ------------------------------------------------------------------------------------------------------------


def stability(method, model, images, shift):
    """Mean similarity of the maps before and after the shift, for the images whose prediction stays, with its interval.

    method(model, images, target) → maps, for the class predicted before the shift. → (3,): the mean, and the ends of
    its 95 % interval, mean − 1.96 s / √n and mean + 1.96 s / √n, with n − 1 in s. At least two images stay.
    """
    return evaluation.stability(method, model, images, shift)


def images_that_stay():
    return torch.cat([dark_channels(), random_images(4, size=2, seed=6) * 0.8])


def stability_cases():
    return [
        Case(
            "eight images of 2×2, the method M(x) = x · target + x², shift 0.3; some predictions change",
            (squares_by_class, weighted_channels(), images_that_stay(), 0.3),
        ),
        Case(
            "eight colour images, gradient × input of a small network, shift 0.4",
            (gradient_x_input, small_network(), images_of_all_kinds(), 0.4),
        ),
        Case(
            "eight colour images, gradient × input of a small network, shift −0.5",
            (gradient_x_input, small_network(), images_of_all_kinds(), -0.5),
        ),
        Case(
            "six images of 2×3 and a method that turns the order of the places in some of them, M(x) = (x − 0.5)², shift 0.3",
            (about_grey, weighted_channels(), from_dark_to_bright(), 0.3),
        ),
    ]


def about_grey(model, images, target):
    """A map of how far the values are from grey: where a shift leads across grey, the order of the places is turned."""
    return (images.detach() - 0.5) ** 2


def from_dark_to_bright():
    return 0.3 * random_images(6, size=2, width=3, seed=1) + torch.linspace(0.05, 0.5, 6).reshape(6, 1, 1, 1)


def squares_by_class(model, images, target):
    """A map that is easy to foretell, and differs from class to class."""
    sign = torch.as_tensor(target).reshape(-1, 1, 1, 1) - 1.0
    return (images.detach() - 0.5) ** 2 + sign * images.detach().flip(3)


def rows_of(method, model, images, shift, target=None):
    target = predicted(model, images) if target is None else target
    return map_similarity(
        method(model, images, target).detach(), method(model, shift_images(images, shift), target).detach()
    )


def staying(model, images, shift):
    return images[unchanged_predictions(model, images, shift)]


def all_images(method, model, images, shift):
    """You take in the images whose prediction changes. Leave them out: there the network says something else, and its map may be another one with good reason."""
    return interval(rows_of(method, model, images, shift))


def the_others(method, model, images, shift):
    """You keep the images whose prediction changes. Keep those where it stays."""
    return interval(rows_of(method, model, images[~unchanged_predictions(model, images, shift)], shift))


def deviation_for_error(method, model, images, shift):
    """Your interval holds most of the images, not the mean: divide the standard deviation by √n."""
    values = rows_of(method, model, staying(model, images, shift), shift)
    return torch.stack([values.mean(), values.mean() - 1.96 * values.std(), values.mean() + 1.96 * values.std()])


def divided_by_n(method, model, images, shift):
    """You divide the standard deviation by n. The error of a mean falls with √n."""
    values = rows_of(method, model, staying(model, images, shift), shift)
    reach = 1.96 * values.std() / len(values)
    return torch.stack([values.mean(), values.mean() - reach, values.mean() + reach])


def n_of_all_images(method, model, images, shift):
    """Your n counts all images. Count those that are left, whose prediction stays."""
    values = rows_of(method, model, staying(model, images, shift), shift)
    reach = 1.96 * values.std() / len(images) ** 0.5
    return torch.stack([values.mean(), values.mean() - reach, values.mean() + reach])


def without_factor(method, model, images, shift):
    """Your interval is one standard error wide to each side. A 95 % interval takes 1.96 of them."""
    mean, low, high = stability(method, model, images, shift)
    return torch.stack([mean, mean - (mean - low) / 1.96, mean + (high - mean) / 1.96])


def divided_by_all_n(method, model, images, shift):
    """Your standard deviation divides by n. Divide by n − 1, as `Tensor.std` does by itself."""
    values = rows_of(method, model, staying(model, images, shift), shift)
    reach = 1.96 * values.std(correction=0) / len(values) ** 0.5
    return torch.stack([values.mean(), values.mean() - reach, values.mean() + reach])


def mean_in_the_middle(method, model, images, shift):
    """The three numbers are right, their order is not: first the mean, then the lower end, then the upper."""
    return stability(method, model, images, shift)[[1, 0, 2]]


def one_class_for_all(method, model, images, shift):
    """You explain the same class for every image. Explain the class that is predicted for each: `model(images).argmax(1)`."""
    return interval(
        rows_of(
            method,
            model,
            staying(model, images, shift),
            shift,
            torch.zeros(len(staying(model, images, shift)), dtype=torch.long),
        )
    )


def interval_with(method, model, images, shift, reach, middle=torch.mean):
    """The middle and middle ∓ reach(values), for the images that stay."""
    values = rows_of(method, model, staying(model, images, shift), shift)
    centre, to_each_side = middle(values), reach(values)
    return torch.stack([centre, centre - to_each_side, centre + to_each_side])


def standard_reach(values):
    return 1.96 * values.std() / len(values) ** 0.5


def variance_for_deviation(method, model, images, shift):
    """You take the variance. Take its root, the standard deviation: `.std()`."""
    return interval_with(method, model, images, shift, lambda values: 1.96 * values.var() / len(values) ** 0.5)


def root_of_both(method, model, images, shift):
    """You take the root of s / n. Divide s by the root of n: `alike.std() / len(alike) ** 0.5`."""
    return interval_with(method, model, images, shift, lambda values: 1.96 * (values.std() / len(values)) ** 0.5)


def root_of_one_less(method, model, images, shift):
    """You divide by √(n − 1). The n − 1 is in the standard deviation already: divide by √n."""
    return interval_with(method, model, images, shift, lambda values: 1.96 * values.std() / (len(values) - 1) ** 0.5)


def factor_of_two(method, model, images, shift):
    """You take 2 for 1.96."""
    return interval_with(method, model, images, shift, lambda values: 2 * values.std() / len(values) ** 0.5)


def factor_for_90(method, model, images, shift):
    """You take 1.645, which makes a 90 % interval. For 95 % it is 1.96."""
    return interval_with(method, model, images, shift, lambda values: 1.645 * values.std() / len(values) ** 0.5)


def in_training_mode(method, model, images, shift):
    """You put the model into training mode, where dropout switches units off at random. Leave it in the mode in which it comes."""
    model.train()
    images = staying(model, images, shift)
    with torch.no_grad():
        target = model(images).argmax(1)
    return interval(rows_of(method, model, images, shift, target))


def half_as_wide(method, model, images, shift):
    """Your interval is half as wide as it should be. It reaches 1.96 s / √n to each side."""
    return interval_with(method, model, images, shift, lambda values: standard_reach(values) / 2)


def median_in_the_middle(method, model, images, shift):
    """You take the median. Take the mean: `alike.mean()`."""
    return interval_with(method, model, images, shift, standard_reach, torch.median)


def ends_exchanged(method, model, images, shift):
    """The two ends are exchanged. First the mean, then the lower end, mean − …, then the upper, mean + …."""
    return stability(method, model, images, shift)[[0, 2, 1]]


def ends_without_the_mean(method, model, images, shift):
    """Your ends are −1.96 s / √n and 1.96 s / √n. Add the mean to both."""
    mean, low, high = stability(method, model, images, shift)
    return torch.stack([mean, low - mean, high - mean])


def mean_and_reach(method, model, images, shift):
    """You give the mean and the reach. Give three numbers: the mean, the mean minus the reach, the mean plus the reach."""
    mean, _, high = stability(method, model, images, shift)
    return torch.stack([mean, high - mean])


def both_ends(method, model, images, shift):
    """You give the two ends alone. Give three numbers: the mean first, then the lower end, then the upper."""
    return stability(method, model, images, shift)[1:]


def mean_by_itself(method, model, images, shift):
    """You give the mean alone. Give three numbers: the mean, and the two ends of its interval."""
    return stability(method, model, images, shift)[0]


def for_each_image(method, model, images, shift):
    """You give an interval around each image's value. Take the mean over the images first: `alike.mean()`."""
    values = rows_of(method, model, staying(model, images, shift), shift)
    return torch.stack([values, values - standard_reach(values), values + standard_reach(values)])


def interval_clipped(method, model, images, shift):
    """You clip the ends to −1…1. Leave them as the formula gives them."""
    return stability(method, model, images, shift).clamp(-1, 1)


def smallest_and_largest(method, model, images, shift):
    """Your ends are the smallest and the largest value. The ends of the interval are mean ∓ 1.96 s / √n."""
    values = rows_of(method, model, staying(model, images, shift), shift)
    return torch.stack([values.mean(), values.min(), values.max()])


def quantiles_for_ends(method, model, images, shift):
    """Your ends hold 95 % of the images. The interval is one for their mean: mean ∓ 1.96 s / √n."""
    values = rows_of(method, model, staying(model, images, shift), shift)
    return torch.stack([values.mean(), values.quantile(0.025), values.quantile(0.975)])


def compared(method, model, images, shift, before, after):
    """The interval for maps of before(images) and after(images), of the images that stay."""
    images = staying(model, images, shift)
    target = predicted(model, images)
    return interval(
        map_similarity(method(model, before(images), target).detach(), method(model, after(images), target).detach())
    )


def nothing_shifted(method, model, images, shift):
    """You find every map the same: you compare maps of the same images, or the images themselves. Compare `method(model, images, predicted)` with the same of the shifted images, `shift_images(images, shift)`."""
    return compared(method, model, images, shift, lambda x: x, lambda x: x)


def shifted_too_far(method, model, images, shift):
    """You shift the images twice for the second map. Once is enough: `shift_images(images, shift)`, of the images as they come."""
    return compared(method, model, images, shift, lambda x: x, lambda x: x + 2 * shift)


def shifted_the_other_way(method, model, images, shift):
    """You subtract the shift. Add it for the second map: `shift_images(images, shift)`."""
    return compared(method, model, images, shift, lambda x: x, lambda x: x - shift)


def clipped_after_the_shift(method, model, images, shift):
    """You clip the shifted images to 0…1 before you explain them. Leave them as they are."""
    return compared(method, model, images, shift, lambda x: x, lambda x: (x + shift).clamp(0, 1))


def shifted_before_all(method, model, images, shift):
    """You shift the images before all else, and then once more for the second map. Compare the plain images with the shifted ones."""
    return stability(method, model, shift_images(images, shift), shift)


def each_with_its_own_class(method, model, images, shift):
    """You take in all images, each map for the class of its own image. Leave out those whose prediction changes, and explain the class predicted before the shift."""
    moved = shift_images(images, shift)
    return interval(
        map_similarity(
            method(model, images, predicted(model, images)).detach(),
            method(model, moved, predicted(model, moved)).detach(),
        )
    )


def all_by_the_class_after(method, model, images, shift):
    """You take in all images, and explain the class predicted after the shift. Leave out those whose prediction changes, and explain the class predicted before it."""
    return interval(rows_of(method, model, images, shift, predicted(model, shift_images(images, shift))))


def class_of_the_first_for_all(method, model, images, shift):
    """You explain the first image's class for every image. Explain the class that is predicted for each: `model(images).argmax(1)`, without an index."""
    images = staying(model, images, shift)
    return interval(rows_of(method, model, images, shift, predicted(model, images)[:1].expand(len(images)).clone()))


def class_one_for_all(method, model, images, shift):
    """You explain class 1 for every image. Explain the class that is predicted for each: `model(images).argmax(1)`."""
    images = staying(model, images, shift)
    return interval(rows_of(method, model, images, shift, torch.ones(len(images), dtype=torch.long)))


def likeness_of_sizes(method, model, images, shift):
    """You compare the maps without their signs. Compare them as they are: `map_similarity(before, after)`."""

    def sizes(*arguments):
        return method(*arguments).abs()

    return stability(sizes, model, images, shift)


def mean_difference(method, model, images, shift):
    """You take the mean difference of the maps. Take their likeness: `map_similarity(before, after)`."""
    images = staying(model, images, shift)
    target = predicted(model, images)
    off = method(model, images, target).detach() - method(model, shift_images(images, shift), target).detach()
    return interval(off.abs().mean((1, 2, 3)))


def likeness_without_sign(method, model, images, shift):
    """You take the likeness without its sign. Keep it: where the order of the places is turned, it is negative."""
    images = staying(model, images, shift)
    return interval(rows_of(method, model, images, shift).abs())


def unlikeness_of_the_maps(method, model, images, shift):
    """You take 1 − the likeness. Take it as it is: 1 where the maps have the same order."""
    return interval(1 - rows_of(method, model, staying(model, images, shift), shift))


def sum_in_the_middle(method, model, images, shift):
    """You take the sum. Take the mean: `alike.mean()`."""
    return interval_with(method, model, images, shift, standard_reach, torch.sum)


def likeness_to_the_images(method, model, images, shift):
    """You compare the maps with the images. Compare the maps before the shift with those after it."""
    images = staying(model, images, shift)
    return interval(map_similarity(method(model, images, predicted(model, images)).detach(), images))


def spread_over_n(method, model, images, shift):
    """Your ends are mean ∓ s / n. They are mean ∓ 1.96 s / √n."""
    return interval_with(method, model, images, shift, lambda values: values.std() / len(values))


def mean_reach_and_number(method, model, images, shift):
    """You give the mean, the reach and something else. Give the mean, and then the two ends: the mean minus the reach, the mean plus the reach."""
    values = rows_of(method, model, staying(model, images, shift), shift)
    return torch.stack([values.mean(), standard_reach(values), torch.tensor(float(len(values)))])


def shift_of_a_fifth(method, model, images, shift):
    """You shift by 0.2, whatever `shift` says. Hand `shift` on, to `unchanged_predictions` and to `shift_images`."""
    return stability(method, model, images, 0.2)


def class_of_all_together(method, model, images, shift):
    """Your `argmax()` has no dimension, and gives one place among all the scores of all images. `model(images).argmax(1)` gives the class of each image."""
    images = staying(model, images, shift)
    with torch.no_grad():
        target = model(images).argmax()
    return interval(rows_of(method, model, images, shift, target))


def likeness_of_the_mean_maps(method, model, images, shift):
    """You take the likeness of the mean maps. Take the mean of the likenesses: `map_similarity(before, after)` gives one for each image, and `.mean()` is their mean."""
    images = staying(model, images, shift)
    target = predicted(model, images)
    before, after = method(model, images, target).detach(), method(model, shift_images(images, shift), target).detach()
    reach = standard_reach(map_similarity(before, after))
    mean = map_similarity(before.mean(0, keepdim=True), after.mean(0, keepdim=True))[0]
    return torch.stack([mean, mean - reach, mean + reach])


LEFT_ALONE = {
    **TORCHS_WORDS,
    "maps and others must have the same shape": "Throw the others out before both maps: `images = images[unchanged_predictions(model, images, shift)]` comes first.",
    "of a 0-d tensor": "Keep one number for each image, `alike = map_similarity(before, after)`: the interval needs them all. Their mean comes last.",
    **HANDED_OVER,
    "must match the size of tensor": "The method wants one class for each image that is left: throw the others out first, then `model(images).argmax(1)`.",
    "must name a class for each image": "The method wants one class for each image that is left: throw the others out first, then `model(images).argmax(1)`.",
    "can be converted to": "`max(1)` gives a pair, the highest scores and their places. The classes are `model(images).argmax(1)`.",
}


# compensate_shift -----------------------------------------------------------------------------------------------------


def compensate_shift(model, shift):
    """f₂ with f₂(x + m) = f₁(x), m = shift: a copy of f₁ = model, which begins with a convolution, model[0].

    The first bias is b − Σ W m; where model[0] pads with zeros, the copy pads with m. Both together are the copy's
    first layer, copy[0]; another layer with the same outputs is as good. Behind it come the model's other layers,
    copied or not, in the same places. The model stays as it is.
    """
    return evaluation.compensate_shift(model, shift)


def scores_after_the_shift(result, model, shift):
    """What an answer is judged by: the scores of its network for shifted images."""
    if result is None:
        return None
    if not isinstance(result, nn.Sequential):
        raise Unreadable(f"Return a network like the model, an `nn.Sequential`; yours is a {type(result).__name__}.")
    if len(result) != len(model):
        raise Unreadable(
            f"Your network has {len(result)} layers in a row, the model has {len(model)}. Put the padding and "
            "the convolution into one `nn.Sequential`, and that into `second[0]`: then all other layers "
            "keep their places."
        )
    first = next(layer for layer in model.modules() if isinstance(layer, nn.Conv2d))
    images = random_images(2, channels=first.in_channels, width=8, seed=9).to(first.weight)
    with torch.no_grad():
        return result(images + shift)


def begins_with(layer, seed=4):
    """A network that takes maps of any size behind its first layer: four means over their quarters count."""
    with drawn_by(seed):
        nn.init.normal_(layer.weight, 0.1, 0.3)
        nn.init.normal_(layer.bias, 0.0, 0.3)
        ends = nn.LeakyReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 4)
        # leaky, so that no wrong bias, however low, looks like another that shuts the layer off, too
        return nn.Sequential(layer, nn.LeakyReLU(), nn.Conv2d(layer.out_channels, 4, 1), *ends).eval()


def compensation_cases():
    return [
        Case(
            "a network that begins with a 3×3 convolution without padding, shift 0.3",
            (begins_with(nn.Conv2d(1, 2, 3)), 0.3),
        ),
        Case(
            "a network that begins with a 3×3 convolution from 3 channels to 3, padding 1, shift 0.2",
            (begins_with(nn.Conv2d(3, 3, 3, padding=1)), 0.2),
        ),
        Case(
            "a network that begins with a 5×5 convolution, padding 2, stride 2, shift −0.4",
            (begins_with(nn.Conv2d(3, 5, 5, padding=2, stride=2)), -0.4),
        ),
    ]


def compensated(model, new_bias, pad=None):
    """A copy with another first bias, and with what `pad(padding)` gives in front, if anything."""
    model = copy.deepcopy(model)
    with torch.no_grad():
        model[0].bias.copy_(new_bias(model[0].bias, model[0].weight))
    if pad is not None and model[0].padding[0]:
        size, model[0].padding = model[0].padding[0], (0, 0)
        model[0] = nn.Sequential(pad(size), model[0])
    return model


def bias_alone(model, shift):
    """In the middle of the image your network agrees, at the border it does not: the zeros of the padding are not shifted. Pad with m instead, and set the padding of the convolution to 0."""
    return compensated(model, lambda b, w: b - shift * w.sum((1, 2, 3)))


def bias_raised(model, shift):
    """You add Σ W m to the bias. Subtract it: the shifted image brings it in, and the bias takes it out."""
    return compensated(model, lambda b, w: b + shift * w.sum((1, 2, 3)), lambda p: nn.ConstantPad2d(p, shift))


def bias_lowered_by_m(model, shift):
    """You subtract m from the bias. Each output sees m through its weights: subtract m times their sum, Σ W m."""
    return compensated(model, lambda b, w: b - shift, lambda p: nn.ConstantPad2d(p, shift))


def wrong_axis(model, shift):
    """You sum the weights over the outputs. Each output has a bias of its own: sum over its inputs, rows and columns, dimensions 1, 2 and 3."""
    return compensated(model, lambda b, w: b - shift * w.sum((0, 2, 3)), lambda p: nn.ConstantPad2d(p, shift))


def mean_of_weights(model, shift):
    """You take the mean of the weights. Take their sum: each of them lets m through."""
    return compensated(model, lambda b, w: b - shift * w.mean((1, 2, 3)), lambda p: nn.ConstantPad2d(p, shift))


def sum_of_all_weights(model, shift):
    """You sum the weights of all outputs together. Each output has its own: sum over dimensions 1, 2 and 3."""
    return compensated(model, lambda b, w: b - shift * w.sum(), lambda p: nn.ConstantPad2d(p, shift))


def padded_with_minus_m(model, shift):
    """You pad with −m. The shifted image has m where the old one had 0: pad with m."""
    return compensated(model, lambda b, w: b - shift * w.sum((1, 2, 3)), lambda p: nn.ConstantPad2d(p, -shift))


def padded_twice(model, shift):
    """You pad with m, and the convolution goes on padding with zeros. Set its padding to 0: its map must keep its size."""
    model = compensated(model, lambda b, w: b - shift * w.sum((1, 2, 3)))
    if model[0].padding[0]:
        model[0] = nn.Sequential(nn.ConstantPad2d(model[0].padding[0], shift), model[0])
    return model


def padded_with_one(model, shift):
    """You pad with 1. The shifted image has m where the old one had 0: pad with m."""
    return compensated(model, lambda b, w: b - shift * w.sum((1, 2, 3)), lambda p: nn.ConstantPad2d(p, 1.0))


def weights_without_m(model, shift):
    """You subtract the sum of the weights. Each weight lets m through: subtract m times their sum."""
    return compensated(model, lambda b, w: b - w.sum((1, 2, 3)), lambda p: nn.ConstantPad2d(p, shift))


def every_convolution(model, shift):
    """You change the bias of every convolution. Only the first sees the shifted image; behind it nothing is left of the shift."""
    second = evaluation.compensate_shift(model, shift)
    with torch.no_grad():
        for layer in second[1:]:
            if isinstance(layer, nn.Conv2d):
                layer.bias -= shift * layer.weight.sum((1, 2, 3))
    return second


def nothing_changed(model, shift):
    """Your network is still the old one: for the shifted images it gives other scores. Is the bias of the copy changed?"""
    return copy.deepcopy(model)


def input_bent(model, shift):
    """Your padding is right, but the bias is the old one. Lower it by Σ W m."""
    return compensated(model, lambda b, w: b, lambda p: nn.ConstantPad2d(p, shift))


def repadded(model, shift, pads, bias=lambda b, w, m: b - m * w.sum((1, 2, 3))):
    """A copy with the right bias, or another, whose convolution stands behind pads(the old convolution), a layer; None for nothing."""
    second = copy.deepcopy(model)
    layer = second[0]
    with torch.no_grad():
        layer.bias.copy_(bias(layer.bias, layer.weight, shift))
    pad = pads(layer)
    layer.padding = (0, 0)
    second[0] = layer if pad is None else nn.Sequential(pad, layer)
    return second


def with_another_bias(model, shift, bias):
    return repadded(model, shift, lambda layer: nn.ConstantPad2d(layer.padding[0], shift), bias)


def always_padded_by_one(model, shift):
    """You pad by 1, however far the convolution did. Read it from the layer, before you set it to 0: `layer.padding[0]`. Some do not pad at all."""
    return repadded(model, shift, lambda layer: nn.ConstantPad2d(1, shift))


def always_padded_by_two(model, shift):
    """You pad by 2, however far the convolution did. Read it from the layer, before you set it to 0: `layer.padding[0]`. Some do not pad at all."""
    return repadded(model, shift, lambda layer: nn.ConstantPad2d(2, shift))


def padded_by_half_the_kernel(model, shift):
    """You pad by half of the kernel's size. A convolution may pad otherwise, or not at all: read it from the layer, before you set it to 0, `layer.padding[0]`."""
    return repadded(model, shift, lambda layer: nn.ConstantPad2d(layer.kernel_size[0] // 2, shift))


def padding_lost(model, shift):
    """Nothing is padded any more. Pad with m in front of the convolution, as far as it did itself: read `layer.padding[0]` before you set it to 0."""
    return repadded(model, shift, lambda layer: None)


def padded_left_and_right(model, shift):
    """You pad left and right alone. `ConstantPad2d` takes a pair for left and right; one number, `layer.padding[0]`, serves all four sides."""
    return repadded(model, shift, lambda layer: nn.ConstantPad2d(tuple(layer.padding), shift))


def padded_behind(model, shift):
    """You pad behind the convolution. Pad in front of it: the padding comes first in the `nn.Sequential`."""
    second = repadded(model, shift, lambda layer: nn.ConstantPad2d(layer.padding[0], shift))
    pad, layer = second[0]
    second[0] = nn.Sequential(layer, pad)
    return second


def edge_mirrored(model, shift):
    """You mirror the image at the border. The old network saw zeros there, so the new one must see m: pad with m."""
    return repadded(model, shift, lambda layer: nn.ReflectionPad2d(layer.padding[0]))


def edge_repeated(model, shift):
    """You repeat the outermost pixels at the border. The old network saw zeros there, so the new one must see m: pad with m."""
    return repadded(model, shift, lambda layer: nn.ReplicationPad2d(layer.padding[0]))


def first_input_alone(model, shift):
    """You sum the weights of the first input channel alone. m comes in through all of them: sum over dimensions 1, 2 and 3."""
    return with_another_bias(model, shift, lambda b, w, m: b - m * w[:, 0].sum((1, 2)))


def sizes_of_the_weights(model, shift):
    """You add up the sizes of the weights. Keep their signs: a negative weight lets −m through."""
    return with_another_bias(model, shift, lambda b, w, m: b - m * w.abs().sum((1, 2, 3)))


def bias_replaced(model, shift):
    """The old bias is lost: yours is −Σ W m alone. Subtract Σ W m from it: `layer.bias -= …`."""
    return with_another_bias(model, shift, lambda b, w, m: -m * w.sum((1, 2, 3)))


def bias_lowered_twice(model, shift):
    """You subtract Σ W m twice. Once takes the shift out."""
    return with_another_bias(model, shift, lambda b, w, m: b - 2 * m * w.sum((1, 2, 3)))


def bias_multiplied(model, shift):
    """You multiply the bias. Subtract Σ W m from it: `layer.bias -= …`."""
    return with_another_bias(model, shift, lambda b, w, m: b * (1 - m * w.sum((1, 2, 3))))


def with_lowered_weights(model, shift, bias):
    second = with_another_bias(model, shift, bias)
    with torch.no_grad():
        second[0][-1].weight -= shift
    return second


def weights_lowered(model, shift):
    """You change the weights. They stay; the bias alone takes the shift out: b − Σ W m."""
    return with_lowered_weights(model, shift, lambda b, w, m: b)


def weights_lowered_too(model, shift):
    """You change the weights, too. They stay; the bias alone takes the shift out: b − Σ W m."""
    return with_lowered_weights(model, shift, lambda b, w, m: b - m * w.sum((1, 2, 3)))


def bias_of_the_last_layer(model, shift):
    """You change the bias of the last layer. The shift comes in at the first: take it out there, `model[0]`, before it meets a ReLU."""
    second = with_another_bias(model, shift, lambda b, w, m: b)
    with torch.no_grad():
        second[-1].bias -= shift * second[-1].weight.sum(1)
    return second


def stride_lost(model, shift):
    """Your new convolution has lost the stride of the old one. Keep the layer of the copy: change its bias, and set its padding to 0."""
    second = repadded(model, shift, lambda layer: nn.ConstantPad2d(layer.padding[0], shift))
    second[0][-1].stride = (1, 1)
    return second


def padded_by_the_kernel(model, shift):
    """You pad by the size of the kernel. Pad as far as the convolution did: read `layer.padding[0]` before you set it to 0."""
    return repadded(model, shift, lambda layer: nn.ConstantPad2d(layer.kernel_size[0], shift))


def edge_around(model, shift):
    """You let the image begin again beyond the border. The old network saw zeros there, so the new one must see m: pad with m."""
    return repadded(model, shift, lambda layer: nn.CircularPad2d(layer.padding[0]))


def padded_with_twice_m(model, shift):
    """You pad with 2 m. The shifted image has m where the old one had 0: pad with m."""
    return repadded(model, shift, lambda layer: nn.ConstantPad2d(layer.padding[0], 2 * shift))


def mean_over_outputs(model, shift):
    """You subtract the mean over the outputs from every bias. Each output has its own sum of weights: `layer.weight.sum((1, 2, 3))`."""
    return with_another_bias(model, shift, lambda b, w, m: b - m * w.sum() / len(w))


def divided_by_m(model, shift):
    """You divide the sum of the weights by m. Multiply: each weight lets m through, so Σ W m is to be subtracted."""
    return with_another_bias(model, shift, lambda b, w, m: b - w.sum((1, 2, 3)) / m)


UNDER_NO_GRAD = {
    **TORCHS_WORDS,
    "leaf Variable that requires grad": "Put the change of the bias under `with torch.no_grad():`.",
    "with shape": "Each output has one bias: sum the weights over dimensions 1, 2 and 3, so that one number is left for each output.",
    "must match the size of tensor": "Each output has one bias: sum the weights over dimensions 1, 2 and 3, so that one number is left for each output.",
    "expected input": "The channels do not fit. Padding and convolution together take the place of the convolution: `second[0] = nn.Sequential(…)`.",
    "as parameter 'bias'": "The bias is an `nn.Parameter`. Change it in place, `layer.bias -= …`, under `with torch.no_grad():`.",
}

EXERCISES = (
    Exercise(
        shift_images,
        "input_shift",
        1,
        shift_cases,
        (
            clipped,
            clipped_above,
            one_channel,
            multiplied,
            subtracted,
            share_of_the_range,
            two_channels,
            positive_values_alone,
            size_of_the_shift,
            shifted_twice,
            shift_alone,
            shift_as_noise,
            share_of_the_mean,
            share_of_the_spread,
            in_steps_of_255,
            towards_white,
            wrapped_around,
            stretched_again,
            cut_below,
            first_row,
            first_image_alone,
            moved_sideways,
            shift_for_a_factor,
            whole_shift,
            half_the_shift,
            with_the_plain_ones,
            shift_for_a_floor,
            clipped_widely,
            clipped_to_twice,
            clipped_to_both_signs,
            first_image_in_no_batch,
            shift_over_255,
            rounded_to_bytes,
        ),
        cures=CHANNEL_BY_CHANNEL,
        recall="Asked for is the same number, `shift` as it is, added to every value of every image: `images + shift`, not clipped and not "
        "rounded.",
    ),
    Exercise(
        unchanged_predictions,
        "input_shift",
        1,
        prediction_cases,
        (
            always_true,
            scores_unchanged,
            the_changed_ones,
            clipped_before,
            all_at_once,
            their_number,
            other_way,
            one_left_out,
            class_of_the_batch,
            image_for_each_class,
            score_by_score,
            order_unchanged,
            lowest_unchanged,
            largest_in_size,
            class_of_the_first,
            both_sides,
            twice_as_far,
            classes_after,
            classes_before,
            classes_subtracted,
            images_left,
            places_of_the_unchanged,
            any_of_them,
            with_dropout_on,
            one_column,
            probabilities_one_by_one,
            each_with_every_other,
            one_truth_for_all,
            never_one_object,
            numbers_of_the_unchanged,
        ),
        cures=ENTRY_BY_ENTRY,
        recall="Asked for is True or False for each image, (N,): whether the class with the highest score, `model(…).argmax(1)`, is the same for "
        "`images` and for `shift_images(images, shift)`; `==` compares entry by entry.",
    ),
    Exercise(
        map_similarity,
        "input_shift",
        3,
        similarity_cases,
        (
            without_ranks,
            of_sizes,
            of_sizes_of_channels,
            channels_apart,
            ties_broken,
            ties_shuffled,
            places_for_ranks,
            not_centred,
            from_differences,
            sign_of_the_correlation_lost,
            faint_is_flat,
            smallest_rank_for_ties,
            dense_ranks,
            nan_for_flat,
            zero_for_flat,
            one_for_flat,
            over_the_batch,
            mean_similarity,
            largest_rank_for_ties,
            ties_broken_but_for_flat,
            argsort_twice,
            smallest_rank_and_nan,
            largest_rank_and_nan,
            order_of_places,
            ranks_across_the_batch,
            of_the_first_channel,
            of_the_largest_channel,
            of_the_positive_part,
            of_channels_without_negatives,
            centred_by_place,
            mixed_counts,
            sum_of_products,
            mean_of_products,
            norms_squared,
            norm_of_the_first,
            norms_added,
            norms_of_the_batch,
            sums_of_the_batch,
            unlikeness,
            correlation_squared,
            from_0_to_1,
            flatness_of_the_channels,
            zeros_alone_are_flat,
            channels_of_zeros_alone_are_flat,
            both_flat_alone,
            first_flat_alone,
            cosine_of_values,
            one_order_turned,
            of_each_row_of_the_map,
            not_in_one_row,
            each_line_apart,
            images_added_up,
            covariance,
            share_of_equal_ranks,
            same_side_of_the_mean,
            mean_above_sum_below,
            ranked_together,
            each_with_itself,
            channels_ranked_apart,
            one_number_for_the_batch,
        ),
        in_float32,
        cures=ROW_BY_ROW,
        recall="For each pair of maps: add up the channels; rank the places of each map, `rankdata(values, axis=1)`; subtract the row's mean from both; then "
        "Σ ab / (√Σ a² √Σ b²). Where both maps have no order it is 1, where one has none 0. (N,)",
    ),
    Exercise(
        stability,
        "input_shift",
        2,
        stability_cases,
        (
            all_images,
            the_others,
            deviation_for_error,
            divided_by_n,
            n_of_all_images,
            without_factor,
            divided_by_all_n,
            mean_in_the_middle,
            one_class_for_all,
            variance_for_deviation,
            root_of_both,
            root_of_one_less,
            factor_of_two,
            factor_for_90,
            in_training_mode,
            half_as_wide,
            median_in_the_middle,
            ends_exchanged,
            ends_without_the_mean,
            mean_and_reach,
            both_ends,
            mean_by_itself,
            for_each_image,
            interval_clipped,
            smallest_and_largest,
            quantiles_for_ends,
            nothing_shifted,
            shifted_too_far,
            shifted_the_other_way,
            clipped_after_the_shift,
            shifted_before_all,
            each_with_its_own_class,
            all_by_the_class_after,
            class_of_the_first_for_all,
            class_one_for_all,
            likeness_of_sizes,
            mean_difference,
            likeness_without_sign,
            unlikeness_of_the_maps,
            sum_in_the_middle,
            likeness_to_the_images,
            spread_over_n,
            mean_reach_and_number,
            shift_of_a_fifth,
            class_of_all_together,
            likeness_of_the_mean_maps,
        ),
        in_float32,
        cures=LEFT_ALONE,
        recall="Asked for are the mean of the n likenesses, mean − 1.96 s / √n and mean + 1.96 s / √n: one likeness, `map_similarity(before, "
        "after)`, for each image whose prediction stays, both maps for the class predicted before the shift.",
    ),
    Exercise(
        compensate_shift,
        "input_shift",
        3,
        compensation_cases,
        (
            bias_alone,
            bias_raised,
            bias_lowered_by_m,
            wrong_axis,
            mean_of_weights,
            sum_of_all_weights,
            padded_with_minus_m,
            padded_with_one,
            padded_twice,
            weights_without_m,
            every_convolution,
            nothing_changed,
            input_bent,
            always_padded_by_one,
            always_padded_by_two,
            padded_by_half_the_kernel,
            padding_lost,
            padded_left_and_right,
            padded_behind,
            edge_mirrored,
            edge_repeated,
            first_input_alone,
            sizes_of_the_weights,
            bias_replaced,
            bias_lowered_twice,
            bias_multiplied,
            weights_lowered,
            weights_lowered_too,
            bias_of_the_last_layer,
            stride_lost,
            padded_by_the_kernel,
            edge_around,
            padded_with_twice_m,
            mean_over_outputs,
            divided_by_m,
        ),
        read=scores_after_the_shift,
        cures=UNDER_NO_GRAD,
        recall="Asked for is a copy of the model whose first bias is lowered by m · (the sum of its output's weights, dimensions 1, 2 and 3), "
        "m = `shift`, whose weights stay, and which pads with m, as far as the convolution did, in front of it, where the convolution pads no more.",
    ),
)
