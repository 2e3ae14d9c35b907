"""Fetch one entry of the config's `weights` into its folder, its sha256 checked. Uses the network."""

from pathlib import Path

from ldcore.runtime import cli
from ldcore.runtime.downloads import fetch
from ldcore.store import opened


def main(config, name):
    config, _ = opened(config)
    fetch(name, config["weights"][name], Path(config["weights_cache"], name))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, name=str))
