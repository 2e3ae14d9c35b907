"""Step 6: put the trained parts together as an ordinary diffusers folder, with a manifest and a contact sheet."""

from pathlib import Path

import torch

from ldcore.model.save import new_tokenizer, save_model
from ldcore.runtime import cli
from ldcore.runtime.device import prepare_cpu
from ldcore.runtime.files import read_json, sha256, write_json
from pretrain.sheet import contact_sheet


def assemble(work, out) -> None:
    """Gather the trained parts in `work` into the folder `out` with its manifest."""
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextModel

    work, tokenizer = Path(work), new_tokenizer()
    save_model(
        out,
        AutoencoderKL.from_pretrained(work / "vae"),
        UNet2DConditionModel.from_pretrained(work / "diffusion" / "unet"),
        CLIPTextModel.from_pretrained(work / "text"),
        tokenizer,
    )
    write_manifest(
        out,
        made_by="make pretrain (pretrain/Snakefile, pretrain/config.yaml)",
        medical_images="none",
        photographs="resources/pretrain/photographs.csv",
        packages=read_json(work / "packages.json"),
        python_packages={"scikit-image": "BSD-3-Clause", "scikit-learn": "BSD-3-Clause"},
        vocabulary={"open_clip_torch": "MIT"},
        autoencoder=read_json(work / "vae" / "manifest.json"),
        text=read_json(work / "text" / "manifest.json"),
        diffusion=read_json(work / "diffusion" / "manifest.json"),
    )


def write_manifest(folder, **facts) -> None:
    """Write manifest.json beside the weights: the given facts, and the sha256 of every other file of the folder."""
    folder = Path(folder)
    files = {
        str(path.relative_to(folder)): sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }
    write_json(folder / "manifest.json", {**facts, "files_sha256": files, "torch": torch.__version__})


def main(work, out, sheet):
    """Assemble the folder OUT and draw its contact sheet SHEET (PNG)."""
    prepare_cpu(2)
    assemble(work, out)
    contact_sheet(out, work, sheet)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, work=str, out=str, sheet=str))
