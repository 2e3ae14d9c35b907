"""Table 1 in the long form (one row a value) and in the paper's layout, the paper's values beside ours."""

import pandas as pd

from ldcore.files import atomic

COLUMNS = ["dataset", "method", "drift", "prompt", "metric", "extractor", "n", "seeds", "value", "low", "high", "paper_value",
           "training", "sampling_drift"]
PAPER_METHOD = {"base": "stable_diffusion"}
METHOD_NAME = {"base": "Pre-trained model, untouched", "basic_ft": "Basic FT", "real": "Real training images",
               "reconstruction": "Real training images, reconstructed"}
FOOTNOTES = (
    "Ours and the paper's numbers are not comparable in size: other data, another model, other features. Compare directions.",
    "[low, high]: 95 % delete-one-seed jackknife interval over sampling seeds; model, training seed and real set are fixed.",
    "KID gain: KID of the reference cell minus KID of the cell, paired by seed (same noise, same prompts); above 0 is better.",
    "FID from a few hundred images is biased upwards and rank-deficient in the features' dimension: read KID first.",
    "The first two rows are floors: other real images, and the same after the autoencoder, as many as a cell has images (up to "
    "the test set's size), their interval over as many groups as there are seeds.",
    "The paper gives no seeds and no intervals. Its table 3 lists 51.35 for what its table 1 lists as 49.68 (Basic FT with "
    "LD on brain MR), and its AUC falls with LD for Custom Diffusion (0.609 to 0.544).",
)


def paper_values(reported: pd.DataFrame, paper: str, grid: dict) -> dict:
    """(method, drift label, metric) -> the paper's table 1 value for the dataset it calls `paper`."""
    table = reported[(reported["table"].astype(str) == "1") & (reported["dataset"] == paper)
                     & (reported["task"] == "text_to_image")]
    label = {"0": grid["reference"], "1": grid["headline"]}
    return {(row.method, label[str(int(row.ld))], row.metric): row.value for row in table.itertuples()}


def long_table(scores: list[dict], reported: pd.DataFrame, config: dict) -> pd.DataFrame:
    """Score rows with `paper_value`: filled for the reference and headline cells of methods the paper has."""
    table = pd.DataFrame(scores)
    known = {name: paper_values(reported, options["paper"], config["grid"]) for name, options in config["datasets"].items()}
    # The paper's FID and KID are of a network's features; beside pooled pixels they would mislead.
    table["paper_value"] = [known[row.dataset].get((PAPER_METHOD.get(row.method, row.method), row.drift, row.metric))
                            if row.extractor != "pooled_pixels" else None for row in table.itertuples()]
    return table[COLUMNS]


def number(value: float) -> str:
    """Four significant digits without an exponent; '' where there is none."""
    if value is None or value != value:
        return ""
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.2f}" if abs(value) >= 10 else f"{value:.4f}"


def with_interval(row) -> str:
    """'0.1234 [0.1200, 0.1268]'."""
    return f"{number(row.value)} [{number(row.low)}, {number(row.high)}]" if row.low == row.low else number(row.value)


def layout(table: pd.DataFrame) -> pd.DataFrame:
    """One line a (dataset, prompt, method, drift, extractor), one column a metric, the paper's FID and KID last."""
    lines = []
    for key, rows in table.fillna({"prompt": ""}).groupby(["dataset", "extractor", "method", "drift", "prompt"], sort=False):
        dataset, extractor, method, drift, prompt = key
        cell = {row.metric: row for row in rows.itertuples()}
        lines.append({"Dataset": dataset, "Method": METHOD_NAME.get(method, method), "Latent Drifting": drift, "Prompt": prompt,
                      "N": cell["fid"].n, "Features": extractor, "FID": with_interval(cell["fid"]),
                      "KID": with_interval(cell["kid"]),
                      "KID gain": with_interval(cell["kid_gain"]) if "kid_gain" in cell else "",
                      "FID (paper)": number(cell["fid"].paper_value), "KID (paper)": number(cell["kid"].paper_value)})
    return pd.DataFrame(lines).fillna("")


def markdown(lines: pd.DataFrame, footnotes=FOOTNOTES) -> str:
    """A pipe table and its footnotes."""
    rows = [list(lines.columns), ["---"] * len(lines.columns), *lines.astype(str).to_numpy().tolist()]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n\n" + "\n".join(f"- {n}" for n in footnotes) + "\n"


def latex(lines: pd.DataFrame, footnotes=FOOTNOTES) -> str:
    """A booktabs table; footnotes as comments."""
    escape = str.maketrans({"_": r"\_", "%": r"\%", "&": r"\&"})
    text = [[str(value).translate(escape) for value in row] for row in [lines.columns, *lines.to_numpy()]]
    rows = [" & ".join(row) + r" \\" for row in text]
    body = [rf"\begin{{tabular}}{{{'l' * len(lines.columns)}}}", r"\toprule", rows[0], r"\midrule", *rows[1:], r"\bottomrule",
            r"\end{tabular}"]
    return "\n".join([*(f"% {note}" for note in footnotes), *body]) + "\n"


def write_tables(scores: list[dict], reported: pd.DataFrame, config: dict, stem) -> pd.DataFrame:
    """Write stem.csv (long form), stem.md and stem.tex (the paper's layout); returns the layout."""
    table = long_table(scores, reported, config)
    lines = layout(table)
    for suffix, text in (("csv", table.to_csv(index=False)), ("md", markdown(lines)), ("tex", latex(lines))):
        with atomic(f"{stem}.{suffix}") as temporary:
            temporary.write_text(text)
    return lines
