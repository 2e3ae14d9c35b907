"""One more data set is one more file: in the library's folder, or a module of one's own by its dotted name."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from configs import CONFIG, ROOT, SCHEMA, merged
from ldcore.datasets.records import load

# A download: pictures named SUBJECT_VISIT.png, and a table people.csv of age, sex and diagnosis.
ADAPTER = '''
"""Retinas: photographs of the back of the eye, a file a visit."""

from pathlib import Path

import pandas as pd

from ldcore.datasets import tables
from ldcore.datasets.scans import images
from ldcore.datasets.scans.listing import first_by_key, match

TITLE = "Retinas"
EXTENDS = ("ldcore.datasets.scans.build", "ldcore.datasets.scans.images")
OPTIONS = {
    "visits": {"type": "integer", "minimum": 1, "default": 2, "description": "visits of a person that are used"},
}


def list_scans(options):
    """(scans, excluded) of the folder."""
    source = Path(options["source"])
    people = tables.read(source / "people.csv", ("subject", "age", "sex", "diagnosis")).set_index("subject")
    paths, others = first_by_key(sorted(source.glob("*.png")), lambda path: tuple(path.stem.split("_")))
    rows = []
    for subject, visit in paths:
        person = people.loc[subject]
        reason = "" if int(visit) < options["visits"] else "a later visit"
        row = {"age": float(person["age"]) + int(visit), "sex": person["sex"], "diagnosis": person["diagnosis"]}
        rows.append({"key": (subject, visit), "when": int(visit), "reason": reason, **row})
    return match(rows, paths, others)


def read_scan(scan, options):
    """uint8 [image_size, image_size]."""
    return images.to_uint8(images.read(scan["path"]), options["image_size"], options["window"])
'''
PARSED = """
import json, sys
from ldcore.plan import config
from ldcore.runtime.errors import UserError
given, schema = json.load(sys.stdin)
try:
    config.check_names(config.check(given, schema))
except UserError as error:
    sys.exit(f"error: {error}")
sys.exit(sorted({"torch", "pandas", "numpy"} & set(sys.modules)) or 0)
"""


@pytest.fixture
def retinas(tmp_path):
    """Six people, three visits each; one file is damaged."""
    from PIL import Image

    folder = tmp_path / "retinas"
    folder.mkdir()
    rows = [f"p{number},{60 + number},{'FM'[number % 2]},{['healthy', 'glaucoma'][number % 2]}" for number in range(6)]
    (folder / "people.csv").write_text("\n".join(["subject,age,sex,diagnosis", *rows]) + "\n")
    draw = np.random.default_rng(0)
    for number in range(6):
        for visit in range(3):
            pixels = draw.integers(0, 256, (20, 24, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"p{number}_{visit}.png")
    (folder / "p0_1.png").write_bytes(b"no picture")
    return folder


@pytest.fixture(params=["inside", "outside"])
def laboratory(request, tmp_path):
    """(the adapter's name, the environment in which Python finds it): in a copy of the library, or beside it."""
    if request.param == "inside":
        home, name = tmp_path / "clone", "retinas"
        shutil.copytree(ROOT / "ldcore", home / "ldcore", ignore=shutil.ignore_patterns("__pycache__"))
        (home / "ldcore/datasets/adapters/retinas.py").write_text(ADAPTER)
        paths = [home]
    else:
        home, name = tmp_path / "home", "mylab.retinas"
        (home / "mylab").mkdir(parents=True)
        (home / "mylab/retinas.py").write_text(ADAPTER)
        paths = [home, ROOT]
    return name, {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}


def test_it_is_prepared_by_the_command(laboratory, retinas, tmp_path):
    adapter, environment = laboratory
    command = [sys.executable, "-m", "ldcore.prepare", "--adapter", adapter, "--source", str(retinas)]
    command += ["--out", str(tmp_path / "out"), "--workers", "2", "--options"]
    options = '{"image_size": 16, "visits": 2, "per_class": 4}'
    done = subprocess.run([*command, options], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    records, images = load(tmp_path / "out")
    assert images.shape[1:] == (16, 16) and set(records["diagnosis"]) == {"healthy", "glaucoma"}
    assert (records["age"] >= 60).all() and set(records["sex"]) == {"F", "M"}
    reasons = pd.read_csv(tmp_path / "out/excluded.csv")["reason"]
    assert (reasons == "a later visit").sum() == 6 and len(reasons) + len(records) == 18
    wrong = subprocess.run([*command, '{"visits": 0}'], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert wrong.returncode == 1 and "option visits is 0" in wrong.stderr and "Traceback" not in wrong.stderr


def test_a_config_that_uses_it_is_checked_before_any_job(laboratory):
    adapter, environment = laboratory
    entry = {"adapter": adapter, "anatomy": "fundus photograph", "classes": ["healthy", "glaucoma"]}

    def parse(options):
        config = merged(CONFIG, {"datasets": {"eyes": {**entry, "options": options}}})
        return subprocess.run(
            [sys.executable, "-c", PARSED],
            input=json.dumps([config, SCHEMA]),
            env=environment,
            capture_output=True,
            text=True,
        )

    right = parse({"source": "data/retinas", "visits": 3})
    assert right.returncode == 0, right.stderr
    wrong = parse({"source": "data/retinas", "visit": 3})
    assert "Config datasets.eyes.options: option 'visit' is unknown; use one of" in wrong.stderr
