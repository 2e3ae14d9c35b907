"""One self-contained HTML page of a run: verdicts, tables, pictures to look through, data, training and provenance.

A section is a file here whose `section(results)` gives what its part of page.html.j2 shows, or None where the run has
nothing of it. What is large goes to the page as JSON that the browser reads when it is asked for.
"""

import functools
import json
from importlib.resources import files
from pathlib import Path

import jinja2
import plotly.offline
import yaml

from ldcore.plan import reporting
from ldcore.report import markup, older, verdicts
from ldcore.report.page import data, edits, explorer, figures, made, samples, tables, training
from ldcore.report.page.pictures import SIDE
from ldcore.report.page.shareable import shareable
from ldcore.report.results import Results
from ldcore.runtime.errors import UserError

FOLDER = Path(__file__).parent
LIMIT = 20_000_000  # bytes: still to be mailed
WORDS_OF = {"edits": "edits", "samples": "pictures of cells"}
WORDS = 10_000  # bytes of the parts with pictures beside these


def page(results: Results) -> str:
    """The HTML of a run's page, from its csv, png and npz files; a footnote that several tables share stands once.

    Under LIMIT bytes: where there are more samples and edits than fit, the page shows fewer of them and says so.
    UserError: the rest alone is larger.
    """
    parts = parts_without_pictures(results)
    room = LIMIT - WORDS - len(rendered(parts).encode())
    if room < 0:
        most = f"{LIMIT / 1e6:.0f} MB"
        raise UserError(
            f"The page of {results.config['name']} is larger than {most}; name fewer tables and figures (`only`)."
        )
    editing = results.config["editing"]
    edited = {name: results.edited(name) for name in edits.tasks(results.config)}  # truths are rendered once
    of_edits = functools.partial(edits.section, edited, editing["amounts"]) if editing else None
    parts["edits"] = fitting(of_edits, edits.most(edited), room / 2)
    room -= size(parts["edits"])
    parts["samples"] = fitting(functools.partial(samples.section, results), samples.most(results), room)
    wanted = {"edits": edited, "samples": samples.cells(results)}
    parts["left_out"] = [WORDS_OF[name] for name in wanted if wanted[name] and not parts[name]]
    return rendered(parts)


def parts_without_pictures(results: Results) -> dict:
    """What page.html.j2 shows, but for samples and edits."""
    config = results.config
    has_claims = "claims" in reporting.tables(config)
    of_older = older.older(results)
    judged = markup.read(results.store.table("claims")) if has_claims else None
    return {
        "title": f"Latent Drifting: {config['name']}",
        "config": yaml.safe_dump(shareable(config), sort_keys=False),
        "warnings": older.notes(results, of_older),
        "verdicts": {"total": verdicts.total(judged), "lines": verdicts.overview(judged)} if has_claims else None,
        "tables": tables.section(results),
        "figures": figures.section(results),
        "explorer": explorer.section(results),
        "training": training.section(results),
        "data": data.section(results),
        "made": made.section(results, of_older),
        "libraries": libraries(),
        "side": SIDE,
        "left_out": [],
        "samples": None,
        "edits": None,
    }


def fitting(section, most: int, room: float) -> dict | None:
    """What a section gives with as many pictures as fit into `room` bytes: `most`, a half, a quarter ..."""
    while most:
        found = section(most)
        if size(found) <= room:
            return found
        most //= 2
    return None


def size(part) -> int:
    """The bytes that a part takes as JSON."""
    return len(json.dumps(part))


def rendered(parts: dict) -> str:
    """The page with these parts."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html.j2").render(parts)


@functools.cache
def libraries() -> dict[str, str]:
    """What the page carries along: DataTables, as itables packages it, plotly, and this folder's style and script."""
    return {
        "datatables": files("itables").joinpath("html/dt_bundle.js").read_text(encoding="utf-8"),
        "datatables_style": files("itables").joinpath("html/dt_bundle.css").read_text(encoding="utf-8"),
        "plotly": plotly.offline.get_plotlyjs(),
        "style": (FOLDER / "page.css").read_text(),
        "script": (FOLDER / "page.js").read_text(),
    }
