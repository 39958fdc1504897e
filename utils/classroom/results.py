"""The table that grows through the course: every method of a part held against every test of it.

    python -m utils.classroom.results
    python -m utils.classroom.results 2
    python -m utils.classroom.results 3

write part_1_results.json, part_2_results.json and part_3_results.json; the same command gives the same numbers.
`load_results()` gives the first to the lessons, `load_results(2)` two in one, `load_results(3)` all. The second and the
third take about 20 minutes of one core each.

    {"how": the command, "images": how many test images of the hands, "controls": names of rows that are controls,
     "columns": {column: what it measures, in a sentence}, "rows": {row: {column: value}}}

Part 1 has the methods of lessons 00 to 07, part 2 those of lessons 08 and 09, part 3 those of lesson 10. Part 3 has
also more columns, from lessons 11 and 12, for all methods: "added": {row of an earlier part: {column: value}}.

The files of parts 2 and 3 have also "first": {row: {column: its values for the first two images}}, so that a test can
measure some of it again by another way.

A value is [mean, lower, upper], the 95 % interval over the images, or a number, or None where the test says nothing
of the row, and under shifts for the untrained networks of parts 2 and 3, to keep the command short; so
`show_table(results["rows"], controls=results["controls"], caption=…)` takes it as it is.

Two maps that are compared come from the same draw, where a method draws (SmoothGrad, RISE, LIME, KernelSHAP): the
correlations say nothing of what another draw would change.
"""

import copy
import json
import sys
from functools import partial

import torch
import torch.nn.functional as F

from ..evaluation import (
    area_under,
    compensate_shift,
    layers_top_down,
    map_similarity,
    metrics,
    randomise,
    score_curve,
    share_inside,
    shift_images,
    unchanged_predictions,
    without_sign,
)
from ..evaluation.similarity import interval
from ..methods import (
    alpha_beta_rule,
    class_score,
    coalition_scores,
    composite,
    deconvnet,
    deep_taylor_rule,
    deeplift,
    epsilon_rule,
    extremal_perturbation,
    gamma_rule,
    grad_cam,
    gradient_x_input,
    guided_backprop,
    guided_grad_cam,
    integrated_gradients,
    kept,
    kernel_shap,
    lime,
    lrp,
    paired_coalitions,
    rise,
    sliding_occlusion,
    smoothgrad,
    vanilla_gradient,
    z_box_rule,
    z_plus_rule,
)
from ..rps import load_hands, load_network
from ..rps.files import replacing
from .coalitions import CELL, coins, green_of, grid_of
from .examples import PARTS
from .surroundings import drawn_by

N_IMAGES = {1: 60, 2: 30, 3: 30}  # the methods of part 2 take hundreds of runs a map
N_STEPS = 16  # of integrated gradients, and as many samples of SmoothGrad
NOISE_LEVEL = 0.02  # lesson 05's choice
SQUARE = 12  # pixels, lesson 00's choice
UNTRAINED = 3  # networks
RANDOM, STEPS, ORDERS = 3, 20, 4  # networks made random, steps of a deletion, random orders beside it
WINDOW, STRIDE, MASKS, RUNS, SMALL = 16, 8, 200, 200, 0.1  # lessons 08 and 09

COLUMNS = {
    "on the hand": "the share of the map's size that lies on the hand; the area is what a map has by chance",
    "on the fingers": "the same for the fingers",
    "other class": "rank correlation of the map with that of another class: 1 where the class makes no difference",
    "gap": "how far the sum of the map is from the rise of the score, over that rise: from black to the image, for "
    "occlusion, LIME and KernelSHAP from the image that is covered all over; only where there is a value for each "
    "part, in units of score",
    "shift +0.2": "rank correlation before and after 0.2 is added to every value, where the prediction stays",
    "shift +0.2, undone": "the same where a second network takes the shift back at its first layer",
    "shift −0.5, undone": "the same for a shift by −0.5",
    "forwards": "forward passes for a map, without those of the gradients",
    "gradients": "gradients for a map, each with its forward pass",
}
MORE_COLUMNS = {
    "kept": "the sum of the map over the score, where the map shares out the score or its rise from black",
    "other class, absolute": "rank correlation of the sizes of the map's values with those for another class, signs "
    "dropped: 1 where the class makes no difference but for signs",
    "top layer random": "rank correlation of the map with that of a network whose last layer is noise, the class "
    f"asked for as before; the mean of {RANDOM} such networks. A map that is zero everywhere is like no other: 0",
    "top layer random, absolute": "the same of the sizes, signs dropped",
    "all layers random": "the same as the first where every layer is noise",
    "all layers random, absolute": "the same of the sizes, signs dropped",
    "deletion − random": "the mean probability of the class while the pixels turn to the image's mean colour, those "
    f"with the largest values of the map first, less that for {ORDERS} random orders: below 0 is better than chance. "
    "The maps of untrained networks are judged by the trained one",
    "insertion − random": "the same while the pixels come back to a picture of the mean colour: above 0 is better "
    "than chance",
}


# Methods: each is method(model, images, target) → maps ----------------------------------------------------------------


def layer_13(method):
    """Grad-CAM at the last ReLU of the convolutions, lesson 04's choice, of whichever network it is given."""
    return lambda model, images, target: method(model, images, target, model[13])


def occlusion(model, images, target, size=SQUARE):
    """Lesson 00: by how much the score falls when a square is covered in the image's own green; signed."""
    covers = green_of(images)
    drops = images.new_zeros(len(images), 1, images.shape[2] // size, images.shape[3] // size)
    with torch.no_grad():
        plain = class_score(model, images, target)
        for i in range(drops.shape[2]):
            for j in range(drops.shape[3]):
                covered = images.clone()
                covered[:, :, i * size : (i + 1) * size, j * size : (j + 1) * size] = covers
                drops[:, 0, i, j] = plain - class_score(model, covered, target)
    return drops


def in_green(method, **options):
    """A method of Part II that fills with the image's own green; the model sees batch_size images at a time."""
    return lambda model, images, target, batch_size=None: method(
        model, images, target, fill=green_of(images), batch_size=batch_size, **options
    )


def on_cells(shares, coalitions):
    """shares(coalitions, values) → one for each cell: what a regression on cells says of each image.

    Cells of CELL pixels are the players, an absent one is green; the same coalitions for all images and classes.
    """

    def method(model, images, target, batch_size=None):
        height, width = images.shape[2:]
        players, fill = grid_of(height, width), green_of(images)
        drawn = coalitions(len(players))
        options = {"players": players, "fill": fill, "coalitions": drawn, "batch_size": batch_size}
        values = coalition_scores(model, images, target, **options)
        found = torch.stack([shares(drawn, each) for each in values])
        return found.reshape(len(images), 1, height // CELL, width // CELL).float()

    return method


def half_of_them(n):
    """LIME's draw."""
    return coins(n, RUNS, seed=0)


def pairs_and_ends(n):
    """KernelSHAP's: drawn in pairs; then nobody and all."""
    return torch.cat([paired_coalitions(n, RUNS), torch.zeros(1, n, dtype=torch.bool), torch.ones(1, n).bool()])


def shap_of(coalitions, values):
    return kernel_shap(coalitions[:-2], values[:-2], torch.ones(RUNS), values[-2], values[-1])


PART_1 = {
    "occlusion": occlusion,
    "gradient": vanilla_gradient,
    "gradient × input": gradient_x_input,
    "deconvnet": deconvnet,
    "guided backprop": guided_backprop,
    "Grad-CAM": layer_13(grad_cam),
    "guided Grad-CAM": layer_13(guided_grad_cam),
    "SmoothGrad": partial(smoothgrad, vanilla_gradient, noise_level=NOISE_LEVEL, n_samples=N_STEPS),
    "IG from black": partial(integrated_gradients, baseline=0.0, n_steps=N_STEPS),
}
PART_2 = {
    "sliding occlusion": in_green(sliding_occlusion, window=WINDOW, stride=STRIDE),
    "RISE, seen − hidden": in_green(rise, n_masks=MASKS, minus_hidden=True),
    "extremal, delete": in_green(extremal_perturbation, area=SMALL, delete=True),
    "LIME": on_cells(lime, half_of_them),
    "KernelSHAP in pairs": on_cells(shap_of, pairs_and_ends),
}


def epsilon_above(convolutions, first=None):
    """LRP with ε in the dense layers, another rule for the convolutions, maybe one more where the images come in."""
    first = first or convolutions
    rule = composite(lambda layer: epsilon_rule if layer.dense else first if layer.first else convolutions)
    return partial(lrp, rule=rule)


PART_3 = {
    "LRP-ε, ε = 0.25": partial(lrp, rule=partial(epsilon_rule, epsilon=0.25)),
    "LRP-γ": partial(lrp, rule=gamma_rule),
    "LRP-α2β1": partial(lrp, rule=alpha_beta_rule),
    "LRP-z⁺": partial(lrp, rule=z_plus_rule),
    "Deep Taylor": partial(lrp, rule=deep_taylor_rule),
    "LRP ε, z⁺, z^B": epsilon_above(z_plus_rule, z_box_rule),
    "LRP ε, γ": epsilon_above(gamma_rule),
    "DeepLIFT": deeplift,
}
METHODS = {1: PART_1, 2: PART_2, 3: PART_3}
SHARES_OUT = ("gradient × input", "IG from black", *PART_3)
BASELINES = {
    "occlusion": green_of,
    "gradient × input": torch.zeros_like,
    "IG from black": torch.zeros_like,
    "LIME": green_of,
    "KernelSHAP in pairs": green_of,
    "DeepLIFT": torch.zeros_like,
}
IN_A_RANGE = {  # z^B knows the range of the images, which moves with a shift
    "Deep Taylor": lambda low, high: partial(lrp, rule=partial(deep_taylor_rule, low=low, high=high)),
    "LRP ε, z⁺, z^B": lambda low, high: epsilon_above(z_plus_rule, partial(z_box_rule, low=low, high=high)),
}


# Controls: they never ask the network, or one that has learned nothing ------------------------------------------------


def area(model, images, target):
    """The same value everywhere."""
    return torch.ones_like(images[:, :1])


def random_maps(seed=0):
    """Another map at each call: what two maps without relation have in common."""
    generator = torch.Generator().manual_seed(seed)
    return lambda model, images, target: torch.randn(images[:, :1].shape, generator=generator)


def edges(model, images, target):
    """Sobel's edge detector on the mean of the colours."""
    from skimage.filters import sobel  # here, because scipy comes with it

    return torch.stack([torch.from_numpy(sobel(grey.numpy()))[None] for grey in images.mean(1)])


def brightness(model, images, target):
    """The image itself, the factor of gradient × input and of integrated gradients from black."""
    return images


def controls():
    return {"area": area, "random map": random_maps(), "edge detector": edges, "the image itself": brightness}


ON_UNTRAINED = {
    1: ("gradient", "gradient × input", "guided backprop", "Grad-CAM"),
    2: ("sliding occlusion", "RISE, seen − hidden", "extremal, delete"),
    3: tuple(PART_3),
}


def untrained(network, seed):
    """The same layers with weights drawn by chance."""
    other = copy.deepcopy(network)
    with drawn_by(seed):
        for layer in other.modules():
            if hasattr(layer, "reset_parameters"):
                layer.reset_parameters()
    return other


# Tests: each gives a value for each image, (N,) -----------------------------------------------------------------------


def gap(maps, model, images, target, baseline):
    """|Σ A − (S(x) − S(x′))| / |S(x) − S(x′)|."""
    with torch.no_grad():
        rise = class_score(model, images, target) - class_score(model, baseline.expand_as(images), target)
    return ((maps.sum((1, 2, 3)) - rise) / rise).abs()


def tests(name, method, network, hands, count, trained=True, shifts=True):
    """column → a value for each image, for one method on one network. Without training there is no rise to speak of."""
    images, labels = hands.images[:count], hands.labels[:count]
    with torch.no_grad():
        predicted = network(images).argmax(1)
    maps = method(network, images, labels)
    values = {
        "on the hand": share_inside(maps, hands.hand[:count]),
        "on the fingers": share_inside(maps, hands.fingers[:count].any(dim=1, keepdim=True)),
        "other class": map_similarity(maps, method(network, images, (labels + 1) % 3)),
    }
    if name in BASELINES and trained:
        values["gap"] = gap(maps, network, images, labels, BASELINES[name](images))
    if not shifts:
        return values
    before = maps if torch.equal(predicted, labels) else method(network, images, predicted)
    stays = unchanged_predictions(network, images, 0.2)

    def shifted(model, shift):
        of_range = IN_A_RANGE[name](shift, 1 + shift) if name in IN_A_RANGE else method
        return of_range(model, shift_images(images, shift), predicted)

    after = shifted(network, 0.2)
    values["shift +0.2"] = map_similarity(before, after).where(stays, torch.nan)
    for shift, column in {0.2: "shift +0.2, undone", -0.5: "shift −0.5, undone"}.items():
        values[column] = map_similarity(before, shifted(compensate_shift(network, shift), shift))
    return values


class Trust:
    """The tests of lessons 11 and 12, on the first test images: what they need of the trained network, once."""

    def __init__(self, network, hands, count):
        self.network, self.images, self.labels = network, hands.images[:count], hands.labels[:count]
        self.colour = self.images.mean((2, 3), keepdim=True).expand_as(self.images)
        layers = layers_top_down(network)
        self.random = {
            column: [randomise(network, which, seed) for seed in range(RANDOM)]
            for column, which in {"top layer random": layers[:1], "all layers random": layers}.items()
        }
        orders = [metrics.random_maps(self.images, seed) for seed in range(ORDERS)]
        self.chance = {
            column: torch.stack([of_order[column] for of_order in map(self.areas, orders)]).mean(0)
            for column in ("deletion", "insertion")
        }

    def areas(self, maps):
        """Under the curves of deletion and insertion, (N,) each, of maps (N, H, W)."""
        ends = {"deletion": (self.images, self.colour), "insertion": (self.colour, self.images)}
        return {
            column: area_under(score_curve(self.network, start, finish, maps, self.labels, STEPS))
            for column, (start, finish) in ends.items()
        }

    def __call__(self, name, method, network=None):
        """column → a value for each image; network: an untrained one, whose maps the trained one judges."""
        trained = network is None
        network = network or self.network
        maps = method(network, self.images, self.labels)
        unsigned = without_sign(map_similarity)
        values = {"other class, absolute": unsigned(maps, method(network, self.images, (self.labels + 1) % 3))}
        if trained and name in SHARES_OUT:
            values["kept"] = kept(maps, network, self.images, self.labels)
        for column, networks in self.random.items() if trained else ():
            others = [method(other, self.images, self.labels) for other in networks]
            for ending, similarity in {"": map_similarity, ", absolute": unsigned}.items():
                values[column + ending] = torch.stack([similarity(maps, each) for each in others]).mean(0)
        at_pixels = F.interpolate(maps.sum(1, keepdim=True), self.images.shape[2:])[:, 0]
        areas = self.areas(at_pixels)
        return values | {f"{column} − random": areas[column] - self.chance[column] for column in areas}


def cost(method, network, images, target):
    """Forward passes without a gradient and gradients, an image: counted. One pass that serves all images counts."""
    seen = {"forwards": 0, "gradients": 0}

    def back(gradient):
        seen["gradients"] += len(gradient)
        seen["forwards"] -= len(gradient)

    def count(module, inputs, output):
        seen["forwards"] += len(output)
        if output.requires_grad:
            output.register_hook(back)

    handle = network.register_forward_hook(count)
    try:
        method(network, images, target)
    finally:
        handle.remove()
    return {name: -(-total // len(images)) for name, total in seen.items()}


# The table ------------------------------------------------------------------------------------------------------------


def row(values, columns=COLUMNS):
    """The interval of each column; NaN (a map that is zero everywhere, a prediction that changed) is left out."""
    found = {}
    for column in columns:
        kept = values[column][~values[column].isnan()] if column in values else ()
        found[column] = [round(number, 4) for number in interval(kept).tolist()] if len(kept) > 1 else None
    return found


def mean_of(values):
    """column → the mean over several networks, image by image."""
    return {column: torch.stack([each[column] for each in values]).nanmean(0) for column in values[0]}


def measure(part=1, count=None):
    """The results of a part on its first test images, or the first `count`, as they are kept."""
    hands, network = load_hands("test"), load_network("hands")
    images, labels = hands.images[:2], hands.labels[:2]
    count = count or N_IMAGES[part]
    columns = COLUMNS | MORE_COLUMNS if part == 3 else COLUMNS
    trust = Trust(network, hands, count) if part == 3 else lambda *_: {}
    values, rows = {}, {}
    for name, method in (METHODS[part] | (controls() if part == 1 else {})).items():
        values[name] = tests(name, method, network, hands, count) | trust(name, method)
        rows[name] = row(values[name], columns) | cost(method, network, images, labels)
    networks = [untrained(network, seed) for seed in range(UNTRAINED)]
    for name in ON_UNTRAINED[part]:
        method = METHODS[part][name]
        mean = mean_of(
            [
                tests(name, method, other, hands, count, trained=False, shifts=part == 1) | trust(name, method, other)
                for other in networks
            ]
        )
        values[f"{name}, untrained"] = mean
        rows[f"{name}, untrained"] = row(mean, columns) | cost(method, networks[0], images, labels)
    results = {
        "how": "python -m utils.classroom.results" + f" {part}" * (part > 1),
        "images": count,
        "controls": [name for name in rows if name not in METHODS[part]],
        "columns": columns,
        "rows": rows,
    }
    if part == 3:
        earlier = added(trust, networks)
        values |= earlier
        results["added"] = {name: row(of_row, MORE_COLUMNS) for name, of_row in earlier.items()}
    if part > 1:
        results["first"] = {
            name: {column: [round(value, 4) for value in each[:2].tolist()] for column, each in columns.items()}
            for name, columns in values.items()
        }
    return results


def added(trust, networks):
    """row of an earlier part → the columns of lessons 11 and 12."""
    values = {name: trust(name, method) for name, method in (PART_1 | controls() | PART_2).items()}
    for name in ON_UNTRAINED[1] + ON_UNTRAINED[2]:
        method = (PART_1 | PART_2)[name]
        values[f"{name}, untrained"] = mean_of([trust(name, method, other) for other in networks])
    return values


def main():
    for part in map(int, sys.argv[1:] or ["1"]):
        results = measure(part)
        with replacing(PARTS[part]) as beside:
            beside.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(json.dumps(results["rows"], indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
