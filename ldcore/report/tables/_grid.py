"""What tables of the grid's cells share: the long form with the paper's values, and one line per cell and extractor."""

import pandas as pd

from ldcore.features import like_inception
from ldcore.report.markup import MARKED, method_title, number, with_holm, with_interval, without_empty_columns
from ldcore.report.metric_names import compares_features, grid_title, in_order
from ldcore.report.results import Results

COLUMNS = [
    "dataset",
    "method",
    "drift",
    "prompt",
    "metric",
    "extractor",
    "n",
    "seeds",
    "value",
    "low",
    "high",
    "paper_value",
    "training",
    "sampling_drift",
    "cell",
    "p",
    "p_holm",
]
CELL = ["dataset", "method", "drift", "prompt"]
FOOTNOTES = (
    "Ours and the paper's numbers are not comparable in size: other data, another model, other features. "
    "Compare directions.",
    "FID, KID [low, high]: of N images, with a 95 % delete-one-group jackknife interval over sampling seeds (model, "
    "training seed and real set are fixed). Where the config has several training seeds: the mean over the training "
    "runs, each of its own N images, with Student's 95 % interval over the runs; the untouched model has none, so its "
    "interval is over sampling seeds. AUC: of one training run with a 95 % bootstrap interval over the test patients "
    "alone, which says nothing of how another run would differ; of several the mean, with Student's over both.",
    "Gain: by how much the cell is better than the reference cell, above 0 is better. FID, KID: reference minus cell, "
    "paired by group (same noise, same prompts); AUC: cell minus reference, paired by test patient and run.",
    MARKED,
    "AUC: a classifier trained on the cell's N images alone, tested on the real test set; R+S: trained on N images, "
    "half of them real; all R+S: on all real training images, which is what the generator saw, and the cell's; the "
    "first row: on N real images, and on all of them (all real). Gains of R+S are over N real images, those of all R+S "
    "over all real ones. The classifier and how many images it learnt from are in the long form (extractor, n).",
    "FID from a few hundred images is biased upwards and rank-deficient in the features' dimension: read KID first.",
    "The first two rows of a dataset are floors: other real images, and these after the autoencoder, N as of a cell, "
    "or fewer where the training split has fewer of a class, their interval over as many groups as there are seeds.",
    "The paper gives no seeds and no intervals. Its table 3 lists 51.35 for what its table 1 lists as 49.68 (Basic FT "
    "with LD on brain MR). With LD, its brain AUC falls for Custom Diffusion (0.609 to 0.544). Its brain "
    "scans by diagnosis sum to 3262; its text says 3269.",
)


def cell_rows(results: Results) -> pd.DataFrame:
    """Every value of every cell: distances, then what classifiers say."""
    return pd.DataFrame(results.scores() + results.downstream())


def with_paper(rows: pd.DataFrame, value_of) -> pd.DataFrame:
    """The rows with `paper_value` = value_of(row), where the features are of the paper's kind, and with p-values."""
    values = [value_of(row) if like_inception(row.extractor) else None for row in rows.itertuples()]
    paper = pd.Series(values, index=rows.index, dtype=float)
    return with_holm(rows.assign(paper_value=paper, cell=rows["drift"]))[COLUMNS]


def layout(rows: pd.DataFrame) -> pd.DataFrame:
    """One line per cell and extractor, a column per metric, the paper's values last.

    What is not measured on features, such as AUC, stands on the first line of its cell.
    """
    rows = rows.fillna({"prompt": "", "drift": "none"})
    metrics = in_order(rows["metric"])
    of_features = rows["metric"].map({metric: compares_features(metric) for metric in metrics})
    of_cells = {
        cell: {row.metric: row for row in values.itertuples()}
        for cell, values in rows[~of_features].groupby(CELL, sort=False)
    }
    lines = []
    for (*cell, extractor), values in by_extractor(rows[of_features]).groupby([*CELL, "extractor"], sort=False):
        measured = {row.metric: row for row in values.itertuples()} | of_cells.pop(tuple(cell), {})
        lines.append(line(cell, extractor, measured, metrics))
    lines += [line(cell, "", measured, metrics) for cell, measured in of_cells.items()]
    return without_empty_columns(lines)


def by_extractor(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of each data set together, of each extractor together within it, otherwise in the order they have."""
    return rows.sort_values(
        ["dataset", "extractor"],
        kind="stable",
        key=lambda column: column.map({name: place for place, name in enumerate(column.unique())}),
    )


def line(cell, extractor: str, measured: dict, metrics: list[str]) -> dict[str, str]:
    """One line of the layout; measured: metric -> its row."""
    dataset, method, drift, prompt = cell
    first = next(iter(measured.values()))
    texts = {
        "Dataset": dataset,
        "Method": method_title(method),
        "Latent Drifting": drift,
        "Prompt": prompt,
        "N (seeds)": f"{first.n} ({first.seeds})",
        "Features": extractor,
    }
    for metric in metrics:
        texts[grid_title(metric)] = with_interval(measured[metric]) if metric in measured else ""
    for metric in metrics:
        texts[f"{grid_title(metric)} (paper)"] = number(measured[metric].paper_value) if metric in measured else ""
    return texts
