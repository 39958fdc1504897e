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


def edges(shown, name):
    """Edges of the image, of another hand, and what stays with the last layer random."""
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


CLAIMS = {
    "The rank correlation of the two maps is 0.99: nearly the same order": (
        OPENING,
        lambda shown: shown.row("rank correlation")[0] > 0.95,
    ),
    "But one of the two networks says scissors, and the other says rock": (
        OPENING,
        lambda shown: "says scissors" in shown.text and "says rock" in shown.text,
    ),
    "With the last layer random the gradient keeps a rank correlation of 0.13, with two random layers −0.29": (
        CASCADE,
        lambda shown: all(abs(value) < 0.01 for value in cascade(shown, "gradient")[2:]),
    ),
    "Guided backpropagation falls slowly": (
        CASCADE,
        lambda shown: all(
            0 < a - b < 0.5 for a, b in zip(guided := cascade(shown, "guided"), guided[1:], strict=False)
        ),
    ),
}
LOOKED = {}
SAID = (
    "Predict.",
    "Which of the two explains the trained network?",
    "So here is a test that needs no truth.",
    "Destroy what the network has learned, and see whether the map notices.",
    "If it does not, it did not show what was destroyed",
    "Adebayo and others published this test in 2018",
    "Since then three sentences are often repeated",
    "Scramble the last layer, and all maps made from gradients stay alike.",
    "The plain gradient and Grad-CAM pass the check, the guided methods fail.",
    "Maps that do not notice are edge detectors: they draw",
    "In this lesson you put each of them to the test",
    "A map that explains its answers should notice that",
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
    "Why do the places stay?",
    "The eight layers below are still those",
    "They decide which ReLUs are open",
    "The last layer decides how much each path counts",
    "A method that keeps something here is not at fault",
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
    "Grad-CAM needs care: see the last line",
    "The network gives such low scores",
    "An empty map has no order, and is like no other map",
    "A similarity of 0 is then no proof",
    "These are five networks, and they come out",
    "So the sentences below rest on the course's",
    "There the intervals are over the starts",
    "What gives it away?",
    "Not the check, but its controls",
    "Binder and others (2022) proposed such maps",
    "So keep the two directions apart",
    "A failed check says something",
    "So it cannot show it",
    "Do not read off guided backpropagation",
    "A passed check says little",
    "Whether it shows what they do is another question",
    "Neither says anything without its control",
    "The check: destroy what was learned",
    "It needs no truth.",
    "With or without the sign are two verdicts",
    "The sign of a similarity with one random layer is luck",
    "Count seeds, not only images",
    '"It changes when the labels are wrong" needs a control',
    "Once from the same start, and once from another",
    "To pass is necessary, and not sufficient",
)
