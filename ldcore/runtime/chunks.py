"""Networks always see chunks of one size: CPU kernels differ by it in the last bits, but not by a row's place."""

import torch

CPU_CHUNK = 8


def chunk_size(device: torch.device, batch_size: int) -> int:
    """Rows a network call gets: fixed on a CPU (same bits), `batch_size` elsewhere (equal up to rounding)."""
    return CPU_CHUNK if device.type == "cpu" else batch_size


def in_chunks(function, *tensors, size: int = CPU_CHUNK):
    """Yield function(*rows) for `size` rows of the tensors at a time; the last chunk is filled up with its last row."""
    count = len(tensors[0])
    for first in range(0, count, size):
        rows = [tensor[first : first + size] for tensor in tensors]
        kept = len(rows[0])
        if kept < size:
            rows = [torch.cat([row, row[-1:].expand(size - kept, *row.shape[1:])]) for row in rows]
        yield tuple(part[:kept] for part in function(*rows))
