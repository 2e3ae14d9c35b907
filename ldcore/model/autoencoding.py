"""From images to latents, computed once for training, and back."""

import numpy as np
import torch
from tqdm import tqdm

from ldcore.runtime.chunks import chunk_size, in_chunks
from ldcore.runtime.errors import UserError

PIXELS = 4 * 512 * 512  # per call of the autoencoder, which needs some 3 kB per pixel


def images_per_call(device, batch_size: int, side: int) -> int:
    """`batch_size` images (a fixed number on a CPU) of side x side px, or as many as PIXELS allow."""
    return min(chunk_size(device, batch_size), max(1, PIXELS // side**2))


@torch.no_grad()
def encode(backbone, images, batch_size: int = 16, rows=None) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the scaled latents, float32 [N, 4, h, w] each; posterior noise is drawn later.

    images: uint8 [N, H, W] or [N, H, W, 3]; they may lie on disk. rows: encode only these, read a few at a time.
    UserError: not finite.
    """
    factor, device, dtype = backbone.vae.config.scaling_factor, backbone.device, backbone.vae.dtype

    def posterior(chunk):
        pictures = gray_to_tensor(np.asarray(images[chunk.numpy()]))
        pictures = pictures.to(device, dtype, memory_format=torch.channels_last)
        distribution = backbone.vae.encode(pictures).latent_dist
        parts = (distribution.mean.float() * factor, distribution.std.float() * factor)
        check_finite(backbone, *parts)
        return tuple(part.cpu().contiguous() for part in parts)

    rows = torch.as_tensor(np.arange(len(images)) if rows is None else np.asarray(rows))
    size = images_per_call(device, batch_size, images.shape[1])
    chunks = in_chunks(posterior, rows, size=size)
    posteriors = list(tqdm(chunks, desc="encode", total=-(-len(rows) // size), mininterval=2))
    mean, std = (torch.cat(parts).numpy() for parts in zip(*posteriors))
    return mean, std


@torch.no_grad()
def decode(backbone, latents: torch.Tensor, batch_size: int = 16) -> np.ndarray:
    """Scaled latents [N, 4, h, w] to uint8 images [N, H, W, 3]. UserError: the decoder gives none."""
    factor, device, dtype = backbone.vae.config.scaling_factor, backbone.device, backbone.vae.dtype

    def images(chunk):
        chunk = chunk.to(device, memory_format=torch.channels_last)
        pictures = backbone.vae.decode((chunk / factor).to(dtype)).sample.float()
        check_finite(backbone, pictures)
        return (torch.from_numpy(to_uint8(pictures)),)

    side = latents.shape[-1] * 2 ** (len(backbone.vae.config.block_out_channels) - 1)
    size = images_per_call(device, batch_size, side)
    return torch.cat([chunk for (chunk,) in in_chunks(images, latents, size=size)]).numpy()


def check_finite(backbone, *outputs: torch.Tensor) -> None:
    """UserError where the autoencoder gave numbers that are not finite, which would be scored as black pictures."""
    if not all(output.isfinite().all() for output in outputs):
        raise UserError(
            f"Model {backbone.folder}: its autoencoder gives numbers that are not finite, and no pictures; copy or "
            "fetch its vae again, or let sampling.precision be float32."
        )


def gray_to_tensor(images) -> torch.Tensor:
    """uint8 [N, H, W] or [N, H, W, 3] to float32 [N, 3, H, W] in [-1, 1]."""
    tensor = torch.as_tensor(images).float() / 127.5 - 1
    if tensor.ndim == 3:
        tensor = tensor[..., None].expand(*tensor.shape, 3)
    return tensor.permute(0, 3, 1, 2)


def to_uint8(decoded: torch.Tensor):
    """Decoder output [N, 3, H, W] in [-1, 1] to uint8 [N, H, W, 3], clipped and rounded as diffusers does."""
    return ((decoded / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
