"""Fetch one entry of the config's `weights` into the folder OUT, its sha256 checked; OUT/source.json says what is there. Uses the network."""

from ldcore.plan.weights import fetch
from ldcore.runtime import cli

if __name__ == "__main__":
    cli.run(fetch, cli.parser(__doc__, name=str, weight=cli.structure, out=str))
