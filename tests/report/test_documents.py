"""Documents that show a run's numbers: those of the committed reference tables, and no others in the README."""

import re

import pytest

from configs import ROOT
from ldcore import plugins
from ldcore.report import markup
from tools.claims import END, START, block

REFERENCE = ROOT / "resources/reference/embedded"
README = (ROOT / "README.md").read_text()
# Numbers of the README that no run measures: the paper and its figure 3, Python, the cores of an example.
KNOWN = {"2412.20651", "2025", "3.11", "3", "2"}


def test_the_claims_of_the_readme_are_those_of_the_reference_run():
    shown = README.split(START)[1].split(END)[0]
    assert shown == "\n" + block(REFERENCE / "claims.csv")


def test_the_readme_is_short_and_has_no_other_measured_number():
    rest = README.split(START)[0] + README.split(END)[1]
    assert len(rest.split()) <= 900
    numbers = set(re.findall(r"(?<![\w/.-])\d[\d.,]*\d|(?<![\w/.-])\d(?!\w)", rest))
    assert numbers <= KNOWN, numbers - KNOWN


@pytest.mark.parametrize("name", sorted(path.stem for path in REFERENCE.glob("*.csv") if path.stem != "claims"))
def test_a_table_of_the_results_is_that_of_the_reference_run(name):
    table = plugins.find("table", name)
    lines = table.layout(markup.read(REFERENCE / f"{name}.csv"))
    assert markup.markdown(lines, table.FOOTNOTES).rstrip() in (ROOT / "docs/results.md").read_text()
