"""Trial samples of one checkpoint, as drift sources that search ask for them: every drift from the same noise."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from ldcore.drift import Drift
from ldcore.model.autoencoding import decode, encode
from ldcore.model.backbone import embed_prompts
from ldcore.sampling.ddim import Sampling, network, sample, starting_noise


@dataclass(frozen=True)
class Trial:
    """N trial images of one checkpoint, and the M real images that they are to be like."""

    backbone: object
    sampling: Sampling
    prompts: list[str]  # of each trial image; prompts[n] describes real[n % M]
    real: np.ndarray  # uint8 [M, H, W], of the training or validation split
    kind: str = "prior"  # of the drift: what sampling does with its value
    seed: int = 0  # of the noise, which no other job draws

    @cached_property
    def embeds(self) -> torch.Tensor:
        """Of the empty prompt, then of each image's, [1 + N, 77, D]."""
        return embed_prompts(self.backbone, ["", *self.prompts])

    @cached_property
    def noise(self) -> torch.Tensor:
        """N(0, I) float32 [N, C, h, w], the same for every drift."""
        config = self.backbone.unet.config
        shape = (config.in_channels, config.sample_size, config.sample_size)
        draws = [starting_noise(shape, self.seed, "trial", number) for number in range(len(self.prompts))]
        return torch.stack(draws)

    @cached_property
    def real_latents(self) -> np.ndarray:
        """Scaled latent means of the real images, float32 [M, C, h, w]."""
        return encode(self.backbone, self.real, self.sampling.batch_size)[0]

    @cached_property
    def scheduler(self):
        """A DDIMScheduler at the steps of sampling, of which timesteps[0] is the first."""
        scheduler = type(self.backbone.scheduler).from_config(self.backbone.scheduler.config)
        scheduler.set_timesteps(self.sampling.steps)
        return scheduler

    def latents(self, value) -> torch.Tensor:
        """Where sampling ends with a drift of this value, [N, C, h, w]."""
        drift = Drift(value, self.kind)
        return sample(self.backbone, self.embeds[1:], self.embeds[0], self.noise, drift, self.sampling)[0]

    def images(self, latents: torch.Tensor) -> np.ndarray:
        """Latents decoded, uint8 [N, H, W, 3]."""
        return decode(self.backbone, latents, self.sampling.batch_size)

    def predicted(self, latents, timesteps, rows) -> torch.Tensor:
        """What the network says of latents [n, C, h, w] with the prompts of trial images `rows`; gradients pass.

        Without guidance, on the model's device: noise or velocity, as the scheduler's prediction_type is.
        """
        device = self.backbone.device
        embeds = self.embeds[1:][rows].to(device, self.backbone.unet.dtype)
        return network(self.backbone, latents.to(device), timesteps.to(device), embeds)
