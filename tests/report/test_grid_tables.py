"""Tables 1 and 3: the long form's columns, the paper's values in the right cells, a column for every metric."""

import pytest
from rows import cell_row

from ldcore.report import markup
from ldcore.report.tables import table1, table3
from ldcore.runtime.files import read_json, write_json

COLUMNS = ["dataset", "method", "drift", "prompt", "metric", "extractor"]
COLUMNS += ["n", "seeds", "value", "low", "high", "paper_value"]


def test_paper_values_stand_only_where_the_paper_has_them(scored):
    table = table1.rows(scored)
    assert table.columns[:12].tolist() == COLUMNS and set(table["prompt"]) == {"", "simple_info"}
    assert table["cell"].equals(table["drift"]) and table.columns[-4:].tolist() == [
        *("sampling_drift", "cell", "p", "p_holm")
    ]
    known = table.dropna(subset="paper_value").set_index(["dataset", "method", "drift", "metric"])["paper_value"]
    assert known.to_dict() == {
        ("brain", "base", "none", "fid"): 313.61,
        ("brain", "base", "none", "kid"): 0.289,
        ("brain", "base", "none", "auc"): 0.414,
        ("brain", "basic_ft", "none", "fid"): 92.13,
        ("brain", "basic_ft", "none", "kid"): 0.071,
        ("brain", "basic_ft", "none", "auc"): 0.704,
        ("brain", "basic_ft", "ld", "fid"): 49.68,
        ("brain", "basic_ft", "ld", "kid"): 0.035,
        ("brain", "basic_ft", "ld", "auc"): 0.724,
        ("brain", "real", "none", "auc"): 0.87,
        ("brain", "basic_ft", "ld", "auc_real_plus_synthetic"): 0.883,
    }
    of_pixels = table[table["extractor"] == "pooled_pixels"]
    assert len(of_pixels) and of_pixels["paper_value"].isna().all()


def test_table_3_follows_the_prompt_styles(scored):
    table = table3.rows(scored)
    kid = table[(table["metric"] == "kid") & (table["extractor"] == "efficientnet_lite0")]
    assert kid["prompt"].tolist() == ["simple", "diverse_info", "simple_info"] and set(table["dataset"]) == {"brain"}
    assert kid["paper_value"].tolist() == [0.0475, 0.0351, 0.0368] and "kid_gain" not in set(table["metric"])


def test_layout_pairs_each_value_with_its_interval_and_the_auc(scored, tmp_path):
    table = table1.rows(scored)
    lines = table1.layout(table)
    assert len(lines) == 20 and lines["Features"].tolist() == (["efficientnet_lite0"] * 5 + ["pooled_pixels"] * 5) * 2
    assert lines["KID"][0] == "0.5000 [0.4000, 0.6000]" and lines["N (seeds)"][0] == "8 (3)"
    assert lines["KID (paper)"][3] == "0.0350" and lines["KID gain"][3] and not lines["KID gain"][2]
    assert lines["AUC"][3].startswith("0.5000") and lines["AUC (paper)"][3] == "0.7240" and not lines["AUC"][8]
    assert lines.columns[6:].tolist() == [
        *("FID", "KID", "KID gain", "AUC", "AUC R+S"),
        *("FID (paper)", "KID (paper)", "AUC (paper)", "AUC R+S (paper)"),
    ]
    assert lines["Method"][:3].tolist() == ["Real training images", "Pre-trained model, untouched", "Basic FT"]
    markup.write(tmp_path / "table1", table, lines, table1.FOOTNOTES)
    assert {path.name for path in tmp_path.glob("table1*")} == {"table1.csv", "table1.md", "table1.tex"}
    assert table1.layout(markup.read(tmp_path / "table1.csv")).equals(lines)
    assert (tmp_path / "table1.md").read_text().count("\n| ") == 21


@pytest.mark.parametrize("metric, extractor", [("novel", "efficientnet_lite0"), ("novel", "else"), ("auc_new", "else")])
def test_no_metric_is_dropped(scored, metric, extractor):
    scores = read_json(scored.store.scores("mine"))
    scores["cells"].append(cell_row(metric, 0.25, dataset="mine", extractor=extractor))
    write_json(scored.store.scores("mine"), scores)
    lines = table1.layout(table1.rows(scored))
    title = {"novel": "novel", "auc_new": "AUC new"}[metric]
    cell = lines[lines[title] != ""]
    assert cell[["Dataset", "Method", "Latent Drifting"]].values.tolist() == [["mine", "Basic FT", "ld"]]
    assert cell[title].tolist() == ["0.2500 [0.1500, 0.3500]"]


def test_a_run_without_fid_has_a_table(scored):
    for dataset in ("brain", "mine"):
        rows = read_json(scored.store.scores(dataset))
        rows["cells"] = [row for row in rows["cells"] if row["metric"] != "fid"]
        write_json(scored.store.scores(dataset), rows)
    lines = table1.layout(table1.rows(scored))
    assert "FID" not in lines.columns and len(lines) == 20 and (lines["N (seeds)"] == "8 (3)").all()


def test_a_gain_that_holds_after_holms_correction_is_marked(scored, tmp_path):
    """Of two cells and four extractors and data sets there are 8 comparisons: 0.002 holds among them, 0.02 does not."""
    for dataset, p in (("brain", 0.002), ("mine", 0.02)):
        rows = read_json(scored.store.scores(dataset))
        gains = [row for row in rows["cells"] if row["metric"] == "kid_gain"]
        for row in gains:
            row["p"] = 0.9
        first = next(row for row in gains if row["extractor"] == "pooled_pixels")
        first["p"] = p
        write_json(scored.store.scores(dataset), rows)
    table = table1.rows(scored)
    tested = table.dropna(subset="p")
    assert len(tested) == 8 and set(tested["metric"]) == {"kid_gain"} and sorted(tested["p_holm"])[0] == 8 * 0.002
    lines = table1.layout(table)
    marked = lines[lines["KID gain"].str.endswith("*")]
    assert marked[["Dataset", "Features", "Latent Drifting"]].values.tolist() == [
        ["brain", "pooled_pixels", first["drift"]]
    ]
    assert marked["KID gain"].tolist() == ["0.5000 [0.4000, 0.6000] *"]
    assert any(note.startswith("A gain with *") for note in table1.FOOTNOTES)
    markup.write(tmp_path / "table1", table, lines, table1.FOOTNOTES)
    assert table1.layout(markup.read(tmp_path / "table1.csv")).equals(lines)
    for suffix in ("md", "tex"):
        assert "0.6000] *" in (tmp_path / f"table1.{suffix}").read_text()
    assert table3.rows(scored)["p_holm"].isna().all()  # no gains there


def test_numbers_are_short_and_empty_where_missing():
    values = (1234.5, 12.345, 0.12345, float("nan"), None)
    assert [markup.number(value) for value in values] == ["1234.5", "12.35", "0.1235", "", ""]
