"""Networks always see chunks of one size.

CPU kernels differ by the size of a chunk in the last bits, but not by the place or the companions of a row.
"""

import torch

CPU_CHUNK = 8  # rows per network call on a CPU


def chunk_size(device: torch.device, batch_size: int) -> int:
    """Rows per network call: on a CPU CPU_CHUNK (bitwise reproducible), else `batch_size` (equal up to rounding)."""
    return CPU_CHUNK if device.type == "cpu" else batch_size


def in_chunks(function, *tensors, size: int = CPU_CHUNK):
    """Yield function(*rows), a tuple of tensors, for successive `size` rows of the tensors.

    The last chunk is filled up with its last row; what the function makes of the filling is cut off again.
    """
    for first in range(0, len(tensors[0]), size):
        rows = [tensor[first : first + size] for tensor in tensors]
        count = len(rows[0])
        if count < size:
            rows = [torch.cat([row, row[-1:].expand(size - count, *row.shape[1:])]) for row in rows]
        yield tuple(output[:count] for output in function(*rows))
