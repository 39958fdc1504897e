"""Lesson 03: the deconvnet is the gradient with another rule at the ReLUs, and what that rule costs."""

from functools import wraps

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from ...methods import (
    class_score,
    deconvnet,
    deconvnet_rule,
    gradient_x_input,
    guided_backprop,
    guided_rule,
    relu_rule,
    vanilla_gradient,
    vanilla_rule,
)
from ...methods.hygiene import whole_number
from ..exercise import Case, Exercise, Unreadable
from ..surroundings import drawn_by
from .networks import followed_by, random_images, small_network
from .start_here import network_cases


def random_tensor(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# conv_backward --------------------------------------------------------------------------------------------------------


def conv_backward(grad, weight, padding):
    """The gradient at a convolution's input: each output's gradient, spread back over the patch it was computed from.

    grad (N, K, h, w) at the output, weight (K, C, m, n), stride 1 → (N, C, h + m − 1 − 2 padding, w + n − 1 − 2 padding).
    Written out: without PyTorch's transposed convolution and without autograd, against which the lesson holds it.
    """
    whole_number(padding, "padding", "an int, `layer.padding[0]`, say")  # as the learner's own will want it
    return F.conv_transpose2d(grad, weight, padding=padding)


def conv_cases():
    one = torch.zeros(1, 1, 3, 3)
    one[0, 0, 1, 0] = 1.0
    kernel = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    return [
        Case("one gradient of 1 in a 3×3 map, the kernel (1 2; 3 4), no padding", (one, kernel, 0)),
        Case("one gradient of 1 in a 3×3 map, the kernel (1 2; 3 4), padding 1", (one, kernel, 1)),
        Case(
            "two maps of 4×5 from 3 filters over 2 channels, 3×3, padding 1",
            (random_tensor(2, 3, 4, 5), random_tensor(3, 2, 3, 3, seed=1), 1),
        ),
        Case(
            "5 filters over 3 channels, 3×3, no padding",
            (random_tensor(1, 5, 3, 3, seed=2), random_tensor(5, 3, 3, 3, seed=3), 0),
        ),
        Case(
            "4 filters over 2 channels, 5×5, padding 2",
            (random_tensor(2, 4, 6, 5, seed=6), random_tensor(4, 2, 5, 5, seed=7), 2),
        ),
        Case(
            "2 filters over 3 channels, kernels of 2 rows and 3 columns, no padding",
            (random_tensor(1, 2, 4, 3, seed=8), random_tensor(2, 3, 2, 3, seed=9), 0),
        ),
    ]


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
    return full[:, :, : full.shape[2] - 2 * padding, : full.shape[3] - 2 * padding]


def kernel_on_its_side(grad, weight, padding):
    """Rows and columns of the kernel are exchanged. weight[:, :, a, b] leads to row i + a and column j + b."""
    return F.conv_transpose2d(grad, weight.transpose(2, 3), padding=padding)


def last_one_stays(grad, weight, padding):
    """You overwrite what is there already. An input feeds several outputs: add up what comes back from each of them, with +=."""
    height, width = grad.shape[2:]
    full = grad.new_zeros(len(grad), weight.shape[1], height + weight.shape[2] - 1, width + weight.shape[3] - 1)
    for a in range(weight.shape[2]):
        for b in range(weight.shape[3]):
            full[:, :, a : a + height, b : b + width] = torch.einsum("nkhw,kc->nchw", grad, weight[:, :, a, b])
    return full[:, :, padding : full.shape[2] - padding, padding : full.shape[3] - padding]


def mean_over_filters(grad, weight, padding):
    """You take the mean over the filters. What comes back from each of them adds up: take the sum."""
    return conv_backward(grad, weight, padding) / len(weight)


def first_filter_only(grad, weight, padding):
    """You follow the first filter alone. Every filter sends a gradient back to the same input: add them up."""
    return conv_backward(grad[:, :1], weight[:1], padding)


def full_size(grad, weight):
    """The gradient at the padded input."""
    return F.conv_transpose2d(grad, weight)


def last_patch_stays(grad, weight, padding):
    """You overwrite what is there already, patch by patch. An input feeds several outputs: add up what comes back from each of them, with +=."""
    full = torch.zeros_like(full_size(grad, weight))
    m, n = weight.shape[2:]
    for i in range(grad.shape[2]):
        for j in range(grad.shape[3]):
            full[:, :, i : i + m, j : j + n] = torch.einsum("nk,kcab->ncab", grad[:, :, i, j], weight)
    return full[:, :, padding : full.shape[2] - padding, padding : full.shape[3] - padding]


def one_row_too_many(grad, weight, padding):
    """Your padded input is one row too high and one column too wide. It has h + m − 1 rows and w + n − 1 columns."""
    full = F.pad(full_size(grad, weight), (0, 1, 0, 1))
    return full[:, :, padding : full.shape[2] - padding, padding : full.shape[3] - padding]


def padded_twice(grad, weight, padding):
    """Your padded input is too large. h + m − 1 rows and w + n − 1 columns hold the padding already; the input itself has 2 · padding fewer."""
    full = F.pad(full_size(grad, weight), (0, 2 * padding, 0, 2 * padding))
    return full[:, :, padding : full.shape[2] - padding, padding : full.shape[3] - padding]


def margin_cut_at_the_top(grad, weight, padding):
    """You cut the padding off at the top left alone. It lies all around: end at `full.shape[2] - padding`, likewise for the columns."""
    return full_size(grad, weight)[:, :, padding:, padding:]


def rows_cut_alone(grad, weight, padding):
    """You cut the padding off at the top and at the bottom alone. Cut as many columns off on the left and on the right."""
    full = full_size(grad, weight)
    return full[:, :, padding : full.shape[2] - padding]


def first_kernel_row_only(grad, weight, padding):
    """You use the first row of the kernel alone. Does the `return` line stand inside a loop?"""
    return conv_backward(grad, weight * (torch.arange(weight.shape[2]) < 1)[:, None], padding)


def first_kernel_place_only(grad, weight, padding):
    """You use the first place of the kernel alone. Does the `return` line stand inside both loops?"""
    first = torch.zeros_like(weight)
    first[:, :, 0, 0] = weight[:, :, 0, 0]
    return conv_backward(grad, first, padding)


def last_kernel_places_left_out(grad, weight, padding):
    """The last row and the last column of the kernel are left out. `range(m)` ends at m − 1 by itself."""
    rows, columns = torch.arange(weight.shape[2]), torch.arange(weight.shape[3])
    return conv_backward(grad, weight * ((rows < len(rows) - 1)[:, None] & (columns < len(columns) - 1)), padding)


def padded_too_little(grad, weight, padding):
    """You run a convolution with the kernel turned, and pad `grad` too little. Each gradient comes back to a whole patch, so pad m − 1 − padding rows on each side and n − 1 − padding columns; and filters and channels change places."""
    return F.conv2d(grad, weight.flip(2, 3).transpose(0, 1), padding=padding)


def filters_not_summed(grad, weight, padding):
    """Your result has a channel for each filter. It has one for each of the C channels of the input, and each of them collects from all filters: `torch.einsum("nkhw,kc->nchw", grad, weight[:, :, a, b])`."""
    return torch.cat([conv_backward(grad[:, k : k + 1], weight[k : k + 1, :1], padding) for k in range(len(weight))], 1)


def weights_not_used(grad, weight, padding):
    """You spread the gradient out without the weights. Multiply by the weight of the place, `weight[:, :, a, b]`."""
    return conv_backward(grad, torch.ones_like(weight), padding)


def padded_more(grad, weight, padding):
    """You add the padding once more. The padded input holds it already: cut `padding` rows and columns off on each side."""
    return F.pad(full_size(grad, weight), [padding] * 4)


def columns_cut_by_rows(grad, weight, padding):
    """You cut the columns at the number of rows. Columns end at `full.shape[3] - padding`."""
    full = full_size(grad, weight)
    return full[:, :, padding : full.shape[2] - padding, padding : full.shape[2] - padding]


def first_kernel_places_left_out(grad, weight, padding):
    """The first row and the first column of the kernel are left out. Count from 0: `range(m)`, `range(n)`."""
    rows, columns = torch.arange(weight.shape[2]), torch.arange(weight.shape[3])
    return conv_backward(grad, weight * ((rows > 0)[:, None] & (columns > 0)), padding)


def kernel_upside_down(grad, weight, padding):
    """The rows of the kernel are turned upside down. weight[:, :, a, b] leads to row i + a and column j + b. If you use F.conv2d, turn both, `.flip(2, 3)`."""
    return conv_backward(grad, weight.flip(2), padding)


def kernel_mirrored(grad, weight, padding):
    """The columns of the kernel are mirrored. weight[:, :, a, b] leads to row i + a and column j + b. If you use F.conv2d, turn both, `.flip(2, 3)`."""
    return conv_backward(grad, weight.flip(3), padding)


def first_image_of_all(grad, weight, padding):
    """Only the first image has a gradient. Go over all images: a colon for dimension 0."""
    return torch.cat(
        [conv_backward(grad[:1], weight, padding), conv_backward(torch.zeros_like(grad[1:]), weight, padding)]
    )


def channel_zero_alone(grad, weight, padding):
    """Only the first channel of the input is filled. Each channel c collects with its own weights, weight[:, c]."""
    return conv_backward(grad, weight * (torch.arange(weight.shape[1]) < 1)[:, None, None], padding)


WRITTEN_OUT = (
    "PyTorch does the walk for you here: a transposed convolution or autograd. The lesson compares yours with both, so write it "
    "out: a loop over the kernel's places, as the three steps above the exercise say."
)


class WrittenOut(TorchDispatchMode):
    """Inside, whatever PyTorch itself knows of a convolution's gradient raises: conv_transpose, conv2d_input, autograd."""

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        name = operator.overloadpacket.__name__ if hasattr(operator, "overloadpacket") else ""
        transposed = name == "convolution" and True in args[6:7] or "transpose" in name and "conv" in name
        if transposed or "convolution_backward" in name:
            raise Unreadable(WRITTEN_OUT)
        return operator(*args, **(kwargs or {}))


BLOCKS = (
    "Two sizes do not fit. The padded input has h + m − 1 rows and w + n − 1 columns, and place (a, b) sends to the block of rows "
    "`a:a + h` and columns `b:b + w`. And `weight[:, :, a, b]` has the shape (K, C): it does not meet `grad` entry by entry, but by "
    '`torch.einsum("nkhw,kc->nchw", …)`.'
)
FILTERS = (
    "grad has K filters, the result C channels, and `weight[:, :, a, b]` has the shape (K, C). Make zeros for N images of "
    '`weight.shape[1]` channels, and add `torch.einsum("nkhw,kc->nchw", grad, weight[:, :, a, b])`.'
)

CONV_CURES = {
    "non-singleton dimension 2": BLOCKS,
    "non-singleton dimension 3": BLOCKS,
    "non-singleton dimension 1": FILTERS,
    "non-singleton dimension 0": FILTERS,
    "doesn't match the broadcast shape": FILTERS,
    "einsum()": FILTERS,
    "cannot be multiplied": FILTERS,
    "Expected size for": FILTERS,
    "out of bounds": "The kernel has m rows and n columns, whatever they are: `m, n = weight.shape[2:]`. h and w are the rows and columns "
    "of `grad`.",
    "Given groups": "If you use F.conv2d: backward, filters and channels change places, `weight.transpose(0, 1)`, and the kernel is turned, `.flip(2, 3)`.",
}


# unpool ---------------------------------------------------------------------------------------------------------------


def unpool(grad, x):
    """The gradient at the input x of 2×2 max pooling: each value goes where the largest of its window stood, 0 elsewhere.

    grad (N, C, h, w) at the output, x (N, C, 2h, 2w) → like x. Of equally large ones, the first in reading order won.
    """
    _, switches = F.max_pool2d(x, 2, return_indices=True)
    return F.max_unpool2d(grad, switches, 2, output_size=x.shape)


def unpool_cases():
    x = torch.tensor([[[[1.0, 5.0, 0.0, 2.0], [3.0, 2.0, 4.0, 1.0]]]])
    return [
        Case("a map of 2×4, in whose windows 5 and 4 are the largest", (torch.tensor([[[[10.0, 20.0]]]]), x)),
        Case(
            "a map of 2×4, in whose windows 5 and 4 are the largest, and a negative gradient",
            (torch.tensor([[[[10.0, -20.0]]]]), x.flip(2)),
        ),
        Case(
            "a window of negative values, (−3 −1; −2 −4)",
            (torch.tensor([[[[10.0]]]]), torch.tensor([[[[-3.0, -1.0], [-2.0, -4.0]]]])),
        ),
        Case(
            "two windows with equally large values, (3 3; 1 3) and (0 0; 0 0)",
            (torch.tensor([[[[1.0, 2.0]]]]), torch.tensor([[[[3.0, 3.0, 0.0, 0.0], [1.0, 3.0, 0.0, 0.0]]]])),
        ),
        Case(
            "a window whose top right and bottom left are equally large, (1 4; 4 2)",
            (torch.tensor([[[[10.0]]]]), torch.tensor([[[[1.0, 4.0], [4.0, 2.0]]]])),
        ),
        Case("two maps of 3 channels, 6×4", (random_tensor(2, 3, 3, 2, seed=4), random_tensor(2, 3, 6, 4, seed=5))),
    ]


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


def place_exchanged(grad, x):
    """Rows and columns are exchanged within the window. Of place k of four, counted row by row, the row is k // 2 and the column k % 2."""
    windows = x.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4)
    won = F.one_hot(windows.argmax(-1), 4) * grad[..., None]
    return won.unflatten(4, (2, 2)).transpose(4, 5).transpose(3, 4).reshape(x.shape)


def by_each_place(grad, x, top, read):
    """A loop over all values of grad: the place within the window is that of the largest in read(i, j), the window begins at top(i, j)."""
    result = torch.zeros_like(x)
    for n, c, i, j in torch.cartesian_prod(*map(torch.arange, grad.shape)).tolist():
        row, column = read(i, j)
        best = int(x[n, c, row : row + 2, column : column + 2].argmax())
        row, column = top(i, j)
        result[n, c, row + best // 2, column + best % 2] = grad[n, c, i, j]
    return result


def windows_side_by_side(grad, x):
    """You put the values back too far up and to the left. Window (i, j) begins at row 2 · i and column 2 · j."""
    return by_each_place(grad, x, lambda i, j: (i, j), lambda i, j: (2 * i, 2 * j))


def overlapping_windows(grad, x):
    """You look for the largest in overlapping windows. Window (i, j) of x begins at row 2 · i and column 2 · j."""
    return by_each_place(grad, x, lambda i, j: (2 * i, 2 * j), lambda i, j: (i, j))


def as_many_columns_as_rows(grad, x):
    """You go over as many columns as there are rows. `grad` has h rows and w columns: `h, w = grad.shape[2:]`."""
    return unpool(grad * (torch.arange(grad.shape[3]) < grad.shape[2]), x)


def first_map_only(grad, x):
    """Only the first map of the first image is filled. Go over all images and all channels."""
    result = torch.zeros_like(x)
    result[:1, :1] = unpool(grad[:1, :1], x[:1, :1])
    return result


def first_image_only(grad, x):
    """Only the first image is filled. Go over all images."""
    result = torch.zeros_like(x)
    result[:1] = unpool(grad[:1], x[:1])
    return result


def times_the_pooled(grad, x):
    """You multiply the gradient by the pooled values. x only says where it goes: put `grad` there as it is."""
    return unpool(grad * F.max_pool2d(x, 2), x)


def negative_gradients_lost(grad, x):
    """You lose the negative gradients. `grad` goes back as it is, with its sign."""
    return unpool(grad.relu(), x)


def where_positive(grad, x):
    """You go by the sign of x. Each window has one place that counts, that of its largest value."""
    return F.interpolate(grad, scale_factor=2, mode="nearest") * (x > 0)


def largest_of_the_whole_map(grad, x):
    """You look for the largest of the whole map. Each window of 2×2 has its own."""
    spread = F.interpolate(grad, scale_factor=2, mode="nearest")
    return torch.where(x == x.amax(dim=(2, 3), keepdim=True), spread, 0)


def pooled_again(grad, x):
    """You return the pooled values: that is the way forward. Return a tensor like x, with the values of `grad` at the places of the largest."""
    return F.max_pool2d(x, 2)


def added_to_x(grad, x):
    """You add the gradient to x. Start from zeros, `torch.zeros_like(x)`."""
    return x + unpool(grad, x)


def smoothly_enlarged(grad, x):
    """You enlarge the gradient smoothly. Each value goes to one place of its window, that of the largest of x, and the others get 0."""
    return F.interpolate(grad, scale_factor=2, mode="bilinear")


def all_into_the_first_map(grad, x):
    """You put everything into the first map. The switches count the places within each map, from 0 again: `F.max_unpool2d(grad, switches, 2)` knows that."""
    _, switches = F.max_pool2d(x, 2, return_indices=True)
    result = torch.zeros(x.numel())
    result[switches.flatten()] = grad.flatten()
    return result.reshape(x.shape)


def bottom_right(grad, x):
    """You put each value at the bottom right of its window. It goes where the largest value of x stood: that is what the switches are for."""
    result = torch.zeros_like(x)
    result[:, :, 1::2, 1::2] = grad
    return result


def largest_of_each_row(grad, x):
    """You look for the largest of a whole row. Each window of 2×2 has its own."""
    return F.interpolate(grad, scale_factor=2, mode="nearest") * (x == x.amax(dim=3, keepdim=True))


def places_alone(grad, x):
    """You return 1 where the largest stood. Put the value of `grad` there."""
    return unpool(torch.ones_like(grad), x)


SWITCHES = (
    "`F.max_pool2d(x, 2, return_indices=True)` gives two things: the pooled values, and second the switches. Then it is "
    "`F.max_unpool2d(grad, switches, 2)`."
)

UNPOOL_CURES = {
    **dict.fromkeys(
        (
            "values to unpack",
            "should be type int64",
            "must be Tensor, not tuple",
            "Output size is too small",
            "shape of indices",
            "'kernel_size'",
            "invalid output_size",
            "'return_indices'",
            "'tuple' object",
        ),
        SWITCHES,
    ),
    "out of bounds": "Each window of each image and each channel has a largest value of its own: go over n, c, i and j, and look at "
    "`x[n, c, 2 * i:2 * i + 2, 2 * j:2 * j + 2]`, with `grad[n, c, i, j]`. If i and j go in steps of 2 over x, it is "
    "`grad[n, c, i // 2, j // 2]`.",
    "Boolean value of Tensor": "Each image and each channel has a largest value of its own: compare single numbers, or use the switches of "
    "`F.max_pool2d(x, 2, return_indices=True)`.",
    "must match the size": "grad has half the rows and half the columns of x. " + SWITCHES,
}


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
    with drawn_by(8):
        return nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(4, 5, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(45, 6),
            nn.ReLU(),
            nn.Linear(6, 3),
        ).eval()


def unpadded_network():
    """A convolution without padding and one with padding 1, pooling, one linear layer; 3 classes."""
    with drawn_by(8):
        return nn.Sequential(
            nn.Conv2d(3, 4, 3),
            nn.ReLU(),
            nn.Conv2d(4, 5, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(20, 3),
        ).eval()


def network_for_wide_images():
    """A convolution, a ReLU, and a linear layer for maps of 4×9; 3 classes."""
    with drawn_by(9):
        return nn.Sequential(nn.Conv2d(3, 2, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(72, 3)).eval()


def by_hand(rule):
    """The rule; called from within autograd's own walk, it says that this is not the way."""

    @wraps(rule)
    def asked(x, grad):
        if torch._C._current_graph_task_id() != -1:  # autograd is running
            raise Unreadable(BY_HAND)
        return rule(x, grad)

    return asked


def walk_cases():
    image = torch.tensor([[[[1.0, 0.5], [-1.0, 0.2]]]])
    return [
        *(
            Case(
                f"a flatten, a linear layer, a ReLU and a linear layer, one 2×2 image, target 1, the {name}",
                (flat_network(), image, 1, by_hand(rule)),
            )
            for name, rule in (
                ("vanilla rule", vanilla_rule),
                ("deconvnet rule", deconvnet_rule),
                ("made-up rule x · grad", lambda x, grad: x * grad),
            )
        ),
        *(
            Case(
                f"two convolutions, pooling and two linear layers, two 6×6 colour images, target 2, the {name} rule",
                (plain_network(), random_images(2), 2, by_hand(rule)),
            )
            for name, rule in (("vanilla", vanilla_rule), ("deconvnet", deconvnet_rule), ("guided", guided_rule))
        ),
        Case(
            "a convolution without padding and one with padding 1, pooling and a linear layer, two 6×6 colour images, target 0, the vanilla rule",
            (unpadded_network(), random_images(2, seed=3), 0, by_hand(vanilla_rule)),
        ),
        Case(
            "a convolution and a linear layer behind maps of 4×9, two colour images, target 1, the guided rule",
            (network_for_wide_images(), random_images(2, size=4, width=9, seed=5), 1, by_hand(guided_rule)),
        ),
    ]


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


def flat_at_the_end(network, images, target, rule):
    """The result is flat: the way back through `nn.Flatten` is missing. Give the gradient the shape of what that layer got, `grad.reshape(x.shape)`. Does your loop reach the very first layer?"""
    return walk_back(network, images, target, rule).flatten(1)


def stops_before_the_image(network, images, target, rule):
    """You stop before the first layer of the network. Go on to the image: indices end at 0, `range(len(network) - 1, -1, -1)`, and `reversed(network)` ends with the first layer by itself."""
    return walk_back(network[1:], network[0](images).detach(), target, rule)


def after_the_last_layer(network, images, target, rule):
    """You return after one layer. Does the `return` line stand inside the loop?"""
    return network[-1].weight[target].detach().expand(len(images), -1)


def not_begun(network, images, target, rule):
    """`grad` comes out as it was at the start: none of the branches fits. `isinstance(layer, nn.Linear)` tells what a layer is."""
    return F.one_hot(torch.tensor(target), network[-1].out_features).to(images.dtype).expand(len(images), -1)


def the_image_itself(network, images, target, rule):
    """You return the image. Return `grad` at the end of the way."""
    return images.clone()


def times_the_images(network, images, target, rule):
    """You multiply by the image at the end. Return the gradient alone."""
    return walk_back(network, images, target, rule) * images


def gradient_for_both(network, images, target, rule):
    """You give `rule` the gradient twice. Its first argument is the ReLU's input: rule(x, grad)."""
    return walk_back(network, images, target, lambda x, grad: rule(grad, grad))


def walk_without_sign(network, images, target, rule):
    """You take the absolute value at the end. Keep the sign."""
    return walk_back(network, images, target, rule).abs()


def unpooled_everywhere(network, images, target, rule):
    """At the pooling you give the gradient to all four places of a window. It goes to the largest alone: `unpool(grad, x)`."""
    layers = [nn.AvgPool2d(2, divisor_override=1) if isinstance(layer, nn.MaxPool2d) else layer for layer in network]
    inputs, x = [], images
    with torch.no_grad():
        for layer in network:
            inputs.append(x)
            x = layer(x)
        grad = torch.zeros_like(x)
        grad[:, target] = 1
        for layer, x in zip(reversed(layers), reversed(inputs), strict=True):
            if isinstance(layer, nn.ReLU):
                grad = rule(x, grad)
            else:
                grad = torch.autograd.functional.vjp(layer, x, grad)[1]
    return grad


BY_HAND = (
    "Autograd walks for you here. That is the short way of exercise 3.4; walk back by hand: a loop over the layers, last one first, "
    "which calls rule(x, grad) at each ReLU."
)
IN_ORDER = (
    "Walk backwards, the last layer first, and each layer with what it got: `zip(reversed(network), reversed(inputs))`."
)
FITTING = (
    IN_ORDER
    + " No layer may be passed over: each kind needs its branch, and a convolution its own padding, `layer.padding[0]`."
)
LINEAR_BACK = (
    "Backward through a linear layer it is `grad @ layer.weight`: (N, outputs) times (outputs, inputs), the last layer first. "
    "No transposing, and not `layer(grad)`, which is the way forward."
)

WALK_CURES = {
    "is invalid for input of size": IN_ORDER + " At `nn.Flatten` the gradient gets the shape of what that layer got: "
    "`grad.reshape(x.shape)`.",
    "must match the size": FITTING,
    "cannot be multiplied": LINEAR_BACK,
    "size mismatch": LINEAR_BACK,
    "argument: 'grad'": "A rule has two arguments, in this order: rule(x, grad), with x the ReLU's input.",
    "argument: 'padding'": "conv_backward has three arguments: `conv_backward(grad, layer.weight, layer.padding[0])`.",
    "argument: 'x'": "unpool has two arguments, in this order: unpool(grad, x).",
    "out of range": "Layer number i goes with `inputs[i]`, what it got. The last is number `len(network) - 1`, the first number 0.",
    "output_size": "The gradient comes first, and second what the pooling got: unpool(grad, x).",
    "Given transposed": "conv_backward wants the weights as they are: `conv_backward(grad, layer.weight, layer.padding[0])`.",
    "Conv2d": "conv_backward wants the weights, not the layer: `conv_backward(grad, layer.weight, layer.padding[0])`.",
    "has no attribute 'weight'": "Only `nn.Linear` and `nn.Conv2d` have weights. Ask what a layer is by `isinstance(layer, nn.Linear)`.",
    "has no attribute 'padding'": "Only `nn.Conv2d` has a padding. Ask what a layer is by `isinstance(layer, nn.Conv2d)`.",
    "not reversible": "`reversed(list(network))` goes over the layers from the last to the first.",
    "expected 4D": FITTING,
    "non-empty 3D or 4D": FITTING,
    "Expected 3D": FITTING,
    "not enough values to unpack": FITTING,
    "does not require grad": BY_HAND,
}


# deconvnet, guided_backprop -------------------------------------------------------------------------------------------


class WithFunctions(nn.Module):
    """Two convolutions and a linear layer, no chain of layers: one ReLU is a layer, two are functions; 3 classes."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.relu, self.last = nn.ReLU(), nn.Linear(4, 3)

    def forward(self, images):
        x = self.relu(self.first(images))
        x = x + F.relu(self.second(x))
        return self.last((x - 0.2).relu().mean(dim=(2, 3)))


def network_with_functions():
    with drawn_by(5):
        return WithFunctions().eval()


def model_cases():
    image = torch.tensor([[[[1.0, 0.5], [-1.0, 0.2]]]])
    return [
        Case("two linear layers with a ReLU between them, one 2×2 image, target 1", (flat_network(), image, 1)),
        *network_cases()[1:],
        Case(
            "two 5×4 colour images, target 1, a network that is no chain of layers and calls `F.relu`, too",
            (network_with_functions(), random_images(2, size=5, width=4), 1),
        ),
    ]


def the_vanilla_rule(model, images, target):
    """Your map is the vanilla gradient: the ReLUs kept their own rule. Compute it inside `with relu_rule(…):`, and hand `relu_rule` the rule that this exercise is about; of two contexts, one in the other, the inner one counts."""
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


def guided_after_the_deconvnet(model, images, target):
    """You apply the guided rule once, to the image and the deconvnet's map. The rule works at each ReLU inside the network: `with relu_rule(guided_rule):`."""
    return guided_rule(images, deconvnet(model, images, target))


def deconvnet_where_the_gradient_is(model, images, target):
    """You combine finished maps. The rule works at each ReLU inside the network: `with relu_rule(guided_rule):`."""
    return deconvnet(model, images, target) * (vanilla_gradient(model, images, target) > 0)


def guided_at_the_image(model, images, target):
    """You apply the guided rule once, to the image and the vanilla gradient. The rule works at each ReLU inside the network, by `relu_rule`, not on the result."""
    return guided_rule(images, vanilla_gradient(model, images, target))


def with_every_rule(method, rule):
    """What goes wrong with either of the two methods alike."""

    def layers_alone(model, images, target):
        """Your rule reaches the `nn.ReLU` layers alone. A network that calls `F.relu` or `x.relu()` has others: `with relu_rule(…):` reaches every ReLU."""
        kept, handles = {}, []
        for layer in model.modules():
            if isinstance(layer, nn.ReLU):
                handles += [
                    layer.register_forward_hook(lambda layer, args, output: kept.update({layer: args[0].detach()})),
                    layer.register_full_backward_hook(lambda layer, to, at: (rule(kept[layer], at[0]),)),
                ]
        maps = vanilla_gradient(model, images, target)
        for handle in handles:
            handle.remove()
        return maps

    def the_score_alone(model, images, target):
        """You return the score. Return its gradient: inside the `with`, call vanilla_gradient(model, images, target)."""
        return class_score(model, images, target)

    def all_the_scores(model, images, target):
        """You return the scores of the classes. Return the gradient of one: inside the `with`, call vanilla_gradient(model, images, target)."""
        return model(images)

    def as_a_heatmap(model, images, target):
        """You make a heatmap of it, without sign and colours. Return the map as it is: it has the shape of the images."""
        size = method(model, images, target).abs().amax(dim=1, keepdim=True)
        return size / size.amax(dim=(2, 3), keepdim=True)

    def roles_exchanged(model, images, target):
        """In your rule x and the gradient have changed places. A rule is called with the ReLU's input first, then the arriving gradient; `relu_rule` takes the function itself."""
        with relu_rule(lambda x, grad: rule(grad, x)):
            return vanilla_gradient(model, images, target)

    def in_a_tuple(model, images, target):
        """You return a tuple. Return the map alone, a tensor."""
        return (method(model, images, target),)

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

    return (
        no_negative_values,
        without_sign,
        of_probability,
        product_with_the_input,
        of_the_predicted,
        without_channels,
        to_one_channel,
        layers_alone,
        the_score_alone,
        all_the_scores,
        as_a_heatmap,
        roles_exchanged,
        in_a_tuple,
    )


def rule_cures(rule):
    """What helps when relu_rule(rule) and its neighbours raise."""
    use = f"`with relu_rule({rule}):` and, indented below it, the line that computes the map with vanilla_gradient(model, images, target)."
    itself = f"Give the function itself, neither called nor in quotes: {use}"
    return {
        "rule must be a function": itself,
        "where() received": itself,
        "'int' object": itself,
        "must be Tensor, not int": itself,
        "argument: 'rule'": itself,
        "argument: 'grad'": itself,
        "missing 2 required positional": itself,
        "positional argument but": "vanilla_gradient and `relu_rule` know nothing of each other; the `with` brings them together. Write "
        + use,
        "positional arguments but": "vanilla_gradient and `relu_rule` know nothing of each other; the `with` brings them together. Write "
        + use,
        "model must be a torch.nn.Module": "`relu_rule` takes a rule, and the model stays as it is. Write " + use,
        "only for scalar outputs": "A derivative starts from one number, the sum of the scores. vanilla_gradient does that. Write "
        + use,
        "'NoneType' object": "A `with relu_rule(…)` has no value of its own. Write " + use,
        "context manager": "`relu_rule` is used in a `with` line. Write " + use,
        "_GeneratorContextManager": "`relu_rule` is used in a `with` line. Write " + use,
        **dict.fromkeys(
            ("'WithFunctions' object", "'Nested' object", "'Sequential' object"),
            "The network may be of any build, no chain of layers. Let autograd walk back: " + use,
        ),
    }


# class_sensitivity ----------------------------------------------------------------------------------------------------


def class_sensitivity(method, model, images, first, second):
    """How much a map changes with the class asked for: 1 − the cosine of the angle between the two maps, for each image.

    method(model, images, target) → (N, C, H, W); images (N, C, H, W), first and second two classes → (N,) from 0, the
    same map up to its scale, through 1, nothing in common, to 2, the same map with the sign reversed. A map that is
    zero everywhere has no direction: what comes then is left open.
    """
    one, other = (method(model, images, target).flatten(1) for target in (first, second))
    return 1 - F.cosine_similarity(one, other)


def sensitivity_cases():
    image = torch.tensor([[[[1.0, 0.5], [-1.0, 0.2]]]])
    return [
        Case(
            "vanilla_gradient, two 2×2 images, the classes 0 and 1",
            (vanilla_gradient, flat_network(), torch.cat([image, image.flip(3) - 1]), 0, 1),
        ),
        Case("vanilla_gradient, one 2×2 image, the classes 0 and 1", (vanilla_gradient, flat_network(), image, 0, 1)),
        Case(
            "gradient_x_input, three 6×6 colour images, the classes 2 and 0",
            (gradient_x_input, small_network(), random_images(3, seed=1), 2, 0),
        ),
        Case(
            "vanilla_gradient, two images, asked twice for class 1",
            (vanilla_gradient, small_network(), random_images(2), 1, 1),
        ),
    ]


def the_cosine(method, model, images, first, second):
    """You return the cosine, which is 1 where the maps agree. Subtract it from 1: a sensitivity of 0 says that nothing changed."""
    return 1 - class_sensitivity(method, model, images, first, second)


def of_absolute_maps(method, model, images, first, second):
    """You compare the maps without their signs. Keep them: a map that turns from red to blue has changed."""
    return class_sensitivity(lambda *arguments: method(*arguments).abs(), model, images, first, second)


def size_of_the_cosine(method, model, images, first, second):
    """You take the absolute value of the cosine. Keep its sign: a map whose signs are reversed has a cosine of −1, and its sensitivity is 2."""
    return (
        1 - F.cosine_similarity(method(model, images, first).flatten(1), method(model, images, second).flatten(1)).abs()
    )


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


def two_maps(method, model, images, first, second):
    """One long list for each image and class."""
    return (method(model, images, target).flatten(1) for target in (first, second))


def lengths_of_the_batch(method, model, images, first, second):
    """You divide by the lengths of the whole batch. Each image has its own: `.norm(dim=1)`, or the sum of squares along dimension 1."""
    u, v = two_maps(method, model, images, first, second)
    return 1 - (u * v).sum(1) / (u.norm() * v.norm())


def along_the_images(method, model, images, first, second):
    """You compute the cosine along dimension 0, from image to image. Compute it along dimension 1, over the values of an image: one number for each image."""
    return 1 - F.cosine_similarity(*two_maps(method, model, images, first, second), dim=0)


def root_missing(method, model, images, first, second):
    """You divide by the sums of squares. Divide by their roots: a length is the root of the sum of squares, `.norm(dim=1)`."""
    u, v = two_maps(method, model, images, first, second)
    return 1 - (u * v).sum(1) / (u.square().sum(1) * v.square().sum(1))


def by_the_first_length_twice(method, model, images, first, second):
    """You divide by the squared length of the first map. Divide by the lengths of both: |u| · |v|."""
    u, v = two_maps(method, model, images, first, second)
    return 1 - (u * v).sum(1) / u.square().sum(1)


def denominator_without_brackets(method, model, images, first, second):
    """You divide by the first length and multiply by the second. Put brackets around what you divide by: `/ (… * …)`."""
    u, v = two_maps(method, model, images, first, second)
    return 1 - (u * v).sum(1) / u.norm(dim=1) * v.norm(dim=1)


def one_class_twice(method, model, images, first, second):
    """Your sensitivity is 0, as if both maps were of the same class. One is asked for class `first`, the other for class `second`."""
    return torch.zeros(len(images))


def cosine_minus_1(method, model, images, first, second):
    """The sign is reversed: it is 1 − the cosine, not the cosine − 1."""
    return -class_sensitivity(method, model, images, first, second)


def halved(method, model, images, first, second):
    """You divide by 2. The sensitivity is 1 − the cosine, from 0 to 2."""
    return class_sensitivity(method, model, images, first, second) / 2


def the_angle(method, model, images, first, second):
    """You return the angle. Asked for is 1 − its cosine."""
    return (1 - class_sensitivity(method, model, images, first, second)).clamp(-1, 1).acos()


def by_the_vanilla_gradient(method, model, images, first, second):
    """You compare vanilla gradients, whatever `method` is given. Call method(model, images, first), and likewise for `second`."""
    return class_sensitivity(vanilla_gradient, model, images, first, second)


def first_image_alone(method, model, images, first, second):
    """You return one number, the sensitivity of the first image. Return one for each image, (N,)."""
    return class_sensitivity(method, model, images, first, second)[0]


def squeezed_sensitivity(method, model, images, first, second):
    """Of a single image your result has lost its only dimension; a bare `.squeeze()` does that. One image gives a tensor of shape (1,)."""
    return class_sensitivity(method, model, images, first, second).squeeze()


def every_pair_of_images(method, model, images, first, second):
    """You compare each image with every image: N×N numbers. Compare the two maps of one and the same image: `(u * v).sum(1)`."""
    u, v = two_maps(method, model, images, first, second)
    return 1 - F.cosine_similarity(u[:, None], v[None], dim=2)


def every_pair_by_lengths(method, model, images, first, second):
    """`u @ v.T` multiplies each image with every image: N×N numbers. Multiply the two maps of one and the same image, value by value, and add up: `(u * v).sum(1)`."""
    u, v = two_maps(method, model, images, first, second)
    return 1 - u @ v.T / (u.norm(dim=1) * v.norm(dim=1))


def at_each_place(method, model, images, first, second):
    """You compare the colours at each pixel. Flatten the whole map of an image, `.flatten(1)`, channels too: one number for each image."""
    return at_each_pixel(method, model, images, first, second).flatten(1)


def each_channel(method, model, images, first, second):
    """You compare channel by channel. Flatten the whole map of an image, `.flatten(1)`: one number for each image."""
    return 1 - F.cosine_similarity(
        method(model, images, first).flatten(2), method(model, images, second).flatten(2), dim=2
    )


def one_dimension_left(method, model, images, first, second):
    """One dimension of 1 is left over, (N, 1). Return one number for each image, (N,): leave `keepdim` out."""
    return class_sensitivity(method, model, images, first, second)[:, None]


def of_the_scores(method, model, images, first, second):
    """You compare scores. Compare the maps that `method` makes: method(model, images, first) and method(model, images, second)."""
    return 1 - F.cosine_similarity(class_score(model, images, first), class_score(model, images, second), dim=0)


def of_heatmaps(method, model, images, first, second):
    """You compare heatmaps, which have lost sign and colour. Compare the maps as they are."""
    return class_sensitivity(
        lambda *arguments: method(*arguments).abs().amax(1, keepdim=True), model, images, first, second
    )


def relative_difference(method, model, images, first, second):
    """You return the size of the difference of the maps, as a part of the first. It changes with the scale of either map: use 1 − cosine."""
    u, v = two_maps(method, model, images, first, second)
    return (u - v).norm(dim=1) / u.norm(dim=1)


def distance_of_directions(method, model, images, first, second):
    """You return the distance of the two directions. Asked for is 1 − the cosine of the angle between them."""
    return (2 * class_sensitivity(method, model, images, first, second)).clamp(min=0).sqrt()


def mean_of_the_products(method, model, images, first, second):
    """You take the mean of the products. Take their sum: the lengths you divide by are made of sums, too."""
    u, v = two_maps(method, model, images, first, second)
    return 1 - (u * v).mean(1) / (u.norm(dim=1) * v.norm(dim=1))


def lengths_of_absolutes(method, model, images, first, second):
    """You divide by sums of absolute values. A length is the root of the sum of squares: `.norm(dim=1)`."""
    u, v = two_maps(method, model, images, first, second)
    return 1 - (u * v).sum(1) / (u.abs().sum(1) * v.abs().sum(1))


def scaled_by_the_largest(method, model, images, first, second):
    """You divide the maps by their largest values. Divide them by their lengths, for each image: `.norm(dim=1)`."""
    u, v = two_maps(method, model, images, first, second)
    return 1 - (u / u.abs().max() * v / v.abs().max()).sum(1)


def columns_by_rows(method, model, images, first, second):
    """You keep a dimension above the line and none below, so every image meets every image: N×N numbers. Leave `keepdim` out of all, or put it in all and squeeze in the end."""
    u, v = two_maps(method, model, images, first, second)
    return 1 - (u * v).sum(1, keepdim=True) / (u.norm(dim=1) * v.norm(dim=1))


def of_positive_parts(method, model, images, first, second):
    """You cut the negative values off the maps. Compare the maps as they are: a map that turns from red to blue has changed."""
    return class_sensitivity(lambda *arguments: method(*arguments).relu(), model, images, first, second)


def directions_along_the_images(method, model, images, first, second):
    """You normalise along dimension 0, from image to image. Normalise along dimension 1, over the values of an image: `F.normalize(u, dim=1)`."""
    u, v = (F.normalize(each, dim=0) for each in two_maps(method, model, images, first, second))
    return 1 - (u * v).sum(1)


def one_by_the_cosine(method, model, images, first, second):
    """You add the cosine to 1. Subtract it: maps that agree have a sensitivity of 0."""
    return 2 - class_sensitivity(method, model, images, first, second)


def cut_off_above_1(method, model, images, first, second):
    """You cut off at 1. Where a map turns its signs the sensitivity lies above 1, up to 2: leave it so."""
    return class_sensitivity(method, model, images, first, second).clamp(0, 1)


def mean_over_the_pixels(method, model, images, first, second):
    """You compare the colours at each pixel and take the mean. Flatten the whole map of an image first, `.flatten(1)`, and take the cosine of that."""
    return at_each_pixel(method, model, images, first, second).mean((1, 2))


def maps_added_up(method, model, images, first, second):
    """You compare the sums of the maps, one number a map. Compare all their values: `F.cosine_similarity` of the flattened maps, along dimension 1."""
    u, v = two_maps(method, model, images, first, second)
    return 1 - F.cosine_similarity(u.sum(1, keepdim=True), v.sum(1, keepdim=True))


COSINE_CURES = {
    "Dimension out of range": "`.flatten()` makes one list of the whole batch. `.flatten(1)` makes one for each image.",
    "1D tensors expected": "For a product in each row: `(u * v).sum(1)`.",
    "cannot be converted to Scalar": "Return one number for each image, a tensor of shape (N,), without `.item()`.",
    "only one element tensors": "Return one number for each image, a tensor of shape (N,), without `.item()` and `float()`.",
    "CosineSimilarity": "`nn.CosineSimilarity` makes a layer. The function is `F.cosine_similarity(u, v)`.",
    "must match the size": "Along dimension 1 everything is one number for each image: `(u * v).sum(1)`, `u.norm(dim=1)`.",
    "cannot be multiplied": "Multiply value by value, with `*`, and add up along dimension 1: `(u * v).sum(1)`.",
    "target must be an int": "A method is asked for one class at a time: once for `first`, once for `second`.",
    "missing": "A method is called with (model, images, target): once with `first`, once with `second`.",
}


ANY_NETWORK = (
    "`walk_back` knows five kinds of layer, and this function is for any network. Let autograd walk: compute the "
    "gradient inside `with relu_rule(…):`."
)

EXERCISES = (
    Exercise(
        conv_backward,
        "deconvnet",
        3,
        conv_cases,
        (
            convolved_again,
            the_way_forward,
            cut_to_nothing,
            one_always_cut,
            one_cut_where_padded,
            columns_left_out,
            images_mixed,
            margin_kept,
            margin_cut_at_one_end,
            kernel_on_its_side,
            last_one_stays,
            mean_over_filters,
            first_filter_only,
            last_patch_stays,
            one_row_too_many,
            padded_twice,
            margin_cut_at_the_top,
            rows_cut_alone,
            first_kernel_row_only,
            first_kernel_place_only,
            last_kernel_places_left_out,
            padded_too_little,
            filters_not_summed,
            weights_not_used,
            padded_more,
            columns_cut_by_rows,
            first_kernel_places_left_out,
            kernel_upside_down,
            kernel_mirrored,
            first_image_of_all,
            channel_zero_alone,
        ),
        guard=WrittenOut,
        cures=CONV_CURES,
        recall="Asked for: to the padded input at [n, c, i + a, j + b] is added grad[n, k, i, j] · weight[k, c, a, b], for all k, i, j, a, "
        "b; then `padding` rows and columns are cut off on each side.",
    ),
    Exercise(
        unpool,
        "deconvnet",
        2,
        unpool_cases,
        (
            to_all_four,
            a_quarter_each,
            to_every_largest,
            to_the_last_largest,
            in_column_order,
            shared_among_the_largest,
            largest_above_zero,
            nothing_where_negative,
            top_left,
            the_pooled_values,
            to_the_smallest,
            to_the_largest_in_size,
            place_exchanged,
            windows_side_by_side,
            overlapping_windows,
            as_many_columns_as_rows,
            first_map_only,
            first_image_only,
            times_the_pooled,
            negative_gradients_lost,
            where_positive,
            largest_of_the_whole_map,
            pooled_again,
            added_to_x,
            smoothly_enlarged,
            all_into_the_first_map,
            bottom_right,
            largest_of_each_row,
            places_alone,
        ),
        cures=UNPOOL_CURES,
        recall="Asked for are zeros in the shape of x, with the value of `grad` where the largest of each window of 2×2 of x stands.",
    ),
    Exercise(
        walk_back,
        "deconvnet",
        3,
        walk_cases,
        (
            always_the_vanilla_rule,
            always_the_deconvnet_rule,
            always_the_guided_rule,
            given_the_output,
            padding_taken_for_1,
            walk_without_channels,
            walk_to_one_channel,
            past_the_relus,
            exchanged_at_the_rule,
            from_every_class,
            from_the_score,
            rule_at_the_image_too,
            flat_at_the_end,
            stops_before_the_image,
            after_the_last_layer,
            not_begun,
            the_image_itself,
            times_the_images,
            gradient_for_both,
            walk_without_sign,
            unpooled_everywhere,
        ),
        cures=WALK_CURES,
        recall="For each layer, the last one first, with the x it got: `grad @ layer.weight`; `grad.reshape(x.shape)`; `unpool(grad, x)`; "
        "`rule(x, grad)`; or `conv_backward(grad, layer.weight, layer.padding[0])`.",
        closed={
            relu_rule: "With `relu_rule`, autograd walks for you. That is the short way of exercise 3.4; here, walk "
            "back by hand: a loop over the layers, last one first."
        },
    ),
    Exercise(
        deconvnet,
        "deconvnet",
        1,
        model_cases,
        (the_vanilla_rule, guided_for_deconvnet, relu_of_the_gradient, *with_every_rule(deconvnet, deconvnet_rule)),
        cures=rule_cures("deconvnet_rule"),
        recall="Asked for is vanilla_gradient(model, images, target), called inside `with relu_rule(deconvnet_rule):`.",
        closed={walk_back: ANY_NETWORK},
    ),
    Exercise(
        guided_backprop,
        "deconvnet",
        1,
        model_cases,
        (
            the_vanilla_rule,
            deconvnet_for_guided,
            relu_of_the_gradient,
            guided_at_the_image,
            guided_after_the_deconvnet,
            deconvnet_where_the_gradient_is,
            *with_every_rule(guided_backprop, guided_rule),
        ),
        cures=rule_cures("guided_rule"),
        recall="Asked for is vanilla_gradient(model, images, target), called inside `with relu_rule(guided_rule):`.",
        closed={walk_back: ANY_NETWORK},
    ),
    Exercise(
        class_sensitivity,
        "deconvnet",
        2,
        sensitivity_cases,
        (
            the_cosine,
            of_absolute_maps,
            over_the_batch,
            mean_over_the_batch,
            at_each_pixel,
            size_of_the_difference,
            correlation,
            dot_product,
            size_of_the_cosine,
            of_summed_channels,
            lengths_of_the_batch,
            along_the_images,
            root_missing,
            by_the_first_length_twice,
            denominator_without_brackets,
            one_class_twice,
            cosine_minus_1,
            halved,
            the_angle,
            by_the_vanilla_gradient,
            first_image_alone,
            squeezed_sensitivity,
            every_pair_of_images,
            every_pair_by_lengths,
            at_each_place,
            each_channel,
            one_dimension_left,
            of_the_scores,
            of_heatmaps,
            relative_difference,
            distance_of_directions,
            mean_of_the_products,
            lengths_of_absolutes,
            scaled_by_the_largest,
            columns_by_rows,
            of_positive_parts,
            directions_along_the_images,
            one_by_the_cosine,
            cut_off_above_1,
            mean_over_the_pixels,
            maps_added_up,
        ),
        floor=2e-6,  # of 1 − a number near 1
        cures=COSINE_CURES,
        recall="Asked for is, for each image, 1 − Σ uv / (√Σ u² · √Σ v²), with u its map for class `first`, as `method` makes it, and v "
        "that for class `second`.",
    ),
)
