"""Write what the study of readings found between the marks of docs/readings.md: a line a reading and data set.

python -m tools.readings --run results/readings --flipped results/readings_flipped --methods results/readings_methods
    --docs docs

The marks are `<!-- readings -->` and `<!-- /readings -->`; all numbers are those of tables/claims.csv. These
together go to DOCS/readings.csv (`study`: the heading), figure 5 of the first run to DOCS/readings.png.
"""

from pathlib import Path

import pandas as pd

from ldcore.report import markup, verdicts
from ldcore.runtime import cli
from ldcore.runtime.files import atomic
from tools.claims import write_into
from tools.results import copy_picture

# column -> (claim, how its statistic begins, extractor)
COLUMNS = {
    "Background, gray levels": ("black_background", "gray level with LD", ""),
    "Tint, share of none's": ("no_tint", "chroma", ""),
    "Span of latent mean, share of none's": ("latent_mean_stable", "span", ""),
    "KID gain, pooled pixels": ("kid_falls", "", "pooled_pixels"),
    "KID gain, Lite0": ("kid_falls", "", "efficientnet_lite0"),
    "AUC gain": ("auc_rises", "", None),
    "Border, with - without": ("sharper_tissue_border", "", None),
}
MARK = {verdicts.SUPPORTED: "yes", verdicts.CONTRADICTED: "**no**", verdicts.OPEN: "?"}


def table(run) -> pd.DataFrame:
    """A line a reading, method and data set: numbers with intervals and verdicts, and how many verdicts are which."""
    rows = markup.read(Path(run) / "tables" / "claims.csv")
    lines = []
    compared = rows["statistic"].str.contains("with LD")
    readings = rows["cell"].isin(rows[compared]["cell"])  # the others are what they are compared with
    several = rows["method"].nunique() > 1
    for (dataset, method, cell), of_cell in rows[readings].groupby(["dataset", "method", "cell"], sort=False):
        line = {"Data": dataset.removesuffix("_phantom"), "Reading": cell}
        line |= {"Method": markup.method_title(method)} if several else {}
        for title, (claim, begins, extractor) in COLUMNS.items():
            found = of_cell[(of_cell["claim"] == claim) & of_cell["statistic"].str.startswith(begins)]
            if extractor:
                found = found[found["extractor"] == extractor]
            line[title] = shown(next(found.itertuples(), None))
        votes = [vote(of_claim["verdict"]) for _, of_claim in of_cell.groupby("claim")]
        line["Claims yes / no / ?"] = " / ".join(str(votes.count(name)) for name in verdicts.VERDICTS)
        lines.append(line)
    return markup.without_empty_columns(lines)


def vote(given: pd.Series) -> str:
    """One verdict a claim, whose rows are not independent: no if a row says no, yes if all say yes."""
    if (given == verdicts.CONTRADICTED).any():
        return verdicts.CONTRADICTED
    return verdicts.SUPPORTED if (given == verdicts.SUPPORTED).all() else verdicts.OPEN


def shown(row) -> str:
    """'6.12 [5.80, 6.44] yes', or nothing where the run has no such row."""
    return "" if row is None else f"{markup.with_interval(row)} {MARK[row.verdict]}"


def block(runs: dict[str, str]) -> str:
    """The tables of the runs (heading -> folder) that are done, as Markdown."""
    parts = [
        f"### {heading}\n\n{markup.markdown(table(run), ())}".rstrip() + "\n"
        for heading, run in runs.items()
        if (Path(run) / "tables" / "claims.csv").is_file()
    ]
    return "\n".join(parts)


def main(run, flipped, methods, docs):
    """Write DOCS/readings.md, .csv and .png."""
    runs = {
        "As Stable Diffusion is oriented": run,
        "Every latent channel turned": flipped,
        "The other methods": methods,
    }
    write_into(Path(docs, "readings.md"), block(runs), "readings")
    done = {name: Path(folder, "tables", "claims.csv") for name, folder in runs.items()}
    rows = [markup.read(path).assign(study=name) for name, path in done.items() if path.is_file()]
    with atomic(Path(docs, "readings.csv")) as temporary:
        pd.concat(rows).to_csv(temporary, index=False)
    copy_picture(Path(run, "figures", "figure5.png"), Path(docs, "readings.png"))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, run=str, flipped=str, methods=str, docs=str))
