"""The rows of a task: every number on images whose answer is known."""

import numpy as np
import pytest

from ldcore.edit.scoring import score
from ldcore.edit.scoring.reference import Metrics
from ldcore.metrics import between_images

LABELS = {"task": "t", "dataset": "d", "prompt": "simple_info", "output": "changed"}


def values(rows, metric, **where) -> list[float]:
    """The values of one metric's rows that have the labels `where`."""
    return [row["value"] for row in rows if row["metric"] == metric and where.items() <= row.items()]


def test_mean_row_leaves_out_what_is_not_finite():
    row = score.mean_row([1.0, 2.0, np.inf, 3.0, np.nan], list("abcde"), metric="psnr")
    half = 4.30265 / 3**0.5  # Student's t of three subjects, where 1.96 would be of infinitely many
    assert (row["n"], row["value"], row["seeds"], row["extractor"]) == (3, 2.0, 1, "")
    assert (row["low"], row["high"]) == pytest.approx((2 - half, 2 + half), rel=1e-5)
    alone, none = score.mean_row([2.0], ["a"], metric="psnr"), score.mean_row([np.nan], ["a"], metric="psnr")
    assert (alone["n"], alone["value"]) == (1, 2.0) and np.isnan([alone["low"], alone["high"]]).all()
    assert none["n"] == 0 and np.isnan(none["value"])


@pytest.mark.parametrize("metric", score.SHARES)
def test_a_share_of_all_subjects_is_not_certain(metric):
    row = score.mean_row(np.ones(16), np.arange(16), metric=metric)
    assert row["value"] == row["high"] == 1 and row["low"] == pytest.approx(0.806, abs=1e-3)
    assert np.isnan(score.mean_row(np.ones(16), np.arange(16), metric="ssim")["low"])  # a mean: empty


def test_distances_to_the_real_images_and_to_others(task):
    against = task.measured(task.negations(2))
    everyone = np.ones(4, bool)
    rows = score.feature_rows(against.real, everyone, "real", against, edit="x")
    assert [(row["metric"], row["extractor"], row["n"]) for row in rows] == [
        ("fid", "pooled_pixels", 4),
        ("kid", "pooled_pixels", 4),
    ]
    assert rows[0]["value"] == pytest.approx(0, abs=1e-9) and rows[1]["value"] <= 0
    far = score.feature_rows(255 - against.real, everyone, "real", against, edit="x")
    assert all(row["value"] > own["value"] for row, own in zip(far, rows))
    assert all(row["low"] < row["value"] < row["high"] for row in far)
    pair = score.feature_rows(against.real, np.arange(4) < 2, "real", against, edit="x")
    assert all(row["n"] == 2 and np.isnan(row["low"]) for row in pair)  # without a subject, one image is left


class TestAgeing:
    def test_the_true_followup_itself(self, task):
        against = task.measured(task.ageing([2.0, 7.0, 12.0]), styles=["binned"])
        rows = score.ageing_rows(against.truth.followup, against, **LABELS)
        assert values(rows, "ssim", gap="all") == [1.0] and values(rows, "ssim", gap="over_5") == [1.0]
        assert values(rows, "fid", gap="all")[0] == pytest.approx(0, abs=1e-9)
        trivial = between_images("ssim", against.truth.source, against.truth.followup)
        assert values(rows, "ssim_gain") == pytest.approx([(1 - trivial).mean(), (1 - trivial)[1:].mean()])
        assert [row["n"] for row in rows if row["metric"] == "ssim"] == [3, 2]
        assert {row["edit"] for row in rows} == {"older"} and not values(rows, "psnr_gain")
        assert all(0 < row["p"] < 1 for row in rows if row["metric"] == "ssim_gain")

    def test_a_subject_takes_its_followup_along(self, task):
        """Distances of 4 subjects that are their own follow-ups: no subject's absence makes a difference."""
        against = task.measured(task.ageing([2.0, 7.0, 12.0, 3.0]), styles=["binned"])
        rows = score.ageing_rows(against.truth.followup, against, **LABELS)
        (fid,) = [row for row in rows if row["metric"] == "fid"]
        assert fid["value"] == pytest.approx(0, abs=1e-9) and not fid["high"] > 1e-9

    def test_returning_the_source_gains_nothing(self, task):
        against = task.measured(task.ageing([2.0, 3.0]), styles=["binned"])
        rows = score.ageing_rows(against.truth.source, against, **LABELS)
        assert values(rows, "ssim_gain") == [0.0]  # and no rows of gaps over 5 years, since there are none
        assert {row["gap"] for row in rows} == {"all"}

    def test_a_perceptual_distance_is_called_lpips_and_gains_where_it_falls(self, task):
        metrics = Metrics({}, {"lite0_perceptual": {}})
        against = task.measured(task.ageing([2.0, 7.0]), styles=["binned"], metrics=metrics)
        rows = score.ageing_rows(against.truth.followup, against, **LABELS)
        assert values(rows, "lpips", extractor="lite0_perceptual", gap="all") == [pytest.approx(0, abs=1e-9)]
        assert values(rows, "lpips_gain", extractor="lite0_perceptual", gap="all")[0] > 0


class TestDisease:
    def test_the_source_is_like_itself_and_is_not_what_was_asked(self, one_thread, task):
        against = task.measured(task.negations(3))
        rows = score.disease_rows(against.truth.source, against, **LABELS)
        assert values(rows, "ssim") == [1.0] * 3  # two edits, then all that negate a label
        assert [row["edit"] for row in rows if row["metric"] == "ssim"] == ["CN to AD", "AD to CN", "negated"]
        assert values(rows, "auc") == [0.0]
        assert [row["extractor"] for row in rows if row["metric"] == "auc"] == ["pixels_logistic"]

    def test_the_opposite_is_what_was_asked(self, one_thread, task, opposite):
        against = task.measured(task.negations(3))
        rows = score.disease_rows(opposite(against.truth.source), against, **LABELS)
        assert values(rows, "auc") == [1.0] and max(values(rows, "ssim")) < 0.5

    def test_one_direction_alone_has_no_auc_and_a_mute_style_no_rows(self, one_thread, task):
        older = task.ageing([9.0])[0]
        ill = task.negations(2)[:2]
        against = task.measured([*ill, older], styles=["simple"])
        rows = score.disease_rows(against.truth.source, against, **{**LABELS, "prompt": "simple"})
        assert {row["edit"] for row in rows} == {"CN to AD", "negated"} and not values(rows, "auc")


class TestTruth:
    def test_without_a_renderer_there_are_none(self, task):
        against = task.measured(task.negations(1))
        assert score.truth_rows(against.truth.source, against.truth.source, against, **LABELS) == []

    def test_the_exact_image_has_no_error_and_the_source_all_of_it(self, task, opposite):
        requests = task.negations(2)
        source = task.sources(requests)
        rendered = opposite(source)
        rendered[:, -4:] = source[:, -4:]  # a region that does not change
        against = task.measured(requests, exact=rendered)
        exact = score.truth_rows(against.truth.exact, source, against, **LABELS)
        assert values(exact, "error_inside") == values(exact, "error_outside") == [0.0, 0.0]
        assert values(exact, "ssim") == [1.0, 1.0] and values(exact, "right_direction") == [1.0, 1.0]
        assert values(exact, "change") == values(exact, "true_change")
        same = score.truth_rows(source, source, against, **LABELS)
        assert min(values(same, "error_inside")) > 0.2 and values(same, "change") == [0.0, 0.0]
        assert [row["edit"] for row in same[:2]] == ["CN to AD", "CN to AD"]
        assert {row["extractor"] for row in same if row["metric"] == "change"} == {"ventricle_area"}


def arrays_of(against, edited) -> dict:
    """A cell's arrays: `edited` under every style, null edits that change nothing, a sweep from source to `edited`."""
    source, count = against.truth.source, len(against.truth.source)

    def colour(images):
        return np.repeat(images[..., None], 3, -1)

    styles = len(against.styles)
    return {
        "decoded": np.stack([colour(edited)] * styles),
        "unedited": np.stack([colour(source)] * styles),
        "changed": np.stack([edited] * styles),
        "nulls": np.arange(count)[:1],
        "null": np.stack([colour(source[:1])] * 2),
        "sweep": np.arange(count),
        "sweep_changed": np.stack([source, edited]),
    }


def as_latents(images) -> np.ndarray:
    return np.asarray(images, float)


class TestAxioms:
    def test_a_sound_edit(self, one_thread, task, opposite):
        against = task.measured(task.negations(2))
        edited = opposite(against.truth.source)
        rows = score.axiom_rows(arrays_of(against, edited), against, as_latents, **LABELS)
        assert values(rows, "composition_1") == values(rows, "composition_10") == [0.0]
        assert values(rows, "effectiveness") == [1.0] and values(rows, "minimality")[0] < 1 + np.log(2)
        assert [row["n"] for row in rows if row["metric"] == "roundtrip_psnr"] == [0]  # infinite: left out
        distances = score.feature_rows(edited, np.ones(4, bool), "real", against, ("kid",))
        assert values(rows, "realism") == values(distances, "kid") and not values(rows, "kid")

    def test_no_edit_at_all(self, one_thread, task):
        against = task.measured(task.negations(2))
        arrays = arrays_of(against, against.truth.source)
        arrays["null"] = arrays["null"] ^ 255
        rows = score.axiom_rows(arrays, against, as_latents, **LABELS)
        assert values(rows, "effectiveness") == [0.0] and values(rows, "composition_1")[0] > 0.1

    def test_ageing_has_neither_effectiveness_nor_minimality(self, task):
        against = task.measured(task.ageing([2.0, 7.0]), styles=["binned"])
        rows = score.axiom_rows(arrays_of(against, against.truth.source), against, as_latents, **LABELS)
        metrics = [row["metric"] for row in rows]
        assert metrics == ["composition_1", "composition_10", "roundtrip_psnr", "realism"]

    def test_divergences_of_one_direction_alone(self, task):
        against = task.measured(task.negations(2)[:2])
        divergences = score.divergences(task.dataset.images[22:24], against, as_latents)
        assert divergences.shape == (2,) and np.isfinite(divergences).all()


class TestTradeoff:
    def test_from_the_source_to_what_was_asked(self, one_thread, task, opposite):
        against = task.measured(task.negations(2))
        arrays = arrays_of(against, opposite(against.truth.source))
        rows = score.tradeoff_rows(arrays, against, [0.0, 1.0], prompt="simple_info")
        assert [(row["metric"], row["amount"]) for row in rows] == [
            ("l_in", 0.0),
            ("l_o", 0.0),
            ("l_in", 1.0),
            ("l_o", 1.0),
        ]
        start, end = (rows[1], rows[3])
        assert rows[0]["value"] == 0 and np.isnan([start["low"], start["high"]]).all()  # paired with the source: itself
        assert start["value"] > 0.5 > end["value"] and start["extractor"] == "class_distance"
        assert end["low"] < end["value"] < end["high"] and rows[2]["value"] > 0.2

    def test_ageing_is_measured_in_years(self, task):
        against = task.measured(task.ageing([2.0, 7.0]), styles=["binned"])
        rows = score.tradeoff_rows(arrays_of(against, against.truth.followup), against, [0.0, 1.0])
        assert {row["extractor"] for row in rows if row["metric"] == "l_o"} == {"age_distance"}


class TestCells:
    def test_rows_of_every_style_and_output_in_order(self, one_thread, task, opposite):
        requests = task.negations(2)
        source = task.sources(requests)
        against = task.measured(requests, styles=["simple", "simple_info"], exact=opposite(source))
        cell = score.cell_rows(arrays_of(against, opposite(source)), against, [0.0, 1.0], as_latents, drift="none")
        order = list(dict.fromkeys((row["prompt"], row["output"]) for row in cell["table"]))
        assert order == [(style, output) for style in ("simple", "simple_info") for output in ("decoded", "changed")]
        axioms = [row for row in cell["truth"] if row["metric"] == "realism"]
        assert [(row["prompt"], row["output"]) for row in axioms] == [("simple_info", "changed")]
        assert {row["prompt"] for row in cell["tradeoff"]} == {"simple_info"}
        assert {row["drift"] for rows in cell.values() for row in rows} == {"none"}
        assert values(cell["table"], "auc") == [1.0] * 4

    def test_the_decoded_output_is_measured_against_the_decoded_unedited_image(self, one_thread, task, opposite):
        requests = task.negations(2)
        source = task.sources(requests)
        hollow = opposite(source)
        hollow[:, 14:18] = 0  # dark in the middle: a larger ventricle
        against = task.measured(requests, exact=hollow)
        arrays = arrays_of(against, hollow)
        arrays["unedited"] = arrays["decoded"]
        cell = score.cell_rows(arrays, against, [0.0, 1.0], as_latents)
        assert values(cell["truth"], "change", output="decoded") == [0.0, 0.0]
        assert min(values(cell["truth"], "change", output="changed")) > 0

    def test_the_rows_to_beat(self, one_thread, task, opposite):
        requests = task.negations(2)
        source = task.sources(requests)
        rows = score.trivial_rows(task.measured(requests, exact=opposite(source)), task="t")
        assert rows["tradeoff"] == [] and {row["method"] for row in rows["truth"]} == {"source", "exact"}
        assert values(rows["table"], "auc", method="source") == [0.0]
        assert values(rows["table"], "auc", method="exact") == [1.0]
        plain = score.with_gains([rows], None)
        assert {key: len(of) for key, of in plain.items()} == {key: len(of) for key, of in rows.items()}
        assert not any("sample" in row for of in plain.values() for row in of)
        without = score.trivial_rows(task.measured(requests), task="t")
        assert {row["method"] for row in without["table"]} == {"source"} and without["truth"] == []


class TestGainsOverTheReferenceCell:
    """What a cell is better by than the cell without LD, paired by subject."""

    @pytest.fixture
    def cells(self, one_thread, task, opposite):
        """Two cells of 10 negations with a renderer: one returns the source, one does two thirds of what it should."""
        requests = task.negations(5)
        source = task.sources(requests)
        exact = opposite(source)
        half = ((source + 2.0 * exact) / 3).astype(np.uint8)
        against = task.measured(requests, exact=exact)
        arrays = (arrays_of(against, images) for images in (source, half))
        labels = {"task": "t", "dataset": "d", "base": "b"}
        return [
            score.cell_rows(of_cell, against, [0.0, 1.0], as_latents, drift=drift, **labels)
            for of_cell, drift in zip(arrays, ("none", "ld"))
        ]

    def test_what_each_is(self, cells):
        rows = score.with_gains(cells, 0)
        where = {"output": "changed", "edit": "negated"}
        gains = {row["metric"]: row for row in rows["table"] if where.items() <= row.items() and row["drift"] == "ld"}
        assert set(gains) == {"fid", "kid", "ssim", "auc"} | {
            f"{metric}_ld_gain" for metric in ("fid", "kid", "ssim", "auc")
        }
        for metric, sign in (("fid", -1), ("kid", -1), ("ssim", 1), ("auc", 1)):
            with_ld, without = (values(cell["table"], metric, **where)[0] for cell in (cells[1], cells[0]))
            gain = gains[f"{metric}_ld_gain"]
            assert gain["value"] == pytest.approx(sign * (with_ld - without))
            assert gain["n"] == 10 and gain["low"] < gain["value"] < gain["high"] or metric == "auc"
        ssim, auc = gains["ssim_ld_gain"], gains["auc_ld_gain"]
        assert ssim["high"] < 0 and ssim["p"] < 1e-6  # an edit is less like the source
        assert auc["value"] == 1 and np.isnan([auc["low"], auc["p"]]).all()  # from 0 to 1 in every draw

    def test_they_are_narrower_than_two_cells_side_by_side(self, cells):
        rows = score.with_gains(cells, 0)["truth"]
        for edit in ("CN to AD", "AD to CN"):
            where = {"edit": edit, "output": "changed", "metric": "psnr", "drift": "ld"}
            (own,) = [row for row in rows if where.items() <= row.items()]
            (gain,) = [row for row in rows if {**where, "metric": "psnr_ld_gain"}.items() <= row.items()]
            assert gain["value"] > 0 and gain["p"] < 1e-6
            assert own["high"] - own["low"] > 0 and "p" not in own
        (share,) = [row for row in rows if row["metric"] == "effectiveness_ld_gain"]
        assert share["value"] == 1 and share["extractor"] == "pixels_logistic"
        assert not [row for row in rows if row["metric"] in ("realism_ld_gain", "error_inside_ld_gain")]

    def test_order_and_what_has_none(self, cells):
        rows = score.with_gains(cells, 0)
        assert [row["drift"] for row in rows["table"]] == ["none"] * len(cells[0]["table"]) + ["ld"] * (
            len(rows["table"]) - len(cells[0]["table"])
        )
        assert [row["drift"] for row in rows["tradeoff"]] == ["none"] * 4 + ["ld"] * 4
        for section in rows.values():
            assert not any("sample" in row for row in section)
        for without in (score.with_gains(cells, None), score.with_gains(cells[:1], 0)):
            assert not any(row["metric"].endswith("ld_gain") for row in [*without["table"], *without["truth"]])
