"""Containerfile, never built here: what it copies exists, suffices and is no one's data; versions are pinned."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from configs import CLONED, ROOT

TEXT = (ROOT / "Containerfile").read_text()
STEPS = [line.split(maxsplit=1) for line in TEXT.splitlines() if re.match("[A-Z]+ ", line)]
COPIED = [(shlex.split(words)[:-1], shlex.split(words)[-1]) for step, words in STEPS if step == "COPY"]
SOURCES = [source for sources, _ in COPIED for source in sources]


def of(step):
    return [words for name, words in STEPS if name == step]


def test_python_is_one_that_the_package_takes():
    (base,) = of("FROM")
    version = tuple(map(int, re.fullmatch(r"python:(\d+)\.(\d+)-slim", base).groups()))
    bound = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert version >= tuple(map(int, bound.removeprefix(">=").split(".")))


def test_packages_are_the_pinned_ones():
    (install,) = [words for words in of("RUN") if words.startswith("pip ")]
    assert "--editable ." in install and "--constraint constraints.txt" in install
    before = TEXT[: TEXT.index("RUN pip")]
    assert all(
        name in before for name in ("pyproject.toml", "constraints.txt", "LICENSE")
    )  # LICENSE: pyproject names it


def test_what_it_copies_exists_and_belongs_to_the_repository():
    assert SOURCES and all((ROOT / source).exists() for source in SOURCES)
    ignored = subprocess.run(["git", "check-ignore", *SOURCES], cwd=ROOT, capture_output=True, text=True)
    assert ignored.stdout == "" and "." not in SOURCES
    assert set(CLONED) <= set(SOURCES)


@pytest.fixture
def copied(tmp_path):
    """What would lie in the image's working folder."""
    for sources, target in COPIED:
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(
                    ROOT / source, tmp_path / target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
                )
            else:
                place = tmp_path / target / Path(source).name
                place.parent.mkdir(exist_ok=True)
                shutil.copy(ROOT / source, place)
    return tmp_path


def test_it_suffices_to_plan_the_embedded_benchmark(copied):
    assert json.loads(of("ENTRYPOINT")[0]) == ["snakemake"]
    command = [sys.executable, "-m", "snakemake", "-n", *json.loads(of("CMD")[0])]
    done = subprocess.run(
        command, cwd=copied, env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(copied)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(re.search(r"^total +(\d+)$", done.stdout + done.stderr, re.MULTILINE)[1]) > 50
