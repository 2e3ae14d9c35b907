"""Confidence intervals over patients: the percentile bootstrap, in which a patient's images come and go together."""

import numpy as np

from ldcore.runtime.errors import UserError
from ldcore.runtime.seeds import numpy_rng
from ldcore.statistics.student import NAN, check_level, t_test, without_rounding


def patient_bootstrap(statistic, patients, keys: tuple = (0,), draws: int = 1000, level: float = 0.95):
    """(value, low, high): a statistic of N images and its bootstrap interval over patients (Efron and Tibshirani 1993).

    statistic: how often each image counts [N] -> float, None where it has no value (e.g. metrics.auc.weighted_auc);
    patients [N]: any hashable ids; keys: what the draws follow from. Draws without a value are left out. nan for low
    and high with one patient, or where every draw gives the same (an AUC of 1): that is no certainty.
    UserError: `level` outside (0, 1), no draw with a value, or what the statistic refuses.
    """
    check_level(level)
    value, drawn = _drawn(statistic, patients, keys, draws)
    return value, *_percentiles(drawn, level)


def paired_bootstrap(statistics: tuple, patients, keys: tuple = (0,), draws: int = 1000, level: float = 0.95):
    """(first - second, low, high, p) of two statistics of the same N images, as `patient_bootstrap`.

    Both are taken at the same draws of patients, so that how hard the drawn patients are cancels. p: two-sided, of the
    difference being 0: difference over the standard deviation of the draws, by Student's t with patients - 1 degrees of
    freedom (as roc.test of pROC with the normal distribution; Robin et al. 2011), which has no floor of 1 / draws and
    so survives a correction for many comparisons. The gain in AUC of a cell over the reference cell, both scored on the
    same test images in the same order:

        pair = tuple(weighted_auc(scores, labels) for scores in (of_cell, of_reference))   # ldcore.metrics.auc
        gain = paired_bootstrap(pair, patients, keys=(seed, "auc", dataset, "bootstrap"))
        rows.append(row(gain, n=n, metric="auc_gain", extractor=classifier["name"], **labels))

    where the row's metric is GAIN of ldcore/metrics/auc.py. `row` (ldcore.evaluation.rows) takes the four numbers; the
    column p is what Holm's correction of the table needs. The reference itself has no such row.
    """
    check_level(level)
    first, second = statistics

    def difference(weights):
        pair = first(weights), second(weights)
        return None if None in pair else pair[0] - pair[1]

    value, drawn = _drawn(difference, patients, keys, draws)
    low, high = _percentiles(drawn, level)
    if low != low:
        return value, NAN, NAN, NAN
    return value, low, high, t_test(value, float(np.std(drawn, ddof=1)), len(set(np.asarray(patients).tolist())) - 1)[3]


def run_and_patient_interval(statistics: list, patients, keys: tuple = (0,), draws: int = 1000, level: float = 0.95):
    """(mean, low, high, p): of statistics of several training runs on the same N images, with both reasons to differ.

    The variance of the mean is that of the runs over their number, plus that of the mean over draws of patients
    (`patient_bootstrap`), less what both hold: that a run does better on some patients than another run does, which the
    draws tell too. Student's t with the degrees of freedom of Satterthwaite (1946), between runs - 1 and patients - 1.
    p: two-sided, of the mean being 0. nan for low, high and p where nothing differs. UserError: as `patient_bootstrap`;
    fewer than two runs.
    """
    check_level(level)
    if len(statistics) < 2:
        raise UserError("An interval over training runs needs two of them; use patient_bootstrap for one.")

    drawn = []

    def mean(weights):
        values = [statistic(weights) for statistic in statistics]
        if None in values:
            return None
        drawn.append(values)
        return float(np.mean(values))

    value, means = _drawn(mean, patients, keys, draws)
    (alone, *drawn), count = np.array(drawn), len(statistics)  # the first are of all images
    of_runs, of_patients = float(np.var(alone, ddof=1)) / count, float(np.var(means, ddof=1)) if len(means) > 1 else 0.0
    both = 0.0
    if len(drawn) > 1:
        both = float(np.var(drawn - np.mean(drawn, 1, keepdims=True), axis=0, ddof=1).mean()) / (count - 1)
    variance = max(of_runs + of_patients - both, of_runs, of_patients)
    error = without_rounding(variance**0.5, max(1.0, *map(abs, alone)))
    if not error:
        return value, NAN, NAN, NAN
    freedoms = [count - 1, max(1, len(set(np.asarray(patients).tolist())) - 1)]
    shares = zip((of_runs, of_patients), freedoms)
    freedom = (of_runs + of_patients) ** 2 / sum(part**2 / free for part, free in shares)
    return t_test(value, error, freedom, level)


def _drawn(statistic, patients, keys: tuple, draws: int) -> tuple[float, list[float]]:
    """(the statistic of all images, its values at draws of as many patients); no draws of one patient."""
    value = statistic(np.ones(len(patients)))
    _, patient = np.unique(np.asarray(patients), return_inverse=True)
    count, rng = patient.max() + 1, numpy_rng(*keys)
    if count < 2:
        return value, []
    times_drawn = rng.multinomial(count, np.full(count, 1 / count), size=draws)
    values = [statistic(times[patient]) for times in times_drawn]
    values = [drawn for drawn in values if drawn is not None]
    if not values:
        raise UserError(f"None of {draws} bootstrap draws has a value; give more patients or draws.")
    return value, values


def _percentiles(drawn: list[float], level: float) -> tuple[float, float]:
    """(low, high) of the draws; nan where there are none, or all are the same."""
    if len(drawn) < 2 or min(drawn) == max(drawn):
        return NAN, NAN
    tail = (1 - level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return (float(low), float(high)) if low < high else (NAN, NAN)
