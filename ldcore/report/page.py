"""One self-contained HTML page: the verdicts on the paper's claims, the tables, the figures and the configuration."""

import base64
import html
from pathlib import Path

import pandas as pd
import yaml

from ldcore import plugins
from ldcore.plan import reporting
from ldcore.report import markup, older, verdicts
from ldcore.report.results import Results

STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:75em;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse;font-size:13px}td,th{padding:.3em .7em;border-bottom:1px solid #ddd;text-align:left}
img{max-width:100%}pre{background:#f6f6f6;padding:1em;overflow:auto;font-size:12px}li{margin:.2em 0}"""


def page(results: Results) -> str:
    """The HTML of a run's page, from its csv and png files; a footnote that several tables share stands once."""
    config, store = results.config, results.store
    title = html.escape(f"Latent Drifting: {config['name']}")
    verdicts_first = verdicts_html(markup.read(store.table("claims"))) if "claims" in reporting.tables(config) else ""
    tables, footnotes, figures = [], {}, []
    for name in reporting.tables(config):
        table = plugins.find("table", name)
        lines = table.layout(markup.read(store.table(name)))
        tables.append(f"<h2>{html.escape(name)}</h2>{table_html(lines)}")
        footnotes |= dict.fromkeys(table.FOOTNOTES)
    for name in reporting.figures(config):
        caption = html.escape(plugins.declared("figure", name)["CAPTION"])
        figures.append(f"<h2>{html.escape(name)}</h2><p>{caption}</p>{image_html(store.figure(name), caption)}")
    warnings = "".join(
        f"<p><strong>{html.escape(note)}</strong></p>" for note in older.notes(results, older.older(results))
    )
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in footnotes)
    return (
        f"<!doctype html><meta charset=utf-8><title>{title}</title><style>{STYLE}</style>"
        f"<h1>{title}</h1>{warnings}{verdicts_first}{''.join(tables)}<ul>{notes}</ul>{''.join(figures)}"
        f"<h2>Configuration</h2><pre>{html.escape(yaml.safe_dump(config, sort_keys=False))}</pre>\n"
    )


def verdicts_html(judged: pd.DataFrame) -> str:
    """How many rows of each claim have which verdict."""
    text = f"<p>The paper's claims, row by row of the table below: {verdicts.total(judged)}.</p>"
    return f"{text}{table_html(verdicts.overview(judged))}"


def table_html(lines: pd.DataFrame) -> str:
    """A table of text."""
    head = "".join(f"<th>{html.escape(str(name))}</th>" for name in lines.columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(value))}</td>" for value in row) + "</tr>" for row in lines.to_numpy()
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def image_html(path: Path, alt: str) -> str:
    """A PNG inlined, so that the page can be mailed; alt: escaped text in its place."""
    data = base64.b64encode(path.read_bytes()).decode()
    return f'<img alt="{alt}" src="data:image/png;base64,{data}">'
