"""Lesson 07: a shift that nobody notices, and how much the maps notice it."""

import copy

import numpy as np
import torch
from torch import nn

from ... import methods
from ...methods import gradient_x_input
from ...methods.hygiene import in_eval_mode
from ...methods.similarity import interval
from ..exercise import Case, Exercise, Unreadable
from .grad_cam import in_float32
from .networks import random_images, small_network, two_by_two

# shift_images ---------------------------------------------------------------------------------------------------------


def shift_images(images, shift):
    """x + m: the number `shift` added to every value.

    images (N, C, H, W) → (N, C, H, W), in input units; not clipped.
    """
    return images + shift


def shift_cases():
    return [Case("one 2×2 image with values from −1 to 2, shift 0.3", (two_by_two(), 0.3)),
            Case("two 6×6 colour images with values in 0…1, shift 0.4", (random_images(2), 0.4)),
            Case("one 6×6 colour image, shift −0.25", (random_images(1, seed=3), -0.25))]


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
    return torch.tensor([[0.9, 0.1, 0.2], [0.2, 0.7, 0.5], [0.4, 0.3, 0.45], [0.1, 0.6, 0.55]]).reshape(4, 3, 1, 1).expand(4, 3, 2, 2).clone()


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
    return [Case("four images of one colour, a network that weights the channels 1, 2, 3, shift 0.3", (weighted_channels(), dark_channels(), 0.3)),
            Case("four images of one colour, a network that weights the channels 1, 2, 3, shift −0.6", (weighted_channels(), dark_channels(), -0.6)),
            Case("eight colour images, a small network with dropout, shift 0.8", (small_network(), images_of_all_kinds(), 0.8))]


def always_true(model, images, shift):
    """You say that every prediction stays, and some change. Is one of the two made from the shifted images, and do you compare classes, `argmax(1)`?"""
    return torch.ones(len(images), dtype=torch.bool)


def scores_unchanged(model, images, shift):
    """You ask whether the scores are the same. They may change; the class with the highest score must not: `argmax(1)`."""
    with torch.no_grad():
        return torch.isclose(model(images), model(shift_images(images, shift))).all(1)


def the_changed_ones(model, images, shift):
    """That is the opposite: True must say that the prediction stays."""
    return ~unchanged_predictions(model, images, shift)


def clipped_before(model, images, shift):
    """You clip the shifted images to 0…1 before the network sees them. Then it is another shift. Leave them as they are."""
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


# map_similarity -------------------------------------------------------------------------------------------------------


def map_similarity(maps, others):
    """Spearman's rank correlation of each map with its other, over all places.

    maps, others (N, C, h, w), the channels added up first; ties share their mean rank → (N,) in [−1, 1].
    A map without any order (the same value everywhere): 1 with another such map, 0 with any other.
    """
    return methods.map_similarity(maps, others)


def similarity_cases():
    first = torch.tensor([[[4.0, 1.0], [2.0, 3.0]]])[None]
    second = torch.tensor([[[9.0, 1.0], [2.0, 0.5]]])[None]
    sparse = (random_images(3, channels=1, size=6, seed=2) - 0.6).clamp(min=0)
    thinner = (random_images(3, channels=1, size=6, seed=2) + 0.4 * random_images(3, channels=1, size=6, seed=3) - 0.9).clamp(min=0)
    flat = torch.cat([torch.zeros(2, 1, 6, 6), sparse[:1]])
    return [Case("one 2×2 map with the values 4, 1, 2, 3 and another with 9, 1, 2, 0.5", (first, second)),
            Case("three 6×6 maps of three channels, positive and negative", (random_images(3) - 0.5, random_images(3) + 0.7 * random_images(3, seed=5) - 0.85)),
            Case("three 6×6 maps in which many places tie, at 0, as in a Grad-CAM", (sparse, thinner)),
            Case("two maps of zeros alone and one that is not, each beside a map of zeros, of ones, or itself",
                 (flat, torch.cat([torch.zeros(1, 1, 6, 6), sparse[:1], sparse[:1]]))),
            Case("a map and its negative, a map of 0.5 alone beside one of 2 alone, and two faint maps, of the order 1e-8",
                 (torch.cat([second, torch.full_like(second, 0.5), 1e-8 * first]), torch.cat([-second, torch.full_like(second, 2.0), 1e-8 * second])))]


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
    ranks = [np.argsort(np.argsort(each, axis=1, kind="stable"), axis=1, kind="stable") for each in (places(maps), places(others))]
    return correlation(*ranks)


def ties_shuffled(maps, others):
    """Your ranks set tied places apart: the many zeros of a map get some order that they have not. Let ties share their mean rank, as `scipy.stats.rankdata` does."""
    return correlation(*(np.argsort(np.argsort(each, axis=1), axis=1) for each in (places(maps), places(others))))


def places_for_ranks(maps, others):
    """`argsort` once tells which place comes first, second, third. The rank is the reverse: of each place, the how-manieth it is. `scipy.stats.rankdata` gives it."""
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


# stability ------------------------------------------------------------------------------------------------------------


def stability(method, model, images, shift):
    """Mean similarity of the maps before and after the shift, for the images whose prediction stays, with its interval.

    method(model, images, target) → maps, for the class predicted before the shift. → (3,): the mean, and the ends of
    its 95 % interval, mean − 1.96 s / √n and mean + 1.96 s / √n, with n − 1 in s. At least two images stay.
    """
    return methods.stability(method, model, images, shift)


def images_that_stay():
    return torch.cat([dark_channels(), random_images(4, size=2, seed=6) * 0.8])


def stability_cases():
    return [Case("eight images of 2×2, the method M(x) = x · target + x², shift 0.3; some predictions change",
                 (squares_by_class, weighted_channels(), images_that_stay(), 0.3)),
            Case("eight colour images, gradient × input of a small network, shift 0.4", (gradient_x_input, small_network(), images_of_all_kinds(), 0.4)),
            Case("eight colour images, gradient × input of a small network, shift −0.5", (gradient_x_input, small_network(), images_of_all_kinds(), -0.5))]


def squares_by_class(model, images, target):
    """A map that is easy to foretell, and differs from class to class."""
    sign = torch.as_tensor(target).reshape(-1, 1, 1, 1) - 1.0
    return (images.detach() - 0.5) ** 2 + sign * images.detach().flip(3)


def rows_of(method, model, images, shift, target=None):
    target = predicted(model, images) if target is None else target
    return map_similarity(method(model, images, target).detach(), method(model, shift_images(images, shift), target).detach())


def staying(model, images, shift):
    return images[unchanged_predictions(model, images, shift)]


def all_images(method, model, images, shift):
    """You take in the images whose prediction changes. Leave them out: there the network says something else, and its map may."""
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
    return interval(rows_of(method, model, staying(model, images, shift), shift, torch.zeros(len(staying(model, images, shift)), dtype=torch.long)))


# compensate_shift -----------------------------------------------------------------------------------------------------


def compensate_shift(model, shift):
    """f₂ with f₂(x + m) = f₁(x), m = shift: a copy of f₁ = model, which begins with a convolution, model[0].

    The first bias is b − Σ W m; where model[0] pads with zeros, the copy pads with m. Both together are the copy's
    first layer, copy[0]; all other layers are the same, in the same places.
    """
    return methods.compensate_shift(model, shift)


def scores_after_the_shift(result, model, shift):
    """What an answer is judged by: the scores of its network for shifted images."""
    if result is None:
        return None
    if not isinstance(result, nn.Sequential):
        raise Unreadable(f"Return a network like the model, an `nn.Sequential`; yours is a {type(result).__name__}.")
    if len(result) != len(model):
        raise Unreadable(f"Your network has {len(result)} layers in a row, the model has {len(model)}. Put the padding and "
                         "the convolution into one `nn.Sequential`, and that into `second[0]`: then all other layers "
                         "keep their places.")
    first = next(layer for layer in model.modules() if isinstance(layer, nn.Conv2d))
    images = random_images(2, channels=first.in_channels, seed=9).to(first.weight)
    with torch.no_grad():
        return result(images + shift)


def begins_with(layer, seed=4):
    """A network that takes maps of any size behind its first layer: four means over their quarters count."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        nn.init.normal_(layer.weight, 0.1, 0.3)
        ends = nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 4)
        return nn.Sequential(layer, nn.ReLU(), nn.Conv2d(layer.out_channels, 4, 1), *ends).eval()


def compensation_cases():
    return [Case("a network that begins with a 3×3 convolution without padding, shift 0.3", (begins_with(nn.Conv2d(1, 2, 3)), 0.3)),
            Case("a network that begins with a 3×3 convolution from 3 channels to 3, padding 1, shift 0.2", (begins_with(nn.Conv2d(3, 3, 3, padding=1)), 0.2)),
            Case("a network that begins with a 5×5 convolution, padding 2, stride 2, shift −0.4",
                 (begins_with(nn.Conv2d(3, 5, 5, padding=2, stride=2)), -0.4))]


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
    second = methods.compensate_shift(model, shift)
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


UNDER_NO_GRAD = {
    "leaf Variable that requires grad": "Put the change of the bias under `with torch.no_grad():`.",
    "as parameter 'bias'": "The bias is an `nn.Parameter`. Change it in place, `layer.bias -= …`, under `with torch.no_grad():`.",
}

EXERCISES = (
    Exercise(shift_images, "input_shift", 1, shift_cases,
             (clipped, clipped_above, one_channel, multiplied, subtracted, share_of_the_range)),
    Exercise(unchanged_predictions, "input_shift", 1, prediction_cases,
             (always_true, scores_unchanged, the_changed_ones, clipped_before, all_at_once, their_number, other_way)),
    Exercise(map_similarity, "input_shift", 3, similarity_cases,
             (without_ranks, of_sizes, of_sizes_of_channels, channels_apart, ties_broken, ties_shuffled,
              places_for_ranks, not_centred, from_differences, sign_of_the_correlation_lost, faint_is_flat, smallest_rank_for_ties,
              dense_ranks, nan_for_flat, zero_for_flat, one_for_flat, over_the_batch, mean_similarity),
             in_float32),
    Exercise(stability, "input_shift", 2, stability_cases,
             (all_images, the_others, deviation_for_error, divided_by_n, n_of_all_images, without_factor, divided_by_all_n, mean_in_the_middle,
              one_class_for_all),
             in_float32),
    Exercise(compensate_shift, "input_shift", 3, compensation_cases,
             (bias_alone, bias_raised, bias_lowered_by_m, wrong_axis, mean_of_weights, sum_of_all_weights, padded_with_minus_m, padded_with_one,
              padded_twice, weights_without_m, every_convolution, nothing_changed, input_bent),
             read=scores_after_the_shift, cures=UNDER_NO_GRAD),
)
