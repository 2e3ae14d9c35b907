"""Every random number follows from a seed and what it is for.

There are no global generators, so order, batch size and resuming do not matter.
"""

import hashlib


def derive_seed(*keys) -> int:
    """A 63-bit seed from any printable keys, e.g. derive_seed(seed, "train", step)."""
    digest = hashlib.sha256("/".join(str(key) for key in keys).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def numpy_rng(*keys):
    """A numpy Generator that depends on `keys` alone."""
    import numpy as np

    return np.random.default_rng(derive_seed(*keys))


def torch_generator(*keys):
    """A CPU torch.Generator that depends on `keys` alone; noise is always drawn on the CPU, then moved."""
    import torch

    return torch.Generator("cpu").manual_seed(derive_seed(*keys))
