"""What lesson 04 says of its results, and the cells that show them."""

OPENING = 'alt="grad_cam/opening"'
LAYERS = 'caption="What each layer gives for one image"'
FOR_AND_AGAINST = 'alt="grad_cam/for_and_against"'
UNTRAINED = "def positive_weights"
SUM = 'alt="grad_cam/weighted_sum"'
THREE = 'alt="grad_cam/three_hands"'
STRENGTHS = "largest, score_rows = {}, {}"
PAIRS = "PAIRS = {"
SIGNED = 'alt="grad_cam/signed"'
COSINES = "signed_many = ["
CURVES = 'alt="grad_cam/layers"'
BOTH_SIDES = "gain = share_inside"
TAKEN_APART = "parts = {"
MEAN = "by_place = (gradient_13 * maps_13).sum(dim=1"
WINNER = "winner = network(many)"
PRODUCT = 'alt="grad_cam/lens"'
SHARES = 'alt="grad_cam/shares"'
PHOTOGRAPHS = "photo_scores = class_score"

LEFT = "|mean of a channel's gradient| ÷ mean of its |values|"


def strongest(shown):
    """Which class's map is the strongest, and which score the largest, for each of the three hands, by the stars."""
    starred = [
        [line.split("?" if "?" in line else "  ")[0].split()[-1] for line in shown.lines if star_in(line, column)]
        for column in range(3)
    ]
    return starred


def star_in(line, column):
    cells = line.replace(" ★", "★").split()[-3:]
    return len(cells) == 3 and cells[column].endswith("★")


def apart(shown, name):
    """Mean differences of the pairs rock/paper, rock/scissors, paper/scissors, and of another hand."""
    return shown.row(name)[::3]


CLAIMS = {
    "Layer 14 is a pooling, which keeps the largest of every four places": (
        LAYERS,
        lambda shown: shown.row("14 ")[-2:] == [12, 12] and "MaxPool2d" in shown.text,
    ),
    "This lesson takes layer 13: late, and still with 24 × 24 places": (
        LAYERS,
        lambda shown: shown.row("13 ")[-2:] == [24, 24] and shown.row("13 ")[0] == 128,
    ),
    "Up to layer 14 there are maps": (LAYERS, lambda shown: len(shown.row("14 ")) == 3 and len(shown.row("15 ")) == 1),
    "Behind the Flatten there is only a list of numbers": (
        LAYERS,
        lambda shown: all(len(shown.row(f"{number} ")) == 1 for number in range(15, 21)),
    ),
    "The seven channels against scissors subtract nearly nothing": (
        FOR_AND_AGAINST,
        lambda shown: (
            shown.row("Of ")[2] == 7
            and abs(shown.row("The first add up to")[1]) < 0.01 * shown.row("The first add up to")[0]
        ),
    ),
    "Why do so many speak for scissors, and so few for rock?": (
        FOR_AND_AGAINST,
        lambda shown: shown.row("Of ")[1] > 0.9 * shown.row("Of ")[0] and shown.row("For rock")[0] < 64,
    ),
    "A fist makes this layer little more than half as active as an open hand or two stretched fingers do": (
        UNTRAINED,
        lambda shown: (
            all(0.5 < shown.row("rock")[6] / shown.row(name)[6] < 0.6 for name in ("paper", "scissors"))
            and all(shown.row("rock")[8] < shown.row(name)[7] for name in ("paper", "scissors"))
        ),
    ),
    "Most of them are positive for paper and for scissors, and negative for rock": (
        UNTRAINED,
        lambda shown: shown.row("rock")[2] < 50 < min(shown.row("paper")[1], shown.row("scissors")[1]),
    ),
    "Before training no class is favoured like that: about half of the weights are positive": (
        UNTRAINED,
        lambda shown: all(abs(shown.row(name)[3] - 50) < 5 for name in ("rock", "paper", "scissors")),
    ),
    "Of the 128 weights 44 are positive": (FOR_AND_AGAINST, lambda shown: shown.row("For rock")[0] == 44),
    "At how many of the 576 places": (SUM, lambda shown: "of 576 places" in shown.text),
    "for rock the ReLU sets nearly half of the places to zero": (
        SUM,
        lambda shown: 0.4 < shown.row("why rock")[0] / shown.row("why rock")[1] < 0.5,
    ),
    "For scissors it takes nothing away on this image": (SUM, lambda shown: shown.row("why scissors")[0] == 0),
    "No, for none of the three hands": (
        STRENGTHS,
        lambda shown: all(len(both) == 2 and both[0] != both[1] for both in strongest(shown)),
    ),
    "above all rock: its map differs from those of the other two classes even more than the maps of two hands do": (
        PAIRS,
        lambda shown: (
            min(apart(shown, "Grad-CAM")[:2]) > 3 * apart(shown, "Grad-CAM")[2]
            and min(shown.row("Grad-CAM")[1], shown.row("Grad-CAM")[4]) > shown.row("Grad-CAM")[11]
        ),
    ),
    "The maps for paper and scissors are much alike": (PAIRS, lambda shown: apart(shown, "Grad-CAM")[2] < 0.25),
    "For guided backpropagation another hand changes nearly everything, and another class nearly nothing": (
        PAIRS,
        lambda shown: apart(shown, "guided")[3] > 0.9 and max(apart(shown, "guided")[:3]) < 0.1,
    ),
    "So between two classes Grad-CAM has the larger numbers although it has less room": (
        PAIRS,
        lambda shown: all(
            cam > guided for cam, guided in zip(apart(shown, "Grad-CAM")[:3], apart(shown, "guided")[:3], strict=True)
        ),
    ),
    "for rock the two stretched fingers are blue, and the mean on them is negative": (
        SIGNED,
        lambda shown: shown.row("why rock?")[0] < -10 * abs(shown.row("why rock?")[1]),
    ),
    "These two fingers speak more for paper than for scissors, by the means in the table": (
        SIGNED,
        lambda shown: (
            shown.row("why paper?")[0] > shown.row("why scissors?")[0] > 0
            and shown.row("why scissors?")[2] > shown.row("why paper?")[2]
        ),
    ),
    "So it is between rock and the other two": (
        COSINES,
        lambda shown: shown.row("rock/paper")[2] < 0 and shown.row("rock/scissors")[2] < 0,
    ),
    "The cosine of paper and scissors is positive, about three quarters": (
        COSINES,
        lambda shown: shown.row("paper/scissors")[1] > 0 and 0.65 < shown.row("paper/scissors")[0] < 0.85,
    ),
    "Much of what speaks for the one speaks for the other as well": (
        COSINES,
        lambda shown: shown.row("paper/scissors")[1] > 0.5,
    ),
    "What tells these two apart is only a part of each map": (
        COSINES,
        lambda shown: 0.5 < shown.row("paper/scissors")[0] < 1,
    ),
    "the share on the hand depends on the layer, and not smoothly": (
        CURVES,
        lambda shown: shown.row("on the hand")[2] + 50 < shown.row("on the hand")[5],
    ),
    "A high share at an early layer is no success": (CURVES, lambda shown: shown.row("on the hand")[7] < 4),
    "At layer 12 the share is far below the area, as if Grad-CAM avoided the hand": (
        BOTH_SIDES,
        lambda shown: (
            shown.row("layer 12, Conv2d")[2] < shown.row("area")[0] - 10
            and shown.row("layer 13, ReLU")[1] > shown.row("area")[0]
            and shown.row("hand by hand, the share at layer 13 is larger by")[1] > 0
        ),
    ),
    "And some maps are zero everywhere; they have no share": (
        BOTH_SIDES,
        lambda shown: shown.row("layer 12, Conv2d")[3] > 0 == shown.row("layer 13, ReLU")[3],
    ),
    "It has no influence on the score there: its gradient is 0": (
        TAKEN_APART,
        lambda shown: shown.row("largest gradient where the ReLU is off") == [0],
    ),
    "With a positive weight they subtract": (TAKEN_APART, lambda shown: shown.row("off, positive weight")[3] < 0),
    "They are more than half of all values, and together they take away several times what the active units": (
        TAKEN_APART,
        lambda shown: (
            shown.row("off, positive weight")[0] > 50
            and -shown.row("off, positive weight")[1] > 3 * shown.row("on ")[1]
        ),
    ),
    "With a negative weight they even count as evidence for the class": (
        TAKEN_APART,
        lambda shown: shown.row("off, negative weight")[2] > 0,
    ),
    "the share rises well above the area; no map is empty any more": (
        TAKEN_APART,
        lambda shown: (
            shown.row("layer 12, negative values set to 0")[1] > shown.row("area")[0] + 5
            and shown.row("layer 12, negative values set to 0")[-1] == 0
        ),
    ),
    "With the weight 0 they add nothing": (TAKEN_APART, lambda shown: shown.row("off, weight 0")[1:] == [0, 0, 0]),
    "The maps are the same now, but not the weights": (
        TAKEN_APART,
        lambda shown: (
            shown.row("largest difference of the maps")[0] == 0 and shown.row("largest difference of the maps")[1] < 0.9
        ),
    ),
    "Behind the ReLU the gradient is a number at the places that are off as well": (
        TAKEN_APART,
        lambda shown: shown.row("part of layer 13's gradient, in size, at places that are off:")[0] > 50,
    ),
    "Place by place, the map adds up to nearly the score": (
        MEAN,
        lambda shown: abs(shown.row("place by place")[0] / shown.row("the score")[0] - 1) < 0.03,
    ),
    "With the mean it adds up to a fraction of it": (
        MEAN,
        lambda shown: shown.row("with the mean")[2] < 0.3 * shown.row("the score")[1],
    ),
    "it finds the winner no more often than guessing does": (
        WINNER,
        lambda shown: (
            shown.row("with the mean")[1] < shown.row("guessing")[0] < shown.row("with the mean")[2]
            and shown.row("place by place")[0] == 100
        ),
    ),
    "Here they are far below: in many channels the gradient is positive at some places": (
        WINNER,
        lambda shown: max(shown.row(LEFT)) < 0.5,
    ),
    "At three places of four it is even 0": (
        WINNER,
        lambda shown: abs(shown.row("the gradient is exactly 0 at")[0] - 75) < 1,
    ),
    "The product notices the class, because Grad-CAM does": (
        PRODUCT,
        lambda shown: all(
            product > 0.8 * cam
            for product, cam in zip(apart(shown, "guided Grad-CAM")[:3], apart(shown, "Grad-CAM")[:3], strict=True)
        ),
    ),
    "Grad-CAM stands above the area and far below guided backpropagation": (
        SHARES,
        lambda shown: (
            shown.row("Grad-CAM")[1] > shown.row("area")[0]
            and shown.row("Grad-CAM")[4] > shown.row("area")[1]
            and shown.row("guided backprop")[1] > shown.row("Grad-CAM")[2] + 20
        ),
    ),
    "The product of the two has the highest shares of all": (
        SHARES,
        lambda shown: all(
            shown.row("guided Grad-CAM")[column] == max(row[column] for row in shown.rows if len(row) == 6)
            for column in (0, 3)
        ),
    ),
    "Part of Grad-CAM's low share is the mean, as you saw": (
        MEAN,
        lambda shown: shown.row("place by place")[4] > shown.row("with the mean")[3] + 5,
    ),
    "with the mean and place by place the sums nearly agree, and both come close to the score": (
        PHOTOGRAPHS,
        lambda shown: all(max(row) - min(row) < 0.05 * max(row) for row in shown.rows if len(row) == 3),
    ),
    "The last number, far below 1 for the hands, is 1 here when rounded": (
        (PHOTOGRAPHS, WINNER),
        lambda shown, of_hands: shown.row(LEFT)[0] > 0.99 and max(of_hands.row(LEFT)) < 0.5,
    ),
    "Here Grad-CAM accounts for the score": (
        PHOTOGRAPHS,
        lambda shown: all(row[0] > 0.95 * row[2] for row in shown.rows if len(row) == 3),
    ),
    "It notices the class, but its strength is not the strength of the class": (
        (PAIRS, WINNER),
        lambda shown, won: max(apart(shown, "Grad-CAM")[:3]) > 0.5 and won.row("with the mean")[1] < 33,
    ),
    "Without the last ReLU it shows evidence against a class as well": (
        SIGNED,
        lambda shown: shown.row("why rock?")[0] < 0 < shown.row("why scissors?")[0],
    ),
    "The map depends on the layer, even on which side of a ReLU": (
        (CURVES, BOTH_SIDES),
        lambda shown, sides: (
            shown.row("on the hand")[2] < shown.row("on the hand")[5]
            and sides.row("layer 12, Conv2d")[2] < sides.row("layer 13, ReLU")[1]
        ),
    ),
    "Before it, units that are off outweigh the others": (
        TAKEN_APART,
        lambda shown: -shown.row("off, positive weight")[1] > shown.row("on ")[1],
    ),
    "Elsewhere it may lose much: here the map does not account for the score": (
        MEAN,
        lambda shown: shown.row("with the mean")[0] < 0.3 * shown.row("the score")[0],
    ),
}

LOOKED = {
    "The two maps of guided backpropagation are sharp and nearly the same": OPENING,
    "The two Grad-CAMs are coarse, and they differ": OPENING,
    "Some light up inside the hand, some along one of its borders": 'alt="grad_cam/channels"',
    "The upper row holds the three channels that add most to the map for scissors": FOR_AND_AGAINST,
    "All three of the upper row are bright along the upper edge of the arm, outside the hand": FOR_AND_AGAINST,
    "Much of the map lies outside the hand, along the arm": SUM,
    "The enlarged map looks finer": 'alt="grad_cam/enlarged"',
    "The last row is the hand from above": THREE,
    "The map for rock lies mostly inside the hand": THREE,
    "Those for paper and scissors lie along its borders and fingers; for the fist they are nearly the same": THREE,
    "within a patch they are guided backpropagation's": PRODUCT,
    "above each stands what is to be seen and, behind the colon": 'alt="grad_cam/photograph"',
}

SAID = (
    "The difference is not a rule this time",
    "It is where in the network one looks",
    "A word on the colours",
    "Where a figure holds negative values, as here",
    "In a figure without any, zero is dark blue",
    "And a word on the images",
    "A picture shows one hand, mostly this one",
    "A mean is taken over many",
    "Each channel is a small picture",
    "Layer 13 is the ReLU behind the last convolution",
    "Nobody told these channels",
    "Which of them speak for scissors?",
    "Ask the gradient",
    "A weight says how the score would react",
    "What a channel adds is its weight times",
    "Look at more hands, and at a network",
    "In brackets stands the 95 % interval",
    "That fits the weights",
    "So a layer that is more active in most channels",
    "The same maps, other weights",
    "Further down you measure this share",
    "You will see below what it takes away on others",
    "It knows nothing more",
    "Each of its patches stands for a block",
    "This hook only looks",
    "Whatever a hook returns takes the place",
    "Yours has three things to do",
    "Mark. ",
    "Take the output out of its history",
    "What comes before the layer need not be differentiated",
    "So this works for a frozen network too",
    "Keep these maps where you find them",
    "Hand on a copy, by return maps.clone()",
    "Many networks have in-place ReLUs",
    "If the network went on with the very maps",
    "Look along a row of the figure",
    "A colour bar ends a little below the largest value",
    "The table gives the largest values themselves",
    "Now read the two tables",
    "Does the class with the highest score have the map",
    "So the strength of a Grad-CAM is not the strength of the class",
    "Keep that in mind; the section",
    "Does Grad-CAM notice the class more than",
    "Measure as in lesson 03, by 1 − cosine",
    "The last column is a control",
    "Two such rows are not quite comparable",
    "A map without negative values reaches 1 at most",
    "Signed maps can reach 2",
    "A plain Grad-CAM sets all blue places to zero",
    "A second look brings a surprise",
    "The map points at the fingers; it does not say",
    "Compare the classes in pairs, over many hands",
    "A negative number says: what speaks",
    "Whoever shows a Grad-CAM has chosen a layer",
    "Ask which",
    "Predict. Which of the two gives",
    "Which of the two gives a Grad-CAM with more on the hand?",
    "Why should a ReLU matter so much?",
    "Take layer 12's weighted sum apart",
    "Where the ReLU is off, the convolution's value is negative",
    "But the weight $\\alpha_k$ is one number",
    "And the other layers?",
    "Turn the slider and look at all of them",
    "Why is the share then not that of layer 13?",
    "Before the ReLU it is 0 there",
    "So the empty maps said nothing about the images",
    "Behind the ReLU no such thing can happen",
    "That is why this lesson uses layer 13",
    "Does the fraction at least tell which class wins?",
    "So the surprises from above were no accident",
    "With the mean, the size of a map does not follow",
    "The lines below the table say why",
    "If the gradient had one sign at all places",
    "Behind the pooling comes the Flatten",
    "Grad-CAM grew out of CAM",
    "There every place has the same weight",
    "You can see it at the end of this lesson",
    "A method can be right for one network",
    "Many networks of today do end with such a mean",
    "This one does not",
    "Its fine lines look like detail about the class",
    "The lens is more honest",
    "It shows the place, and no more",
    "By this table alone you would prefer sharp maps",
    "A share on the hand counts all three alike",
    "Each map answers",
    "A patch on the right object is not a sign",
    "And here you have no mask",
    "That is how most saliency maps are judged",
    "This network has what the hands' network lacks",
    "Behind model[1].features come a convolution",
    "Does Grad-CAM account for the score here?",
    "Grad-CAM weighs the maps of a layer",
    "The mean over the places loses nothing directly",
    "Guided Grad-CAM is as fine as guided backpropagation, and no more",
)
