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
        Case("three images, a tensor with a target for each", (small_network(), random_images(3, seed=2), torch.tensor([2, 0, 1]))),
        Case("two images of 4×8, a network with 4 classes, target 3", (pooling_network(), random_images(2, size=4, width=8), 3)),
        Case("two images and a network in float64", (small_network().double(), random_images(2, seed=3).double(), 1)),
    ]


def score_cases():
    """The same, with images that are marked and networks that are not: a score keeps its history only through the images."""
    return [Case(what, (model.requires_grad_(False), images.requires_grad_(), target))
            for what, (model, images, target) in network_cases()]


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


# cover ----------------------------------------------------------------------------------------------------------------

def cover(images, row, column, size, colour):
    """The images with a square of one colour over `size` rows from `row` and `size` columns from `column`.

    images (N, C, H, W), colour (C, 1, 1) → (N, C, H, W); the images given stay as they are.
    """
    covered = images.clone()
    covered[:, :, row:row + size, column:column + size] = colour
    return covered


GREY, GREEN = torch.full((3, 1, 1), 0.5), torch.tensor([0.1, 0.6, 0.2]).reshape(3, 1, 1)


def cover_cases():
    images = torch.arange(16.0).reshape(1, 1, 4, 4) / 16
    return [Case("one 4×4 image, a grey square of 2 at row 1, column 0", (images, 1, 0, 2, GREY[:1])),
            Case("two 6×6 colour images, a green square of 3 at row 0, column 2", (random_images(2), 0, 2, 3, GREEN)),
            Case("a square of 3 that begins at row 4, column 5 and is cut off by the edge", (random_images(1), 4, 5, 3, GREEN))]


def cover_exchanged(images, row, column, size, colour):
    """Rows and columns are exchanged. In (N, C, H, W) the rows are dimension 2, the columns dimension 3."""
    return cover(images, column, row, size, colour)


def cover_one_channel(images, row, column, size, colour):
    """You cover one colour channel. The square has a value in each of them."""
    covered = images.clone()
    covered[:, 0, row:row + size, column:column + size] = colour[0]
    return covered


def cover_one_more(images, row, column, size, colour):
    """Your square is one row and one column too large. A slice `a:b` leaves out b."""
    return cover(images, row, column, size + 1, colour)


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


# occlusion_map --------------------------------------------------------------------------------------------------------

def occlusion_map(model, images, target, size, colour):
    """By how much the score falls when a square is covered, for each square of a grid without gaps.

    images (N, C, H, W), H and W multiples of size; colour (C, 1, 1) → (N, 1, H / size, W / size), in score;
    positive: the square spoke for the class.
    """
    with torch.no_grad():
        plain = class_score(model, images, target)
        rows = [torch.stack([plain - class_score(model, cover(images, row, column, size, colour), target)
                             for column in range(0, images.shape[3], size)], dim=-1)
                for row in range(0, images.shape[2], size)]
    return torch.stack(rows, dim=-2).unsqueeze(1)


def occlusion_cases():
    targets = torch.tensor([2, 0, 1])
    return [Case("two 2×2 images, a linear network, target 1, squares of 1", (linear_network(), two_by_two(2), 1, 1, GREY[:1])),
            Case("two 6×6 colour images, target 2, squares of 2", (small_network(), random_images(2), 2, 2, GREEN)),
            Case("three images with a target each, squares of 3", (small_network(), random_images(3, seed=2), targets, 3, GREEN)),
            Case("two images of 4×8, target 3, squares of 2", (pooling_network(), random_images(2, size=4, width=8), 3, 2, GREEN))]


def occlusion_reversed(model, images, target, size, colour):
    """The sign is reversed: your map is covered minus plain. The drop is plain minus covered, so that what speaks for the class is positive."""
    return -occlusion_map(model, images, target, size, colour)


def occlusion_scores(model, images, target, size, colour):
    """Your map holds the scores of the covered images. Subtract each from the score of the plain image: the drop is asked for."""
    with torch.no_grad():
        return class_score(model, images, target).reshape(-1, 1, 1, 1) - occlusion_map(model, images, target, size, colour)


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
        rows = [torch.stack([plain - class_score(model, cover(images, i, j, size, colour), target)
                             for j in range(images.shape[3] // size)], dim=-1) for i in range(images.shape[2] // size)]
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


EXERCISES = (
    Exercise(class_score, "start_here", 2, score_cases,
             (after_softmax, after_log_softmax, all_scores, highest_score, predicted_classes, one_row, one_column, summed,
              columns_for_each, without_history)),
    Exercise(cover, "start_here", 1, cover_cases,
             (cover_exchanged, cover_one_channel, cover_one_more, cover_one_less, cover_up_to_size, cover_first_image, cover_grey,
              cover_black, cover_outside, cover_centred)),
    Exercise(occlusion_map, "start_here", 3, occlusion_cases,
             (occlusion_reversed, occlusion_scores, occlusion_absolute, occlusion_positive, occlusion_of_probability,
              occlusion_in_grey, occlusion_accumulating, occlusion_not_spaced,
              occlusion_full_size, occlusion_without_channel, occlusion_transposed)),
)
