"""Make a diffusers folder of a Stable Diffusion 1.x model that is one .safetensors file in the original layout."""

from pathlib import Path

from ldcore.model.convert import convert
from ldcore.runtime import cli, code
from ldcore.store import opened


def main(config):
    model = opened(config)[0]["model"]
    convert(model["single_file"], model.get("turned_from", model["path"]))
    code.record(Path(model.get("turned_from", model["path"])) / "made.json")


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str))
