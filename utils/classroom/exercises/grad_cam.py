"""Lesson 04: Grad-CAM, step by step, and guided Grad-CAM."""

import torch
import torch.nn.functional as F
from torch import nn

from ...methods import class_score, deconvnet, grad_cam, guided_backprop, guided_grad_cam, vanilla_gradient
from ..exercise import Case, Exercise
from .deconvnet import plain_network, random_tensor
from .networks import followed_by, pooling_network, random_images, small_network


def in_float32(result):
    """A result computed in float64 is as good."""
    return result.float() if result is not None and result.dtype == torch.float64 else result


# channel_weights ------------------------------------------------------------------------------------------------------

def channel_weights(gradient):
    """α_k, the mean of ∂S/∂A_k over the places of channel k: gradient (N, K, h, w) → (N, K)."""
    return gradient.mean(dim=(2, 3))


def weights_cases():
    small = torch.tensor([[[[1.0, 2.0], [3.0, -2.0]], [[-1.0, -4.0], [2.0, -5.0]], [[5.0, 1.0], [4.0, 2.0]]]])
    return [Case("one gradient of 3 channels and 2×2 places, (1 2; 3 −2), (−1 −4; 2 −5) and (5 1; 4 2)", (small,)),
            Case("the gradients of two images, 5 channels and 3×4 places", (random_tensor(2, 5, 3, 4),))]


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


# grad_cam_map ---------------------------------------------------------------------------------------------------------

def grad_cam_map(activations, weights, relu=True):
    """ReLU(Σ_k α_k A_k): the layer's channels, weighted and added up; with relu=False negative evidence stays.

    activations (N, K, h, w), weights (N, K) → (N, 1, h, w).
    """
    cam = (weights[:, :, None, None] * activations).sum(dim=1, keepdim=True)
    return cam.relu() if relu else cam


def map_cases():
    activations = torch.tensor([[[[1.0, 0.0], [2.0, 3.0]], [[1.0, 0.0], [3.0, 1.0]], [[4.0, 5.0], [0.0, 2.0]]]])
    small, several = (activations, torch.tensor([[2.0, 1.0, -1.0]])), (random_tensor(3, 5, 3, 4, seed=1), random_tensor(3, 5, seed=2))
    what = "3 channels of 2×2 places, (1 0; 2 3), (1 0; 3 1) and (4 5; 0 2), weights (2, 1, −1)"
    return [Case(f"{what}, relu=True", (*small, True)),
            Case(f"{what}, relu=False", (*small, False)),
            Case(f"{what}, without a word on relu", small),
            Case("three images, 5 channels of 3×4 places, relu=True", (*several, True)),
            Case("three images, 5 channels of 3×4 places, relu=False", (*several, False))]


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
    """You return the part of the first channel alone. Add up all channels: a `return` inside the loop ends it after the first."""
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


# upsample_map ---------------------------------------------------------------------------------------------------------

def upsample_map(maps, size):
    """Maps enlarged to `size` = (H, W), with straight lines between their values: (N, 1, h, w) → (N, 1, H, W).

    A value stands for the middle of its block (bilinear interpolation, align_corners=False).
    """
    return F.interpolate(maps, tuple(size), mode="bilinear", align_corners=False)


def upsample_cases():
    return [Case("one map of 1×2, (0 4), to 1×4", (torch.tensor([[[[0.0, 4.0]]]]), (1, 4))),
            Case("one map of 2×2 to 4×6", (torch.tensor([[[[1.0, 2.0], [3.0, 8.0]]]]), (4, 6))),
            Case("two maps of 3×4 to 9×8", (random_tensor(2, 1, 3, 4, seed=3), (9, 8)))]


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
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3)).eval()


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
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        return Branching().eval()


def cam_cases():
    image = torch.tensor([[[[1.0, 0.5], [3.0, 2.0]]]])
    tiny, plain, small, wide = two_channels(), plain_network(), small_network(), pooling_network()
    branching, in_place = branching_network(), in_place_network()
    return [Case("one 2×2 image, a network of one convolution, a ReLU and a linear layer, target 0, the ReLU", (tiny, image, 0, tiny[1])),
            Case("one 2×2 image, a network of one convolution, a ReLU and a linear layer, target 1, the convolution", (tiny, image, 1, tiny[0])),
            Case("two 6×6 colour images, target 2, the pooling (maps of 3×3)", (plain, random_images(2), 2, plain[4])),
            Case("three images, a target for each, the pooling", (small, random_images(3, seed=2), torch.tensor([2, 0, 1]), small[2])),
            Case("two images of 6×8, target 3, the ReLU", (wide, random_images(2, width=8, seed=5), 3, wide[1])),
            Case("two images, target 0, a network with a branch, a convolution in the branch", (branching, random_images(2, seed=3), 0, branching.branch[1])),
            Case("two images, target 0, a convolution with an in-place ReLU behind it", (in_place, random_images(2, seed=4), 0, in_place[0]))]


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


NO_CHAIN = "This network is no chain of layers, so it cannot be cut or walked through. A hook on `layer` gets at the maps of any network."
CAM_CURES = {
    "does not require grad": "Nothing leads from the score back to these maps. Keep them in the hook (`layer(images)` gives others: the layer's input is "
    "not the image). Is there a `no_grad` on the way? And if you `.detach()` them there, do you mark them anew by `.requires_grad_()`?",
    "appears to not have been used in the graph": "The score was not computed from the tensor you ask about. Keep one tensor in the hook and return a "
    "`.clone()` of that very tensor: the network goes on from there. And let `kept` start empty inside the function, at each call.",
    "a leaf Variable that requires grad": "An in-place ReLU stands behind this layer. Let the hook return a `.clone()` of what it keeps.",
    "list index out of range": "If nothing was kept, your hook was never called: is it on `layer`, and still there while the model runs?",
    "BackwardHookFunction": "Backward hooks do not get along with in-place ReLUs. Use `torch.autograd.grad(score.sum(), kept[0])`, with the maps that a "
    "forward hook has kept.",
    "'Branching' object": NO_CHAIN,
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


EXERCISES = (
    Exercise(channel_weights, "grad_cam", 1, weights_cases,
             (summed_weights, largest_weights, median_weights, weights_in_size, positive_weights, mean_over_channels,
              weights_over_the_batch, batch_of_one_lost, weights_of_the_first_image, dimensions_kept), in_float32),
    Exercise(grad_cam_map, "grad_cam", 2, map_cases,
             (never_cut, always_cut, off_by_default, cut_before_the_sum, without_weights, mean_of_channels, for_weights_only,
              first_channel_alone, map_of_the_first_image, size_of_the_map, channel_lost), in_float32,
             cures={"positional argument: 'relu'": "`relu` may be left out: keep its default, `relu=True`, in the first line."}),
    Exercise(upsample_map, "grad_cam", 1, upsample_cases,
             (in_blocks, corners_aligned, curved, turned_size, first_map_alone, enlarged_without_channel, scaled_to_one), in_float32),
    Exercise(grad_cam, "grad_cam", 4, cam_cases,
             (without_relu, not_enlarged, only_for, place_by_place, cam_of_probability, cam_of_the_predicted, sum_for_mean,
              cam_in_size, cam_scaled, enlarged_first, cam_in_blocks, turned_cam, as_high_as_wide, as_wide_as_high, changed_in_place),
             in_float32, cures=CAM_CURES),
    Exercise(guided_grad_cam, "grad_cam", 1, guided_cases,
             (with_vanilla, with_deconvnet, with_the_image, without_cam, without_guided, added, with_signed_cam, with_blocks,
              product_without_sign), in_float32),
)
