"""Files appear whole or not at all; a script's mistakes become one line."""

import os
import socket
import subprocess
import sys

import pytest

from ldcore.runtime import cli
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import atomic, check_writable, digest, read_json, staged, write_json


def test_a_failed_write_leaves_the_old_file_alone(tmp_path):
    write_json(tmp_path / "a" / "x.json", {"b": 1})
    with pytest.raises(ValueError), atomic(tmp_path / "a" / "x.json") as temporary:
        temporary.write_text("half")
        raise ValueError
    assert read_json(tmp_path / "a" / "x.json") == {"b": 1}
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["x.json"]


def test_others_may_read_what_the_umask_lets_them(tmp_path):
    old = os.umask(0o027)
    try:
        with atomic(tmp_path / "a") as temporary:
            temporary.touch(0o600)  # as safetensors does
    finally:
        os.umask(old)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


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

    scripts = sorted(Path(__file__).parents[2].glob("workflow_scripts/*.py"))
    assert len(scripts) > 8
    done = subprocess.run([sys.executable, scripts[0], "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "--" in done.stdout


def test_what_a_killed_job_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path):
    host = socket.gethostname()
    (tmp_path / f".{host}.4194300.part.x.json").write_text("half")
    (tmp_path / f".{host}.{os.getppid()}.part.x.json").write_text("somebody else's")
    (tmp_path / ".node7.1.part.x.json").write_text("on another machine")
    write_json(tmp_path / "x.json", 1)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        [f".{host}.{os.getppid()}.part.x.json", ".node7.1.part.x.json", "x.json"]
    )


def test_scratch_holds_a_copy_that_follows_its_source(tmp_path, monkeypatch):
    source, scratch = tmp_path / "model", tmp_path / "scratch"
    (source / "unet").mkdir(parents=True)
    (source / "unet" / "weights").write_text("one")
    assert staged(source) == source
    monkeypatch.setenv("HERE", str(scratch))
    monkeypatch.setenv("LDCORE_SCRATCH", "$HERE")
    copy = staged(source)
    assert scratch in copy.parents and (copy / "unet" / "weights").read_text() == "one" and staged(source) == copy
    (source / "unet" / "weights").write_text("other")
    assert (staged(source) / "unet" / "weights").read_text() == "other"
    assert staged(source / "unet" / "weights").read_text() == "other"
    assert len([p for p in scratch.rglob("*") if p.is_file()]) == 3


def test_a_place_that_is_a_file_or_below_one_is_named(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    for place in ("file", "file/a/b", "nowhere"):
        with pytest.raises(
            UserError, match=f"{place.split('/')[0]} is no folder, so nothing can be written to .*{place};"
        ):
            check_writable(tmp_path / place)
    check_writable(tmp_path / "a" / "b", "relative")


def test_a_folder_of_another_user_is_named(tmp_path, monkeypatch):
    check_writable(tmp_path, tmp_path / "absent")
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write anywhere
    check_writable(tmp_path / "absent")
    with pytest.raises(
        UserError, match=f"Folder {tmp_path} has a mode, or lies on a disk, that cannot be written by you"
    ):
        check_writable(tmp_path)
    monkeypatch.setattr("os.getuid", lambda: os.stat(tmp_path).st_uid + 1)
    with pytest.raises(UserError, match=f"Folder {tmp_path} belongs to another user"):
        check_writable(tmp_path)
    (tmp_path / "inner").mkdir()
    monkeypatch.setattr("os.access", lambda path, mode: not str(path).endswith("inner"))
    with pytest.raises(UserError, match="inner belongs to another user"):
        check_writable(tmp_path)
