"""The page: every table and figure of a run with its caption, every footnote once, text escaped."""

from ldcore import plugins
from ldcore.plan import reporting
from ldcore.report import markup
from ldcore.report.page import page
from ldcore.report.tables import claims, colours, objective, table1, table2


def test_the_page_holds_everything_once_and_the_verdicts_first(drawn):
    for name in reporting.tables(drawn.config):
        table = plugins.find("table", name)
        rows = table.rows(drawn)
        markup.write(drawn.store.table(name).with_suffix(""), rows, table.layout(rows), table.FOOTNOTES)
    for name in reporting.figures(drawn.config):
        path = drawn.store.figure(name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name.encode())
    drawn.config["note"] = "a < b"
    text = page(drawn)
    assert text.index("The paper&#x27;s claim</th>") < text.index("<h2>claims</h2>") < text.index("<h2>table1</h2>")
    places = [
        text.index(f"<h2>{name}</h2>") for name in reporting.tables(drawn.config) + reporting.figures(drawn.config)
    ]
    assert places == sorted(places)
    for name in reporting.figures(drawn.config):
        caption = plugins.declared("figure", name)["CAPTION"]
        assert text.count(f"<p>{caption}</p>") == 1 and f'alt="{caption}" src="data:image/png;base64,' in text
    assert text.count("FID from a few hundred images") == 1 and text.count("decoded is the model&#x27;s own") == 1
    assert (
        text.count("<li>")
        == len(
            dict.fromkeys(
                [*table1.FOOTNOTES, *table2.FOOTNOTES, *claims.FOOTNOTES, *colours.FOOTNOTES, *objective.FOOTNOTES]
            )
        )
        + 3
    )
    assert "note: a &lt; b" in text and "a < b" not in text
