"""What a run's tables and figures are made from, hence what a page of them may look at."""

from ldcore import plugins
from ldcore.plan import reporting


def needs(config: dict) -> set[str]:
    """The NEEDS of every table and figure of the run."""
    shown = {"table": reporting.tables(config), "figure": reporting.figures(config)}
    found = {need for kind, names in shown.items() for name in names for need in plugins.declared(kind, name)["NEEDS"]}
    if "claims" in found:
        found |= {need for name in reporting.claims(config) for need in plugins.declared("claim", name)["NEEDS"]}
    return found
