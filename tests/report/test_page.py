"""The page: every table, figure, footnote and picture of a run, each number that of its csv file, text escaped."""

import base64
import functools
import io
import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from ldcore import plugins
from ldcore.plan import reporting
from ldcore.report import markup
from ldcore.report import page as pages
from ldcore.report.page import edits, explorer, made, page, parts_without_pictures, pictures, samples, tables, training
from ldcore.report.tables import claims, colours, objective, table1, table2
from ldcore.runtime.errors import UserError


def part(text: str, name: str):
    """What the page carries as JSON under this id."""
    return json.loads(re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', text, re.DOTALL)[1])


def drawn_sheet(sheet: dict) -> np.ndarray:
    """The images of a sheet again, uint8 [N, H, W, 3]."""
    data = base64.b64decode(sheet["src"].removeprefix("data:image/webp;base64,"))
    whole, height, width = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")), sheet["height"], sheet["width"]
    places = [(place // sheet["columns"] * height, place % sheet["columns"] * width) for place in range(sheet["count"])]
    return np.stack([whole[top : top + height, left : left + width] for top, left in places])


def test_the_page_holds_everything_once_and_the_verdicts_first(reported):
    reported.config["note"] = "a < b"
    text = page(reported)
    assert text.index("Contradicted</th>") < text.index('<article id="table-claims">')
    tables = [text.index(f'<article id="table-{name}">') for name in reporting.tables(reported.config)]
    figures = [text.index(f'id="figure-{name}"') for name in reporting.figures(reported.config)]
    assert tables == sorted(tables) and figures == sorted(figures) and tables[-1] < figures[0]
    for name in reporting.figures(reported.config):
        caption = plugins.declared("figure", name)["CAPTION"]
        assert text.count(f"<figcaption>{caption}</figcaption>") == 1 and f'alt="{caption}"' in text
    notes = dict.fromkeys(note for table in (table1, table2, claims, colours, objective) for note in table.FOOTNOTES)
    assert text.count("<li>") == len(notes) + 3
    assert "note: a &lt; b" in text and "a < b" not in text


def test_every_number_of_a_table_is_that_of_its_csv_file(reported):
    text = page(reported)
    for name in reporting.tables(reported.config):
        rows, shown = markup.read(reported.store.table(name)), part(text, f"values-{name}")
        assert len(shown["rows"]) == len(rows)
        for column in [column for column in rows if rows[column].notna().any()]:
            place = shown["columns"].index(column)
            for value, row in zip(rows[column], shown["rows"], strict=True):
                assert row[place] == value or (row[place] is None and value != value)
        lines = plugins.find("table", name).layout(rows)
        article = text.split(f'<article id="table-{name}">')[1].split("</article>")[0]
        cells = re.findall(r"<td[^>]*>(.*?)</td>", article, re.DOTALL)
        plain = [re.sub(r"<[^>]+>", "", cell).strip().lstrip("✓✗○ ") for cell in cells]
        escaped = [
            str(value).strip("*").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            for value in lines.to_numpy().ravel()
        ]
        assert [cell.replace("&#39;", "'").replace("&#34;", '"') for cell in plain] == escaped


def test_ours_minus_the_papers_has_our_interval(reported):
    values = part(page(reported), "values-claims")
    place = {column: values["columns"].index(column) for column in values["columns"]}
    rows = [row for row in values["rows"] if row[place["paper_value"]] is not None and row[place["low"]] is not None]
    assert rows
    for row in rows:
        for name in ("value", "low", "high"):
            assert row[place[f"{name}_minus_paper"]] == pytest.approx(row[place[name]] - row[place["paper_value"]])


def test_the_delta_explorer_shows_the_same_noises_under_every_delta(reported, monkeypatch):
    monkeypatch.setattr(explorer, "sheet", functools.partial(pictures.sheet, lossless=True))
    found = explorer.section(reported)
    assert found["deltas"] == [-0.1, 0.0, 0.1] and list(found["datasets"]) == ["brain", "mine"]
    swept = [one for one in found["datasets"]["brain"] if one["swept"]]
    assert [one["deltas"] for one in swept] == [[-0.1, 0.0, 0.05, 0.1], [-0.1, 0.0, 0.1]]  # `searched` is 0.05 here
    plain = swept[0]
    runs = [run for run in training.trained(reported.config) if (run.dataset, run.training) == ("brain", "plain")]
    for place, part in enumerate(("-0.10", "none", "0.05", "0.10")):
        arrays = reported.samples(runs[0], "searched" if part == "0.05" else part)
        assert (drawn_sheet(plain["sheet"])[2 * place : 2 * place + 2] == arrays["images"][[0, 8]]).all(), part
        same = arrays["trace"][[0, 1, 2, 3, 8, 9, 10, 11]]  # as many of every seed under each delta
        assert plain["n"] == 8 and plain["means"][place] == same.mean(-1).mean(0).round(4).tolist()
    assert {row["delta"] for row in plain["distances"]} == {-0.1, 0.0, 0.1}


def test_sheets_hold_each_picture_at_its_place():
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 6), dtype=np.uint8)
    sheet = pictures.sheet(images, 2, lossless=True)
    assert (sheet["width"], sheet["height"], sheet["count"]) == (6, 8, 5)
    assert (drawn_sheet(sheet)[..., 0] == images).all()
    many = pictures.sheet(np.zeros((400, 96, 96), np.uint8))  # WebP has at most 16383 pixels a side
    assert many["columns"] == 16 and many["count"] == 400
    large = pictures.sheet(np.full((1, 400, 200), 7, np.uint8), 1, lossless=True)
    assert (large["height"], large["width"]) == (96, 48) and (drawn_sheet(large) == 7).all()


def test_edits_stand_under_their_style_request_and_amount(reported):
    found = edits.section({"disease": reported.edited("disease")}, [0.0, 0.5, 1.0, 2.0], 99)
    cell, shown = found["disease"]["cells"][0], reported.edited("disease")
    of_cell = next(iter(shown.edits.values()))
    count = len(shown.requests)
    assert found["disease"]["of"] == count and len(found["disease"]["requests"]) == count
    assert (drawn_sheet(cell["changed"])[..., 0] == of_cell["changed"][0]).all()
    assert (drawn_sheet(found["disease"]["source"])[..., 0] == shown.source).all()
    assert cell["swept"] == [1, 3]
    assert (drawn_sheet(cell["sweep"])[2 * 2 + 1][..., 0] == of_cell["sweep_changed"][2, 1]).all()
    assert not any(f"s{number}" in request for number in range(24) for request in found["disease"]["requests"])


def test_a_click_on_a_method_leads_to_its_pictures(reported):
    text = page(reported)
    cells, row = (
        samples.cells(reported),
        r'<tr><td>(\w+)</td><td><button[^>]*data-samples="(\d+)">([^<]*)</button></td><td>(\w+)</td>',
    )
    found = re.findall(row, text.split('<article id="table-table1">')[1].split("</article>")[0])
    assert len(found) >= 8
    for dataset, place, method, label in found:
        assert cells[int(place)][0][:3] == (dataset, method, label)
    shown = part(text, "samples-data")["cells"]
    assert len(shown) == len(cells) and {one["of"] for one in shown} == {16} == {one["sheet"]["count"] for one in shown}


def test_what_does_not_fit_is_left_out_and_said(reported, monkeypatch):
    whole = page(reported)
    monkeypatch.setattr(pages, "LIMIT", len(whole.encode()))
    text = page(reported)
    assert len(text.encode()) < len(whole.encode())
    cut = [one["sheet"]["count"] < one["of"] for one in part(text, "samples-data")["cells"]]
    cut += [len(one["requests"]) < one["of"] for one in part(text, "edits-data").values()]
    assert any(cut) and "do not fit" not in text
    least = len(pages.rendered(parts_without_pictures(reported)).encode()) + pages.WORDS
    monkeypatch.setattr(pages, "LIMIT", least + 1)
    assert "The edits of this run do not fit" in (text := page(reported)) and '<section id="edits">' not in text
    monkeypatch.setattr(pages, "LIMIT", 1000)
    with pytest.raises(UserError, match="larger than .*name fewer"):
        page(reported)


def test_neither_salt_nor_folders_of_this_machine_are_shown(reported):
    options = {"root": "/home/someone/hospital", "csv": "$HOME/table.csv", "salt": "a secret", "window": [0, 100]}
    reported.config["datasets"]["brain"]["options"] = options
    text = page(reported)
    assert "someone" not in text and "a secret" not in text and "$HOME" not in text
    assert ".../hospital" in text and ".../table.csv" in text
    assert options["salt"] == "a secret"


def test_a_run_of_some_tables_needs_the_data_of_these_alone(reported):
    shutil.rmtree(reported.store.data("mine"))
    reported.config["only"] = ["table2"]
    text = page(reported)
    assert '<section id="edits">' in text and '<section id="explorer">' not in text and "<h3>mine" not in text


def test_a_signed_number_sorts_as_one():
    assert [cell for cell in tables.line({"Delta": "+0.10 [0, 1]", "Method": "*exact*"}, {})["cells"]] == [
        ("+0.10 [0, 1]", "0.10"),
        ("exact", ""),
    ]


def test_data_sheets_curves_and_jobs_are_of_the_run(reported):
    text = page(reported)
    sheets = text.split('<section id="data">')[1].split("</section>")[0]
    assert "<dd>24</dd>" in sheets and "<td>no age</td><td>2</td>" in sheets
    curves = part(text, "training-data")
    assert {curve["group"] for curve in curves} == {"brain", "mine"} and curves[0]["losses"] == [0.5, 0.25, 0.125]
    assert made.took(reported.store.benchmark("nope", "x")) == (None, None)


def test_the_page_asks_no_other_host_for_anything(reported):
    text = page(reported)
    own = text.split('id="plotly"')[0] + pages.libraries()["script"] + pages.libraries()["style"]
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//|@import|url\((?![\"']?data:)", own)
