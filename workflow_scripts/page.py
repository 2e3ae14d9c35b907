"""One HTML page with the tables, the figures and the configuration: OUT."""

from pathlib import Path

import pandas as pd
import yaml

from ldcore import cli
from ldcore.files import atomic
from ldcore.report.page import page
from ldcore.report.tables import FOOTNOTES, layout

CAPTIONS = {"figure2": "Drift at inference only: one delta a column, one starting noise a row.",
            "figure3": "One checkpoint a block, one delta a column, one starting noise a row; latents along the reverse process.",
            "figure4": "Samples of every method by class, from the same starting noise down each column.",
            "gains": "KID of the cell without Latent Drifting minus KID of each cell, with 95 % intervals: right of 0, LD helps.",
            "figure5": "With and without Latent Drifting: the same starting noise and prompt down each column."}


def main(tables, figures, config, out):
    grids = [(Path(path).stem, layout(pd.read_csv(path, keep_default_na=False, na_values=[""]))) for path in tables]
    html = page(f"Latent Drifting: {config['name']}", grids, FOOTNOTES, [(f, CAPTIONS[Path(f).stem]) for f in figures],
                yaml.safe_dump(config, sort_keys=False))
    with atomic(out) as temporary:
        temporary.write_text(html)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, tables=cli.structure, figures=cli.structure, config=cli.structure, out=str))
