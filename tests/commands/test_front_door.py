"""python -m ldcore: its help is quick and whole, and every example in it runs as it stands."""

import shlex
import subprocess
import sys
import time

import pytest

from configs import ROOT, workspace
from ldcore import commands
from ldcore.__main__ import main


def lines(example):
    """The arguments of each line of an example, its continuations joined."""
    joined = example.replace("\\\n", " ").strip().splitlines()
    words = [shlex.split(line) for line in joined]
    assert all(line[:3] == ["python", "-m", "ldcore"] for line in words)
    return [line[3:] for line in words]


def help_of(capsys, *given):
    with pytest.raises(SystemExit) as ended:
        main([*given, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_the_overview_has_a_line_a_command(capsys):
    said = " ".join(help_of(capsys).split())
    for name in commands.names():
        assert f"{name} {commands.importlib.import_module(f'ldcore.commands.{name}').__doc__.splitlines()[0]}" in said


@pytest.mark.parametrize("name", commands.names())
def test_help_says_every_default_and_has_the_example(name, capsys):
    said = help_of(capsys, name)
    command = commands.importlib.import_module(f"ldcore.commands.{name}")
    assert all(line in said for line in command.EXAMPLE.strip().splitlines())
    (parts,) = [action for action in commands.parser()._actions if action.choices]
    words = " ".join(said.split())
    for action in parts.choices[name]._actions:
        nothing = not action.default and str(action.default) not in ("0", "0.0")
        if action.option_strings and not nothing and action.default != "==SUPPRESS==":
            assert f"(default: {action.default})" in words, action.option_strings
        assert action.help, action


def test_help_does_not_wait_for_heavy_packages():
    code = (
        "import sys\nfrom ldcore import commands\ncommands.parser()\n"
        "print(sorted({'torch', 'pandas', 'numpy', 'diffusers', 'sklearn', 'PIL'} & set(sys.modules)))"
    )
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
    assert time.perf_counter() - began < 5  # a second on a machine that has nothing else to do


@pytest.mark.parametrize("name", commands.names())
def test_the_example_runs_as_it_stands(name, tmp_path, monkeypatch):
    monkeypatch.chdir(workspace(tmp_path / "clone"))
    monkeypatch.syspath_prepend(tmp_path / "clone")  # as `python -m` has it
    given = lines(commands.importlib.import_module(f"ldcore.commands.{name}").EXAMPLE)
    assert name in [line[0] for line in given]
    assert [main(line) for line in given] == [0] * len(given)


@pytest.mark.parametrize(
    "given, said",
    [
        ([], "required: COMMAND"),
        (["smaple"], "invalid choice: 'smaple'"),
        (
            ["sample", "--model", "m", "--prompt", "p", "--out", "o", "--cuont", "3"],
            "unrecognized arguments: --cuont 3",
        ),
        (
            ["sample", "--model", "m", "--prompt", "p", "--out", "o", "--count", "0"],
            "'0' is no whole number of at least",
        ),
        (["sample", "--model", "m", "--prompt", "p", "--out", "o", "--steps", "2000"], "from 1 to 1000"),
        (["sample", "--model", "m", "--prompt", "p", "--out", "o", "--guidance-scale", "nan"], "'nan' is no finite"),
    ],
)
def test_a_slip_of_the_hand_is_told(given, said, capsys):
    with pytest.raises(SystemExit) as ended:
        main(given)
    assert ended.value.code == 2 and said in capsys.readouterr().err
