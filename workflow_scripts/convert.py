"""Make the diffusers folder OUT of a Stable Diffusion 1.x model that is one .safetensors FILE in the original layout."""

from ldcore.model.convert import convert
from ldcore.runtime import cli

if __name__ == "__main__":
    cli.run(convert, cli.parser(__doc__, file=str, out=str))
