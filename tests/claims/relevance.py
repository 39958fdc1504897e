"""Lesson 10: what it says of its results. See README.md."""

from .reading import numbers, table

SUMS, BILLS, STEPS, EQUAL = "known = {", "units = {", "by_matrix = share_out", "share_of_score ="
MAPS, RULES, UNTRAINED = "maps = {name: of_many", '"edge detector": edge_detector', "maps_of_untrained = {"
EXAMPLE, CLASSES, PRODUCTS, WAY = "asked_three = {", "both_classes = {", "product = F.normalize(", "def on_the_way("
BOX, FIRST, LAYERS, SMALL, LIFTED = "unit = nn.Linear(2", "def with_first(", "sums = {", "def small(", "baselines = {"
PATTERN, FILTERS, GAMMA, PHOTOS = "data_sets = {", "patches = F.unfold", "gammas = {", "of_predicted = photo_scores"
OWN_RULES = ("LRP-0", "ε = 0.25", "γ = 0.25", "z⁺", "dense 0, conv z⁺")
ON_HAND, ON_FINGERS, KEPT, BELOW = range(4)


def rules(shown, column):
    """{rule: (mean, lower, upper)} or {rule: (mean,)} of a column of the large table."""
    found = table(shown, "Where the relevance lies")
    return {name: cells[column] for name, cells in found.items() if len(cells) > column and cells[column]}


def two_networks(shown, column):
    """{rule: [numbers]}: on the hand (0), untrained (1), kept, untrained (2), size, untrained (3)."""
    return {name: cells[column] for name, cells in table(shown, "The trained and an untrained").items()}


def classes(shown, column):
    """{map: (mean, lower, upper)}: signed (0), sizes (1), another image (2)."""
    return {name: cells[column] for name, cells in table(shown, "Cosine of the maps of two classes").items()}


def way(shown):
    """{rule and start: |cosine| behind 1, 2, 3, 4 and 9 layers}."""
    found = table(shown, "Mean |cosine| behind so many layers")
    return {name: [cell[0] for cell in cells] for name, cells in found.items()}


def layers(shown, name):
    return [cell[0] for cell in table(shown, "Sum of the relevance / score")[name]]


def small(shown, network):
    """{method: [each input, sum]} of one of the small networks."""
    return {name: [cell[0] for cell in cells] for name, cells in table(shown, network).items()}


def lifted(shown, column):
    """{method and baseline: [numbers]}: gap (0), on the hand (1), cosine (2)."""
    return {name: cells[column] for name, cells in table(shown, "From black and from white").items()}


def patterns(shown, begin):
    """weight 1, weight 2, pattern 1, pattern 2 of the data set whose name begins so."""
    found = table(shown, "One unit, three kinds of data")
    return next([cell[0] for cell in cells] for name, cells in found.items() if name.startswith(begin))


def gamma(shown, name):
    return table(shown, "LRP-γ with")[name]


def halves(shown, begin):
    """Size on the hand (0), size off it (1), share on the hand (2), that of LRP-0 (3)."""
    found = table(shown, "Smaller and larger maps of γ")
    return next(cells for name, cells in found.items() if name.startswith(begin))


def photos(shown, rule):
    """Of each photograph: score, kept, second class, 500th class, next photograph."""
    found = table(shown, "SqueezeNet, three photographs")
    return [[cell[0] for cell in cells] for name, cells in found.items() if name.startswith(rule)]


def bill(shown, name):
    return [cell[0] for cell in table(shown, "Five units")[name]]


def near(found, expected, by=0.006):
    return abs(found - expected) <= by


CLAIMS = {
    # the opening
    "The score of scissors is 19.7. Which pixel": (
        SUMS,
        lambda shown: near(shown.row("score of scissors")[0], 19.7, 0.05),
    ),
    "The score is 19.72.": (SUMS, lambda shown: shown.row("score of scissors")[0] == 19.72),
    "The first three maps add up to something else: they were not made to add up.": (
        SUMS,
        lambda shown: all(
            abs(shown.row(name)[0] - 19.72) > 0.5 for name in ("gradient", "guided backprop", "guided Grad-CAM")
        ),
    ),
    "Integrated gradients adds up to the rise from a black image, 18.04": (
        SUMS,
        lambda shown: abs(shown.row("integrated gradients")[0] - 18.04) < 0.1,
    ),
    # the bills
    "In the first row the two shares add up to $R$.": (
        BILLS,
        lambda shown: bill(shown, "no bias")[4] == bill(shown, "no bias")[1],
    ),
    "In the second they add up to 3, although the unit has only 1 to share out: the other −2": (
        BILLS,
        lambda shown: bill(shown, "bias −2")[4] == 3 and bill(shown, "bias −2")[1] == 1,
    ),
    "The last three rows are a unit whose inputs nearly cancel.": (
        BILLS,
        lambda shown: bill(shown, "nearly 0")[0] == 0.01,
    ),
    "A relevance of 1 becomes 100 and −99.": (
        BILLS,
        lambda shown: bill(shown, "nearly 0, R = 1")[1:4] == [1, 100, -99],
    ),
    "With $\\varepsilon = 0.25$ these are 3.85 and −3.81.": (
        BILLS,
        lambda shown: bill(shown, "nearly 0, R = 1, ε = 0.25")[2:4] == [3.85, -3.81],
    ),
    "They are small, and their sum is 0.04, so nearly all of the 1 is gone.": (
        BILLS,
        lambda shown: bill(shown, "nearly 0, R = 1, ε = 0.25")[4] == 0.04,
    ),
    "ε takes its part, and most where $z$ is small.": (
        BILLS,
        lambda shown: bill(shown, "nearly 0, R = 1, ε = 0.25")[4] < 0.1 * bill(shown, "nearly 0, R = 1")[4],
    ),
    # four steps
    "The two ways agree.": (STEPS, lambda shown: "the two ways agree: True" in shown.text),
    "The shares of the 32 units miss the score by what the bias of the last layer has brought.": (
        STEPS,
        lambda shown: (
            shown.row("last layer")[0] == 32
            and near(shown.row("score")[0] - shown.row("score")[1], shown.row("score")[2], 0.0015)
        ),
    ),
    "And the same function works on a convolution.": (
        STEPS,
        lambda shown: shown.row("first convolution")[-4:] == [1, 3, 96, 96],
    ),
    # LRP-0
    "Answer D. The two differ by a few millionths of the largest value, which is rounding.": (
        EQUAL,
        lambda shown: shown.row("gradient × input")[0] == 1 and shown.row("gradient × input")[3] < 1e-5,
    ),
    "With the plain gradient the cosine is 0.91, with integrated gradients 0.81.": (
        EQUAL,
        lambda shown: near(shown.row("gradient   ")[0], 0.91) and near(shown.row("integrated gradients")[0], 0.81),
    ),
    "They disturb the sum: 0.97 of the score arrives on average of the 12, and an image may": (
        EQUAL,
        lambda shown: (
            shown.row("sum of the map / score")[0] == 0.97 and shown.row("one image")[0] < 1 < shown.row("one image")[1]
        ),
    ),
    # other shares
    "Answer B. With $\\varepsilon = 0.25$ the map is the tidiest of all: 0.95 of it lies on the hand.": (
        RULES,
        lambda shown: (
            rules(shown, ON_HAND)["ε = 0.25"][0] == 0.95
            and all(
                rules(shown, ON_HAND)["ε = 0.25"][1] > each[-1]
                for name, each in rules(shown, ON_HAND).items()
                if name != "ε = 0.25"
            )
        ),
    ),
    "And it adds up to 0.21 of the score.": (RULES, lambda shown: rules(shown, KEPT)["ε = 0.25"][0] == 0.21),
    "The other four fifths are lost on the way.": (
        RULES,
        lambda shown: 0.75 < 1 - rules(shown, KEPT)["ε = 0.25"][0] < 0.85,
    ),
    "z⁺ keeps the whole score, and so does γ here, where the copy has no bias.": (
        RULES,
        lambda shown: rules(shown, KEPT)["z⁺"] == rules(shown, KEPT)["γ = 0.25"] == [1, 1, 1],
    ),
    "z⁺ shows nothing negative.": (RULES, lambda shown: rules(shown, BELOW)["z⁺"] == [0, 0, 0]),
    "they stand little above LRP-0, and even an edge detector has 0.75 there.": (
        RULES,
        lambda shown: (
            all(
                0 < rules(shown, ON_HAND)[name][0] - rules(shown, ON_HAND)["LRP-0"][0] < 0.05
                for name in ("z⁺", "γ = 0.25")
            )
            and rules(shown, ON_HAND)["edge detector"][0] == 0.75
        ),
    ),
    # an untrained network
    "The map of a network that has learned nothing has 0.75 of its size on the hand, more than twice the area.": (
        UNTRAINED,
        lambda shown: (
            two_networks(shown, 1)["ε = 0.25"][0] == 0.75
            and two_networks(shown, 1)["ε = 0.25"][1] > 2 * two_networks(shown, 1)["area"][0]
        ),
    ),
    "But the whole map is a hundred-millionth of the score.": (
        UNTRAINED,
        lambda shown: 0.5e-8 < two_networks(shown, 3)["ε = 0.25"][0] < 2e-8,
    ),
    "The sums $z$ of the untrained network are small, so an ε of 0.25 takes nearly everything.": (
        UNTRAINED,
        lambda shown: shown.row("untrained:")[1] < 0.25 and two_networks(shown, 3)["ε = 0.25"][0] < 1e-6,
    ),
    "A tidy map may come from what was thrown away.": (
        (UNTRAINED, RULES),
        lambda shown, large: two_networks(shown, 0)["ε = 0.25"][0] > 0.9 and rules(large, KEPT)["ε = 0.25"][0] < 0.25,
    ),
    "(LRP-0 keeps 0.00, too, and its map is about as large as the score: positive and negative shares cancel.": (
        UNTRAINED,
        lambda shown: two_networks(shown, 2)["LRP-0"] == [0] and 0.7 < two_networks(shown, 3)["LRP-0"][0] < 1.5,
    ),
    "The biases have brought the score.)": (UNTRAINED, lambda shown: two_networks(shown, 2)["LRP-0"] == [0]),
    "γ gives the untrained network a map with only 0.07 on the hand, far less than the area, and of the size of tens": (
        UNTRAINED,
        lambda shown: (
            two_networks(shown, 1)["γ = 0.25"][0] == 0.07
            and two_networks(shown, 1)["γ = 0.25"][2] < two_networks(shown, 1)["area"][0] / 2
            and 10_000 < two_networks(shown, 3)["γ = 0.25"][0] < 100_000
        ),
    ),
    "It keeps 1.00 of the score of the untrained network, too, a score that says nothing.": (
        UNTRAINED,
        lambda shown: two_networks(shown, 2)["z⁺"][0] == 1 and abs(shown.row("mean score")[1]) < 0.05,
    ),
    "It is larger than the median size of $z$ in all 9 layers of the untrained network, and in 5 of the trained one.": (
        UNTRAINED,
        lambda shown: shown.row("untrained:")[-2:] == [9, 9] and shown.row("trained:")[-2:] == [5, 9],
    ),
    # the class
    "Its score of scissors is 19.7, and its score of rock is −13.3.": (
        EXAMPLE,
        lambda shown: shown.row("scores")[:1] == [-13.34] and shown.row("scores")[2] == 19.72,
    ),
    "The score of rock is negative, and z⁺ shares it among inputs that all have brought something positive": (
        EXAMPLE,
        lambda shown: shown.row("scores")[0] < 0,
    ),
    "Answer C, in this example.": (EXAMPLE, lambda shown: shown.row("z⁺, scissors and rock")[0] < -0.99),
    "the same map but for their sign: the cosine of the sizes is 0.997.": (
        CLASSES,
        lambda shown: classes(shown, 1)["z⁺"][0] == 0.997,
    ),
    "(With the signs, the cosine of an image is near +1 or near −1; the −0.132 is the mean of those.)": (
        CLASSES,
        lambda shown: classes(shown, 0)["z⁺"][0] == -0.132 and classes(shown, 1)["z⁺"][1] > 0.99,
    ),
    "The 0.997 is nearer to 1 than that of guided backpropagation": (
        CLASSES,
        lambda shown: classes(shown, 1)["z⁺"][1] > classes(shown, 1)["guided backprop"][2],
    ),
    "In the untrained network it is nearer still.": (
        CLASSES,
        lambda shown: classes(shown, 1)["z⁺, untrained"][1] > classes(shown, 1)["z⁺"][2],
    ),
    "For the trained network they are not: those of two images have a cosine of 0.216.": (
        CLASSES,
        lambda shown: classes(shown, 2)["z⁺"][0] == 0.216,
    ),
    "The maps of LRP-0, of γ, and of the composite with LRP-0 in the three dense layers alone, do depend on the": (
        CLASSES,
        lambda shown: (
            near(classes(shown, 1)["LRP-0"][0], 0.74)
            and near(classes(shown, 1)["γ = 0.25"][0], 0.83)
            and near(classes(shown, 1)["dense 0, conv z⁺"][0], 0.75)
            and all(classes(shown, 1)[name][2] < 0.9 for name in ("LRP-0", "γ = 0.25", "dense 0, conv z⁺"))
        ),
    ),
    "After three matrices all columns point in one direction, whatever the start was.": (
        PRODUCTS,
        lambda shown: shown.row("no entry negative")[2] > 0.999,
    ),
    "With both signs it is slow: 0.38 after 20 matrices.": (
        PRODUCTS,
        lambda shown: (
            near(shown.row("both signs")[4], 0.38)
            and shown.row("both signs")[:5] == sorted(shown.row("both signs")[:5])
        ),
    ),
    "Mixtures of mixtures become alike.": (
        PRODUCTS,
        lambda shown: shown.row("no entry negative")[:3] == sorted(shown.row("no entry negative")[:3]),
    ),
    "Behind the last layer, the two classes have a cosine of 0.51 under z⁺.": (
        WAY,
        lambda shown: near(way(shown)["z⁺, two classes"][0], 0.51),
    ),
    "Behind three layers it is 0.98, and at the image 0.997.": (
        WAY,
        lambda shown: near(way(shown)["z⁺, two classes"][2], 0.98) and way(shown)["z⁺, two classes"][4] == 0.997,
    ),
    "The question is lost in the dense layers, before the walk has reached a single place in the picture.": (
        WAY,
        lambda shown: way(shown)["z⁺, two classes"][2] > 0.95,
    ),
    "Two random starts without a negative entry end just as much alike.": (
        WAY,
        lambda shown: way(shown)["z⁺, random, no entry negative"][4] >= way(shown)["z⁺, two classes"][4],
    ),
    "So it is not that rock and scissors are similar: what you start with does not matter.": (
        WAY,
        lambda shown: way(shown)["z⁺, random, no entry negative"][4] > 0.99,
    ),
    "Random starts with both signs become alike, too, only less, 0.79.": (
        WAY,
        lambda shown: (
            near(way(shown)["z⁺, random, both signs"][4], 0.79)
            and way(shown)["z⁺, random, both signs"][:5] == sorted(way(shown)["z⁺, random, both signs"][:5])
        ),
    ),
    "LRP-0 and the composite do not lose the question.": (
        WAY,
        lambda shown: max(way(shown)["LRP-0, two classes"][4], way(shown)["dense 0, conv z⁺, two classes"][4]) < 0.5,
    ),
    "The composite comes to the convolutions with two relevances that differ, 0.28.": (
        WAY,
        lambda shown: near(way(shown)["dense 0, conv z⁺, two classes"][2], 0.28),
    ),
    "The convolutions with z⁺ make them more alike, too, and only a little, 0.37.": (
        WAY,
        lambda shown: near(way(shown)["dense 0, conv z⁺, two classes"][4], 0.37),
    ),
    # take away
    "LRP-0 is gradient × input in a network of ReLUs, whatever its biases are.": (
        EQUAL,
        lambda shown: shown.row("gradient × input")[3] < 1e-5,
    ),
    "The tidiest map kept a fifth of the score, and it was tidy for an untrained network as well.": (
        (UNTRAINED, RULES),
        lambda shown, large: (
            near(rules(large, KEPT)["ε = 0.25"][0], 0.2, 0.02) and two_networks(shown, 1)["ε = 0.25"][0] > 0.7
        ),
    ),
    "z⁺ keeps the sum by construction, for untrained networks, too.": (
        (UNTRAINED, RULES),
        lambda shown, large: two_networks(shown, 2)["z⁺"] == [1] and rules(large, KEPT)["z⁺"] == [1, 1, 1],
    ),
    "z⁺ in all layers hardly depends on the class.": (CLASSES, lambda shown: classes(shown, 1)["z⁺"][1] > 0.99),
    "A composite with LRP-0 in the dense layers remembers.": (
        CLASSES,
        lambda shown: classes(shown, 1)["dense 0, conv z⁺"][2] < 0.9,
    ),
    # second sitting: the first layer
    "Answer C: 0.4 and 0.6.": (BOX, lambda shown: shown.row("½ and ¼, z^B")[-2:] == [0.4, 0.6]),
    "The dark pixel gets more, since a bright one would have spoken against.": (
        BOX,
        lambda shown: shown.row("½ and ¼, z^B")[-1] > shown.row("½ and ¼, z^B")[-2],
    ),
    "A black one gets still more.": (
        BOX,
        lambda shown: shown.row("½ and black, z^B")[-1] > shown.row("½ and ¼, z^B")[-1],
    ),
    "Under z⁺ it gets nothing.": (BOX, lambda shown: shown.row("½ and black, z⁺")[-1] == 0),
    "z^B and z⁺ have a cosine of 0.936.": (
        FIRST,
        lambda shown: table(shown, "The rule of the first layer")["z^B"][3][0] == 0.936,
    ),
    "gives much the same map as z^B, 0.986, with as much of it on the hand, to within 0.001.": (
        FIRST,
        lambda shown: (
            table(shown, "The rule of the first layer")["z^B"][2][0] == 0.986
            and abs(table(shown, "The rule of the first layer")["z^B"][1][0]) <= 0.001
        ),
    ),
    "So on these hands the first rule of Deep Taylor buys nothing that flat does not buy.": (
        FIRST,
        lambda shown: table(shown, "The rule of the first layer")["z^B"][1][2] <= 0.001,
    ),
    # where the sum goes
    "LRP-0 loses a few percent of the score, and ε = 0.25 four fifths.": (
        RULES,
        lambda shown: (
            0.02 < 1 - rules(shown, KEPT)["LRP-0"][0] < 0.09 and 0.75 < 1 - rules(shown, KEPT)["ε = 0.25"][0] < 0.85
        ),
    ),
    "ε = 0.25 takes little in the dense layers: 0.96 of the score is left behind the third.": (
        LAYERS,
        lambda shown: layers(shown, "ε = 0.25")[2] == 0.96,
    ),
    "Nearly all of what it takes, it takes in the six convolutions, in each of them a part.": (
        LAYERS,
        lambda shown: (
            layers(shown, "ε = 0.25")[2] - layers(shown, "ε = 0.25")[8] > 0.9 * (1 - layers(shown, "ε = 0.25")[8])
            and all(
                a - b > 0.05 for a, b in zip(layers(shown, "ε = 0.25")[2:], layers(shown, "ε = 0.25")[3:], strict=False)
            )
        ),
    ),
    "LRP-0 goes up and down near 1: a bias adds here and takes there.": (
        LAYERS,
        lambda shown: (
            all(near(each, 1, 0.04) for each in layers(shown, "LRP-0"))
            and layers(shown, "LRP-0") != sorted(layers(shown, "LRP-0"), reverse=True)
        ),
    ),
    "There the sums are small.": (UNTRAINED, lambda shown: shown.row("trained:")[-2] >= 5),
    "z⁺ keeps all in every layer, and the composite loses only what LRP-0 loses in the dense layers": (
        LAYERS,
        lambda shown: (
            layers(shown, "z⁺") == [1] * 9 and all(near(each, 1) for each in layers(shown, "dense 0, conv z⁺"))
        ),
    ),
    # DeepLIFT
    "In the first network the gradient at 3 is 0, and so gradient × input is 0, and with it LRP-0.": (
        SMALL,
        lambda shown: small(shown, "flat,")["gradient × input"] == [0, 0],
    ),
    "The score has risen by 1 all the same, and DeepLIFT and integrated gradients say so.": (
        SMALL,
        lambda shown: (
            small(shown, "flat,")["DeepLIFT from 0"] == small(shown, "flat,")["integrated gradients from 0"] == [1, 1]
        ),
    ),
    "In the second network DeepLIFT and integrated gradients agree: 1.5 and 0.5.": (
        SMALL,
        lambda shown: (
            small(shown, "two inputs, one")["DeepLIFT from 0"]
            == small(shown, "two inputs, one")["integrated gradients from 0"]
            == [1.5, 0.5, 2]
        ),
    ),
    "Gradient × input gives 0 and 1, and misses half of the rise of 2.": (
        SMALL,
        lambda shown: (
            small(shown, "two inputs, one")["gradient × input"] == [0, 1, 1]
            and small(shown, "two inputs, one")["DeepLIFT from 0"][2] == 2
        ),
    ),
    "With two layers this ends.": (
        SMALL,
        lambda shown: (
            small(shown, "two inputs, two")["DeepLIFT from 0"]
            != small(shown, "two inputs, two")["integrated gradients from 0"]
        ),
    ),
    "In the third, both add up to the rise of 1, and share it out as 3 and −2, and as 2 and −1.": (
        SMALL,
        lambda shown: (
            small(shown, "two inputs, two")["DeepLIFT from 0"] == [3, -2, 1]
            and small(shown, "two inputs, two")["integrated gradients from 0"] == [2, -1, 1]
        ),
    ),
    "DeepLIFT adds up to the rise but for rounding, with one walk.": (
        LIFTED,
        lambda shown: all(cell[0] < 1e-5 for name, cell in lifted(shown, 0).items() if name.startswith("DeepLIFT")),
    ),
    "Integrated gradients with 8 steps misses 0.03 of the rise from black and 0.1 of that from white.": (
        LIFTED,
        lambda shown: (
            lifted(shown, 0)["integrated gradients, 8 steps, black"] == [0.03]
            and lifted(shown, 0)["integrated gradients, 8 steps, white"] == [0.1]
        ),
    ),
    "From black, the two maps are much alike, 0.86.": (
        LIFTED,
        lambda shown: lifted(shown, 2)["DeepLIFT, black"][0] == 0.86,
    ),
    "From white they are less so, 0.50.": (
        LIFTED,
        lambda shown: (
            lifted(shown, 2)["DeepLIFT, white"][0] == 0.5
            and lifted(shown, 2)["DeepLIFT, white"][2] < lifted(shown, 2)["DeepLIFT, black"][1]
        ),
    ),
    "And whichever method you take, the baseline makes more of a difference than the method: from black about 0.8": (
        LIFTED,
        lambda shown: (
            all(near(cell[0], 0.8, 0.03) for name, cell in lifted(shown, 1).items() if name.endswith("black"))
            and all(
                cell[0] < 0.36 and cell[1] < lifted(shown, 1)["area"][2]
                for name, cell in lifted(shown, 1).items()
                if name.endswith("white")
            )
        ),
    ),
    # signal
    "Answer C. The weights are 1 and −1 in all four rows, and the patterns are not.": (
        PATTERN,
        lambda shown: (
            all([cell[0] for cell in cells[:2]] == [1, -1] for cells in table(shown, "One unit, three").values())
            and patterns(shown, "y + d")[2:] != patterns(shown, "y/2")[2:]
        ),
    ),
    "Where $x$ is $(y + d, d)$, the second input carries nothing of $y$: its pattern is 0.": (
        PATTERN,
        lambda shown: patterns(shown, "y + d and d, four")[3] == 0,
    ),
    "In the second kind of data both inputs carry something of $y$, and in the control": (
        PATTERN,
        lambda shown: all(
            min(abs(each) for each in patterns(shown, name)[2:]) > 0.3 for name in ("y/2", "two independent")
        ),
    ),
    "Gradient × input, which is LRP-0, gives all of it to the second input, the one that knows nothing of $y$.": (
        PATTERN,
        lambda shown: numbers(shown.lines[-1])[-2:] == [0, 1],
    ),
    "With 2000 rows instead of all four cases the pattern is an estimate: it misses by one or two hundredths here.": (
        PATTERN,
        lambda shown: all(
            0.005 < abs(found - exact) < 0.025
            for name, exacts in (("y + d and d, 2000", (1, 0)), ("y/2", (0.5, -0.5)), ("two independent", (0.5, -0.5)))
            for found, exact in zip(patterns(shown, name)[2:], exacts, strict=True)
        ),
    ),
    "Filter and pattern have a cosine of 0.17 on average.": (
        FILTERS,
        lambda shown: shown.row("trained, 16 filters")[0] == 0.17,
    ),
    "The control says no: random filters have one of 0.26, and 14 of their 16 patterns have one sign.": (
        FILTERS,
        lambda shown: shown.row("untrained, 16 filters")[0] == 0.26 and shown.row("untrained, 16 filters")[-1] == 14,
    ),
    "Each of the three patterns has one, as do 13 of all 16": (
        FILTERS,
        lambda shown: shown.row("trained, 16 filters")[-1] == 13,
    ),
    "It comes from the pictures.": (
        FILTERS,
        lambda shown: shown.row("untrained, 16 filters")[2] < 0.5,
    ),
    # γ in three programs
    "The two versions with a bias give much the same map, with 0.90 and 0.91 of it on the hand.": (
        GAMMA,
        lambda shown: (
            gamma(shown, "bias as it is")[0][0] == 0.9
            and gamma(shown, "bias grows")[0][0] == 0.91
            and gamma(shown, "bias as it is")[2][0] > 0.99
        ),
    ),
    "Yours has 0.81, with a wide interval, and a cosine of 0.77 with the last.": (
        GAMMA,
        lambda shown: (
            gamma(shown, "bias left out (yours)")[0][0] == 0.81
            and gamma(shown, "bias left out (yours)")[2][0] == 0.77
            and gamma(shown, "bias left out (yours)")[0][2] - gamma(shown, "bias left out (yours)")[0][1] > 0.1
        ),
    ),
    "In half of the images the size is no more than 1.14, in the worst it is 2.67.": (
        GAMMA,
        lambda shown: gamma(shown, "bias left out (yours)")[3:] == [[1.14], [2.67]],
    ),
    "With a bias the worst is 1.28.": (
        GAMMA,
        lambda shown: max(gamma(shown, f"bias {name}")[4][0] for name in ("as it is", "grows")) == 1.28,
    ),
    "In the larger maps of the trained network the size on the hand is 1.06 in place of 1.01, and off the hand": (
        GAMMA,
        lambda shown: (
            halves(shown, "trained, 30 larger")[:2] == [[1.06], [0.233]]
            and halves(shown, "trained, 30 smaller")[:2] == [[1.01], [0.102]]
        ),
    ),
    "So a smaller share of them lies on the hand, 0.72 and not 0.88.": (
        GAMMA,
        lambda shown: (
            halves(shown, "trained, 30 larger")[2][0] == 0.72
            and halves(shown, "trained, 30 smaller")[2][0] == 0.88
            and halves(shown, "trained, 30 larger")[2][2] < halves(shown, "trained, 30 smaller")[2][1]
        ),
    ),
    "That of LRP-0 is nearly the same in both halves, 0.78 and 0.79.": (
        GAMMA,
        lambda shown: (
            [halves(shown, f"trained, 30 {half}")[3][0] for half in ("smaller", "larger")] == [0.78, 0.79]
            and halves(shown, "trained, 30 larger")[3][1] < halves(shown, "trained, 30 smaller")[3][2]
            and halves(shown, "trained, 30 smaller")[3][1] < halves(shown, "trained, 30 larger")[3][2]
        ),
    ),
    "In the untrained network nearly the whole size lies off the hand.": (
        GAMMA,
        lambda shown: all(
            halves(shown, f"untrained, 30 {half}")[1][0] > 9 * halves(shown, f"untrained, 30 {half}")[0][0]
            for half in ("smaller", "larger")
        ),
    ),
    "The shares that make a map large lie off the hand.": (
        GAMMA,
        lambda shown: (
            halves(shown, "trained, 30 larger")[1][0] - halves(shown, "trained, 30 smaller")[1][0]
            > 2 * (halves(shown, "trained, 30 larger")[0][0] - halves(shown, "trained, 30 smaller")[0][0])
        ),
    ),
    "In the untrained network of the first sitting the median was tens of thousands, and that of the sum was 1.00": (
        UNTRAINED,
        lambda shown: (
            10_000 < two_networks(shown, 3)["γ = 0.25"][0] < 100_000 and two_networks(shown, 2)["γ = 0.25"] == [1]
        ),
    ),
    "A kept sum does not even say that the shares are of a sensible size.": (
        UNTRAINED,
        lambda shown: two_networks(shown, 3)["γ = 0.25"][0] > 1000 and two_networks(shown, 2)["γ = 0.25"] == [1],
    ),
    # photographs
    "z⁺ keeps the whole score, 1.00, through all branches.": (
        PHOTOS,
        lambda shown: all(cells[1] == 1 for cells in photos(shown, "z⁺")),
    ),
    "LRP-0, which is gradient × input here as well, keeps 0.29, 0.12 and −0.08 of it.": (
        PHOTOS,
        lambda shown: [cells[1] for cells in photos(shown, "LRP-0")] == [0.29, 0.12, -0.08],
    ),
    "On the 60 hands it was 0.95.": (RULES, lambda shown: rules(shown, KEPT)["LRP-0"][0] == 0.95),
    "In this network the biases bring most of the score.": (
        PHOTOS,
        lambda shown: all(cells[1] < 0.5 for cells in photos(shown, "LRP-0")),
    ),
    "have cosines of 0.81 to 0.91 with those of the predicted class, and LRP-0 has 0.61 to 0.66.": (
        PHOTOS,
        lambda shown: (
            [min(c[3] for c in photos(shown, "z⁺")), max(c[3] for c in photos(shown, "z⁺"))] == [0.81, 0.91]
            and [min(c[3] for c in photos(shown, "LRP-0")), max(c[3] for c in photos(shown, "LRP-0"))] == [0.61, 0.66]
        ),
    ),
    "Of another photograph they are 0.29 to 0.38.": (
        PHOTOS,
        lambda shown: (
            min(c[4] for rule in ("z⁺", "LRP-0") for c in photos(shown, rule)) == 0.29
            and max(c[4] for rule in ("z⁺", "LRP-0") for c in photos(shown, rule)) == 0.38
        ),
    ),
    "So what was true of the hands holds in a milder form: the map of z⁺ depends less on the class.": (
        PHOTOS,
        lambda shown: all(
            plus[3] > zero[3] for plus, zero in zip(photos(shown, "z⁺"), photos(shown, "LRP-0"), strict=True)
        ),
    ),
    "z^B lets dark pixels have relevance; on the hands, a rule without weights did the same.": (
        FIRST,
        lambda shown: table(shown, "The rule of the first layer")["z^B"][2][0] > 0.95,
    ),
    "ε takes its part in the convolutions.": (
        LAYERS,
        lambda shown: layers(shown, "ε = 0.25")[2] - layers(shown, "ε = 0.25")[8] > 0.5,
    ),
}

LOOKED = {
    "The filters have both signs.": FILTERS,
    "If you see the photographs: the network calls the rocket a mosque.": "photographs = load_imagenet()",
    "LRP-0 is speckles, and z⁺ a coarse drawing of eyes, cup and towers.": ("photographs = load_imagenet()"),
}

SAID = (
    "This lesson starts at the other end.",
    "Take the score as an amount.",
    "Hand it back through the network",
    "What arrives at a pixel is its relevance.",
    "The method is called layer-wise relevance propagation",
    "Look at the second hint of Exercise 10.1 again",
    "Predict. Compare the map",
    "with four that you know, on 12 images.",
    "To which of them is it most alike",
    "In brackets stands the 95 % interval of the mean",
    "Why is that so?",
    "Write $g_j",
    "This holds at the score",
    "A max pooling hands both",
    "(It is called with the network, as all methods are",
    "size is the sum of all",
    "And a class never gives such a start under z⁺",
    "Then step 2 gives",
    "Step 3 gives",
    "Step 4 gives",
    "A ReLU keeps this form",
    "So it holds at each layer, down to the image.",
    "The bias is in $z_j$",
    "So biases do not disturb the equality.",
    "What is missing, or too much",
    "The copy has the weights $w + \\gamma",
    "Take $\\varepsilon = 0.25$ in every layer.",
    "on the hand is the share of the map's size",
    "kept is the sum of the map, divided by the score.",
    "below 0 is the part of the map's size",
    "The two controls are the area of hand and fingers",
    "(The median is the middle value.",
    "Some scores of the untrained network are nearly 0",
    "Look at ε first.",
    "What is left lies where the sums are large",
    "The second sitting looks at this more closely.",
    "Now z⁺.",
    "That the sum is kept is a promise of the rule.",
    "It says nothing about what the network has learned, nor",
    "Which ε is meant has to be said.",
    "Here it is a constant",
    "Others take a part of the mean size of $z$",
    "Is it so in other images? The sign of a score is one number.",
    "To leave it out, compare the sizes",
    "For each image take its own class and the class after it",
    "As a control, take another image's map.",
    "Are all maps of z⁺ alike, then?",
    "Each column of the new product is a mixture",
    "In mathematics such a product is said",
    "Does it happen in the network?",
    "Start with two classes",
    "As a control, start at the last hidden layer",
    "That a map forgets the class, Sixt",
    "Relevance shares a score out, layer by layer.",
    "A rule says how one layer shares.",
    "Four steps do it for any linear layer",
    "What they have brought is missing in its sum.",
    "ε throws relevance away where sums are small.",
    "Keeping the sum is no evidence",
    "Its shares are never negative, and products of such",
    "Before you believe a relevance map, ask",
    "What does it change on the hands? Take z⁺ in all layers but the first.",
    "There compare z⁺, z^B, and flat",
    "Little. z^B",
    "A first layer can only spread the relevance",
    "Where the relevance goes is decided by",
    "(That is so here; it need not",
    "With one layer of ReLUs the two always agree",
    "Two ways to share, both complete, and they differ.",
    "If you use a program for it: the course's tests",
    "Where a pooling follows a ReLU directly",
    "So check the gap, whatever you use.",
    "Its weight is there to take the distractor away.",
    "The printed row shows what this does to a map. There $y$ is 1.",
    "That is not false",
    "It says what the unit has used, and not",
    "Three filters of the first layer, and beside each",
    "Has the training done this?",
    "Kindermans and others (2017) estimate patterns",
    "That needs data and more time",
    "It does. The two versions",
    "The last two columns hold the size of the map",
    "The second table shows where the huge shares lie.",
    "Take the 60 images, and compare",
    "Without the bias some sums are nearly 0",
    "There a few inputs get huge shares",
    "z⁺ has the same question: where is the bias? The course's z⁺ leaves it out.",
    "Captum and zennit do so if they are told to",
    "A name of a rule is not yet a rule.",
    "Say which program",
    "And the class?",
    "The second best class may be",
    "The class in place 500 is another matter.",
    "These are three photographs, no more",
    "Take away of the second sitting.",
    "DeepLIFT shares out a rise in one walk",
    "Weights say what a unit has used",
    "And a rule needs more than its name.",
)
