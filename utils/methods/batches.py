"""Many passes of the same images through a model, in batches that fit in memory."""

import torch
from tqdm.auto import tqdm

from .hygiene import at_least_one, check_images, named_classes, quick_layout
from .start_here import all_scores


def rows_at_a_time(images, batch_size=None):
    """How many images go through the model at a time: `batch_size`, or about a million values' worth, 16 at most.

    More make nothing quicker on a CPU: what their layers give no longer fits its caches, nor what malloc keeps at hand.
    """
    check_images(images)
    if batch_size is not None:
        return at_least_one(batch_size, "batch_size")
    return max(1, min(16, 2**20 // images[0].numel()))


def batches(n_images, n, rows):
    """Pairs (i, indices): of the n passes of image i, those that make the next batch, at most `rows` of them.

    Image after image; a progress bar shows after five seconds.
    """
    with tqdm(total=n_images * n, delay=5, leave=False) as bar:
        for i in range(n_images):
            for indices in torch.arange(n, device="cpu").split(rows):
                yield i, indices
                bar.update(len(indices))


def all_scores_in_batches(model, images, rows):
    """The scores of all classes, (N, C), without a graph."""
    with torch.no_grad():
        return torch.cat([all_scores(model, quick_layout(part)) for part in images.split(rows)])


def classes_of(model, images, target, rows):
    """The class to explain of each image: the predicted ones where target is None, else those asked for.

    Whether the model has the classes asked for is seen by whoever runs it on them.
    """
    if target is None:
        return all_scores_in_batches(model, images, rows).argmax(1).tolist()
    return named_classes(target, len(images))
