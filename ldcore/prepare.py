"""A download folder, or a phantom, as a data set, with what was left out and a split list to share.

    python -m ldcore.prepare --adapter oasis1 --source DOWNLOADS/oasis1 --out data/oasis1
        [--options '{"image_size": 256}'] [--workers 8]

OUT/records.csv    a row an image (ldcore.datasets.records)
OUT/images.npy     uint8 [N, size, size]
OUT/excluded.csv   every scan left out, and why; written even where none is left
OUT/splits.csv     hashed ids and their splits: shareable, so that two labs compare runs on the same split
"""

import shutil
from pathlib import Path

import pandas as pd

from ldcore import plugins
from ldcore.datasets import records as table
from ldcore.datasets.arguments import add_arguments
from ldcore.datasets.scans import build as scans
from ldcore.datasets.scans.listing import none_excluded, reasons
from ldcore.datasets.splits import hashed_splits
from ldcore.evaluation.real_images import check_classes
from ldcore.runtime import cli
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import atomic, check_writable


def prepare(adapter: str, options: dict, seed: int, out, workers: int = 1, classes=()) -> None:
    """Build the adapter's data set into the folder `out`; a call after one that was killed goes on where that was.

    adapter: the name of a file in ldcore/datasets/adapters, or a dotted module path. options: those that are not to
    have their defaults. workers: processes that read scans. classes: labels of which subjects are needed. UserError: an
    unknown adapter or option, a value out of range, a class without subjects to learn from or to test on, and whatever
    the adapter finds wrong with the download.
    """
    plugins.check("dataset adapter", adapter)
    module, out = plugins.find("dataset adapter", adapter), Path(out)
    options = plugins.options("dataset adapter", adapter, options)
    check_writable(out)
    excluded = none_excluded()
    if hasattr(module, "list_scans"):
        try:
            records, images, excluded = scans.build(module, options, seed, out / "cache", workers)
        except scans.NoScan as fault:
            raise refusal(fault, fault.excluded, out) from None
    elif getattr(module, "RESUMES", False):
        records, images = module.build(options, seed, out / "cache", workers)
    else:
        records, images = module.build(options, seed)
    try:
        check_classes(records, classes)  # with the cache still there
    except UserError as fault:
        raise refusal(fault, excluded, out) from None
    write(out / "excluded.csv", excluded)
    write(out / "splits.csv", hashed_splits(records, options.get("salt", "latent-drifting")))
    table.save(records, images, out)
    shutil.rmtree(out / "cache", ignore_errors=True)
    gone = reasons(excluded) if len(excluded) else "none"
    print(f"{len(records)} images of {records['subject_id'].nunique()} subjects; left out: {gone}.")


def refusal(fault: UserError, excluded: pd.DataFrame, out: Path) -> UserError:
    """The error of a data set that cannot be used, with the place of the table of what was left out, now written."""
    if excluded.empty:
        return fault
    write(out / "excluded.csv", excluded)
    return UserError(f"{fault} What was left out, and why, is in {out / 'excluded.csv'}.")


def write(path: Path, frame: pd.DataFrame) -> None:
    """Write a CSV, atomically."""
    with atomic(path) as temporary:
        frame.to_csv(temporary, index=False)


def main(adapter, source, out, options, seed, workers):
    """Prepare a data set from the arguments of a command line."""
    if source:
        options = {plugins.declared("dataset adapter", adapter).get("SOURCE", "source"): source, **options}
    prepare(adapter, options, seed, out, workers)


if __name__ == "__main__":
    parser = cli.parser(__doc__)
    add_arguments(parser)
    cli.run(main, parser)
