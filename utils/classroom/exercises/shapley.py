"""Lesson 09: a score shared out among the parts of a picture, exactly and by estimates."""

import math

import torch

from ... import methods
from ...methods import (
    all_coalitions,
    coalition_images,
    interaction_index,
    kernel_shap,
    permutation_shapley,
    shapley_kernel,
    shapley_values,
)
from ..exercise import Case, Exercise
from .grad_cam import TORCHS_WORDS, in_float32
from .networks import random_images


def lime(coalitions, values, width, alpha):
    """argmin_{b, β} Σ_k w_k (v_k − b − Σ_i z_ki β_i)² + α Σ β_i² → β (n,).

    coalitions (K, n) bool, values (K,). w = exp(−d² / (2 width²)) with d = 1 − √(players shown / n).
    Ribeiro, Singh & Guestrin 2016, arXiv:1602.04938, eq. 1; distance and width as in the lime package.
    """
    return methods.lime(coalitions, values, width, alpha)


def in_float64(result):
    """Shares of either type are as good; whole numbers stay what they are, for the check to speak of."""
    return result.double() if result is not None and result.is_floating_point() else result


def as_numbers(result):
    """Whole numbers, too, are compared by their values."""
    return result.double() if result is not None else result


def as_one_number(result):
    """One number is one number, with or without dimensions."""
    result = in_float64(result)
    return result.reshape(()) if result is not None and result.numel() == 1 else result


def table(*values, dtype=torch.float64):
    """v of all coalitions, in the order nobody, a, b, ab, c, ac, bc, abc …"""
    return torch.tensor(values, dtype=dtype)


def random_table(n, seed, scale=1.0, shift=0.0, dtype=torch.float64):
    """A game in which all players need and replace one another, of any number; v(nobody) is not 0."""
    generator = torch.Generator().manual_seed(seed)
    return (shift + scale * torch.randn(2**n, generator=generator, dtype=torch.float64)).to(dtype)


def random_rows(k, n, seed):
    """k coalitions of n players, neither nobody nor all; some come twice."""
    numbers = torch.randint(1, 2**n - 1, (k,), generator=torch.Generator().manual_seed(seed))
    return all_coalitions(n)[numbers]


OR = "each of a and b is enough (OR), v = 0 1 1 1 for nobody, a, b, both"
AND = "a and b need each other (AND), v = 0 0 0 1 for nobody, a, b, both"
A_AND_B_OR_C = (0, 0, 0, 1, 0, 1, 0, 1)
MAJORITY = (0, 0, 0, 1, 0, 1, 1, 1)
THREE = (4, 5, 6, 10, 1, 3, 8, 20)
OF_THREE = "v = 4 5 6 10 1 3 8 20 for nobody, a, b, ab, c, ac, bc, abc"

BOOLS = {  # what PyTorch says of True and False, and Python of what is not there → what to do
    "name 'math' is not defined": "`import math` makes it known: write that into your cell.",
    "name 'itertools' is not defined": "`import itertools` makes it known: write that into your cell.",
    "name 'combinations' is not defined": "`from itertools import combinations` makes it known: write that into your cell.",
    "name 'permutations' is not defined": "`from itertools import permutations` makes it known: write that into your cell.",
    "name 'factorial' is not defined": "`from math import factorial` makes it known: write that into your cell.",
    "name 'comb' is not defined": "`from math import comb` makes it known: write that into your cell.",
    "name 'sqrt' is not defined": "For a tensor it is `.sqrt()`, for a number `math.sqrt`.",
    "name 'exp' is not defined": "For a tensor it is `torch.exp`, for a number `math.exp`.",
    "with a bool tensor is not supported": "True and False cannot be subtracted. `~` turns them round; `.double()` makes numbers of them.",
    "on a bool tensor is not supported": "True and False have no sign. `~` turns them round; `.double()` makes numbers of them.",
    "two bool tensors is not supported": "True and False cannot be subtracted. Make numbers of them first, `.double()`.",
    "not implemented for 'Bool'": "True and False cannot be multiplied as matrices. Make numbers of them first: `coalitions.double()`, say.",
    "only implemented on integer and Boolean": "`~` turns True and False round. For numbers 0 and 1 that is 1 − z.",
    "could not infer output dtype": "True and False have no mean. Make numbers of them first: `coalitions.double()`.",
    "Got: Bool": "True and False have no mean. Make numbers of them first: `coalitions.double()`.",
}
GAME = {
    **TORCHS_WORDS,
    **BOOLS,
    "not defined for negative values": "You ask for the factorial of a negative number. S holds only others: leave out the coalitions in which "
    "the player is already. And does the size of S count S alone?",
    "'float' object cannot be interpreted": "A whole number is wanted here, and `/`, `math.log2` and `**` of something negative make floats. The number of players is "
    "`len(values).bit_length() - 1`.",
    "not float": "A whole number is wanted here, and `math.log2` and `/` make floats. The number of players is `len(values).bit_length() - 1`.",
    "got float": "An entry of the table has a whole number. `//` divides without a rest, and `math.log2` gives a float: `int(…)`.",
    "out of bounds": "The table has 2ⁿ entries, counted from 0: n is `len(values).bit_length() - 1`, and with player i the entry of S is that of S "
    "plus 2 to the power of i, for an S in which i is not yet.",
    "out of range": "The table has 2ⁿ entries, counted from 0: n is `len(values).bit_length() - 1`, and with player i the entry of S is that of S "
    "plus 2 to the power of i, for an S in which i is not yet.",
    "too many indices": "The table has one dimension. The entry of a coalition is one number: the sum of `2**i` over its players.",
    "(got set)": "The entry of a coalition is one number: the sum of `2**i` over its players.",
    "(got tuple)": "The entry of a coalition is one number: the sum of `2**i` over its players.",
    "'int' object is not iterable": "To go through numbers, or to choose some of them, `range(n)` is wanted, not n.",
    "must be Tensor, not int": "`torch.log2` takes tensors. The number of players is `len(values).bit_length() - 1`.",
    "integer tensors of a single element": "`range`, `math.comb` and `math.factorial` take one whole number: `int(…)`, or go through them with `.tolist()`.",
    "'list' object cannot be interpreted": "`range` takes one whole number.",
    "doesn't match the broadcast shape": "Several values are put where one number goes. The entry of a coalition is one number: the sum of `2**i` over its players.",
    "cast to the desired output type": "A tensor of whole numbers takes no fractions. Begin with `torch.zeros(n, dtype=values.dtype)`.",
    "division by zero": "In |S|! (n − |S| − 1)! / n! nothing below the line is 0. (The weight of KernelSHAP is another: it comes later.)",
    "has no attribute 'bit_count'": "A tensor has no `bit_count`. Go through the coalitions as whole numbers, `for k in range(len(values))`, or sum the bits of `methods.all_coalitions(n)`.",
}


TWO = (1, 4, 6, 15)
OF_TWO = "v = 1 4 6 15 for nobody, a, b, both"


def n_of(values):
    return len(values).bit_length() - 1


# coalition_images -----------------------------------------------------------------------------------------------------


def image_cases():
    left, right = torch.tensor([[1, 0], [1, 0]]).bool(), torch.tensor([[0, 1], [0, 0]]).bool()
    image, fill = torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]), torch.tensor([[[10.0, 20.0], [30.0, 40.0]]])
    colour, other = random_images(2, size=5, width=6, seed=9)
    owner = torch.tensor(
        [[0, 0, 4, 4, 1, 1], [0, 0, 4, 1, 1, 1], [4, 4, 2, 1, 4, 4], [0, 2, 2, 2, 2, 4], [4, 4, 2, 2, 4, 4]]
    )
    four = torch.stack([owner == k for k in (0, 1, 3, 2)])  # nothing is 3's
    rows = torch.tensor(
        [[1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0], [0, 0, 1, 1], [1, 1, 1, 1], [1, 1, 0, 1], [0, 1, 0, 0]]
    ).bool()
    return [
        Case(
            "the 2×2 image (1 2; 3 4), the fill (10 20; 30 40), player 0 the left column, player 1 the upper right, "
            "the lower right of no player; the coalitions nobody, 0, 1, both",
            (image, fill, torch.stack([left, right]), all_coalitions(2)),
        ),
        Case(
            "a 5×6 colour image and another picture as fill, four players, the third without a pixel, and pixels of "
            "no player; seven coalitions",
            (colour, other - 0.5, four, rows),
        ),
        Case("a 5×6 colour image, a single player, one coalition: nobody", (colour, other, four[:1], rows[2:3, :1])),
    ]


def shown_in(players, coalitions):
    """(K, 1, H, W): the pixels of those who are in."""
    return (coalitions[:, :, None, None] & players).any(1, keepdim=True)


def in_and_out_exchanged(image, fill, players, coalitions):
    """You exchange in and out: players that are in show the image, those that are out show the fill."""
    return coalition_images(image, fill, players, ~coalitions)


def in_and_out_exchanged_on_fill(image, fill, players, coalitions):
    """You exchange in and out, and fill what belongs to no player. Start from the image, and put the fill on the pixels of the players that are out."""
    return torch.where(shown_in(players, ~coalitions), image, fill)


def no_player_filled(image, fill, players, coalitions):
    """You fill the pixels that belong to no player. They keep the image: fill only where a player is out."""
    return torch.where(shown_in(players, coalitions), image, fill)


def filled_with_zero(image, fill, players, coalitions):
    """You put 0 in the place of players that are out. Put `fill` there, each pixel at the same place."""
    return coalition_images(image, torch.zeros_like(fill), players, coalitions)


def zero_but_for_those_in(image, fill, players, coalitions):
    """You keep the pixels of those who are in, and all the others are 0. Put `fill` on the pixels of those who are out; pixels of no player keep the image."""
    return torch.where(shown_in(players, coalitions), image, 0.0)


def filled_with_one_colour(image, fill, players, coalitions):
    """You fill with one colour, the one at the upper left corner of `fill`. `fill` is a picture: take each pixel from the same place."""
    return coalition_images(image, fill[:, :1, :1].expand_as(fill), players, coalitions)


def filled_with_its_mean(image, fill, players, coalitions):
    """You fill with the mean of `fill`. It is a picture: take each pixel from the same place."""
    return coalition_images(image, fill.mean((1, 2), keepdim=True).expand_as(fill), players, coalitions)


def filled_with_its_one_mean(image, fill, players, coalitions):
    """You fill with one number, the mean of `fill`. It is a picture: take each pixel from the same place."""
    return coalition_images(image, fill.mean().expand_as(fill), players, coalitions)


def filled_with_own_colour(image, fill, players, coalitions):
    """You fill a player with its own mean colour, as LIME does. Here it is filled from `fill`, pixel by pixel."""
    filled = image.clone()
    for player in players:
        if player.any():
            filled[:, player] = image[:, player].mean(1, keepdim=True)
    return coalition_images(image, filled, players, coalitions)


def masks_multiplied(image, fill, players, coalitions):
    """You show only what belongs to all who are in at once, and no pixel belongs to two. It is enough to belong to one of them: `any`, or a sum of the masks."""
    shown = (players | ~coalitions[:, :, None, None]).all(1, keepdim=True)
    return torch.where(shown, image, fill)


def masks_of_those_out_multiplied(image, fill, players, coalitions):
    """Nothing is covered where two are out: no pixel belongs to both. It is enough to belong to one of those who are out: `any`, or a sum of the masks."""
    hidden = (players | coalitions[:, :, None, None]).all(1, keepdim=True) & ~coalitions.all(1)[:, None, None, None]
    return torch.where(hidden, fill, image)


def the_last_one_covered(image, fill, players, coalitions):
    """Of several who are out only the last is covered: you start anew from the image for each. Go on from the picture in which the others are covered already."""
    pictures = []
    for row in coalitions:
        picture = image
        for player, there in zip(players, row.tolist(), strict=True):
            picture = picture if there else torch.where(player, fill, image)
        pictures.append(picture)
    return torch.stack(pictures)


def the_first_one_covered(image, fill, players, coalitions):
    """Of several who are out only the first is covered. Cover all of them: is there a `break`, an index or an `argmin` in the way?"""
    pictures = []
    for row in coalitions:
        out = players[~row]
        pictures.append(torch.where(out[0], fill, image) if len(out) else image)
    return torch.stack(pictures)


def the_last_one_shown(image, fill, players, coalitions):
    """Of several who are in only the last is shown: you start anew from the fill for each. Start from the image, and cover those who are out, one after the other."""
    pictures = []
    for row in coalitions:
        picture = fill
        for player, there in zip(players, row.tolist(), strict=True):
            picture = torch.where(player, image, fill) if there else picture
        pictures.append(picture)
    return torch.stack(pictures)


def pictures_added(image, fill, players, coalitions):
    """You add one picture for each player that is in, so that fill and image pile up. Make one picture: the fill where a player is out, the image elsewhere."""
    each = torch.where(players[:, None], image, fill)
    return (coalitions[:, :, None, None, None] * each).sum(1)


def fill_added(image, fill, players, coalitions):
    """You add the fill on top of the image. Put it in the place of the image."""
    return image + shown_in(players, ~coalitions) * fill


def the_fill_alone(image, fill, players, coalitions):
    """You show the fill where players are out, and 0 elsewhere. Elsewhere the image stays."""
    return shown_in(players, ~coalitions) * fill


def cover_piles_up(image, fill, players, coalitions):
    """What one coalition covers stays covered in the next. Start each picture from a copy of the image: `image.clone()` inside the loop."""
    picture, pictures = image.clone(), []
    for row in coalitions:
        picture = torch.where(shown_in(players, ~row[None])[0], fill, picture)
        pictures.append(picture)
    return torch.stack(pictures)


def one_picture_many_times(image, fill, players, coalitions):
    """All your pictures are the same: they are one tensor, changed again and again. Start each from a copy of the image: `image.clone()` inside the loop."""
    last = cover_piles_up(image, fill, players, coalitions)[-1]
    return last.expand(len(coalitions), *last.shape)


def one_picture_in_all(image, fill, players, coalitions):
    """You return one picture. There is one for each coalition, (K, C, H, W): make one for each row, and `torch.stack` them."""
    return coalition_images(image, fill, players, coalitions)[0]


def the_last_picture(image, fill, players, coalitions):
    """You return the picture of the last coalition alone. There is one for each coalition, (K, C, H, W): keep them in a list, and `torch.stack` it."""
    return coalition_images(image, fill, players, coalitions)[-1]


def shown_in_any(image, fill, players, coalitions):
    """You put all coalitions into one picture. Make one for each row of `coalitions`, (K, C, H, W)."""
    return coalition_images(image, fill, players, coalitions.any(0, keepdim=True))


def shown_in_any_alone(image, fill, players, coalitions):
    """You put all coalitions into one picture, (C, H, W). Make one for each row of `coalitions`, (K, C, H, W)."""
    return coalition_images(image, fill, players, coalitions.any(0, keepdim=True))[0]


def joined_in_channels(image, fill, players, coalitions):
    """The pictures are joined in their channels. `torch.stack` gives them a dimension of their own, (K, C, H, W); `torch.cat` does not."""
    return coalition_images(image, fill, players, coalitions).flatten(0, 1)


def without_a_channel(image, fill, players, coalitions):
    """Your mask has no dimension for the channels, (K, H, W), and its coalitions meet them. Put one in, (K, 1, H, W): `[:, None]`."""
    return torch.where(shown_in(players, ~coalitions)[:, 0], fill, image)


def players_for_channels(image, fill, players, coalitions):
    """You take the columns of `coalitions`, the players, for channels. Which pixels are a player's is said by the masks, `players`: let the two meet, (K, n, H, W), and put the masks together over the players."""
    return torch.where(coalitions[:, :, None, None], image, fill)


def one_for_each_player(image, fill, players, coalitions):
    """You make a picture for each player, in which that one is covered. Make one for each coalition, a row of `coalitions`, in which all are covered who are out."""
    return torch.where(players[:, None], fill, image)


def clipped_pictures(image, fill, players, coalitions):
    """You clip the pictures to 0 … 1. Leave the values of image and fill as they are."""
    return coalition_images(image, fill, players, coalitions).clamp(0, 1)


def channels_in_front(image, fill, players, coalitions):
    """The channels stand in front of the coalitions. Asked for is (K, C, H, W): `torch.stack(pictures)`, without another dimension."""
    return coalition_images(image, fill, players, coalitions).transpose(0, 1)


def players_from_the_right(image, fill, players, coalitions):
    """You read the players from the right. Column i of `coalitions` is that of `players[i]`."""
    return coalition_images(image, fill, players, coalitions.flip(1))


def first_channel_covered(image, fill, players, coalitions):
    """You cover the first channel alone. A mask is (H, W); all the channels go with it: `picture[:, mask]`, or a mask (1, H, W)."""
    right = coalition_images(image, fill, players, coalitions)
    return torch.cat([right[:, :1], image[1:].expand(len(right), *image[1:].shape)], 1)


def masks_alone(image, fill, players, coalitions):
    """You return where the image is shown. Return the pictures: where it is not shown, they have the fill."""
    return ~shown_in(players, ~coalitions)


def masks_alone_as_numbers(image, fill, players, coalitions):
    """You return where the image is shown, as 0 and 1. Return the pictures: the image there, and the fill elsewhere."""
    return (~shown_in(players, ~coalitions)).float()


def masks_of_those_in(image, fill, players, coalitions):
    """You return the pixels of those who are in. Return the pictures: the image, with the fill on the pixels of those who are out."""
    return shown_in(players, coalitions)[:, 0]


def nothing_covered(image, fill, players, coalitions):
    """You cover nothing: all pictures are the image. `torch.where` and a mask change nothing by themselves: keep what they return, and put `fill` where a player is out."""
    return image.expand(len(coalitions), *image.shape).clone()


def everything_covered(image, fill, players, coalitions):
    """All your pictures are the fill. Where a player is in, and where there is no player, the image stays."""
    return fill.expand(len(coalitions), *fill.shape).clone()


def image_for_each_player(image, fill, players, coalitions):
    """You return a picture for each player, too. Of all the players that are out make one mask, by `any` over the players, before you fill."""
    return torch.where((~coalitions[:, :, None, None] & players)[:, :, None], fill, image)


def half_covered(image, fill, players, coalitions):
    """You mix image and fill half and half. Where a player is out, the fill alone is shown."""
    return torch.where(shown_in(players, ~coalitions), (image + fill) / 2, image)


NEW_DIMENSIONS = (
    "Let the dimensions meet by name: coalitions (K, n) with two more at the end, (K, n, 1, 1), and players (n, H, W) make (K, n, H, W); over the players, "
    "dimension 1, that becomes (K, H, W); with a dimension for the channels, (K, 1, H, W), it meets an image (C, H, W)."
)
IMAGE_CURES = {
    **TORCHS_WORDS,
    **BOOLS,
    "must match the size of tensor": NEW_DIMENSIONS,
    "Expected size for first two dimensions": NEW_DIMENSIONS,
    "batch2 must be a 3D tensor": NEW_DIMENSIONS,
    "is not broadcastable": NEW_DIMENSIONS,
    "shape mismatch": "A mask picks pixels out, (C, pixels); what you put there needs as many: `fill` with the same mask.",
    "the number of sizes provided": "A mask picks pixels out, (C, pixels); what you put there needs as many: `fill` with the same mask.",
    "does not match the shape of the indexed tensor": "A mask (H, W) stands in the place of the rows and columns, behind the channels: `picture[:, mask]`. A row of `coalitions` picks players: "
    "`players[row]`.",
    "condition to be a boolean tensor": "`torch.where` asks True or False. A sum of masks makes numbers: `.any(…)` in place of the sum, or `> 0` behind it.",
    "Boolean value of Tensor": "`if` wants one truth value, and a row has one for each player. Ask each by itself, `row[i]`, or let masks do all at once.",
    "tuple indices must be integers": "`max` with a dimension gives a pair. To put masks together take `.any(…)`.",
    "'tuple' object": "`max` with a dimension gives a pair. To put masks together take `.any(…)`.",
    "too many indices": "A mask (H, W) takes the place of two dimensions: `picture[:, mask]`, with one `:` for the channels.",
    "only one dim": "`any` takes one dimension, here that of the players.",
    "out of bounds": "A player is a row of `players` and a column of `coalitions`: are the two exchanged?",
}


# shapley_values -------------------------------------------------------------------------------------------------------


def table_cases():
    return [
        Case(f"two players, {OF_TWO}", (table(*TWO),)),
        Case(OR, (table(0, 1, 1, 1),)),
        Case(AND, (table(0, 0, 0, 1),)),
        Case("a and (b or c), v = 0 0 0 1 0 1 0 1 for nobody, a, b, ab, c, ac, bc, abc", (table(*A_AND_B_OR_C),)),
        Case("three players, two of them are enough, v = 0 0 0 1 0 1 1 1", (table(*MAJORITY),)),
        Case("one player, v = 2 without it and 5 with it", (table(2, 5),)),
        Case(f"three players, {OF_THREE}", (table(*THREE),)),
        Case("four players with values between −3 and 3", (random_table(4, seed=1),)),
        Case("six players with values around 5, in float32", (random_table(6, 2, 2.0, 5.0, torch.float32),)),
    ]


def each_of(values):
    """For each player: the sizes of the coalitions without it, and the rises when it joins them."""
    rows = all_coalitions(n_of(values))
    for i in range(n_of(values)):
        without = (~rows[:, i]).nonzero()[:, 0]
        yield rows[without].sum(1), (values[without + 2**i] - values[without]).double()


def weighed(values, weight):
    """Σ weight(size, n) · rise, for each player."""
    n = n_of(values)
    table_of_weights = torch.tensor([weight(s, n) for s in range(n)], dtype=torch.float64)
    return torch.stack([(table_of_weights[sizes] * rises).sum() for sizes, rises in each_of(values)])


def fair(s, n):
    return math.factorial(s) * math.factorial(n - s - 1) / math.factorial(n)


def plain_means(values):
    """You average over all coalitions alike, which gives the Banzhaf value: it need not add up. Here each size counts alike: weigh the rise by |S|! (n − |S| − 1)! / n!."""
    return torch.stack([rises.mean() for _, rises in each_of(values)])


def plain_means_scaled(values):
    """You average over all coalitions alike and scale the result until it adds up. Scaling is not needed: weigh each rise by |S|! (n − |S| − 1)! / n!, and it adds up by itself."""
    means = plain_means(values)
    return means * (values[-1] - values[0]) / means.sum()


def rises_added(values):
    """You add all the rises up with the same weight. Weigh each by |S|! (n − |S| − 1)! / n!."""
    return weighed(values, lambda s, n: 1)


def rises_over_all_coalitions(values):
    """You divide by the number of all coalitions, 2ⁿ, and each rise counts alike. Weigh each by |S|! (n − |S| − 1)! / n!."""
    return plain_means(values) / 2


def one_out(values):
    """You compare everybody with everybody but i. That is one coalition of many: let i join each coalition S without i, and weigh the rises."""
    return torch.stack([rises[-1] for _, rises in each_of(values)])


def one_alone(values):
    """You compare i alone with nobody. That is one coalition of many: let i join each coalition S without i, and weigh the rises."""
    return torch.stack([rises[0] for _, rises in each_of(values)])


def value_alone(values):
    """You return v of each player alone. Asked for is what a player brings: let i join each coalition S without i, and weigh the rises v(S ∪ i) − v(S)."""
    return torch.stack([values[2**i] for i in range(n_of(values))])


def first_and_last(values):
    """You average what i brings to nobody and what it brings to all the others. There are coalitions between: let i join each of them."""
    return (one_out(values) + one_alone(values)) / 2


def size_with_the_player(values):
    """You count i into the size: in |S|! (n − |S| − 1)! / n! S is the coalition before i joins. Use its size, or write the weight for the larger one, (s − 1)! (n − s)! / n!."""
    return weighed(values, lambda s, n: math.factorial(s + 1) * math.factorial(n - s - 1) / math.factorial(n))


def size_one_too_large(values):
    """Your sizes are one too large, and where the factorial would be that of −1 you take 0: (|S| + 1)! (n − |S| − 2)! / n!. S is the coalition before i joins, with 0 to n − 1 players: |S|! (n − |S| − 1)! / n!."""
    return weighed(
        values, lambda s, n: math.factorial(s + 1) * math.factorial(n - s - 2) / math.factorial(n) if s < n - 1 else 0
    )


def one_less_forgotten(values):
    """Your weight is |S|! (n − |S|)! / n!, which is 1 / C(n, |S|). Those who come after S and i are n − |S| − 1: |S|! (n − |S| − 1)! / n!."""
    return weighed(values, lambda s, n: math.factorial(s) * math.factorial(n - s) / math.factorial(n))


def means_of_the_sizes_added(values):
    """You add up the means of the sizes, or divide by (n − 1)! in place of n!: all is n times too large. Each of the n sizes counts 1/n."""
    return n_of(values) * shapley_values(values)


def factorial_above_missing(values):
    """The factorial of n − |S| − 1 is missing above the line: |S|! (n − |S| − 1)! / n!."""
    return weighed(values, lambda s, n: math.factorial(s) * (n - s - 1) / math.factorial(n))


def divided_by_n_again(values):
    """You divide by n once more. The weights |S|! (n − |S| − 1)! / n! have done so already."""
    return shapley_values(values) / n_of(values)


def not_divided(values):
    """You do not divide by n!. Of n! orders in all, |S|! (n − |S| − 1)! have just S in front of i: take that share of them."""
    return math.factorial(n_of(values)) * shapley_values(values)


def bits_from_the_left(values):
    """Your players are in reversed order: you read the bits from the left. Player 0 is the lowest bit, the last one of `bin(k)`: entry 1 is player 0 alone, entry 2 player 1."""
    return shapley_values(values).flip(0)


def nobody_taken_as_zero(values):
    """You take v of nobody as 0. It may be any number: subtract `values[0]` where S is empty."""
    table = values.clone()
    table[0] = 0
    return shapley_values(table)


def without_nobody(values):
    """You leave out the empty coalition. i may come first: S = ∅ belongs to the sum, with the size 0."""
    return weighed(values, lambda s, n: fair(s, n) if s else 0)


def without_all_others(values):
    """You leave out the largest coalition, all but i. i may come last: sizes go from 0 to n − 1, and `range` ends one before its end."""
    return weighed(values, lambda s, n: fair(s, n) if s < n - 1 else 0)


def falls_for_rises(values):
    """Every value has the wrong sign: subtract v without i from v with i."""
    return -shapley_values(values)


def sizes_of_rises(values):
    """You take the rises without their signs. A player may bring the score down: keep the signs."""
    return torch.stack(
        [
            (torch.tensor([fair(s, n_of(values)) for s in range(n_of(values))])[sizes] * rises.abs()).sum()
            for sizes, rises in each_of(values)
        ]
    )


def rises_above_zero(values):
    """You leave out the coalitions in which i brings the score down. They count as well: keep the signs."""
    return torch.stack(
        [
            (torch.tensor([fair(s, n_of(values)) for s in range(n_of(values))])[sizes] * rises.clamp(min=0)).sum()
            for sizes, rises in each_of(values)
        ]
    )


def values_for_rises(values):
    """You weigh v(S ∪ i) and do not subtract v(S). What i brings is the difference."""
    rows, n = all_coalitions(n_of(values)), n_of(values)
    weights = torch.tensor([0, *(fair(s, n) for s in range(n))], dtype=torch.float64)[rows.sum(1)]
    return torch.stack([(weights * values)[rows[:, i]].sum() for i in range(n)])


def shared_alike(values):
    """Everybody gets the same. Look at what each player brings, v(S ∪ i) − v(S)."""
    return ((values[-1] - values[0]) / n_of(values)).expand(n_of(values))


def shares_of_one(values):
    """You divide by the sum, so that the shares add up to 1. Leave them in the units of the values: they add up to v(all) − v(nobody)."""
    shares = shapley_values(values)
    return shares / shares.sum()


def the_number_for_the_size(values):
    """You take the number of the entry for the size of the coalition. Its size is how many bits are set in the number: `bin(k).count("1")`."""
    n, rows = n_of(values), all_coalitions(n_of(values))
    shares = []
    for i in range(n):
        without = (~rows[:, i]).nonzero()[:, 0].tolist()
        shares.append(sum(fair(min(k, n - 1), n) * (values[k + 2**i] - values[k]).item() for k in without))
    return torch.tensor(shares, dtype=torch.float64)


def the_player_as_a_number(values):
    """You add i to the number of a coalition, or ask `k & i`. Player i is the bit of value 2 to the power of i: S with i is entry k + 2**i, and i is in k where `k >> i & 1` is 1."""
    n, shares = n_of(values), []
    for i in range(n):
        without = [k for k in range(len(values)) if not k & i and bin(k).count("1") < n]
        shares.append(sum(fair(bin(k).count("1"), n) * (values[k | i] - values[k]).item() for k in without))
    return torch.tensor(shares, dtype=torch.float64)


def the_player_added(values):
    """You add i to the number of a coalition: `values[k + i]`. Player i is the bit of value 2 to the power of i: S with i is entry k + 2**i."""
    n, shares = n_of(values), []
    for i in range(n):
        without = [k for k in range(len(values)) if not k >> i & 1]
        shares.append(sum(fair(bin(k).count("1"), n) * (values[k + i] - values[k]).item() for k in without))
    return torch.tensor(shares, dtype=torch.float64)


def the_players_added_up(values):
    """You add the numbers of the players up to find the entry of a coalition. Player i is the bit of value 2 to the power of i: add up `2**i`."""
    rows, n = all_coalitions(n_of(values)), n_of(values)
    numbers, sizes = (rows * torch.arange(n)).sum(1), rows.sum(1)
    shares = []
    for i in range(n):
        rises = (values[(numbers + i).clamp(max=len(values) - 1)] - values[numbers])[~rows[:, i]].tolist()
        shares.append(sum(fair(s, n) * rise for s, rise in zip(sizes[~rows[:, i]].tolist(), rises, strict=True)))
    return torch.tensor(shares, dtype=torch.float64)


def the_last_coalition_alone(values):
    """Only the last coalition counts: each writes over the one before it. Add up: `+=`."""
    return one_out(values) / n_of(values)


def running_total(values):
    """You go on with the sum of the players before. Begin each player with 0: inside the loop over the players."""
    return shapley_values(values).cumsum(0)


def whole_weights(values):
    """Your weights are whole numbers, nearly all of them 0: `//` divides without a rest. Use `/`."""
    return weighed(values, lambda s, n: math.factorial(s) * math.factorial(n - s - 1) // math.factorial(n))


def the_first_player_alone(values):
    """The first player has its share, all others have 0. Go through all of them: does the `return` stand inside the loop?"""
    shares = shapley_values(values)
    return torch.cat([shares[:1], torch.zeros_like(shares[1:])])


def the_sum_of_shares(values):
    """You return one number. Each player has a share: return all of them, (n,)."""
    return shapley_values(values).sum()


def rises_kept(values):
    """You return the rises, one for each player and coalition. Weigh them, and add up those of each player: (n,) is asked for."""
    return torch.stack([rises for _, rises in each_of(values)])


def of_the_first_player(values):
    """You return the share of the first player alone. Return all of them, (n,): does the `return` stand inside the loop?"""
    return shapley_values(values)[0]


def of_the_last_player(values):
    """You return the share of the last player alone. Keep the share of each, and return all of them, (n,)."""
    return shapley_values(values)[-1]


def in_one_row(values):
    """Your values are right, with a dimension of length 1 too many: return (n,)."""
    return shapley_values(values)[None]


def the_order_by_arrival(values):
    """Everybody arrives in one order, 0, 1, 2 …. That order is one of many: each of them counts alike."""
    order = torch.arange(n_of(values))[None]
    return permutation_shapley(Game(values), order)


# interaction_index ----------------------------------------------------------------------------------------------------


def pair_cases():
    three = table(*THREE)
    return [
        Case(f"players 0 and 1 of two, {OF_TWO}", (table(*TWO), 0, 1)),
        Case(f"players 0 and 1 where {OR}", (table(0, 1, 1, 1), 0, 1)),
        Case(f"players 0 and 1 where {AND}", (table(0, 0, 0, 1), 0, 1)),
        Case("players 1 and 2 in a and (b or c), v = 0 0 0 1 0 1 0 1", (table(*A_AND_B_OR_C), 1, 2)),
        Case("players 2 and 0 in a and (b or c), v = 0 0 0 1 0 1 0 1", (table(*A_AND_B_OR_C), 2, 0)),
        Case(f"players 0 and 2 of three, {OF_THREE}", (three, 0, 2)),
        Case(f"players 2 and 1 of three, {OF_THREE}", (three, 2, 1)),
        Case("players 1 and 3 of four with values between −3 and 3", (random_table(4, seed=1), 1, 3)),
        Case("players 3 and 2 of five with values between −3 and 3", (random_table(5, seed=2), 3, 2)),
        Case(
            "players 4 and 2 of five with values around 5, in float32",
            (random_table(5, 3, 2.0, 5.0, torch.float32), 4, 2),
        ),
    ]


def together(values, i, j):
    """The sizes of the coalitions S without i and j, and v(S), v(S ∪ i), v(S ∪ j), v(S ∪ ij)."""
    rows = all_coalitions(n_of(values))
    without = (~rows[:, [i, j]].any(1)).nonzero()[:, 0]
    return rows[without].sum(1), *(values[without + more].double() for more in (0, 2**i, 2**j, 2**i + 2**j))


def pair_by(values, i, j, weight=None, of=lambda none, one, other, both: both - one - other + none):
    """Σ weight(size, n) · of(v(S), v(S ∪ i), v(S ∪ j), v(S ∪ ij))."""
    n = n_of(values)
    weight = weight or (lambda s, n: 1 / ((n - 1) * math.comb(n - 2, s)))
    sizes, *four = together(values, i, j)
    return (torch.tensor([weight(s, n) for s in range(n - 1)], dtype=torch.float64)[sizes] * of(*four)).sum()


def from_nobody_alone(values, i, j):
    """You look at the empty coalition alone. Look at each coalition S without i and j, and weigh what you find."""
    _, none, one, other, both = together(values, i, j)
    return (both - one - other + none)[0]


def at_the_full_set_alone(values, i, j):
    """You take i and j away from everybody alone. Look at each coalition S without i and j, and weigh what you find."""
    _, none, one, other, both = together(values, i, j)
    return (both - one - other + none)[-1]


def plain_mean_of_pairs(values, i, j):
    """You average over all coalitions alike. Here each size counts alike: weigh by |S|! (n − |S| − 2)! / (n − 1)!."""
    _, none, one, other, both = together(values, i, j)
    return (both - one - other + none).mean()


def sum_of_pairs(values, i, j):
    """You add all coalitions up with the same weight. Weigh them by |S|! (n − |S| − 2)! / (n − 1)!."""
    return pair_by(values, i, j, lambda s, n: 1.0)


def weights_of_single_players(values, i, j):
    """You take the weights of the Shapley value, |S|! (n − |S| − 1)! / n!. Of a pair two are missing from S, and i and j count as one: |S|! (n − |S| − 2)! / (n − 1)!."""
    return pair_by(values, i, j, fair)


def over_n_factorial(values, i, j):
    """You divide by n!. Of a pair it is (n − 1)!: i and j come as one."""
    return pair_by(values, i, j, lambda s, n: math.factorial(s) * math.factorial(n - s - 2) / math.factorial(n))


def over_n_minus_2_factorial(values, i, j):
    """You divide by (n − 2)!, or forget that each of the n − 1 sizes counts alike. Divide by (n − 1)!."""
    return (n_of(values) - 1) * interaction_index(values, i, j)


def over_n_sizes(values, i, j):
    """You count n sizes. Of a pair S has n − 1 sizes, from 0 to n − 2, and each counts alike: (n − 1)! stands below the line."""
    return interaction_index(values, i, j) * (n_of(values) - 1) / n_of(values)


def pair_size_with_one(values, i, j):
    """You count one of the two into the size. In |S|! (n − |S| − 2)! / (n − 1)! S is the coalition without the two."""
    return pair_by(values, i, j, lambda s, n: math.factorial(s + 1) * math.factorial(n - s - 2) / math.factorial(n - 1))


def not_divided_by_a_factorial(values, i, j):
    """You do not divide by (n − 1)!."""
    return math.factorial(n_of(values) - 1) * interaction_index(values, i, j)


def one_less_alone(values, i, j):
    """Your weight has (n − |S| − 1)! above the line. Of a pair it is (n − |S| − 2)!: those who are neither in S nor i or j."""
    return pair_by(values, i, j, lambda s, n: math.factorial(s) * math.factorial(n - s - 1) / math.factorial(n - 1))


def pair_size_with_both(values, i, j):
    """You count i and j into the size. In |S|! (n − |S| − 2)! / (n − 1)! S is the coalition without the two."""
    return pair_by(values, i, j, lambda s, n: math.factorial(s + 2) * math.factorial(n - s - 2) / math.factorial(n - 1))


def pair_turned(values, i, j):
    """The sign is turned. Positive means that they need each other: v with both − v with i − v with j + v with neither."""
    return -interaction_index(values, i, j)


def half_of_it(values, i, j):
    """That is half of it. Some libraries give each of the two a half; here the whole is asked for."""
    return interaction_index(values, i, j) / 2


def neither_forgotten(values, i, j):
    """You leave v(S) out. It was subtracted twice, with i and with j: v(S ∪ ij) − v(S ∪ i) − v(S ∪ j) + v(S)."""
    return pair_by(values, i, j, of=lambda none, one, other, both: both - one - other)


def neither_subtracted(values, i, j):
    """You subtract v(S). Add it: v(S ∪ ij) − v(S ∪ i) − v(S ∪ j) + v(S) is what is left of both when each has been taken off."""
    return pair_by(values, i, j, of=lambda none, one, other, both: both - one - other - none)


def rise_by_both(values, i, j):
    """That is what the two bring together. Subtract what each brings alone: v(S ∪ ij) − v(S ∪ i) − v(S ∪ j) + v(S)."""
    return pair_by(values, i, j, of=lambda none, one, other, both: both - none)


def second_added(values, i, j):
    """You add v(S ∪ j). Subtract it as you do v(S ∪ i): v(S ∪ ij) − v(S ∪ i) − v(S ∪ j) + v(S)."""
    return pair_by(values, i, j, of=lambda none, one, other, both: both - one + other - none)


def difference_of_the_two(values, i, j):
    """You compare i with j. Asked for is how much more both bring together than one by one: v(S ∪ ij) − v(S ∪ i) − v(S ∪ j) + v(S)."""
    return pair_by(values, i, j, of=lambda none, one, other, both: one - other)


def sum_of_two_shares(values, i, j):
    """You add the two shares. That is what they get, not how much the one changes what the other brings."""
    shares = shapley_values(values)
    return shares[i] + shares[j]


def product_of_two_shares(values, i, j):
    """You multiply the two shares. Whether two need each other is not in their shares: look at the coalitions with both, with one and with neither."""
    shares = shapley_values(values)
    return shares[i] * shares[j]


def merged_less_the_shares(values, i, j):
    """You make one player of the two and subtract their shares in the full game. The shares to subtract are those in the games where the other never comes. The sum over S is easier."""
    rise = pair_by(
        values,
        i,
        j,
        lambda s, n: math.factorial(s) * math.factorial(n - s - 2) / math.factorial(n - 1),
        lambda none, one, other, both: both - none,
    )
    return rise - sum_of_two_shares(values, i, j)


def pair_bits_from_the_left(values, i, j):
    """Your pair is read from the left of the bits. Player 0 is the lowest bit, the last one of `bin(k)`."""
    n = n_of(values)
    return interaction_index(values, n - 1 - i, n - 1 - j)


def size_of_the_interaction(values, i, j):
    """You take it without its sign. The sign is what is asked: positive, they need each other; negative, they stand in for each other."""
    return interaction_index(values, i, j).abs()


def sizes_in_the_sum(values, i, j):
    """You take each difference without its sign. Keep the signs: what is more in one coalition and less in another cancels."""
    return pair_by(values, i, j, of=lambda none, one, other, both: (both - one - other + none).abs())


def pair_without_nobody(values, i, j):
    """You leave out S = ∅. i and j alone belong to the sum, with the size 0."""
    n = n_of(values)
    return interaction_index(values, i, j) - from_nobody_alone(values, i, j) / (n - 1)


def pair_without_all_others(values, i, j):
    """You leave out the largest coalition, all but i and j. Sizes go from 0 to n − 2, and `range` ends one before its end."""
    n = n_of(values)
    return interaction_index(values, i, j) - at_the_full_set_alone(values, i, j) / (n - 1)


def of_the_first_two(values, i, j):
    """You look at players 0 and 1, whoever is asked for. Look at `i` and `j`."""
    return interaction_index(values, 0, 1)


def the_pair_as_numbers(values, i, j):
    """You add i and j to the number of a coalition. Player i is the bit of value 2 to the power of i: S with both is entry k + 2**i + 2**j."""
    n, total = n_of(values), 0.0
    for k, row in enumerate(all_coalitions(n)):
        if not row[i] and not row[j]:
            s = int(row.sum())
            four = [values[min(k + more, len(values) - 1)].item() for more in (i + j, i, j, 0)]
            total += (four[0] - four[1] - four[2] + four[3]) / ((n - 1) * math.comb(n - 2, s))
    return torch.tensor(total, dtype=torch.float64)


def of_all_pairs(values, i, j):
    """You return all pairs. One number is asked for, that of i and j."""
    n = n_of(values)
    return torch.stack(
        [
            torch.stack([interaction_index(values, a, b) if a != b else values[0] * 0.0 for b in range(n)])
            for a in range(n)
        ]
    )


def change_of_the_share(values, i, j):
    """You subtract the share that i has without j from its share in the full game. In the full game j comes in half of the orders alone: compare the game where j is always in with that where it is never in."""
    rows = all_coalitions(n_of(values))
    share = torch.stack([shapley_values(values[~rows[:, j]])[i - (i > j)]])[0]
    return shapley_values(values)[i] - share


NEITHER = (
    "S has neither of the two: leave out each coalition in which i is, or j, or both, `~rows[:, i] & ~rows[:, j]`. For such an S the entries of "
    "S ∪ i, S ∪ j and S ∪ ij are that of S plus 2ⁱ, 2ʲ, and both."
)
PAIR_CURES = {
    **GAME,
    "not defined for negative values": "You ask for the factorial of a negative number. "
    + NEITHER
    + " And does the size of S count S alone?",
    "out of bounds": NEITHER + " (The table has 2ⁿ entries, counted from 0: n is `len(values).bit_length() - 1`.)",
    "out of range": NEITHER + " (The table has 2ⁿ entries, counted from 0: n is `len(values).bit_length() - 1`.)",
}


# permutation_shapley --------------------------------------------------------------------------------------------------


class Game:
    """v as a function: value(coalitions (K, n) bool) → (K,), looked up in the table of all 2ⁿ."""

    def __init__(self, values):
        self._values = values
        self._n = n_of(values)

    def __call__(self, coalitions):
        is_tensor = isinstance(coalitions, torch.Tensor)
        if not is_tensor or coalitions.dtype != torch.bool or coalitions.shape[1:] != (self._n,):
            got = f"{coalitions.dtype} {tuple(coalitions.shape)}" if is_tensor else type(coalitions).__name__
            raise ValueError(f"value takes coalitions of torch.bool (K, {self._n}), a row for each, got {got}")
        return self._values[(coalitions.long() * 2 ** torch.arange(self._n)).sum(1)]


def order_cases():
    three = Game(table(*THREE))
    every = torch.tensor([[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
    generator = torch.Generator().manual_seed(3)
    of_four, of_five = (
        torch.stack([torch.randperm(n, generator=generator) for _ in range(m)]) for n, m in ((4, 3), (5, 8))
    )
    return [
        Case(f"the order 1, 0 of two players, {OF_TWO}", (Game(table(*TWO)), torch.tensor([[1, 0]]))),
        Case(f"the order 0, 1 where {OR}", (Game(table(0, 1, 1, 1)), torch.tensor([[0, 1]]))),
        Case(f"the order 1, 2, 0 of three players, {OF_THREE}", (three, every[3:4])),
        Case(f"the orders 0, 1, 2 and 1, 2, 0 of three players, {OF_THREE}", (three, every[[0, 3]])),
        Case(f"all six orders of three players, {OF_THREE}", (three, every)),
        Case("one order of a single player, v = 2 without it and 5 with it", (Game(table(2, 5)), torch.tensor([[0]]))),
        Case("three orders of four players", (Game(random_table(4, seed=4)), of_four)),
        Case(
            "eight orders of five players with values around 5, in float32",
            (Game(random_table(5, 5, 2.0, 5.0, torch.float32)), of_five),
        ),
    ]


def walks(value, orders):
    """(M, n + 1) of values along each order, nobody first, in float64."""
    m, n = orders.shape
    ranks = orders.argsort(1)
    steps = ranks[:, None] < torch.arange(n + 1)[:, None]
    return value(steps.reshape(-1, n)).reshape(m, n + 1).double()


def placed(orders, by_arrival):
    """What stands in the order of arrival, in the places of the players."""
    return torch.zeros(orders.shape, dtype=torch.float64).scatter(1, orders, by_arrival.double())


def read_as_ranks(value, orders):
    """You read entry k of an order as the place of player k. It is the player who arrives k-th: `order[0]` comes first."""
    return permutation_shapley(value, orders.argsort(1))


def in_the_reverse_order(value, orders):
    """You let the players arrive in the reverse order, or take them away in this one. Start from nobody: `order[0]` comes first, and stays."""
    return permutation_shapley(value, orders.flip(1))


def taken_away(value, orders):
    """You take the players away, and count what the value falls by as a minus. They arrive: start from nobody, and add one after the other."""
    return -permutation_shapley(value, orders.flip(1))


def order_not_used(value, orders):
    """You let the players arrive as 0, 1, 2 …, whatever the order. The k-th to arrive is `order[k]`: put that one in, and give it what it brings."""
    return permutation_shapley(value, torch.arange(orders.shape[1])[None])


def order_not_used_for_arrival(value, orders):
    """You put the players in as 0, 1, 2 …, and give what they bring by the order. The k-th to arrive is `order[k]`: put that one in, too."""
    m, n = orders.shape
    return placed(orders, walks(value, torch.arange(n).expand(m, n)).diff(dim=1)).mean(0)


def columns_picked(value, orders):
    """You pick columns by the order, `rows[:, order]`, which puts column order[k] into the place k. Write into them instead: `coalitions[:, order] = rows`."""
    return placed(orders, walks(value, orders.argsort(1)).diff(dim=1)).mean(0)


def sum_over_orders(value, orders):
    """You add the orders up. Take their mean: divide by the number of orders, `len(orders)`."""
    return permutation_shapley(value, orders) * len(orders)


def over_the_players(value, orders):
    """You divide by the number of players. Divide by the number of orders, `len(orders)`."""
    return permutation_shapley(value, orders) * len(orders) / orders.shape[1]


def over_orders_and_players(value, orders):
    """You divide by the number of players, too. Each order gives each player one number: the mean over the orders is enough."""
    return permutation_shapley(value, orders) / orders.shape[1]


def over_all_orders(value, orders):
    """You divide by n!. There are `len(orders)` orders here, not all of them."""
    return permutation_shapley(value, orders) * len(orders) / math.factorial(orders.shape[1])


def divided_in_the_loop(value, orders):
    """You divide inside the loop, so that the first orders are divided again and again. Divide once, behind the loop."""
    total = torch.zeros(orders.shape[1], dtype=torch.float64)
    for order in orders:
        total = (total + permutation_shapley(value, order[None])) / len(orders)
    return total


def in_order_of_arrival(value, orders):
    """You leave the shares in the order of arrival. Put each into the place of its player: `shares[player] += …`."""
    return walks(value, orders).diff(dim=1).mean(0)


def given_to_the_places(value, orders):
    """You give what each brings to another player: the places of an order are read twice. What the player `order[k]` brings goes to `shares[order[k]]`."""
    return walks(value, orders).diff(dim=1).gather(1, orders).mean(0)


def nobody_forgotten(value, orders):
    """The first to arrive gets v of itself alone. It brings that less v of nobody, which need not be 0."""
    walk = walks(value, orders)
    walk[:, 0] = 0
    return placed(orders, walk.diff(dim=1)).mean(0)


def less_nobody(value, orders):
    """You subtract v of nobody each time. Subtract v of those who were there just before: keep the last value in a variable, and renew it at each step."""
    walk = walks(value, orders)
    return placed(orders, walk[:, 1:] - walk[:, :1]).mean(0)


def values_on_arrival(value, orders):
    """You add up the values as they are. Each player brings a difference: the value with it less the value just before."""
    return placed(orders, walks(value, orders)[:, 1:]).mean(0)


def values_before_arrival(value, orders):
    """You add up the values before each arrival. Each player brings a difference: the value with it less the value just before."""
    return placed(orders, walks(value, orders)[:, :-1]).mean(0)


def falls_on_arrival(value, orders):
    """Every value has the wrong sign: subtract the value before from the value with the player."""
    return -permutation_shapley(value, orders)


def never_arrived(value, orders):
    """Every share is 0: both values are those of the same coalition. Ask for the value before the player is put in, and again when it is in; and keep copies, `.clone()`, of a coalition that you change later."""
    return torch.zeros(orders.shape[1], dtype=torch.float64)


def alone_against_nobody(value, orders):
    """You compare each player alone with nobody. Let it join those who came before it in the order."""
    n = orders.shape[1]
    return (value(torch.eye(n).bool()) - value(torch.zeros(1, n).bool())).double()


def all_against_all_but_one(value, orders):
    """You compare everybody with everybody but i. Let each player join those who came before it in the order."""
    n = orders.shape[1]
    return (value(torch.ones(1, n).bool()) - value(~torch.eye(n).bool())).double()


def first_order_alone(value, orders):
    """You look at the first order alone. Take the mean over all of them: does the `return` stand inside the loop?"""
    return permutation_shapley(value, orders[:1])


def last_order_alone(value, orders):
    """Only the last order counts: each writes over the one before it. Add up, `+=`, and divide by the number of orders in the end."""
    return permutation_shapley(value, orders[-1:])


def last_order_divided(value, orders):
    """Only the last order counts, and it is divided by the number of orders: each writes over the one before it. Add up: `+=`."""
    return permutation_shapley(value, orders[-1:]) / len(orders)


def all_stay(value, orders):
    """After the first order everybody stays, so that nobody can arrive in the next. Begin each order with nobody: make the empty coalition inside the loop."""
    return permutation_shapley(value, orders[:1]) / len(orders)


def without_the_last_to_arrive(value, orders):
    """The last to arrive gets nothing. An order has n arrivals and n + 1 values, from nobody to all."""
    brought = walks(value, orders).diff(dim=1)
    brought[:, -1] = 0
    return placed(orders, brought).mean(0)


def without_the_first_to_arrive(value, orders):
    """The first to arrive gets nothing. It joins nobody, and brings the difference to `value` of the empty coalition."""
    brought = walks(value, orders).diff(dim=1)
    brought[:, 0] = 0
    return placed(orders, brought).mean(0)


def nobody_not_asked(value, orders):
    """You ask for the value from the first arrival on, so that one difference is missing. An order of n players has n + 1 values, that of nobody first, and n differences."""
    n = orders.shape[1]
    total = torch.zeros(n, dtype=torch.float64)
    for order in orders:
        rows = torch.zeros(n, n, dtype=torch.bool)
        rows[:, order] = torch.ones(n, n).tril().bool()
        total[order] += value(rows).diff()
    return total / len(orders)


def given_to_the_next(value, orders):
    """You give what each brings to the one who comes after it. It belongs to the player who has just arrived."""
    return placed(orders.roll(-1, 1), walks(value, orders).diff(dim=1)).mean(0)


def given_to_the_one_before(value, orders):
    """You give what each brings to the one who came before it. It belongs to the player who has just arrived."""
    return placed(orders.roll(1, 1), walks(value, orders).diff(dim=1)).mean(0)


def one_row_early(value, orders):
    """Each player is there one row too early: row 0 is nobody. Who arrives in place p, counted from 0, is in from row p + 1 on."""
    values = walks(value, orders)
    return placed(orders, torch.cat([values[:, 1:], values[:, -1:]], 1).diff(dim=1)).mean(0)


def those_before_gone(value, orders):
    """Each of your coalitions has one player alone, the one who arrives. Those who came before stay: from row p + 1 on, in all rows, the player who arrives in place p is in."""
    n = orders.shape[1]
    alone, nobody = value(torch.eye(n).bool()).double(), value(torch.zeros(1, n).bool()).double()
    values = torch.cat([nobody.expand(len(orders), 1), alone[orders]], 1)
    return placed(orders, values.diff(dim=1)).mean(0)


def one_row_for_each_order(value, orders):
    """You return a row for each order. Take their mean over the orders, dimension 0: (n,) is asked for."""
    return placed(orders, walks(value, orders).diff(dim=1))


def mean_of_each_order(value, orders):
    """Your mean runs over the players. It runs over the orders, dimension 0, so that each player keeps a number of its own."""
    return walks(value, orders).diff(dim=1).mean(1)


def rises_in_one_number(value, orders):
    """You return one number. Each player has a share: return all of them, (n,)."""
    return permutation_shapley(value, orders).sum()


def sizes_of_what_they_bring(value, orders):
    """You take what each brings without its sign. A player may bring the score down: keep the signs."""
    return placed(orders, walks(value, orders).diff(dim=1).abs()).mean(0)


def walks_kept(value, orders):
    """You return the values along the orders. Take the differences of neighbours, put each into the place of its player, and take the mean over the orders."""
    return walks(value, orders)


ORDER_CURES = {
    **TORCHS_WORDS,
    **BOOLS,
    "value takes coalitions": "`value` wants a table of True and False with a row for each coalition and a column for each player, also for one: "
    "`torch.zeros(1, n, dtype=torch.bool)` is nobody.",
    "has no attribute 'values'": "`value` is a function: `value(coalitions)` gives a value for each row.",
    "'Game' object": "`value` is a function, and knows no table: `value(coalitions)` gives a value for each row.",
    "must be int, not Tensor": "`order.tolist()` makes plain numbers of an order.",
    "cannot be converted to Scalar": "`value` gives a tensor with a value for each row, also for one: take it out by `[0]`.",
    "only one element tensors": "`value` gives a tensor with a value for each row. Of one row take it out by `[0]`; of many take the differences of neighbours, `.diff()`.",
    "out of bounds": "Players are counted from 0 to n − 1, and an order has n arrivals: n is `orders.shape[1]`, the number of orders `len(orders)`.",
    "out of range": "Players are counted from 0 to n − 1, and an order has n arrivals: n is `orders.shape[1]`, the number of orders `len(orders)`.",
    "doesn't match the broadcast shape": "`value` gives a tensor with a value for each row, also for one: take it out by `[0]`.",
    "cast to the desired output type": "A tensor of whole numbers takes no fractions. Begin with `torch.zeros(n)`, without another dtype.",
    "same dtype": "Two types meet: begin the sum in the type of the values, or in float64, by `dtype=torch.float64`, and make the values `.double()`.",
    "dtype to be equal to": "Two types meet: begin the sum in the type of the values, or in float64, by `dtype=torch.float64`, and make the values `.double()`.",
    "shape mismatch": "An order of n players has n + 1 values and n differences: one for each arrival.",
    "must match the size of tensor": "An order of n players has n + 1 values and n differences: one for each arrival.",
    "expanded size of the tensor": "An order of n players has n + 1 values and n differences: one for each arrival.",
}


# shapley_kernel -------------------------------------------------------------------------------------------------------


def size_cases():
    return [
        Case("coalitions of 1 and 2 out of 3 players", (torch.tensor([1, 2]), 3)),
        Case("coalitions of 1, 2 and 3 out of 4 players", (torch.tensor([1, 2, 3]), 4)),
        Case("one coalition of 1 out of 2 players", (torch.tensor([1]), 2)),
        Case("coalitions of 1 to 6 out of 7 players", (torch.arange(1, 7), 7)),
        Case("coalitions of 3, 1, 4, 3, 2 and 2 out of 5 players", (torch.tensor([3, 1, 4, 3, 2, 2]), 5)),
        Case("coalitions of 2 and 9 out of 10 players", (torch.tensor([2, 9]), 10)),
        Case("coalitions of 34, 1, 2 and 35 out of 36 players", (torch.tensor([34, 1, 2, 35]), 36)),
    ]


def kernel_of(weight, sizes, n):
    return torch.tensor([weight(s) for s in sizes.tolist()], dtype=torch.float64)


def binomial_forgotten(sizes, n):
    """That is the weight of a size, of all its coalitions together. Divide it among them, by C(n, s), `math.comb(n, s)`."""
    return kernel_of(lambda s: (n - 1) / (s * (n - s)), sizes, n)


def binomial_forgotten_as_probabilities(sizes, n):
    """Those are the probabilities of the sizes. Asked for is the weight of one coalition, (n − 1) / (C(n, s) · s · (n − s))."""
    total = sum(1 / (s * (n - s)) for s in range(1, n))
    return kernel_of(lambda s: 1 / (s * (n - s)) / total, sizes, n)


def size_alone(sizes, n):
    """You have 1 / (s (n − s)). The number of coalitions of that size, C(n, s), belongs below the line, and n − 1 above it."""
    return kernel_of(lambda s: 1 / (s * (n - s)), sizes, n)


def n_for_n_minus_1(sizes, n):
    """You have n above the line. It is n − 1."""
    return kernel_of(lambda s: n / (math.comb(n, s) * s * (n - s)), sizes, n)


def one_above(sizes, n):
    """You have 1 above the line. It is n − 1."""
    return kernel_of(lambda s: 1 / (math.comb(n, s) * s * (n - s)), sizes, n)


def s_minus_1_above(sizes, n):
    """You have s − 1 above the line. It is n − 1."""
    return kernel_of(lambda s: (s - 1) / (math.comb(n, s) * s * (n - s)), sizes, n)


def brackets_above_missing(sizes, n):
    """You divide 1 alone and subtract the result from n. Put brackets around what stands above the line: (n − 1) / (…)."""
    return kernel_of(lambda s: n - 1 / (math.comb(n, s) * s * (n - s)), sizes, n)


def brackets_below_missing(sizes, n):
    """You divide by C(n, s) and multiply by the rest. Put brackets around all that stands below the line: (n − 1) / (C(n, s) · s · (n − s))."""
    return kernel_of(lambda s: (n - 1) / math.comb(n, s) * s * (n - s), sizes, n)


def brackets_of_the_difference_missing(sizes, n):
    """You multiply by n and then subtract s. Put brackets around the difference: (n − s)."""
    return kernel_of(lambda s: (n - 1) / (math.comb(n, s) * s * n - s), sizes, n)


def last_factor_above(sizes, n):
    """You multiply by n − s. It stands below the line: put brackets around (C(n, s) · s · (n − s))."""
    return kernel_of(lambda s: (n - 1) / (math.comb(n, s) * s) * (n - s), sizes, n)


def binomial_alone(sizes, n):
    """You divide by C(n, s) alone. Divide by s and by n − s, too."""
    return kernel_of(lambda s: (n - 1) / math.comb(n, s), sizes, n)


def alike_for_each_size(sizes, n):
    """You give 1 / C(n, s). The weight is (n − 1) / (C(n, s) · s · (n − s)): small and large coalitions count more."""
    return kernel_of(lambda s: 1 / math.comb(n, s), sizes, n)


def s_forgotten(sizes, n):
    """The factor s is missing below the line."""
    return kernel_of(lambda s: (n - 1) / (math.comb(n, s) * (n - s)), sizes, n)


def n_minus_s_forgotten(sizes, n):
    """The factor n − s is missing below the line."""
    return kernel_of(lambda s: (n - 1) / (math.comb(n, s) * s), sizes, n)


def n_below(sizes, n):
    """You have n in the place of n − s below the line."""
    return kernel_of(lambda s: (n - 1) / (math.comb(n, s) * s * n), sizes, n)


def one_too_few_chosen(sizes, n):
    """You choose from n − 1. A coalition of s is chosen from all n players: C(n, s)."""
    return kernel_of(lambda s: (n - 1) / (math.comb(n - 1, s) * s * (n - s)), sizes, n)


def one_chosen_already(sizes, n):
    """You choose s − 1 from n − 1. A coalition of s is chosen from all n players: C(n, s)."""
    return kernel_of(lambda s: (n - 1) / (math.comb(n - 1, s - 1) * s * (n - s)), sizes, n)


def in_some_order(sizes, n):
    """You count orders, n! / (n − s)!. In a coalition the order does not matter: C(n, s) = n! / (s! (n − s)!), `math.comb(n, s)`."""
    return kernel_of(lambda s: (n - 1) / (math.perm(n, s) * s * (n - s)), sizes, n)


def binomial_above(sizes, n):
    """You multiply by C(n, s). It stands below the line."""
    return kernel_of(lambda s: (n - 1) * math.comb(n, s) / (s * (n - s)), sizes, n)


def weights_of_the_values(sizes, n):
    """Those are the weights of the Shapley value, s! (n − s − 1)! / n!. The weights of the regression are (n − 1) / (C(n, s) · s · (n − s))."""
    return kernel_of(lambda s: fair(s, n), sizes, n)


def weights_of_the_values_with_it(sizes, n):
    """Those are weights of the Shapley value, (s − 1)! (n − s)! / n!, which is 1 / (C(n, s) · s). The weights of the regression are (n − 1) / (C(n, s) · s · (n − s))."""
    return kernel_of(lambda s: fair(s - 1, n), sizes, n)


def adding_up_to_1(sizes, n):
    """You divide by the sum of the weights. Leave each as it is: the weight of a coalition does not depend on which others are asked for."""
    weights = shapley_kernel(sizes, n)
    return weights / weights.sum()


def for_every_size(sizes, n):
    """You return the weights of all sizes from 1 to n − 1. Return one for each entry of `sizes`, in its order; a size may come twice, or not at all."""
    return shapley_kernel(torch.arange(1, n), n)


def one_for_all_sizes(sizes, n):
    """You return one number. Return one for each entry of `sizes`, (K,)."""
    return shapley_kernel(sizes, n).sum()


def of_the_first_size(sizes, n):
    """You return the weight of the first size alone. Return one for each entry of `sizes`: does the `return` stand inside the loop?"""
    return shapley_kernel(sizes, n)[0]


def kernel_turned(sizes, n):
    """You return one over the weight. Asked for is (n − 1) / (C(n, s) · s · (n − s))."""
    return 1 / shapley_kernel(sizes, n)


def kernel_rooted(sizes, n):
    """You return the root of the weight. Some regressions want that; asked for is the weight itself."""
    return shapley_kernel(sizes, n).sqrt()


def divided_to_whole_numbers(sizes, n):
    """Every weight is 0: `//` divides without a rest, and a tensor of whole numbers takes no fractions. Use `/`, and make the tensor of the results."""
    return torch.zeros(len(sizes), dtype=torch.float64)


SIZE_CURES = {
    **TORCHS_WORDS,
    **BOOLS,
    "integer tensors of a single element": "`math.comb` and `math.factorial` take one whole number. Go through the sizes, `for s in sizes.tolist()`, and make a tensor of the results.",
    "'Tensor' object cannot be interpreted": "`math.comb` takes one whole number. Go through the sizes, `for s in sizes.tolist()`, and make a tensor of the results.",
    "only one element tensors": "Functions of `math` take one number. Go through the sizes, `for s in sizes.tolist()`, and make a tensor of the results.",
    "'float' object cannot be interpreted": "`math.comb` and `math.factorial` take whole numbers. `/` makes floats, and so does `.float()`: compute C(n, s) first, and divide in the end.",
    "has no attribute 'comb'": "PyTorch has no `comb`. `math.comb(n, s)` takes whole numbers.",
    "has no attribute 'factorial'": "PyTorch has no `factorial`. `math.comb(n, s)` takes whole numbers.",
    "division by zero": "s and n − s are never 0 here. Is `n` the number of players, as it is given? Is something subtracted twice, or are brackets missing?",
    "not defined for negative values": "s goes from 1 to n − 1, so n − s is at least 1. Which factorial becomes negative?",
    "must be a non-negative": "s goes from 1 to n − 1, so n − s is at least 1. Which number becomes negative?",
    "'int' object is not iterable": "`sizes` is a tensor: go through `sizes.tolist()`. n is one number.",
}


# kernel_shap ----------------------------------------------------------------------------------------------------------


def regression_cases():
    def everything(values):
        n = n_of(values)
        rows = all_coalitions(n)[1:-1]
        weights = shapley_kernel(rows.sum(1), n)
        return rows, values[1:-1], weights, values[0].item(), values[-1].item()

    def drawn(k, n, seed, largest, dtype=torch.float64):
        generator = torch.Generator().manual_seed(seed)
        rows = random_rows(k, n, seed)
        weights = largest * (0.05 + 0.95 * torch.rand(k, generator=generator, dtype=torch.float64))
        values = random_table(n, seed, 2.0, 1.0)
        numbers = (rows.long() * 2 ** torch.arange(n)).sum(1)
        return rows, values[numbers].to(dtype), weights.to(dtype), values[0].item(), values[-1].item()

    return [
        Case(
            "the coalitions a and b with values 5 and 3 and weights ½; nobody has 1, both 11",
            (torch.eye(2).bool(), table(5, 3), table(0.5, 0.5), 1.0, 11.0),
        ),
        Case(
            "the coalitions a and b with values 5 and 3 and weights ¾ and ¼; nobody has 1, both 11",
            (torch.eye(2).bool(), table(5, 3), table(0.75, 0.25), 1.0, 11.0),
        ),
        Case(
            "all coalitions of three players but nobody and all, in a and (b or c), with the weights ⅓",
            everything(table(*A_AND_B_OR_C)),
        ),
        Case("all 14 coalitions of four players with their kernel weights", everything(random_table(4, 1, 2.0, 1.0))),
        Case("nine coalitions of four players, drawn, each with a weight of its own", drawn(9, 4, 5, 4.0)),
        Case(
            "twenty coalitions of five players, drawn, each with a weight of its own, in float32",
            drawn(20, 5, 6, 1.6, torch.float32),
        ),
    ]


def fitted(design, targets, weights):
    """argmin Σ w (target − design · x)²."""
    root = weights.double().sqrt()
    return torch.linalg.lstsq(design.double() * root[:, None], (targets.double() * root)[:, None]).solution[:, 0]


def constrained(design, targets, weights, total):
    """argmin Σ w (target − design · φ)² with Σ φ = total."""
    z = design.double()
    others = fitted(z[:, :-1] - z[:, -1:], targets.double() - total * z[:, -1], weights)
    return torch.cat([others, (total - others.sum())[None]])


def without_the_constraint(coalitions, values, weights, empty, full):
    """Your shares do not add up to full − empty. That they do is a condition of the fit: put one share as what the others leave, full − empty − their sum, before you fit."""
    return fitted(coalitions, values.double() - empty, weights)


def with_a_free_intercept(coalitions, values, weights, empty, full):
    """You fit an intercept, and leave out `empty` and `full`. The line is to start at `empty` and the shares are to add up to full − empty: subtract `empty` from the values, and put one share as what the others leave."""
    z = torch.cat([coalitions.double(), torch.ones(len(coalitions), 1, dtype=torch.float64)], 1)
    return fitted(z, values, weights)[:-1]


def empty_not_subtracted_unconstrained(coalitions, values, weights, empty, full):
    """You fit the values as they are, without `empty` and `full`. Subtract `empty` from the values, and put one share as what the others leave, full − empty − their sum."""
    return fitted(coalitions, values, weights)


def empty_not_subtracted(coalitions, values, weights, empty, full):
    """You do not subtract `empty` from the values. With nobody the fit is to give `empty`: it is v − empty that the shares explain."""
    return constrained(coalitions, values, weights, full - empty)


def adding_up_to_full(coalitions, values, weights, empty, full):
    """Your shares add up to `full`. They are to add up to full − empty: with nobody there is `empty` already."""
    return constrained(coalitions, values.double() - empty, weights, full)


def adding_up_to_full_on_values(coalitions, values, weights, empty, full):
    """You leave `empty` out. Subtract it from the values and from `full`: the shares add up to full − empty."""
    return constrained(coalitions, values, weights, full)


def empty_and_full_exchanged(coalitions, values, weights, empty, full):
    """You exchange `empty` and `full`. The shares add up to full − empty, and explain v − empty."""
    return constrained(coalitions, values.double() - full, weights, empty - full)


def total_turned(coalitions, values, weights, empty, full):
    """Your shares add up to empty − full. Turn it round: full − empty."""
    return constrained(coalitions, values.double() - empty, weights, empty - full)


def ends_added(coalitions, values, weights, empty, full):
    """Your shares add up to full + empty. Subtract: full − empty."""
    return constrained(coalitions, values.double() - empty, weights, full + empty)


def adding_up_to_1_instead(coalitions, values, weights, empty, full):
    """Your shares add up to 1. They are to add up to full − empty."""
    return constrained(coalitions, values.double() - empty, weights, 1.0)


def adding_up_to_0(coalitions, values, weights, empty, full):
    """Your shares add up to 0. They are to add up to full − empty: that belongs on the other side of the condition."""
    return constrained(coalitions, values.double() - empty, weights, 0.0)


def scaled_to_the_sum(coalitions, values, weights, empty, full):
    """You fit without the condition and scale the shares until they add up. That changes their ratios. Fit under the condition: put one share as what the others leave, before you fit."""
    shares = without_the_constraint(coalitions, values, weights, empty, full)
    return shares * (full - empty) / shares.sum()


def spread_evenly(coalitions, values, weights, empty, full):
    """You fit without the condition and spread what is missing evenly. That is right where all coalitions come with weights that treat the players alike, and only there. Put one share as what the others leave, before you fit."""
    shares = without_the_constraint(coalitions, values, weights, empty, full)
    return shares + (full - empty - shares.sum()) / len(shares)


def intercept_spread_evenly(coalitions, values, weights, empty, full):
    """You fit an intercept and spread what is missing evenly. That is right where all coalitions come with weights that treat the players alike, and only there. Leave the intercept out, and put one share as what the others leave, before you fit."""
    shares = with_a_free_intercept(coalitions, values, weights, empty, full)
    return shares + (full - empty - shares.sum()) / len(shares)


def the_last_by_the_rest(coalitions, values, weights, empty, full):
    """You fit all shares without the condition and then set the last to what the others leave. Put it in before you fit: then it takes part in every error."""
    others = without_the_constraint(coalitions, values, weights, empty, full)[:-1]
    return torch.cat([others, (full - empty - others.sum())[None]])


def last_column_left_out(coalitions, values, weights, empty, full):
    """You leave the last player out of the fit. It has a share, too: full − empty − the others. Put that in: its column goes off every other column, and z of the last times (full − empty) off the values."""
    others = fitted(coalitions[:, :-1], values.double() - empty, weights)
    return torch.cat([others, (full - empty - others.sum())[None]])


def columns_not_reduced(coalitions, values, weights, empty, full):
    """You take the last player off the values and not off the other columns. Its share is full − empty − the others: with that put in, each other column becomes z of i − z of the last."""
    last = coalitions[:, -1].double()
    others = fitted(coalitions[:, :-1], values.double() - empty - last * (full - empty), weights)
    return torch.cat([others, (full - empty - others.sum())[None]])


def values_not_reduced(coalitions, values, weights, empty, full):
    """You take the last player off the other columns and not off the values. Its share is full − empty − the others: with that put in, z of the last times (full − empty) goes off the values."""
    z = coalitions.double()
    others = fitted(z[:, :-1] - z[:, -1:], values.double() - empty, weights)
    return torch.cat([others, (full - empty - others.sum())[None]])


def total_forgotten_on_the_values(coalitions, values, weights, empty, full):
    """You take z of the last off the values as it is. Times full − empty: the last player's share is full − empty − the others, and its z stands in front of all of it."""
    z = coalitions.double()
    others = fitted(z[:, :-1] - z[:, -1:], values.double() - empty - z[:, -1], weights)
    return torch.cat([others, (full - empty - others.sum())[None]])


def columns_added(coalitions, values, weights, empty, full):
    """You add the last player's column to the others. Its share is full − empty − the others, with a minus: each other column becomes z of i − z of the last."""
    z = coalitions.double()
    others = fitted(z[:, :-1] + z[:, -1:], values.double() - empty - z[:, -1] * (full - empty), weights)
    return torch.cat([others, (full - empty - others.sum())[None]])


def columns_turned(coalitions, values, weights, empty, full):
    """You subtract the columns the wrong way round: each other column becomes z of i − z of the last."""
    z = coalitions.double()
    others = fitted(z[:, -1:] - z[:, :-1], values.double() - empty - z[:, -1] * (full - empty), weights)
    return torch.cat([others, (full - empty - others.sum())[None]])


def total_added_to_the_values(coalitions, values, weights, empty, full):
    """You add z of the last times (full − empty) to the values. It goes to the other side of the equation: subtract it."""
    z = coalitions.double()
    others = fitted(z[:, :-1] - z[:, -1:], values.double() - empty + z[:, -1] * (full - empty), weights)
    return torch.cat([others, (full - empty - others.sum())[None]])


def total_off_every_value(coalitions, values, weights, empty, full):
    """You take full − empty off every value. It goes off where the last player is in: z of the last times (full − empty)."""
    z = coalitions.double()
    others = fitted(z[:, :-1] - z[:, -1:], values.double() - full, weights)
    return torch.cat([others, (full - empty - others.sum())[None]])


def those_who_are_out(coalitions, values, weights, empty, full):
    """You count who is out. z is 1 for the players that are in."""
    return kernel_shap(~coalitions, values, weights, empty, full)


def the_others_alone(coalitions, values, weights, empty, full):
    """The share of the last player is missing. It is what the others leave: full − empty − their sum."""
    return kernel_shap(coalitions, values, weights, empty, full)[:-1]


def the_last_in_front(coalitions, values, weights, empty, full):
    """The share that you put as what the others leave stands in the wrong place. Put it where its player is."""
    return kernel_shap(coalitions, values, weights, empty, full).roll(1)


def the_first_behind(coalitions, values, weights, empty, full):
    """The share of player 0 stands at the end. Put it in front: where its player is."""
    return kernel_shap(coalitions, values, weights, empty, full).roll(-1)


def last_as_the_sum(coalitions, values, weights, empty, full):
    """The last share is the sum of the others. It is what they leave: full − empty − their sum."""
    others = kernel_shap(coalitions, values, weights, empty, full)[:-1]
    return torch.cat([others, others.sum(0, keepdim=True)])


def weights_not_used(coalitions, values, weights, empty, full):
    """You do not use the weights. Multiply each squared error by its weight: its row, and its value, by the root of the weight."""
    return kernel_shap(coalitions, values, torch.ones_like(weights), empty, full)


def weights_squared(coalitions, values, weights, empty, full):
    """Your weights come in squared. Rows and values are squared in the fit: multiply them by the root of the weight; or use the weights once, in zᵀ W z and zᵀ W y."""
    return kernel_shap(coalitions, values, weights**2, empty, full)


def weights_rooted(coalitions, values, weights, empty, full):
    """You take the root of the weights where they count once. In zᵀ W z and zᵀ W y they stand as they are; only rows that are squared later take the root."""
    return kernel_shap(coalitions, values, weights.sqrt(), empty, full)


def weights_turned(coalitions, values, weights, empty, full):
    """You divide by the weights. Multiply each squared error by its weight: its row, and its value, by the root of the weight."""
    return kernel_shap(coalitions, values, 1 / weights, empty, full)


def weights_on_the_rows_alone(coalitions, values, weights, empty, full):
    """You multiply the rows by the weight and leave the values. Both sides of an equation are weighed: multiply each row and its value by the root of the weight."""
    z, total = coalitions.double(), full - empty
    y = values.double() - empty - z[:, -1] * total
    rows = (z[:, :-1] - z[:, -1:]) * weights.double().sqrt()[:, None]
    others = torch.linalg.lstsq(rows, y[:, None]).solution[:, 0]
    return torch.cat([others, (total - others.sum())[None]])


def weights_on_the_values_alone(coalitions, values, weights, empty, full):
    """You multiply the values by the weight and leave the rows. Both sides of an equation are weighed: multiply each row and its value by the root of the weight."""
    z, total = coalitions.double(), full - empty
    y = (values.double() - empty - z[:, -1] * total) * weights.double().sqrt()
    others = torch.linalg.lstsq(z[:, :-1] - z[:, -1:], y[:, None]).solution[:, 0]
    return torch.cat([others, (total - others.sum())[None]])


def weights_made_anew(coalitions, values, weights, empty, full):
    """You make the weights yourself, from the sizes. Use the `weights` that are given: for coalitions that were drawn they are others."""
    n = coalitions.shape[1]
    return kernel_shap(coalitions, values, shapley_kernel(coalitions.sum(1), n), empty, full)


def weights_of_sizes_on_top(coalitions, values, weights, empty, full):
    """You multiply the weights by those of the sizes. Use the `weights` as they are given."""
    n = coalitions.shape[1]
    return kernel_shap(coalitions, values, weights * shapley_kernel(coalitions.sum(1), n), empty, full)


def with_ends(coalitions, values, weights, empty, full, weight):
    """The ends as two further rows of that weight, in place of the condition."""
    n = coalitions.shape[1]
    rows = torch.cat([coalitions.double(), torch.zeros(1, n), torch.ones(1, n)])
    targets = torch.cat([values.double() - empty, torch.tensor([0.0, full - empty])])
    return fitted(rows, targets, torch.cat([weights.double(), torch.tensor([weight, weight]).double()]))


ENDS = {
    1.0: "You put nobody and all in as two coalitions more, of weight 1. Then the shares add up only roughly. The sum is a condition that holds exactly: put one share as what the others leave.",
    10.0: "You hold the sum by a weight of 10. Then the shares add up only roughly. The sum is a condition that holds exactly: put one share as what the others leave.",
    100.0: "You hold the sum by a weight of 100. Then the shares add up only nearly. The sum is a condition: put one share as what the others leave, and it holds exactly.",
    1e3: "You hold the sum by a weight of 1000. Then the shares add up only nearly. The sum is a condition: put one share as what the others leave, and it holds exactly.",
    1e5: "You hold the sum by a weight of 100,000. Then the shares add up only nearly. The sum is a condition: put one share as what the others leave, and it holds exactly.",
    1e4: "You hold the sum by a weight of 10,000. Then the shares add up only nearly. The sum is a condition: put one share as what the others leave, and it holds exactly.",
}


def held_by(weight, sentence):
    """A misconception: the ends with that weight."""

    def ends(coalitions, values, weights, empty, full):
        return with_ends(coalitions, values, weights, empty, full, weight)

    ends.__doc__, ends.__name__ = sentence, f"ends_with_weight_{weight:.0f}"
    return ends


def means_with_and_without(coalitions, values, weights, empty, full):
    """You compare the means of the values with and without each player. In drawn coalitions others come and go along with it: fit all players at once."""
    z, y = coalitions.double(), values.double()
    return (z.T @ y) / z.sum(0) - ((1 - z).T @ y) / (1 - z).sum(0)


def weighted_means_with_and_without(coalitions, values, weights, empty, full):
    """You compare the weighted means of the values with and without each player. In drawn coalitions others come and go along with it: fit all players at once."""
    z, y, w = coalitions.double(), values.double(), weights.double()
    return (z.T @ (w * y)) / (z.T @ w) - ((1 - z).T @ (w * y)) / ((1 - z).T @ w)


def everybody_alike(coalitions, values, weights, empty, full):
    """Everybody gets the same. Let the values decide: the fit of v − empty under the condition."""
    n = coalitions.shape[1]
    return torch.full((n,), (full - empty) / n, dtype=torch.float64)


def each_fitted_alone(coalitions, values, weights, empty, full):
    """You fit each player by itself. Fit them together: their coalitions overlap."""
    z, y, w = coalitions.double(), values.double() - empty, weights.double()
    return (z.T @ (w * y)) / (z.T @ w)


def of_shape_n_1(coalitions, values, weights, empty, full):
    """Your shares are right, as a column (n, 1). Return (n,): `[:, 0]`."""
    return kernel_shap(coalitions, values, weights, empty, full)[:, None]


def with_multiplier(coalitions, values, weights, empty, full, left=1, right=1, corner=0):
    """(n + 1,): the shares and Lagrange's multiplier, with `left` times zᵀ W z and `right` times zᵀ W y."""
    z, y, w = coalitions.double(), values.double() - empty, weights.double()
    n = z.shape[1]
    equations = torch.ones(n + 1, n + 1, dtype=torch.float64)
    equations[:n, :n], equations[n, n] = left * z.T @ (w[:, None] * z), corner
    return torch.linalg.solve(equations, torch.cat([right * z.T @ (w * y), torch.tensor([full - empty]).double()]))


def with_the_multiplier(coalitions, values, weights, empty, full):
    """You return the multiplier along with the shares. It is the last entry of your solution: leave it out."""
    return with_multiplier(coalitions, values, weights, empty, full)


def corner_of_1(coalitions, values, weights, empty, full):
    """In the corner of your equations there is a 1. The multiplier has no part in the sum of the shares: the corner is 0."""
    return with_multiplier(coalitions, values, weights, empty, full, corner=1)[:-1]


def left_side_doubled(coalitions, values, weights, empty, full):
    """You have 2 zᵀ W z on the one side and zᵀ W y on the other. The derivative of a square puts a 2 before both."""
    return with_multiplier(coalitions, values, weights, empty, full, left=2)[:-1]


def right_side_doubled(coalitions, values, weights, empty, full):
    """You have 2 zᵀ W y on the one side and zᵀ W z on the other. The derivative of a square puts a 2 before both."""
    return with_multiplier(coalitions, values, weights, empty, full, right=2)[:-1]


TYPES_MEET = (
    "Two types meet, and matrices want one: bring all to the type of the values, or to float64, by `.double()`."
)
WEIGHTS_AS_COLUMN = (
    "Weights (K,) meet the columns of (K, n). A column of weights, `weights[:, None]`, meets its rows; or multiply by the "
    "weights before you transpose."
)
REGRESSION_CURES = {
    **TORCHS_WORDS,
    **BOOLS,
    "same dtype": TYPES_MEET,
    "expected scalar type": TYPES_MEET,
    "must match the size of tensor": WEIGHTS_AS_COLUMN,
    "size mismatch": "A matrix (K, n) times a vector wants one of n; its transpose, `.T`, one of K.",
    "mat1 and mat2 shapes cannot be multiplied": "The inner lengths must agree: (n, K) times (K, n), say. Is a `.T` missing, or one too many?",
    "must be batches of square matrices": "`torch.linalg.solve` wants as many equations as unknowns: give it zᵀ W z and zᵀ W y. For K equations with n unknowns there is "
    "`torch.linalg.lstsq`.",
    "should match other.size": "`torch.linalg.lstsq` wants one value for each row: whatever you put below the rows needs a value below the values.",
    "must have at least 2 dimensions": "`torch.linalg.lstsq(rows, values)`: first the table (K, n), then the values (K,) or (K, 1).",
    "is singular": "These equations do not decide all unknowns. Is there one column too many, or is the condition counted twice? Or is one weight so large that the others are lost in rounding? Then put one share as what the others leave.",
    "linalg_lstsq": "`torch.linalg.lstsq` gives several things at once: take `.solution`.",
    "tuple indices must be integers": "`torch.linalg.lstsq` gives several things at once: take `.solution`.",
    "same number of dimensions": "`torch.cat` wants the same number of dimensions. One number needs one, `[None]`; a column of ones is `torch.ones(K, 1)`.",
    "Sizes of tensors must match": "Columns are put beside one another by `torch.cat(…, dim=1)`, rows below one another by `dim=0`.",
    "Dimension out of range": "The solution for values (K,) has one dimension, (n,), and for values (K, 1) it has two, (n, 1).",
}


# lime -----------------------------------------------------------------------------------------------------------------


def lime_cases():
    alone, row = torch.tensor([[False], [True]]), "one player, out and in, with the values 1 and 7"
    generator = torch.Generator().manual_seed(7)

    def drawn(k, n, seed, dtype=torch.float64):
        return random_rows(k, n, seed), (2 + 2 * torch.randn(k, generator=generator, dtype=torch.float64)).to(dtype)

    of_three = torch.cat([all_coalitions(3), torch.tensor([[True, True, True]])])
    return [
        Case(f"{row}; width 1000, so that both count alike; α = 0", (alone, table(1, 7), 1000.0, 0.0)),
        Case(f"{row}; width 1000, so that both count alike; α = ½", (alone, table(1, 7), 1000.0, 0.5)),
        Case(f"{row}; width ½; α = 1", (alone, table(1, 7), 0.5, 1.0)),
        Case(
            "all coalitions of three players, two of whom are enough; width 1000, α = 0",
            (all_coalitions(3), table(*MAJORITY), 1000.0, 0.0),
        ),
        Case(
            f"all coalitions of three players, the last one twice, {OF_THREE}; width 0.3, α = 0",
            (of_three, table(*THREE, 20), 0.3, 0.0),
        ),
        Case("twelve coalitions of four players, drawn; width ¼, α = 1", (*drawn(12, 4, seed=8), 0.25, 1.0)),
        Case("fifteen coalitions of five players, drawn; width 0.4, α = 2", (*drawn(15, 5, seed=9), 0.4, 2.0)),
        Case(
            "thirty coalitions of six players, drawn, in float32; width 0.5, α = 0.1",
            (*drawn(30, 6, 10, torch.float32), 0.5, 0.1),
        ),
    ]


def closeness(coalitions, width):
    return torch.exp(-((1 - coalitions.double().mean(1).sqrt()) ** 2) / (2 * width**2))


def ridge(coalitions, values, weights, alpha, intercept=True, shrunk=False):
    """(n + 1,): the slopes of a weighted ridge regression, and the intercept; (n,) without one."""
    z, y = coalitions.double(), values.double()
    if intercept:
        z = torch.cat([z, torch.ones(len(z), 1, dtype=torch.float64)], 1)
    penalty = alpha * torch.ones(z.shape[1], dtype=torch.float64)
    if intercept and not shrunk:
        penalty[-1] = 0
    left, right = z.T @ (weights[:, None] * z) + penalty.diag(), z.T @ (weights * y)
    return torch.linalg.lstsq(left, right[:, None]).solution[:, 0]


def slopes(coalitions, values, weights, alpha):
    return ridge(coalitions, values, weights, alpha)[:-1]


def at_distance(distance):
    """LIME's regression with another distance(the share of players shown, n)."""

    def fit(coalitions, values, width, alpha):
        d = distance(coalitions.double().mean(1), coalitions.shape[1])
        return slopes(coalitions, values, torch.exp(-(d**2) / (2 * width**2)), alpha)

    return fit


def width_without_2(coalitions, values, width, alpha):
    """Your weights are exp(−d² / width²), the square of what they should be. Divide d² by 2 · width². Or does the weight come in twice? Rows and values, which are squared in the fit, take its root; zᵀ W z takes it once."""
    return slopes(coalitions, values, closeness(coalitions, width / math.sqrt(2)), alpha)


def width_not_squared(coalitions, values, width, alpha):
    """You divide d² by 2 · width. Square the width: 2 · width²."""
    return slopes(coalitions, values, closeness(coalitions, math.sqrt(width)), alpha)


def width_squared_with_2(coalitions, values, width, alpha):
    """Your weights are the root of what they should be. Only the width is squared in 2 · width²; and in zᵀ W z the weight stands as it is, not as its root."""
    return slopes(coalitions, values, closeness(coalitions, math.sqrt(2) * width), alpha)


def width_by_the_side(coalitions, values, width, alpha):
    """You divide by 2 and then multiply by width². Put brackets around what stands below the line: d² / (2 · width²)."""
    return slopes(coalitions, values, closeness(coalitions, 1 / width), alpha)


def distance_not_squared(coalitions, values, width, alpha):
    """You do not square the distance: exp(−d² / (2 · width²))."""
    d = 1 - coalitions.double().mean(1).sqrt()
    return slopes(coalitions, values, torch.exp(-d / (2 * width**2)), alpha)


def distance_over_width(coalitions, values, width, alpha):
    """Your weight is exp(−d / width). It is exp(−d² / (2 · width²))."""
    d = 1 - coalitions.double().mean(1).sqrt()
    return slopes(coalitions, values, torch.exp(-d / width), alpha)


def minus_forgotten(coalitions, values, width, alpha):
    """The minus in the exponent is missing, or is squared along with d: what is far away is to count less, exp(−(d²) / (2 · width²))."""
    return slopes(coalitions, values, 1 / closeness(coalitions, width), alpha)


def share_hidden(coalitions, values, width, alpha):
    """Your distance is the share of players that are out. It is 1 − √(players shown / n): take the root of the share that is shown."""
    return at_distance(lambda shown, n: 1 - shown)(coalitions, values, width, alpha)


def root_of_the_share_hidden(coalitions, values, width, alpha):
    """Your distance is the root of the share that is out. It is 1 − √(players shown / n): take the root of the share that is shown, and subtract it from 1."""
    return at_distance(lambda shown, n: (1 - shown).sqrt())(coalitions, values, width, alpha)


def number_hidden(coalitions, values, width, alpha):
    """Your distance is the number of players that are out. It is 1 − √(players shown / n)."""
    return at_distance(lambda shown, n: n * (1 - shown))(coalitions, values, width, alpha)


def euclidean(coalitions, values, width, alpha):
    """Your distance is the length of the difference to all ones, √(players hidden). It is 1 − √(players shown / n)."""
    return at_distance(lambda shown, n: (n * (1 - shown)).sqrt())(coalitions, values, width, alpha)


def share_shown(coalitions, values, width, alpha):
    """Your distance is √(players shown / n): near and far are exchanged. Subtract it from 1."""
    return at_distance(lambda shown, n: shown.sqrt())(coalitions, values, width, alpha)


def share_shown_without_a_root(coalitions, values, width, alpha):
    """Your distance is the share of players shown: near and far are exchanged. It is 1 − √(players shown / n)."""
    return at_distance(lambda shown, n: shown)(coalitions, values, width, alpha)


def from_nobody(coalitions, values, width, alpha):
    """You measure the distance from nobody, 1 − √(players hidden / n). Measure it from the whole image: 1 − √(players shown / n)."""
    return at_distance(lambda shown, n: 1 - (1 - shown).sqrt())(coalitions, values, width, alpha)


def root_of_one_alone(coalitions, values, width, alpha):
    """You take the root of the number alone, and divide by n afterwards. The root is of the share: √(players shown / n)."""
    return at_distance(lambda shown, n: 1 - (n * shown).sqrt() / n)(coalitions, values, width, alpha)


def root_of_the_difference(coalitions, values, width, alpha):
    """You do not divide by n. The root is of the share, players shown / n."""
    return at_distance(lambda shown, n: 1 - (n * shown).sqrt())(coalitions, values, width, alpha)


def share_squared(coalitions, values, width, alpha):
    """You square the share in place of its root: 1 − √(players shown / n)."""
    return at_distance(lambda shown, n: 1 - shown**2)(coalitions, values, width, alpha)


def one_distance_for_all(coalitions, values, width, alpha):
    """You take one distance for all coalitions, from the mean over the whole table. Each has its own: the mean over its row, `.mean(1)`."""
    return at_distance(lambda shown, n: 1 - shown.mean().sqrt() + 0 * shown)(coalitions, values, width, alpha)


def weight_not_used(coalitions, values, width, alpha):
    """All your coalitions count alike. Those near the image count more: weigh each squared error by exp(−d² / (2 · width²))."""
    return slopes(coalitions, values, torch.ones(len(coalitions), dtype=torch.float64), alpha)


def weight_on_the_rows_alone(coalitions, values, width, alpha):
    """You multiply the rows by the root of the weight and leave the values, or the other way round. Both sides of an equation are weighed."""
    root = closeness(coalitions, width).sqrt()
    n = coalitions.shape[1]
    z = torch.cat([coalitions.double(), torch.ones(len(coalitions), 1, dtype=torch.float64)], 1) * root[:, None]
    penalty = (alpha * torch.cat([torch.ones(n), torch.zeros(1)]).double()).diag()
    return torch.linalg.lstsq(z.T @ z + penalty, (z.T @ values.double())[:, None]).solution[:n, 0]


def intercept_shrunk(coalitions, values, width, alpha):
    """You shrink the intercept b, too. α counts for the β alone: put 0 in the place of b on the diagonal, or subtract the weighted means before you fit."""
    return ridge(coalitions, values, closeness(coalitions, width), alpha, shrunk=True)[:-1]


def no_intercept(coalitions, values, width, alpha):
    """You fit no intercept. With nobody the line need not be at 0: add a column of ones to the rows, or subtract the weighted means of rows and values before you fit."""
    return ridge(coalitions, values, closeness(coalitions, width), alpha, intercept=False)


def no_intercept_nor_alpha(coalitions, values, width, alpha):
    """You fit no intercept, and α is not used. Add a column of ones to the rows, and α on the diagonal of zᵀ W z, but not in the place of the ones."""
    return ridge(coalitions, values, closeness(coalitions, width), 0.0, intercept=False)


def weight_squared_without_intercept(coalitions, values, width, alpha):
    """You fit no intercept, α is not used, and the weights come in squared: rows and values take the root of the weight. Add a column of ones to the rows, and α for the slopes."""
    return ridge(coalitions, values, closeness(coalitions, width) ** 2, 0.0, intercept=False)


def slopes_scaled(coalitions, values, width, alpha):
    """You divide the slopes by the sum of their sizes. Leave them in the units of the values."""
    right = slopes(coalitions, values, closeness(coalitions, width), alpha)
    return right / right.abs().sum()


def players_that_are_out(coalitions, values, width, alpha):
    """You count who is out. z is 1 for the players that are in."""
    return -methods.lime(coalitions, values, width, alpha)


def values_centred_alone(coalitions, values, width, alpha):
    """You subtract the mean from the values alone. An intercept that fits best takes the weighted mean off both: off the values and off each column of the coalitions."""
    w, y = closeness(coalitions, width), values.double()
    return ridge(coalitions, y - (w @ y) / w.sum(), w, alpha, intercept=False)


def plain_values_centred_alone(coalitions, values, width, alpha):
    """You subtract the plain mean from the values, and leave the rows. An intercept that fits best takes the weighted mean off both: off the values and off each column of the coalitions."""
    return ridge(
        coalitions, values.double() - values.double().mean(), closeness(coalitions, width), alpha, intercept=False
    )


def centred_without_weights(coalitions, values, width, alpha):
    """You subtract the plain means. The intercept of a weighted fit is in the weighted means: Σ w z / Σ w and Σ w v / Σ w."""
    z, y, w = coalitions.double(), values.double(), closeness(coalitions, width)
    z, y = z - z.mean(0), y - y.mean()
    left = z.T @ (w[:, None] * z) + alpha * torch.eye(z.shape[1], dtype=torch.float64)
    return torch.linalg.lstsq(left, (z.T @ (w * y))[:, None]).solution[:, 0]


def through_the_value_of_the_first(coalitions, values, width, alpha):
    """You set the intercept to the first value. It is fitted like the slopes: add a column of ones to the rows, and α does not shrink it."""
    return ridge(coalitions, values.double() - values[0].double(), closeness(coalitions, width), alpha, intercept=False)


def through_the_last_value(coalitions, values, width, alpha):
    """You set the intercept to the last value. It is fitted like the slopes: add a column of ones to the rows, and α does not shrink it."""
    return ridge(
        coalitions, values.double() - values[-1].double(), closeness(coalitions, width), alpha, intercept=False
    )


def alpha_for_each_row(coalitions, values, width, alpha):
    """You multiply α by the number of coalitions. The errors are added up, not averaged: α stands as it is."""
    return slopes(coalitions, values, closeness(coalitions, width), alpha * len(coalitions))


def alpha_over_the_rows(coalitions, values, width, alpha):
    """You divide α by the number of coalitions. The errors are added up, not averaged: α stands as it is."""
    return slopes(coalitions, values, closeness(coalitions, width), alpha / len(coalitions))


def alpha_over_the_weights(coalitions, values, width, alpha):
    """You divide the weights by their sum, and so α counts more. Leave the weights as they are: exp(−d² / (2 · width²))."""
    w = closeness(coalitions, width)
    return slopes(coalitions, values, w, alpha * w.sum())


def alpha_over_the_mean_weight(coalitions, values, width, alpha):
    """You divide the weights by their mean, and so α counts otherwise. Leave the weights as they are: exp(−d² / (2 · width²))."""
    w = closeness(coalitions, width)
    return slopes(coalitions, values, w, alpha * w.mean())


def alpha_of_the_largest_weight(coalitions, values, width, alpha):
    """You divide the weights by the largest, and so α counts otherwise. Leave the weights as they are: exp(−d² / (2 · width²))."""
    w = closeness(coalitions, width)
    return slopes(coalitions, values, w, alpha * w.max())


def alpha_not_used(coalitions, values, width, alpha):
    """You do not use α. It shrinks the slopes: α · Σ β² is added to the errors, α on the diagonal of zᵀ W z."""
    return slopes(coalitions, values, closeness(coalitions, width), 0.0)


def alpha_squared(coalitions, values, width, alpha):
    """Your α comes in squared. Rows below the others are squared in the fit: put √α there."""
    return slopes(coalitions, values, closeness(coalitions, width), alpha**2)


def alpha_rooted(coalitions, values, width, alpha):
    """You put √α on the diagonal of zᵀ W z. There α stands as it is; the root belongs to rows that are squared later."""
    return slopes(coalitions, values, closeness(coalitions, width), math.sqrt(alpha))


def alpha_halved(coalitions, values, width, alpha):
    """You take half of α. Without a ½ in front of the errors there is none in front of α."""
    return slopes(coalitions, values, closeness(coalitions, width), alpha / 2)


def alpha_doubled(coalitions, values, width, alpha):
    """You take α twice. On the diagonal of zᵀ W z it stands once: the 2 of the derivative cancels on both sides."""
    return slopes(coalitions, values, closeness(coalitions, width), 2 * alpha)


def alpha_everywhere(coalitions, values, width, alpha):
    """You add α to all entries of zᵀ W z. It stands on the diagonal alone: α times `torch.eye(n)`."""
    z, y, w = coalitions.double(), values.double(), closeness(coalitions, width)
    z, y = z - (w @ z) / w.sum(), y - (w @ y) / w.sum()
    return torch.linalg.lstsq(z.T @ (w[:, None] * z) + alpha, (z.T @ (w * y))[:, None]).solution[:, 0]


def alpha_subtracted(coalitions, values, width, alpha):
    """You subtract α. It is added to the diagonal of zᵀ W z, so that the slopes shrink."""
    return slopes(coalitions, values, closeness(coalitions, width), -alpha)


def slopes_and_intercept(coalitions, values, width, alpha):
    """You return the intercept along with the slopes, at the end. Return the β of the players alone, (n,)."""
    return ridge(coalitions, values, closeness(coalitions, width), alpha)


def intercept_and_slopes(coalitions, values, width, alpha):
    """You return the intercept along with the slopes, in front. Return the β of the players alone, (n,)."""
    return slopes_and_intercept(coalitions, values, width, alpha).roll(1)


def the_wrong_end_dropped(coalitions, values, width, alpha):
    """You drop the last slope, and the intercept stays in front. Where is your column of ones? Its number is the one to leave out."""
    return intercept_and_slopes(coalitions, values, width, alpha)[:-1]


def the_first_slope_dropped(coalitions, values, width, alpha):
    """You drop the first slope, and the intercept stays at the end. Where is your column of ones? Its number is the one to leave out."""
    return slopes_and_intercept(coalitions, values, width, alpha)[1:]


def column_of_slopes(coalitions, values, width, alpha):
    """Your slopes are right, as a column (n, 1). Return (n,): `[:, 0]`."""
    return slopes(coalitions, values, closeness(coalitions, width), alpha)[:, None]


def the_weights_themselves(coalitions, values, width, alpha):
    """You return the weights of the coalitions. They serve the fit: return the slopes β, one for each player."""
    return closeness(coalitions, width)


def means_apart(coalitions, values, width, alpha):
    """You compare the weighted means with and without each player. In drawn coalitions others come and go along with it: fit all players at once."""
    z, y, w = coalitions.double(), values.double(), closeness(coalitions, width)
    return (z.T @ (w * y)) / (z.T @ w) - ((1 - z).T @ (w * y)) / ((1 - z).T @ w)


def at_the_default(coalitions, values, width, alpha):
    """You take a width of 0.25, whichever is asked for. Use `width`."""
    return slopes(coalitions, values, closeness(coalitions, 0.25), alpha)


def alpha_at_the_default(coalitions, values, width, alpha):
    """You take an α of 1, whichever is asked for. Use `alpha`."""
    return slopes(coalitions, values, closeness(coalitions, width), 1.0)


def rises_from_the_first_over(coalitions, values, width, alpha):
    """You shrink the slopes after the fit. α belongs into it: on the diagonal of zᵀ W z."""
    return slopes(coalitions, values, closeness(coalitions, width), 0.0) / (1 + alpha)


LIME_CURES = {
    **REGRESSION_CURES,
    "must match the size of tensor": "A coalition is a row: the share of players shown is `.mean(1)`, (K,), and so are the weights. As a column, `weights[:, None]`, they meet the rows.",
    "is singular": "These equations do not decide all unknowns. Look at the weights: with a width of 1000 all of them are near 1, and none is 0. And does the column of ones stand in there once?",
    "only one element tensors": "Functions of `math` take one number. For a tensor take `torch.exp`, `.sqrt()`, `** 2`.",
    "must be Tensor, not float": "Functions of `torch` take tensors. For a single number take `math.sqrt`, `math.exp`.",
    "should match other.size": "`torch.linalg.lstsq` wants one value for each row: n rows for α below the coalitions want n zeros below the values.",
}


EXERCISES = (
    Exercise(
        coalition_images,
        "shapley",
        2,
        image_cases,
        (
            in_and_out_exchanged,
            in_and_out_exchanged_on_fill,
            no_player_filled,
            filled_with_zero,
            zero_but_for_those_in,
            filled_with_one_colour,
            filled_with_its_mean,
            filled_with_its_one_mean,
            filled_with_own_colour,
            masks_multiplied,
            masks_of_those_out_multiplied,
            the_last_one_covered,
            the_first_one_covered,
            the_last_one_shown,
            pictures_added,
            fill_added,
            the_fill_alone,
            cover_piles_up,
            one_picture_many_times,
            one_picture_in_all,
            the_last_picture,
            shown_in_any,
            shown_in_any_alone,
            joined_in_channels,
            without_a_channel,
            players_for_channels,
            one_for_each_player,
            clipped_pictures,
            channels_in_front,
            players_from_the_right,
            first_channel_covered,
            masks_alone,
            masks_alone_as_numbers,
            masks_of_those_in,
            nothing_covered,
            everything_covered,
            image_for_each_player,
            half_covered,
        ),
        in_float32,
        cures=IMAGE_CURES,
        recall="Asked for is one picture for each coalition, (K, C, H, W): `fill` on the pixels of the players that are "
        "out, the image everywhere else.",
    ),
    Exercise(
        shapley_values,
        "shapley",
        4,
        table_cases,
        (
            plain_means,
            plain_means_scaled,
            rises_added,
            rises_over_all_coalitions,
            one_out,
            one_alone,
            value_alone,
            first_and_last,
            size_with_the_player,
            size_one_too_large,
            one_less_forgotten,
            means_of_the_sizes_added,
            factorial_above_missing,
            divided_by_n_again,
            not_divided,
            bits_from_the_left,
            nobody_taken_as_zero,
            without_nobody,
            without_all_others,
            falls_for_rises,
            sizes_of_rises,
            rises_above_zero,
            values_for_rises,
            shared_alike,
            shares_of_one,
            the_number_for_the_size,
            the_player_as_a_number,
            the_player_added,
            the_players_added_up,
            the_last_coalition_alone,
            running_total,
            whole_weights,
            the_first_player_alone,
            the_sum_of_shares,
            rises_kept,
            of_the_first_player,
            of_the_last_player,
            in_one_row,
            the_order_by_arrival,
        ),
        in_float64,
        cures=GAME,
        recall="Asked for is, for each player i, the sum over all coalitions S without i of |S|! (n − |S| − 1)! / n! times "
        "v(S ∪ i) − v(S). Entry k of `values` is v of the players whose bits are set in k.",
    ),
    Exercise(
        interaction_index,
        "shapley",
        2,
        pair_cases,
        (
            from_nobody_alone,
            at_the_full_set_alone,
            plain_mean_of_pairs,
            sum_of_pairs,
            weights_of_single_players,
            over_n_factorial,
            over_n_minus_2_factorial,
            over_n_sizes,
            pair_size_with_one,
            not_divided_by_a_factorial,
            one_less_alone,
            pair_size_with_both,
            pair_turned,
            half_of_it,
            neither_forgotten,
            neither_subtracted,
            rise_by_both,
            second_added,
            difference_of_the_two,
            sum_of_two_shares,
            product_of_two_shares,
            merged_less_the_shares,
            pair_bits_from_the_left,
            size_of_the_interaction,
            sizes_in_the_sum,
            pair_without_nobody,
            pair_without_all_others,
            of_the_first_two,
            the_pair_as_numbers,
            of_all_pairs,
            change_of_the_share,
        ),
        as_one_number,
        cures=PAIR_CURES,
        recall="Asked for is the sum over all coalitions S without i and j of |S|! (n − |S| − 2)! / (n − 1)! times "
        "v(S ∪ ij) − v(S ∪ i) − v(S ∪ j) + v(S).",
    ),
    Exercise(
        permutation_shapley,
        "shapley",
        3,
        order_cases,
        (
            read_as_ranks,
            in_the_reverse_order,
            taken_away,
            order_not_used,
            order_not_used_for_arrival,
            columns_picked,
            sum_over_orders,
            over_the_players,
            over_orders_and_players,
            over_all_orders,
            divided_in_the_loop,
            in_order_of_arrival,
            given_to_the_places,
            nobody_forgotten,
            less_nobody,
            values_on_arrival,
            values_before_arrival,
            falls_on_arrival,
            never_arrived,
            alone_against_nobody,
            all_against_all_but_one,
            first_order_alone,
            last_order_alone,
            last_order_divided,
            all_stay,
            without_the_last_to_arrive,
            without_the_first_to_arrive,
            nobody_not_asked,
            given_to_the_next,
            given_to_the_one_before,
            one_row_early,
            those_before_gone,
            one_row_for_each_order,
            mean_of_each_order,
            rises_in_one_number,
            sizes_of_what_they_bring,
            walks_kept,
        ),
        in_float64,
        cures=ORDER_CURES,
        recall="Asked for is, for each player, the mean over the orders of what it brings when it arrives: the value of those before "
        "it and itself, less the value of those before it.",
    ),
    Exercise(
        shapley_kernel,
        "shapley",
        1,
        size_cases,
        (
            binomial_forgotten,
            binomial_forgotten_as_probabilities,
            size_alone,
            n_for_n_minus_1,
            one_above,
            s_minus_1_above,
            brackets_above_missing,
            brackets_below_missing,
            brackets_of_the_difference_missing,
            last_factor_above,
            binomial_alone,
            alike_for_each_size,
            s_forgotten,
            n_minus_s_forgotten,
            n_below,
            one_too_few_chosen,
            one_chosen_already,
            in_some_order,
            binomial_above,
            weights_of_the_values,
            weights_of_the_values_with_it,
            adding_up_to_1,
            for_every_size,
            one_for_all_sizes,
            of_the_first_size,
            kernel_turned,
            kernel_rooted,
            divided_to_whole_numbers,
        ),
        as_numbers,
        cures=SIZE_CURES,
        recall="Asked for is (n − 1) / (C(n, s) · s · (n − s)) for each s in `sizes`, with C(n, s) = `math.comb(n, s)`.",
    ),
    Exercise(
        kernel_shap,
        "shapley",
        4,
        regression_cases,
        (
            without_the_constraint,
            with_a_free_intercept,
            empty_not_subtracted_unconstrained,
            empty_not_subtracted,
            adding_up_to_full,
            adding_up_to_full_on_values,
            empty_and_full_exchanged,
            total_turned,
            ends_added,
            adding_up_to_1_instead,
            adding_up_to_0,
            scaled_to_the_sum,
            spread_evenly,
            intercept_spread_evenly,
            the_last_by_the_rest,
            last_column_left_out,
            columns_not_reduced,
            values_not_reduced,
            total_forgotten_on_the_values,
            columns_added,
            columns_turned,
            total_added_to_the_values,
            total_off_every_value,
            those_who_are_out,
            the_others_alone,
            the_last_in_front,
            the_first_behind,
            last_as_the_sum,
            weights_not_used,
            weights_squared,
            weights_rooted,
            weights_turned,
            weights_on_the_rows_alone,
            weights_on_the_values_alone,
            weights_made_anew,
            weights_of_sizes_on_top,
            means_with_and_without,
            weighted_means_with_and_without,
            everybody_alike,
            each_fitted_alone,
            of_shape_n_1,
            with_the_multiplier,
            corner_of_1,
            left_side_doubled,
            right_side_doubled,
            *(held_by(weight, sentence) for weight, sentence in ENDS.items()),
        ),
        in_float64,
        cures=REGRESSION_CURES,
        recall="Asked for are the shares φ that make Σ w (v − empty − z·φ)² smallest among those that add up to full − empty. "
        "Check the sum of yours first, and work in float64.",
    ),
    Exercise(
        lime,
        "shapley",
        4,
        lime_cases,
        (
            width_without_2,
            width_not_squared,
            width_squared_with_2,
            width_by_the_side,
            distance_not_squared,
            distance_over_width,
            minus_forgotten,
            share_hidden,
            root_of_the_share_hidden,
            number_hidden,
            euclidean,
            share_shown,
            share_shown_without_a_root,
            from_nobody,
            root_of_one_alone,
            root_of_the_difference,
            share_squared,
            one_distance_for_all,
            weight_not_used,
            weight_on_the_rows_alone,
            intercept_shrunk,
            no_intercept,
            no_intercept_nor_alpha,
            weight_squared_without_intercept,
            slopes_scaled,
            players_that_are_out,
            values_centred_alone,
            plain_values_centred_alone,
            centred_without_weights,
            through_the_value_of_the_first,
            through_the_last_value,
            alpha_for_each_row,
            alpha_over_the_rows,
            alpha_over_the_weights,
            alpha_over_the_mean_weight,
            alpha_of_the_largest_weight,
            alpha_not_used,
            alpha_squared,
            alpha_rooted,
            alpha_halved,
            alpha_doubled,
            alpha_everywhere,
            alpha_subtracted,
            slopes_and_intercept,
            intercept_and_slopes,
            the_wrong_end_dropped,
            the_first_slope_dropped,
            column_of_slopes,
            the_weights_themselves,
            means_apart,
            at_the_default,
            alpha_at_the_default,
            rises_from_the_first_over,
        ),
        in_float64,
        cures=LIME_CURES,
        recall="Asked for are the β, (n,), that make Σ w (v − b − z·β)² + α Σ β² smallest, with w = exp(−d² / (2 · width²)), "
        "d = 1 − √(players shown / n) and an intercept b that α does not shrink.",
    ),
)
