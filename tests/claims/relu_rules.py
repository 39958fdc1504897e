"""Lesson 01: its sentences on results, and the cells that show them. See README.md."""

SHARES = "shares = {name: share_inside"
RED = 'many_maps["deconvnet, guided at the first ReLU"]'
VANILLA, DECONVNET = '"vanilla": vanilla_rule(X, G)', '"deconvnet": deconvnet_rule(X, G)'
RULES = "rules = {"
RULE_NAMES = ("vanilla", "deconvnet", "guided")


def in_order(shown):
    """Guided above vanilla above deconvnet, on this image and in the mean over many."""
    by_rule = [shown.row(f"{name}  ") for name in ("guided", "vanilla", "deconvnet")]
    return all(a[k] > b[k] for a, b in zip(by_rule, by_rule[1:], strict=False) for k in (0, 1))


CLAIMS = {
    "Both negative entries are lost, the 0 stays 0, and one number gets through": (
        '"relu(X)": X.relu()',
        lambda shown: shown.row("input X") == [1, 0, -1, -10] and shown.row("relu(X)") == [1, 0, 0, 0],
    ),
    "Answer A: one entry is left, the 0.4": (VANILLA, lambda shown: shown.row("vanilla") == [0.4, 0, 0, 0]),
    "Bottom left, the gradient −0.5 is lost": (
        VANILLA,
        lambda shown: shown.row("arriving gradient G")[2] == -0.5 and shown.row("vanilla")[2] == 0,
    ),
    "So are the 1.1 top right and the −0.1 bottom right": (
        VANILLA,
        lambda shown: shown.row("arriving gradient G")[1::2] == [1.1, -0.1] and shown.row("vanilla")[1::2] == [0, 0],
    ),
    "where the ReLU is off, the vanilla gradient is zero": (
        VANILLA,
        lambda shown: all(
            out == 0 for x, out in zip(shown.row("input X"), shown.row("vanilla"), strict=True) if x <= 0
        ),
    ),
    "Answer B: the 0.4 and the 1.1": (DECONVNET, lambda shown: shown.row("deconvnet") == [0.4, 1.1, 0, 0]),
    "Top right, 1.1 gets through although the ReLU was off there": (
        DECONVNET,
        lambda shown: shown.row("deconvnet")[1] == 1.1 and shown.row("input X")[1] == 0,
    ),
    "On this example vanilla and guided agree": (
        RULES,
        lambda shown: shown.row("vanilla") == shown.row("guided") != shown.row("deconvnet"),
    ),
    "At 0 PyTorch chooses 0": ("inputs = torch.tensor(", lambda shown: shown.row("x = 0") == [0]),
    "The vanilla rule agrees with PyTorch": ("by_autograd,", lambda shown: shown.row("vanilla")[0] < 1e-5),
    "The other two give something else: they are not the gradient of this score": (
        "by_autograd,",
        lambda shown: shown.row("deconvnet")[0] > 0.1 and shown.row("guided")[0] > 0.1,
    ),
    "Answer B. The order is the same for this image and in the mean over many": (SHARES, in_order),
    "Their intervals do not contain zero": (
        SHARES,
        lambda shown: shown.row("guided less vanilla")[1] > 0 and shown.row("vanilla less deconvnet")[1] > 0,
    ),
    "Why does so much of the deconvnet map lie on the background?": (
        SHARES,
        lambda shown: all(share <= 50 for share in shown.row("deconvnet  ")[:2]),
    ),
    "and its weights have both signs, as the last line shows": (
        SHARES,
        lambda shown: 10 < shown.row("first convolution")[0] < 90,
    ),
    "Why is it mostly red, then?": (RED, lambda shown: min(shown.row("guided  ")[:2]) > 70),
    "A guided map is mostly red": (RED, lambda shown: min(shown.row("guided  ")[:2]) > 70),
    "The guided rule at the first ReLU alone makes the deconvnet map about as red as the guided one": (
        RED,
        lambda shown: all(
            abs(mixed - guided) < 5 and mixed > deconvnet + 15
            for mixed, guided, deconvnet in zip(
                *(shown.row(name)[:2] for name in ("deconvnet, guided", "guided  ", "deconvnet  ")), strict=True
            )
        ),
    ),
    "the vanilla rule asks it, too, but lets negative gradients through, and its map is about half red": (
        RED,
        lambda shown: all(40 < part < 60 for part in shown.row("vanilla")[:2]),
    ),
    "Answer C. At (1, 1) the gradient is zero for both inputs that made $y$ what it is": (
        "points = torch.tensor(",
        lambda shown: shown.row("x = (1.0, 1.0)") == [1, 0, 0],
    ),
    "Neither gives the derivative of the score": (
        "by_autograd,",
        lambda shown: shown.row("deconvnet")[0] > 0.1 and shown.row("guided")[0] > 0.1,
    ),
    "Of the three, the guided map lies on the hand most": (SHARES, in_order),
}

LOOKED = {
    "And why is it red and blue, although the rule lets only positive numbers through?": 'alt="relu_rules/your_maps"',
    "One changed rule changes the picture of a whole network.": 'alt="relu_rules/your_maps"',
}

SAID = (
    "Each map says how the score of scissors reacts",
    "(Each map has a colour scale of its own.)",
    "The only difference is how the gradient",
    "This lesson takes that one step apart",
    "In the end you say which rule made which map.",
    "Now the way back.",
    "From the layers above, a gradient $G$ arrives",
    "The question is what leaves at the ReLU's input.",
    "The chain rule says: multiply",
    "The slope is 1 where the ReLU is on",
    "$R$ is the gradient that leaves",
    "The deconvnet rule is not the ReLU's derivative.",
    "It lets through what the ReLU had stopped.",
    "Are they the same rule, then?",
    "Find out.",
    "Change the numbers below until no two",
    "One entry is enough, of G or of X.",
    "(The widget counts from 1",
    "Without widgets: write",
    "Another: make the bottom left entry of X positive",
    "Then the vanilla rule lets −0.5 through there, too.",
    "Make the top left entry of G negative",  # the widget shows it; tests/test_explorers.py holds it
    "There X is positive, so the vanilla rule lets −0.4 through",
    "Vanilla has −0.4, deconvnet has 1.1, and guided is zero everywhere.",
    "That is why exercise 1.1 asks for",
    "In a network with biases an input of exactly 0",
    "In small examples by hand, such as X above",
    "They are recipes for pictures.",
    "Now return to the maps at the top of this lesson.",
    "relu_rule(rule) puts a rule",
    "This time the rules are yours.",
    "In brackets stands the 95 % interval of a mean, as in lesson 00.",
    "The last two rows compare two rules",
    "The area is the control",
    "Its rule lets through what the ReLUs had stopped.",
    "Look at the drawing of the network in lesson 00",
    "The guided map goes back through the same convolution.",
    "A unit of the first layer is on where",
    "No pixel is below 0.",  # lesson 00 prints it: values from 0.00 to 1.00
    "So where a unit is on",
    "The guided rule lets through what is positive",
    "Is that the reason?",
    "Test it: the deconvnet rule everywhere",
    "So the last question on the way back",
    "It is not enough by itself",
    "The guided map may look best to you.",
    "That does not make it the truest.",
    "Lesson 03 tests it",
    "Predict. At $x = (1, 1)$ both inputs are 1 and $y$ has its full value.",
    "What is the gradient of $y$ there?",
    "A map of it would call them unimportant.",
    "A gradient tells what a small change would do.",
    "It does not tell what brought the value about.",
    "Lesson 06 finds a way out.",
    "A ReLU passes a gradient back",
    "Deconvnet asks the gradient instead",
    "Where a function is flat, its gradient is 0",
)
