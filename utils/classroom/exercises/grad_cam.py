"""Lesson 04: Grad-CAM, step by step, and guided Grad-CAM."""

import torch
import torch.nn.functional as F
from torch import nn

from ...methods import (
    class_score,
    deconvnet,
    grad_cam,
    guided_backprop,
    guided_grad_cam,
    guided_rule,
    relu_rule,
    vanilla_gradient,
)
from ..exercise import Case, Exercise, Unreadable
from ..surroundings import drawn_by
from .deconvnet import plain_network, random_tensor
from .networks import followed_by, pooling_network, random_images, small_network


def in_float32(result):
    """A result computed in float64 is as good."""
    return result.float() if result is not None and result.dtype == torch.float64 else result


HANDED_OVER = {  # what a network says of another's images → what to do
    "expected input": "Use the model and the images that are handed over, not the `network` and the `image` of the cells above.",
    "mat1 and mat2 shapes": "Does the model get a batch of whole images, (N, C, H, W)? And is it the model that is handed over, not the `network` of the cells above?",
}


IN_BRACKETS = (
    "Several dimensions go together in brackets: `.mean((2, 3))`, `.sum((1, 2, 3))`, `.amax((1, 2, 3), keepdim=True)`."
)
TORCHS_WORDS = {  # what PyTorch says of slips that may happen in any exercise here → what to do
    "argument 'keepdim' (position": IN_BRACKETS,
    "mean() takes": IN_BRACKETS,
    "sum() takes": IN_BRACKETS,
    "amax() takes": IN_BRACKETS,
    "amin() takes": IN_BRACKETS,
    "zero-dimensional tensor": "`torch.cat` joins along a dimension that the tensors have. `torch.stack` gives them a new one, and takes single numbers, too.",
    "expected Tensor as element": "`torch.stack` takes tensors. Of plain numbers `torch.tensor([…])` makes one.",
    "'tensors' (position 1) must be tuple": "`torch.stack` and `torch.cat` take a list: `torch.stack([one, other])`.",
    "'list' object has no attribute": "A list knows no `mean`, `sum` or `shape`. `torch.stack(…)` makes one tensor of it, with a new first dimension.",
}


# channel_weights ------------------------------------------------------------------------------------------------------


def channel_weights(gradient):
    """α_k, the mean of ∂S/∂A_k over the places of channel k: gradient (N, K, h, w) → (N, K)."""
    return gradient.mean(dim=(2, 3))


def weights_cases():
    small = torch.tensor([[[[1.0, 2.0], [3.0, -2.0]], [[-1.0, -4.0], [2.0, -5.0]], [[5.0, 1.0], [4.0, 2.0]]]])
    return [
        Case("one gradient of 3 channels and 2×2 places, (1 2; 3 −2), (−1 −4; 2 −5) and (5 1; 4 2)", (small,)),
        Case("the gradients of two images, 5 channels and 3×4 places", (random_tensor(2, 5, 3, 4),)),
        Case(
            "the gradients of two images, 3 channels and 4×3 places, zero at some of them",
            (random_tensor(2, 3, 4, 3, seed=7).clamp(min=-0.5) + 0.5,),
        ),
    ]


def summed_weights(gradient):
    """You take the sum over the places. α is their mean: it must not grow with the size of the map."""
    return gradient.sum(dim=(2, 3))


def largest_weights(gradient):
    """You take the largest value of each channel. α is the mean over its places."""
    return gradient.amax(dim=(2, 3))


def median_weights(gradient):
    """You take the median of each channel. α is the mean over its places."""
    return gradient.flatten(2).median(dim=2).values


def weights_in_size(gradient):
    """You take the mean of the absolute values. Keep the sign: a negative weight says that the channel speaks against the class."""
    return gradient.abs().mean(dim=(2, 3))


def positive_weights(gradient):
    """You set negative values to zero before the mean. α is the plain mean; it may be negative."""
    return gradient.relu().mean(dim=(2, 3))


def mean_over_channels(gradient):
    """You take the mean over the channels. Each channel has a weight of its own: take the mean over its rows and columns, dimensions 2 and 3."""
    return gradient.mean(dim=1)


def weights_over_the_batch(gradient):
    """You take the mean over the batch, too. Each image has its own weights: (N, K)."""
    return gradient.mean(dim=(0, 2, 3))


def batch_of_one_lost(gradient):
    """Your numbers are right, but for one image the batch dimension is gone: return (1, K) there, not (K,). `.squeeze()` without a number takes away every dimension of size 1."""
    return gradient.mean(dim=(2, 3)).squeeze()


def weights_of_the_first_image(gradient):
    """You return the weights of the first image alone, (K,). Return those of all images, (N, K); of one image that is (1, K)."""
    return gradient[0].mean(dim=(1, 2))


def dimensions_kept(gradient):
    """Your numbers are right; leave out the two dimensions of size 1 at the end: (N, K) is asked for."""
    return gradient.mean(dim=(2, 3), keepdim=True)


def over_rows_alone(gradient):
    """You take the mean over dimension 2 alone, the rows. The places are rows and columns: take dimensions 2 and 3 together."""
    return gradient.mean(dim=2)


def over_columns_alone(gradient):
    """You take the mean over dimension 3 alone, the columns. The places are rows and columns: take dimensions 2 and 3 together."""
    return gradient.mean(dim=3)


def counted_from_one(gradient):
    """You take the mean over dimensions 1 and 2, which are the channels and the rows. Dimensions are counted from 0: the places are 2 and 3."""
    return gradient.mean(dim=(1, 2))


def over_images_and_channels(gradient):
    """You take the mean over dimensions 0 and 1, the images and the channels. These two stay; the mean runs over the places, dimensions 2 and 3."""
    return gradient.mean(dim=(0, 1))


def positive_places_alone(gradient):
    """You average the positive places alone. α is the mean over all places, so it may be negative."""
    positive = gradient > 0
    return (gradient * positive).sum(dim=(2, 3)) / positive.sum(dim=(2, 3)).clamp(min=1)


def one_place_less(gradient):
    """You divide by one place less than there are. α is a plain mean: divide by rows × columns."""
    return gradient.sum(dim=(2, 3)) / (gradient[0, 0].numel() - 1)


def divided_by_channels(gradient):
    """You divide the sum by the number of channels. Divide it by the number of places, rows × columns: `.mean(dim=(2, 3))` does that."""
    return gradient.sum(dim=(2, 3)) / gradient.shape[1]


def divided_by_rows(gradient):
    """You divide the sum by the number of rows alone. Divide it by the number of places, rows × columns: `.mean(dim=(2, 3))` does that."""
    return gradient.sum(dim=(2, 3)) / gradient.shape[2]


def divided_by_columns(gradient):
    """You divide the sum by the number of columns alone. Divide it by the number of places, rows × columns: `.mean(dim=(2, 3))` does that."""
    return gradient.sum(dim=(2, 3)) / gradient.shape[3]


def divided_by_a_square(gradient):
    """You divide the sum by the height squared, and a map need not be as wide as it is high. Divide by rows × columns: `.mean(dim=(2, 3))` does that."""
    return gradient.sum(dim=(2, 3)) / gradient.shape[2] ** 2


def scaled_by_their_sum(gradient):
    """You divide the weights by their sum. Leave the means as they are: a weight is in score per unit of activation."""
    weights = channel_weights(gradient)
    return weights / weights.sum(dim=1, keepdim=True)


def scaled_by_the_largest(gradient):
    """You divide the weights by the largest of them. Leave the means as they are: a weight is in score per unit of activation."""
    weights = channel_weights(gradient)
    return weights / weights.abs().amax(dim=1, keepdim=True)


def scaled_by_softmax(gradient):
    """You put the weights through a softmax, which makes all of them positive. Leave the means as they are, with their signs."""
    return channel_weights(gradient).softmax(dim=1)


def negative_weights_cut(gradient):
    """You set negative weights to zero. Keep them: such a channel speaks against the class, and that counts, too."""
    return channel_weights(gradient).relu()


def sizes_of_the_weights(gradient):
    """You take the size of the mean. Keep its sign: a negative weight says that the channel speaks against the class."""
    return channel_weights(gradient).abs()


def length_of_each_channel(gradient):
    """You take the norm of each channel, the root of its summed squares. α is the mean over its places, with its sign."""
    return gradient.square().sum(dim=(2, 3)).sqrt()


def spread_of_each_channel(gradient):
    """You take the standard deviation of each channel. α is the mean over its places."""
    return gradient.std(dim=(2, 3))


def weights_turned(gradient):
    """Your numbers are right, the order of the dimensions is not: the images come first, (N, K)."""
    return channel_weights(gradient).T


def smallest_of_each_channel(gradient):
    """You take the smallest value of each channel. α is the mean over its places."""
    return gradient.amin(dim=(2, 3))


def first_place_alone(gradient):
    """You take one place of each channel. α is the mean over all its places, dimensions 2 and 3."""
    return gradient[:, :, 0, 0]


def root_mean_square(gradient):
    """You square the values before the mean. α is their plain mean, with its sign."""
    return gradient.square().mean(dim=(2, 3)).sqrt()


def one_number_for_each_image(gradient):
    """You get one number for each image. Each channel has a weight of its own: take the mean over dimensions 2 and 3 alone."""
    return gradient.mean(dim=(1, 2, 3))


def one_number_in_a_column(gradient):
    """You get one number for each image, (N, 1). Each channel has a weight of its own: take the mean over dimensions 2 and 3 alone."""
    return gradient.mean(dim=(1, 2, 3))[:, None]


def largest_sizes(gradient):
    """You take the largest size of each channel. α is the mean over its places, with its sign."""
    return gradient.abs().amax(dim=(2, 3))


def divided_by_all_values(gradient):
    """You divide the sum by the number of all values. Divide it by the number of places, rows × columns: `.mean(dim=(2, 3))` does that."""
    return gradient.sum(dim=(2, 3)) / gradient.numel()


def over_places_not_zero(gradient):
    """You divide by the number of places where the gradient is not zero. Divide by the number of all places: a zero counts, too."""
    return gradient.sum(dim=(2, 3)) / (gradient != 0).sum(dim=(2, 3)).clamp(min=1)


def one_number_for_all(gradient):
    """You get one number for everything. Each image and each channel has a weight of its own: name the dimensions of the places, `dim=(2, 3)`."""
    return gradient.mean()


def scaled_by_their_norm(gradient):
    """You divide the weights by their norm. Leave the means as they are: a weight is in score per unit of activation."""
    weights = channel_weights(gradient)
    return weights / weights.norm(dim=1, keepdim=True)


def divided_by_the_width_squared(gradient):
    """You divide the sum by the width squared, and a map need not be as high as it is wide. Divide by rows × columns: `.mean(dim=(2, 3))` does that."""
    return gradient.sum(dim=(2, 3)) / gradient.shape[3] ** 2


# grad_cam_map ---------------------------------------------------------------------------------------------------------


def grad_cam_map(activations, weights, relu=True):
    """ReLU(Σ_k α_k A_k): the layer's channels, weighted and added up; with relu=False negative evidence stays.

    activations (N, K, h, w), weights (N, K) → (N, 1, h, w).
    """
    cam = (weights[:, :, None, None] * activations).sum(dim=1, keepdim=True)
    return cam.relu() if relu else cam


def map_cases():
    activations = torch.tensor([[[[4.0, 5.0], [0.0, 2.0]], [[1.0, 0.0], [2.0, 3.0]], [[3.0, 0.0], [3.0, 1.0]]]])
    small, several = (
        (activations, torch.tensor([[-1.0, 2.0, 1.0]])),
        (random_tensor(3, 5, 3, 4, seed=1), random_tensor(3, 5, seed=2)),
    )
    what = "3 channels of 2×2 places, (4 5; 0 2), (1 0; 2 3) and (3 0; 3 1), weights (−1, 2, 1)"
    return [
        Case(f"{what}, relu=True", (*small, True)),
        Case(f"{what}, relu=False", (*small, False)),
        Case(f"{what}, without a word on relu", small),
        Case("three images, 5 channels of 3×4 places, relu=True", (*several, True)),
        Case("three images, 5 channels of 3×4 places, relu=False", (*several, False)),
    ]


def never_cut(activations, weights, relu=True):
    """You leave the negative values in although `relu` is True. Then they become zero, after the sum."""
    return grad_cam_map(activations, weights, False)


def always_cut(activations, weights, relu=True):
    """You set the negative values to zero even where `relu` is False. Then they stay."""
    return grad_cam_map(activations, weights, True)


def off_by_default(activations, weights, relu=False):
    """Your map is right where `relu` is given. Where it is left out it counts as True: keep `relu=True` in the first line."""
    return grad_cam_map(activations, weights, relu)


def cut_before_the_sum(activations, weights, relu=True):
    """You set negative values to zero in each channel, before the sum. Add up first: evidence for and against is weighed at each place."""
    weighted = weights[:, :, None, None] * activations
    return (weighted.relu() if relu else weighted).sum(dim=1, keepdim=True)


def without_weights(activations, weights, relu=True):
    """You add up the channels without their weights. Multiply each by its α first: that is where the class comes in."""
    return grad_cam_map(activations, torch.ones_like(weights), relu)


def mean_of_channels(activations, weights, relu=True):
    """You take the mean over the channels. Grad-CAM takes their weighted sum."""
    return grad_cam_map(activations, weights, relu) / activations.shape[1]


def for_weights_only(activations, weights, relu=True):
    """You keep only the channels with a positive weight. Those with a negative weight speak against the class, and that counts, too."""
    return grad_cam_map(activations, weights.relu(), relu)


def first_channel_alone(activations, weights, relu=True):
    """You return the part of the first channel alone. Add up all channels. Is your `return` inside the loop? Or does the loop count the images, `shape[0]`, in place of the channels, `shape[1]`?"""
    return grad_cam_map(activations[:, :1], weights[:, :1], relu)


def map_of_the_first_image(activations, weights, relu=True):
    """You return the map of the first image alone, (1, h, w). Return those of all images: (N, 1, h, w)."""
    return grad_cam_map(activations, weights, relu)[0]


def size_of_the_map(activations, weights, relu=True):
    """You take the absolute value in place of the ReLU. That makes evidence against the class look like evidence for it."""
    cam = grad_cam_map(activations, weights, False)
    return cam.abs() if relu else cam


def channel_lost(activations, weights, relu=True):
    """Your values are right, but the channel dimension is gone. Keep it: (N, 1, h, w), by `.sum(dim=1, keepdim=True)`."""
    return grad_cam_map(activations, weights, relu).squeeze(1)


def strongest_channel(activations, weights, relu=True):
    """You keep the largest value of all the channels at each place, by `max` or `amax`. Add all the channels up: `.sum(dim=1, keepdim=True)`."""
    cam = (weights[:, :, None, None] * activations).amax(dim=1, keepdim=True)
    return cam.relu() if relu else cam


def last_channel_alone(activations, weights, relu=True):
    """Only the last channel comes into your map. Add up all of them: in a loop, `cam = cam + …` in place of `cam = …`."""
    return grad_cam_map(activations[:, -1:], weights[:, -1:], relu)


def without_the_first_channel(activations, weights, relu=True):
    """The first channel is missing in your sum. Channels are counted from 0."""
    return grad_cam_map(activations[:, 1:], weights[:, 1:], relu)


def three_channels_alone(activations, weights, relu=True):
    """You add up three channels, however many there are. Their number is `activations.shape[1]`."""
    return grad_cam_map(activations[:, :3], weights[:, :3], relu)


def weights_without_sign(activations, weights, relu=True):
    """You weight by the sizes of the weights. Keep their signs: a channel with a negative weight speaks against the class."""
    return grad_cam_map(activations, weights.abs(), relu)


def divided_by_the_weights(activations, weights, relu=True):
    """You divide by the sum of the weights. Grad-CAM takes the weighted sum as it is."""
    cam = grad_cam_map(activations, weights, False) / weights.sum(dim=1)[:, None, None, None]
    return cam.relu() if relu else cam


def weights_of_the_first_for_all(activations, weights, relu=True):
    """You weight every image by the weights of the first. Each image has its own: `weights[:, :, None, None]` is (N, K, 1, 1)."""
    return grad_cam_map(activations, weights[:1].expand_as(weights), relu)


def summed_over_places(activations, weights, relu=True):
    """You sum over the places, and one number is left for each channel. Sum over the channels, dimension 1: what stays are the places."""
    cam = (weights[:, :, None, None] * activations).sum(dim=(2, 3), keepdim=True)
    return cam.relu() if relu else cam


def not_summed(activations, weights, relu=True):
    """You weight the channels, and do not add them up. Sum over dimension 1: `.sum(dim=1, keepdim=True)`."""
    cam = weights[:, :, None, None] * activations
    return cam.relu() if relu else cam


def summed_over_images(activations, weights, relu=True):
    """You add up the images, too. Each has a map of its own: sum over dimension 1 alone."""
    cam = (weights[:, :, None, None] * activations).sum(dim=(0, 1), keepdim=True)
    return cam.relu() if relu else cam


def cut_the_wrong_way(activations, weights, relu=True):
    """You have it the wrong way round: with relu=True the negative values become zero, with relu=False they stay."""
    return grad_cam_map(activations, weights, not relu)


def kept_below_zero(activations, weights, relu=True):
    """You keep what is below zero and cut off what is above. A ReLU does the opposite: `.relu()`, or `.clamp(min=0)`."""
    cam = grad_cam_map(activations, weights, False)
    return cam.clamp(max=0) if relu else cam


def cut_at_one(activations, weights, relu=True):
    """You cut off what is above 1, too. Set the negative values to zero and leave the others: `.clamp(min=0)`."""
    cam = grad_cam_map(activations, weights, relu)
    return cam.clamp(max=1) if relu else cam


def cut_activations(activations, weights, relu=True):
    """You set the negative activations to zero before you weight them. Take them as they are; only the finished sum is cut."""
    return grad_cam_map(activations.relu(), weights, relu)


def cut_on_the_way(activations, weights, relu=True):
    """You set negative values to zero inside the loop, after each channel. Add up all channels first, then cut once, behind the loop."""
    cam = torch.zeros_like(activations[:, :1])
    for k in range(activations.shape[1]):
        cam = cam + weights[:, k, None, None, None] * activations[:, k : k + 1]
        cam = cam.relu() if relu else cam
    return cam


def divided_by_the_largest(activations, weights, relu=True):
    """You divide by the largest value. Return the weighted sum as it is, in units of the score."""
    cam = grad_cam_map(activations, weights, relu)
    return cam / cam.abs().max()


def stretched_map(activations, weights, relu=True):
    """You stretch the map from its smallest to its largest value. Return the weighted sum as it is, in units of the score."""
    cam = grad_cam_map(activations, weights, relu)
    return (cam - cam.min()) / (cam.max() - cam.min())


def weights_added(activations, weights, relu=True):
    """You add the weights to the activations. Multiply each channel by its weight, then add the channels up."""
    cam = (weights[:, :, None, None] + activations).sum(dim=1, keepdim=True)
    return cam.relu() if relu else cam


def images_for_channels(activations, weights, relu=True):
    """Your images stand where the channel should be, (1, N, h, w). The new dimension is number 1: `[:, None]`, or `keepdim=True` in the sum."""
    return grad_cam_map(activations, weights, relu).transpose(0, 1)


def every_weight_for_every_image(activations, weights, relu=True):
    """You weight each image by the weights of every image, (N, N, h, w). Each goes with its own: `weights[:, :, None, None] * activations`, then the sum over dimension 1."""
    cam = torch.einsum("mk,nkhw->mnhw", weights, activations)
    return cam.relu() if relu else cam


def summed_over_columns(activations, weights, relu=True):
    """You sum over the columns, the last dimension. Sum over the channels, dimension 1."""
    cam = (weights[:, :, None, None] * activations).sum(dim=-1, keepdim=True)
    return cam.relu() if relu else cam


def weights_through_softmax(activations, weights, relu=True):
    """You put the weights through a softmax, which makes all of them positive. Take them as they are."""
    return grad_cam_map(activations, weights.softmax(dim=1), relu)


def map_squeezed(activations, weights, relu=True):
    """Your values are right, but the dimensions of size 1 are gone. Keep them all: (N, 1, h, w)."""
    return grad_cam_map(activations, weights, relu).squeeze()


def map_leaky(activations, weights, relu=True):
    """You let a part of the negative values through, as a leaky ReLU does. Set them to zero: `.relu()`."""
    cam = grad_cam_map(activations, weights, False)
    return F.leaky_relu(cam) if relu else cam


def negative_evidence_alone(activations, weights, relu=True):
    """With relu=False you return the evidence against, turned positive. Return the weighted sum as it is: for and against, with their signs."""
    cam = grad_cam_map(activations, weights, False)
    return cam.relu() if relu else (-cam).relu()


def one_weight_for_all_channels(activations, weights, relu=True):
    """You weight all channels by the mean of the weights. Each channel has its own: `weights[:, :, None, None] * activations`."""
    return grad_cam_map(activations, weights.mean(dim=1, keepdim=True).expand_as(weights), relu)


def squares_added(activations, weights, relu=True):
    """You square the weighted channels. Add them up as they are: for and against are weighed at each place."""
    return (weights[:, :, None, None] * activations).square().sum(dim=1, keepdim=True)


def weights_cut_in_place_of_the_sum(activations, weights, relu=True):
    """With relu=True you set negative weights to zero, and leave the sum as it is. Keep the weights, with their signs; the ReLU comes last, on the weighted sum."""
    return grad_cam_map(activations, weights.relu() if relu else weights, False)


def weights_of_all_the_images(activations, weights, relu=True):
    """You weight each image by the weights of all images together. Each goes with its own: `weights[:, :, None, None] * activations`; in an einsum both have the same letter n, "nk,nkhw->nhw"."""
    return grad_cam_map(activations, weights.sum(dim=0, keepdim=True).expand_as(weights), relu)


def each_divided_by_its_largest(activations, weights, relu=True):
    """You divide each map by its largest value. Return the weighted sum as it is, in units of the score."""
    cam = grad_cam_map(activations, weights, relu)
    return cam / cam.abs().amax(dim=(2, 3), keepdim=True)


def cut_below_the_mean(activations, weights, relu=True):
    """You set to zero what is below the mean of the map. A ReLU cuts at 0: `.relu()`."""
    cam = grad_cam_map(activations, weights, False)
    return cam * (cam > cam.mean()) if relu else cam


# upsample_map ---------------------------------------------------------------------------------------------------------


def upsample_map(maps, size):
    """Maps enlarged to `size` = (H, W), with straight lines between their values: (N, 1, h, w) → (N, 1, H, W).

    A value stands for the middle of its block (bilinear interpolation, align_corners=False).
    """
    return F.interpolate(maps, tuple(size), mode="bilinear", align_corners=False)


def upsample_cases():
    return [
        Case("one map of 1×2, (0 4), to 1×4", (torch.tensor([[[[0.0, 4.0]]]]), (1, 4))),
        Case("one map of 2×2 to 4×6", (torch.tensor([[[[1.0, 2.0], [3.0, 8.0]]]]), (4, 6))),
        Case("two maps of 3×4 to 9×8", (random_tensor(2, 1, 3, 4, seed=3), (9, 8))),
        Case("three maps of 3×4 to 7×10", (random_tensor(3, 1, 3, 4, seed=5), (7, 10))),
    ]


def in_blocks(maps, size):
    """You repeat each value as a block. Put straight lines between the values: mode=\"bilinear\"."""
    return F.interpolate(maps, tuple(size), mode="nearest")


def corners_aligned(maps, size):
    """You put the outer values at the very corners (align_corners=True). A value stands for the middle of its block: align_corners=False."""
    return F.interpolate(maps, tuple(size), mode="bilinear", align_corners=True)


def curved(maps, size):
    """You interpolate with curves (bicubic), which shoot beyond the values. Use straight lines, mode=\"bilinear\": zero stays the smallest value."""
    return F.interpolate(maps, tuple(size), mode="bicubic", align_corners=False)


def turned_size(maps, size):
    """Height and width are exchanged. `size` is (H, W), as torch has it."""
    return F.interpolate(maps, tuple(size)[::-1], mode="bilinear", align_corners=False)


def first_map_alone(maps, size):
    """You return the first map alone, (1, H, W). Return all of them: (N, 1, H, W)."""
    return upsample_map(maps, size)[0]


def enlarged_without_channel(maps, size):
    """Your values are right, but the channel dimension is gone. Keep it: (N, 1, H, W)."""
    return upsample_map(maps, size).squeeze(1)


def scaled_to_one(maps, size):
    """You also divide by the largest value. Enlarge alone: the values are in units of the score."""
    enlarged = upsample_map(maps, size)
    return enlarged / enlarged.abs().amax(dim=(1, 2, 3), keepdim=True)


def whole_multiples(maps, size):
    """You enlarge by a whole number of times, and `size` need not be one. Hand `size` itself to `F.interpolate`."""
    factors = tuple(wanted // given for wanted, given in zip(size, maps.shape[2:], strict=True))
    return F.interpolate(maps, scale_factor=factors, mode="bilinear", align_corners=False)


def blocks_of_whole_multiples(maps, size):
    """You repeat each value as a block, a whole number of times. Put straight lines between the values, up to `size`: `F.interpolate` with mode=\"bilinear\"."""
    for dimension in (2, 3):
        maps = maps.repeat_interleave(size[dimension - 2] // maps.shape[dimension], dimension)
    return maps


def one_factor_for_both(maps, size):
    """You enlarge height and width by the same factor. Hand over both numbers, `size` as it is."""
    return F.interpolate(maps, scale_factor=size[0] / maps.shape[2], mode="bilinear", align_corners=False)


def height_for_both(maps, size):
    """You take the height for the width, too. Hand over both numbers, `size` as it is."""
    return upsample_map(maps, (size[0], size[0]))


def width_for_both(maps, size):
    """You take the width for the height, too. Hand over both numbers, `size` as it is."""
    return upsample_map(maps, (size[1], size[1]))


def always_96(maps, size):
    """You enlarge to 96 × 96, whatever `size` says. Hand `size` over."""
    return upsample_map(maps, (96, 96))


def always_four_times(maps, size):
    """You enlarge four times, whatever `size` says. Hand `size` over, in place of `scale_factor`."""
    return F.interpolate(maps, scale_factor=4, mode="bilinear", align_corners=False)


def stretched_to_one(maps, size):
    """You also stretch the values from 0 to 1. Enlarge alone: the values are in units of the score."""
    enlarged = upsample_map(maps, size)
    return (enlarged - enlarged.min()) / (enlarged.max() - enlarged.min())


def ones_squeezed(maps, size):
    """Your values are right, but `.squeeze()` takes away every dimension of size 1. Keep them all: (N, 1, H, W)."""
    return upsample_map(maps, size).squeeze()


def padded_to_size(maps, size):
    """You put zeros around the map. Enlarge the map itself: `F.interpolate`."""
    return F.pad(maps, (0, size[1] - maps.shape[3], 0, size[0] - maps.shape[2]))


def one_map_lost(maps, size):
    """For one map the dimension that counts the maps is gone. Keep it, (1, 1, H, W): leave out the `squeeze`."""
    return upsample_map(maps, size).squeeze(0)


def size_as_a_factor(maps, size):
    """You enlarge `size` times. `size` is what the maps are to have, (H, W): hand it over second, `F.interpolate(maps, size, …)`, and not as `scale_factor`."""
    return F.interpolate(maps, scale_factor=tuple(map(float, size)), mode="bilinear", align_corners=False)


ENLARGE_CURES = {
    **TORCHS_WORDS,
    "linear mode needs": 'The maps have rows and columns: there straight lines are called `mode="bilinear"`.',
    "same number of spatial dimensions": "Hand over `maps` as they are, (N, 1, h, w), and `size` as it is, two numbers.",
    "spatial dimensions of": "Hand over `maps` as they are, (N, 1, h, w), and `size` as it is, two numbers.",
    "only one of size or scale_factor": 'Give what follows the size by its name: `F.interpolate(maps, size, mode="bilinear")`.',
    "is invalid for input of size": "`reshape` and `view` make no new values. `F.interpolate(maps, size, …)` enlarges a batch of maps to a size.",
    "expanded size of the tensor": "`expand` repeats only what has length 1. `F.interpolate` enlarges a batch of maps to a size.",
}


# grad_cam -------------------------------------------------------------------------------------------------------------


def two_channels():
    """The smallest network with a map to weigh: one convolution with 2 filters, a ReLU, one linear layer; 2 classes."""
    convolution, linear = nn.Conv2d(1, 2, 1), nn.Linear(8, 2)
    with torch.no_grad():
        convolution.weight.copy_(torch.tensor([1.0, -1.0]).reshape(2, 1, 1, 1))
        convolution.bias.copy_(torch.tensor([0.0, 2.0]))
        linear.weight.copy_(torch.tensor([[1.0, 1, 1, 1, -1, -1, -1, -1], [-1, 0, 0, 2, 1, 1, 3, -1]]))
        linear.bias.zero_()
    return nn.Sequential(convolution, nn.ReLU(), nn.Flatten(), linear).eval()


def in_place_network():
    """A convolution followed by an in-place ReLU, pooling and a linear layer; 3 classes."""
    with drawn_by(3):
        return nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3)
        ).eval()


class Branching(nn.Module):
    """A convolution, and two more layers whose output is added to its own; the mean over all places; linear; 3 classes.

    No chain: to run its layers one after another is not what it does.
    """

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.branch = nn.Sequential(nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1))
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        x = self.stem(x)
        return self.head((x + self.branch(x)).relu().mean((2, 3)))


def branching_network():
    with drawn_by(5):
        return Branching().eval()


def cam_cases():
    image = torch.tensor([[[[1.0, 0.5], [3.0, 2.0]]]])
    tiny, plain, small, wide = two_channels(), plain_network(), small_network(), pooling_network()
    branching, in_place = branching_network(), in_place_network()
    return [
        Case(
            "one 2×2 image, a network of one convolution, a ReLU and a linear layer, target 0, the ReLU",
            (tiny, image, 0, tiny[1]),
        ),
        Case(
            "one 2×2 image, a network of one convolution, a ReLU and a linear layer, target 1, the convolution",
            (tiny, image, 1, tiny[0]),
        ),
        Case("two 6×6 colour images, target 2, the pooling (maps of 3×3)", (plain, random_images(2), 2, plain[4])),
        Case(
            "three images, a target for each, the pooling",
            (small, random_images(3, seed=2), torch.tensor([2, 0, 1]), small[2]),
        ),
        Case("two images of 6×8, target 1, the ReLU", (wide, random_images(2, width=8, seed=5), 1, wide[1])),
        Case(
            "two images, target 0, a network with a branch, a convolution in the branch",
            (branching, random_images(2, seed=3), 0, branching.branch[1]),
        ),
        Case(
            "two images, target 0, a convolution with an in-place ReLU behind it",
            (in_place, random_images(2, seed=4), 0, in_place[0]),
        ),
    ]


def at_layer(model, images, target, layer, copy=True):
    """What the layer gave and the gradient of the score there; copy=False leaves it to an in-place layer to change it."""
    kept = []

    def keep(module, arguments, output):
        kept.append(output)
        return output.clone() if copy else None

    handle = layer.register_forward_hook(keep)
    try:
        score = class_score(model, images, target).sum()
    finally:
        handle.remove()
    (gradient,) = torch.autograd.grad(score, kept[0])
    return kept[0].detach(), gradient


def cam(model, images, target, layer, *, weigh=channel_weights, combine=grad_cam_map, enlarge=upsample_map, copy=True):
    """Grad-CAM in its steps, each of which can be exchanged for a wrong one."""
    activations, gradient = at_layer(model, images, target, layer, copy)
    return enlarge(combine(activations, weigh(gradient)), images.shape[2:])


def without_relu(model, images, target, layer):
    """The last ReLU is missing: your map has negative values. Set them to zero after the weighted sum."""
    return grad_cam(model, images, target, layer, relu=False)


def not_enlarged(model, images, target, layer):
    """Your map still has the size of the layer. Enlarge it to the size of the images, with your upsample_map."""
    return grad_cam(model, images, target, layer, upsample=False)


def only_for(model, images, target, layer):
    """You keep only the channels with a positive weight. Those with a negative weight speak against the class, and that counts, too."""
    return cam(model, images, target, layer, combine=for_weights_only)


def place_by_place(model, images, target, layer):
    """You multiply activations and gradient place by place. Grad-CAM takes the mean of the gradient over all places first: one weight a channel."""
    activations, gradient = at_layer(model, images, target, layer)
    return upsample_map((activations * gradient).sum(1, keepdim=True).relu(), images.shape[2:])


def cam_of_probability(model, images, target, layer):
    """Your map belongs to the softmax probability. Use the score before the softmax."""
    return grad_cam(followed_by(nn.Softmax(1), model), images, target, layer)


def cam_of_the_predicted(model, images, target, layer):
    """You ask for the class with the highest score. Ask for `target`."""
    return grad_cam(model, images, None, layer)


def sum_for_mean(model, images, target, layer):
    """Your map is too large by the number of places. A weight is the mean over the places, not the sum."""
    return cam(model, images, target, layer, weigh=summed_weights)


def cam_in_size(model, images, target, layer):
    """You take the absolute value in place of the ReLU. That makes evidence against the class look like evidence for it."""
    return cam(model, images, target, layer, combine=size_of_the_map)


def cam_scaled(model, images, target, layer):
    """You divide by the largest value. Return the map as it is, in units of the score."""
    maps = grad_cam(model, images, target, layer)
    largest = maps.amax(dim=(1, 2, 3), keepdim=True)
    return maps / torch.where(largest > 0, largest, 1)


def enlarged_first(model, images, target, layer):
    """You enlarge before the ReLU. Set the negative values to zero first: each place of the layer is asked on its own."""
    return grad_cam(model, images, target, layer, relu=False).relu()


def cam_in_blocks(model, images, target, layer):
    """You enlarge the map in blocks. Put straight lines between its values, with your upsample_map."""
    return cam(model, images, target, layer, enlarge=in_blocks)


def turned_cam(model, images, target, layer):
    """You exchange height and width as you enlarge. `upsample_map` wants (H, W): `images.shape[2:]`."""
    return cam(model, images, target, layer, enlarge=turned_size)


def as_high_as_wide(model, images, target, layer):
    """You give the map the width of the images in both directions. Images need not be square: `images.shape[2:]` is (H, W)."""
    return cam(model, images, target, layer, enlarge=lambda maps, size: upsample_map(maps, (size[1], size[1])))


def as_wide_as_high(model, images, target, layer):
    """You give the map the height of the images in both directions. Images need not be square: `images.shape[2:]` is (H, W)."""
    return cam(model, images, target, layer, enlarge=lambda maps, size: upsample_map(maps, (size[0], size[0])))


def changed_in_place(model, images, target, layer):
    """All is well until an in-place ReLU stands behind the layer: it overwrites what you kept. What you keep and what the network goes on with must be two tensors: keep the one, and let the hook return a `.clone()` of it."""
    return cam(model, images, target, layer, copy=False)


def of_one_number(pick, *, model, images, layer):
    """Grad-CAM of pick(scores), one number made of all the scores."""
    kept = []

    def keep(module, arguments, output):
        kept.append(output.detach().requires_grad_())
        return kept[0].clone()

    handle = layer.register_forward_hook(keep)
    try:
        number = pick(model(images))
    finally:
        handle.remove()
    (gradient,) = torch.autograd.grad(number, kept[0])
    return upsample_map(grad_cam_map(kept[0].detach(), channel_weights(gradient)), images.shape[2:])


def each_target(target, n):
    return torch.as_tensor(target).expand(n)


def score_of_the_first(model, images, target, layer):
    """The maps of all images but the first are zero: the gradient starts from the first image's score. Start from the sum of all: `score.sum()`."""
    return of_one_number(
        lambda scores: scores[0, each_target(target, len(images))[0]], model=model, images=images, layer=layer
    )


def mean_score(model, images, target, layer):
    """You start from the mean of the scores, so that the map shrinks as the batch grows. Start from their sum: `score.sum()`."""
    return grad_cam(model, images, target, layer) / len(images)


def scores_of_all_classes(model, images, target, layer):
    """You start from the scores of all the classes. Start from that of `target` alone: `class_score(model, images, target)`."""
    return of_one_number(torch.sum, model=model, images=images, layer=layer)


def every_target_for_every_image(model, images, target, layer):
    """With a target for each image, `scores[:, target]` takes every target for every image. `class_score(model, images, target)` gives each image its own."""
    return of_one_number(lambda scores: scores[:, target].sum(), model=model, images=images, layer=layer)


def target_of_the_first(model, images, target, layer):
    """You ask every image for the first image's target. `target` may have one for each: hand it to `class_score` as it is."""
    return grad_cam(model, images, each_target(target, len(images))[:1].expand(len(images)).clone(), layer)


def weighted_by_activations(model, images, target, layer):
    """Your weights are the means of the activations. They are those of the gradient: `channel_weights(gradient)`."""
    activations, _ = at_layer(model, images, target, layer)
    return upsample_map(grad_cam_map(activations, channel_weights(activations)), images.shape[2:])


def sum_of_gradients(model, images, target, layer):
    """You add up the channels of the gradient. The gradient gives the weights; what is weighted and added up are the maps, `kept[0]`."""
    _, gradient = at_layer(model, images, target, layer)
    return upsample_map(grad_cam_map(gradient, channel_weights(gradient)), images.shape[2:])


def roles_exchanged(model, images, target, layer):
    """You have exchanged maps and gradient. The weights come from the gradient, `channel_weights(gradient)`; what is weighted are the maps, `kept[0]`."""
    activations, gradient = at_layer(model, images, target, layer)
    return upsample_map(grad_cam_map(gradient, channel_weights(activations)), images.shape[2:])


def positive_gradients(model, images, target, layer):
    """You set the negative values of the gradient to zero before the mean. The weights are plain means; only the weighted sum is cut."""
    return cam(model, images, target, layer, weigh=positive_weights)


def gradients_in_size(model, images, target, layer):
    """You take the gradient without its signs. The weights are plain means, and may be negative."""
    return cam(model, images, target, layer, weigh=weights_in_size)


def weights_as_sizes(model, images, target, layer):
    """You weight by the sizes of the weights. Keep their signs: a channel with a negative weight speaks against the class."""
    return cam(model, images, target, layer, combine=weights_without_sign)


def activations_cut(model, images, target, layer):
    """You set the negative values of the maps to zero before you weight them. Take the layer as it is; only the weighted sum is cut."""
    return cam(model, images, target, layer, combine=cut_activations)


def weights_of_length_one(model, images, target, layer):
    """You divide the weights by their norm. Take the means as they are: the map is in units of the score."""
    return cam(model, images, target, layer, weigh=lambda gradient: F.normalize(channel_weights(gradient)))


def largest_gradient(model, images, target, layer):
    """You weight each channel by the largest value of its gradient. Take the mean over the places, with your channel_weights."""
    return cam(model, images, target, layer, weigh=largest_weights)


def unweighted_cam(model, images, target, layer):
    """You add up the maps without weights, so the class does not come in. Weight each by the mean of its gradient."""
    return cam(model, images, target, layer, combine=without_weights)


def mean_weights_of_the_batch(model, images, target, layer):
    """You average the weights over the images. Each image has its own: hand all of `channel_weights(gradient)`, (N, K), to grad_cam_map."""
    return cam(
        model,
        images,
        target,
        layer,
        weigh=lambda gradient: channel_weights(gradient).mean(0, keepdim=True).expand(len(gradient), -1),
    )


def first_weights_for_all(model, images, target, layer):
    """You weight every image by the weights of the first. Each image has its own: hand all of `channel_weights(gradient)`, (N, K), to grad_cam_map."""
    return cam(model, images, target, layer, combine=weights_of_the_first_for_all)


def stretched_cam(model, images, target, layer):
    """You stretch the map from its smallest to its largest value. Return it as it is, in units of the score."""
    maps = grad_cam(model, images, target, layer)
    low, high = maps.amin(dim=(1, 2, 3), keepdim=True), maps.amax(dim=(1, 2, 3), keepdim=True)
    return (maps - low) / torch.where(high > low, high - low, 1)


def cam_of_log_probability(model, images, target, layer):
    """Your map belongs to the logarithm of the probability. Use the score before the softmax."""
    return grad_cam(followed_by(nn.LogSoftmax(1), model), images, target, layer)


def input_of_the_layer(model, images, target, layer):
    """You keep what goes into the layer. Keep what comes out: the third argument of the hook, `output`."""
    kept = []

    def keep(module, arguments, output):
        kept.append(arguments[0].detach().requires_grad_())
        return kept[0].clone()

    handle = layer.register_forward_hook(keep)
    try:
        score = class_score(model, images, target)
    finally:
        handle.remove()
    (gradient,) = torch.autograd.grad(score.sum(), kept[0])
    return upsample_map(grad_cam_map(kept[0].detach(), channel_weights(gradient)), images.shape[2:])


def at_the_last_convolution(model, images, target, layer):
    """Your hook is on the last convolution, whatever layer is asked for. Put it on `layer`."""
    return grad_cam(model, images, target, [module for module in model.modules() if isinstance(module, nn.Conv2d)][-1])


def cam_without_channel(model, images, target, layer):
    """Your values are right, but the channel dimension is gone. Keep it: (N, 1, H, W)."""
    return grad_cam(model, images, target, layer).squeeze(1)


def cam_squeezed(model, images, target, layer):
    """Your values are right, but `.squeeze()` takes away every dimension of size 1. Keep them all: (N, 1, H, W)."""
    return grad_cam(model, images, target, layer).squeeze()


def cam_always_96(model, images, target, layer):
    """You enlarge to 96 × 96. Images have any size: `images.shape[2:]` is (H, W)."""
    return cam(model, images, target, layer, enlarge=always_96)


def weights_negated(model, images, target, layer):
    """One sign is turned: your map shows what speaks against the class. Take weights and maps with the signs they have."""
    return cam(model, images, target, layer, combine=lambda maps, weights: grad_cam_map(maps, -weights))


def positive_place_by_place(model, images, target, layer):
    """You multiply the maps by the positive part of the gradient, place by place. Grad-CAM takes the mean of the whole gradient first: one weight a channel."""
    activations, gradient = at_layer(model, images, target, layer)
    return upsample_map((activations * gradient.relu()).sum(1, keepdim=True).relu(), images.shape[2:])


def mean_of_all_classes(model, images, target, layer):
    """You start from the mean of the scores of all classes. Start from that of `target` alone: `class_score(model, images, target)`."""
    return of_one_number(lambda scores: scores.mean(1).sum(), model=model, images=images, layer=layer)


def cam_negated_by_relu(model, images, target, layer):
    """You cut off what speaks for the class and keep what speaks against it. Set the negative values to zero: `.relu()`."""
    return cam(model, images, target, layer, combine=kept_below_zero)


def counts_for_size(model, images, target, layer):
    """You enlarge to (N, C), the numbers of images and channels. Height and width are the last two: `images.shape[2:]`."""
    return cam(model, images, target, layer, enlarge=lambda maps, size: upsample_map(maps, images.shape[:2]))


def cam_times_images(model, images, target, layer):
    """You multiply the map by the images. Return the map itself, (N, 1, H, W)."""
    return images * grad_cam(model, images, target, layer)


def small_cam_scaled(model, images, target, layer):
    """You divide the small map by its largest value before you enlarge it. Hand it over as it is, in units of the score."""

    def scaled(maps, weights):
        small = grad_cam_map(maps, weights)
        return small / small.amax()

    return cam(model, images, target, layer, combine=scaled)


def small_cams_scaled(model, images, target, layer):
    """You divide each small map by its largest value before you enlarge it. Hand it over as it is, in units of the score."""

    def scaled(maps, weights):
        small = grad_cam_map(maps, weights)
        largest = small.amax(dim=(1, 2, 3), keepdim=True)
        return small / torch.where(largest > 0, largest, 1)

    return cam(model, images, target, layer, combine=scaled)


def cam_at_the_image(model, images, target, layer):
    """You differentiate by the images, and weight their colours. Differentiate by what `layer` gives, `kept[0]`, and weight these maps."""
    gradient = vanilla_gradient(model, images, target)
    return grad_cam_map(images, channel_weights(gradient))


def detached(result, *arguments):
    """What is compared of a map: its values. A map that keeps its history is none."""
    if isinstance(result, torch.Tensor) and result.requires_grad:
        raise Unreadable(
            "Your map keeps its history (`grad_fn`), and with it the whole network in memory. A map is there to be looked at: build it "
            "from `kept[0].detach()`."
        )
    return result


NO_CHAIN = "This network is no chain of layers, so it cannot be cut or walked through. A hook on `layer` gets at the maps of any network."
CAM_CURES = {
    **TORCHS_WORDS,
    "does not require grad": "Nothing leads from the score back to these maps. Is there a `no_grad` on the way? Keep `output.detach().requires_grad_()` in the hook and return its `.clone()`: that serves "
    "a frozen network, too. (`layer(images)` gives other maps: the layer's input is not the image.)",
    "appears to not have been used in the graph": "The score was not computed from the tensor you ask about. Ask about the maps, `kept[0]`: keep one tensor "
    "in the hook and return a `.clone()` of that very tensor, so that the network goes on from there. And let `kept` start empty inside the function, at each call.",
    "'tuple' object has no attribute": "`torch.autograd.grad` returns a tuple, with an entry for each tensor asked about: `(gradient,) = …` takes it out.",
    "name 'maps' is not defined": "What is named inside the hook is known there alone. Append it to a list that stands outside: `kept = []` before the hook.",
    "name 'output' is not defined": "What is named inside the hook is known there alone. Append it to a list that stands outside: `kept = []` before the hook.",
    "takes 2 positional arguments but 3": "A forward hook is called with three things: the layer, its inputs and its output, `keep(module, arguments, output)`.",
    "Dimension out of range": "What your hook has kept are no maps, (N, K, h, w). Is it on `layer`, and not on the model?",
    "'int' object is not iterable": "`upsample_map` wants both numbers, (H, W): `images.shape[2:]`.",
    "spatial dimensions of": "`upsample_map` wants maps (N, 1, h, w), as `grad_cam_map(maps, weights)` makes them, of maps (N, K, h, w) and weights (N, K), "
    "which `channel_weights(gradient)` gives; and two numbers, (H, W): `images.shape[2:]`.",
    "missing 1 required positional argument: 'output'": "A pre-hook is called before the layer has an output. `layer.register_forward_hook(keep)` calls yours "
    "behind the layer, with all three arguments.",
    "converted to an index": "Does a list stand where a tensor belongs? `kept` is a list, and `kept[0]` the maps in it.",
    "'NoneType' object has no attribute": "`.grad` is filled only in a tensor that you made and marked yourself, and that the score was computed from. "
    "`(gradient,) = torch.autograd.grad(score.sum(), kept[0])` gives the gradient itself.",
    "is out of range": "The layer that is asked for may be any of any network: put the hook on `layer`.",
    "only for scalar outputs": "`target` may hold a class for each image. `class_score(model, images, target)` gives each image the score of its own class; sum these.",
    "too many indices for tensor": "Your steps take whole batches, (N, K, h, w) and (N, K): hand them over without an index.",
    "a leaf Variable that requires grad": "An in-place ReLU stands behind this layer. Let the hook return a `.clone()` of what it keeps.",
    "list index out of range": "If nothing was kept, your hook was never called: is it on `layer`, and still there while the model runs?",
    "BackwardHookFunction": "Backward hooks do not get along with in-place ReLUs. Use `torch.autograd.grad(score.sum(), kept[0])`, with the maps that a "
    "forward hook has kept.",
    "'Branching' object": NO_CHAIN,
    "'Nested' object": NO_CHAIN,
    **HANDED_OVER,
    "is not in list": NO_CHAIN,
}


# guided_grad_cam ------------------------------------------------------------------------------------------------------


def guided_cases():
    return cam_cases()[1:]


def with_vanilla(model, images, target, layer):
    """You multiply by the vanilla gradient. Guided Grad-CAM takes the map of guided backpropagation."""
    return vanilla_gradient(model, images, target) * grad_cam(model, images, target, layer)


def with_deconvnet(model, images, target, layer):
    """You multiply by the deconvnet's map. Guided Grad-CAM takes that of guided backpropagation."""
    return deconvnet(model, images, target) * grad_cam(model, images, target, layer)


def with_the_image(model, images, target, layer):
    """You multiply by the image. Multiply Grad-CAM by the map of guided backpropagation."""
    return images * grad_cam(model, images, target, layer)


def without_cam(model, images, target, layer):
    """That is guided backpropagation alone. Multiply it by Grad-CAM."""
    return guided_backprop(model, images, target)


def without_guided(model, images, target, layer):
    """That is Grad-CAM alone. Multiply it by the map of guided backpropagation."""
    return grad_cam(model, images, target, layer)


def added(model, images, target, layer):
    """You add the two maps. Multiply them: something must be in both."""
    return guided_backprop(model, images, target) + grad_cam(model, images, target, layer)


def with_signed_cam(model, images, target, layer):
    """You use Grad-CAM without its last ReLU. Where it speaks against the class, guided Grad-CAM is zero."""
    return guided_backprop(model, images, target) * grad_cam(model, images, target, layer, relu=False)


def with_blocks(model, images, target, layer):
    """You multiply by a map enlarged in blocks. Take Grad-CAM as your grad_cam gives it, with straight lines between the values."""
    return guided_backprop(model, images, target) * cam_in_blocks(model, images, target, layer)


def product_without_sign(model, images, target, layer):
    """You take the absolute value. Keep the sign: guided backpropagation is signed."""
    return guided_grad_cam(model, images, target, layer).abs()


def colours_added(model, images, target, layer):
    """You add up the colours of guided backpropagation first. Keep them: (N, C, H, W) times (N, 1, H, W)."""
    return guided_grad_cam(model, images, target, layer).sum(dim=1, keepdim=True)


def strongest_colour(model, images, target, layer):
    """You keep the largest size of the colours. Keep all colours, with their signs: (N, C, H, W) times (N, 1, H, W)."""
    return guided_grad_cam(model, images, target, layer).abs().amax(dim=1, keepdim=True)


def guided_for_the_predicted(model, images, target, layer):
    """Your map of guided backpropagation is for the class with the highest score. Hand `target` to both functions."""
    return guided_backprop(model, images) * grad_cam(model, images, target, layer)


def cam_for_the_predicted(model, images, target, layer):
    """Your Grad-CAM is for the class with the highest score. Hand `target` to both functions."""
    return guided_backprop(model, images, target) * grad_cam(model, images, None, layer)


def guided_for_the_first_class(model, images, target, layer):
    """Your map of guided backpropagation is for class 0, whatever `target` says. Hand `target` to both functions."""
    return guided_backprop(model, images, 0) * grad_cam(model, images, target, layer)


def with_the_last_convolution(model, images, target, layer):
    """Your Grad-CAM is that of the last convolution. Hand `layer` on to grad_cam."""
    return guided_backprop(model, images, target) * grad_cam(model, images, target)


def with_scaled_cam(model, images, target, layer):
    """You divide Grad-CAM by its largest value first. Multiply by it as it is."""
    maps = grad_cam(model, images, target, layer)
    largest = maps.amax(dim=(1, 2, 3), keepdim=True)
    return guided_backprop(model, images, target) * maps / torch.where(largest > 0, largest, 1)


def product_scaled(model, images, target, layer):
    """You divide the product by its largest value. Return it as it is."""
    product = guided_grad_cam(model, images, target, layer)
    largest = product.abs().amax(dim=(1, 2, 3), keepdim=True)
    return product / torch.where(largest > 0, largest, 1)


def matrix_product(model, images, target, layer):
    """`@` is the product of matrices. Multiply value by value: `*`."""
    return guided_backprop(model, images, target) @ grad_cam(model, images, target, layer)


def where_cam_is_positive(model, images, target, layer):
    """You keep guided backpropagation where Grad-CAM is above zero. Multiply by the values of Grad-CAM: where it is small, little is left."""
    return guided_backprop(model, images, target) * (grad_cam(model, images, target, layer) > 0)


def with_the_first_cam(model, images, target, layer):
    """You multiply every image by the Grad-CAM of the first. Each has its own: leave out the index behind grad_cam."""
    return guided_backprop(model, images, target) * grad_cam(model, images, target, layer)[0]


def image_as_well(model, images, target, layer):
    """You multiply by the image, too. The product has two factors: guided backpropagation and Grad-CAM."""
    return images * guided_grad_cam(model, images, target, layer)


def negative_part_cut(model, images, target, layer):
    """You set negative values to zero. Keep them: guided backpropagation is signed, and so is the product."""
    return guided_grad_cam(model, images, target, layer).relu()


def guided_squared(model, images, target, layer):
    """Guided backpropagation comes in twice. Multiply it once by Grad-CAM."""
    return guided_backprop(model, images, target) * guided_grad_cam(model, images, target, layer)


def cam_squared(model, images, target, layer):
    """Grad-CAM comes in twice. Multiply it once by guided backpropagation."""
    return guided_grad_cam(model, images, target, layer) * grad_cam(model, images, target, layer)


def mean_of_both(model, images, target, layer):
    """You take the mean of the two maps. Multiply them: something must be in both."""
    return added(model, images, target, layer) / 2


def guided_stretched(model, images, target, layer):
    """You stretch guided backpropagation from 0 to 1 first. Multiply it as it is, with its signs."""
    maps = guided_backprop(model, images, target)
    return (maps - maps.min()) / (maps.max() - maps.min()) * grad_cam(model, images, target, layer)


def subtracted_maps(model, images, target, layer):
    """You subtract the two maps. Multiply them: something must be in both."""
    return guided_backprop(model, images, target) - grad_cam(model, images, target, layer)


def larger_of_both(model, images, target, layer):
    """You take the larger of the two maps. Multiply them: something must be in both."""
    return torch.maximum(guided_backprop(model, images, target), grad_cam(model, images, target, layer))


def guided_of_the_product(model, images, target, layer):
    """You hand the product of image and Grad-CAM to guided backpropagation. Hand it the images, and multiply its map by Grad-CAM."""
    return guided_backprop(model, images * grad_cam(model, images, target, layer), target)


def mean_colour(model, images, target, layer):
    """You average the colours of guided backpropagation first. Keep them: (N, C, H, W) times (N, 1, H, W)."""
    return guided_grad_cam(model, images, target, layer).mean(dim=1, keepdim=True)


def first_target_for_both(model, images, target, layer):
    """You take the first image's target for every image. `target` may have one for each: hand it on as it is."""
    return guided_grad_cam(model, images, each_target(target, len(images))[:1].expand(len(images)).clone(), layer)


def under_the_guided_rule(model, images, target, layer):
    """Your Grad-CAM runs under the guided rule, too, and its weights are others. Call `grad_cam` outside of the `with`: the rule belongs to guided backpropagation alone."""
    with relu_rule(guided_rule):
        return vanilla_gradient(model, images, target) * grad_cam(model, images, target, layer)


def with_cams_scaled_together(model, images, target, layer):
    """You divide Grad-CAM by the largest value of all the maps first. Multiply by it as it is."""
    maps = grad_cam(model, images, target, layer)
    return guided_backprop(model, images, target) * maps / maps.max()


def with_the_cams_of_all(model, images, target, layer):
    """You multiply every image by the Grad-CAMs of all of them, added up. Each goes with its own: `*`, value by value; in an einsum both have the same letter n."""
    return guided_backprop(model, images, target) * grad_cam(model, images, target, layer).sum(dim=0, keepdim=True)


GUIDED_CURES = {
    **TORCHS_WORDS,
    "must match the size of tensor": "Leave both maps as they come: (N, C, H, W) times (N, 1, H, W) is done image by image, without `squeeze`, an index or a sum.",
    "converted to an index": "`max` with a dimension gives a pair, and no colour is to be picked: multiply the two maps as they come, (N, C, H, W) times (N, 1, H, W).",
    "positional arguments but 4 were given": "`guided_backprop` goes back to the image, past every layer: `guided_backprop(model, images, target)`. Only `grad_cam` takes a layer.",
    "layer must be a module": "`grad_cam` takes the target before the layer: `grad_cam(model, images, target, layer)`.",
}


EXERCISES = (
    Exercise(
        channel_weights,
        "grad_cam",
        1,
        weights_cases,
        (
            summed_weights,
            largest_weights,
            median_weights,
            weights_in_size,
            positive_weights,
            mean_over_channels,
            weights_over_the_batch,
            batch_of_one_lost,
            weights_of_the_first_image,
            dimensions_kept,
            over_rows_alone,
            over_columns_alone,
            counted_from_one,
            over_images_and_channels,
            positive_places_alone,
            one_place_less,
            divided_by_channels,
            divided_by_rows,
            divided_by_columns,
            divided_by_a_square,
            scaled_by_their_sum,
            scaled_by_the_largest,
            scaled_by_softmax,
            negative_weights_cut,
            sizes_of_the_weights,
            length_of_each_channel,
            spread_of_each_channel,
            weights_turned,
            smallest_of_each_channel,
            first_place_alone,
            root_mean_square,
            one_number_for_each_image,
            one_number_in_a_column,
            largest_sizes,
            divided_by_all_values,
            over_places_not_zero,
            one_number_for_all,
            scaled_by_their_norm,
            divided_by_the_width_squared,
        ),
        in_float32,
        cures=TORCHS_WORDS,
        recall="Asked for is, for each image and each channel, the plain mean of the gradient over rows and columns, dimensions 2 and 3: "
        "with its sign, not scaled, (N, K).",
    ),
    Exercise(
        grad_cam_map,
        "grad_cam",
        2,
        map_cases,
        (
            never_cut,
            always_cut,
            off_by_default,
            cut_before_the_sum,
            without_weights,
            mean_of_channels,
            for_weights_only,
            first_channel_alone,
            map_of_the_first_image,
            size_of_the_map,
            channel_lost,
            strongest_channel,
            last_channel_alone,
            without_the_first_channel,
            three_channels_alone,
            weights_without_sign,
            divided_by_the_weights,
            weights_of_the_first_for_all,
            summed_over_places,
            not_summed,
            summed_over_images,
            cut_the_wrong_way,
            kept_below_zero,
            cut_at_one,
            cut_activations,
            cut_on_the_way,
            divided_by_the_largest,
            stretched_map,
            weights_added,
            images_for_channels,
            every_weight_for_every_image,
            summed_over_columns,
            weights_through_softmax,
            map_squeezed,
            map_leaky,
            negative_evidence_alone,
            one_weight_for_all_channels,
            squares_added,
            weights_cut_in_place_of_the_sum,
            weights_of_all_the_images,
            each_divided_by_its_largest,
            cut_below_the_mean,
        ),
        in_float32,
        recall="Asked for is, for each image n and at each place, the sum over the channels k of weights[n, k] · activations[n, k], as "
        "(N, 1, h, w). With `relu=True` the negative values of that sum become 0; otherwise nothing is done to it.",
        cures={
            **TORCHS_WORDS,
            "batch2 tensor": "`@` is the product of matrices. Multiply each map by its weight, `weights[:, :, None, None] * activations`, then sum over "
            "the channels, dimension 1.",
            "'bool' object is not callable": "Here `relu` is True or False and no function: write `cam.relu()` or `F.relu(cam)`.",
            "is invalid for input of size": "`weights @ …` pairs every image with every other. `weights[:, :, None, None] * activations` keeps each with its own.",
            "must match the size of tensor": "Give the weights two more dimensions, so that each meets its channel: `weights[:, :, None, None]` is (N, K, 1, 1).",
            "positional argument: 'relu'": "`relu` may be left out: keep its default, `relu=True`, in the first line.",
        },
    ),
    Exercise(
        upsample_map,
        "grad_cam",
        1,
        upsample_cases,
        (
            in_blocks,
            corners_aligned,
            curved,
            turned_size,
            first_map_alone,
            enlarged_without_channel,
            scaled_to_one,
            whole_multiples,
            blocks_of_whole_multiples,
            one_factor_for_both,
            height_for_both,
            width_for_both,
            always_96,
            always_four_times,
            stretched_to_one,
            ones_squeezed,
            padded_to_size,
            one_map_lost,
            size_as_a_factor,
        ),
        in_float32,
        cures=ENLARGE_CURES,
        recall="Asked for are all the maps, (N, 1, H, W), brought by `F.interpolate` to `size` = (H, W), handed over whole: with straight "
        'lines between the values, `mode="bilinear"` and `align_corners=False`, and not scaled.',
    ),
    Exercise(
        grad_cam,
        "grad_cam",
        4,
        cam_cases,
        (
            without_relu,
            not_enlarged,
            only_for,
            place_by_place,
            cam_of_probability,
            cam_of_the_predicted,
            sum_for_mean,
            cam_in_size,
            cam_scaled,
            enlarged_first,
            cam_in_blocks,
            turned_cam,
            as_high_as_wide,
            as_wide_as_high,
            changed_in_place,
            score_of_the_first,
            mean_score,
            scores_of_all_classes,
            every_target_for_every_image,
            target_of_the_first,
            weighted_by_activations,
            sum_of_gradients,
            roles_exchanged,
            positive_gradients,
            gradients_in_size,
            weights_as_sizes,
            activations_cut,
            weights_of_length_one,
            largest_gradient,
            unweighted_cam,
            mean_weights_of_the_batch,
            first_weights_for_all,
            stretched_cam,
            cam_of_log_probability,
            input_of_the_layer,
            at_the_last_convolution,
            cam_without_channel,
            cam_squeezed,
            cam_always_96,
            weights_negated,
            positive_place_by_place,
            mean_of_all_classes,
            cam_negated_by_relu,
            counts_for_size,
            small_cam_scaled,
            small_cams_scaled,
            cam_times_images,
            cam_at_the_image,
        ),
        in_float32,
        read=detached,
        cures=CAM_CURES,
        recall="The steps: the maps that `layer` gives, kept by a hook; the gradient of the summed scores of `target` by these maps; its "
        "`channel_weights`; `grad_cam_map` of maps and weights; `upsample_map` to `images.shape[2:]`. Nothing is scaled.",
    ),
    Exercise(
        guided_grad_cam,
        "grad_cam",
        1,
        guided_cases,
        (
            with_vanilla,
            with_deconvnet,
            with_the_image,
            without_cam,
            without_guided,
            added,
            with_signed_cam,
            with_blocks,
            product_without_sign,
            colours_added,
            strongest_colour,
            guided_for_the_predicted,
            cam_for_the_predicted,
            guided_for_the_first_class,
            with_the_last_convolution,
            with_scaled_cam,
            product_scaled,
            matrix_product,
            where_cam_is_positive,
            with_the_first_cam,
            image_as_well,
            negative_part_cut,
            guided_squared,
            cam_squared,
            mean_of_both,
            guided_stretched,
            subtracted_maps,
            larger_of_both,
            guided_of_the_product,
            mean_colour,
            first_target_for_both,
            under_the_guided_rule,
            with_cams_scaled_together,
            with_the_cams_of_all,
        ),
        in_float32,
        cures=GUIDED_CURES,
        recall="Asked for is `guided_backprop(model, images, target)` times `grad_cam(model, images, target, layer)`, value by value, "
        "(N, C, H, W), with its signs and not scaled. No rule is in force while `grad_cam` runs.",
    ),
)
