"""What the sources that search share: the options, and the L1 between generated and target distribution.

The paper chooses delta by "the smallest L1 between generated and target distribution, Monte Carlo estimate" (arXiv
2412.20651) and does not say of what the distribution is. The answers, values of `compare`:
    pixel_histogram   shares of pixels in classes of gray levels, of each colour
    pixel_cdf         the same summed up: the earth mover's distance between gray levels, over 255
    mean_image        the mean of all images, place by place
    latent_moments    mean and standard deviation of every latent
"""

from dataclasses import dataclass

import numpy as np

from ldcore.runtime.pixels import coloured
from ldcore.runtime.seeds import numpy_rng

OPTIONS = {
    "training": {
        "type": "string",
        "default": "plain",
        "description": "fine-tuning under this training makes the weights to sample from",
    },
    "compare": {
        "enum": ["pixel_histogram", "pixel_cdf", "mean_image", "latent_moments"],
        "default": "pixel_histogram",
        "description": "what the L1 is taken over",
    },
    "bins": {
        "type": "integer",
        "minimum": 2,
        "maximum": 256,
        "default": 16,
        "description": "classes of a pixel histogram; with many, whether a dark background is exactly black decides",
    },
    "target": {
        "enum": ["train", "val", "train_val"],
        "default": "train",
        "description": "the split of the real images; never the test images, which tables measure on",
    },
    "images": {"type": "integer", "minimum": 4, "default": 48, "description": "sampled at each delta"},
    "target_images": {
        "type": "integer",
        "minimum": 4,
        "default": 400,
        "description": "real images at most, equally many of each class",
    },
}
SIDE = 64  # places a side of a mean image at most
DRAWS = 400  # of the bootstrap


@dataclass(frozen=True)
class Measure:
    """The L1 between samples and target, and the same over `DRAWS` bootstrap draws of both sets of images.

    Each set is a row an image, [N, D]; the L1 is between what `summary` makes of the sets' mean rows, [.., D].
    """

    target: np.ndarray
    summary: object
    seed: object

    def weights(self, count: int, name: str) -> np.ndarray:
        """How often each of `count` images is drawn, as shares [DRAWS, count]; the same at every drift."""
        rng = numpy_rng(self.seed, "drift search", name)
        return rng.multinomial(count, np.full(count, 1 / count), size=DRAWS) / count

    def l1(self, rows: np.ndarray) -> tuple[float, np.ndarray]:
        """(the L1, the L1 of each draw [DRAWS])."""
        value = distance(self.summary(rows.mean(0)), self.summary(self.target.mean(0)))
        drawn = self.summary(self.weights(len(rows), "images") @ rows)
        real = self.summary(self.weights(len(self.target), "target") @ self.target)
        return float(value), distance(drawn, real)


def distance(a, b):
    """Sum of absolute differences over the last axis."""
    return np.abs(a - b).sum(-1)


def interval(value: float, draws: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of an L1 from its bootstrap draws, each less their mean excess: resampling adds to any L1."""
    low, high = np.quantile(draws, [0.025, 0.975]) + value - draws.mean()
    return max(0.0, float(low)), float(high)


def measure_of(trial, options: dict) -> Measure:
    """What samples of the trial are compared by (`compare`, `bins`), with the trial's real images as target."""
    if options["compare"] == "latent_moments":
        return Measure(moments(trial.real_latents), mean_and_spread, trial.seed)
    return Measure(pixel_rows(trial.real, options), lambda mean: mean, trial.seed)


def rows_of(trial, latents, options: dict) -> np.ndarray:
    """A row an image of samples, as `measure_of` has them of the target."""
    if options["compare"] == "latent_moments":
        return moments(latents.numpy())
    return pixel_rows(trial.images(latents), options)


def pixel_rows(images: np.ndarray, options: dict) -> np.ndarray:
    """A row an image for the comparisons of pixels."""
    if options["compare"] == "mean_image":
        return small(images)
    if options["compare"] == "pixel_histogram":
        return histograms(images, options["bins"])
    shares = histograms(images, 256).reshape(len(images), 3, 256)
    return shares.cumsum(-1)[..., :-1].reshape(len(images), -1) / 255


def histograms(images: np.ndarray, bins: int) -> np.ndarray:
    """Shares of pixels in `bins` classes of each colour, over 3, [N, 3 * bins]: two of them differ by 2 at most."""
    classes = coloured(images).reshape(len(images), -1, 3).astype(int) * bins // 256
    counts = [[np.bincount(colour, minlength=bins) for colour in image.T] for image in classes]
    return np.reshape(counts, (len(images), -1)) / (3 * classes.shape[1])


def small(images: np.ndarray) -> np.ndarray:
    """Images in 0..1 as means over at most SIDE x SIDE areas, over the number of values: the L1 is a mean [N, D]."""
    import torch

    tensor = torch.from_numpy(coloured(images).astype(np.float32) / 255).permute(0, 3, 1, 2)
    areas = torch.nn.functional.adaptive_avg_pool2d(tensor, [min(SIDE, side) for side in tensor.shape[2:]])
    rows = areas.flatten(1).double().numpy()
    return rows / rows.shape[1]


def moments(latents: np.ndarray) -> np.ndarray:
    """First and second power of every latent, [N, 2 * C * h * w]."""
    rows = np.asarray(latents, np.float64).reshape(len(latents), -1)
    return np.concatenate([rows, rows**2], 1)


def mean_and_spread(mean: np.ndarray) -> np.ndarray:
    """Mean and standard deviation at each place, over the number of places, from mean rows of `moments` [.., 2 D]."""
    first, second = np.split(mean, 2, -1)
    spread = np.sqrt(np.maximum(second - first**2, 0))
    return np.concatenate([first, spread], -1) / first.shape[-1]
