"""The page: every table and figure of a run with its caption, every footnote once, text escaped."""

from ldcore import plugins
from ldcore.plan import reporting
from ldcore.report import markup
from ldcore.report.page import page
from ldcore.report.tables import objective, table1, table2


def test_the_page_holds_everything_once(scored):
    for name in reporting.tables(scored.config):
        table = plugins.find("table", name)
        rows = table.rows(scored)
        markup.write(scored.store.table(name).with_suffix(""), rows, table.layout(rows), table.FOOTNOTES)
    for name in reporting.figures(scored.config):
        path = scored.store.figure(name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name.encode())
    scored.config["note"] = "a < b"
    text = page(scored)
    places = [
        text.index(f"<h2>{name}</h2>") for name in reporting.tables(scored.config) + reporting.figures(scored.config)
    ]
    assert places == sorted(places)
    for name in reporting.figures(scored.config):
        caption = plugins.declared("figure", name)["CAPTION"]
        assert text.count(f"<p>{caption}</p>") == 1 and f'alt="{caption}" src="data:image/png;base64,' in text
    assert text.count("FID from a few hundred images") == 1 and text.count("decoded is the model&#x27;s own") == 1
    assert text.count("<li>") == len(dict.fromkeys([*table1.FOOTNOTES, *table2.FOOTNOTES, *objective.FOOTNOTES])) + 3
    assert "note: a &lt; b" in text and "a < b" not in text
