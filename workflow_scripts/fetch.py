"""Fetch one entry of a config's `weights` into its folder, its sha256 checked. Uses the network.

CONFIG: a run's results/NAME/config.yaml, or any config file, e.g. configs/paper.yaml: no data need be there.
"""

from pathlib import Path

from ldcore.runtime import cli
from ldcore.runtime.config_files import read
from ldcore.runtime.downloads import fetch
from ldcore.runtime.errors import UserError


def main(config, name):
    content = read(config)
    weights = content.get("weights") or {}
    if name not in weights:
        raise UserError(f"{config} has no weight {name!r}; it has {', '.join(weights) or 'none'}.")
    fetch(name, weights[name], Path(content.get("weights_cache", "weights"), name))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, name=str))
