"""Lesson 00: the score of a class, and what covering a patch does to it."""

import torch
from torch import nn

from ...methods import class_score
from ..exercise import Case, Exercise
from .networks import followed_by, linear_network, pooling_network, random_images, small_network, two_by_two


def network_cases():
    """The calls on which every function (model, images, target) is tried."""
    return [
        Case("two 2×2 images, a linear network, target 1", (linear_network(), two_by_two(2), 1)),
        Case("one 6×6 colour image, target 2", (small_network(), random_images(1), 2)),
        Case("three images, the same target for all", (small_network(), random_images(3, seed=1), 0)),
        Case(
            "three images, a tensor with a target for each",
            (small_network(), random_images(3, seed=2), torch.tensor([2, 0, 1])),
        ),
        Case(
            "two images of 4×8, a network with 4 classes, target 3",
            (pooling_network(), random_images(2, size=4, width=8), 3),
        ),
        Case(
            "two 6×6 colour images with negative values, too, target 1",
            (small_network(), random_images(2, seed=4) - 0.5, 1),
        ),
        Case("two images and a network in float64", (small_network().double(), random_images(2, seed=3).double(), 1)),
    ]


def score_cases():
    """The same, with images that are marked and networks that are not: a score keeps its history only through the images."""
    return [
        Case(what, (model.requires_grad_(False), images.requires_grad_(), target))
        for what, (model, images, target) in network_cases()
    ]


def in_float32(result):
    """A result computed in float64 is as good."""
    return result.float() if result is not None and result.dtype == torch.float64 else result


# class_score ----------------------------------------------------------------------------------------------------------


def after_softmax(model, images, target):
    """Your scores are probabilities: they have been through the softmax. Return the score before it, as the network gives it."""
    return class_score(followed_by(nn.Softmax(1), model), images, target)


def after_log_softmax(model, images, target):
    """Your scores are log-probabilities. Return the score as the network gives it, before any softmax."""
    return class_score(followed_by(nn.LogSoftmax(1), model), images, target)


def all_scores(model, images, target):
    """You return the scores of all classes. Pick, in each row, the one of the target: one number for each image."""
    return model(images)


def highest_score(model, images, target):
    """You return the highest score of each image, whichever class it belongs to. The score asked for is that of `target`."""
    return model(images).max(dim=1).values


def predicted_classes(model, images, target):
    """You return which class has the highest score. What is asked for is the score of the class `target`."""
    return model(images).argmax(dim=1)


def one_row(model, images, target):
    """You pick a row: the scores of one image. The first dimension is the images, the second the classes."""
    return model(images)[target if isinstance(target, int) else target[0]]


def one_column(model, images, target):
    """One dimension of 1 is left over: (N, 1). Return one number for each image, (N,): `.squeeze(1)`, or index the column."""
    return class_score(model, images, target)[:, None]


def summed(model, images, target):
    """You add the scores of the batch up. Return one score for each image, of shape (N,)."""
    return class_score(model, images, target).sum()


def columns_for_each(model, images, target):
    """With a target for each image, `scores[:, target]` picks every target in every row: N×N numbers. Pick one in each row."""
    return model(images)[:, target]


def without_history(model, images, target):
    """The values are right, but cut off from the images (by `.item()`, `.detach()` or `no_grad`), so nothing can be differentiated later. Leave them attached."""
    return class_score(model, images, target).detach()


def indices_exchanged(model, images, target):
    """Your indices are exchanged. The first picks the image, the second the class: `scores[torch.arange(len(images)), target]`."""
    return model(images)[target, torch.arange(len(images))]


def first_image_only(model, images, target):
    """You return one number, the score of the first image. Return one for each image of the batch, (N,)."""
    return class_score(model, images, target)[0]


def first_image_as_number(model, images, target):
    """You return a plain number, made from the first image alone. Return a tensor with a score for each image, (N,), without `.item()`: later it is differentiated."""
    return class_score(model, images, target)[0].item()


def averaged(model, images, target):
    """You take the mean of the scores of the batch. Return one score for each image, of shape (N,)."""
    return class_score(model, images, target).mean()


def squeezed_score(model, images, target):
    """Of a single image your result has lost its only dimension; a `.squeeze()` without a number does that. Remove the dimension you mean, `.squeeze(1)`: one image gives (1,)."""
    return class_score(model, images, target).squeeze()


def highest_pair(model, images, target):
    """`.max(dim=1)` gives two things, the highest score of each image and its class. Asked for is the score of `target`: pick that one in each row."""
    return model(images).max(dim=1)


def after_sigmoid(model, images, target):
    """Your scores have been through a sigmoid. Return the score as the network gives it."""
    return class_score(followed_by(nn.Sigmoid(), model), images, target)


def softmax_over_images(model, images, target):
    """Your scores have been through a softmax, and that over the images. Return the score as the network gives it."""
    return class_score(followed_by(nn.Softmax(0), model), images, target)


def one_class_further(model, images, target):
    """You pick the class beside the one asked for. Classes are counted from 0, and so is `target`: use it as it is."""
    return model(images)[torch.arange(len(images)), target - 1]


def gathered_down_the_columns(model, images, target):
    """You gather along dimension 0, the images. The classes are dimension 1: `.gather(1, …)`."""
    return model(images).gather(0, torch.as_tensor(target).expand(len(images))[:, None]).squeeze(1)


def gathered_from_the_first(model, images, target):
    """Your result has the shape (1, N), and all of it is of the first image. The indices for `.gather(1, …)` are a column, a row for each image: `target[:, None]`, and `.squeeze(1)` in the end."""
    return model(images).gather(1, torch.as_tensor(target).expand(len(images))[None])


def first_target_for_all(model, images, target):
    """With a target for each image, you use the first for all of them. Pair each row with its own: `scores[torch.arange(len(images)), target]`."""
    return model(images)[:, target if isinstance(target, int) else target[0]]


def negative_scores_lost(model, images, target):
    """You set negative scores to 0. A score may be negative: return it as the network gives it."""
    return class_score(model, images, target).relu()


def size_of_the_score(model, images, target):
    """You take the absolute value. A score may be negative: return it as the network gives it."""
    return class_score(model, images, target).abs()


def above_the_mean(model, images, target):
    """You subtract the mean of all the scores. Return the score of `target` as the network gives it."""
    return class_score(model, images, target) - model(images).mean(1)


def exponential(model, images, target):
    """You take the exponential. Return the score as the network gives it."""
    return class_score(model, images, target).exp()


def in_one_row(model, images, target):
    """Your result is a row, (1, N). Return one number for each image, (N,): leave the extra dimension out."""
    return class_score(model, images, target)[None]


def below_the_highest(model, images, target):
    """You subtract the highest score. Return the score of `target` as the network gives it."""
    return class_score(model, images, target) - model(images).max(1).values


SCORE_CURES = {
    "'int' object": "The target may be a plain number, for all images, as well as a tensor. "
    "`torch.as_tensor(target).expand(len(images))` makes one tensor of either.",
    "must be Tensor, not int": "The target may be a plain number, for all images, as well as a tensor. "
    "`torch.as_tensor(target).expand(len(images))` makes one tensor of either.",
    "only one element tensors": "The target may be a tensor with a class for each image. Pair each row with its own: "
    "`scores[torch.arange(len(images)), target]`.",
    "cannot be converted to Scalar": "There is a score for each image. Return them as a tensor, without `.item()`.",
    "Boolean value of Tensor": "The target may be a tensor with a class for each image. Index with it, without `if`: "
    "`scores[torch.arange(len(images)), target]`.",
    "cannot be multiplied": "`images` is a batch already, (N, C, H, W): give it to the model as it is.",
    "out of bounds": "The first index of the scores counts the images, `len(images)` of them, the second the classes. A single image "
    "is given to the model as a batch of one, `images[k:k + 1]`.",
    "expand(torch.FloatTensor": "The target may be a tensor with a class for each image: take each image's own, `target[i]`.",
    "Dimension out of range": "`scores[:, target]` has the shape (N,) already where `target` is a number, and (N, N) "
    "where it is a tensor. Two indices serve for both: `scores[torch.arange(len(images)), target]`.",
    "Can't call numpy()": "Stay with tensors: the scores are differentiated later, and NumPy forgets their history.",
}


# cover ----------------------------------------------------------------------------------------------------------------


def cover(images, row, column, size, colour):
    """The images with a square of one colour over `size` rows from `row` and `size` columns from `column`.

    images (N, C, H, W), colour (C, 1, 1) → (N, C, H, W); the images given stay as they are.
    """
    covered = images.clone()
    covered[:, :, row : row + size, column : column + size] = colour
    return covered


GREY, GREEN = torch.full((3, 1, 1), 0.5), torch.tensor([0.1, 0.6, 0.2]).reshape(3, 1, 1)


def cover_cases():
    images = torch.arange(16.0).reshape(1, 1, 4, 4) / 16
    return [
        Case("one 4×4 image, a grey square of 2 at row 1, column 0", (images, 1, 0, 2, GREY[:1])),
        Case("two 6×6 colour images, a green square of 3 at row 0, column 2", (random_images(2), 0, 2, 3, GREEN)),
        Case(
            "a square of 3 that begins at row 4, column 5 and is cut off by the edge",
            (random_images(1), 4, 5, 3, GREEN),
        ),
        Case(
            "two images of 4×7, a square of 3 at row 2, column 5, cut off by the edge",
            (random_images(2, size=4, width=7), 2, 5, 3, GREEN),
        ),
        Case(
            "an image of 7×4, a square of 3 at row 5, column 1, cut off by the edge",
            (random_images(1, size=7, width=4), 5, 1, 3, GREEN),
        ),
    ]


def cover_exchanged(images, row, column, size, colour):
    """Rows and columns are exchanged. In (N, C, H, W) the rows are dimension 2, the columns dimension 3."""
    return cover(images, column, row, size, colour)


def cover_one_channel(images, row, column, size, colour):
    """You cover one colour channel. The square has a value in each of them."""
    covered = images.clone()
    covered[:, 0, row : row + size, column : column + size] = colour[0]
    return covered


def cover_one_more(images, row, column, size, colour):
    """Your square is one row and one column too large. A slice `a:b` leaves out b."""
    return cover(images, row, column, size + 1, colour)


def cover_one_pixel(images, row, column, size, colour):
    """You cover one pixel. The square has `size` rows and `size` columns: use two slices, `row:row + size` and `column:column + size`."""
    covered = images.clone()
    covered[:, :, row, column] = colour[:, 0, 0]
    return covered


def cover_one_less(images, row, column, size, colour):
    """Your square is one row and one column too small. A slice `a:b` leaves out b already: end at row + size."""
    return cover(images, row, column, size - 1, colour)


def cover_up_to_size(images, row, column, size, colour):
    """Your slices end at `size`. They begin at `row` and at `column`, so they end at row + size and column + size."""
    covered = images.clone()
    covered[:, :, row:size, column:size] = colour
    return covered


def cover_first_image(images, row, column, size, colour):
    """You cover the first image of the batch. Cover all of them: a colon for the images, a colon for the channels."""
    return torch.cat([cover(images[:1], row, column, size, colour), images[1:]])


def cover_grey(images, row, column, size, colour):
    """Your square is always grey. Give it the colour that was asked for."""
    return cover(images, row, column, size, 0.5)


def cover_black(images, row, column, size, colour):
    """Your square is black (0). Give it the colour that was asked for."""
    return cover(images, row, column, size, 0.0)


def cover_outside(images, row, column, size, colour):
    """You keep the square and cover everything around it. It is the square that is to be covered."""
    return torch.where(cover(torch.zeros_like(images), row, column, size, 1.0) > 0, images, colour)


def cover_centred(images, row, column, size, colour):
    """Your square has its centre at (row, column). That is where its top left corner belongs."""
    return cover(images, max(row - size // 2, 0), max(column - size // 2, 0), size, colour)


def cover_row_stripe(images, row, column, size, colour):
    """You cover whole rows, from left to right. The square has `size` columns: add the second slice, `column:column + size`."""
    covered = images.clone()
    covered[:, :, row : row + size] = colour
    return covered


def cover_a_dimension_early(images, row, column, size, colour):
    """Your slices stand one dimension too early: dimension 1 is the channels. Write a colon for the images and one for the channels first: `[:, :, row:row + size, column:column + size]`."""
    covered = images.clone()
    covered[:, row : row + size, column : column + size] = colour
    return covered


def cover_ends_by_row(images, row, column, size, colour):
    """Your columns end at row + size. They begin at `column` and end at column + size."""
    covered = images.clone()
    covered[:, :, row : row + size, column : row + size] = colour
    return covered


def cover_ends_by_column(images, row, column, size, colour):
    """Your rows end at column + size. They begin at `row` and end at row + size."""
    covered = images.clone()
    covered[:, :, row : column + size, column : column + size] = colour
    return covered


def cover_in_red_value(images, row, column, size, colour):
    """You give every channel the first of the colour's values. Each channel has its own: assign `colour` as it is, (C, 1, 1)."""
    return cover(images, row, column, size, colour[0])


def cover_in_mean_value(images, row, column, size, colour):
    """You give every channel the mean of the colour's values. Each channel has its own: assign `colour` as it is, (C, 1, 1)."""
    return cover(images, row, column, size, colour.mean())


def cover_colour_by_columns(images, row, column, size, colour):
    """The values of the colour run along the columns of your square instead of the channels. Assign `colour` as it is, (C, 1, 1): its first dimension is the channels."""
    return cover(images, row, column, size, colour.flatten())


def cover_added(images, row, column, size, colour):
    """You add the colour to what is there. Put it in its place, with `=`."""
    covered = images.clone()
    covered[:, :, row : row + size, column : column + size] += colour
    return covered


def cover_multiplied(images, row, column, size, colour):
    """You multiply what is there by the colour. Put the colour in its place, with `=`."""
    covered = images.clone()
    covered[:, :, row : row + size, column : column + size] *= colour
    return covered


def cover_on_black(images, row, column, size, colour):
    """Around your square everything is black. Begin with a copy of the images, `images.clone()`."""
    return cover(torch.zeros_like(images), row, column, size, colour)


def the_square_alone(images, row, column, size, colour):
    """You return the square. Return the whole images, with the square in them."""
    return cover(images, row, column, size, colour)[:, :, row : row + size, column : column + size]


def the_first_covered(images, row, column, size, colour):
    """You return one image, without the dimension of the batch. Return all of them, (N, C, H, W). Does a `return` stand inside a loop?"""
    return cover(images, row, column, size, colour)[0]


def nothing_covered(images, row, column, size, colour):
    """Your images come back as they were: the colour reached no place of them. Assign it to the square of the copy, rows `row:row + size` and columns `column:column + size`, and return the copy."""
    return images.clone()


def cover_moved_inside(images, row, column, size, colour):
    """A square that reaches over the edge is moved inwards. Leave it where it is: what would lie beyond the edge is left out."""
    return cover(images, min(row, images.shape[2] - size), min(column, images.shape[3] - size), size, colour)


def cover_only_inside(images, row, column, size, colour):
    """A square that reaches over the edge is left out altogether. Cover the part of it that lies inside: a slice that runs over the edge is cut off by itself."""
    inside = row + size <= images.shape[2] and column + size <= images.shape[3]
    return cover(images, row, column, size if inside else 0, colour)


def cover_stops_before_the_edge(images, row, column, size, colour):
    """At the edge you leave out the last row and the last column. A slice `a:b` leaves out b already, so it may end at the number of rows. You can also let it run over the edge: it is cut off by itself."""
    covered = images.clone()
    covered[:, :, row : min(row + size, images.shape[2] - 1), column : min(column + size, images.shape[3] - 1)] = colour
    return covered


def cover_edges_exchanged(images, row, column, size, colour):
    """Where the image is not square, you cut at the wrong edge. Rows end at `images.shape[2]`, columns at `images.shape[3]`. You can also let a slice run over the edge: it is cut off by itself."""
    covered = images.clone()
    covered[:, :, row : min(row + size, images.shape[3]), column : min(column + size, images.shape[2])] = colour
    return covered


def cover_one_row_more(images, row, column, size, colour):
    """Your square is one row too high. A slice `a:b` leaves out b: end at row + size."""
    covered = images.clone()
    covered[:, :, row : row + size + 1, column : column + size] = colour
    return covered


def cover_one_column_more(images, row, column, size, colour):
    """Your square is one column too wide. A slice `a:b` leaves out b: end at column + size."""
    covered = images.clone()
    covered[:, :, row : row + size, column : column + size + 1] = colour
    return covered


def cover_rows_up_to_size(images, row, column, size, colour):
    """Your rows end at `size`. They begin at `row`, so they end at row + size."""
    covered = images.clone()
    covered[:, :, row:size, column : column + size] = colour
    return covered


def cover_columns_up_to_size(images, row, column, size, colour):
    """Your columns end at `size`. They begin at `column`, so they end at column + size."""
    covered = images.clone()
    covered[:, :, row : row + size, column:size] = colour
    return covered


def cover_the_corner(images, row, column, size, colour):
    """Your square lies in the top left corner of the image. It begins at `row` and at `column`: `row:row + size`, `column:column + size`."""
    return cover(images, 0, 0, size, colour)


def cover_that_ends_there(images, row, column, size, colour):
    """Your square ends at (row, column). That is where it begins: `row:row + size`, `column:column + size`."""
    covered = images.clone()
    covered[:, :, row - size : row, column - size : column] = colour
    return covered


def cover_sliced_twice(images, row, column, size, colour):
    """Two slices one after the other act on the same dimension. Write both in one pair of brackets: `[:, :, row:row + size, column:column + size]`."""
    covered = images.clone()
    covered[:, :, row : row + size][:, :, column : column + size] = colour
    return covered


def cover_centred_cut(images, row, column, size, colour):
    """Your square has its centre at (row, column), and where it reaches over the edge it is gone. (row, column) is its top left corner."""
    covered, half = images.clone(), size // 2
    covered[:, :, row - half : row + half, column - half : column + half] = colour
    return covered


def cover_by_the_mask_alone(images, row, column, size, colour):
    """You return where the square lies, as 1 and 0. Return the images, with the colour in that place."""
    return cover(torch.zeros_like(images), row, column, size, 1.0)


COVER_CURES = {
    "expanded size of the tensor": "The colour has as many channels as the images, and the shape (C, 1, 1). Assign it as it is: PyTorch "
    "spreads it over the square.",
    "expand(torch.FloatTensor": "A block takes the colour as it is, (C, 1, 1): use two slices, `row:row + size` and "
    "`column:column + size`, and no loop.",
    "must match the size": "The images may have any size, and need not be square: `images.shape[2]` rows and "
    "`images.shape[3]` columns. The colour has the shape (C, 1, 1): assign it as it is.",
    "is invalid for input of size": "There may be one channel, or another number than three. Assign the colour as it is, (C, 1, 1).",
    "shape mismatch": "The images may have any size, and need not be square: `images.shape[2]` rows and "
    "`images.shape[3]` columns. The colour has the shape (C, 1, 1): assign it as it is.",
    "index 1 is out of bounds": "There may be one channel, or another number than three: `images.shape[1]` of them. "
    "A colon stands for all.",
    **{
        f"index {end} is out of bounds": "Part of the square may lie beyond the edge. A slice is cut off there by "
        "itself, `row:row + size`; a single index is not."
        for end in (4, 6, 7)
    },
}


# occlusion_map --------------------------------------------------------------------------------------------------------


def occlusion_map(model, images, target, size, colour):
    """By how much the score falls when a square is covered, for each square of a grid without gaps.

    images (N, C, H, W), H and W multiples of size; colour (C, 1, 1) → (N, 1, H / size, W / size), in score;
    positive: the square spoke for the class.
    """
    with torch.no_grad():
        plain = class_score(model, images, target)
        rows = [
            torch.stack(
                [
                    plain - class_score(model, cover(images, row, column, size, colour), target)
                    for column in range(0, images.shape[3], size)
                ],
                dim=-1,
            )
            for row in range(0, images.shape[2], size)
        ]
    return torch.stack(rows, dim=-2).unsqueeze(1)


def occlusion_cases():
    targets = torch.tensor([2, 0, 1])
    return [
        Case(
            "one 2×2 image, a linear network, target 1, squares of 1", (linear_network(), two_by_two(1), 1, 1, GREY[:1])
        ),
        Case(
            "two 2×2 images, a linear network, target 1, squares of 1",
            (linear_network(), two_by_two(2), 1, 1, GREY[:1]),
        ),
        Case("two 6×6 colour images, target 2, squares of 2", (small_network(), random_images(2), 2, 2, GREEN)),
        Case(
            "three images with a target each, squares of 3",
            (small_network(), random_images(3, seed=2), targets, 3, GREEN),
        ),
        Case(
            "two images of 4×8, target 3, squares of 2",
            (pooling_network(), random_images(2, size=4, width=8), 3, 2, GREEN),
        ),
    ]


def occlusion_reversed(model, images, target, size, colour):
    """The sign is reversed: your map is covered minus plain. The drop is plain minus covered, so that what speaks for the class is positive."""
    return -occlusion_map(model, images, target, size, colour)


def occlusion_scores(model, images, target, size, colour):
    """Your map holds the scores of the covered images. Subtract each from the score of the plain image: the drop is asked for."""
    with torch.no_grad():
        return class_score(model, images, target).reshape(-1, 1, 1, 1) - occlusion_map(
            model, images, target, size, colour
        )


def occlusion_absolute(model, images, target, size, colour):
    """You take the absolute value. Keep the sign: where the score rises when a square is covered, that square spoke against the class."""
    return occlusion_map(model, images, target, size, colour).abs()


def occlusion_positive(model, images, target, size, colour):
    """You set the negative drops to zero. Keep them: there the square spoke against the class."""
    return occlusion_map(model, images, target, size, colour).relu()


def occlusion_of_probability(model, images, target, size, colour):
    """Your map is the drop of the probability, after the softmax. Use the score before the softmax."""
    return occlusion_map(followed_by(nn.Softmax(1), model), images, target, size, colour)


def occlusion_in_grey(model, images, target, size, colour):
    """Your squares are always grey. Cover with the colour that was asked for."""
    return occlusion_map(model, images, target, size, torch.full_like(colour, 0.5))


def occlusion_accumulating(model, images, target, size, colour):
    """Squares that were covered stay covered: each step covers one more. Start each time from the plain images."""
    with torch.no_grad():
        plain, images, drops = class_score(model, images, target), images.clone(), []
        for row in range(0, images.shape[2], size):
            for column in range(0, images.shape[3], size):
                images = cover(images, row, column, size, colour)
                drops.append(plain - class_score(model, images, target))
    return torch.stack(drops, 1).reshape(len(images), 1, images.shape[2] // size, images.shape[3] // size)


def occlusion_not_spaced(model, images, target, size, colour):
    """Your squares overlap: square (i, j) does not begin at row i and column j, but at row i · size and column j · size."""
    with torch.no_grad():
        plain = class_score(model, images, target)
        rows = [
            torch.stack(
                [
                    plain - class_score(model, cover(images, i, j, size, colour), target)
                    for j in range(images.shape[3] // size)
                ],
                dim=-1,
            )
            for i in range(images.shape[2] // size)
        ]
    return torch.stack(rows, dim=-2).unsqueeze(1)


def occlusion_full_size(model, images, target, size, colour):
    """Your map has a value for each pixel. Give it one for each square: (N, 1, H / size, W / size)."""
    return occlusion_map(model, images, target, size, colour).repeat_interleave(size, 2).repeat_interleave(size, 3)


def occlusion_without_channel(model, images, target, size, colour):
    """The values are right; one dimension is missing. A map has one channel: (N, 1, rows, columns)."""
    return occlusion_map(model, images, target, size, colour).squeeze(1)


def occlusion_transposed(model, images, target, size, colour):
    """Rows and columns of your map are exchanged. The first row of the map holds the squares along the top of the image, from left to right."""
    return occlusion_map(model, images, target, size, colour).transpose(2, 3)


def squares_of(images, size):
    """The places of all squares of the grid: i, j, and the row and column where each begins."""
    return [(i, j, i * size, j * size) for i in range(images.shape[2] // size) for j in range(images.shape[3] // size)]


def occlusion_by(drop, model, images, size):
    """The map that drop(row, column) fills, one value for each image."""
    with torch.no_grad():
        drops = torch.stack([drop(row, column) for _, _, row, column in squares_of(images, size)], 1)
    return drops.reshape(len(images), 1, images.shape[2] // size, images.shape[3] // size)


def occlusion_for_one(model, images, target, size, colour):
    """Your map has room for one image, without batch and channel. Make it `torch.zeros(len(images), 1, rows, columns)`, and fill `drops[:, 0, i, j]`: one value for each image."""
    drops = torch.zeros(images.shape[2] // size, images.shape[3] // size)
    for i, j, row, column in squares_of(images, size):
        with torch.no_grad():
            drops[i, j] = class_score(model, images, target) - class_score(
                model, cover(images, row, column, size, colour), target
            )
    return drops


def occlusion_squeezed(model, images, target, size, colour):
    """A `.squeeze()` too many: it removes every dimension of 1. A map keeps its four, (N, 1, rows, columns), even of one image."""
    return occlusion_map(model, images, target, size, colour).squeeze()


def occlusion_lost_batch(model, images, target, size, colour):
    """Of a single image your map has lost the dimension of the batch. Keep all four: (1, 1, rows, columns)."""
    return occlusion_map(model, images, target, size, colour).squeeze(0)


def occlusion_first_image(model, images, target, size, colour):
    """You return the map of the first image alone. Return one for each image: (N, 1, rows, columns)."""
    return occlusion_map(model, images, target, size, colour)[:1]


def occlusion_averaged(model, images, target, size, colour):
    """All images get the same map, the mean of theirs. Give each image its own drops: no sum or mean over the batch."""
    return occlusion_map(model, images, target, size, colour).mean(0, keepdim=True).repeat(len(images), 1, 1, 1)


def occlusion_order_mixed(model, images, target, size, colour):
    """The values of different images and squares are mixed up. If you stack a list with an entry for each square, the squares come first and the images second: `torch.stack(drops, dim=1)` before the reshape."""
    drops = occlusion_map(model, images, target, size, colour)
    return drops.flatten(1).T.reshape(drops.shape)


def occlusion_rows_for_columns(model, images, target, size, colour):
    """Both your loops run over as many squares as there are rows, so the columns on the right stay 0. There are `images.shape[3] // size` columns."""
    drops = occlusion_map(model, images, target, size, colour)
    return drops * (torch.arange(drops.shape[3]) < drops.shape[2])


def occlusion_as_wide_as_high(model, images, target, size, colour):
    """Your map is as wide as it is high. The image need not be square: `images.shape[2] // size` rows and `images.shape[3] // size` columns."""
    drops = occlusion_map(model, images, target, size, colour)
    return nn.functional.pad(drops, (0, drops.shape[2] - drops.shape[3]))


def occlusion_as_high_as_wide(model, images, target, size, colour):
    """Your map has as many rows as columns. The image need not be square: `images.shape[2] // size` rows and `images.shape[3] // size` columns."""
    drops = occlusion_map(model, images, target, size, colour)
    return nn.functional.pad(drops, (0, 0, 0, drops.shape[3] - drops.shape[2]))


def occlusion_of_eight(model, images, target, size, colour):
    """You always make 8 × 8 squares. How many there are depends on the image: `images.shape[2] // size` rows and `images.shape[3] // size` columns."""
    drops = occlusion_map(model, images, target, size, colour)
    return nn.functional.pad(drops, (0, 8 - drops.shape[3], 0, 8 - drops.shape[2]))


def occlusion_last_missing(model, images, target, size, colour):
    """The last row and the last column of squares are missing. `range(rows)` ends at rows − 1 by itself."""
    drops = occlusion_map(model, images, target, size, colour)
    drops[:, :, -1], drops[..., -1] = 0, 0
    return drops


def occlusion_first_row_only(model, images, target, size, colour):
    """Only the first row of squares is filled. Does the `return` line stand inside a loop?"""
    drops = occlusion_map(model, images, target, size, colour)
    drops[:, :, 1:] = 0
    return drops


def occlusion_first_square_only(model, images, target, size, colour):
    """Only the first square is filled. Does the `return` line stand inside both loops?"""
    drops = torch.zeros_like(occlusion_map(model, images, target, size, colour))
    drops[:, :, :1, :1] = occlusion_map(model, images, target, size, colour)[:, :, :1, :1]
    return drops


def occlusion_last_square_everywhere(model, images, target, size, colour):
    """Every place of your map holds the same drop, that of the last square. Write each into its own place: `drops[:, 0, i, j] = …`."""
    drops = occlusion_map(model, images, target, size, colour)
    return drops[:, :, -1:, -1:].expand_as(drops)


def occlusion_at_each_step(model, images, target, size, colour):
    """You measure each square against the one before it. Subtract every score from that of the plain images, which stays the same."""
    drops = occlusion_map(model, images, target, size, colour)
    flat = drops.flatten(1)
    return torch.cat([flat[:, :1], flat[:, 1:] - flat[:, :-1]], 1).reshape(drops.shape)


def occlusion_relative(model, images, target, size, colour):
    """You divide the drop by the score. The drop itself is asked for: plain minus covered."""
    with torch.no_grad():
        return occlusion_map(model, images, target, size, colour) / class_score(model, images, target).reshape(
            -1, 1, 1, 1
        )


def occlusion_squared_off(model, images, target, size, colour):
    """You square the drop. Keep it as it is, with its sign."""
    return occlusion_map(model, images, target, size, colour).square()


def occlusion_but_the_square(model, images, target, size, colour):
    """You keep the square and cover everything around it. It is the square that is to be covered."""

    def drop(row, column):
        kept = torch.where(cover(torch.zeros_like(images), row, column, size, 1.0) > 0, images, colour)
        return class_score(model, images, target) - class_score(model, kept, target)

    return occlusion_by(drop, model, images, size)


def occlusion_columns_not_spaced(model, images, target, size, colour):
    """The rows of your squares are right, their columns are not: square (i, j) begins at column j · size."""
    return occlusion_by(
        lambda row, column: (
            class_score(model, images, target)
            - class_score(model, cover(images, row, column // size, size, colour), target)
        ),
        model,
        images,
        size,
    )


def occlusion_rows_not_spaced(model, images, target, size, colour):
    """The columns of your squares are right, their rows are not: square (i, j) begins at row i · size."""
    return occlusion_by(
        lambda row, column: (
            class_score(model, images, target)
            - class_score(model, cover(images, row // size, column, size, colour), target)
        ),
        model,
        images,
        size,
    )


def occlusion_in_row_stripes(model, images, target, size, colour):
    """You cover whole rows, from left to right. Cover one square: `cover` does that."""

    def drop(row, column):
        covered = images.clone()
        covered[:, :, row : row + size] = colour
        return class_score(model, images, target) - class_score(model, covered, target)

    return occlusion_by(drop, model, images, size)


def occlusion_sliding(model, images, target, size, colour):
    """You move the square by one pixel at a time, so that squares overlap. Move it by its own size: `range(0, images.shape[2], size)`, likewise for the columns."""
    height, width = images.shape[2] - size + 1, images.shape[3] - size + 1
    with torch.no_grad():
        plain = class_score(model, images, target)
        drops = [
            plain - class_score(model, cover(images, i, j, size, colour), target)
            for i in range(height)
            for j in range(width)
        ]
    return torch.stack(drops, 1).reshape(len(images), 1, height, width)


def occlusion_at_each_pixel(model, images, target, size, colour):
    """You begin a square at every pixel. Move it by its own size, and give the map one value for each square: (N, 1, H / size, W / size)."""
    height, width = images.shape[2:]
    with torch.no_grad():
        plain = class_score(model, images, target)
        drops = [
            plain - class_score(model, cover(images, i, j, size, colour), target)
            for i in range(height)
            for j in range(width)
        ]
    return torch.stack(drops, 1).reshape(len(images), 1, height, width)


def occlusion_zero(model, images, target, size, colour):
    """Every drop is 0. `cover` returns the covered images and changes nothing: compute the score from what it returns, and write each drop into its place, `drops[:, 0, i, j] = …`."""
    return torch.zeros_like(occlusion_map(model, images, target, size, colour))


def occlusion_like_the_images(model, images, target, size, colour):
    """Your map has the shape of the images. Give it one channel and one value for each square: (N, 1, H / size, W / size)."""
    return occlusion_full_size(model, images, target, size, colour).expand_as(images)


def occlusion_lengths_exchanged(model, images, target, size, colour):
    """The numbers of rows and columns are exchanged. There are `images.shape[2] // size` rows of squares and `images.shape[3] // size` columns."""
    drops = occlusion_map(model, images, target, size, colour)
    rows, columns = drops.shape[2:]
    return nn.functional.pad(drops, (0, rows - columns, 0, columns - rows))


def occlusion_of_the_highest(model, images, target, size, colour):
    """You compare the highest scores, whichever class they belong to. Use the score of `target`: class_score gives it."""
    return occlusion_by(
        lambda row, column: model(images).max(1).values - model(cover(images, row, column, size, colour)).max(1).values,
        model,
        images,
        size,
    )


def occlusion_against_zero(model, images, target, size, colour):
    """Your map holds the scores of the covered images with the sign reversed. Subtract each from the score of the plain image."""
    with torch.no_grad():
        return occlusion_map(model, images, target, size, colour) - class_score(model, images, target).reshape(
            -1, 1, 1, 1
        )


def occlusion_ratio(model, images, target, size, colour):
    """You divide the covered score by the plain one. Subtract it: the drop is plain minus covered."""
    with torch.no_grad():
        plain = class_score(model, images, target).reshape(-1, 1, 1, 1)
        return (plain - occlusion_map(model, images, target, size, colour)) / plain


def occlusion_flat(model, images, target, size, colour):
    """Your squares stand in one row. Give the map its shape: `.reshape(len(images), 1, rows, columns)`."""
    return occlusion_map(model, images, target, size, colour).flatten(1)


def occlusion_channel_last(model, images, target, size, colour):
    """The dimension of the channel stands last. It comes second: (N, 1, rows, columns)."""
    return occlusion_map(model, images, target, size, colour).permute(0, 2, 3, 1)


def occlusion_scaled(model, images, target, size, colour):
    """You scale the map. Return the drops as they are, in score."""
    drops = occlusion_map(model, images, target, size, colour)
    return drops / drops.abs().max()


def occlusion_scaled_each(model, images, target, size, colour):
    """You scale each map by its largest drop. Return the drops as they are, in score."""
    drops = occlusion_map(model, images, target, size, colour)
    return drops / drops.abs().amax(dim=(1, 2, 3), keepdim=True)


MAP_FOR_ALL = (
    "Each step gives a score for each image. Make room for all of them, "
    "`drops = torch.zeros(len(images), 1, rows, columns)`, and fill `drops[:, 0, i, j]`."
)

OCCLUSION_CURES = {
    "The expanded size of the tensor": MAP_FOR_ALL,
    "expand(torch.FloatTensor{[2]}": MAP_FOR_ALL,
    "expand(torch.FloatTensor{[3, 3]}": "With a target for each image, `scores[:, target]` picks every target in every row. Your "
    "`class_score` picks one in each.",
    "shape mismatch": MAP_FOR_ALL,
    "cannot be converted to Scalar": "There may be several images, each with a score of its own. Do without `.item()` and "
    "`float()`: `drops[:, 0, i, j] = …` takes a tensor with one value for each image.",
    "only one element tensors": "There may be several images, each with a score of its own. Fill "
    "`drops = torch.zeros(len(images), 1, rows, columns)` place by place, or join the tensors with `torch.stack`.",
    "target must name a class": "If you take the images one by one, take their targets along: `target[n:n + 1]` where it is a tensor. But "
    "`class_score` and `cover` take the whole batch at once.",
    "images must have the shape": "`class_score` takes a batch. Give it all images at once, or one as `images[n:n + 1]`.",
    "too many indices": "Make the map with four dimensions, `torch.zeros(len(images), 1, rows, columns)`.",
    "out of bounds": "The map has four dimensions, and wants four indices: `drops[:, 0, i, j]`. A loop that counts in steps of `size` gives the row and the column where a square begins; its place in the "
    "map is (row // size, column // size).",
    **dict.fromkeys(
        ("got float", "'float' object"), "`/` makes a float. Count squares with `//`: `images.shape[2] // size`."
    ),
}


EXERCISES = (
    Exercise(
        class_score,
        "start_here",
        2,
        score_cases,
        (
            after_softmax,
            after_log_softmax,
            all_scores,
            highest_score,
            predicted_classes,
            one_row,
            one_column,
            summed,
            columns_for_each,
            without_history,
            indices_exchanged,
            first_image_only,
            first_image_as_number,
            averaged,
            squeezed_score,
            highest_pair,
            after_sigmoid,
            softmax_over_images,
            one_class_further,
            gathered_down_the_columns,
            gathered_from_the_first,
            first_target_for_all,
            negative_scores_lost,
            size_of_the_score,
            above_the_mean,
            below_the_highest,
            exponential,
            in_one_row,
        ),
        in_float32,
        cures=SCORE_CURES,
        recall="Asked for is the score as the network gives it, one for each image: in row k of `model(images)`, the column of the "
        "k-th target.",
    ),
    Exercise(
        cover,
        "start_here",
        1,
        cover_cases,
        (
            cover_exchanged,
            cover_one_channel,
            cover_one_more,
            cover_one_pixel,
            cover_one_less,
            cover_up_to_size,
            cover_first_image,
            cover_grey,
            cover_black,
            cover_outside,
            cover_centred,
            cover_row_stripe,
            cover_a_dimension_early,
            cover_ends_by_row,
            cover_ends_by_column,
            cover_in_red_value,
            cover_in_mean_value,
            cover_colour_by_columns,
            cover_added,
            cover_multiplied,
            cover_on_black,
            the_square_alone,
            the_first_covered,
            nothing_covered,
            cover_moved_inside,
            cover_only_inside,
            cover_stops_before_the_edge,
            cover_edges_exchanged,
            cover_one_row_more,
            cover_one_column_more,
            cover_rows_up_to_size,
            cover_columns_up_to_size,
            cover_the_corner,
            cover_that_ends_there,
            cover_sliced_twice,
            cover_centred_cut,
            cover_by_the_mask_alone,
        ),
        cures=COVER_CURES,
        recall="Asked for is a copy of the images that has the colour in the rows from `row` up to row + size and the columns from "
        "`column` up to column + size, in every image and channel.",
    ),
    Exercise(
        occlusion_map,
        "start_here",
        3,
        occlusion_cases,
        (
            occlusion_reversed,
            occlusion_scores,
            occlusion_absolute,
            occlusion_positive,
            occlusion_of_probability,
            occlusion_in_grey,
            occlusion_accumulating,
            occlusion_not_spaced,
            occlusion_full_size,
            occlusion_without_channel,
            occlusion_transposed,
            occlusion_for_one,
            occlusion_squeezed,
            occlusion_lost_batch,
            occlusion_first_image,
            occlusion_averaged,
            occlusion_order_mixed,
            occlusion_rows_for_columns,
            occlusion_as_wide_as_high,
            occlusion_as_high_as_wide,
            occlusion_of_eight,
            occlusion_last_missing,
            occlusion_first_row_only,
            occlusion_first_square_only,
            occlusion_last_square_everywhere,
            occlusion_at_each_step,
            occlusion_relative,
            occlusion_squared_off,
            occlusion_but_the_square,
            occlusion_columns_not_spaced,
            occlusion_rows_not_spaced,
            occlusion_in_row_stripes,
            occlusion_sliding,
            occlusion_at_each_pixel,
            occlusion_zero,
            occlusion_like_the_images,
            occlusion_lengths_exchanged,
            occlusion_of_the_highest,
            occlusion_against_zero,
            occlusion_ratio,
            occlusion_flat,
            occlusion_channel_last,
            occlusion_scaled,
            occlusion_scaled_each,
        ),
        in_float32,
        cures=OCCLUSION_CURES,
        recall="Entry (n, 0, i, j) of the map is the score of image n less its score with the square covered that begins at row "
        "i · size and column j · size.",
    ),
)
