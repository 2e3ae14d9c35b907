"""Confidence intervals over patients: the percentile bootstrap, in which a patient's images come and go together."""

import numpy as np

from ldcore.runtime.errors import UserError
from ldcore.runtime.seeds import numpy_rng


def patient_bootstrap(statistic, patients, keys: tuple = (0,), draws: int = 1000, level: float = 0.95):
    """(value, low, high): a statistic of N images and its bootstrap interval over patients (Efron and Tibshirani 1993).

    statistic: how often each image counts [N] -> float, None where it has no value (e.g. metrics.auc.weighted_auc);
    patients [N]: any hashable ids; keys: what the draws follow from. Draws without a value are left out.
    UserError: `level` outside (0, 1), no draw with a value, or what the statistic refuses.
    """
    if not 0.0 < level < 1.0:
        raise UserError(f"level is {level}; give a coverage between 0 and 1, e.g. 0.95.")
    value = statistic(np.ones(len(patients)))
    _, patient = np.unique(np.asarray(patients), return_inverse=True)
    count, rng = patient.max() + 1, numpy_rng(*keys)
    times_drawn = rng.multinomial(count, np.full(count, 1 / count), size=draws)
    values = [statistic(times[patient]) for times in times_drawn]
    values = [drawn for drawn in values if drawn is not None]
    if not values:
        raise UserError(f"None of {draws} bootstrap draws has a value; give more patients or draws.")
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return value, float(low), float(high)


def paired_patient_bootstrap(statistic_a, statistic_b, patients, keys: tuple = (0,)):
    """(difference, low, high): statistic_a minus statistic_b, both on the same draws of patients (patient_bootstrap).

    What the two have in common, the patients above all, cancels. Draws where one has no value are left out.
    """

    def difference(weights):
        a, b = statistic_a(weights), statistic_b(weights)
        return None if a is None or b is None else a - b

    return patient_bootstrap(difference, patients, keys)
