"""Files outside a run's folder count by content: weights, models, own images and tables."""

import gzip
import json
import os

import numpy as np
import pytest
from PIL import Image

from ldcore.plan import contents
from ldcore.runtime import files


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
    for name in ("model_index.json", "vae/config.json", part):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"before")
    before = contents.of_model({"path": str(tmp_path)}, {}, {})
    (tmp_path / "README.md").write_text("no part of the model")
    assert contents.of_model({"path": str(tmp_path)}, {}, {}) == before
    replaced(tmp_path / part, b"after!")
    assert contents.of_model({"path": str(tmp_path)}, {}, {}) != before
    derived = {"path": "not/made/yet", "turned_from": str(tmp_path)}
    assert contents.of_model(derived, {}, {}) == contents.of_model({"path": str(tmp_path)}, {}, {})


def test_weights_in_a_folder_of_any_shape_count_and_unused_files_of_a_model_do_not(tmp_path):
    (tmp_path / "dino").mkdir()
    (tmp_path / "dino" / "model.safetensors").write_bytes(b"before")
    before = contents.of_weights(tmp_path / "dino", {}, {})
    seen = files.with_contents({"weights": str(tmp_path / "dino"), "size": 3})
    replaced(tmp_path / "dino" / "model.safetensors", b"after!")
    assert contents.of_weights(tmp_path / "dino", {}, {}) != before
    assert files.with_contents({"weights": str(tmp_path / "dino"), "size": 3}) != seen
    model = tmp_path / "model"
    for name in ("model_index.json", "unet/diffusion_pytorch_model.safetensors"):
        (model / name).parent.mkdir(parents=True, exist_ok=True)
        (model / name).write_bytes(b"before")
    before = contents.of_model({"path": str(model)}, {}, {})
    for name in ("safety_checker/config.json", "unet/diffusion_pytorch_model.fp16.safetensors", "v1-5.safetensors"):
        (model / name).parent.mkdir(exist_ok=True)
        (model / name).write_bytes(b"unused")
    assert contents.of_model({"path": str(model)}, {}, {}) == before


def test_a_fetched_weight_is_known_by_its_entry_until_someone_changes_it(tmp_path):
    folder = tmp_path / "sd"
    fetched = {str(folder): str(folder / "source.json")}
    assert contents.of_weights(folder, fetched, {}) == ""
    (folder / "unet").mkdir(parents=True)
    (folder / "model_index.json").write_text("{}")
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(b"fetched")
    sums = {"unet/diffusion_pytorch_model.safetensors": {"bytes": 7, "sha256": contents.sha256(weights)}}
    (folder / "source.json").write_text(json.dumps({"files": sums}))
    assert contents.of_weights(folder, fetched, {}) == ""
    replaced(weights, b"changed")
    assert contents.of_weights(folder, fetched, {}) != ""


@pytest.mark.parametrize("separator", [",", ";", ", "])
def test_own_images_count_and_so_do_tables_of_a_download(tmp_path, separator):
    for number in range(2):
        Image.fromarray(np.full((8, 8), number, np.uint8)).save(tmp_path / f"{number}.png")
    rows = [["path", "subject"], ["0.png", "a"], ["1.png", "b"], ["absent.png", "c"]]
    (tmp_path / "table.csv").write_text("\n\n" + "\n".join(separator.join(row) for row in rows))
    options = {"root": str(tmp_path), "csv": "table.csv"}
    before = contents.of_data(options, {})
    Image.fromarray(np.full((8, 8), 9, np.uint8)).save(tmp_path / "1.png")
    images = contents.of_data(options, {})
    (tmp_path / "table.csv").write_text("\n".join(separator.join(row) for row in rows[:2]))
    assert len({before, images, contents.of_data(options, {})}) == 3
    download = contents.of_data({"source": str(tmp_path)}, {})
    (tmp_path / "clinical.csv").write_text("PTID,AGE\n1,70\n")
    assert contents.of_data({"source": str(tmp_path)}, {}) != download
    for name in ("mimic-chexpert.csv.gz", "SPLITS.CSV", "batch 1/train.csv"):
        before = contents.of_data({"source": str(tmp_path)}, {})
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"a,b")
        assert contents.of_data({"source": str(tmp_path)}, {}) != before
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "list").write_text("id,split")
    part = {"parts": {"one": {"source": "elsewhere", "table": "list"}}, "source": str(tmp_path)}
    before = contents.of_data(part, {})
    (tmp_path / "elsewhere" / "list").write_text("id,other")
    assert contents.of_data(part, {}) != before
    assert contents.of_data({}, {}) == contents.of_data({"subjects": 3}, {})


def test_a_download_that_is_gone_is_the_same_data(tmp_path):
    (tmp_path / "download").mkdir()
    (tmp_path / "download" / "clinical.csv").write_text("PTID,AGE\n1,70\n")
    options, memory = {"source": str(tmp_path / "download")}, {}
    before = contents.of_data(options, memory)
    (tmp_path / "download").rename(tmp_path / "elsewhere")
    assert contents.of_data(options, memory) == before != ""
    assert contents.of_data({**options, "image_size": 64}, memory) == ""


@pytest.mark.parametrize("table", ["table.xlsx", "table.tsv", "table.csv.gz"])
@pytest.mark.parametrize("image", ["scan.nii.gz", "scan.ima", "scan"])
def test_images_of_any_name_count_whatever_the_kind_of_table(tmp_path, table, image):
    opening = gzip.open if table.endswith(".gz") else open
    with opening(tmp_path / table, "wt") as file:
        file.write(f"path\tsubject\n{image}\ta\n")
    (tmp_path / image).write_bytes(b"one")
    before = contents.of_data({"root": str(tmp_path), "csv": table}, {})
    replaced(tmp_path / image, b"two")
    assert contents.of_data({"root": str(tmp_path), "csv": table}, {}) != before
