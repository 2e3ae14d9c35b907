"""What training draws from: labels that the text encoder cannot tell apart stop it, prompts that it cuts are named."""

import numpy as np
import pandas as pd
import pytest

from ldcore.model.backbone import tokenize, warn_of_cut
from ldcore.runtime.errors import UserError
from ldcore.training.batches import training_data

LONG = "a long name of a class with words that mean nothing " * 8


@pytest.fixture
def latents(tmp_path):
    np.savez(tmp_path / "latents.npz", mean=np.zeros((2, 4, 8, 8)), std=np.ones((2, 4, 8, 8)), rows=[0, 1])
    return tmp_path / "latents.npz"


def records(*labels):
    rows = [{"subject_id": f"s{n}", "session": 0, "age": 40.0 + n, "sex": "F"} for n in range(len(labels))]
    return pd.DataFrame([{**row, "diagnosis": label, "findings": ""} for row, label in zip(rows, labels)])


@pytest.mark.parametrize("labels", [(LONG + "one", LONG + "two"), ("Dense", "dense"), ("AD", "Alzheimer's disease")])
def test_two_labels_that_are_one_prompt_stop_the_training(backbone, latents, labels):
    """Though the ages of those who have them differ."""
    with pytest.raises(UserError, match=f"{labels[0]}.* and .*are one prompt to the model"):
        training_data(backbone, latents, records(*labels), "brain_mr", "simple_info")
    assert len(training_data(backbone, latents, records(*labels), "brain_mr", "simple")["texts"]) == 1


def test_labels_that_differ_before_the_cut_train(backbone, latents):
    data = training_data(backbone, latents, records("one" + LONG, "two" + LONG), "brain_mr", "simple_info")
    assert len(data["texts"]) == 2 and not data["prompt_embeds"][0].equal(data["prompt_embeds"][1])


def test_a_prompt_that_is_cut_is_said_once(backbone, capsys):
    warn_of_cut.cache_clear()
    for _ in range(2):
        ids = tokenize(backbone, ["short", LONG])
    said = capsys.readouterr().err
    assert ids.shape == (2, 77) and said.count("is cut to 77") == 1 and LONG[:40] in said and "'short'" not in said
