"""Input shift: change what does not matter, and see whether the map stays.

The experiment is that of Kindermans et al. 2017, "The (Un)reliability of Saliency Methods", arXiv:1711.00867.
"""

import copy
from contextlib import nullcontext
from numbers import Real

import torch
import torch.nn.functional as F
from torch import nn
from torch.overrides import TorchFunctionMode

from ..methods.batches import all_scores_in_batches, rows_at_a_time
from ..methods.hygiene import check_images, check_model, described
from ..methods.modes import in_eval_mode
from .similarity import interval, map_similarity


def shift_images(images, shift):
    """x + m: all values of a channel moved by the same amount. Not clipped: then the amount would differ.

    images (N, C, H, W); shift m a number or one for each channel, (C,) → (N, C, H, W), in input units.
    Raises TypeError or ValueError for images that are not finite floats (N, C, H, W) and for any other shift.
    """
    check_images(images)
    return images + _by_channel(shift, images.shape[1]).to(images)[:, None, None]


def unchanged_predictions(model, images, shift, *, batch_size=None):
    """argmax S(x + m) = argmax S(x), for each image: (N,) of bool. Errors as for shift_images and class_score."""
    rows = rows_at_a_time(images, batch_size)
    before, after = (all_scores_in_batches(model, x, rows).argmax(1) for x in (images, shift_images(images, shift)))
    return before == after


def stability(method, model, images, shift, *, similarity=map_similarity):
    """Mean similarity of the maps before and after a shift that leaves the prediction, with its 95 % interval.

    method(model, images, target) → maps (N, C, h, w), for the class predicted before the shift. similarity(maps,
    others) → (N,). → (3,): mean, and mean ∓ 1.96 s / √n over the n images whose prediction stays, s their standard
    deviation. ValueError where fewer than two stay.
    """
    stays = unchanged_predictions(model, images, shift)
    if stays.sum() < 2:
        raise ValueError(
            f"shift {shift} leaves the prediction of {int(stays.sum())} of {len(images)} images; an interval needs two"
        )
    images = images[stays]
    target = all_scores_in_batches(model, images, rows_at_a_time(images)).argmax(1)
    return interval(similarity(method(model, images, target), method(model, shift_images(images, shift), target)))


def compensate_shift(model, shift, *, padding=True):
    """f₂ with f₂(x + m) = f₁(x): a copy of `model` whose first layer takes the shift m back.

    Where the first layer computes W x + b, the copy's bias is b − W m; what lies behind it never learns of the shift.
    A convolution that pads with zeros pads with m in the copy, for its zeros are not shifted; padding=False leaves this
    out, and then f₂ differs at the border. shift is a number or one for each channel, (C,). `model` stays as it is.

    The first layer is the first in the order of `model.modules()`, but for nn.Flatten, nn.Identity and dropout.
    ValueError where it is no nn.Conv2d and no nn.Linear, where the shift does not fit it, or where f₂(x + m) comes out
    otherwise than f₁(x) on random images: where the images go elsewhere, too, or are changed before the first layer.
    Kindermans et al., eq. 3.
    """
    check_model(model)
    name, layer = _first_layer(model)
    exact = _with_first(model, name, _compensated(layer, shift, padding=True))
    _check_compensated(model, exact, layer, shift)
    return exact if padding else _with_first(model, name, _compensated(layer, shift, padding=False))


def _first_layer(model):
    """The layer that the images come to first, as far as the order of the modules tells, and its name."""
    passed_over = (nn.Flatten, nn.Identity, nn.Dropout, nn.Dropout2d)
    in_front = None
    for name, module in model.named_modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            return name, module
        if not list(module.children()) and not isinstance(module, passed_over):
            in_front = module
            break
    raise ValueError(f"model must begin with an nn.Conv2d or nn.Linear, got {described(in_front)} in front")


def copy_of(module):
    """A deep copy, also of a layer whose weight is worked out at every call, as by weight norm or pruning."""
    worked_out = (
        value
        for part in module.modules()
        for value in vars(part).values()
        if isinstance(value, torch.Tensor) and not value.is_leaf
    )
    return copy.deepcopy(module, {id(value): value.detach().clone() for value in worked_out})


def _with_first(model, name, first):
    """A copy of the model with another first layer."""
    if not name:
        return first
    model = copy_of(model)
    model.set_submodule(name, first)
    return model


def _compensated(layer, shift, padding):
    layer = copy_of(layer)
    m = _by_channel(shift, layer.in_channels if isinstance(layer, nn.Conv2d) else None).to(layer.weight)
    with torch.no_grad():
        bias = layer.weight.new_zeros(len(layer.weight)) if layer.bias is None else layer.bias
        learns = (layer.weight if layer.bias is None else layer.bias).requires_grad
        layer.bias = nn.Parameter((bias.double() - _product(layer, m)).to(bias), learns)
    pads = _zeros_around(layer)
    if not padding or not any(pads):
        return layer
    layer.padding = (0, 0)
    return nn.Sequential(PadWith(m.detach().clone(), pads), layer).train(layer.training)  # m may be the caller's


def _check_compensated(model, copied, layer, shift):
    """ValueError unless f₂(x + m) = f₁(x), but for rounding, on random images of a size that the model takes."""
    for x, shifted in _random_images(layer, shift):
        try:
            any_length = _AnyLength() if isinstance(layer, nn.Conv2d) else nullcontext()
            with torch.no_grad(), any_length, in_eval_mode(model), in_eval_mode(copied):
                expected, before, got = model(x.clone()), model(shifted.clone()), copied(shifted)
            if not isinstance(got, torch.Tensor):
                raise TypeError(f"an output that is no tensor: {described(got)}")
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            failure = error
            continue
        rounding = max(1e-4, 20 * torch.finfo(got.dtype).eps) * torch.maximum(expected.abs(), before.abs()).max()
        if not (got - expected).abs().max() <= rounding:
            raise ValueError(
                f"model must give its images, as they are, to {described(layer)} alone, its first layer "
                "in the order of its modules: a copy with the shift taken back there differs from it on "
                f"random images by {(got - expected).abs().max():.2g}. Does its forward normalise or clip "
                "the images, or have they another way in?"
            )
        return
    raise ValueError(
        "model must take random images, so that its copy can be tried; it stops with "
        f"{type(failure).__name__}: {failure}"
    ) from failure


def _random_images(layer, shift):
    """Pairs x, x + m that the layer takes, not only in [0, 1], the likeliest sizes first."""
    random = torch.Generator("cpu").manual_seed(0)
    like = {"generator": random, "dtype": torch.float32, "device": "cpu"}
    if isinstance(layer, nn.Linear):
        m = _by_channel(shift)
        x = torch.randn(2, layer.in_features, **like)
        shifted = x + m.repeat_interleave(layer.in_features // len(m)).to(x)
        for shape in (len(m), 1, -1), (-1,):
            yield x.to(layer.weight).reshape(2, *shape), shifted.to(layer.weight).reshape(2, *shape)
        return
    for side in 32, 28, 64, 96, 128, 150, 224, 256, 299:
        x = torch.randn(2, layer.in_channels, side, side, **like).to(layer.weight)
        yield x, shift_images(x, shift)


class _AnyLength(TorchFunctionMode):
    """Inside, a linear layer takes any number of values: spread over, or gathered to, as many as it wants.

    So a network for images of one size can be tried on those of another.
    """

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func is F.linear and args[0].shape[-1] != args[1].shape[1]:
            x = args[0].flatten(0, -2)[None]
            x = F.adaptive_avg_pool1d(x, args[1].shape[1]).reshape(*args[0].shape[:-1], -1)
            args = (x, *args[1:])
        return func(*args, **(kwargs or {}))


def _product(layer, m):
    """W m, where every place of the input has the value of its channel: (outputs,) of float64."""
    weight, m = layer.weight.double(), m.double()
    if isinstance(layer, nn.Linear):
        if layer.in_features % len(m):
            raise ValueError(f"shift must have one value for each channel, got {len(m)} for {layer.in_features} inputs")
        return weight @ m.repeat_interleave(layer.in_features // len(m))
    reach = [dilation * (size - 1) + 1 for size, dilation in zip(layer.kernel_size, layer.dilation, strict=True)]
    window = m[None, :, None, None].expand(1, -1, *reach)
    return F.conv2d(window, weight, dilation=layer.dilation, groups=layer.groups).flatten()


class PadWith(nn.Module):
    """Pads each channel with a value of its own."""

    def __init__(self, values, pads):
        super().__init__()
        self.pads = pads  # left, right, top, bottom
        self.register_buffer("values", values)

    def forward(self, images):
        frame = 1 - F.pad(torch.ones_like(images[:1, :1]), self.pads)  # 0 on the image, 1 around it
        return F.pad(images, self.pads) + frame * self.values[:, None, None]


def _zeros_around(layer):
    """How many zeros the layer adds: left, right, top, bottom."""
    if isinstance(layer, nn.Linear) or layer.padding_mode != "zeros" or layer.padding == "valid":
        return [0]
    if layer.padding != "same":
        return [pad for pad in reversed(layer.padding) for _ in range(2)]
    total = [dilation * (size - 1) for size, dilation in zip(layer.kernel_size, layer.dilation, strict=True)]
    return [pad for both in reversed(total) for pad in (both // 2, both - both // 2)]


def _by_channel(shift, channels=None):
    """The shift as (channels,); a number stands for all channels, and alone where `channels` is None."""
    if isinstance(shift, bool) or not isinstance(shift, (Real, torch.Tensor)):
        raise TypeError(f"shift must be a number or a tensor (C,), got {described(shift)}")
    m = torch.as_tensor(shift, dtype=torch.float64, device=getattr(shift, "device", "cpu"))
    if m.ndim > 1 or m.numel() == 0 or (m.ndim == 1 and channels and len(m) != channels):
        each = f"each of the {channels} channels" if channels else "each channel"
        raise ValueError(f"shift must be a number or have one value for {each}, got {described(shift)}")
    if not m.isfinite().all():
        raise ValueError(f"shift must be finite, got {shift}")
    return m.expand(channels or m.numel())
