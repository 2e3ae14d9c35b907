"""tools/claims.py and the summary: verdicts counted, and put between the marks of a text alone."""

import pandas as pd
import pytest

from configs import ROOT
from ldcore.report import markup, verdicts
from ldcore.report.tables import claims
from ldcore.runtime.errors import UserError
from tools.claims import END, START, block, main, replaced
from workflow_scripts.summary import claims_so_far


@pytest.fixture
def table(tmp_path):
    """tables/claims.csv of three rows."""
    rows = [
        {
            "claim": "kid_falls",
            "dataset": name,
            "method": "basic_ft",
            "value": 1.0,
            "low": low,
            "high": 2.0,
            "above": 0.0,
        }
        | {"method": "basic_ft", "statistic": "KID", "value": 1.0, "cell": "ld"}
        for name, low in (("brain", 0.5), ("brain", -0.5), ("chest", 0.5))
    ]
    rows = pd.DataFrame(claims.judged("kid_falls", rows)).reindex(columns=claims.COLUMNS)
    markup.write(tmp_path / "claims", rows, claims.layout(rows), ())
    return tmp_path / "claims.csv"


def test_the_block_counts_verdicts_by_claim_and_data_set(table):
    lines = block(table).splitlines()
    assert lines[0] == "Of 3 rows 2 supported, 0 contradicted, 1 not resolved:"
    assert lines[-2:] == ["| KID falls | brain | 1 |  | 1 |", "| KID falls | chest | 1 |  |  |"]


def test_the_count_says_how_many_comparisons_hold_after_the_correction():
    rows = pd.DataFrame({"verdict": ["supported"] * 2 + ["not resolved"], "p_holm": [0.01, 0.2, None]})
    expected = "2 supported, 0 contradicted, 1 not resolved; 1 of 2 comparisons hold after Holm's correction"
    assert verdicts.total(rows) == expected


def test_it_replaces_what_stands_between_the_marks(table, tmp_path, capsys):
    text = tmp_path / "text.md"
    text.write_text(f"before\n{START}\nold\n{END}\nafter\n")
    for _ in range(2):
        main(str(table), str(text))
    assert text.read_text() == f"before\n{START}\n{block(table)}{END}\nafter\n"
    assert "KID falls" in capsys.readouterr().out


def test_the_readme_has_the_marks_and_a_text_without_them_is_refused(tmp_path):
    assert replaced((ROOT / "README.md").read_text(), "new\n", "README.md").count("new\n") >= 1
    for text in ("", START, f"{END}{START}", f"{START}{END}{START}{END}"):
        with pytest.raises(UserError, match=f"x has not one {START}"):
            replaced(text, "new", "x")
    with pytest.raises(UserError, match="no.csv is missing"):
        block(tmp_path / "no.csv")


def test_the_summary_says_them_once_the_table_is_done(table):
    jobs = pd.DataFrame([{"rule": "table", "wildcards": "table=claims", "state": "waiting", "output": str(table)}])
    assert claims_so_far(jobs) == ""
    text = claims_so_far(jobs.assign(state="done"))
    assert "The paper's claims: 2 supported" in text and "KID falls" in text
