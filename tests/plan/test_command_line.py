"""A bad config file or entry of --config is refused in a sentence with file, line and key before Snakemake reads it."""

import os
import subprocess
import sys

import pytest
import yaml

from configs import ROOT, workspace
from ldcore.plan import command_line
from ldcore.runtime import config_files
from ldcore.runtime.errors import UserError

SHIPPED = [ROOT / "config.yaml", *sorted(ROOT.glob("configs/*.yaml"))]


def refused(path):
    with pytest.raises(UserError) as caught:
        command_line.check_file(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_files_pass(path):
    command_line.check_file(path)
    assert config_files.read(path) == yaml.safe_load(path.read_text())


@pytest.mark.parametrize(
    "text, said",
    [
        ("name: a\nseed: 1\nname: b\n", "line 3: name stands there a second time .the first is in line 1"),
        (
            "grid:\n  cells:\n  - {label: a}\n  - {label: b, drift: x,\n     'label': c}",
            "line 5: grid.cells.1.label stands",
        ),
        ('{"seed": 1,\n\t"model": {"path": "x", "path": "y"}}', "line 2: model.path stands there a second time"),
        ("methods:\n  basic_ft: {}\n\n  basic_ft: {steps: 3}", "line 4: methods.basic_ft stands"),
    ],
)
def test_a_key_that_stands_twice_is_refused(tmp_path, text, said):
    (tmp_path / "mine.yaml").write_text(text)
    assert f"Config file {tmp_path}/mine.yaml, " in refused(tmp_path / "mine.yaml")
    with pytest.raises(UserError, match=said):
        command_line.check_file(tmp_path / "mine.yaml")


@pytest.mark.parametrize(
    "text, read",
    [
        (
            "a: &all {x: 1}\nb: &more {y: 2}\nc: {<<: *all, <<: *more, x: 3}\ne: *all",
            {"a": {"x": 1}, "b": {"y": 2}, "c": {"x": 3, "y": 2}, "e": {"x": 1}},
        ),
        ('\ufeff{"name": "\U0001f600", "datasets": {}}', {"name": "\U0001f600", "datasets": {}}),
        ('{"name": "\\ud83d\\ude00", "seed":\t3}', {"name": "\U0001f600", "seed": 3}),
        ("x: {1: a, '1': b}", {"x": {1: "a", "1": "b"}}),  # of the names the check of the config speaks
    ],
)
def test_what_is_no_fault_passes(tmp_path, text, read):
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    command_line.check_file(tmp_path / "mine.yaml")
    assert config_files.read(tmp_path / "mine.yaml") == read


@pytest.mark.parametrize(
    "content, said",
    [
        ("name: Zürich".encode("latin-1"), "is not UTF-8 .byte 8.; save it as UTF-8"),
        ("name: x".encode("utf-16"), "is not UTF-8"),
        (b"", "is empty"),
        (b"# nothing\n", "is empty"),
        (b"- a\n- b", "holds a list"),
        (b"name: a\nsweep: &s\n  deltas: [0.1]\n  more: *s\n", "line 2: sweep.more holds itself by an alias"),
        (b"name: &n [1, *n]", "name.1 holds itself"),
        (b"seed: 1\nname: [a\nx: 1\n", "line 3: it is no YAML that can be read"),
        (b"seed: 1\n---\nseed: 2\n", "another document"),
        (b"name: 2024-13-01", "month must be in 1..12"),
        (b"name: \x00", "not allowed"),
        (b"name: !!python/object:os.system {}", "line 1: it is no YAML .*could not determine a constructor"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, content, said):
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError, match=f"Config file {path}.*{said}"):
        command_line.check_file(path)
    refused(path)


def test_a_file_that_is_none_is_named(tmp_path):
    assert "does not exist" in refused(tmp_path / "no.yaml")
    assert "is no file on a disk" in refused(tmp_path)
    assert "cannot be read: File name too long" in refused(tmp_path / ("x" * 300))


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--config", "seed=1", "name=a", "seed=2"], "--config gives seed twice"),
        (["-C", "sampling={steps: 1}", "sampling={seeds: [0], steps: 2}"], "--config gives sampling.steps twice"),
        (["-n", "--config", "sampling={steps: 1, steps: 2}"], "--config sampling=.*steps stands there a second time"),
        (["-Cseed"], "--config seed: write NAME=VALUE"),
        (["--config=2x=1"], "--config 2x=1: write NAME=VALUE"),
        (["--configfiles", "no.yaml", "-n"], "no.yaml does not exist"),
        (["--cores", "1", "--configf=no.yaml"], "no.yaml does not exist"),
        (["--config", "sampling={steps: 1}", "sampling={seeds: [0]}", "name=a: b: c", "scratch="], None),
        (["-n", "results/a", "--", "--config", "seed", "--configfile", "no.yaml"], None),
    ],
)
def test_entries_of_config_and_files_are_found_on_a_command_line(arguments, said):
    if said is None:
        command_line.check_command_line(arguments)
    else:
        with pytest.raises(UserError, match=said):
            command_line.check_command_line(arguments)


@pytest.mark.parametrize(
    "content, profile, said",
    [
        (None, (), "mine.yaml does not exist"),
        ("seed: 1\nseed: 2\n", (), "line 2: seed stands there a second time"),
        ("seed: 1\nseed: 2\n", ("--workflow-profile", "none"), "line 2: seed stands there a second time"),
    ],
)
def test_snakemake_says_it_in_a_sentence(tmp_path, content, profile, said):
    folder = workspace(tmp_path / "clone")
    if content is not None:
        (folder / "mine.yaml").write_text(content)
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "-n",
        "--cores",
        "1",
        "--nolock",
        "--configfile",
        "mine.yaml",
        *profile,
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    told = done.stdout + done.stderr
    assert done.returncode == 1 and said in told and "Traceback" not in told, told
