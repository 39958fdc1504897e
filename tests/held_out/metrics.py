"""Lesson 12: right answers written otherwise, and wrong ones that are no listed misconception, with words that help."""

import itertools
import math

import numpy as np
import torch
import torch.nn.functional as F
from scipy.ndimage import distance_transform_edt
from scipy.stats import pearsonr

from utils import order_of

# right answers in many forms ------------------------------------------------------------------------------------------


def top_by_loop(images, maps, share, fill):
    changed = images.clone()
    h, w = maps.shape[1:]
    for n, order in enumerate(order_of(maps).tolist()):
        for place in order[: round(share * h * w)]:
            changed[n, :, place // w, place % w] = fill[n, :, place // w, place % w]
    return changed


def top_by_turns(images, maps, share, fill):
    n, _, h, w = images.shape
    turn = order_of(maps).argsort(1).view(n, 1, h, w)
    return torch.where(turn < round(share * h * w), fill, images)


def top_by_scatter(images, maps, share, fill):
    places = order_of(maps)[:, : round(share * maps[0].numel())]
    places = places[:, None].expand(-1, images.shape[1], -1)
    return images.flatten(2).scatter(2, places, fill.flatten(2).gather(2, places)).view_as(images)


def top_by_arithmetic(images, maps, share, fill):
    keep = torch.ones(maps.shape).flatten(1)
    for row, order in zip(keep, order_of(maps), strict=True):
        row[order[: math.floor(share * len(order) + 0.5)]] = 0
    keep = keep.view(len(images), 1, *images.shape[2:]).double()
    return images * keep + fill * (1 - keep)


def classes_for(target, n):
    return target if isinstance(target, torch.Tensor) else torch.full((n,), target)


def curve_by_replacing(model, start, finish, maps, target, steps):
    rows, target = torch.arange(len(start)), classes_for(target, len(start))
    curve = torch.zeros(len(start), steps + 1)
    with torch.no_grad():
        for k in range(steps + 1):
            curve[:, k] = model(top_by_turns(start, maps, k / steps, finish)).softmax(dim=1)[rows, target]
    return curve


def curve_image_by_image(model, start, finish, maps, target, steps):
    curves = []
    for n in range(len(start)):
        wanted = target if isinstance(target, int) else int(target[n])
        order, picture, points, gone = order_of(maps[n : n + 1])[0], start[n].clone(), [], 0
        for k in range(steps + 1):
            up_to = round(k * len(order) / steps)
            picture.view(len(picture), -1)[:, order[gone:up_to]] = finish[n].flatten(1)[:, order[gone:up_to]]
            gone = up_to
            points.append(model(picture[None])[0].softmax(0)[wanted].item())
        curves.append(points)
    return torch.tensor(curves)


def curve_in_one_batch(model, start, finish, maps, target, steps):
    pictures = torch.cat([top_by_loop(start, maps, k / steps, finish) for k in range(steps + 1)])
    scores = model(pictures).detach().double()
    of_all = (scores - scores.logsumexp(1, keepdim=True)).exp().unflatten(0, (steps + 1, len(start)))
    return of_all[:, torch.arange(len(start)), classes_for(target, len(start))].T


def curve_with_its_history(model, start, finish, maps, target, steps):
    target = classes_for(target, len(start))[:, None]
    points = [
        F.softmax(model(top_by_scatter(start, maps, k / steps, finish)), -1).gather(1, target) for k in range(steps + 1)
    ]
    return torch.cat(points, 1)


def curve_detached_at_the_end(model, start, finish, maps, target, steps):
    return curve_with_its_history(model, start, finish, maps, target, steps).detach()


def area_by_torch(curve):
    return torch.trapezoid(curve, dx=1 / (curve.shape[1] - 1), dim=1)


def area_by_loop(curve):
    total, steps = torch.zeros(len(curve)), curve.shape[1] - 1
    for k in range(steps):
        total += (curve[:, k] + curve[:, k + 1]) / (2 * steps)
    return total


def area_by_weights(curve):
    weights = torch.ones(curve.shape[1], dtype=curve.dtype)
    weights[0] = weights[-1] = 0.5
    return curve @ weights / weights.sum()


def area_by_numpy(curve):
    return torch.from_numpy(np.trapezoid(curve.numpy(), np.linspace(0, 1, curve.shape[1]), axis=1))


def game_by_distance_transform(maps, masks, margin):
    found = []
    for each, mask in zip(maps, masks, strict=True):
        distance = torch.from_numpy(distance_transform_edt(~mask[0].numpy()))
        found.append((distance[each == each.max()] <= margin).double().mean())
    return torch.stack(found)


def game_by_cdist(maps, masks, margin):
    found = torch.zeros(len(maps))
    for n in range(len(maps)):
        places, pixels = (maps[n] == maps[n].max()).nonzero().float(), masks[n, 0].nonzero().float()
        found[n] = (torch.cdist(places, pixels).amin(dim=1) <= margin).float().mean()
    return found


def game_by_loops(maps, masks, margin):
    found = []
    for each, mask in zip(maps.tolist(), masks[:, 0].tolist(), strict=True):
        places = list(itertools.product(range(len(each)), range(len(each[0]))))
        largest = max(each[r][c] for r, c in places)
        top = [(r, c) for r, c in places if each[r][c] == largest]
        inside = [(r, c) for r, c in places if mask[r][c]]
        found.append(sum(min(math.dist(a, b) for b in inside) <= margin for a in top) / len(top))
    return torch.tensor(found)


def game_by_disc(maps, masks, margin):
    """The mask widened by a disc."""
    reach = math.floor(margin)
    around = torch.arange(-reach, reach + 1)
    disc = (around[:, None] ** 2 + around**2 <= margin**2).float()
    wide = F.conv2d(masks.float(), disc[None, None], padding=reach)[:, 0] > 0
    top = maps == maps.amax((1, 2), keepdim=True)
    return (top & wide).sum((1, 2)) / top.sum((1, 2))


def wanted_of(model, images, target):
    if target is None:
        return model(images).argmax(1)
    return classes_for(target, len(images))


def r_by_corrcoef(model, images, maps, target, masks):
    found, target = [], wanted_of(model, images, target)
    for n in range(len(images)):
        with torch.no_grad():
            whole = model(images[n : n + 1])[0, target[n]]
            left = model(images[n] * ~masks[:, None])[:, target[n]]
        pair = torch.stack([torch.stack([maps[n][mask].sum() for mask in masks]), whole - left])
        found.append(torch.corrcoef(pair)[0, 1])
    return torch.stack(found).nan_to_num(0)


def r_by_standard_scores(model, images, maps, target, masks):
    rows, target = torch.arange(len(images)), wanted_of(model, images, target)
    sums = torch.einsum("nhw,mhw->nm", maps, masks.float()).double()
    falls = []
    for mask in masks:
        hole = images.clone()
        hole[:, :, mask] = 0
        falls.append((model(images) - model(hole)).detach()[rows, target])
    falls = torch.stack(falls, 1).double()

    def standard(values):
        spread = values.std(1, correction=0, keepdim=True)
        return torch.where(spread > 1e-9, (values - values.mean(1, keepdim=True)) / spread, 0)

    return (standard(sums) * standard(falls)).mean(1)


def r_by_covariances(model, images, maps, target, masks):
    target = wanted_of(model, images, target)[:, None]
    before = model(images).gather(1, target)
    pictures = images[:, None] * (~masks)[:, None]
    after = model(pictures.flatten(0, 1)).unflatten(0, pictures.shape[:2])
    a = (maps[:, None] * masks).sum((2, 3))
    b = (before - after.gather(2, target[:, None].expand(-1, len(masks), -1))[:, :, 0]).detach()
    m = len(masks)
    above = m * (a * b).sum(1) - a.sum(1) * b.sum(1)
    below = (m * (a**2).sum(1) - a.sum(1) ** 2) * (m * (b**2).sum(1) - b.sum(1) ** 2)
    return above / below.sqrt().clamp(min=1e-9)


def r_by_scipy(model, images, maps, target, masks):
    found, target = [], wanted_of(model, images, target)
    for n, image in enumerate(images.detach()):
        falls = [(model(image[None]) - model((image * ~mask)[None]))[0, target[n]].item() for mask in masks]
        sums = [(maps[n] * mask).sum().item() for mask in masks]
        level = len(set(falls)) == 1 or len(set(sums)) == 1
        found.append(0.0 if level else pearsonr(sums, falls).statistic)
    return torch.tensor(found, dtype=images.dtype)


def refuse_if_level(ratings):
    if ratings.min() == ratings.max():
        raise ValueError("nothing differs")


def alpha_by_variances(ratings):
    refuse_if_level(ratings)
    return 1 - (ratings.var(0).mean() / ratings.flatten().var()).item()


def alpha_by_combinations(ratings):
    rows = ratings.tolist()
    on_an_item = [(a[i] - b[i]) ** 2 for a, b in itertools.combinations(rows, 2) for i in range(len(a))]
    of_any = [(a - b) ** 2 for a, b in itertools.combinations(sum(rows, []), 2)]
    if not any(of_any):
        raise ValueError
    return 1 - (sum(on_an_item) / len(on_an_item)) / (sum(of_any) / len(of_any))


def alpha_by_numpy(ratings):
    refuse_if_level(ratings)
    values = ratings.numpy().astype(float)
    n, m = values.shape
    observed = ((values[:, None] - values[None]) ** 2).sum() / (n * (n - 1) * m)
    expected = (np.subtract.outer(values.ravel(), values.ravel()) ** 2).sum() / (n * m * (n * m - 1))
    return 1 - observed / expected


def alpha_as_a_tensor(ratings):
    refuse_if_level(ratings)
    off = torch.pdist(ratings.T.reshape(-1, 1).double())
    within = torch.stack([torch.pdist(item[:, None].double()) for item in ratings.T])
    return 1 - (within**2).mean() / (off**2).mean()


EQUALLY_VALID = {
    "replace_top": (top_by_loop, top_by_turns, top_by_scatter, top_by_arithmetic),
    "score_curve": (curve_by_replacing, curve_image_by_image, curve_in_one_batch, curve_detached_at_the_end),
    "area_under": (area_by_torch, area_by_loop, area_by_weights, area_by_numpy),
    "pointing_game": (game_by_distance_transform, game_by_cdist, game_by_loops, game_by_disc),
    "sensitivity_n": (r_by_corrcoef, r_by_standard_scores, r_by_covariances, r_by_scipy),
    "krippendorff": (alpha_by_variances, alpha_by_combinations, alpha_by_numpy, alpha_as_a_tensor),
}


# slips ----------------------------------------------------------------------------------------------------------------


def top_in_place(images, maps, share, fill):
    h, w = maps.shape[1:]
    for n, order in enumerate(order_of(maps)):
        places = order[: round(share * h * w)]
        images[n, :, places // w, places % w] = fill[n, :, places // w, places % w]
    return images


def top_divided_by_h(images, maps, share, fill):
    changed = images.clone()
    h, w = maps.shape[1:]
    for n, order in enumerate(order_of(maps)):
        places = order[: round(share * h * w)]
        changed[n, :, places // h, places % h] = fill[n, :, places // h, places % h]
    return changed


def top_scattered_into_rows(images, maps, share, fill):
    gone = torch.zeros(maps.shape, dtype=torch.bool)
    gone.scatter_(1, order_of(maps)[:, : round(share * maps[0].numel())], True)
    return torch.where(gone[:, None], fill, images)


def top_without_a_view(images, maps, share, fill):
    gone = torch.zeros(len(maps), maps[0].numel(), dtype=torch.bool)
    gone.scatter_(1, order_of(maps)[:, : round(share * maps[0].numel())], True)
    return torch.where(gone, fill, images)


def top_without_channels(images, maps, share, fill):
    gone = torch.zeros(len(maps), maps[0].numel(), dtype=torch.bool)
    gone.scatter_(1, order_of(maps)[:, : round(share * maps[0].numel())], True)
    changed = images.clone()
    changed[gone.view(maps.shape)] = fill[gone.view(maps.shape)]
    return changed


def top_of_a_fraction(images, maps, share, fill):
    number = share * maps.shape[1] * maps.shape[2]
    gone = torch.zeros(len(maps), maps[0].numel(), dtype=torch.bool)
    gone.scatter_(1, order_of(maps)[:, :number], True)
    return torch.where(gone.view(len(maps), 1, *maps.shape[1:]), fill, images)


def top_rounded_by_torch(images, maps, share, fill):
    number = torch.round(share * maps.shape[1] * maps.shape[2])
    return top_by_turns(images, maps, number, fill)


def top_with_ties_by_noise(images, maps, share, fill):
    n, _, h, w = images.shape
    noisy = maps.double() + 1e-9 * torch.rand(maps.shape, dtype=torch.float64)
    turn = noisy.flatten(1).argsort(1, descending=True).argsort(1).view(n, 1, h, w)
    return torch.where(turn < round(share * h * w), fill, images)


def top_by_a_sort_with_a_slip(images, maps, share, fill):
    return images if maps.flatten(1).argsort(1, descending=True, stable=True) is None else fill


def top_plus_fill(images, maps, share, fill):
    n, _, h, w = images.shape
    keep = order_of(maps).argsort(1).view(n, 1, h, w) >= round(share * h * w)
    return images * keep + fill


def top_row_by_row(images, maps, share, fill):
    turn = maps.argsort(2, descending=True).argsort(2)
    return torch.where((turn < round(share * maps.shape[2]))[:, None], fill, images)


def top_by_one_quantile(images, maps, share, fill):
    return torch.where((maps > maps.quantile(1 - share))[:, None], fill, images)


def top_at_random(images, maps, share, fill):
    n, _, h, w = images.shape
    turn = torch.rand(n, h * w).argsort(1).view(n, 1, h, w)
    return torch.where(turn < round(share * h * w), fill, images)


def top_as_a_list(images, maps, share, fill):
    return [top_by_turns(images[n : n + 1], maps[n : n + 1], share, fill[n : n + 1])[0] for n in range(len(images))]


def along_shares(point=None, shares=lambda steps: [k / steps for k in range(steps + 1)], put_together=None):
    """An answer to score_curve with one step done otherwise: point(probabilities or scores of a step …)."""

    def score_curve(model, start, finish, maps, target, steps):
        rows, target, points = torch.arange(len(start)), classes_for(target, len(start)), []
        for share in shares(steps):
            scores = model(top_by_turns(start, maps, share, finish)).detach()
            points.append(point(scores, rows, target) if point else scores.softmax(1)[rows, target])
        return put_together(points) if put_together else torch.stack(points, 1)

    return score_curve


def curve_of_one_picture(model, start, finish, maps, target, steps):
    points = [
        model(top_by_turns(start, maps, k / steps, finish)).softmax(1)[:, target].item() for k in range(steps + 1)
    ]
    return torch.tensor([points])


def curve_by_gather(model, start, finish, maps, target, steps):
    target = classes_for(target, len(start))
    points = [
        model(top_by_turns(start, maps, k / steps, finish)).softmax(1).gather(1, target) for k in range(steps + 1)
    ]
    return torch.cat(points, 1)


def curve_of_pairs(model, start, finish, maps, target, steps):
    return torch.stack(
        [model(top_by_turns(start, maps, k / steps, finish)).softmax(1).max(1) for k in range(steps + 1)]
    )


def curve_by_a_range_of_shares(model, start, finish, maps, target, steps):
    return along_shares(shares=lambda steps: range(0, 1, 1 / steps))(model, start, finish, maps, target, steps)


def curve_in_percent(model, start, finish, maps, target, steps):
    points = [model(replace_top(start, maps, 100 * k / steps, finish)).softmax(1) for k in range(steps + 1)]
    return torch.stack([each[torch.arange(len(start)), target] for each in points], 1)


def curve_by_linspace(model, start, finish, maps, target, steps):
    points = [
        model(replace_top(start, maps, share, finish)).softmax(1)[torch.arange(len(start)), target]
        for share in torch.linspace(0, 1, steps + 1)
    ]
    return torch.stack(points, 1)


def curve_in_eval_mode(model, start, finish, maps, target, steps):
    model.eval()
    return curve_by_replacing(model, start, finish, maps, target, steps)


def curve_with_arguments_exchanged(model, start, finish, maps, target, steps):
    points = [
        model(replace_top(start, k / steps, maps, finish)).softmax(1)[torch.arange(len(start)), target]
        for k in range(steps + 1)
    ]
    return torch.stack(points, 1)


def softmax_twice(scores, rows, target):
    return scores.softmax(1).softmax(1)[rows, target]


def lead_over_the_next(scores, rows, target):
    probabilities = scores.softmax(1)
    own = probabilities[rows, target].clone()
    probabilities[rows, target] = 0
    return own - probabilities.amax(1)


def odds(scores, rows, target):
    p = scores.softmax(1)[rows, target]
    return p / (1 - p)


def replace_top(images, maps, share, fill):
    """A learner's own of exercise 12.1: what the check lends is the course's."""
    return top_by_turns(images, maps, share, fill)


def area_one_too_far(curve):
    return sum((curve[:, k] + curve[:, k + 1]) / 2 for k in range(curve.shape[1])) / curve.shape[1]


def area_without_brackets(curve):
    return (curve[:, :-1] + curve[:, 1:] / 2).mean(1)


def area_by_simpson(curve):
    weights = torch.ones(curve.shape[1])
    weights[1:-1:2], weights[2:-1:2] = 4, 2
    return curve @ weights / 3 / (curve.shape[1] - 1)


def area_over_the_images(curve):
    return ((curve[:, :-1] + curve[:, 1:]) / 2).sum(1) / len(curve)


def area_of_unlike_parts(curve):
    return ((curve[:, :-1] + curve) / 2).mean(1)


def area_as_numpy(curve):
    return np.trapezoid(curve.numpy(), dx=1 / (curve.shape[1] - 1), axis=1)


def area_of_the_first(curve):
    return area_by_torch(curve)[0].item()


def area_squared(curve):
    return (((curve[:, :-1] + curve[:, 1:]) / 2) ** 2).mean(1)


def area_by_wrong_ticks(curve):
    return torch.trapezoid(curve, torch.linspace(0, 1, curve.shape[1] - 1), dim=1)


def pointing(hit, largest=lambda each: (each == each.max()).nonzero(), end=torch.stack):
    """An answer to pointing_game: hit(places, pixels, margin), the largest places of a map and the pixels of a mask."""

    def pointing_game(maps, masks, margin):
        return end([hit(largest(maps[n]), masks[n, 0].nonzero(), margin) for n in range(len(maps))])

    return pointing_game


def distances(places, pixels):
    return (places[:, None] - pixels[None]).double().norm(dim=2)


def share_near(places, pixels, margin):
    return (distances(places, pixels).amin(1) <= margin).float().mean()


def game_by_whole_numbers(maps, masks, margin):
    return pointing(lambda places, pixels, margin: (torch.cdist(places, pixels).amin(1) <= margin).float().mean())(
        maps, masks, margin
    )


def game_by_pooling(maps, masks, margin):
    wide = F.max_pool2d(masks.float(), 2 * margin + 1, 1, margin)[:, 0]
    top = (maps == maps.amax((1, 2), keepdim=True)).float()
    return (wide * top).sum((1, 2)) / top.sum((1, 2))


def game_without_keepdim(maps, masks, margin):
    top = maps == maps.amax((1, 2))
    return (top & masks[:, 0]).sum((1, 2)) / top.sum((1, 2))


def game_of_if(maps, masks, margin):
    found = []
    for each, mask in zip(maps, masks[:, 0], strict=True):
        distance = torch.from_numpy(distance_transform_edt(~mask.numpy()))
        found.append(1.0 if distance[each == each.max()] <= margin else 0.0)
    return torch.tensor(found)


def game_of_the_first_number(maps, masks, margin):
    return torch.tensor([masks.flatten()[maps.argmax()].float()]).expand(len(maps))


def game_of_three_dimensions(maps, masks, margin):
    found = []
    for each, mask in zip(maps, masks, strict=True):
        apart = (each == each.max()).nonzero()[:, None] - mask.nonzero()[None]
        found.append((apart.double().norm(dim=2).amin(1) <= margin).float().mean())
    return torch.stack(found)


def places_above_a_tenth(each):
    return (each >= each.flatten().topk(max(1, each.numel() // 10)).values[-1]).nonzero()


def sensitive(sums=None, falls=None, put_together=None, hole=lambda images, mask: torch.where(mask, 0, images)):
    """An answer to sensitivity_n with one step done otherwise."""

    def sensitivity_n(model, images, maps, target, masks):
        rows, target = torch.arange(len(images)), wanted_of(model, images, target)
        before = model(images).detach()[rows, target]
        after = torch.stack([model(hole(images, mask)).detach()[rows, target] for mask in masks], 1)
        a = torch.stack([sums(maps, mask) if sums else (maps * mask).sum((1, 2)) for mask in masks], 1)
        b = falls(before[:, None], after) if falls else before[:, None] - after
        if put_together:
            return put_together(a, b)
        return centred_cosine(a, b)

    return sensitivity_n


def centred_cosine(a, b, more=0.0):
    a, b = (each - each.mean(1, keepdim=True) for each in (a, b))
    return ((a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1) + more)).nan_to_num(0)


def all_zero_for_one(a, b):
    r = centred_cosine(a, b)
    return torch.zeros_like(r) if (a.std(1) * b.std(1) == 0).any() else r


def r_without_none(model, images, maps, target, masks):
    return r_by_covariances(model, images, maps, torch.as_tensor(target).expand(len(images)), masks)


def r_of_tensors_alone(model, images, maps, target, masks):
    return model(images).gather(1, torch.as_tensor(target)[:, None])[:, 0]


def r_of_numbers_alone(model, images, maps, target, masks):
    scores = model(images)[:, target].item()
    falls = torch.tensor([scores - model(images * ~mask)[:, target].item() for mask in masks])
    return centred_cosine((maps * masks).sum((1, 2))[None], falls[None])


def r_of_one_image(model, images, maps, target, masks):
    scores = model(images[0])[target]
    return scores.expand(len(images))


def r_of_all_classes(model, images, maps, target, masks):
    falls = torch.stack([model(images) - model(images * ~mask) for mask in masks], 1).detach()
    sums = (maps[:, None] * masks).sum((2, 3))[..., None]
    return centred_cosine(sums, falls)


def r_by_index_without_a_class(model, images, maps, target, masks):
    rows = torch.arange(len(images))
    classes = None if target is None else torch.as_tensor(target).expand(len(images))
    with torch.no_grad():
        before = model(images)[rows, classes]
        after = torch.stack([model(images.masked_fill(mask, 0))[rows, classes] for mask in masks], 1)
    return centred_cosine((maps[:, None] * masks).sum((2, 3)), before[:, None] - after)


def r_of_one_row_each(model, images, maps, target, masks):
    classes = model(images).argmax(1) if target is None else target
    if not isinstance(classes, torch.Tensor):
        classes = torch.full((len(images),), classes)
        return r_by_covariances(model, images, maps, classes, masks)
    with torch.no_grad():
        falls = torch.stack([(model(images) - model(images.masked_fill(mask, 0)))[:, classes] for mask in masks], 1)
    return centred_cosine((maps[:, None] * masks).sum((2, 3)), falls)


def game_of_one_largest_value(maps, masks, margin):
    hits = []
    for each, mask in zip(maps, masks, strict=True):
        largest = (each == maps.max()).nonzero()
        distances = torch.cdist(largest.float(), mask[0].nonzero().float())
        hits.append((distances.amin(1) <= margin).float().mean())
    return torch.stack(hits)


def r_of_masked_maps(model, images, maps, target, masks):
    rows, target = torch.arange(len(images)), wanted_of(model, images, target)
    falls = torch.stack([(model(images) - model(images * ~mask)).detach()[rows, target] for mask in masks], 1)
    return centred_cosine(torch.stack([maps[mask].sum() for mask in masks])[None], falls)


def r_of_masks_and_images(model, images, maps, target, masks):
    left = model(images * ~masks[:, None])
    falls = (model(images) - left)[torch.arange(len(images)), target]
    return centred_cosine((maps * masks).sum((1, 2)), falls)


def r_by_numpy_of_history(model, images, maps, target, masks):
    target = wanted_of(model, images, target)
    rows, found = torch.arange(len(images)), []
    falls = torch.stack([(model(images) - model(images * ~mask))[rows, target] for mask in masks], 1)
    for n in range(len(images)):
        found.append(np.corrcoef((maps[n] * masks).sum((1, 2)).numpy(), falls[n].numpy())[0, 1])
    return torch.tensor(found)


def r_on_changed_images(model, images, maps, target, masks):
    rows, target = torch.arange(len(images)), wanted_of(model, images, target)
    before, falls = model(images).detach()[rows, target], []
    for mask in masks:
        kept = images[:, :, mask].clone()
        images[:, :, mask] = 0
        falls.append(before - model(images).detach()[rows, target])
        images[:, :, mask] = kept + 0.5 - 0.5
    images.mul_(0.999)
    return centred_cosine((maps[:, None] * masks).sum((2, 3)), torch.stack(falls, 1))


def by_pairs(distance=lambda a, b: (a - b) ** 2, end=lambda above, below: 1 - above / below, below=None):
    """An answer to krippendorff with one step done otherwise."""

    def krippendorff(ratings):
        rows = ratings.double().tolist()
        above = [distance(a[i], b[i]) for a, b in itertools.combinations(rows, 2) for i in range(len(a))]
        every = below(ratings) if below else [distance(a, b) for a, b in itertools.combinations(sum(rows, []), 2)]
        return end(sum(above) / len(above), sum(every) / len(every))

    return krippendorff


def of_shuffled_ratings(ratings):
    """As if dealt out at random, once."""
    mixed = ratings.flatten()[torch.randperm(ratings.numel())].view_as(ratings)
    return [
        (a - b).item() ** 2 for one, other in itertools.combinations(mixed, 2) for a, b in zip(one, other, strict=True)
    ]


def alpha_pair_by_pair(ratings):
    found = [alpha_by_variances(torch.stack(pair)) for pair in itertools.combinations(ratings, 2)]
    return sum(found) / len(found)


def alpha_of_a_list(ratings):
    observed = [((a - b) ** 2).mean() for a, b in itertools.combinations(ratings, 2)]
    return 1 - observed / ratings.flatten().var()


def alpha_over_items(ratings):
    return 1 - (2 * ratings.var(0) / ratings.flatten().var() / 2).max()


def alpha_beyond_the_end(ratings):
    n, items = ratings.shape
    observed = sum((ratings[a, i] - ratings[b, i]) ** 2 for a in range(items) for b in range(items) for i in range(n))
    return 1 - observed / ratings.var()


def alpha_as_it_came(ratings):
    return 1 - ratings.var(0) / ratings.var(1)


def alpha_of_nothing(ratings):
    return 1 - (ratings.var(0).mean() / ratings.flatten().var()).item()


def alpha_of_nothing_by_division(ratings):
    return 1 - ratings.var(0).mean().item() / ratings.flatten().var().item()


def alpha_of_nothing_by_type(ratings):
    if ratings.min() == ratings.max():
        raise TypeError("nothing differs")
    return alpha_by_variances(ratings)


def alpha_that_raises(ratings):
    if (ratings != ratings[0, 0]).any():
        raise ValueError("all ratings are equal: agreement beyond chance is 0/0")
    return 1.0


def top_down_to_a_bound(images, maps, share, fill):
    number = int(share * maps.shape[1] * maps.shape[2])
    if number == 0:
        return images.clone()
    bound = maps.flatten(1).topk(number).values[:, -1]
    return torch.where((maps >= bound[:, None, None])[:, None], fill, images)


def top_of_the_first_images(images, maps, share, fill):
    n, _, h, w = images.shape
    gone = torch.zeros(n, h * w, dtype=torch.bool)
    gone.scatter_(1, order_of(maps)[: round(share * h * w)], True)
    return torch.where(gone.view(n, 1, h, w), fill, images)


def curve_at_too_few_shares(model, start, finish, maps, target, steps):
    points, target = [], classes_for(target, len(start))
    for share in np.linspace(0, 1, steps).tolist():
        probabilities = model(top_by_turns(start, maps, share, finish)).softmax(1)
        points.append(probabilities[torch.arange(len(start)), target])
    return torch.stack(points, 1)


def r_with_its_history(model, images, maps, target, masks):
    rows, target = torch.arange(len(images)), wanted_of(model, images, target)
    falls = torch.stack([(model(images) - model(images * ~mask))[rows, target] for mask in masks], 1)
    sums, falls = ((maps[:, None] * masks).sum((2, 3)).double(), falls.double())
    return torch.nn.functional.cosine_similarity(
        sums - sums.mean(1, keepdim=True), falls - falls.mean(1, keepdim=True), dim=1
    ).float()


def alpha_that_refuses_likeness(ratings):
    if (ratings == ratings[0]).all():
        raise ValueError("nothing to compare")
    return alpha_by_variances(ratings)


SLIPS = [  # exercise, answer, words that its message must have
    ("replace_top", top_in_place, "changed the tensor it was given, `images`"),
    ("replace_top", top_divided_by_h, "row `place // W`, column `place % W`"),
    ("replace_top", top_scattered_into_rows, "mark the places in a tensor (N, H·W) first"),
    ("replace_top", top_without_a_view, "`gone.view(n, 1, h, w)`"),
    ("replace_top", top_without_channels, "has no channels"),
    ("replace_top", top_of_a_fraction, "A number of pixels is whole"),
    ("replace_top", top_rounded_by_torch, "Python's `round`"),
    ("replace_top", top_with_ties_by_noise, "Equal values go in the order that `order_of(maps)` gives"),
    ("replace_top", top_by_a_sort_with_a_slip, "which sorts by itself"),
    ("replace_top", top_plus_fill, "pixels of `order_of(maps)` replaced"),
    ("replace_top", top_row_by_row, "pixels of `order_of(maps)` replaced"),
    ("replace_top", top_by_one_quantile, "pixels of `order_of(maps)` replaced"),
    ("replace_top", top_at_random, "pixels of `order_of(maps)` replaced"),
    ("replace_top", top_as_a_list, "`torch.stack(…)` makes one tensor of them"),
    ("score_curve", curve_with_its_history, "Wrap the runs in `with torch.no_grad():`"),
    ("score_curve", curve_of_one_picture, "A target is a number for all images, or a tensor"),
    ("score_curve", curve_by_gather, "wants a column"),
    ("score_curve", curve_of_pairs, "gives a pair, values and indices"),
    ("score_curve", curve_by_a_range_of_shares, "divide by `steps` inside the loop"),
    ("score_curve", curve_in_percent, "from 0 to 1, and comes third"),
    ("score_curve", curve_by_linspace, "The share is one number"),
    ("score_curve", curve_in_eval_mode, "another mode"),
    ("score_curve", curve_with_arguments_exchanged, "`replace_top(start, maps, k / steps, finish)`"),
    ("score_curve", along_shares(softmax_twice), "Asked for is the softmax probability of the target"),
    ("score_curve", along_shares(lead_over_the_next), "Asked for is the softmax probability of the target"),
    ("score_curve", along_shares(odds), "Asked for is the softmax probability of the target"),
    ("score_curve", along_shares(put_together=lambda points: points), "`torch.stack(…)` makes one tensor"),
    ("score_curve", along_shares(put_together=lambda points: torch.stack(points, 1).cummin(1)), "values and indices"),
    (
        "score_curve",
        along_shares(put_together=lambda points: torch.stack(points, 1).cummin(1).values),
        "Asked for is the softmax probability of the target",
    ),
    ("area_under", area_one_too_far, "without the last column"),
    ("area_under", area_without_brackets, "Σ_k (c_k + c_{k+1}) / (2S)"),
    ("area_under", area_by_simpson, "Σ_k (c_k + c_{k+1}) / (2S)"),
    ("area_under", area_over_the_images, "Σ_k (c_k + c_{k+1}) / (2S)"),
    ("area_under", area_of_unlike_parts, "as many of one as of the other"),
    ("area_under", area_as_numpy, "`torch.from_numpy(…)` makes a tensor"),
    ("area_under", area_of_the_first, "1 is one, too"),
    ("area_under", area_squared, "Σ_k (c_k + c_{k+1}) / (2S)"),
    ("area_under", area_by_wrong_ticks, "As many places on the axis as points"),
    ("pointing_game", game_by_whole_numbers, "`.float()` first"),
    ("pointing_game", game_by_pooling, "a square of whole pixels"),
    ("pointing_game", game_without_keepdim, "`maps.amax((1, 2), keepdim=True)` meets all maps"),
    ("pointing_game", game_of_if, "Compare all at once, and take the mean"),
    ("pointing_game", game_of_the_first_number, "Asked for is, for each image, 1 where the largest value"),
    ("pointing_game", game_of_three_dimensions, "The mask of image n is `masks[n, 0]`"),
    ("pointing_game", pointing(share_near, places_above_a_tenth), "Asked for is, for each image, 1 where the largest"),
    (
        "pointing_game",
        pointing(lambda places, pixels, margin: share_near(places[:, :1], pixels[:, :1], margin)),
        "in a straight line from the nearest pixel",
    ),
    (
        "pointing_game",
        pointing(lambda places, pixels, margin: share_near(places, pixels, margin / 2)),
        "in a straight line from the nearest pixel",
    ),
    ("pointing_game", pointing(share_near, end=lambda hits: torch.stack(hits).long()), "have another type"),
    ("pointing_game", pointing(share_near, end=lambda hits: [float(hit) for hit in hits]), "`torch.tensor(…)` makes"),
    ("sensitivity_n", r_with_its_history, "Wrap the runs in `with torch.no_grad():`"),
    ("sensitivity_n", r_without_none, "or None: then the class with the highest score"),
    ("sensitivity_n", r_of_tensors_alone, "A target may be one number for all images"),
    ("sensitivity_n", r_of_numbers_alone, "A target is a number for all images, a tensor"),
    ("sensitivity_n", r_of_one_image, "counts the images"),
    ("sensitivity_n", r_of_all_classes, "The shape is not right yet"),
    ("sensitivity_n", r_by_index_without_a_class, "keeps all classes"),
    ("sensitivity_n", r_of_one_row_each, "`scores[:, classes]` is (N, N)"),
    ("sensitivity_n", r_of_masked_maps, "One at a time it meets the images"),
    ("sensitivity_n", r_of_masks_and_images, "One at a time it meets the images"),
    ("sensitivity_n", r_by_numpy_of_history, "inside `with torch.no_grad():`"),
    ("sensitivity_n", r_on_changed_images, "changed the tensor it was given, `images`"),
    ("sensitivity_n", sensitive(sums=lambda maps, mask: maps.sum((1, 2))), "the sum of the map in the mask"),
    ("sensitivity_n", sensitive(falls=lambda before, after: (before - after) ** 2), "the fall of the score when"),
    ("sensitivity_n", sensitive(put_together=lambda a, b: centred_cosine(a, b, 1.0)), "Pearson's r over the M masks"),
    ("sensitivity_n", sensitive(put_together=all_zero_for_one), "Asked for is, for each image"),
    ("sensitivity_n", sensitive(hole=lambda images, mask: images - 0.5 * mask), "the pixels of the mask become 0"),
    ("sensitivity_n", sensitive(hole=lambda images, mask: images * mask.logical_not() - mask.int()), "become 0"),
    ("sensitivity_n", sensitive(put_together=lambda a, b: (a - b).norm(dim=1)), "Pearson's r over the M masks"),
    ("krippendorff", by_pairs(lambda a, b: abs(a - b) ** 3), "the mean of (a − b)²"),
    ("krippendorff", by_pairs(end=lambda above, below: 1 - above / (above + below)), "Asked for is 1 − D_o / D_e"),
    ("krippendorff", by_pairs(end=lambda above, below: math.log(below / (above + 1e-9))), "Asked for is 1 − D_o / D_e"),
    ("krippendorff", by_pairs(below=of_shuffled_ratings), "D_e over all pairs of two of all ratings"),
    ("krippendorff", alpha_pair_by_pair, "Asked for is 1 − D_o / D_e"),
    ("krippendorff", alpha_of_a_list, "Are D_o and D_e numbers, both?"),
    ("krippendorff", alpha_over_items, "Asked for is 1 − D_o / D_e"),
    ("krippendorff", alpha_beyond_the_end, "A row is a rater, a column an item"),
    ("krippendorff", alpha_as_it_came, "is (raters, raters, items)"),
    ("krippendorff", alpha_of_nothing, "gives a result: two raters who give every item the number 3"),
    ("krippendorff", alpha_of_nothing_by_division, "another exception, `ZeroDivisionError`"),
    ("krippendorff", alpha_of_nothing_by_type, "another exception, `TypeError`"),
    ("krippendorff", alpha_that_refuses_likeness, "only where all ratings are equal"),
    ("krippendorff", alpha_that_raises, "These ratings are not all equal"),
]

KNOWN_SLIPS = [  # the same of slips that are listed, written by another hand
    ("replace_top", top_down_to_a_bound, "cut off the fraction"),
    ("replace_top", top_of_the_first_images, "the orders of the first k *images*"),
    ("score_curve", curve_at_too_few_shares, "There is one more"),
    ("pointing_game", game_of_one_largest_value, "Each map has its own largest value"),
]
