"""One HTML page with the tables, the figures and the configuration: OUT."""

import pandas as pd
import yaml

from ldcore.report import edit_tables
from ldcore.report import tables as grid_tables
from ldcore.report.page import page
from ldcore.runtime import cli
from ldcore.runtime.files import atomic
from ldcore.store import opened

CAPTIONS = {
    "figure2": "Drift at inference only: one delta a column, one starting noise a row.",
    "figure3": "One checkpoint a block, one delta a column, one starting noise a row; latents along the reverse process.",
    "figure4": "Samples of every method by class, from the same starting noise down each column.",
    "gains": "KID of the cell without Latent Drifting minus KID of each cell, with 95 % intervals: right of 0, LD helps.",
    "figure1": "Counterfactual edits with Latent Drifting: source, edited, and what changed.",
    "figure6": "Ageing: the true follow-up, the exact counterfactual, and every base with and without Latent Drifting; one colour scale.",
    "figure7": "Disease, sex and age edits of brains beside the exact counterfactual; one colour scale.",
    "figure8": "Edits of chest radiographs beside the exact counterfactual; one colour scale.",
    "tradeoff": "Distance to the source against distance to the wanted outcome over lambda, with 95 % intervals of the paired difference.",
    "figure5": "With and without Latent Drifting: the same starting noise and prompt down each column.",
}


def main(config, tables, figures):
    config, store = opened(config)
    grids, notes = [], dict.fromkeys(grid_tables.FOOTNOTES)
    for name in tables:
        table = pd.read_csv(store.table(name), keep_default_na=False, na_values=[""])
        layout = edit_tables.edit_layout if name in edit_tables.FOOTNOTES else grid_tables.layout
        grids.append((name, layout(table)))
        notes |= dict.fromkeys(edit_tables.FOOTNOTES.get(name, ()))
    html = page(
        f"Latent Drifting: {config['name']}",
        grids,
        list(notes),
        [(store.figure(name), CAPTIONS[name]) for name in figures],
        yaml.safe_dump(config, sort_keys=False),
    )
    with atomic(store.page) as temporary:
        temporary.write_text(html)


if __name__ == "__main__":
    parser = cli.parser(__doc__, config=str)
    parser.add_argument("--tables", nargs="+", required=True)
    parser.add_argument("--figures", nargs="+", required=True)
    cli.run(main, parser)
