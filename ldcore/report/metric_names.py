"""What the metrics of rows are called in tables and figures, and in which order their columns stand."""

from ldcore import plugins
from ldcore.edit.scoring.samples import LD_GAIN
from ldcore.runtime.errors import UserError

# How a row's metric ends that is not the name of a plug-in, and what its column says instead.
ENDINGS = {
    "real_plus_synthetic": "R+S",
    "real_plus_synthetic_gain": "R+S gain",
    "all_real_plus_synthetic": "all R+S",
    "all_real_plus_synthetic_gain": "all R+S gain",
}


def plugin_of(metric: str) -> str | None:
    """The metric behind a row's: of that name, or of the longest name that it begins with; None where there is none."""
    if is_plugin(metric):
        return metric
    names = [name for name in plugins.names("metric") if metric.startswith(f"{name}_")]
    return max(names, key=len, default=None)


def is_plugin(metric: str) -> bool:
    """Whether there is a metric of this name."""
    try:
        plugins.file_of("metric", metric)
    except UserError:
        return False
    return True


def compares_features(metric: str) -> bool:
    """Whether a row's metric is a distance between features, so that it has a value for each extractor."""
    name = plugin_of(metric)
    return name is None or plugins.declared("metric", name).get("COMPARES") == "features"


def gains(config: dict) -> set[str]:
    """The metrics of rows that say how much better a cell is than the reference cell (GAIN of a metric)."""
    names = [*plugins.names("metric"), *config["metrics"]]
    return {plugins.declared("metric", name).get("GAIN") for name in names} - {None}


def grid_title(metric: str) -> str:
    """The heading of a metric over the grid: "KID", "KID gain", "AUC R+S"."""
    name = plugin_of(metric)
    if name is None:
        return metric.replace("_", " ")
    ending = metric.removeprefix(name).removeprefix("_")
    return f"{plugins.title('metric', name)} {ENDINGS.get(ending, ending.replace('_', ' '))}".strip()


def edit_title(metric: str, extractor: str, several: bool) -> str:
    """The heading of a metric of edits: the metric, or what `extractor` names where metrics share rows (LPIPS).

    several: whether the metric occurs with several extractors, so that the heading says which. Of a gain over the
    reference cell (METRIC_ld_gain): the metric's, and "LD gain".
    """
    if metric.endswith(LD_GAIN):
        return f"{edit_title(metric.removesuffix(LD_GAIN), extractor, several)} LD gain"
    shared = plugins.declared("metric", extractor).get("ROW") if extractor and is_plugin(extractor) else None
    if shared and metric.startswith(shared):
        return extractor + metric.removeprefix(shared).replace("_", " ")
    name = plugins.title("metric", metric) if is_plugin(metric) else metric.replace("_", " ")
    return f"{name} ({extractor})" if several and extractor else name


def in_order(metrics) -> list[str]:
    """Each metric once, by first occurrence: those of features first, what is derived from a metric right behind it."""
    metrics = list(dict.fromkeys(metrics))
    behind = [plugin_of(metric) or metric for metric in metrics]
    return sorted(
        metrics, key=lambda metric: (not compares_features(metric), behind.index(plugin_of(metric) or metric))
    )
