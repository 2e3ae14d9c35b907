"""Step 1: download and extract Debian's picture packages (nothing is installed): WORK/extracted, WORK/packages.json."""

import re
import shutil
import subprocess
from pathlib import Path

from ldcore.runtime import cli
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import sha256, write_json
from pretrain import read_config


def fetch(names: list[str], work) -> None:
    """Download and extract each package under work/extracted; write work/packages.json last.

    UserError where apt-get or dpkg is missing or a download fails.
    """
    work = Path(work).resolve()
    folder = work / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    for tool in ("apt-get", "dpkg"):
        if shutil.which(tool) is None:
            raise UserError(
                f"{tool} is missing; pre-training takes its photographs from Debian packages, so run it on Debian."
            )
    packages = {}
    for name in names:
        if not list(folder.glob(f"{name}_*.deb")):
            download = subprocess.run(["apt-get", "download", name], cwd=folder, capture_output=True, text=True)
            if download.returncode:
                raise UserError(
                    f"apt-get could not download {name}; run `apt-get update` and try again "
                    f"({download.stderr.strip().splitlines()[-1]})."
                )
        archive = sorted(folder.glob(f"{name}_*.deb"))[-1]
        subprocess.run(["dpkg", "-x", archive, work / "extracted"], check=True)
        packages[name] = {
            "version": archive.name.split("_")[1],
            "sha256": sha256(archive),
            "licences": licences(work / "extracted" / "usr/share/doc" / name / "copyright"),
        }
    write_json(work / "packages.json", packages)


def licences(path: Path) -> list[str]:
    """The distinct licences a Debian copyright file names, in 'License: X' or 'Licensed under X' lines."""
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    named = re.findall(r"^License: *(\S.*)$", text, re.MULTILINE)
    return sorted(set(named or re.findall(r"[Ll]icensed under (?:the )?(.+? License)", text)))


def main(config, work):
    """Fetch the packages that the config names."""
    fetch(read_config(config)["packages"], work)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, work=str))
