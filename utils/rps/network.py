"""The classifier that the lessons explain, and its shipped weights."""

import json
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save
from torch import nn

from .anatomy import CLASSES
from .files import replacing

WEIGHTS = Path(__file__).with_name("weights")


class RockPaperScissorsClassifier(nn.Sequential):
    """Six convolutions and three linear layers: images (N, 3, image_size, image_size) in [0, 1] → scores (N, 3).

    conv 3→w, w→2w, pool, 2w→4w, 4w→4w, pool, 4w→8w, 8w→8w, pool, then linear → hidden[0] → hidden[1] → 3. Convolutions
    are 3×3 with padding 1; a ReLU follows all but the last layer. The scores, in the order of CLASSES, are not yet
    through a softmax.
    With the defaults it has 86,588,099 parameters, nearly all of them in the first linear layer.
    """

    def __init__(self, image_size=150, width=32, hidden=(1024, 512)):
        if image_size < 8:
            raise ValueError(f"image_size: expected 8 or more (three poolings halve it), got {image_size}")
        w, side = width, image_size // 8
        super().__init__(
            *_convolution(3, w), *_convolution(w, 2 * w), nn.MaxPool2d(2),
            *_convolution(2 * w, 4 * w), *_convolution(4 * w, 4 * w), nn.MaxPool2d(2),
            *_convolution(4 * w, 8 * w), *_convolution(8 * w, 8 * w), nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(8 * w * side * side, hidden[0]), nn.ReLU(),
            nn.Linear(hidden[0], hidden[1]), nn.ReLU(),
            nn.Linear(hidden[1], len(CLASSES)),
        )  # fmt: skip
        self.architecture = {"image_size": image_size, "width": width, "hidden": list(hidden)}


def _convolution(channels_in, channels_out):
    return nn.Conv2d(channels_in, channels_out, 3, padding=1), nn.ReLU()


def load_network(name="hands"):
    """A small trained classifier (width 16, images 96 × 96), in eval mode.

    "hands" has seen rendered hands only, "photos" photographs only. A network trained by `make weights` is there by its
    name, too: "photos_full" is the full one (width 32, images 150 × 150).
    Raises ValueError for a name that no file in `weights/` has.
    """
    available = sorted(path.stem for path in WEIGHTS.glob("*.safetensors"))
    if name not in available:
        raise ValueError(f"name: expected one of {', '.join(map(repr, available)) or 'none'}, got {name!r}")
    with safe_open(WEIGHTS / f"{name}.safetensors", "pt") as file:
        network = RockPaperScissorsClassifier(**json.loads(file.metadata()["architecture"]))
        network.load_state_dict({key: file.get_tensor(key) for key in file.keys()})
    return network.eval()


def save_network(network, path):
    """Writes the weights as float16 with the architecture, so that `load_network` can build it again."""
    weights = {key: value.detach().half().contiguous() for key, value in network.state_dict().items()}
    with replacing(path) as beside:
        beside.write_bytes(save(weights, {"architecture": json.dumps(network.architecture)}))
