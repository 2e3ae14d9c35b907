"""Sample every drift of one checkpoint with one model load; finished drifts are kept, so a killed job goes on where it was."""

from pathlib import Path

import numpy as np
import torch

from ldcore.drift.latent_drift import Drift
from ldcore.evaluation.cohort import sampled_rows
from ldcore.features import extract
from ldcore.model.autoencoding import decode
from ldcore.model.backbone import embed_prompts
from ldcore.prompts import prompt
from ldcore.runtime.files import atomic, digest, write_json
from ldcore.sampling.ddim import sample, starting_noise


def generate(
    backbone,
    identity: str,
    drifts: dict,
    counts: dict,
    texts: tuple,
    records,
    test_rows,
    classes: int,
    sampling: dict,
    extractors: dict,
    folder,
) -> None:
    """Write folder/DRIFT.npz for every drift in `counts` (images a seed) and folder/index.json last.

    identity: what the weights are (a digest); texts: (anatomy, style); classes: how many labels test_rows interleave. A part whose settings are unchanged is not redone.
    Each part: images uint8 [N, H, W, 3], seeds [N], rows [N], trace [N, steps + 1, C], and [N, D] features an extractor.
    """
    folder, index = Path(folder), {}
    settings = {k: v for k, v in sampling.items() if k not in ("batch_size", "images_per_seed", "compile")}
    for name, count in counts.items():
        rows, seeds = sampled_rows(np.asarray(test_rows), sampling["seeds"], count, classes)
        prompts = [prompt(records.iloc[row], *texts) for row in rows]
        drift = drifts[name]
        key = digest(identity, drift.kind, drift.value, count, prompts, settings, extractors)
        path = folder / f"{name}.npz"
        if not (path.exists() and str(np.load(path)["key"]) == key):
            part = sample_part(backbone, drift, prompts, seeds, sampling)
            for extractor, options in extractors.items():
                part[extractor] = extract(extractor, part["images"], progress=True, **options)
            with atomic(path) as temporary, open(temporary, "wb") as file:
                np.savez_compressed(file, key=key, rows=rows, seeds=seeds, **part)
        index[name] = {"file": path.name, "key": key, "images": len(rows)}
    write_json(folder / "index.json", index)


def sample_part(backbone, drift: Drift, prompts: list[str], seeds, sampling: dict) -> dict:
    """Images and channel-mean trace of one drift; image i of a seed starts from the same noise in every cell."""
    unique = sorted(set(prompts))
    embeds = embed_prompts(backbone, ["", *unique])
    chosen = embeds[[1 + unique.index(text) for text in prompts]]
    side = backbone.unet.config.sample_size
    shape = (backbone.unet.config.in_channels, side, side)
    numbers = [int((seeds[:i] == seeds[i]).sum()) for i in range(len(seeds))]
    noise = torch.stack([starting_noise(shape, seed, number) for seed, number in zip(seeds, numbers)])
    latents, trace = sample(
        backbone, chosen, embeds[0], noise, drift, sampling["steps"], sampling["guidance_scale"], sampling["batch_size"]
    )
    return {"images": decode(backbone, latents, sampling["batch_size"]), "trace": trace.numpy()}


def load_part(folder, drift: str) -> dict:
    """One drift's arrays as `generate` wrote them."""
    with np.load(Path(folder) / f"{drift}.npz") as arrays:
        return {key: arrays[key] for key in arrays.files}
