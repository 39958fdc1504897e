"""Maps held against what is known of the pictures."""

import torch
import torch.nn.functional as F


def share_inside(maps, masks):
    """The part of each map's sum of absolute values that lies inside its mask.

    maps (N, C, h, w), masks (N, 1, H, W) of bool → (N,) in [0, 1]; NaN for a map that is zero everywhere.
    A coarser map is enlarged to the size of the masks, each value as a block. Other shapes raise ValueError, masks of
    another type TypeError.
    """
    if maps.ndim != 4 or masks.ndim != 4 or len(maps) != len(masks):
        raise ValueError(
            f"maps and masks: expected (N, C, h, w) and (N, 1, H, W) of the same N, "
            f"got {tuple(maps.shape)} and {tuple(masks.shape)}"
        )
    if masks.dtype != torch.bool:
        raise TypeError(f"masks: expected bool, got {masks.dtype}; `masks > 0` makes it so")
    size = F.interpolate(maps.detach().abs().sum(dim=1, keepdim=True), masks.shape[2:])
    return (size * masks).sum(dim=(1, 2, 3)) / size.sum(dim=(1, 2, 3))
