"""A fine-tuning method tried on a small model: one step, saved, put back, sampled with a drift."""

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import torch

from ldcore import plugins
from ldcore.drift import Drift
from ldcore.methods import load_weights
from ldcore.methods import prepare as prepared
from ldcore.model.backbone import embed_prompts, load_backbone
from ldcore.runtime.device import prepare_cpu
from ldcore.runtime.errors import UserError
from ldcore.runtime.weight_files import state_dict
from ldcore.sampling.ddim import Sampling, network, sample, starting_noise
from ldcore.training.batches import training_data
from ldcore.training.loop import TrainingRun, train

# As short as can be; of these the options that a method has.
SHORT = {
    "steps": 1,
    "batch_size": 2,
    "warmup": 0,
    "lr_schedule": "constant",
    "learning_rate": 1e-3,
    "class_images": 2,
    "class_steps": 1,
}
RECORDS = [
    {"subject_id": "a", "session": 0, "age": 70.0, "sex": "F", "diagnosis": "CN", "findings": ""},
    {"subject_id": "b", "session": 0, "age": 80.0, "sex": "M", "diagnosis": "AD", "findings": ""},
]
DELTA = Drift(0.1, "prior")
CLOSE = {"rtol": 1e-4, "atol": 1e-5}  # rounding alone


@dataclass
class Attempt:
    """What a trial has come to."""

    at: str = ""  # what it does now
    did: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def judge(self, good: bool, fine: str, fault: str) -> None:
        """Note one of two sentences."""
        (self.did if good else self.faults).append(fine if good else fault)


def trial(name: str, model) -> tuple[list[str], list[str]]:
    """(faults, what went well) of a method whose contract is kept, in sentences. UserError: no such model."""
    prepare_cpu()
    attempt = Attempt()
    untouched = load_backbone(model)
    with TemporaryDirectory() as folder:
        try:
            try_out(attempt, name, untouched, Path(folder))
        except Exception as error:  # whatever a method does
            reason = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
            attempt.faults.append(f"{attempt.at}: {reason}")
    return attempt.faults, attempt.did


def try_out(attempt: Attempt, name: str, untouched, folder: Path) -> None:
    """Fill in the attempt; what a method raises passes."""
    method, model = plugins.find("method", name), untouched.folder
    declared = plugins.declared("method", name)["OPTIONS"]
    options = plugins.options("method", name, {key: SHORT[key] for key in SHORT if key in declared})

    attempt.at = "preparing the data"
    backbone = load_backbone(model)
    data = prepared(backbone, method, data_of(backbone, folder), options, 0)
    texts, data = data["texts"], {key: value for key, value in data.items() if key != "saved"}

    attempt.at = "trainable"
    before = method.trainable(backbone, options)
    if not before or not all(isinstance(value, torch.nn.Parameter) for value in before.values()):
        attempt.faults.append("trainable gives no parameters, name -> torch.nn.Parameter.")
        return
    before = {key: value.detach().clone() for key, value in before.items()}
    count = sum(value.numel() for value in before.values())
    attempt.did.append(f"trainable gives {len(before)} tensors, {count} numbers")

    attempt.at = "one step of training"
    trained = load_backbone(model)
    train(trained, TrainingRun(method, options, DELTA), data_of(trained, folder), folder)
    after = state_dict(folder / "weights.safetensors")
    changed = [key for key in before if key in after and not torch.equal(after[key].cpu(), before[key].cpu())]
    attempt.judge(
        bool(changed),
        f"one step changes {len(changed)} of them",
        "one step of training changes none of them: the loss does not depend on them.",
    )

    attempt.at = "apply"
    back = load_backbone(model)
    load_weights(back, name, folder / "weights.safetensors")
    saw = [predicted(of, texts) for of in (untouched, trained, back)]
    attempt.judge(
        torch.allclose(saw[2], saw[1], **CLOSE),
        "saved and put back by apply, the network says what it said when trained",
        "put back by apply, the network does not say what it said when trained: apply does not restore all.",
    )
    attempt.judge(
        not torch.equal(saw[2], saw[0]),
        "and not what the untouched model says",
        "put back by apply, the network says what the untouched model says.",
    )

    attempt.at = "sampling with a drift"
    schedules = [{k: v for k, v in of.scheduler.config.items() if k[0] != "_"} for of in (untouched, back)]
    starts = [drawn(back, texts, drift) for drift in (Drift(), DELTA)]
    moved = torch.allclose(starts[1] - starts[0], torch.full_like(starts[0], DELTA.value), atol=1e-5)
    attempt.judge(
        moved and schedules[0] == schedules[1],
        "a drift moves the start of sampling by delta, and the noise schedule is the model's",
        "it changes where sampling starts, or the noise schedule: leave both to the drift and the training.",
    )


def data_of(backbone, folder: Path) -> dict:
    """Training data of two made-up images, as training_data makes it."""
    side, draw = backbone.unet.config.sample_size, np.random.default_rng(0)
    mean = draw.normal(size=(len(RECORDS), backbone.unet.config.out_channels, side, side)).astype(np.float32)
    np.savez(folder / "latents.npz", mean=mean, std=np.full_like(mean, 0.1), rows=np.arange(len(RECORDS)))
    return training_data(backbone, folder / "latents.npz", pd.DataFrame(RECORDS), "brain_mr", "simple_info")


@torch.no_grad()
def predicted(backbone, texts: list[str]) -> torch.Tensor:
    """What the network says of fixed noise under the prompts, on the CPU."""
    config = backbone.unet.config
    noise = starting_noise((len(texts), config.in_channels, config.sample_size, config.sample_size), "trial")
    embeds = embed_prompts(backbone, texts).to(backbone.device)
    return network(backbone, noise.to(backbone.device), torch.tensor(500, device=backbone.device), embeds).cpu()


def drawn(backbone, texts: list[str], drift: Drift) -> torch.Tensor:
    """The channel means of the latents where sampling starts, [N, 4]; two whole steps are taken."""
    config, embeds = backbone.unet.config, embed_prompts(backbone, ["", *texts])
    shape = (config.in_channels, config.sample_size, config.sample_size)
    noise = torch.stack([starting_noise(shape, "trial", number) for number in range(len(texts))])
    return sample(backbone, embeds[1:], embeds[0], noise, drift, Sampling(2))[1][:, 0]
