"""The shift experiment of lesson 07 on a whole test split, for the table and the curves that the lesson shows.

    python -m utils.classroom.shift_experiment hands
    python -m utils.classroom.shift_experiment photos --photos FOLDER
    python -m utils.classroom.shift_experiment photos_full --photos FOLDER     # after make weights NETWORK=full …

Each writes its part of shift_results.json, with how it was obtained. The same command gives the same numbers.
"""

import argparse
import json
from functools import partial

import torch

from ..evaluation import compensate_shift, map_similarity, map_ssim, shift_images, top_overlap, unchanged_predictions
from ..evaluation.similarity import interval
from ..methods import grad_cam, gradient_x_input, integrated_gradients, vanilla_gradient
from ..rps import load_hands, load_network, load_photos
from ..rps.files import replacing
from ..rps.training import accuracy, predict
from .examples import RESULTS, load_shift_results

NETWORKS = ("hands", "photos", "photos_full")
SHIFTS = (0.1, 0.2, 0.3, 0.4)
COMPENSATED = (0.2, -0.5)
N_STEPS = 8
MEASURES = {"rank": map_similarity, "ssim": map_ssim, "top": top_overlap}


def compared_methods(network, size, n_steps=N_STEPS):
    """name → method(model, images, target): what the experiment compares."""
    grain = torch.rand(3, size, size, generator=torch.Generator().manual_seed(0))
    ig = partial(integrated_gradients, n_steps=n_steps)
    return {
        "gradient": vanilla_gradient,
        "gradient × input": gradient_x_input,
        "IG, black": partial(ig, baseline=0.0),
        "IG, white": partial(ig, baseline=1.0),
        "IG, random": partial(ig, baseline=grain),
        "Grad-CAM": partial(grad_cam, layer=network[13]),
    }


def measure(network, images, shifts=SHIFTS):
    """Similarity before and after each shift, for the images whose prediction stays.

    → {"unchanged": a share for each shift, "maps": {measure: {method: [[mean, low, high] for each shift]}}}
    """
    stays = [unchanged_predictions(network, images, shift) for shift in shifts]
    target = predict(network, images)
    maps = {name: {} for name in MEASURES}
    for name, method in compared_methods(network, images.shape[-1]).items():
        before = method(network, images, target)
        for shift, kept in zip(shifts, stays, strict=True):
            after = method(network, shift_images(images[kept], shift), target[kept])
            for measured, similarity in MEASURES.items():
                row = interval(similarity(before[kept], after))
                maps[measured].setdefault(name, []).append([round(value, 4) for value in row.tolist()])
    return {"unchanged": [round(kept.float().mean().item(), 4) for kept in stays], "maps": maps}


def measure_compensated(network, images, shift):
    """Rank correlation of the maps of f₁ at x and f₂ at x + m, two networks that compute the same:
    {method: [mean, low, high]}.
    """
    other, moved, target = compensate_shift(network, shift), shift_images(images, shift), predict(network, images)
    methods = compared_methods(network, images.shape[-1])
    rows = {}
    for name in ("gradient", "gradient × input", "IG, black", "IG, white"):
        rows[name] = map_similarity(methods[name](network, images, target), methods[name](other, moved, target))
    moving = integrated_gradients(other, moved, target, baseline=shift, n_steps=N_STEPS)
    rows["IG, black moved too"] = map_similarity(methods["IG, black"](network, images, target), moving)
    return {name: [round(value, 4) for value in interval(row).tolist()] for name, row in rows.items()}


def main():
    parser = argparse.ArgumentParser(prog="python -m utils.classroom.shift_experiment")
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("--photos", help="folder of the photographs; without it they are fetched with kagglehub")
    parser.add_argument("--images", type=int, help="only the first so many of the test split")
    options = parser.parse_args()
    try:
        network = load_network(options.network)
        size = network.architecture["image_size"]
        load = load_hands if options.network == "hands" else partial(load_photos, options.photos, image_size=size)
        validation, split = load("validation"), load("test")
    except (ValueError, OSError) as error:
        parser.exit(1, f"{error}\n")
    images, labels = split.images[: options.images], split.labels[: options.images]
    if size > 96:
        network, images = (each.to(memory_format=torch.channels_last) for each in (network, images))  # twice as fast
    how = f"python -m utils.classroom.shift_experiment {options.network}"
    how += " --photos FOLDER" * (options.network != "hands") + f" --images {options.images}" * bool(options.images)
    result = {
        "how": how,
        "images": len(images),
        "accuracy": round(accuracy(network, images, labels), 4),
        "validation accuracy": round(accuracy(network, validation.images, validation.labels), 4),
        "validation images": len(validation.images),
        "shifts": list(SHIFTS),
        **measure(network, images),
        "compensated": {f"{shift:+.1f}": measure_compensated(network, images, shift) for shift in COMPENSATED},
    }
    results = (load_shift_results() if RESULTS.exists() else {}) | {options.network: result}
    with replacing(RESULTS) as beside:
        text = json.dumps({name: results[name] for name in NETWORKS if name in results}, indent=1, ensure_ascii=False)
        beside.write_text(text + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
