"""Confidence intervals: over sampling seeds and training runs (interval), over patients (bootstrap)."""
