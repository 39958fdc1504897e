"""Lesson 03: the deconvnet is the gradient with another rule at the ReLUs, and what that rule costs."""

import torch
import torch.nn.functional as F
from torch import nn

from ...methods import (
    deconvnet,
    deconvnet_rule,
    gradient_x_input,
    guided_backprop,
    guided_rule,
    relu_rule,
    vanilla_gradient,
    vanilla_rule,
)
from ..exercise import Case, Exercise
from .networks import followed_by, random_images, small_network
from .start_here import network_cases


def random_tensor(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# conv_backward --------------------------------------------------------------------------------------------------------

def conv_backward(grad, weight, padding):
    """The gradient at a convolution's input: each output's gradient, spread back over the patch it was computed from.

    grad (N, K, h, w) at the output, weight (K, C, m, n), stride 1 → (N, C, h + m − 1 − 2 padding, w + n − 1 − 2 padding).
    """
    return F.conv_transpose2d(grad, weight, padding=padding)


def conv_cases():
    one = torch.zeros(1, 1, 3, 3)
    one[0, 0, 1, 0] = 1.0
    kernel = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    return [Case("one gradient of 1 in a 3×3 map, the kernel (1 2; 3 4), no padding", (one, kernel, 0)),
            Case("one gradient of 1 in a 3×3 map, the kernel (1 2; 3 4), padding 1", (one, kernel, 1)),
            Case("two maps of 4×5 from 3 filters over 2 channels, 3×3, padding 1",
                 (random_tensor(2, 3, 4, 5), random_tensor(3, 2, 3, 3, seed=1), 1)),
            Case("5 filters over 3 channels, 3×3, no padding", (random_tensor(1, 5, 3, 3, seed=2), random_tensor(5, 3, 3, 3, seed=3), 0)),
            Case("4 filters over 2 channels, 5×5, padding 2", (random_tensor(2, 4, 6, 5, seed=6), random_tensor(4, 2, 5, 5, seed=7), 2)),
            Case("2 filters over 3 channels, kernels of 2 rows and 3 columns, no padding",
                 (random_tensor(1, 2, 4, 3, seed=8), random_tensor(2, 3, 2, 3, seed=9), 0))]


def convolved_again(grad, weight, padding):
    """The kernel's places come out exchanged end for end: weight[:, :, a, b] belongs to the rows from a and the columns from b. If you use F.conv2d, turn the kernel with `.flip(2, 3)`."""
    room = [weight.shape[3] - 1 - padding] * 2 + [weight.shape[2] - 1 - padding] * 2
    return F.conv2d(F.pad(grad, room), weight.transpose(0, 1))


def the_way_forward(grad, weight, padding):
    """You run the convolution itself over the gradient: that is the way forward. On the way back each gradient is spread out: weight[:, :, a, b] takes it to the rows from a and the columns from b."""
    return F.conv2d(grad, weight, padding=padding)


def cut_to_nothing(grad, weight, padding):
    """Where padding is 0, your result is empty: a slice that ends at −0 ends at 0. Count its end from the front, `padding:full.shape[2] - padding`, with full what you cut."""
    full = F.conv_transpose2d(grad, weight)
    return full[:, :, padding:-padding, padding:-padding]


def one_always_cut(grad, weight, padding):
    """You cut one row and one column off on each side, whatever the padding. Cut off `padding` of them, which may be 0 or 2 as well."""
    return F.conv_transpose2d(grad, weight)[:, :, 1:-1, 1:-1]


def one_cut_where_padded(grad, weight, padding):
    """Where there is padding, you cut one row and one column off on each side. Cut off `padding` of them, which may be 2 as well."""
    return one_always_cut(grad, weight, padding) if padding else F.conv_transpose2d(grad, weight)


def columns_left_out(grad, weight, padding):
    """Columns of the kernel are left out where it is wider than high. It has m rows and n columns: a runs over `range(m)`, b over `range(n)`."""
    return conv_backward(grad, weight * (torch.arange(weight.shape[3]) < weight.shape[2]), padding)


def images_mixed(grad, weight, padding):
    """You add up over the images, so that each gets what belongs to all. Rows of a batch do not mix: in an einsum, n stands before the arrow and after it."""
    return conv_backward(grad, weight, padding).sum(0, keepdim=True).repeat(len(grad), 1, 1, 1)


def margin_kept(grad, weight, padding):
    """Your result still has the padding around it. The padding is no part of the input: cut `padding` rows and columns off on each side."""
    return F.conv_transpose2d(grad, weight)


def margin_cut_at_one_end(grad, weight, padding):
    """You cut the padding off at the bottom right. It lies all around: `padding` rows at the top and as many at the bottom, likewise left and right."""
    full = F.conv_transpose2d(grad, weight)
    return full[:, :, :full.shape[2] - 2 * padding, :full.shape[3] - 2 * padding]


def kernel_on_its_side(grad, weight, padding):
    """Rows and columns of the kernel are exchanged. weight[:, :, a, b] leads to row i + a and column j + b."""
    return F.conv_transpose2d(grad, weight.transpose(2, 3), padding=padding)


def last_one_stays(grad, weight, padding):
    """You overwrite what is there already. An input feeds several outputs: add up what comes back from each of them, with +=."""
    height, width = grad.shape[2:]
    full = grad.new_zeros(len(grad), weight.shape[1], height + weight.shape[2] - 1, width + weight.shape[3] - 1)
    for a in range(weight.shape[2]):
        for b in range(weight.shape[3]):
            full[:, :, a:a + height, b:b + width] = torch.einsum("nkhw,kc->nchw", grad, weight[:, :, a, b])
    return full[:, :, padding:full.shape[2] - padding, padding:full.shape[3] - padding]


def mean_over_filters(grad, weight, padding):
    """You take the mean over the filters. What comes back from each of them adds up: take the sum."""
    return conv_backward(grad, weight, padding) / len(weight)


def first_filter_only(grad, weight, padding):
    """You follow the first filter alone. Every filter sends a gradient back to the same input: add them up."""
    return conv_backward(grad[:, :1], weight[:1], padding)


# unpool ---------------------------------------------------------------------------------------------------------------

def unpool(grad, x):
    """The gradient at the input x of 2×2 max pooling: each value goes where the largest of its window stood, 0 elsewhere.

    grad (N, C, h, w) at the output, x (N, C, 2h, 2w) → like x. Of equally large ones, the first in reading order won.
    """
    _, switches = F.max_pool2d(x, 2, return_indices=True)
    return F.max_unpool2d(grad, switches, 2, output_size=x.shape)


def unpool_cases():
    x = torch.tensor([[[[1.0, 5.0, 0.0, 2.0], [3.0, 2.0, 4.0, 1.0]]]])
    return [Case("a map of 2×4, in whose windows 5 and 4 are the largest", (torch.tensor([[[[10.0, -20.0]]]]), x)),
            Case("a window of negative values, (−3 −1; −2 −4)",
                 (torch.tensor([[[[10.0]]]]), torch.tensor([[[[-3.0, -1.0], [-2.0, -4.0]]]]))),
            Case("two windows with equally large values, (3 3; 1 3) and (0 0; 0 0)",
                 (torch.tensor([[[[1.0, 2.0]]]]), torch.tensor([[[[3.0, 3.0, 0.0, 0.0], [1.0, 3.0, 0.0, 0.0]]]]))),
            Case("a window whose top right and bottom left are equally large, (1 4; 4 2)",
                 (torch.tensor([[[[10.0]]]]), torch.tensor([[[[1.0, 4.0], [4.0, 2.0]]]]))),
            Case("two maps of 3 channels, 6×4", (random_tensor(2, 3, 3, 2, seed=4), random_tensor(2, 3, 6, 4, seed=5)))]


def to_all_four(grad, x):
    """You give the value to all four places of its window. Only the largest was taken: the others get 0."""
    return F.interpolate(grad, scale_factor=2, mode="nearest")


def a_quarter_each(grad, x):
    """You share the value out among its window: that is the gradient of average pooling. Max pooling took only the largest."""
    return F.interpolate(grad, scale_factor=2, mode="nearest") / 4


def to_every_largest(grad, x):
    """Where two values of a window are equally large, you send the gradient to both. Only one of them was taken, the first in reading order."""
    spread = F.interpolate(F.max_pool2d(x, 2), scale_factor=2, mode="nearest")
    return F.interpolate(grad, scale_factor=2, mode="nearest") * (x == spread)


def to_the_last_largest(grad, x):
    """Where two values of a window are equally large, you take the last. PyTorch's max pooling takes the first in reading order."""
    return unpool(grad.flip(2, 3), x.flip(2, 3)).flip(2, 3)


def in_column_order(grad, x):
    """Of two equally large values, top right and bottom left, you take the bottom left: you go column by column. The first in reading order, row by row, is taken."""
    return unpool(grad.transpose(2, 3), x.transpose(2, 3)).transpose(2, 3)


def shared_among_the_largest(grad, x):
    """Where two values of a window are equally large, you share the gradient between them. Only one of them was taken, the first in reading order: it gets all."""
    largest = to_every_largest(torch.ones_like(grad), x)
    return to_every_largest(grad, x) / F.interpolate(F.avg_pool2d(largest, 2) * 4, scale_factor=2, mode="nearest")


def largest_above_zero(grad, x):
    """In a window without a positive value you go by 0, not by the values. If you search for the largest, start from the window's first value."""
    return unpool(grad, x.clamp(min=0))


def nothing_where_negative(grad, x):
    """In a window without a positive value nothing is put back. One of its values was still the largest: if you search for it, start from the window's first value, not from 0."""
    return unpool(grad, x) * (x > 0)


def top_left(grad, x):
    """You put each value at the top left of its window. It goes where the largest value of x stood: that is what the switches are for."""
    result = torch.zeros_like(x)
    result[:, :, ::2, ::2] = grad
    return result


def the_pooled_values(grad, x):
    """You put the pooled values back. What goes back is the gradient; x only says where to."""
    return unpool(F.max_pool2d(x, 2), x)


def to_the_smallest(grad, x):
    """You send the gradient to the smallest value of each window. It goes to the largest."""
    return unpool(grad, -x)


def to_the_largest_in_size(grad, x):
    """You look for the largest absolute value. Max pooling takes the largest with its sign."""
    return unpool(grad, x.abs())


# walk_back ------------------------------------------------------------------------------------------------------------

@torch.no_grad()
def walk_back(network, images, target, rule):
    """The gradient of a score with respect to the images, by hand: back through the layers, each ReLU by `rule`.

    network   an nn.Sequential of nn.Conv2d (stride 1), nn.ReLU, nn.MaxPool2d(2), nn.Flatten and nn.Linear
    images (N, C, H, W), target an int, rule(input of the ReLU, arriving gradient) → (N, C, H, W)
    """
    inputs, x = [], images
    for layer in network:
        inputs.append(x)
        x = layer(x)
    grad = torch.zeros_like(x)
    grad[:, target] = 1
    for layer, x in zip(reversed(network), reversed(inputs), strict=True):
        if isinstance(layer, nn.Linear):
            grad = grad @ layer.weight
        elif isinstance(layer, nn.Flatten):
            grad = grad.reshape(x.shape)
        elif isinstance(layer, nn.MaxPool2d):
            grad = unpool(grad, x)
        elif isinstance(layer, nn.ReLU):
            grad = rule(x, grad)
        else:
            grad = conv_backward(grad, layer.weight, layer.padding[0])
    return grad


def flat_network():
    """Two linear layers with a ReLU between them, on images of 1×2×2; 2 classes."""
    first, second = nn.Linear(4, 3), nn.Linear(3, 2)
    with torch.no_grad():
        first.weight.copy_(torch.tensor([[1.0, 2.0, 0.0, -1.0], [-1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 1.0, 2.0]]))
        first.bias.copy_(torch.tensor([0.0, -2.0, 0.5]))
        second.weight.copy_(torch.tensor([[2.0, 1.0, -1.0], [-1.0, 2.0, 3.0]]))
        second.bias.zero_()
    return nn.Sequential(nn.Flatten(), first, nn.ReLU(), second).eval()


def plain_network():
    """The layers of the course's own network, small: two convolutions, pooling, two linear layers; 3 classes."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(8)
        return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 5, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                             nn.Flatten(), nn.Linear(45, 6), nn.ReLU(), nn.Linear(6, 3)).eval()


def unpadded_network():
    """A convolution without padding and one with padding 1, pooling, one linear layer; 3 classes."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(8)
        return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                             nn.Flatten(), nn.Linear(20, 3)).eval()


def product_rule(x, grad):
    """A rule that no method has, but that needs x itself."""
    return x * grad


def walk_cases():
    image = torch.tensor([[[[1.0, 0.5], [-1.0, 0.2]]]])
    return [*(Case(f"a flatten, a linear layer, a ReLU and a linear layer, one 2×2 image, target 1, the {name}",
                   (flat_network(), image, 1, rule))
              for name, rule in (("vanilla rule", vanilla_rule), ("deconvnet rule", deconvnet_rule), ("made-up rule x · grad", product_rule))),
            *(Case(f"two convolutions, pooling and two linear layers, two 6×6 colour images, target 2, the {name} rule",
                   (plain_network(), random_images(2), 2, rule))
              for name, rule in (("vanilla", vanilla_rule), ("deconvnet", deconvnet_rule), ("guided", guided_rule))),
            Case("a convolution without padding and one with padding 1, pooling and a linear layer, two 6×6 colour images, target 0, the vanilla rule",
                 (unpadded_network(), random_images(2, seed=3), 0, vanilla_rule))]


def always_the_vanilla_rule(network, images, target, rule):
    """You differentiate the ReLUs by the vanilla rule, whatever `rule` is given. Call rule(x, grad) at each of them."""
    return walk_back(network, images, target, vanilla_rule)


def always_the_deconvnet_rule(network, images, target, rule):
    """You keep what is positive at every ReLU, whatever `rule` is given: that is the deconvnet rule. Call rule(x, grad) at each of them."""
    return walk_back(network, images, target, deconvnet_rule)


def always_the_guided_rule(network, images, target, rule):
    """You differentiate the ReLUs by the guided rule, whatever `rule` is given. Call rule(x, grad) at each of them."""
    return walk_back(network, images, target, guided_rule)


def given_the_output(network, images, target, rule):
    """You give `rule` the ReLU's output. Give it the ReLU's input, which stands beside it in `inputs`."""
    return walk_back(network, images, target, lambda x, grad: rule(x.relu(), grad))


def padding_taken_for_1(network, images, target, rule):
    """You take the padding of every convolution for 1. Each has its own: `layer.padding[0]`."""
    full = walk_back(network, images, target, rule)
    padded = not isinstance(network[0], nn.Conv2d) or network[0].padding[0]
    return full if padded else full[:, :, 1:-1, 1:-1]


def walk_without_channels(network, images, target, rule):
    """You bring the channels down to one and lose their dimension. Do not sum or average over them: the result has the shape of the images."""
    return walk_back(network, images, target, rule).sum(1)


def walk_to_one_channel(network, images, target, rule):
    """You add up over the colour channels. Do not sum: the result has the shape of the images."""
    return walk_back(network, images, target, rule).sum(1, keepdim=True)


def past_the_relus(network, images, target, rule):
    """You walk past the ReLUs as if they were not there. At each of them, call rule(x, grad) with the input it had."""
    return walk_back(network, images, target, lambda x, grad: grad)


def exchanged_at_the_rule(network, images, target, rule):
    """The arguments of `rule` are exchanged. First the ReLU's input x, then the gradient that arrives."""
    return walk_back(network, images, target, lambda x, grad: rule(grad, x))


def from_every_class(network, images, target, rule):
    """You start from a gradient of 1 for every class. Start from 1 for `target` and 0 for the others."""
    wide = network[-1]
    one = nn.Linear(wide.in_features, 1)
    with torch.no_grad():
        one.weight.copy_(wide.weight.sum(0, keepdim=True))
    return walk_back(nn.Sequential(*list(network)[:-1], one), images, 0, rule)


def from_the_score(network, images, target, rule):
    """You start from the score's value. A score changes with itself at the rate 1: start from 1 for `target`."""
    with torch.no_grad():
        return walk_back(network, images, target, rule) * network(images)[:, target].reshape(-1, 1, 1, 1)


def rule_at_the_image_too(network, images, target, rule):
    """You apply a ReLU to the result too. No ReLU stands before the first layer: the map keeps its negative values."""
    return walk_back(network, images, target, rule).relu()


# deconvnet, guided_backprop -------------------------------------------------------------------------------------------

def model_cases():
    image = torch.tensor([[[[1.0, 0.5], [-1.0, 0.2]]]])
    return [Case("two linear layers with a ReLU between them, one 2×2 image, target 1", (flat_network(), image, 1)), *network_cases()[1:]]


def the_vanilla_rule(model, images, target):
    """Your map is the vanilla gradient: the ReLUs kept their own rule. Compute it inside `with relu_rule(…):`."""
    return vanilla_gradient(model, images, target)


def guided_for_deconvnet(model, images, target):
    """Your map is guided backpropagation. The deconvnet rule asks of the gradient alone whether it is positive, not of the ReLU's input."""
    return guided_backprop(model, images, target)


def deconvnet_for_guided(model, images, target):
    """Your map is the deconvnet's. The guided rule asks of the ReLU's input, too, whether it was positive."""
    return deconvnet(model, images, target)


def relu_of_the_gradient(model, images, target):
    """You cut the negative values off the vanilla gradient at the end. The rule works at each ReLU inside the network, by `relu_rule`, not on the result."""
    return vanilla_gradient(model, images, target).relu()


def guided_at_the_image(model, images, target):
    """You apply the guided rule once, to the image and the vanilla gradient. The rule works at each ReLU inside the network, by `relu_rule`, not on the result."""
    return guided_rule(images, vanilla_gradient(model, images, target))


def with_every_rule(method):
    """What goes wrong with either of the two methods alike."""
    def no_negative_values(model, images, target):
        """You cut off the negative values of the result. No ReLU stands before the first layer: the map is signed."""
        return method(model, images, target).relu()

    def without_sign(model, images, target):
        """You take the absolute value. Keep the sign: the map of this rule is signed too."""
        return method(model, images, target).abs()

    def of_probability(model, images, target):
        """You walk back from the softmax probability. Start from the score before the softmax."""
        return method(followed_by(nn.Softmax(1), model), images, target)

    def product_with_the_input(model, images, target):
        """You multiply by the image. Return the map alone."""
        return method(model, images, target) * images

    def of_the_predicted(model, images, target):
        """You walk back from the highest score, whichever class it belongs to. Walk back from the score of `target`."""
        return method(model, images, None)

    def without_channels(model, images, target):
        """You bring the channels down to one and lose their dimension. Do not sum or average over them: the map has the shape of the images."""
        return method(model, images, target).sum(1)

    def to_one_channel(model, images, target):
        """You add up over the colour channels. Do not sum: the map has the shape of the images."""
        return method(model, images, target).sum(1, keepdim=True)

    return (no_negative_values, without_sign, of_probability, product_with_the_input, of_the_predicted, without_channels,
            to_one_channel)


# class_sensitivity ----------------------------------------------------------------------------------------------------

def class_sensitivity(method, model, images, first, second):
    """How much a map changes with the class asked for: 1 − the cosine of the angle between the two maps, for each image.

    method(model, images, target) → (N, C, H, W); images (N, C, H, W), first and second two classes → (N,) from 0, the
    same map up to its scale, through 1, nothing in common, to 2, the same map with the sign reversed. A map that is
    zero everywhere has no direction; cosine_similarity makes a 1 of it.
    """
    one, other = (method(model, images, target).flatten(1) for target in (first, second))
    return 1 - F.cosine_similarity(one, other)


def sensitivity_cases():
    image = torch.tensor([[[[1.0, 0.5], [-1.0, 0.2]]]])
    return [Case("vanilla_gradient, one 2×2 image, the classes 0 and 1", (vanilla_gradient, flat_network(), image, 0, 1)),
            Case("gradient_x_input, three 6×6 colour images, the classes 2 and 0",
                 (gradient_x_input, small_network(), random_images(3, seed=1), 2, 0)),
            Case("vanilla_gradient, two images, asked twice for class 1", (vanilla_gradient, small_network(), random_images(2), 1, 1))]


def the_cosine(method, model, images, first, second):
    """You return the cosine, which is 1 where the maps agree. Subtract it from 1: a sensitivity of 0 says that nothing changed."""
    return 1 - class_sensitivity(method, model, images, first, second)


def of_absolute_maps(method, model, images, first, second):
    """You compare the maps without their signs. Keep them: a map that turns from red to blue has changed."""
    return class_sensitivity(lambda *arguments: method(*arguments).abs(), model, images, first, second)


def size_of_the_cosine(method, model, images, first, second):
    """You take the absolute value of the cosine. Keep its sign: a map whose signs are reversed has a cosine of −1, and its sensitivity is 2."""
    return 1 - F.cosine_similarity(method(model, images, first).flatten(1), method(model, images, second).flatten(1)).abs()


def of_summed_channels(method, model, images, first, second):
    """You bring the colours down to one channel before you compare. Compare all values of the maps: flatten them as they are."""
    return class_sensitivity(lambda *arguments: method(*arguments).sum(1, keepdim=True), model, images, first, second)


def over_the_batch(method, model, images, first, second):
    """You compare all images at once. Flatten each image on its own, `.flatten(1)`: one number for each image."""
    one, other = (method(model, images, target).flatten() for target in (first, second))
    return 1 - F.cosine_similarity(one, other, dim=0)


def mean_over_the_batch(method, model, images, first, second):
    """You take the mean over the images. Return one number for each image."""
    return class_sensitivity(method, model, images, first, second).mean()


def at_each_pixel(method, model, images, first, second):
    """You compare the colours at each pixel. Flatten the whole map of an image first, `.flatten(1)`: one number for each image."""
    return 1 - F.cosine_similarity(method(model, images, first), method(model, images, second))


def size_of_the_difference(method, model, images, first, second):
    """You return the size of the difference of the maps. It grows with the scale of the maps, and methods differ in that: use 1 − cosine."""
    return (method(model, images, first) - method(model, images, second)).flatten(1).norm(dim=1)


def correlation(method, model, images, first, second):
    """You subtract the mean of each map first: that is the correlation. Here 0 has a meaning, so compare the maps as they are."""
    def centred(*arguments):
        maps = method(*arguments)
        return maps - maps.mean((1, 2, 3), keepdim=True)
    return class_sensitivity(centred, model, images, first, second)


def dot_product(method, model, images, first, second):
    """You return 1 − the product of the two maps as they are. Divide the product by the lengths of both maps: that makes it a cosine."""
    return 1 - (method(model, images, first) * method(model, images, second)).flatten(1).sum(1)


ANY_NETWORK = ("`walk_back` knows five kinds of layer, and this function is for any network. Let autograd walk: compute the "
               "gradient inside `with relu_rule(…):`.")

EXERCISES = (
    Exercise(conv_backward, "deconvnet", 3, conv_cases,
             (convolved_again, the_way_forward, cut_to_nothing, one_always_cut, one_cut_where_padded, columns_left_out, images_mixed,
              margin_kept, margin_cut_at_one_end, kernel_on_its_side, last_one_stays, mean_over_filters,
              first_filter_only)),
    Exercise(unpool, "deconvnet", 2, unpool_cases,
             (to_all_four, a_quarter_each, to_every_largest, to_the_last_largest, in_column_order, shared_among_the_largest,
              largest_above_zero, nothing_where_negative, top_left, the_pooled_values, to_the_smallest, to_the_largest_in_size)),
    Exercise(walk_back, "deconvnet", 3, walk_cases,
             (always_the_vanilla_rule, always_the_deconvnet_rule, always_the_guided_rule, given_the_output, padding_taken_for_1,
              walk_without_channels, walk_to_one_channel, past_the_relus, exchanged_at_the_rule, from_every_class, from_the_score,
              rule_at_the_image_too),
             closed={relu_rule: "With `relu_rule`, autograd walks for you. That is the short way of exercise 3.4; here, walk "
                                "back by hand: a loop over the layers, last one first."}),
    Exercise(deconvnet, "deconvnet", 1, model_cases,
             (the_vanilla_rule, guided_for_deconvnet, relu_of_the_gradient, *with_every_rule(deconvnet)),
             closed={walk_back: ANY_NETWORK}),
    Exercise(guided_backprop, "deconvnet", 1, model_cases,
             (the_vanilla_rule, deconvnet_for_guided, relu_of_the_gradient, guided_at_the_image, *with_every_rule(guided_backprop)),
             closed={walk_back: ANY_NETWORK}),
    Exercise(class_sensitivity, "deconvnet", 2, sensitivity_cases,
             (the_cosine, of_absolute_maps, over_the_batch, mean_over_the_batch, at_each_pixel, size_of_the_difference,
              correlation, dot_product, size_of_the_cosine, of_summed_channels),
             floor=2e-6),  # of 1 − a number near 1
)
