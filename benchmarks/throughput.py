"""Training and sampling speed at Stable Diffusion 1.x's size against plain diffusers, on one GPU, in one process.

python benchmarks/throughput.py [--only training|sampling] [--no-compile] [--out FILE]   random weights, 512 px, bf16
python benchmarks/throughput.py --tiny             the embedded model on a CPU: shows that the benchmark runs, no more

training   Basic FT, steps per second. Against a loop as diffusers' text-to-image example writes it (peers.py): images
           and prompts encoded in every step, float32 weights under accelerate's bf16, AdamW as it comes, the loss read
           every step.
sampling   Images per second: 50 guided DDIM steps and decoding. Against StableDiffusionPipeline in bf16 at its best
           batch size.

Each number is the median of three timed rounds after one to warm up. share: of the card's own rate for a large bf16
matrix product, measured here. Floating-point operations are counted by torch.utils.flop_counter: of the U-Net in
training, with the decoder in sampling.
"""

import argparse
import gc
import platform
import statistics
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import diffusers
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
from ldcore.runtime.precision import compiled, set_precision
from ldcore.sampling.ddim import Sampling, sample, starting_noise
from ldcore.training.batches import on_device
from ldcore.training.checkpoint import read_losses, start
from ldcore.training.loop import TrainingRun, one_step

ROOT = Path(__file__).parents[1]
ROUNDS, GUIDANCE, PROMPT = 3, 7.5, "a chest X-ray of a 61 year old female with pleural effusion"
DRIFT = Drift(0.1, "prior")


@dataclass(frozen=True)
class Sizes:
    """What is measured."""

    training: tuple[int, ...]  # our batch sizes in training, and the peer's
    sampling: tuple[int, ...]  # our batch sizes in sampling
    stock: tuple[int, ...]  # batch sizes of which the stock pipeline's best counts
    steps: int  # DDIM steps
    train_steps: int  # training steps per round
    matrix: int  # side of the matrices whose product gives the card's rate


FULL = Sizes((8, 16), (16, 32), (1, 4, 8, 16, 32), steps=50, train_steps=10, matrix=8192)
TINY = Sizes((2,), (2,), (1, 2), steps=2, train_steps=2, matrix=512)


@dataclass(frozen=True)
class Timing:
    """Rounds of one call."""

    seconds: float  # median
    spread: float  # seconds between the fastest and the slowest round
    peak: float  # GB, NaN on a CPU


@dataclass(frozen=True)
class Bench:
    """What all measurements share."""

    folder: Path  # of the model
    sizes: Sizes
    compiles: list[bool]  # without compilation, with it
    rate: float  # the card's own, operations per second
    device: torch.device

    def row(self, name: str, batch_size: int, timing: Timing, done: tuple[int, str], operations: float) -> str:
        """A line of the table. done: how many things a round does, and their name; operations: of one thing."""
        count, unit = done
        share = count * operations / timing.seconds / self.rate
        return (
            f"| {name} | {batch_size} | {count / timing.seconds:.3g} {unit}/s | {timing.spread / timing.seconds:.1%} "
            f"| {timing.peak:.1f} | {share:.1%} |"
        )


def wait(device) -> None:
    """Wait until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize()


def timed(function, device) -> Timing:
    """Timing of ROUNDS calls, after one to warm up."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    function()
    seconds = []
    for _ in range(ROUNDS):
        wait(device)
        began = time.perf_counter()
        function()
        wait(device)
        seconds.append(time.perf_counter() - began)
    peak = torch.cuda.max_memory_allocated() / 1e9 if device.type == "cuda" else float("nan")
    return Timing(statistics.median(seconds), max(seconds) - min(seconds), peak)


def matmul_rate(device, size: int) -> float:
    """Operations per second of a bf16 matrix product, size x size."""
    a, b = (torch.randn(size, size, device=device, dtype=torch.bfloat16) for _ in range(2))
    return 20 * 2 * size**3 / timed(lambda: [a @ b for _ in range(20)], device).seconds


def operations(function, *arguments) -> int:
    """Floating-point operations of one call."""
    with FlopCounterMode(display=False) as counter:
        function(*arguments)
    return counter.get_total_flops()


def our_training(folder, batch_size: int, compile: bool):
    """Our engine, its latents and embeddings computed once: (backbone, a function that takes n training steps)."""
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
    given = {"batch_size": batch_size, "mixed_precision": "bf16", "learning_rate": 1e-5, "compile": compile}
    options = plugins.options("method", "basic_ft", given)
    run = TrainingRun(basic_ft, options, DRIFT)
    state = start(basic_ft.trainable(backbone, options), options, backbone.device)
    data = on_device(data, backbone.device)

    def steps(count: int):
        for step in range(count):
            state.waiting.append(one_step(backbone, run, state, data, step, (0, 1)))
        read_losses(state, options, 1)

    return backbone, steps


def our_sampling(backbone, batch_size: int):
    """A function that draws one batch of images in n steps, and decodes it."""
    embeds, side = embed_prompts(backbone, ["", PROMPT]), backbone.unet.config.sample_size
    prompts = embeds[1:].expand(batch_size, -1, -1)
    noise = torch.stack([starting_noise((4, side, side), number) for number in range(batch_size)])

    def images(steps: int):
        settings = Sampling(steps, GUIDANCE, batch_size)
        latents, _ = sample(backbone, prompts, embeds[0], noise, DRIFT, settings)
        return decode(backbone, latents, batch_size)

    return images


def training(bench: Bench) -> list[str]:
    """Rows of the table: ours and diffusers' example at each batch size."""
    rows, done = [], (bench.sizes.train_steps, "steps")
    for batch_size in bench.sizes.training:
        for compile in bench.compiles:
            backbone, steps = our_training(bench.folder, batch_size, compile)
            counted = operations(steps, 1)
            with compiled(backbone.unet, compile):
                timing = timed(lambda steps=steps: steps(bench.sizes.train_steps), bench.device)
            name = f"training, {'ours, compiled' if compile else 'ours'}"
            rows.append(bench.row(name, batch_size, timing, done, counted))
            del backbone, steps
        example = peers.training(bench.folder, batch_size, bench.sizes.train_steps, PROMPT, bench.device)
        timing = timed(example, bench.device)
        rows.append(bench.row("training, diffusers' example", batch_size, timing, done, counted))
        del example
    return rows


def sampling(bench: Bench) -> list[str]:
    """Rows of the table: ours at each batch size, the stock pipeline at its best."""
    rows, steps, counted = [], bench.sizes.steps, 0.0
    for compile in bench.compiles:
        backbone = load_backbone(bench.folder)
        for network in (backbone.unet, backbone.vae):
            set_precision(network, "bf16")
        counted = counted or operations_per_image(backbone, steps)
        with compiled(backbone.unet, compile):
            for batch_size in bench.sizes.sampling:
                images = our_sampling(backbone, batch_size)
                timing = timed(lambda images=images: images(steps), bench.device)
                name = f"sampling, {'ours, compiled' if compile else 'ours'}"
                rows.append(bench.row(name, batch_size, timing, (batch_size, "images"), counted))
        del backbone
    timings = {}
    for batch_size in bench.sizes.stock:
        stock = peers.sampling(bench.folder, batch_size, steps, PROMPT, GUIDANCE, bench.device)
        timings[batch_size] = timed(stock, bench.device)
    best = max(timings, key=lambda batch_size: batch_size / timings[batch_size].seconds)
    name = "sampling, stock pipeline (its best batch)"
    return [*rows, bench.row(name, best, timings[best], (best, "images"), counted)]


def operations_per_image(backbone, steps: int) -> float:
    """Floating-point operations of one image of our sampling; its network calls are all alike, so two are counted."""
    images = our_sampling(backbone, 1)
    first, second = operations(images, 1), operations(images, 2)
    rows = 8 if backbone.device.type == "cpu" else 1  # a CPU always takes eight
    return (first + (second - first) * (steps - 1)) / rows


def main(tiny, only, compile, out):
    """Measure, print and write the table."""
    sizes, device = TINY if tiny else FULL, pick_device()
    rate = matmul_rate(device, sizes.matrix)
    with tempfile.TemporaryDirectory() as scratch:
        folder = ROOT / "resources" / "embedded_model" if tiny else sd1.save(Path(scratch, "model"))
        bench = Bench(folder, sizes, [False, True] if compile and not tiny else [False], rate, device)
        rows = []
        for name, measure in (("training", training), ("sampling", sampling)):
            if only in (None, name):
                rows += measure(bench)
                print("\n".join(rows), flush=True)
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
