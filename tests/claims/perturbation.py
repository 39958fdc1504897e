"""What lesson 08 says of its results, and the cells that show them."""

import re

from .reading import numbers


def table(shown, caption):
    """row → column → its numbers, of the table with this caption."""
    at = next(k for k, line in enumerate(shown.lines) if line.startswith(caption))
    headers = re.split(r"\s{2,}", shown.lines[at + 1].strip())
    found = {}
    for line in shown.lines[at + 2 :]:
        name, *cells = re.split(r"\s{2,}", line.strip())
        if len(cells) not in (len(headers), len(headers) - 1):
            break
        found[name.removesuffix(" (control)")] = {
            header.removesuffix(" (control)"): numbers(cell)
            for header, cell in zip(headers[-len(cells) :], cells, strict=True)
        }
    return found


def all_in(values, low, high):
    return all(low <= value <= high for value in values)


OPENING, STARTS, OVERLAP, GREY = "at_0, at_1 = ", "for stride in (16, 8, 6)", "placed, rows = ", "def where_it_changes"
FOUR, WINDOW, MANY, MASKED = "covered = [torch.where", "by_window = {", "every_row = ", "all_scores = "
SEEN, DIFFERENCE, RISE, NOISE = "seen = rise_map", "difference = {", '"rise",\n', "curves = {"
KEEP, CONTROLS, ROUGH, DELETE = "scores_of_parts = ", "of_regions = ", "tenths = {", "taken_out = {"
ALIKE, EXTREMAL, SHARES, CAT = "the first {n}", '"more than the image": "', "named = {", "halves = "
OWN = "part_of_rock = "
LIKE_THE_REST, LIKE_NOTHING = ("painted in", "mean of the window", "blurred"), ("grey", "shuffled pixels")
EARLIER = ("gradient", "gradient × input", "guided backprop")
FILLS = ("windows, green", "RISE, seen − hidden", "best tenth")


def change(shown):
    """cover → column → mean, lower and upper end, on 30 images."""
    return table(shown, "Change of the score")


def shares(shown):
    return table(shown, "Shares of the maps")


def rise(shown):
    return table(shown, "RISE in green")


def keeps(shown):
    return table(shown, "What a part keeps")


def left(shown):
    return table(shown, "What is left")


def without(shown):
    return {row: [found[name][0] for name in ("rock", "paper", "scissors")]
            for row, found in table(shown, "Scores without").items()}  # fmt: skip


def part(shown, name):
    """column → numbers, of a part of the example."""
    return table(shown, "What a part keeps")[name]


def tenth(shown, name):
    return table(shown, "The best tenth")[name]


def of_30(shown):
    """row → column → mean, lower and upper end of the scores of the best tenths."""
    return table(shown, "Scores, mean of 30")


def cut_of_30(shown, name):
    return of_30(shown)[name]["cut to whole pixels"]


def pairs(shown):
    return table(shown, "Share of the maps")


CLAIMS = {
    "At the tip of the index finger the drop is 1.3 in one map and 0.3 in the other": (
        OPENING,
        lambda shown: shown.row("drop at the tip") == [1.3, 0.3],
    ),
    "it stays more alike to itself than the second map is to it": (
        OPENING,
        lambda shown: shown.row("the map, moved by one pixel")[0] > shown.row("the grid begins at pixel 1")[0] + 0.05,
    ),
    "So it is also the numbers that change": (
        OPENING,
        lambda shown: shown.row("the grid begins at pixel 1")[0] < shown.row("the map, moved by one pixel")[0],
    ),
    "With a stride of half a window, 4 windows cover the middle, 2 an edge and 1 the corner": (
        STARTS,
        lambda shown: shown.row("stride 8")[-3:] == [1, 2, 4],
    ),
    "If you added their drops up, an edge would count half as much as the middle, and a corner a quarter": (
        STARTS,
        lambda shown: (
            shown.row("stride 8")[-3] / shown.row("stride 8")[-1] == 0.25
            and shown.row("stride 8")[-2] / shown.row("stride 8")[-1] == 0.5
        ),
    ),
    "Side by side, a grid that begins elsewhere changes the map more than moving the map does": (
        OVERLAP,
        lambda shown: shown.row("side by side")[0] < shown.row("side by side")[1],
    ),
    "With the overlap it changes it less": (
        OVERLAP,
        lambda shown: shown.row("overlapping by half")[0] > shown.row("overlapping by half")[1],
    ),
    "It still depends on the grid: the number is not 1": (
        OVERLAP,
        lambda shown: shown.row("overlapping by half")[0] < 0.95,
    ),
    "Answer B: beside the hand, by about a factor of two": (
        GREY,
        lambda shown: 1.7 < shown.row("grey")[1] / shown.row("grey")[0] < 2.4,
    ),
    "In grey the share on the hand (of all values of the map, without their signs) is even smaller than the area": (
        GREY,
        lambda shown: shown.row("grey")[2] < shown.row("area of the hand (control)")[0],
    ),
    "With shuffled pixels in it, the score falls by more than five points, and by more than eight with": (
        FOUR,
        lambda shown: (
            shown.row("score of the image")[0] - shown.row("shuffled pixels")[0] > 5
            and shown.row("score of the image")[0] - shown.row("another place")[0] > 8
            and abs(shown.row("score of the image")[0] - shown.row("green")[0]) < 0.3
        ),
    ),
    "Over all windows, values of the picture itself are no better than grey": (
        FOUR,
        lambda shown: all(shown.row(name)[2] >= shown.row("grey")[2] for name in ("shuffled pixels", "another place")),
    ),
    "In green there are values down to −3.59: the score rises when these windows are covered": (
        WINDOW,
        lambda shown: shown.row("green")[-2] == -3.59,
    ),
    "At 21 % of the places the value is below −½": (WINDOW, lambda shown: shown.row("green")[-1] == 21),
    "With the mean of the window this is so at 1 % of the places, and painted in at 0 %": (
        WINDOW,
        lambda shown: [shown.row(name)[-1] for name in ("mean of the window", "painted in")] == [1, 0],
    ),
    "These covers may raise the score as well, but by less": (
        WINDOW,
        lambda shown: all(
            shown.row("green")[-2] / 2 < shown.row(name)[-2] < 0 for name in ("mean of the window", "painted in")
        ),
    ),
    "The largest drops are about the same": (
        WINDOW,
        lambda shown: all_in([shown.row(name)[-3] for name in ("green", "mean of the window", "painted in")], 2.8, 3.1),
    ),
    "Here are 30 scissors, eight covers, and two controls": (
        MANY,
        lambda shown: len(change(shown)) == 8 and len(shares(shown)) == 13,
    ),
    "In grey, with shuffled pixels and with a piece from another place, the score changes more beside the hand": (
        MANY,
        lambda shown: (
            all(
                change(shown)[name]["size beside it"][0] > change(shown)[name]["size on the hand"][0]
                for name in (*LIKE_NOTHING, "another place")
            )
            and abs(change(shown)["black"]["size beside it"][0] - change(shown)["black"]["size on the hand"][0]) < 0.1
        ),
    ),
    "Its largest drops are about as large": (
        MANY,
        lambda shown: all(
            change(shown)[name]["largest drop"][1]
            < change(shown)["green"]["largest drop"][0]
            < change(shown)[name]["largest drop"][2]
            for name in LIKE_THE_REST
        ),
    ),
    "What looks like its surroundings (painted in, the mean of the window, blurred) changes the score less on": (
        MANY,
        lambda shown: all(
            change(shown)[name]["size on the hand"][2] < change(shown)["green"]["size on the hand"][1]
            and change(shown)[name]["smallest drop"][1] > change(shown)["green"]["smallest drop"][2]
            for name in LIKE_THE_REST
        ),
    ),
    "A map in grey has no more in common with the map in green than chance: its interval holds 0": (
        MANY,
        lambda shown: (
            shares(shown)["grey"]["rank correlation with green"][1]
            < 0
            < shares(shown)["grey"]["rank correlation with green"][2]
        ),
    ),
    "In green, 0.67 of the map lies on the hand, which has 0.32 of the area": (
        MANY,
        lambda shown: (
            (shares(shown)["green"]["on the hand"][0], shares(shown)["area"]["on the hand"][0]) == (0.67, 0.32)
        ),
    ),
    "The two untrained networks have 0.64 and 0.62": (
        MANY,
        lambda shown: [shares(shown)[f"untrained {n}, green"]["on the hand"][0] for n in (0, 1)] == [0.64, 0.62],
    ),
    "The share on the hand says more of the cover than of the network": (
        MANY,
        lambda shown: all(
            abs(shares(shown)["green"]["on the hand"][0] - shares(shown)[f"untrained {n}, green"]["on the hand"][0])
            < 0.3 * (shares(shown)["green"]["on the hand"][0] - shares(shown)["grey"]["on the hand"][0])
            for n in (0, 1)
        ),
    ),
    "On the fingers it is different: 0.33, and 0.19 and 0.20 for the untrained ones": (
        MANY,
        lambda shown: (
            shares(shown)["green"]["on the fingers"][0] == 0.33
            and [shares(shown)[f"untrained {n}, green"]["on the fingers"][0] for n in (0, 1)] == [0.19, 0.2]
            and shares(shown)["green"]["on the fingers"][1] > shares(shown)["untrained 1, green"]["on the fingers"][2]
        ),
    ),
    "Half of the picture is gone, and the network still says scissors nearly every time": (
        MASKED,
        lambda shown: 95 <= shown.row("called scissors")[0] < 100 and shown.row("called scissors")[1] == 0.5,
    ),
    "The scores differ all the same": (MASKED, lambda shown: shown.row("400 masked")[1] > 2),
    "The hand has 35 % of the area of the picture": (
        SEEN,
        lambda shown: round(shown.row("share on the hand")[1]) == 35,
    ),
    "Answer A. The map is nearly the same everywhere": (
        SEEN,
        lambda shown: (
            abs(shown.row("share on the hand")[0] - shown.row("share on the hand")[1]) < 1
            and shown.row("values from")[1] < 1.2 * shown.row("values from")[0]
        ),
    ),
    "So each place has the mean score, and a little more or less": (
        SEEN,
        lambda shown: all_in(
            shown.row("values from")[:2], 0.88 * shown.row("values from")[2], 1.12 * shown.row("values from")[2]
        ),
    ),
    "Its share on the hand is more than the area of the hand": (
        DIFFERENCE,
        lambda shown: shown.row("seen − hidden")[2] > shown.row("area (control)")[0] + 0.1,
    ),
    "Its share on the fingers is more than twice their area": (
        DIFFERENCE,
        lambda shown: (
            shown.row("seen − hidden")[2] > shown.row("area (control)")[0] + 0.1
            and shown.row("seen − hidden")[3] > 2 * shown.row("area (control)")[1]
        ),
    ),
    "Other masks give a map that is like it, but not the same": (
        DIFFERENCE,
        lambda shown: 0.5 < shown.row("400 other masks")[-1] < 0.8,
    ),
    "With the scores exchanged the shares are about the areas": (
        DIFFERENCE,
        lambda shown: (
            abs(shown.row("scores exchanged (control)")[2] - shown.row("area (control)")[0]) < 0.05
            and abs(shown.row("scores exchanged (control)")[3] - shown.row("area (control)")[1]) < 0.05
        ),
    ),
    "The numbers above the maps say that this one has the smallest values": (
        DIFFERENCE,
        lambda shown: all(
            max(map(abs, shown.row("scores exchanged (control)")[:2])) < 0.7 * max(map(abs, shown.row(name)[:2]))
            for name in ("seen − hidden", "400 other masks")
        ),
    ),
    "But the values are not zero: this is what chance alone draws with 400 masks": (
        DIFFERENCE,
        lambda shown: shown.row("scores exchanged (control)")[1] > 0.3,
    ),
    "Its rank correlation with the first is chance, too: the ten exchanges have values from −0.42 to 0.24": (
        DIFFERENCE,
        lambda shown: (
            shown.row("ten exchanges")[-2:] == [-0.42, 0.24]
            and -0.42 <= shown.row("scores exchanged (control)")[-1] <= 0.24
        ),
    ),
    "The map by coverage, your rise_map, lies on the hand as the area does": (
        RISE,
        lambda shown: rise(shown)["green, by coverage"]["on the hand"] == rise(shown)["area"]["on the hand"],
    ),
    "Of seen − hidden more lies there": (
        RISE,
        lambda shown: rise(shown)["green, seen − hidden"]["on the hand"][1] > rise(shown)["area"]["on the hand"][2],
    ),
    "But for an untrained network it is as much, or more; only on the fingers is the trained one ahead": (
        RISE,
        lambda shown: (
            rise(shown)["untrained 0, seen − hidden"]["on the hand"][0]
            >= rise(shown)["green, seen − hidden"]["on the hand"][0]
            and rise(shown)["green, seen − hidden"]["on the fingers"][1]
            > rise(shown)["untrained 0, seen − hidden"]["on the fingers"][2]
        ),
    ),
    "With the scores exchanged its interval holds 0": (
        RISE,
        lambda shown: (
            rise(shown)["scores exchanged, seen − hidden"]["rank correlation of two halves"][1]
            < 0
            < rise(shown)["scores exchanged, seen − hidden"]["rank correlation of two halves"][2]
        ),
    ),
    "For the untrained network it is even higher than for the trained one": (
        RISE,
        lambda shown: (
            rise(shown)["untrained 0, seen − hidden"]["rank correlation of two halves"][1]
            > rise(shown)["green, seen − hidden"]["rank correlation of two halves"][2]
        ),
    ),
    "Answer B: whenever the number of masks doubles, the noise is multiplied by about 0.7": (
        NOISE,
        lambda shown: all_in(
            [row["from one to the next, mean"][0] for row in table(shown, "Noise").values()], 0.65, 0.75
        ),
    ),
    "As published, the map has more than twice the noise of your rise_map": (
        NOISE,
        lambda shown: all(
            first > 2 * second
            for first, second in zip(
                shown.row("seen, as published")[:4], shown.row("seen, your rise_map")[:4], strict=True
            )
        ),
    ),
    "over the 30 scissors two halves of the masks agree as well for one as for the other, with 0.59": (
        RISE,
        lambda shown: all(
            rise(shown)[name]["rank correlation of two halves"][0] == 0.59
            for name in ("green, by coverage", "green, seen − hidden")
        ),
    ),
    "Seen − hidden has more noise than your rise_map": (
        NOISE,
        lambda shown: all(
            first > 1.2 * second
            for name in ("seen − hidden", "seen − hidden, 400 other masks")
            for first, second in zip(shown.row(name)[-5:-1], shown.row("seen, your rise_map")[-5:-1], strict=True)
        ),
    ),
    "But its values differ more from place to place, too": (
        (DIFFERENCE, SEEN),
        lambda shown, seen: (
            shown.row("seen − hidden")[1] - shown.row("seen − hidden")[0]
            > 1.5 * (seen.row("values from")[1] - seen.row("values from")[0])
        ),
    ),
    "The score of the whole picture is 19.7": (CONTROLS, lambda shown: shown.row("the whole image")[0] == 19.7),
    "(Cut to whole pixels, as in the next table, it has more than twice": (
        CONTROLS,
        lambda shown: shown.row("search, 10 %")[2] > 2 * shown.row("the whole image")[0],
    ),
    "A tenth of all pixels is 922": (
        CONTROLS,
        lambda shown: part(shown, "random, mean of 100")["pixels"] == part(shown, "search, 10 %")["pixels"] == [922],
    ),
    "They have 784 pixels, so the tenth is cut to 784 pixels as well": (
        CONTROLS,
        lambda shown: (
            part(shown, "exactly the two fingers")["pixels"]
            == part(shown, "search, 10 %, cut smaller")["pixels"]
            == [784]
        ),
    ),
    "The two fingers alone have the score of the whole picture, and the middle finger alone nearly so": (
        CONTROLS,
        lambda shown: (
            abs(part(shown, "exactly the two fingers")["score"][0] - shown.row("the whole image")[0]) < 0.3
            and part(shown, "exactly the middle finger")["score"][0] > 0.9 * shown.row("the whole image")[0]
        ),
    ),
    "Less than a third of its tenth lies on the fingers": (
        CONTROLS,
        lambda shown: part(shown, "search, 10 %")["on the fingers"][0] < 100 / 3,
    ),
    "That is more than chance (8 % in the mean of the random regions), but far from all": (
        CONTROLS,
        lambda shown: (
            8
            == part(shown, "random, mean of 100")["on the fingers"][0]
            < part(shown, "random, best of 100")["on the fingers"][0]
            < part(shown, "search, 10 %")["on the fingers"][0] - 5
            < 60
        ),
    ),
    "And cut to as many pixels as the two fingers have, it has twice their score": (
        CONTROLS,
        lambda shown: (
            part(shown, "search, 10 %, cut smaller")["pixels"] == part(shown, "exactly the two fingers")["pixels"]
            and part(shown, "search, 10 %, cut smaller")["score"][0]
            > 2 * part(shown, "exactly the two fingers")["score"][0]
        ),
    ),
    "Nor is it rare: of 100 random regions some have more score than the whole": (
        CONTROLS,
        lambda shown: shown.row("the whole image")[1] >= 5 and part(shown, "random, best of 100")["score"][0] > 19.7,
    ),
    "Answer C: 46, where the mask that is held back has 42": (
        ROUGH,
        lambda shown: (
            round(tenth(shown, "each pixel by itself")["score"][0]) == 46
            and round(tenth(shown, "as before")["score"][0]) == 42
        ),
    ),
    "Over the 30 scissors the difference is larger: 51.00, where the other has 41.82": (
        ROUGH,
        lambda shown: (
            [cut_of_30(shown, name)[0] for name in ("keep 10 %, rough", "keep 10 %")] == [51, 41.82]
            and 51 - 41.82 > tenth(shown, "each pixel by itself")["score"][0] - tenth(shown, "as before")["score"][0]
        ),
    ),
    "Held back more than before, it keeps little more than the picture has": (
        (ROUGH, CONTROLS),
        lambda shown, controls: (
            0 < tenth(shown, "smoother")["score"][0] - controls.row("the whole image")[0] < 0.25 * 19.7
            and 0 < cut_of_30(shown, "keep 10 %, smooth")[0] - cut_of_30(shown, "the whole image")[0] < 0.25 * 22.78
        ),
    ),
    "Here it ends a little lower, and its mask overlaps with the second by 0.68": (
        ROUGH,
        lambda shown: (
            0.9
            < tenth(shown, "another start")["score"][0] / tenth(shown, "as before")["score"][0]
            < 1
            < 2 * tenth(shown, "another start")["overlap with the second"][0]
            and tenth(shown, "another start")["overlap with the second"] == [0.68]
        ),
    ),
    "Over the 30 scissors it ends as high, and the overlap is 0.40 in the mean": (
        ROUGH,
        lambda shown: (
            cut_of_30(shown, "keep 10 %, random start")[1]
            < cut_of_30(shown, "keep 10 %")[0]
            < cut_of_30(shown, "keep 10 %, random start")[2]
            and of_30(shown)["keep 10 %, random start"]["overlap with keep 10 %"][0] == 0.4
        ),
    ),
    "So the mask also depends on where the search begins": (
        ROUGH,
        lambda shown: (
            tenth(shown, "another start")["overlap with the second"][0] < 0.9
            and of_30(shown)["keep 10 %, random start"]["overlap with keep 10 %"][2] < 0.9
        ),
    ),
    "Cut, they have more score still, as an optional part below shows": (
        ROUGH,
        lambda shown: all(
            row["cut to whole pixels"][0] > row["with soft edges"][0] + 2
            for name, row in of_30(shown).items()
            if name.startswith("keep")
        ),
    ),
    "Many tenths are enough": (
        ROUGH,
        lambda shown: all(row["score"][0] > 19.7 for row in table(shown, "The best tenth").values()),
    ),
    "Without this tenth the network says rock, and the score of scissors is far below zero": (
        DELETE,
        lambda shown: (
            max(without(shown)["searched to be deleted"]) == without(shown)["searched to be deleted"][0]
            and without(shown)["searched to be deleted"][2] < -10
            and 50 < table(shown, "Scores without")["searched to be deleted"]["on the fingers"][0]
        ),
    ),
    "No random tenth comes near": (DELETE, lambda shown: without(shown)["random, worst of 100"][2] > 10),
    "It is not answer C: with the tenth that was searched to be kept its overlap is 0.21": (
        DELETE,
        lambda shown: table(shown, "Scores without")["searched to be deleted"]["overlap with the kept tenth"] == [0.21],
    ),
    "Without that tenth the network still says scissors": (
        DELETE,
        lambda shown: max(without(shown)["searched to be kept"]) == without(shown)["searched to be kept"][2],
    ),
    "the search has to find all of it: both fingers, as the middle finger alone is nearly enough": (
        CONTROLS,
        lambda shown: part(shown, "exactly the middle finger")["score"][0] > 0.9 * shown.row("the whole image")[0],
    ),
    "Yet it draws as well: searched with 784 pixels, as many as the two fingers have, it takes the score further": (
        DELETE,
        lambda shown: (
            without(shown)["the same with 784 pixels"][2] < without(shown)["exactly the two fingers"][2] - 1
            and table(shown, "Scores without")["the same with 784 pixels"]["pixels"]
            == table(shown, "Scores without")["exactly the two fingers"]["pixels"]
            == [784]
        ),
    ),
    "The best tenth has more score than the whole image, by 15.10 in the mean": (
        EXTREMAL,
        lambda shown: (
            keeps(shown)["keep 10 %"]["more than the image"][0] == 15.1
            and keeps(shown)["keep 10 %"]["more than the image"][1] > 0
        ),
    ),
    "The best of 16 random tenths has as much as the whole image, as far as 30 images can tell": (
        EXTREMAL,
        lambda shown: (
            keeps(shown)["random 10 %, best of 16"]["more than the image"][1]
            < 0
            < keeps(shown)["random 10 %, best of 16"]["more than the image"][2]
        ),
    ),
    "A random start comes as high, and its mask overlaps with the first by 0.40 only": (
        EXTREMAL,
        lambda shown: (
            keeps(shown)["keep 10 %, random start"]["overlap with keep 10 %"][0] == 0.4
            and abs(
                keeps(shown)["keep 10 %, random start"]["more than the image"][0]
                - keeps(shown)["keep 10 %"]["more than the image"][0]
            )
            < 1.5
        ),
    ),
    "in this unit the search raises their scores further than those of the trained network": (
        EXTREMAL,
        lambda shown: all(
            keeps(shown)[f"keep 10 %, untrained {n}"]["more than the image"][1]
            > keeps(shown)["keep 10 %"]["more than the image"][2]
            for n in (0, 1)
        ),
    ),
    "That a search finds a small region with a high score shows that it can search": (
        EXTREMAL,
        lambda shown: all(keeps(shown)[f"keep 10 %, untrained {n}"]["more than the image"][1] > 0 for n in (0, 1)),
    ),
    "Exactly the two fingers have 3.32 points less than the image: over many images they are not quite enough": (
        EXTREMAL,
        lambda shown: (
            keeps(shown)["exactly index + middle"]["more than the image"][0] == -3.32
            and keeps(shown)["exactly index + middle"]["more than the image"][2] < 0
        ),
    ),
    "(Their masks are larger than a tenth, by about half and about a quarter": (
        EXTREMAL,
        lambda shown: (
            0.14 <= keeps(shown)["keep 10 %, untrained 0"]["size"][0] <= 0.16
            and 0.12 <= keeps(shown)["keep 10 %, untrained 1"]["size"][0] <= 0.13
        ),
    ),
    "But for the trained network, a mask of 20 % keeps no more than one of 10 %": (
        EXTREMAL,
        lambda shown: (
            keeps(shown)["keep 20 %"]["more than the image"][0] <= keeps(shown)["keep 10 %"]["more than the image"][0]
        ),
    ),
    "Its masks lie on the hand for them, too": (
        EXTREMAL,
        lambda shown: all(keeps(shown)[f"keep 10 %, untrained {n}"]["on the hand"][0] > 0.75 for n in (0, 1)),
    ),
    "On the fingers lies 0.45 of the trained network's mask, and 0.29 and 0.20 of the others'; chance is 0.11": (
        EXTREMAL,
        lambda shown: (
            [keeps(shown)[f"keep 10 %{end}"]["on the fingers"][0] for end in ("", ", untrained 0", ", untrained 1")]
            == [0.45, 0.29, 0.2]
            and keeps(shown)["area"]["on the fingers"][0] == 0.11
        ),
    ),
    "So there is something learned in it, but you see it only beside the control": (
        EXTREMAL,
        lambda shown: all(
            keeps(shown)["keep 10 %"]["on the fingers"][1]
            > keeps(shown)[f"keep 10 %, untrained {n}"]["on the fingers"][2]
            for n in (0, 1)
        ),
    ),
    "Without the tenth that is searched for it, 1 of the 30 is still called scissors, and without exactly the two": (
        EXTREMAL,
        lambda shown: (
            left(shown)["delete 10 %"]["still called scissors"] == [1, 30]
            and left(shown)["exactly index + middle"]["still called scissors"] == [3, 30]
        ),
    ),
    "Without the tenth that keeps the most, 24 are": (
        EXTREMAL,
        lambda shown: left(shown)["keep 10 %"]["still called scissors"] == [24, 30],
    ),
    "The best tenth and guided backpropagation have the largest shares on the hand": (
        SHARES,
        lambda shown: (
            {*sorted(pairs(shown), key=lambda name: pairs(shown)[name]["on the hand"][0])[-2:]}
            == {"best tenth", "guided backprop"}
        ),
    ),
    "But the untrained control of the best tenth has nearly as much as the best tenth (its masks show 0.15 of the": (
        (SHARES, EXTREMAL),
        lambda shown, extremal: (
            all(
                0 <= pairs(shown)[name]["on the hand"][0] - pairs(shown)[name]["on the hand, untrained"][0] < 0.05
                for name in ("best tenth", "windows, green")
            )
            and keeps(extremal)["keep 10 %, untrained 0"]["size"][0] == 0.15
            and keeps(extremal)["keep 10 %"]["size"][0] == 0.1
        ),
    ),
    "RISE has less than its control": (
        SHARES,
        lambda shown: (
            pairs(shown)["RISE, seen − hidden"]["on the hand"][0]
            < pairs(shown)["RISE, seen − hidden"]["on the hand, untrained"][0]
        ),
    ),
    "On an untrained network its share is about the area, on the trained one twice as much": (
        SHARES,
        lambda shown: (
            abs(pairs(shown)["gradient"]["on the hand, untrained"][0] - pairs(shown)["area"]["on the hand"][0]) < 0.04
            and 1.9 < pairs(shown)["gradient"]["on the hand"][0] / pairs(shown)["area"]["on the hand"][0] < 2.3
        ),
    ),
    "Here it was the training that brought the map to the hand": (
        SHARES,
        lambda shown: (
            pairs(shown)["gradient"]["on the hand"][1] > pairs(shown)["gradient"]["on the hand, untrained"][2]
        ),
    ),
    "Gradient × input and guided backpropagation are ahead of their controls as well, but their controls have": (
        SHARES,
        lambda shown: all(
            pairs(shown)[name]["on the hand"][1] > pairs(shown)[name]["on the hand, untrained"][2]
            and pairs(shown)[name]["on the hand, untrained"][1] > pairs(shown)["area"]["on the hand"][2]
            for name in EARLIER[1:]
        ),
    ),
    "On the fingers each trained map is ahead of its control": (
        SHARES,
        lambda shown: all(
            row["on the fingers"][1] > row["on the fingers, untrained"][2]
            for name, row in pairs(shown).items()
            if name != "area"
        ),
    ),
    "A share without the same share of an untrained network says little": (
        SHARES,
        lambda shown: all(
            row["on the hand, untrained"][0] > pairs(shown)["area"]["on the hand"][0] + 0.1
            for name, row in pairs(shown).items()
            if name in (*FILLS, *EARLIER[1:])
        ),
    ),
    "The windows give much the same map in both covers": (
        CAT,
        lambda shown: shown.row("windows in mean colour")[0] > 0.7,
    ),
    "For RISE the two halves of its masks do not agree at all": (
        CAT,
        lambda shown: shown.row("RISE, 80 of")[-1] < 0.15,
    ),
    "So this picture is noise, however smooth it looks": (
        CAT,
        lambda shown: shown.row("RISE, 80 of")[-1] < 0.15,
    ),
    "Windows that overlap, with the mean over all that cover a place, make a map depend less on": (
        OVERLAP,
        lambda shown: shown.row("overlapping by half")[0] > shown.row("side by side")[0] + 0.1,
    ),
    "Grey, shuffled pixels and a piece from another place change the score most where there is no hand": (
        MANY,
        lambda shown: all(
            change(shown)[name]["size beside it"][0] > change(shown)[name]["size on the hand"][0]
            for name in (*LIKE_NOTHING, "another place")
        ),
    ),
    "What looks like its surroundings raises the score least": (
        MANY,
        lambda shown: (
            min(change(shown)[name]["smallest drop"][0] for name in LIKE_THE_REST)
            > max(row["smallest drop"][0] for name, row in change(shown).items() if name not in LIKE_THE_REST)
        ),
    ),
    "In green, the map of an untrained network lies on the hand about as much as that of the trained one": (
        MANY,
        lambda shown: shares(shown)["untrained 0, green"]["on the hand"][2] > shares(shown)["green"]["on the hand"][1],
    ),
    "The mean score where a place is seen is nearly one constant; seen − hidden has a zero": (
        SEEN,
        lambda shown: shown.row("values from")[1] < 1.2 * shown.row("values from")[0],
    ),
    "Compare two halves of the masks before you read a map": (
        CAT,
        lambda shown: shown.row("RISE, 80 of")[-1] < 0.15,
    ),
    "The map of the first 25 masks has a rank correlation of 0.26 with the map of 400 others": (
        ALIKE,
        lambda shown: [shown.row(f"the first {n}")[-1] for n in (25, 400)] == [0.26, 0.61],
    ),
    "It is still below 1: so many masks are not enough for the finer parts of this map": (
        ALIKE,
        lambda shown: shown.row("the first 400")[-1] < 0.8,
    ),
    "There is no sharp number": (
        ALIKE,
        lambda shown: (
            max(shown.row(f"the first {2 * n}")[-1] - shown.row(f"the first {n}")[-1] for n in (25, 50, 100, 200))
            < 0.25
        ),
    ),
    "For the hands this was not so: the map in grey had nothing in common with that in green": (
        MANY,
        lambda shown: (
            shares(shown)["grey"]["rank correlation with green"][1]
            < 0
            < shares(shown)["grey"]["rank correlation with green"][2]
        ),
    ),
    "If they agree, compare it with the map of an untrained network, too": (
        RISE,
        lambda shown: rise(shown)["untrained 0, seen − hidden"]["rank correlation of two halves"][0] > 0.59,
    ),
    "A part of a fist that is called scissors proves nothing about fists or scissors": (
        OWN,
        lambda shown: [max(row, key=row.get) for row in table(shown, "Scores").values()] == ["rock", "scissors"],
    ),
    "A mask that was searched for answers how high the score can be driven, not what the network looks at: it draws": (
        EXTREMAL,
        lambda shown: keeps(shown)["keep 10 %, untrained 0"]["more than the image"][1] > 0,
    ),
}
LOOKED = {
    "The first map is that of lesson 00: squares of 12 pixels, side by side": OPENING,
    "Where a square is red, the score falls when it is covered": OPENING,
    "The map is finer as well": OVERLAP,
    "The map in grey says where grey disturbs: on the green": GREY,
    "Answer C. A twentieth of the picture has more score than the whole, and a tenth has nearly twice": KEEP,
    "The index finger goes on as a strip along the hand, and a piece of the fist stands alone": KEEP,
    "(Much of the hand is blue": OPENING,
    "(Each map has its own colour scale, and its few largest values lie beyond the end of it": DIFFERENCE,
    "These shapes have edges that the hand does not have": KEEP,
    "The mask does not find a part of the picture, it draws one": KEEP,
    "The window in the pictures hides nothing but green": FOUR,
    "This piece looks natural": FOUR,
    "But here it is a third fingertip": FOUR,
}
SAID = (
    "The lesson has optional parts",
    "The core does not need them",
    "The grid begins in the corner",
    "In the second map it begins one pixel further",
    "Some of the difference is only that",
    "Lesson 00 has also shown",
    "This lesson makes four things better",
    "The mean does not have this fault",
    "(Some libraries add up",
    "Captum takes the mean",
    "This is the same image, the same network",
    "Is grey a bad choice",
    "Then take what does occur",
    "That a value occurs in the picture",
    "What would nothing look like",
    "Like what one would expect there",
    "Beside the hand this is green again",
    "Look at the last two columns",
    "A hand with a hole in it is a new picture",
    "More of this below",
    "The network has only seen green without a hole",
    "(Blurred shows the picture itself",
    "A map of a few large blots",
    "Now the last column",
    "The masks have soft edges",
    "To compare areas that are equal",
    "Whether the cover matters has to be tried",
    "Now many images",
    "A map of an untrained network shows",
    "In brackets stands the 95 % interval",
    "The first table says of 30",
    "Now the second table",
    "So the network looks at the hand?",
    "They have learned nothing about hands",
    "But green changes the picture a lot",
    "This is what was learned",
    "You would not know it without this control",
    "That is what the map is made of",
    "When a place is seen, about half of all other places",
    "A program that stretches the colours",
    "What is the same everywhere says nothing",
    "Ask for the difference that seeing it makes",
    "Now the map has a zero",
    "So look at more than one image",
    "On 30 scissors it is the same",
    "The last column compares the maps",
    "This is $1 / \\sqrt 2$",
    "To halve it takes four times",
    "It divides by a chance",
    "With probabilities near 0",
    "So far: cover something",
    "Now turn it round",
    "Which small part of the picture",
    "Search for it: among all masks",
    "A search by gradients needs",
    "Sort the values of the mask",
    "A sharp mask of area",
    "So the objective is",
    "$P$ is the number of places",
    "Larger is better",
    "The weight of the area grows by 4 %",
    "Is this tenth what the network needs",
    "The controls are 100 random regions",
    "The search does something else",
    "In this picture they are enough",
    "Look at the pictures again",
    "This network has never seen a hand in pieces",
    "The less the mask is held back",
    "Another start is the same search",
    "(Their rows are called rough",
    "Its gain is the zero",
    "So there is no such thing",
    "So that tenth is enough",
    "Does this hold for more than one picture",
    "In the next table size is the share",
    "(The masks of the search keep their soft edges",
    "The table has a control more",
    "The scores of an untrained network hardly change",
    "So their scores are multiplied",
    "The untrained networks settle",
    "Taking out is another question",
    "Read the pairs",
    "What these shares show is the cover",
    "The gradient has no cover",
    "If the weights were loaded, read",
    "The authors of RISE take",
    "A smooth picture is no sign",
    "Split your masks into two halves",
    "The cover is a part of the question",
    "Hold a share against that",
    "RISE covers many places",
    "Enough is not needed",
    "Take the region out as well",
)
