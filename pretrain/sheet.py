"""A contact sheet of the embedded model: held-out photographs, their reconstructions, and guided samples by caption."""

from pathlib import Path

import numpy as np
import torch

from ldcore.drift.latent_drift import Drift
from ldcore.model.autoencoding import decode, encode
from ldcore.model.backbone import embed_prompts, load_backbone
from ldcore.sampling.ddim import Sampling, sample, starting_noise

CAPTIONS = (
    "a photograph of green grass",
    "a photograph of an orange flower",
    "a photograph of a dark blue lake at night",
    "a photograph of a kite in a blue sky with clouds",
    "a photograph of a brown cat",
    "a photograph of a pink sky over the sea at dusk",
    "a picture of a lemon on a blue background",
    "a picture of a lemon on a red background",
    "a picture of a dog on a white background",
    "an illustration of a pink goldfish on purple",
)
COLUMNS = 8  # pictures a row
GUIDANCE = 4.0  # scale of classifier-free guidance
STEPS = 30  # of DDIM


def guided_samples(backbone, captions: list[str], per_caption: int, seed: int = 0) -> np.ndarray:
    """uint8 [len(captions), per_caption, H, W, 3]; image j of every caption starts from the same noise."""
    embeds = embed_prompts(backbone, ["", *captions])
    side = backbone.unet.config.sample_size
    noise = torch.stack([starting_noise((4, side, side), seed, j) for j in range(per_caption)])
    latents, _ = sample(
        backbone,
        embeds[1:].repeat_interleave(per_caption, 0),
        embeds[0],
        noise.repeat(len(captions), 1, 1, 1),
        Drift(),
        Sampling(STEPS, GUIDANCE),
    )
    images = decode(backbone, latents)
    return images.reshape(len(captions), per_caption, *images.shape[1:])


def contact_sheet(model, work, path) -> None:
    """Draw the sheet of the diffusers folder `model` to `path` (PNG), held-out photographs from work/corpus.npz."""
    import matplotlib.pyplot as plt

    from ldcore.report.drawing import picture
    from ldcore.runtime.files import atomic

    backbone = load_backbone(model)
    photographs = np.load(Path(work) / "corpus.npz")["held_out"][:COLUMNS]
    rows = [
        ("held-out photographs", photographs),
        ("their reconstructions", decode(backbone, torch.from_numpy(encode(backbone, photographs)[0]))),
    ]
    rows += zip(CAPTIONS, guided_samples(backbone, CAPTIONS, COLUMNS))
    figure, axes = plt.subplots(len(rows), COLUMNS, figsize=(COLUMNS + 3, len(rows) * 1.06), layout="constrained")
    for line, (label, images) in zip(axes, rows):
        for cell, image in zip(line, images):
            picture(cell, image)
        line[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=8, wrap=True)
    with atomic(path) as temporary:
        figure.savefig(temporary, dpi=110, metadata={"Software": None})
    plt.close(figure)
