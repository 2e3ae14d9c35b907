"""Tables 2, 4 and truth: the paper's values beside the right cells, titles, all rows kept."""

from rows import edit_row

from ldcore.report import markup
from ldcore.report.tables import objective, table2, table4, truth
from ldcore.report.tables._edits import EDIT_COLUMNS
from ldcore.runtime.files import write_json


def with_rows(results, task, *rows):
    """The run with these rows as the task's table."""
    write_json(results.store.edit_scores(task), {"table": list(rows), "truth": [edit_row("change")], "tradeoff": []})
    return results


def test_the_papers_value_stands_beside_the_decoded_headline_cell_alone(scored):
    rows = [
        edit_row("ssim", 0.5),
        edit_row("ssim", 0.6, output="changed"),
        edit_row("ssim", 0.7, gap="over_5"),
        edit_row("ssim", 0.8, drift="none"),
        edit_row("ssim", 0.9, dataset="mine"),
    ]
    table = table2.rows(with_rows(scored, "ageing", *rows))
    assert list(table.columns) == EDIT_COLUMNS
    assert table["paper_value"].notna().tolist() == [True, False, False, False, False]
    assert table["paper_value"][0] == 0.74


def test_table4_takes_the_negated_row_and_not_pooled_pixels(scored):
    place = {"task": "disease", "base": "basic_ft", "prompt": "diverse_info", "gap": None, "edit": "negated"}
    rows = [
        edit_row("kid", 1.0, **place, extractor="efficientnet_lite0"),
        edit_row("kid", 1.0, **place, extractor="pooled_pixels"),
        edit_row("kid", 1.0, **{**place, "edit": "CN to AD"}, extractor="efficientnet_lite0"),
    ]
    table = table4.rows(with_rows(scored, "disease", *rows))
    assert table["paper_value"].notna().tolist() == [True, False, False] and table["paper_value"][0] == 0.0151


def test_layout_is_a_line_a_cell_with_titles_of_their_own(scored, tmp_path):
    rows = [
        edit_row("ssim", 0.5),
        edit_row("lpips", 0.2, extractor="lite0_perceptual"),
        edit_row("lpips_gain", 0.1, extractor="lite0_perceptual"),
        edit_row("ssim", 0.6, output="changed"),
        edit_row("ssim_gain", 0.6),
        edit_row("novel", 0.125),
    ]
    table = table2.rows(with_rows(scored, "ageing", *rows))
    lines = table2.layout(table)
    assert len(lines) == 2 and lines["Method"][0] == "InstructPix2Pix" and lines["Base"][0].startswith("Pre-trained")
    assert lines.columns[8:].tolist() == [
        *("N", "SSIM", "ssim gain", "lite0_perceptual", "lite0_perceptual gain", "novel", "SSIM (paper)"),
        *(["lite0_perceptual (paper)"] if "lite0_perceptual (paper)" in lines else []),
    ]
    assert lines["novel"].tolist() == ["0.1250 [0.0250, 0.2250]", ""]
    markup.write(tmp_path / "table2", table, lines, table2.FOOTNOTES)
    assert "0.7400" in (tmp_path / "table2.md").read_text() and r"\toprule" in (tmp_path / "table2.tex").read_text()
    assert table2.layout(markup.read(tmp_path / "table2.csv")).equals(lines)


def test_gains_over_the_cell_without_ld_stand_behind_their_metric_and_are_corrected(scored):
    """Two of three comparisons hold after Holm's correction; one without an interval is a value alone."""
    rows = [
        edit_row("ssim"),
        edit_row("ssim_ld_gain", 0.2, p=0.001),
        edit_row("psnr"),
        edit_row("psnr_ld_gain", 0.2, p=0.06),
        edit_row("lpips", extractor="lite0_perceptual"),
        edit_row("lpips_ld_gain", 0.2, p=0.02, extractor="lite0_perceptual"),
        edit_row("effectiveness_ld_gain", 0.0, low=float("nan"), high=float("nan"), extractor="pixels_logistic"),
    ]
    table = table2.rows(with_rows(scored, "ageing", *rows))
    assert table["p_holm"].dropna().tolist() == [0.003, 0.06, 0.04]
    (line,) = table2.layout(table).to_dict("records")
    assert [name for name in list(line)[9:] if not name.endswith("(paper)")] == [
        *("SSIM", "SSIM LD gain", "lite0_perceptual", "lite0_perceptual LD gain", "PSNR", "PSNR LD gain"),
        "effectiveness LD gain",
    ]
    assert line["SSIM LD gain"] == "0.2000 [0.1000, 0.3000] *" and line["PSNR LD gain"] == "0.2000 [0.1000, 0.3000]"
    assert line["effectiveness LD gain"] == "0.0000"


def test_an_extractor_is_named_where_several_occur(scored):
    place = {"task": "disease", "base": "basic_ft", "gap": None, "edit": "negated"}
    rows = [edit_row("kid", 1.0, **place, extractor=name) for name in ("efficientnet_lite0", "pooled_pixels")]
    lines = table4.layout(table4.rows(with_rows(scored, "disease", *rows)))
    assert {"KID (efficientnet_lite0)", "KID (pooled_pixels)"} < set(lines.columns)


def test_truth_has_the_rows_of_all_tasks(scored):
    assert len(truth.rows(scored)) == 2 and truth.layout(truth.rows(scored))["change"].str.startswith("0.5000").all()


def test_readings_of_a_task_are_told_apart_by_its_name(scored):
    rows = [edit_row("ssim", 0.5, task="disease"), edit_row("ssim", 0.6, task="disease_round_trip")]
    lines = table4.layout(table4.rows(with_rows(scored, "disease", *rows)))
    assert lines["Task"].tolist() == ["disease", "disease_round_trip"]
    lines = table4.layout(table4.rows(with_rows(scored, "disease", rows[0])))
    assert "Task" not in lines


def test_the_objective_is_a_line_a_cell_at_the_lambda_that_val_chose(scored, tmp_path):
    table = objective.rows(scored)
    lines = objective.layout(table)
    assert lines[["Task", "Chosen lambda"]].to_numpy().tolist() == [["ageing", "1"], ["disease", "1"]]
    assert lines["l_o + l_in, test"].tolist() == ["1.0000 [0.9000, 1.1000]"] * 2
    assert lines["l_o + l_in at 0, val"].tolist() == ["0.0000"] * 2
    markup.write(tmp_path / "objective", table, lines, objective.FOOTNOTES)
    assert objective.layout(markup.read(tmp_path / "objective.csv")).equals(lines)
    for task in ("ageing", "disease"):  # no val images
        write_json(scored.store.edit_scores(task), {"selection": []})
    assert objective.layout(objective.rows(scored)).empty
