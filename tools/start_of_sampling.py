"""What a network makes of z_T's mean: why the closed form of the drift helps one data set and overshoots on another.

python -m tools.start_of_sampling --config results/embedded/config.yaml [--images 64] [--method basic_ft]
    [--into docs/drift.md]

Prints a table from a finished run, a column a data set, and writes it between the marks of a text: the mean that the
weights fine-tuned without drift predict for x0 from pure noise at sampling's first timestep, how strongly each channel
follows z_T's mean (1 / sqrt(alpha_bar): it is copied; 0: it is ignored, as by a network that knows the data), the drift
at which the predicted mean is right, and what sampling with it and at multiples of the moment ends with. Noise, prompts
and images are of the training split, so that nothing is chosen on test images.
"""

import numpy as np
import pandas as pd
import torch

from ldcore import Drift
from ldcore.drift.resolve import resolve
from ldcore.features import extract
from ldcore.grid import Checkpoint
from ldcore.methods import load_weights
from ldcore.metrics import between_features
from ldcore.model.autoencoding import decode
from ldcore.model.backbone import embed_prompts, load_backbone
from ldcore.prompts import prompt
from ldcore.report import markup
from ldcore.report.results import Results
from ldcore.runtime import cli
from ldcore.runtime.chunks import in_chunks
from ldcore.runtime.device import prepare_cpu
from ldcore.runtime.seeds import numpy_rng
from ldcore.sampling.ddim import Sampling, network, sample, starting_noise
from ldcore.sampling.inversion import noise_of
from tools.claims import write_into

STEP = 0.1  # of z_T's mean, for the slopes
SHARES = (0.0, 0.62, 0.8, 1.0, 1.2)  # of the moment; 0.62 of it at 12 steps is the one of the schedule's last timestep


def main(config, images, method, into) -> None:
    """Print the table; write it into the file, if one is given."""
    prepare_cpu()
    results = Results.opened(config)
    columns = {}
    for dataset in results.config["grid"]["datasets"]:
        run = str(results.config["grid"]["training_seeds"][0])
        checkpoint = Checkpoint(dataset, method, "plain", results.config["grid"]["prompts"][0], run)
        columns[dataset] = measured(results, checkpoint, images)
    table = pd.DataFrame(columns).rename_axis(markup.method_title(method)).reset_index()
    text = markup.markdown(table, ()).rstrip() + "\n"
    print(text)
    if into:
        write_into(into, text, "start")


def measured(results: Results, checkpoint: Checkpoint, count: int) -> dict[str, str]:
    """Name -> numbers of one data set, from `count` of its training images."""
    # 1. Weights, latents, prompts and noise.
    config, dataset = results.config, checkpoint.dataset
    backbone = load_backbone(config["model"]["path"])
    load_weights(backbone, checkpoint.method, results.store.weights(checkpoint))
    records, images = results.records_and_images(dataset)
    with np.load(results.store.latents(dataset)) as arrays:
        latents, rows = arrays["mean"], arrays["rows"]
    rows = numpy_rng("start of sampling", dataset).permutation(rows)[:count]
    anatomy = config["datasets"][dataset]["anatomy"]
    embeds = embed_prompts(backbone, ["", *(prompt(records.iloc[row], anatomy, checkpoint.prompt) for row in rows)])
    noise = torch.stack([starting_noise(latents.shape[1:], "start of sampling", number) for number in range(count)])
    sampling = Sampling.of(config["sampling"])

    # 2. What is predicted for x0 at the first timestep.
    schedule = {**backbone.scheduler.config, "num_inference_steps": sampling.steps}
    moment = np.array(resolve({"kind": "prior", "source": "moment_channel"}, latents, schedule)["value"])
    backbone.scheduler.set_timesteps(sampling.steps)
    timestep = backbone.scheduler.timesteps[0]
    bar = backbone.scheduler.alphas_cumprod[timestep]

    def predicted(shift) -> np.ndarray:
        return predicted_mean(backbone, noise + torch.tensor(shift).float().view(-1, 1, 1), embeds[1:])

    unmoved, wanted = predicted(np.zeros(len(moment))), latents.mean((0, 2, 3), dtype=np.float64)
    steps = np.eye(len(moment)) * STEP
    follows = np.stack([(predicted(step) - unmoved) / STEP for step in steps], 1)  # [of x0, of z_T]
    right = np.linalg.solve(follows, wanted - unmoved)
    real = images[records["image_index"].to_numpy()[rows]]
    found = {
        "first timestep; 1 / sqrt(alpha_bar)": f"{int(timestep)}; {bar**-0.5:.2f}",
        "mean latent of the data, a channel": numbers(wanted),
        "mean x0 predicted from N(0, I)": numbers(unmoved),
        "from N(moment, I)": numbers(predicted(moment)),
        "how much of z_T's mean x0 copies": numbers(np.diag(follows)),
        "moment": numbers(moment),
        "drift at which x0's mean is right": numbers(right),
        "gray level of the images": f"{real.mean():.1f}",
    }

    # 3. What sampling ends with.
    features = {name: extract(name, real, **options) for name, options in config["extractors"].items()}
    values = {f"sampled at {share:g} x moment": share * moment for share in SHARES} | {
        "sampled at the drift at which x0's mean is right": right
    }
    for name, value in values.items():
        drift = Drift(value.tolist(), "prior")
        ends, _ = sample(backbone, embeds[1:], embeds[0], noise, drift, sampling)
        made = decode(backbone, ends)
        distances = {
            extractor: between_features("kid", extract(extractor, made, **options), features[extractor])
            for extractor, options in config["extractors"].items()
        }
        found[f"{name}: mean latent"] = numbers(ends.double().mean((0, 2, 3)).numpy())
        found[f"{name}: gray level"] = f"{made.mean():.1f}"
        found |= {f"{name}: KID, {extractor}": f"{kid:.3f}" for extractor, kid in distances.items()}
    return found


@torch.no_grad()
def predicted_mean(backbone, latents, embeds) -> np.ndarray:
    """The mean [C] of x0 as the network predicts it from z_T [N, C, h, w] at the scheduler's first timestep."""
    timestep = backbone.scheduler.timesteps[0]
    bar = backbone.scheduler.alphas_cumprod[timestep]

    def clean(rows, texts):
        noise = noise_of(backbone.scheduler, network(backbone, rows, timestep, texts), timestep, rows)
        return ((rows - (1 - bar).sqrt() * noise) / bar.sqrt(),)

    found = torch.cat([rows for (rows,) in in_chunks(clean, latents, embeds)])
    return found.double().mean((0, 2, 3)).numpy()


def numbers(values) -> str:
    """Numbers of one cell, signed."""
    return ", ".join(f"{value:+.3f}" for value in values)


if __name__ == "__main__":
    parser = cli.parser(__doc__, config=str)
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--method", default="basic_ft")
    parser.add_argument("--into", help="a text with the marks <!-- start --> and <!-- /start -->")
    cli.run(main, parser)
