"""Files outside a run's folder count by content: weights, models, own images and tables."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from ldcore.plan import contents


def replaced(path, content: bytes):
    """Other content at the same place and size, with the time of before: only the content tells."""
    before = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns - 10**9))


def test_a_file_is_read_once_and_again_when_it_is_another(tmp_path, monkeypatch):
    path, memory, read = tmp_path / "weights.pth", {}, []
    path.write_bytes(b"one")
    original = contents.sha256
    monkeypatch.setattr(contents, "sha256", lambda path: read.append(path) or original(path))
    first = contents.of_files([path], memory)
    contents.remember(tmp_path / "memory.json", memory, {})
    memory = contents.recall(tmp_path / "memory.json")
    assert contents.of_files([path], memory) == first and len(read) == 1
    replaced(path, b"two")
    assert contents.of_files([path], memory) != first and len(read) == 2
    os.utime(path, (1e9, 1e9))  # a copy of the same: read, and the same
    second = contents.of_files([path], memory)
    assert len(read) == 3 and second == contents.of_files([path], {})


@pytest.mark.parametrize("text", ["", "{", None])
def test_a_memory_that_cannot_be_read_is_empty(tmp_path, text):
    if text is not None:
        (tmp_path / "memory.json").write_text(text)
    assert contents.recall(tmp_path / "memory.json") == {}


@pytest.mark.parametrize(
    "part",
    [
        "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
        "unet/diffusion_pytorch_model.safetensors",
        "text_encoder/model.safetensors",
        "tokenizer/tokenizer.json",
        "scheduler/scheduler_config.json",
    ],
)
def test_every_file_of_a_model_counts(tmp_path, part):
    for name in ("vae/config.json", "unet/x.safetensors", part):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"before")
    before = contents.of_model({"path": str(tmp_path)}, {}, {})
    (tmp_path / "README.md").write_text("no part of the model")
    assert contents.of_model({"path": str(tmp_path)}, {}, {}) == before
    replaced(tmp_path / part, b"after!")
    assert contents.of_model({"path": str(tmp_path)}, {}, {}) != before
    derived = {"path": "not/made/yet", "turned_from": str(tmp_path)}
    assert contents.of_model(derived, {}, {}) == contents.of_model({"path": str(tmp_path)}, {}, {})


def test_a_fetched_weight_is_known_by_its_entry_until_someone_changes_it(tmp_path):
    folder = tmp_path / "sd"
    fetched = {str(folder): str(folder / "source.json")}
    assert contents.of_weights(folder, fetched, {}) == ""
    (folder / "unet").mkdir(parents=True)
    weights = folder / "unet" / "w.safetensors"
    weights.write_bytes(b"fetched")
    sums = {"unet/w.safetensors": {"bytes": 7, "sha256": contents.sha256(weights)}}
    (folder / "source.json").write_text(json.dumps({"files": sums}))
    assert contents.of_weights(folder, fetched, {}) == ""
    replaced(weights, b"changed")
    assert contents.of_weights(folder, fetched, {}) != ""


@pytest.mark.parametrize("separator", [",", ";"])
def test_own_images_count_and_so_do_tables_of_a_download(tmp_path, separator):
    for number in range(2):
        Image.fromarray(np.full((8, 8), number, np.uint8)).save(tmp_path / f"{number}.png")
    rows = [["path", "subject"], ["0.png", "a"], ["1.png", "b"], ["absent.png", "c"]]
    (tmp_path / "table.csv").write_text("\n".join(separator.join(row) for row in rows))
    options = {"root": str(tmp_path), "csv": "table.csv"}
    before = contents.of_data(options, {})
    Image.fromarray(np.full((8, 8), 9, np.uint8)).save(tmp_path / "1.png")
    images = contents.of_data(options, {})
    (tmp_path / "table.csv").write_text("\n".join(separator.join(row) for row in rows[:2]))
    assert len({before, images, contents.of_data(options, {})}) == 3
    download = contents.of_data({"source": str(tmp_path)}, {})
    (tmp_path / "clinical.csv").write_text("PTID,AGE\n1,70\n")
    assert contents.of_data({"source": str(tmp_path)}, {}) != download
    assert contents.of_data({}, {}) == contents.of_data({"subjects": 3}, {})
