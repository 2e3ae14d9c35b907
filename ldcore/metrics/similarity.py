"""How alike two images are, pair by pair: SSIM, PSNR and learned perceptual distances, each a value a pair [N]."""

import functools

import numpy as np

from ldcore.runtime.errors import UserError


def check(first, second) -> tuple[np.ndarray, np.ndarray]:
    """Both as uint8 [N, H, W]; colour becomes its rounded channel mean. UserError: not uint8, or shapes that differ."""
    stacks = []
    for images in (first, second):
        images = np.asarray(images)
        if images.dtype != np.uint8:
            raise UserError(f"Images are {images.dtype}; pass uint8 arrays with values 0-255.")
        stacks.append(np.rint(images.mean(-1)).astype(np.uint8) if images.ndim == 4 else images)
    if stacks[0].shape != stacks[1].shape:
        raise UserError(
            f"Images of shape {stacks[0].shape} cannot be compared with images of shape {stacks[1].shape}; give both one size."
        )
    return stacks[0], stacks[1]


def ssim(first, second) -> np.ndarray:
    """Structural similarity of gray images, scikit-image's with its 7 px window and data_range 255; 1 is equal."""
    from skimage.metrics import structural_similarity

    return np.array([structural_similarity(a, b, data_range=255) for a, b in zip(*check(first, second))])


def psnr(first, second) -> np.ndarray:
    """Peak signal-to-noise ratio of gray images in dB, scikit-image's with data_range 255; infinite where equal."""
    from skimage.metrics import peak_signal_noise_ratio

    with np.errstate(divide="ignore"):
        return np.array([peak_signal_noise_ratio(a, b, data_range=255) for a, b in zip(*check(first, second))])


def perceptual(name: str, first, second, weights=None) -> np.ndarray:
    """A perceptual distance by its name in PERCEPTUAL; 0 is equal. UserError: unknown name, missing weights."""
    if name not in PERCEPTUAL:
        raise UserError(f"Perceptual distance {name!r} is unknown; use one of {', '.join(PERCEPTUAL)}.")
    return PERCEPTUAL[name](*check(first, second), weights)


def lpips_distance(architecture: str):
    """LPIPS (arXiv 1801.03924) of the lpips package, its linear weights; the backbone's ImageNet weights from a file."""

    def distance(first, second, weights):
        import torch

        network = lpips_network(architecture, weights)
        with torch.inference_mode():
            return np.array([network(*(_scaled(image) for image in pair)).item() for pair in zip(first, second)])

    return distance


def lpips_network(architecture: str, weights):
    """lpips.LPIPS with the backbone of torchvision's state dict in the file `weights`."""
    from pathlib import Path

    import lpips
    import torch

    if weights is None or not Path(weights).is_file():
        raise UserError(
            f"LPIPS weights {weights} are missing; give torchvision's {architecture} state dict as weights, or use "
            "lite0_perceptual, whose network is packaged."
        )
    network = lpips.LPIPS(net=architecture, pnet_rand=True, verbose=False)
    state = torch.load(weights, map_location="cpu", weights_only=True)
    # The package cuts torchvision's `features` into slices that keep its numbering.
    own = {key: state[f"features.{key.split('.', 1)[1]}"] for key in network.net.state_dict()}
    network.net.load_state_dict(own)
    return network.eval()


def _scaled(image):
    """uint8 [H, W] to float [1, 3, H, W] in [-1, 1]."""
    import torch

    return (torch.from_numpy(image.astype(np.float32)) / 127.5 - 1).expand(1, 3, *image.shape)


def lite0_perceptual(first, second, weights) -> np.ndarray:
    """LPIPS's distance, unweighted, on the packaged EfficientNet-Lite0: not comparable with LPIPS in size.

    Features after the strides 2 to 32, at 128 px; each place's features to unit length; squared differences summed over
    channels, averaged over places, averaged over the five depths (arXiv 1801.03924, eq. 1 with w = 1).
    """
    import torch

    from ldcore.features.extract import CHUNK

    prepare, stages = _stages(weights)
    found = []
    with torch.inference_mode():
        for start in range(0, len(first), CHUNK):
            parts = [_filled(images[start : start + CHUNK], CHUNK) for images in (first, second)]
            features = [stages(prepare(np.repeat(part[..., None], 3, -1))) for part in parts]
            depths = [_unit(a).sub(_unit(b)).square().sum(1).mean((1, 2)) for a, b in zip(*features)]
            found.append(torch.stack(depths).mean(0)[: len(first) - start])
    return torch.cat(found).double().numpy()


@functools.cache
def _stages(weights):
    """The loaded network: a scoring job asks for it many times."""
    from ldcore.features.extract import lite0_stages

    return lite0_stages(weights)


def _filled(images, count: int):
    """The images, the last one repeated up to `count`: kernels round by batch size."""
    return np.concatenate([images, np.repeat(images[-1:], count - len(images), 0)])


def _unit(features):
    """Features [N, C, h, w] over their length at each place."""
    return features / (features.square().sum(1, keepdim=True).sqrt() + 1e-10)


# name -> distance(gray uint8 [N, H, W], the same, weights file or None)
PERCEPTUAL = {
    "lpips_alex": lpips_distance("alex"),
    "lpips_vgg": lpips_distance("vgg"),
    "lite0_perceptual": lite0_perceptual,
}
