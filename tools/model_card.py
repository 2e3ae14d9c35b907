"""Write docs/model_card.md: what the embedded model is, from its folder, its manifest and the list of its pictures.

python -m tools.model_card --model resources/embedded_model --into docs/model_card.md

The fields are those of model cards on the Hugging Face hub. Every number is read; weights made anew make another card.
"""

import csv
from collections import Counter
from math import prod
from pathlib import Path

import pandas as pd

from ldcore.report import markup
from ldcore.runtime import cli
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import atomic, read_json
from ldcore.runtime.weight_files import shapes

PARTS = {"text_encoder": "text encoder", "vae": "autoencoder", "unet": "U-Net"}
RESULTS = ("brightness_response", "losses", "psnr_held_out_photographs", "psnr_training_photographs")
LONGEST = 6  # numbers of a list that a line of the card still shows
CARD = """---
license: apache-2.0
library_name: diffusers
pipeline_tag: text-to-image
language: en
tags: [stable-diffusion, latent-diffusion, latent-drifting]
---

# Model card: the embedded model

Written by `make cards` from `resources/embedded_model/manifest.json`, the model's files and `{photographs}`; no number
is typed by hand.

## Model details

A latent diffusion model with Stable Diffusion 1.x's parts, names and noise schedule, small enough for a laptop's CPU.

- **Developed by**: the Latent Drifting benchmark contributors
- **Model type**: text to image; {side} x {side} pixels, latents of {channels} x {latent_side} x {latent_side},
  {prediction} prediction
- **Language**: English, as far as the captions go
- **Licence**: Apache-2.0 ([licences](licences.md)); the pictures it learned from are not included and keep theirs
- **Made by**: {made_by}; seed {seed}, torch {torch}

{parts}
## Uses

**Direct use**: none but this benchmark. It stands in for Stable Diffusion where a workflow has to be run, tested or
taught without downloads, a GPU or patients' data.

**Downstream use**: fine-tuning to other small images, to study methods. What holds for it need not hold for a large
model.

**Out of scope**: diagnosis, treatment, or anything that concerns a person; pictures for their own sake; claims about
Stable Diffusion.

## Bias, risks and limitations

- It has seen {medical} medical images; whatever it draws of a body after fine-tuning comes from the fine-tuning's data.
- Its autoencoder blurs: see the decibels below. Small structures do not survive it, whatever is trained behind it.
- Its text encoder is small: what a prompt says of a finding may reach the picture or not.
- Its pictures are wallpapers, sample images and clip art that people packaged: no cross-section of the world.
- There is no safety filter; at this size there is little that one would find.

The [contact sheet](embedded_model.png) shows what it draws.

## How to get started

    from diffusers import StableDiffusionPipeline
    pipeline = StableDiffusionPipeline.from_pretrained("resources/embedded_model")
    pipeline("a photograph of green grass").images[0]

## Training

**Data**: {pictures}.

{packages}
Licences are those that the packages state.

**Procedure**, part by part (curves of the losses: the manifest):

{training}
{turned}## Evaluation

PSNR of pictures after the autoencoder: {held_out:.1f} dB on photographs that it never saw, {trained:.1f} dB on its
training pictures. Mean response of red, green and blue to each latent channel:

{response}
What it does in the benchmark, with intervals: [results.md](results.md). Nothing else has been measured.

## Environmental impact

Trained on {threads} threads of a CPU; energy was not measured.

## Files

| file | sha256 |
| --- | --- |
{files}

## Citation and contact

`CITATION.cff` in the repository; questions as issues there.
"""


def table(rows: list[dict]) -> str:
    """Rows as a pipe table and an empty line."""
    return markup.markdown(pd.DataFrame(rows).astype(str), ()).rstrip() + "\n"


def short(value) -> bool:
    """Whether a value of the manifest fits into a line: a number, a word, or a short list of such."""
    if isinstance(value, list):
        return len(value) <= LONGEST and all(map(short, value))
    return not isinstance(value, dict)


def pictures(rows: list[dict], manifest: dict) -> str:
    """How many pictures of each kind were learned from, and held out; which packages are not in the list."""
    counts = Counter((row["split"], row["kind"]) for row in rows)
    words = [
        f"{counts['train', kind]} {kind}s" for kind in sorted({row["kind"] for row in rows}) if counts["train", kind]
    ]
    held_out = sum(count for (split, _), count in counts.items() if split == "held_out")
    others = [name for name in manifest["packages"] if name not in {row["package"] for row in rows}]
    words += [f"contents of {name}" for name in others]
    return f"{', '.join(words)}, each with a caption, cut into many crops; {held_out} photographs held out"


def packages(manifest: dict) -> str:
    """Where pictures, textures and words come from, with licences."""
    rows = [
        {"Package": name, "Version": facts.get("version", ""), "Licences": ", ".join(facts["licences"])}
        for name, facts in manifest["packages"].items()
    ]
    rows += [
        {"Package": name, "Version": "", "Licences": licence}
        for part in ("python_packages", "vocabulary")
        for name, licence in manifest[part].items()
    ]
    return table(rows)


def card(model) -> str:
    """The card as Markdown. model: a diffusers folder with pretrain/assemble.py's manifest, else UserError."""
    model = Path(model)
    if not (model / "manifest.json").is_file():
        raise UserError(f"{model} has no manifest.json; give the folder that make pretrain writes.")
    manifest = read_json(model / "manifest.json")
    weights = {part: next((model / part).glob("*.safetensors")) for part in PARTS}
    unet, autoencoder = (read_json(model / part / "config.json") for part in ("unet", "vae"))
    sections = [key for key in ("autoencoder", "text", "diffusion") if key in manifest]
    with open(model.parent.parent / manifest["photographs"]) as file:
        rows = list(csv.DictReader(file))
    return CARD.format(
        photographs=manifest["photographs"],
        made_by=manifest["made_by"],
        seed=manifest["diffusion"]["seed"],
        torch=manifest["torch"],
        medical={"none": "no"}.get(manifest["medical_images"], manifest["medical_images"]),
        side=unet["sample_size"] * 2 ** (len(autoencoder["block_out_channels"]) - 1),
        latent_side=unet["sample_size"],
        channels=unet["in_channels"],
        prediction=read_json(model / "scheduler/scheduler_config.json")["prediction_type"],
        parts=table(
            [
                {
                    "Part": title,
                    "Parameters": f"{count(weights[part]):,}",
                    "MB": f"{weights[part].stat().st_size / 1e6:.1f}",
                }
                for part, title in PARTS.items()
            ]
        ),
        pictures=pictures(rows, manifest),
        packages=packages(manifest),
        training="".join(f"- {key}: {settings(manifest[key])}\n" for key in sections),
        turned=turned(manifest.get("channels_turned_after_training")),
        held_out=manifest["autoencoder"]["psnr_held_out_photographs"],
        trained=manifest["autoencoder"]["psnr_training_photographs"],
        response=table(
            [
                {"Channel": number, **dict(zip(("Red", "Green", "Blue"), (f"{value:+.3f}" for value in values)))}
                for number, values in enumerate(manifest["autoencoder"]["brightness_response"])
            ]
        ),
        threads=manifest["diffusion"]["threads"],
        files="\n".join(f"| `{name}` | `{digest}` |" for name, digest in manifest["files_sha256"].items()),
    )


def count(path) -> int:
    """Numbers in a safetensors file."""
    return sum(prod(shape) for shape in shapes(path).values())


def settings(section: dict) -> str:
    """The short values of a section of the manifest that are no results."""
    return ", ".join(f"{key} {value}" for key, value in section.items() if short(value) and key not in RESULTS)


def turned(facts: dict | None) -> str:
    """The sentence about channels turned after training, as a paragraph; '' where none were."""
    return f"Latent channels were multiplied by {facts['signs']} afterwards ({facts['by']}).\n\n" if facts else ""


def main(model, into):
    """Write the card of MODEL into INTO."""
    with atomic(into) as temporary:
        temporary.write_text(card(model))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, model=str, into=str))
