"""Data sets: downloads, one's own images and phantoms, each as a table of records beside a stack of images.

An adapter (a file in ldcore/datasets/adapters, where its contract stands) makes one; `python -m ldcore.prepare`
writes it.
"""

from ldcore import plugins


def build(adapter: str, options: dict | None = None, seed: int = 0):
    """(records DataFrame, images uint8 [N, H, W]) of an adapter that has `build`; of others: ldcore.prepare.prepare.

    UserError: an unknown adapter, an option that it does not have, a value out of range.
    """
    return plugins.find("dataset adapter", adapter).build(plugins.options("dataset adapter", adapter, options), seed)
