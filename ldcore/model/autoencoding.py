"""What training needs, computed once: each image's latent posterior; and the way back to images."""

import numpy as np
import torch
from tqdm import tqdm

from ldcore.model.backbone import gray_to_tensor, to_uint8
from ldcore.runtime.chunks import chunk_size, in_chunks

PIXELS = 4 * 512 * 512  # a call of the autoencoder: it needs some 3 kB a pixel


def images_a_call(device, batch_size: int, side: int) -> int:
    """`batch_size` images (fixed on a CPU) of side x side px, or as many as PIXELS allow: a function of their size alone."""
    return min(chunk_size(device, batch_size), max(1, PIXELS // side**2))


@torch.no_grad()
def encode(backbone, images, batch_size: int = 16, rows=None) -> tuple[np.ndarray, np.ndarray]:
    """Scaled latent (mean, std) of uint8 images [N, H, W(, 3)], each float32 [N, 4, h, w]; posterior noise is drawn later.

    rows: only those of the images, read a few at a time (they may lie on disk).
    """
    factor, device = backbone.vae.config.scaling_factor, backbone.device

    def posterior(chosen):
        pictures = gray_to_tensor(np.asarray(images[chosen.numpy()]))
        found = backbone.vae.encode(pictures.to(device, memory_format=torch.channels_last)).latent_dist
        return (found.mean * factor).cpu().contiguous(), (found.std * factor).cpu().contiguous()

    rows = torch.as_tensor(np.arange(len(images)) if rows is None else np.asarray(rows))
    size = images_a_call(device, batch_size, images.shape[1])
    parts = list(tqdm(in_chunks(posterior, rows, size=size), desc="encode", total=-(-len(rows) // size), mininterval=2))
    return tuple(torch.cat([part[i] for part in parts]).numpy() for i in (0, 1))


@torch.no_grad()
def decode(backbone, latents: torch.Tensor, batch_size: int = 16) -> np.ndarray:
    """Scaled latents [N, 4, h, w] to uint8 images [N, H, W, 3]."""
    factor, device, dtype = backbone.vae.config.scaling_factor, backbone.device, backbone.vae.dtype

    def images(rows):
        rows = rows.to(device, memory_format=torch.channels_last)
        return (torch.from_numpy(to_uint8(backbone.vae.decode((rows / factor).to(dtype)).sample.float())),)

    side = latents.shape[-1] * 2 ** (len(backbone.vae.config.block_out_channels) - 1)
    size = images_a_call(device, batch_size, side)
    return torch.cat([part for (part,) in in_chunks(images, latents, size=size)]).numpy()
