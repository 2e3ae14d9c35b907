"""Write one dataset: OUT/records.csv and OUT/images.npy, and what was left out (ldcore/prepare.py)."""

from ldcore.prepare import prepare
from ldcore.runtime import cli

if __name__ == "__main__":
    cli.run(prepare, cli.parser(__doc__, adapter=str, options=cli.structure, seed=int, out=str, workers=int))
