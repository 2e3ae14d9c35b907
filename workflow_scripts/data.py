"""Write one dataset: records.csv, images.npy, and what was left out (ldcore/prepare.py)."""

from ldcore.prepare import prepare
from ldcore.runtime import cli, code
from ldcore.runtime.errors import UserError
from ldcore.store import opened


def main(config, dataset, workers):
    config, store = opened(config, dataset=dataset)
    entry, folder = config["datasets"][dataset], store.data(dataset)
    written, kept = folder / "excluded.csv", folder / "left_out.csv"
    kept.unlink(missing_ok=True)
    before = written.stat().st_mtime_ns if written.exists() else None
    try:
        prepare(entry["adapter"], entry["options"], config["seed"], folder, workers, entry["classes"])
    except UserError as fault:
        if not written.exists() or written.stat().st_mtime_ns == before:  # nothing was read
            raise
        written.rename(kept)  # Snakemake removes the outputs of a job that failed
        raise UserError(str(fault).replace(str(written), str(kept))) from None
    code.record(store.made("data", dataset))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, dataset=str, workers=int))
