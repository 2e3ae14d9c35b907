"""make docs: every link and anchor of the documentation leads somewhere, and the site asks nothing of a network."""

import os
import re
import subprocess
import sys

import pytest
import yaml

from configs import ROOT

(MADE_BY,) = re.findall(
    r"mkdocs build.*", (ROOT / "Makefile").read_text()
)  # with --quiet, --strict would see no warning


def build(config, site):
    command = [sys.executable, "-m", *MADE_BY.split(), "--config-file", config, "--site-dir", site]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run([str(word) for word in command], env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT / "mkdocs.yml", folder)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def test_pages_lie_where_their_sources_lie(site):
    assert "Where to go from here" in (site / "index.html").read_text()
    for page in ROOT.glob("docs/*.md"):
        assert (site / "docs" / page.with_suffix(".html").name).is_file()
    assert (site / "configs/paper.yaml").read_bytes() == (ROOT / "configs/paper.yaml").read_bytes()
    assert not (site / "ldcore").exists()


def test_nothing_is_loaded_from_elsewhere(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 10
    for page in pages:
        loads = re.findall(r"<(?:script|img|iframe)[^>]*\bsrc=\"?([^\" >]+)", page.read_text())
        loads += re.findall(
            r"<link[^>]*\brel=\"?(?:stylesheet|preconnect|icon)\"?[^>]*\bhref=\"?([^\" >]+)", page.read_text()
        )
        assert loads and not [place for place in loads if re.match("(https?:)?//", place)], page


@pytest.fixture
def small(tmp_path):
    """A function: a documentation of one page and an overview with this line in it, built; what was said, or ''."""

    def written(line, nav=("README.md", "docs/page.md")):
        config = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
        config |= {"nav": list(nav), "hooks": [str(ROOT / "tools/site_files.py")]}
        config["extra"] |= {"besides": ["README.md", "file.yaml"], "polyfills": ["iframe-worker"]}
        (tmp_path / "mkdocs.yml").write_text(yaml.safe_dump(config))
        (tmp_path / "docs").mkdir()
        (tmp_path / "docs/page.md").write_text(
            "# Page\n\n## A part of it\n\n[up](../README.md), [file](../file.yaml)\n"
        )
        (tmp_path / "file.yaml").write_text("{}\n")
        (tmp_path / "other.yaml").write_text("{}\n")
        (tmp_path / "README.md").write_text(f"# Overview\n\n{line}\n")
        done = build(tmp_path / "mkdocs.yml", tmp_path / "site")
        return "" if done.returncode == 0 else done.stderr

    return written


def test_links_between_folders_are_kept(small):
    assert small("[part](docs/page.md#a-part-of-it)") == ""


@pytest.mark.parametrize(
    "line", ["[x](docs/gone.md)", "[x](docs/page.md#gone)", "[x](other.yaml)", "[x](#gone)", "![x](docs/gone.png)"]
)
def test_a_link_that_leads_nowhere_ends_the_build(small, line):
    said = small(line)
    assert said and re.search(r"\((.*)\)", line)[1] in said


def test_a_page_that_the_menu_lacks_ends_the_build(small):
    assert "docs/page.md" in small("nothing", nav=("README.md",))
