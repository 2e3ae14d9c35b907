"""InstructPix2Pix (arXiv 2211.09800): the source's latents as extra input channels, an instruction as the prompt.

Training drops 5 % of the instructions alone, 5 % of the sources alone and both of 5 % (section 3.2.1), and the target
stays the true one: guidance leads from what became of such sources on the whole to what the instruction says. With
`dropped_instruction: source` a dropped instruction means "no change", its target is the source itself, and guidance
leads from the unchanged image to the changed one; to be trained as before that was an option, it also takes
`caption_dropout: 0.15, image_dropout: 0.05, both_dropout: 0.0075`.

Lambda of the unified objective (arXiv 2412.20651) scales the guidance towards the instruction, which stands for the
outcome's term, and the drift: z' = z + lambda * delta, z the image's own starting noise. Unedited is what comes of the
same z without an instruction: undrifted, so that the drift is part of the edit (`drift_in: edit`), or from z' as well,
so that edited and unedited differ by the instruction alone (`both`). At lambda 0 edited is unedited.
"""

import torch

from ldcore.drift import Drift
from ldcore.edit import Sources
from ldcore.edit.requests.texts import FORMATS, instruction
from ldcore.model.backbone import embed_prompts
from ldcore.runtime.chunks import chunk_size, in_chunks
from ldcore.sampling.ddim import denoise, network, starting_noise

TITLE = "InstructPix2Pix"
EXTENDS = ("ldcore.training.options",)
OPTIONS = {  # of training
    "steps": {"type": "integer", "minimum": 1, "default": 200, "description": "updates of the weights"},
    "caption_dropout": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.1, "description": "texts dropped"},
    "image_dropout": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.1, "description": "sources dropped"},
    "both_dropout": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.05, "description": "both of a pair"},
    "dropped_instruction": {
        "enum": ["target", "source"],
        "default": "target",
        "description": "what a pair without its instruction has as target",
    },
}
SAMPLING = {  # of an edit
    "steps": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 10, "description": "DDIM steps"},
    "guidance_scale": {"type": "number", "minimum": 0, "default": 7.5, "description": "towards the instruction"},
    "image_guidance_scale": {"type": "number", "minimum": 0, "default": 1.5, "description": "to the source; 1: none"},
    "drift_in": {
        "enum": ["edit", "both"],
        "default": "edit",
        "description": "where a drift acts: in the edited image alone, or in the unedited one too",
    },
    "precision": {"enum": ["float32", "bf16"], "default": "float32", "description": "of the U-Net"},
}
TRAINS = {"unet": ["*", "conv_in.weight"]}  # the first convolution takes as many input channels again
GPU_CHUNK = 16  # images at once on a GPU


def widen(unet) -> None:
    """Give a text-to-image U-Net's first convolution as many input channels again, of weight zero; twice is once."""
    old, channels = unet.conv_in, unet.config.out_channels
    if old.in_channels == 2 * channels:
        return
    new = torch.nn.Conv2d(2 * channels, old.out_channels, old.kernel_size, old.stride, old.padding)
    new = new.to(old.weight.device)
    with torch.no_grad():
        new.weight.zero_()
        new.weight[:, :channels] = old.weight
        new.bias.copy_(old.bias)
    unet.conv_in = new.to(memory_format=torch.channels_last).requires_grad_(False)
    unet.register_to_config(in_channels=2 * channels)


def trainable(backbone, options) -> dict:
    """The whole widened U-Net."""
    widen(backbone.unet)
    return dict(backbone.unet.named_parameters())


def apply(backbone, tensors) -> None:
    """Put a trained U-Net into the backbone."""
    widen(backbone.unet)
    backbone.unet.load_state_dict(tensors)


def training_data(backbone, latents: dict, pairs, records, anatomy: str) -> dict:
    """What training.batches.batch draws from: every pair of images, told in every format.

    latents: mean and std [N, 4, h, w] and rows [N] of the training images; pairs: source and target rows of the records
    (edit.requests.pairs); anatomy: of the texts (ldcore.prompts).
    """
    place = {row: index for index, row in enumerate(latents["rows"])}
    source = torch.tensor([place[row] for row in pairs["source"]])
    target = torch.tensor([place[row] for row in pairs["target"]])
    rows = records.to_dict("records")
    texts = [
        instruction(rows[before], rows[after], anatomy, style)
        for style in FORMATS
        for before, after in zip(pairs["source"], pairs["target"])
    ]
    unique = sorted(set(texts))
    order = {text: index for index, text in enumerate(unique)}
    embeds = embed_prompts(backbone, ["", *unique])
    mean, std, times = torch.from_numpy(latents["mean"]), torch.from_numpy(latents["std"]), len(FORMATS)
    return {
        "mean": mean[target].repeat(times, 1, 1, 1),
        "std": std[target].repeat(times, 1, 1, 1),
        "source": mean[source].repeat(times, 1, 1, 1),
        "source_std": std[source].repeat(times, 1, 1, 1),
        "source_scale": backbone.vae.config.scaling_factor,
        "prompt_embeds": embeds[1:],
        "empty": embeds[0],
        "prompt_rows": torch.tensor([order[text] for text in texts]),
        "timesteps": backbone.scheduler.config.num_train_timesteps,
    }


@torch.no_grad()
def edit(backbone, sources: Sources, drift: Drift, options: dict, amounts=(1.0,), known=None):
    """See ldcore.edit.methods. The unedited image comes from the same noise, with the instruction left out.

    At amount 1 equal to StableDiffusionInstructPix2PixPipeline given `latents=drift.shift(noise)`.
    """
    embeds = embed_prompts(backbone, sources.texts.instruction)
    known = unedited(backbone, sources, drift, options, amounts) if known is None else known
    edited = [
        edit_at_amount(backbone, sources, embeds, drift, options, amount) if amount else without
        for amount, without in zip(amounts, known)
    ]
    return torch.stack(edited), known


@torch.no_grad()
def unedited(backbone, sources: Sources, drift: Drift, options: dict, amounts=(1.0,)):
    """[A, N, 4, h, w]: what comes without an instruction; under drift_in `both`, the drift follows the amount."""
    embeds = embed_prompts(backbone, [""]).expand(len(sources.latents), -1, -1)
    without = {**options, "guidance_scale": 0.0}
    acting = amounts if options["drift_in"] == "both" else [0.0] * len(amounts)
    made = {
        amount: edit_at_amount(backbone, sources, embeds, drift, without, amount) for amount in dict.fromkeys(acting)
    }
    return torch.stack([made[amount] for amount in acting])


def edit_at_amount(backbone, sources: Sources, embeds, drift: Drift, options: dict, amount: float):
    """One sampling of all images, in chunks, from the noise of their keys: latents [N, 4, h, w] on the CPU.

    embeds [N, 77, D]: of the instructions; the amount scales their guidance and the drift.
    """
    scaled, steps = drift.times(amount), options["steps"]
    scales = options["guidance_scale"] * amount, options["image_guidance_scale"]
    noise = torch.stack([starting_noise(sources.latents.shape[1:], "edit", *key) for key in sources.keys])
    empty = embed_prompts(backbone, [""])
    # The stock pipeline conditions on the autoencoder's mode without its scaling factor.
    unscaled = sources.latents / backbone.vae.config.scaling_factor

    def edit_chunk(chunk_embeds, chunk_sources, chunk_noise):
        latents = scaled.shift(chunk_noise).to(backbone.device)
        predict = three_way(backbone, chunk_embeds, empty, chunk_sources, *scales)
        return (denoise(backbone, latents, predict, scaled, steps).cpu().contiguous(),)

    size = chunk_size(backbone.device, GPU_CHUNK)
    return torch.cat([latents for (latents,) in in_chunks(edit_chunk, embeds, unscaled, noise, size=size)])


def three_way(backbone, embeds, empty, sources, text_scale: float, image_scale: float):
    """A `predict` for ddim.denoise: the guidance of arXiv 2211.09800, eq. 3, towards instruction and source.

    embeds [N, 77, D]: of the instructions; empty [1, 77, D]: of no instruction; sources [N, 4, h, w], unscaled.
    A prediction whose weight is 0 costs no network call.
    """
    device, dtype = backbone.device, backbone.unet.dtype
    empty = empty.expand_as(embeds)
    predictions = [  # weight, instruction, source
        (text_scale, embeds, sources),
        (image_scale - text_scale, empty, sources),
        (1 - image_scale, empty, torch.zeros_like(sources)),
    ]
    weights, texts, images = zip(*(prediction for prediction in predictions if prediction[0] != 0))
    count = len(weights)
    weights = torch.tensor(weights, device=device).view(-1, 1, 1, 1, 1)
    texts, images = torch.cat(texts).to(device, dtype), torch.cat(images).to(device)

    def predict(latents, timestep):
        inputs = torch.cat([torch.cat([latents] * count), images], 1)
        noise = network(backbone, inputs, timestep, texts)
        return (weights * noise.view(count, *latents.shape)).sum(0), latents

    return predict
