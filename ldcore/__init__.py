"""Latent Drifting benchmark library."""
