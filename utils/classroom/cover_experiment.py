"""What covering does to the scores of 30 scissors, for the tables of lesson 08 that are too long to be computed there.

    python -m utils.classroom.cover_experiment

It writes cover_results.json; the same command gives the same numbers. load_cover_results reads it:

    {"how": the command, "images": how many, "indices": their places in load_hands("test"),
     "occlusion", "extremal", "rise": {
        "columns": {column: what it measures}, "controls": [names of rows],
        "rows": {row: {column: [mean, lower, upper]}}, the 95 % interval over the images, as show_table takes it,
        "values": {row: {column: [a value for each image]}}, for the interval of a difference on the same images},
     "noise": {row of "rise": {"masks": [N …], "noise": [mean over the images …], "noise, picture": […], "signal": …,
        "enough": …, "enough, picture": …}, of maps from so many masks, as noise_summary says}}

The class is scissors throughout. "green" is the mean of the upper left 8 × 8 pixels of the image, as in lesson 00.
"""

import argparse
import json
import re
from functools import partial

import torch
import torch.nn.functional as F

from ..evaluation import map_similarity, share_inside
from ..methods import blur, class_score, extremal_perturbation, inpaint, rise_map, rise_masks, seen_minus_hidden
from ..rps import CLASSES, load_hands, load_network
from ..rps.files import replacing
from .coalitions import fill_of, green_of, untrained_network
from .examples import COVER, load_cover_results

N_IMAGES = 30
ROCK, SCISSORS, INDEX, MIDDLE = CLASSES.index("rock"), CLASSES.index("scissors"), 1, 2
SEEDS = (0, 1)  # of the untrained networks

# Covering with windows ------------------------------------------------------------------------------------------------

WINDOW, STRIDE = 16, 8
OCCLUSION = {
    "on the hand": "the share of the map's size |D| that lies on the hand; the area is what a map has by chance",
    "on the fingers": "the same for the fingers",
    "positive, hand": "the share of the positive part of the map that lies on the hand",
    "positive, fingers": "the same for the fingers",
    "size on the hand": "the mean of |D| over the places of the hand, in score",
    "size beside it": "the mean of |D| over all other places",
    "largest drop": "of the 121 windows, by how much the score falls at most",
    "smallest drop": "the same at least; below 0 the score rises",
    "sum of drops": "over the 121 windows; they overlap, most places are in four of them",
    "sum, once": "the map added up over all places, by the area of a window: as if each place were covered once",
    "score": "of the image",
    "score of the cover": "of the picture that shows the cover only, where that is one picture",
    "like green": "rank correlation of the map with that of the same network in green",
}


def shuffled(images):
    """Each pixel at another place of its image, the same way for all."""
    order = torch.randperm(images[0, 0].numel(), generator=torch.Generator().manual_seed(0))
    return images.flatten(2)[:, :, order].view_as(images)


def mean_of_window(images, hidden):
    """Each channel's mean over the hidden places."""
    mean = (images * hidden).sum((2, 3), keepdim=True) / hidden.sum((2, 3), keepdim=True)
    return mean.expand_as(images)


# name → fill(images, hidden) → images, as sliding_occlusion takes it
AS_PICTURE = {
    "green": lambda images: green_of(images).expand_as(images),
    "blurred": partial(blur, sigma=12.0),
    "black": torch.zeros_like,
    "grey": lambda images: torch.full_like(images, 0.5),
    "another place": lambda images: images.roll((images.shape[2] // 2, images.shape[3] // 2), (2, 3)),
    "shuffled pixels": shuffled,
}
BY_WINDOW = {"painted in": partial(inpaint, sigma=5.0), "mean of the window": mean_of_window}
FILLS = ("green", "painted in", "mean of the window", "blurred", "black", "grey", "another place", "shuffled pixels")


def drops_of_windows(network, images, fill):
    """By how much the score falls for each window, row after row: (N, 121)."""
    places = torch.arange(images[0, 0].numel()).view(1, 1, *images.shape[2:]).float()
    covered = F.unfold(places, WINDOW, stride=STRIDE)[0].T.long()  # which places a window covers
    hidden = torch.zeros(len(covered), places.numel()).scatter_(1, covered, 1).bool().view(-1, 1, *images.shape[2:])
    drops = []
    for image in images:
        scores, picture = [], AS_PICTURE[fill](image[None]) if fill in AS_PICTURE else None
        for windows in hidden.split(16):
            plain = image.expand(len(windows), -1, -1, -1)
            cover = BY_WINDOW[fill](plain, windows) if picture is None else picture
            scores.append(score_of(network, torch.where(windows, cover, plain)))
        drops.append(score_of(network, image[None]) - torch.cat(scores))
    return torch.stack(drops)


def map_of_drops(drops, size):
    """The mean over the windows that cover a place: (N, 1, size, size). Each window lies whole in the image."""
    over = partial(F.fold, output_size=(size, size), kernel_size=WINDOW, stride=STRIDE)
    spread = drops[:, None].expand(-1, WINDOW**2, -1)
    return over(spread) / over(torch.ones_like(spread))


def occlusion_values(network, images, hand, fingers, fills=FILLS):
    """fill → column → a value for each image."""
    drops = {fill: drops_of_windows(network, images, fill) for fill in fills}
    maps = {fill: map_of_drops(each, images.shape[-1]) for fill, each in drops.items()}
    rows = {}
    for fill, each in maps.items():
        size = each.abs()
        rows[fill] = {
            "on the hand": share_inside(each, hand),
            "on the fingers": share_inside(each, fingers),
            "positive, hand": share_inside(each.clamp(min=0), hand),
            "positive, fingers": share_inside(each.clamp(min=0), fingers),
            "size on the hand": mean_inside(size, hand),
            "size beside it": mean_inside(size, ~hand),
            "largest drop": drops[fill].amax(1),
            "smallest drop": drops[fill].amin(1),
            "sum of drops": drops[fill].sum(1),
            "sum, once": each.sum((1, 2, 3)) / WINDOW**2,
            "score": score_of(network, images),
            "score of the cover": score_of(network, AS_PICTURE[fill](images)) if fill in AS_PICTURE else None,
            "like green": map_similarity(each, maps["green"]),
        }
    return rows


# How little is enough -------------------------------------------------------------------------------------------------

EXTREMAL = {
    "area": "the mean of the mask",
    "kept": "the score of what the mask shows, in the fill of the row",
    "kept − score": "that less the score of the image",
    "kept, sharp": "the score where the mask is cut at ½",
    "kept: scissors": "how often what the mask shows is called scissors",
    "cut out": "the score of what the mask leaves",
    "cut out: scissors": "how often what it leaves is called scissors",
    "cut out: rock": "how often it is called rock",
    "overlap": "intersection over union of the mask, cut at ½, with index and middle finger",
    "on the hand": "the share of the mask on the hand",
    "on the fingers": "the same for all five fingers",
    "on index + middle": "the same for these two",
    "like keep 10 %": "intersection over union with the mask of that row, both cut at ½",
}
N_REGIONS = 16
CONTROLS = ("the whole image", "exactly", "random 10 %", "smooth random 10 %")


def search(network, images, fill, area=0.1, *, start=None, cap=None, n_steps=50, cells=16, sigma=3.0, weight=100.0):
    """extremal_perturbation with two more wishes: where it starts, (N, 1, cells, cells), and for each image a score
    above which more does not count. (N, 1, H, W).
    """
    numbers = (torch.zeros(len(images), 1, cells, cells) if start is None else start.clone()).requires_grad_()
    optimiser = torch.optim.Adam([numbers], lr=0.5)
    template = torch.zeros(images[0, 0].numel())
    template[round((1 - area) * len(template)) :] = 1

    def mask():
        return blur(F.interpolate(numbers, images.shape[2:], mode="bilinear", align_corners=False), sigma).sigmoid()

    def score_of_shown(now):
        return class_score(network, images * now + fill * (1 - now), SCISSORS)

    if start is None:  # equal values would be sorted by their place: a thousandth uphill, as the method begins
        slope = torch.autograd.grad(score_of_shown(mask()).sum(), numbers)[0]
        with torch.no_grad():
            numbers += 1e-3 * slope / slope.abs().amax((1, 2, 3), keepdim=True)
    for step in range(n_steps):
        now = mask()
        score = score_of_shown(now)
        score = score if cap is None else torch.minimum(score, cap)
        far = ((now.flatten(1).sort(dim=1).values - template) ** 2).mean(1)
        numbers.grad = torch.autograd.grad((weight * 1.04**step * far - score).sum(), numbers)[0]
        optimiser.step()
    return mask().detach()


def random_regions(n, size, area=0.1, cells=16, sigma=3.0):
    """n regions of this area, (n, 1, H, W): where noise that is made smooth in the way of the masks is largest."""
    noise = torch.randn(n, 1, cells, cells, generator=torch.Generator().manual_seed(0))
    noise = blur(F.interpolate(noise, (size, size), mode="bilinear", align_corners=False), sigma)
    k = round(area * size**2)
    return (noise >= noise.flatten(1).topk(k).values[:, -1, None, None, None]).float()


def masks_of_games(network, images, fingers):
    """name of a game → (network that is asked, fill, masks)."""
    green, own = fill_of("green", images, None), score_of(network, images)
    extremal = partial(extremal_perturbation, network, images, SCISSORS)
    start = 2 * torch.randn(len(images), 1, 16, 16, generator=torch.Generator().manual_seed(0))
    hand = fingers["hand"]
    searched = {
        "keep 10 %": (green, partial(extremal, fill=green)),
        "keep 5 %": (green, partial(extremal, fill=green, area=0.05)),
        "keep 20 %": (green, partial(extremal, fill=green, area=0.2)),
        "keep 10 %, rough": (green, partial(extremal, fill=green, cells=32, sigma=1.0)),
        "keep 10 %, smooth": (green, partial(extremal, fill=green, cells=8, sigma=6.0)),
        "keep 10 %, capped": (green, partial(search, network, images, green, cap=own)),
        "keep 10 %, random start": (green, partial(search, network, images, green, start=start)),
        "keep 10 %, in grey": (fill_of("grey", images, hand), partial(extremal, fill=0.5)),
        "keep 10 %, painted in": (
            fill_of("painted in", images, hand),
            partial(extremal, fill=fill_of("painted in", images, hand)),
        ),
        "delete 10 %": (green, partial(extremal, fill=green, delete=True)),
        "delete 10 %, smooth": (green, partial(extremal, fill=green, delete=True, cells=8, sigma=6.0)),
        "the whole image": (green, lambda: torch.ones_like(images[:, :1])),
        "exactly index + middle": (green, lambda: fingers["index + middle"].float()),
        "exactly the middle finger": (green, lambda: fingers["middle"].float()),
    }
    games = {name: (network, fill, find()) for name, (fill, find) in searched.items()}
    for seed in SEEDS:
        other = scaled_like(untrained_network(seed), network, images, green)
        masks = extremal_perturbation(other, images, SCISSORS, fill=green)
        games[f"keep 10 %, untrained {seed}"] = (other, green, masks)
        games[f"mask of untrained {seed}"] = (network, green, masks)
    return games


def scaled_like(other, network, images, fill):
    """other, its scores multiplied by one number and moved by another: those of random regions get the mean and
    the spread that they have for network. The search weighs the score against the area, and as they are the scores of
    an untrained network hardly change.
    """
    regions = random_regions(N_REGIONS, images.shape[-1])
    mean, spread = [], []
    for each in (network, other):
        scores = torch.stack([score_of(each, torch.lerp(fill, images, region)) for region in regions])
        mean.append(scores.mean())
        spread.append(scores.std(0).mean())
    with torch.no_grad():
        times = spread[0] / spread[1]
        other[-1].weight *= times
        other[-1].bias.copy_((other[-1].bias - mean[1]) * times + mean[0])
    return other


def extremal_values(network, images, fingers):
    """game → column → a value for each image."""
    games = masks_of_games(network, images, fingers)
    rows = {
        name: values_of_mask(asked, images, fill, masks, fingers, games["keep 10 %"][2])
        for name, (asked, fill, masks) in games.items()
    }
    green, keep = fill_of("green", images, None), games["keep 10 %"][2]
    for kind, settings in {"random 10 %": {}, "smooth random 10 %": {"cells": 8, "sigma": 6.0}}.items():
        each = [
            values_of_mask(network, images, green, region.expand(len(images), -1, -1, -1), fingers, keep)
            for region in random_regions(N_REGIONS, images.shape[-1], **settings)
        ]
        each = {column: torch.stack([row[column] for row in each]) for column in EXTREMAL}
        best = each["kept"].argmax(0, keepdim=True)
        rows[f"{kind}, mean of {N_REGIONS}"] = {column: found.mean(0) for column, found in each.items()}
        rows[f"{kind}, best of {N_REGIONS}"] = {column: found.gather(0, best)[0] for column, found in each.items()}
    return rows


def values_of_mask(network, images, fill, masks, fingers, others):
    with torch.no_grad():
        kept, left = network(torch.lerp(fill, images, masks)), network(torch.lerp(images, fill, masks))
        sharp = network(torch.where(masks > 0.5, images, fill))[:, SCISSORS]
    return {
        "area": masks.mean((1, 2, 3)),
        "kept": kept[:, SCISSORS],
        "kept − score": kept[:, SCISSORS] - score_of(network, images),
        "kept, sharp": sharp,
        "kept: scissors": (kept.argmax(1) == SCISSORS).float(),
        "cut out": left[:, SCISSORS],
        "cut out: scissors": (left.argmax(1) == SCISSORS).float(),
        "cut out: rock": (left.argmax(1) == ROCK).float(),
        "overlap": overlap(masks > 0.5, fingers["index + middle"]),
        "on the hand": share_inside(masks, fingers["hand"]),
        "on the fingers": share_inside(masks, fingers["fingers"]),
        "on index + middle": share_inside(masks, fingers["index + middle"]),
        "like keep 10 %": overlap(masks > 0.5, others > 0.5),
    }


# Many holes at once ---------------------------------------------------------------------------------------------------

N_MASKS, CELLS, SHARE = 400, 8, 0.5
RISE = {
    "on the hand": "the share of the map's size that lies on the hand; the area is what a map has by chance",
    "on the fingers": "the same for the fingers",
    "positive, hand": "the share of the positive part of the map that lies on the hand",
    "positive, fingers": "the same for the fingers",
    "smallest": "the smallest value of the map, in score",
    "largest": "the largest value",
    "two halves": "rank correlation of the maps of masks 1 to 200 and of masks 201 to 400",
    "slope": "by which power of N the noise falls: log of the noise against log of N",
    "like green": "rank correlation of the map with that of the first rows, the same reading in green",
    "mean score": "the mean score of the 400 masked pictures",
    "spread of scores": "their standard deviation",
    "called scissors": "which part of them is called scissors",
}
HALVES = slice(N_MASKS // 2), slice(N_MASKS // 2, N_MASKS)
BLOCKS = (12, 25, 50, 100, 200)
READINGS = {
    "as published": lambda scores, masks: (scores[:, None, None, None] * masks).mean(0) / SHARE,
    "by coverage": rise_map,
    "seen − hidden": seen_minus_hidden,
}


def drawn_masks(n, size):
    """The masks that rise draws with seed 0: (n, 1, size, size)."""
    generator, cell = torch.Generator().manual_seed(0), -(-size // CELLS)
    drawn = torch.stack([torch.rand(CELLS**2 + 2, generator=generator) for _ in range(n)])
    grids, places = drawn.split([CELLS**2, 2], dim=1)
    return rise_masks((grids < SHARE).view(-1, CELLS, CELLS), (places * cell).long(), size)


def scores_of_masks(network, images, fill, masks):
    """The scores of all classes of the masked pictures: (N, M, classes)."""
    with torch.no_grad():
        return torch.stack(
            [
                torch.cat([network(torch.lerp(cover, image, part)) for part in masks.split(16)])
                for image, cover in zip(images, fill, strict=True)
            ]
        )


def noise_of(reading, scores, masks):
    """For each size of block: the standard deviation over blocks of so many masks, root mean square over the places; of
    the maps, and of the maps less their mean over the places: (2, blocks).
    """
    noise = []
    for n in BLOCKS:
        pairs = zip(scores.split(n), masks.split(n), strict=True)
        maps = torch.stack([reading(*pair) for pair in pairs if len(pair[0]) == n])
        noise.append([each.var(0).mean().sqrt() for each in (maps, maps - maps.mean((2, 3), keepdim=True))])
    return torch.tensor(noise).T


def rise_values(scores, masks, hand, fingers, greens=None):
    """reading → column → a value for each image; reading → noise (N, 2, blocks); reading → maps.

    scores (N, M, classes), greens the maps to compare with.
    """
    rows, noises, maps, own = {}, {}, {}, scores[:, :, SCISSORS]
    for name, reading in READINGS.items():
        maps[name] = torch.stack([reading(each, masks) for each in own])
        halves = [torch.stack([reading(each[half], masks[half]) for each in own]) for half in HALVES]
        noises[name] = torch.stack([noise_of(reading, each, masks) for each in own])
        at = torch.tensor(BLOCKS).log()
        at = at - at.mean()
        each = maps[name]
        rows[name] = {
            "on the hand": share_inside(each, hand),
            "on the fingers": share_inside(each, fingers),
            "positive, hand": share_inside(each.clamp(min=0), hand),
            "positive, fingers": share_inside(each.clamp(min=0), fingers),
            "smallest": each.amin((1, 2, 3)),
            "largest": each.amax((1, 2, 3)),
            "two halves": map_similarity(*halves),
            "slope": (noises[name][:, 0].log() * at).sum(1) / (at**2).sum(),
            "like green": None if greens is None else map_similarity(each, greens[name]),
            "mean score": own.mean(1),
            "spread of scores": own.std(1),
            "called scissors": (scores.argmax(2) == SCISSORS).float().mean(1),
        }
    return rows, noises, maps


def noise_summary(noise, maps):
    """The noise at a place of a map of N masks; the same where an error that is alike at all places does not count, for
    it changes no picture; and how many masks make each half as large as what the maps show without noise.
    """
    n = BLOCKS[-2]  # there are more blocks of it than of the last
    of_one, of_one_picture = n * (noise[:, :, -2] ** 2).mean(0)  # the variance of a map of one mask
    signal = (maps.flatten(1).var(1).mean() - of_one_picture / N_MASKS).clamp(min=0).sqrt()
    return {
        "masks": list(BLOCKS),
        "noise": rounded(noise[:, 0].mean(0)),
        "noise, picture": rounded(noise[:, 1].mean(0)),
        "signal": rounded(signal),
        "enough": round((4 * of_one / signal**2).item()) if signal > 0 else None,
        "enough, picture": round((4 * of_one_picture / signal**2).item()) if signal > 0 else None,
    }


# All of it ------------------------------------------------------------------------------------------------------------


def score_of(network, images):
    with torch.no_grad():
        return torch.cat([network(part)[:, SCISSORS] for part in images.split(16)])


def mean_inside(maps, masks):
    return (maps * masks).sum((1, 2, 3)) / masks.sum((1, 2, 3))


def overlap(masks, others):
    return (masks & others).sum((1, 2, 3)) / (masks | others).sum((1, 2, 3)).clamp(min=1)


def rounded(values):
    """Five digits of each."""
    return [float(f"{each:.5g}") for each in values.tolist()] if values.ndim else float(f"{values.item():.5g}")


def scissors(n):
    """The first n scissors of the test split: (indices, images, {part: mask (n, 1, H, W)})."""
    hands = load_hands("test")
    indices = (hands.labels == SCISSORS).nonzero()[:n, 0]
    fingers = hands.fingers[indices]
    parts = {
        "hand": hands.hand[indices],
        "fingers": fingers.any(1, keepdim=True),
        "index + middle": fingers[:, [INDEX, MIDDLE]].any(1, keepdim=True),
        "middle": fingers[:, [MIDDLE]],
    }
    return indices, hands.images[indices], parts


def part_of(rows, columns, controls):
    values = {
        row: {column: rounded(each) for column, each in found.items() if each is not None}
        for row, found in rows.items()
    }
    return {"columns": columns, "controls": controls, "values": values}


def areas(parts, columns):
    return {column: parts[part].float().mean((1, 2, 3)) for column, part in columns.items()}


def measure_occlusion(network, images, parts):
    hand, fingers = parts["hand"], parts["fingers"]
    rows = occlusion_values(network, images, hand, fingers)
    controls = []
    for seed in SEEDS:
        other = occlusion_values(untrained_network(seed), images, hand, fingers, ("green", "grey"))
        for fill, row in other.items():
            controls.append(f"untrained {seed}, {fill}")
            rows[controls[-1]] = row
    rows["area"] = areas(parts, {"on the hand": "hand", "on the fingers": "fingers"})
    rows["area"] |= areas(parts, {"positive, hand": "hand", "positive, fingers": "fingers"})
    return part_of(rows, OCCLUSION, [*controls, "area"])


def measure_extremal(network, images, parts):
    rows = extremal_values(network, images, parts)
    controls = [row for row in rows if row.startswith(CONTROLS) or "untrained" in row]
    columns = {"on the hand": "hand", "on the fingers": "fingers", "on index + middle": "index + middle"}
    rows["area"] = areas(parts, columns)
    return part_of(rows, EXTREMAL, [*controls, "area"])


def measure_rise(network, images, parts):
    masks = drawn_masks(N_MASKS, images.shape[-1])
    rows, noises, greens = {}, {}, None
    green = fill_of("green", images, None)
    scores = {
        "green": scores_of_masks(network, images, green, masks),
        "grey": scores_of_masks(network, images, torch.full_like(images, 0.5), masks),
        "untrained 0": scores_of_masks(untrained_network(0), images, green, masks),
    }
    generator = torch.Generator().manual_seed(0)
    scores["scores exchanged"] = torch.stack(
        [each[torch.randperm(N_MASKS, generator=generator)] for each in scores["green"]]
    )
    for name, each in scores.items():
        found, noise, maps = rise_values(each, masks, parts["hand"], parts["fingers"], greens)
        greens = maps if name == "green" else greens
        for reading, row in found.items():
            rows[f"{name}, {reading}"] = row
            noises[f"{name}, {reading}"] = noise_summary(noise[reading], maps[reading])
    controls = [row for row in rows if row.startswith(("untrained", "scores"))]
    rows["area"] = areas(parts, {"on the hand": "hand", "on the fingers": "fingers"})
    return part_of(rows, RISE, [*controls, "area"]), noises


def main():
    parser = argparse.ArgumentParser(prog="python -m utils.classroom.cover_experiment")
    parser.add_argument("--images", type=int, default=N_IMAGES, help="only the first so many scissors, at least 2")
    n = parser.parse_args().images
    indices, images, parts = scissors(n)
    network = load_network("hands")
    result = {
        "how": "python -m utils.classroom.cover_experiment" + f" --images {n}" * (n != N_IMAGES),
        "images": len(images),
        "indices": indices.tolist(),
        "occlusion": measure_occlusion(network, images, parts),
    }
    result["rise"], result["noise"] = measure_rise(network, images, parts)
    result["extremal"] = measure_extremal(network, images, parts)
    with replacing(COVER) as beside:
        text = json.dumps(result, indent=1, ensure_ascii=False)
        text = re.sub(r"\[[^][{}]*\]", lambda found: " ".join(found[0].split()), text)  # a list, a line
        beside.write_text(text + "\n", encoding="utf-8")
    for name in ("occlusion", "rise", "extremal"):
        print(name)
        for row, columns in load_cover_results()[name]["rows"].items():
            print(f"  {row:34}" + "  ".join(f"{column} {value[0]:.4g}" for column, value in columns.items()))


if __name__ == "__main__":
    main()
