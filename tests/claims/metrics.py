"""Lesson 12: what it says of its results. See README.md."""

from .reading import table

DELETED, BLACK, FILLS = (
    "asked_shares = (",
    'ends = [less_random("deletion, black"',
    'print(f"rank correlation of the orders',
)
INSERTION, OF_FEW, CONTROLS = "insertions = {", "rows_and_columns = ", "of_leader, of_fingers = "
WHERE, SUMS, ALPHA = "best = {metric: many.better", "of_sums = [", "of_no_map = {"
ORDERS, DOTS, PAIRS = "orders = torch.stack", "at_random, rows = ", "numbered = ["
TRUTH, NO_FINGERS, STEADY, ROAR = "score_based = [", "every_finger = ", "asked_nothing = [", "roar = many.roar"
BESIDE, MEAN_CURVES = 'better_and_worse("insertion, blur", name)', "in_mean = of_example"
EXAMPLE, SENSITIVITIES = (
    "of_example(black)",
    [f"sensitivity-{n}, {fill}" for n in (92, 922) for fill in ("black", "mean")],
)
LIE, NOISE, WORTH = "The whole table: place", "What is left of a map when", "What the score does without"
LRP, KNOWN = "LRP ε, z⁺, z^B", "share, fingers"


def plain(shown, caption):
    """{row: [the first number of each cell that has one]}"""
    return {name: [cell[0] for cell in cells if cell] for name, cells in table(shown, caption).items()}


def methods_only(rows):
    """Without the controls, which stand last, from the random order on."""
    names = list(rows)
    return {name: rows[name] for name in names[: names.index("random order")]}


def black(shown):
    """{map: [area, [difference, lower, upper]]}"""
    return table(shown, "Deletion, black")


def counts(shown):
    """[methods, below 0, above 0, around 0], without the 0s"""
    _, below, _, above, _, _ = found = shown.row("all 23 methods: the interval lies")
    return below, above, found[-1]


def fills(shown):
    """{map: [black, place, mean, place, blur, place]}"""
    return plain(shown, "Deletion area, and place")


def inserted(shown):
    """{insertion: [lowest, highest, range, random order, with deletion in black, mean, blur]}"""
    return plain(shown, "Insertion: areas")


def controls(shown):
    """{control: [black, better, worse, mean, better, worse]}"""
    return plain(shown, "Deletion area of the controls")


def hardest(shown, column):
    """Of the maps that know nothing the one that the fewest methods beat."""
    return min(
        (name for name in controls(shown) if "truth" not in name), key=lambda name: controls(shown)[name][column]
    )


def where(shown):
    """{map: [deletion, pointing, share, top tenth, share on the hand]}, each mean, lower, upper"""
    return table(shown, "All maps")


def first_by(shown, column, best=max):
    found = {name: cells[column][0] for name, cells in methods_only(where(shown)).items()}
    return {name for name, value in found.items() if value == best(found.values())}


def sums(shown):
    """{map: [sensitivity-92 black, mean, -922 black, mean, infidelity black, mean]}, each mean, lower, upper"""
    return table(shown, "Sums and falls")


def alpha(shown):
    """{metric: [all, rock, paper, scissors]}"""
    return {name: values[:4] for name, values in plain(shown, "α of the ranks").items()}


def of_metrics(shown):
    found = dict(alpha(shown))
    del found["length of the name"], found["drawn at random"]
    return found


def best_method(shown, metric):
    (line,) = [line for line in shown.lines if line.startswith(metric)]
    return line.split("  ")[-1].strip()


def orders(shown):
    """{metric: [rock and paper, rock and scissors, paper and scissors]}"""
    return plain(shown, "Orders of the methods")


def dots(shown):
    """{hands, fill: [called rock, paper, scissors, images, area of the random order, methods surely better]}"""
    return plain(shown, "Three tenths of the pixels")


def pairs(shown):
    """[above, below, inside] of 45 pairs"""
    return shown.row("of 45 pairs of metrics above that")


def alike(shown, row, column):
    """The rank correlation of two metrics by their numbers, row > column."""
    (found,) = [cells for name, cells in plain(shown, "Rank correlation of two").items() if name.startswith(f"{row} ")]
    return found[column - 1]


def truth(shown):
    """{metric: [with the share, with the top tenth, rock, paper, scissors]}"""
    return plain(shown, "Rank correlation with the truth")


def bound(shown):
    (found,) = [value for value in shown.row("two random orders") if 0 < value < 1]
    return found


def without(shown):
    """{fill: [rock, paper, scissors]}"""
    return plain(shown, "Probability of the class")


def steady(shown):
    """{map: [max-sensitivity, share on the fingers]}"""
    return plain(shown, "How far a map moves")


def roar(shown):
    """{removed first: [before, retrained, the holes alone]}"""
    return plain(shown, "Right on 219 test images")


def gradients(shown):
    small, full = shown.row("of this table:")[-1], shown.row("10 methods")[-1]
    return full / small


def beyond(shown):
    """{metric: [those of its five numbers that lie beyond the bound]}"""
    return {name: [value for value in row if abs(value) > bound(shown)] for name, row in truth(shown).items()}


def of_all(shown):
    """[numbers, above the bound, below it, at most of a metric, of, the largest]; a row leaves out no 0"""
    return shown.row("of 30 numbers above the bound")


def none_follows(shown):
    """No order is near the truth's: no number near 1, and no metric with more than two of five beyond the bound."""
    return max(max(row) for row in truth(shown).values()) < 0.7 and max(map(len, beyond(shown).values())) <= 2


def beside(shown):
    """{control: [area, less the random order (mean, lower, upper), better, worse]} of insertion from a blur"""
    return table(shown, "Insertion from a blur, the controls")


def than_control(shown, metric, control):
    """[methods better, worse]"""
    better, _, worse = shown.row(f"{metric}: better than {control}")
    return better, worse


def sensitivities(shown):
    return sorted(line[-1] for line in (shown.row(f"{name}:") for name in SENSITIVITIES))


CLAIMS = {
    # deletion, black
    "So the map that falls first need not have the smallest area.": (
        EXAMPLE,
        lambda shown: (
            plain(shown, "Deletion of the example")[LRP][0]
            > min(row[0] for row in plain(shown, "Deletion of the example").values())
        ),
    ),
    "Answer A. Gradient × input has an area of 0.441, and the random order has 0.442.": (
        BLACK,
        lambda shown: (
            abs(black(shown)["gradient × input"][1][0]) < 0.05
            and abs(black(shown)["gradient × input"][0][0] - black(shown)["random order"][0][0]) < 0.05
        ),
    ),
    "It is no exception: for 16 of the 23 methods the interval of the difference holds 0.": (
        BLACK,
        lambda shown: (
            counts(shown)[2] == 16
            and black(shown)["gradient × input"][1][1] < 0 < black(shown)["gradient × input"][1][2]
        ),
    ),
    "For 5 it lies below, and for 2 above: guided backpropagation is worse than the random order.": (
        BLACK,
        lambda shown: counts(shown)[:2] == (5, 2) and black(shown)["guided backprop"][1][1] > 0,
    ),
    "So by this metric most maps cannot be told from one that knows nothing.": (
        BLACK,
        lambda shown: counts(shown)[2] > 23 / 2,
    ),
    # fills
    "Chance alone gives 23 methods between −0.41 and 0.41, in 95 of 100 cases": (
        FILLS,
        lambda shown: bound(shown) == 0.41,
    ),
    "Answer B, but only just: the rank correlation of the two orders is 0.45.": (
        FILLS,
        lambda shown: (
            bound(shown) < shown.row("rank correlation of the orders, black and mean:")[0] < bound(shown) + 0.05
        ),
    ),
    "Grad-CAM goes from place 20 to place 10.": (
        FILLS,
        lambda shown: (fills(shown)["Grad-CAM"][1], fills(shown)["Grad-CAM"][3]) == (20, 10),
    ),
    "The orders by black and by blur have 0.24, no more than chance gives.": (
        FILLS,
        lambda shown: shown.row("rank correlation of the orders, black and blur:")[0] < bound(shown),
    ),
    "Mean colour and blur, which both keep the look of the picture, agree with each other: 0.88.": (
        FILLS,
        lambda shown: shown.row("rank correlation of the orders, mean and blur:")[0] > 0.8,
    ),
    "They also do what black does not: for 22 of 23 methods the interval lies below the random order.": (
        FILLS,
        lambda shown: (
            all(
                shown.row(f"{fill}: interval of the difference from the random order below")[1:] == [22, 23]
                for fill in ("mean", "blur")
            )
            and shown.row("black: interval of the difference from the random order below")[1] < 23 / 2
        ),
    ),
    "Dots in the mean colour hardly disturb the network, and the area of the random order is 0.861.": (
        FILLS,
        lambda shown: fills(shown)["random order"][1] == 0.861,
    ),
    "With black it is 0.442.": (FILLS, lambda shown: fills(shown)["random order"][0] == 0.442),
    # insertion
    "Answer C. The rank correlation is −0.05.": (
        INSERTION,
        lambda shown: abs(inserted(shown)["insertion, blur"][5]) < 0.41,
    ),
    "From a blur the areas lie close together: all 23 methods between 0.935 and 0.975, the random order at 0.932.": (
        (INSERTION, FILLS),
        lambda shown, _: (
            inserted(shown)["insertion, blur"][:2] == [0.935, 0.975] and inserted(shown)["insertion, blur"][3] == 0.932
        ),
    ),
    "Insertion from black has 0.56 with deletion in the mean colour, beyond chance.": (
        (INSERTION, FILLS),
        lambda shown, of_fills: inserted(shown)["insertion, black"][5] > bound(of_fills),
    ),
    "With deletion in black, its own fill, it has 0.38: as by chance.": (
        (INSERTION, FILLS),
        lambda shown, of_fills: inserted(shown)["insertion, black"][4] < bound(of_fills),
    ),
    "Image by image 21 of the 23 methods are better than the random order, and none is worse.": (
        INSERTION,
        lambda shown: shown.row("insertion, blur: better than the random order") == [21, 23, 0],
    ),
    "Does insertion see anything, then? Yes.": (
        INSERTION,
        lambda shown: shown.row("insertion, blur: better than the random order")[0] > 0.8 * 23,
    ),
    "Small differences can be sure.": (
        INSERTION,
        lambda shown: (
            inserted(shown)["insertion, blur"][2] < 0.05
            and shown.row("insertion, blur: better than the random order")[0] == 21
        ),
    ),
    # controls
    "With black the edge detector is the easiest of all: 21 methods are better.": (
        CONTROLS,
        lambda shown: (
            controls(shown)["edge detector"][1] == 21 == max(row[1] for row in controls(shown).values())
            and controls(shown)["edge detector"][2] == 0
        ),
    ),
    "That, too, depends on the fill: with black the untrained gradient, in the mean colour the centre.": (
        CONTROLS,
        lambda shown: hardest(shown, 1) == "gradient, untrained" and hardest(shown, 4) == "centre",
    ),
    "In the mean colour 12 are.": (CONTROLS, lambda shown: controls(shown)["edge detector"][4] == 12),
    "Centre gets nothing from insertion: it cannot be told from the random order, and 21 methods are better.": (
        BESIDE,
        lambda shown: (
            beside(shown)["centre"][1][1] < 0 < beside(shown)["centre"][1][2] and beside(shown)["centre"][2][0] == 21
        ),
    ),
    "The edge detector does better: it beats the random order by 0.032.": (
        BESIDE,
        lambda shown: beside(shown)["edge detector"][1][1] > 0,
    ),
    "12 methods are better than the edge detector, 5 are worse, and the other 6 cannot be told from it.": (
        BESIDE,
        lambda shown: (
            (beside(shown)["edge detector"][2][0], beside(shown)["edge detector"][3][0]) == (12, 5) and 23 - 12 - 5 == 6
        ),
    ),
    "Even the gradient of the untrained network beats the random order, by 0.008.": (
        BESIDE,
        lambda shown: beside(shown)["gradient, untrained"][1][1] > 0,
    ),
    "Which control is hard to beat depends on the metric, too.": (
        (BESIDE, CONTROLS),
        lambda shown, deleted: (
            controls(deleted)["edge detector"][1] - controls(deleted)["centre"][1] > 5
            and beside(shown)["centre"][2][0] - beside(shown)["edge detector"][2][0] > 5
        ),
    ),
    "With the mean colour 10 of 23 methods are better than a map that never looks, and 11 are worse.": (
        CONTROLS,
        lambda shown: controls(shown)["centre"][4:] == [10, 11],
    ),
    "With black 2 are better and 8 are worse.": (CONTROLS, lambda shown: controls(shown)["centre"][1:3] == [2, 8]),
    "And with black only 1 method is better than the gradient of an untrained network, and 15 are worse.": (
        CONTROLS,
        lambda shown: controls(shown)["gradient, untrained"][1:3] == [1, 15],
    ),
    "Then the fingers: answer A. With the mean colour 5 methods are better than the exact mask, and with black none.": (
        CONTROLS,
        lambda shown: controls(shown)["truth: fingers"][4] == 5 and controls(shown)["truth: fingers"][1] == 0,
    ),
    "With the mean colour the extremal mask is the best. Its area is smaller than that of the fingers by 0.23.": (
        CONTROLS,
        lambda shown: (
            "mean: the best method is extremal, delete" in shown.text
            and shown.row("mean: the best method is extremal, delete")[2] < 0
        ),
    ),
    "In the mean colour the centre has a lower area than 11 of the methods": (
        CONTROLS,
        lambda shown: controls(shown)["centre"][5] == 11,
    ),
    "Here it does not.": (CONTROLS, lambda shown: controls(shown)["centre"][5] > 0),
    "Of the random order with black, 12 images say 0.24 to 0.72, and 219 say 0.39 to 0.50.": (
        (OF_FEW, CONTROLS),
        lambda shown, large: (
            table(shown, "Deletion area, 12 images")["random order"][0][1:] == [0.24, 0.72]
            and table(large, "Deletion area of the controls")["random order"][0][1:] == [0.39, 0.5]
        ),
    ),
    # where the maps lie
    "its gradient has 0.12 of its size on the fingers, like the random order.": (
        WHERE,
        lambda shown: where(shown)["gradient, untrained"][2][0] == where(shown)["random order"][2][0] == 0.12,
    ),
    "They do not notice all maps that know nothing.": (
        WHERE,
        lambda shown: (
            min(than_control(shown, "top tenth, fingers", name)[1] for name in ("edge detector", "centre")) > 0
        ),
    ),
    "The edge detector has 0.37 on the fingers, and 7 methods are worse, occlusion, Grad-CAM, RISE and LIME among": (
        WHERE,
        lambda shown: (
            than_control(shown, "share, fingers", "edge detector")[1] == 7
            and sum(row[2][0] < where(shown)["edge detector"][2][0] for row in methods_only(where(shown)).values()) == 7
            and all(
                where(shown)[name][2][0] < where(shown)["edge detector"][2][0]
                for name in ("occlusion", "Grad-CAM", "RISE, seen − hidden", "LIME")
            )
        ),
    ),
    "In the top tenth it has 0.51, and 15 of the 23 methods are worse.": (
        WHERE,
        lambda shown: (
            where(shown)["edge detector"][3][0] == 0.51
            and than_control(shown, "top tenth, fingers", "edge detector")[1] == 15
        ),
    ),
    "Even centre has 0.36 there, and 4 methods are worse.": (
        WHERE,
        lambda shown: (
            where(shown)["centre"][3][0] == 0.36 and than_control(shown, "top tenth, fingers", "centre")[1] == 4
        ),
    ),
    "For the pointing game and for the share on the fingers it is guided Grad-CAM, for the top tenth LRP-z⁺ and Deep": (
        WHERE,
        lambda shown: (
            first_by(shown, 1) == first_by(shown, 2) == {"guided Grad-CAM"}
            and first_by(shown, 3) == {"LRP-z⁺", "Deep Taylor"}
            and first_by(shown, 4) == {"LRP-ε, ε = 0.25"}
        ),
    ),
    "And these metrics do not name one winner.": (
        WHERE,
        lambda shown: len(set.union(*(first_by(shown, column) for column in (1, 2, 3, 4)))) > 1,
    ),
    "Centre has 0.72.": (
        WHERE,
        lambda shown: where(shown)["centre"][1][1] > where(shown)["extremal, delete"][1][2],
    ),
    "Many fingers fill less than a tenth of the picture, so truth: fingers has 0.78 of its top tenth.": (
        WHERE,
        lambda shown: where(shown)["truth: fingers"][3][2] < 1,
    ),
    "All places of truth: hand share the largest value, so it has 0.53 in the pointing game.": (
        WHERE,
        lambda shown: where(shown)["truth: hand"][1][2] < 1,
    ),
    "The winner of deletion, the extremal mask, is last of all methods in the pointing game, 0.55.": (
        WHERE,
        lambda shown: first_by(shown, 0, min) == first_by(shown, 1, min) == {"extremal, delete"},
    ),
    # sums and falls
    "Answer B. By infidelity with black, random numbers are better: 0.74 against 0.92.": (
        SUMS,
        lambda shown: sums(shown)["random order"][4][2] < sums(shown)["gradient × input"][4][1],
    ),
    "And once more the fill decides: in the mean colour gradient × input has 0.68, and the random numbers have 0.93.": (
        SUMS,
        lambda shown: sums(shown)["random order"][5][1] > sums(shown)["gradient × input"][5][2],
    ),
    "By infidelity, with both fills, occlusion is the best of this table.": (
        SUMS,
        lambda shown: all(
            min(sums(shown), key=lambda name: sums(shown)[name][column][0]) == "occlusion" for column in (4, 5)
        ),
    ),
    "Sensitivity-92 with black is below 0 for the first seven methods: −0.38 for gradient × input.": (
        SUMS,
        lambda shown: all(cells[0][2] < 0 for cells in list(sums(shown).values())[:7]),
    ),
    "By this metric the random order, with 0.00, is better than all seven.": (
        SUMS,
        lambda shown: all(cells[0][2] < sums(shown)["random order"][0][1] for cells in list(sums(shown).values())[:7]),
    ),
    "Grad-CAM with black, −0.01, and LRP in the mean colour, 0.02, cannot be told from 0.": (
        SUMS,
        lambda shown: (
            sums(shown)["Grad-CAM"][2][1] < 0 < sums(shown)["Grad-CAM"][2][2]
            and sums(shown)[LRP][3][1] < 0 < sums(shown)[LRP][3][2]
        ),
    ),
    "With ten times as many pixels gradient × input is still below 0 with black, −0.20, and above": (
        SUMS,
        lambda shown: sums(shown)["gradient × input"][2][2] < 0 < sums(shown)["gradient × input"][3][1],
    ),
    "And three of the four sensitivities put the methods in nearly the reverse order of the share on": (
        SUMS,
        lambda shown: (
            sorted(line[-1] for line in (shown.row(f"{name}:") for name in SENSITIVITIES))[:3] == [-0.78, -0.73, -0.73]
        ),
    ),
    # agreement of the images
    "Answer C: 0.07.": (ALPHA, lambda shown: alpha(shown)["deletion, black"][0] < 0.3),
    "Orders that are drawn at random have 0.00.": (
        ALPHA,
        lambda shown: abs(alpha(shown)["drawn at random"][0]) < 0.01,
    ),
    "For the other metrics α goes from 0.11 to 0.84.": (
        ALPHA,
        lambda shown: (
            (
                min(row[0] for name, row in of_metrics(shown).items() if name != "deletion, black"),
                max(row[0] for row in of_metrics(shown).values()),
            )
            == (0.11, 0.84)
        ),
    ),
    "The images agree most on the two shares, 0.84 on the hand and 0.67 on the fingers.": (
        ALPHA,
        lambda shown: (
            sorted(of_metrics(shown), key=lambda name: -of_metrics(shown)[name][0])[:2]
            == ["share, hand", "share, fingers"]
        ),
    ),
    "The pointing game has 0.27, like deletion in the mean colour.": (
        ALPHA,
        lambda shown: alpha(shown)["pointing, fingers"][0] == alpha(shown)["deletion, mean"][0] == 0.27,
    ),
    "No image ever objects, and α is 1.": (ALPHA, lambda shown: set(alpha(shown)["length of the name"]) == {1}),
    "Within each class the images agree on deletion with black: 0.49, 0.80 and 0.58.": (
        ALPHA,
        lambda shown: min(alpha(shown)["deletion, black"][1:]) > 0.4,
    ),
    "All together they do not.": (ALPHA, lambda shown: alpha(shown)["deletion, black"][0] < 0.1),
    # what the classes say
    "Three tenths of the pixels, drawn at random, turn black, and the network calls 49 of 73 rocks and 52 of 75": (
        DOTS,
        lambda shown: (
            (dots(shown)["rock, black"][3], dots(shown)["scissors, black"][3]) == (73, 75)
            and (dots(shown)["rock, black"][1], dots(shown)["scissors, black"][1]) == (49, 52)
        ),
    ),
    "All 71 papers stay paper.": (DOTS, lambda shown: dots(shown)["paper, black"][:3] == [0, 71, 0]),
    "With black, paper and scissors put the methods in nearly opposite orders, −0.83.": (
        (ORDERS, DOTS),
        lambda shown, _: orders(shown)["deletion, black"][2] < -0.8,
    ),
    "Rock agrees with neither, and is opposed to neither: 0.31 and −0.25 are no more than chance gives.": (
        (ORDERS, FILLS),
        lambda shown, of_fills: max(abs(value) for value in orders(shown)["deletion, black"][:2]) < bound(of_fills),
    ),
    "No two classes agree.": (
        (ORDERS, FILLS),
        lambda shown, of_fills: max(orders(shown)["deletion, black"]) < bound(of_fills),
    ),
    "So all images together hardly do.": (ALPHA, lambda shown: alpha(shown)["deletion, black"][0] < 0.1),
    "To this network most hands under black dots are paper.": (
        DOTS,
        lambda shown: all(
            dots(shown)[f"{name}, black"][1] > sum(dots(shown)[f"{name}, black"][:3]) / 2
            for name in ("rock", "paper", "scissors")
        ),
    ),
    "(Not all: 23 of the 73 rocks become scissors.)": (DOTS, lambda shown: dots(shown)["rock, black"][2:4] == [23, 73]),
    "Of a pair of scissors, dots take the class away: the random order has an area of 0.29, and only 1 of the 23": (
        DOTS,
        lambda shown: dots(shown)["scissors, black"][4:] == [0.29, 1],
    ),
    "Of a paper, dots take nothing away: the random order has 0.98, and 21 methods are better.": (
        DOTS,
        lambda shown: dots(shown)["paper, black"][4:] == [0.98, 21],
    ),
    "So a map that makes dots is good for scissors and bad for paper.": (
        (ORDERS, DOTS),
        lambda shown, of_dots: (
            orders(shown)["deletion, black"][2] < -0.8
            and dots(of_dots)["scissors, black"][5] < 3 < 20 < dots(of_dots)["paper, black"][5]
        ),
    ),
    "Of rocks, too, dots take the class away, 0.07.": (DOTS, lambda shown: dots(shown)["rock, black"][4] == 0.07),
    "Yet their order of the methods is not that of scissors, and this explanation does not say why.": (
        (ORDERS, FILLS),
        lambda shown, of_fills: orders(shown)["deletion, black"][1] < bound(of_fills),
    ),
    "In the mean colour the network calls nearly all pictures what they are.": (
        DOTS,
        lambda shown: (
            sum(dots(shown)[f"{name}, mean"][k] for k, name in enumerate(("rock", "paper", "scissors"))) > 0.95 * 219
        ),
    ),
    "There paper and scissors agree on the methods, 0.82, and rock stands apart, 0.08 and 0.15.": (
        (ORDERS, FILLS),
        lambda shown, of_fills: (
            orders(shown)["deletion, mean"][2] > 0.8
            and max(abs(each) for each in orders(shown)["deletion, mean"][:2]) < bound(of_fills)
        ),
    ),
    "By insertion from a blur rock and scissors agree, 0.86, and paper stands apart, 0.14 and 0.26.": (
        (ORDERS, FILLS),
        lambda shown, of_fills: (
            orders(shown)["insertion, blur"][1] > 0.8
            and max(orders(shown)["insertion, blur"][0], orders(shown)["insertion, blur"][2]) < bound(of_fills)
        ),
    ),
    "Which class stands apart depends on the metric.": (
        ORDERS,
        lambda shown: (
            orders(shown)["deletion, mean"].index(max(orders(shown)["deletion, mean"]))
            != orders(shown)["insertion, blur"].index(max(orders(shown)["insertion, blur"]))
        ),
    ),
    # agreement of the metrics
    "13 are more alike than chance would have it, 1 is opposed, and 31 cannot be told": (
        PAIRS,
        lambda shown: pairs(shown) == [13, 1, 31],
    ),
    "insertion from the mean colour and from a blur 0.98, the shares on fingers and hand 0.93.": (
        PAIRS,
        lambda shown: alike(shown, 6, 5) == 0.98 and alike(shown, 9, 8) == 0.93,
    ),
    "Insertion from black and the pointing game are opposed, −0.55.": (
        PAIRS,
        lambda shown: alike(shown, 7, 4) == -0.55,
    ),
    # the truth
    "Chance would take one or two of the 30 numbers beyond the bound.": (TRUTH, lambda shown: 1 <= 0.05 * 30 <= 2),
    "Here 6 lie beyond it, all of them positive.": (
        TRUTH,
        lambda shown: sum(map(len, beyond(shown).values())) == 6 and min(sum(beyond(shown).values(), [])) > 0,
    ),
    "So there is a tie to the truth, a weak one.": (
        TRUTH,
        lambda shown: sum(map(len, beyond(shown).values())) > 2 and none_follows(shown),
    ),
    "Insertion from the mean colour and from a blur have 0.44 and 0.45 with the share, and within paper": (
        TRUTH,
        lambda shown: (
            beyond(shown)["insertion, mean"] == [truth(shown)["insertion, mean"][k] for k in (0, 3)] == [0.44, 0.46]
            and beyond(shown)["insertion, blur"] == [truth(shown)["insertion, blur"][k] for k in (0, 3)] == [0.45, 0.63]
        ),
    ),
    "Deletion with a blur has 0.58 with the top tenth, and with black 0.47 within scissors.": (
        TRUTH,
        lambda shown: (
            beyond(shown)["deletion, blur"] == [truth(shown)["deletion, blur"][1]] == [0.58]
            and beyond(shown)["deletion, black"] == [truth(shown)["deletion, black"][4]] == [0.47]
        ),
    ),
    "No metric has more than 2 of its 5 numbers beyond the bound.": (
        TRUTH,
        lambda shown: max(map(len, beyond(shown).values())) == 2,
    ),
    "For rock there is none.": (
        TRUTH,
        lambda shown: max(abs(row[2]) for row in truth(shown).values()) < bound(shown),
    ),
    "And the largest, 0.63, is far from 1.": (
        TRUTH,
        lambda shown: max(max(row) for row in truth(shown).values()) == 0.63,
    ),
    "So the answer is: no deletion and no insertion gives the truth's order.": (TRUTH, none_follows),
    "The best of them hint at it, each with one truth or in one class.": (
        TRUTH,
        lambda shown: (
            {name for name, values in beyond(shown).items() if values}
            == {"deletion, black", "deletion, blur", "insertion, mean", "insertion, blur"}
            and none_follows(shown)
        ),
    ),
    "three of the four sensitivities have −0.73 to −0.78 with the share on the fingers.": (
        (TRUTH, SUMS),
        lambda _, shown: sensitivities(shown)[:3] == [-0.78, -0.73, -0.73],
    ),
    "That tie is stronger, and the wrong way round.)": (
        (TRUTH, SUMS),
        lambda shown, of_sums: (
            -sensitivities(of_sums)[2]
            > max(max(row[:2]) for row in truth(shown).values())
            > 0
            > sensitivities(of_sums)[2]
        ),
    ),
    "A rock without its fingers, in the mean colour, is still rock: 0.93.": (
        NO_FINGERS,
        lambda shown: without(shown)["mean"][0] > 0.9,
    ),
    "Its fingers are what the picture shows, and not what the network needs.": (
        NO_FINGERS,
        lambda shown: min(without(shown)[fill][0] for fill in ("black", "mean")) > 0.85,
    ),
    "For paper and scissors the probability falls to 0.37 and 0.39, and not to 0.": (
        NO_FINGERS,
        lambda shown: min(without(shown)["as they are"][1:]) > 0.95 and min(without(shown)["mean"][1:]) > 0.2,
    ),
    "With black paper has 0.46, but scissors have 0.86: the fill decides here, too.": (
        NO_FINGERS,
        lambda shown: (
            without(shown)["black"][2] > 0.8 > 0.5 > max(without(shown)["black"][1], without(shown)["mean"][2])
        ),
    ),
    # take away
    "With black, 16 of 23 methods cannot be told from a random order; with the mean colour the order is another one.": (
        (BLACK, FILLS),
        lambda first, second: (
            counts(first)[2] == 16 and second.row("rank correlation of the orders, black and mean:")[0] < 0.5
        ),
    ),
    "In the mean colour 11 of 23 methods are worse than the middle of the picture, with black 8.": (
        CONTROLS,
        lambda shown: controls(shown)["centre"][5] == 11 and controls(shown)["centre"][2] == 8,
    ),
    "Insertion from a blur: 21 of 23 methods are better than a random order, and 21 than the middle of the picture.": (
        (BESIDE, INSERTION),
        lambda shown, _: beside(shown)["random order"][2][0] == beside(shown)["centre"][2][0] == 21,
    ),
    "Than an edge detector only 12 are better, and 5 are worse.": (
        BESIDE,
        lambda shown: (beside(shown)["edge detector"][2][0], beside(shown)["edge detector"][3][0]) == (12, 5),
    ),
    "Then the edge detector is the control: in the top tenth 15 of 23 methods are worse.": (
        WHERE,
        lambda shown: than_control(shown, "top tenth, fingers", "edge detector")[1] == 15,
    ),
    "That they agree does not make them right: the length of the name has α = 1.": (
        ALPHA,
        lambda shown: alpha(shown)["length of the name"][0] == 1,
    ),
    "With black dots most of the rocks and scissors become paper, and scissors put the methods in nearly the reverse": (
        (DOTS, ORDERS),
        lambda first, second: (
            min(dots(first)["rock, black"][1] / 73, dots(first)["scissors, black"][1] / 75) > 0.6
            and orders(second)["deletion, black"][2] < -0.8
        ),
    ),
    "Most metrics do not agree.": (PAIRS, lambda shown: pairs(shown)[2] > 45 / 2),
    "Deletion and insertion are tied to the truth of the picture weakly at best, and most of the sensitivities the": (
        (TRUTH, SUMS),
        lambda shown, of_sums: (
            none_follows(shown) and sum(value < -bound(shown) for value in sensitivities(of_sums)) == 3
        ),
    ),
    "The truth of the picture is not that of the network: a rock without its fingers is still rock.": (
        NO_FINGERS,
        lambda shown: min(without(shown)[fill][0] for fill in ("black", "mean")) > 0.85,
    ),
    # optional
    "The steadiest are occlusion and Grad-CAM, 0.04.": (
        STEADY,
        lambda shown: list(steady(shown))[:2] == ["occlusion", "Grad-CAM"] and steady(shown)["Grad-CAM"][0] == 0.04,
    ),
    "The edge detector, which asks no network, is steadier than most of these maps: 0.09.": (
        STEADY,
        lambda shown: sum(row[0] > 0.09 for row in steady(shown).values()) > len(steady(shown)) / 2,
    ),
    "A gradient has 0.57.": (STEADY, lambda shown: steady(shown)["gradient"][0] == 0.57),
    "guided Grad-CAM has 0.63 on the fingers and moves by 0.42, Grad-CAM has 0.23 and moves by 0.04.": (
        STEADY,
        lambda shown: steady(shown)["guided Grad-CAM"] == [0.42, 0.63] and steady(shown)["Grad-CAM"] == [0.04, 0.23],
    ),
    "Answer A: the network that sees nothing but holes is right on 0.98.": (
        ROAR,
        lambda shown: roar(shown)[LRP][2] >= roar(shown)["nothing removed"][0],
    ),
    "A network that sees whole pictures is right on 0.87.": (
        ROAR,
        lambda shown: roar(shown)["nothing removed"] == [0.87],
    ),
    "So the holes know more than the network.": (
        ROAR,
        lambda shown: table(shown, "Right on")[LRP][2][1] > table(shown, "Right on")["nothing removed"][0][2],
    ),
    "Asked about the class that the network predicts, the holes alone are right on 0.87": (
        ROAR,
        lambda shown: (
            abs(roar(shown)[f"{LRP}, asked for what is predicted"][2] - roar(shown)["nothing removed"][0]) < 0.01
        ),
    ),
    "Asked about rock, whatever the picture shows, 0.75.": (
        ROAR,
        lambda shown: roar(shown)[f"{LRP}, always asked for rock"][2] == 0.75,
    ),
    "which the edge detector and the mask of the fingers tell as well: 0.72 and 0.75.": (
        ROAR,
        lambda shown: roar(shown)["edge detector"][2] == 0.72 and roar(shown)["truth: fingers"][2] == 0.75,
    ),
    "is then right on 0.29, against 0.79 with a random half removed: by this judge a good map.": (
        ROAR,
        lambda shown: (
            table(shown, "Right on")[LRP][0][2] < table(shown, "Right on")["random order"][0][1]
            and (roar(shown)[LRP][0], roar(shown)["random order"][0]) == (0.29, 0.79)
        ),
    ),
    "(The mask of the fingers, 0.33, cannot be told from it.)": (
        ROAR,
        lambda shown: (
            table(shown, "Right on")[LRP][0][1] < roar(shown)["truth: fingers"][0] < table(shown, "Right on")[LRP][0][2]
        ),
    ),
    "Retrained the network is right on 0.97, against 0.76, and more often than one that lost nothing": (
        ROAR,
        lambda shown: (
            table(shown, "Right on")[LRP][1][1]
            > max(table(shown, "Right on")["random order"][1][2], table(shown, "Right on")["nothing removed"][0][2])
        ),
    ),
    "And the price: a table of the usual size, with the real network, takes seven times the gradients": (
        ROAR,
        lambda shown: round(gradients(shown)) == 7,
    ),
    "Once signs are dropped, another class makes next to no difference": (
        LIE,
        lambda shown: shown.row("guided backprop ")[9] == 0.95 and shown.row("LRP-z⁺ ")[9:] == [1.0] * 3,
    ),
    "On networks that have learned nothing it is the same: 0.90 and 1.00": (
        LIE,
        lambda shown: shown.row("guided backprop, untrained")[9] == 0.9 and shown.row("LRP-z⁺, untrained")[9] == 1,
    ),
    "When the last layer is noise, 0.98 of guided backpropagation is left": (
        NOISE,
        lambda shown: shown.row("guided backprop ")[0] == 0.98 and shown.row("gradient ")[0] == 0.02,
    ),
    "With the signs dropped, 0.61 of the gradient is left": (
        NOISE,
        lambda shown: shown.row("gradient ")[3] == 0.61 and shown.row("LRP-z⁺ ")[3:6] == [1.0] * 3,
    ),
    "The random map has 0.00 in all four columns": (
        NOISE,
        lambda shown: [abs(mean) for mean in shown.row("random map (control)")[::3]] == [0.0] * 4,
    ),
    "By deletion the extremal mask has the best value, −0.61": (
        WORTH,
        lambda shown: shown.row("extremal, delete ")[0] == min(row[0] for row in shown.rows if len(row) >= 6) == -0.61,
    ),
    "The edge detector and the image itself have never asked the network": (
        WORTH,
        lambda shown: (
            shown.row("edge detector (control)")[0] == -0.22
            and shown.row("edge detector (control)")[2] < 0
            and shown.row("the image itself (control)")[0] == -0.27
            and shown.row("gradient ")[0] == -0.1
        ),
    ),
    "Even Grad-CAM of untrained networks does, by 0.16": (
        WORTH,
        lambda shown: shown.row("Grad-CAM, untrained")[0] == -0.16 and shown.row("Grad-CAM, untrained")[2] < 0,
    ),
    "By insertion no method is further than 0.07 from chance": (
        WORTH,
        lambda shown: (
            max(
                abs(cells[1][0])
                for name, cells in table(shown, WORTH).items()
                if not any(word in name for word in ("untrained", "area", "random map", "edge", "itself"))
            )
            == 0.07
        ),
    ),
    "The interval of most methods lies above 0 there, and so does that of the edge detector.": (
        WORTH,
        lambda shown: (
            table(shown, WORTH)[
                "edge detector (control)" if "edge detector (control)" in table(shown, WORTH) else "edge detector"
            ][1][1]
            > 0
            and sum(
                cells[1][1] > 0
                for name, cells in table(shown, WORTH).items()
                if not any(word in name for word in ("untrained", "area", "random map", "edge", "itself"))
            )
            > 22 / 2
        ),
    ),
    "LRP-ε puts the most on the hand, 0.95": (
        LIE,
        lambda shown: (
            shown.row("LRP-ε, ε = 0.25")[0] == 0.95 == max(cells[0][0] for cells in table(shown, LIE).values())
        ),
    ),
    "and it keeps 0.22 of the score": (
        WORTH,
        lambda shown: table(shown, WORTH)["LRP-ε, ε = 0.25"][2][0] == 0.22,
    ),
    "LRP-z⁺ and Deep Taylor keep all of it": (
        WORTH,
        lambda shown: all(table(shown, WORTH)[name][2] == [1.0] * 3 for name in ("LRP-z⁺", "Deep Taylor")),
    ),
}

LOOKED = {
    "At two tenths the scissors are gone, at half of the pixels they are back, and the picture that is all": EXAMPLE,
    "Up to nine tenths, the scattered pixels of the gradient and of the random order leave the scissors above 0.8.": (
        MEAN_CURVES
    ),
    "LRP takes the scissors away with the first tenth, and here, too, they come back before the end.": MEAN_CURVES,
    "One map takes away scattered dots, the other takes away regions.": DELETED,
    "In the figure the probability is above 0.9 as soon as a fifth of the pixels has come back, in all four orders": (
        INSERTION
    ),
}

SAID = (
    "And here is the table of all",
    "The example again.",
    "And insertion, beside the same controls?",
    "Show several.",
    "(Random numbers around 0 would not.)",
    "Why are paper and scissors opposed?",
    "See the second table.",
    "Which map that knows nothing is the hardest to beat?",
    "The mean over all classes mixes these orders",
    "It says something of what the network takes black dots for.",
    "With another network that may be something else.",
    "With so few they should be 1.4 times as wide.",
    "The LRP map of the right class has removed its half.",
    "They are the same pixels.",
    "Here is what the course has measured",
    "On the hand, on the fingers",
    "These have joined",
    "Rows called untrained",
    "Deletion and insertion judge",
    "Choose the question first",
    "Does it depend on the class?",
    "Does it notice noise?",
    "What does the score do without the pixels?",
    "It was searched for by deleting",
    "Now look at the controls.",
    "So to beat a random order is no proof",
    "Does it add up?",
    "You may have a favourite.",
    "Now try to say why, so that somebody",
    '"It is tidy." "It marks the fingers."',
    "So people have looked for numbers.",
    "A metric takes a map and gives a number",
    "Papers compare methods by such numbers",
    "Some of them you write in this lesson.",
    "Then you ask of the metrics what you have asked of the maps",
    "A map says: these pixels speak for the class.",
    "Then without them the network should doubt.",
    "That is deletion.",
    "Take the pixels away, those with the largest values first",
    "The faster it falls, the better the map is said to be",
    "To take a pixel away, something else has to be put",
    "You know that from lesson 08",
    "So this is what the network gets to see.",
    "In brackets stands the 95 % interval of the mean",
    "The difference is taken image by image",
    "What makes an image easy or hard for all maps",
    "Look at the pictures again: what does the network see",
    "You come back to that.",
    "If so, the rank correlation is at most 0.41, and deletion",
    "If so, the rank correlation is between 0.41 and 0.8",
    "If so, the rank correlation of the two orders is above 0.8",
    "A rank correlation (lesson 07) says how far",
    "In this lesson a map is better than another where",
    "That was one picture.",
    "Now all of them.",
    "Look at LRP.",
    "Not even the truth gets 1 everywhere.",
    "(Occlusion is that of lesson 00",
    "(Why many?",
    'So "the deletion area" is no property of a map.',
    "It belongs to a map and a fill.",
    "Before you go on, look at rock hands",
    "And then at paper.",
    "But lesson 08 has searched for it by deleting, so this judge",
    "What else may deletion reward?",
    "Regions instead of dots, and the middle, where the hands are.",
    "(The open task below puts the regions to the test.)",
    "In any square of 16 × 16 pixels random numbers between",
    "It was made by covering squares, and infidelity covers squares.",
    "Where a set of scattered pixels has more of the map, the score falls less.",
    "Look at the second last row.",
    "There each method is rated by the length of its name.",
    "A high α says that the images agree on an order.",
    "It does not say on what.",
    "But is a low α proof of a useless metric?",
    "Look along the first row.",
    "How can that be?",
    "Half-deleted pictures are none that it has been trained on.",
    "(Do not count this too finely.",
    "Seven of the 23 methods are kinds of LRP",
    "They are not bad answers to their own questions.",
    "They ask something else.",
    'But is "on the fingers" the truth?',
    "It is the truth of the picture.",
    "Take the fingers away, exactly and with nothing else",
    "Lesson 09 found the same by another way",
    "So there are two truths.",
    "The truth of the picture can be drawn with a pencil",
    "The truth of the network, what it has used",
    "Each metric of this lesson has its own idea of it",
    "What can you do?",
    "Say which fill, and try a second one.",
    "Put a random order, an edge detector and the centre",
    "Take differences image by image, with an interval.",
    "And where you can, build a case",
    "A metric of maps is a judge.",
    "Ask of it what you ask of maps",
    "Deletion needs a fill.",
    "A low deletion area is no proof of a faithful map.",
    "Where the truth lies can be measured if it is known.",
    "α says whether images agree.",
    "Compare with intervals, with controls, with more than one metric.",
    "Add a little noise to the image",
    "Now the example: five maps, and a control.",
    "In a random order the pixels go as they are drawn",
    "Predict. Black pixels, all 219 test images, the area under the curve of deletion.",
    "How does gradient × input do beside a random order?",
    "Now 219 raters.",
    "Each image gives its ranks, 1 for the smallest area",
    "Predict. Deletion with black pixels. How large is α?",
    "Take one class at a time.",
    "Look at each class alone.",
    "And the best map of all is not in the table",
    "Yeh et al. say so themselves",
    "The intervals are over 5 seeds.",
    "(The next cell shows one image",
    "How? The map was asked about the right class of each picture, of the test pictures as well.",
    "Another class, another map, another hole: what is asked is written into the hole.",
    "The next two rows are the control.",
    "Now see what ROAR would say.",
    "Information leaks through the shape of the holes (Rong et al. 2022).",
)
