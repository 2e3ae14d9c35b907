"""MedMNIST: one archive, official splits, labels by name, images decompressed once, what is no 2-D archive."""

import numpy as np
import pytest
from chest_trees import medmnist
from PIL import Image
from preparing import complete

from ldcore.datasets.adapters import medmnist as module
from ldcore.datasets.records import load
from ldcore.prepare import prepare
from ldcore.runtime.errors import UserError

SEVERAL = {f"{split}_labels": np.zeros((count, 2), int) for split, count in (("train", 24), ("val", 12), ("test", 12))}


def options_of(given):
    return complete("medmnist", given)


def test_official_splits_and_untouched_gray_levels(tmp_path):
    options = {**medmnist(tmp_path / "download"), "image_size": 28}
    prepare("medmnist", options, 3, tmp_path / "out")
    records, images = load(tmp_path / "out")
    with np.load(tmp_path / "download/pneumoniamnist.npz") as arrays:
        for split in ("train", "val", "test"):
            own = records[records["split"] == split]
            assert np.array_equal(images[own["image_index"]], arrays[f"{split}_images"][own["index"]])
            assert len(own) == len(arrays[f"{split}_labels"])
            assert list(own["findings"] == "Pneumonia") == list(arrays[f"{split}_labels"][own["index"], 0] == 1)
    assert records["subject_id"].is_unique and records["age"].isna().all() and set(records["sex"]) == {""}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("side", [28, 64])
def test_any_size_and_compression_in_any_order(tmp_path, save, side):
    given = options_of({**medmnist(tmp_path, side=side, save=save), "image_size": side})
    scans, _ = module.list_scans(given)
    with np.load(tmp_path / "pneumoniamnist.npz") as arrays:
        for row in [3, 0, 23, 22, 30, 5, 59 - 12]:
            scan = scans.iloc[row].to_dict()
            assert np.array_equal(module.read_scan(scan, given), arrays[f"{scan['split']}_images"][scan["index"]])


def test_an_archive_is_decompressed_as_it_goes(tmp_path, monkeypatch):
    given = options_of(medmnist(tmp_path, (400, 2, 2), side=64))
    scans = module.list_scans(given)[0].to_dict("records")
    module.opened.cache_clear()
    opened, real = [], module.zipfile.ZipFile
    monkeypatch.setattr(module.zipfile, "ZipFile", lambda path: opened.append(path) or real(path))
    for scan in scans[:400]:
        module.read_scan(scan, given)
    assert len(opened) == 1


def test_colour_becomes_gray(tmp_path):
    given = options_of(
        {**medmnist(tmp_path, name="dermamnist", colour=True), "image_size": 28, "labels": ["nevus", "melanoma"]}
    )
    scans, _ = module.list_scans(given)
    assert list(scans["findings"][:3]) == ["nevus", "melanoma", "nevus"]
    with np.load(tmp_path / "dermamnist.npz") as arrays:
        expected = np.asarray(Image.fromarray(arrays["train_images"][5]).convert("L"))
    assert np.array_equal(module.read_scan(scans.iloc[5].to_dict(), given), expected)


def chestmnist(folder, labels):
    images = {f"{split}_images": np.zeros((len(labels), 28, 28), np.uint8) for split in ("train", "val", "test")}
    np.savez(
        folder / "chestmnist_28.npz",
        **images,
        **{f"{split}_labels": np.array(labels, np.uint8) for split in ("train", "val", "test")},
    )


def test_chestmnist_has_several_labels(tmp_path):
    empty = np.zeros((4, 14), int)
    empty[1, [1]], empty[2, [0, 1, 2]], empty[3, 12] = 1, 1, 1
    chestmnist(tmp_path, empty)
    scans, excluded = module.list_scans(options_of({"source": str(tmp_path)}))
    assert list(scans["findings"][:3]) == ["No Finding", "Cardiomegaly", "Pleural Thickening"]
    assert set(excluded["reason"]) == {"several of the findings wanted"}
    scans, _ = module.list_scans(options_of({"source": str(tmp_path), "single": False}))
    assert scans["findings"][2] == "Cardiomegaly|Atelectasis|Pleural Effusion"  # the order of every chest data set
    scans, _ = module.list_scans(options_of({"source": str(tmp_path), "findings": ["No Finding", "Cardiomegaly"]}))
    assert list(scans["findings"][:3]) == ["No Finding", "Cardiomegaly", "Cardiomegaly"]


def test_which_archive(tmp_path):
    medmnist(tmp_path)
    medmnist(tmp_path, name="pneumoniamnist_64", side=64)
    with pytest.raises(UserError, match="2 .npz archives .pneumoniamnist.npz, pneumoniamnist_64.npz.; name the one"):
        module.list_scans(options_of({"source": str(tmp_path)}))
    scans, _ = module.list_scans(options_of({"source": str(tmp_path), "file": "pneumoniamnist_64.npz"}))
    assert scans["path"][0].endswith("pneumoniamnist_64.npz")
    with pytest.raises(UserError, match="has no octmnist.npz"):
        module.list_scans(options_of({"source": str(tmp_path), "file": "octmnist.npz"}))


def rewritten(folder, **changes):
    """The archive with arrays replaced, or taken away (None)."""
    with np.load(folder / "pneumoniamnist.npz") as arrays:
        contents = {**{name: arrays[name] for name in arrays}, **changes}
    present = {name: array for name, array in contents.items() if array is not None}
    np.savez(folder / "pneumoniamnist.npz", **present)


@pytest.mark.parametrize(
    "changes, given, words",
    [
        ({"val_images": None}, {}, "has no val_images.*2-D archive"),
        ({"test_labels": None}, {}, "has no test_labels"),
        (
            {"train_images": np.zeros((24, 28, 28, 28), np.uint8)},
            {},
            "train_images is uint8 .24, 28, 28, 28.; use a 2-D archive",
        ),
        ({"train_images": np.zeros((24, 28, 28), np.float32)}, {}, "train_images is float32"),
        ({"train_images": np.zeros((3, 28, 28), np.uint8)}, {}, "train_labels is uint8 .24, 1. for 3 images"),
        ({"train_labels": np.full((24, 1), 2, np.uint8)}, {}, "has label 2, but only 2 names"),
        ({"train_labels": np.zeros((24, 2), np.uint8)}, {}, "labels of different widths"),
        ({}, {"labels": ["normal"]}, "has label 1, but only 1 names are given"),
        ({"test_labels": np.full((12, 1), -2, np.int8)}, {}, "has label -2, and labels count from 0"),
        ({}, {"labels": ["a", "b", "a"]}, "Option labels names 'a' twice"),
        (SEVERAL, {"labels": ["a", "No Finding"]}, "Option labels names 'No Finding', which is an image without any"),
        (SEVERAL, {"labels": ["a"]}, "has 2 labels an image, but only 1 names"),
        ({**SEVERAL, "val_labels": np.full((12, 2), 3)}, {"labels": ["a", "b"]}, "has 3 among its 0 and 1 labels"),
    ],
)
def test_what_is_no_such_archive_is_named(tmp_path, changes, given, words):
    options = options_of({**medmnist(tmp_path), **given})
    rewritten(tmp_path, **changes)
    with pytest.raises(UserError, match=words) as fault:
        module.list_scans(options)
    assert "\n" not in str(fault.value)


def test_unnamed_labels_and_a_damaged_archive(tmp_path):
    medmnist(tmp_path, name="bloodmnist")
    with pytest.raises(UserError, match="Option labels.*bloodmnist.npz"):
        module.list_scans(options_of({"source": str(tmp_path)}))
    (tmp_path / "bloodmnist.npz").write_bytes(b"not a zip")
    with pytest.raises(UserError, match="bloodmnist.npz is damaged"):
        module.list_scans(options_of({"source": str(tmp_path), "labels": ["a", "b"]}))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_damage_inside_the_archive_is_found_before_any_image(tmp_path, save):
    options = options_of(medmnist(tmp_path, save=save))
    path = tmp_path / "pneumoniamnist.npz"
    data = bytearray(path.read_bytes())
    data[5000] ^= 255  # inside train_images
    path.write_bytes(data)
    with pytest.raises(UserError, match="pneumoniamnist.npz is damaged .*train_images.*download it again"):
        module.list_scans(options)


def test_a_dot_file_is_no_second_archive(tmp_path):
    given = options_of(medmnist(tmp_path))
    (tmp_path / "._pneumoniamnist.npz").write_bytes(b"\0" * 4096)
    assert len(module.list_scans(given)[0]) == 48


def test_an_image_of_one_gray_level_is_left_out(tmp_path):
    given = medmnist(tmp_path / "in", (4, 4, 4), colour=True)
    with np.load(tmp_path / "in" / "pneumoniamnist.npz") as stored:
        arrays = dict(stored)
    arrays["val_images"][2] = (90, 20, 160)
    np.savez(tmp_path / "in" / "pneumoniamnist.npz", **arrays)
    prepare("medmnist", given, 0, tmp_path / "out")
    assert len(load(tmp_path / "out")[0]) == 11
    excluded = (tmp_path / "out" / "excluded.csv").read_text()
    assert 'val000002,"is a blank image, of one gray level everywhere"' in excluded
