"""Stable Diffusion 1.x's architecture with random weights: peak memory and time of each job of the workflow on a CPU.

python benchmarks/full_size.py [--methods basic_ft ...] [--out FILE]
python benchmarks/full_size.py --tiny       the embedded model: that it runs

Runs the workflow's own scripts at 512 px: one training step of every method at batch 1, one sampling step. Needs 15 GB
of disk in $TMPDIR and as much memory as it prints; stops above LIMIT, what a machine of 24 GB has for one job.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import pandas as pd
import yaml
from publish import publish

from ldcore.grid import Checkpoint, EditRun
from ldcore.plan.config import check
from ldcore.runtime.files import read_json
from ldcore.store import Store

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
DATASET = "brain_phantom"
MODEL = "import sd1, sys; sd1.save(sys.argv[1])"
EMBEDDED = ROOT / "resources" / "embedded_model"


def measured(*command) -> tuple[float, float]:
    """Run Python with these arguments: (GB at the peak, minutes). Exits with what it printed if it fails."""
    began = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'benchmarks'}", "HF_HUB_OFFLINE": "1"}
    with tempfile.TemporaryFile("w+") as printed:
        child = subprocess.Popen(
            [sys.executable, *map(str, command)], cwd=ROOT, env=environment, stdout=printed, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(child.pid, 0)
        if os.waitstatus_to_exitcode(status):
            printed.seek(0)
            sys.exit(f"{command[0]} failed ({os.waitstatus_to_exitcode(status)}):\n{printed.read()[-3000:]}")
    return usage.ru_maxrss * 1024 / 1e9, (time.perf_counter() - began) / 60


def script(name: str, store: Store, **ids: str) -> tuple[float, float]:
    """`measured` of a workflow script on a run's config."""
    options = [word for key, value in ids.items() for word in ("--" + key.replace("_", "-"), value)]
    return measured(f"workflow_scripts/{name}.py", "--config", store.config, *options)


def write_config(store: Store, model: Path, methods: dict) -> None:
    """Write the config of a run with one dataset, one cell and these methods, as the workflow gives it to its jobs."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    dataset = config["datasets"][DATASET]
    size = read_json(model / "vae" / "config.json")["sample_size"]
    dataset["options"] = {"subjects": 4, "image_size": size}
    cell = {"label": "0.10", "training": "ld", "drift": "0.10"}
    config |= {
        "name": store.root.name,
        "model": {"path": str(model)},
        "methods": {"basic_ft": STEP, **methods},
        "datasets": {DATASET: dataset},
        "grid": config["grid"] | {"datasets": [DATASET], "methods": ["basic_ft"], "cells": [cell], "reference": "0.10"},
        "prompt_study": None,
        "sweep": None,
        "sampling": {"seeds": [0], "images_per_seed": 2, "steps": 1, "guidance_scale": 7.5, "batch_size": 1},
        "extractors": {"pooled_pixels": {}},
    }
    ageing = config["editing"]["tasks"]["ageing"] | {"bases": ["base"], "train": STEP}
    config["editing"] |= {"cells": ["0.10"], "tasks": {"ageing": ageing}}
    schema = yaml.safe_load((ROOT / "schemas" / "config.schema.yaml").read_text())
    store.config.parent.mkdir(parents=True, exist_ok=True)
    store.config.write_text(yaml.safe_dump(check(config, schema)))


def fine_tuned(name: str, store: Store, model: Path) -> tuple[float, float, Path]:
    """One training step: GB at the peak, minutes, the weights file."""
    if name == "instruct_pix2pix":
        run = EditRun("ageing", name, "base", "ld")
        return *script("edit_train", store, **run._asdict()), store.edits(run) / "weights.safetensors"
    checkpoint = Checkpoint(DATASET, name.split(",")[0], "ld", "simple_info", "0")
    write_config(store, model, {checkpoint.method: METHODS[name]})
    return *script("finetune", store, **checkpoint._asdict()), store.weights(checkpoint)


def jobs(folder: Path, names: list[str], tiny: bool):
    """Yield (job, GB at the peak, minutes, MB of its weights file) one after the other.

    Weights files are removed once used.
    """
    store, model = Store(folder / "run"), EMBEDDED if tiny else folder / "model"
    if not tiny:
        yield "the model's files", *measured("-c", MODEL, model), None
    write_config(store, model, {})
    for job in ("data", "latents", "drift"):
        more = {"data": {"workers": "1"}, "drift": {"drift": "0.10"}}.get(job, {})
        yield job, *script(job, store, dataset=DATASET, **more), None
    for name in names:
        memory, minutes, weights = fine_tuned(name, store, model)
        yield name, memory, minutes, weights.stat().st_size / 1e6
        if name == "basic_ft":
            yield "generate (basic_ft)", *sampled(store), None
        weights.unlink()


def sampled(store: Store) -> tuple[float, float]:
    """One guided sampling step with the Basic FT weights and its decoding, eight images at once as always on a CPU."""
    records = pd.read_csv(store.data(DATASET) / "records.csv")
    config = yaml.safe_load(store.config.read_text())
    config["datasets"][DATASET]["classes"] = [records[records["split"] == "test"]["diagnosis"].iloc[0]]
    config["datasets"][DATASET]["test_images"] = 1  # fewer than the check of a config lets pass
    store.config.write_text(yaml.safe_dump(config))
    checkpoint = Checkpoint(DATASET, "basic_ft", "ld", "simple_info", "0")
    return script("generate", store, **checkpoint._asdict())


def main(methods, tiny, out):
    """Print a row per job as it ends, then the whole table."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for job, memory, minutes, size in jobs(Path(folder), methods, tiny):
            size = "" if size is None else f"{size:.2f}"
            rows.append(f"| {job} | {memory:.1f} | {minutes:.1f} | {size} |")
            print(rows[-1], flush=True)
            if memory > LIMIT:
                sys.exit(f"{job} needs more than {LIMIT} GB")
    import diffusers
    import torch

    head = [
        f"{date.today()}, {platform.machine()} CPU, one thread, torch {torch.__version__}, "
        f"diffusers {diffusers.__version__}; python benchmarks/full_size.py",
        "",
        "| job | peak memory, GB | minutes | weights file, MB |",
        "|---|---|---|---|",
    ]
    publish([*head, *rows], out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--out")
    main(**vars(parser.parse_args()))
