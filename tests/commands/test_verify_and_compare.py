"""python -m ldcore verify and compare: the rows of two runs' tables joined, judged, and set side by side."""

import subprocess
import sys

import pandas as pd
import pytest
from rows import cell_row

from configs import ROOT
from ldcore.__main__ import main
from ldcore.report import markup

KID, FID, AUC = (cell_row(metric, value) for metric, value in (("kid", 0.5), ("fid", 20.0), ("auc", 0.7)))
EXACT = cell_row("gain", 0.001, low=float("nan"), high=float("nan"))


def table(folder, rows, name="table1"):
    """A run's folder with one table as runs write it."""
    markup.write(folder / "tables" / name, pd.DataFrame(rows), pd.DataFrame({"x": ["y"]}), ())
    return folder


def verify(tmp_path, mine, *more, published=(KID, FID, AUC, EXACT)):
    table(tmp_path / "mine", mine)
    table(tmp_path / "published", published)
    status = main(["verify", str(tmp_path / "mine"), str(tmp_path / "published" / "tables"), *more])
    return status


def test_a_run_agrees_with_itself_in_any_order(tmp_path, capsys):
    assert verify(tmp_path, [EXACT, AUC, KID, FID]) == 0
    said = capsys.readouterr().out
    assert "4 pass, 0 fail, 0 missing, 0 additional." in said and said.count("\npass ") + said.startswith("pass ") == 4


@pytest.mark.parametrize(
    "row, value, result",
    [
        (KID, 0.6, "pass"),  # the very edge
        (KID, 0.608, "pass"),  # and the tolerance: 0.004 + 1 % of 0.5
        (KID, 0.62, "fail"),
        (KID, 0.38, "fail"),
        (EXACT, 0.0049, "pass"),
        (EXACT, 0.0055, "fail"),
        (EXACT, float("nan"), "fail"),
    ],
)
def test_the_published_interval_decides_and_the_tolerance_at_its_edge(tmp_path, capsys, row, value, result):
    changed = {**row, "value": value, "low": -9.0, "high": 9.0, "verdict": "supported", "p": 0.5, "paper_value": 1.0}
    status = verify(tmp_path, [changed, *(other for other in (KID, FID, AUC, EXACT) if other is not row)])
    said = capsys.readouterr().out
    assert status == (result == "fail") and f"{3 + (result == 'pass')} pass" in said
    assert said.startswith(f"{result} ")  # fails first


def test_tolerances_are_arguments(tmp_path):
    mine = [{**KID, "value": 0.65}, FID, AUC, EXACT]
    assert verify(tmp_path, mine) == 1
    assert verify(tmp_path, mine, "--absolute", "0.05") == 0
    assert verify(tmp_path, mine, "--relative", "0.1") == 0


def test_missing_and_additional_rows_and_other_numbers_of_images_are_told(tmp_path, capsys):
    other = {**KID, "sampling_drift": "0.1"}  # 0.10 is a name, not a number
    mine = [{**KID, "n": 4}, FID, other]
    assert verify(tmp_path, mine, "--csv", str(tmp_path / "rows.csv")) == 0
    said = capsys.readouterr().out
    assert "2 pass, 0 fail, 2 missing, 1 additional." in said and "1 of these rows are of another number" in said
    assert "additional table1: brain, basic_ft, ld, simple_info, ld, 0.1, kid, efficientnet_lite0: 0.5000" in said
    written = pd.read_csv(tmp_path / "rows.csv")
    assert written["result"].value_counts().to_dict() == {"pass": 2, "missing": 2, "additional": 1}
    assert verify(tmp_path, mine, "--all") == 1


def test_tables_with_other_columns_and_rows_of_one_name_are_joined(tmp_path, capsys):
    published = [{**KID, "cell": ""}, {**KID, "value": 0.9, "low": 0.85, "high": 0.95, "cell": ""}]
    assert verify(tmp_path, [{**row, "older_code": "score"} for row in published], published=published) == 0
    assert "2 pass, 0 fail, 0 missing, 0 additional." in capsys.readouterr().out
    timed = [{**KID, "metric": "seconds", "value": 3.0}, KID]
    assert verify(tmp_path, [{**timed[0], "value": 9.0}, KID], published=timed) == 0
    assert "1 pass, 0 fail" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda folder: (folder / "table1.csv").unlink(), "has no table with a column `value`"),
        (lambda folder: (folder / "table1.csv").write_text("a,b\n1,2\n"), "has no table with a column `value`"),
        (lambda folder: (folder / "table1.csv").write_text("metric,value\nkid,much\n"), "Row 2 of .* has value 'much'"),
        (lambda folder: (folder / "table1.csv").write_text('metric,value\n"kid,1\n'), "table1.csv cannot be read"),
        (lambda folder: (folder / "table1.csv").write_bytes(b"\xff\xfe\x00"), "table1.csv cannot be read"),
        (lambda folder: (folder / "table1.csv").rename(folder / "table9.csv"), "no row in common"),
    ],
)
def test_a_folder_that_is_none_is_one_sentence(tmp_path, change, said):
    table(tmp_path / "mine", [KID])
    table(tmp_path / "published", [KID])
    change(tmp_path / "published" / "tables")
    with pytest.raises(SystemExit, match=said) as ended:
        main(["verify", str(tmp_path / "mine"), str(tmp_path / "published")])
    assert "\n" not in ended.value.code


def test_two_runs_side_by_side(tmp_path, capsys):
    table(tmp_path / "a", [KID, FID, EXACT])
    table(
        tmp_path / "b",
        [{**KID, "value": 0.55, "low": 0.45, "high": 0.65}, {**FID, "value": 9, "low": 8, "high": 10}, AUC],
    )
    command = ["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--csv", str(tmp_path / "rows.csv")]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "| 0.5000 [0.4000, 0.6000] | 0.5500 [0.4500, 0.6500] | 0.0500 | overlap |" in said
    assert "| 20.00 [19.90, 20.10] | 9.0000 [8.0000, 10.00] | -11.00 | apart |" in said
    assert "In the first alone: 1 rows (table1:" in said and "In the second alone: 1 rows" in said
    rows = pd.read_csv(tmp_path / "rows.csv").set_index("metric")
    assert rows["in"].to_dict() == {"kid": "both", "fid": "both", "gain": "first", "auc": "second"}
    assert rows.loc["kid", "difference"] == pytest.approx(0.05) and rows.loc["fid", "intervals"] == "apart"


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path):
    rows = [{**KID, "method": f"method_{number:05d}"} for number in range(2000)]  # more than a pipe holds
    for name in ("a", "b"):
        table(tmp_path / name, rows)
    command = f"{sys.executable} -m ldcore verify {tmp_path / 'a'} {tmp_path / 'b'} | head -1"
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.startswith("pass ") and done.stderr == ""
