"""A latent diffusion model: loading, encoding, decoding, converting."""
