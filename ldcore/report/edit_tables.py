"""Tables 2, 4 and truth in the long form and in a layout of one line a cell, the paper's values beside ours."""

import pandas as pd

from ldcore.features import like_inception
from ldcore.report.tables import COLUMNS, METHOD_NAME, latex, markdown, number, with_interval
from ldcore.runtime.files import atomic

EDIT_COLUMNS = [*COLUMNS[:2], "base", "edit", "output", "gap", *COLUMNS[2:]]
PAPER = {"table2": "age_editing_instruct_pix2pix", "table4": "disease_editing_pix2pix_zero"}
NAMES = {
    "source": "*Return the source*",
    "exact": "*Exact counterfactual*",
    "instruct_pix2pix": "InstructPix2Pix",
    "pix2pix_zero": "Pix2Pix-Zero",
}
ORDER = (
    "fid",
    "kid",
    "ssim",
    "ssim_gain",
    "lpips",
    "lpips_gain",
    "psnr",
    "auc",
    "error_inside",
    "error_outside",
    "change",
    "true_change",
    "right_direction",
    "composition_1",
    "composition_10",
    "roundtrip_psnr",
    "effectiveness",
    "minimality",
    "realism",
)
COMMON = (
    "Output: decoded is the model's own picture; changed is the source plus the difference of the decoded edited and unedited "
    "latents (nothing where the source is exactly 0). With amount 0 changed is the source itself.",
    "Ours and the paper's numbers are not comparable in size: other data, another model, other features; the paper's stand beside "
    "the decoded output of the headline cell. LPIPS here is the column extractor's distance: lite0_perceptual is not LPIPS.",
    "[low, high]: mean over images, 1.96 standard errors over subjects (the trained model counts as fixed); AUC: bootstrap over "
    "patients. FID and KID are of as few images as N says, without an interval: read KID, and only to compare rows.",
)
FOOTNOTES = {
    "table2": (
        *COMMON,
        "Against the true follow-up. Gap: all pairs, or those more than 5 years apart. gain: how much more alike than "
        "the source, paired by subject; above 0 is better than returning it. Return the source is the trivial "
        "answer; the exact counterfactual is the phantom's own render of the source's scan at the later age, so what is left is scanner, "
        "position and session. The paper's table 2 has no rows without LD.",
    ),
    "table4": (
        *COMMON,
        "SSIM is source to result: 1 is no edit at all. negated: all edits that turn case into no case or back, against real "
        "images of other test subjects; AUC of a classifier trained on real images, the wanted labels as truth: an edit that does "
        "nothing scores as badly as Return the source. The paper gives no AUC beside table 4.",
    ),
    "truth": (
        *COMMON,
        "Against the exact counterfactual: the phantom's render of the same subject and scan, changed. error inside / outside: RMSE "
        "in the region that truly changes (12 gray levels or more) and in the rest. change, true change: of ventricle area or "
        "cardiothoracic ratio, measured on the images; right direction: share of subjects whose change has the true sign.",
        "Axioms (arXiv 2403.20287): composition, mean absolute distance of decoded images to the source after 1 and 10 null edits; "
        "effectiveness, share that a real-trained classifier takes for what was asked; minimality, counterfactual latent divergence, "
        "less is better; realism, KID to real images. roundtrip psnr: inverted or regenerated without an edit, to the source.",
    ),
}


def paper_values(reported: pd.DataFrame, name: str, config: dict) -> dict:
    """(dataset, base, prompt, metric) -> the paper's value; its tables 2 and 4 are with LD."""
    if name not in PAPER:
        return {}
    table = reported[(reported["table"].astype(str) == name[-1]) & (reported["task"] == PAPER[name])]
    found = {}
    for key, dataset in config["datasets"].items():
        for row in table[table["dataset"] == dataset["paper"]].itertuples():
            base = "base" if row.method == "stable_diffusion" else row.method
            style = row.prompt + ("_info" if row.patient_info == 1 else "")
            found[key, base, style, row.metric] = row.value
    return found


def edit_table(scores: list[dict], reported: pd.DataFrame, name: str, config: dict) -> pd.DataFrame:
    """One table in the long form; `scores` are the tasks' rows."""
    tasks = config["editing"]["tasks"]
    part = "truth" if name == "truth" else "table"
    rows = pd.DataFrame(
        [row for found in scores for row in found[part] if part == "truth" or tasks[row["task"]]["table"] == name]
    )
    rows = rows.reindex(columns=[*EDIT_COLUMNS, "task"])
    known, headline = paper_values(reported, name, config), config["grid"]["headline"]
    whole = (rows["gap"] == "all") | (rows["gap"].isna() & (rows["edit"] == "negated"))
    beside = whole & (rows["drift"] == headline) & (rows["output"] == "decoded") & rows["extractor"].map(like_inception)
    rows["paper_value"] = [
        known.get((row.dataset, row.base, row.prompt, row.metric)) if mark else None
        for row, mark in zip(rows.itertuples(), beside)
    ]
    return rows[EDIT_COLUMNS]


def edit_layout(table: pd.DataFrame) -> pd.DataFrame:
    """One line a (dataset, method, base, LD, prompt, edit, output, gap), metrics as columns; the paper's behind."""
    keys = ["dataset", "method", "base", "drift", "prompt", "edit", "output", "gap"]
    table = table.fillna({key: "" for key in keys})
    titles = {(m, e): title(m, e, table) for m, e in table[["metric", "extractor"]].fillna("").itertuples(index=False)}
    columns = sorted(titles, key=lambda pair: ORDER.index(pair[0]))
    lines = []
    for key, rows in table.groupby(keys, sort=False):
        cell = {(row.metric, row.extractor if row.extractor == row.extractor else ""): row for row in rows.itertuples()}
        place = dict(zip(keys, key))
        method = NAMES.get(place["method"], place["method"])
        base = METHOD_NAME.get(place["base"], place["base"])
        line = {
            "Dataset": place["dataset"],
            "Method": method,
            "Base": base,
            "Latent Drifting": place["drift"],
            "Prompt": place["prompt"],
            "Edit": place["edit"],
            "Output": place["output"],
            "Gap": place["gap"],
            "N": max(row.n for row in cell.values()),
        }
        line |= {titles[pair]: with_interval(cell[pair]) if pair in cell else "" for pair in columns}
        line |= {f"{titles[pair]} (paper)": number(cell[pair].paper_value) if pair in cell else "" for pair in columns}
        lines.append(line)
    lines = pd.DataFrame(lines).fillna("")
    return lines.loc[:, (lines.astype(str) != "").any()]


def title(metric: str, extractor: str, table) -> str:
    """A column's heading: the metric, and its extractor where several occur or where it is not LPIPS itself."""
    several = table.loc[table["metric"] == metric, "extractor"].dropna().nunique() > 1
    name = (
        metric.replace("_", " ")
        if "_" in metric or metric in ("change", "effectiveness", "minimality", "realism")
        else metric.upper()
    )
    if metric.startswith("lpips"):
        return extractor + metric.removeprefix("lpips").replace("_", " ")
    return f"{name} ({extractor})" if several and extractor else name


def write_edit_table(table: pd.DataFrame, name: str, stem) -> None:
    """Write stem.csv (long form), stem.md and stem.tex."""
    lines = edit_layout(table)
    for suffix, text in (
        ("csv", table.to_csv(index=False)),
        ("md", markdown(lines, FOOTNOTES[name])),
        ("tex", latex(lines, FOOTNOTES[name])),
    ):
        with atomic(f"{stem}.{suffix}") as temporary:
            temporary.write_text(text)
