"""Lesson 07: what it says of its results. See README.md."""

import re

from claims.reading import table


def mean(cell):
    return cell[0]


def lower(cell):
    return cell[-2]


def upper(cell):
    return cell[-1]


def above(cell, other):
    """The whole interval of one lies above that of the other."""
    return lower(cell) > upper(other)


def overlap(cell, other):
    return not above(cell, other) and not above(other, cell)


def holds_zero(cell):
    return lower(cell) <= 0 <= upper(cell)


def columns(rows):
    """A table by its columns: {row: cell} for each."""
    for k in range(len(next(iter(rows.values())))):
        yield {name: cells[k] for name, cells in rows.items()}


BASELINES = ("IG, black", "IG, white", "IG, random")
COLLAGE = "for measure, similarity in measures.items():"
STABILITY = "stability(compared[name], network, images, 0.2)"
RANK, SSIM = 'show_table(at_two_tenths("rank")', 'show_table(at_two_tenths("ssim")'
BIAS = "evaluation.compensate_shift(network, m, padding=False)"
SECOND = '"new bias, padding with m": compensate_shift'
NOTICED = "show_table(noticed"
COMPENSATED = 'result["compensated"][shift][name]'
REMEDIES = '"black moves too": (0.0, to_both_signs)'
SHARES = "shares = {name: share_inside("
WHERE, SHIFTED = 'columns("on the hand", "on the fingers"', 'columns("shift +0.2"'
REGIONS = '"gap − beside": interval(means["gap"]'
FILLED = "torch.where(masks[place]"
MEANS = "of_means = map_similarity"


def best(measure, name, *places):
    """In the table of this measure the row has the highest value at these shifts, counted from 0."""

    def holds(shown):
        rows = list(columns(table(shown, measure)))
        return all(mean(rows[k][name]) == max(map(mean, rows[k].values())) for k in places)

    return holds


def first_of_baselines(column, name):
    """In this column the interval of one baseline lies above those of the others."""
    return all(above(column[name], column[other]) for other in BASELINES if other != name)


def least_steady(shown):
    gradients = ("gradient", "gradient × input")
    return all(
        above(cell, column[gradient])
        for column in columns(table(shown, "Rank correlation at +0.2"))
        for name, cell in column.items()
        if name not in gradients
        for gradient in gradients
    )


def black_in_the_small_ones(shown):
    """On the photographs by its mean, elsewhere by the intervals."""
    hands, photos, full = columns(table(shown, "SSIM at +0.2"))
    return (
        first_of_baselines(hands, "IG, black")
        and mean(photos["IG, black"]) == max(mean(photos[name]) for name in BASELINES)
        and mean(photos["IG, black"]) - mean(photos["IG, white"]) < 0.05
        and first_of_baselines(full, "IG, white")
    )


def more_and_more_switch(shown):
    small, middle, large, other = (cells[0] for cells in table(shown, "ReLUs that switch").values())
    return (
        above(middle, small)
        and above(large, middle)
        and 0.4 < mean(middle) / mean(other) < 0.6
        and 0.8 < mean(large) / mean(other) < 1
    )


def stays(cell):
    return lower(cell) > 0.995


def compensated(shown):
    """The two tables of the three networks, {method: [a cell for each network]} of each."""
    return [table(shown, f"Rank correlation at m = {shift}") for shift in ("+0.2", "-0.5")]


def with_a_zero_in_it(shown):
    return all(
        upper(cell) < 0.995
        for rows in compensated(shown)
        for name in ("gradient × input", "IG, black", "IG, white")
        for cell in rows[name]
    )


def gradient_x_input_depends_on_m(shown):
    plus, minus = (rows["gradient × input"] for rows in compensated(shown))
    return all(0.95 < mean(cell) < 0.995 for cell in plus) and all(abs(mean(cell)) < 0.15 for cell in minus)


def less_is_lost_from_white(shown):
    return all(
        above(white, black) and upper(white) < 0.97
        for rows in compensated(shown)
        for white, black in zip(rows["IG, white"], rows["IG, black"], strict=True)
    )


def each_mends_it(shown):
    rows = {name: cells[0] for name, cells in table(shown, "IG of both networks").items()}
    return mean(rows.pop("black stays")) < 0.2 and len(rows) == 3 and all(map(stays, rows.values()))


def seven_of_nine(shown):
    rows = table(shown, "What a shift does")
    methods = list(rows)[:9]
    passed = [name for name in rows if all(stays(cell) for cell in rows[name][1:])]
    failed = [name for name in methods if upper(rows[name][2]) < 0.2]
    return (
        len(set(methods) & set(passed)) == 7
        and failed == ["gradient × input", "IG from black"]
        and {"area", "edge detector"} <= set(passed)
    )


def no_method_is_the_best_everywhere(*cells):
    """No row has a star in each column that has one."""
    starred = {}
    for number, shown in enumerate(cells):
        for line in shown.lines:
            name, *columns = re.split(r"\s{2,}", line.strip())
            for k, cell in enumerate(columns):
                starred.setdefault((number, k), set()).update({name} if "★" in cell else ())
    return not set.intersection(*(names for names in starred.values() if names))


def edges_more_than(*names):
    def holds(shown):
        rows = table(shown, "Where the maps lie")
        return all(above(rows["edge detector"][0], rows[name][0]) for name in names)

    return holds


def region(shown, row, column):
    return table(shown, "Mean of the map in each region")[row][column]


FINGERS, GAP, BESIDE, FAR, DIFFERENCE = range(5)


def negative_with_the_shift(shown):
    plain, product = (
        table(shown, "Mean of the map in each region")[f"{name}, +0.2"] for name in ("gradient", "gradient × input")
    )
    size, fingers = (-upper(plain[GAP]), -lower(plain[GAP])), plain[FINGERS]
    return (
        upper(plain[GAP]) < 0
        and upper(product[GAP]) < 0
        and size[0] < upper(fingers)
        and lower(fingers) < size[1]  # the intervals of both sizes overlap
        and mean(product[GAP]) / mean(product[FINGERS]) > 0.5 * mean(plain[GAP]) / mean(plain[FINGERS])
    )


def costs_more(shown):
    rows = table(shown, "Each region filled with skin")
    gap, beside, far = (rows[name][0] for name in ("gap", "beside the fingers", "far away"))
    return lower(rows["gap − beside"][0]) > 0 and mean(gap) > mean(beside) and lower(gap) > 3 * upper(far)


def averaging_does_it(shown):
    single, of_class, mixed = (cells[0] for cells in table(shown, "Gradient × input, before").values())
    return above([mean(of_class)] * 3, single) and abs(mean(of_class) - mean(mixed)) < 0.1


CLAIMS = {
    "the class is the same": (
        "brighter = image + 0.2",
        lambda shown: len({re.search(r"predicted (\w+)", line)[1] for line in shown.lines if "predicted" in line}) == 1,
    ),
    "by more than the size of the first map": ("brighter = image + 0.2", lambda shown: shown.row("size")[0] > 100),
    "The class stays for all images, or nearly all": (
        "change = network(shift_images(few, shift))",
        lambda shown: all(
            cells[0][0] > 95 and cells[1][0] > 0.1 for cells in table(shown, "What the network says").values()
        ),
    ),
    "At +0.4 their mean change is more than a quarter of their mean size": (
        "change = network(shift_images(few, shift))",
        lambda shown: table(shown, "What the network says")["+0.4"][1][0]
        > 0.25 * shown.row("mean size of the scores without a shift")[0],
    ),
    "The three measures do not agree": (COLLAGE, lambda shown: best("SSIM", "IG, black", 1)(shown)
                                        and best("rank", "Grad-CAM", 1)(shown)),
    "By rank correlation and by the top tenth, Grad-CAM": (
        COLLAGE,
        lambda shown: best("rank correlation", "Grad-CAM", 0, 1)(shown) and best("top tenth", "Grad-CAM", 0, 1)(shown),
    ),
    "By SSIM, IG from black (answer B)": (COLLAGE, best("SSIM", "IG, black", 1, 2)),
    "is the steadiest nowhere": (
        COLLAGE,
        lambda shown: not any(best(measure, "gradient × input", k)(shown) for measure in ("rank", "SSIM", "top")
                              for k in range(3)),
    ),
    "by rank correlation and by the top tenth, IG from white is the steadiest": (
        COLLAGE,
        lambda shown: best("rank correlation", "IG, white", 2)(shown) and best("top tenth", "IG, white", 2)(shown),
    ),
    "So the numbers bear out B, C or neither": (
        COLLAGE,
        lambda shown: best("SSIM", "IG, black", 1)(shown)
        and best("rank", "Grad-CAM", 1)(shown)
        and best("rank", "IG, white", 2)(shown),
    ),
    "On either set the interval of Grad-CAM lies above": (
        STABILITY,
        lambda shown: all(
            above(column["Grad-CAM"], column["gradient"]) for column in columns(table(shown, "Rank correlation"))
        ),
    ),
    "With 60 images the interval of the gradient is narrower": (
        STABILITY,
        lambda shown: all(
            upper(large) - lower(large) < upper(small) - lower(small)
            for small, large in [table(shown, "Rank correlation")["gradient"]]
        ) and "8 images" in shown.text,
    ),
    "That of Grad-CAM is not: the first 8 happen to be alike": (
        STABILITY,
        lambda shown: all(
            upper(large) - lower(large) >= upper(small) - lower(small)
            for small, large in [table(shown, "Rank correlation")["Grad-CAM"]]
        ),
    ),
    "In all three networks the gradient and gradient × input are the least steady": (RANK, least_steady),
    "Of the three baselines white is the steadiest.": (
        RANK,
        lambda shown: all(
            first_of_baselines(column, "IG, white") for column in columns(table(shown, "Rank correlation at +0.2"))
        ),
    ),
    "By SSIM black comes first of the three baselines in the two small networks": (SSIM, black_in_the_small_ones),
    "It also sees less of the sign": (SSIM, lambda shown: shown.row("a map and its negative")[1] > 0),
    "With 4 steps IG from black is less steady than with 8": (
        SSIM,
        lambda shown: (lambda rows: above(rows["8 steps"][0], rows["4 steps"][0]))(
            table(shown, "IG from black at +0.2")
        ),
    ),
    "The larger the shift, the more ReLUs switch": ("flipped = switches(few)", more_and_more_switch),
    "Everywhere else there is no more than rounding": (
        BIAS, lambda shown: shown.row("an error of more than 0.00001 at")[0] == 4 * 96 - 4
    ),
    "Through the layers behind, this error reaches the scores": (
        BIAS, lambda shown: shown.row("largest error of a score")[0] > 0.1
    ),
    "With both, the two networks agree to the accuracy of the numbers": (
        SECOND,
        lambda shown: shown.row("new bias, padding with m")[0] < 1e-4
        and shown.row("new bias, padding with m")[2] > 0.995,
    ),
    "With the new bias alone they do not": (
        SECOND, lambda shown: shown.row("new bias alone (control)")[0] > 0.1
    ),
    "An experiment without the padding would have said": (
        SECOND, lambda shown: shown.row("new bias alone (control)")[3] < 0.97
    ),
    "Answer B, and guided backpropagation is with the gradient and Grad-CAM": (
        NOTICED,
        lambda shown: all(
            all(stays(column[name]) for name in ("gradient", "Grad-CAM", "guided backprop"))
            and not any(stays(column[name]) for name in ("gradient × input", "IG, black"))
            for column in columns(table(shown, "Maps of two networks"))
        ),
    ),
    "The gradient stays, as the chain rule says": (
        COMPENSATED, lambda shown: all(stays(cell) for rows in compensated(shown) for cell in rows["gradient"])
    ),
    "Gradient × input and integrated gradients from a fixed baseline do not, although": (
        COMPENSATED, with_a_zero_in_it
    ),
    "How much gradient × input changes depends on $m$": (COMPENSATED, gradient_x_input_depends_on_m),
    "At these two shifts IG from white loses less than IG from black": (COMPENSATED, less_is_lost_from_white),
    "It is so in all three networks": (
        COMPENSATED, lambda shown: all(len(cells) == 3 for rows in compensated(shown) for cells in rows.values())
    ),
    "The last row shows IG from a baseline that moves": (
        COMPENSATED,
        lambda shown: all(stays(cell) for rows in compensated(shown) for cell in rows["IG, black moved too"]),
    ),
    "Each of the three mends it": (REMEDIES, each_mends_it),
    "and as many paths as it has images": (
        REMEDIES,
        lambda shown: table(shown, "IG of both")["distribution"][2] > table(shown, "IG of both")["mean image"][2],
    ),
    "With masks, compare black with the distribution": (
        SHARES, lambda shown: lower(table(shown, "How much of the map")["distribution"][1]) > 0
    ),
    "No method is the best in every column": ((WHERE, SHIFTED), no_method_is_the_best_everywhere),
    "An edge detector, which never asks the network, puts more on the hand": (
        WHERE,
        lambda shown: edges_more_than("gradient", "deconvnet", "Grad-CAM")(shown)
        and (lambda rows: overlap(rows["edge detector"][0], rows["SmoothGrad"][0]))(table(shown, "Where the maps lie")),
    ),
    "For guided backpropagation the class makes next to no difference": (
        WHERE,
        lambda shown: all(
            table(shown, "Where the maps lie")[name][2][0] > 0.9
            for name in ("guided backprop", "guided backprop, untrained")
        ),
    ),
    "Grad-CAM, the steadiest method at +0.2, is as steady on networks that have learned nothing": (
        SHIFTED,
        lambda shown: (lambda rows: upper(rows["Grad-CAM, untrained"][0]) >= lower(rows["Grad-CAM"][0])
                       and mean(rows["Grad-CAM"][0]) == max(mean(rows[name][0]) for name in list(rows)[:9]))(
            table(shown, "What a shift does")
        ),
    ),
    "Seven of the nine methods keep their maps at both undone shifts": (SHIFTED, seven_of_nine),
    "IG from black loses much at +0.2 and nearly all at −0.5": (
        SHIFTED,
        lambda shown: (lambda black, product: mean(black[1]) < 0.85 and mean(black[2]) < 0.2 and lower(black[2]) > 0
                       and 0.95 < mean(product[1]) < 0.995 and holds_zero(product[2]))(
            table(shown, "What a shift does")["IG from black"], table(shown, "What a shift does")["gradient × input"]
        ),
    ),
    "A shift that leaves the prediction changes most maps": (
        RANK,
        lambda shown: all(upper(cell) < 0.97 for cells in table(shown, "Rank").values() for cell in cells),
    ),
    "the gradient, guided backpropagation and Grad-CAM stay the same": (
        NOTICED,
        lambda shown: all(
            stays(cell)
            for name in ("gradient", "Grad-CAM", "guided backprop")
            for cell in table(shown, "Maps of two networks")[name]
        ),
    ),
    "Gradient × input and IG with a fixed baseline do not": (COMPENSATED, with_a_zero_in_it),
    "With zero padding the new bias alone does not undo the shift": (
        BIAS, lambda shown: shown.row("largest error of a score")[0] > 0.1
    ),
    "A baseline that moves with the data mends it": (REMEDIES, each_mends_it),
    "Without the shift the gradient in the gap is zero": (
        REGIONS, lambda shown: holds_zero(region(shown, "gradient, +0.0", GAP)) and "20 scissors" in shown.text
    ),
    "Gradient × input is a little above zero there": (
        REGIONS,
        lambda shown: lower(region(shown, "gradient × input, +0.0", GAP)) > 0
        and mean(region(shown, "gradient × input, +0.0", GAP))
        < 0.2 * mean(region(shown, "gradient × input, +0.0", FINGERS)),
    ),
    "With the shift the gap is negative for both methods": (REGIONS, negative_with_the_shift),
    "So the white gap was no statement about scissors": (REGIONS, negative_with_the_shift),
    "It depends on how bright the images happen to be": (
        REGIONS,
        lambda shown: all(
            above(region(shown, f"{name}, +0.0", GAP), region(shown, f"{name}, +0.2", GAP))
            for name in ("gradient", "gradient × input")
        ),
    ),
    "In three of the four rows its difference": (
        REGIONS,
        lambda shown: sum(
            holds_zero(cells[DIFFERENCE]) for cells in table(shown, "Mean of the map in each region").values()
        ) == 3,
    ),
    "Filling the gap costs more of the score": (FILLED, costs_more),
    "Nearly half of the hands are no scissors": (FILLED, lambda shown: 50 < shown.row("gap")[3] < 62),
    "So the sentence has something in it": (FILLED, costs_more),
    "The mean maps of a class change less with the shift": (MEANS, averaging_does_it),
    "But the control, means over as many hands of all classes": (MEANS, averaging_does_it),
    "So it is the averaging that does it": (MEANS, averaging_does_it),
}  # fmt: skip
LOOKED = {
    "A few single places at the outer edges of the fingers lie inside this shape": 'alt="input_shift/regions"',
    "Answer B: the places with an error are a frame": 'alt="input_shift/bias_only"',
    "The image is a little paler": 'alt="input_shift/two_images"',
    "The two maps look alike at first": 'alt="input_shift/two_maps"',
    "Some rows seem steady, some do not": 'alt="input_shift/collage"',
    "Which ones do depends on where you look": 'alt="input_shift/collage"',
    "For your network the mean of each method falls": 'alt="input_shift/curves"',
    "The upper row is blurred": 'alt="input_shift/mean_images"',
    "In the lower row the fingers of paper and of scissors": 'alt="input_shift/mean_images"',
    "(It is black where a picture ended.)": 'alt="input_shift/mean_images"',
    "Look at paper: the fingers are red": 'alt="input_shift/class_maps"',
    "Now look at scissors: the two fingers are red": 'alt="input_shift/class_maps"',
}
SAID = (
    "The table goes on.",
    "Lesson 11 replaces what the network has learned by noise",
    "A report would show one of them",
    "Which one?",
    "In this lesson you do the experiment",
    "A map explains a prediction.",
    "If the prediction changes, the map may",
    "So keep the images whose predicted class stays.",
    "So the same class does not mean",
    "Look along each row.",
    "One image, chosen by someone",
    "You can do better.",
    "A measure is a choice, too.",
    "A conclusion that holds for one measure only",
    "An interval from few images is itself uncertain.",
    "All six methods and four shifts",
    "The course has run this and kept the numbers",
    "The large one was trained for 10 epochs",
    "How does it compare with the other two?",
    "Here are all three networks",
    "Read the table by its intervals.",
    "It is tempting to stop here",
    "First ask another measure",
    "The maps are the same; the measure is another.",
    "Rank correlation counts every place alike",
    "SSIM compares the pictures as they are drawn",
    "Neither measure is wrong.",
    '"White is the most stable baseline" is no fact',
    "It is one about integrated gradients, its number of steps",
    "A setting of the method counts, too.",
    "The tables above take 8 steps",
    "A report has to name all six.",
    "The network sees another point of its input space",
    "A method that reports this has done its work.",
    "They have to move as well",
    "The one you know, and $m = -0.5$",
    "The course has run this, too",
    "Two shifts are no rule about white.",
    "Why do two networks that compute the same",
    "For gradient × input:",
    "where $g$ is the gradient",
    "The map of network 2 has",
    "Nothing in the network has changed.",
    "What changed is the zero from which",
    "For integrated gradients it is the same",
    "So the first experiment blamed methods",
    "Only the second is a fault of the method",
    "If nobody says what the zero means",
    "Three ways, each measured on the two networks",
    "A baseline moved by hand needs someone",
    "The mean image needs the data",
    "And none of them says that the map is right.",
    "They only see to it that the same network",
    "A method that ignores the network altogether",
    "Photographs have no masks",
    "(Each number is rounded by itself",
    "Another baseline is another question",
    "Turn the shift yourself",
    "What the table cannot say",
    "It holds for one small network",
    "A share on the hand is good only if",
    "So read a row beside its controls",
    "This is the last lesson of the first part.",
    "Here is what its tests say of its methods",
    "One of them is an edge detector",
    "on the hand, on the fingers: the share",
    "other class: the rank correlation",
    "shift: the rank correlation before and after",
    "gap: how far the sum of the map",
    "forwards, gradients: how many",
    "By itself that does not say whether",
    "A measure instead of an eye",
    "Check your experiment before you blame",
    "What is invariant is not therefore right.",
    "This is the end of the first part.",
    "You have written every method",
    "What follows can be left out.",
    "Now do the same with the maps.",
    "Each is divided by its mean size first",
    "Does that contradict the sentence about the gap?",
    "Predict. Gradient × input multiplies the gradient by the image, and the green background is dark in red "
    "and in blue.",
    "What does the gradient say about the gap",
    "Do not trust the eye; measure.",
    "Each scissors hand has a mask",
    "The gap is what lies between them",
    "Two regions of the background serve as controls",
    "Nor do the maps say that the gap is special.",
    "Does the network care about the gap at all?",
    "You can ask without a map",
    "But it was a test that showed it",
    "(A filled gap is also a picture",
    "Back to the shift.",
    "Do mean maps at least stay more alike",
    "Is that because what the maps of a class",
    "That would be good to know.",
    "Before you explain a number",
    "A mean is a good place to look",
)
