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
KEEP, CONTROLS, ROUGH, DELETE = "kept_scores = ", "of_regions = ", "tried = {", "deleted = "
EXTREMAL, SHARES, CAT = '"extremal",\n', "named = {", "halves = "
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
    "If you added their drops up, the border would count a quarter": (
        STARTS,
        lambda shown: shown.row("stride 8")[-3] / shown.row("stride 8")[-1] == 0.25,
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
    "In grey the share on the hand is even smaller than the area of the hand": (
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
    "In green the score rises by up to three and a half points when certain windows are covered": (
        WINDOW,
        lambda shown: -3.75 < shown.row("green")[-1] < -3.25,
    ),
    "Painted in, or filled with its own mean, a window almost never raises the score": (
        WINDOW,
        lambda shown: min(shown.row("mean of the window")[-1], shown.row("painted in")[-1]) > -1,
    ),
    "The largest drops are about the same": (
        WINDOW,
        lambda shown: all_in([shown.row(name)[-2] for name in ("green", "mean of the window", "painted in")], 2.8, 3.1),
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
    "What looks like its surroundings (painted in, the mean of the window, blurred) takes less from the hand": (
        MANY,
        lambda shown: all(
            change(shown)[name]["size on the hand"][2] < change(shown)["green"]["size on the hand"][1]
            and change(shown)[name]["smallest drop"][1] > change(shown)["green"]["smallest drop"][2]
            for name in LIKE_THE_REST
        ),
    ),
    "A map in grey has no more in common with the map in green than chance: its interval holds 0": (
        MANY,
        lambda shown: shares(shown)["grey"]["like green"][1] < 0 < shares(shown)["grey"]["like green"][2],
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
    "It lies on the hand more than its area, and on the two fingers more than twice as much": (
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
    "With the scores exchanged the shares are about the areas, and the values are smaller": (
        DIFFERENCE,
        lambda shown: (
            abs(shown.row("scores exchanged (control)")[2] - shown.row("area (control)")[0]) < 0.05
            and abs(shown.row("scores exchanged (control)")[3] - shown.row("area (control)")[1]) < 0.05
            and shown.row("scores exchanged (control)")[1] < 0.5 * shown.row("seen − hidden")[1]
        ),
    ),
    "But they are not zero: this is what chance alone draws with 400 masks": (
        DIFFERENCE,
        lambda shown: shown.row("scores exchanged (control)")[1] > 0.3,
    ),
    "Its rank correlation with the first is chance, too, and far from 0": (
        DIFFERENCE,
        lambda shown: abs(shown.row("scores exchanged (control)")[-1]) > 0.3,
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
            rise(shown)["scores exchanged, seen − hidden"]["two halves"][1]
            < 0
            < rise(shown)["scores exchanged, seen − hidden"]["two halves"][2]
        ),
    ),
    "For the untrained network it is even higher than for the trained one": (
        RISE,
        lambda shown: (
            rise(shown)["untrained 0, seen − hidden"]["two halves"][1]
            > rise(shown)["green, seen − hidden"]["two halves"][2]
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
    "The score of the whole picture is 19.7": (CONTROLS, lambda shown: shown.row("the whole image")[0] == 19.7),
    "Answer C. A twentieth of the picture has more score than the whole, and a tenth has nearly twice as much": (
        CONTROLS,
        lambda shown: (
            shown.row("search, 5 %")[1] > shown.row("the whole image")[0]
            and 1.8 < shown.row("search, 10 %")[1] / shown.row("the whole image")[0] < 2
        ),
    ),
    "The two fingers alone have the score of the whole picture, and the middle finger alone nearly so": (
        CONTROLS,
        lambda shown: (
            abs(shown.row("exactly the two fingers (control)")[1] - shown.row("the whole image")[0]) < 0.3
            and shown.row("exactly the middle finger (control)")[1] > 0.9 * shown.row("the whole image")[0]
        ),
    ),
    "The search finds something else: less than a third of its tenth lies on them": (
        CONTROLS,
        lambda shown: shown.row("search, 10 %")[-1] < 100 / 3,
    ),
    "Cutting the mask at ½ does not take this away": (
        CONTROLS,
        lambda shown: all(
            shown.row(name)[2] >= shown.row(name)[1] for name in ("search, 5 %", "search, 10 %", "search, 20 %")
        ),
    ),
    "Nor is it rare: of 100 random regions some have more score than the whole": (
        CONTROLS,
        lambda shown: shown.row("the whole image")[1] >= 5 and shown.row("random, best of 100 (control)")[0] > 19.7,
    ),
    "Answer C: near 50": (ROUGH, lambda shown: 48 < shown.row("each pixel by itself")[1] < 52),
    "Held back more than before, it keeps little more than the picture has": (
        (ROUGH, CONTROLS),
        lambda shown, controls: 0 < shown.row("smoother")[1] - controls.row("the whole image")[0] < 0.25 * 19.7,
    ),
    "It ends about as high, and elsewhere: the two masks have only a part in common": (
        ROUGH,
        lambda shown: (
            shown.row("another start")[1] > 0.85 * shown.row("as before")[1] and shown.row("another start")[-1] < 0.5
        ),
    ),
    "Many tenths are enough": (ROUGH, lambda shown: all(row[1] > 19.7 for row in shown.rows if len(row) > 4)),
    "Answer B. Without this tenth the network says rock, and the score of scissors is far below zero": (
        DELETE,
        lambda shown: (
            max(without(shown)["searched to be deleted"]) == without(shown)["searched to be deleted"][0]
            and without(shown)["searched to be deleted"][2] < -10
            and 45 < table(shown, "Scores without")["searched to be deleted"]["on the two fingers"][0] < 60
        ),
    ),
    "No random tenth comes near": (DELETE, lambda shown: without(shown)["random, worst of 100"][2] > 10),
    "Without the tenth that was searched to be kept, it still says scissors": (
        DELETE,
        lambda shown: max(without(shown)["searched to be kept"]) == without(shown)["searched to be kept"][2],
    ),
    "the search has to find all of it: both fingers, as one alone is nearly enough": (
        CONTROLS,
        lambda shown: shown.row("exactly the middle finger (control)")[1] > 0.9 * shown.row("the whole image")[0],
    ),
    "Taken out exactly, the two fingers cost less than this tenth does": (
        DELETE,
        lambda shown: without(shown)["exactly the two fingers"][2] > without(shown)["searched to be deleted"][2] + 5,
    ),
    "The best tenth has more score than the whole image, by 16.42 in the mean, and a rough one by more still": (
        EXTREMAL,
        lambda shown: (
            keeps(shown)["keep 10 %"]["kept − score"][0] == 16.42
            and keeps(shown)["keep 10 %"]["kept − score"][2] < keeps(shown)["keep 10 %, rough"]["kept − score"][1]
        ),
    ),
    "The best of 16 random tenths has as much as the whole image, as far as 30 images can tell": (
        EXTREMAL,
        lambda shown: (
            keeps(shown)["random 10 %, best of 16"]["kept − score"][1]
            < 0
            < keeps(shown)["random 10 %, best of 16"]["kept − score"][2]
        ),
    ),
    "Another start comes as high, and its mask has 0.40 of the union in common with the first": (
        EXTREMAL,
        lambda shown: (
            keeps(shown)["keep 10 %, random start"]["like keep 10 %"][0] == 0.4
            and abs(
                keeps(shown)["keep 10 %, random start"]["kept − score"][0]
                - keeps(shown)["keep 10 %"]["kept − score"][0]
            )
            < 1.5
        ),
    ),
    "and the search raises their scores even further": (
        EXTREMAL,
        lambda shown: all(
            keeps(shown)[f"keep 10 %, untrained {n}"]["kept − score"][1] > keeps(shown)["keep 10 %"]["kept − score"][2]
            for n in (0, 1)
        ),
    ),
    "That a search finds a small region with a high score shows that it can search": (
        EXTREMAL,
        lambda shown: all(keeps(shown)[f"keep 10 %, untrained {n}"]["kept − score"][1] > 0 for n in (0, 1)),
    ),
    "Its masks lie on the hand for them, too": (
        EXTREMAL,
        lambda shown: all(keeps(shown)[f"keep 10 %, untrained {n}"]["on the hand"][0] > 0.75 for n in (0, 1)),
    ),
    "On the two fingers lies 0.42 of the trained network's mask, and 0.26 and 0.17 of the others'": (
        EXTREMAL,
        lambda shown: (
            [keeps(shown)[f"keep 10 %{end}"]["on index + middle"][0] for end in ("", ", untrained 0", ", untrained 1")]
            == [0.42, 0.26, 0.17]
            and keeps(shown)["area"]["on index + middle"][0] == 0.1
        ),
    ),
    "So there is something learned in it, but you see it only beside the control": (
        EXTREMAL,
        lambda shown: all(
            keeps(shown)["keep 10 %"]["on index + middle"][1]
            > keeps(shown)[f"keep 10 %, untrained {n}"]["on index + middle"][2]
            for n in (0, 1)
        ),
    ),
    "Without the tenth that is searched for it, none of the 30 is called scissors": (
        EXTREMAL,
        lambda shown: left(shown)["delete 10 %"]["cut out: scissors"] == [0, 0, 0],
    ),
    "Without the tenth that keeps the most, nearly nine of ten still are": (
        EXTREMAL,
        lambda shown: 0.84 < left(shown)["keep 10 %"]["cut out: scissors"][0] < 0.9,
    ),
    "The best tenth has the largest share on the hand of all": (
        SHARES,
        lambda shown: (
            max(row["on the hand"][0] for row in pairs(shown).values()) == pairs(shown)["best tenth"]["on the hand"][0]
        ),
    ),
    "But its untrained control has nearly as much, and so have the windows in green; RISE has less than its control": (
        SHARES,
        lambda shown: (
            all(
                0 <= pairs(shown)[name]["on the hand"][0] - pairs(shown)[name]["on the hand, untrained"][0] < 0.05
                for name in ("best tenth", "windows, green")
            )
            and pairs(shown)["RISE, seen − hidden"]["on the hand"][0]
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
    "Gradient × input and guided backpropagation are ahead of their controls as well, but these have more than": (
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
    "In green, the map of an untrained network lies on the hand as much as that of the trained one": (
        MANY,
        lambda shown: shares(shown)["untrained 0, green"]["on the hand"][2] > shares(shown)["green"]["on the hand"][1],
    ),
    "The mean score where a place is seen is nearly one constant; seen − hidden has a zero": (
        SEEN,
        lambda shown: shown.row("values from")[1] < 1.2 * shown.row("values from")[0],
    ),
    "The noise falls like $1/\\sqrt N$: compare two halves of the masks before you read a map": (
        NOISE,
        lambda shown: all_in(
            [row["from one to the next, mean"][0] for row in table(shown, "Noise").values()], 0.65, 0.75
        ),
    ),
    "A mask that was searched for answers how high the score can be driven, not what the network looks at: it draws": (
        EXTREMAL,
        lambda shown: keeps(shown)["keep 10 %, untrained 0"]["kept − score"][1] > 0,
    ),
}
LOOKED = {
    "The left map is that of lesson 00: squares of 12 pixels, side by side": OPENING,
    "The map is finer as well": OVERLAP,
    "The map in grey says where grey disturbs: on the green": GREY,
    "The index finger goes on as a strip through the palm, and pieces of the fist stand alone": KEEP,
    "These shapes have edges that the hand does not have": KEEP,
    "The mask does not find a part of the picture, it draws one": KEEP,
    "The window in the pictures hides nothing but green": FOUR,
    "This piece looks natural": FOUR,
    "But here it is a third fingertip": FOUR,
}
SAID = (
    "Its grid begins in the corner",
    "In the right map it begins one pixel further",
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
    "Look at the smallest values",
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
    "Wherever you look, half of the rest",
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
    "Ask the controls: exactly",
    "They are enough",
    "Look at the pictures again",
    "This network has never seen a hand in pieces",
    "The less the mask is held back",
    "The last row is the same search",
    "So there is no such thing",
    "So that tenth is enough",
    "Yet it draws as well",
    "Does this hold for more than one picture",
    "The table has a control more",
    "(Their scores hardly change",
    "So they are multiplied by a number",
    "The untrained networks settle",
    "Taking out is the more honest",
    "Read the pairs",
    "What these shares show is the cover",
    "The gradient has no cover",
    "If you see a cat",
    "The authors of RISE take",
    "A smooth picture is no sign",
    "Split your masks into two halves",
    "The cover is a part of the question",
    "Hold a share against that",
    "RISE covers many places",
    "Enough is not needed",
    "Take the region out as well",
)
