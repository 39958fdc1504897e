"""What lesson 05 says of its results, and the cells that show them."""

OPENING = 'alt="smoothgrad/opening"'
WALK = 'alt="smoothgrad/walk"'
FLIPPED = "flipped = switches(image)"
BY_SIZE = "few_by_size = few_gradients"
STRENGTHS = "for strength in (0.0005, 0.005, 0.05)"
ONE_HAND = 'alt="smoothgrad/smoothed"'
LEVELS = 'alt="smoothgrad/levels"'
COPIES = 'alt="smoothgrad/copies"'
FOUR_TIMES = "four_times = torch.cat"
OF_THE_MEAN = "(of_the_mean,) = "
METHODS = 'alt="smoothgrad/methods"'
SPREAD = 'alt="smoothgrad/spread"'
SHARES = 'alt="smoothgrad/shares"'
HAND_BY_HAND = 'caption="Compared with the plain gradient, hand by hand"'
PHOTOGRAPHS = 'caption="Noisy copies that keep the class"'
GROUPS = ("1 to 10 ", "11 to 100", "101 to 1,000", "1,001 to 10,000", "10,001 to 27,648")


def changes(shown):
    """How much the entries of each group change, in percent of their value: mean, lower, upper."""
    return [shown.row(group)[:3] for group in GROUPS]


def clearly_below(shown, level):
    """At this level less of the map lies on the hand than of the gradient, beyond the interval."""
    return shown.row(level)[-1] < 0


CLAIMS = {
    "The two images look the same and have about the same score": (
        OPENING,
        lambda shown: abs(shown.row("score of scissors")[0] - shown.row("score of scissors")[1]) < 0.02,
    ),
    "About a tenth of each map, in squares, belongs to noise that no one sees; that is a third of its size": (
        OPENING,
        lambda shown: (
            8 < shown.row("of a twin's gradient, mean of 16 twins,")[0] < 12
            and 30 < shown.row("of a twin's gradient, mean of 16 twins,")[1] < 36
        ),
    ),
    "The rest all twins have in common": (
        OPENING,
        lambda shown: shown.row("of a twin's gradient, mean of 16 twins,")[0] < 12,
    ),
    "The difference of the two maps above is larger, 40 %": (
        OPENING,
        lambda shown: shown.row("size of the difference")[-1] > shown.row("of a twin's gradient, mean of 16 twins,")[1],
    ),
    "A step that no one sees switches thousands of ReLUs, though less than one in a hundred": (
        FLIPPED,
        lambda shown: 2000 < shown.rows[0][0] < 0.01 * shown.rows[0][1],
    ),
    "The line of the largest entry is nearly flat all the same": (
        WALK,
        lambda shown: shown.row("the largest entry")[1] - shown.row("the largest entry")[0] < 0.06,
    ),
    "That of the 10,000th is ragged: it loses most of its value and gets it back": (
        WALK,
        lambda shown: shown.row("the 10,000th")[0] < 0.3 and shown.row("the 10,000th")[1] > 1,
    ),
    "the smaller the entries, the more they change": (
        BY_SIZE,
        lambda shown: [mean for mean, *_ in changes(shown)] == sorted(mean for mean, *_ in changes(shown)),
    ),
    "The ten largest change by about a sixth of their size, the faintest by twice theirs, and four in ten of these": (
        BY_SIZE,
        lambda shown: (
            14 < changes(shown)[0][0] < 19 and 190 < changes(shown)[4][0] < 220 and 36 < shown.row(GROUPS[4])[3] < 44
        ),
    ),
    "The strong ones belong to the image, for the most part": (
        BY_SIZE,
        lambda shown: max(upper for _, _, upper in changes(shown)[:3]) < 50,
    ),
    "The faint ones cannot be trusted one by one": (BY_SIZE, lambda shown: changes(shown)[4][1] > 100),
    "With a tenth of the noise the score changes less than a tenth as much": (
        STRENGTHS,
        lambda shown: (
            shown.row("σ = 0.0005")[0] < 0.1 * shown.row("σ = 0.005 ")[0]
            and shown.row("σ = 0.005 ")[0] < 0.1 * shown.row("σ = 0.05 ")[0]
        ),
    ),
    "The gradient still changes more than a third as much": (
        STRENGTHS,
        lambda shown: (
            1 / 3 < shown.row("σ = 0.0005")[3] / shown.row("σ = 0.005 ")[3] < 0.5
            and 1 / 3 < shown.row("σ = 0.005 ")[3] / shown.row("σ = 0.05 ")[3] < 0.5
        ),
    ),
    "even the faintest of these noises makes enough of them to change the gradient by 15 %": (
        STRENGTHS,
        lambda shown: round(shown.row("σ = 0.0005")[3]) == 15,
    ),
    "Answer B, by the share on the hand: it rises at 2 % and falls from 10 % on": (
        ONE_HAND,
        lambda shown: (
            shown.row("SmoothGrad, 2%")[0] > shown.row("gradient")[0]
            and shown.row("gradient")[0] > shown.row("SmoothGrad, 10%")[0] > shown.row("SmoothGrad, 20%")[0]
            and shown.row("SmoothGrad, 20%")[0] > shown.row("SmoothGrad, 50%")[0]
        ),
    ),
    "At 50 % the network no longer says scissors": (ONE_HAND, lambda shown: shown.row("SmoothGrad, 50%")[1] == 0),
    "At 10 and 20 % all copies are still called scissors, and yet less of the map lies on the hand": (
        ONE_HAND,
        lambda shown: all(
            shown.row(name)[1] == 100 and shown.row(name)[0] < shown.row("gradient")[0]
            for name in ("SmoothGrad, 10%", "SmoothGrad, 20%")
        ),
    ),
    "At 10 % every copy keeps its prediction": (LEVELS, lambda shown: shown.row("10%")[3] == 100),
    "By this test the lower end of the paper's range is allowed here": (
        LEVELS,
        lambda shown: shown.row("at most")[0] == 10,
    ),
    "But at 10 % clearly less of the map lies on the hand than of the plain gradient, and at 20 % both numbers are": (
        LEVELS,
        lambda shown: (
            clearly_below(shown, "10%")
            and shown.row("20%")[0] < shown.row("10%")[0]
            and shown.row("20%")[3] < shown.row("10%")[3]
        ),
    ),
    "And it rests on 48 copies": (LEVELS, lambda shown: "48 noisy copies" in shown.text),
    "Every copy is recognised, and still the share falls": (
        LEVELS,
        lambda shown: shown.row("10%")[3] == 100 and clearly_below(shown, "10%"),
    ),
    "From here on the lesson uses 2 %: all copies keep their prediction, and more of the map lies on the hand": (
        LEVELS,
        lambda shown: shown.row("2%")[3] == 100 and shown.row("2%")[5] > 0,
    ),
    "(With 1 % the two numbers are the same; nothing here tells these levels apart.)": (
        LEVELS,
        lambda shown: shown.row("1%")[0] == shown.row("2%")[0] and shown.row("1%")[3] == shown.row("2%")[3],
    ),
    "Answer B: here it takes 39 copies": (
        COPIES,
        lambda shown: shown.row("noise of a tenth of the signal is left after about")[0] == 39,
    ),
    "and the fitted slope is close to −½": (COPIES, lambda shown: abs(shown.row("fitted slope")[0] + 0.5) < 0.05),
    "At one copy the two curves are the same number by algebra": (
        COPIES,
        lambda shown: shown.row("1 ")[0] == shown.row("1 ")[1],
    ),
    "With two copies $R$ comes out below the law": (
        COPIES,
        lambda shown: shown.row("2 ")[2] < 0.95 * shown.row("2 ")[1],
    ),
    "With more copies this fades": (COPIES, lambda shown: abs(shown.row("32 ")[2] / shown.row("32 ")[1] - 1) < 0.02),
    "$R$ falls to little more than half, at each level": (
        FOUR_TIMES,
        lambda shown: all(
            0.5 < shown.row(f"{level}%, 24 copies")[0] / shown.row(f"{level}%, 6 copies")[0] < 0.6
            for level in (2, 5, 10)
        ),
    ),
    "Less noise is left, and more of the map lies on the hand: the higher the level, the larger this gain": (
        FOUR_TIMES,
        lambda shown: (
            0 < shown.row("2%, 24 copies")[5]
            and shown.row("2%, 24 copies")[6] <= shown.row("5%, 24 copies")[5]
            and shown.row("5%, 24 copies")[6] <= shown.row("10%, 24 copies")[5]
        ),
    ),
    "At 5 % a gain over the plain gradient shows that 6 copies did not show": (
        FOUR_TIMES,
        lambda shown: shown.row("5%, 24 copies")[2] > 0 > shown.row("5%, 6 copies")[2],
    ),
    "At 10 % about a third of the fall is gone": (
        FOUR_TIMES,
        lambda shown: 0.28 < 1 - shown.row("10%, 24 copies")[1] / shown.row("10%, 6 copies")[1] < 0.4,
    ),
    "So that part of it was noise left over, and still more copies would take away more": (
        FOUR_TIMES,
        lambda shown: shown.row("10%, 24 copies")[5] > 0 and shown.row("10%, 24 copies")[0] > 0.2,
    ),
    "But the share stays clearly below the gradient's": (
        FOUR_TIMES,
        lambda shown: shown.row("10%, 24 copies")[3] < 0,
    ),
    "The order of the three levels is the same as before, and 2 % remains the choice": (
        FOUR_TIMES,
        lambda shown: all(
            shown.row(f"2%, {n} copies")[1] > shown.row(f"5%, {n} copies")[1] > shown.row(f"10%, {n} copies")[1]
            for n in (6, 24)
        ),
    ),
    "Two noise levels with the same number of copies do not have the same noise left": (
        FOUR_TIMES,
        lambda shown: shown.row("10%, 24 copies")[0] > 2 * shown.row("2%, 24 copies")[0],
    ),
    "SmoothGrad of the gradient is the exact gradient of another score": (
        OF_THE_MEAN,
        lambda shown: shown.row("largest difference")[0] < 1e-5 * shown.row("largest entry")[0],
    ),
    "Grad-CAM is the steadiest of the five, and the smallest part of its map lies on this hand, a third": (
        METHODS,
        lambda shown: (
            all(
                shown.row("Grad-CAM")[0] > shown.row(name)[0] and shown.row("Grad-CAM")[1] < shown.row(name)[1]
                for name in ("gradient ", "gradient × input", "deconvnet", "guided backprop")
            )
            and abs(shown.row("Grad-CAM")[1] - 33) < 2
        ),
    ),
    "The edges of the image, which know no network at all, are almost as steady as the gradient": (
        METHODS,
        lambda shown: 0 < shown.row("gradient ")[0] - shown.row("edges")[0] < 0.05,
    ),
    "Smoothing takes their share on the hand from 63 to 41 %": (
        METHODS,
        lambda shown: shown.row("edges")[1] - shown.row("edges")[2] > 10,
    ),
    "so its variance is zero (but for rounding), even at weights that decide everything": (
        SPREAD,
        lambda shown: shown.row("linear model")[1] < 1e-9 < shown.row("linear model")[0] / 2,
    ),
    "At 2 % more of SmoothGrad lies on the hand than of the plain gradient, at the limit less": (
        SHARES,
        lambda shown: (
            shown.row("SmoothGrad, 2%")[1] > shown.row("gradient ")[2]
            and shown.row("SmoothGrad, 10%")[2] < shown.row("gradient ")[1]
        ),
    ),
    "VarGrad as it comes has a larger share on the hand than the gradient": (
        SHARES,
        lambda shown: shown.row("VarGrad, 2%, a square")[1] > shown.row("gradient ")[2],
    ),
    "the squared gradient has a larger share still": (
        SHARES,
        lambda shown: shown.row("gradient²")[1] > shown.row("VarGrad, 2%, a square")[2],
    ),
    "Compared like with like, √VarGrad lies less on the hand than the gradient": (
        SHARES,
        lambda shown: shown.row("√VarGrad, 2%")[2] < shown.row("gradient ")[1],
    ),
    "at 2 % the share is larger for every hand, at the limit it is smaller for every hand": (
        HAND_BY_HAND,
        lambda shown: (
            shown.row("SmoothGrad, 2%")[1] > 0
            and shown.row("SmoothGrad, 2%")[3] == 100
            and shown.row("SmoothGrad, 10%")[3] == 0
        ),
    ),
    "A blur of the one gradient, without any noise, has a larger gain than SmoothGrad from six copies, and": (
        HAND_BY_HAND,
        lambda shown: (
            shown.row("gradient, blurred")[1] > shown.row("SmoothGrad, 2%")[2]
            and shown.row("gradient, largest fifth")[1] > shown.row("gradient, blurred")[2]
        ),
    ),
    "A larger share on the hand does not show that SmoothGrad has found more in the network": (
        HAND_BY_HAND,
        lambda shown: shown.row("gradient, blurred")[0] > shown.row("SmoothGrad, 2%")[0],
    ),
    "At 15 % it is not one of them: on these three, the paper's level does not pass": (
        PHOTOGRAPHS,
        lambda shown: (
            "15% noise" in shown.text and all(row[1] == 0 for row in shown.rows if len(row) == 2 and row[0] != 5)
        ),
    ),
    "and no copy keeps the class": (PHOTOGRAPHS, lambda shown: shown.row("rocket")[0] == 0),
    "The map explains the mosque score on images that the network no longer calls a mosque": (
        PHOTOGRAPHS,
        lambda shown: shown.row("rocket: mosque")[0] == 0,
    ),
    "Noise that nobody sees changes it": (
        OPENING,
        lambda shown: shown.row("size of the difference")[-1] > 30,
    ),
    "What is left of the noise falls as $1/\\sqrt n$": (
        COPIES,
        lambda shown: abs(shown.row("fitted slope")[0] + 0.5) < 0.05,
    ),
    "For the gradient, the mean is exactly the gradient of the mean score around the image": (
        OF_THE_MEAN,
        lambda shown: shown.row("largest difference")[0] < 1e-5 * shown.row("largest entry")[0],
    ),
    "VarGrad shows where a map is unsteady, and is zero on a linear model": (
        SPREAD,
        lambda shown: shown.row("linear model")[1] < 1e-9,
    ),
}

LOOKED = {
    "The two gradients look much alike as well": OPENING,
    "All three lines consist of level pieces and sudden steps": WALK,
    "On the network the two lie in much the same places": SPREAD,
    "Its map is the tidiest of its row": 'alt="smoothgrad/photograph"',
}

SAID = (
    "You smooth the gradient with more and more noise",
    "It takes the third map",
    "A word on the images",
    "A picture shows one hand",
    "A mean is taken over one of two sets",
    "On few, eight hands of the validation split",
    "On many, the 60 test hands of lesson 04",
    "Whoever chooses and judges on the same images",
    "Now watch single entries of the gradient",
    "Walk from the image to its twin in 100 steps",
    "Predict. Each entry is drawn",
    "Each entry is drawn in parts of its value",
    "Which of the three lines moves most?",
    "Those are the switches",
    "Three entries of one image are not much to go by",
    "So sort all entries by size",
    "In brackets stands the 95 % interval",
    "So the specks are of two kinds",
    "An end below 0 % means no more than 0",
    "Would a still fainter noise help?",
    "Compare the gradient with the score",
    "Smilkov and colleagues followed such lines in 2017",
    "They concluded: do not ask at one point",
    "They called it SmoothGrad",
    "The paper recommends 10 to 20 %",
    "You will put that to the test",
    "Read the last column before you judge the maps",
    "No average can mend that",
    "Then compare the columns",
    "The prediction alone has not warned you",
    "So the limit is the least one can ask",
    "How can that be?",
    "There are two possible causes",
    "The wider the neighbourhood, the more the average tells",
    "And six copies do not cancel all of the noise",
    "What is left of it spreads over the whole image",
    "The next section measures the second cause",
    "(A part of this fall may be noise that is left",
    "Further down you measure how much.",
    "A number from a paper belongs to the networks of the paper",
    "How much noise suits this network",
    "So these eight hands no longer count",
    "At the end you judge both levels, 2 %",
    "A mean of $n$ independent values",
    "Set this error against the size of the mean",
    "$m_i$ and $s_i^2$ are mean and variance",
    "$R = 1$: as much noise is left",
    "How many does it take here, at 2 % noise",
    "The paper's 50 copies leave",
    "To halve what is left you need four times",
    "Compare the last column with the others",
    "It is too small, because the noise left",
    "Now go back to the choice of the level",
    "It was made with 6 copies",
    "Take four times as many, the same six",
    "Give $R$ with a map",
    "That is a fair thing to ask about",
    "If a narrow switch in the network decides",
    "The nearer the correlation is to 1",
    "That says how steady a method is",
    "It does not say that it is right",
    "VarGrad shows where the gradient is unsteady, not",
    "Do not take one for the other",
    "The two colour bars have different units",
    "SmoothGrad is in score per input value",
    "The table of the earlier lessons on the same 60 hands",
    "The square does matter",
    "The same hands stand in every row",
    "So compare hand by hand",
    "A report that gives only one of the two levels",
    "The sizes of both differences are those of 6 copies",
    "Then look at the controls",
    "What lies on the background is faint",
    "What SmoothGrad has over a blur is its meaning",
    "Every row says where a map lies",
    "The same on a network trained on the 1.2 million photographs",
    "If you see the photographs, check the level here",
    "Look at the rocket at 5 %",
    "A gradient belongs to one point",
    "SmoothGrad averages the maps of noisy copies",
    "$\\sigma$ is a share of the image's range",
    "Before you look at the map, check that the network",
    "It is a square: compare its root",
)
