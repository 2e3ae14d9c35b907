"""Tables 2, 4 and truth from made-up scores: the paper's values beside the right cells, titles, all rows kept."""

import pandas as pd

from ldcore.report.edit_tables import EDIT_COLUMNS, edit_layout, edit_table, write_edit_table

CONFIG = {
    "grid": {"headline": "0.10"},
    "datasets": {"brain": {"paper": "brain_mr"}, "mine": {"paper": ""}},
    "editing": {"tasks": {"ageing": {"table": "table2"}, "disease": {"table": "table4"}}},
}
REPORTED = pd.DataFrame(
    [
        {
            "table": 2,
            "dataset": "brain_mr",
            "task": "age_editing_instruct_pix2pix",
            "method": "stable_diffusion",
            "prompt": "word",
            "patient_info": None,
            "metric": "ssim",
            "value": 0.74,
        },
        {
            "table": 4,
            "dataset": "brain_mr",
            "task": "disease_editing_pix2pix_zero",
            "method": "basic_ft",
            "prompt": "diverse",
            "patient_info": 1,
            "metric": "kid",
            "value": 0.0151,
        },
    ]
)


def row(task, metric, value, **changes):
    return {
        "task": task,
        "dataset": "brain",
        "method": "m",
        "base": "base",
        "training": "ld",
        "drift": "0.10",
        "sampling_drift": "0.10",
        "prompt": "word",
        "output": "decoded",
        "edit": "older",
        "gap": "all",
        "metric": metric,
        "extractor": "",
        "n": 3,
        "seeds": 1,
        "value": value,
        "low": value - 1,
        "high": value + 1,
        **changes,
    }


def scores(*rows):
    return [{"table": list(rows), "truth": [row("ageing", "change", 0.5)], "tradeoff": []}]


def test_the_papers_value_stands_beside_the_decoded_headline_cell_alone():
    found = edit_table(
        scores(
            row("ageing", "ssim", 0.5),
            row("ageing", "ssim", 0.6, output="changed"),
            row("ageing", "ssim", 0.7, gap="over_5"),
            row("ageing", "ssim", 0.8, drift="none"),
            row("ageing", "ssim", 0.9, dataset="mine"),
        ),
        REPORTED,
        "table2",
        CONFIG,
    )
    assert list(found.columns) == EDIT_COLUMNS
    assert (
        found["paper_value"].notna().tolist() == [True, False, False, False, False] and found["paper_value"][0] == 0.74
    )


def test_table4_takes_the_negated_row_and_not_pooled_pixels():
    mark = {"base": "basic_ft", "prompt": "diverse_info", "gap": None}
    found = edit_table(
        scores(
            row("disease", "kid", 1.0, edit="negated", extractor="efficientnet_lite0", **mark),
            row("disease", "kid", 1.0, edit="negated", extractor="pooled_pixels", **mark),
            row("disease", "kid", 1.0, edit="CN to AD", extractor="efficientnet_lite0", **mark),
        ),
        REPORTED,
        "table4",
        CONFIG,
    )
    assert found["paper_value"].notna().tolist() == [True, False, False]


def test_layout_is_a_line_a_cell_with_titles_of_their_own(tmp_path):
    table = edit_table(
        scores(
            row("ageing", "ssim", 0.5),
            row("ageing", "lpips", 0.2, extractor="lite0_perceptual"),
            row("ageing", "ssim", 0.6, output="changed"),
        ),
        REPORTED,
        "table2",
        CONFIG,
    )
    lines = edit_layout(table)
    assert (
        len(lines) == 2
        and {"SSIM", "lite0_perceptual", "SSIM (paper)"} < set(lines.columns)
        and "LPIPS" not in lines.columns
    )
    write_edit_table(table, "table2", tmp_path / "table2")
    assert "0.7400" in (tmp_path / "table2.md").read_text() and r"\toprule" in (tmp_path / "table2.tex").read_text()
    assert len(edit_table(scores(), REPORTED, "truth", CONFIG)) == 1
