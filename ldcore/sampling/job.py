"""Sample every drift of one checkpoint with one model load. Finished drifts stay, so a killed job goes on from them."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from ldcore.drift import Drift
from ldcore.features import extract
from ldcore.model.autoencoding import decode
from ldcore.model.backbone import embed_prompts
from ldcore.runtime.files import atomic, digest, write_json
from ldcore.runtime.precision import compiled, set_precision
from ldcore.sampling.ddim import Sampling, sample, starting_noise


@dataclass(frozen=True)
class SampleRequest:
    """The N images to sample under one drift."""

    drift: Drift
    prompts: list[str]  # the prompt of each image
    rows: np.ndarray  # int [N]: the row of the records table that each prompt describes
    seeds: np.ndarray  # int [N]: the sampling seed of each image
    run: str = "0"  # of the training run: each starts from noise of its own
    guidance_scale: float | None = None  # where it is not that of the sampling
    labels: list[str] | None = None  # what each prompt is of, for a drift that goes by label


def generate(
    backbone, requests: dict[str, SampleRequest], sampling: Sampling, extractors: dict, identity: str, folder
) -> None:
    """Write folder/NAME.npz for every request, and folder/index.json last. A part whose settings are unchanged is kept.

    identity: a digest of the weights; extractors: name -> options, of ldcore.features. The arrays of a part: images
    uint8 [N, H, W, 3], seeds [N], rows [N], trace float32 [N, steps + 1, C] (channel means of the latents before each
    step and at the end), features [N, D] under each extractor's name, and its `key`.
    """
    folder, index = Path(folder), {}
    for part in (backbone.unet, backbone.vae):
        set_precision(part, sampling.precision)
    with compiled(backbone.unet, sampling.compile):
        for name, request in requests.items():
            key = settings_key(request, sampling, extractors, identity)
            path = folder / f"{name}.npz"
            if not (path.exists() and str(np.load(path)["key"]) == key):
                arrays = sample_request(backbone, request, sampling)
                for extractor, options in extractors.items():
                    arrays[extractor] = extract(extractor, arrays["images"], progress=True, **options)
                with atomic(path) as temporary, open(temporary, "wb") as file:
                    np.savez_compressed(file, key=key, rows=request.rows, seeds=request.seeds, **arrays)
            index[name] = {"file": path.name, "key": key, "images": len(request.rows)}
    write_json(folder / "index.json", index)


def settings_key(request: SampleRequest, sampling: Sampling, extractors: dict, identity: str) -> str:
    """A digest of what a part's arrays follow from, but for the code and the content of the extractors' weights."""
    images = [request.prompts, np.asarray(request.rows).tolist(), np.asarray(request.seeds).tolist()]
    settings = [sampling.steps, sampling.guidance_scale, sampling.precision, request.run, request.guidance_scale]
    if request.drift.by_label:
        images.append(request.labels)
    return digest(identity, *request.drift.key, images, settings, extractors)


def sample_request(backbone, request: SampleRequest, sampling: Sampling) -> dict[str, np.ndarray]:
    """Images and trace of one request. The n-th image of a seed and run starts from the same noise in every cell."""
    # 1. Every prompt is encoded once.
    unique = sorted(set(request.prompts))
    embeds = embed_prompts(backbone, ["", *unique])
    prompt_embeds = embeds[[1 + unique.index(prompt) for prompt in request.prompts]]

    # 2. The noise of an image follows from the run, its seed and its number among the images of that seed.
    side = backbone.unet.config.sample_size
    shape, counts, noise = (backbone.unet.config.in_channels, side, side), {}, []
    for seed in request.seeds:
        number = counts[seed] = counts.get(seed, -1) + 1
        noise.append(starting_noise(shape, request.run, seed, number))

    # 3. Sample and decode.
    if request.guidance_scale is not None:
        sampling = replace(sampling, guidance_scale=request.guidance_scale)
    noise, samples, order = torch.stack(noise), [], []
    for drift, places in drifts_of(request):
        samples.append(sample(backbone, prompt_embeds[places], embeds[0], noise[places], drift, sampling))
        order += places
    back = np.argsort(order)
    latents, trace = (torch.cat(parts)[back] for parts in zip(*samples))
    return {"images": decode(backbone, latents, sampling.batch_size), "trace": trace.numpy()}


def drifts_of(request: SampleRequest) -> list[tuple[Drift, list[int]]]:
    """The drifts of a request and the places of the images that each is for; one drift unless it goes by label."""
    if not request.drift.by_label:
        return [(request.drift, list(range(len(request.prompts))))]
    places = {label: [] for label in dict.fromkeys(request.labels)}
    for place, label in enumerate(request.labels):
        places[label].append(place)
    return [(request.drift.of(label), those) for label, those in places.items()]
