"""Tables 1 and 3: the long form's columns, the paper's values in the right cells, and the paper's layout."""

from pathlib import Path

import pandas as pd

from ldcore.report.tables import layout, markdown, number, table1, table3, write_table

REPORTED = pd.read_csv(Path(__file__).parents[2] / "resources/reported_values.csv")
CONFIG = {
    "grid": {"reference": "none", "headline": "0.10", "prompts": ["simple_info"], "methods": ["basic_ft"]},
    "datasets": {"d": {"paper": "brain_mr"}, "e": {"paper": ""}},
    "prompt_study": {
        "dataset": "d",
        "method": "basic_ft",
        "cell": "0.10",
        "prompts": ["simple", "diverse_info", "simple_info"],
    },
}
CELLS = (
    ("real", "none", ""),
    ("base", "none", "simple_info"),
    ("basic_ft", "none", "simple_info"),
    ("basic_ft", "0.10", "simple_info"),
    ("basic_ft", "moment", "simple_info"),
    ("basic_ft", "0.10", "diverse_info"),
    ("basic_ft", "0.10", "simple"),
)


def scores(extractor="x"):
    rows = []
    for dataset in ("d", "e"):
        for method, drift, prompt in CELLS:
            metrics = ("fid", "kid", "auc") + (("kid_gain", "auc_real_plus_synthetic") if drift != "none" else ())
            rows += [
                {
                    "dataset": dataset,
                    "method": method,
                    "drift": drift,
                    "prompt": prompt,
                    "metric": metric,
                    "n": 8,
                    "seeds": 3,
                    "extractor": "c" if metric.startswith("auc") else extractor,
                    "value": 0.5,
                    "low": 0.4,
                    "high": 0.6,
                    "training": "t",
                    "sampling_drift": drift,
                }
                for metric in metrics
            ]
    return pd.DataFrame(rows)


def test_paper_values_stand_only_where_the_paper_has_them():
    table = table1(scores(), REPORTED, CONFIG)
    assert table.columns[:12].tolist() == [
        "dataset",
        "method",
        "drift",
        "prompt",
        "metric",
        "extractor",
        "n",
        "seeds",
        "value",
        "low",
        "high",
        "paper_value",
    ]
    assert set(table["prompt"]) == {"", "simple_info"}
    found = (
        table.dropna(subset="paper_value").set_index(["dataset", "method", "drift", "metric"])["paper_value"].to_dict()
    )
    assert found == {
        ("d", "base", "none", "fid"): 313.61,
        ("d", "base", "none", "kid"): 0.289,
        ("d", "base", "none", "auc"): 0.414,
        ("d", "basic_ft", "none", "fid"): 92.13,
        ("d", "basic_ft", "none", "kid"): 0.071,
        ("d", "basic_ft", "none", "auc"): 0.704,
        ("d", "basic_ft", "0.10", "fid"): 49.68,
        ("d", "basic_ft", "0.10", "kid"): 0.035,
        ("d", "basic_ft", "0.10", "auc"): 0.724,
        ("d", "real", "none", "auc"): 0.87,
        ("d", "basic_ft", "0.10", "auc_real_plus_synthetic"): 0.883,
    }


def test_table_3_follows_the_prompt_styles():
    table = table3(scores(), REPORTED, CONFIG)
    kid = table[table["metric"] == "kid"]
    assert kid["prompt"].tolist() == ["simple", "diverse_info", "simple_info"]
    assert kid["paper_value"].tolist() == [0.0475, 0.0351, 0.0368] and set(table["dataset"]) == {"d"}


def test_layout_pairs_each_value_with_its_interval_and_the_auc(tmp_path):
    both = pd.concat([scores(), scores("y")]).drop_duplicates(
        ["dataset", "method", "drift", "prompt", "metric", "extractor"]
    )
    lines = write_table(table1(both, REPORTED, CONFIG), tmp_path / "table1")
    assert len(lines) == 20 and lines["Features"].tolist() == (["x"] * 5 + ["y"] * 5) * 2
    assert lines["KID"][0] == "0.5000 [0.4000, 0.6000]" and lines["N (seeds)"][0] == "8 (3)"
    assert lines["KID (paper)"][3] == "0.0350" and lines["KID gain"][3] and not lines["KID gain"][2]
    assert lines["AUC"][3].startswith("0.5000") and lines["AUC (paper)"][3] == "0.7240" and not lines["AUC"][8]
    assert {p.name for p in tmp_path.iterdir()} == {"table1.csv", "table1.md", "table1.tex"}
    assert layout(pd.read_csv(tmp_path / "table1.csv", keep_default_na=False, na_values=[""])).equals(lines)
    assert markdown(lines).count("\n| ") == 21 and r"basic" not in (tmp_path / "table1.md").read_text()


def test_numbers_are_short_and_empty_where_missing():
    assert [number(v) for v in (1234.5, 12.345, 0.12345, float("nan"), None)] == ["1234.5", "12.35", "0.1235", "", ""]


def test_pooled_pixels_carry_no_paper_distance():
    table = table1(scores("pooled_pixels"), REPORTED, CONFIG)
    assert table[~table["metric"].str.startswith("auc")]["paper_value"].isna().all()
