"""Options as an adapter gets them."""

from ldcore import plugins


def complete(adapter: str, given: dict | None = None, **more) -> dict:
    """All options of an adapter, those given over its defaults; the source is the working folder unless given."""
    needed = {"source": "."} if "source" in plugins.declared("dataset adapter", adapter)["OPTIONS"] else {}
    return plugins.options("dataset adapter", adapter, {**needed, **(given or {}), **more})
