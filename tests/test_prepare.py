"""python -m ldcore.prepare: its four files, phantoms and folders too, errors as one sentence, going on after a kill."""

import contextlib
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ldcore import datasets
from ldcore import prepare as module
from ldcore.datasets import records as table
from ldcore.datasets.splits import hashed
from ldcore.runtime.errors import UserError


@pytest.fixture
def own(tmp_path):
    """A folder of one's own with eight pictures of four subjects."""
    folder = tmp_path / "tiles"
    folder.mkdir()
    for number in range(8):
        Image.fromarray(np.random.default_rng(number).integers(0, 256, (20, 20), dtype=np.uint8)).save(
            folder / f"{number}.png"
        )
    lines = [f"{number}.png,scene_{number // 2},{['flood', 'dry'][number % 2]}" for number in range(8)]
    (folder / "tiles.csv").write_text("\n".join(["path,subject,diagnosis", *lines]) + "\n")
    return folder


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "ldcore.prepare", *map(str, arguments)], capture_output=True, text=True
    )


def test_a_folder_of_ones_own_by_the_command(own, tmp_path):
    done = command(
        "--adapter",
        "folder",
        "--source",
        own,
        "--out",
        tmp_path / "out",
        "--options",
        '{"csv": "tiles.csv", "image_size": 16}',
    )
    assert done.returncode == 0 and "8 images of 4 subjects; left out: none." in done.stdout, done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "excluded.csv",
        "images.npy",
        "records.csv",
        "splits.csv",
    ]
    records, images = table.load(tmp_path / "out")
    assert set(records["diagnosis"]) == {"flood", "dry"} and images.shape == (8, 16, 16)
    assert pd.read_csv(tmp_path / "out/excluded.csv").empty


def test_splits_are_shareable(own, tmp_path):
    module.prepare("folder", {"root": str(own), "csv": "tiles.csv"}, 0, tmp_path / "out")
    splits, records = pd.read_csv(tmp_path / "out/splits.csv", dtype=str), table.load(tmp_path / "out")[0]
    assert list(splits) == ["hashed_id", "split"] and len(splits) == 4 and splits["hashed_id"].is_monotonic_increasing
    assert splits["hashed_id"].str.fullmatch("[0-9a-f]{16}").all()
    assert "scene" not in (tmp_path / "out/splits.csv").read_text()
    own_split = dict(zip(records["subject_id"], records["split"]))
    assert {hashed(subject, "latent-drifting"): split for subject, split in own_split.items()} == dict(
        zip(splits["hashed_id"], splits["split"])
    )
    assert hashed("scene_1", "latent-drifting") != hashed("scene_1", "a secret of two laboratories")


def test_a_phantom_is_prepared_the_same_way(tmp_path):
    options = {"subjects": 6, "image_size": 32}
    module.prepare("chest_phantom", options, 2, tmp_path)
    records, images = table.load(tmp_path)
    expected, pictures = datasets.build("chest_phantom", options, 2)
    assert np.array_equal(images, pictures) and list(records["subject_id"]) == list(expected["subject_id"])


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--options", '{"colour": 1}'], "option 'colour' is unknown; use one of"),
        (["--options", '{"window": 5}'], "option window is 5"),
        (["--options", '{"fractions": null}'], "option fractions is None"),
        ([], "Data_Entry_2017_v2020.csv"),
    ],
)
def test_a_mistake_is_one_sentence_and_leaves_nothing(own, tmp_path, arguments, words):
    done = command("--adapter", "nih", "--source", own, "--out", tmp_path / "out", *arguments)
    assert done.returncode == 1 and words in done.stderr and "Traceback" not in done.stderr
    assert not list((tmp_path / "out").glob("*")) if (tmp_path / "out").exists() else True


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--options", "{"], "not JSON"),
        (["--options", "[1]"], "[1] is no JSON object; give options by name"),
        (["--options", "[]"], "[] is no JSON object"),
    ],
)
def test_a_wrong_argument_is_refused(tmp_path, arguments, words):
    done = command("--adapter", "nih", "--out", tmp_path / "out", *arguments)
    assert done.returncode == 2 and words in done.stderr


def test_an_unknown_adapter_lists_the_known(tmp_path):
    with pytest.raises(UserError, match="'pacs' is unknown; use one of .*chexpert.* or a dotted module path"):
        module.prepare("pacs", {}, 0, tmp_path)
    for name in ("os.path", "math", "_struct.Struct"):
        with pytest.raises(UserError, match=f"'{name}' is (unknown; use one of .*chexpert|no Python file of yours)"):
            module.prepare(name, {}, 0, tmp_path)
    with pytest.raises(UserError, match="'yaml.loader' .*has no function build or list_scans"):
        module.prepare("yaml.loader", {}, 0, tmp_path)
    done = command("--adapter", "pacs", "--source", tmp_path, "--out", tmp_path / "out")
    assert done.returncode == 1 and "'pacs' is unknown" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "rows, said",
    [
        (["flood train", "flood test", "dry train", "dry test"], None),
        (["flood test", "dry train", "dry test"], "'flood' has too few subjects .1 in test.*labels found: dry, flood"),
        (["flood train", "flood val", "dry train", "dry test"], "'flood' has too few subjects .1 in train, 1 in val"),
        (["dry train", "dry test"], "'flood' has too few subjects .none in any split"),
    ],
)
def test_a_class_needs_subjects_to_learn_from_and_to_test_on(tmp_path, rows, said):
    lines = ["path,subject,diagnosis,split"]
    for number, row in enumerate(rows):
        pixels = np.random.default_rng(number).integers(0, 256, (20, 20), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        lines.append(f"{number}.png,s{number},{row.replace(' ', ',')}")
    (tmp_path / "own.csv").write_text("\n".join(lines) + "\n")
    options = {"root": str(tmp_path), "csv": "own.csv", "image_size": 16}
    with pytest.raises(UserError, match=said) if said else contextlib.nullcontext():
        module.prepare("folder", options, 0, tmp_path / "out", classes=["flood", "dry"])
    assert (tmp_path / "out" / "records.csv").exists() == (said is None)
