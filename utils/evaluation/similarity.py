"""How alike two maps are: by the order of their places, as pictures, and in what they mark most."""

from numbers import Real

import torch

from ..methods.hygiene import described


def map_similarity(maps, others):
    """Spearman's rank correlation of each map with its other, signed values, over all places: (N,) in [−1, 1].

    maps and others (N, C, h, w); the channels are added up first. 1: the same order of places; 0: none in common;
    −1: the reverse order. Ties share their mean rank. A map that is the same everywhere has no order: it is like
    another such map (1) and unlike any other (0).
    """
    from scipy.stats import rankdata  # here, because it takes a third as long to import as torch

    first, second = (torch.from_numpy(rankdata(each, axis=1)) for each in _places(maps, others))
    first, second = (ranks - ranks.mean(1, keepdim=True) for ranks in (first, second))  # exact: half integers
    sizes = first.norm(dim=1) * second.norm(dim=1)
    without_order = ((first == 0) & (second == 0)).all(1).double()
    return torch.where(sizes > 0, (first * second).sum(1) / sizes, without_order).clamp(-1, 1).float()


def map_ssim(maps, others):
    """Structural similarity of each map with its other: (N,) in [−1, 1]; 1 for two equal pictures.

    maps and others (N, C, h, w), at least 7 × 7; the channels are added up, and each map is divided by its largest
    size, as it is when it is drawn. A map that is zero everywhere stays so. A reversed map may come out above 0: where
    mean and structure both change sign, their product does not. Wang et al. 2004, by scikit-image.
    """
    from skimage.metrics import structural_similarity  # here, because scipy comes with it

    first, second = (each / each.abs().amax(1, keepdim=True).clamp(min=1e-300) for each in _places(maps, others))
    height, width = maps.shape[2:]
    if min(height, width) < 7:
        raise ValueError(f"maps must be at least 7 × 7, the window of SSIM, got {described(maps)}")
    pairs = zip(*(each.view(-1, height, width).numpy() for each in (first, second)), strict=True)
    return torch.tensor([structural_similarity(a, b, data_range=2.0) for a, b in pairs], dtype=torch.float32)


def top_overlap(maps, others, share=0.1):
    """How many of the places in the top `share` of a map, by size, are in that of its other: (N,) in [0, 1].

    maps and others (N, C, h, w); the channels are added up first. Places that tie for the last ranks share what is
    left of them, so a map agrees with itself; two maps without relation have about `share` in common.
    """
    if not isinstance(share, Real) or not 0 < share < 1:
        raise ValueError(f"share must be a number between 0 and 1, got {described(share)}")
    first, second = (in_the_top(each.abs(), share) for each in _places(maps, others))
    return (torch.minimum(first, second).mean(1) / share).float()


def interval(values):
    """Mean of two or more values (N,) and its 95 % interval, mean ∓ 1.96 s / √N: (3,)."""
    reach = 1.96 * values.std() / len(values) ** 0.5
    return torch.stack([values.mean(), values.mean() - reach, values.mean() + reach])


def in_the_top(sizes, share):
    """1 for places in the top, 0 for others, a part for those that tie for its end: (N, places), with mean `share`."""
    n = sizes.shape[1]
    last = sizes.sort(dim=1, descending=True).values[:, [min(int(share * n), n - 1)]]
    above, tied = (sizes > last).double(), (sizes == last).double()
    return above + tied * (share * n - above.sum(1, keepdim=True)) / tied.sum(1, keepdim=True)


def _places(maps, others):
    """Both as (N, places) of float64, the channels added up."""
    for name, value in {"maps": maps, "others": others}.items():
        if not isinstance(value, torch.Tensor) or value.ndim != 4 or value.numel() == 0:
            raise ValueError(f"{name} must be a tensor (N, C, h, w) that is not empty, got {described(value)}")
        if not value.isfinite().all():
            raise ValueError(f"{name} must be finite, got {described(value)} with NaN or infinity in it")
    if maps.shape != others.shape:
        raise ValueError(f"maps and others must have the same shape, got {tuple(maps.shape)} and {tuple(others.shape)}")
    return (each.detach().cpu().double().sum(1).flatten(1) for each in (maps, others))
