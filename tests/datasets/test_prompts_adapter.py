"""The adapter `prompts`: records that say one prompt, in every split, and no image to compare with."""

from ldcore.datasets import build
from ldcore.datasets.records import load, save
from ldcore.evaluation.real_images import balanced_rows
from ldcore.prompts import prompt


def test_every_record_says_the_anatomys_words(tmp_path):
    save(*build("prompts", {"records": 12, "image_size": 8}), tmp_path)
    records, images = load(tmp_path)
    assert {prompt(row, "sailing boat on a lake", "simple") for row in records.to_dict("records")} == {
        "a sailing boat on a lake"
    }
    assert images.shape == (12, 8, 8) and (images == 128).all()
    assert len(balanced_rows(records, "train", ["prompt"], 4, 0)) == 4
    assert records["split"].value_counts().to_dict() == {"train": 4, "val": 4, "test": 4}
