"""A job typed by hand: what its config does not ask for, or a path that is not there, is one sentence first of all."""

import subprocess
import sys

import pytest
import yaml

from configs import ROOT, checked


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "embedded" / "config.yaml"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(checked(), sort_keys=False))
    return path


def by_hand(script, *arguments):
    command = [sys.executable, f"workflow_scripts/{script}.py", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr and "Loading" not in done.stderr, done.stderr
    return done.stderr


def sampling(prompt, training="plain"):
    return (
        "--dataset",
        "brain_phantom",
        "--method",
        "dreambooth",
        "--training",
        training,
        "--prompt",
        prompt,
        "--run",
        0,
    )


def test_sampling_says_what_is_typed_wrong(config):
    assert "--prompt simple_inf: " in by_hand("generate", "--config", config, *sampling("simple_inf"))
    said = by_hand("generate", "--config", config, *sampling("diverse"))
    assert "samples nothing from brain_phantom dreambooth plain diverse 0: no cell, study or sweep asks so" in said
    assert "data/brain_phantom" in by_hand("generate", "--config", config, *sampling("simple_info"))  # not there yet


def test_an_edit_that_no_cell_asks_for_is_refused(config):
    ids = ("--task", "disease", "--edit-method", "pix2pix_zero", "--base", "basic_ft", "--training", "letter")
    said = by_hand("edit", "--config", config, *ids)
    assert "edits nothing in disease with pix2pix_zero basic_ft letter; it asks for pix2pix_zero basic_ft plain" in said


def test_weights_are_fetched_of_a_config_that_can_be_read(tmp_path):
    assert "none.yaml does not exist" in by_hand("fetch", "--config", tmp_path / "none.yaml", "--name", "x")
    (tmp_path / "twice.yaml").write_text("weights: {}\nname: a\nweights: {}\n")
    assert "line 3: weights stands" in by_hand("fetch", "--config", tmp_path / "twice.yaml", "--name", "x")
