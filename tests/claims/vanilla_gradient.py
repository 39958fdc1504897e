"""Lesson 02: its sentences on results, and the cells that show them."""

DIFFERENCES, QUANTITIES, ALIKE = "places = [", "quantities = {", "compared = {"
SURE, REGIONS, STEPS, RECOGNISED = "own_probability = ", "regions = {", "walked = {}", "recognised = {}"
HANDS = "hand", "hand and border"
PRODUCTS, BLACK, SUMS = "products = ", "of_black = {", "sums = ("


def largest(shown, name):
    return shown.row(name)[1]


def region(shown, name):
    """Of a region's line: mean, lower and upper end of the gradient, the area, their difference, their ratio."""
    found = shown.row(f"{name}  ")
    return [found[k : k + 3] for k in range(0, 12, 3)]


def rest_in_border(shown):
    """The part of the gradient off the hand that lies in the border around it."""
    hand, border = (region(shown, name)[0][0] for name in ("hand", "hand and border"))
    return (border - hand) / (100 - hand)


def score_fades(shown):
    rows = [row for row in shown.rows if len(row) == 2]
    unsure, times = zip(*rows, strict=True)
    return len(rows) == 6 and list(unsure) == sorted(unsure, reverse=True) and list(times) == sorted(times)


CLAIMS = {
    "Both columns agree": (
        DIFFERENCES,
        lambda shown: len(shown.rows) == 6 and all(abs(row[-2] - row[-1]) <= 2e-5 for row in shown.rows),
    ),
    "The differences would have needed two runs for each of 27,648 values": (
        "numbers in, score of",
        lambda shown: shown.rows[0][0] == 27648,
    ),
    "and the largest entry of its gradient is more than a hundred thousand times smaller": (
        QUANTITIES,
        lambda shown: (
            0.999 < shown.row("probability")[0] < 1 and largest(shown, "score") > 1e5 * largest(shown, "probability")
        ),
    ),
    "Answer B: far smaller": (
        QUANTITIES,
        lambda shown: largest(shown, "probability") < 0.01 * largest(shown, "score"),
    ),
    "The loss is nearly 0, and its gradient is as small": (
        QUANTITIES,
        lambda shown: shown.row("loss")[0] < 0.001 and 0.5 < largest(shown, "loss") / largest(shown, "probability") < 2,
    ),
    "In the picture of the loss, red and blue have changed places": (ALIKE, lambda shown: shown.row("loss") == [-1]),
    "With the gradient of the score the correlation is 0.70: related, and not the same": (
        ALIKE,
        lambda shown: 0.3 < shown.row("score of scissors")[0] < 0.9,
    ),
    "With the gradient of scissors − paper it is 1.00, as nearly all that is left": (
        ALIKE,
        lambda shown: (
            shown.row("scissors − paper") == [1]
            and shown.row("scissors − rock")[0] < 0.5
            and shown.row("probabilities:")[1] > 1000 * shown.row("probabilities:")[0]
        ),
    ),
    "So the probability answers another question": (ALIKE, lambda shown: shown.row("scissors − paper")[0] > 0.99),
    "With the gradient of the loss it is −1.00": (ALIKE, lambda shown: shown.row("loss") == [-1]),
    "From row to row the network is surer, and the gradient of the probability is shorter": (SURE, score_fades),
    "It fades, and it mixes in the other classes": (
        (SURE, ALIKE),
        lambda fades, mixes: score_fades(fades) and mixes.row("score of scissors")[0] < 0.9,
    ),
    "In each group the bar of the gradient stands well above the bar of the area": (
        REGIONS,
        lambda shown: all(
            region(shown, name)[0][1] > region(shown, name)[1][2] and region(shown, name)[3][0] > 1.5
            for name in ("hand", "hand and border", "fingers")
        ),
    ),
    "The score reacts to the hand": (REGIONS, lambda shown: region(shown, "hand")[2][1] > 0),
    "In percentage points the gradient stands 36.5 above the area on the hand, 38.2 on the hand": (
        REGIONS,
        lambda shown: region(shown, "fingers")[2][2] < min(region(shown, name)[2][1] for name in HANDS),
    ),
    "As a ratio it is the reverse: the fingers have 4.4 times their area, the hand 2.4 times, the hand with its": (
        REGIONS,
        lambda shown: region(shown, "fingers")[3][1] > max(region(shown, name)[3][2] for name in HANDS),
    ),
    "The quotient of the two means, column by column, is a little smaller": (
        REGIONS,
        lambda shown: all(
            0.75 * found[3][0] < found[0][0] / found[1][0] < found[3][0]
            for found in (region(shown, name) for name in (*HANDS, "fingers"))
        ),
    ),
    "Off the hand, more than half of what is left lies within the border": (
        ("regions = {",),
        lambda shown: rest_in_border(shown) > 0.5,
    ),
    "At the smallest step the two agree in both decimals": (
        STEPS,
        lambda shown: shown.rows[0][-2] == shown.rows[0][-1],
    ),
    "The larger the step, the more they part": (
        STEPS,
        lambda shown: (parted := [abs(row[-2] - row[-1]) for row in shown.rows]) == sorted(parted),
    ),
    "It may say little about a place further away": (
        STEPS,
        lambda shown: abs(shown.rows[-1][-2] - shown.rows[-1][-1]) > 10,
    ),
    "That holds for 3 % of the values": ("changed = {", lambda shown: 0 < shown.row("against the gradient")[0] < 5),
    "All 60 images are recognised as they were": (RECOGNISED, lambda shown: shown.row("as it was (control)")[0] == 60),
    "Answer C: 28 of 60, about half": (
        RECOGNISED,
        lambda shown: 0.4 < shown.row("against the gradient")[0] / 60 < 0.6,
    ),
    "Only their direction differs, and the gradient knows the direction": (
        RECOGNISED,
        lambda shown: shown.row("against the gradient")[0] < shown.row("at random (control)")[0] - 20,
    ),
    "At random, the same step costs one image": (
        RECOGNISED,
        lambda shown: shown.row("at random (control)")[0] == shown.row("as it was (control)")[0] - 1,
    ),
    "The two maps look much alike: no large part of this image is dark": (
        PRODUCTS,
        lambda shown: shown.rows[0][0] > 0.9,
    ),
    "Yet the black square changes the picture, and the gradient is not zero there": (
        BLACK,
        lambda shown: shown.rows[0][-1] > 0.1 and shown.rows[1][-1] == 0,
    ),
    "It nearly adds up": (SUMS, lambda shown: shown.row("without its sign")[1] < 10),
    "For this image score and sum differ by 0.38, and on average by 8 % of the score": (
        SUMS,
        lambda shown: abs(shown.row("this image")[2]) < 1,
    ),
    "It is not exact, and you can say what is missing": (SUMS, lambda shown: shown.row("without its sign")[0] > 0.5),
    "For this image it is below zero, and on average above": (
        SUMS,
        lambda shown: shown.row("this image")[2] < 0 < shown.row("mean of 60")[7],
    ),
    "The gradient of the probability fades where the network is sure and mixes in other classes; that of the loss": (
        (SURE, ALIKE),
        lambda fades, mixes: score_fades(fades) and mixes.row("loss") == [-1],
    ),
    "It is exact about small steps and says little about large ones": (
        STEPS,
        lambda shown: shown.rows[0][-2] == shown.rows[0][-1] and abs(shown.rows[-1][-2] - shown.rows[-1][-1]) > 10,
    ),
    "Many small changes that follow it can turn the answer of the network": (
        RECOGNISED,
        lambda shown: shown.row("against the gradient")[0] < 40,
    ),
    "It leaves out the biases and cannot see black": (
        (SUMS, BLACK),
        lambda sums, black: sums.row("without its sign")[0] > 0.5 and black.rows[1][-1] == 0,
    ),
}
LOOKED = {
    "Score and probability are alike at the tip of the lower finger": "vanilla_gradient/three_quantities",
    "At the folded fingers they differ": "vanilla_gradient/three_quantities",
    "Each panel has its own colour scale, so the pictures do not show how small": "vanilla_gradient/three_quantities",
    "The same hand three times": "vanilla_gradient/changed",
    "You still see the same hand: under noise in the second picture": "vanilla_gradient/changed",
}
SAID = (
    "In lesson 00 you covered squares",
    "Now you ask for every single value at once",
    "Two samples of the test images serve this lesson",
    "few holds six, two of each class",
    "many holds 60: enough for a mean",
    "An entry of 0.3 says: brighten this value by 0.1",
    "Red means: brighten this value",
    "Blue means: it falls",
    "White: the score hardly reacts",
    "(A colour bar ends at the 99.5th percentile of its map",
    "Values beyond it get the strongest colour",
    "Three maps with two signs each are a lot to read",
    "You will make one picture of them below",
    "Your gradient needed one run forward and one back",
    "Now look at the three gradients as pictures",
    "Where does the difference come from?",
    "The probability depends on the scores of all classes",
    "By the chain rule its gradient is",
    "So it compares class $c$ with each other class",
    "Each picture is the sum over the three colours",
    "Compare it with the gradients of a few scores",
    "The correlation of two maps is 1",
    "Is the gradient of the probability so small for other images, too?",
    "Compare the lengths of the two gradients",
    "The length is the root of the sum of the squares",
    "(Each class has two images here, a and b",
    "So we explain the score",
    "Look at six heatmaps",
    "The largest value of each is 1",
    "The colour bars end at the 99.5th percentile, as before",
    "Where do the specks lie?",
    "You have the exact masks, so count",
    "share_inside from lesson 00 gives the part",
    "Count for the hand, for the hand with a border",
    "The two numbers in brackets, and the thin line",
    "Another 60 images would give another mean",
    "An interval made in this way holds the mean",
    "Where does it react most?",
    "That depends on how you count",
    "(The ratio is taken in each image first, then the mean of the 60 ratios",
    "Both counts are right",
    "The ratio takes the size of the region into account",
    "What is still further out remains a question",
    "Does the network look at the background, or is the map noisy there?",
    "The picture alone cannot answer it",
    "Near $x$ the network is a straight line: as long as",
    "With each switch the slope changes",
    "The gradient is exact about the network, here",
    "(In this walk some values leave the range",
    "From here on they are kept inside",
    "In the second picture each of the 27,648 values moved by 0.1",
    "In the third each moved by 0.1, too",
    "(A value that would leave the range from 0 to 1 stops at its end",
    "Predict. All 60 images",
    "How many of the 60 are still recognised",
    "In the last two rows the steps are equally large",
    "What the product adds is a meaning",
    "So put two questions to it",
    "What does it say of black pixels?",
    "And do its values add up to the score?",
    "It cannot see black. A black pixel",
    "A black pixel is 0, and anything times 0 is 0",
    'Who says that black means "nothing"?',
    "Lesson 06 turns this question into a choice",
    "Now the sums",
    "For the many images you have the gradients already",
    "Near $x$ the network is a straight line with a constant",
    "The $w_i$ are the gradient",
    "The constant $b$ comes from the biases",
    "The sum leaves them out, so what is missing is what the biases add",
    "The Vanilla Gradient is the derivative of the class's score",
    "Differentiate the score. The gradient",
    "Test a gradient by finite differences before you believe it",
    "Gradient × input estimates contributions",
)
