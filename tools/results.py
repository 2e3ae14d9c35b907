"""Write docs/results.md from a run: its tables as they are, its figures beside it.

python -m tools.results --run results/embedded --docs docs --reference resources/reference/embedded

No number in the text is typed by hand. Of the claims' table, which is long, the README's block has the counts. The csv
files of the tables are copied to the folder --reference: what another machine's run is held against.
"""

import shutil
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

from ldcore import plugins
from ldcore.plan import reporting
from ldcore.runtime import cli
from ldcore.runtime.files import atomic
from ldcore.store import Store

HEAD = """# Results of `{name}`

Written by `make readme` from the last run, table by table and figure by figure. What they mean, and what not, is in the
[numbers.md](numbers.md); the long form of each, with every interval, is in
`results/{name}/tables/*.csv`.
"""


def copy_picture(source, target) -> None:
    """Copy a PNG in the 256 colours nearest to its own: a third of the bytes, for the history of a repository."""
    with atomic(target) as temporary, Image.open(source) as picture:
        picture = picture.convert("RGB")
        every_third = picture.resize([side // 3 for side in picture.size], Image.Resampling.NEAREST)
        colours = every_third.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=2)  # of all pixels it takes minutes
        palette = np.reshape(colours.getpalette(), (-1, 3))
        palette[palette.min(1) > 249] = 255  # paper stays white
        colours.putpalette(palette.flatten().tolist())
        picture.quantize(palette=colours, dither=Image.Dither.NONE).save(temporary, "png", optimize=True)


def main(run, docs, reference):
    """Write DOCS/results.md, and copy the figures that it shows and the tables' csv files."""
    store, docs, reference = Store(Path(run)), Path(docs), Path(reference)
    reference.mkdir(parents=True, exist_ok=True)
    config = yaml.safe_load(store.config.read_text())
    for name in reporting.tables(config):
        with atomic(reference / f"{name}.csv") as temporary:
            shutil.copyfile(store.table(name), temporary)
    parts = [HEAD.format(name=config["name"])]
    for name in [name for name in reporting.tables(config) if name != "claims"]:
        text = store.table(name, "md").read_text().rstrip()
        parts.append(f"## {plugins.title('table', name)}\n\n{plugins.declared('table', name)['CAPTION']}\n\n{text}\n")
    for name in reporting.figures(config):
        caption = plugins.declared("figure", name)["CAPTION"]
        copy_picture(store.figure(name), docs / f"{name}.png")
        parts.append(f"## {plugins.title('figure', name)}\n\n{caption}\n\n![{caption}]({name}.png)\n")
    with atomic(docs / "results.md") as temporary:
        temporary.write_text("\n".join(parts))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, run=str, docs=str, reference=str))
