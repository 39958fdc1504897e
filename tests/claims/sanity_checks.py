"""Lesson 11: what it says of its results. See README.md."""

from .reading import table

OPENING, LEFT, CASCADE, KEPT = "for number, k in enumerate(order", "all_nine = [", "steps = {f", "def kept_row"
SEEDS, TOP, PICTURES, ABOVE = "five_seeds = [", "by_seed = kept", 'for measure in ("SSIM", "HOG")', 'left = kept["above'
EDGES, TAUGHT, CROSSED, STARTS = "edges, other_hands = ", "reference = taught(", "empty = late_grad_cam", "PAIRS = {"
IDLE, SINGLE, KINDS = "of_idle = ", "single = {", '"Kaiming\'s start": "Kaiming"'

LAST, ALL, HANDS = range(3)  # the columns of kept_row
RIGHT_SAME, RIGHT_OTHER, WRONG_SAME, WRONG_OTHER, UNTRAINED, LABELS, START = range(7)


def cells(shown, caption, name, at=0):
    return table(shown, caption, at)[name]


def means(shown, caption, name, at=0):
    """The first number of each cell of a row."""
    return [cell[0] for cell in cells(shown, caption, name, at)]


def cascade(shown, name):
    """With 1, 2, 3, 6 and 9 layers random."""
    return means(shown, "Rank correlation with the map of the trained", name)


def kept(shown, name):
    """Last layer random, all nine random, two different hands."""
    return cells(shown, "Rank correlation, 219 images, mean of", name)


def seeds(shown, name):
    """Lowest and highest of the seeds, signed; the same without sign."""
    return means(shown, "The last layer random, five seeds", name)


def last_layer(shown, name):
    """[each seed], signed, without sign, two different hands."""
    return cells(shown, "The last layer random, 219 images", name)


def pictures(shown, name):
    return cells(shown, "Two measures of pictures", name)


def above(shown, name):
    """Last layer and all layers, signed; the same without sign."""
    return cells(shown, "Similarity, less that", name)


KEEPS, OWN_EDGES, OTHER_EDGES, ON_HAND, NOISE, NOISE_OTHER = range(6)  # the columns of edges


def edges(shown, name):
    """With the trained map, last layer random; edges: own, another hand, on the hand; all random: own, another hand."""
    return cells(shown, "Rank correlation of the maps' sizes", name)


def crossed(shown, name):
    return means(shown, "Rank correlation with the maps of the reference", name)


def starts(shown, name, how="signed"):
    return cells(shown, f"Rank correlation with the reference, {how}", name)


def idle(shown, name):
    return means(shown, "The idle map", name)[0]


def reaches(cell):
    """The interval holds 0."""
    return cell[1] <= 0 <= cell[2]


METHODS = ("gradient", "IG from black", "Grad-CAM", "guided backprop", "guided Grad-CAM", "deconvnet", "Deep Taylor")
EDGED = ("gradient", "guided backprop", "Deep Taylor", "deconvnet")


def near(value, word, by=0.005):
    return abs(value - word) <= by + 1e-9


CLAIMS = {
    "The rank correlation of the two maps is 0.99: nearly the same order": (
        OPENING,
        lambda shown: shown.row("rank correlation")[0] > 0.95,
    ),
    "But one of the two networks says scissors, and the other says rock": (
        OPENING,
        lambda shown: "says scissors" in shown.text and "says rock" in shown.text,
    ),
    "With 99 random numbers of 1,463,843 the network has lost what it knew about the classes": (
        LEFT,
        lambda shown: (
            all(share[0] < 45 for share in [table(shown, "What is left")["last layer random"][1]])
            and max(table(shown, "What is left")["last layer random"][2]) < 45
            and table(shown, "What is left")["as trained"][2][0] > 95
        ),
    ),
    "With the last layer random the gradient keeps a rank correlation of 0.13, with two random layers −0.29": (
        CASCADE,
        lambda shown: (
            [near(value, word) for value, word in zip(cascade(shown, "gradient"), (0.13, -0.29), strict=False)]
            == [True, True]
            and all(abs(value) <= 0.005 for value in cascade(shown, "gradient")[2:])
        ),
    ),
    "Grad-CAM goes a little up and down around 0": (
        CASCADE,
        lambda shown: (
            all(abs(value) < 0.2 for value in cascade(shown, "Grad-CAM"))
            and min(cascade(shown, "Grad-CAM")) < 0 < max(cascade(shown, "Grad-CAM"))
        ),
    ),
    "Guided backpropagation falls slowly": (
        CASCADE,
        lambda shown: (
            cascade(shown, "guided backprop") == sorted(cascade(shown, "guided backprop"), reverse=True)
            and cascade(shown, "guided backprop")[2] > 0.9
        ),
    ),
    "With six random layers it has 0.81, and with nine 0.40": (
        CASCADE,
        lambda shown: (
            near(cascade(shown, "guided backprop")[3], 0.81) and near(cascade(shown, "guided backprop")[4], 0.40)
        ),
    ),
    "Deep Taylor jumps: down, up and down again": (
        CASCADE,
        lambda shown: (lambda one, two, three, six, nine: one > two < six > nine)(*cascade(shown, "Deep Taylor")),
    ),
    "With the last layer random, guided backpropagation keeps 0.98, where two different hands have 0.06": (
        KEPT,
        lambda shown: (
            near(kept(shown, "guided backprop")[LAST][0], 0.98) and near(kept(shown, "guided backprop")[HANDS][0], 0.06)
        ),
    ),
    "The deconvnet keeps 0.72, guided Grad-CAM 0.51": (
        KEPT,
        lambda shown: (
            near(kept(shown, "deconvnet")[LAST][0], 0.72) and near(kept(shown, "guided Grad-CAM")[LAST][0], 0.51)
        ),
    ),
    "With all nine layers random guided backpropagation still has 0.39": (
        KEPT,
        lambda shown: near(kept(shown, "guided backprop")[ALL][0], 0.39),
    ),
    "Without the sign the gradient keeps 0.61 to 0.67, whatever the seed": (
        SEEDS,
        lambda shown: (
            [near(a, b) for a, b in zip(seeds(shown, "gradient")[2:], (0.61, 0.67), strict=True)] == [True] * 2
        ),
    ),
    "With the sign the five seeds have −0.28 to 0.19": (
        SEEDS,
        lambda shown: [near(a, b) for a, b in zip(seeds(shown, "gradient"), (-0.28, 0.19), strict=False)] == [True] * 2,
    ),
    "without the sign 1.00 for each of the five seeds, with it anything from −1.00 to 0.55": (
        SEEDS,
        lambda shown: min(seeds(shown, "Deep Taylor")[2:]) > 0.99,
    ),
    "the gradient has 0.09, −0.18 and 0.07 in the three seeds, integrated gradients 0.02, −0.14 and 0.09": (
        TOP,
        lambda shown: (
            last_layer(shown, "gradient")[0] == [0.09, -0.18, 0.07]
            and last_layer(shown, "IG from black")[0] == [0.02, -0.14, 0.09]
        ),
    ),
    "Guided backpropagation has 0.98 in each, and the deconvnet 0.71 to 0.73": (
        TOP,
        lambda shown: (
            set(last_layer(shown, "guided backprop")[0]) == {0.98}
            and min(last_layer(shown, "deconvnet")[0]) == 0.71
            and max(last_layer(shown, "deconvnet")[0]) == 0.73
        ),
    ),
    "without the sign two different hands have 0.14 by the gradient": (
        TOP,
        lambda shown: near(last_layer(shown, "gradient")[3][0], 0.14),
    ),
    "With the last layer random it has 0.63.": (TOP, lambda shown: near(last_layer(shown, "gradient")[2][0], 0.63)),
    "What you may say: here guided backpropagation and the deconvnet keep their maps": (
        TOP,
        lambda shown: all(min(last_layer(shown, name)[0]) > 0.6 for name in ("guided backprop", "deconvnet")),
    ),
    "The gradient keeps many of its places, and not what it says about them": (
        TOP,
        lambda shown: (
            last_layer(shown, "gradient")[2][1] > 0.5 > last_layer(shown, "gradient")[3][2]
            and reaches(last_layer(shown, "gradient")[1])
        ),
    ),
    "By SSIM, the gradient's maps of two different hands have 0.58": (
        PICTURES,
        lambda shown: near(pictures(shown, "gradient, SSIM")[HANDS][0], 0.58),
    ),
    "So the 0.82 with a random last layer does not mean that four fifths are left": (
        PICTURES,
        lambda shown: near(pictures(shown, "gradient, SSIM")[LAST][0], 0.82),
    ),
    "For guided Grad-CAM two different hands have 0.72": (
        PICTURES,
        lambda shown: near(pictures(shown, "guided Grad-CAM, SSIM")[HANDS][0], 0.72),
    ),
    "With all nine layers random there is 0.44: it looks as if nearly half had stayed": (
        PICTURES,
        lambda shown: (
            pictures(shown, "guided Grad-CAM, SSIM")[ALL][2] < pictures(shown, "guided Grad-CAM, SSIM")[HANDS][1]
        ),
    ),
    "0.79 with all nine layers random, and 0.65 for two hands": (
        PICTURES,
        lambda shown: (
            near(pictures(shown, "occlusion, HOG")[ALL][0], 0.79)
            and near(pictures(shown, "occlusion, HOG")[HANDS][0], 0.65)
        ),
    ),
    "the gradient and Grad-CAM keep no more than two different hands have in common": (
        ABOVE,
        lambda shown: all(above(shown, name)[0][1] <= 0 for name in ("gradient", "Grad-CAM")),
    ),
    "Guided backpropagation keeps 0.92 more, the deconvnet 0.52, guided Grad-CAM 0.48": (
        ABOVE,
        lambda shown: all(
            near(above(shown, name)[0][0], more)
            for name, more in (("guided backprop", 0.92), ("deconvnet", 0.52), ("guided Grad-CAM", 0.48))
        ),
    ),
    "So far the sentence is right": (
        ABOVE,
        lambda shown: all(
            (above(shown, name)[0][1] > 0) == ("guided" in name) for name in METHODS if name != "deconvnet"
        ),
    ),
    "With all nine layers random and the sign, guided backpropagation keeps 0.34, and guided Grad-CAM 0.08": (
        ABOVE,
        lambda shown: above(shown, "guided backprop")[1][1] > 0 and above(shown, "guided Grad-CAM")[1][1] > 0,
    ),
    "The edge detector, 0.80, shows what is left of a map that never changes": (
        ABOVE,
        lambda shown: all(near(cell[0], 0.80) for cell in above(shown, "edge detector")),
    ),
    "All five that were trained know their own 120 images by heart": (
        TAUGHT,
        lambda shown: all(
            cells[0][0] >= 97
            for name, cells in table(shown, "Share of the labels").items()
            if not name.startswith("untrained")
        ),
    ),
    "On new images those with wrong labels are no better than guesses": (
        TAUGHT,
        lambda shown: all(
            cells[1][0] < 50 for name, cells in table(shown, "Share of the labels").items() if name.startswith("wrong")
        ),
    ),
    "By guided backpropagation the network of the wrong labels, from the same start, is more alike": (
        CROSSED,
        lambda shown: crossed(shown, "guided backprop")[WRONG_SAME] > crossed(shown, "guided backprop")[RIGHT_OTHER],
    ),
    "For guided backpropagation the start adds more than the labels": (
        CROSSED,
        lambda shown: crossed(shown, "guided backprop")[START] > crossed(shown, "guided backprop")[LABELS],
    ),
    "Much of what this map shows was there before the first step of the training": (
        STARTS,
        lambda shown: starts(shown, "guided backprop")[UNTRAINED][0] > 0.5,
    ),
    "The gradient has 0.02: it has noticed the labels, passed": (
        STARTS,
        lambda shown: near(starts(shown, "gradient")[WRONG_SAME][0], 0.02),
    ),
    "Guided backpropagation has 0.68: failed": (
        STARTS,
        lambda shown: near(starts(shown, "guided backprop")[WRONG_SAME][0], 0.68),
    ),
    "A second good network has 0.10 by the gradient, if it comes from another start": (
        STARTS,
        lambda shown: near(starts(shown, "gradient")[RIGHT_OTHER][0], 0.10),
    ),
    "So the gradient's map is nearly as far from that of a network that does the same": (
        STARTS,
        lambda shown: (
            1 - starts(shown, "gradient")[RIGHT_OTHER][0] > 0.9 * (1 - starts(shown, "gradient")[WRONG_SAME][0])
        ),
    ),
    "Without the sign the two numbers are 0.21 for wrong labels and 0.22 for right ones": (
        STARTS,
        lambda shown: (
            near(starts(shown, "gradient", "without sign")[WRONG_SAME][0], 0.21)
            and near(starts(shown, "gradient", "without sign")[RIGHT_OTHER][0], 0.22)
        ),
    ),
    "From the same start there is something to say: 0.38 with right labels, 0.02 with wrong ones": (
        STARTS,
        lambda shown: near(starts(shown, "gradient")[RIGHT_SAME][0], 0.38),
    ),
    "The labels do leave a trace in this map": (STARTS, lambda shown: starts(shown, "gradient")[LABELS][1] > 0),
    "Guided backpropagation is more alike to a network of wrong labels from the same start than to a good": (
        STARTS,
        lambda shown: shown.row("guided backprop: wrong labels, same start above")[-2:] == [8, 8],
    ),
    "the bare start, has 0.61, more than the 0.50 of the second good network": (
        STARTS,
        lambda shown: (
            near(starts(shown, "guided backprop")[UNTRAINED][0], 0.61)
            and near(starts(shown, "guided backprop")[RIGHT_OTHER][0], 0.50)
        ),
    ),
    "By its sizes Deep Taylor gives the good network, the one that has learned a list and the one that has": (
        STARTS,
        lambda shown: (
            min(cell[0] for cell in starts(shown, "Deep Taylor", "without sign")[:LABELS]) == 0.78
            and max(cell[0] for cell in starts(shown, "Deep Taylor", "without sign")[:LABELS]) == 0.94
        ),
    ),
    "The idle map is at 0 from the first random layer on": (
        IDLE,
        lambda shown: idle(shown, "farthest from 0, over the nine networks") < 0.05,
    ),
    "Wrong labels: near 0.": (IDLE, lambda shown: abs(idle(shown, "wrong labels, same start")) < 0.1),
    "Two networks that have learned the same labels from the same start have nothing in common by this map": (
        IDLE,
        lambda shown: abs(idle(shown, "right labels, same start")) < 0.1,
    ),
    "The maps of two different hands are the same": (IDLE, lambda shown: idle(shown, "two different hands") == 1),
    "And its share on the hand is the area of the hand": (
        IDLE,
        lambda shown: abs(idle(shown, "share on the hand") - idle(shown, "area of the hand")) <= 0.02,
    ),
    "by SSIM the gradient's maps of two different hands have 0.58": (
        PICTURES,
        lambda shown: near(pictures(shown, "gradient, SSIM")[HANDS][0], 0.58),
    ),
    "Guided backpropagation does not notice the upper layers, and two trainings from the same start look alike": (
        (KEPT, STARTS),
        lambda random, taught: (
            kept(random, "guided backprop")[LAST][1] > 0.95
            and min(starts(taught, "guided backprop")[column][0] for column in (RIGHT_SAME, WRONG_SAME))
            > max(starts(taught, "guided backprop")[column][0] for column in (RIGHT_OTHER, WRONG_OTHER))
        ),
    ),
    "Noise that depends on the weights passes best": (
        IDLE,
        lambda shown: idle(shown, "farthest from 0, over the nine networks") < 0.05,
    ),
    "Guided backpropagation notices the lowest layers most: 0.41 with layer 0 alone random, 0.98 with layer 20": (
        SINGLE,
        lambda shown: (row := means(shown, "Rank correlation, signed", "guided backprop")) == sorted(row, reverse=True),
    ),
    "The gradient has 0.23 or less with any of these layers": (
        SINGLE,
        lambda shown: max(means(shown, "Rank correlation, signed", "gradient")) <= 0.23,
    ),
    "Every layer matters to the network: with one of them random it gives 28 % to 65 % right answers": (
        SINGLE,
        lambda shown: (
            (shares := [shown.row(f"layer {k} alone:")[0] for k in (20, 16, 12, 5, 2, 0)])
            and min(shares) == 28
            and max(shares) == 65
        ),
    ),
    "The gradient has 0.00. But": (
        KINDS,
        lambda shown: all(abs(value) <= 0.005 for value in means(shown, "Rank correlation, signed", "gradient")[1::2]),
    ),
    "But Deep Taylor, without the sign, has 0.06 with PyTorch's start, and 0.38 and 0.40 with the other two": (
        KINDS,
        lambda shown: means(shown, "Rank correlation, without sign", "Deep Taylor")[1::2] == [0.06, 0.38, 0.40],
    ),
    "For the gradient, integrated gradients (IG), Deep Taylor and LRP the interval holds 0": (
        KEPT,
        lambda shown: all(
            reaches(kept(shown, name)[LAST]) for name in ("gradient", "IG from black", "Deep Taylor", "LRP ε, z⁺, z^B")
        ),
    ),
    "So many places stay, and what is said about them does not": (
        SEEDS,
        lambda shown: seeds(shown, "gradient")[2] > 0.5 > 0.3 > max(map(abs, seeds(shown, "gradient")[:2])),
    ),
    "Where a random layer gives a negative score, the whole map is negative: the old one with all signs reversed": (
        SEEDS,
        lambda shown: all(
            (alike > 0.99) == (score > 0) and (alike < -0.99) == (score < 0)
            for alike, score in zip(
                shown.row("Deep Taylor, first seed"), shown.row("scores of the network"), strict=True
            )
        ),
    ),
    "It is a mean of seven images with 1.00 and two with −1.00, the two whose score is negative": (
        SEEDS,
        lambda shown: sorted(shown.row("Deep Taylor, first seed")) == [-1.0] * 2 + [1.0] * 7,
    ),
    "For Grad-CAM the sentence is wrong both ways: 0.09 with the sign and without, less than two different hands": (
        TOP,
        lambda shown: (
            near(last_layer(shown, "Grad-CAM")[1][0], 0.09)
            and near(last_layer(shown, "Grad-CAM")[2][0], 0.09)
            and last_layer(shown, "Grad-CAM")[2][2] < last_layer(shown, "Grad-CAM")[3][1]
        ),
    ),
    "Without the sign the gradient keeps 0.48 more, and guided Grad-CAM only 0.10": (
        ABOVE,
        lambda shown: (
            near(above(shown, "gradient")[2][0], 0.48)
            and near(above(shown, "guided Grad-CAM")[2][0], 0.10)
            and above(shown, "gradient")[2][1] > above(shown, "guided Grad-CAM")[2][2]
        ),
    ),
    "guided backpropagation is above 0 in each of the four columns, clearly in three": (
        ABOVE,
        lambda shown: (
            all(cell[1] > 0 for cell in above(shown, "guided backprop"))
            and sum(cell[1] > 0.3 for cell in above(shown, "guided backprop")) == 3
        ),
    ),
    "Grad-CAM is below 0 in all four: it passes": (
        ABOVE,
        lambda shown: all(cell[2] < 0 for cell in above(shown, "Grad-CAM")),
    ),
    "For all others it depends on the sign or on how many layers are random": (
        ABOVE,
        lambda shown: all(
            {True, False} == {cell[1] > 0 for cell in above(shown, name)}
            for name in (*METHODS, "LRP ε, z⁺, z^B")
            if name not in ("guided backprop", "Grad-CAM")
        ),
    ),
    "Guided backpropagation has 0.64 with the edges as trained, and 0.13 with all layers random": (
        EDGES,
        lambda shown: (
            near(edges(shown, "guided backprop")[OWN_EDGES][0], 0.64)
            and near(edges(shown, "guided backprop")[NOISE][0], 0.13)
        ),
    ),
    "The same random network's maps have 0.05 with the edges of another hand": (
        EDGES,
        lambda shown: near(edges(shown, "guided backprop")[NOISE_OTHER][0], 0.05),
    ),
    "So a little is left that needs no learning": (
        EDGES,
        lambda shown: edges(shown, "guided backprop")[NOISE][1] > edges(shown, "guided backprop")[NOISE_OTHER][2],
    ),
    "the four methods stand in the same order in the first two columns": (
        EDGES,
        lambda shown: (
            sorted(EDGED, key=lambda name: edges(shown, name)[KEEPS][0])
            == sorted(EDGED, key=lambda name: edges(shown, name)[OWN_EDGES][0])
        ),
    ),
    "Deep Taylor has 1.00 and 0.72, guided backpropagation 0.96 and 0.64, the gradient 0.63 and 0.55, the deconvnet": (
        EDGES,
        lambda shown: (
            [(edges(shown, name)[KEEPS][0], edges(shown, name)[OWN_EDGES][0]) for name in EDGED]
            == [(0.63, 0.55), (0.96, 0.64), (1.0, 0.72), (0.46, 0.19)]
        ),
    ),
    "with the edges of another hand they have 0.32, 0.24, 0.22 and 0.10": (
        EDGES,
        lambda shown: [edges(shown, name)[OTHER_EDGES][0] for name in EDGED] == [0.22, 0.24, 0.32, 0.10],
    ),
    "On the hand alone, 0.43, 0.26, 0.24 and 0.11 are left": (
        EDGES,
        lambda shown: (
            [edges(shown, name)[ON_HAND][0] for name in EDGED] == [0.24, 0.26, 0.43, 0.11]
            and all(edges(shown, name)[ON_HAND][2] < edges(shown, name)[OWN_EDGES][1] for name in EDGED)
        ),
    ),
    "(The smooth spots by Deep Taylor draw no outline, and come out highest": (
        EDGES,
        lambda shown: max(edges(shown, name)[OWN_EDGES][0] for name in EDGED) == edges(shown, "Deep Taylor")[1][0],
    ),
    "With all layers random guided backpropagation has 0.13, and the others 0.05 or less": (
        EDGES,
        lambda shown: all(edges(shown, name)[NOISE][0] <= 0.055 for name in EDGED if name != "guided backprop"),
    ),
    "With the edges of another hand these maps have 0.05 or less, each a little less than with its own": (
        EDGES,
        lambda shown: all(
            edges(shown, name)[NOISE_OTHER][0] <= 0.055
            and edges(shown, name)[NOISE_OTHER][2] < edges(shown, name)[NOISE][1]
            for name in EDGED
        ),
    ),
    "of these four, those nearer to the edges notice the last layer less": (
        EDGES,
        lambda shown: (
            sorted(EDGED, key=lambda name: edges(shown, name)[KEEPS][0])
            == sorted(EDGED, key=lambda name: edges(shown, name)[OWN_EDGES][0])
        ),
    ),
    "On the hand guided backpropagation has 0.26 with the edges, and hardly notices the last layer": (
        EDGES,
        lambda shown: (
            near(edges(shown, "guided backprop")[ON_HAND][0], 0.26) and edges(shown, "guided backprop")[KEEPS][0] > 0.9
        ),
    ),
    "And most of its likeness with the edges was learned: above the control it has 0.39 as trained on nine hands": (
        EDGES,
        lambda shown: (
            near(shown.row("as trained:")[0], 0.39)
            and max(shown.row("all nine random, three seeds:")) == 0.13
            and min(shown.row("all nine random, three seeds:")) == 0.08
        ),
    ),
    "A network with wrong labels often gives the class asked about a negative score: the last lines count it": (
        CROSSED,
        lambda shown: shown.row("wrong, same start: ")[2] > 30 > shown.row("reference: ")[2],
    ),
    "right labels from there are nearer than wrong ones from the same start in all trainings but 1 of 8": (
        STARTS,
        lambda shown: shown.row("gradient: wrong labels, same start above")[-2:] == [1, 8],
    ),
    "In the first, Deep Taylor and LRP have the largest numbers": (
        STARTS,
        lambda shown: (
            min(starts(shown, name)[LABELS][0] for name in ("Deep Taylor", "LRP ε, z⁺, z^B"))
            > max(starts(shown, name)[LABELS][0] for name in METHODS if name != "Deep Taylor")
        ),
    ),
    "with wrong labels and the same start, it has −0.47 to 0.77 in the eight trainings": (
        STARTS,
        lambda shown: (
            (eight := shown.row("Deep Taylor, signed, wrong labels")) and min(eight) == -0.47 and max(eight) == 0.77
        ),
    ),
    "Without the sign, LRP has 0.22, guided backpropagation 0.10, the gradient 0.09 and Deep Taylor 0.04": (
        STARTS,
        lambda shown: (
            [
                starts(shown, name, "without sign")[LABELS][0]
                for name in ("LRP ε, z⁺, z^B", "guided backprop", "gradient", "Deep Taylor")
            ]
            == [0.22, 0.10, 0.09, 0.04]
        ),
    ),
    "(Grad-CAM, 0.25, and guided Grad-CAM, 0.24, are": (
        STARTS,
        lambda shown: (
            shown.row("Grad-CAM, permuted labels:")[0] == 25
            and shown.row("Grad-CAM, true labels:")[0] == 17
            and near(starts(shown, "Grad-CAM", "without sign")[LABELS][0], 0.25)
            and near(starts(shown, "guided Grad-CAM", "without sign")[LABELS][0], 0.24)
        ),
    ),
    "the labels change the sizes of all these methods' maps by some amount, and so does the start": (
        STARTS,
        lambda shown: all(
            starts(shown, name, "without sign")[column][0] > 0.02 for name in METHODS for column in (LABELS, START)
        ),
    ),
    "With one random layer the sign of the similarity is luck for the gradient, integrated gradients, Deep Taylor": (
        TOP,
        lambda shown: all(
            min(last_layer(shown, name)[0]) < 0 < max(last_layer(shown, name)[0])
            for name in ("gradient", "IG from black", "Deep Taylor", "LRP ε, z⁺, z^B")
        ),
    ),
    "With the last layer random the gradient keeps many of its places and loses what it says about them": (
        TOP,
        lambda shown: last_layer(shown, "gradient")[2][1] > 0.5 and reaches(last_layer(shown, "gradient")[1]),
    ),
    "With the sign, guided backpropagation has 0.37 to 0.40 with all nine layers random": (
        KINDS,
        lambda shown: (
            (left := means(shown, "Rank correlation, signed", "guided backprop")[1::2])
            and min(left) == 0.37
            and max(left) == 0.40
        ),
    ),
    "is among them: with the sign, and the last layer random, it had 0.72": (
        KEPT,
        lambda shown: near(kept(shown, "deconvnet")[LAST][0], 0.72),
    ),
}
LOOKED = {}
SAID = (
    "Predict. Which of the two explains the trained network?",
    "Sundararajan and Taly made this point about the sign",
    "HOG has another weakness",
    'A sentence with "pass" and "fail" has to name both',
    "The check as it is published reads the third column",
    "With the control. A second",
    '"It changes when the labels are permuted" is true',
    "The start. Guided",
    "Whoever compares with one other network cannot see that",
    "Who tells good from wrong?",
    'Look at the column "labels"',
    "A number for the labels means something only beside",
    "By the numbers of both published checks it is the best",
    "The authors of the check say so in a correction",
    "So here a report has to name the kind",
    "So here is a test that needs no truth.",
    "Destroy what the network has learned, and see whether the map notices.",
    "Adebayo and others published this test in 2018",
    "Since then three sentences are often repeated",
    "Scramble the last layer, and all maps made from gradients stay alike.",
    "The plain gradient and Grad-CAM pass the check, the guided methods fail.",
    "Maps that do not notice are edge detectors: they draw",
    "In this lesson you put each of them to the test",
    "(The next section says why.)",
    "All this is one seed and nine images",
    "How alike is alike?",
    "There are two ends to hold these numbers against",
    "A map that never asks the network has 1 all the way",
    "And two maps that have nothing to do with each other",
    "Not always 0: all hands come in from the right",
    "The course has measured that on all test images",
    "In brackets stands the 95 % interval of the mean",
    "It says what other hands would give",
    "It does not say what other random numbers would give",
    "Play it yourself: take a method",
    "A rank correlation of 0 can mean two things",
    "The map may mark other places",
    "Or it marks the same places",
    "Many people look at maps without their signs",
    "So did the authors of the check",
    "The sign of such a number is luck",
    "More images do not help against that",
    "More seeds do.",
    "Why do the gradient's places stay?",
    "And why do all its places stay?",
    "By $z^+$ each place hands what it has",
    "So each layer mixes the shares",
    "After some layers nearly the same shares",
    "What is left of the last layer is one factor",
    "Sixt and others (2020) worked this out",
    "Nine images are then not nine throws",
    "Is that chance?",
    "But Deep Taylor's map has the sign of the score",
    "That is luck: ",
    "(LRP's map has both signs.",
    "That does not explain its number",
    "The eight layers below are still those",
    "They decide which ReLUs are open",
    "The last layer decides how much each path counts",
    "Now all test images, with three seeds",
    "The last column is the control, once more",
    "The first sentence: ",
    'Whether it "stays alike" depends',
    "Two maps that are zero nearly everywhere look alike to SSIM",
    "A similarity has to be read against that of two maps without relation, by the same measure",
    "Now the second sentence: ",
    "Nobody has said which number passes",
    "Here is one way to decide it",
    "What is left is above 0 where more stays",
    'The second sentence: "the plain',
    "The control: it is taken off",
    'The third sentence: "maps',
    "Mind the pictures, too",
    "A hand in front of an even green",
    "A map that lies on the hand lies near its outline",
    "Yona and Greenfeld (2021) showed",
    "They have learned a list",
    "Guided backpropagation seems not to notice much",
    "Its map of the reference is compared with that of two networks",
    "To which is it more alike?",
    "The two columns on the right take the table apart",
    "Labels is what right labels add",
    "Start is what the same start adds",
    "These are five networks, and they come out",
    "So the sentences below rest on the course's",
    "There the intervals are over the starts",
    "What gives it away?",
    "Not the check, but its controls",
    "Binder and others (2022) proposed such maps",
    "So keep the two directions apart",
    "Do not read off guided backpropagation",
    "Whether it shows what they do is another question",
    "Neither says anything without its control",
    "The check: destroy what was learned",
    "It needs no truth.",
    "With or without the sign are two verdicts",
    "Count seeds, not only images",
    '"It changes when the labels are wrong" needs a control',
    "Once from the same start, and once from another",
    "If it does not, it cannot tell you about what was destroyed",
    "(13 % is below chance",
    "The published check says so.",
    "You will see when it is right",
    "(The row LRP ε, z⁺, z^B mixes three rules",
    "That is a mean over three seeds",
    "It starts from the score and hands it down.",
    'So its 0.55 is not "half alike".',
    "A method that keeps something here is not wrong for that",
    "Below 0 the map is less like the old one",
    "That speaks for the sentence.",
    "And an edge detector needs no learning",
    "Four methods are few.",
    "But they are no edge detectors.",
    "Two rows need care.",
    "Then Deep Taylor's whole map is negative.",
    "So its negative numbers for wrong labels",
    "And the ReLU of Grad-CAM may leave nothing",
    "An empty map has no order: map_similarity",
    "A number near 0 is then no proof",
    "Eight are few: for so few",
    "Answer B. To look at the picture as well",
    "A failed check says that what you compared",
    "Whether that counts against the map depends on your question",
    "But where a change of the network does not touch",
    "A passed check shows only",
    "Whether a failed check counts against a map",
    "A passed one shows only",
)
