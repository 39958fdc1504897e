"""What several tests use: models made of a plain function, nearness, and what a call costs."""

import torch
from torch import nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Of(nn.Module):
    """A model from a function of the images (N, C, H, W): its scores (N, C), or (N,), the score of the one class 0."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        scores = self.function(x)
        return scores[:, None] if scores.ndim == 1 else scores


def total(x):
    return x.sum((1, 2, 3))


TOTAL = Of(total)
NAN_WHERE_EMPTY = Of(lambda x: total(x) / total(x))
LOG = Of(lambda x: total(x).log())


def close(found, expected, atol=1e-12):
    expected = expected if isinstance(expected, torch.Tensor) else torch.tensor(expected, dtype=torch.float64)
    torch.testing.assert_close(found, expected.to(found), atol=atol, rtol=atol)


class Peak(TorchDispatchMode):
    """The most bytes that tensors made inside held at a time."""

    def __init__(self):
        super().__init__()
        self.live, self.bytes = {}, 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **kwargs or {})
        for tensor in tree_leaves(made):
            if isinstance(tensor, torch.Tensor):
                storage = tensor.untyped_storage()
                self.live[storage._cdata] = StorageWeakRef(storage), storage.nbytes()
        self.live = {key: (ref, size) for key, (ref, size) in self.live.items() if not ref.expired()}
        self.bytes = max(self.bytes, sum(size for _, size in self.live.values()))
        return made


def counted(model):
    """The number of rows of each forward from now on."""
    sizes = []
    model.register_forward_pre_hook(lambda module, args: sizes.append(len(args[0])))
    return sizes
