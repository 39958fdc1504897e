"""Lesson 09: what it says of its results. See README.md."""

import re

from .reading import numbers, table

FALLS, ROWS = "falls = (scores_of_versions", "eight = {"
FIRST, EXAMPLE, SIZES = "first_readings = {", "off = shares_of_example.sum()", "added = {name: by_size("
BY_HAND, PAIRS_BY_HAND = "small_games = {", "pairs_here = "
MANY, UNTRAINED, PAIRS = "rises = games[", '"mean size of the rise"', "pairs_of_players = ["
FILLS, NOBODY, CLASSES = "background_part = interval", "scores_of_nobody = network", "for class_name in CLASSES"
ORDERS, IN_ORDERS, KERNEL, REGRESSION = (
    "for n_orders in (",
    "def error_of_orders",
    '"weight of all of them"',
    '"KernelSHAP, all 126": as_row',
)
ERRORS, DIAL = "times_less = ", "for width in (0.05, 0.1, 0.25, 0.5, 1.0, 10.0)"
CELLS, CROSSED, WIDTHS = "maps = {", "fits = {", "for width in (0.02,"
TWENTY = "alike_by, rows = "
LINE, CAT, SEVEN, WEIGHTS = "along_the_line = ", "across = alike(", "rows = {name: as_row(read(v))", "of_sizes = [read("
BESIDE = "both_parts = load_results(2)"
THUMB, INDEX, MIDDLE, RING, LITTLE, PALM, BACKGROUND, SUM = range(8)
FINGERS = range(THUMB, PALM)


def plain(shown, caption, at=0):
    """The same for a table of single numbers: {row: [numbers]}."""
    return {name: [cell[0] for cell in cells if cell] for name, cells in table(shown, caption, at).items()}


def holds_zero(cell):
    return cell[1] <= 0 <= cell[2]


def above(cell, value=0.0):
    return cell[1] > value


def below(cell, value=0.0):
    return cell[2] < value


def versions(shown, column):
    """{what is covered: its score (0) or its fall (1)}"""
    return {name: cells[column][0] for name, cells in table(shown, "Score of scissors").items()}


def rise(shown):
    return shown.row("v(all)")[2]


def reading(shown, name):
    return plain(shown, "The example")[name]


def game(shown, name):
    """one out, one alone and Shapley of a small game, without their sums."""
    return {row: values[:-1] for row, values in plain(shown, f"{name}: to be shared").items()}


def all_add_up(shown):
    return all(
        abs(sum(values[:-1]) - values[-1]) < 0.005 and abs(values[-1] - total) < 0.005
        for name, total in (("a or b", 1), ("a and b", 1), ("5a + 2b", 7), ("a and (b or c)", 1))
        for values in [plain(shown, f"{name}: to be shared")["Shapley"]]
    )


def of_many(shown, name):
    return dict(zip(("index", "middle", "palm", "sum"), table(shown, "20 scissors, in points")[name], strict=False))


def pair(shown, name):
    """{column: cell} of a pair of players."""
    columns = ("points", "below", "trained", "untrained 1", "untrained 2")
    return dict(zip(columns, table(shown, "Interaction of two players")[name], strict=True))


OTHER_PAIRS = ("index and palm", "middle and palm", "thumb and index", "ring and little", "palm and background")
LOOSE_PAIRS = OTHER_PAIRS[2:]


def fill(shown, name):
    columns = ("index", "middle", "palm", "background", "sum", "interaction", "one out")
    return dict(zip(columns, table(shown, "Shapley values with three fills")[name], strict=True))


def errors(shown):
    """{runs: (coalitions, orders, coalitions in pairs, orders and reverses)}"""
    return {int(name.split()[0]): values for name, values in plain(shown, "Error of a share").items()}


def orders_alone(shown):
    """{runs: (one by one, orders and reverses)}"""
    return {int(name.split()[0]): values for name, values in plain(shown, "Error of a share").items()}


def pairs_are_better(shown):
    found = errors(shown).values()
    return len(found) == 6 and all(row[2] < 0.5 * row[0] and row[3] < 0.5 * row[1] for row in found)


def no_way_is_always_better(shown):
    """… and the two ways differ by less than pairs differ from single draws."""
    found = errors(shown)
    return (
        min(found[12]) == found[12][3]
        and min(found[192]) == found[192][2]
        and all(1 / 2 < row[k] / row[k + 1] < 2 for row in found.values() for k in (0, 2))
    )


def singles_fall_with_the_root(shown):
    times, root = shown.row("orders, from 12 to 384 runs")[0], 32**0.5
    return 0.7 * root < times < 1.4 * root


def dial(shown):
    """{width: [from one out, from the plain mean, from Shapley, the palm, sum]}"""
    return {float(name): values for name, values in plain(shown, "LIME on all 128 coalitions").items()}


def cells(shown):
    """{method: [two seeds: mean, lowest, highest; smallest sum, largest sum]}"""
    return {
        name: [number for cell in row for number in cell] for name, row in table(shown, "36 cells, 144 runs").items()
    }


def on_twenty(shown):
    """{method: [two seeds, two hands, sum as part of the rise, in how many of 20 less than LIME]}"""
    return table(shown, "36 cells, 144 runs, 20 scissors")


def crossed(shown):
    """{fit: [LIME's coins, one by one, in pairs]}"""
    return plain(shown, "Correlation of two seeds")


def widths(shown):
    """{width: [that count, correlation with 0.25, two seeds, size]}"""
    return {float(name): values for name, values in plain(shown, "LIME on 36 cells").items()}


def scissors(shown, k):
    return plain(shown, f"Scissors {k}: to be shared")


def shared(shown, k):
    return next(numbers(line)[-1] for line in shown.lines if line.startswith(f"Scissors {k}"))


def beside(shown, name):
    """{column: cell} of a method in the table of methods and tests."""
    columns = ("hand", "fingers", "gap", "forwards", "gradients", "images")
    found = (re.split(r"\s{2,}", line.strip()) for line in shown.lines[2:])
    cells = next(cells for head, *cells in found if head.removesuffix(" (control)") == name)
    return dict(zip(columns, map(numbers, cells), strict=True))


def close(values, others, by=0.006):
    return all(abs(a - b) < by for a, b in zip(values, others, strict=True))


def sizes(shown, name):
    return plain(shown, "The weight of each size")[name]


CLAIMS = {
    "It falls by 5.6 without the index finger, and by 5.5 without the middle finger": (
        FALLS,
        lambda shown: versions(shown, 1)["index"] > 0 and versions(shown, 1)["middle"] > 0,
    ),
    "The score of scissors is about 20": (FALLS, lambda shown: 19 < versions(shown, 0)["nothing"] < 21),
    "the score falls by 32.3: not by 5.6, as without the index finger alone (A), and not by 5.6 and 5.5 together (B)": (
        FALLS,
        lambda shown: (
            versions(shown, 1)["index and middle"] > 2 * (versions(shown, 1)["index"] + versions(shown, 1)["middle"])
        ),
    ),
    "The network says rock.": (FALLS, lambda shown: re.search(r"index and middle .* rock", shown.text)),
    "The two controls cost nothing: the score even rises, by 0.54 and 1.73": (
        FALLS,
        lambda shown: all(versions(shown, 1)[name] < 0 for name in ("ring and little", "patch of the palm")),
    ),
    "The index finger alone, on plain green, scores 15.8, and the middle finger alone 18.2: each is nearly enough": (
        ROWS,
        lambda shown: all(shown.row(f"{k}  ")[0] > 0.75 * shown.row("127")[0] for k in (2, 4)),
    ),
    "The palm alone scores −11.7, far below nobody": (
        ROWS,
        lambda shown: shown.row("32")[0] < shown.row("0 ")[0] - 5,
    ),
    "it has no pixel, so it changes nothing, in any coalition": (
        FIRST,
        lambda shown: all(reading(shown, name)[THUMB] == 0 for name in ("one out", "one alone")),
    ),
    "To be shared are 21.34 points.": (FIRST, lambda shown: rise(shown) > 0),
    "One out finds 12.90 of them": (FIRST, lambda shown: reading(shown, "one out")[SUM] < rise(shown)),
    "One alone finds 38.24": (FIRST, lambda shown: reading(shown, "one alone")[SUM] > rise(shown)),
    "Answer C: ⅔, ⅙, ⅙.": (
        BY_HAND,
        lambda shown: close(game(shown, "a and (b or c)")["Shapley"], (2 / 3, 1 / 6, 1 / 6)),
    ),
    "Answer B would be right if the two fingers were one player": (
        BY_HAND,
        lambda shown: close(game(shown, "a and b")["Shapley"], (0.5, 0.5)),
    ),
    "One out gives 0 to both, one alone gives 1 to both": (
        BY_HAND,
        lambda shown: game(shown, "a or b")["one out"] == [0, 0] and game(shown, "a or b")["one alone"] == [1, 1],
    ),
    "Shapley gives each a half, and this adds up": (
        BY_HAND,
        lambda shown: game(shown, "a or b")["Shapley"] == [0.5, 0.5] and all_add_up(shown),
    ),
    "There all three readings agree": (
        BY_HAND,
        lambda shown: all(values == [5, 2] for values in game(shown, "5a + 2b").values()),
    ),
    "Where they do, the readings part": (
        BY_HAND,
        lambda shown: all(
            len({tuple(values) for values in game(shown, name).values()}) == 3
            for name in ("a or b", "a and b", "a and (b or c)")
        ),
    ),
    "Index and middle finger get 11.49 and 12.37, more than the whole rise, and the palm gives 4.10 back": (
        EXAMPLE,
        lambda shown: (
            reading(shown, "Shapley")[INDEX] + reading(shown, "Shapley")[MIDDLE] > shown.row("to be shared")[0]
            and reading(shown, "Shapley")[PALM] < 0
        ),
    ),
    "The thumb, which changes nothing, gets exactly 0": (EXAMPLE, lambda shown: reading(shown, "Shapley")[THUMB] == 0),
    "The sum is the rise, but for the rounding of the computer": (
        EXAMPLE,
        lambda shown: shown.row("to be shared")[1] < 1e-12,
    ),
    "One alone is the mean at size 0, and one out is that at size 6": (
        (FIRST, SIZES),
        lambda first, by_size: all(
            close(
                plain(by_size, "The example: what")[name][:2],
                [reading(first, row)[k] for row in ("one alone", "one out")],
            )
            for name, k in (("index", INDEX), ("middle", MIDDLE), ("palm", PALM))
        ),
    ),
    "The Shapley value is the mean of these means: each size counts alike": (
        (EXAMPLE, SIZES),
        lambda exact, by_size: all(
            abs(plain(by_size, "The example: what")[name][2] - reading(exact, "Shapley")[k]) < 0.006
            for name, k in (("index", INDEX), ("middle", MIDDLE), ("palm", PALM))
        ),
    ),
    "The index finger adds 5.62 where everybody else is there, and 26.84 where only the middle finger is missing": (
        SIZES,
        lambda shown: shown.row("index, everybody else there")[1] > 3 * shown.row("index, everybody else there")[0],
    ),
    "The palm adds −10.08 to nobody and +2.72 to everybody else": (
        SIZES,
        lambda shown: shown.row("palm")[0] < 0 < shown.row("palm")[1],
    ),
    "So the sign of the palm depends on the method": (
        EXAMPLE,
        lambda shown: reading(shown, "one out")[PALM] > 0 > reading(shown, "Shapley")[PALM],
    ),
    "Shapley's −4.10 is a mean over all sizes": (SIZES, lambda shown: shown.row("palm")[2] < 0),
    "To be shared are 25 points on average": (MANY, lambda shown: of_many(shown, "to be shared")),
    "One out accounts for about half of them, one alone for nearly twice as many": (
        MANY,
        lambda shown: (lambda out, alone, fair: 0.4 < out / fair < 0.6 and 1.6 < alone / fair < 2)(
            *(of_many(shown, name)["sum"][0] for name in ("one out", "one alone", "Shapley"))
        ),
    ),
    "in all 20 images both fingers together cost more than the two costs added up": (
        MANY,
        lambda shown: shown.row("both cost more") == [20, 20],
    ),
    "The middle finger has the largest share in 16 images, the index finger in 4, and no other part ever": (
        MANY,
        lambda shown: (
            sum(shown.row("largest Shapley value")[::2]) == 20
            and not re.search("value: .*(thumb|ring|little|palm|back)", shown.text)
        ),
    ),
    "The interval of the difference lies above 0: this network gives more to the middle finger": (
        MANY,
        lambda shown: above(shown.row("Shapley values, middle − index")),
    ),
    "On average it gets 2.1 points, and it is above 0 in 14 of 20 images": (
        MANY,
        lambda shown: of_many(shown, "Shapley")["palm"][0] > 0 and shown.row("palm's")[0] >= 0,
    ),
    "In the example it was negative.": (EXAMPLE, lambda shown: reading(shown, "Shapley")[PALM] < 0),
    "The tables of the untrained networks add up as exactly as that of the trained one": (
        UNTRAINED,
        lambda shown: all(cells[1][0] < 1e-9 for cells in table(shown, "Three networks").values()),
    ),
    "They have a first player as well, most often the palm": (
        UNTRAINED,
        lambda shown: all(
            int(re.search(r"palm (\d+)", line)[1]) == max(int(n) for n in re.findall(r"[a-z]+ (\d+)(?:,|$)", line))
            for line in shown.lines
            if line.startswith("untrained") and "palm" in line
        ),
    ),
    "Their rise is more than a hundred thousand times smaller, and a table in percent hides that": (
        UNTRAINED,
        lambda shown: all(
            table(shown, "Three networks")[f"untrained {k}"][0][0]
            < 1e-5 * table(shown, "Three networks")["trained"][0][0]
            and plain(shown, "The example, in parts")[f"untrained {k}"][-1] == 100
            for k in (1, 2)
        ),
    ),
    "It says nothing about what the network has learned": (
        UNTRAINED,
        lambda shown: all(cells[1][0] < 1e-9 for cells in table(shown, "Three networks").values()),
    ),
    "Index and middle finger: about −15 points, negative in all 20 images": (
        PAIRS,
        lambda shown: (
            -16 < pair(shown, "index and middle")["points"][0] < -14
            and pair(shown, "index and middle")["below"] == [20, 20]
        ),
    ),
    "No other pair comes near": (
        PAIRS,
        lambda shown: all(abs(pair(shown, name)["points"][0]) < 0.25 * 15 for name in OTHER_PAIRS),
    ),
    "Each of the two fingers seems to need the palm a little": (
        PAIRS,
        lambda shown: all(above(pair(shown, f"{name} and palm")["points"]) for name in ("index", "middle")),
    ),
    "palm and background have little to do with each other: less than half a point": (
        PAIRS,
        lambda shown: all(abs(pair(shown, name)["points"][0]) < 0.5 for name in LOOSE_PAIRS),
    ),
    "In the trained network the interaction of index and middle finger is −0.58 of that sum": (
        PAIRS,
        lambda shown: below(pair(shown, "index and middle")["trained"], -0.4),
    ),
    "In the untrained ones it is near 0": (
        PAIRS,
        lambda shown: all(abs(pair(shown, "index and middle")[f"untrained {k}"][0]) < 0.1 for k in (1, 2)),
    ),
    'That two fingers are an "or" is something this network has learned': (
        PAIRS,
        lambda shown: all(
            pair(shown, "index and middle")["trained"][2] < pair(shown, "index and middle")[f"untrained {k}"][1]
            for k in (1, 2)
        ),
    ),
    "Its 0.08 with the index finger and 0.10 with the middle finger are no larger than what a network without learning "
    "shows: −0.11 for middle finger and palm in the first of them, with the other sign": (
        PAIRS,
        lambda shown: (
            pair(shown, "middle and palm")["untrained 1"][2] < 0
            and all(
                0 < pair(shown, f"{name} and palm")["trained"][0] <= -pair(shown, "middle and palm")["untrained 1"][0]
                for name in ("index", "middle")
            )
        ),
    ),
    "Painted in from around the hand, the account is that of green": (
        FILLS,
        lambda shown: all(
            abs(fill(shown, "green")[name][0] - fill(shown, "painted in")[name][0]) < 0.5
            for name in ("index", "middle", "palm", "background")
        ),
    ),
    "So as a player it changes nothing and gets 0": (
        FILLS,
        lambda shown: fill(shown, "painted in")["background"] == [0, 0, 0],
    ),
    "With grey the background gets 80 % of the rise, and it is first in every image": (
        FILLS,
        lambda shown: shown.row("grey: the background is first in") == [40, 40],
    ),
    "One out tells another story, too: from grey it adds up to more than the rise": (
        FILLS,
        lambda shown: (
            fill(shown, "grey")["one out"][1] > fill(shown, "grey")["sum"][2]
            and fill(shown, "green")["one out"][2] < fill(shown, "green")["sum"][1]
        ),
    ),
    "and with each fill the shares add up": (FILLS, lambda shown: shown.row("all three: the shares miss")[0] < 1e-9),
    "The fingers are left with 1.1 and 1.6 points, and their interaction is −0.6 in place of −14.6": (
        FILLS,
        lambda shown: abs(fill(shown, "grey")["interaction"][0]) < 0.1 * abs(fill(shown, "green")["interaction"][0]),
    ),
    "with green the background, shadow and all, has a share near 0": (
        FILLS,
        lambda shown: abs(fill(shown, "green")["background"][0]) < 0.5,
    ),
    "it gets 8.91 points, and the interval of each finger holds 0, that of the little finger only just": (
        CLASSES,
        lambda shown: (
            all(holds_zero(table(shown, "Shapley values of three")["rock"][k]) for k in FINGERS)
            and table(shown, "Shapley values of three")["rock"][LITTLE][2] < 0.05
        ),
    ),
    "Paper is shared out among all five fingers, 1.74 to 3.08 points each": (
        CLASSES,
        lambda shown: all(above(table(shown, "Shapley values of three")["paper"][k], 1) for k in FINGERS),
    ),
    "And the palm of a rock hand speaks against scissors, with −6.7": (
        CLASSES,
        lambda shown: below(shown.row("rock hands, score of scissors: share of the palm")),
    ),
    "The middle finger has a share of 1.74 points": (
        CLASSES,
        lambda shown: above(table(shown, "Shapley values of three")["paper"][MIDDLE]),
    ),
    "And yet the score of paper rises in 27 of 40 hands when this finger alone is covered": (
        CLASSES,
        lambda shown: below(shown.row("paper hands: one out of the middle finger")[:3]),
    ),
    "Every row adds up to the rise, even that of a single order": (
        ORDERS,
        lambda shown: len({values[SUM] for values in plain(shown, "The example, from a few orders").values()}) == 1,
    ),
    "So the sum does not tell you whether an estimate is good": (
        ORDERS,
        lambda shown: (lambda rows: abs(rows["1 order"][MIDDLE] - rows["exact"][MIDDLE]) > 5)(
            plain(shown, "The example, from a few orders")
        ),
    ),
    "With the reverses the error is less than half as large": (
        IN_ORDERS,
        lambda shown: all(paired < 0.5 * single for single, paired in orders_alone(shown).values()),
    ),
    "Without them an error half as large costs about four times as many runs": (
        IN_ORDERS,
        lambda shown: all(
            1.7 < orders_alone(shown)[runs][0] / orders_alone(shown)[4 * runs][0] < 2.4 for runs in (12, 48)
        ),
    ),
    "But 192 runs still err": (IN_ORDERS, lambda shown: min(orders_alone(shown)[192]) > 0.05),
    "The pictures of all coalitions are fewer, and they are exact": (
        EXAMPLE,
        lambda shown: shown.row("to be shared")[1] < 1e-12,
    ),
    "One coalition of 1 or of 6 players counts ten times as much as one of 3 or 4": (
        KERNEL,
        lambda shown: all(
            9.5 < shown.row(f"{end} of 7")[1] / shown.row(f"{middle} of 7")[1] < 10.5
            for end, middle in ((1, 3), (6, 4))
        ),
    ),
    "so as a whole a middle size counts half as much as an extreme one": (
        KERNEL,
        lambda shown: (
            all(shown.row(f"{k} of 7")[2] == 0.5 for k in (3, 4))
            and all(shown.row(f"{k} of 7")[2] == 1 for k in (1, 6))
        ),
    ),
    "The regression gives the Shapley values, but for the rounding": (
        REGRESSION,
        lambda shown: shown.row("largest difference")[0] < 1e-10,
    ),
    "In both ways, drawing in pairs leaves less than half of the error, at every number of runs": (
        ERRORS,
        pairs_are_better,
    ),
    "(With 12 runs the error of the coalitions in pairs rests on the eight of thirty tries that were not refused": (
        ERRORS,
        lambda shown: "refused: coalitions in pairs with 12 runs 22 of 30 times" in shown.lines,
    ),
    "with 12 runs the orders with their reverses err least, with 192 runs the coalitions in pairs": (
        ERRORS,
        no_way_is_always_better,
    ),
    "A single draw needs four times as many runs for an error half as large": (ERRORS, singles_fall_with_the_root),
    "In 22 of 30 tries one does, and the course's function refuses": (
        ERRORS,
        lambda shown: shown.row("refused: coalitions in pairs with")[0] == 12 and shown.text.count("30 times") == 1,
    ),
    "The tries that are left have nearly twice the error of the orders with their reverses": (
        ERRORS,
        lambda shown: 1.6 < errors(shown)[12][2] / errors(shown)[12][3] < 2,
    ),
    "At 0.05 LIME is close to one out": (DIAL, lambda shown: dial(shown)[0.05][0] < 0.3 < 3 < dial(shown)[0.05][1]),
    "At 10 it is the plain mean over all coalitions": (DIAL, lambda shown: dial(shown)[10][1] < 0.01),
    "The palm changes its sign on the way": (DIAL, lambda shown: dial(shown)[0.05][3] > 0 > dial(shown)[10][3]),
    "none of these widths comes nearer than 0.46 points": (
        DIAL,
        lambda shown: min(values[2] for values in dial(shown).values()) >= 0.455,
    ),
    "And at none of them is the sum what is to be shared": (
        DIAL,
        lambda shown: all(abs(values[4] - shown.row("to be shared")[0]) > 1 for values in dial(shown).values()),
    ),
    "Answer A: LIME's maps are the most alike": (
        CELLS,
        lambda shown: all(
            cells(shown)["LIME"][0] > values[0] for name, values in cells(shown).items() if name != "LIME"
        ),
    ),
    "Next come the orders with their reverses": (
        CELLS,
        lambda shown: sorted(cells(shown), key=lambda name: cells(shown)[name][0])[-2] == "orders and reverses",
    ),
    "KernelSHAP's have little in common, in pairs or not": (
        CELLS,
        lambda shown: all(cells(shown)[f"KernelSHAP{how}"][0] < 0.4 for how in (", one by one", " in pairs")),
    ),
    "At equal cost, on this hand, it is the other way round": (
        CELLS,
        lambda shown: all(
            cells(shown)["LIME"][1] > cells(shown)[f"KernelSHAP{how}"][2] for how in (", one by one", " in pairs")
        ),
    ),
    "The fit decides more than the draw": (
        CROSSED,
        lambda shown: (
            min(max(column) - min(column) for column in zip(*crossed(shown).values(), strict=True))
            > max(max(row) - min(row) for row in crossed(shown).values())
        ),
    ),
    "On LIME's own coins KernelSHAP's fit gives 0.37 in place of 0.85": (
        CROSSED,
        lambda shown: crossed(shown)["KernelSHAP"][0] < 0.5 * crossed(shown)["LIME"][0],
    ),
    "On KernelSHAP's pairs LIME's fit gives 0.79 in place of 0.31": (
        CROSSED,
        lambda shown: crossed(shown)["LIME"][2] > 2 * crossed(shown)["KernelSHAP"][2],
    ),
    "On the coins it is about as steady as LIME": (
        CROSSED,
        lambda shown: abs(crossed(shown)["LIME"][0] - crossed(shown)["LIME, no kernel, no ridge"][0]) < 0.05,
    ),
    "On the other draws, which hold very small and very large coalitions, it is not: there kernel and ridge help": (
        CROSSED,
        lambda shown: (
            all(crossed(shown)["LIME"][k] > crossed(shown)["LIME, no kernel, no ridge"][k] + 0.1 for k in (1, 2))
            and all(shown.row(f"{draw}: ") == [1, 35] for draw in ("one by one", "in pairs"))
            and shown.row("LIME's coins: ")[0] > 5
        ),
    ),
    "and in each column it is the least steady": (
        CROSSED,
        lambda shown: all(min(column) == column[2] for column in zip(*crossed(shown).values(), strict=True)),
    ),
    "On each of the 20 hands LIME's two maps are more alike than those of any other method: 0.86 in the mean": (
        TWENTY,
        lambda shown: (
            on_twenty(shown)["LIME"][0][0] == 0.86
            and all(row[3] == [20, 20] for name, row in on_twenty(shown).items() if name != "LIME")
        ),
    ),
    "The order of the four is the same as on the example, but pairs do more for KernelSHAP": (
        TWENTY,
        lambda shown: (
            sorted(on_twenty(shown), key=lambda name: -on_twenty(shown)[name][0][0])
            == ["LIME", "orders and reverses", "KernelSHAP in pairs", "KernelSHAP, one by one"]
            and [on_twenty(shown)[f"KernelSHAP{how}"][0][0] for how in (" in pairs", ", one by one")] == [0.64, 0.23]
        ),
    ),
    "maps of two hands have next to nothing in common": (
        TWENTY,
        lambda shown: all(row[1][0] < 0.15 and row[1][2] < row[0][1] for row in on_twenty(shown).values()),
    ),
    "LIME's slopes add up to less than half of what is to be shared": (
        TWENTY,
        lambda shown: on_twenty(shown)["LIME"][2][2] < 0.5,
    ),
    "on the example to less than a quarter": (
        CELLS,
        lambda shown: all(value < 0.25 * shown.row("to be shared")[0] for value in cells(shown)["LIME"][3:]),
    ),
    "All three others add up exactly, also those that are nearly noise": (
        CELLS,
        lambda shown: all(
            value == shown.row("to be shared")[0]
            for name, values in cells(shown).items()
            if name != "LIME"
            for value in values[3:]
        ),
    ),
    "A coin for each of 36 cells shows about half of them": (WIDTHS, lambda shown: widths(shown)[1][1] > 0.97),
    "All coalitions are about that far away": (
        WIDTHS,
        lambda shown: (lambda mean, sd: abs(mean - (1 - 0.5**0.5)) < 0.03 and sd < 0.25 * mean)(
            *shown.row("distance of the coalitions from the image")
        ),
    ),
    "From 0.25 on they count nearly alike, and nothing is local about it": (
        WIDTHS,
        lambda shown: all(widths(shown)[width][0] > 0.9 * 144 for width in (0.25, 0.5, 1)),
    ),
    "of 144, it is 133 at the package's width": (WIDTHS, lambda shown: widths(shown)[0.25][0] < 144),
    "Turn it the other way, to 0.05, and one coalition is left": (WIDTHS, lambda shown: widths(shown)[0.05][0] < 1.5),
    "The ridge makes the slopes nearly 0, and the maps of two seeds have little in common": (
        WIDTHS,
        lambda shown: widths(shown)[0.05][3] < 0.05 * widths(shown)[0.25][3] and abs(widths(shown)[0.05][2]) < 0.3,
    ),
    "There is a narrow range between the two": (WIDTHS, lambda shown: 3 < widths(shown)[0.1][0] < 0.5 * 144),
    "Then both methods share out the same 21.3 points among the same seven players": (
        LINE,
        lambda shown: abs(scissors(shown, 0)["integrated gradients"][SUM] - shared(shown, 0)) < 1,
    ),
    "Does integrated gradients give the palm of the example the same as Shapley, −4.1?": (
        LINE,
        lambda shown: scissors(shown, 0)["Shapley"][PALM] < 0,
    ),
    "In the example the palm gets +6.40 from integrated gradients and −4.10 from Shapley": (
        LINE,
        lambda shown: scissors(shown, 0)["integrated gradients"][PALM] > 0 > scissors(shown, 0)["Shapley"][PALM],
    ),
    "both keep it, integrated gradients up to a gap of about half a point": (
        LINE,
        lambda shown: all(
            abs(scissors(shown, k)["integrated gradients"][SUM] - shared(shown, k)) < 0.6
            and abs(scissors(shown, k)["Shapley"][SUM] - shared(shown, k)) < 0.006
            for k in range(3)
        ),
    ),
    "In the example a share differs by 10.5 points, in the other two images by 2.4 at most": (
        LINE,
        lambda shown: all(
            abs(a - b) < 2.45
            for k in (1, 2)
            for a, b in zip(
                *(scissors(shown, k)[name][:SUM] for name in ("integrated gradients", "Shapley")), strict=True
            )
        ),
    ),
    "So one palm has +2.72 by one out, −4.10 by Shapley and +6.40 by integrated gradients": (
        LINE,
        lambda shown: len(scissors(shown, 0)) == 3,
    ),
    "On the cat KernelSHAP in pairs is nearly as steady as LIME: 0.82 and 0.85 between two seeds": (
        CAT,
        lambda shown: abs(shown.row("LIME ")[0] - shown.row("KernelSHAP in pairs")[0]) < 0.1,
    ),
    "On the hand the single pairs of KernelSHAP in pairs went from 0.06 to 0.47": (
        CELLS,
        lambda shown: cells(shown)["KernelSHAP in pairs"][1] < cells(shown)["KernelSHAP in pairs"][2],
    ),
    "LIME and KernelSHAP differ more from each other, 0.67": (
        CAT,
        lambda shown: shown.row("to be shared")[2] < min(shown.row("LIME ")[0], shown.row("KernelSHAP in pairs")[0]),
    ),
    "And LIME's sum falls short of what is to be shared here as well": (
        CAT,
        lambda shown: shown.row("LIME ")[1] < shown.row("to be shared")[0] - 1,
    ),
    "One out looks at the largest coalitions only, one alone at the smallest": (
        WEIGHTS,
        lambda shown: sizes(shown, "one out") == [0] * 6 + [1, 1] and sizes(shown, "one alone") == [1] + [0] * 6 + [1],
    ),
    "The plain mean counts each coalition alike, and most coalitions are of middle size": (
        WEIGHTS,
        lambda shown: sizes(shown, "plain mean (Banzhaf)")[3] > 0.3 > 0.05 > sizes(shown, "plain mean (Banzhaf)")[0],
    ),
    "RISE on pieces and LIME with a wide kernel are the same reading under other names": (
        (WEIGHTS, SEVEN),
        lambda weights, values: all(
            close(sizes(weights, name), sizes(weights, "plain mean (Banzhaf)"), 0.002)
            and close(
                plain(values, "The example, one table")[name],
                plain(values, "The example, one table")["plain mean (Banzhaf)"],
                0.011,
            )
            for name in ("RISE, seen − hidden", "LIME, width 100, α = 0")
        ),
    ),
    "LIME with the package's settings leans towards the image, and its ridge takes a little of the weight away": (
        WEIGHTS,
        lambda shown: (lambda w: w[4] > w[2] and w[6] > w[0] and 0.9 < w[7] < 1)(
            sizes(shown, "LIME, width 0.25, α = 1")
        ),
    ),
    "It also gives the thumb −0.07, though the thumb has no pixel": (
        SEVEN,
        lambda shown: all(
            (values[THUMB] != 0) == (name == "LIME, width 0.25, α = 1")
            for name, values in plain(shown, "The example, one table").items()
        ),
    ),
    "with the kernel alone the thumb has −0.02, and with the ridge alone 0": (
        SEVEN,
        lambda shown: (lambda both, kernel, ridge: abs(kernel) < 0.5 * abs(both) and ridge == 0)(
            *(values[0] for values in plain(shown, "What LIME gives").values())
        ),
    ),
    "Three of them are one reading under three names, and so are two others": (
        SEVEN,
        lambda shown: (lambda rows: len(rows) == 8 and len(set(rows)) == 5)(
            [tuple(each) for name, each in plain(shown, "The example, one table").items() if name[0] != "i"]
        ),
    ),
    "Shapley counts each size alike, and so does KernelSHAP": (
        WEIGHTS,
        lambda shown: all(len(set(sizes(shown, name)[:7])) == 1 for name in ("Shapley", "KernelSHAP, all 126")),
    ),
    "two tables above this one, these two alone have a sum of 21.34": (
        SEVEN,
        lambda shown: (
            {
                name
                for name, values in plain(shown, "The example, one table").items()
                if abs(values[SUM] - shown.row("to be shared")[0]) < 0.006
            }
            == {"Shapley", "KernelSHAP, all 126"}
        ),
    ),
    "all agree but LIME with a ridge, whose weights have a sum of 0.939": (
        WEIGHTS,
        lambda shown: all(
            (sizes(shown, name)[7] == 1) == (name != "LIME, width 0.25, α = 1")
            for name in plain(shown, "The weight of each size")
        ),
    ),
    "KernelSHAP adds up because it has to, LIME misses half of the rise, and the sum of occlusion is off by more": (
        BESIDE,
        lambda shown: (
            beside(shown, "KernelSHAP in pairs")["gap"][0] == 0
            and 0.4 < beside(shown, "LIME")["gap"][0] < 0.6
            and above(beside(shown, "occlusion")["gap"], 1)
        ),
    ),
    "of the maps of both about half lies on the hand and a quarter on the fingers": (
        BESIDE,
        lambda shown: all(
            0.45 < beside(shown, name)["hand"][0] < 0.55 and 0.2 < beside(shown, name)["fingers"][0] < 0.3
            for name in ("LIME", "KernelSHAP in pairs")
        ),
    ),
    "That is more than the area, and less than an edge detector has": (
        BESIDE,
        lambda shown: all(
            beside(shown, "area")[part][2] < beside(shown, name)[part][1]
            and beside(shown, name)[part][2] < beside(shown, "edge detector")[part][1]
            for name in ("LIME", "KernelSHAP in pairs")
            for part in ("hand", "fingers")
        ),
    ),
    "a network that has learned nothing as when it explains the trained one: 0.53 and 0.48": (
        BESIDE,
        lambda shown: (
            beside(shown, "RISE, seen − hidden, untrained")["hand"][2]
            >= beside(shown, "RISE, seen − hidden")["hand"][1]
        ),
    ),
    "And sliding occlusion, RISE, LIME and KernelSHAP need more than a hundred runs each": (
        BESIDE,
        lambda shown: all(
            beside(shown, name)["forwards"][0] > 100
            for name in ("sliding occlusion", "RISE, seen − hidden", "LIME", "KernelSHAP in pairs")
        ),
    ),
    "From all coalitions it gives the Shapley values, and from a few it adds up as well, whether it is near them or "
    "not": (
        (REGRESSION, CELLS),
        lambda exact, few: (
            exact.row("largest difference")[0] < 1e-10
            and cells(few)["KernelSHAP in pairs"][0] < 0.5
            and all(value == few.row("to be shared")[0] for value in cells(few)["KernelSHAP in pairs"][3:])
        ),
    ),
    "on the cells of the hand it was steadier, and it does not add up": (
        CELLS,
        lambda shown: (
            cells(shown)["LIME"][1] > cells(shown)["KernelSHAP in pairs"][2]
            and cells(shown)["LIME"][4] < shown.row("to be shared")[0]
        ),
    ),
    "In the example, index and middle finger cost less than a third of the score each, and more than all of it": (
        FALLS,
        lambda shown: (
            versions(shown, 1)["index and middle"]
            > versions(shown, 0)["nothing"]
            > 3 * max(versions(shown, 1)[name] for name in ("index", "middle"))
        ),
    ),
    "Where no part acts together with another it is 0, and all readings agree": (
        (PAIRS_BY_HAND, BY_HAND),
        lambda pairs, values: (
            pairs.row("5a + 2b")[-1] == 0 and all(each == [5, 2] for each in game(values, "5a + 2b").values())
        ),
    ),
    "It holds for untrained networks, for a bad fill and for a single random order": (
        (UNTRAINED, FILLS, ORDERS),
        lambda networks, fills, orders: (
            all(values[1][0] < 1e-9 for values in table(networks, "Three networks").values())
            and fills.row("all three: the shares miss")[0] < 1e-9
            and plain(orders, "The example, from a few")["1 order"][SUM]
            == plain(orders, "The example, from")["exact"][SUM]
        ),
    ),
    "From grey, the background of the scissors gets most": (
        FILLS,
        lambda shown: fill(shown, "grey")["background"][1] > 0.5 * fill(shown, "grey")["sum"][0],
    ),
}
LOOKED = {
    "although the patch of the palm is as large as both fingers": 'alt="shapley/opening"',
    "A palm without fingers looks like a fist": 'alt="shapley/coalitions"',
    "The two fingers add less and less, the more of the picture is there": 'alt="shapley/by_size"',
    "The rim of shadow around the hand belongs to the background": 'alt="shapley/nobody"',
    "The second picture keeps a dark shape": 'alt="shapley/nobody"',
    "Two pairs of curves.": 'alt="shapley/errors"',
}
SAID = (
    "In the six orders of $a$, $b$ and $c$, the palm is the one",
    "So each finger can stand in for the other",
    "The sharing reads the table of scores, and nothing else",
    "So two networks that compute the same function",
    "(Lesson 06 called this implementation invariance",
    "For the fraction in the formula is",
    "with $\\binom{n-1}{|S|}$ the number of coalitions of that size",
    "The course has kept the scores for two untrained networks",
    "(And the shadow?",
    "With green it is: why scissors, rather than plain green",
    "With grey it is: why scissors, rather than plain grey",
    "One more thing that no share says",
    "The share of the middle finger is not what the score would lose",
    "Most of the 128 pictures are none that a camera takes",
    "And a hand with a folded finger differs in more",
    "If you want to know the score of another hand, show",
    "What is that worth?",
    "Compare it with orders drawn one by one",
    "So draw in pairs",
    "And draw twice, with two seeds",
    "A share is no answer to what if",
    "For that, show the network the other picture",
    "Where there are too many players, draw orders in pairs",
    "Now compare four ways, again on the first two scissors",
    "Let the last player, $n$, get what the others leave",
    "Then in the regression $z_{ki} - z_{kn}$ stands in front",
    "The partner of a coalition has 1 where the coalition",
    "The two rows of a pair speak of the same combination",
    "(Each map is divided by the size that show takes",
    "So all bars end at 1, and you can compare",
    "Of the palm you cannot say so",
    "The authors' own program, the lime package",
    "The last column, the size of the map, is the root",
    "But that is one pair of seeds for each method",
    "And pieces, image, network and the number of runs",
    "So neither this nor what held for the cells of the hand",
    "Take away of the second sitting.",
    "KernelSHAP fits a line that is tied to nobody",
    "With either of them say which pieces, fill and draw",
    "Two things differ: which coalitions are drawn, and how",
    "The scores are there already, so cross the two",
    "And what is it in the fit?",
    "A line without kernel and ridge, in the second row",
    "Then ask what has been chosen",
    "Shapley asks pictures in which each part is wholly",
    "Integrated gradients asks the pictures on the straight line",
    "Five.",
    "The gap says what this lesson has said",
    "By how much does it fall without both?",
    "Cover one at a time, as in lesson 00, and you hear twice",
    "Both times it is true",
    'But the sentence "so it was neither" is wrong',
    "This lesson shares a score out among the parts of a picture",
    "The scores are numbers with about seven digits",
    "Below, many of them are added and subtracted",
    "Read a few rows",
    "To be shared is the rise from nobody to everybody",
    "The first misses what the two fingers bring in each",
    "The second counts it twice",
    "Each reading looks at one kind of coalition only",
    "The other rows of the table say something, too",
    'Now look at "$a$ or $b$"',
    "That is the index and the middle finger: one of them",
    "In the sum $5a + 2b$ nobody stands in for anybody",
    "Where the parts do not act together, any reading will do",
    "Play it yourself",
    "Switch the middle finger off and watch",
    "Then switch it on again",
    "What a player adds depends on who is there",
    "The formula has a simple form if you sort",
    "A palm without fingers is a fist and speaks",
    "Where all the fingers are there, the palm speaks for scissors",
    "Both are true, and no single number says both",
    "In brackets stands the 95 % interval of the mean",
    "And the palm?",
    "So beware of sentences like",
    "Before you believe a table like this",
    "That the shares add up is a promise of the sharing",
    "The last three columns divide by the sum of the sizes",
    "Predict. Share the score out again, by the same formula, from grey.",
    "Who gets most?",
    "(There the background is left as it is",
    "The network, the images and the formula are the same",
    "What has changed is the question",
    "And the answer to that is: because it is green",
    "No promise protects you from a question",
    "The score is a choice as well",
    "So far it was that of scissors, for scissors",
    "Here are rock and paper, each for its own score",
    "Paper shows once more how one out and a fair share part",
    "Remember that; some programs print the sum as a check",
    "methods.random_orders draws in pairs",
    "Who was early in one is late in the other",
    "The extreme sizes say best what a player does alone",
    "But mind the last column",
    "With all coalitions it is one more way to compute them",
    "It becomes useful when you draw",
    "Draw a size with the probability that belongs to all",
    "The draw has taken care of the weights",
    "Here too you can draw in pairs",
    "methods.paired_coalitions does it",
    "Each estimate is made 15 times, for both images",
    "The error is the root of the mean squared error",
    "An order of 7 players counts as 6 runs",
    "So a pair is worth far more than two draws",
    "With 12 runs there is something else to see",
    "So six pairs decide six shares only if none of",
    "With one fixed fill the values are called baseline",
    "Some programs take the mean over many fills instead",
    "Then the question has as many parts",
    "The cell below prints it for the index finger",
    "With few players do not draw",
    "Take them all.",
    "The width is a dial",
    "People often say that LIME is unstable and SHAP is stable",
    "Why?",
    "But steady is not right",
    "All of this is one hand",
    "The course has kept such maps for each of the first 20 scissors",
    "The control beside them is the likeness of two different hands",
    "The kernel was meant to make LIME local",
    "Leave the draws as they are, and turn the width from 0.25",
    "How much will LIME's map of the 36 cells change?",
    "If so, the correlation of the two maps is below 0.5",
    "From one value no slope can be had",
    "And they share out in two ways, since they ask",
    "None of the three has a mistake in it",
    "Where good methods disagree, do not ask which is right",
    "Ask what each has asked",
    "If you see the cat, hold the maps of one method",
    "What is a piece?",
    "A superpixel is a choice",
    "What stands in for it?",
    "Here its mean colour",
    "And how are the runs summed up?",
    "What makes the difference?",
    "Each reading is a weighted sum over the table",
    "Give it a game that is 1 for the coalitions of one size",
    "What player 0 gets is the weight that the reading gives",
    "Now the family is in order",
    "None of these weights is the right one",
    "If you ask what is lost without a part",
    "If you have to share something out, take Shapley",
    "An interaction index far from 0 tells you that parts act",
    "Covering one part at a time is blind to parts that stand",
    "Shapley values share the rise",
    "Each size of coalition counts alike.",
    "With few players compute them exactly",
    "The interaction index says who repeats whom",
    "That shares add up is a promise of the method",
    "The fill is half of the question",
)
