"""The model in eval mode while it is explained, and afterwards as it was, whoever else is explaining it meanwhile."""

import threading
from contextlib import contextmanager, nullcontext

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

_door = threading.Condition()
_inside = {}  # thread → its model, and whether it had to switch it, and so is alone; the others change nothing


@contextmanager
def in_eval_mode(model):
    """The model in eval mode; afterwards every submodule is in the mode it was in, also after an exception.

    A model that is in eval mode is not touched, and any number of threads may explain it at once. One that is not is
    switched, by its own eval() and train(), for one thread at a time; the others wait. What else runs it meanwhile,
    a training loop in another thread, say, finds it in eval mode.

    ValueError for a model that was built under torch.inference_mode(), and for one whose batch norm goes by the batch
    in eval mode, too: there the rows are not independent.
    """
    here = threading.get_ident()
    if here in _inside:  # a call within a call has its turn
        with nullcontext() if _inside[here][0] is model else _switched(list(model.modules())):
            yield
        return
    modules = list(model.modules())
    try:
        with _door:
            while any(alone for _, alone in _inside.values()) or (_inside and _any_trains(modules)):
                _door.wait()
            _inside[here] = model, _any_trains(modules)
        with _switched(modules):
            yield
    finally:
        with _door:
            _inside.pop(here, None)
            _door.notify_all()


def _any_trains(modules):
    return any(module.training for module in modules)


@contextmanager
def _switched(modules):
    model = modules[0]
    before = [module.training for module in modules]
    try:
        if any(before):
            _eval(model)
        _check_tensors(model)
        _check_rows_apart(model, modules)
        yield
    finally:
        # Parents first: what a train() of theirs does to their children, the children's own turn puts right.
        for module, training in zip(modules, before, strict=True):
            if module.training == training:
                continue
            if _acts_on_its_mode(module):
                module.train(training)
            else:
                module.training = training


def _eval(model):
    try:
        model.eval()
    except NotImplementedError as error:
        raise ValueError(
            f"model must be one that can be put into eval mode, which {type(model).__name__} cannot (an "
            "exported program has its mode built in): explain the model it was made from"
        ) from error


def _acts_on_its_mode(module):
    """Whether it has a train() of its own, as layers that merge a low-rank part in eval mode have."""
    return type(module).train is not nn.Module.train or "train" in vars(module)


def _check_tensors(model):
    for kind, tensors in {"parameters": model.parameters, "buffers": model.buffers}.items():
        if any(tensor.is_inference() for tensor in tensors()):
            name = next(name for name, tensor in getattr(model, f"named_{kind}")() if tensor.is_inference())
            raise ValueError(
                f"model was built under torch.inference_mode(), and autograd refuses such {kind} "
                f"({name!r}): build or load it outside"
            )


def _check_rows_apart(model, modules):
    for module in modules:
        if isinstance(module, _BatchNorm) and (module.training or module.running_mean is None):
            name = next(name for name, other in model.named_modules() if other is module)
            why = "stays in training mode" if module.training else "has no running statistics"
            raise ValueError(
                f"model must treat each image on its own in eval mode, but its {type(module).__name__} "
                f"{name!r} {why}: it goes by the mean of the batch. Track running statistics, or use "
                "GroupNorm or InstanceNorm"
            )
