"""The chest phantom: a function of its arguments, balanced, split by patient, changed where a finding changes it."""

import numpy as np
import pandas as pd
import pytest
from preparing import complete

from ldcore.datasets import build
from ldcore.datasets.adapters.chest_phantom import FINDINGS, counterfactual, render, sessions
from ldcore.datasets.phantoms import chest_atlas
from ldcore.datasets.records import validate
from ldcore.runtime.errors import UserError

OPTIONS = complete("chest_phantom", subjects=12)


@pytest.fixture(scope="module")
def built():
    return build("chest_phantom", {"subjects": 12}, 0)


def rows_of(finding):
    return [row for index in range(24) for row in sessions(index, OPTIONS, 0)[:1] if row["findings"] == finding]


def test_a_function_of_its_arguments_subject_by_subject(built):
    records, images = built
    validate(records, len(images))
    again, same = build("chest_phantom", {"subjects": 8}, 0)
    assert np.array_equal(same, images[: len(same)])
    pd.testing.assert_frame_equal(again, records[: len(again)])
    assert not np.array_equal(build("chest_phantom", {"subjects": 1}, 1)[1][0], images[0])


def test_every_finding_has_its_share_of_every_split():
    options = complete("chest_phantom")
    rows = [row for index in range(options["subjects"]) for row in sessions(index, options, 0)]
    counts = pd.DataFrame(rows).groupby(["split", "findings"]).size().unstack()
    assert counts.loc["test"].min() >= 100 and counts.loc["train"].min() >= 120
    assert set(counts.columns) == set(FINDINGS)


def test_no_change_gives_the_very_image(built):
    records, images = built
    for row in records[:5].to_dict("records"):
        assert np.array_equal(counterfactual(row, OPTIONS, 0), images[row["image_index"]])
        assert np.array_equal(counterfactual(row, OPTIONS, 0, findings=row["findings"]), images[row["image_index"]])


@pytest.mark.parametrize(
    "finding, measured", [("Cardiomegaly", "ctr"), ("Pleural Effusion", "effusion"), ("Pneumonia", "opacity")]
)
def test_a_finding_changes_its_measure_and_whitens_the_lungs(finding, measured):
    for row in rows_of("No Finding"):
        before, truth = render(row, OPTIONS, 0)
        after, changed = render(row, OPTIONS, 0, findings=finding)
        assert changed[measured] > truth[measured] + 0.05
        assert {key for key in ("ctr", "effusion", "opacity") if changed[key] != truth[key]} == {measured}
        difference = after.astype(int) - before
        assert difference.max() > 25 and difference.min() > -30
        assert np.abs(difference[:12]).max() <= 3  # shoulders and neck stay
        assert changed["lung_fraction"] <= truth["lung_fraction"]


def test_effusion_is_low_and_the_heart_in_the_middle():
    row = rows_of("No Finding")[0]
    plain = render(row, OPTIONS, 0)[0].astype(int)
    fluid = render(row, OPTIONS, 0, findings="Pleural Effusion")[0] - plain
    heart = render(row, OPTIONS, 0, findings="Cardiomegaly")[0] - plain
    assert fluid[32:56].sum() > 5 * abs(fluid[:28].sum())
    assert heart[:, 16:52].sum() > 5 * (abs(heart[:, :12].sum()) + abs(heart[:, 56:].sum()))


def test_real_outlines_and_rows():
    masks = chest_atlas.lungs()["masks"]
    assert len(masks) > 250 and masks.min() >= 0 and masks.max() <= 1
    share = masks[:, :, :48].mean((1, 2)) / masks.mean((1, 2))
    assert share.min() > 0.7 and share.max() < 1.3  # two lungs, one a side
    ages, sexes = chest_atlas.demographics()["Pneumonia"]
    assert len(ages) > 1000 and set(sexes) == {"F", "M"} and ages.min() >= 18 and ages.max() <= 90


@pytest.mark.parametrize(
    "changes, named", [({"findings": "Edema"}, "Edema"), ({"age": 5}, "age 5"), ({"weight": 80}, "weight")]
)
def test_impossible_changes_are_named(changes, named):
    with pytest.raises(UserError, match=named):
        counterfactual(rows_of("No Finding")[0], OPTIONS, 0, **changes)


def test_missing_package_and_bad_option(monkeypatch):
    with pytest.raises(UserError, match="subjects"):
        build("chest_phantom", {"subjects": 0}, 0)
    monkeypatch.setattr(chest_atlas.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="torchxrayvision"):
        chest_atlas.package_file("chexpert_train.csv.gz")
