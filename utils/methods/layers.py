"""A layer of a model at work: its maps, and the gradient of the score with respect to them."""

import threading
from contextlib import contextmanager
from types import SimpleNamespace

import torch
from torch import nn

from .hygiene import described, gradient_of
from .start_here import class_score

NORMS = (nn.LayerNorm, nn.RMSNorm)
_registering = threading.Lock()  # PyTorch numbers its hooks without one


def gradient_and_maps(model, images, target, layer):
    """∂S_c/∂A and A, both (N, K, h, w), with A the output of the layer's last run.

    What runs before the layer runs without autograd. layer is a module of the model or None, as for grad_cam, which
    says what errors there are.
    """
    if layer is None:
        layer = _last_registered_convolution(model)
        run = _watched_run(model, images, target, layer)
        if run.last not in (None, layer):  # they ran in another order than they were registered in
            layer = run.last
            run = _watched_run(model, images, target, layer)
        _check_last_convolution(run, model)
    else:
        run = _watched_run(model, images, target, _module_of(model, layer))
    _check_maps(run, model, layer)
    unrelated = "layer must lead to the score, but the score of this target does not depend on its output"
    return gradient_of(run.score, run.maps, unrelated), run.maps.detach()


def _watched_run(model, images, target, layer):
    """Runs the model, the graph cut at the layer's output, and notes what the other layers were given."""
    run = SimpleNamespace(
        n_images=len(images),
        one_place=images[0, 0].numel() == 1,
        last=None,
        last_places=None,
        behind=None,
        channels_last={},
        maps=None,
    )
    with torch.no_grad(), _hooks(model, layer, run):
        run.score = class_score(model, images, target).sum()
        run.autograd_on = torch.is_grad_enabled()
    return run


@contextmanager
def _hooks(model, layer, run):
    here = threading.get_ident()  # another thread that runs this model now is not concerned
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    # Behind the last convolution nothing gains from the channels being last, and the gradient of a pooling is not so.
    layout = torch.contiguous_format if layer in convolutions[-1:] else torch.preserve_format

    def note(module, args, output):
        given = next((x for x in (*args, output) if isinstance(x, torch.Tensor)), None)
        if given is None or threading.get_ident() != here:
            return
        if isinstance(module, nn.Conv2d):
            if output.shape[2:].numel() > 1 or run.one_place:
                run.last, run.last_places, run.behind = module, output.shape[2:], None
        elif given.numel() > len(given) * given.shape[-1]:  # the last dimension holds the features of many places
            if given.shape[1:-1] != run.last_places:  # in ConvNeXt they are those of the convolution, one by one
                run.behind = module
            run.channels_last |= {tuple(x.shape): module for x in (given, output) if isinstance(x, torch.Tensor)}

    def cut(module, args, output):
        if threading.get_ident() != here:
            return None
        if not isinstance(output, torch.Tensor) or not output.is_floating_point():
            raise ValueError(f"layer must have one float tensor as its output, got {described(output)}")
        run.maps = output.detach().requires_grad_()
        torch.set_grad_enabled(True)  # of this thread, up to the end of the run
        return run.maps.clone(memory_format=layout)  # an in-place layer that follows changes the copy

    with _registering:
        handles = [module.register_forward_hook(note) for module in model.modules() if _tells(module)]
        handles.append(layer.register_forward_hook(cut))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _tells(module):
    """Convolutions, and the layers that take the last dimension for the features."""
    if isinstance(module, NORMS):  # but not those of torchvision and timm that take (N, K, h, w) and permute it
        return len(module.normalized_shape) == 1 and type(module).forward in {norm.forward for norm in NORMS}
    return isinstance(module, (nn.Conv2d, nn.Linear, nn.MultiheadAttention)) and not _scripted(module)


def _check_maps(run, model, layer):
    if run.maps is None:
        raise ValueError(
            f"layer must run when the model does, but {described(layer)} did not: got {_name(model, layer)}"
        )
    shape, n = tuple(run.maps.shape), run.n_images
    if run.maps.ndim != 4 or len(run.maps) != n:
        raise ValueError(
            f"layer must give maps (N, K, h, w), here ({n}, K, h, w), got {described(run.maps)} from "
            f"{_name(model, layer)}"
        )
    if shape in run.channels_last and shape[1] != shape[3]:
        raise ValueError(
            f"layer must give maps (N, K, h, w), but those of {_name(model, layer)}, {shape}, are "
            f"(N, h, w, K): {_name(model, run.channels_last[shape])} takes their last dimension for the "
            "channels. Pass a layer whose channels come second, such as the module behind it that "
            "permutes them"
        )
    if shape[2] * shape[3] == 1 and not run.one_place:
        raise ValueError(
            f"layer must give maps of more than one place, got {shape} from {_name(model, layer)}, which "
            "would make a constant map: pass a layer before the pooling"
        )
    if not run.autograd_on:
        raise ValueError(
            f"layer must run with autograd on, but {_name(model, layer)} runs under torch.no_grad() or in "
            "a reentrant checkpoint: give torch.utils.checkpoint use_reentrant=False"
        )


def _check_last_convolution(run, model):
    if run.last is None:
        ran = "ran with maps of more than one place" if run.maps is not None else "ran"
        raise ValueError(f"layer must be given: no convolution (nn.Conv2d) of the model {ran}")
    if run.behind is not None:
        raise ValueError(
            f"layer must be given: behind the last convolution, {_name(model, run.last)}, the model goes "
            f"on with tokens or other places, in {_name(model, run.behind)}. Pass the last layer whose "
            "output is (N, K, h, w); a vision transformer has none behind its patches"
        )


def _last_registered_convolution(model):
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    if any(_scripted(module) for module in model.modules()):
        raise ValueError(
            "model must not be scripted, or hold scripted parts, where layer is None: they cannot be "
            "watched. Explain the model it was scripted from"
        )
    if not convolutions:
        raise ValueError("layer must be given: the model has no nn.Conv2d to take as the last convolution")
    return convolutions[-1]


def _module_of(model, layer):
    if not isinstance(layer, nn.Module):
        raise TypeError(
            f"layer must be a module of the model, got {described(layer)}: "
            "model.get_submodule(name) finds one by its name"
        )
    if all(layer is not module for module in model.modules()):
        raise ValueError(f"layer must be a module of this model, got another {described(layer)}")
    if _scripted(layer):
        raise ValueError(
            f"layer must be a module that is not scripted, got {_name(model, layer)}, which cannot be "
            "watched: explain the model it was scripted from"
        )
    return layer


def _scripted(module):
    return isinstance(module, torch.jit.ScriptModule)


def _name(model, layer):
    """'Conv2d "features.12"'."""
    name = next((name for name, module in model.named_modules() if module is layer), "")
    return f"{type(layer).__name__} {name!r}" if name else type(layer).__name__
