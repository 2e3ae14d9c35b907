"""A download folder, or a phantom, as a data set: OUT/records.csv, OUT/images.npy, OUT/excluded.csv (every scan left out, and why) and
OUT/splits.csv (hashed ids: shareable, so that two labs compare runs on the same split).

    python -m ldcore.prepare --adapter oasis1 --source DOWNLOADS/oasis1 --out data/oasis1 [--options '{"image_size": 256}'] [--workers 8]
"""

import argparse
import shutil
from pathlib import Path

import pandas as pd

from ldcore import datasets
from ldcore.datasets import records as table
from ldcore.datasets.scans import build as scans
from ldcore.runtime import cli
from ldcore.runtime.files import atomic


def prepare(adapter: str, options: dict, seed: int, out, workers: int = 1) -> None:
    """Build the adapter's data set into the folder `out`; a killed call goes on where it was. UserError as datasets.module, build."""
    chosen, out = datasets.module(adapter), Path(out)
    options = datasets.complete(options, datasets.defaults(adapter), adapter)
    if hasattr(chosen, "listing"):
        records, images, excluded = scans.build(chosen, options, seed, out / "cache", workers)
    else:
        records, images = chosen.build(options, seed)
        excluded = pd.DataFrame(columns=scans.LEFT_OUT)
    write(out / "excluded.csv", excluded)
    hashes = {
        subject: table.hashed(subject, options.get("salt", "latent-drifting")) for subject in records["subject_id"]
    }
    splits = (
        records[["subject_id", "split"]].drop_duplicates().assign(hashed_id=lambda rows: rows["subject_id"].map(hashes))
    )
    write(out / "splits.csv", splits[["hashed_id", "split"]].sort_values("hashed_id"))
    table.save(records, images, out)
    shutil.rmtree(out / "cache", ignore_errors=True)
    print(
        f"{len(records)} images of {records['subject_id'].nunique()} subjects; left out: {scans.reasons(excluded) if len(excluded) else 'none'}."
    )


def write(path: Path, frame: pd.DataFrame) -> None:
    """A CSV, atomically."""
    with atomic(path) as temporary:
        frame.to_csv(temporary, index=False)


def main(adapter, source, out, options, seed, workers):
    prepare(
        adapter,
        {**({"root" if adapter == "folder" else "source": source} if source else {}), **options},
        seed,
        out,
        workers,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--adapter", required=True, choices=sorted(datasets.ADAPTERS))
    parser.add_argument("--source", help="the download folder; of `folder`: its option root")
    parser.add_argument("--out", required=True)
    parser.add_argument("--options", type=cli.structure, default={}, help="the adapter's options as JSON")
    parser.add_argument("--seed", type=int, default=0, help="assigns splits, draws scans")
    parser.add_argument("--workers", type=int, default=1, help="processes that read and preprocess")
    cli.run(main, parser)
