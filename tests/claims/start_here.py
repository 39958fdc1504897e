"""Lesson 00: its sentences on results, and the cells that show them. See README.md."""

SHARES = 'share_rows = {"trained": {'
COLOURS = "by_colour ="
UNTRAINED = [f"untrained {number} (control)" for number in range(1, 6)]
PLACES = ("index fingertip covered", "middle fingertip covered")
SCORES = ("score of rock", "score of paper", "score of scissors")


def right_class_is_starred(shown):
    means = [shown.row(name)[::3] for name in SCORES]
    return all(max(means, key=lambda row: row[k])[k] == means[k][k] for k in range(3))


def intervals_lie_apart(shown):
    """Of each image's column: no two of the three intervals overlap."""
    for column in range(3):
        ends = sorted(tuple(shown.row(name)[3 * column + 1 : 3 * column + 3]) for name in SCORES)
        if any(upper >= lower for (_, upper), (lower, _) in zip(ends, ends[1:], strict=False)):
            return False
    return True


def at_the_tips(shown):
    """The matrix of the fingers: the two largest drops stand in column 0."""
    matrix = fingers(shown)
    return sorted((value, k) for row in matrix for k, value in enumerate(row))[-2:] == sorted(
        (row[0], 0) for row in (matrix[1], matrix[3])
    )


def fingers(shown):
    numbers = shown.rows[0][-12:]
    return [numbers[k : k + 3] for k in range(0, 12, 3)]


def beside_the_tips(shown):
    beside = [value for row in fingers(shown) for value in row[1:]]
    return max(beside) <= 0 and sum(value < 0 for value in beside) > len(beside) / 2


def built_in(shown):
    """Fingers and rest of the hand together against their area; the background against a third."""
    area = shown.row("area")
    return all(
        shown.row(name)[2] < 33.3 and shown.row(name)[0] + shown.row(name)[1] > area[0] + area[1] for name in UNTRAINED
    )


def learned(shown):
    fingers, background = shown.row("trained")[0], shown.row("trained")[6]
    return all(fingers > shown.row(name)[0] and background < shown.row(name)[2] for name in UNTRAINED)


def no_zero_for_fingers_and_background(shown):
    row = shown.row("difference")
    return row[1] > 0 and row[8] < 0


CLAIMS = {
    "Each image is a tensor of three colour channels with 96 rows and 96 columns": (
        "test images, each of shape",
        lambda shown: (3, 96, 96) == tuple(shown.rows[0][1:4]),
    ),
    "Most of the weights belong to layer 16, the first linear one": (
        "show_network(",
        lambda shown: shown.row("16")[-1] > sum(shown.row(f"{k} ")[-1] for k in range(21)) / 2,
    ),
    "The layers are counted from 0": (
        "show_network(",
        lambda shown: [row[0] for row in shown.rows[1:]] == list(range(21)),
    ),
    "network[7] is the layer with the number 7, a convolution": (
        "show_network(",
        lambda shown: any(line.startswith("7 ") and "convolution" in line for line in shown.lines),
    ),
    "The class with the highest score wins": (
        "What the network says of the scissors image",
        lambda shown: (
            max(shown.rows, key=lambda row: row[0])[1] == max(row[1] for row in shown.rows) == shown.row("scissors")[1]
        ),
    ),
    "Answer C: both rows are the same": (
        "Probabilities, before and after",
        lambda shown: shown.row("of the scores  ") == shown.row("of the scores + 10"),
    ),
    "Without a fingertip the score falls by more than five, without a piece of the forearm by more than one": (
        "Scissors, with one square of 24 pixels in green",
        lambda shown: (
            all(shown.row("plain")[0] - shown.row(place)[0] > 5 for place in PLACES)
            and shown.row("plain")[0] - shown.row("forearm covered")[0] > 1
        ),
    ),
    "The probability falls by less than a thousandth each time: it is near 1 already": (
        "Scissors, with one square of 24 pixels in green",
        lambda shown: all(
            shown.row(place)[1] > shown.row("plain")[1] - 0.001 for place in (*PLACES, "forearm covered")
        ),
    ),
    "In each column the right class has the highest mean score, marked with a star": (
        "mean_scores =",
        lambda shown: right_class_is_starred(shown) and shown.text.count("★") == 3,
    ),
    "In each column the intervals lie apart, so chance is not a likely reason for the order": (
        "mean_scores =",
        intervals_lie_apart,
    ),
    "The network knows the classes.": ("right: {", lambda shown: shown.row("right")[0] > 95),
    "Answer B. The largest drops lie in column 0, at the tips of the two stretched fingers": (
        'alt="start_here/green_map"',
        at_the_tips,
    ),
    "In both, no number is above zero (to one decimal), and most are below": (
        'alt="start_here/green_map"',
        beside_the_tips,
    ),
    "The lowest number, −2.3, lies in column 2": (
        'alt="start_here/green_map"',
        lambda shown: min(value for row in fingers(shown) for value in row) == min(row[2] for row in fingers(shown)),
    ),
    "The background is more than half of the area": (SHARES, lambda shown: shown.row("area")[2] > 50),
    "Yet each of the five untrained networks puts less than a third of its map there": (SHARES, built_in),
    "The trained network puts more on the fingers than each of the five untrained ones, and less on the background": (
        SHARES,
        learned,
    ),
    "For these two regions the interval does not contain zero": (SHARES, no_zero_for_fingers_and_background),
    "In the figure the two intervals at the fingers overlap": (
        SHARES,
        lambda shown: shown.row("trained")[1] < shown.row("mean of five untrained")[2],
    ),
    "The interval of these differences is narrower": (
        SHARES,
        lambda shown: (
            shown.row("difference")[2] - shown.row("difference")[1] < shown.row("trained")[2] - shown.row("trained")[1]
        ),
    ),
    "For the rest of the hand it does contain zero": (
        SHARES,
        lambda shown: shown.row("difference")[4] < 0 < shown.row("difference")[5],
    ),
    "Answer C: in grey less lies on the hand than its area": (
        COLOURS,
        lambda shown: shown.row("covered in grey")[0] < shown.row("area (control)")[0],
    ),
    "Covered in green, a square that holds no skin changes the score by almost nothing": (
        COLOURS,
        lambda shown: shown.row("covered in green")[1] < 0.1,
    ),
    "Covered in grey, it puts a new thing into the picture, a grey patch where there was green": (
        COLOURS,
        lambda shown: shown.row("covered in grey")[1] > 1,
    ),
    "The map in grey mostly shows how the network reacts to grey squares": (
        COLOURS,
        lambda shown: shown.row("covered in grey")[0] < 50,
    ),
    "The three sums differ, and none is the score": (
        "by_size =",
        lambda shown: (
            len({*(sums := [row[-1] for row in shown.rows if len(row) == 5]), shown.row("score to be explained")[0]})
            == len(sums) + 1
            == 4
        ),
    ),
    "Each square costs a run of the network, and smaller squares cost more of them": (
        "by_size =",
        lambda shown: (
            [row[1] for row in shown.rows if len(row) == 5] == [1 + (96 // size) ** 2 for size in (24, 12, 8)]
        ),
    ),
    "Answer C. Backpropagation gives the slope of the score with respect to every value at once": (
        "runs = []",
        lambda shown: shown.rows[-1] == [3 * 96 * 96, 1],
    ),
    "the softmax makes probabilities of them, which hardly move where the network is sure": (
        "Scissors, with one square of 24 pixels in green",
        lambda shown: max(row[1] for row in shown.rows[1:]) - min(row[1] for row in shown.rows[1:]) < 0.001,
    ),
    "Covering takes many runs, and its answer depends on how you cover: the cover is itself evidence": (
        ("by_size =", COLOURS),
        lambda sizes, colours: (
            sizes.rows[1][1] > 10 and colours.row("covered in grey")[0] < colours.row("covered in green")[0] / 2
        ),
    ),
    "A map that lies on the hand proves little by itself": (SHARES, built_in),
}

LOOKED = {
    "On most pictures you see two pale rings, or a part of them, at the left edge": 'alt="start_here/many_hands"',
    "Some pictures also have a thin dark line at the left edge": 'alt="start_here/opening"',
    "Red is above zero and blue below: after a ReLU the blue is gone": "show_network(",
    "After a pooling the map has fewer places": "show_network(",
    "in a fist some are hidden": 'alt="start_here/many_hands"',
    "Column 1 is the next piece of the same two fingers": 'alt="start_here/green_map"',
    "on the forearm a red square lies beside a blue one": 'alt="start_here/green_map"',
    "with that piece gone the score rises": 'alt="start_here/green_map"',
    "The maps differ.": 'alt="start_here/three_sizes"',
    "A large square takes away most of a finger, a small one a piece of skin": 'alt="start_here/three_sizes"',
}

SAID = (
    "Rock, paper, scissors.",
    "You see at once what makes the difference",
    "Does the network use the fingers too?",
    "Or the wrist, the shadow, the green?",
    "A right answer does not tell you.",
    "The hands were squashed from 3:2",
    "show draws them at 3:2 again.",
    "They are the ends of a green clip",  # clip_relief in utils/rps/rendering.py: on 7 of 10 pictures, of any class
    "It is a part of the scene",
    "It is a trace of how they are stored",  # column 0 correlates with the right edge of the picture before: 0.96
    "Where one image takes many runs",
    "Where it takes one run",
    "Now the truth that comes with the images:",
    "The network never sees these masks.",
    "You use them to judge.",
    "Your function drew the pictures on the right.",
    "If the check showed",
    "(The images are drawn at 3:2",
    "Read the drawing from left to right",
    "Each card shows one channel",
    "So the further down a map stands",
    "To turn scores into probabilities",
    "Here $S_c$ is the score",
    "A probability mixes two questions",
    "and what speaks against the others?",
    "A score belongs to its own class alone.",
    "Is the height of one score arbitrary",
    "By itself it says little",
    "But this course explains how a score changes",
    "Where you want to know what separates",
    "There is a second difference.",
    "Cover one of three squares",
    "This course explains scores.",
    "Lesson 02 shows more",
    "In brackets stands the 95 % interval of a mean.",
    "It says how far chance alone",
    "Now: from what?",
    "The map after exercise 0.3 decides.",
    "Trying by hand is slow.",
    "Let the computer visit every square.",
    "Without a piece of column 1, a finger has a gap",
    "(The strongest colour of a map stands for",
    "So the largest values may lie beyond",  # ±2.4 at the bar, and 2.49 in the map
    "It still answers.",
    "This is your first attribution",
    "What exactly the number says",
    "Here it says by how much",
    "In lesson 02 it says",
    "A map of such numbers, whatever method",
    "No definition is the right one",
    "One image is no more than an example.",
    "Take the first few images",
    "share_inside(maps, masks) gives",
    "And compare with networks that have learned nothing",
    "A part of a map that they show, too",
    "The size of the area is a second control",
    "Two things to read from this.",
    "Part of it is built in.",
    "They know nothing of hands.",
    "The cause is the cover",
    "So that a map lies on the hand proves less",
    "Compare a map with what it would show",
    "Part of it was learned.",
    "The last row gives the mean difference",
    "That does not speak against a difference.",
    "The images differ from each other",
    "But all networks see the same images",
    "The cover is itself evidence.",
    'Which colour means "nothing is here"?',
    "For these images green is a fair answer.",
    "For photographs of the world nobody knows one.",
    "You will meet this question again",
    "Lesson 08 puts other things in the place of the square",
    "You also chose the size.",
    "Three things to notice.",
    "None of the maps is the true one.",
    "They answer different questions.",
    "Where the first square begins is a choice of the same kind",
    "The drops do not add up to anything fixed.",
    "Parts act together",
    "Lessons 06 and 09 have methods whose values do add up;",
    "It takes many runs.",
    "For single pixels that would be",
    "A slope says what a very small change does",
    "Lessons 01 and 02 go this way.",
    "A network gives scores;",
    "Explain the score.",
    "A right prediction does not tell you",
    "An attribution gives each part",
    "Ask of each method what its number says.",
    "By covering: by how much the score falls.",
    "Compare it with the area, and with untrained networks.",
)
