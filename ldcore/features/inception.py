"""Clean-FID's InceptionV3: the network of the published FID (Parmar et al. 2022, arXiv 2104.11222)."""

from pathlib import Path

from ldcore.features._inputs import existing
from ldcore.runtime.errors import UserError

TITLE = "Inception"
OPTIONS = {
    "weights": {
        "type": ["string", "null"],
        "default": None,
        "description": "inception-2015-12-05.pt or its folder; else torch hub's checkpoints, then clean-fid's cache",
    },
}
FILE = "inception-2015-12-05.pt"
URL = "https://nvlabs-fi-cdn.nvidia.com/stylegan2-ada-pytorch/pretrained/metrics/" + FILE
CLEAN_FID_CACHE = Path("/tmp")  # where clean-fid itself downloads to


def load(weights=None):
    """2048 features.

    Convention: clean-fid's mode "clean", its own resizing to 299 x 299 px (PIL bicubic in float, clipped to 0-255),
    then (x - 128) / 128 into the TorchScript file's `layers`, as cleanfid.inception_torchscript does.
    UserError: weights missing, or not the TorchScript Inception.
    """
    import torch

    path = existing(weights_file(weights), f"download {URL} there, or give the file's path as weights")
    try:
        network = torch.nn.Sequential(torch.jit.load(path, map_location="cpu").eval().layers, torch.nn.Flatten())
    except Exception as error:  # a damaged file, another network: many kinds
        raise UserError(f"{path} is not the TorchScript Inception; download {URL} again.") from error
    return prepare, network


def weights_file(weights) -> Path:
    """The file to load: `weights` itself or inside that folder, else the first default place that has it."""
    import torch

    if weights is not None:
        return Path(weights) / FILE if Path(weights).is_dir() else Path(weights)
    hub = Path(torch.hub.get_dir()) / "checkpoints" / FILE
    cache = CLEAN_FID_CACHE / FILE
    return cache if cache.is_file() and not hub.is_file() else hub


def prepare(images):
    """uint8 [n, H, W, 3] -> float32 [n, 3, 299, 299], about -1..1."""
    return (resized_as_clean_fid(images) - 128.0) / 128.0


def resized_as_clean_fid(images):
    """uint8 [n, H, W, 3] -> float32 [n, 3, 299, 299] in 0..255."""
    import torch
    from cleanfid.resize import build_resizer

    resize = build_resizer("clean")
    return torch.stack([torch.from_numpy(resize(image)).permute(2, 0, 1) for image in images])
