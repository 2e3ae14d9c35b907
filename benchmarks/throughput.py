"""Training and sampling speed at Stable Diffusion 1.x's size against plain diffusers, on one GPU, in one process.

python benchmarks/throughput.py [--only training|sampling] [--no-compile] [--out FILE]      random weights, 512 px, bf16
python benchmarks/throughput.py --tiny                                                      the embedded model on a CPU: that it runs

training   Basic FT, steps a second. Against a loop as diffusers' text-to-image example writes it: images and prompts encoded in every
           step, float32 weights under accelerate's bf16, AdamW as it comes, the loss read every step (peers.py).
sampling   Images a second, 50 guided DDIM steps and decoding. Against StableDiffusionPipeline in bf16 at its best batch size.

Each number is the median of three timed rounds after one to warm up. share: of the card's own rate for a large bf16 matrix product,
measured here; floating-point operations counted by torch.utils.flop_counter, of the U-Net in training, with the decoder in sampling.
"""

import argparse
import gc
import platform
import statistics
import tempfile
import time
from datetime import date
from pathlib import Path

import peers
import sd1
import torch
from publish import publish
from torch.utils.flop_counter import FlopCounterMode

from ldcore import Drift, plugins
from ldcore.methods import basic_ft
from ldcore.model.autoencoding import decode
from ldcore.model.backbone import embed_prompts, load_backbone
from ldcore.runtime.device import pick_device
from ldcore.runtime.precision import compiled, lowered
from ldcore.sampling.ddim import Sampling, sample, starting_noise
from ldcore.training.batches import on_device
from ldcore.training.checkpoint import read_losses, start
from ldcore.training.loop import TrainingRun, one_step

ROOT = Path(__file__).parents[1]
FULL = {
    "training": (8, 16),
    "sampling": (16, 32),
    "stock": (1, 4, 8, 16, 32),
    "steps": 50,
    "train_steps": 10,
    "matrix": 8192,
}
TINY = {"training": (2,), "sampling": (2,), "stock": (1, 2), "steps": 2, "train_steps": 2, "matrix": 512}
ROUNDS, GUIDANCE, PROMPT = 3, 7.5, "a chest X-ray of a 61 year old female with pleural effusion"


def wait(device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def timed(function, device) -> tuple[float, float, float]:
    """(median seconds, their spread, peak GB or NaN) of ROUNDS calls after one to warm up."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    function()
    taken = []
    for _ in range(ROUNDS):
        wait(device)
        began = time.perf_counter()
        function()
        wait(device)
        taken.append(time.perf_counter() - began)
    peak = torch.cuda.max_memory_allocated() / 1e9 if device.type == "cuda" else float("nan")
    return statistics.median(taken), max(taken) - min(taken), peak


def matmul_rate(device, size: int) -> float:
    """Operations a second of a bf16 matrix product, size x size."""
    a, b = (torch.randn(size, size, device=device, dtype=torch.bfloat16) for _ in range(2))
    seconds, _, _ = timed(lambda: [a @ b for _ in range(20)], device)
    return 20 * 2 * size**3 / seconds


def operations(function) -> int:
    """Floating-point operations of one call."""
    with FlopCounterMode(display=False) as counter:
        function()
    return counter.get_total_flops()


def our_training(folder, batch_size: int, steps: int, compile: bool):
    """(a call that takes `steps` training steps, operations of one) of our engine: latents and embeddings computed once."""
    backbone = load_backbone(folder, ["unet", "text_encoder"])
    side, draw = backbone.unet.config.sample_size, torch.Generator().manual_seed(0)
    embeds = embed_prompts(backbone, ["", PROMPT])
    data = {
        "mean": torch.randn(64, 4, side, side, generator=draw),
        "std": torch.full((64, 4, side, side), 0.1),
        "timesteps": 1000,
        "prompt_embeds": embeds[1:],
        "empty": embeds[0],
        "prompt_rows": torch.zeros(64, dtype=torch.long),
    }
    options = plugins.options(
        "method",
        "basic_ft",
        {"batch_size": batch_size, "mixed_precision": "bf16", "learning_rate": 1e-5, "compile": compile},
    )
    run = TrainingRun(basic_ft, options, Drift(0.1, "prior"))
    state = start(basic_ft.trainable(backbone, options), options, backbone.device)
    data = on_device(data, backbone.device)

    def steps_of(count=steps):
        for step in range(count):
            state.waiting.append(one_step(backbone, run, state, data, step, (0, 1)))
        read_losses(state, options, 1)

    counted = operations(lambda: steps_of(1))
    return backbone, steps_of, counted


def our_sampling(backbone, batch_size: int, steps: int):
    """A call that draws and decodes one batch of images."""
    embeds, side = embed_prompts(backbone, ["", PROMPT]), backbone.unet.config.sample_size
    noise = torch.stack([starting_noise((4, side, side), number) for number in range(batch_size)])

    def images(count=steps):
        latents, _ = sample(
            backbone,
            embeds[1:].expand(batch_size, -1, -1),
            embeds[0],
            noise,
            Drift(0.1, "prior"),
            Sampling(count, GUIDANCE, batch_size),
        )
        return decode(backbone, latents, batch_size)

    return images


def training(folder, sizes: dict, compiles: list[bool], rate: float, device) -> list[str]:
    """Rows of the table."""
    rows = []
    for batch_size in sizes["training"]:
        for compile in compiles:
            backbone, call, counted = our_training(folder, batch_size, sizes["train_steps"], compile)
            with compiled(backbone.unet, compile):
                found = timed(call, device)
            rows.append(
                row(
                    f"training, {'ours, compiled' if compile else 'ours'}",
                    batch_size,
                    sizes["train_steps"],
                    "steps/s",
                    found,
                    counted,
                    rate,
                )
            )
            del backbone, call
        call = peers.training(folder, batch_size, sizes["train_steps"], PROMPT, device)
        rows.append(
            row(
                "training, diffusers' example",
                batch_size,
                sizes["train_steps"],
                "steps/s",
                timed(call, device),
                counted,
                rate,
            )
        )
        del call
    return rows


def sampling(folder, sizes: dict, compiles: list[bool], rate: float, device) -> list[str]:
    """Rows of the table: ours at each batch size, stock at its best."""
    rows, counted = [], 0
    for compile in compiles:
        backbone = load_backbone(folder)
        for part in (backbone.unet, backbone.vae):
            lowered(part, "bf16")
        if not counted:  # of one image; the network's calls are all alike
            one = our_sampling(backbone, 1, 1)
            first, second = operations(lambda: one(1)), operations(lambda: one(2))
            scale = 8 if device.type == "cpu" else 1  # a CPU always takes eight rows
            counted = (first + (second - first) * (sizes["steps"] - 1)) / scale
        with compiled(backbone.unet, compile):
            for batch_size in sizes["sampling"]:
                found = timed(our_sampling(backbone, batch_size, sizes["steps"]), device)
                rows.append(
                    row(
                        f"sampling, {'ours, compiled' if compile else 'ours'}",
                        batch_size,
                        batch_size,
                        "images/s",
                        found,
                        counted,
                        rate,
                    )
                )
        del backbone
    best = max(
        (
            (batch_size, timed(peers.sampling(folder, batch_size, sizes["steps"], PROMPT, GUIDANCE, device), device))
            for batch_size in sizes["stock"]
        ),
        key=lambda one: one[0] / one[1][0],
    )
    return rows + [
        row("sampling, stock pipeline (its best batch)", best[0], best[0], "images/s", best[1], counted, rate)
    ]


def row(what: str, batch_size: int, count: int, unit: str, found: tuple, counted: float, rate: float) -> str:
    """A line: rate of `count` things in a round, spread of the rounds, peak memory, share of the card's rate."""
    seconds, spread, peak = found
    return (
        f"| {what} | {batch_size} | {count / seconds:.3g} {unit} | {spread / seconds:.1%} | {peak:.1f} | "
        f"{count * counted / seconds / rate:.1%} |"
    )


def main(tiny, only, compile, out):
    sizes, device = TINY if tiny else FULL, pick_device()
    rate = matmul_rate(device, sizes["matrix"])
    compiles = [False, True] if compile and not tiny else [False]
    with tempfile.TemporaryDirectory() as scratch:
        folder = ROOT / "resources" / "embedded_model" if tiny else sd1.save(Path(scratch, "model"))
        rows = []
        for name, measure in (("training", training), ("sampling", sampling)):
            if only in (None, name):
                rows += measure(folder, sizes, compiles, rate, device)
                print("\n".join(rows), flush=True)
    import diffusers

    card = torch.cuda.get_device_name() if device.type == "cuda" else f"{platform.machine()} CPU"
    model = "the embedded model: says nothing about speed" if tiny else "Stable Diffusion 1.x, random weights"
    head = [
        f"{date.today()}, {card}, torch {torch.__version__}, diffusers {diffusers.__version__}; bf16 matrix product "
        f"{rate / 1e12:.3g} Tflop/s; {model}",
        "",
        "| what | batch | rate | spread | peak memory, GB | share |",
        "|---|---|---|---|---|---|",
    ]
    publish([*head, *rows], out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--only", choices=["training", "sampling"])
    parser.add_argument("--no-compile", action="store_false", dest="compile")
    parser.add_argument("--out")
    main(**vars(parser.parse_args()))
