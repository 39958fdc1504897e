"""The table that grows through the course: every method of a part held against every test of it.

    python -m utils.classroom.results

writes part_1_results.json, which `load_results()` gives to the lessons; the same command gives the same numbers.

    {"how": the command, "images": how many test images of the hands, "controls": names of rows that are controls,
     "columns": {column: what it measures, in a sentence}, "rows": {row: {column: value}}}

A value is [mean, lower, upper], the 95 % interval over the images, or a number, or None where the test says nothing
of the row; so `show_table(results["rows"], controls=results["controls"], caption=…)` takes it as it is.
"""

import copy
import json
from functools import partial

import torch

from ..evaluation import compensate_shift, map_similarity, share_inside, shift_images, unchanged_predictions
from ..evaluation.similarity import interval
from ..methods import (
    class_score,
    deconvnet,
    grad_cam,
    gradient_x_input,
    guided_backprop,
    guided_grad_cam,
    integrated_gradients,
    smoothgrad,
    vanilla_gradient,
)
from ..rps import load_hands, load_network
from ..rps.files import replacing
from .examples import PART_1
from .surroundings import drawn_by

N_IMAGES = 60
N_STEPS = 16  # of integrated gradients, and as many samples of SmoothGrad
NOISE_LEVEL = 0.02  # lesson 05's choice
SQUARE = 12  # pixels, lesson 00's choice
UNTRAINED = 3  # networks

COLUMNS = {
    "on the hand": "the share of the map's size that lies on the hand; the area is what a map has by chance",
    "on the fingers": "the same for the fingers",
    "other class": "rank correlation of the map with that of another class: 1 where the class makes no difference",
    "gap": "how far the sum of the map is from the rise of the score, over that rise: from black to the image, for "
    "occlusion from the image that is covered all over; only where the values are in units of score",
    "shift +0.2": "rank correlation before and after 0.2 is added to every value, where the prediction stays",
    "shift +0.2, undone": "the same where a second network takes the shift back at its first layer",
    "shift −0.5, undone": "the same for a shift by −0.5",
    "forwards": "forward passes for a map, without those of the gradients",
    "gradients": "gradients for a map, each with its forward pass",
}


# Methods: each is method(model, images, target) → maps ----------------------------------------------------------------


def layer_13(method):
    """Grad-CAM at the last ReLU of the convolutions, lesson 04's choice, of whichever network it is given."""
    return lambda model, images, target: method(model, images, target, model[13])


def greens(images):
    """The background of each image, the mean colour of a corner: (N, C, 1, 1)."""
    return images[:, :, :8, :8].mean((2, 3), keepdim=True)


def occlusion(model, images, target, size=SQUARE):
    """Lesson 00: by how much the score falls when a square is covered in the image's own green; signed."""
    covers = greens(images)
    drops = images.new_zeros(len(images), 1, images.shape[2] // size, images.shape[3] // size)
    with torch.no_grad():
        plain = class_score(model, images, target)
        for i in range(drops.shape[2]):
            for j in range(drops.shape[3]):
                covered = images.clone()
                covered[:, :, i * size : (i + 1) * size, j * size : (j + 1) * size] = covers
                drops[:, 0, i, j] = plain - class_score(model, covered, target)
    return drops


METHODS = {
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
BASELINES = {"occlusion": greens, "gradient × input": torch.zeros_like, "IG from black": torch.zeros_like}


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


ON_UNTRAINED = ("gradient", "gradient × input", "guided backprop", "Grad-CAM")


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


def tests(name, method, network, hands, count, trained=True):
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
    before = maps if torch.equal(predicted, labels) else method(network, images, predicted)
    stays = unchanged_predictions(network, images, 0.2)
    after = method(network, shift_images(images, 0.2), predicted)
    values["shift +0.2"] = map_similarity(before, after).where(stays, torch.nan)
    for shift, column in {0.2: "shift +0.2, undone", -0.5: "shift −0.5, undone"}.items():
        other = compensate_shift(network, shift)
        values[column] = map_similarity(before, method(other, shift_images(images, shift), predicted))
    return values


def cost(method, network, images, target):
    """Forward passes without a gradient and gradients, an image: counted."""
    seen = {"forwards": 0, "gradients": 0}

    def count(module, inputs, output):
        if not output.requires_grad:
            seen["forwards"] += len(output)
            return
        output.register_hook(lambda gradient: seen.update(gradients=seen["gradients"] + len(gradient)))

    handle = network.register_forward_hook(count)
    try:
        method(network, images, target)
    finally:
        handle.remove()
    return {name: total // len(images) for name, total in seen.items()}


# The table ------------------------------------------------------------------------------------------------------------


def row(values):
    """The interval of each column; NaN (a map that is zero everywhere, a prediction that changed) is left out."""
    found = {}
    for column in COLUMNS:
        kept = values[column][~values[column].isnan()] if column in values else ()
        found[column] = [round(number, 4) for number in interval(kept).tolist()] if len(kept) > 1 else None
    return found


def measure(count=N_IMAGES):
    """The results on the first `count` test images, as they are kept."""
    hands, network = load_hands("test"), load_network("hands")
    images, labels = hands.images[:2], hands.labels[:2]
    rows = {}
    for name, method in (METHODS | controls()).items():
        rows[name] = row(tests(name, method, network, hands, count)) | cost(method, network, images, labels)
    networks = [untrained(network, seed) for seed in range(UNTRAINED)]
    for name in ON_UNTRAINED:
        of_each = [tests(name, METHODS[name], other, hands, count, trained=False) for other in networks]
        values = {column: torch.stack([each[column] for each in of_each]).nanmean(0) for column in of_each[0]}
        rows[f"{name}, untrained"] = row(values) | cost(METHODS[name], networks[0], images, labels)
    return {
        "how": "python -m utils.classroom.results",
        "images": count,
        "controls": [name for name in rows if name not in METHODS],
        "columns": COLUMNS,
        "rows": rows,
    }


def main():
    results = measure()
    with replacing(PART_1) as beside:
        beside.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(results["rows"], indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
