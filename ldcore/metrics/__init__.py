"""Numbers from feature arrays, and their intervals over sampling seeds; needs numpy (and scipy when called)."""

from ldcore.metrics.fid import frechet_distance
from ldcore.metrics.kid import kernel_distance
from ldcore.statistics.interval import jackknife_interval, paired_interval

__all__ = ["frechet_distance", "jackknife_interval", "kernel_distance", "paired_interval"]
