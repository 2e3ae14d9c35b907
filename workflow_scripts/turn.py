"""Write the config's model with the signs of its latent channels turned: the same images, another sign of a drift."""

from pathlib import Path

from ldcore.model.flip import flip
from ldcore.runtime import cli, code
from ldcore.store import opened


def main(config):
    model = opened(config)[0]["model"]
    flip(model["turned_from"], model["path"], model["turn"])
    code.record(Path(model["path"]) / "made.json")


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str))
