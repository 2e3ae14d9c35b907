"""How fast a GPU may be at the cost of last digits: float32 that is float32, networks in bf16, compiled networks."""

from contextlib import contextmanager

import torch

from ldcore.runtime.errors import UserError

PRECISIONS = {"float32": torch.float32, "bf16": torch.bfloat16}


def exact_float32() -> None:
    """Float32 products of a GPU in float32, not TF32, so that its numbers are the CPU's up to rounding; bf16 is how to be fast."""
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False


def lowered(module, precision: str) -> None:
    """Turn a frozen network's weights to `precision`, for sampling; its callers cast inputs to module.dtype and outputs back.

    UserError for an unknown precision.
    """
    if precision not in PRECISIONS:
        raise UserError(f"precision {precision!r} is unknown; use one of {', '.join(PRECISIONS)}.")
    torch.nn.Module.to(module, PRECISIONS[precision])


@contextmanager
def compiled(module, wanted: bool):
    """Within: the network is compiled at its first call, once for every shape of input. UserError where that fails."""
    if not wanted:
        yield
        return
    from torch._dynamo.exc import TorchDynamoException

    module.compile(dynamic=False)
    try:
        yield
    except TorchDynamoException as error:
        reason = " ".join(line.strip() for line in str(error).splitlines()[:2])
        raise UserError(
            f"The network could not be compiled ({reason}); set compile: false, or give torch.compile the compiler it "
            "looks for."
        ) from error
