"""Lesson 12: what the score does without the pixels of a map, where its largest value lies, and whether judges agree."""

import torch

from ... import evaluation
from ...evaluation import (
    area_under,
    krippendorff,
    order_of,
    pointing_game,
    random_subsets,
    rank_correlations,
    ranks,
    score_curve,
    sensitivity_n,
)
from ..exercise import Case, Exercise
from .grad_cam import HANDED_OVER, TORCHS_WORDS, in_float32
from .networks import any_size_network, linear_network, nested_network, pooling_network, random_images, small_network
from .shapley import as_one_number


def replace_top(images, maps, share, fill):
    """The round(share · H · W) pixels with the largest values of each map, in all channels, become those of fill.

    images (N, C, H, W), maps (N, H, W), share from 0 to 1, fill (N, C, H, W) → a new tensor (N, C, H, W).
    Equal values go in the order of order_of(maps): (N, H·W), the places in maps.flatten(1), the largest value first.
    Samek et al. 2017, arXiv:1509.06321; Petsiuk, Das & Saenko 2018, arXiv:1806.07421.
    """
    if fill.shape != images.shape:
        raise ValueError(f"fill must have the shape of images, {tuple(images.shape)}, got {tuple(fill.shape)}")
    return evaluation.replace_top(images, maps, share, fill)


def random_maps(n, size=6, width=None, seed=0):
    """n maps (n, size, width or size) of signed values."""
    return torch.randn(n, size, width or size, generator=torch.Generator().manual_seed(seed))


def mostly_zero(n, size=6, width=None, seed=0):
    """As random_maps, but positive at the upper left, a quarter of the places or less, and zero elsewhere: as Grad-CAM's."""
    maps, width = random_maps(n, size, width, seed).abs(), width or size
    corner = torch.zeros(size, width)
    corner[: size // 2, : width // 2] = 1
    return maps * corner


# replace_top ----------------------------------------------------------------------------------------------------------

PICTURE, RANKED = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), torch.tensor([[[4.0, 1.0], [2.0, 3.0]]])
BLACK = torch.zeros(1, 1, 2, 2)


def top_cases():
    wide, its_fill = (random_images(2, size=5, width=6, seed=seed) for seed in (0, 1))
    high, of_high = (2 * random_images(3, size=7, width=4, seed=seed) - 0.5 for seed in (2, 3))
    small, of_small = (random_images(2, channels=1, size=4, seed=seed) for seed in (4, 5))
    return [
        Case("the 2×2 image (1 2; 3 4), the map (4 1; 2 3), share 0.5, fill 0", (PICTURE, RANKED, 0.5, BLACK)),
        Case("the 2×2 image (1 2; 3 4), the map (4 1; 2 3), share 0.25, fill 0", (PICTURE, RANKED, 0.25, BLACK)),
        Case(
            "two 5×6 colour images, signed maps, share 0.37 (of 30 pixels, 11.1: so 11), other pictures as fill",
            (wide, random_maps(2, 5, 6), 0.37, its_fill),
        ),
        Case(
            "three 7×4 colour images with values below 0 and above 1, signed maps, share 0.6 (of 28 pixels, 16.8: so 17), "
            "other pictures as fill",
            (high, random_maps(3, 7, 4, seed=1), 0.6, of_high),
        ),
        Case(
            "two 4×4 images, maps that are zero at twelve of the sixteen places, share 0.5, other pictures as fill",
            (small, mostly_zero(2, 4), 0.5, of_small),
        ),
        Case(
            "two 5×6 colour images, maps that are the same everywhere, share 0.2, other pictures as fill",
            (wide, torch.full((2, 5, 6), 0.25), 0.2, its_fill),
        ),
        Case("two 5×6 colour images, signed maps, share 0: nothing goes", (wide, random_maps(2, 5, 6), 0.0, its_fill)),
        Case("two 5×6 colour images, signed maps, share 1: all goes", (wide, random_maps(2, 5, 6), 1.0, its_fill)),
    ]


def marked(places, pixels):
    """(N, pixels): True at the places, (N, k)."""
    return torch.zeros(len(places), pixels, dtype=torch.bool).scatter(1, places, True)


def among_the_first(order, number):
    """(N, H·W): True at the places that come first in the order, `number` of them."""
    return marked(order[:, :number], order.shape[1])


def of_all(maps, share):
    return round(share * maps[0].numel())


def where_gone(images, gone, fill):
    """gone (N, H·W) or (N, H, W)."""
    return torch.where(gone.reshape(len(gone), 1, *images.shape[2:]), fill, images)


def in_this_order(images, order, share, fill):
    return where_gone(images, among_the_first(order, round(share * order.shape[1])), fill)


def smallest_first(images, maps, share, fill):
    """You replace the pixels with the smallest values, and those with the largest stay. Take the first places of `order_of(maps)`: there the largest value comes first."""
    order = order_of(maps)
    return where_gone(images, ~among_the_first(order, order.shape[1] - of_all(maps, share)), fill)


def smallest_first_by_minus(images, maps, share, fill):
    """You order the maps by their smallest values. `order_of` puts the largest first by itself: give it `maps` as they are, without a minus or a `flip`."""
    return replace_top(images, -maps, share, fill)


def by_the_size_of_the_value(images, maps, share, fill):
    """You go by the size of the values, without their sign, so that a pixel that speaks strongly against the class goes early. Here the sign counts: order `maps` as they are, without `abs`."""
    return replace_top(images, maps.abs(), share, fill)


def the_top_kept(images, maps, share, fill):
    """You keep the pixels with the largest values and replace all the others. It is the other way round: those with the largest values go. Are `images` and `fill` exchanged in `torch.where`?"""
    return replace_top(fill, maps, share, images)


def places_read_as_turns(images, maps, share, fill):
    """You compare the places in `order` with the number. `order[n, k]` says *which* pixel goes as number k, not when a pixel goes. Take its first places, `order[:, :number]`, and mark these pixels with `scatter_`, or turn the order round with `order.argsort(1)`."""
    return where_gone(images, order_of(maps) < of_all(maps, share), fill)


def ties_row_by_row(images, maps, share, fill):
    """Your pixels are right as long as the values of a map differ. Equal values go row by row with you, from the top left. They should go in the order of `order_of(maps)`: use it in place of `argsort`."""
    return in_this_order(images, maps.flatten(1).argsort(dim=1, descending=True, stable=True), share, fill)


def ties_in_the_order_of_topk(images, maps, share, fill):
    """Your pixels are right as long as the values of a map differ. Of equal values you take those that `topk` finds first. They should go in the order of `order_of(maps)`: its first places are the pixels that go."""
    number = of_all(maps, share)
    return where_gone(images, marked(maps.flatten(1).topk(number).indices, maps[0].numel()), fill)


def ties_from_the_end(images, maps, share, fill):
    """Your pixels are right as long as the values of a map differ. Equal values go from the bottom right with you, as an order that is turned round has them. They should go in the order of `order_of(maps)`, as it is."""
    return in_this_order(images, maps.flatten(1).argsort(dim=1, stable=True).flip(1), share, fill)


def down_to_the_value(images, maps, share, fill):
    """You replace all pixels whose value reaches that of the last one to go. Where values are equal, as the zeros of a map of Grad-CAM, too many go at once. Count the pixels: the first round(share · H · W) of `order_of(maps)`, not one more."""
    number = of_all(maps, share)
    if not number:
        return images.clone()
    last = maps.flatten(1).sort(1, descending=True).values[:, number - 1, None]
    return where_gone(images, maps.flatten(1) >= last, fill)


def above_the_value(images, maps, share, fill):
    """You replace the pixels above a value, and those that have this value stay. Where many are equal, too few go. Count the pixels: the first round(share · H · W) of `order_of(maps)`."""
    number, flat = of_all(maps, share), maps.flatten(1)
    if number == flat.shape[1]:
        return fill.clone()
    return where_gone(images, flat > flat.sort(1, descending=True).values[:, number, None], fill)


def above_the_quantile(images, maps, share, fill):
    """You replace the pixels above a quantile. It lies between two values, so their number is not always round(share · H · W), and of equal values all go or none. Count the pixels: the first ones of `order_of(maps)`."""
    flat = maps.flatten(1)
    return where_gone(images, flat > flat.quantile(1 - share, 1, keepdim=True), fill)


def from_the_quantile(images, maps, share, fill):
    """You replace the pixels from a quantile on. It lies between two values, so their number is not always round(share · H · W), and equal values go all at once. Count the pixels: the first ones of `order_of(maps)`."""
    flat = maps.flatten(1)
    return where_gone(images, flat >= flat.quantile(1 - share, 1, keepdim=True), fill)


def above_the_share(images, maps, share, fill):
    """You compare the values of the map with `share`. The share is one of the pixels: 0.5 means that half of them go, whatever their values are."""
    return where_gone(images, maps > share, fill)


def above_a_part_of_the_largest(images, maps, share, fill):
    """You replace the pixels above a part of the largest value. The share is one of the pixels, not of the value: round(share · H · W) of them go."""
    return where_gone(images, maps > (1 - share) * maps.amax((1, 2), keepdim=True), fill)


def down_to_the_value_rounded_down(images, maps, share, fill):
    """You replace all pixels whose value reaches that of the last one to go, and you cut off the fraction of share · H · W. Take `round`, and count the pixels: the first ones of `order_of(maps)`, so that equal values do not go all at once."""
    return down_to_the_value(images, maps, int(share * maps[0].numel() + 1e-9) / maps[0].numel(), fill)


def first_rows_of_the_order(images, maps, share, fill):
    """`order_of(maps)[:k]` are the orders of the first k *images*, each with all its places. The first k places of each image are `order_of(maps)[:, :k]`."""
    order = order_of(maps)
    gone = torch.zeros_like(order, dtype=torch.bool)
    gone[: of_all(maps, share)] = True
    return where_gone(images, gone, fill)


def rounded_down(images, maps, share, fill):
    """You cut off the fraction of share · H · W, and one pixel too few goes. `round` takes the nearest whole number; `int` and `//` take the one below."""
    return in_this_order(images, order_of(maps), int(share * maps[0].numel() + 1e-9) / maps[0].numel(), fill)


def rounded_up(images, maps, share, fill):
    """You take the next whole number above share · H · W, and one pixel too many goes. `round` takes the nearest one."""
    return where_gone(images, among_the_first(order_of(maps), -int(-share * maps[0].numel() // 1)), fill)


def one_more(images, maps, share, fill):
    """One pixel too many goes. The first k of an order are `order[:, :k]`, and turns are counted from 0: `turn < k`, not `<=`."""
    return where_gone(images, among_the_first(order_of(maps), of_all(maps, share) + 1), fill)


def one_less(images, maps, share, fill):
    """One pixel too few goes. The first k of an order are `order[:, :k]`."""
    return where_gone(images, among_the_first(order_of(maps), max(0, of_all(maps, share) - 1)), fill)


def the_share_that_stays(images, maps, share, fill):
    """You replace 1 − share of the pixels. The share is that of the pixels that go."""
    return where_gone(images, among_the_first(order_of(maps), of_all(maps, 1 - share)), fill)


def the_largest_stays(images, maps, share, fill):
    """You leave out the first pixel, the one with the largest value. Places are counted from 0: `order[:, :k]`."""
    return where_gone(images, marked(order_of(maps)[:, 1 : of_all(maps, share) + 1], maps[0].numel()), fill)


def one_pixel_alone(images, maps, share, fill):
    """You replace a single pixel, the one whose turn has come. All those before it go, too: `order[:, :k]`, not `order[:, k]`."""
    order = order_of(maps)
    k = min(of_all(maps, share), order.shape[1] - 1)
    return where_gone(images, marked(order[:, k, None], order.shape[1]), fill)


def the_share_of_a_column(images, maps, share, fill):
    """You take the share of H, and too few pixels go. It is one of all pixels: round(share · H · W)."""
    return where_gone(images, among_the_first(order_of(maps), round(share * maps.shape[1])), fill)


def the_share_of_a_row(images, maps, share, fill):
    """You take the share of W, and too few pixels go. It is one of all pixels: round(share · H · W)."""
    return where_gone(images, among_the_first(order_of(maps), round(share * maps.shape[2])), fill)


def the_share_of_all_values(images, maps, share, fill):
    """You count the values of all channels, C · H · W, and too many pixels go. A pixel goes with all its channels: round(share · H · W) of them."""
    return where_gone(images, among_the_first(order_of(maps), round(share * images[0].numel())), fill)


def the_share_of_the_batch(images, maps, share, fill):
    """You count the pixels of all images, N · H · W, and too many go from each. From each image go round(share · H · W)."""
    return where_gone(images, among_the_first(order_of(maps), round(share * maps.numel())), fill)


def one_order_for_all(images, maps, share, fill):
    """You use the order of the first map for all images. Each image has its own map: row n of `order_of(maps)` is that of image n."""
    return in_this_order(images, order_of(maps)[:1].expand(len(maps), -1), share, fill)


def holes_of_all_maps(images, maps, share, fill):
    """In every image the pixels of all the maps go. A `:` in front takes all images: give each its own places, `changed[n, :, rows, columns]` in a loop, or a mask (N, 1, H, W)."""
    gone = among_the_first(order_of(maps), of_all(maps, share)).any(0, keepdim=True)
    return where_gone(images, gone.expand(len(maps), -1), fill)


def all_images_in_one_order(images, maps, share, fill):
    """You put the pixels of all images into one order, so that from one image more go and from another fewer. From each image go round(share · H · W): order the maps one by one."""
    values = maps.flatten()
    gone = among_the_first(values.argsort(descending=True, stable=True)[None], round(share * values.numel()))
    return where_gone(images, gone.view(len(maps), -1), fill)


def first_channel_alone(images, maps, share, fill):
    """You replace the first channel alone. A pixel goes with all its channels: a mask (N, 1, H, W) meets them all, and so does the `:` in `images[n, :, row, column]`."""
    right = replace_top(images, maps, share, fill)
    return torch.cat([right[:, :1], images[:, 1:]], 1)


def black_for_fill(images, maps, share, fill):
    """You put 0 in the place of what goes. Put `fill` there, each pixel from the same place."""
    return replace_top(images, maps, share, torch.zeros_like(images))


def mean_of_the_fill(images, maps, share, fill):
    """You put the mean of `fill` in the place of what goes. It is a picture: take each pixel from the same place."""
    return replace_top(images, maps, share, fill.mean((2, 3), keepdim=True).expand_as(fill))


def fill_of_the_first(images, maps, share, fill):
    """You fill all images from the first picture of `fill`. Each image has its own: `fill[n]`."""
    return replace_top(images, maps, share, fill[:1].expand_as(fill))


def corner_of_the_fill(images, maps, share, fill):
    """You fill with the colour at the upper left corner of `fill`. It is a picture: take each pixel from the same place."""
    return replace_top(images, maps, share, fill[:, :, :1, :1].expand_as(fill))


def fill_from_its_beginning(images, maps, share, fill):
    """You take the pixels of `fill` from its beginning, in a row. Each pixel that goes becomes the one of `fill` at the same place."""
    order = order_of(maps)
    moved = torch.zeros_like(fill).flatten(2)
    moved.scatter_(2, order[:, None].expand_as(moved), fill.flatten(2))
    return replace_top(images, maps, share, moved.view_as(fill))


def fill_added(images, maps, share, fill):
    """You add the fill to the image. Put it in the place of the image: `torch.where(gone, fill, images)`."""
    return replace_top(images, maps, share, images + fill)


def fill_mixed_in(images, maps, share, fill):
    """You mix image and fill half and half. What goes becomes the fill alone."""
    return replace_top(images, maps, share, (images + fill) / 2)


def faded(images, maps, share, fill):
    """You fade the whole image towards the fill, and the map plays no part. A pixel goes as a whole or stays as a whole, those with the largest values first."""
    return (1 - share) * images + share * fill


def fill_alone(images, maps, share, fill):
    """Where pixels go you show the fill, and elsewhere 0. Elsewhere the image stays."""
    return replace_top(torch.zeros_like(images), maps, share, fill)


def what_stays_alone(images, maps, share, fill):
    """You multiply the image by a mask, and what goes becomes 0. Add the fill there, or take `torch.where(gone, fill, images)`; also, is the mask the right way round?"""
    return replace_top(torch.zeros_like(images), maps, share, images)


def where_it_goes(images, maps, share, fill):
    """You return where pixels go, as True and False. Return the pictures: the fill there, and the image elsewhere."""
    return among_the_first(order_of(maps), of_all(maps, share)).view(len(maps), 1, *maps.shape[1:])


def where_it_goes_as_numbers(images, maps, share, fill):
    """You return where pixels go, as 0 and 1. Return the pictures: the fill there, and the image elsewhere."""
    return where_it_goes(images, maps, share, fill).float()


def nothing_gone(images, maps, share, fill):
    """Nothing goes: you return the images as they were. `torch.where` and `scatter` change nothing by themselves: keep what they return. And `images.flatten(2)[…] = …` may write into a copy."""
    return images.clone()


def everything_gone(images, maps, share, fill):
    """All pixels go, whatever the share is. Only round(share · H · W) of them do, those with the largest values."""
    return fill.clone()


def rows_and_columns(images, maps, share, fill):
    """You exchange rows and columns. A place counts row by row: its row is `place // W`, its column `place % W`, and `gone.view(N, 1, H, W)` reads it so."""
    gone = among_the_first(order_of(maps), of_all(maps, share))
    return where_gone(images, gone.view(len(maps), maps.shape[2], maps.shape[1]).transpose(1, 2), fill)


def first_image_alone(images, maps, share, fill):
    """You replace pixels of the first image alone. Treat all of the batch: each image by its own map."""
    right = replace_top(images, maps, share, fill)
    return torch.cat([right[:1], images[1:]])


def clipped(images, maps, share, fill):
    """You clip the pictures to 0 … 1. Leave the values of image and fill as they are."""
    return replace_top(images, maps, share, fill).clamp(0, 1)


TOP_CURES = {
    **TORCHS_WORDS,
    "'float' object cannot be interpreted": "A number of pixels is whole: `round(share * H * W)`.",
    "slice indices must be integers": "A number of pixels is whole: `round(share * H * W)`.",
    "must be Tensor, not float": "`torch.round` takes tensors. Of a plain number Python's `round` makes a whole one.",
    "argsort() takes": "`argsort` wants the dimension by its name beside `stable`: `.argsort(dim=1, descending=True, stable=True)`. But equal values go in the "
    "order of `order_of(maps)`, which sorts by itself.",
    "out of bounds": "The places of `order_of` count the pixels of one map, row by row, from 0 to H · W − 1. In a picture with rows and columns "
    "that is row `place // W`, column `place % W`; or lay rows and columns in one line first, `.flatten(2)`.",
    "out of range": "The places of `order_of` count the pixels of one map, row by row, from 0 to H · W − 1.",
    "must match the size of tensor": "A mask of the pixels meets the pictures, (N, C, H, W), once it has the shape (N, 1, H, W): `gone.view(n, 1, h, w)`.",
    "is not broadcastable": "A mask of the pixels meets the pictures, (N, C, H, W), once it has the shape (N, 1, H, W): `gone.view(n, 1, h, w)`.",
    "does not match the shape of the indexed tensor": "A mask (N, H, W) has no channels. `torch.where` with `gone.view(n, 1, h, w)` meets all of them.",
    "shape mismatch": "What you put somewhere needs as many pixels as there go: take `fill` with the same mask or the same places.",
    "the number of sizes provided": "What you put somewhere needs as many pixels as there go: take `fill` with the same mask or the same places.",
    "Expected dtype int64": "`scatter_` takes places, whole numbers: the first columns of `order_of(maps)`.",
    "must be tensors used as indices": "An index is a place or a mask: `order[n, :number]` are the places that go in image n.",
    "tensors used as indices must be": "An index is a place or a mask: `order[n, :number]` are the places that go in image n.",
    "Index tensor must have the same number of dimensions": "`scatter_` wants places with as many dimensions as the tensor it writes into: mark the places in a tensor "
    "(N, H·W) first, and give that the shape (N, 1, H, W) afterwards.",
    "condition to be a boolean tensor": "`torch.where` asks True or False: `torch.zeros(…, dtype=torch.bool)` begins as False everywhere.",
    "view size is not compatible": "`.reshape` does what `.view` cannot do here.",
    "is invalid for input of size": "A mask of all pixels, (N, H·W), becomes (N, 1, H, W) by `.view(n, 1, h, w)`. The first places alone, `order[:, :number]`, are no mask.",
}


# score_curve ----------------------------------------------------------------------------------------------------------


def large(n, size=6, width=None, seed=0):
    """n images of large values, −20 to 20, so that the scores of a network that has learned nothing differ, too."""
    return 20 * (2 * random_images(n, size=size, width=width, seed=seed) - 1)


def curve_cases():
    start, finish = large(2), large(2, seed=1)
    return [
        Case(
            "a linear network, the 2×2 image (0.1 0.2; 0.3 0.4) that becomes 0, the map (4 1; 2 3), target 0, 4 steps",
            (linear_network(), PICTURE / 10, BLACK, RANKED, 0, 4),
        ),
        Case(
            "a linear network, a black 2×2 image that becomes (0.1 0.2; 0.3 0.4), the map (4 1; 2 3), target 2, 2 steps",
            (linear_network(), BLACK, PICTURE / 10, RANKED, 2, 2),
        ),
        Case(
            "a network with pooling, three 5×7 colour images that become other pictures, signed maps, target 3, 5 steps",
            (pooling_network(), large(3, 5, 7, seed=2), large(3, 5, 7, seed=3), random_maps(3, 5, 7, seed=1), 3, 5),
        ),
        Case(
            "a small network, two 6×6 colour images that become other pictures, maps that are zero at 27 of the 36 places, "
            "target 1, 3 steps",
            (small_network(), start, finish, mostly_zero(2), 1, 3),
        ),
        Case(
            "a network of 4 classes, two 6×6 colour images that become other pictures, signed maps, target 0, 7 steps, "
            "which 36 pixels do not divide",
            (nested_network(), start, finish, random_maps(2, seed=2), 0, 7),
        ),
        Case(
            "a small network, two 6×6 colour images that become other pictures, signed maps, target 0, 1 step",
            (small_network(), start, finish, random_maps(2), 0, 1),
        ),
        Case(
            "a network of 4 classes, three 7×4 colour images that become other pictures, signed maps, targets 2, 0 and 3, 3 steps",
            (
                any_size_network(),
                large(3, 7, 4, seed=4),
                large(3, 7, 4, seed=5),
                random_maps(3, 7, 4, seed=3),
                torch.tensor([2, 0, 3]),
                3,
            ),
        ),
    ]


def picked(values, target):
    """Each row's own class."""
    return values[torch.arange(len(values)), torch.as_tensor(target).expand(len(values))]


def probability(scores, target):
    return picked(scores.softmax(1), target)


def at_shares(shares, of=probability, path=replace_top):
    """What a wrong answer does at each share: of(scores, target), on the pictures of `path`."""

    def curve(model, start, finish, maps, target, steps):
        pictures = [path(start, maps, share, finish) for share in shares(steps)]
        return torch.stack([of(model(each).detach(), target) for each in pictures], 1)

    return curve


def even(steps):
    return [k / steps for k in range(steps + 1)]


def scores_for_probabilities(model, start, finish, maps, target, steps):
    """You return the scores. Asked for are probabilities: take `.softmax(1)` of the scores, and then each image's target."""
    return at_shares(even, picked)(model, start, finish, maps, target, steps)


def logarithms(model, start, finish, maps, target, steps):
    """You return the logarithms of the probabilities. `log_softmax` gives these; asked for is `.softmax(1)`."""
    return at_shares(even, lambda scores, target: picked(scores.log_softmax(1), target))(
        model, start, finish, maps, target, steps
    )


def sigmoids(model, start, finish, maps, target, steps):
    """You take the sigmoid of each score by itself. The classes share one probability of 1: `.softmax(1)` over all of them."""
    return at_shares(even, lambda scores, target: picked(scores.sigmoid(), target))(
        model, start, finish, maps, target, steps
    )


def softmax_over_the_images(model, start, finish, maps, target, steps):
    """Your softmax goes over the images. It belongs over the classes, dimension 1: `.softmax(1)`."""
    return at_shares(even, lambda scores, target: picked(scores.softmax(0), target))(
        model, start, finish, maps, target, steps
    )


def shares_of_the_scores(model, start, finish, maps, target, steps):
    """You divide the scores by their sum. Scores may be negative: probabilities are `.softmax(1)` of them."""
    return at_shares(even, lambda scores, target: picked(scores / scores.sum(1, keepdim=True), target))(
        model, start, finish, maps, target, steps
    )


def softmax_of_the_target_alone(model, start, finish, maps, target, steps):
    """You pick the target first and take the softmax of what is left. It needs the scores of all classes: `.softmax(1)` first, then the target."""
    return at_shares(even, picked)(model, start, finish, maps, target, steps).softmax(1)


def the_largest_at_each_step(model, start, finish, maps, target, steps):
    """You take the largest probability at each step, which may be that of another class. The curve is that of `target` from end to end."""
    return at_shares(even, lambda scores, target: scores.softmax(1).amax(1))(model, start, finish, maps, target, steps)


def the_class_of_the_start(model, start, finish, maps, target, steps):
    """You take the class that the network sees in `start`. The curve is that of `target`, whichever class that is."""
    return score_curve(model, start, finish, maps, model(start).argmax(1), steps)


def the_class_of_the_finish(model, start, finish, maps, target, steps):
    """You take the class that the network sees in `finish`. The curve is that of `target`, whichever class that is."""
    return score_curve(model, start, finish, maps, model(finish).argmax(1), steps)


def all_targets_for_each(model, start, finish, maps, target, steps):
    """Where the target is a tensor, `probabilities[:, target]` gives each image the columns of all targets. Go through rows and targets in pairs: `probabilities[torch.arange(len(start)), target]`."""
    return at_shares(even, lambda scores, target: scores.softmax(1)[:, target])(
        model, start, finish, maps, target, steps
    )


def row_of_the_target(model, start, finish, maps, target, steps):
    """`probabilities[target]` takes a row, and rows are images. The classes are dimension 1: `probabilities[torch.arange(len(start)), target]` picks each image's own."""
    return at_shares(even, lambda scores, target: scores.softmax(1)[target])(model, start, finish, maps, target, steps)


def one_target_for_all(model, start, finish, maps, target, steps):
    """You take the target of the first image for all of them. A tensor has one for each: `torch.as_tensor(target).expand(len(start))` makes such a tensor of a number as well."""
    return score_curve(model, start, finish, maps, int(torch.as_tensor(target).flatten()[0]), steps)


def of_the_others(model, start, finish, maps, target, steps):
    """You return the probability of all the other classes together, 1 less the right one. Return that of the target."""
    return 1 - score_curve(model, start, finish, maps, target, steps)


def from_the_first_step(model, start, finish, maps, target, steps):
    """Your curve begins after the first step. Its first point is `start` itself, where nothing is gone: `range(steps + 1)`, from 0."""
    return score_curve(model, start, finish, maps, target, steps)[:, 1:]


def the_last_point_missing(model, start, finish, maps, target, steps):
    """The last point of your curve is missing, where all pixels are gone. `range` leaves out its end: `range(steps + 1)`."""
    return score_curve(model, start, finish, maps, target, steps)[:, :-1]


def shares_end_early(model, start, finish, maps, target, steps):
    """Your shares end before 1: you divide by steps + 1. There are `steps + 1` points, and the distance of two is 1 / steps."""
    return at_shares(lambda steps: [k / (steps + 1) for k in range(steps + 1)])(
        model, start, finish, maps, target, steps
    )


def as_many_points_as_steps(model, start, finish, maps, target, steps):
    """Your shares go from 0 to 1 in `steps` points. There is one more, so that two neighbours are 1 / steps apart: `steps + 1` points."""
    return at_shares(lambda steps: [k / max(1, steps - 1) for k in range(steps)])(
        model, start, finish, maps, target, steps
    )


def begun_with_a_step(model, start, finish, maps, target, steps):
    """Your first point is not `start`: a step too many is taken. The shares are 0, 1/steps, …, 1: k / steps for k from 0."""
    return at_shares(lambda steps: [min(1, (k + 1) / steps) for k in range(steps + 1)])(
        model, start, finish, maps, target, steps
    )


def shares_from_one_step_on(model, start, finish, maps, target, steps):
    """Your shares begin at 1 / (steps + 1). The first point is `start` itself: the shares are k / steps for k from 0 to steps."""
    return at_shares(lambda steps: [(k + 1) / (steps + 1) for k in range(steps + 1)])(
        model, start, finish, maps, target, steps
    )


def turned_round(model, start, finish, maps, target, steps):
    """Your curve runs backwards: its first point is `finish`, where all is gone. Begin at `start`, where nothing is gone."""
    return score_curve(model, start, finish, maps, target, steps).flip(1)


def put_back(start, maps, share, finish, steps):
    number, order = maps[0].numel(), order_of(maps)
    first, last = round(share * number - number / steps), round(share * number)
    return where_gone(start, marked(order[:, max(first, 0) : last], number), finish)


def pixels_put_back(model, start, finish, maps, target, steps):
    """You put the pixels of earlier steps back: at each step only the newest ones are gone. What went stays gone: at step k it is the first k / steps of all pixels."""
    return at_shares(even, path=lambda *given: put_back(*given, steps))(model, start, finish, maps, target, steps)


def the_same_step_again(model, start, finish, maps, target, steps):
    """At each step you replace the first 1 / steps of the pixels, which are gone already after the first step. At step k it is the first k / steps: `replace_top(start, maps, k / steps, finish)`."""
    return at_shares(lambda steps: [0, *[1 / steps] * steps])(model, start, finish, maps, target, steps)


def pixel_by_pixel(model, start, finish, maps, target, steps):
    """With each step one pixel goes. It should be 1 / steps of all pixels, so that the last point is `finish`."""
    n = maps[0].numel()
    return at_shares(lambda steps: [min(k, n) / n for k in range(steps + 1)])(model, start, finish, maps, target, steps)


def cut_off_steps(model, start, finish, maps, target, steps):
    """With each step the same whole number of pixels goes, and where the steps do not divide all pixels some are left at the end. Multiply first and round then: round(k / steps · H · W), as `replace_top` does with the share k / steps."""
    n = maps[0].numel()
    return at_shares(lambda steps: [k * (n // steps) / n for k in range(steps + 1)])(
        model, start, finish, maps, target, steps
    )


def cut_off_but_the_last(model, start, finish, maps, target, steps):
    """With each step but the last the same whole number of pixels goes, cut off, and all the rest in the last. Multiply first and round then: round(k / steps · H · W), as `replace_top` does with the share k / steps."""
    n = maps[0].numel()
    return at_shares(lambda steps: [*(k * (n // steps) / n for k in range(steps)), 1])(
        model, start, finish, maps, target, steps
    )


def steps_rounded_up(model, start, finish, maps, target, steps):
    """With each step the same whole number of pixels goes, rounded up, and where the steps do not divide all pixels you are early at the end. Multiply first and round then: round(k / steps · H · W)."""
    n = maps[0].numel()
    return at_shares(lambda steps: [min(1, k * -(-n // steps) / n) for k in range(steps + 1)])(
        model, start, finish, maps, target, steps
    )


def numbers_cut_off(model, start, finish, maps, target, steps):
    """You cut off the fraction of the number of pixels, `int` or `//`. Round it: round(k / steps · H · W), as `replace_top` does with the share k / steps."""
    n = maps[0].numel()
    return at_shares(lambda steps: [k * n // steps / n for k in range(steps + 1)])(
        model, start, finish, maps, target, steps
    )


def start_and_finish_exchanged(model, start, finish, maps, target, steps):
    """You exchange `start` and `finish`. The first point is the probability of `start`, and the pixels become those of `finish`."""
    return score_curve(model, finish, start, maps, target, steps)


def black_for_finish(model, start, finish, maps, target, steps):
    """You put 0 in the place of what goes. The pixels become those of `finish`."""
    return score_curve(model, start, torch.zeros_like(start), maps, target, steps)


def curve_of_the_smallest(model, start, finish, maps, target, steps):
    """The pixels with the smallest values go first. Those with the largest values should: give `replace_top` the maps as they are."""
    return score_curve(model, start, finish, -maps, target, steps)


def curve_by_size(model, start, finish, maps, target, steps):
    """The pixels go by the size of their values, without the sign. The sign counts: give `replace_top` the maps as they are."""
    return score_curve(model, start, finish, maps.abs(), target, steps)


def curve_of_fading(model, start, finish, maps, target, steps):
    """You fade all pixels from `start` to `finish` at once, and the maps play no part. At each step a part of the pixels goes, those with the largest values first: that is `replace_top`."""
    return at_shares(even, path=faded)(model, start, finish, maps, target, steps)


def curve_with_equals_row_by_row(model, start, finish, maps, target, steps):
    """Your curve is right as long as the values of a map differ. Equal values should go in the order of `order_of(maps)`: `replace_top` sees to that."""
    return at_shares(even, path=ties_row_by_row)(model, start, finish, maps, target, steps)


def curve_of_the_first_map(model, start, finish, maps, target, steps):
    """You use the map of the first image for all of them. Each image has its own."""
    return score_curve(model, start, finish, maps[:1].expand_as(maps), target, steps)


def points_in_front(model, start, finish, maps, target, steps):
    """The points stand in front of the images, (steps + 1, N). Asked for is (N, steps + 1): `torch.stack(points, 1)`."""
    return score_curve(model, start, finish, maps, target, steps).T


def points_in_a_line(model, start, finish, maps, target, steps):
    """All points stand in one line. Asked for is a row for each image, (N, steps + 1): `torch.stack(points, 1)` in place of `torch.cat(points)`."""
    return score_curve(model, start, finish, maps, target, steps).T.flatten()


def mean_over_the_images(model, start, finish, maps, target, steps):
    """You take the mean over the images, (steps + 1,). Return a curve for each, (N, steps + 1)."""
    return score_curve(model, start, finish, maps, target, steps).mean(0)


def curve_of_the_first_image(model, start, finish, maps, target, steps):
    """You return the curve of the first image alone. Return a row for each image, (N, steps + 1)."""
    return score_curve(model, start, finish, maps, target, steps)[:1]


def all_classes(model, start, finish, maps, target, steps):
    """You return the probabilities of all classes. Return that of the target: `probabilities[torch.arange(N), target]`."""
    return at_shares(even, lambda scores, target: scores.softmax(1))(model, start, finish, maps, target, steps)


def the_last_point_alone(model, start, finish, maps, target, steps):
    """You return one point of the curve. Keep the probability of each step in a list, and `torch.stack(points, 1)` it behind the loop."""
    return score_curve(model, start, finish, maps, target, steps)[:, -1]


def falls_of_the_probability(model, start, finish, maps, target, steps):
    """You return how far the probability has fallen. Return the probability itself at each step."""
    curve = score_curve(model, start, finish, maps, target, steps)
    return curve[:, :1] - curve


def rises_of_the_probability(model, start, finish, maps, target, steps):
    """You subtract the first point from all. Return the probability itself at each step."""
    curve = score_curve(model, start, finish, maps, target, steps)
    return curve - curve[:, :1]


def over_the_first_point(model, start, finish, maps, target, steps):
    """You divide the curve by its first point. Return the probability itself at each step."""
    curve = score_curve(model, start, finish, maps, target, steps)
    return curve / curve[:, :1]


def summed_up_on_the_way(model, start, finish, maps, target, steps):
    """Each of your points has the ones before it added. Return the probability of each step by itself."""
    return score_curve(model, start, finish, maps, target, steps).cumsum(1)


def the_area_of_it(model, start, finish, maps, target, steps):
    """You return the area under the curve. That comes next; here return the curve, (N, steps + 1)."""
    return area_under(score_curve(model, start, finish, maps, target, steps))


TARGETS = (
    "A target is a number for all images, or a tensor with one for each. `torch.as_tensor(target).expand(len(start))` makes such a tensor of either, and "
    "`probabilities[torch.arange(len(start)), target]` picks each image's own."
)
WITHOUT_HISTORY = "Every run of the network stays in memory, and the cells below cannot plot them. Wrap the runs in `with torch.no_grad():`."
CURVE_CURES = {
    **TORCHS_WORDS,
    "torch.return_types": "`.max(1)` gives a pair, values and indices. And the curve is that of `target`, which need not be the largest.",
    **HANDED_OVER,
    "only one element tensors": TARGETS,
    "cannot be converted to Scalar": TARGETS,
    "'int' object is not": TARGETS,
    "Boolean value of Tensor": TARGETS,
    "must be Tensor, not int": TARGETS,
    "'int' object has no": TARGETS,
    "expand(torch.": TARGETS,
    "Index tensor must have": "`gather` wants a column: `target[:, None]`. Or pick by two indices: `probabilities[torch.arange(len(start)), target]`.",
    "out of bounds": "The first index of the probabilities counts the images, the second the classes: `probabilities[torch.arange(len(start)), target]`.",
    "Dimension out of range": "The scores have two dimensions, images and classes. The softmax goes over the classes: `.softmax(1)`.",
    "'int' object is not iterable": "`range(steps + 1)` counts from 0 to `steps`.",
    "'float' object cannot be interpreted": "`range` counts in whole numbers: go through `range(steps + 1)`, and divide by `steps` inside the loop.",
    "share must be a number": "The share is one number, from 0 to 1, and comes third: `replace_top(start, maps, k / steps, finish)` for k from 0 to `steps`.",
    "unexpected keyword argument": "`replace_top(images, maps, share, fill)` takes these four.",
    "must match the size of tensor": "`replace_top` keeps the shape of the images; give it `start`, `maps`, a share and `finish`, in this order.",
    "must have the shape": "Give `replace_top` what it asks for, in its order: `replace_top(start, maps, k / steps, finish)`.",
    "arguments are located on": "",
    "must be a float tensor": "Give `replace_top` what it asks for, in its order: `replace_top(start, maps, k / steps, finish)`.",
}


# area_under -----------------------------------------------------------------------------------------------------------


def area_cases():
    generator = torch.Generator().manual_seed(0)
    return [
        Case("the curve (1, ½, 0)", (torch.tensor([[1, 0.5, 0]]),)),
        Case("the curves (1, 0, 0) and (½, 1, ¼)", (torch.tensor([[1.0, 0, 0], [0.5, 1, 0.25]]),)),
        Case("the curve (1, 1, 1, 0)", (torch.tensor([[1.0, 1, 1, 0]]),)),
        Case("three curves of 11 points", (torch.rand(3, 11, generator=generator),)),
        Case("two curves of two points, the ends", (torch.rand(2, 2, generator=generator),)),
        Case("a curve of scores, (3, −1, −2, 0, 2)", (torch.tensor([[3.0, -1, -2, 0, 2]]),)),
    ]


def mean_of_the_points(curve):
    """You take the mean of all points. The two ends count half: between two points stands a trapezoid, as high as the mean of the two."""
    return curve.mean(1)


def sum_of_the_points(curve):
    """You add up the points. An area is heights times widths: S trapezoids, each as high as the mean of its two points and 1 / S wide."""
    return curve.sum(1)


def axis_in_steps(curve):
    """Your trapezoids are 1 wide each, so that the area grows with the number of steps. The axis runs from 0 to 1: each is 1 / S wide, with S steps between S + 1 points."""
    return torch.trapezoid(curve, dim=1)


def axis_in_points(curve):
    """You divide by the number of points. Between S + 1 points lie S steps, each 1 / S wide: `curve.shape[1] - 1`."""
    return torch.trapezoid(curve, dim=1) / curve.shape[1]


def left_ends(curve):
    """You take the left point of each step for its height. A trapezoid is as high as the mean of its two points."""
    return curve[:, :-1].mean(1)


def right_ends(curve):
    """You take the right point of each step for its height. A trapezoid is as high as the mean of its two points."""
    return curve[:, 1:].mean(1)


def not_halved(curve):
    """You add the two points of each step and do not halve the sum: twice the area. A trapezoid is as high as their mean."""
    return (curve[:, :-1] + curve[:, 1:]).mean(1)


def not_halved_axis_in_steps(curve):
    """Your area is 2 S times too large: the sum of two points is to be halved, and each step is 1 / S wide."""
    return (curve[:, :-1] + curve[:, 1:]).sum(1)


def sum_over_the_steps(curve):
    """You divide the sum of all points by the steps. The two ends count half: take the mean of neighbours first."""
    return curve.sum(1) / (curve.shape[1] - 1)


def halved_sum_over_the_steps(curve):
    """You halve all the points. In the trapezoids each point stands twice, but for the two ends: (c_k + c_{k+1}) / 2, added up over the S steps."""
    return curve.sum(1) / (curve.shape[1] - 1) / 2


def the_ends_alone(curve):
    """You use the two ends alone. The points between them count as well: one trapezoid for each step."""
    return (curve[:, 0] + curve[:, -1]) / 2


def ends_left_out(curve):
    """You leave the ends out. They count half: add (c_0 + c_S) / 2 to the points between them, and divide by S."""
    return curve[:, 1:-1].sum(1) / (curve.shape[1] - 1)


def steps_of_two(curve):
    """You add points that lie two apart. Neighbours go together: `curve[:, :-1]` and `curve[:, 1:]`."""
    return ((curve[:, :-2] + curve[:, 2:]) / 2).sum(1) / (curve.shape[1] - 1)


def area_above(curve):
    """You return the area above the curve, 1 less the area under it. Return the area under it; whether less or more is better does not matter here."""
    return 1 - area_under(curve)


def area_with_a_minus(curve):
    """Your area has a minus. Return it as it is: that less is better in a deletion does not matter here."""
    return -area_under(curve)


def from_the_first_point_down(curve):
    """You measure from the first point down. The area lies between the curve and 0."""
    return curve[:, 0] - area_under(curve)


def above_the_last_point(curve):
    """You measure from the last point up. The area lies between the curve and 0."""
    return area_under(curve) - curve[:, -1]


def curve_over_its_first_point(curve):
    """You divide by the first point. Leave the heights of the curve as they are."""
    return area_under(curve) / curve[:, 0]


def from_0_to_1(curve):
    """You stretch the heights of the curve to 0 … 1. Leave them as they are."""
    low = curve.amin(1, keepdim=True)
    return area_under((curve - low) / (curve.amax(1, keepdim=True) - low))


def rise_by_rise(curve):
    """You subtract neighbours, which gives the slope of the curve. For the area take their mean, (c_k + c_{k+1}) / 2."""
    return (curve[:, 1:] - curve[:, :-1]).mean(1)


def area_of_the_sizes(curve):
    """You take the area without its sign. Where a curve lies below 0, its area counts negative."""
    return area_under(curve.abs())


def area_cut_at_0(curve):
    """You cut the curve off at 0. Where it lies below 0, its area counts negative."""
    return area_under(curve.clamp(min=0))


def the_middle_value(curve):
    """You take the median of the points. The area is a mean over the axis: of neighbours first, and then over the steps."""
    return curve.quantile(0.5, 1)


def along_the_images(curve):
    """You go along the images. The points of a curve are dimension 1: `curve[:, :-1]` and `curve[:, 1:]`."""
    return ((curve[:-1] + curve[1:]) / 2).mean(0)


def one_area_for_all(curve):
    """You return the mean over all curves. Return an area for each, (N,): `mean(1)`."""
    return area_under(curve).mean()


def column_of_areas(curve):
    """Your areas are right, as a column (N, 1). Return (N,): leave out the `keepdim`."""
    return area_under(curve)[:, None]


def area_so_far(curve):
    """You return the area after each step. Return that of the whole curve, (N,): add up the trapezoids."""
    return torch.cumulative_trapezoid(curve, dim=1) / (curve.shape[1] - 1)


def each_trapezoid(curve):
    """You return the trapezoids one by one. Add them up: one area for each curve, (N,)."""
    return (curve[:, :-1] + curve[:, 1:]) / 2 / (curve.shape[1] - 1)


def each_mean(curve):
    """You return the heights of the trapezoids. Multiply them by the width of a step, 1 / S, and add them up: (N,)."""
    return (curve[:, :-1] + curve[:, 1:]) / 2


PARTS = "The two points of each step are `curve[:, :-1]`, without the last column, and `curve[:, 1:]`, without the first: as many of one as of the other."
AREA_CURES = {
    **TORCHS_WORDS,
    "must match the size of tensor": PARTS,
    "out of bounds": PARTS,
    "Dimension out of range": "The curves have two dimensions, images and points: `mean(1)` is over the points.",
    "'int' object is not iterable": "`range(n)` counts from 0 to n − 1.",
    "unsupported operand": "How many steps there are is `curve.shape[1] - 1`, a plain number.",
    "value for each sample point": "As many places on the axis as points: S + 1, from 0 to 1. Or the width of a step alone: `dx=1 / S`.",
    "torch.trapz": "`torch.trapezoid(curve, dx=…, dim=1)` wants the width of a step as a number: 1 / S.",
    "Can't call numpy()": "Stay with tensors: `torch.trapezoid` is PyTorch's.",
}


# pointing_game --------------------------------------------------------------------------------------------------------


def mask_of(*places, height=5, width=6):
    """A mask (1, 1, height, width) of these pixels."""
    mask = torch.zeros(1, 1, height, width, dtype=torch.bool)
    for row, column in places:
        mask[0, 0, row, column] = True
    return mask


def map_of(peaks, height=5, width=6, ground=0.0):
    """A map (1, height, width) that is `ground` but for peaks, place → value."""
    values = torch.full((1, height, width), float(ground))
    for (row, column), value in peaks.items():
        values[0, row, column] = value
    return values


def pointing_cases():
    far, corner = map_of({(3, 4): 1.0}), mask_of((0, 0))
    two_masks = torch.cat([mask_of((1, 1), (1, 2)), mask_of((4, 5), (3, 5))])
    places = (0, 0), (0, 1), (1, 1), (0, 2), (2, 1), (2, 2), (3, 0), (0, 4)
    bent = mask_of((1, 1), (2, 1), (3, 1), (4, 1), (4, 2), (4, 3), (4, 4), height=8, width=9)
    on_the_bend = [map_of({place: 1.0}, 8, 9) for place in ((4, 4), (2, 3), (1, 3), (6, 6), (7, 0))]
    return [
        Case(
            "eight 5×6 maps, each with one largest value, at (row, column) (0, 0), (0, 1), (1, 1), (0, 2), (2, 1), (2, 2), (3, 0) "
            "and (0, 4); the mask of each is the pixel (0, 0); margin 2.5",
            (torch.cat([map_of({place: 1.0}) for place in places]), corner.repeat(8, 1, 1, 1), 2.5),
        ),
        Case(
            "a 5×6 map with its largest value at row 3, column 4; the mask is the pixel 0, 0; margin 5",
            (far, corner, 5),
        ),
        Case(
            "a 5×6 map with its largest value at row 3, column 4; the mask is the pixel 0, 0; margin 4",
            (far, corner, 4),
        ),
        Case(
            "two 5×6 maps with two largest values each, one of them in the mask, the other far away; margin 0",
            (map_of({(1, 1): 2.0, (4, 5): 2.0, (2, 2): 1.0}).repeat(2, 1, 1), two_masks, 0),
        ),
        Case(
            "a 5×6 map, −3 in the mask and at most 1 elsewhere; margin 1",
            (map_of({(1, 1): -3.0, (4, 4): 1.0}), mask_of((1, 1), (1, 2)), 1),
        ),
        Case(
            "five 8×9 maps, each with one largest value, beside a mask that is bent like an L; margin 1.5",
            (torch.cat(on_the_bend), bent.expand(5, -1, -1, -1).clone(), 1.5),
        ),
        Case(
            "five 8×9 maps, each with one largest value, beside a mask that is bent like an L; margin 2.5",
            (torch.cat(on_the_bend), bent.expand(5, -1, -1, -1).clone(), 2.5),
        ),
        Case(
            "a 5×6 map that is the same everywhere, a mask of three pixels, margin 1",
            (map_of({}, ground=0.5), mask_of((1, 1), (1, 2), (4, 5)), 1),
        ),
        Case(
            "two 5×6 maps: one below 0 everywhere, with three largest values of which one lies near its mask, the other with one "
            "largest value, in its mask; margin 1",
            (
                torch.cat(
                    [
                        map_of({(0, 0): -1.0, (0, 5): -1.0, (4, 0): -1.0}, ground=-2.0),
                        map_of({(0, 5): 0.5, (4, 0): -4.0}, ground=-1.0),
                    ]
                ),
                torch.cat([mask_of((1, 0), (2, 2)), mask_of((0, 5), (0, 4))]),
                1,
            ),
        ),
        Case(
            "two 4×7 maps of random values, masks of a row, margin 2",
            (
                random_maps(2, 4, 7, seed=3),
                torch.cat([mask_of(*((row, column) for column in range(7)), height=4, width=7) for row in (0, 3)]),
                2,
            ),
        ),
    ]


def nearest(place, mask, of=lambda differences: differences.double().pow(2).sum(1).sqrt(), pick=torch.amin):
    """From one place (row, column) to the pixels of a mask (H, W)."""
    return pick(of(mask.nonzero() - place), 0)


def pointing_with(hit, largest=lambda each: (each == each.max()).nonzero(), put_together=lambda hits: hits.mean()):
    """A wrong answer of one step: hit(place, mask, margin) for each of the largest(map), put together."""

    def game(maps, masks, margin):
        results = []
        for each, mask in zip(maps, masks[:, 0], strict=True):
            hits = [float(hit(place, mask, margin)) for place in largest(each)]
            results.append(put_together(torch.tensor(hits)))
        return torch.stack(results)

    return game


def near(place, mask, margin):
    return nearest(place, mask) <= margin


def by_the_size(maps, masks, margin):
    """You look for the largest value without its sign. A large negative value speaks against the class: take the largest of `maps` as they are."""
    return pointing_game(maps.abs(), masks, margin)


def the_smallest_value(maps, masks, margin):
    """You look for the smallest value. The map points with its largest."""
    return pointing_game(-maps, masks, margin)


def margin_as_a_square(maps, masks, margin):
    """You widen the mask by a square: rows and columns are compared one by one. The distance is measured in a straight line, √(rows² + columns²), so that the corners of the square are too far."""
    return pointing_with(
        lambda place, mask, margin: nearest(place, mask, lambda d: d.abs().amax(1).double()) <= margin
    )(maps, masks, margin)


def margin_as_a_diamond(maps, masks, margin):
    """You add up rows and columns. The distance is measured in a straight line: √(rows² + columns²)."""
    return pointing_with(lambda place, mask, margin: nearest(place, mask, lambda d: d.abs().sum(1).double()) <= margin)(
        maps, masks, margin
    )


def squares_against_the_margin(maps, masks, margin):
    """You compare the square of the distance with the margin. Take the root first, or compare with margin²."""
    return pointing_with(lambda place, mask, margin: nearest(place, mask) ** 2 <= margin)(maps, masks, margin)


def less_than_the_margin(maps, masks, margin):
    """You ask for less than the margin. At most `margin` is near enough: `<=`."""
    return pointing_with(lambda place, mask, margin: nearest(place, mask) < margin)(maps, masks, margin)


def margin_not_used(maps, masks, margin):
    """The margin plays no part: you ask whether the largest value lies in the mask itself. It may lie up to `margin` pixels from it."""
    return pointing_game(maps, masks, 0)


def one_margin_more(maps, masks, margin):
    """Your margin is too large. A pixel of the mask has the distance 0, its neighbour 1."""
    return pointing_game(maps, masks, margin + 1)


def the_far_side(maps, masks, margin):
    """You ask that all pixels of the mask are near. One is enough: of the distances to its pixels take the smallest."""
    return pointing_with(lambda place, mask, margin: nearest(place, mask, pick=torch.amax) <= margin)(
        maps, masks, margin
    )


def the_mean_distance(maps, masks, margin):
    """You take the mean of the distances to all pixels of the mask. One near pixel is enough: take the smallest."""
    return pointing_with(lambda place, mask, margin: nearest(place, mask, pick=torch.mean) <= margin)(
        maps, masks, margin
    )


def to_the_middle_of_the_mask(maps, masks, margin):
    """You measure the distance to the middle of the mask. It counts from the nearest of its pixels: the mask may be large, or bent."""

    def hit(place, mask, margin):
        return (place - mask.nonzero().double().mean(0)).norm() <= margin

    return pointing_with(hit)(maps, masks, margin)


def to_the_first_pixel(maps, masks, margin):
    """You measure the distance to the first pixel of the mask alone. It counts from the nearest of its pixels: `nonzero()` lists them all."""
    return pointing_with(lambda place, mask, margin: (place - mask.nonzero()[0]).double().norm() <= margin)(
        maps, masks, margin
    )


def box_round_the_mask(maps, masks, margin):
    """You fill the box round the mask. A bent mask leaves parts of it free: measure the distance to the pixels of the mask."""

    def hit(place, mask, margin):
        pixels = mask.nonzero()
        inside = torch.minimum(torch.maximum(place, pixels.amin(0)), pixels.amax(0))
        return (place - inside).double().norm() <= margin

    return pointing_with(hit)(maps, masks, margin)


def the_first_of_the_largest(maps, masks, margin):
    """Where several places have the largest value you look at the first alone. `argmax` gives one; take all, `map == map.max()`, and of these the share that lies near."""
    return pointing_with(near, lambda each: (each == each.max()).nonzero()[:1])(maps, masks, margin)


def the_last_of_the_largest(maps, masks, margin):
    """Where several places have the largest value you look at the last alone. Take all, `map == map.max()`, and of these the share that lies near."""
    return pointing_with(near, lambda each: (each == each.max()).nonzero()[-1:])(maps, masks, margin)


def the_first_in_the_mask(maps, masks, margin):
    """You ask whether one place, that of `argmax`, lies in the mask itself. It may lie up to `margin` pixels from it, in a straight line; and where several places have the largest value, the share of them that do is asked for."""
    return pointing_with(
        lambda place, mask, margin: mask[tuple(place)], lambda each: (each == each.max()).nonzero()[:1]
    )(maps, masks, margin)


def the_first_in_a_square(maps, masks, margin):
    """You look for the mask in a square round one place, that of `argmax`. The distance is measured in a straight line, √(rows² + columns²); and where several places have the largest value, the share of them that lie near is asked for."""

    def hit(place, mask, margin):
        return nearest(place, mask, lambda d: d.abs().amax(1).double()) <= margin

    return pointing_with(hit, lambda each: (each == each.max()).nonzero()[:1])(maps, masks, margin)


def one_of_them_in_a_square(maps, masks, margin):
    """You widen the mask by a square, and one of the largest values in it is enough for a 1. The distance is measured in a straight line, √(rows² + columns²); and where several places have the largest value, the share of them that lie near is asked for."""

    def hit(place, mask, margin):
        return nearest(place, mask, lambda d: d.abs().amax(1).double()) <= margin

    return pointing_with(hit, put_together=lambda hits: hits.max())(maps, masks, margin)


def the_first_by_its_size(maps, masks, margin):
    """You look at one place, that with the largest value without its sign. The sign counts: take the largest of `maps` as they are; and where several places have it, the share of them that lie near is asked for."""
    return the_first_of_the_largest(maps.abs(), masks, margin)


def any_of_the_largest(maps, masks, margin):
    """Where several places have the largest value, one that lies near is enough for you to give 1: a map that is the same everywhere would always hit. Give the share of them that lie near."""
    return pointing_with(near, put_together=lambda hits: hits.max())(maps, masks, margin)


def all_of_the_largest(maps, masks, margin):
    """Where several places have the largest value you give 1 only if all lie near. Give the share of them that do."""
    return pointing_with(near, put_together=lambda hits: hits.min())(maps, masks, margin)


def most_of_the_largest(maps, masks, margin):
    """You make 0 or 1 of the share. Where several places have the largest value, the share of them that lie near is asked for: ½, say."""
    return pointing_with(near, put_together=lambda hits: (hits.mean() >= 0.5).float())(maps, masks, margin)


def number_of_hits(maps, masks, margin):
    """You count the largest values that lie near. Give their share: divide by how many places have the largest value."""
    return pointing_with(near, put_together=lambda hits: hits.sum())(maps, masks, margin)


def share_of_all_pixels(maps, masks, margin):
    """You divide the number of hits by all pixels. Divide by how many places have the largest value."""
    return pointing_with(near, put_together=lambda hits: hits.sum())(maps, masks, margin) / maps[0].numel()


def middle_of_the_largest(maps, masks, margin):
    """Where several places have the largest value you take the middle between them, where the map may be small. Look at each of them, and give the share that lie near."""
    return pointing_with(near, lambda each: (each == each.max()).nonzero().double().mean(0, keepdim=True))(
        maps, masks, margin
    )


def largest_of_all_maps(maps, masks, margin):
    """You look for the largest value of all maps together. Each map has its own: `maps[n].max()`."""
    largest = maps.max()
    found = pointing_with(near, lambda each: (each == largest).nonzero(), lambda hits: hits.sum() / max(1, len(hits)))
    return found(maps, masks, margin)


def largest_of_all_maps_or_nan(maps, masks, margin):
    """You look for the largest value of all maps together. A map without it has no such place, and a mean over no places is NaN. Each map has its own largest value: `maps[n].max()`."""
    largest = maps.max()
    return pointing_with(near, lambda each: (each == largest).nonzero())(maps, masks, margin)


def mask_of_the_first(maps, masks, margin):
    """You use the mask of the first image for all of them. Each image has its own: `masks[n, 0]`."""
    return pointing_game(maps, masks[:1].expand_as(masks), margin)


def outside_the_mask(maps, masks, margin):
    """You measure the distance to what lies outside the mask. Turn it round: `~mask`, where a function measures the distance to the nearest False."""
    return pointing_game(maps, ~masks, margin)


def outside_counts(maps, masks, margin):
    """You give 1 where the largest value lies far from the mask. It is the other way round: 1 where it lies near."""
    return 1 - pointing_game(maps, masks, margin)


def rows_for_columns(maps, masks, margin):
    """You exchange rows and columns of the place. A place in a flat map has the row `place // W` and the column `place % W`."""
    w = maps.shape[2]

    def exchanged(each):
        places = (each == each.max()).flatten().nonzero()[:, 0]
        return torch.stack([places % w, places // w], 1)

    return pointing_with(near, exchanged)(maps, masks, margin)


def by_the_height(maps, masks, margin):
    """You divide the place by the height. Places count row by row, so that a row has W of them: `place // W` and `place % W`."""
    h = maps.shape[1]

    def by_height(each):
        places = (each == each.max()).flatten().nonzero()[:, 0]
        return torch.stack([places // h, places % h], 1)

    return pointing_with(near, by_height)(maps, masks, margin)


def the_distance_itself(maps, masks, margin):
    """You return the distance from the mask. Compare it with the margin: 1 where it is at most `margin`, else 0."""
    return pointing_with(lambda place, mask, margin: nearest(place, mask))(maps, masks, margin)


def mean_of_the_images(maps, masks, margin):
    """You return the mean over the images. Return a number for each, (N,)."""
    return pointing_game(maps, masks, margin).mean()


def true_or_false(maps, masks, margin):
    """You return True and False. Return numbers: where several places have the largest value it is a share, ½ say. `.float().mean()` gives it."""
    return pointing_with(near, put_together=lambda hits: hits.max() > 0)(maps, masks, margin)


def the_share_of_the_map(maps, masks, margin):
    """You return how much of the map lies near the mask. The game asks about the largest value alone: 1 if that lies near, else 0."""
    h, w = maps.shape[1:]
    places = torch.cartesian_prod(torch.arange(h), torch.arange(w))
    around = [torch.tensor([float(near(place, mask, margin)) for place in places]).view(h, w) for mask in masks[:, 0]]
    return (maps * torch.stack(around)).sum((1, 2)) / maps.sum((1, 2))


POINT = (
    "One way: the places of the largest values are `(map == map.max()).nonzero()`, those of the mask `mask.nonzero()`; rows of (row, column). With `[:, None]` and `[None]` each "
    "place meets each pixel of the mask. (The mask of image n is `masks[n, 0]`, (H, W), as is its map, `maps[n]`. And `maps.amax((1, 2), keepdim=True)` meets all maps.)"
)
POINTING_CURES = {
    **TORCHS_WORDS,
    "must be tuple of ints": "A window of pooling is a square of whole pixels, and its corners lie too far. Measure the distance in a straight line, from the places of the largest "
    "values to the pixels of the mask.",
    "too many indices": "`masks` is (N, 1, H, W): the mask of image n is `masks[n, 0]`, (H, W), as is its map, `maps[n]`.",
    "must match the size of tensor": POINT,
    "is not broadcastable": POINT,
    "only floating-point types": "Rows and columns are whole numbers, which have no root: `.float()` first.",
    "cdist only supports": "Rows and columns are whole numbers: `.float()` first.",
    "Input dtype must be either a floating": "True and False, and whole numbers, have no mean: `.float()` first.",
    "could not infer output dtype": "True and False have no mean: `.float()` first.",
    "linalg.vector_norm": "Rows and columns are whole numbers, which have no norm: `.float()` first.",
    "norm(): input dtype": "Rows and columns are whole numbers, which have no norm: `.float()` first.",
    "expected Tensor as element": "Of plain numbers `torch.tensor([…])` makes a tensor.",
    "Boolean value of Tensor": "Where several places have the largest value there are several answers. Compare all at once, and take the mean: `(distances <= margin).float().mean()`.",
    "only one element tensors": "Where several places have the largest value there are several answers. Compare all at once, and take the mean.",
    "cannot be converted to Scalar": "Where several places have the largest value there are several answers. Compare all at once, and take the mean.",
    "Expected reduction dim": "Of no pixels there is no smallest. Is the mask turned round, or that of another image?",
    "on a bool tensor is not supported": "True and False cannot be subtracted. Where are they? `mask.nonzero()` lists rows and columns.",
    "with a bool tensor is not supported": "True and False cannot be subtracted. Where are they? `mask.nonzero()` lists rows and columns.",
    "two bool tensors is not supported": "True and False cannot be subtracted. Where are they? `mask.nonzero()` lists rows and columns.",
    "not implemented for 'Bool'": "True and False are no numbers: `.float()` makes some of them; `.nonzero()` lists the places of True.",
}


# sensitivity_n --------------------------------------------------------------------------------------------------------

EACH, PAIRS = torch.eye(4).bool().view(4, 2, 2), torch.tensor([[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 1, 0]])
PAIRS = torch.cat([PAIRS, torch.tensor([[0, 1, 0, 1], [0, 0, 1, 1]])]).bool().view(6, 2, 2)
FORETOLD = torch.tensor([[[-1.0, 6.0], [3.0, -8.0]]])  # w · x of class 1 of the linear network on PICTURE


def subset_cases():
    wide, strong = (scale * (2 * random_images(2, size=5, width=7, seed=seed) - 1) for scale, seed in ((1, 1), (8, 18)))
    high = 4 * random_images(3, size=7, width=4, seed=2)
    return [
        Case(
            "a linear network, the 2×2 image (1 2; 3 4), the map (4 1; 2 3), target 1, the six pairs of pixels",
            (linear_network(), PICTURE, RANKED, 1, PAIRS),
        ),
        Case(
            "a network with pooling, two 5×7 colour images with negative values, signed maps, target 3, ten subsets of 6 pixels",
            (pooling_network(), wide, random_maps(2, 5, 7, seed=1), 3, random_subsets((5, 7), 6, 10)),
        ),
        Case(
            "a linear network, the 2×2 image (1 2; 3 4), the map w · x of its class 1, target 1, each pixel alone: r is 1",
            (linear_network(), PICTURE, FORETOLD, 1, EACH),
        ),
        Case(
            "a network of 4 classes, two 5×7 colour images with values from −8 to 8, signed maps, target None, seven subsets of 9 pixels",
            (nested_network(), strong, random_maps(2, 5, 7, seed=4), None, random_subsets((5, 7), 9, 7, seed=1)),
        ),
        Case(
            "a linear network, a 2×2 image and a black one, whose score does not fall, the map (4 1; 2 3) for both, target 0, "
            "each pixel alone",
            (linear_network(), torch.cat([PICTURE, BLACK]), RANKED.expand(2, -1, -1).clone(), 0, EACH),
        ),
        Case(
            "a linear network, two 2×2 images, a map that is the same everywhere and (4 1; 2 3), target 0, each pixel alone",
            (linear_network(), PICTURE.repeat(2, 1, 1, 1), torch.cat([torch.full((1, 2, 2), 0.5), RANKED]), 0, EACH),
        ),
        Case(
            "a linear network, the 2×2 image (1 2; 3 4), the map (4 1; 2 3), target 0, two subsets that have all pixels",
            (linear_network(), PICTURE, RANKED, 0, torch.ones(2, 2, 2).bool()),
        ),
        Case(
            "a network of 4 classes, three 7×4 colour images, signed maps, targets 2, 0 and 3, twelve subsets of 5 pixels",
            (
                any_size_network(),
                high,
                random_maps(3, 7, 4, seed=3),
                torch.tensor([2, 0, 3]),
                random_subsets((7, 4), 5, 12, seed=2),
            ),
        ),
    ]


def classes_of(model, images, target):
    return model(images).argmax(1) if target is None else torch.as_tensor(target).expand(len(images))


def sums_in(maps, masks):
    """(N, M)"""
    return (maps[:, None] * masks).sum((2, 3))


def left_by(model, images, target, masks, fill=0.0, of=picked):
    """The score without each subset, (N, M)."""
    target = classes_of(model, images, target)
    pictures = [torch.where(mask, fill, images) for mask in masks]
    return torch.stack([of(model(each).detach(), target) for each in pictures], 1)


def falls_by(model, images, target, masks, fill=0.0, of=picked):
    before = of(model(images).detach(), classes_of(model, images, target))[:, None]
    return before - left_by(model, images, target, masks, fill, of)


def pearson(a, b, dim=1):
    a, b = (each - each.mean(dim, keepdim=True) for each in (a.double(), b.double()))
    return ((a * b).sum(dim) / (a.norm(dim=dim) * b.norm(dim=dim))).nan_to_num(0).float()


def r_of(sums=None, falls=None, put_together=pearson):
    """A wrong answer of one step: other sums(model, images, maps, target, masks), or falls, or another r of the two."""

    def sensitivity(model, images, maps, target, masks):
        given = model, images, maps, target, masks
        first = sums(*given) if sums else sums_in(maps, masks)
        second = falls(*given) if falls else falls_by(model, images, target, masks)
        return put_together(first, second)

    return sensitivity


def sign_turned(model, images, maps, target, masks):
    """Your r has the other sign. A fall is what the score loses: the score of the image less the score without the subset. And the sum is that of the map in the subset, not of the rest."""
    return -sensitivity_n(model, images, maps, target, masks)


def the_subset_alone(model, images, maps, target, masks):
    """You keep the subset and make all the other pixels 0. It is the subset that becomes 0: `torch.where(mask, 0, images)`, or multiply by `~mask`."""
    return r_of(falls=lambda model, images, maps, target, masks: falls_by(model, images, target, ~masks))(
        model, images, maps, target, masks
    )


def the_score_of_the_subset_alone(model, images, maps, target, masks):
    """You take the score of a picture that shows the subset alone. Asked for is the fall of the score when the subset becomes 0 and all the rest stays."""
    return r_of(falls=lambda model, images, maps, target, masks: left_by(model, images, target, ~masks))(
        model, images, maps, target, masks
    )


def r_of_ranks(model, images, maps, target, masks):
    """You correlate the ranks, as Spearman does. Pearson's r takes the numbers as they are."""

    def by_ranks(a, b):
        return pearson(ranks(a), ranks(b))

    return r_of(put_together=by_ranks)(model, images, maps, target, masks)


def fall_of_the_probability(model, images, maps, target, masks):
    """You take the fall of the probability. Asked for is that of the score, without a softmax."""
    return r_of(
        falls=lambda model, images, maps, target, masks: falls_by(model, images, target, masks, of=probability)
    )(model, images, maps, target, masks)


def fall_of_the_logarithm(model, images, maps, target, masks):
    """You take the fall of the logarithm of the probability. Asked for is that of the score, as the network gives it."""

    def logarithm(scores, target):
        return picked(scores.log_softmax(1), target)

    return r_of(falls=lambda model, images, maps, target, masks: falls_by(model, images, target, masks, of=logarithm))(
        model, images, maps, target, masks
    )


def relative_falls(model, images, maps, target, masks):
    """You divide the falls by the score of the image. That turns the sign of r where the score is negative. Take the falls as they are."""

    def relative(model, images, maps, target, masks):
        before = picked(model(images).detach(), classes_of(model, images, target))[:, None]
        return falls_by(model, images, target, masks) / before

    return r_of(falls=relative)(model, images, maps, target, masks)


def sizes_of_the_falls(model, images, maps, target, masks):
    """You take the falls without their sign. Where the score rises the fall is negative: leave `abs` out."""
    return r_of(falls=lambda model, images, maps, target, masks: falls_by(model, images, target, masks).abs())(
        model, images, maps, target, masks
    )


def falls_above_0(model, images, maps, target, masks):
    """You set falls below 0 to 0. Where the score rises the fall is negative, and counts as such."""
    return r_of(falls=lambda model, images, maps, target, masks: falls_by(model, images, target, masks).clamp(min=0))(
        model, images, maps, target, masks
    )


def sizes_in_the_map(model, images, maps, target, masks):
    """You add up the map without its signs. Values below 0 count against the others in the sum: leave `abs` out."""
    return r_of(sums=lambda model, images, maps, target, masks: sums_in(maps.abs(), masks))(
        model, images, maps, target, masks
    )


def size_of_the_sum(model, images, maps, target, masks):
    """You take the sums of the map without their sign. Leave `abs` out."""
    return r_of(sums=lambda model, images, maps, target, masks: sums_in(maps, masks).abs())(
        model, images, maps, target, masks
    )


def map_times_image(model, images, maps, target, masks):
    """You multiply the map by the image before you add it up. Add up the map as it is."""
    return r_of(sums=lambda model, images, maps, target, masks: sums_in(maps * images.sum(1), masks))(
        model, images, maps, target, masks
    )


def the_largest_in_the_subset(model, images, maps, target, masks):
    """You take the largest value of the map in the subset. Take the sum of its values there."""

    def largest(model, images, maps, target, masks):
        return torch.where(masks, maps[:, None], -torch.inf).amax((2, 3))

    return r_of(sums=largest)(model, images, maps, target, masks)


def the_rest_at_0(model, images, maps, target, masks):
    """You take the largest value of the map times the mask, and the zeros outside the mask take part. Take the sum of the values in the subset."""
    return r_of(sums=lambda model, images, maps, target, masks: (maps[:, None] * masks).amax((2, 3)))(
        model, images, maps, target, masks
    )


def filled_with_the_mean(model, images, maps, target, masks):
    """You fill the subset with the mean of the image. Here its pixels become 0."""
    return r_of(
        falls=lambda model, images, maps, target, masks: falls_by(
            model, images, target, masks, images.mean((2, 3), keepdim=True)
        )
    )(model, images, maps, target, masks)


def filled_with_one_mean(model, images, maps, target, masks):
    """You fill the subset with one number, the mean of the images. Here its pixels become 0."""
    return r_of(falls=lambda model, images, maps, target, masks: falls_by(model, images, target, masks, images.mean()))(
        model, images, maps, target, masks
    )


def filled_with_the_mean_of_each(model, images, maps, target, masks):
    """You fill the subset with one number for each image, its mean. Here its pixels become 0."""
    mean = images.mean((1, 2, 3), keepdim=True)
    return r_of(falls=lambda model, images, maps, target, masks: falls_by(model, images, target, masks, mean))(
        model, images, maps, target, masks
    )


def filled_with_white(model, images, maps, target, masks):
    """You fill the subset with 1. Here its pixels become 0."""
    return r_of(falls=lambda model, images, maps, target, masks: falls_by(model, images, target, masks, 1.0))(
        model, images, maps, target, masks
    )


def one_channel_at_0(model, images, maps, target, masks):
    """You set the first channel alone to 0. A pixel has all its channels: a mask (H, W) meets them all in `torch.where(mask, 0, images)`."""

    def falls(model, images, maps, target, masks):
        target, found = classes_of(model, images, target), []
        for mask in masks:
            picture = images.detach().clone()
            picture[:, 0][:, mask] = 0
            found.append(picked(model(picture).detach(), target))
        return picked(model(images).detach(), target)[:, None] - torch.stack(found, 1)

    return r_of(falls=falls)(model, images, maps, target, masks)


def the_holes_stay(model, images, maps, target, masks):
    """The pixels of one subset are still 0 in the next. Start each from the image: `images.clone()` inside the loop, or `torch.where`."""

    def so_far(model, images, maps, target, masks):
        return falls_by(model, images, target, masks.cumsum(0) > 0)

    return r_of(falls=so_far)(model, images, maps, target, masks)


def other_subsets_for_the_falls(model, images, maps, target, masks):
    """Sums and falls come from different subsets. Both belong to one mask: number k of the sums and number k of the falls are of `masks[k]`."""
    return r_of(falls=lambda model, images, maps, target, masks: falls_by(model, images, target, masks).roll(1, 1))(
        model, images, maps, target, masks
    )


def sorted_apart(model, images, maps, target, masks):
    """You sort sums and falls, each by itself, and the pairs are lost. Number k of both belongs to `masks[k]`: leave the order as it is."""

    def sorts(a, b):
        return pearson(a.sort(1).values, b.sort(1).values)

    return r_of(put_together=sorts)(model, images, maps, target, masks)


def the_best_class_always(model, images, maps, target, masks):
    """You take the class with the highest score, whatever the target is. Only where `target` is None it is that one."""
    return sensitivity_n(model, images, maps, None, masks)


def one_target_for_every_image(model, images, maps, target, masks):
    """You take the target of the first image for all of them. Each has its own: `scores[torch.arange(len(images)), target]`."""
    target = classes_of(model, images, target)
    return sensitivity_n(model, images, maps, target[:1].expand(len(images)), masks)


def the_best_class_of_each_picture(model, images, maps, target, masks):
    """Without a target you take the class anew for each picture with a hole. It is the class of the image itself, once for all subsets."""
    if target is not None:
        return sensitivity_n(model, images, maps, target, masks)
    best = r_of(
        falls=lambda model, images, maps, target, masks: falls_by(
            model, images, 0, masks, of=lambda scores, target: scores.amax(1)
        )
    )
    return best(model, images, maps, target, masks)


def the_highest_score(model, images, maps, target, masks):
    """You take the highest score of each picture, which may be that of another class. Take the score of the target, for all pictures the same class."""
    return r_of(
        falls=lambda model, images, maps, target, masks: falls_by(
            model, images, 0, masks, of=lambda scores, target: scores.amax(1)
        )
    )(model, images, maps, target, masks)


def all_scores_together(model, images, maps, target, masks):
    """You add up the scores of all classes. Take the score of the target."""
    return r_of(
        falls=lambda model, images, maps, target, masks: falls_by(
            model, images, target, masks, of=lambda scores, target: scores.sum(1)
        )
    )(model, images, maps, target, masks)


def over_the_images(model, images, maps, target, masks):
    """You correlate over the images, a number for each subset, (M,). Correlate over the subsets, a number for each image, (N,)."""
    return r_of(put_together=lambda a, b: pearson(a, b, 0))(model, images, maps, target, masks)


def over_everything(model, images, maps, target, masks):
    """You correlate over images and subsets at once. Return an r for each image, (N,), over its M subsets."""
    return r_of(put_together=lambda a, b: pearson(a.flatten()[None], b.flatten()[None])[0])(
        model, images, maps, target, masks
    )


def over_everything_for_each(model, images, maps, target, masks):
    """Your means and sizes go over all images at once. Each image has its own: give `mean` and `norm` the dimension of the subsets, `mean(1, keepdim=True)`."""

    def together(a, b):
        a, b = a - a.mean(), b - b.mean()
        return ((a * b).sum(1) / (a.norm() * b.norm())).nan_to_num(0)

    return r_of(put_together=together)(model, images, maps, target, masks)


def means_of_all_images(model, images, maps, target, masks):
    """You subtract the mean over all images. Each image has its own mean over its subsets: `mean(1, keepdim=True)`."""

    def together(a, b):
        a, b = a - a.mean(), b - b.mean()
        return ((a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1))).nan_to_num(0)

    return r_of(put_together=together)(model, images, maps, target, masks)


def without_the_means(model, images, maps, target, masks):
    """You do not subtract the means: that is the cosine of the two lists. Pearson's r is the cosine of their distances from their means."""
    return r_of(put_together=lambda a, b: ((a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1))).nan_to_num(0))(
        model, images, maps, target, masks
    )


def means_over_the_images(model, images, maps, target, masks):
    """You subtract the mean over the images, dimension 0. Each image has its own mean over its subsets: `mean(1, keepdim=True)`."""

    def together(a, b):
        a, b = a - a.mean(0), b - b.mean(0)
        return ((a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1))).nan_to_num(0)

    return r_of(put_together=together)(model, images, maps, target, masks)


def one_mean_alone(model, images, maps, target, masks):
    """You subtract the mean of one of the two lists alone, before you divide. Sums and falls both lose their mean, above and below the line."""

    def half(a, b):
        a = a - a.mean(1, keepdim=True)
        return ((a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1))).nan_to_num(0)

    return r_of(put_together=half)(model, images, maps, target, masks)


def the_other_mean_alone(model, images, maps, target, masks):
    """You subtract the mean of the falls alone, before you divide. Sums and falls both lose their mean, above and below the line."""

    def half(a, b):
        b = b - b.mean(1, keepdim=True)
        return ((a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1))).nan_to_num(0)

    return r_of(put_together=half)(model, images, maps, target, masks)


def moments(a, b):
    """Covariance and the two variances, over M."""
    a, b = (each - each.mean(1, keepdim=True) for each in (a, b))
    return (a * b).mean(1), (a**2).mean(1), (b**2).mean(1)


def not_divided(model, images, maps, target, masks):
    """You return the covariance. Divide it by the standard deviations of the sums and of the falls."""
    return r_of(put_together=lambda a, b: moments(a, b)[0])(model, images, maps, target, masks)


def covariance_over_m_1(model, images, maps, target, masks):
    """You return the covariance, over M − 1. Divide it by the standard deviations of the sums and of the falls."""

    def covariance(a, b):
        return moments(a, b)[0] * a.shape[1] / (a.shape[1] - 1)

    return r_of(put_together=covariance)(model, images, maps, target, masks)


def products_added(model, images, maps, target, masks):
    """You add up the products and do not divide. Divide by the two norms, the roots of the sums of squares."""
    return r_of(put_together=lambda a, b: moments(a, b)[0] * a.shape[1])(model, images, maps, target, masks)


def divided_by_variances(model, images, maps, target, masks):
    """You divide by the variances. Take their roots: r = covariance / (standard deviation · standard deviation)."""

    def over(a, b):
        both, one, other = moments(a, b)
        return (both / (one * other)).nan_to_num(0)

    return r_of(put_together=over)(model, images, maps, target, masks)


def slope_of_the_falls(model, images, maps, target, masks):
    """You return the slope of a straight line. Divide by both standard deviations, of the sums and of the falls, not by one variance."""

    def slope(a, b):
        both, one, _ = moments(a, b)
        return (both / one).nan_to_num(0)

    return r_of(put_together=slope)(model, images, maps, target, masks)


def r_squared(model, images, maps, target, masks):
    """You return r². Return r itself, with its sign."""
    return sensitivity_n(model, images, maps, target, masks) ** 2


def r_without_its_sign(model, images, maps, target, masks):
    """You return r without its sign. A map whose sums go up where the falls go down gets a negative one."""
    return sensitivity_n(model, images, maps, target, masks).abs()


def m_and_m_1(model, images, maps, target, masks):
    """Above the line you divide by M, and below by M − 1, which `std` and `var` do by themselves. Take the same for both, or the norms: then nothing is divided."""
    return sensitivity_n(model, images, maps, target, masks) * (len(masks) - 1) / len(masks)


def m_1_and_m(model, images, maps, target, masks):
    """Above the line you divide by M − 1, and below by M. Take the same for both."""
    return sensitivity_n(model, images, maps, target, masks) * len(masks) / (len(masks) - 1)


def r_with_itself(model, images, maps, target, masks):
    """Your r is 1 wherever it can be: you correlate a list with itself. Of the matrix of `torch.corrcoef` the entry `[0, 1]` is that of the two lists; the diagonal is always 1."""
    return r_of(put_together=lambda a, b: pearson(a, a))(model, images, maps, target, masks)


def r_over_m(model, images, maps, target, masks):
    """You divide r by M once more. With the norms below the line nothing is left to divide."""
    return sensitivity_n(model, images, maps, target, masks) / len(masks)


def r_times_m_1(model, images, maps, target, masks):
    """Your r is M − 1 times too large: above the line stands a sum, and below it standard deviations. Divide the sum by M − 1, or take the norms in place of `std`."""
    return sensitivity_n(model, images, maps, target, masks) * (len(masks) - 1)


def r_times_m(model, images, maps, target, masks):
    """Your r is M times too large: above the line stands a sum, and below it standard deviations. Take the mean of the products, or the norms."""
    return sensitivity_n(model, images, maps, target, masks) * len(masks)


def nan_for_0_over_0(model, images, maps, target, masks):
    """Your r is NaN where sums or falls are all equal, 0 / 0. There it is to be 0: `.nan_to_num(0)`, or ask first whether the line below is 0."""
    return r_of(put_together=lambda a, b: moments(a, b)[0] / (moments(a, b)[1] * moments(a, b)[2]).sqrt())(
        model, images, maps, target, masks
    )


def one_for_0_over_0(model, images, maps, target, masks):
    """Your r is 1 where sums or falls are all equal. There is nothing to foretell there: it is to be 0."""

    def ones(a, b):
        return (moments(a, b)[0] / (moments(a, b)[1] * moments(a, b)[2]).sqrt()).nan_to_num(1)

    return r_of(put_together=ones)(model, images, maps, target, masks)


def mean_r(model, images, maps, target, masks):
    """You return the mean r of all images. Return one for each, (N,)."""
    return sensitivity_n(model, images, maps, target, masks).mean()


def matrix_of_two(model, images, maps, target, masks):
    """You return the matrix of `torch.corrcoef`, 2 × 2 for an image. Take out the entry `[0, 1]`, one number for each image, (N,)."""
    r = sensitivity_n(model, images, maps, target, masks)
    return torch.stack([torch.ones_like(r), r, r, torch.ones_like(r)], 1).view(-1, 2, 2)


def sums_of_the_map(model, images, maps, target, masks):
    """You return the sums of the map. They are one of the two lists: return their r with the falls, one number for each image."""
    return sums_in(maps, masks)


def falls_of_the_score(model, images, maps, target, masks):
    """You return the falls of the score. They are one of the two lists: return their r with the sums of the map, one number for each image."""
    return falls_by(model, images, target, masks)


def products_for_each_subset(model, images, maps, target, masks):
    """You return a number for each subset, (N, M). Add up over the subsets: r is one number for each image, (N,)."""

    def products(a, b):
        a, b = (each - each.mean(1, keepdim=True) for each in (a, b))
        return (a * b / (a.norm(dim=1, keepdim=True) * b.norm(dim=1, keepdim=True))).nan_to_num(0)

    return r_of(put_together=products)(model, images, maps, target, masks)


SUBSETS = (
    "`masks` is (M, H, W), the same for all images. One at a time it meets the images and the maps by itself: `torch.where(mask, 0, images)`, `(maps * mask).sum((1, 2))`. "
    "All at once `maps[:, None] * masks` is (N, M, H, W)."
)
OF_ONE_CLASS = (
    "First the scores: is there one for each image, (N,)? `scores[torch.arange(N), None]` keeps all classes, and `scores[:, classes]` is (N, N). "
    "With `target=None`, `classes = model(images).argmax(1)`; then `scores[torch.arange(N), classes]`. And the masks:"
)
SUBSET_CURES = {
    **TORCHS_WORDS,
    **HANDED_OVER,
    # (the case without a target has 7 subsets, 4 classes, 2 images; it is the first with 7 subsets)
    **{f"({a}) must match the size of tensor b ({b})": OF_ONE_CLASS for a, b in ((7, 4), (4, 7), (7, 2), (2, 7))},
    **{
        sign: "A target is a number for all images, a tensor with one for each, or None: then the class with the highest score, `model(images).argmax(1)`. "
        "`torch.as_tensor(target).expand(len(images))` makes a tensor of a number."
        for sign in (
            "'NoneType' object",
            "Could not infer dtype of NoneType",
            "only one element tensors",
            "must be Tensor, not int",
            "cannot be converted to Scalar",
            "'int' object",
        )
    },
    "Boolean value of Tensor": "`if target is None` asks for None alone; `if not target` wants one truth value, and a tensor has many. And is there an `if` for 0 / 0? `torch.where` asks each image.",
    "must match the size of tensor": SUBSETS,
    "is not broadcastable": SUBSETS,
    "shape mismatch": SUBSETS,
    "too many indices for tensor of dimension 0": "A target may be one number for all images: `torch.as_tensor(target).expand(len(images))` makes a tensor of it.",
    "too many indices for tensor of dimension 1": SUBSETS,
    "too many indices for tensor of dimension 2": SUBSETS,
    "too many indices for tensor of dimension 3": SUBSETS,
    "does not match the shape of the indexed tensor": SUBSETS,
    "out of bounds": "The first index of the scores counts the images, the second the classes: `scores[torch.arange(len(images)), target]`.",
    "Dimension out of range": SUBSETS,
    "with a bool tensor is not supported": "True and False cannot be subtracted: `~mask` turns them round.",
    "on a bool tensor is not supported": "True and False have no sign: `~mask` turns them round.",
    "condition to be a boolean tensor": "`torch.where` asks True or False: give it the mask as it is.",
    "could not infer output dtype": "True and False have no mean: add up the map inside the mask, `(maps * mask).sum((1, 2))`.",
    "Can't call numpy()": "The scores keep their history. Run the network inside `with torch.no_grad():`, or `.detach()` them.",
    "requires grad. Use": "The scores keep their history. Run the network inside `with torch.no_grad():`, or `.detach()` them.",
}


# krippendorff ---------------------------------------------------------------------------------------------------------


def rating_cases():
    generator = torch.Generator().manual_seed(0)
    three, four, two = (torch.randn(*size, generator=generator) for size in ((3, 5), (4, 3), (2, 2)))
    return [
        Case("two raters, (1, 2, 3) and (2, 1, 3)", (torch.tensor([[1.0, 2, 3], [2, 1, 3]]),)),
        Case("three raters of five items, numbers of any size", (three,)),
        Case("three raters, (1, 2, 3) twice and (1, 3, 2)", (torch.tensor([[1.0, 2, 3], [1, 2, 3], [1, 3, 2]]),)),
        Case(
            "two raters who contradict each other, (1, 2, 3) and (3, 2, 1)", (torch.tensor([[1.0, 2, 3], [3, 2, 1]]),)
        ),
        Case("two raters alike, (1, 2, 3)", (torch.tensor([[1.0, 2, 3], [1, 2, 3]]),)),
        Case("four raters of three items, who agree up to a little", (four[:1] + 0.2 * four,)),
        Case("two raters of two items, numbers of any size", (two,)),
        Case(
            "three raters of four items with the same order on scales of their own, (1 2 3 4), (10 20 30 40) and (2 3 5 9), "
            "the numbers as they are",
            (torch.tensor([[1.0, 2, 3, 4], [10, 20, 30, 40], [2, 3, 5, 9]]),),
        ),
    ]


def ratings_without_an_answer():
    return [Case("two raters who give every item the number 3, so that D_o / D_e is 0 / 0", (torch.full((2, 3), 3.0),))]


def squares(values):
    """(a − b)² for all pairs of the first dimension, each pair in both orders, and each with itself."""
    return (values[:, None] - values[None]) ** 2


def parts_of(ratings, distance=squares):
    """D_o and D_e, as they should be."""
    ratings = ratings.double()
    return mean_of_pairs(distance(ratings)), mean_of_pairs(distance(ratings.flatten()))


def mean_of_pairs(table):
    """The mean off the diagonal of the first two dimensions."""
    n = len(table)
    return table.sum() / (n * (n - 1) * table[0, 0].numel())


def alpha(observed, expected):
    return 1 - (observed / expected).item()


def expected_on_one_item(ratings):
    """Your D_e goes over the pairs on one item, as D_o does, and α is always 0. D_e goes over the pairs of *all* ratings, whoever gave them to whatever item."""
    return alpha(parts_of(ratings)[0], parts_of(ratings)[0])


def observed_of_all(ratings):
    """You swap the two means, so that you return 1 − D_e / D_o. It is 1 − D_o / D_e: what is seen over what chance would give."""
    observed, expected = parts_of(ratings)
    return 1 - (expected / observed.clamp(min=1e-9)).item()


def with_itself_on_one_item(ratings):
    """In D_o you count a rater's pair with itself, whose difference is always 0. With n raters there are n · (n − 1) pairs on an item, not n². (A variance counts true pairs with n − 1 below, as `var` has it, without `correction=0`.)"""
    return alpha(squares(ratings.double()).mean(), parts_of(ratings)[1])


def with_itself_of_all(ratings):
    """In D_e you count a rating's pair with itself, whose difference is always 0. Of m ratings there are m · (m − 1) pairs, not m². (A variance counts true pairs with m − 1 below, as `var` has it, without `correction=0`.)"""
    return alpha(parts_of(ratings)[0], squares(ratings.double().flatten()).mean())


def with_itself(ratings):
    """In both means you count pairs of a rating with itself, whose difference is always 0. Of n there are n · (n − 1) pairs, not n²: in D_o with n raters, in D_e with n ratings. (A variance counts true pairs with n − 1 below, as `var` has it, without `correction=0`.)"""
    ratings = ratings.double()
    return alpha(squares(ratings).mean(), squares(ratings.flatten()).mean())


def rows_and_columns_exchanged(ratings):
    """You exchange raters and items. A row is a rater, a column an item: D_o compares the numbers of one column: `var(0)`, not `var(1)`."""
    return krippendorff(ratings.T)


def means_of_correlations(ratings):
    """You return the mean correlation of two raters. It does not notice a rater who gives all items 10 more; α compares the numbers themselves: 1 − D_o / D_e."""
    found = torch.corrcoef(ratings.double())
    return mean_of_pairs(found).item()


def means_of_rank_correlations(ratings):
    """You return the mean rank correlation of two raters. α compares the numbers themselves: 1 − D_o / D_e."""
    return mean_of_pairs(rank_correlations(ratings)).item()


def of_the_ranks(ratings):
    """You make ranks of the ratings first. Take the numbers as they are: who wants ranks hands them over."""
    return krippendorff(ranks(ratings))


def of_standard_scores(ratings):
    """You bring each rater to mean 0 and deviation 1 first. Take the numbers as they are."""
    ratings = ratings.double()
    return krippendorff((ratings - ratings.mean(1, keepdim=True)) / ratings.std(1, keepdim=True))


def of_centred_raters(ratings):
    """You subtract each rater's mean first. Take the numbers as they are: a rater who gives all items 10 more does not agree."""
    ratings = ratings.double()
    return krippendorff(ratings - ratings.mean(1, keepdim=True))


def the_quotient(ratings):
    """You return D_o / D_e. α is 1 less that: 1 where all agree."""
    observed, expected = parts_of(ratings)
    return (observed / expected).item()


def the_quotient_turned(ratings):
    """You return D_o / D_e − 1. It is the other way round, 1 − D_o / D_e: 1 where all agree."""
    return -krippendorff(ratings)


def the_observed(ratings):
    """You return D_o. Divide it by D_e, and take that off 1."""
    return parts_of(ratings)[0].item()


def the_expected(ratings):
    """You return D_e. α is 1 − D_o / D_e."""
    return parts_of(ratings)[1].item()


def one_less_the_observed(ratings):
    """You return 1 − D_o. Divide D_o by D_e first, by what chance would give."""
    return 1 - parts_of(ratings)[0].item()


def their_difference(ratings):
    """You return D_e − D_o. Divide that by D_e: (D_e − D_o) / D_e is 1 − D_o / D_e."""
    observed, expected = parts_of(ratings)
    return (expected - observed).item()


def sizes_of_the_differences(ratings):
    """You take the differences without squaring them. The distance of two ratings is (a − b)²."""
    return alpha(*parts_of(ratings, lambda values: squares(values).sqrt()))


def alike_or_not(ratings):
    """You ask whether two ratings are alike or not. The distance of two ratings is (a − b)²."""
    return alpha(*parts_of(ratings, lambda values: (squares(values) > 0).double()))


def roots_of_the_means(ratings):
    """You take the roots of the means. α is 1 − D_o / D_e with the means of the squares as they are."""
    observed, expected = parts_of(ratings)
    return alpha(observed.sqrt(), expected.sqrt())


def standard_deviations(ratings):
    """You compare standard deviations. α compares squares: take variances, `var`, in place of `std`."""
    ratings = ratings.double()
    return alpha(ratings.std(0).mean(), ratings.flatten().std())


def sums_for_means(ratings):
    """You divide a sum of squares by a sum of squares. D_o and D_e are means: each sum over the number of its pairs."""
    ratings = ratings.double()
    return alpha(squares(ratings).sum(), squares(ratings.flatten()).sum())


def not_over_the_items(ratings):
    """Your D_o is the sum over the items. It is the mean over all pairs on one item: n · (n − 1) on each of the items."""
    observed, expected = parts_of(ratings)
    return alpha(observed * ratings.shape[1], expected)


def pairs_once_above(ratings):
    """Your D_o is half of what it should be beside your D_e. Is each pair added once and counted twice? With a < b there are n · (n − 1) / 2 pairs on an item. Or does a 2 stand before one variance alone? The mean over pairs is twice the variance, for both."""
    observed, expected = parts_of(ratings)
    return alpha(observed / 2, expected)


def pairs_once_below(ratings):
    """Your D_o is twice what it should be beside your D_e: you return 1 − 2 D_o / D_e. Let each sum fit the number of its pairs: of m ratings there are m · (m − 1) / 2 with a < b, twice as many in both orders. Or does a 2 stand before one variance alone? The mean over pairs is twice the variance, for both."""
    observed, expected = parts_of(ratings)
    return alpha(observed, expected / 2)


def neighbours_alone(ratings):
    """You compare each rater with the next alone. All pairs of two raters count: the first with the third, too."""
    observed = (ratings.double().diff(dim=0) ** 2).mean()
    return alpha(observed, parts_of(ratings)[1])


def against_the_first(ratings):
    """You compare all raters with the first alone. All pairs of two raters count: the second with the third, too."""
    ratings = ratings.double()
    return alpha(((ratings[1:] - ratings[:1]) ** 2).mean(), parts_of(ratings)[1])


def first_two_alone(ratings):
    """You compare the first two raters alone. All pairs of two raters count."""
    return alpha(parts_of(ratings[:2])[0], parts_of(ratings)[1])


def expected_of_other_items(ratings):
    """Your D_e leaves out the pairs on one item. Chance knows no items: it goes over all pairs of two ratings."""
    ratings = ratings.double()
    far = squares(ratings.flatten())
    items = torch.arange(ratings.shape[1]).repeat(len(ratings))
    return alpha(parts_of(ratings)[0], far[items[:, None] != items].mean())


def expected_of_other_raters(ratings):
    """Your D_e leaves out the pairs of one rater with itself on two items. Chance knows no raters: it goes over all pairs of two ratings."""
    ratings = ratings.double()
    far = squares(ratings.flatten())
    raters = torch.arange(len(ratings)).repeat_interleave(ratings.shape[1])
    return alpha(parts_of(ratings)[0], far[raters[:, None] != raters].mean())


def expected_of_one_rater(ratings):
    """Your D_e goes over the pairs that one rater gave to two items. It goes over all pairs of two ratings, whoever gave them."""
    return alpha(parts_of(ratings)[0], mean_of_pairs(squares(ratings.double().T)))


def expected_of_the_means(ratings):
    """Your D_e compares the mean ratings of the items. It goes over all pairs of two single ratings."""
    return alpha(parts_of(ratings)[0], mean_of_pairs(squares(ratings.double().mean(0))))


def a_list_for_items(ratings):
    """You return an α for each item. Take the mean over the items before you divide: α is one number."""
    ratings = ratings.double()
    return 1 - 2 * ratings.var(0) / parts_of(ratings)[1]


def never_below_0(ratings):
    """You cut α off at 0. Raters who contradict each other have an α below 0."""
    return max(0.0, krippendorff(ratings))


def without_a_sign(ratings):
    """You return α without its sign. Raters who contradict each other have an α below 0."""
    return abs(krippendorff(ratings))


def cronbachs(ratings):
    """You return Cronbach's α, which has the same letter: it asks how well a sum of raters measures. Krippendorff's is 1 − D_o / D_e."""
    ratings = ratings.double()
    n = len(ratings)
    return n / (n - 1) * (1 - (ratings.var(1).sum() / ratings.sum(0).var()).item())


def kendalls(ratings):
    """You return Kendall's W, which looks at the sums of ranks. Krippendorff's α is 1 − D_o / D_e."""
    ordered = ranks(ratings)
    n, m = ordered.shape
    return (12 * (ordered.sum(0).var() * (m - 1)) / (n**2 * (m**3 - m))).item()


RATING_CURES = {
    **TORCHS_WORDS,
    "must match the size of tensor": "All pairs of two raters: `ratings[:, None] - ratings[None]` is (raters, raters, items). All pairs of two ratings: lay them in one line first, `.flatten()`.",
    "is not broadcastable": "All pairs of two raters: `ratings[:, None] - ratings[None]` is (raters, raters, items).",
    "out of bounds": "A row is a rater, a column an item: `raters, items = ratings.shape`.",
    "out of range": "A row is a rater, a column an item: `raters, items = ratings.shape`.",
    "'int' object is not iterable": "`range(n)` counts from 0 to n − 1; `itertools.combinations(range(n), 2)` gives all pairs of two.",
    "name 'itertools' is not defined": "`import itertools` makes it known: write that into your cell.",
    "name 'combinations' is not defined": "`from itertools import combinations` makes it known: write that into your cell.",
    "name 'permutations' is not defined": "`from itertools import permutations` makes it known: write that into your cell.",
    "all ratings are equal": "These ratings are not all equal: is there an `all`, where a `!=` or an `any` stands?",
    "division by zero": "Of n there are n · (n − 1) pairs: how many raters are there, and how many ratings? `raters, items = ratings.shape`.",
    "could not infer output dtype": "Whole numbers have no mean: `ratings.double()` first.",
    "unsupported operand": "Are D_o and D_e numbers, both? A list is made a tensor by `torch.tensor([…])`, or added up by `sum`.",
    "cannot be converted to Scalar": "α is one number. What is left to add up, or to average, before `.item()`?",
    "No module named": "This can be done with a few lines of PyTorch, without a library.",
}


EXERCISES = (
    Exercise(
        replace_top,
        "metrics",
        2,
        top_cases,
        (
            smallest_first,
            smallest_first_by_minus,
            by_the_size_of_the_value,
            the_top_kept,
            places_read_as_turns,
            ties_row_by_row,
            ties_in_the_order_of_topk,
            ties_from_the_end,
            down_to_the_value,
            above_the_value,
            above_the_quantile,
            from_the_quantile,
            above_the_share,
            above_a_part_of_the_largest,
            down_to_the_value_rounded_down,
            first_rows_of_the_order,
            rounded_down,
            rounded_up,
            one_more,
            one_less,
            the_share_that_stays,
            the_largest_stays,
            one_pixel_alone,
            the_share_of_a_column,
            the_share_of_a_row,
            the_share_of_all_values,
            the_share_of_the_batch,
            one_order_for_all,
            holes_of_all_maps,
            all_images_in_one_order,
            first_channel_alone,
            black_for_fill,
            mean_of_the_fill,
            fill_of_the_first,
            corner_of_the_fill,
            fill_from_its_beginning,
            fill_added,
            fill_mixed_in,
            faded,
            fill_alone,
            what_stays_alone,
            where_it_goes,
            where_it_goes_as_numbers,
            nothing_gone,
            everything_gone,
            rows_and_columns,
            first_image_alone,
            clipped,
        ),
        in_float32,
        cures=TOP_CURES,
        recall="Asked for are the images, with the first round(share · H · W) pixels of `order_of(maps)` replaced in all channels by those of `fill` at the same places. Equal values go in the order that `order_of(maps)` gives them.",
    ),
    Exercise(
        score_curve,
        "metrics",
        3,
        curve_cases,
        (
            scores_for_probabilities,
            logarithms,
            sigmoids,
            softmax_over_the_images,
            shares_of_the_scores,
            softmax_of_the_target_alone,
            the_largest_at_each_step,
            the_class_of_the_start,
            the_class_of_the_finish,
            all_targets_for_each,
            row_of_the_target,
            one_target_for_all,
            of_the_others,
            from_the_first_step,
            the_last_point_missing,
            shares_end_early,
            as_many_points_as_steps,
            begun_with_a_step,
            shares_from_one_step_on,
            turned_round,
            pixels_put_back,
            the_same_step_again,
            pixel_by_pixel,
            cut_off_steps,
            cut_off_but_the_last,
            steps_rounded_up,
            numbers_cut_off,
            start_and_finish_exchanged,
            black_for_finish,
            curve_of_the_smallest,
            curve_by_size,
            curve_of_fading,
            curve_with_equals_row_by_row,
            curve_of_the_first_map,
            points_in_front,
            points_in_a_line,
            mean_over_the_images,
            curve_of_the_first_image,
            all_classes,
            the_last_point_alone,
            falls_of_the_probability,
            rises_of_the_probability,
            over_the_first_point,
            summed_up_on_the_way,
            the_area_of_it,
        ),
        in_float32,
        no_history=WITHOUT_HISTORY,
        cures=CURVE_CURES,
        recall="Asked for is the softmax probability of the target at `start`, with the first 1/steps of the pixels gone to `finish`, the first 2/steps, and so on to `finish` itself: (N, steps + 1).",
    ),
    Exercise(
        area_under,
        "metrics",
        1,
        area_cases,
        (
            mean_of_the_points,
            sum_of_the_points,
            axis_in_steps,
            axis_in_points,
            left_ends,
            right_ends,
            not_halved,
            not_halved_axis_in_steps,
            sum_over_the_steps,
            halved_sum_over_the_steps,
            the_ends_alone,
            ends_left_out,
            steps_of_two,
            area_above,
            area_with_a_minus,
            from_the_first_point_down,
            above_the_last_point,
            curve_over_its_first_point,
            from_0_to_1,
            rise_by_rise,
            area_of_the_sizes,
            area_cut_at_0,
            the_middle_value,
            along_the_images,
            one_area_for_all,
            column_of_areas,
            area_so_far,
            each_trapezoid,
            each_mean,
        ),
        in_float32,
        cures=AREA_CURES,
        recall="Asked for is Σ_k (c_k + c_{k+1}) / (2S) for each curve, over its S steps.",
    ),
    Exercise(
        pointing_game,
        "metrics",
        2,
        pointing_cases,
        (
            by_the_size,
            the_smallest_value,
            margin_as_a_square,
            margin_as_a_diamond,
            squares_against_the_margin,
            less_than_the_margin,
            margin_not_used,
            one_margin_more,
            the_far_side,
            the_mean_distance,
            to_the_middle_of_the_mask,
            to_the_first_pixel,
            box_round_the_mask,
            the_first_of_the_largest,
            the_last_of_the_largest,
            the_first_in_the_mask,
            the_first_in_a_square,
            one_of_them_in_a_square,
            the_first_by_its_size,
            any_of_the_largest,
            all_of_the_largest,
            most_of_the_largest,
            number_of_hits,
            share_of_all_pixels,
            middle_of_the_largest,
            largest_of_all_maps,
            largest_of_all_maps_or_nan,
            mask_of_the_first,
            outside_the_mask,
            outside_counts,
            rows_for_columns,
            by_the_height,
            the_distance_itself,
            mean_of_the_images,
            true_or_false,
            the_share_of_the_map,
        ),
        in_float32,
        cures=POINTING_CURES,
        recall="Asked for is, for each image, 1 where the largest value of the map lies at most `margin` pixels in a straight line from the nearest pixel of its mask, else 0; where several places have it, the share of them that do.",
    ),
    Exercise(
        sensitivity_n,
        "metrics",
        4,
        subset_cases,
        (
            sign_turned,
            the_subset_alone,
            the_score_of_the_subset_alone,
            r_of_ranks,
            fall_of_the_probability,
            fall_of_the_logarithm,
            relative_falls,
            sizes_of_the_falls,
            falls_above_0,
            sizes_in_the_map,
            size_of_the_sum,
            map_times_image,
            the_largest_in_the_subset,
            the_rest_at_0,
            filled_with_the_mean,
            filled_with_one_mean,
            filled_with_the_mean_of_each,
            filled_with_white,
            one_channel_at_0,
            the_holes_stay,
            other_subsets_for_the_falls,
            sorted_apart,
            the_best_class_always,
            one_target_for_every_image,
            the_best_class_of_each_picture,
            the_highest_score,
            all_scores_together,
            over_the_images,
            over_everything,
            over_everything_for_each,
            means_of_all_images,
            without_the_means,
            means_over_the_images,
            one_mean_alone,
            the_other_mean_alone,
            not_divided,
            covariance_over_m_1,
            products_added,
            divided_by_variances,
            slope_of_the_falls,
            r_squared,
            r_without_its_sign,
            m_and_m_1,
            m_1_and_m,
            r_with_itself,
            r_over_m,
            r_times_m_1,
            r_times_m,
            nan_for_0_over_0,
            one_for_0_over_0,
            mean_r,
            matrix_of_two,
            sums_of_the_map,
            falls_of_the_score,
            products_for_each_subset,
        ),
        in_float32,
        floor=1e-4,
        no_history=WITHOUT_HISTORY,
        cures=SUBSET_CURES,
        recall="Asked for is, for each image, Pearson's r over the M masks: of the sum of the map in the mask, and the fall of the score when the pixels of the mask become 0; 0 where r is 0 / 0.",
    ),
    Exercise(
        krippendorff,
        "metrics",
        3,
        rating_cases,
        (
            expected_on_one_item,
            observed_of_all,
            with_itself_on_one_item,
            with_itself_of_all,
            with_itself,
            rows_and_columns_exchanged,
            means_of_correlations,
            means_of_rank_correlations,
            of_the_ranks,
            of_standard_scores,
            of_centred_raters,
            the_quotient,
            the_quotient_turned,
            the_observed,
            the_expected,
            one_less_the_observed,
            their_difference,
            sizes_of_the_differences,
            alike_or_not,
            roots_of_the_means,
            standard_deviations,
            sums_for_means,
            not_over_the_items,
            pairs_once_above,
            pairs_once_below,
            neighbours_alone,
            against_the_first,
            first_two_alone,
            expected_of_other_items,
            expected_of_other_raters,
            expected_of_one_rater,
            expected_of_the_means,
            a_list_for_items,
            never_below_0,
            without_a_sign,
            cronbachs,
            kendalls,
        ),
        as_one_number,
        cures=RATING_CURES,
        refused=ratings_without_an_answer,
        recall="Asked for is 1 − D_o / D_e: D_o is the mean of (a − b)² over all pairs of two raters on one item, D_e over all pairs of two of all ratings. A `ValueError` is raised only where all ratings are equal, those of all items too.",
    ),
)
