"""A drift as a parameter that gradient descent finds while the network stays as it is: for comparison.

`moments` asks that the mean of x0 which the network predicts from z_T ~ N(delta, I) be that of real images. `loss` is
the fine-tuning loss of the drift itself (plain noise as target, arXiv 2412.20651, eq. 3 with z_t built from noise +
delta). Of a network that was trained without drift the latter has its minimum near 0: training, too, drew N(0, I).
"""

import time

import torch

from ldcore.drift.latent_drift import network_target
from ldcore.drift.sources._search import interval, measure_of, rows_of
from ldcore.runtime.seeds import torch_generator

TITLE = "learned"
NEEDS = "checkpoint"
EXTENDS = ("ldcore.drift.sources._search",)
OPTIONS = {
    "shape": {"enum": ["scalar", "channel", "map"], "default": "channel", "description": "how many numbers it has"},
    "objective": {"enum": ["moments", "loss"], "default": "moments", "description": "what they are trained on"},
    "steps": {"type": "integer", "minimum": 1, "default": 60, "description": "updates of them"},
    "learning_rate": {"type": "number", "exclusiveMinimum": 0, "default": 0.02, "description": "Adam's, falling to 0"},
    "batch_size": {"type": "integer", "minimum": 1, "default": 8, "description": "images an update"},
}
AXES = {"scalar": (0, 1, 2, 3), "channel": (0, 2, 3), "map": (0,)}  # over which a shape is one number


def search(trial, options) -> dict:
    """The trained value with its L1.

    value: a number, [C] numbers or a [C, h, w] map; losses of every update; l1, l1_low, l1_high: of samples with it;
    images sampled for that; target_images; seconds.
    """
    began = time.perf_counter()
    real, device = torch.from_numpy(trial.real_latents), trial.backbone.device
    size = {"scalar": (1, 1, 1), "channel": (real.shape[1], 1, 1), "map": tuple(real.shape[1:])}[options["shape"]]
    delta = torch.zeros(size, device=device, requires_grad=True)
    optimizer = torch.optim.Adam([delta], lr=options["learning_rate"])
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / options["steps"])
    loss_of = {"moments": moment_loss, "loss": denoising_loss}[options["objective"]]
    losses = []
    with torch.enable_grad():
        for step in range(options["steps"]):
            optimizer.zero_grad()
            loss = loss_of(trial, real, delta, options, step)
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
    value = delta.detach().cpu().double().squeeze().tolist() if options["shape"] != "map" else delta.tolist()
    l1, draws = measure_of(trial, options).l1(rows_of(trial, trial.latents(value), options))
    low, high = interval(l1, draws)
    return {
        "value": value,
        "losses": losses,
        "l1": l1,
        "l1_low": low,
        "l1_high": high,
        "images": len(trial.prompts),
        "target_images": len(trial.real),
        "seconds": time.perf_counter() - began,
    }


def moment_loss(trial, real, delta, options, step: int):
    """Squared distance of the mean x0 predicted from N(delta, I) at the first timestep to that of `real`.

    Means over what one number of the drift stands for. Every update takes the next batch_size of the trial's noises.
    """
    rows = (torch.arange(options["batch_size"]) + step * options["batch_size"]) % len(trial.noise)
    scheduler, axes, device = trial.scheduler, AXES[options["shape"]], delta.device
    start, timestep = trial.noise[rows].to(device) + delta, scheduler.timesteps[0]
    predicted = trial.predicted(start, timestep, rows)
    clean = scheduler.step(predicted, timestep, start).pred_original_sample
    return (clean.mean(axes) - real.mean(axes).to(device)).pow(2).mean()


def denoising_loss(trial, real, delta, options, step: int):
    """The fine-tuning loss of images under their prompts, z_t built from noise + delta, the noise as target."""
    generator, device = torch_generator(trial.seed, "learned drift", step), delta.device
    scheduler, count = trial.scheduler, options["batch_size"]
    rows = torch.randint(min(len(real), len(trial.prompts)), (count,), generator=generator)
    timesteps = torch.randint(scheduler.config.num_train_timesteps, (count,), generator=generator)
    noise = torch.randn((count, *real.shape[1:]), generator=generator).to(device)
    clean, timesteps = real[rows].to(device), timesteps.to(device)
    predicted = trial.predicted(scheduler.add_noise(clean, noise + delta, timesteps), timesteps, rows)
    return (predicted - network_target(scheduler, clean, noise, timesteps)).pow(2).mean()
