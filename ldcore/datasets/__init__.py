"""Data sets: downloads, one's own images and phantoms, each as a table of records beside a stack of images.

An adapter (a file in ldcore/datasets/adapters, where its contract stands) makes one; `python -m ldcore.prepare`
writes it.
"""

from ldcore import plugins
from ldcore.runtime.errors import UserError


def build(adapter: str, options: dict | None = None, seed: int = 0):
    """(records DataFrame, images uint8 [N, H, W]) of an adapter that has `build`; of others: ldcore.prepare.prepare.

    UserError: an unknown adapter, an option that it does not have, a value out of range.
    """
    return plugins.find("dataset adapter", adapter).build(plugins.options("dataset adapter", adapter, options), seed)


def part_options(part: str, given: dict, common: dict, place: str) -> dict:
    """All options of one part of a data set made of several downloads, its images as large as those of the others.

    part: an adapter; given: the part's own options; common: those of the whole. UserError, which begins with the place:
    an option that is one for all parts, that the part does not have, or out of range.
    """
    for option in sorted(given.keys() & common.keys() - {"source"}):
        raise UserError(f"{place}.{option} is one for all parts; set {option} beside parts.")
    own = {"source": "", **given, "image_size": common["image_size"]}
    return plugins.options("dataset adapter", part, own, place)
