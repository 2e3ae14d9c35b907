"""Make the diffusers folder OUT of a Stable Diffusion 1.x model that is one .safetensors FILE in the original layout."""

from ldcore import cli
from ldcore.convert import convert

if __name__ == "__main__":
    cli.run(convert, cli.parser(__doc__, file=str, out=str))
