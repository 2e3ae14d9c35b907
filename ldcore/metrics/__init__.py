"""Numbers from feature arrays, and their intervals over sampling seeds; needs numpy (and scipy when called)."""

from ldcore.metrics.frechet import frechet_distance
from ldcore.metrics.interval import jackknife_interval, paired_interval
from ldcore.metrics.kernel import kernel_distance

__all__ = ["frechet_distance", "jackknife_interval", "kernel_distance", "paired_interval"]
