"""Three photographs and a network trained on ImageNet, for those who can fetch its weights."""

import contextlib
import io
import os
import socket
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

PHOTOGRAPHS = {"cat": "chelsea", "coffee": "coffee", "rocket": "rocket"}  # what it shows → its name in skimage.data
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class ImageNetExample(NamedTuple):
    """A network of 1000 classes and three photographs."""

    network: nn.Module  # takes images in [0, 1]: the normalisation is its first layer
    images: torch.Tensor  # (3, 3, 224, 224) float32 in [0, 1]
    labels: torch.Tensor  # (3,) int64: the classes the network predicts
    titles: list  # "cat: Egyptian cat": what is to be seen, and the class predicted


class Normalise(nn.Module):
    """(x − mean) / std, channel by channel."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN).reshape(3, 1, 1))
        self.register_buffer("std", torch.tensor(STD).reshape(3, 1, 1))

    def forward(self, images):
        return (images - self.mean) / self.std


def load_imagenet(weights=None):
    """squeezenet1_1 and three photographs from scikit-image's bundled data, as `ImageNetExample`.

    weights is the path of the network's weights under torchvision's names, .npz or .pth; None is the path in the
    environment variable SALIENCY_WEIGHTS or, without that, torchvision's own download (5 MB, kept for the next time).
    Where that cannot be fetched, says so in a sentence and returns None. A path that does not hold the weights raises
    FileNotFoundError or ValueError.
    """
    from torchvision.models import SqueezeNet1_1_Weights, squeezenet1_1  # here: it takes as long to import as torch

    published = SqueezeNet1_1_Weights.IMAGENET1K_V1
    weights = weights or os.environ.get("SALIENCY_WEIGHTS")
    try:
        state = _read(Path(weights)) if weights else _fetched(published)
        images = torch.stack([_photograph(name) for name in PHOTOGRAPHS.values()])
    except _Unreachable as error:
        print(f"No photographs here: {error}. The lesson goes on without them.")
        return None
    network = squeezenet1_1()
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError("weights: these are not the weights of squeezenet1_1 under torchvision's names") from error
    network = nn.Sequential(Normalise(), network).eval()
    with torch.no_grad():
        labels = network(images).argmax(1)
    classes = published.meta["categories"]
    titles = [f"{seen}: {classes[label]}" for seen, label in zip(PHOTOGRAPHS, labels, strict=True)]
    return ImageNetExample(network, images, labels, titles)


class _Unreachable(Exception):
    pass


def _fetched(published):
    waited = socket.getdefaulttimeout()
    socket.setdefaulttimeout(10)
    try:
        aside = io.StringIO()  # torch.hub says where on this machine it keeps the file
        with contextlib.redirect_stdout(aside), contextlib.redirect_stderr(aside):
            return published.get_state_dict(progress=False, check_hash=True)
    except (OSError, RuntimeError):  # no network, a timeout, a connection cut off; a file that arrived broken
        raise _Unreachable("the weights of squeezenet1_1 could not be downloaded") from None
    finally:
        socket.setdefaulttimeout(waited)


def _read(path):
    """The weights as {name: tensor} of float32."""
    if not path.is_file():
        raise FileNotFoundError(f"weights: expected a .npz or .pth file, there is none at {str(path)!r}")
    try:
        if path.suffix == ".npz":
            with np.load(path) as file:
                state = {name: torch.from_numpy(file[name]) for name in file.files}
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
        return {name: value.float() for name, value in state.items()}
    except Exception as error:  # torch.load meets a file of another kind with whatever its unpickler trips over
        raise ValueError(f"weights: {path.name} is not a file of weights, .npz or .pth") from error


def _photograph(name):
    """(3, 224, 224) in [0, 1], as the network was trained: the shorter side to 256, the middle 224 × 224 cut out."""
    from torchvision.transforms.functional import center_crop, resize

    try:
        from skimage import data

        picture = getattr(data, name)()
    except (ImportError, OSError):
        raise _Unreachable(f"the photograph {name} of scikit-image is missing") from None
    image = torch.from_numpy(picture.copy()).permute(2, 0, 1).float() / 255
    return center_crop(resize(image, 256, antialias=True), 224).clamp(0, 1).contiguous()  # rounding may overshoot
