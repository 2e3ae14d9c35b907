"""Cells of a config: where their samples come from, and what they are compared with."""

from pathlib import Path

from configs import checked
from ldcore.grid import (
    Checkpoint,
    cell_checkpoints,
    drift_origin,
    reference_cell,
    searches,
    table_cells,
    used_drifts,
)
from ldcore.store import Store

CONFIG = checked(grid={"training_seeds": [3, 4]})
FOUND = {"kind": "prior", "source": "grid_search"}


def cell(**ids):
    return next(cell for cell in table_cells(CONFIG, "brain_phantom") if ids.items() <= cell.items())


def test_a_cell_has_a_checkpoint_a_training_run_and_the_untouched_model_one():
    ours = cell(method="basic_ft", label="ld", prompt="simple_info")
    assert [(run.training, run.prompt, run.run) for run in cell_checkpoints(CONFIG, "brain_phantom", ours)] == [
        ("ld", "simple_info", "3"),
        ("ld", "simple_info", "4"),
    ]
    assert [run.run for run in cell_checkpoints(CONFIG, "brain_phantom", cell(method="base"))] == ["3"]


def test_a_cell_is_compared_with_the_reference_under_its_own_method_and_prompt():
    ours = cell(method="basic_ft", label="ld", prompt="simple_info")
    assert reference_cell(CONFIG, ours) == cell(method="basic_ft", label="none", prompt="simple_info")
    assert reference_cell(CONFIG, cell(method="basic_ft", label="none")) is None
    assert reference_cell(CONFIG, cell(method="base")) is None
    assert reference_cell(CONFIG, cell(prompt="diverse")) is None  # the prompt study has one cell


SEARCHED = checked(
    drifts={"searched": FOUND, "later": {**FOUND, "training": "letter"}},
    grid={
        "training_seeds": [3, 4],
        "methods": ["basic_ft", "dreambooth"],
        "cells": [
            {"label": "none", "training": "plain", "drift": "none"},
            {"label": "ld", "training": "ld", "drift": "searched", "methods": ["basic_ft"]},
            {"label": "guided", "training": "ld", "drift": "later", "guidance_scale": 3, "methods": ["dreambooth"]},
        ],
    },
)


def test_a_searched_drift_is_of_the_checkpoint_that_its_own_training_makes_in_the_first_run():
    sampled = Checkpoint("brain_phantom", "basic_ft", "ld", "simple_info", "4")
    origin = drift_origin(SEARCHED, sampled, "searched")
    assert origin == sampled._replace(training="plain", run="3")
    assert drift_origin(SEARCHED, origin, "searched") == origin
    assert drift_origin(SEARCHED, sampled, "later").training == "letter"
    untouched = Checkpoint("brain_phantom", "base", "ld", "simple", "3")
    assert drift_origin(SEARCHED, untouched, "searched") == untouched._replace(training="untrained")
    for name in ("0.10", "moment", "none"):
        assert drift_origin(SEARCHED, sampled, name) == "brain_phantom"
    store = Store(Path("r"))
    assert store.drift("brain_phantom", "0.10") == Path("r/drifts/brain_phantom/0.10.json")
    assert store.drift(origin, "x") == Path("r/drifts/brain_phantom/basic_ft/plain/simple_info/3/x.json")


def test_what_is_searched_is_what_the_run_samples_edits_or_trains_with():
    found = searches(SEARCHED)
    assert [(origin[:3], origin.run, name) for origin, name in found if origin.method != "base"][:4] == [
        (("brain_phantom", "basic_ft", "plain"), "3", "searched"),
        (("brain_phantom", "dreambooth", "letter"), "3", "later"),
        (("chest_phantom", "basic_ft", "plain"), "3", "searched"),
        (("chest_phantom", "dreambooth", "letter"), "3", "later"),
    ]
    assert set(found) <= set(used_drifts(SEARCHED)) and ("brain_phantom", "none") in used_drifts(SEARCHED)
    by_training = checked(drifts={"x": FOUND}, trainings={"under": {"drift": "x"}}, sweep={"trainings": ["under"]})
    assert {origin.training for origin, name in searches(by_training)} == {"plain"}
    assert "unused" not in {name for _, name in searches(checked(drifts={"unused": FOUND}))}
