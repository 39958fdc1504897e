"""Lesson 08: windows that overlap, what stands in their place, many holes at once, and the smallest part that is enough."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from ...methods import blur, class_score
from ..diagnosis import close
from ..exercise import Case, Exercise, Unreadable
from .grad_cam import HANDED_OVER, TORCHS_WORDS, in_float32
from .networks import any_size_network, nested_network, pooling_network, random_images, small_network
from .start_here import SCORE_CURES

# window_starts --------------------------------------------------------------------------------------------------------


def window_starts(length, window, stride):
    """Where windows begin along an axis: 0, stride, 2·stride … and last length − window, so that no place is left out.

    ints, stride ≤ window ≤ length → a list of ints, ascending, no two alike.
    """
    return sorted({*range(0, length - window, stride), length - window})


def starts_read(result, *arguments):
    """A list, a tuple, a range or a tensor of whole numbers, as a tensor of them."""
    if result is None:
        raise Unreadable(
            "Your function returns nothing (`None`). Does it end with a `return` line? `append` and `sort` change a "
            "list where it is, and return nothing: return the list itself."
        )
    if isinstance(result, (set, frozenset)):
        raise Unreadable("A set has no order. `sorted(…)` makes a list of it, from the smallest to the largest.")
    if hasattr(result, "tolist"):  # a tensor or an array
        result = result.tolist()
    if not isinstance(result, (list, tuple, range)):
        raise Unreadable(
            f"Return a list of whole numbers, one for each window, such as `[0, 2, 3]`; yours is of the type "
            f"{type(result).__name__}."
        )
    starts = [value.item() if hasattr(value, "item") else value for value in result]
    if any(isinstance(value, (list, tuple, range, slice)) for value in starts):
        raise Unreadable("Give one number for each window, the place where it begins, such as `[0, 2, 3]`.")
    if any(isinstance(value, float) for value in starts):
        raise Unreadable(
            "Your list holds numbers with a decimal point. Places are whole numbers: `//` divides without a fraction, "
            "`range` counts in whole steps."
        )
    if any(type(value) is not int for value in starts):
        raise Unreadable("Return a list of whole numbers, one for each window, such as `[0, 2, 3]`.")
    return torch.tensor(starts, dtype=torch.float64)


def start_cases():
    return [
        Case("length 5, window 2, stride 2", (5, 2, 2)),
        Case("length 6, window 2, stride 2", (6, 2, 2)),
        Case("length 3, window 2, stride 2", (3, 2, 2)),
        Case("length 7, window 3, stride 1", (7, 3, 1)),
        Case("length 10, window 4, stride 3", (10, 4, 3)),
        Case("length 9, window 4, stride 3", (9, 4, 3)),
        Case("length 4, window 4, stride 3: one window is as long as the axis", (4, 4, 3)),
        Case("length 1, window 1, stride 1", (1, 1, 1)),
        Case("length 96, window 12, stride 5", (96, 12, 5)),
        Case("length 96, window 12, stride 6", (96, 12, 6)),
        Case("length 32, window 12, stride 7", (32, 12, 7)),
    ]


def over_the_edge(length, window, stride):
    """Your last windows hang over the edge: only a part of each lies on the image. No window begins after length − window, and the last one begins there."""
    return list(range(0, length, stride))


def one_over_the_edge(length, window, stride):
    """Where the steps do not come out even, your last window hangs over the edge. Move it in: it begins at length − window."""
    return list(range(0, length - window + stride, stride))


def whole_steps_alone(length, window, stride):
    """You take whole steps alone: where they do not come out even, a strip at the far edge is never covered. Add a last window that begins at length − window."""
    return list(range(0, length - window + 1, stride))


def last_one_missing(length, window, stride):
    """The last window is missing: `range` leaves out its end. Add length − window, whether the steps meet it or not."""
    return list(range(0, length - window, stride))


def last_one_twice(length, window, stride):
    """Where the steps meet length − window, your last window comes twice. Add it only where it is not in the list yet."""
    return [*range(0, length - window + 1, stride), length - window]


def before_the_edge(length, window, stride):
    """Your first windows begin before the edge, at negative places. The first begins at 0."""
    return list(range(stride - window, length, stride))


def before_the_edge_at_once(length, window, stride):
    """Your first window begins before the edge, at a negative place. The first begins at 0."""
    return sorted({*range(-stride, length - window, stride), length - window})


def clamped_with_doubles(length, window, stride):
    """Several of your windows begin at the same place, length − window: those that would hang over the edge, all moved in. Keep one of them."""
    return [min(start, length - window) for start in range(0, length, stride)]


def last_one_moved(length, window, stride):
    """You move the last whole step to the edge, and a gap is left where it was. Keep all the steps, and add length − window behind them."""
    starts = list(range(0, length - window + 1, stride))
    starts[-1] = length - window
    return starts


def steps_of_the_window(length, window, stride):
    """You step by the window's own length, so that no two windows overlap. Step by `stride`."""
    return sorted({*range(0, length - window, window), length - window})


def every_place(length, window, stride):
    """You begin a window at every place. Step by `stride`."""
    return list(range(length - window + 1))


def first_and_last(length, window, stride):
    """You return the first and the last place alone. Between them windows begin at stride, 2 · stride and so on."""
    return sorted({0, length - window})


def stops_one_early(length, window, stride):
    """Your steps stop one place too early: 0, stride, 2 · stride and so on as long as they are less than length − window. `range(0, length - window, stride)` gives these."""
    return sorted({*range(0, length - window - 1, stride), length - window})


def one_step_alone(length, window, stride):
    """You take one step alone. Go on in steps of `stride` up to length − window."""
    return [0, stride, length - window]


def first_alone(length, window, stride):
    """You return one window alone. Does a `return` stand inside the loop? It ends it."""
    return [0]


def one_too_far(length, window, stride):
    """Your last window begins one place too far, and hangs over the edge. It covers the places length − window to length − 1."""
    return sorted({*range(0, length - window + 1, stride), length - window + 1})


def one_too_early(length, window, stride):
    """Your last window begins one place too early, and the last place stays uncovered. It begins at length − window."""
    return sorted({*range(0, length - window, stride), max(length - window - 1, 0)})


def last_by_the_stride(length, window, stride):
    """Your last window begins at length − stride, and hangs over the edge where the window is longer than the stride. It begins at length − window."""
    return sorted({*range(0, length - window, stride), length - stride})


def end_for_start(length, window, stride):
    """You add the last place of the axis. The last window begins a window's length before the end: at length − window."""
    return sorted({*range(0, length - window, stride), length - 1})


def length_for_start(length, window, stride):
    """You add the length of the axis, which lies beyond it. The last window begins at length − window."""
    return sorted({*range(0, length - window, stride), length})


def from_the_far_edge(length, window, stride):
    """You step from the far edge back. Step from 0 on, and move only the last window in, to length − window."""
    return sorted({*range(length - window, 0, -stride), 0})


def spread_evenly(length, window, stride):
    """You spread the windows evenly. Step by `stride` from 0 on: only the last step may be shorter."""
    n = -(-(length - window) // stride)
    return [round(k * (length - window) / max(n, 1)) for k in range(n + 1)]


def from_the_last_to_the_first(length, window, stride):
    """Your list runs from the last window to the first. Asked for is an ascending one."""
    return window_starts(length, window, stride)[::-1]


def last_one_first(length, window, stride):
    """The last window stands at the head of your list. Asked for is an ascending one: `sorted` puts it in order."""
    starts = window_starts(length, window, stride)
    return [starts[-1], *starts[:-1]]


def middles_of_windows(length, window, stride):
    """You return the middles of the windows. Asked for is where they begin."""
    return [start + window // 2 for start in window_starts(length, window, stride)]


def ends_of_windows(length, window, stride):
    """You return where the windows end. Asked for is where they begin: the first at 0."""
    return [start + window for start in window_starts(length, window, stride)]


def numbers_of_windows(length, window, stride):
    """You count the windows. Asked for is where each of them begins: its number times the stride."""
    return list(range(len(window_starts(length, window, stride))))


def first_one_missing(length, window, stride):
    """The window that begins at 0 is missing."""
    return window_starts(length, window, stride)[1:]


def from_one(length, window, stride):
    """You count the places from 1. They count from 0, as everywhere in Python."""
    return [start + 1 for start in window_starts(length, window, stride)]


def places_covered(length, window, stride):
    """You list all the places. Asked for is where windows begin: 0, stride, 2 · stride and so on, and last length − window."""
    return list(range(length))


def remainder_of_the_length(length, window, stride):
    """You ask whether the stride divides the length. The steps go from 0 to length − window: ask whether it divides that."""
    starts = list(range(0, length - window + 1, stride))
    return starts + [length - window] if length % stride else starts


def remainder_of_the_window(length, window, stride):
    """You ask whether the window divides the length. The steps go from 0 to length − window: ask whether the stride divides that."""
    starts = list(range(0, length - window + 1, stride))
    return starts + [length - window] if length % window else starts


def as_many_as_strides(length, window, stride):
    """You make length // stride windows, and the last of them hang over the edge or are missing. Windows begin at 0, stride, 2 · stride and so on before length − window, and last at length − window."""
    return [k * stride for k in range(length // stride)]


def as_many_as_windows(length, window, stride):
    """You make length // window windows, as if they did not overlap. They begin at 0, stride, 2 · stride and so on before length − window, and last at length − window."""
    return [k * stride for k in range(length // window)]


def stride_left_between(length, window, stride):
    """You leave a gap of the stride between windows. The stride is the way from one beginning to the next."""
    return sorted({*range(0, length - window, window + stride), length - window})


def window_and_stride_exchanged(length, window, stride):
    """You exchange window and stride: the steps are as long as `stride`, and the last window begins at length − `window`."""
    return sorted({*range(0, length - stride, window), length - stride})


def from_the_window_on(length, window, stride):
    """Your first window begins at `window`. The first begins at 0."""
    return sorted({*range(window, length - window, stride), length - window})


LIST_CURES = {
    "range() arg 3 must not be zero": "The step from one beginning to the next is `stride` itself.",
    "'range' object has no attribute": "A range cannot be changed. `list(range(…))` makes a list of it.",
    "'range' and 'list'": "A range and a list cannot be added. `list(range(…)) + […]` adds two lists.",
    "'range' and 'int'": "One number is put into a list before it is added: `list(range(…)) + [number]`.",
    "can only concatenate list": "One number is put into a list before it is added: `starts + [number]`; or `starts.append(number)`.",
    "cannot be interpreted as an integer": "`range` wants whole numbers: `//` divides without a fraction, `/` does not.",
    "'int' object is not iterable": "One number is put into a list before it is added: `starts + [number]`, or `starts.append(number)`.",
    "'NoneType' object": "`append` and `sort` change a list where it is, and return nothing: do not assign what they return.",
    "range expected": "`range` takes where to begin, where to stop (left out) and the step: `range(0, length - window, stride)`, say.",
    "list index out of range": "Where the window is as long as the axis, one window is left, and it begins at 0.",
}


# sliding_occlusion ----------------------------------------------------------------------------------------------------


def sliding_occlusion(model, images, target, window, stride, fill):
    """D(u) = mean over the windows R that cover u of S_c(x) − S_c(x with the fill on R).

    images (N, C, H, W), fill (C, H, W) or (N, C, H, W), read at the same place → (N, 1, H, W), in units of the score,
    signed; positive: what was covered spoke for the class. No history is kept.
    Zeiler & Fergus 2013, arXiv:1311.2901, section 4.2. The mean over the windows is Captum's convention.
    """
    images, fill = images.detach(), fill.expand_as(images)
    drops, times = torch.zeros_like(images[:, :1]), torch.zeros_like(images[:1, :1])
    with torch.no_grad():
        before = class_score(model, images, target)
        for row in window_starts(images.shape[2], window, stride):
            for column in window_starts(images.shape[3], window, stride):
                place = ..., slice(row, row + window), slice(column, column + window)
                covered = images.clone()
                covered[place] = fill[place]
                drops[place] += (before - class_score(model, covered, target)).reshape(-1, 1, 1, 1)
                times[place] += 1
    return drops / times


def without_history(result, model, images, target, window, stride, fill):
    """The map; where its values are right, it must have no history: the whole network hangs on it."""
    if not isinstance(result, torch.Tensor) or not result.requires_grad:
        return result
    images, total, times = images.detach(), 0, 0
    with torch.no_grad():
        before = class_score(model, images, target)
        for row in window_starts(images.shape[2], window, stride):
            for column in window_starts(images.shape[3], window, stride):
                hidden = torch.zeros_like(images[:1, :1], dtype=torch.bool)
                hidden[..., row : row + window, column : column + window] = True
                drop = before - class_score(model, torch.where(hidden, fill, images), target)
                total, times = total + hidden * drop.reshape(-1, 1, 1, 1), times + hidden
    if result.shape == total.shape and close(result, total / times):
        raise Unreadable(
            "The values are right, but your map keeps its history (`grad_fn`): every run of the network stays in "
            "memory, and no gradient is asked for. Put the runs under `with torch.no_grad():`."
        )
    return result


class Sums(nn.Module):
    """Two scores of images of any size: the sum of all values, and what of it is above 20."""

    def forward(self, x):
        total = x.sum((1, 2, 3))
        return torch.stack([total, (total - 20).relu()], dim=1)


def one_to_nine():
    return torch.arange(1.0, 10).reshape(1, 1, 3, 3)


def lively(network, *arguments, by=3.0):
    """The network with larger weights, whose scores and probabilities differ more from class to class."""
    model = network(*arguments)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter *= by
    return model


def occlusion_cases():
    black, sums = torch.zeros(1, 3, 3), Sums().eval()
    return [
        Case(
            "the image 1 … 9, 3×3, S = the sum of all values, window 2, stride 1, fill 0",
            (sums, one_to_nine(), 0, 2, 1, black),
        ),
        Case(
            "the image 1 … 12, 3×4, S = the sum of all values, window 2, stride 1, fill 0",
            (sums, torch.arange(1.0, 13).reshape(1, 1, 3, 4), 0, 2, 1, torch.zeros(1, 3, 4)),
        ),
        Case(
            "the image 1 … 9, 3×3, S = relu(sum − 20), window 2, stride 1, fill 0",
            (sums, one_to_nine(), 1, 2, 1, black),
        ),
        Case(
            "the image 1 … 9, 3×3, S = the sum of all values, window 2, stride 2, fill 0",
            (sums, one_to_nine(), 0, 2, 2, black),
        ),
        Case(
            "the image 1 … 9, 3×3, S = the sum of all values, window 2, stride 1, filled with the picture 9 … 1",
            (sums, one_to_nine(), 0, 2, 1, one_to_nine()[0].flip(1, 2)),
        ),
        Case(
            "one colour image of 5×7, a network that takes any size, window 3, stride 2, one fill (C, H, W)",
            (
                lively(any_size_network),
                random_images(1, size=5, width=7, seed=2),
                1,
                3,
                2,
                random_images(1, size=5, width=7, seed=8)[0],
            ),
        ),
        Case(
            "three colour images of 3×5, target 2 for all, a network that takes any size, window 3, stride 2, one fill (C, H, W)",
            (
                lively(pooling_network, by=2),
                random_images(3, size=3, width=5, seed=4),
                2,
                3,
                2,
                random_images(1, size=3, width=5, seed=9)[0],
            ),
        ),
        Case(
            "two images of 4×6 and two channels in float64, a network that calls `F.relu`, window 2, stride 2",
            (
                lively(nested_network, 2, by=2).double(),
                random_images(2, 2, size=4, width=6, seed=5).double() - 0.5,
                0,
                2,
                2,
                torch.full((2, 4, 6), 0.3).double(),
            ),
        ),
        Case(
            "two 6×6 colour images with a target each, a small network, window 4, stride 3, a fill for each",
            (lively(small_network, by=2), random_images(2), torch.tensor([0, 2]), 4, 3, random_images(2, seed=7)),
        ),
    ]


def of_class(scores, target):
    """Of each row the score of its target, of scores or of what was made of them."""
    return scores.gather(1, torch.as_tensor(target).expand(len(scores)).reshape(-1, 1))[:, 0]


def placing(value):
    """A cover that puts value(images, fill, place) into the window."""

    def cover(images, fill, place):
        covered = images.clone()
        covered[place] = value(images, fill, place)
        return covered

    return cover


in_its_place = placing(lambda images, fill, place: fill[place])


def steps(length, window, stride):
    """Whole steps alone."""
    return range(0, length - window + 1, stride)


def walked(model, images, target, window, stride, fill, cover=in_its_place, starts=window_starts, score=class_score):
    """For each window its place and the drops (N,) of the score."""
    images, fill = images.detach(), fill.expand_as(images)
    with torch.no_grad():
        before = score(model, images, target)
        for row in starts(images.shape[2], window, stride):
            for column in starts(images.shape[3], window, stride):
                place = ..., slice(row, row + window), slice(column, column + window)
                yield place, before - score(model, cover(images, fill, place), target)


def totals(images, pairs):
    """The drops of the windows that cover a place, added up, and their number."""
    drops, times = torch.zeros_like(images[:, :1]), torch.zeros_like(images[:1, :1])
    for place, drop in pairs:
        drops[place] += drop.reshape(-1, 1, 1, 1)
        times[place] += 1
    return drops.detach(), times


def averaged(images, pairs):
    drops, times = totals(images, pairs)
    return drops / times


def overlaps_added(model, images, target, window, stride, fill):
    """You add up the drops of windows that overlap, so that the middle, which more windows cover, counts more than the border. Divide by the number of windows that cover a place."""
    return totals(images, walked(model, images, target, window, stride, fill))[0]


def written_to_the_middle(model, images, target, window, stride, fill):
    """You write each drop to the middle of its window alone. Every place that the window covers gets it, and then the mean of all its windows."""
    drops = torch.zeros_like(images[:, :1])
    for (_, rows, columns), drop in walked(model, images, target, window, stride, fill):
        drops[:, 0, rows.start + window // 2, columns.start + window // 2] = drop
    return drops


def written_to_the_corner(model, images, target, window, stride, fill):
    """You write each drop to the corner of its window alone. Every place that the window covers gets it, and then the mean of all its windows: slices on both sides, `drops[..., row:row + window, column:column + window]`."""
    drops = torch.zeros_like(images[:, :1])
    for (_, rows, columns), drop in walked(model, images, target, window, stride, fill):
        drops[:, 0, rows.start, columns.start] = drop
    return drops


def divided_by_all_windows(model, images, target, window, stride, fill):
    """You divide by the number of all windows. Divide each place by the number of those that cover it: count them in a second map."""
    pairs = list(walked(model, images, target, window, stride, fill))
    return totals(images, pairs)[0] / len(pairs)


def later_ones_win(model, images, target, window, stride, fill):
    """Later windows overwrite what earlier ones wrote. Add the drops up, `+=`, and divide by the number of windows that cover a place."""
    drops = torch.zeros_like(images[:, :1])
    for place, drop in walked(model, images, target, window, stride, fill):
        drops[place] = drop.reshape(-1, 1, 1, 1)
    return drops


def later_ones_win_and_are_divided(model, images, target, window, stride, fill):
    """Later windows overwrite what earlier ones wrote, and then you divide. Add the drops up, `+=`, before you divide by the number of windows."""
    pairs = list(walked(model, images, target, window, stride, fill))
    drops = torch.zeros_like(images[:, :1])
    for place, drop in pairs:
        drops[place] = drop.reshape(-1, 1, 1, 1)
    return drops / totals(images, pairs)[1]


def after_minus_before(model, images, target, window, stride, fill):
    """Every value has the wrong sign. A drop is the score before minus the score after: what spoke for the class is positive."""
    return -sliding_occlusion(model, images, target, window, stride, fill)


def score_for_drop(model, images, target, window, stride, fill):
    """You average the scores of the covered images. Average the drops: the score of the plain image minus that of the covered one."""
    before = class_score(model, images, target).detach()
    return averaged(
        images, ((place, before - drop) for place, drop in walked(model, images, target, window, stride, fill))
    )


def drop_of_the_probability(model, images, target, window, stride, fill):
    """You take probabilities. Take the scores as the network gives them: `class_score(model, images, target)`."""

    def probability(model, images, target):
        return of_class(model(images).softmax(1), target)

    return averaged(images, walked(model, images, target, window, stride, fill, score=probability))


def drop_of_the_log_probability(model, images, target, window, stride, fill):
    """You take logarithms of probabilities. Take the scores as the network gives them: `class_score(model, images, target)`."""

    def logarithm(model, images, target):
        return of_class(model(images).log_softmax(1), target)

    return averaged(images, walked(model, images, target, window, stride, fill, score=logarithm))


def one_on_top_of_the_other(model, images, target, window, stride, fill):
    """Each of your windows is covered on top of those before it. Begin each with a fresh copy of the plain images: `covered = images.clone()`, inside both loops."""
    copy = images.detach().clone()

    def cover(images, fill, place):
        copy[place] = fill[place]
        return copy

    return averaged(images, walked(model, images, target, window, stride, fill, cover))


def step_by_step(model, images, target, window, stride, fill):
    """Each of your windows is covered on top of those before it, and compared with the one before. Cover each in a fresh copy, `images.clone()`, and compare it with the plain images."""
    copy, last = images.detach().clone(), class_score(model, images, target).detach()

    def falls():
        nonlocal last
        for place, _ in walked(model, images, target, window, stride, fill):
            copy[place] = fill.expand_as(images)[place]
            now = class_score(model, copy, target).detach()
            yield place, last - now
            last = now

    return averaged(images, falls())


def first_channel_alone(model, images, target, window, stride, fill):
    """You cover the first channel alone. Cover all of them: `covered[:, :, rows, columns]`."""

    def cover(images, fill, place):
        covered = images.clone()
        covered[:, :1][place] = fill[:, :1][place]
        return covered

    return averaged(images, walked(model, images, target, window, stride, fill, cover))


def fill_from_its_corner(model, images, target, window, stride, fill):
    """You read the fill at its own corner. Read it at the same place as the window: `fill[..., row:row + window, column:column + window]`."""
    cover = placing(lambda images, fill, place: fill[..., :window, :window])
    return averaged(images, walked(model, images, target, window, stride, fill, cover))


def one_colour_of_the_corner(model, images, target, window, stride, fill):
    """You cover in one colour, that of the fill's corner. The fill is a picture: read it at the same place as the window."""
    return sliding_occlusion(model, images, target, window, stride, fill[..., :1, :1])


def one_colour_of_the_fill(model, images, target, window, stride, fill):
    """You cover in one colour, the mean of the fill. The fill is a picture: read it at the same place as the window."""
    return sliding_occlusion(model, images, target, window, stride, fill.mean((-2, -1), keepdim=True))


def fill_of_one_number(model, images, target, window, stride, fill):
    """You cover with one number, the mean of the fill. The fill is a picture: read it at the same place as the window, in each channel."""
    return sliding_occlusion(model, images, target, window, stride, torch.zeros_like(images) + fill.mean())


def black_for_fill(model, images, target, window, stride, fill):
    """You cover in black. Put the fill there: `covered[place] = fill[place]`."""
    return sliding_occlusion(model, images, target, window, stride, torch.zeros_like(images))


def mean_of_the_window(model, images, target, window, stride, fill):
    """You cover a window with its own mean. Put the fill there: `covered[place] = fill[place]`."""
    cover = placing(lambda images, fill, place: images[place].mean((2, 3), keepdim=True))
    return averaged(images, walked(model, images, target, window, stride, fill, cover))


def fill_added(model, images, target, window, stride, fill):
    """You add the fill to what is there. Put it in its place, with `=`."""
    cover = placing(lambda images, fill, place: images[place] + fill[place])
    return averaged(images, walked(model, images, target, window, stride, fill, cover))


def fill_of_the_first(model, images, target, window, stride, fill):
    """Every image gets the first image's fill. A fill (N, C, H, W) has one for each image: `fill.expand_as(images)` serves both forms."""
    return sliding_occlusion(model, images, target, window, stride, fill[0] if fill.dim() == 4 else fill)


def sizes_of_the_mean(model, images, target, window, stride, fill):
    """You take the sizes of the values. Keep the sign: a negative value says that the score rises when the place is covered."""
    return sliding_occlusion(model, images, target, window, stride, fill).abs()


def sizes_of_drops(model, images, target, window, stride, fill):
    """You average the sizes of the drops. Keep their signs: where the score rises, the drop is negative."""
    return averaged(
        images, ((place, drop.abs()) for place, drop in walked(model, images, target, window, stride, fill))
    )


def drops_squared(model, images, target, window, stride, fill):
    """You square the drops. Average them as they are."""
    return averaged(images, ((place, drop**2) for place, drop in walked(model, images, target, window, stride, fill)))


def clipped_at_zero(model, images, target, window, stride, fill):
    """You set negative values to zero. Keep them: there the score rises when the place is covered."""
    return sliding_occlusion(model, images, target, window, stride, fill).clamp(min=0)


def falls_alone(model, images, target, window, stride, fill):
    """You count a drop only where the score falls. Keep the negative drops, too."""
    pairs = walked(model, images, target, window, stride, fill)
    return averaged(images, ((place, drop.clamp(min=0)) for place, drop in pairs))


def inside_kept(model, images, target, window, stride, fill):
    """You keep the window and cover all the rest. Cover the window, and keep what is around it."""

    def cover(images, fill, place):
        covered = fill.clone()
        covered[place] = images[place]
        return covered

    return averaged(images, walked(model, images, target, window, stride, fill, cover))


def image_into_the_fill(model, images, target, window, stride, fill):
    """You begin with the fill and compare its score. Begin with the images, and cover one window of a copy."""
    whole = fill.expand_as(images)
    return averaged(whole, walked(model, whole, target, window, stride, images))


def on_black(model, images, target, window, stride, fill):
    """Around your window everything is black. Begin with a copy of the images, `images.clone()`."""

    def cover(images, fill, place):
        covered = torch.zeros_like(images)
        covered[place] = fill[place]
        return covered

    return averaged(images, walked(model, images, target, window, stride, fill, cover))


def steps_that_leave_a_strip(model, images, target, window, stride, fill):
    """Some places are covered by no window: there you divide 0 by 0, or leave them at zero. `window_starts(length, window, stride)` gives the beginnings, the last window moved in to the edge."""
    drops, times = totals(images, walked(model, images, target, window, stride, fill, starts=steps))
    return drops / times.clamp(min=1)


def steps_that_divide_by_zero(model, images, target, window, stride, fill):
    """Places that no window covers come out as NaN, 0 / 0. `window_starts(length, window, stride)` gives the beginnings, the last window moved in to the edge, so that every place is covered."""
    return averaged(images, walked(model, images, target, window, stride, fill, starts=steps))


def hanging_over_the_edge(model, images, target, window, stride, fill):
    """Your last windows hang over the edge and cover slivers alone. `window_starts(length, window, stride)` gives the beginnings, the last window moved in."""

    def starts(length, window, stride):
        return range(0, length, stride)

    return averaged(images, walked(model, images, target, window, stride, fill, starts=starts))


def every_step(model, images, target, window, stride, fill):
    """Your windows move by one pixel. They move by `stride`."""
    return sliding_occlusion(model, images, target, window, 1, fill)


def without_overlap(model, images, target, window, stride, fill):
    """Your windows do not overlap: they move by their own length. They move by `stride`."""
    return sliding_occlusion(model, images, target, window, window, fill)


def stride_for_window(model, images, target, window, stride, fill):
    """Your windows are as large as the stride. They are as large as `window`, and move by `stride`."""
    return sliding_occlusion(model, images, target, stride, stride, fill)


def rows_for_columns(model, images, target, window, stride, fill):
    """You take the rows' beginnings for the columns', too. The image need not be square: columns begin at `window_starts(images.shape[3], …)`."""
    height = images.shape[2]
    return averaged(
        images,
        walked(
            model, images, target, window, stride, fill, starts=lambda length, *given: window_starts(height, *given)
        ),
    )


def columns_for_rows(model, images, target, window, stride, fill):
    """You take the columns' beginnings for the rows', too. The image need not be square: rows begin at `window_starts(images.shape[2], …)`."""
    width = images.shape[3]
    return averaged(
        images,
        walked(model, images, target, window, stride, fill, starts=lambda length, *given: window_starts(width, *given)),
    )


def grid_of_drops(model, images, target, window, stride, fill):
    """You return one value for each window. Asked for is one for each place of the image: the mean of the windows that cover it."""
    rows, columns = (len(window_starts(length, window, stride)) for length in images.shape[2:])
    drops = [drop for _, drop in walked(model, images, target, window, stride, fill)]
    return torch.stack(drops, dim=1).reshape(len(images), 1, rows, columns)


def drops_in_colour(model, images, target, window, stride, fill):
    """Your map has as many channels as the image, all alike. Asked for is one, (N, 1, H, W)."""
    return sliding_occlusion(model, images, target, window, stride, fill).expand_as(images)


def channel_lost(model, images, target, window, stride, fill):
    """Your values are right, but the dimension of the channel is gone. Keep it: (N, 1, H, W)."""
    return sliding_occlusion(model, images, target, window, stride, fill)[:, 0]


def batch_lost(model, images, target, window, stride, fill):
    """You return the map of the first image. Return all of them, (N, 1, H, W), also where N is 1."""
    return sliding_occlusion(model, images, target, window, stride, fill)[0]


def mean_drop_of_the_batch(model, images, target, window, stride, fill):
    """You average the drops over the images. Each image has its own: `drop[:, None, None, None]` spreads them over its places."""
    pairs = walked(model, images, target, window, stride, fill)
    return averaged(images, ((place, drop.mean().expand(len(images))) for place, drop in pairs))


def drop_of_the_first(model, images, target, window, stride, fill):
    """Every image gets the first image's drops. Each has its own: `drop[:, None, None, None]` spreads them over its places."""
    pairs = walked(model, images, target, window, stride, fill)
    return averaged(images, ((place, drop[:1].expand(len(images))) for place, drop in pairs))


def first_score_before(model, images, target, window, stride, fill):
    """You subtract from the score of the first image. Each image has its own score before: leave out the index."""
    before = class_score(model, images, target).detach()
    pairs = walked(model, images, target, window, stride, fill)
    return averaged(images, ((place, drop - before + before[0]) for place, drop in pairs))


def class_0_for_all(model, images, target, window, stride, fill):
    """You follow the score of class 0. Follow that of the target: `class_score(model, images, target)`."""
    return sliding_occlusion(model, images, 0, window, stride, fill)


def target_of_the_first(model, images, target, window, stride, fill):
    """You follow the first image's target for all of them. Each has its own: hand over `target` as it is."""
    return sliding_occlusion(model, images, int(torch.as_tensor(target).flatten()[0]), window, stride, fill)


def class_that_wins(model, images, target, window, stride, fill):
    """You follow the score of the class that wins. Follow that of the target: `class_score(model, images, target)`."""
    return sliding_occlusion(model, images, model(images).argmax(1), window, stride, fill)


def largest_score(model, images, target, window, stride, fill):
    """You compare the largest scores, of whatever class. Follow the score of the target: `class_score(model, images, target)`."""

    def largest(model, images, target):
        return model(images).amax(1)

    return averaged(images, walked(model, images, target, window, stride, fill, score=largest))


def all_scores(model, images, target, window, stride, fill):
    """You add up the scores of all classes. Follow that of the target: `class_score(model, images, target)`."""

    def added(model, images, target):
        return model(images).sum(1)

    return averaged(images, walked(model, images, target, window, stride, fill, score=added))


def share_of_the_score(model, images, target, window, stride, fill):
    """You divide by the score before. The drops are asked for in units of the score, as they are."""
    before = class_score(model, images, target).detach()
    return sliding_occlusion(model, images, target, window, stride, fill) / before.reshape(-1, 1, 1, 1)


def drop_for_each_pixel(model, images, target, window, stride, fill):
    """You share each drop out among the pixels of its window. Every place gets the whole drop, and then the mean of all its windows."""
    return sliding_occlusion(model, images, target, window, stride, fill) / window**2


def drops_shared_out_and_added(model, images, target, window, stride, fill):
    """You share each drop out among the pixels of its window and add up. Every place gets the whole drop, and then the mean of all its windows."""
    return overlaps_added(model, images, target, window, stride, fill) / window**2


def largest_drop(model, images, target, window, stride, fill):
    """You keep the largest drop of the windows that cover a place. Take their mean."""
    drops = torch.full_like(images[:, :1], -torch.inf)
    for place, drop in walked(model, images, target, window, stride, fill):
        drops[place] = torch.maximum(drops[place], drop.reshape(-1, 1, 1, 1))
    return drops


def smallest_drop(model, images, target, window, stride, fill):
    """You keep the smallest drop of the windows that cover a place. Take their mean."""
    drops = torch.full_like(images[:, :1], torch.inf)
    for place, drop in walked(model, images, target, window, stride, fill):
        drops[place] = torch.minimum(drops[place], drop.reshape(-1, 1, 1, 1))
    return drops


def mean_with_the_last(model, images, target, window, stride, fill):
    """You take the mean of what a place has and the new drop, so that later windows count more. Add the drops up, and divide once, by the number of windows that cover a place."""
    drops, seen = torch.zeros_like(images[:, :1]), torch.zeros_like(images[:1, :1])
    for place, drop in walked(model, images, target, window, stride, fill):
        new = drop.reshape(-1, 1, 1, 1)
        drops[place] = torch.where(seen[place] > 0, (drops[place] + new) / 2, new)
        seen[place] = 1
    return drops


def centred_map(model, images, target, window, stride, fill):
    """You subtract the mean of the map. Return the drops as they are: zero says that nothing changed."""
    maps = sliding_occlusion(model, images, target, window, stride, fill)
    return maps - maps.mean((2, 3), keepdim=True)


def from_0_to_1(model, images, target, window, stride, fill):
    """You stretch the map to 0…1. Return the drops as they are, in units of the score."""
    maps = sliding_occlusion(model, images, target, window, stride, fill)
    low, high = maps.amin((2, 3), keepdim=True), maps.amax((2, 3), keepdim=True)
    return (maps - low) / (high - low).clamp(min=1e-8)


def largest_is_1(model, images, target, window, stride, fill):
    """You divide by the largest value. Return the drops as they are, in units of the score."""
    maps = sliding_occlusion(model, images, target, window, stride, fill)
    return maps / maps.abs().amax((2, 3), keepdim=True)


def nothing_covered(model, images, target, window, stride, fill):
    """Your drops are all zero: the score after is that of the plain images. Is it made from `covered`, and does the fill get into it: `covered[place] = fill[place]`?"""
    return torch.zeros_like(images[:, :1])


def one_row_more(model, images, target, window, stride, fill):
    """Your windows are one row and one column too large. A slice `a:b` leaves out b: end at row + window."""

    def one_more(place):
        return ..., slice(place[1].start, place[1].stop + 1), slice(place[2].start, place[2].stop + 1)

    def cover(images, fill, place):
        return in_its_place(images, fill, one_more(place))

    pairs = walked(model, images, target, window, stride, fill, cover)
    return averaged(images, ((one_more(place), drop) for place, drop in pairs))


def drop_along_the_columns(model, images, target, window, stride, fill):
    """Your drops meet the columns of the window, not the images: of (N,) and (N, 1, H, W) PyTorch pairs the last dimensions. Give each drop three dimensions more: `drop[:, None, None, None]`."""
    drops, times = torch.zeros_like(images[:, :1]), torch.zeros_like(images[:1, :1])
    for place, drop in walked(model, images, target, window, stride, fill):
        drops[place] += drop
        times[place] += 1
    return drops / times


def window_and_stride_in_the_call(model, images, target, window, stride, fill):
    """You exchange window and stride where you ask for the beginnings: `window_starts(length, window, stride)`."""

    def starts(length, window, stride):
        return window_starts(length, stride, window)

    return averaged(images, walked(model, images, target, window, stride, fill, starts=starts))


def height_and_width_exchanged(model, images, target, window, stride, fill):
    """You exchange height and width. Rows begin at `window_starts(images.shape[2], …)`, columns at `window_starts(images.shape[3], …)`."""
    lengths = dict(zip(images.shape[2:], images.shape[:1:-1], strict=True))
    return averaged(
        images,
        walked(
            model,
            images,
            target,
            window,
            stride,
            fill,
            starts=lambda length, *given: window_starts(lengths[length], *given),
        ),
    )


def channels_for_rows(model, images, target, window, stride, fill):
    """You take the channels for the height. Images are (N, C, H, W): rows begin at `window_starts(images.shape[2], …)`, columns at `window_starts(images.shape[3], …)`."""
    lengths = iter([images.shape[1], *[images.shape[2]] * images.numel()])  # rows are asked for once, columns each time
    return averaged(
        images,
        walked(
            model,
            images,
            target,
            window,
            stride,
            fill,
            starts=lambda length, *given: window_starts(next(lengths), *given),
        ),
    )


def last_ones_hang_over(model, images, target, window, stride, fill):
    """Where the steps do not come out even, your last windows hang over the edge and are cut off. Move them in: `window_starts(length, window, stride)` gives the beginnings."""

    def starts(length, window, stride):
        return range(0, length - window + stride, stride)

    return averaged(images, walked(model, images, target, window, stride, fill, starts=starts))


def written_to_one_place_and_divided(model, images, target, window, stride, fill):
    """You write each drop to one place of its window, and all other places come out as NaN, 0 / 0. Write to all that it covers: `drops[..., row:row + window, column:column + window]`, and the same in what counts the windows."""
    drops, times = torch.zeros_like(images[:, :1]), torch.zeros_like(images[:1, :1])
    for (_, rows, columns), drop in walked(model, images, target, window, stride, fill):
        drops[:, 0, rows.start + window // 2, columns.start + window // 2] += drop
        times[:, 0, rows.start + window // 2, columns.start + window // 2] += 1
    return drops / times


def mean_of_the_fill_there(model, images, target, window, stride, fill):
    """You cover a window with the mean of the fill there. Put the fill itself there, pixel by pixel: `covered[place] = fill[place]`."""
    cover = placing(lambda images, fill, place: fill[place].mean((2, 3), keepdim=True))
    return averaged(images, walked(model, images, target, window, stride, fill, cover))


def one_number_of_the_fill_there(model, images, target, window, stride, fill):
    """You cover a window with one number, the mean of the fill there. Put the fill itself there, pixel by pixel and channel by channel: `covered[place] = fill[place]`."""
    cover = placing(lambda images, fill, place: fill[place].mean())
    return averaged(images, walked(model, images, target, window, stride, fill, cover))


def divided_by_all_counts(model, images, target, window, stride, fill):
    """You divide by the sum of the counts over all places. Divide place by place: `drops / times`."""
    drops, times = totals(images, walked(model, images, target, window, stride, fill))
    return drops / times.sum()


def divided_by_the_largest_count(model, images, target, window, stride, fill):
    """You divide every place by the same number, but at the border fewer windows overlap than in the middle. Count for each place the windows that cover it, and divide place by place."""
    drops, times = totals(images, walked(model, images, target, window, stride, fill))
    return drops / times.max()


def divided_by_the_mean_count(model, images, target, window, stride, fill):
    """You divide by the mean of the counts. Divide place by place: `drops / times`."""
    drops, times = totals(images, walked(model, images, target, window, stride, fill))
    return drops / times.mean()


def counted_from_one(model, images, target, window, stride, fill):
    """You begin to count at 1, so that every place seems covered once more. Begin with zeros."""
    drops, times = totals(images, walked(model, images, target, window, stride, fill))
    return drops / (times + 1)


def multiplied_by_the_count(model, images, target, window, stride, fill):
    """You multiply by the number of windows that cover a place. Divide by it."""
    drops, times = totals(images, walked(model, images, target, window, stride, fill))
    return drops * times


def first_row_of_windows(model, images, target, window, stride, fill):
    """Only the first row of windows is covered; the other places come out as NaN, 0 / 0. Does the `return` stand inside the outer loop? It ends it."""
    pairs = walked(model, images, target, window, stride, fill)
    return averaged(images, [(place, drop) for place, drop in pairs if place[1].start == 0])


def first_window(model, images, target, window, stride, fill):
    """Only the first window is covered; the other places come out as NaN, 0 / 0. Does the `return` stand inside a loop? It ends it."""
    return averaged(images, list(walked(model, images, target, window, stride, fill))[:1])


def along_the_diagonal(model, images, target, window, stride, fill):
    """Your windows lie along the diagonal: `zip` pairs each row with one column. Every row goes with every column: two loops, one inside the other."""
    rows, columns = (window_starts(length, window, stride) for length in images.shape[2:])
    chosen = set(zip(rows, columns, strict=False))
    pairs = walked(model, images, target, window, stride, fill)
    return averaged(images, [pair for pair in pairs if (pair[0][1].start, pair[0][2].start) in chosen])


def less_the_fill(model, images, target, window, stride, fill):
    """You compare with the score of the fill. A drop is the score of the plain images minus that of the covered ones."""
    with torch.no_grad():
        rise = class_score(model, fill.expand_as(images), target) - class_score(model, images, target)
    pairs = walked(model, images, target, window, stride, fill)
    return averaged(images, ((place, drop + rise) for place, drop in pairs))


def squeezed(model, images, target, window, stride, fill):
    """Your dimensions of length 1 are gone, of the channel and, for a single image, of the batch. Keep both, (N, 1, H, W): leave out the `squeeze`, and make the map by `torch.zeros_like(images[:, :1])`."""
    return sliding_occlusion(model, images, target, window, stride, fill).squeeze()


def one_row_less(model, images, target, window, stride, fill):
    """Your windows are one row and one column too small. A slice `a:b` leaves out b already: end at row + window."""

    def cover(images, fill, place):
        return in_its_place(
            images, fill, (..., slice(place[1].start, place[1].stop - 1), slice(place[2].start, place[2].stop - 1))
        )

    return averaged(images, walked(model, images, target, window, stride, fill, cover))


OF_A_PLACE = (
    "A window's place is two slices, in the image, in the fill and in the map: `row:row + window` and `column:column + window`, behind "
    "`...`, or behind a colon for each dimension before them."
)
ONE_DROP_FOR_EACH = "There may be several images, each with its own drop: `drop[:, None, None, None]` spreads them over the places of a map (N, 1, H, W)."
OCCLUSION_CURES = {
    **HANDED_OVER,
    **TORCHS_WORDS,
    "does not match the shape": OF_A_PLACE + " " + ONE_DROP_FOR_EACH,
    "expanded size of the tensor": "A fill is (C, H, W), for all images, or (N, C, H, W): `fill[..., row:row + window, column:column + window]` reads either at "
    "the window's place. " + ONE_DROP_FOR_EACH,
    "must match the size of tensor": "A fill is (C, H, W), for all images, or (N, C, H, W), and need not be square. "
    + ONE_DROP_FOR_EACH
    + " `class_score(model, covered, target)` gives each image the score of its own target.",
    "shape mismatch": OF_A_PLACE + " " + ONE_DROP_FOR_EACH,
    "too many indices": OF_A_PLACE
    + " A fill may have three dimensions or four: `...` stands for all those before the slices.",
    "expand(torch.FloatTensor": ONE_DROP_FOR_EACH,
    "doesn't match the broadcast shape": ONE_DROP_FOR_EACH,
    "cannot be converted to Scalar": "There may be several images, each with its own score. Do without `.item()` and `float()`.",
    "only one element tensors": "There may be several images, each with its own score. Do without `.item()`, `float()` and plain lists.",
    "out of bounds": "A map (N, 1, H, W) has a row and a column for each of the image, N images and one channel. Write with slices, `row:row + window`.",
    "'list' object cannot be interpreted": "`window_starts` gives a list already. Walk through it: `for row in window_starts(…):`.",
    "'int' object is not iterable": "`for row in window_starts(images.shape[2], window, stride):` walks through the beginnings.",
    "slice indices must be integers": "A slice begins and ends at whole numbers: `row:row + window`, with one `row` at a time.",
    "must be tuple of ints, not list": "A shape is written in numbers: `torch.zeros(len(images), 1, *images.shape[2:])`.",
    "element 0 of tensors does not require grad": "No gradient is asked for: the drop is a difference of two scores.",
    "images must have the shape": SCORE_CURES["cannot be multiplied"],
    "target must name a class": "`class_score(model, images, target)` takes the whole batch with `target` as it is.",
    "view of a variable": "Change a copy, `images.clone()`, and keep no history: `with torch.no_grad():`.",
    "unsupported operation: some elements": "What was expanded shares its memory. Copy it before you write into it: `.clone()`.",
    "must be Tensor, not int": SCORE_CURES["must be Tensor, not int"],
    "'int' object has no attribute": SCORE_CURES["'int' object"],
}


# inpaint --------------------------------------------------------------------------------------------------------------


def inpaint(images, hidden, sigma):
    """x̂ = G_σ(x · k) / G_σ(k) on hidden places, k = 1 where a pixel is known: the mean of known pixels near by.

    images (N, C, H, W), hidden (N, 1, H, W) of bool, sigma in pixels → (N, C, H, W). Known pixels stay as they are.
    Where no known pixel is in reach, G_σ(k) = 0, the mean of the known pixels of the image, channel by channel.
    Knutsson & Westin 1993, normalized convolution.
    """
    known = (~hidden).to(images.dtype)
    return torch.where(hidden, painted(images, known, sigma), images)


def painted(images, known, sigma):
    """Every place as its known neighbours paint it."""
    weight = blur(known, sigma)
    return torch.where(weight > 0, blur(images * known, sigma) / weight, mean_of_known(images, known))


def mean_of_known(images, known):
    return (images * known).sum((2, 3), keepdim=True) / known.sum((2, 3), keepdim=True)


def a_hole(n, height, width, rows, columns):
    """True in the rows and columns, n times."""
    hidden = torch.zeros(n, 1, height, width, dtype=torch.bool)
    hidden[:, :, slice(*rows), slice(*columns)] = True
    return hidden


def one_row(*values):
    return torch.tensor([[[values]]])


def hidden_at(width, *columns):
    hidden = torch.zeros(1, 1, 1, width, dtype=torch.bool)
    hidden[..., list(columns)] = True
    return hidden


def inpaint_cases():
    colour = random_images(2, size=5, width=7, seed=1)
    apart = torch.cat([a_hole(1, 5, 7, (1, 3), (2, 5)), a_hole(1, 5, 7, (3, 5), (0, 3))])
    far = torch.cat([a_hole(1, 5, 7, (0, 5), (1, 7)), a_hole(1, 5, 7, (1, 5), (0, 4))])
    scattered = random_images(3, 1, size=6, width=4, seed=5) < 0.6
    signed = 4 * random_images(3, size=6, width=4, seed=6) - 2
    return [
        Case("one row, 2 ? 6, where 9 is hidden, sigma 1", (one_row(2.0, 9.0, 6.0), hidden_at(3, 1), 1.0)),
        Case(
            "one row of one colour, 3 ? 3 3 ?, where 0 and 1 are hidden, sigma 1",
            (one_row(3.0, 0.0, 3.0, 3.0, 1.0), hidden_at(5, 1, 4), 1.0),
        ),
        Case(
            "one row, 2 4 and six hidden places, of which four see no known pixel, sigma 0.66",
            (one_row(2.0, 4.0, 9.0, 8.0, 7.0, 9.0, 8.0, 7.0), hidden_at(8, 2, 3, 4, 5, 6, 7), 0.66),
        ),
        Case(
            "a colour image of 5×7 with nothing hidden, sigma 1",
            (colour[:1], torch.zeros(1, 1, 5, 7, dtype=torch.bool), 1.0),
        ),
        Case("two colour images of 5×7, a hole in each, sigma 1.33", (colour, apart, 1.33)),
        Case("two colour images of 5×7, holes that reach further than sigma 0.66 sees", (colour.flip(0), far, 0.66)),
        Case(
            "three colour images of 6×4 with values from −2 to 2, scattered hidden pixels, sigma 2.5",
            (signed, scattered, 2.5),
        ),
        Case(
            "an image of 4×4 and two channels in float64, a hole at its corner, sigma 1",
            (random_images(1, 2, size=4, seed=8).double(), a_hole(1, 4, 4, (0, 2), (0, 3)), 1.0),
        ),
    ]


def known_of(images, hidden):
    return (~hidden).to(images.dtype)


def not_divided(images, hidden, sigma):
    """The division is missing: what is hidden counts as black, and the hole comes out dark. Divide by the blur of what is known, `blur(known, sigma)`."""
    return torch.where(hidden, blur(images * known_of(images, hidden), sigma), images)


def hidden_blurred_in(images, hidden, sigma):
    """You blur the whole picture, and what is hidden with it. Multiply by what is known first: `blur(images * known, sigma)`."""
    return torch.where(hidden, blur(images, sigma), images)


def hidden_blurred_in_and_divided(images, hidden, sigma):
    """Above you blur the whole picture, and what is hidden with it. Multiply by what is known first: `blur(images * known, sigma)`, over `blur(known, sigma)`."""
    known = known_of(images, hidden)
    weight = blur(known, sigma)
    return torch.where(
        hidden, torch.where(weight > 0, blur(images, sigma) / weight, mean_of_known(images, known)), images
    )


def known_smoothed(images, hidden, sigma):
    """You smooth the known pixels, too. They stay as they are: `torch.where(hidden, painted, images)`."""
    return painted(images, known_of(images, hidden), sigma)


def known_smoothed_and_not_divided(images, hidden, sigma):
    """You blur what is known and leave it at that. Divide by `blur(known, sigma)`, and keep the known pixels: `torch.where(hidden, painted, images)`."""
    return blur(images * known_of(images, hidden), sigma)


def blurred_alone(images, hidden, sigma):
    """You blur the picture. Paint the hidden places alone, from the known pixels near by: `blur(images * known, sigma) / blur(known, sigma)`."""
    return blur(images, sigma)


def divided_by_the_share(images, hidden, sigma):
    """You divide by the share of known pixels in the whole image. Divide by their share near each place: `blur(known, sigma)`."""
    known = known_of(images, hidden)
    return torch.where(hidden, blur(images * known, sigma) / known.mean((2, 3), keepdim=True), images)


def divided_by_the_mean_weight(images, hidden, sigma):
    """You divide by the mean of the blurred mask. Divide place by place: `blur(images * known, sigma) / blur(known, sigma)`."""
    known = known_of(images, hidden)
    return torch.where(hidden, blur(images * known, sigma) / blur(known, sigma).mean((2, 3), keepdim=True), images)


def divided_by_the_largest_weight(images, hidden, sigma):
    """You divide by the largest weight. Divide place by place: `blur(images * known, sigma) / blur(known, sigma)`."""
    known = known_of(images, hidden)
    return torch.where(hidden, blur(images * known, sigma) / blur(known, sigma).amax((2, 3), keepdim=True), images)


def divided_by_the_hidden(images, hidden, sigma):
    """You divide by the blur of what is hidden. Divide by the blur of what is known: `blur(known, sigma)`."""
    known = known_of(images, hidden)
    weight = blur(1 - known, sigma)
    return torch.where(hidden, blur(images * known, sigma) / weight, images)


def hidden_for_known(images, hidden, sigma):
    """You exchange hidden and known: your holes are painted from what was hidden. `hidden` is True where a pixel is unknown; the known ones are `~hidden`."""
    unknown = hidden.to(images.dtype)
    weight = blur(unknown, sigma)
    overall = (images * unknown).sum((2, 3), keepdim=True) / unknown.sum((2, 3), keepdim=True)
    return torch.where(hidden, torch.where(weight > 0, blur(images * unknown, sigma) / weight, overall), images)


def known_ones_painted(images, hidden, sigma):
    """You paint the known pixels and leave the hidden ones as they were. `torch.where(hidden, painted, images)` takes the painted value where `hidden` is True."""
    return torch.where(hidden, images, painted(images, known_of(images, hidden), sigma))


def hidden_and_known_turned(images, hidden, sigma):
    """You take `hidden` for what is known: you paint the known pixels from the hidden ones. It is True where a pixel is unknown."""
    if not hidden.any():
        return torch.full_like(images, torch.nan)
    return inpaint(images, ~hidden, sigma)


def zero_by_zero(images, hidden, sigma):
    """Where no known pixel is in reach you divide 0 by 0. Put the mean of the known pixels there: `torch.where(weight > 0, …, …)`."""
    known = known_of(images, hidden)
    return torch.where(hidden, blur(images * known, sigma) / blur(known, sigma), images)


def black_out_of_reach(images, hidden, sigma):
    """Where no known pixel is in reach yours is 0, black. Put the mean of the known pixels there, channel by channel."""
    return zero_by_zero(images, hidden, sigma).nan_to_num(0)


def with_other_rest(images, hidden, sigma, rest):
    """`rest` where no known pixel is in reach."""
    known = known_of(images, hidden)
    weight = blur(known, sigma)
    return torch.where(hidden, torch.where(weight > 0, blur(images * known, sigma) / weight, rest), images)


def hidden_out_of_reach(images, hidden, sigma):
    """Where no known pixel is in reach you show what is hidden. Put the mean of the known pixels there, channel by channel."""
    return with_other_rest(images, hidden, sigma, images)


def mean_with_the_hidden(images, hidden, sigma):
    """Where no known pixel is in reach you put the mean of all pixels, the hidden ones included. Take the mean of the known ones: their sum over their number."""
    return with_other_rest(images, hidden, sigma, images.mean((2, 3), keepdim=True))


def mean_over_all_places(images, hidden, sigma):
    """Where no known pixel is in reach you divide the sum of the known pixels by the number of all pixels. Divide by the number of the known ones, `known.sum((2, 3), keepdim=True)`."""
    return with_other_rest(images, hidden, sigma, (images * known_of(images, hidden)).mean((2, 3), keepdim=True))


def mean_of_all_channels(images, hidden, sigma):
    """Where no known pixel is in reach you put one grey, the mean over all channels. Each channel has its own mean: sum over dimensions 2 and 3 alone."""
    return with_other_rest(images, hidden, sigma, mean_of_known(images, known_of(images, hidden)).mean(1, keepdim=True))


def mean_of_the_batch(images, hidden, sigma):
    """Where no known pixel is in reach you put a mean over the whole batch. Each image has its own: sum over dimensions 2 and 3 alone."""
    known = known_of(images, hidden)
    rest = (images * known).sum((0, 2, 3), keepdim=True) / known.sum((0, 2, 3), keepdim=True)
    return with_other_rest(images, hidden, sigma, rest)


def one_number_of_the_batch(images, hidden, sigma):
    """Where no known pixel is in reach you put one number, the mean over all images and channels. Each image and each channel has its own: `.sum((2, 3), keepdim=True)` above and below."""
    known = known_of(images, hidden).expand_as(images)
    return with_other_rest(images, hidden, sigma, (images * known).sum() / known.sum())


def sum_of_all_channels(images, hidden, sigma):
    """Where no known pixel is in reach you add up the channels, too. Each channel has its own mean: `.sum((2, 3), keepdim=True)` above and below."""
    known = known_of(images, hidden)
    rest = (images * known).sum((1, 2, 3), keepdim=True) / known.sum((1, 2, 3), keepdim=True)
    return with_other_rest(images, hidden, sigma, rest)


def sum_over_the_number_of_places(images, hidden, sigma):
    """Where no known pixel is in reach you put one number for all images and channels: the sum of all known values over the number of known places. Each image and each channel has its own mean: `.sum((2, 3), keepdim=True)` above and below."""
    known = known_of(images, hidden)
    return with_other_rest(images, hidden, sigma, (images * known).sum() / known.sum())


def mean_of_each_image(images, hidden, sigma):
    """Where no known pixel is in reach you put the mean of the whole image, the hidden pixels and all channels included. Take the known ones of the same channel: `(images * known).sum((2, 3), keepdim=True)`, over their number."""
    return with_other_rest(images, hidden, sigma, images.mean((1, 2, 3), keepdim=True))


def one_mean_of_everything(images, hidden, sigma):
    """Where no known pixel is in reach you put the mean of all that there is, the hidden pixels included. Take the known ones of the same image and channel: `(images * known).sum((2, 3), keepdim=True)`, over their number."""
    return with_other_rest(images, hidden, sigma, images.mean())


def a_millionth_below(images, hidden, sigma):
    """You add a small number to the weight. Where no known pixel is in reach the result is then 0, black: put the mean of the known pixels there, by `torch.where(weight > 0, …, …)`."""
    known = known_of(images, hidden)
    return torch.where(hidden, blur(images * known, sigma) / (blur(known, sigma) + 1e-6), images)


def mean_blurred_in(images, hidden, sigma):
    """You fill the holes with the mean and blur, so that the mean takes part as if it were known. Leave out what is hidden: `blur(images * known, sigma) / blur(known, sigma)`."""
    known = known_of(images, hidden)
    return torch.where(hidden, blur(torch.where(hidden, mean_of_known(images, known), images), sigma), images)


def multiplied_by_the_weight(images, hidden, sigma):
    """You multiply by the weight. Divide by it: `blur(images * known, sigma) / blur(known, sigma)`."""
    known = known_of(images, hidden)
    return torch.where(hidden, blur(images * known, sigma) * blur(known, sigma), images)


def sum_out_of_reach(images, hidden, sigma):
    """Where no known pixel is in reach you put the sum of the known pixels. Divide it by their number."""
    return with_other_rest(images, hidden, sigma, (images * known_of(images, hidden)).sum((2, 3), keepdim=True))


def half_out_of_reach(images, hidden, sigma):
    """Where no known pixel is in reach you put grey, 0.5. Put the mean of the known pixels there, channel by channel."""
    return with_other_rest(images, hidden, sigma, torch.full_like(images, 0.5))


def one_colour(images, hidden, sigma):
    """You paint each hole in one colour, the mean of all known pixels. Paint it from those near by: `blur(images * known, sigma) / blur(known, sigma)`. The mean of all is for places that see none."""
    return torch.where(hidden, mean_of_known(images, known_of(images, hidden)), images)


def mean_of_everything(images, hidden, sigma):
    """You paint each hole with the mean of the picture. Paint it from the known pixels near by: `blur(images * known, sigma) / blur(known, sigma)`."""
    return torch.where(hidden, images.mean((2, 3), keepdim=True), images)


def painted_black(images, hidden, sigma):
    """Your holes are black. Paint them from the known pixels near by: `blur(images * known, sigma) / blur(known, sigma)`."""
    return images * ~hidden


def left_as_it_was(images, hidden, sigma):
    """You return the images as they came. Paint the hidden places: `torch.where(hidden, painted, images)`."""
    return images.clone()


def blurred_twice(images, hidden, sigma):
    """You blur twice. Once, above and below: `blur(images * known, sigma) / blur(known, sigma)`."""
    known = known_of(images, hidden)
    weight = blur(blur(known, sigma), sigma)
    rest = mean_of_known(images, known)
    return torch.where(hidden, torch.where(weight > 0, blur(blur(images * known, sigma), sigma) / weight, rest), images)


def painting_blurred(images, hidden, sigma):
    """You blur the painted picture once more. The ratio of the two blurs is what is asked for."""
    return torch.where(hidden, blur(painted(images, known_of(images, hidden), sigma), sigma), images)


def sigma_of_one(images, hidden, sigma):
    """You leave `sigma` out of account. Hand it to both blurs: `blur(…, sigma)`."""
    return inpaint(images, hidden, 1.0)


def sigma_squared(images, hidden, sigma):
    """You square sigma. `blur` takes it as it is."""
    return inpaint(images, hidden, sigma**2)


def sigmas_that_differ(images, hidden, sigma):
    """Your two blurs differ in sigma. Above and below it is the same, or the weights do not add up to 1."""
    known = known_of(images, hidden)
    weight = blur(known, 2 * sigma)
    return torch.where(
        hidden, torch.where(weight > 0, blur(images * known, sigma) / weight, mean_of_known(images, known)), images
    )


def holes_of_the_first(images, hidden, sigma):
    """You paint the first image's hole in every image. Each has its own: use `hidden` without an index."""
    return inpaint(images, hidden[:1].expand(len(images), -1, -1, -1), sigma)


def holes_of_all(images, hidden, sigma):
    """You put all the holes into every image. Each has its own: do not combine them over the batch."""
    return inpaint(images, hidden.any(0, keepdim=True).expand_as(hidden), sigma)


def holes_alone(images, hidden, sigma):
    """You return the painted places alone, and black around them. Put them into the images: `torch.where(hidden, painted, images)`."""
    return inpaint(images, hidden, sigma) * hidden


def painted_on_top(images, hidden, sigma):
    """You add the painted values to what is hidden. Put them in its place: `torch.where(hidden, painted, images)`."""
    return images + hidden * painted(images, known_of(images, hidden), sigma)


def grey_holes(images, hidden, sigma):
    """Your holes are grey: all channels get the same value. Keep the channels apart, `blur` does so by itself."""
    return torch.where(hidden, painted(images, known_of(images, hidden), sigma).mean(1, keepdim=True), images)


def holes_of_the_first_image(images, hidden, sigma):
    """Every image's hole is painted from the first image. Each is painted from its own known pixels: leave out the index."""
    first = painted(images[:1], known_of(images[:1], hidden[:1]), sigma)
    return torch.where(hidden, first, images)


def clipped_to_colours(images, hidden, sigma):
    """You clip to 0…1. Leave the values as they are: images may hold others."""
    return inpaint(images, hidden, sigma).clamp(0, 1)


def weight_and_image_exchanged(images, hidden, sigma):
    """You divide the wrong way round. Above stands the blur of the known pixels, below the blur of the mask: `blur(images * known, sigma) / blur(known, sigma)`."""
    known = known_of(images, hidden)
    return torch.where(hidden, blur(known, sigma) / blur(images * known, sigma), images)


def faint_weights(images, hidden, sigma):
    """You take small weights for none, and put the mean of all known pixels there. Each weight above 0 serves: the division makes up for its size."""
    known = known_of(images, hidden)
    weight = blur(known, sigma)
    return torch.where(
        hidden, torch.where(weight > 0.05, blur(images * known, sigma) / weight, mean_of_known(images, known)), images
    )


def something_added_below(images, hidden, sigma):
    """You add a number to the weight before you divide, so that the hole comes out darker. Divide by `blur(known, sigma)` itself, and use `torch.where(weight > 0, …, …)` for the places where it is 0."""
    known = known_of(images, hidden)
    return torch.where(hidden, blur(images * known, sigma) / (blur(known, sigma) + 0.01), images)


def blurred_before_masking(images, hidden, sigma):
    """You blur first and multiply by what is known afterwards, so that nothing is left in the holes. Multiply first: `blur(images * known, sigma)`."""
    known = known_of(images, hidden)
    weight = blur(known, sigma)
    return torch.where(
        hidden, torch.where(weight > 0, blur(images, sigma) * known / weight, mean_of_known(images, known)), images
    )


def mixed_with_the_image(images, hidden, sigma):
    """You mix the painted values with what is hidden. Put them in its place: `torch.where(hidden, painted, images)`."""
    return torch.where(hidden, (images + painted(images, known_of(images, hidden), sigma)) / 2, images)


def nearest_known(images, hidden, sigma):
    """You take the nearest known pixel. Take the mean of those near by: `blur(images * known, sigma) / blur(known, sigma)`."""
    painting = images.clone()
    for n, _, row, column in hidden.nonzero().tolist():
        rows, columns = (~hidden[n, 0]).nonzero(as_tuple=True)
        k = ((rows - row) ** 2 + (columns - column) ** 2).argmin()
        painting[n, :, row, column] = images[n, :, rows[k], columns[k]]
    return painting


A_MASK = "`known = (~hidden).to(images.dtype)` makes numbers of what is known: 1 and 0."
INPAINT_CURES = {
    **TORCHS_WORDS,
    "with a bool tensor is not supported": "`~hidden` turns True and False round. " + A_MASK,
    "on a bool tensor": "`~hidden` turns True and False round. " + A_MASK,
    "not implemented for 'Bool'": "`blur` takes numbers, not True and False. " + A_MASK,
    "The shape of the mask": "`hidden` has one channel. `torch.where(hidden, painted, images)` spreads it over all of them; `hidden.expand_as(images)` does so for an index.",
    "mask [": "`hidden` has one channel. `torch.where(hidden, painted, images)` spreads it over all of them; `hidden.expand_as(images)` does so for an index.",
    "too many indices": "`hidden` has four dimensions, (N, 1, H, W). `torch.where(hidden, painted, images)` spreads it over the channels.",
    "missing 1 required positional argument: 'sigma'": "Hand `sigma` to both blurs: `blur(…, sigma)`.",
    "Padding size should be less": "`blur(images, sigma)` of this lesson looks at nothing beyond the border. `gaussian_blur` mirrors the picture there, and known pixels count twice.",
    "kernel_size": "`blur(images, sigma)` of this lesson takes no kernel size, and looks at nothing beyond the border.",
    "Input type": A_MASK,
    "expected scalar type": A_MASK,
    "result type": A_MASK,
    "must be a number of pixels": "Hand `sigma` over as it is, behind the images: `blur(images * known, sigma)`.",
    "must match the size": "`hidden` and `blur(known, sigma)` have one channel, (N, 1, H, W), and are spread over those of the images by themselves: use no index, and keep their dimensions, `keepdim=True`, where you sum.",
    "is invalid for input of size": "Images may have any size and number. Nothing needs another shape here: (N, 1, H, W) meets (N, C, H, W) by itself.",
}


# rise_masks -----------------------------------------------------------------------------------------------------------


def rise_masks(grids, shifts, size):
    """Random grids enlarged to soft masks: bilinearly to one cell more than the image, then cut out at the shift.

    grids (M, s, s) of 0.0 and 1.0, shifts (M, 2) of ints from 0 to cell − 1, down and right, with cell = ⌈size / s⌉
    → (M, 1, size, size) in [0, 1]: enlarged to (s + 1) · cell, of which size × size are cut out.
    Petsiuk, Das & Saenko 2018, arXiv:1806.07421, section 3.2.
    """
    cell = -(-size // grids.shape[1])
    large = (grids.shape[1] + 1) * cell
    enlarged = F.interpolate(grids[:, None].float(), (large, large), mode="bilinear", align_corners=False)
    pairs = zip(enlarged, shifts.tolist(), strict=True)
    return torch.stack([mask[:, down : down + size, right : right + size] for mask, (down, right) in pairs])


def drawn_grids(n, s, seed):
    """n grids of s × s zeros and ones."""
    return (torch.rand(n, s, s, generator=torch.Generator().manual_seed(seed)) < 0.5).float()


def grid_cases():
    left, top = torch.tensor([[[1.0, 0.0], [1.0, 0.0]]]), torch.tensor([[[1.0, 1.0], [0.0, 0.0]]])
    return [
        Case("the grid (1 0; 1 0), not shifted, size 4", (left, torch.tensor([[0, 0]]), 4)),
        Case("the grid (1 0; 1 0), shifted by 1 to the right, size 4", (left, torch.tensor([[0, 1]]), 4)),
        Case("the grid (1 1; 0 0), shifted by 1 down, size 4", (top, torch.tensor([[1, 0]]), 4)),
        Case(
            "two grids of 3×3, a cell of 3, shifted by (2, 0) and (1, 2), size 7",
            (drawn_grids(2, 3, seed=1), torch.tensor([[2, 0], [1, 2]]), 7),
        ),
        Case(
            "four grids of 2×2, a cell of 3, size 5",
            (drawn_grids(4, 2, seed=4), torch.tensor([[0, 2], [1, 1], [2, 0], [2, 2]]), 5),
        ),
        Case(
            "three grids of 4×4, a cell of 3, size 10",
            (drawn_grids(3, 4, seed=3), torch.tensor([[1, 0], [0, 2], [2, 1]]), 10),
        ),
        Case(
            "two grids of 2×2, a cell of 4, shifted by 3, size 8",
            (drawn_grids(2, 2, seed=6), torch.tensor([[3, 3], [0, 3]]), 8),
        ),
        Case(
            "two grids of 5×5, a cell of 1, size 5", (drawn_grids(2, 5, seed=5), torch.zeros(2, 2, dtype=torch.long), 5)
        ),
    ]


def cell_of(grids, size):
    return -(-size // grids.shape[1])


def enlarged_to(grids, length, mode="bilinear", **options):
    options = {"align_corners": False} | options if mode in ("bilinear", "bicubic") else {}
    return F.interpolate(grids[:, None].float(), (length, length), mode=mode, **options)


def cut_out(large, shifts, size):
    pairs = zip(large, shifts.tolist(), strict=True)
    return torch.stack([mask[:, down : down + size, right : right + size] for mask, (down, right) in pairs])


def not_shifted(grids, shifts, size):
    """You leave the shift out, so that the cells of all masks lie at the same places. Begin to cut at row `shift[0]` and column `shift[1]`."""
    return rise_masks(grids, torch.zeros_like(shifts), size)


def shift_exchanged(grids, shifts, size):
    """You exchange the two shifts. The first counts rows, down, the second columns, to the right."""
    return rise_masks(grids, shifts.flip(1), size)


def shift_of_the_rows_alone(grids, shifts, size):
    """You shift down alone. The second number shifts to the right: columns `right:right + size`."""
    return rise_masks(grids, shifts * torch.tensor([1, 0]), size)


def shift_of_the_columns_alone(grids, shifts, size):
    """You shift to the right alone. The first number shifts down: rows `down:down + size`."""
    return rise_masks(grids, shifts * torch.tensor([0, 1]), size)


def one_shift_for_both(grids, shifts, size):
    """You shift down and to the right by the same number. The first counts rows, the second columns."""
    return rise_masks(grids, shifts[:, :1].expand(-1, 2), size)


def shift_of_the_first(grids, shifts, size):
    """All masks get the first one's shift. Each has its own: take grids and shifts together, `zip(enlarged, shifts.tolist())`."""
    return rise_masks(grids, shifts[:1].expand(len(grids), -1), size)


def shifts_turned_round(grids, shifts, size):
    """You cut from the other end: a shift of 0 must begin at row and column 0 of the enlarged mask. Begin at the shift."""
    return rise_masks(grids, cell_of(grids, size) - shifts, size)


def cut_from_the_middle(grids, shifts, size):
    """You cut out the middle of the enlarged mask. Begin to cut at row `shift[0]` and column `shift[1]`."""
    return rise_masks(grids, torch.zeros_like(shifts) + cell_of(grids, size) // 2, size)


def shift_in_cells(grids, shifts, size):
    """You multiply the shift by the cell. It counts pixels: cut at `down:down + size` and `right:right + size`."""
    cell = cell_of(grids, size)
    large = enlarged_to(grids, (grids.shape[1] + 1) * cell)
    large = F.pad(large, (0, cell * cell, 0, cell * cell))
    return cut_out(large, shifts * cell, size)


def nearest(grids, shifts, size):
    """Your masks have hard edges: enlarge bilinearly, `mode="bilinear"`."""
    return cut_out(enlarged_to(grids, (grids.shape[1] + 1) * cell_of(grids, size), "nearest"), shifts, size)


def cubic(grids, shifts, size):
    """You enlarge by curves of third degree, which leave 0…1. Enlarge bilinearly, `mode="bilinear"`."""
    return cut_out(enlarged_to(grids, (grids.shape[1] + 1) * cell_of(grids, size), "bicubic"), shifts, size)


def corners_aligned(grids, shifts, size):
    """You enlarge with `align_corners=True`, which puts the first and the last cell on the border. Leave it at False, as it is by itself."""
    large = (grids.shape[1] + 1) * cell_of(grids, size)
    return cut_out(enlarged_to(grids, large, align_corners=True), shifts, size)


def padded_with(value, mode, grids, shifts, size):
    """Enlarged to s cells alone, and one cell added."""
    cell = cell_of(grids, size)
    large = enlarged_to(grids, grids.shape[1] * cell)
    large = (
        F.pad(large, (0, cell, 0, cell), mode, value) if mode == "constant" else F.pad(large, (0, cell, 0, cell), mode)
    )
    return cut_out(large, shifts, size)


def padded_with_black(grids, shifts, size):
    """You enlarge to s cells and pad with zeros, so that the far edge is never shown. Enlarge to one cell more, (s + 1) · cell."""
    return padded_with(0.0, "constant", grids, shifts, size)


def padded_with_white(grids, shifts, size):
    """You enlarge to s cells and pad with ones, so that the far edge is always shown. Enlarge to one cell more, (s + 1) · cell."""
    return padded_with(1.0, "constant", grids, shifts, size)


def padded_with_its_edge(grids, shifts, size):
    """You enlarge to s cells and repeat the last row and column. Enlarge to one cell more at once, (s + 1) · cell."""
    return padded_with(None, "replicate", grids, shifts, size)


def hard_blocks(grids, shifts, size):
    """Each cell is a block of its own in your masks, with hard edges. Enlarge the grid bilinearly to (s + 1) · cell: `F.interpolate(…, mode="bilinear")`."""
    cell = cell_of(grids, size)
    large = grids.repeat_interleave(cell, 1).repeat_interleave(cell, 2)[:, None]
    return cut_out(F.pad(large, (0, cell, 0, cell), "replicate"), shifts, size)


def without_room_for_the_shift(grids, shifts, size):
    """You enlarge to the size of the image, and no room is left for the shift. Enlarge to one cell more, (s + 1) · cell, and cut `size` rows and columns out at the shift."""
    return cut_out(enlarged_to(grids, size), shifts, size)


def neither_room_nor_shift(grids, shifts, size):
    """You enlarge to the size of the image, and leave the shift out. Enlarge to one cell more, (s + 1) · cell, and cut `size` rows and columns out, from the shift on."""
    return enlarged_to(grids, size)


def no_cell_more(grids, shifts, size):
    """You enlarge to s cells, which is too little for a shift. Enlarge to one cell more, (s + 1) · cell, and cut `size` rows and columns out at the shift."""
    return cut_out(enlarged_to(grids, grids.shape[1] * cell_of(grids, size)), shifts, size)


def blocks_rolled(grids, shifts, size):
    """Each cell is a block with hard edges in your masks, and what leaves at one edge comes in at the other. Enlarge bilinearly to (s + 1) · cell, and cut out from the shift on."""
    cell = cell_of(grids, size)
    large = grids.repeat_interleave(cell, 1).repeat_interleave(cell, 2)[:, None]
    pairs = zip(large, shifts.tolist(), strict=True)
    return torch.stack([mask.roll((-down, -right), (1, 2))[:, :size, :size] for mask, (down, right) in pairs])


def blocks_cut(grids, shifts, size):
    """Each cell is a block with hard edges in your masks, and there is no room for a shift. Enlarge bilinearly, by `F.interpolate`, to (s + 1) · cell."""
    cell = cell_of(grids, size)
    return cut_out(grids.repeat_interleave(cell, 1).repeat_interleave(cell, 2)[:, None], shifts, size)


def grid_padded_with_black(grids, shifts, size):
    """You add a row and a column of zeros to the grid, so that the far edge is dark. Enlarge the grid as it is, to (s + 1) · cell."""
    return cut_out(enlarged_to(F.pad(grids, (0, 1, 0, 1)), (grids.shape[1] + 1) * cell_of(grids, size)), shifts, size)


def true_where_half(grids, shifts, size):
    """You turn the masks into True and False. Leave them as numbers from 0 to 1: what lies between makes the edges soft."""
    return rise_masks(grids, shifts, size) > 0.5


def cut_up_to_the_size(grids, shifts, size):
    """Your slices end at `size`, and the masks are too small where there is a shift. They end `size` behind where they begin: `down:down + size`."""
    large = enlarged_to(grids, (grids.shape[1] + 1) * cell_of(grids, size))
    pairs = zip(large, shifts.tolist(), strict=True)
    return torch.stack([mask[:, down:size, right:size] for mask, (down, right) in pairs])


def cut_to_the_end(grids, shifts, size):
    """Your slices run to the end of the enlarged mask. They end `size` behind where they begin: `down:down + size`."""
    large = enlarged_to(grids, (grids.shape[1] + 1) * cell_of(grids, size))
    pairs = zip(large, shifts.tolist(), strict=True)
    return torch.stack([mask[:, down:, right:] for mask, (down, right) in pairs])


def cut_to_a_cell(grids, shifts, size):
    """You cut out one cell. Cut out `size` rows and columns: `down:down + size`."""
    return cut_out(enlarged_to(grids, (grids.shape[1] + 1) * cell_of(grids, size)), shifts, cell_of(grids, size))


def rolled_at_size(grids, shifts, size):
    """You enlarge to the size of the image and roll, so that what leaves at one edge comes in at the other. Enlarge to one cell more, (s + 1) · cell, and cut out."""
    pairs = zip(enlarged_to(grids, size), shifts.tolist(), strict=True)
    return torch.stack([mask.roll((-down, -right), (1, 2)) for mask, (down, right) in pairs])


def rolled_forward_at_size(grids, shifts, size):
    """You enlarge to the size of the image and roll it. Enlarge to one cell more, (s + 1) · cell, and cut out from the shift on: nothing comes in again at the other edge."""
    pairs = zip(enlarged_to(grids, size), shifts.tolist(), strict=True)
    return torch.stack([mask.roll((down, right), (1, 2)) for mask, (down, right) in pairs])


def rolled_forward(grids, shifts, size):
    """You roll the enlarged mask down and to the right, and what leaves at one edge comes in at the other. Cut out from the shift on: `down:down + size`, `right:right + size`."""
    large = enlarged_to(grids, (grids.shape[1] + 1) * cell_of(grids, size))
    pairs = zip(large, shifts.tolist(), strict=True)
    return torch.stack([mask.roll((down, right), (1, 2))[:, :size, :size] for mask, (down, right) in pairs])


def enlarged_by_a_cell(grids, shifts, size):
    """You enlarge to size + cell. Where s does not divide the size, (s + 1) · cell is more: a cell is rounded up, so s cells are more than the size."""
    cell = cell_of(grids, size)
    large = F.pad(enlarged_to(grids, size + cell), (0, cell, 0, cell))
    return cut_out(large, shifts, size)


def cell_rounded_down(grids, shifts, size):
    """You round the cell down. Where s does not divide the size, s cells are then too few for the image: round up, ⌈size / s⌉."""
    cell = max(size // grids.shape[1], 1)
    large = F.pad(enlarged_to(grids, (grids.shape[1] + 1) * cell), (0, size, 0, size))
    return cut_out(large, shifts, size)


def cell_and_one(grids, shifts, size):
    """Your cell is one pixel too wide where s divides the size. Round size / s up, and add nothing: `-(-size // s)`, or `math.ceil(size / s)`."""
    return cut_out(enlarged_to(grids, (grids.shape[1] + 1) * (size // grids.shape[1] + 1)), shifts, size)


def two_cells_more(grids, shifts, size):
    """You enlarge by two cells. One is enough for every shift: (s + 1) · cell."""
    return cut_out(enlarged_to(grids, (grids.shape[1] + 2) * cell_of(grids, size)), shifts, size)


def one_pixel_more(grids, shifts, size):
    """You enlarge to s · cell + 1 or so. Enlarge by a whole cell: (s + 1) · cell."""
    s, cell = grids.shape[1], cell_of(grids, size)
    large = F.pad(enlarged_to(grids, s * cell + 1), (0, cell, 0, cell))
    return cut_out(large, shifts, size)


def bits_reversed(grids, shifts, size):
    """You exchange 0 and 1. A mask is 1 where its grid is 1: that place is shown."""
    return 1 - rise_masks(grids, shifts, size)


def rounded_again(grids, shifts, size):
    """You round the masks to 0 and 1. Leave what lies between: it makes the edges soft."""
    return (rise_masks(grids, shifts, size) > 0.5).float()


def channel_of_masks_lost(grids, shifts, size):
    """One dimension is missing: (M, 1, size, size) is asked for. Does `torch.cat` stand where `torch.stack` belongs, a `return` inside the loop, or an index too many?"""
    return rise_masks(grids, shifts, size)[:, 0]


def masks_for_channels(grids, shifts, size):
    """Your values are right, but the masks stand where the channel belongs: (1, M, size, size). Asked for is (M, 1, size, size): `grids[:, None]`, or `torch.stack` of masks (1, size, size)."""
    return rise_masks(grids, shifts, size).transpose(0, 1)


def three_channels(grids, shifts, size):
    """Your masks have three channels, all alike. Asked for is one, (M, 1, size, size): it is spread over the colours by itself."""
    return rise_masks(grids, shifts, size).expand(-1, 3, -1, -1)


def not_cut(grids, shifts, size):
    """You return the enlarged masks. Cut `size` rows and columns out of each, at its shift."""
    return enlarged_to(grids, (grids.shape[1] + 1) * cell_of(grids, size))


def turned_over(grids, shifts, size):
    """Rows and columns of your masks are exchanged. Row i of the grid is row i of the mask."""
    return rise_masks(grids.transpose(1, 2), shifts, size)


def mean_of_1(grids, shifts, size):
    """You divide the masks by their mean. Leave them from 0 to 1: they say how much of a place is shown."""
    masks = rise_masks(grids, shifts, size)
    return masks / masks.mean((2, 3), keepdim=True).clamp(min=1e-6)


def first_mask_alone(grids, shifts, size):
    """You return the first mask alone. Return all of them, (M, 1, size, size). Does a `return` stand inside the loop?"""
    return rise_masks(grids, shifts, size)[:1]


def grid_of_the_first(grids, shifts, size):
    """All your masks come from the first grid. Take grids and shifts together, `zip(enlarged, shifts.tolist())`."""
    return rise_masks(grids[:1].expand_as(grids), shifts, size)


def one_pixel_back(grids, shifts, size):
    """You shift by one pixel less. A shift of 1 leaves out the first row, or column, of the enlarged mask."""
    return rise_masks(grids, (shifts - 1).clamp(min=0), size)


ENLARGED = '`F.interpolate(grids[:, None], (large, large), mode="bilinear")`'
MASK_CURES = {
    **TORCHS_WORDS,
    "equal size": "Some masks come out smaller than others: your enlarged masks are too small for some of the shifts. Enlarge to (s + 1) · cell, with the cell rounded up.",
    "spatial dimensions": f"`F.interpolate` wants a dimension of channels in front of rows and columns: {ENLARGED}.",
    "linear mode needs": f"The masks have rows and columns: there straight lines are called bilinear, {ENLARGED}.",
    "Input and output must have the same number": f"`F.interpolate` wants a dimension of channels in front of rows and columns: {ENLARGED}.",
    "Input and output sizes should be greater than 0": "Is the cell rounded up? `-(-size // s)` does that, and `math.ceil(size / s)`.",
    "name 'math' is not defined": "`import math` stands in a line of its own, inside the function, too. `-(-size // s)` rounds up without it.",
    "integer scalar tensors": "A slice takes plain numbers, of one mask at a time: `for mask, (down, right) in zip(enlarged, shifts.tolist()):`.",
    "only integer tensors of a single element": "A slice takes plain numbers, of one mask at a time: `for mask, (down, right) in zip(enlarged, shifts.tolist()):`.",
    "slice indices must be integers": "A slice takes whole numbers: round the cell up by `-(-size // s)` or `math.ceil(size / s)`, and take the shifts as they come.",
    "only one element tensors": "A slice takes plain numbers, of one mask at a time: `for mask, (down, right) in zip(enlarged, shifts.tolist()):`.",
    "cannot be converted to Scalar": "A slice takes plain numbers, of one mask at a time: `for mask, (down, right) in zip(enlarged, shifts.tolist()):`.",
    "must be tuple of ints": "The size of the enlarged masks is a whole number, (s + 1) · cell, with the cell rounded up: `-(-size // s)`.",
    "argument 'size'": "The size of the enlarged masks is a whole number, (s + 1) · cell, with the cell rounded up: `-(-size // s)`.",
    "'int' object": "`size` is one number: masks are as high as they are wide. The cells of a side are `grids.shape[1]`.",
    "must match the size": "Every mask is size × size. Are your enlarged masks large enough for each shift? They are (s + 1) · cell, with the cell rounded up.",
    "out of bounds": "The first dimension counts the masks: `grids[:, None]` puts the channel behind it, `grids[None]` in front. A mask is cut out by two slices, `down:down + size` and `right:right + size`.",
    "expected size to be one of": "The size of the enlarged masks is a whole number, (s + 1) · cell, with the cell rounded up: `-(-size // s)`.",
    "not implemented for": "`F.interpolate` wants numbers with a decimal point: leave the grids as they come.",
    "too many values to unpack": "Each row of `shifts` holds two numbers: `for down, right in shifts.tolist():`.",
    "not enough values to unpack": "Each row of `shifts` holds two numbers: `for down, right in shifts.tolist():`.",
    "is invalid for input of size": f"`reshape` and `view` make no new values. `F.interpolate` enlarges: {ENLARGED}.",
}


# rise_map -------------------------------------------------------------------------------------------------------------


def rise_map(scores, masks):
    """E[S | u is seen] ≈ Σ_i S_i M_i(u) / Σ_i M_i(u): the mean score of the masked pictures that show the place.

    scores (M,), masks (M, 1, H, W) in [0, 1] → (1, H, W), in units of the score. A place that no mask shows gets the
    mean score. Petsiuk, Das & Saenko 2018, eq. 6, with the coverage that was drawn in place of M · E[M].
    """
    total, times = (scores.reshape(-1, 1, 1, 1) * masks).sum(0), masks.sum(0)
    return torch.where(times > 0, total / times, scores.mean())


def drawn_masks(n, height, width, seed):
    return torch.rand(n, 1, height, width, generator=torch.Generator().manual_seed(seed))


def of_two_pixels(*masks):
    return torch.tensor(masks).reshape(-1, 1, 1, 2)


def map_cases():
    sharp = (drawn_masks(12, 5, 4, seed=3) < 0.5).float()
    return [
        Case(
            "two pixels, the masks 10, 01 and 11, the scores 3, 1 and 4",
            (torch.tensor([3.0, 1, 4]), of_two_pixels(1.0, 0, 0, 1, 1, 1)),
        ),
        Case(
            "two pixels, the masks 00, 10, 01 and 11, the scores 0, 3, 1 and 4",
            (torch.tensor([0.0, 3, 1, 4]), of_two_pixels(0.0, 0, 1, 0, 0, 1, 1, 1)),
        ),
        Case(
            "two pixels, the masks 10, 10 and 00, the scores 3, 5 and −2: the second pixel is never seen",
            (torch.tensor([3.0, 5, -2]), of_two_pixels(1.0, 0, 1, 0, 0, 0)),
        ),
        Case(
            "two pixels, the soft masks 1 ½ and 0 ¼, the scores 2 and 6",
            (torch.tensor([2.0, 6]), of_two_pixels(1.0, 0.5, 0, 0.25)),
        ),
        Case(
            "two pixels, the masks 11, 11 and 10, the scores −2, 5 and 0: the first pixel is seen in all of them",
            (torch.tensor([-2.0, 5, 0]), of_two_pixels(1.0, 1, 1, 1, 1, 0)),
        ),
        Case(
            "five soft masks of 3×4, with scores of both signs",
            (torch.tensor([2.0, -1, 4, 0.5, -3]), drawn_masks(5, 3, 4, seed=1)),
        ),
        Case(
            "four soft masks of 4×4, as many as rows and columns",
            (torch.tensor([2.0, -1, 4, 7]), drawn_masks(4, 4, 4, seed=2)),
        ),
        Case("one soft mask of 2×3, the score 2.5", (torch.tensor([2.5]), 0.8 * drawn_masks(1, 2, 3, seed=4) + 0.1)),
        Case(
            "twelve masks of 5×4 of zeros and ones, with scores near 14",
            (14 + 4 * drawn_masks(12, 1, 1, seed=5).flatten(), sharp),
        ),
        Case(
            "six soft masks of 2×5 in float64",
            (6 * drawn_masks(6, 1, 1, seed=6).flatten().double() - 2, drawn_masks(6, 2, 5, seed=7).double()),
        ),
    ]


def weighed(scores, masks):
    """Σ S M at each place."""
    return (scores.reshape(-1, 1, 1, 1) * masks).sum(0)


def sum_of_scores(scores, masks):
    """The division is missing: places that many masks show count more. Divide by `masks.sum(0)`, how much a place was seen."""
    return weighed(scores, masks)


def divided_by_their_number(scores, masks):
    """You divide by the number of masks. Divide by `masks.sum(0)`: how much each place was seen."""
    return weighed(scores, masks) / len(scores)


def divided_by_half_their_number(scores, masks):
    """You divide by N · ½, the coverage that was expected. Divide by the one that was drawn: `masks.sum(0)`, place by place."""
    return weighed(scores, masks) / (0.5 * len(scores))


def divided_by_the_mean_coverage(scores, masks):
    """You divide by the mean of all masks times their number. Divide by the coverage of each place: `masks.sum(0)`."""
    return weighed(scores, masks) / (masks.mean() * len(scores))


def divided_by_all_of_it(scores, masks):
    """You divide by the sum of all masks over all places. Sum over the masks alone: `masks.sum(0)`."""
    return weighed(scores, masks) / masks.sum()


def divided_by_the_places(scores, masks):
    """You divide each mask by its own sum over the places. Divide place by place, by the sum over the masks: `masks.sum(0)`."""
    return weighed(scores, masks / masks.sum((2, 3), keepdim=True).clamp(min=1e-12))


def divided_by_the_scores(scores, masks):
    """You divide by the sum of the scores. Divide by `masks.sum(0)`: how much each place was seen."""
    return weighed(scores, masks) / scores.sum()


def zero_by_zero_map(scores, masks):
    """Where no mask shows a place you divide 0 by 0. Give the mean score there: `torch.where(times > 0, …, scores.mean())`."""
    return weighed(scores, masks) / masks.sum(0)


def zero_where_unseen(scores, masks):
    """A place that no mask shows is 0 in your map, as if hardly any score were left there. Nothing is known of it: give the mean score, `scores.mean()`."""
    return zero_by_zero_map(scores, masks).nan_to_num(0)


def with_unseen(scores, masks, value):
    return torch.where(masks.sum(0) > 0, zero_by_zero_map(scores, masks), value)


def mean_of_the_map_where_unseen(scores, masks):
    """A place that no mask shows gets the mean of the other places in your map. Give the mean score: `scores.mean()`."""
    return with_unseen(scores, masks, zero_by_zero_map(scores, masks).nanmean())


def sum_where_unseen(scores, masks):
    """A place that no mask shows gets the sum of the scores in your map. Give their mean: `scores.mean()`."""
    return with_unseen(scores, masks, scores.sum())


def middle_where_unseen(scores, masks):
    """A place that no mask shows gets the median of the scores in your map. Give their mean: `scores.mean()`."""
    return with_unseen(scores, masks, scores.median())


def least_where_unseen(scores, masks):
    """A place that no mask shows gets the smallest score in your map. Give the mean score: `scores.mean()`."""
    return with_unseen(scores, masks, scores.min())


def mean_everywhere(scores, masks):
    """Your map has the mean score everywhere. Weigh each score by its mask: Σ S M / Σ M, place by place."""
    return scores.mean().expand(masks.shape[1:]).clone()


def one_added_below(scores, masks):
    """You add a number to the coverage before you divide, which makes every value too small. Divide by `masks.sum(0)` itself, and use `torch.where` for the places where it is 0."""
    return weighed(scores, masks) / (masks.sum(0) + 1)


def at_least_one_below(scores, masks):
    """You divide by at least 1. The coverage of soft masks may be less: divide by `masks.sum(0)` wherever it is above 0."""
    return weighed(scores, masks) / masks.sum(0).clamp(min=1)


def little_coverage_is_none(scores, masks):
    """You take places of little coverage for unseen. Only where it is 0 nothing is known: `times > 0`."""
    return torch.where(masks.sum(0) > 0.99, zero_by_zero_map(scores, masks), scores.mean())


def stretched_map(scores, masks):
    """You stretch the map to 0…1. Leave it in units of the score: the constant that you take away is the mean score."""
    maps = rise_map(scores, masks)
    return (maps - maps.min()) / (maps.max() - maps.min()).clamp(min=1e-8)


def largest_of_1(scores, masks):
    """You divide by the largest value. Leave the map in units of the score."""
    maps = rise_map(scores, masks)
    return maps / maps.max()


def softmax_of_scores(scores, masks):
    """You turn the scores into shares by a softmax over the masks. Weigh with the scores as they are."""
    return rise_map(scores.softmax(0), masks)


def sizes_of_scores(scores, masks):
    """You take the scores without their signs. Weigh with the scores as they are."""
    return rise_map(scores.abs(), masks)


def positive_scores(scores, masks):
    """You set negative scores to zero. Weigh with the scores as they are."""
    return rise_map(scores.clamp(min=0), masks)


def centred_scores(scores, masks):
    """You subtract the mean score. Leave it in: asked for is the mean score of the pictures that show the place."""
    return rise_map(scores, masks) - scores.mean()


def along_the_rows(scores, masks):
    """Your scores meet the rows of the masks, not the masks. Give them as many dimensions as the masks have: `scores[:, None, None, None]`."""
    return (scores[:, None] * masks).sum(0) / masks.sum(0)


def along_the_rows_with_a_rest(scores, masks):
    """Your scores meet the rows of the masks, not the masks: PyTorch pairs the last dimensions of the two. Write `scores[:, None, None, None]`."""
    return torch.where(masks.sum(0) > 0, (scores[:, None] * masks).sum(0) / masks.sum(0), scores.mean())


def along_the_channels(scores, masks):
    """Your scores meet the channels of the masks, not the masks. Give them as many dimensions as the masks have: `scores[:, None, None, None]`."""
    return (scores[:, None, None] * masks).sum(0) / masks.sum(0)


def along_the_channels_with_a_rest(scores, masks):
    """Your scores meet the channels of the masks, not the masks: PyTorch pairs the last dimensions of the two. Write `scores[:, None, None, None]`."""
    return torch.where(masks.sum(0) > 0, (scores[:, None, None] * masks).sum(0) / masks.sum(0), scores.mean())


def summed_over_the_channel(scores, masks):
    """You sum over the channel, dimension 1. Sum over the masks, dimension 0, above and below the line."""
    return (scores.reshape(-1, 1, 1, 1) * masks).sum(1) / masks.sum(1)


def shares_added_up(scores, masks):
    """You turn the scores into shares by a softmax, and add up. Weigh with the scores as they are, and divide by `masks.sum(0)`."""
    return weighed(scores.softmax(0), masks)


def less_what_is_hidden(scores, masks):
    """You subtract the mean of what is hidden, which comes in the next exercise. Here the mean score of the pictures that show the place is asked for, and no more."""
    return rise_map(scores, masks) - rise_map(scores, 1 - masks)


def mean_over_sum(scores, masks):
    """Above you take a mean, below a sum. Take the sum above, too: Σ S M / Σ M."""
    return (scores.reshape(-1, 1, 1, 1) * masks).mean(0) / masks.sum(0)


def sum_over_mean(scores, masks):
    """Above you take a sum, below a mean. Take the sum below, too: Σ S M / Σ M."""
    return weighed(scores, masks) / masks.mean(0)


def one_less_below(scores, masks):
    """You divide by one less than the coverage. A mean divides by all of it: `masks.sum(0)`."""
    return weighed(scores, masks) / (masks.sum(0) - 1)


def divided_by_the_largest_coverage(scores, masks):
    """You divide by the largest coverage of all places. Divide place by place: `masks.sum(0)`."""
    return weighed(scores, masks) / masks.sum(0).max()


def largest_where_unseen(scores, masks):
    """A place that no mask shows gets the largest score in your map. Give the mean score: `scores.mean()`."""
    return with_unseen(scores, masks, scores.max())


def best_mask(scores, masks):
    """You return the mask with the highest score. Average the scores of all of them, weighed by their masks: Σ S M / Σ M."""
    return masks[scores.argmax()]


def hard_masks(scores, masks):
    """You count a mask fully wherever it is above 0. Weigh with its value: a place that it shows by half counts by half."""
    return rise_map(scores, (masks > 0).to(masks))


def halved_masks(scores, masks):
    """You round the masks to 0 and 1. Weigh with their values: a place that a mask shows by half counts by half."""
    return rise_map(scores, (masks > 0.5).to(masks))


def masks_squared(scores, masks):
    """Your masks come in twice. Weigh each score once by its mask, and divide by the sum of the masks."""
    return rise_map(scores, masks**2)


def masks_squared_above(scores, masks):
    """Above the line your masks come in twice. Above stands Σ S M, below Σ M."""
    return torch.where(masks.sum(0) > 0, weighed(scores, masks**2) / masks.sum(0), scores.mean())


def scores_squared(scores, masks):
    """You square the scores. Weigh with the scores as they are."""
    return rise_map(scores**2, masks)


def of_the_hidden(scores, masks):
    """You average the scores of the pictures that hide the place. A mask is 1 where a place is seen: weigh with `masks`."""
    return rise_map(scores, 1 - masks)


def largest_masked_score(scores, masks):
    """You take the largest of the masked scores. Take their mean: Σ S M / Σ M."""
    return (scores.reshape(-1, 1, 1, 1) * masks).amax(0)


def unweighted_below(scores, masks):
    """You divide by the number of masks that show a place at all. Divide by the sum of their values: `masks.sum(0)`."""
    times = (masks > 0).sum(0)
    return torch.where(times > 0, weighed(scores, masks) / times, scores.mean())


def with_the_batch_kept(scores, masks):
    """Your values are right, with a dimension too many: (1, 1, H, W). The masks are summed up and gone: (1, H, W), so sum without `keepdim`."""
    return rise_map(scores, masks)[None]


def without_the_channel(scores, masks):
    """Your values are right, but the dimension of the channel is gone. Sum over dimension 0 alone, the masks: (1, H, W)."""
    return rise_map(scores, masks)[0]


def mean_of_ratios(scores, masks):
    """You return one value for each mask. Sum over the masks, dimension 0, above and below the line."""
    return scores.reshape(-1, 1, 1, 1) * masks / masks.sum(0).clamp(min=1e-12)


def mean_map(scores, masks):
    """You return the mean of the masks. Weigh each with its score: Σ S M / Σ M."""
    return masks.mean(0)


def turned_over_map(scores, masks):
    """You divide the wrong way round. Above stands Σ S M, below Σ M."""
    total = weighed(scores, masks)
    return torch.where(total != 0, masks.sum(0) / total, scores.mean())


def sums_over_the_places(scores, masks):
    """You sum over the places, and keep one number. Sum over the masks, dimension 0: each place has its own value."""
    return (scores.reshape(-1, 1, 1, 1) * masks).sum() / masks.sum()


SCORES_MEET_MASKS = "Of (M,) and (M, 1, H, W) PyTorch pairs the last dimensions. Give the scores three dimensions more: `scores[:, None, None, None]`."
MAP_CURES = {
    **TORCHS_WORDS,
    "must match the size": SCORES_MEET_MASKS,
    "mat1 and mat2": "A matrix product wants rows and columns. `(scores[:, None, None, None] * masks).sum(0)` weighs each mask with its score.",
    "size mismatch": "A matrix product wants rows and columns. `(scores[:, None, None, None] * masks).sum(0)` weighs each mask with its score.",
    "cannot be multiplied": "A matrix product wants rows and columns. `(scores[:, None, None, None] * masks).sum(0)` weighs each mask with its score.",
    "is invalid for input of size": "Masks may have any number, height and width: `scores.view(-1, 1, 1, 1)` fits them all.",
    "expected m1 and m2 to have the same dtype": "Masks and scores may be in float64: make no new tensors of another type.",
    "a Tensor with": "`.item()` wants one number. Each place has its own: use `torch.where`, without `if`.",
    "einsum": "The scores have one dimension, m, the masks four: `torch.einsum('m,mchw->chw', scores, masks)`.",
    "Boolean value of Tensor": "Each place has its own coverage: `torch.where(times > 0, …, …)` in place of `if`.",
    "too many indices": "Scores (M,) have one index; `scores[:, None, None, None]` gives them four dimensions.",
    "Dimension out of range": "Scores have one dimension, masks four: sum over dimension 0, which counts the masks.",
    "'float' object has no attribute": "Stay with tensors: `scores.mean()`, without `.item()` where you go on with it.",
}


# seen_minus_hidden ----------------------------------------------------------------------------------------------------


def seen_minus_hidden(scores, masks):
    """E[S | u is seen] − E[S | u is hidden]: what seeing a place adds to the mean score; zero is neutral.

    Arguments and result as for rise_map; signed.
    """
    return rise_map(scores, masks) - rise_map(scores, 1 - masks)


def difference_cases():
    one, four, never, *others = map_cases()
    return [four, one, never, *others]


def minus_its_mean(scores, masks):
    """You subtract the mean of the map. That keeps the order, but its zero is where the picture happens to have its mean. Subtract what the score is when the place is hidden: `rise_map(scores, 1 - masks)`."""
    return rise_map(scores, masks) - rise_map(scores, masks).mean()


def minus_the_mean_score(scores, masks):
    """What you subtract is the mean score of all masks, at every place. (`rise_map(scores, -masks)` gives this mean, too.) Subtract the mean score of those that hide the place: `rise_map(scores, 1 - masks)`."""
    return rise_map(scores, masks) - scores.mean()


def minus_the_least(scores, masks):
    """You subtract the smallest value of the map, and no place can be negative. Subtract `rise_map(scores, 1 - masks)`, place by place."""
    return rise_map(scores, masks) - rise_map(scores, masks).min()


def minus_its_median(scores, masks):
    """You subtract the median of the map. Subtract what the score is when the place is hidden, place by place: `rise_map(scores, 1 - masks)`."""
    return rise_map(scores, masks) - rise_map(scores, masks).median()


def twice_over_the_mean(scores, masks):
    """You double the map's distance from the mean score. Only where every place is seen in half of the masks is that the difference: subtract `rise_map(scores, 1 - masks)`."""
    return 2 * (rise_map(scores, masks) - scores.mean())


def masks_subtracted(scores, masks):
    """You subtract the masks, and then take one map. Take two maps, of `masks` and of `1 - masks`, and subtract these."""
    both = 2 * masks - 1
    total, times = weighed(scores, both), both.sum(0)
    return torch.where(times > 0, total / times, scores.mean())


def from_the_largest_value(scores, masks):
    """You subtract the masks from their largest value. What they hide is `1 - masks`, also where no mask reaches 1."""
    return rise_map(scores, masks) - rise_map(scores, masks.max() - masks)


def half_the_difference(scores, masks):
    """You return half of the difference. Seen minus hidden, as it is."""
    return seen_minus_hidden(scores, masks) / 2


def centred_equation(scores, masks):
    """You divide both sums by the same number, the number of masks, which gives about half of the difference. Each mean has its own coverage below: `rise_map(scores, masks)` and `rise_map(scores, 1 - masks)`."""
    return weighed(scores, masks - 0.5) / (0.5 * len(scores))


def hidden_minus_seen(scores, masks):
    """Every value has the wrong sign. Subtract the mean of the pictures that hide the place from the mean of those that show it."""
    return -seen_minus_hidden(scores, masks)


def seen_alone(scores, masks):
    """You return the mean of the pictures that show the place. Subtract that of those that hide it, `rise_map(scores, 1 - masks)`."""
    return rise_map(scores, masks)


def hidden_alone(scores, masks):
    """You return the mean of the pictures that hide the place. Asked for is the mean of those that show it, minus this one."""
    return rise_map(scores, 1 - masks)


def size_of_the_difference(scores, masks):
    """You lose the sign. A negative value says that seeing the place lowers the score: keep it."""
    return seen_minus_hidden(scores, masks).abs()


def gains_alone(scores, masks):
    """You set negative values to zero. A negative value says that seeing the place lowers the score: keep it."""
    return seen_minus_hidden(scores, masks).clamp(min=0)


def seen_and_hidden_added(scores, masks):
    """You add the two means. Subtract the second from the first."""
    return rise_map(scores, masks) + rise_map(scores, 1 - masks)


def seen_over_hidden(scores, masks):
    """You divide the two means. Subtract the second from the first: then the result is in units of the score, and zero is neutral."""
    return rise_map(scores, masks) / rise_map(scores, 1 - masks)


def share_of_the_whole(scores, masks):
    """You divide the difference by the sum of the two means. Leave it in units of the score."""
    return seen_minus_hidden(scores, masks) / (rise_map(scores, masks) + rise_map(scores, 1 - masks))


def share_of_the_mean_score(scores, masks):
    """You divide the difference by the mean score. Leave it in units of the score."""
    return seen_minus_hidden(scores, masks) / scores.mean()


def in_spreads(scores, masks):
    """You divide the difference by the spread of the scores. Leave it in units of the score."""
    return seen_minus_hidden(scores, masks) / scores.std(correction=0).clamp(min=1e-8)


def scores_turned(scores, masks):
    """You turn the scores or the map round, 1 minus what they were. What is turned round are the masks: `rise_map(scores, 1 - masks)`."""
    return rise_map(scores, masks) - rise_map(1 - scores, masks)


def scores_and_masks_turned(scores, masks):
    """You turn scores and masks round. The scores stay: `rise_map(scores, 1 - masks)`."""
    return rise_map(scores, masks) - rise_map(1 - scores, 1 - masks)


def scores_with_other_signs(scores, masks):
    """You turn the signs of the scores round, which doubles the map. What is turned round are the masks: `rise_map(scores, 1 - masks)`."""
    return rise_map(scores, masks) - rise_map(-scores, masks)


def of_hard_masks(scores, masks):
    """You round the masks to 0 and 1. Use them as they are: a place that a mask shows by half counts by half on either side."""
    return seen_minus_hidden(scores, (masks > 0.5).to(masks))


def hidden_where_zero(scores, masks):
    """You count a place as hidden only where the mask is exactly 0. A place that a mask shows by half counts by half on either side: `1 - masks`."""
    return rise_map(scores, masks) - rise_map(scores, (masks == 0).to(masks))


def seen_where_positive(scores, masks):
    """You count a place as seen wherever the mask is above 0, and as hidden elsewhere. A place that a mask shows by half counts by half on either side: `masks` and `1 - masks`."""
    return seen_minus_hidden(scores, (masks > 0).to(masks))


def sums_for_means(scores, masks):
    """You subtract sums. Take the two means: each sum over its own coverage, as `rise_map` does."""
    return weighed(scores, masks) - weighed(scores, 1 - masks)


def both_over_the_seen(scores, masks):
    """You divide both sums by the coverage of the seen. The second is divided by its own: `(1 - masks).sum(0)`."""
    times = masks.sum(0)
    difference = weighed(scores, masks) - weighed(scores, 1 - masks)
    return torch.where(times > 0, difference / times, 0)


def nan_where_always_seen(scores, masks):
    """A place that is always seen, or never, comes out as NaN, 0 / 0. `rise_map` gives the mean score there."""
    return weighed(scores, masks) / masks.sum(0) - weighed(scores, 1 - masks) / (1 - masks).sum(0)


def zero_for_a_missing_mean(scores, masks):
    """Where a place is never hidden, or never seen, you take 0 for the missing mean. Take the mean score, as `rise_map` does: nothing is known of it."""
    return zero_where_unseen(scores, masks) - zero_where_unseen(scores, 1 - masks)


def slope_of_the_line(scores, masks):
    """You fit a line through scores and masks. For masks of 0 and 1 its slope is the difference asked for, for soft masks it is not: subtract the two means."""
    masks_off, scores_off = masks - masks.mean(0), scores - scores.mean()
    return weighed(scores_off, masks_off) / (masks_off**2).sum(0).clamp(min=1e-12)


def covariance_of_both(scores, masks):
    """You return the covariance of scores and masks. Subtract the two means: `rise_map(scores, masks)` and `rise_map(scores, 1 - masks)`."""
    return weighed(scores - scores.mean(), masks - masks.mean(0)) / len(scores)


def difference_of_stretched(scores, masks):
    """You stretch the map to 0…1. Leave it in units of the score, and zero where it is."""
    maps = seen_minus_hidden(scores, masks)
    return (maps - maps.min()) / (maps.max() - maps.min()).clamp(min=1e-8)


def largest_size_is_1(scores, masks):
    """You divide by the largest size. Leave the map in units of the score."""
    maps = seen_minus_hidden(scores, masks)
    return maps / maps.abs().max().clamp(min=1e-8)


def twice_the_seen(scores, masks):
    """Your second mean is the first once more, and nothing is left. The second is of what is hidden: `rise_map(scores, 1 - masks)`."""
    return torch.zeros_like(masks[0])


DIFFERENCE_CURES = {
    **MAP_CURES,
    "not implemented for 'Float'": "`~` turns True and False round. What a mask of numbers hides is `1 - masks`.",
    "only implemented on integer and Boolean": "`~` turns True and False round. What a mask of numbers hides is `1 - masks`.",
    "Boolean value of Tensor": "`not` and `if` want one truth value. What the masks hide is `1 - masks`, place by place.",
    "'Tensor' and 'function'": "`rise_map` is to be called: `rise_map(scores, 1 - masks)`.",
    "bitwise_not": "`~` turns True and False round. What a mask of numbers hides is `1 - masks`.",
    "missing 1 required positional argument": "`rise_map` takes both, scores and masks: `rise_map(scores, 1 - masks)`.",
    "takes 1 positional argument": "`rise_map` takes both, scores and masks: `rise_map(scores, 1 - masks)`.",
    "unsupported operand type(s) for -: 'int' and 'function'": "`1 - masks` turns the masks round, not the function.",
}


# masked_objective -----------------------------------------------------------------------------------------------------


def masked_objective(model, images, target, masks, fill, area, weight):
    """S_c(x ⊙ m + fill ⊙ (1 − m)) − weight · mean_u (sort(m)_u − r_u)²: what a mask keeps of the score.

    images (N, C, H, W), masks (N, 1, H, W) in [0, 1], fill (C, H, W) or (N, C, H, W) → (N,), differentiable with
    respect to masks; larger is better. r is 0 for the first round((1 − area) · H·W) places and 1 for the others: a
    sharp mask of this area costs nothing.
    Fong, Patrick & Vedaldi 2019, arXiv:1910.08485, section 3.
    """
    return kept(model, images, target, masks, fill) - weight * penalty(masks, area)


def kept(model, images, target, masks, fill):
    return class_score(model, images * masks + fill * (1 - masks), target)


def wanted(masks, area):
    """r, as many rows as masks: zeros, then ones."""
    template = torch.zeros_like(masks.detach().flatten(1))
    template[:, round((1 - area) * template.shape[1]) :] = 1
    return template


def penalty(masks, area):
    return ((masks.flatten(1).sort(dim=1).values - wanted(masks, area)) ** 2).mean(1)


def led_back(result, model, images, target, masks, fill, area, weight):
    """The result; where its values are right, its gradient must be, too: the search climbs by it."""
    if not isinstance(result, torch.Tensor) or not result.requires_grad or not masks.requires_grad:
        return result

    def gradient(values):
        return torch.autograd.grad(values.sum(), masks, retain_graph=True, allow_unused=True)[0]

    got = gradient(result)
    shown = images * masks + fill * (1 - masks)
    values, places = masks.flatten(1).sort(dim=1)
    template = torch.zeros_like(values)
    template[:, round((1 - area) * values.shape[1]) :] = 1
    right = class_score(model, shown, target) - weight * ((values - template) ** 2).mean(1)
    if got is None or result.shape != right.shape or not close(result, right):
        return result
    if not close(got, gradient(right)):
        raise Unreadable(
            "The values are right, but part of the formula is cut off from the masks, and the search could not climb by "
            "it. The score and the penalty both lead back to `masks`: look for `.detach()`, `.data`, `.item()`, NumPy "
            "and `no_grad` on either way."
        )
    return result


def objective_cases():
    def marked(*values):
        return torch.tensor(values).reshape(1, 1, 2, 2).requires_grad_()

    sums, image, black = Sums().eval(), torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), torch.zeros(1, 2, 2)
    grey = torch.full((1, 1, 2, 2), 0.5)

    def soft(n, height, width, seed):
        return drawn_masks(n, height, width, seed).requires_grad_()

    return [
        Case(
            "the image 1 2 3 4, 2×2, S = the sum of all values, the mask 0 0.2 0.9 1, fill 0, area 0.5, weight 100",
            (sums, image, 0, marked(0.0, 0.2, 0.9, 1.0), black, 0.5, 100.0),
        ),
        Case(
            "the image 1 2 3 4, 2×2, S = the sum of all values, the mask 0.2 0.9 0.6 0.1, fill 0, area 0.5, weight 10",
            (sums, image, 0, marked(0.2, 0.9, 0.6, 0.1), black, 0.5, 10.0),
        ),
        Case(
            "the image 1 2 3 4, 2×2, S = the sum of all values, a mask that is ½ everywhere, fill 0, area 0.5, weight 10",
            (sums, image, 0, grey, black, 0.5, 10.0),
        ),
        Case(
            "the image 1 2 3 4, 2×2, S = the sum of all values, the mask 1 0 0 0, fill ½, area 0.25, weight 10",
            (sums, image, 0, torch.eye(4)[:1].reshape(1, 1, 2, 2), torch.full((1, 2, 2), 0.5), 0.25, 10.0),
        ),
        Case(
            "one colour image of 5×7, a network that takes any size, a soft mask, one fill (C, H, W), area 0.12, weight 30",
            (
                lively(any_size_network),
                random_images(1, size=5, width=7, seed=2),
                1,
                soft(1, 5, 7, seed=1),
                random_images(1, size=5, width=7, seed=8)[0],
                0.12,
                30.0,
            ),
        ),
        Case(
            "three colour images of 3×3, target 2 for all, soft masks, one fill (C, H, W), area 0.25, weight 8",
            (
                lively(pooling_network),
                random_images(3, size=3, seed=4),
                2,
                soft(3, 3, 3, seed=5),
                random_images(1, size=3, seed=9)[0],
                0.25,
                8.0,
            ),
        ),
        Case(
            "two images of 4×6 and two channels in float64, a network that calls `F.relu`, soft masks, area 0.8, weight 3",
            (
                lively(nested_network, 2, by=2).double(),
                random_images(2, 2, size=4, width=6, seed=5).double() - 0.5,
                0,
                drawn_masks(2, 4, 6, seed=3).double().requires_grad_(),
                torch.full((2, 4, 6), 0.3).double(),
                0.8,
                3.0,
            ),
        ),
        Case(
            "two 6×6 colour images with a target each, a small network, soft masks, a fill for each, area 0.3, weight 20",
            (
                lively(small_network, by=2),
                random_images(2),
                torch.tensor([0, 2]),
                soft(2, 6, 6, seed=2),
                random_images(2, seed=7),
                0.3,
                20.0,
            ),
        ),
    ]


def with_penalty(model, images, target, masks, fill, weight, cost):
    return kept(model, images, target, masks, fill) - weight * cost


def sorted_values(masks):
    return masks.flatten(1).sort(dim=1).values


def mean_area(model, images, target, masks, fill, area, weight):
    """You compare the mean of the mask with the area, and a mask that is grey everywhere costs nothing. Sort its values and compare each with a template of zeros and ones."""
    return with_penalty(model, images, target, masks, fill, weight, (masks.mean((1, 2, 3)) - area) ** 2)


def mean_area_size(model, images, target, masks, fill, area, weight):
    """You take the distance of the mask's mean from the area, and a mask that is grey everywhere costs nothing. Sort its values and compare each with a template of zeros and ones."""
    return with_penalty(model, images, target, masks, fill, weight, (masks.mean((1, 2, 3)) - area).abs())


def each_value_with_the_area(model, images, target, masks, fill, area, weight):
    """You compare every value of the mask with the area, so that a grey mask is best. Compare the sorted values with a template of zeros and ones."""
    return with_penalty(model, images, target, masks, fill, weight, ((masks - area) ** 2).mean((1, 2, 3)))


def mean_of_the_mask(model, images, target, masks, fill, area, weight):
    """Your penalty is the mean of the mask: the smaller, the better. Asked for is a mask of the given area: compare its sorted values with a template of zeros and ones."""
    return with_penalty(model, images, target, masks, fill, weight, masks.mean((1, 2, 3)))


def not_sorted(model, images, target, masks, fill, area, weight):
    """You compare the mask with the template as it lies, so that its ones must lie at the end of the image. Sort its values first: `masks.flatten(1).sort(dim=1).values`."""
    return with_penalty(
        model, images, target, masks, fill, weight, ((masks.flatten(1) - wanted(masks, area)) ** 2).mean(1)
    )


def ones_first(model, images, target, masks, fill, area, weight):
    """The template and the sorted values run in opposite ways. Sorted from small to large, the zeros of the template come first."""
    return with_penalty(
        model, images, target, masks, fill, weight, ((sorted_values(masks) - wanted(masks, area).flip(1)) ** 2).mean(1)
    )


def area_turned_round(model, images, target, masks, fill, area, weight):
    """You exchange `area` and 1 − `area`: the share `area` of the template is 1, and the rest before it 0."""
    return with_penalty(model, images, target, masks, fill, weight, penalty(masks, 1 - area))


def ones_first_for_the_rest(model, images, target, masks, fill, area, weight):
    """Your template begins with round((1 − area) · H·W) ones. These are its zeros, and the ones come behind them."""
    return with_penalty(
        model, images, target, masks, fill, weight, ((sorted_values(masks) - (1 - wanted(masks, area))) ** 2).mean(1)
    )


def rounded_down(model, images, target, masks, fill, area, weight):
    """You cut off the decimals of (1 − area) · H·W. Round them: `round(…)`."""
    template = torch.zeros_like(sorted_values(masks).detach())
    template[:, int((1 - area) * template.shape[1] + 1e-6) :] = 1
    return with_penalty(model, images, target, masks, fill, weight, ((sorted_values(masks) - template) ** 2).mean(1))


def rounded_up(model, images, target, masks, fill, area, weight):
    """You round (1 − area) · H·W up. Take the nearest whole number: `round(…)`."""
    template = torch.zeros_like(sorted_values(masks).detach())
    template[:, math.ceil((1 - area) * template.shape[1] - 1e-6) :] = 1
    return with_penalty(model, images, target, masks, fill, weight, ((sorted_values(masks) - template) ** 2).mean(1))


def one_place_more(model, images, target, masks, fill, area, weight):
    """Your template has one 1 too many. Its first round((1 − area) · H·W) places are 0: a slice from there on leaves them out."""
    template = torch.zeros_like(sorted_values(masks).detach())
    template[:, round((1 - area) * template.shape[1]) - 1 :] = 1
    return with_penalty(model, images, target, masks, fill, weight, ((sorted_values(masks) - template) ** 2).mean(1))


def area_for_ones(model, images, target, masks, fill, area, weight):
    """Your template has the value `area` where 1 belongs. It holds zeros and ones; the area says how many."""
    return with_penalty(
        model, images, target, masks, fill, weight, ((sorted_values(masks) - area * wanted(masks, area)) ** 2).mean(1)
    )


def sum_of_squares(model, images, target, masks, fill, area, weight):
    """You add up the squares over the places. Take their mean, so that the weight means the same for every size."""
    return with_penalty(model, images, target, masks, fill, weight, penalty(masks, area) * masks[0].numel())


def root_of_the_mean(model, images, target, masks, fill, area, weight):
    """You take the root of the mean square. Take the mean square itself."""
    return with_penalty(model, images, target, masks, fill, weight, penalty(masks, area).clamp(min=1e-12).sqrt())


def length_of_the_difference(model, images, target, masks, fill, area, weight):
    """You take the length of the difference, the root of the sum of squares. Take the mean of the squares."""
    return with_penalty(
        model, images, target, masks, fill, weight, (penalty(masks, area) * masks[0].numel()).clamp(min=1e-12).sqrt()
    )


def sizes_for_squares(model, images, target, masks, fill, area, weight):
    """You average the sizes of the differences. Average their squares."""
    return with_penalty(
        model, images, target, masks, fill, weight, (sorted_values(masks) - wanted(masks, area)).abs().mean(1)
    )


def differences_without_squares(model, images, target, masks, fill, area, weight):
    """You average the differences, and those above and below cancel. Square them first."""
    return with_penalty(
        model, images, target, masks, fill, weight, (sorted_values(masks) - wanted(masks, area)).mean(1)
    )


def mean_squared_afterwards(model, images, target, masks, fill, area, weight):
    """You average first and square then, so that differences above and below cancel. Square each, then average."""
    return with_penalty(
        model, images, target, masks, fill, weight, (sorted_values(masks) - wanted(masks, area)).mean(1) ** 2
    )


def penalty_added(model, images, target, masks, fill, area, weight):
    """You add the penalty. Subtract it: larger is better, and a wrong area makes it worse."""
    return masked_objective(model, images, target, masks, fill, area, -weight)


def weight_left_out(model, images, target, masks, fill, area, weight):
    """You leave the weight out. Multiply the penalty by it."""
    return masked_objective(model, images, target, masks, fill, area, 1)


def weight_on_the_score(model, images, target, masks, fill, area, weight):
    """You multiply the score by the weight. It belongs to the penalty."""
    return weight * kept(model, images, target, masks, fill) - penalty(masks, area)


def weight_on_both(model, images, target, masks, fill, area, weight):
    """You multiply everything by the weight. It belongs to the penalty alone: put the brackets around that."""
    return weight * (kept(model, images, target, masks, fill) - penalty(masks, area))


def divided_by_the_weight(model, images, target, masks, fill, area, weight):
    """You divide the penalty by the weight. Multiply by it."""
    return masked_objective(model, images, target, masks, fill, area, 1 / weight)


def score_without_penalty(model, images, target, masks, fill, area, weight):
    """The penalty is missing, and the best mask would be all of the picture. Subtract weight · the mean of (sorted values − template)²."""
    return kept(model, images, target, masks, fill)


def penalty_alone(model, images, target, masks, fill, area, weight):
    """The score is missing. Begin with the score of the masked images, and subtract the penalty from it."""
    return -weight * penalty(masks, area)


def what_is_to_be_lowered(model, images, target, masks, fill, area, weight):
    """Every value has the wrong sign: yours is to be lowered. Asked for is what is to be raised: the score minus the penalty."""
    return -masked_objective(model, images, target, masks, fill, area, weight)


def mask_on_the_fill(model, images, target, masks, fill, area, weight):
    """Your mask shows the fill and hides the image. Where it is 1, the image is seen: `images * masks + fill * (1 - masks)`."""
    return kept(model, images, target, 1 - masks, fill) - weight * penalty(masks, area)


def without_the_fill(model, images, target, masks, fill, area, weight):
    """Where the mask hides the image you show black. Add the fill there: `+ fill * (1 - masks)`."""
    return with_penalty(model, images, target, masks, torch.zeros_like(fill), weight, penalty(masks, area))


def fill_everywhere(model, images, target, masks, fill, area, weight):
    """You add the fill everywhere. Add it only as far as the mask hides: `fill * (1 - masks)`."""
    return class_score(model, images * masks + fill, target) - weight * penalty(masks, area)


def image_not_masked(model, images, target, masks, fill, area, weight):
    """You take the score of the plain images. Mask them first: `images * masks + fill * (1 - masks)`."""
    return class_score(model, images, target) - weight * penalty(masks, area)


def image_not_masked_but_filled(model, images, target, masks, fill, area, weight):
    """You add the fill to the whole image. Mask the image first: `images * masks + fill * (1 - masks)`."""
    return class_score(model, images + fill * (1 - masks), target) - weight * penalty(masks, area)


def fill_of_the_first_image(model, images, target, masks, fill, area, weight):
    """Every image gets the first image's fill. A fill (N, C, H, W) has one for each: use it without an index."""
    return masked_objective(model, images, target, masks, fill[0] if fill.dim() == 4 else fill, area, weight)


def hard_mask(model, images, target, masks, fill, area, weight):
    """You round the mask to 0 and 1 before the image is shown, and no gradient leads through that. Multiply by the mask as it is."""
    return kept(model, images, target, (masks > 0.5).to(masks), fill) - weight * penalty(masks, area)


def hard_masks_for_both(model, images, target, masks, fill, area, weight):
    """You round the mask to 0 and 1, and no gradient leads through that. Use it as it is, for the score and for the penalty."""
    return masked_objective(model, images, target, (masks > 0.5).to(masks), fill, area, weight)


def mask_from_its_largest(model, images, target, masks, fill, area, weight):
    """You keep only the largest values of the mask, as many as the area holds. Multiply by the mask as it is; the penalty leads it to its area."""
    values = sorted_values(masks)
    n = values.shape[1] - round((1 - area) * values.shape[1])
    least = values[:, -n].reshape(-1, 1, 1, 1)
    return kept(model, images, target, (masks >= least).to(masks), fill) - weight * penalty(masks, area)


def masks_cut_off(model, images, target, masks, fill, area, weight):
    """The values are right, but they do not lead back to the masks, and the search could not climb. Leave out `.detach()`, `.item()`, `no_grad` and `torch.tensor(…)`."""
    return masked_objective(model, images, target, masks, fill, area, weight).detach()


def penalty_over_the_batch(model, images, target, masks, fill, area, weight):
    """You average the penalty over all masks. Each has its own: take the mean over dimension 1 of the sorted values, (N, H · W)."""
    return with_penalty(model, images, target, masks, fill, weight, penalty(masks, area).mean())


def sorted_over_the_batch(model, images, target, masks, fill, area, weight):
    """You sort the values of all masks together. Sort each mask by itself: `masks.flatten(1).sort(dim=1).values`."""
    return with_penalty(model, images, target, masks, fill, weight, penalty(masks.flatten().reshape(1, 1, 1, -1), area))


def sorted_in_each_row(model, images, target, masks, fill, area, weight):
    """You sort each row of the mask by itself. Sort all its places together: `masks.flatten(1).sort(dim=1).values`."""
    values = masks.sort(dim=-1).values.flatten(1)
    return with_penalty(model, images, target, masks, fill, weight, ((values - wanted(masks, area)) ** 2).mean(1))


def mean_over_the_masks(model, images, target, masks, fill, area, weight):
    """You average over the masks, dimension 0. Average over the places of each: `.mean(1)` of the sorted values (N, H · W)."""
    return with_penalty(
        model, images, target, masks, fill, weight, ((sorted_values(masks) - wanted(masks, area)) ** 2).mean(0)
    )


def scores_added_up(model, images, target, masks, fill, area, weight):
    """You add up the scores of the images. Each has its own: `class_score` gives (N,)."""
    return kept(model, images, target, masks, fill).sum() - weight * penalty(masks, area)


def places_for_values(model, images, target, masks, fill, area, weight):
    """You take the places of the sorted values, as `argsort` gives them. Take the values: `masks.flatten(1).sort(dim=1).values`."""
    places = masks.flatten(1).argsort(dim=1).to(masks.dtype)
    return with_penalty(model, images, target, masks, fill, weight, ((places - wanted(masks, area)) ** 2).mean(1))


def counted_area(model, images, target, masks, fill, area, weight):
    """You count the values above ½, and no gradient leads through that. Sort the values and compare each with a template of zeros and ones."""
    count = (masks > 0.5).to(masks).mean((1, 2, 3))
    return with_penalty(model, images, target, masks, fill, weight, (count - area) ** 2)


def largest_values_alone(model, images, target, masks, fill, area, weight):
    """You compare the largest values with 1, and leave out that the others be 0. Compare all the sorted values with the template of zeros and ones."""
    values = sorted_values(masks)
    ones = round((1 - area) * values.shape[1])
    return with_penalty(model, images, target, masks, fill, weight, ((values[:, ones:] - 1) ** 2).mean(1))


def smallest_values_alone(model, images, target, masks, fill, area, weight):
    """You compare the smallest values with 0, and leave out that the others be 1. Compare all the sorted values with the template of zeros and ones."""
    values = sorted_values(masks)
    ones = round((1 - area) * values.shape[1])
    return with_penalty(model, images, target, masks, fill, weight, (values[:, :ones] ** 2).mean(1))


def template_of_the_mask(model, images, target, masks, fill, area, weight):
    """Your template comes from the mask itself, 1 where it is above ½. It comes from the area: round((1 − area) · H·W) zeros, and then ones."""
    values = sorted_values(masks)
    return with_penalty(model, images, target, masks, fill, weight, ((values - (values > 0.5).to(values)) ** 2).mean(1))


def not_flattened(model, images, target, masks, fill, area, weight):
    """Your penalty has kept rows and columns. Make one row of each mask before you sort: `masks.flatten(1).sort(dim=1).values`, (N, H · W)."""
    values = masks.sort(dim=-1).values
    template = torch.zeros_like(values[0])
    template[round((1 - area) * len(template)) :] = 1
    return kept(model, images, target, masks, fill) - weight * ((values - template) ** 2).mean(1)


def mean_over_the_images(model, images, target, masks, fill, area, weight):
    """You return one number for all images. Each has its own: (N,), also where N is 1."""
    return masked_objective(model, images, target, masks, fill, area, weight).mean()


def sum_over_the_images(model, images, target, masks, fill, area, weight):
    """You add up the images. Each has its own value: (N,), also where N is 1."""
    return masked_objective(model, images, target, masks, fill, area, weight).sum()


def value_of_the_first(model, images, target, masks, fill, area, weight):
    """You return the value of the first image alone, without its dimension. Return one for each: (N,), also where N is 1."""
    return masked_objective(model, images, target, masks, fill, area, weight)[0]


def objective_of_the_probability(model, images, target, masks, fill, area, weight):
    """You take the probability. Take the score as the network gives it: `class_score(model, shown, target)`."""
    shown = images * masks + fill * (1 - masks)
    return of_class(model(shown).softmax(1), target) - weight * penalty(masks, area)


def objective_of_the_logarithm(model, images, target, masks, fill, area, weight):
    """You take the logarithm of the probability. Take the score as the network gives it: `class_score(model, shown, target)`."""
    shown = images * masks + fill * (1 - masks)
    return of_class(model(shown).log_softmax(1), target) - weight * penalty(masks, area)


def objective_of_class_0(model, images, target, masks, fill, area, weight):
    """You follow the score of class 0. Follow that of the target: `class_score(model, shown, target)`."""
    return masked_objective(model, images, 0, masks, fill, area, weight)


def objective_of_the_first_target(model, images, target, masks, fill, area, weight):
    """You follow the first image's target for all of them. Each has its own: hand over `target` as it is."""
    return masked_objective(model, images, int(torch.as_tensor(target).flatten()[0]), masks, fill, area, weight)


def objective_of_the_winner(model, images, target, masks, fill, area, weight):
    """You take the largest score, of whatever class. Take that of the target: `class_score(model, shown, target)`."""
    return model(images * masks + fill * (1 - masks)).amax(1) - weight * penalty(masks, area)


def rise_of_the_score(model, images, target, masks, fill, area, weight):
    """You subtract the score of the plain images. The objective begins with the score of the masked ones, as it is."""
    return masked_objective(model, images, target, masks, fill, area, weight) - class_score(model, images, target)


def rise_from_the_fill(model, images, target, masks, fill, area, weight):
    """You subtract the score of the fill. The objective begins with the score of the masked images, as it is."""
    return masked_objective(model, images, target, masks, fill, area, weight) - class_score(
        model, fill.expand_as(images), target
    )


def penalty_halved(model, images, target, masks, fill, area, weight):
    """You halve the penalty. Take weight · the mean of the squares as it is."""
    return masked_objective(model, images, target, masks, fill, area, weight / 2)


def area_as_a_number_of_places(model, images, target, masks, fill, area, weight):
    """You divide by the number of ones alone. Take the mean over all places of the mask."""
    ones = wanted(masks, area).sum(1)
    return with_penalty(model, images, target, masks, fill, weight, penalty(masks, area) * masks[0].numel() / ones)


OBJECTIVE_CURES = {
    **HANDED_OVER,
    **TORCHS_WORDS,
    "does not require grad": "Leave out `.detach()` and `no_grad`: the values must lead back to the masks.",
    "Can't call numpy()": "Stay with tensors: NumPy forgets the history that the search climbs by. `masks.flatten(1).sort(dim=1).values` sorts.",
    "torch.return_types": "`sort` gives a pair, values and places: take `.values`.",
    "'torch.return_types.sort'": "`sort` gives a pair, values and places: take `.values`.",
    "unsupported operand type(s) for -: 'tuple'": "`sort` gives a pair, values and places: take `.values`.",
    "a leaf Variable that requires grad": "Do not write into the masks. `images * masks + fill * (1 - masks)` makes a new tensor.",
    "a view of a leaf Variable": "Do not write into the masks. `images * masks + fill * (1 - masks)` makes a new tensor.",
    "slice indices must be integers": "`round(…)` of a number gives a whole one: `template[round((1 - area) * n):] = 1`.",
    "'float' object cannot be interpreted": "`round(…)` of a number gives a whole one. `torch.zeros(n)` wants one, too.",
    "must be tuple of ints": "`round(…)` of a number gives a whole one: `template[round((1 - area) * n):] = 1`.",
    "must match the size": "There may be several masks, (N, 1, H, W), of any height and width. `masks.flatten(1)` makes a row of each, (N, H · W), and one template (H · W,) meets them all.",
    "expanded size of the tensor": "There may be several masks, (N, 1, H, W), of any height and width. `masks.flatten(1)` makes a row of each, (N, H · W).",
    "is invalid for input of size": "There may be several masks, (N, 1, H, W), of any height and width. `masks.flatten(1)` makes a row of each, (N, H · W).",
    "images must have the shape": "`class_score` takes a batch of whole images: `images * masks + fill * (1 - masks)`.",
    "target must name a class": "`class_score(model, shown, target)` takes the whole batch with `target` as it is.",
    "bool tensor is not supported": "Masks hold numbers from 0 to 1: compare nothing, multiply.",
    "cannot be converted to Scalar": "There may be several images, each with its own value. Do without `.item()` and `float()`.",
    "only one element tensors": "There may be several images, each with its own value. Do without `.item()`, `float()` and plain lists.",
    "Found dtype Double but expected Float": "Give the template the type of the masks: `torch.zeros_like(…)`.",
    "must be Tensor, not int": SCORE_CURES["must be Tensor, not int"],
    "'int' object has no attribute": SCORE_CURES["'int' object"],
}


EXERCISES = (
    Exercise(
        window_starts,
        "perturbation",
        1,
        start_cases,
        (
            over_the_edge,
            one_over_the_edge,
            whole_steps_alone,
            last_one_missing,
            last_one_twice,
            before_the_edge,
            before_the_edge_at_once,
            clamped_with_doubles,
            last_one_moved,
            steps_of_the_window,
            every_place,
            first_and_last,
            stops_one_early,
            one_step_alone,
            first_alone,
            one_too_far,
            one_too_early,
            last_by_the_stride,
            end_for_start,
            length_for_start,
            from_the_far_edge,
            spread_evenly,
            from_the_last_to_the_first,
            last_one_first,
            middles_of_windows,
            ends_of_windows,
            numbers_of_windows,
            first_one_missing,
            from_one,
            places_covered,
            remainder_of_the_length,
            remainder_of_the_window,
            as_many_as_strides,
            as_many_as_windows,
            stride_left_between,
            window_and_stride_exchanged,
            from_the_window_on,
        ),
        read=starts_read,
        cures=LIST_CURES,
        recall="Asked for is a list of the places where windows begin: 0, stride, 2 · stride and so on, as long as they are less than length − window, and last length − window itself: [0, 2, 3] for length 5, window 2 and stride 2.",
    ),
    Exercise(
        sliding_occlusion,
        "perturbation",
        4,
        occlusion_cases,
        (
            overlaps_added,
            written_to_the_middle,
            written_to_the_corner,
            divided_by_all_windows,
            later_ones_win,
            later_ones_win_and_are_divided,
            after_minus_before,
            score_for_drop,
            drop_of_the_probability,
            drop_of_the_log_probability,
            one_on_top_of_the_other,
            step_by_step,
            first_channel_alone,
            fill_from_its_corner,
            one_colour_of_the_corner,
            one_colour_of_the_fill,
            fill_of_one_number,
            black_for_fill,
            mean_of_the_window,
            fill_added,
            fill_of_the_first,
            sizes_of_the_mean,
            sizes_of_drops,
            drops_squared,
            clipped_at_zero,
            falls_alone,
            inside_kept,
            image_into_the_fill,
            on_black,
            steps_that_leave_a_strip,
            steps_that_divide_by_zero,
            hanging_over_the_edge,
            every_step,
            without_overlap,
            stride_for_window,
            rows_for_columns,
            columns_for_rows,
            grid_of_drops,
            drops_in_colour,
            channel_lost,
            batch_lost,
            mean_drop_of_the_batch,
            drop_of_the_first,
            first_score_before,
            class_0_for_all,
            target_of_the_first,
            class_that_wins,
            largest_score,
            all_scores,
            share_of_the_score,
            drop_for_each_pixel,
            drops_shared_out_and_added,
            largest_drop,
            smallest_drop,
            mean_with_the_last,
            centred_map,
            from_0_to_1,
            largest_is_1,
            nothing_covered,
            one_row_more,
            drop_along_the_columns,
            window_and_stride_in_the_call,
            height_and_width_exchanged,
            channels_for_rows,
            last_ones_hang_over,
            written_to_one_place_and_divided,
            mean_of_the_fill_there,
            one_number_of_the_fill_there,
            divided_by_all_counts,
            divided_by_the_largest_count,
            divided_by_the_mean_count,
            counted_from_one,
            multiplied_by_the_count,
            first_row_of_windows,
            first_window,
            along_the_diagonal,
            less_the_fill,
            squeezed,
            one_row_less,
        ),
        normalise=in_float32,
        read=without_history,
        cures=OCCLUSION_CURES,
        floor=1e-6,
        recall="For each window: cover it in a fresh copy, with the fill of the same place; drop = score before − score after, for each image; add it to all the places of the window. Then divide each place by the number of windows that cover it. (N, 1, H, W)",
    ),
    Exercise(
        inpaint,
        "perturbation",
        3,
        inpaint_cases,
        (
            not_divided,
            hidden_blurred_in,
            hidden_blurred_in_and_divided,
            known_smoothed,
            known_smoothed_and_not_divided,
            blurred_alone,
            divided_by_the_share,
            divided_by_the_mean_weight,
            divided_by_the_largest_weight,
            divided_by_the_hidden,
            hidden_for_known,
            known_ones_painted,
            hidden_and_known_turned,
            zero_by_zero,
            black_out_of_reach,
            hidden_out_of_reach,
            mean_with_the_hidden,
            mean_over_all_places,
            mean_of_all_channels,
            mean_of_the_batch,
            one_number_of_the_batch,
            sum_of_all_channels,
            sum_over_the_number_of_places,
            mean_of_each_image,
            one_mean_of_everything,
            a_millionth_below,
            mean_blurred_in,
            multiplied_by_the_weight,
            sum_out_of_reach,
            half_out_of_reach,
            one_colour,
            mean_of_everything,
            painted_black,
            left_as_it_was,
            blurred_twice,
            painting_blurred,
            sigma_of_one,
            sigma_squared,
            sigmas_that_differ,
            holes_of_the_first,
            holes_of_all,
            holes_alone,
            painted_on_top,
            grey_holes,
            holes_of_the_first_image,
            clipped_to_colours,
            weight_and_image_exchanged,
            faint_weights,
            something_added_below,
            blurred_before_masking,
            mixed_with_the_image,
            nearest_known,
        ),
        normalise=in_float32,
        cures=INPAINT_CURES,
        recall="Asked for are the images, and at hidden places `blur(images * known, sigma) / blur(known, sigma)`, with `known` 1 where a pixel is known and 0 elsewhere; where `blur(known, sigma)` is 0, the mean of the known pixels of the same image and channel.",
    ),
    Exercise(
        rise_masks,
        "perturbation",
        3,
        grid_cases,
        (
            not_shifted,
            shift_exchanged,
            shift_of_the_rows_alone,
            shift_of_the_columns_alone,
            one_shift_for_both,
            shift_of_the_first,
            shifts_turned_round,
            cut_from_the_middle,
            shift_in_cells,
            nearest,
            cubic,
            corners_aligned,
            padded_with_black,
            padded_with_white,
            padded_with_its_edge,
            hard_blocks,
            without_room_for_the_shift,
            neither_room_nor_shift,
            no_cell_more,
            blocks_rolled,
            blocks_cut,
            grid_padded_with_black,
            true_where_half,
            cut_up_to_the_size,
            cut_to_the_end,
            cut_to_a_cell,
            rolled_at_size,
            rolled_forward_at_size,
            rolled_forward,
            enlarged_by_a_cell,
            cell_rounded_down,
            cell_and_one,
            two_cells_more,
            one_pixel_more,
            bits_reversed,
            rounded_again,
            channel_of_masks_lost,
            masks_for_channels,
            three_channels,
            not_cut,
            turned_over,
            mean_of_1,
            first_mask_alone,
            grid_of_the_first,
            one_pixel_back,
        ),
        normalise=in_float32,
        cures=MASK_CURES,
        floor=1e-6,
        recall="For each grid: enlarge it bilinearly to (s + 1) · cell rows and columns, cell = size / s rounded up; cut out `size` rows from row `shift[0]` on and `size` columns from column `shift[1]` on. (M, 1, size, size)",
    ),
    Exercise(
        rise_map,
        "perturbation",
        3,
        map_cases,
        (
            sum_of_scores,
            divided_by_their_number,
            divided_by_half_their_number,
            divided_by_the_mean_coverage,
            divided_by_all_of_it,
            divided_by_the_places,
            divided_by_the_scores,
            zero_by_zero_map,
            zero_where_unseen,
            mean_of_the_map_where_unseen,
            sum_where_unseen,
            middle_where_unseen,
            least_where_unseen,
            mean_everywhere,
            one_added_below,
            at_least_one_below,
            little_coverage_is_none,
            stretched_map,
            largest_of_1,
            softmax_of_scores,
            sizes_of_scores,
            positive_scores,
            centred_scores,
            along_the_rows,
            along_the_rows_with_a_rest,
            along_the_channels,
            along_the_channels_with_a_rest,
            summed_over_the_channel,
            shares_added_up,
            less_what_is_hidden,
            mean_over_sum,
            sum_over_mean,
            one_less_below,
            divided_by_the_largest_coverage,
            largest_where_unseen,
            best_mask,
            hard_masks,
            halved_masks,
            masks_squared,
            masks_squared_above,
            scores_squared,
            of_the_hidden,
            largest_masked_score,
            unweighted_below,
            with_the_batch_kept,
            without_the_channel,
            mean_of_ratios,
            mean_map,
            turned_over_map,
            sums_over_the_places,
        ),
        normalise=in_float32,
        cures=MAP_CURES,
        floor=1e-6,
        recall="At each place: the sum over the masks of score · mask, divided by the sum over the masks of mask; where that sum is 0, the mean score. (1, H, W)",
    ),
    Exercise(
        seen_minus_hidden,
        "perturbation",
        2,
        difference_cases,
        (
            minus_its_mean,
            minus_the_mean_score,
            minus_the_least,
            minus_its_median,
            twice_over_the_mean,
            masks_subtracted,
            from_the_largest_value,
            half_the_difference,
            centred_equation,
            hidden_minus_seen,
            seen_alone,
            hidden_alone,
            size_of_the_difference,
            gains_alone,
            seen_and_hidden_added,
            seen_over_hidden,
            share_of_the_whole,
            share_of_the_mean_score,
            in_spreads,
            scores_turned,
            scores_and_masks_turned,
            scores_with_other_signs,
            of_hard_masks,
            hidden_where_zero,
            seen_where_positive,
            sums_for_means,
            both_over_the_seen,
            nan_where_always_seen,
            zero_for_a_missing_mean,
            slope_of_the_line,
            covariance_of_both,
            difference_of_stretched,
            largest_size_is_1,
            twice_the_seen,
        ),
        normalise=in_float32,
        cures=DIFFERENCE_CURES,
        floor=1e-5,
        recall="Asked for is `rise_map` of the masks minus `rise_map` of what they hide, `1 - masks`, with the same scores. (1, H, W)",
    ),
    Exercise(
        masked_objective,
        "perturbation",
        4,
        objective_cases,
        (
            mean_area,
            mean_area_size,
            each_value_with_the_area,
            mean_of_the_mask,
            not_sorted,
            ones_first,
            area_turned_round,
            ones_first_for_the_rest,
            rounded_down,
            rounded_up,
            one_place_more,
            area_for_ones,
            sum_of_squares,
            root_of_the_mean,
            length_of_the_difference,
            sizes_for_squares,
            differences_without_squares,
            mean_squared_afterwards,
            penalty_added,
            weight_left_out,
            weight_on_the_score,
            weight_on_both,
            divided_by_the_weight,
            score_without_penalty,
            penalty_alone,
            what_is_to_be_lowered,
            mask_on_the_fill,
            without_the_fill,
            fill_everywhere,
            image_not_masked,
            image_not_masked_but_filled,
            fill_of_the_first_image,
            hard_mask,
            hard_masks_for_both,
            mask_from_its_largest,
            masks_cut_off,
            penalty_over_the_batch,
            sorted_over_the_batch,
            sorted_in_each_row,
            mean_over_the_masks,
            scores_added_up,
            places_for_values,
            counted_area,
            largest_values_alone,
            smallest_values_alone,
            template_of_the_mask,
            not_flattened,
            mean_over_the_images,
            sum_over_the_images,
            value_of_the_first,
            objective_of_the_probability,
            objective_of_the_logarithm,
            objective_of_class_0,
            objective_of_the_first_target,
            objective_of_the_winner,
            rise_of_the_score,
            rise_from_the_fill,
            penalty_halved,
            area_as_a_number_of_places,
        ),
        read=led_back,
        cures=OBJECTIVE_CURES,
        recall="For each image: the score of `images * masks + fill * (1 - masks)`, minus weight · the mean over all places of (sorted mask values − template)², with a template of round((1 − area) · H · W) zeros and then ones. (N,)",
    ),
)
