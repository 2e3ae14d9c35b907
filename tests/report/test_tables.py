"""Table 1: the long form's columns, the paper's values in the right cells, and the paper's layout."""

from pathlib import Path

import pandas as pd

from ldcore.report.tables import layout, long_table, markdown, number, write_tables

REPORTED = pd.read_csv(Path(__file__).parents[2] / "resources/reported_values.csv")
CONFIG = {"grid": {"reference": "none", "headline": "0.10"}, "datasets": {"d": {"paper": "brain_mr"}, "e": {"paper": ""}}}


def scores():
    rows = []
    for dataset in ("d", "e"):
        for method, drift in (("real", "none"), ("base", "none"), ("basic_ft", "none"), ("basic_ft", "0.10"), ("basic_ft", "moment")):
            for metric in ("fid", "kid") + (("kid_gain",) if drift != "none" else ()):
                rows.append({"dataset": dataset, "method": method, "drift": drift, "prompt": "simple_info", "metric": metric,
                             "extractor": "x", "n": 8, "seeds": 3, "value": 0.5, "low": 0.4, "high": 0.6, "training": "t",
                             "sampling_drift": drift})
    return rows


def test_paper_values_stand_only_where_the_paper_has_them():
    table = long_table(scores(), REPORTED, CONFIG)
    assert table.columns[:12].tolist() == ["dataset", "method", "drift", "prompt", "metric", "extractor", "n", "seeds", "value", "low",
                                           "high", "paper_value"]
    found = table.dropna(subset="paper_value").set_index(["dataset", "method", "drift", "metric"])["paper_value"].to_dict()
    assert found == {("d", "base", "none", "fid"): 313.61, ("d", "base", "none", "kid"): 0.289,
                     ("d", "basic_ft", "none", "fid"): 92.13, ("d", "basic_ft", "none", "kid"): 0.071,
                     ("d", "basic_ft", "0.10", "fid"): 49.68, ("d", "basic_ft", "0.10", "kid"): 0.035}


def test_layout_names_the_extractor_and_pairs_each_value_with_its_interval(tmp_path):
    lines = write_tables(scores(), REPORTED, CONFIG, tmp_path / "table1")
    assert set(lines["Features"]) == {"x"} and len(lines) == 10
    assert lines["KID"][0] == "0.5000 [0.4000, 0.6000]"
    assert lines["KID (paper)"][3] == "0.0350" and lines["KID gain"][3] and not lines["KID gain"][2]
    assert {p.name for p in tmp_path.iterdir()} == {"table1.csv", "table1.md", "table1.tex"}
    assert layout(pd.read_csv(tmp_path / "table1.csv", keep_default_na=False, na_values=[""])).equals(lines)
    assert markdown(lines).count("\n| ") == 11 and r"basic" not in (tmp_path / "table1.md").read_text()


def test_numbers_are_short_and_empty_where_missing():
    assert [number(v) for v in (1234.5, 12.345, 0.12345, float("nan"), None)] == ["1234.5", "12.35", "0.1235", "", ""]


def test_pooled_pixels_carry_no_paper_value():
    rows = [{**row, "extractor": "pooled_pixels"} for row in scores()]
    assert long_table(rows, REPORTED, CONFIG)["paper_value"].isna().all()
