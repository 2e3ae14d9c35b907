"""Write one dataset's records table and image stack: OUT/records.csv and OUT/images.npy."""

from ldcore import cli
from ldcore.datasets import build
from ldcore.datasets.records import save


def main(adapter, options, seed, out):
    save(*build(adapter, options, seed), out)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, adapter=str, options=cli.structure, seed=int, out=str))
