"""How fast a GPU may be at the cost of last digits: float32 that is float32, networks in bf16, compiled networks."""

from contextlib import contextmanager

import torch

from ldcore.runtime.errors import UserError

PRECISIONS = {"float32": torch.float32, "bf16": torch.bfloat16}


def exact_float32() -> None:
    """Let a GPU multiply float32 in float32, not in TF32, so that its numbers are the CPU's up to rounding."""
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False


def set_precision(network, precision: str) -> None:
    """Turn the weights of a frozen network to float32 or bf16, for sampling.

    Its callers cast inputs to network.dtype and outputs back. UserError: another precision.
    """
    if precision not in PRECISIONS:
        raise UserError(f"precision {precision!r} is unknown; use one of {', '.join(PRECISIONS)}.")
    torch.nn.Module.to(network, PRECISIONS[precision])


@contextmanager
def compiled(network, enabled: bool):
    """Within: the network is compiled at its first call, once for every shape of input. UserError where that fails."""
    if not enabled:
        yield
        return
    from torch._dynamo.exc import TorchDynamoException

    network.compile(dynamic=False)
    try:
        yield
    except TorchDynamoException as error:
        reason = " ".join(line.strip() for line in str(error).splitlines()[:2])
        raise UserError(
            f"The network could not be compiled ({reason}); set compile: false, or give torch.compile the compiler it "
            "looks for."
        ) from error
