"""Files appear whole or not at all; a script's mistakes become one line."""

import subprocess
import sys

import pytest

from ldcore import cli
from ldcore.errors import UserError
from ldcore.files import atomic, digest, read_json, write_json


def test_a_failed_write_leaves_the_old_file_alone(tmp_path):
    write_json(tmp_path / "a" / "x.json", {"b": 1})
    with pytest.raises(ValueError), atomic(tmp_path / "a" / "x.json") as temporary:
        temporary.write_text("half")
        raise ValueError
    assert read_json(tmp_path / "a" / "x.json") == {"b": 1}
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["x.json"]


def test_digest_depends_on_values_not_on_key_order():
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1}) != digest({"a": 1, "b": [3]})


def test_a_user_error_is_one_line_and_status_one(capsys, monkeypatch):
    def fail(name):
        raise UserError(f"no {name}")

    monkeypatch.setattr(sys, "argv", ["x", "--name", "data"])
    with pytest.raises(SystemExit, match="error: no data"):
        cli.run(fail, cli.parser("x", name=str))


def test_every_script_explains_itself():
    from pathlib import Path

    scripts = sorted(Path(__file__).parents[1].glob("workflow_scripts/*.py"))
    assert len(scripts) > 8
    done = subprocess.run([sys.executable, scripts[0], "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "--" in done.stdout
