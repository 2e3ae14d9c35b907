"""Features of images, for the distances in ldcore.metrics: a file an extractor, and the one function that runs them.

An extractor is a plug-in (ldcore/plugins.py): a file in this folder, or any module by its dotted name. It has

    load(**options) -> (prepare, network)

with its OPTIONS as keyword arguments. prepare: uint8 numpy [n, H, W, 3] in 0..255 -> float32 tensor [n, C, h, w];
network: a torch module in evaluation mode, such a tensor -> [n, D], whose rows do not depend on each other. It raises
UserError where weights are missing or are another network's, and never downloads. It may declare

    NEEDS_WEIGHTS    True: nothing works without the option `weights` (default False)
    LIKE_INCEPTION   False: features so unlike Inception's that the paper's FID says nothing beside (default True)
"""

import functools
from pathlib import Path

from ldcore import plugins
from ldcore.runtime.errors import UserError
from ldcore.runtime.pixels import coloured


def extract(name: str, images, batch_size: int = 32, progress: bool = False, **options):
    """Features of `images` under the extractor `name`: float32 numpy [N, D].

    images: uint8 (0-255), [N, H, W] or [N, H, W, 3]; gray is repeated to 3 channels. Images that are not square are
    stretched to the network's input. batch_size: images prepared at once (memory alone; rounded up to whole calls of
    the network). options: the extractor's own, e.g. `weights`. An image's features do not depend on the others it comes
    with nor on `batch_size`, bit for bit on one CPU thread; a GPU is used where there is one. Nothing is downloaded.
    UserError: unknown name or option; wrong dtype or shape; weights missing or unreadable; NaN features.
    """
    options = {key: str(value) if isinstance(value, Path) else value for key, value in options.items()}
    options = plugins.options("extractor", name, options)
    _check(images, batch_size)
    import torch
    from tqdm import tqdm

    from ldcore.runtime.chunks import CPU_CHUNK, in_chunks
    from ldcore.runtime.device import pick_device

    prepare, network = plugins.find("extractor", name).load(**options)
    device = pick_device()
    network = network.to(device)

    def features_of(pixels):
        return (network(pixels.to(device).contiguous(memory_format=torch.channels_last)).cpu(),)

    step = -(-batch_size // CPU_CHUNK) * CPU_CHUNK  # on a GPU too: features are compared in their last digits
    features = []
    with torch.inference_mode(), tqdm(total=len(images), desc=name, unit="image", disable=not progress) as bar:
        for start in range(0, len(images), step):
            batch = coloured(images[start : start + step])
            features += [rows for (rows,) in in_chunks(features_of, prepare(batch))]
            bar.update(len(batch))
    features = torch.cat(features).float()
    if bad := int((~features.isfinite()).reshape(len(features), -1).any(1).sum()):
        raise UserError(
            f"The extractor {name} gives NaN or infinity for {bad} of {len(features)} images; give other weights than "
            f"{options.get('weights') or 'its own'}."
        )
    return features.numpy()


@functools.cache
def like_inception(name: str) -> bool:
    """Whether the paper's FID may stand beside distances of these features; True for a name that is no extractor."""
    try:
        return plugins.declared("extractor", name).get("LIKE_INCEPTION", True)
    except UserError:  # a classifier or a measure, which share the tables' column
        return True


def _check(images, batch_size):
    """UserError unless `images` has a `shape` and `dtype` that `extract` accepts and `batch_size` is at least 1."""
    shape, dtype = tuple(getattr(images, "shape", ())), str(getattr(images, "dtype", type(images).__name__))
    if dtype.removeprefix("torch.") != "uint8":
        raise UserError(f"Images are {dtype}; pass one uint8 array with values 0-255.")
    gray, colour = len(shape) == 3 and shape[2] != 3, len(shape) == 4 and shape[3] == 3
    if not (gray or colour) or 0 in shape:
        raise UserError(f"Images have shape {shape}; pass at least one image as [N, H, W] or [N, H, W, 3].")
    if batch_size < 1:
        raise UserError(f"batch_size is {batch_size}; give at least 1.")
