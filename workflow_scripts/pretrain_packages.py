"""Download Debian's picture packages (nothing is installed), extract them, and note versions, digests and licences."""

from ldcore.runtime import cli
from pretrain.packages import fetch

if __name__ == "__main__":
    cli.run(lambda names, work: fetch(names.split(), work), cli.parser(__doc__, names=str, work=str))
