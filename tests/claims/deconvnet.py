"""Lesson 03: its sentences on results, and the cells that show them."""

SPREAD, CONVOLUTION, SWITCHES, WALK = "top = middle.roll", "by_loop = ", "agree = ", "under_rule = "
PROMISES, PAIRS, SIGNS, TESTED, SHARES = "promises = {}", "pairs = (", "bars = {}", "results = {", "own_maps = {"
VANILLA, DECONVNET, GUIDED = "vanilla gradient", "deconvnet", "guided backpropagation"
THREE = (VANILLA, DECONVNET, GUIDED)


def of_pairs(shown, name):
    """(mean, lower, upper) for each pair of classes; the opening figure stands before them."""
    found = shown.row(name)[1:]
    return [found[k : k + 3] for k in (0, 3, 6)]


def table(shown, number):
    """{method: [trained, mean, lower, upper, lowest, highest]} of the first table or the second."""
    lines = [line for line in shown.lines if line.startswith(THREE)]
    named = {}
    for line in lines[3 * number : 3 * number + 3]:
        name = next(name for name in THREE if line.startswith(name))
        named[name] = [float(x.strip("()").replace("−", "-")) for x in line[len(name) :].split() if x != "to"]
    return named


def rounding(shown):
    """Lines with a difference and how large the values are."""
    return len(shown.rows) == 2 and all(row[-2] < 1e-4 * row[-1] for row in shown.rows)


def not_the_slope(shown):
    return all(shown.row(name)[8] < 0.9 for name in THREE[1:])


def hardly_notices(shown):
    return all(mean < 0.1 for mean, _, _ in of_pairs(shown, GUIDED))


def prefers_the_hand(shown):
    return table(shown, 0)[GUIDED][4] > 0


def untrained_changes_too(shown):
    sensitivity = table(shown, 1)[VANILLA]
    return 0.8 < sensitivity[1] < 1.2 and sensitivity[4] > 0.75


CLAIMS = {
    "The kernel itself comes out, laid around the place of the 1, and it is not turned": (
        SPREAD,
        lambda shown: shown.row("back from the middle:") == shown.row("kernel:"),
    ),
    "In the second case it moves up with the 1": (
        SPREAD,
        lambda shown: shown.row("back from the top:")[:6] == shown.row("kernel:")[3:],
    ),
    "Its first row then falls into the padding, and is cut off": (
        SPREAD,
        lambda shown: not set(shown.row("kernel:")[:3]) & set(shown.row("back from the top:")),
    ),
    "The differences are rounding, or none at all": (CONVOLUTION, rounding),
    "A transposed convolution is the gradient of a convolution": (CONVOLUTION, rounding),
    "Unpooling with switches is the gradient of max pooling. Two": (SWITCHES, lambda shown: "True" in shown.text),
    "Answer B: the ReLUs, for the deconvnet rule alone": (WALK, rounding),
    "Both differences are rounding, or none at all": (WALK, rounding),
    "A deconvnet is the gradient's walk with another rule at the ReLUs": (WALK, rounding),
    "In the first row the two agree: the quotient is 1": (PROMISES, lambda shown: shown.row(VANILLA)[6:] == [1, 1, 1]),
    "In the other rows they do not: the score grows by about half of what the map promises": (
        PROMISES,
        lambda shown: all(0.4 < shown.row(name)[6] < 0.6 for name in THREE[1:]),
    ),
    'say in "score per input unit" is not what the score does': (PROMISES, not_the_slope),
    "Answer A: the vanilla gradient, for two of the three pairs": (
        PAIRS,
        lambda shown: (
            sum(v[1] > d[2] for v, d in zip(of_pairs(shown, VANILLA), of_pairs(shown, DECONVNET), strict=True)) == 2
        ),
    ),
    "There its sensitivity is well above 1: more of the map turns its sign than keeps it": (
        PAIRS,
        lambda shown: all(lower > 1.2 for _, lower, _ in of_pairs(shown, VANILLA)[:2]),
    ),
    "For paper and scissors it is about a half, and the intervals of the first two methods overlap": (
        PAIRS,
        lambda shown: (
            0.4 < of_pairs(shown, VANILLA)[2][0] < 0.6
            and of_pairs(shown, VANILLA)[2][1] < of_pairs(shown, DECONVNET)[2][2]
        ),
    ),
    "There the eye sees the largest change in the deconvnet's map, yet its number is smaller": (
        PAIRS,
        lambda shown: shown.row(DECONVNET)[0] < shown.row(VANILLA)[0],
    ),
    "Guided backpropagation gives almost the same picture, whatever you ask": (PAIRS, hardly_notices),
    "It barely shows what the network decides": (PAIRS, hardly_notices),
    "In absolute values the order of the first two is reversed": (
        SIGNS,
        lambda shown: (
            shown.row(VANILLA)[1] > shown.row(DECONVNET)[2] and shown.row(VANILLA)[8] < shown.row(DECONVNET)[7]
        ),
    ),
    "Much of what it says about the class is in its signs": (
        SIGNS,
        lambda shown: shown.row(VANILLA)[6] < 0.5 * shown.row(VANILLA)[0],
    ),
    "Guided backpropagation stays far below both, either way": (
        SIGNS,
        lambda shown: all(
            3 * shown.row(GUIDED)[k] < shown.row(name)[k] for k in (0, 6) for name in (VANILLA, DECONVNET)
        ),
    ),
    "With signs, they are near 1": (SIGNS, lambda shown: all(0.95 < shown.row(name)[3] < 1.05 for name in THREE)),
    "Without signs, two maps have something in common wherever both are large, even by chance": (
        SIGNS,
        lambda shown: all(shown.row(name)[11] < min(0.95, shown.row(name)[4]) for name in THREE),
    ),
    "All three change less than if their values were put at random places; the deconvnet's are nearest to that": (
        SIGNS,
        lambda shown: (
            all(shown.row(name)[8] < shown.row(name)[10] for name in THREE)
            and max(THREE, key=lambda name: shown.row(name)[6] / shown.row(name)[9]) == DECONVNET
        ),
    ),
    "Answer B. The first table: without training, the vanilla gradient has no preference": (
        TESTED,
        lambda shown: (
            table(shown, 0)[VANILLA][2] < 0 < table(shown, 0)[VANILLA][3]
            and 0 < table(shown, 0)[GUIDED][4] <= table(shown, 0)[GUIDED][5] < table(shown, 0)[GUIDED][0]
        ),
    ),
    "Its networks lie on both sides of 0": (
        TESTED,
        lambda shown: table(shown, 0)[VANILLA][4] < 0 < table(shown, 0)[VANILLA][5],
    ),
    "Guided backpropagation stands above 0 in all five, and so does the deconvnet, by little": (
        TESTED,
        lambda shown: (
            prefers_the_hand(shown) and 0 < table(shown, 0)[DECONVNET][4] < table(shown, 0)[DECONVNET][5] < 0.05
        ),
    ),
    "So a part of what these two show on the hand is not knowledge": (
        TESTED,
        lambda shown: all(table(shown, 0)[name][2] > 0 for name in (DECONVNET, GUIDED)),
    ),
    "With the trained network all three stand higher than in any of the five": (
        TESTED,
        lambda shown: all(row[0] > row[5] for row in table(shown, 0).values()),
    ),
    "The second table: the class sensitivity of the vanilla gradient is near 1 without any training": (
        TESTED,
        untrained_changes_too,
    ),
    "A high class sensitivity alone proves nothing": (TESTED, untrained_changes_too),
    "The deconvnet's is lower, and rises with training, from 0.15 to 0.38": (
        TESTED,
        lambda shown: (
            table(shown, 1)[DECONVNET][0] > table(shown, 1)[DECONVNET][5]
            and table(shown, 1)[DECONVNET][5] < table(shown, 1)[VANILLA][4]
        ),
    ),
    "That of guided backpropagation is as low in the trained network as in those that know nothing": (
        TESTED,
        lambda shown: table(shown, 1)[GUIDED][4] <= table(shown, 1)[GUIDED][0] <= table(shown, 1)[GUIDED][5] < 0.1,
    ),
    "In this respect training changed nothing that its maps could show": (
        TESTED,
        lambda shown: table(shown, 1)[GUIDED][2] <= table(shown, 1)[GUIDED][0] <= table(shown, 1)[GUIDED][3],
    ),
    "Every method has a larger share on the hand, and on the fingers, than their areas are large": (
        SHARES,
        lambda shown: all(
            shown.row(name)[k + 1] > shown.row("area (control)")[k + 2]
            for k in (0, 3)
            for name in (*THREE, "gradient × input")
        ),
    ),
    "Guided backpropagation has the highest share in both columns": (
        SHARES,
        lambda shown: all(
            shown.row(GUIDED)[k] > shown.row(name)[k]
            for k in (0, 3)
            for name in (VANILLA, DECONVNET, "gradient × input")
        ),
    ),
    "On the hand, gradient × input is close to it": (
        SHARES,
        lambda shown: shown.row(GUIDED)[1] < shown.row("gradient × input")[2],
    ),
    "And yet it hardly notices the class, and with untrained networks, too, it puts more on the hand": (
        (PAIRS, TESTED),
        lambda asked, tested: hardly_notices(asked) and prefers_the_hand(tested),
    ),
    "Transposed convolution is the gradient of convolution; unpooling": (
        (CONVOLUTION, SWITCHES),
        lambda convolution, switches: rounding(convolution) and "True" in switches.text,
    ),
    "The deconvnet and guided backpropagation differ from the gradient in the rule": (WALK, rounding),
    "Their maps are not the slope of the score": (PROMISES, not_the_slope),
    "Guided backpropagation barely notices the class asked for, and prefers the hand in untrained networks, too": (
        (PAIRS, TESTED),
        lambda asked, tested: hardly_notices(asked) and prefers_the_hand(tested),
    ),
    "A map that changes with the class is not yet a good one: those of an untrained network do that, too": (
        TESTED,
        untrained_changes_too,
    ),
}
OPENING, BACK, POOLED = "deconvnet/opening", "back_through_a_convolution", "back_through_a_pooling"
LOOKED = {
    "The vanilla gradient turns from red to blue on the upper finger": OPENING,
    "The deconvnet's map leaves the fingers and scatters over the whole picture": OPENING,
    "With guided backpropagation you have to search for a difference": OPENING,
    "Answer B: from nine. The marked": BACK,
    "The marked value of the input lies in nine patches": BACK,
    "From each of their outputs comes the gradient there": BACK,
    "The output above and left of it used the weight in the last row and column": BACK,
    "The nine products are added up": BACK,
    "Answer A: only the largest. In": POOLED,
    "In each window the largest value is marked on the way forward": POOLED,
    "On the way back the whole gradient of the window goes to that place": POOLED,
    "The vanilla rule asks for the sign of the input": "back_through_a_relu",
    "Guided backpropagation draws fine lines along the hand or the fingers": "deconvnet/three_hands",
}
SAID = (
    "Above, the network was asked about scissors; below, about rock",
    "Compare the rows, column by column",
    "(Each panel has a colour scale of its own",
    "Compare where the colours lie and which they are",
    "This lesson builds these maps from their parts",
    "Two samples of the test images serve it",
    "many holds 60, for means",
    "In the figure further up, the marked value met the same weights in the reverse order",
    "Both belong to one walk",
    "There you asked what one input collects from nine outputs",
    "Here you ask what one output spreads over nine inputs",
    "The output above and left of an input reaches it with its last weight",
    "Now compare it with PyTorch's transposed convolution",
    "The first part of the deconvnet is nothing new",
    "Two of the three parts are the gradient",
    "What remains is the ReLU",
    "Here they are once more, on four numbers",
    "So for any network there is a short way to it",
    "relu_rule(rule) does that",
    "It also works for networks in which the layers",
    "Guided backpropagation (Springenberg and others, 2014)",
    "You wrote both rules in lesson 01:",
    "One would like to say: this is what the network saw",
    "Put it to three tests before you do",
    "(In brackets stands a 95 % interval",
    "They are recipes for pictures, as you saw in lesson 01",
    "(The line with torch.rand adds a trace of noise",
    "In a perfectly flat patch a pooling meets equal values",
    "The first column belongs to the two rows of the opening figure",
    "Why? At each ReLU",
    "At each ReLU the gates of the way forward are open",
    "The vanilla gradient has these gates, too",
    "With guided backpropagation only positive values pass",
    "Nothing cancels at the ReLUs",
    "The bars of the absolute values are a warning",
    "The shuffled maps give the scale",
    "So judge each heatmap by its own control",
    "Take a network of the same build that was never trained",
    "It knows nothing of hands",
    "What do its maps show?",
    "(The score of an untrained network depends on the image, too",
    "In lesson 00 the occlusion maps of such networks lay more on the hand",
    "The test is a comparison",
    "What both networks' maps show was not learned",
    "What only the trained network's map shows may have been learned",
    "Predict. Five untrained",
    "Five untrained networks: how much of the map",
    "That is one random network",
    "Another may do otherwise, so take five",
    "Measure how far the share of each map on the hand stands above",
    "(Each interval is over five networks here",
    "Five are few, so take it as rough",
    "It comes from the image and from the rule",
    "A low one does say something",
    "A high share on the hand is not a proof that a map explains",
    "It is one test among several",
    "Compare with untrained networks: what their maps show",
    "A map that looks right has passed one test",
    "Put it to others",
)
