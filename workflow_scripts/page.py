"""One HTML page with the table, the figures and the configuration: OUT."""

from pathlib import Path

import pandas as pd
import yaml

from ldcore import cli
from ldcore.files import atomic
from ldcore.report.page import page
from ldcore.report.tables import FOOTNOTES, layout

CAPTIONS = {"figure3": "One checkpoint a block, one delta a column, one starting noise a row; latents along the reverse process.",
            "figure5": "The same starting noise and prompt down each column."}


def main(table, figures, config, out):
    lines = layout(pd.read_csv(table, keep_default_na=False, na_values=[""]).fillna({"drift": "none"}))
    html = page(f"Latent Drifting: {config['name']}", lines, FOOTNOTES, [(f, CAPTIONS[Path(f).stem]) for f in figures],
                yaml.safe_dump(config, sort_keys=False))
    with atomic(out) as temporary:
        temporary.write_text(html)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, table=str, figures=cli.structure, config=cli.structure, out=str))
