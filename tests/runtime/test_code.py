"""Which code made a result: what counts as another code, and what does not."""

import json
import os
import subprocess
import sys

import pytest

from configs import ROOT
from ldcore.runtime import code

TEXT = '"""What it is."""\n\n\ndef double(value):\n    """Twice it."""\n    return 2 * value  # or value + value\n'


def digest(tmp_path, text):
    path = tmp_path / "module.py"
    path.write_text(text)
    code.digest_of.cache_clear()
    return code.digest_of(path)


@pytest.mark.parametrize(
    "changed",
    [
        TEXT.replace("What it is.", "Something else."),
        TEXT.replace("Twice it.", "Two of it."),
        TEXT.replace("  # or value + value", ""),
        "# a comment\n" + TEXT,
        TEXT.replace("2 * value", "2   *   value"),
    ],
)
def test_words_and_layout_are_no_other_code(tmp_path, changed):
    assert changed != TEXT and digest(tmp_path, changed) == digest(tmp_path, TEXT)


@pytest.mark.parametrize(
    "changed",
    [
        TEXT.replace("2 * value", "3 * value"),
        TEXT.replace("2 * value", "value * 2"),
        TEXT.replace("(value)", "(value, more=1)"),
        TEXT.replace("double", "twice"),
        TEXT + "\nLIMITS = {'a', 'b'}\n",
        TEXT.replace("return", "retrn"),
    ],
)
def test_what_python_runs_is_the_code(tmp_path, changed):
    assert changed != TEXT and digest(tmp_path, changed) != digest(tmp_path, TEXT)


def test_the_digest_is_the_same_in_every_process(tmp_path):
    path = tmp_path / "module.py"
    path.write_text("def known(name):\n    return name in {'a', 'b', 'c', 'd'}, (1, ('x', None))\n")
    command = [sys.executable, "-c", f"from ldcore.runtime.code import *; print(digest_of(Path({str(path)!r})))"]
    seen = {
        subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True).stdout
        for seed in ("0", "1", "2")
    }
    assert len(seen) == 1 and len(seen.pop().strip()) == 16


def test_a_record_names_the_files_and_packages_that_ran(tmp_path):
    (tmp_path / "own_method.py").write_text("STEPS = 3\n")
    os.utime(tmp_path / "own_method.py", (1e9, 1e9))
    script = (
        "import sys; import numpy, own_method; from ldcore.drift import latent_drift; from ldcore.runtime import code; "
        "code.record(sys.argv[1])"
    )
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    subprocess.run([sys.executable, "-c", script, tmp_path / "made.json"], env=environment, check=True)
    made_by = json.loads((tmp_path / "made.json").read_text())
    own = str((tmp_path / "own_method.py").resolve())
    assert {"ldcore/drift/latent_drift.py", "ldcore/runtime/code.py", own, "numpy", "python"} <= made_by.keys()
    assert not any("site-packages" in name for name in made_by)
    code.digest_of.cache_clear()
    assert code.changed(made_by) == []
    (tmp_path / "own_method.py").write_text("STEPS = 4\n")
    code.digest_of.cache_clear()
    assert code.changed({**made_by, "numpy": "0.1"}) == [own, "numpy"]
    (tmp_path / "own_method.py").unlink()
    assert code.changed(made_by) == [own]


def test_a_file_edited_while_it_ran_counts_as_changed(tmp_path):
    module = tmp_path / "edited_meanwhile.py"
    module.write_text("VALUE = 1\n")
    script = f"import os, sys; sys.path.insert(0, {str(tmp_path)!r}); from ldcore.runtime import code; " + (
        "import edited_meanwhile as m; os.utime(m.__file__, (2e9, 2e9)); print(code.changed(code.loaded()))"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.strip() == str([str(module.resolve())])
