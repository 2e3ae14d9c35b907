"""The embedded text encoder's reading: sentences, their meanings, and a run that goes on where it was stopped."""

import numpy as np
import pytest
import torch

from ldcore.model.save import new_tokenizer
from pretrain.text import (
    CAPTIONS,
    TEXT_WIDTH,
    distances,
    glosses,
    held_out_quality,
    made_up,
    reading_batch,
    train_text,
    whitened,
    words_of,
)

OPTIONS = {"steps": 3, "batch_size": 4, "learning_rate": 1e-3, "save_every": 2}
NOUN = '00406612 04 n 02 fold 0 folding 0 001 @ 00404403 n 0000 | the act of folding; "he gave it a double fold"  \n'


@pytest.fixture
def wordnet(tmp_path):
    """WordNet's files with one noun that was met and one that was not."""
    folder = tmp_path / "usr/share/wordnet"
    folder.mkdir(parents=True)
    for kind in ("noun", "verb", "adj", "adv"):
        (folder / f"data.{kind}").write_text("  1 licence\n" + (NOUN if kind == "noun" else ""))
        (folder / f"index.{kind}").write_text("  1 licence\n")
    (folder / "index.noun").write_text("  1 licence\nfold n 1 2 @ + 1 1 00406612\nice_age n 1 1 @ 1 0 00406613\n")
    (folder / "index.adj").write_text("green a 1 1 & 1 3 00406614\n")
    return tmp_path


def tokens_of(sentences):
    return new_tokenizer()(sentences, padding="max_length", truncation=True, return_tensors="pt").input_ids


def test_definitions_and_examples_are_sentences(wordnet):
    assert glosses(wordnet) == ["fold: the act of folding", "he gave it a double fold"]
    assert words_of(wordnet, "noun", 1) == ["fold"] and words_of(wordnet, "noun", 0) == ["fold", "ice age"]


def test_captions_are_whole_and_follow_from_their_number(wordnet):
    captions = made_up(wordnet, 30, 0)
    assert captions[:10] == made_up(wordnet, 10, 0) and len(set(captions)) > 15
    assert not any("{" in caption for caption in captions) and len(CAPTIONS) > 10


def test_whitened_meanings_have_variance_one_and_keep_neighbours():
    draw = np.random.default_rng(0)
    embeddings = (draw.normal(size=(400, 6)) * [9, 5, 3, 1, 0.5, 0.01] + 2).astype(np.float16)
    meanings = whitened(embeddings, 3).numpy()
    assert np.allclose(np.cov(meanings.T, bias=True), np.eye(3), atol=0.01)
    assert abs(np.corrcoef(meanings[:, -1], embeddings[:, 0])[0, 1]) > 0.99


def test_a_batch_ends_behind_its_sentences_and_follows_from_its_step():
    tokens = tokens_of(["a dog", "a green fold", "the house of a 70 year old female"] * 4)
    for step in (0, 1):
        rows, ids, ends = reading_batch(tokens, 50, 0, step)
        assert ids.shape[1] == (77 if step == 0 else (tokens != 49407).sum(1).max() + 4)
        assert (ids.gather(1, ends) == 49407).all() and (ids == tokens[rows, : ids.shape[1]]).all()
        assert torch.equal(ends[:, 0], (tokens[rows] != 49407).sum(1))
        assert torch.equal(ends, reading_batch(tokens, 50, 0, step)[2])


def test_a_reading_that_was_stopped_ends_where_a_straight_one_does(one_thread, tmp_path, monkeypatch):
    tokens = tokens_of(["a green fold", "a dog", "70 year old female", "a house of a male with ice"] * 3)
    targets = torch.randn(len(tokens), TEXT_WIDTH, generator=torch.Generator().manual_seed(0))
    straight, log = train_text(tokens, targets, OPTIONS, 3, tmp_path / "straight.pt")

    def until_step_two(tokens, batch_size, seed, step):
        if step == 2:
            raise KeyboardInterrupt
        return reading_batch(tokens, batch_size, seed, step)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("pretrain.text.reading_batch", until_step_two)
        train_text(tokens, targets, OPTIONS, 3, tmp_path / "stopped.pt")
    resumed, _ = train_text(tokens, targets, OPTIONS, 3, tmp_path / "stopped.pt")
    for name, value in straight.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
    assert [entry[0] for entry in log] == [2, 3] and set(held_out_quality(straight, tokens, targets)) == {
        "cosine",
        "nearest",
    }


def test_distances_are_of_prompts_that_differ_in_one_thing(one_thread):
    class Length(torch.nn.Module):
        """States that tell how many tokens a sentence has, alone."""

        def forward(self, tokens):
            count = (tokens == tokens[:, -1:]).sum(1).float()
            return type("Output", (), {"last_hidden_state": count[:, None, None].expand(-1, 77, 2)})

    found = distances(Length(), new_tokenizer())
    assert found["sex"] == found["age"] == 0 < found["diagnosis"]
    assert set(found) == {"unrelated", "diagnosis", "finding", "sex", "age"}
