"""Student's t: the interval and the p-value of a value whose standard error was estimated from a few units."""

import math

from ldcore.runtime.errors import UserError

NAN = float("nan")
# A spread below this share of the units' own size is the rounding of a computer, not a difference between units.
ROUNDING = 1e-9


def t_test(value: float, error: float, freedom: float, level: float = 0.95) -> tuple[float, float, float, float]:
    """(value, low, high, p): value +- t_freedom x error, and the two-sided p-value of its being 0 (Student 1908).

    error: the standard error; freedom: one less than the units that it was estimated from. nan for low, high and p
    where error is 0 or freedom below 1: units that do not differ say nothing about others. UserError: `level` outside
    (0, 1).
    """
    from scipy.special import stdtr, stdtrit

    check_level(level)
    if freedom < 1 or not error > 0:
        return float(value), NAN, NAN, NAN
    half = float(stdtrit(freedom, 0.5 + level / 2)) * error
    return float(value), float(value) - half, float(value) + half, float(2 * stdtr(freedom, -abs(value) / error))


def check_level(level: float) -> None:
    """UserError unless a coverage lies between 0 and 1."""
    if not 0.0 < level < 1.0:
        raise UserError(f"level is {level}; give a coverage between 0 and 1, e.g. 0.95.")


def without_rounding(error: float, size: float) -> float:
    """A standard error, 0 where it is but rounding beside the `size` of what it was computed from."""
    return 0.0 if not math.isfinite(error) or error <= ROUNDING * abs(size) else float(error)
