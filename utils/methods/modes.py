"""The model in eval mode while it is explained, and afterwards as it was, whoever else is explaining it meanwhile."""

import threading
from contextlib import contextmanager

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

_door = threading.Condition()
_inside = {}  # thread → whether it had to switch its model's mode, and so is alone; the others change nothing


@contextmanager
def in_eval_mode(model):
    """The model in eval mode; afterwards every submodule is in the mode it was in, also after an exception.

    A model that is in eval mode is not touched, and any number of threads may explain it at once. One that is not is
    switched, by its own eval() and train(), for one thread at a time; the others wait. What else runs it meanwhile,
    a training loop in another thread, say, finds it in eval mode.

    ValueError for a model whose batch norm goes by the batch in eval mode, too: there the rows are not independent.
    """
    here = threading.get_ident()
    if here in _inside:  # a call within a call has its turn
        with _switched(model):
            yield
        return
    try:
        with _door:
            while any(_inside.values()) or (_training(model) and _inside):
                _door.wait()
            _inside[here] = _training(model)
        with _switched(model):
            yield
    finally:
        with _door:
            _inside.pop(here, None)
            _door.notify_all()


def _training(model):
    return any(module.training for module in model.modules())


@contextmanager
def _switched(model):
    before = [(module, module.training) for module in model.modules()]
    try:
        if _training(model):
            _eval(model)
        _check_rows_apart(model)
        yield
    finally:
        # Parents first: what a train() of theirs does to their children, the children's own turn puts right.
        for module, training in before:
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
        raise ValueError(f"model must be one that can be put into eval mode, which {type(model).__name__} cannot (an "
                         "exported program has its mode built in): explain the model it was made from") from error


def _acts_on_its_mode(module):
    """Whether it has a train() of its own, as layers that merge a low-rank part in eval mode have."""
    return type(module).train is not nn.Module.train or "train" in vars(module)


def _check_rows_apart(model):
    for name, module in model.named_modules():
        if isinstance(module, _BatchNorm) and (module.training or module.running_mean is None):
            why = "stays in training mode" if module.training else "has no running statistics"
            raise ValueError(f"model must treat each image on its own in eval mode, but its {type(module).__name__} "
                             f"{name!r} {why}: it goes by the mean of the batch. Track running statistics, or use "
                             "GroupNorm or InstanceNorm")
