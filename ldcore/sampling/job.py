"""Sample every drift of one checkpoint with one model load. Finished drifts stay, so a killed job goes on from them."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from ldcore.drift import Drift
from ldcore.features import extract
from ldcore.model.autoencoding import decode
from ldcore.model.backbone import embed_prompts
from ldcore.runtime import parts
from ldcore.runtime.files import digest, with_contents
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
    """Write folder/NAME.npz for every request, and folder/index.json last. What can be kept is (ldcore.runtime.parts).

    identity: a digest of the weights; extractors: name -> options, of ldcore.features. The arrays of a part: images
    uint8 [N, H, W, 3], seeds [N], rows [N], trace float32 [N, steps + 1, C] (channel means of the latents before each
    step and at the end), features [N, D] under each extractor's name, its `key` and `code`.
    """
    seen = {name: with_contents(options) for name, options in extractors.items()}
    keys = {name: settings_key(request, sampling, seen, identity) for name, request in requests.items()}
    making = parts.to_make(folder, keys)
    for network in (backbone.unet, backbone.vae):
        set_precision(network, sampling.precision)
    with compiled(backbone.unet, sampling.compile):
        for name in making:
            request = requests[name]
            arrays = sample_request(backbone, request, sampling)
            for extractor, options in extractors.items():
                arrays[extractor] = extract(extractor, arrays["images"], progress=True, **options)
            parts.save(folder, name, keys[name], rows=request.rows, seeds=request.seeds, **arrays)
    facts = {name: {"file": f"{name}.npz", "key": keys[name], "images": len(requests[name].rows)} for name in requests}
    parts.finish(folder, facts)


def settings_key(request: SampleRequest, sampling: Sampling, extractors: dict, identity: str) -> str:
    """A digest of what a part's arrays follow from, but for the code; extractors: `with_contents`."""
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
    latents, trace = (torch.cat(tensors)[back] for tensors in zip(*samples))
    return {"images": decode(backbone, latents, sampling.batch_size), "trace": trace.numpy()}


def drifts_of(request: SampleRequest) -> list[tuple[Drift, list[int]]]:
    """The drifts of a request and the places of the images that each is for; one drift unless it goes by label."""
    if not request.drift.by_label:
        return [(request.drift, list(range(len(request.prompts))))]
    places = {label: [] for label in dict.fromkeys(request.labels)}
    for place, label in enumerate(request.labels):
        places[label].append(place)
    return [(request.drift.of(label), those) for label, those in places.items()]
