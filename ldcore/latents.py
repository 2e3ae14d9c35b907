"""What training needs, computed once: each image's latent posterior; and the way back to images."""

import numpy as np
import torch
from tqdm import tqdm

from ldcore.backbone import gray_to_tensor, to_uint8
from ldcore.chunks import chunk_size, in_chunks


@torch.no_grad()
def encode(backbone, images, batch_size: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Scaled latent (mean, std) of uint8 images [N, H, W(, 3)], each float32 [N, 4, h, w]; posterior noise is drawn later."""
    factor, device = backbone.vae.config.scaling_factor, backbone.device

    def posterior(rows):
        found = backbone.vae.encode(gray_to_tensor(rows).to(device, memory_format=torch.channels_last)).latent_dist
        return found.mean * factor, found.std * factor

    images = torch.as_tensor(np.asarray(images))
    size = chunk_size(device, batch_size)
    parts = list(tqdm(in_chunks(posterior, images, size=size), desc="encode", total=-(-len(images) // size), mininterval=2))
    return tuple(torch.cat([part[i].cpu().contiguous() for part in parts]).numpy() for i in (0, 1))


@torch.no_grad()
def decode(backbone, latents: torch.Tensor, batch_size: int = 16) -> np.ndarray:
    """Scaled latents [N, 4, h, w] to uint8 images [N, H, W, 3]."""
    factor, device = backbone.vae.config.scaling_factor, backbone.device

    def images(rows):
        rows = rows.to(device, memory_format=torch.channels_last)
        return (torch.from_numpy(to_uint8(backbone.vae.decode(rows / factor).sample)),)

    return torch.cat([part for part, in in_chunks(images, latents, size=chunk_size(device, batch_size))]).numpy()
