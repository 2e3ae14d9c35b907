"""Where a job computes: the CPU made reproducible, a GPU chosen among those that jobs share."""

import os
import tempfile
from pathlib import Path

from ldcore.runtime.errors import UserError

GPU_LOCKS = []  # open lock files: closed, hence unlocked, when the process ends, however it ends


def prepare_cpu(threads: int = 1) -> None:
    """Fix what changes results on a CPU: the number of torch threads (sums are ordered by it) and denormals."""
    import torch

    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)


def pick_device():
    """A torch.device: CUDA where torch finds it, else the CPU.

    Of several GPUs that jobs share (LDCORE_GPUS says how many), a free one. Of the GPUs of one job, the one of this
    process (LOCAL_RANK, as `accelerate launch` sets it). UserError: all shared GPUs are taken.
    """
    import torch

    from ldcore.runtime.precision import exact_float32

    shared = take_gpu(int(os.environ.get("LDCORE_GPUS", 0)), tempfile.gettempdir()) is not None
    if shared and "LOCAL_RANK" in os.environ:
        os.environ["LOCAL_RANK"] = "0"  # this process sees one GPU
    if not torch.cuda.is_available():
        return torch.device("cpu")
    exact_float32()
    torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
    return torch.device("cuda", torch.cuda.current_device())


def take_gpu(count: int, folder) -> int | None:
    """Lock the first free GPU of a machine without a scheduler until this process ends; returns its number.

    count: GPUs of the machine. folder: where the lock files lie. CUDA_VISIBLE_DEVICES is set to the number. Where it is
    set already (by Slurm or by hand) or count is 0, nothing is to be shared and None is returned. UserError: all GPUs
    are taken.
    """
    import fcntl  # not on every system

    if not count or os.environ.get("CUDA_VISIBLE_DEVICES") is not None:
        return None
    for gpu in range(count):
        file = open(Path(folder, f"ldcore-{os.getuid()}-gpu{gpu}.lock"), "w")  # noqa: SIM115 (stays open)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            continue
        GPU_LOCKS.append(file)
        os.environ["CUDA_VISIBLE_DEVICES"] = str(gpu)
        return gpu
    raise UserError(
        f"All {count} GPUs are taken; give this job's rule gpu: 1 under `resources` of the config, "
        "or lower --resources gpu."
    )
