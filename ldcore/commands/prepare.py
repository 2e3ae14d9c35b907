"""A download folder, a folder of your own or a phantom as a data set: records.csv and images.npy.

The same as `python -m ldcore.prepare`; docs/data.md has the adapters. Also writes OUT/excluded.csv, every scan left out
and why, and OUT/splits.csv, hashed ids and their splits, to share. A call after one that was killed goes on.
"""

from ldcore.datasets import arguments as of_prepare
from ldcore.runtime import code

EXAMPLE = """
python -m ldcore prepare --adapter brain_phantom --options '{"subjects": 8}' --out made/brain
"""
add_arguments = of_prepare.add_arguments


def run(arguments) -> None:
    """See ldcore.commands."""
    from ldcore.prepare import main

    names = ("adapter", "source", "out", "options", "seed", "workers")
    code.loaded()  # as it is now, whatever is edited while it runs
    main(*(getattr(arguments, name) for name in names))
