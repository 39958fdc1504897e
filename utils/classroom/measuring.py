"""What the experiments of lessons 11 and 12 share: the methods in big batches, and similarities of many maps at once.

All of it runs where the images are, on a GPU if there is one: there what utils.evaluation gives image by image, on the
CPU, would take hours for a whole split. The tests hold both against each other.
"""

import io
from contextlib import redirect_stderr
from functools import partial

import torch
import torch.nn.functional as F

from ..evaluation import edge_detector, idle_map, interval
from ..methods import vanilla_gradient
from ..rps.training import new_network, train
from .results import N_STEPS, NOISE_LEVEL, PART_1, PART_2, PART_3, area, untrained


def device():
    """The GPU where there is one, with products of full precision there."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = True
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def rows_for(images):
    """How many images a network sees at once: many on a GPU, and on a CPU what its caches hold."""
    return 512 if images.is_cuda else 16


def untrained_there(network, seed):
    """`untrained` of results.py, drawn on the CPU, wherever the network is: a GPU draws other numbers."""
    place = next(network.parameters()).device
    other = untrained(network.cpu(), seed).to(place)
    network.to(place)
    return other


SMALL = {"image_size": 48, "width": 8, "hidden": (32, 16)}


def taught(images, labels, start, seed, **options):
    """A network of 48 × 48 pixels that began at this start and has learned these labels, its batches in the order of
    this seed; without the progress bar of the training.
    """
    network = new_network(SMALL, start).to(images.device)
    with redirect_stderr(io.StringIO()):
        train(network, images.cpu(), labels.cpu(), seed=seed, **options)
    return network


# Methods --------------------------------------------------------------------------------------------------------------


def smoothgrad_of_all(model, images, target):
    """SmoothGrad as in results.py, of all images for each draw of the noise."""
    generator = torch.Generator("cpu").manual_seed(0)
    sigma = NOISE_LEVEL * (images.amax((1, 2, 3), keepdim=True) - images.amin((1, 2, 3), keepdim=True))
    total = torch.zeros_like(images)
    for _ in range(N_STEPS):
        noise = torch.randn(images.shape[1:], generator=generator, dtype=torch.float32, device="cpu").to(images)
        total += vanilla_gradient(model, images + sigma * noise, target)
    return total / N_STEPS


def integrated_gradients_of_all(model, images, target):
    """Integrated gradients from black as in results.py, of all images at each step."""
    total = torch.zeros_like(images)
    for k in range(N_STEPS):
        total += vanilla_gradient(model, images * ((k + 0.5) / N_STEPS), target)
    return images * total / N_STEPS


def largest_channel(model, images, target):
    """|gradient|, of the three channels the largest: Simonyan et al. 2013."""
    return vanilla_gradient(model, images, target).abs().amax(1, keepdim=True)


QUICK = {"SmoothGrad": smoothgrad_of_all, "IG from black": integrated_gradients_of_all}
METHODS = {name: QUICK.get(name, method) for name, method in (PART_1 | PART_3).items()}
METHODS["|gradient|"] = largest_channel
NEVER_ASK = {"edge detector": edge_detector, "idle map": idle_map, "area": area}


def in_big_batches(name, method, images):
    """A method of Part II, which takes hundreds of runs a map, told how many of them fit at a time."""
    return partial(method, batch_size=rows_for(images)) if name in PART_2 and images.is_cuda else method


def maps_of(method, model, images, target):
    """The method's maps of all images, as pictures (N, 1, H, W) with the channels added up, coarse ones enlarged as
    blocks.
    """
    rows = rows_for(images)
    parts = [method(model, x, c) for x, c in zip(images.split(rows), target.split(rows), strict=True)]
    maps = torch.cat(parts).detach().to(images.device).sum(1, keepdim=True)
    return F.interpolate(maps, images.shape[2:]) if maps.shape[2:] != images.shape[2:] else maps


# Similarities, of (N, 1, H, W) each -----------------------------------------------------------------------------------


def ranked(maps):
    """What of a map counts for Spearman's correlation: its ranks about their mean, of length 1; 0 for one without
    order. (N, H·W) of float64. The product of two is map_similarity.
    """
    flat = maps.double().flatten(1)
    ordered = flat.sort(1).values
    ranks = (torch.searchsorted(ordered, flat) + torch.searchsorted(ordered, flat, right=True)).double()
    ranks -= ranks.mean(1, keepdim=True)
    return ranks / ranks.norm(dim=1, keepdim=True).clamp(min=1)


def correlation(first, second):
    """The product of each two, (N,): map_similarity of two `ranked`."""
    level = ((first == 0) & (second == 0)).all(1)
    return torch.where(level, 1.0, (first * second).sum(1)).clamp(-1, 1)


def as_drawn(maps):
    """The size of each value, by the largest of its map."""
    sizes = maps.double().abs()
    return sizes / sizes.amax((2, 3), keepdim=True).clamp(min=1e-300)


def ssim(first, second):
    """map_ssim of two `as_drawn`: (N,)."""
    mean = partial(F.avg_pool2d, kernel_size=7, stride=1)
    a, b = mean(first), mean(second)
    unbiased = 49 / 48
    of_a, of_b = unbiased * (mean(first**2) - a**2), unbiased * (mean(second**2) - b**2)
    both = unbiased * (mean(first * second) - a * b)
    c1, c2 = 0.02**2, 0.06**2
    return ((2 * a * b + c1) * (2 * both + c2) / ((a**2 + b**2 + c1) * (of_a + of_b + c2))).mean((1, 2, 3))


def hog(maps):
    """Histograms of oriented gradients of (N, 1, H, W), as skimage.feature.hog has them, about their mean, of length 1:
    (N, features), of 6 × 6 cells. The product of two is Pearson's correlation, Adebayo et al.'s third measure.
    """
    down, right = torch.zeros_like(maps), torch.zeros_like(maps)
    down[:, :, 1:-1] = maps[:, :, 2:] - maps[:, :, :-2]
    right[..., 1:-1] = maps[..., 2:] - maps[..., :-2]
    size, angle = torch.hypot(down, right), torch.rad2deg(torch.atan2(down, right)) % 180
    bins = torch.cat([size * ((angle >= 20 * k) & (angle < 20 * (k + 1))) for k in range(9)], 1)
    cells = F.avg_pool2d(bins, maps.shape[-1] // 6)
    blocks = F.unfold(cells, 3)  # (N, 9 · 3 · 3, blocks)
    blocks = blocks / (blocks.square().sum(1, keepdim=True) + 1e-10).sqrt()
    blocks = blocks.clamp(max=0.2)
    features = (blocks / (blocks.square().sum(1, keepdim=True) + 1e-10).sqrt()).flatten(1)
    features = features - features.mean(1, keepdim=True)
    return features / features.norm(dim=1, keepdim=True).clamp(min=1e-30)


SIMILARITIES = {
    "signed": "Spearman's rank correlation of two maps; two without relation have 0",
    "absolute": "the same of the maps' sizes, their signs dropped",
    "SSIM": "structural similarity of the maps' sizes, each map divided by its largest",
    "HOG": "Pearson's correlation of the histograms of oriented gradients of these pictures, of 6 × 6 cells",
}


def features(maps):
    """What each similarity needs of maps (N, 1, H, W), worked out once."""
    drawn = as_drawn(maps)
    return {"signed": ranked(maps), "absolute": ranked(maps.abs()), "SSIM": drawn, "HOG": hog(drawn)}


def similarities(first, second):
    """name → (N,) on the CPU, of two `features`."""
    found = {
        "signed": correlation(first["signed"], second["signed"]),
        "absolute": correlation(first["absolute"], second["absolute"]),
        "SSIM": ssim(first["SSIM"], second["SSIM"]),
        "HOG": correlation(first["HOG"], second["HOG"]),
    }
    return {name: values.cpu().float() for name, values in found.items()}


# What is kept ---------------------------------------------------------------------------------------------------------


def mean_and_reach(values, digits=3):
    """Mean and half the width of the 95 % interval over images, rounded; NaN is left out, None where too few stay."""
    values = values[~values.isnan()].double()
    if len(values) < 2:
        return None
    mean, lower, _ = interval(values).tolist()
    return [round(mean, digits), round(mean - lower, digits)]
