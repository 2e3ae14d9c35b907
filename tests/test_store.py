"""A run's config as its jobs read it: only the one that their run has written, and only ids that it has."""

import pytest
import yaml

from configs import checked
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import digest
from ldcore.store import opened


@pytest.fixture
def written(tmp_path):
    """The path of results/embedded/config.yaml, and its content."""
    config = checked()
    path = tmp_path / "results" / "embedded" / "config.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return path, config


def test_the_config_comes_back_as_it_was_checked(written, monkeypatch):
    path, config = written
    monkeypatch.setenv("LDCORE_CONFIG", digest(config))
    read, store = opened(path, dataset="chest_phantom", method="base", training="ld", task="disease", run="0")
    assert (
        read == config
        and store.root == path.parent
        and list(read["editing"]["tasks"]) == list(config["editing"]["tasks"])
    )


def test_another_runs_config_is_refused(written, monkeypatch):
    path, config = written
    monkeypatch.setenv("LDCORE_CONFIG", digest({**config, "seed": 1}))
    with pytest.raises(UserError, match="is not of this run"):
        opened(path)


def test_what_is_typed_wrong_is_one_sentence(written, tmp_path):
    path, _ = written
    with pytest.raises(UserError, match="nope.yaml is missing; snakemake writes it"):
        opened(tmp_path / "nope.yaml")
    with pytest.raises(UserError, match="--dataset liver: .* has only brain_phantom, chest_phantom"):
        opened(path, dataset="liver")
    for id, known in (
        ("prompt", "simple, simple_info"),
        ("run", "0"),
        ("edit_method", "instruct_pix2pix, pix2pix_zero"),
    ):
        with pytest.raises(UserError, match=f"--{id.replace('_', '-')} typo: .* has only {known}"):
            opened(path, **{id: "typo"})
    for content in (b"name: \xe9", b"[1]", b"", b"a: [", b"name: embedded"):
        (tmp_path / "embedded").mkdir(exist_ok=True)
        (tmp_path / "embedded" / "bad.yaml").write_bytes(content)
        with pytest.raises(UserError, match="bad.yaml[ ,]"):
            opened(tmp_path / "embedded" / "bad.yaml")
    other = tmp_path / "config.yaml"
    other.write_text(path.read_text())
    with pytest.raises(UserError, match="is not the config of a run"):
        opened(other)
