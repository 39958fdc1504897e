"""Trains a classifier in the plainest way that works: Adam, cross-entropy, and pictures changed a little every time.

`python -m utils.rps.training` trains the shipped network on the rendered hands, under three minutes on two cores.
"""

import torch
import torch.nn.functional as F
from tqdm import tqdm

from .anatomy import CLASSES
from .hands import load_hands
from .network import WEIGHTS, RockPaperScissorsClassifier, save_network


def train(network, images, labels, *, epochs=14, batch_size=32, learning_rate=1e-3, augmentation=None, seed=0):
    """Trains `network` in place on images (N, 3, H, W) in [0, 1] and labels (N,); returns the mean loss of each epoch.

    `augmentation(images, generator)` changes each batch; None leaves the pictures as they are. The learning rate rises
    to `learning_rate` and falls to 0. The same seed gives the same weights on the same machine, and no random number of
    the caller is used up. The network is left in eval mode.
    """
    generator = torch.Generator().manual_seed(seed)
    network.train().to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), learning_rate, weight_decay=1e-4)
    steps = epochs * -(-len(images) // batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=steps, pct_start=0.1)
    losses = []
    with tqdm(total=steps, desc="training", unit="batch") as bar:
        for _ in range(epochs):
            total = 0.0
            for rows in torch.randperm(len(images), generator=generator).split(batch_size):
                batch = images[rows] if augmentation is None else augmentation(images[rows], generator)
                with torch.autocast("cpu", torch.bfloat16):
                    scores = network(batch.to(memory_format=torch.channels_last))
                loss = F.cross_entropy(scores.float(), labels[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                total += loss.item() * len(rows)
                bar.update()
            losses.append(total / len(images))
            bar.set_postfix(loss=f"{losses[-1]:.3f}")
    network.eval().to(memory_format=torch.contiguous_format)
    return losses


def augment(images, generator):
    """Each picture of the batch in other light, colours, sharpness and place, as another camera might have seen it."""
    images = turn_and_shift(images, generator)
    images = blur_some(images, generator)
    return change_colours(images, generator)


def _uniform(generator, low, high, *shape):
    return low + (high - low) * torch.rand(*shape, generator=generator)


def turn_and_shift(images, generator, degrees=15, shift=0.08, zoom=0.2):
    """Turned, moved and scaled a little, half of them upside down: a left hand is a right hand in the mirror.

    Never mirrored left to right: every hand comes from the right.
    """
    n = len(images)
    angle = torch.deg2rad(_uniform(generator, -degrees, degrees, n))
    size = _uniform(generator, 1 - zoom, 1 + zoom, n)
    flip = torch.where(torch.rand(n, generator=generator) < 0.5, -1.0, 1.0)
    move = _uniform(generator, -2 * shift, 2 * shift, n, 2)
    sine, cosine = torch.sin(angle) * size, torch.cos(angle) * size
    # 3/2 and 2/3: the squares are squashed 3:2 pictures, and it is the pictures that turn
    rows = [cosine, -sine * 2 / 3, move[:, 0], flip * sine * 3 / 2, flip * cosine, move[:, 1]]
    grid = F.affine_grid(torch.stack(rows, 1).view(n, 2, 3), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


def blur_some(images, generator):
    """Between the picture and its 3 × 3 mean, by a share drawn for each."""
    share = _uniform(generator, -0.5, 1, len(images), 1, 1, 1).clamp(min=0)
    soft = F.avg_pool2d(F.pad(images, (1, 1, 1, 1), mode="replicate"), 3, 1)
    return images + share * (soft - images)


def change_colours(images, generator):
    """Gain for each channel, contrast, saturation, and noise."""
    n = len(images)
    gain = _uniform(generator, 0.7, 1.3, n, 1, 1, 1) * _uniform(generator, 0.88, 1.12, n, 3, 1, 1)
    contrast, saturation = _uniform(generator, 0.7, 1.3, 2, n, 1, 1, 1)
    images = images * gain
    mean = images.mean((1, 2, 3), keepdim=True)
    images = mean + contrast * (images - mean)
    grey = images.mean(1, keepdim=True)
    images = grey + saturation * (images - grey)
    noise = torch.randn(images.shape, generator=generator) * _uniform(generator, 0, 0.03, n, 1, 1, 1)
    return (images + noise).clamp(0, 1)


@torch.no_grad()
def predict(network, images, batch_size=64):
    """The class with the highest score: images (N, 3, H, W) → (N,) int64."""
    return torch.cat([network(batch).argmax(1) for batch in images.split(batch_size)])


def accuracy(network, images, labels):
    """The share of images whose predicted class is their label, 0 to 1."""
    return (predict(network, images) == labels).float().mean().item()


def confusion_matrix(network, images, labels):
    """(3, 3) int64: row the true class, column the predicted one, in the order of CLASSES."""
    pairs = labels * len(CLASSES) + predict(network, images)
    return torch.bincount(pairs, minlength=len(CLASSES) ** 2).view(len(CLASSES), len(CLASSES))


def train_hands(path=WEIGHTS / "hands.safetensors"):
    """Trains the shipped network on the rendered hands and writes its weights."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = RockPaperScissorsClassifier(image_size=96, width=16, hidden=(64, 32))
        for weight in network.parameters():
            if weight.ndim > 1:  # PyTorch's own start lets the signal fade through nine layers: a lost epoch
                torch.nn.init.kaiming_normal_(weight)
    hands, test = load_hands("train"), load_hands("test")
    train(network, hands.images, hands.labels, augmentation=augment)
    print(f"test accuracy {accuracy(network, test.images, test.labels):.3f}")
    print(confusion_matrix(network, test.images, test.labels))
    save_network(network, path)
    return network


if __name__ == "__main__":
    train_hands()
