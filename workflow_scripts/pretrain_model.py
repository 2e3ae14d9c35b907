"""Assemble OUT, an ordinary diffusers folder with its manifest, and draw its contact sheet SHEET."""

from ldcore.model.backbone import prepare_cpu
from ldcore.runtime import cli
from pretrain.assemble import assemble
from pretrain.sheet import contact_sheet


def main(work, out, sheet):
    prepare_cpu(2)
    assemble(work, out)
    contact_sheet(out, work, sheet)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, work=str, out=str, sheet=str))
