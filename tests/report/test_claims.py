"""Verdicts follow from intervals and can say no; each claim measures what it says, paired over the groups."""

import math

import numpy as np
import pandas as pd
import pytest
from rows import cell_row

from ldcore import plugins
from ldcore.grid import Checkpoint, judged_cells, searches
from ldcore.report import markup, verdicts
from ldcore.report.tables import claims, colours
from ldcore.runtime.files import read_json, write_json

NAN = float("nan")


@pytest.mark.parametrize(
    "low, high, bounds, given",
    [
        (0.1, 0.2, {"above": 0.0}, "supported"),
        (0.0, 0.2, {"above": 0.0}, "not resolved"),
        (-0.1, 0.2, {"above": 0.0}, "not resolved"),
        (-0.2, 0.0, {"above": 0.0}, "contradicted"),
        (0.0, 0.0, {"above": 0.0}, "contradicted"),
        (0.1, 0.2, {"below": 0.3}, "supported"),
        (0.1, 0.3, {"below": 0.3}, "not resolved"),
        (0.3, 0.4, {"below": 0.3}, "contradicted"),
        (0.05, 0.1, {"above": 0.05, "below": 0.1}, "supported"),
        (0.0, 0.1, {"above": 0.05, "below": 0.1}, "not resolved"),
        (-0.1, 0.0, {"above": 0.05, "below": 0.1}, "contradicted"),
        (0.2, 0.2, {"above": 0.05, "below": 0.1}, "contradicted"),
        (NAN, NAN, {"above": 0.0}, "not resolved"),
    ],
)
def test_a_verdict_follows_from_the_interval_alone(low, high, bounds, given):
    assert verdicts.verdict(low, high, **bounds) == given


def test_what_is_claimed_is_said_in_words():
    assert verdicts.claimed(above=0.0) == "above 0" and verdicts.claimed(below=1 / 3) == "below 0.3333"
    assert verdicts.claimed(above=0.05, below=0.1) == "0.05 to 0.1"


def measured(results, name):
    """The rows of one claim."""
    return plugins.find("claim", name).rows(results)


def cell(label):
    """Where the samples of a cell of Basic FT lie, and their drift."""
    training, drift = {"none": ("plain", "none"), "ld": ("ld", "0.10")}[label]
    return Checkpoint("brain", "basic_ft", training, "simple_info", "0"), drift


def rewrite(results, checkpoint, drift, **arrays):
    """Samples with some arrays replaced: 16 images of two seeds."""
    path = results.store.samples(checkpoint) / f"{drift}.npz"
    np.savez(path, **{**np.load(path), **arrays})


def flat(*colours):
    """16 pictures of 8 px, the colours in turn."""
    return np.uint8(np.resize(colours, (16, 3)))[:, None, None].repeat(8, 1).repeat(8, 2)


def test_gains_stand_beside_the_papers_differences_and_only_the_headlines(scored):
    scores = read_json(scored.store.scores("brain"))
    of_fid = {"metric": "fid_gain", "value": 3.0, "low": 1.0, "high": 5.0}
    scores["cells"] += [cell_row(**of_fid), cell_row(**{**of_fid, "low": -1.0}, extractor="pooled_pixels")]
    scores["cells"] += [cell_row(**of_fid, drift="moment"), cell_row(**of_fid, prompt="simple")]
    write_json(scored.store.scores("brain"), scores)
    rows = claims.judged("fid_falls", measured(scored, "fid_falls"))
    assert [row["verdict"] for row in rows] == ["supported", "not resolved"]
    assert rows[0]["paper_value"] == pytest.approx(92.13 - 49.68) and rows[1]["paper_value"] is None
    kids = measured(scored, "kid_falls")
    assert [row["paper_value"] for row in kids][:1] == [pytest.approx(0.036)]
    assert {row["dataset"] for row in kids} == {"brain", "mine"} and {row["drift"] for row in kids} == {"ld"}


def test_auc_and_real_with_synthetic_are_read_where_they_are_compared(scored):
    aucs = read_json(scored.store.downstream("brain"))
    gains = ("auc_gain", "auc_real_plus_synthetic_gain", "auc_all_real_plus_synthetic_gain")
    aucs += [cell_row(name, -0.02, low=-0.03, high=-0.01, extractor="pixels_logistic") for name in gains]
    write_json(scored.store.downstream("brain"), aucs)
    (alone,) = claims.judged("auc_rises", measured(scored, "auc_rises"))
    assert alone["verdict"] == "contradicted" and alone["paper_value"] == pytest.approx(0.02)
    half, every = measured(scored, "real_plus_synthetic_helps")
    assert half["paper_value"] == pytest.approx(0.013) and every["paper_value"] is None
    assert half["statistic"] != every["statistic"]


def test_a_config_whose_headline_is_its_reference_says_nothing_of_latent_drifting(drawn):
    drawn.config["grid"]["headline"] = "none"
    drawn.config["prompt_study"] = drawn.config["editing"] = None
    assert set(claims.rows(drawn)["claim"]) == {"inference_drift_tints", "inference_drift_keeps_subjects"}
    drawn.config["sweep"] = None
    rows = claims.rows(drawn)
    assert not len(rows) and rows.columns.tolist() == claims.COLUMNS
    assert len(claims.layout(rows)) == len(verdicts.counts(rows)) == 0


def test_a_method_that_has_not_both_cells_has_no_row(drawn):
    headline = drawn.config["grid"]["cells"][1]
    assert {row["method"] for row in measured(drawn, "no_tint")} == {"basic_ft"}
    headline["methods"] = ["dreambooth"]
    assert not measured(drawn, "no_tint")


def test_the_headline_may_have_a_reference_and_a_guidance_of_its_own(drawn):
    headline = drawn.config["grid"]["cells"][1]
    headline |= {"reference": "moment", "guidance_scale": 7.5}
    for dataset in ("brain", "mine"):
        folder = drawn.store.samples(Checkpoint(dataset, "basic_ft", "ld", "simple_info", "0"))
        np.savez(folder / "0.10@7.5.npz", images=flat((10, 10, 12)), seeds=np.repeat([0, 1], 8))
    rewrite(drawn, cell("none")[0], "moment", images=flat((10, 10, 18)))
    assert measured(drawn, "no_tint")[1]["value"] == pytest.approx(0.25)


def test_the_background_is_measured_where_real_images_are_black(drawn):
    records, images = drawn.records_and_images("brain")
    dark = np.array(images)
    dark[:, :4] = 0
    np.save(drawn.store.data("brain") / "images.npy", dark)
    black, gray = flat((250, 250, 250)), flat((60, 60, 60))
    black[:, :4], gray[:, 4:] = [3, 6, 9], 250
    black[8:, :4] += 2  # the other seed
    rewrite(drawn, *cell("ld"), images=black)
    rewrite(drawn, *cell("none"), images=gray)
    level, change = claims.judged("black_background", measured(drawn, "black_background"))
    assert level["dataset"] == change["dataset"] == "brain"  # `mine` has no background
    assert level["value"] == pytest.approx(7.0) and change["value"] == pytest.approx(-53.0)
    assert level["verdict"] == "not resolved" and change["verdict"] == "supported"  # 7 +- 12.7 of two seeds
    assert level["n"] == 16 and level["seeds"] == 2


def test_tint_is_a_share_of_the_tint_without_beside_the_pages(drawn):
    drawn.config["datasets"]["brain"]["paper"] = "chexpert"
    rewrite(drawn, *cell("ld"), images=flat((10, 10, 12)))
    rewrite(drawn, *cell("none"), images=flat((10, 10, 22), (10, 10, 30)))
    level, row = (row for row in measured(drawn, "no_tint") if row["dataset"] == "brain")
    assert level["value"] == pytest.approx(2) and level["below"] == 5
    assert row["value"] == pytest.approx(2 / 16) and row["paper_value"] == pytest.approx(1.5 / 26.65)
    _, other = (row for row in measured(drawn, "no_tint") if row["dataset"] == "mine")
    assert other["paper_value"] is None and other["low"] < other["value"] < other["high"]


def test_latents_that_run_away_are_told_from_latents_that_stay(drawn):
    for training, slope, of_seeds in (("plain", 4.0, [0.9, 1.1]), ("ld", 0.5, [0.901, 1.099])):
        for delta, name in ((-0.1, "-0.10"), (0.0, "none"), (0.1, "0.10")):
            place = Checkpoint("brain", "basic_ft", training, "simple_info", "0")
            trace = np.zeros((16, 5, 4))
            trace[:, -1] = slope * delta * np.repeat(of_seeds, 8)[:, None] + np.arange(4) - 1.5
            rewrite(drawn, place, name, trace=trace)
    (stable, *_), (away, *_) = (
        claims.judged(name, measured(drawn, name)) for name in ("latent_mean_stable", "latent_mean_runs_away")
    )
    assert stable["value"] == pytest.approx(0.125) and stable["verdict"] == "supported"
    assert away["value"] == pytest.approx(4.0) and away["low"] < 4.0 < away["high"] and away["paper_value"] == 10.0
    assert away["low"] == pytest.approx(4.0 - 12.706 * 0.4, rel=1e-3)  # t of two seeds at 3.6 and 4.4


def test_weights_that_are_the_same_are_not_asked_whether_their_latents_stay(drawn):
    drawn.config["grid"]["headline"] = "sampled"
    cells = drawn.config["grid"]["cells"]
    cells.append({**next(cell for cell in cells if cell["label"] == "ld"), "label": "sampled", "training": "plain"})
    assert measured(drawn, "latent_mean_stable") == []


def test_drift_at_inference_alone_is_compared_with_none_from_the_same_noise(drawn):
    draw, place = np.random.default_rng(1), Checkpoint("brain", "basic_ft", "plain", "simple_info", "0")
    plain = draw.integers(60, 120, (16, 8, 8, 3), dtype=np.uint8)
    rewrite(drawn, place, "none", images=plain)
    rewrite(drawn, place, "0.10", images=plain + np.uint8([0, 100, 0]))
    rewrite(drawn, place, "-0.10", images=plain[::-1] - np.uint8([0, 50, 0]))
    rows = claims.judged("inference_drift_tints", measured(drawn, "inference_drift_tints"))
    by_name = {row["statistic"]: row for row in rows if row["dataset"] == "brain"}
    green = by_name["green - mean of red and blue of the frame, at +0.10 - at 0"]
    assert green["value"] == pytest.approx(100) and green["paper_value"] == pytest.approx(138.75)
    darker = by_name["brightness (its sign set by the model's orientation) of the frame, at -0.10 - at 0"]
    assert darker["value"] == pytest.approx(-29.35, abs=3)
    assert darker["paper_value"] < 0
    kept = measured(drawn, "inference_drift_keeps_subjects")
    survives, lost = (row["value"] for row in kept if row["dataset"] == "brain")
    assert survives == pytest.approx(1.0) and lost < 0.5


@pytest.mark.parametrize(
    "low, high, given", [(0.05, 0.1, "supported"), (0.0, 0.1, "not resolved"), (0, 0, "contradicted")]
)
def test_a_delta_found_by_grid_search_is_held_against_the_papers(results, low, high, given):
    config = results.config
    config["drifts"] |= {
        "found": {"kind": "prior", "source": "grid_search"},
        "learned": {"kind": "prior", "source": "learned"},
    }
    config["grid"]["cells"] = [
        {**config["grid"]["cells"][0], "label": name, "drift": name} for name in ("none", "found", "learned")
    ]
    config["grid"] |= {"headline": "found", "reference": "none"}
    for key in ("prompt_study", "sweep", "editing"):
        config[key] = None
    content = {"value": low, "low": low, "high": high, "images": 192, "half_spacing": 0.0125}
    content["options"] = {"compare": "pixel_histogram"}
    for origin, name in searches(config):
        write_json(results.store.drift(origin, name), content | {"source": config["drifts"][name]["source"]})
    rows = claims.judged("delta_small_and_positive", measured(results, "delta_small_and_positive"))
    assert [(row["dataset"], row["cell"], row["verdict"], row["claimed"]) for row in rows] == [
        (dataset, "none", given, "0.0375 to 0.1125") for dataset in ("brain", "mine")
    ]
    assert "(found: pixel histogram)" in rows[0]["statistic"] and rows[0]["n"] == 192


def test_borders_are_looked_for_in_brains_alone(drawn):
    side = np.arange(8)
    inner = np.full((8, 8), 120, np.uint8)
    inner[:, 4:], inner[0, 0] = 200, 30
    np.save(drawn.store.data("brain") / "images.npy", np.stack([inner] * 48))
    soft = np.uint8(np.interp(side, [2, 5], [120, 200]))[None].repeat(8, 0)
    soft[0, 0] = 30
    for label, picture in (("ld", inner), ("none", soft)):
        rewrite(drawn, *cell(label), images=np.stack([np.stack([picture] * 3, -1)] * 16))
    drawn.config["datasets"]["mine"]["anatomy"] = "chest_xray"
    (row,) = measured(drawn, "sharper_tissue_border")
    assert row["dataset"] == "brain" and 0.1 < row["value"] < 0.9


def test_prompts_are_compared_step_by_step(drawn):
    drawn.config["prompt_study"]["prompts"] = ["simple", "simple_info"]
    name = "pooled_pixels"
    real = np.random.default_rng(0).normal(size=(20, 3))
    np.savez(drawn.store.reference("brain"), **{f"{key}/test": real for key in drawn.config["extractors"]})
    near, far = real[:16] + 0.01, real[:16] + 3.0
    for prompt, features in (("simple", far), ("simple_info", near)):
        rewrite(drawn, Checkpoint("brain", "basic_ft", "ld", prompt, "0"), "0.10", **{name: features})
    rows = [row for row in measured(drawn, "prompts_help") if row["extractor"] == name]
    kid = next(row for row in rows if row["statistic"] == "KID, simple - simple_info")
    assert kid["value"] > 1 and "paper_value" not in kid
    paper = [row.get("paper_value") for row in measured(drawn, "prompts_help") if row["extractor"] != name]
    assert pytest.approx(0.0107) in paper


def test_ages_as_numbers_are_compared_with_each_other_style_over_subjects(drawn):
    task = drawn.config["editing"]["tasks"]["ageing"]
    task["styles"], draw = ["word", "numerical"], np.random.default_rng(0)
    edited = drawn.edited("ageing")
    truth = edited.dataset.images_of([request.target_row for request in edited.requests])
    for arrays in edited.edits.values():
        near, far = (np.clip(truth + draw.normal(0, noise, truth.shape), 0, 255) for noise in (5, 60))
        np.savez(arrays.path, decoded=np.uint8([far, near]))
    drawn.config["editing"]["likeness"] = ["psnr"]
    rows = claims.judged("numerical_ages_best", measured(drawn, "numerical_ages_best"))
    assert [row["method"] for row in rows] == ["base", "basic_ft"]
    assert all(row["value"] > 10 and row["verdict"] == "supported" for row in rows)
    assert rows[1]["paper_value"] == pytest.approx(32.83 - 32.78) and rows[0]["n"] == len(edited.requests)


def test_the_table_reads_back_as_it_was_written(drawn):
    rows = claims.rows(drawn)
    assert rows.columns.tolist()[:9] == [
        *("claim", "dataset", "method", "statistic", "value", "low", "high", "paper_value", "verdict")
    ]
    assert set(rows["verdict"]) <= set(verdicts.VERDICTS) and set(rows["dataset"]) == {"brain", "mine"}
    lines = claims.layout(rows)
    markup.write(drawn.store.table("claims").with_suffix(""), rows, lines, claims.FOOTNOTES)
    read = markup.read(drawn.store.table("claims"))
    pd.testing.assert_frame_equal(claims.layout(read), lines)
    counted = verdicts.counts(read)
    assert counted[["Supported", "Contradicted", "Not resolved"]].replace("", 0).astype(int).to_numpy().sum() == len(
        rows
    )
    assert not math.isnan(rows["value"].iloc[0])


def test_other_cells_are_judged_as_if_they_were_the_headline(drawn):
    config = drawn.config
    config["prompt_study"] = config["editing"] = None
    config["grid"]["judged"] = ["ld", "letter", "moment"]
    rows = claims.rows(drawn)
    of_tint = rows[(rows["claim"] == "no_tint") & (rows["dataset"] == "brain") & (rows["claimed"] == "below 5")]
    assert of_tint["cell"].tolist() == ["ld", "letter", "moment"] and of_tint["value"].nunique() == 3
    assert set(rows[rows["claim"] == "inference_drift_tints"]["cell"]) == {"none"}  # said once
    assert not rows.duplicated().any() and config["grid"]["headline"] == "ld"
    lines = verdicts.overview(rows)
    assert lines["Latent Drifting"].tolist() == [cell for cell in rows["cell"].unique() for _ in range(2)]
    assert {sum(map(int, line.split(" / "))) for line in lines["No tint"] if line} == {2}
    config["grid"]["judged"] = "all"
    assert judged_cells(config) == ["ld", "letter", "sampled", "moment", "searched"]


def test_colours_of_the_sweep_stand_beside_the_pages(drawn):
    place = Checkpoint("brain", "basic_ft", "plain", "simple_info", "0")
    rewrite(drawn, place, "0.10", images=flat((103, 220, 62)))
    rows = colours.rows(drawn)
    green = rows[(rows["dataset"] == "brain") & (rows["training"] == "plain") & (rows["delta"] == "+0.10")]
    values = green.set_index("metric")[["value", "paper_value"]].T.to_dict()
    assert values["green"] == {"value": 220.0, "paper_value": 220.5}
    assert values["greenness"]["value"] == pytest.approx(137.5)
    lines = colours.layout(rows)
    line = lines[(lines["Dataset"] == "brain") & (lines["Training"] == "plain") & (lines["Delta"] == "+0.10")]
    assert line["Red, green, blue"].tolist() == ["103, 220, 62"]
    assert line["Red, green, blue (page)"].tolist() == ["104, 220, 62"]
    assert len(lines) == 2 * 2 * 3
