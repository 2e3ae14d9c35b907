"""One self-contained HTML page: table, figures, how it was made."""

import base64
import html
from pathlib import Path

STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:75em;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse;font-size:13px}td,th{padding:.3em .7em;border-bottom:1px solid #ddd;text-align:left}
img{max-width:100%}pre{background:#f6f6f6;padding:1em;overflow:auto;font-size:12px}li{margin:.2em 0}"""


def table_html(lines) -> str:
    """A DataFrame as an HTML table."""
    head = "".join(f"<th>{html.escape(str(name))}</th>" for name in lines.columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(value))}</td>" for value in row) + "</tr>" for row in lines.to_numpy()
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def figure_html(path, caption: str) -> str:
    """A PNG inlined, so the page can be mailed."""
    data = base64.b64encode(Path(path).read_bytes()).decode()
    return (
        f'<h2>{html.escape(Path(path).stem)}</h2><p>{html.escape(caption)}</p><img alt="{html.escape(caption)}" '
        f'src="data:image/png;base64,{data}">'
    )


def page(title: str, tables: list[tuple], footnotes, figures: list[tuple[str, str]], facts: str) -> str:
    """The page's HTML. tables: (name, DataFrame); figures: (PNG path, caption); facts: plain text shown as it is."""
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in footnotes)
    grids = "".join(f"<h2>{html.escape(name)}</h2>{table_html(lines)}" for name, lines in tables)
    pictures = "".join(figure_html(path, caption) for path, caption in figures)
    return (
        f"<!doctype html><meta charset=utf-8><title>{html.escape(title)}</title><style>{STYLE}</style>"
        f"<h1>{html.escape(title)}</h1>{grids}<ul>{notes}</ul>{pictures}"
        f"<h2>Configuration</h2><pre>{html.escape(facts)}</pre>\n"
    )
