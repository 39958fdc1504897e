"""What lesson 06 says of its results, and the cells that show them."""

import re

from .reading import numbers


def table(shown, caption):
    """row → its numbers, of the table with this caption, up to the next line without numbers."""
    at = next(k for k, line in enumerate(shown.lines) if line.startswith(caption))
    found = {}
    for line in shown.lines[at + 1 :]:
        name, *cells = re.split(r"\s{2,}", line.strip())
        if not cells or line.startswith(CAPTIONS):
            break
        found[name] = [numbers(cell)[0] if numbers(cell) else None for cell in cells]
    return found


def ends(shown, caption, row, column=-1):
    """The three numbers of an interval in a table."""
    at = next(k for k, line in enumerate(shown.lines) if line.startswith(caption))
    line = next(line for line in shown.lines[at + 1 :] if line.startswith(row))
    return numbers(re.split(r"\s{2,}", line.strip())[1:][column])


CAPTIONS = ("Images where", "By how much", "Correlation of the whole maps", "Mean size of gap", "Share on the hand, 20")
HAND, RULES, SLOPE = 'caption="One hand, three methods"', "def for_each_number", "mean_slope = "
FINGERS, FIVE, EXPECTED = "without_factor = ", "together = ", "alike = "
RULE = ("midpoints", "right ends", "trapezoid", "linspace")
NAMES = ("black", "white", "random", "mean", "blurred")
TOGETHER = (("black", "mean"), ("black", "blurred"), ("mean", "blurred"))
FIVE_ROWS = ("gradient  ", "gradient ×", "IG, black", "IG, white", "expected")
SHARES, GAPS, PHOTOS, FORMULAS = "factors = {", "on_fingers = [", "gaps_here = ", "three_one = "


def errors(shown):
    return table(shown, "Mean size of gap")


def too_large(shown):
    return table(shown, "Images where")


def more_than_midpoints(shown, rule):
    return [ends(shown, "By how much", rule, column) for column in range(4)]


def maps_alike(shown):
    """(first, second) → correlation of their whole maps."""
    rows = table(shown, "Correlation of the whole maps")
    return {(a, b): rows[a][k] for a in NAMES for k, b in enumerate(NAMES) if a != b}


def above_factor(shown):
    rows = table(shown, "The same hand")
    return {name: rows[name][0] - rows[name][1] for name in NAMES}


def fell(values):
    return all(first > second for first, second in zip(values, values[1:], strict=False))


CLAIMS = {
    "Answer C: half and half, and together 1, the whole of $y$": (
        "class Saturating",
        lambda shown: shown.row("integrated gradients") == [0.5, 0.5, 1],
    ),
    "What lesson 01 could not say, this says": ("class Saturating", lambda shown: shown.rows[1] == [1, 1, 0, 0, 0]),
    "The sum of the integrated gradients is the difference between image and black, to within a few hundredths": (
        HAND,
        lambda shown: abs(shown.row("integrated")[0] - shown.row("score of the image")[-1]) < 0.05,
    ),
    "The other two sums are not": (
        HAND,
        lambda shown: all(
            shown.row(name)[0] > shown.row("score of the image")[-1] + 1 for name in ("gradient  ", "gradient ×")
        ),
    ),
    "the hand is brighter than the ground behind it": (
        HAND,
        lambda shown: shown.row("image − black (control)")[-1] > shown.row("area (control)")[-1] + 10,
    ),
    "All errors shrink as points are added": (RULES, lambda shown: all(fell(errors(shown)[rule]) for rule in RULE)),
    "But they are not alike": (
        RULES,
        lambda shown: errors(shown)["linspace"][1] > 2 * errors(shown)["midpoints"][1],
    ),
    "Answer D: with 4 intervals linspace errs most, and its sum is too small for each image": (
        RULES,
        lambda shown: (
            errors(shown)["rule"][1] == 4
            and errors(shown)["linspace"][1] == max(errors(shown)[rule][1] for rule in RULE)
            and too_large(shown)["linspace"] == [0, 0, 0, 0]
        ),
    ),
    "The slope at black is far below the rest": (
        SLOPE,
        lambda shown: shown.row("at black")[2] < 0 < 0.5 < min(shown.row("halfway")[1], shown.row("at the image")[1]),
    ),
    "Right ends are too large for nearly all": (RULES, lambda shown: min(too_large(shown)["right ends"]) >= 7),
    "Midpoints have the smallest error in each column": (
        RULES,
        lambda shown: all(min(column) == column[0] for column in zip(*(errors(shown)[r] for r in RULE), strict=True)),
    ),
    "Against linspace the last table shows no 0 inside an interval": (
        RULES,
        lambda shown: all(lower > 0 for _, lower, _ in more_than_midpoints(shown, "linspace")),
    ),
    "Against right ends it does with 2 and 4 intervals, against the trapezoid rule from 4 on": (
        RULES,
        lambda shown: (
            [lower < 0 < upper for _, lower, upper in more_than_midpoints(shown, "right ends")]
            == [True, True, False, False]
            and [lower < 0 < upper for _, lower, upper in more_than_midpoints(shown, "trapezoid")]
            == [False, True, True, True]
        ),
    ),
    "The gradient and integrated gradients give the same answer for both networks of a pair": (
        FORMULAS,
        lambda shown: all(
            shown.row(a)[k] == shown.row(b)[k] for a, b in (("f ", "g "), ("p ", "q ")) for k in (0, 1, 2, 5, 6)
        ),
    ),
    "For $f$ and $g$ it happens to agree; for $p$ and $q$ it does not": (
        FORMULAS,
        lambda shown: shown.row("f ")[3:5] == shown.row("g ")[3:5] and shown.row("p ")[3:5] != shown.row("q ")[3:5],
    ),
    "Answer B, in the main: on the two fingers the map from white has a correlation of −0.61 with that from black": (
        FINGERS,
        lambda shown: shown.row("white")[2] < -0.5,
    ),
    "The gradients are not the reason": (FINGERS, lambda shown: shown.row("white")[1] > 0.5),
    "Those on the way from white are much like those on the way from black, 0.81": (
        FINGERS,
        lambda shown: shown.row("white")[1] > 0.75,
    ),
    "From black no way on the fingers is below 0, from white each one is": (
        FINGERS,
        lambda shown: shown.row("black")[0] == 0 and shown.row("white")[0] == 100,
    ),
    "From black the two fingers bring 8.84 points": (FINGERS, lambda shown: shown.row("black")[-1] > 0),
    "From white they take 1.35 away, and the rest of the picture brings the rise": (
        (FINGERS, FIVE),
        lambda shown, whole: shown.row("white")[-1] < 0 < table(whole, "The same hand")["white"][2],
    ),
    "From black, mean and blurred, the map lies well above its factor": (
        FIVE,
        lambda shown: min(above_factor(shown)[name] for name in ("black", "mean", "blurred")) > 20,
    ),
    "From white it lies a little above it, from random below": (
        FIVE,
        lambda shown: 0 < above_factor(shown)["white"] < 5 and above_factor(shown)["random"] < 0,
    ),
    "Every one of these maps adds up to within 0.3 of a point": (
        FIVE,
        lambda shown: max(abs(row[3]) for name, row in table(shown, "The same hand").items() if name in NAMES) <= 0.3,
    ),
    "Black, mean and blurred go together, with correlations of 0.62 and more": (
        FIVE,
        lambda shown: min(maps_alike(shown)[pair] for pair in TOGETHER) == 0.62,
    ),
    "White goes against black": (FIVE, lambda shown: maps_alike(shown)["white", "black"] < -0.3),
    "Random is like none of the others: no correlation reaches 0.2": (
        FIVE,
        lambda shown: max(abs(r) for pair, r in maps_alike(shown).items() if "random" in pair) < 0.2,
    ),
    "A pixel that is as in the baseline gets exactly 0, whatever the network does with it": (
        "ink = image",
        lambda shown: shown.rows[0] == [0] and shown.rows[1][0] > 0,
    ),
    "it adds up to the score minus the mean score of the baselines, but for a gap": (
        EXPECTED,
        lambda shown: abs(shown.row("16 points")[2]) < 0.05 * shown.row("16 points")[1],
    ),
    "With 8 points on each path the sum is 13.43 and the rise 13.80": (
        EXPECTED,
        lambda shown: shown.row("8 points")[:2] == [13.43, 13.8],
    ),
    "What is missing, 0.37, is the error of the points: with 4 points the gap is larger, 2.84, and with 16 smaller, "
    "0.25": (
        EXPECTED,
        lambda shown: (
            fell([abs(shown.row(f"{n} points")[2]) for n in (4, 8, 16)]) and shown.row("8 points")[2] == -0.37
        ),
    ),
    "Six of them and the other six give sums of 10.0 and 16.8": (
        EXPECTED,
        lambda shown: shown.row("six baselines, the other six: sums")[:2] == [10.0, 16.8],
    ),
    "The maps are much alike, with a correlation of 0.89": (
        EXPECTED,
        lambda shown: shown.row("six baselines, the other six: sums")[2] > 0.8,
    ),
    "The map lies above it here, too: 70 % against 51 % on the hand": (
        EXPECTED,
        lambda shown: shown.row("expected:")[0] > shown.row("expected:")[1],
    ),
    "From black the share on the hand is more than twice that from white": (
        SHARES,
        lambda shown: ends(shown, "Share", "IG, black", 0)[1] > 2 * ends(shown, "Share", "IG, white", 0)[0],
    ),
    "The share of the factor alone is about twice as large, too": (
        SHARES,
        lambda shown: 1.7 < ends(shown, "Share", "IG, black", 1)[0] / ends(shown, "Share", "IG, white", 1)[0] < 2.4,
    ),
    "All five lie above their factor: in the last column of the shares every interval lies above zero": (
        SHARES,
        lambda shown: all(ends(shown, "Share", name)[1] > 0 for name in FIVE_ROWS),
    ),
    "But the lead of gradient × input over the gradient is no lead over its factor": (
        SHARES,
        lambda shown: (
            ends(shown, "Share", "gradient ×", 0)[1] > ends(shown, "Share", "gradient  ", 0)[2]
            and ends(shown, "Share", "gradient ×")[0] <= ends(shown, "Share", "gradient  ")[0]
        ),
    ),
    "The gradient lies as far above its own, the area, or further": (
        SHARES,
        lambda shown: ends(shown, "Share", "gradient  ")[0] >= ends(shown, "Share", "gradient ×")[0],
    ),
    "The gaps are small beside the rises, less than a tenth": (
        GAPS,
        lambda shown: all(shown.row(name)[0] < 0.1 * shown.row(name)[1] for name in FIVE_ROWS[2:]),
    ),
    "And on all fingers of these hands the maps from black and from white go against each other, too": (
        GAPS,
        lambda shown: shown.row("on all fingers")[2] < -0.3,
    ),
    "For the coffee they are not: from black the gap is nearly a tenth of the rise, from a blur a quarter": (
        PHOTOS,
        lambda shown: (
            0.08 < shown.row("coffee: espresso")[0] / shown.row("coffee: espresso")[1] < 0.1
            and 0.2 < shown.row("coffee: espresso")[2] / shown.row("coffee: espresso")[3] < 0.3
        ),
    ),
    "With 4 intervals, midpoints are too large for 7 of 8 as well; their mean error is smaller": (
        RULES,
        lambda shown: (
            too_large(shown)["midpoints"][1] == 7 and errors(shown)["midpoints"][1] < errors(shown)["right ends"][1]
        ),
    ),
    "Each six has a mean score of its own, and so a rise of its own": (
        EXPECTED,
        lambda shown: (
            shown.row("six baselines, the other six: rises")[1]
            > shown.row("six baselines, the other six: rises")[0] + 1
        ),
    ),
    "That they add up does not say where they lie": (
        "cut_out = ",
        lambda shown: shown.row("share on the hand")[0] < 1 and abs(shown.row("rise")[2]) < 5,
    ),
    "Guided backpropagation does not keep this promise": (
        FORMULAS,
        lambda shown: shown.row("p ")[3:5] != shown.row("q ")[3:5],
    ),
    "so sees what is saturated at the end": (
        "class Saturating",
        lambda shown: shown.row("integrated gradients")[2] == 1,
    ),
    "The attributions add up to $S_c(x) - S_c(x')$": (
        FIVE,
        lambda shown: all(abs(row[3]) < 0.02 * row[2] for name, row in table(shown, "The same hand").items() if row[2]),
    ),
    "From white instead of black the factor changes its sign, and on the fingers red and blue change places": (
        FINGERS,
        lambda shown: (shown.row("black")[0], shown.row("white")[0]) == (0, 100) and shown.row("white")[2] < -0.5,
    ),
    "The baseline is a part of the question. What is as in the baseline gets 0.": (
        "ink = image",
        lambda shown: shown.rows[0] == [0],
    ),
}
LOOKED = {
    "On the left is nothing, on the right is the hand": 'alt="integrated_gradients/opening"',
    "Somewhere on the way the score of scissors arose": 'alt="integrated_gradients/opening"',
    "The gradient at the end is 0. But on the way it was not.": 'alt="integrated_gradients/saturation"',
    "to this network, white is no": 'alt="integrated_gradients/from_white"',
    "None of the five is neutral to this network": 'alt="integrated_gradients/baselines"',
    "It has more for scissors than black has": 'alt="integrated_gradients/baselines"',
    "The mean and the blurred image score well below zero": 'alt="integrated_gradients/baselines"',
    "From a blur, the cup shows as a rim, and the even sky behind the rocket stays empty": "photo_maps = ",
}
SAID = (
    "If you watch the whole way, and note which pixel contributed what",
    "That is the idea of Integrated Gradients",
    "Do not ask at the end",
    "Gather on the way",
    "Another baseline, another way",
    "Keep this in mind",
    "Each input went a way of 1",
    "Now the hand",
    "Gradient × input is integrated gradients with a single point of the path",
    "Compare the sums with the scores",
    "Before you compare the shares, ask what a map would reach",
    "Say the gradient is the same everywhere",
    "Then the share of the gradient is that of the area",
    "Their share is then that of image − black",
    "Hold the share of a map with a factor against that of",
    "The gap needs no map, only its sum",
    "At one point of the path this is",
    "The mean slope over the whole way is the rise",
    "Take the slope at 33 points, for each",
    "In brackets stands the 95 % interval of the mean",
    "1 is the mean slope over the whole way",
    "People use four rules to take the mean",
    "The last is a plain mean over",
    "Predict. Which rule has the largest error with 4 intervals?",
    "An error with one sign does not cancel",
    "What is left is uneven, as the score has a corner",
    "How many points? As many as the gap demands.",
    "Print it beside every map",
    "It costs two forward passes",
    "Guided backpropagation looks at the ReLUs inside",
    "Which of them would you call the explanation?",
    "Read the scores",
    "Each map below explains the way from",
    "The reason is the sign of the factor",
    "The same gradient, times a way in the other direction",
    "So blue from white is not evidence against scissors",
    "Red from black says: this place grew brighter",
    "Blue from white says: this place grew darker",
    "Both say that brighter is better here",
    "The sums differ as well",
    "Hold each share against that of its factor",
    "Which of the five is",
    "The baseline is a part of the question. Name it beside every map.",
    "Now walk the paths yourself",
    "The table below the picture has two numbers",
    "Do they stay together on the way?",
    "More baselines would not close it",
    "That there are few baselines shows elsewhere",
    "The choice has not gone away",
    "It has become a choice of data, which can be named",
    "The factor of such an average is the mean size",
    "If no single baseline is",
    "With other images of the data as baselines",
    "Erion and colleagues (2019) call it",
    "is the integrated gradient of input $i$ from the",
    "Compare the two rows of integrated gradients",
    "It is one method, one network, one set of images",
    "What differs is the baseline",
    "Without the share of its factor, the share of such",
    "If you see photographs, read the gaps before the maps",
    "These two pictures are not yet the integral",
    "Each value drawn is the mean of a block",
    "As a rule of thumb, stay within 5",
    "Then hold the two rows against each other",
    "what is even is much like its blur",
    "The baseline is a part of the question here as well",
    "Integrated Gradients gathers the gradient on a straight way",
    "Measure the gap, and take points until it is small",
    "Use midpoints",
    "It depends on the function alone, not on how",
    "Expected Gradients averages over baselines, and turns",
)
