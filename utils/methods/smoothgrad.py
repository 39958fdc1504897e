"""SmoothGrad: the mean map of many noisy copies of an image."""

from numbers import Real

import torch

from .batches import batches, classes_of, rows_at_a_time
from .hygiene import at_least_one, described, whole_number


def smoothgrad(method, model, images, target=None, *, noise_level=0.15, n_samples=50, seed=0, batch_size=None):
    """1/n Σ_k M(x + ε_k) with ε_k ~ N(0, σ²) and σ = noise_level × (max x − min x), of each image its own.

    method is any function method(model, images, target) → maps, one an image, such as vanilla_gradient; its maps'
    shape and units are the result's. images (N, C, H, W); target is an int, a LongTensor (N,) or None: the class
    predicted for the image without noise. The noise depends on seed alone: every image gets the same ε up to σ, so a
    map is the same whatever else is in the batch. The model sees batch_size images at a time (None: a number
    that fits in memory); memory does not grow with n_samples.

    Errors as for class_score and of the method. Also TypeError or ValueError for a method that is no function or does
    not return a map an image, a noise_level that is no number ≥ 0, n_samples or batch_size below 1.
    Smilkov et al. 2017, arXiv:1706.03825.
    """
    if not callable(method):
        raise TypeError(f"method must be a function method(model, images, target), got {described(method)}")
    n_samples, seed = at_least_one(n_samples, "n_samples"), whole_number(seed, "seed")
    rows = rows_at_a_time(images, batch_size)
    classes = classes_of(model, images, target, rows)
    images = images.detach()
    sigma = _noise_level(noise_level) * (images.amax((1, 2, 3)) - images.amin((1, 2, 3)))

    total = [0] * len(images)
    for i, samples in batches(len(images), n_samples, rows):
        if samples[0] == 0:
            generator = torch.Generator("cpu").manual_seed(seed)
        noise = [torch.randn(images[i].shape, generator=generator, dtype=torch.float32, device="cpu") for _ in samples]
        noisy = images[i] + sigma[i] * torch.stack(noise).to(images)
        maps = method(model, noisy, classes[i])
        if not isinstance(maps, torch.Tensor) or maps.shape[:1] != noisy.shape[:1]:
            raise ValueError(
                f"method must return a tensor with a map for each of {len(noisy)} images, got {described(maps)}"
            )
        total[i] = total[i] + maps.detach().sum(0)
    return torch.stack(total) / n_samples


def _noise_level(value):
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"noise_level must be a number, got {described(value)}")
    if not 0 <= value < float("inf"):
        raise ValueError(f"noise_level must be a share of the image's range, 0 or more, got {value}")
    return float(value)
