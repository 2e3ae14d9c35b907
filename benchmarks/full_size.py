"""Stable Diffusion 1.x's architecture with random weights: one training step of every method and one sampling step on a CPU.

python benchmarks/full_size.py [--methods basic_ft ...] [--out FILE]     Through the workflow's own scripts, at 512 px, batch 1

Prints each job's peak resident memory and time. Needs 15 GB of disk in $TMPDIR and as much memory as it prints; stops above LIMIT, what
a machine of 24 GB has for one job.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import pandas as pd
from publish import publish

from ldcore.runtime.files import write_json

ROOT = Path(__file__).parents[1]
LIMIT = 22.0  # GB
STEP = {"steps": 1, "batch_size": 1, "warmup": 0}
METHODS = {
    "textual_inversion": STEP,
    "custom_diffusion": STEP,
    "basic_ft": STEP,
    "basic_ft, checkpointed": {**STEP, "gradient_checkpointing": True},
    "dreambooth": {**STEP, "class_images": 1, "class_steps": 1, "class_guidance_scale": 1.0},
    "instruct_pix2pix": STEP,
}


def measured(*command) -> tuple[float, float]:
    """(GB at the peak, minutes) of a job. Exits with its words if it fails."""
    began = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'benchmarks'}", "HF_HUB_OFFLINE": "1"}
    with tempfile.TemporaryFile("w+") as said:
        child = subprocess.Popen(
            [sys.executable, *map(str, command)], cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(child.pid, 0)
        if os.waitstatus_to_exitcode(status):
            said.seek(0)
            sys.exit(f"{command[0]} failed ({os.waitstatus_to_exitcode(status)}):\n{said.read()[-3000:]}")
    return usage.ru_maxrss * 1024 / 1e9, (time.perf_counter() - began) / 60


def arguments(**values) -> list[str]:
    """--name value ..., structures as JSON."""
    return [
        part
        for name, value in values.items()
        for part in (
            "--" + name.replace("_", "-"),
            json.dumps(value) if isinstance(value, (dict, list)) else str(value),
        )
    ]


def fine_tuned(name: str, options: dict, folder: Path) -> tuple:
    """One training step of a method by its script."""
    method = name.split(",")[0]
    common = arguments(
        model=folder / "model",
        method=method,
        options=options,
        data=folder / "data",
        latents=folder / "latents.npz",
        anatomy="brain_mr",
        drift=folder / "drifts/0.10.json",
        target="plain_noise",
        seed=0,
        run=0,
        out=folder / name,
    )
    if method == "instruct_pix2pix":
        return measured("workflow_scripts/edit_train.py", *common, *arguments(base="base", weights="none"))
    return measured("workflow_scripts/finetune.py", *common, *arguments(prompt="simple_info"))


def sampled(folder: Path) -> tuple:
    """One guided sampling step of the Basic FT weights, eight images at once as always on a CPU, and their decoding."""
    records = pd.read_csv(folder / "data" / "records.csv")
    found = records[records["split"] == "test"]["diagnosis"].iloc[0]
    sampling = {
        "seeds": [0],
        "images_per_seed": 2,
        "steps": 1,
        "guidance_scale": 7.5,
        "batch_size": 1,
        "precision": "float32",
        "compile": False,
    }
    return measured(
        "workflow_scripts/generate.py",
        *arguments(
            model=folder / "model",
            method="basic_ft",
            weights=folder / "basic_ft" / "weights.safetensors",
            data=folder / "data",
            anatomy="brain_mr",
            prompt="simple_info",
            classes=[found],
            test_images=1,
            drifts=folder / "drifts",
            counts={"0.10": 2},
            sampling=sampling,
            extractors={"pooled_pixels": {}},
            seed=0,
            out=folder / "samples",
        ),
    )


def jobs(folder: Path, wanted: list[str]):
    """Yield (job, GB at the peak, minutes, MB of its weights file) of one job after the other; a weights file is removed once used."""
    yield "the model's files", *measured("-c", f"import sd1; sd1.save({str(folder / 'model')!r})"), None
    yield (
        "data",
        *measured(
            "workflow_scripts/data.py",
            *arguments(
                adapter="brain_phantom",
                options={"subjects": 4, "image_size": 512},
                seed=0,
                workers=1,
                out=folder / "data",
            ),
        ),
        None,
    )
    write_json(folder / "drifts/0.10.json", {"kind": "prior", "source": "fixed", "value": 0.1})
    yield (
        "latents",
        *measured(
            "workflow_scripts/latents.py",
            *arguments(model=folder / "model", data=folder / "data", out=folder / "latents.npz"),
        ),
        None,
    )
    for name in wanted:
        found = fine_tuned(name, METHODS[name], folder)
        weights = folder / name / "weights.safetensors"
        yield name, *found, weights.stat().st_size / 1e6
        if name == "basic_ft":
            yield "generate (basic_ft)", *sampled(folder), None
        weights.unlink()


def main(methods, out):
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for job, memory, minutes, size in jobs(Path(folder), methods):
            size = "" if size is None else f"{size:.2f}"
            rows.append(f"| {job} | {memory:.1f} | {minutes:.1f} | {size} |")
            print(rows[-1], flush=True)
            if memory > LIMIT:
                sys.exit(f"{job} needs more than {LIMIT} GB")
    import diffusers
    import torch

    head = [
        f"{date.today()}, {platform.machine()} CPU, one thread, torch {torch.__version__}, diffusers {diffusers.__version__}; "
        "python benchmarks/full_size.py",
        "",
        "| job | peak memory, GB | minutes | weights file, MB |",
        "|---|---|---|---|",
    ]
    publish([*head, *rows], out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--out")
    known = parser.parse_args()
    main(known.methods, known.out)
