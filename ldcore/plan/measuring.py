"""Checks of what a config measures with: extractors, metrics, classifiers and measures exist and take their options.

Reads declarations alone: nothing is imported that a check does not need.
"""

from ldcore import plugins
from ldcore.runtime.errors import UserError


def check_measuring(config: dict) -> None:
    """UserError, naming the place in the config, for the first plug-in or option that does not fit."""
    for name, options in config["extractors"].items():
        check_choice("extractor", name, f"extractors.{name}", options)
    for dataset, entry in config["datasets"].items():
        classifier, place = entry["classifier"], f"datasets.{dataset}.classifier"
        check_choice("classifier", classifier["name"], place, classifier["options"])
        for measure in entry["measures"] or []:
            check_choice("measure", measure, f"datasets.{dataset}.measures")
    for name in config["metrics"]:
        check_metric(name, "features", f"metrics {name!r}")
    if config.get("editing"):
        for name in config["editing"]["likeness"]:
            check_metric(name, "pairs", f"editing.likeness {name!r}")
        for name, options in config["editing"]["perceptual"].items():
            check_metric(name, "pairs", f"editing.perceptual.{name}", options)


def check_choice(kind: str, name: str, place: str, options: dict | None = None) -> None:
    """UserError if there is no such plug-in, or its options do not fit."""
    plugins.check(kind, name, place)
    plugins.options(kind, name, options, f"Config {place}")


def check_metric(name: str, compared: str, place: str, options: dict | None = None) -> None:
    """The same of a metric; UserError also where it does not compare "features" or "pairs" as its place asks."""
    check_choice("metric", name, place, options)
    compares = plugins.declared("metric", name).get("COMPARES")
    if compares != compared:
        raise UserError(f"Config {place}: this metric compares {compares}; name one that compares {compared}.")
