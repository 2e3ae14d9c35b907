"""LICENSE, CITATION.cff, CHANGELOG.md and pyproject.toml say the same of version and licence."""

import re
import tomllib

import yaml

from configs import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())
# What the schema of CFF 1.2.0 requires, of the file and of every reference.
REQUIRED = {"cff-version", "message", "title", "authors"}
REQUIRED_OF_REFERENCES = {"type", "title", "authors"}


def test_the_citation_has_what_its_format_requires():
    assert CITATION["cff-version"] == "1.2.0" and CITATION.keys() >= REQUIRED
    for entry in [CITATION, *CITATION["references"]]:
        assert entry.keys() >= REQUIRED_OF_REFERENCES and all(author["name"] for author in entry["authors"])


def test_version_and_licence_are_those_of_the_package():
    assert (CITATION["version"], CITATION["license"]) == (PROJECT["version"], PROJECT["license"])
    (licence,) = PROJECT["license-files"]
    text = " ".join((ROOT / licence).read_text().split())
    assert text.startswith("Apache License Version 2.0") and PROJECT["license"] == "Apache-2.0"
    assert "APPENDIX: How to apply the Apache License to your work." in text  # down to the end


def test_the_paper_is_cited_by_the_number_that_the_readme_has():
    (paper,) = CITATION["references"]
    (identifier,) = paper["identifiers"]
    number = identifier["value"].removeprefix("arXiv:")
    readme = (ROOT / "README.md").read_text()
    assert f"[arXiv {number}]({paper['url']})" in readme and f"*{paper['title']}*" in " ".join(readme.split())


def test_the_changelog_knows_the_version():
    text = (ROOT / "CHANGELOG.md").read_text()
    headings = re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert PROJECT["version"] in headings or f"Will be {PROJECT['version']}" in text


def test_the_page_of_licences_begins_with_our_own():
    head = (ROOT / "docs/licences.md").read_text().split("|")[0]
    assert "Apache License 2.0" in head and "(../LICENSE)" in head
