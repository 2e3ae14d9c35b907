"""Whom the synthetic images are compared with, and by how much they differ."""
