"""Cells of a config: where their samples come from, and what they are compared with."""

from configs import checked
from ldcore.grid import cell_checkpoints, reference_cell, table_cells

CONFIG = checked(grid={"training_seeds": [3, 4]})


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
