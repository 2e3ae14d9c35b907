"""What tables of edits share: the long form with the paper's values, and one line per cell, edit, output and gap."""

import pandas as pd

from ldcore.features import like_inception
from ldcore.report.markup import MARKED, method_title, number, with_holm, with_interval, without_empty_columns
from ldcore.report.metric_names import edit_title
from ldcore.report.results import Results
from ldcore.report.tables._grid import COLUMNS

EDIT_COLUMNS = ["task", *COLUMNS[:2], "base", "edit", "output", "gap", *COLUMNS[2:]]
LINE = ["task", "dataset", "method", "base", "drift", "prompt", "edit", "output", "gap"]
TRIVIAL = {"source": "*Return the source*", "exact": "*Exact counterfactual*"}
# Columns from left to right; a metric that is not among them comes behind.
ORDER = (
    "fid",
    "fid_ld_gain",
    "kid",
    "kid_ld_gain",
    "ssim",
    "ssim_gain",
    "ssim_ld_gain",
    "lpips",
    "lpips_gain",
    "lpips_ld_gain",
    "psnr",
    "psnr_ld_gain",
    "auc",
    "auc_ld_gain",
    "error_inside",
    "error_outside",
    "change",
    "true_change",
    "right_direction",
    "composition_1",
    "composition_10",
    "roundtrip_psnr",
    "effectiveness",
    "effectiveness_ld_gain",
    "minimality",
    "realism",
)
FOOTNOTES = (
    "Output: decoded is the model's own picture; changed is the source plus the difference of the decoded edited and "
    "unedited latents (nothing where the source is exactly 0). With amount 0 changed is the source itself.",
    "Ours and the paper's numbers are not comparable in size: other data, another model, other features; the paper's "
    "stand beside the decoded output of the headline cell. LPIPS here is the column extractor's distance: "
    "lite0_perceptual is not LPIPS.",
    "[low, high], 95 %, over subjects, however many images each has (the trained model counts as fixed). Means: "
    "Student's t; right direction and effectiveness: Wilson; AUC: bootstrap; FID and KID: jackknife over subjects, or "
    "over 10 to 20 groups of them, with their own follow-ups; real images of others count as fixed. FID and KID are of "
    "as few images as N says: read KID, and only to compare rows.",
    "LD gain: by how much the cell is better than the same base edited with the reference cell, paired by subject; "
    "above 0 is better with LD.",
    MARKED,
)


def edit_table(results: Results, section: str, tasks: list[str], paper: dict) -> pd.DataFrame:
    """The long form of tasks' rows; section: as Results.edit_rows; paper: as `paper_values`.

    The paper's values stand beside the decoded output of the headline cell, over all gaps, or over all edits that turn
    case into no case or back.
    """
    rows = pd.DataFrame(results.edit_rows(section, tasks)).reindex(columns=EDIT_COLUMNS)
    whole = (rows["gap"] == "all") | (rows["gap"].isna() & (rows["edit"] == "negated"))
    headline = (rows["drift"] == results.config["grid"]["headline"]) & (rows["output"] == "decoded")
    beside = whole & headline & rows["extractor"].map(like_inception)
    rows["paper_value"] = [
        paper.get((row.dataset, row.base, row.prompt, row.metric)) if stands_beside else None
        for row, stands_beside in zip(rows.itertuples(), beside)
    ]
    return with_holm(rows.assign(cell=rows["drift"]))


def paper_values(results: Results, number: str, paper_task: str) -> dict:
    """(dataset, base, prompt, metric) -> the value in the paper's table of that number, all of which are with LD."""
    reported = results.reported()
    table = reported[(reported["table"].astype(str) == number) & (reported["task"] == paper_task)]
    known = {}
    for name, entry in results.config["datasets"].items():
        for row in table[table["dataset"] == entry["paper"]].itertuples():
            base = "base" if row.method == "stable_diffusion" else row.method
            style = row.prompt + ("_info" if row.patient_info == 1 else "")
            known[name, base, style, row.metric] = row.value
    return known


def layout(rows: pd.DataFrame) -> pd.DataFrame:
    """One line per (dataset, method, base, LD, prompt, edit, output, gap), metrics as columns, the paper's last."""
    rows = rows.fillna({**dict.fromkeys(LINE, ""), "extractor": ""})
    pairs = list(dict.fromkeys(rows[["metric", "extractor"]].itertuples(index=False, name=None)))
    order = [*ORDER, *dict.fromkeys(metric for metric, _ in pairs if metric not in ORDER)]
    pairs = sorted(pairs, key=lambda pair: order.index(pair[0]))
    extractors = rows[rows["extractor"] != ""].groupby("metric")["extractor"].nunique()
    titles = {pair: edit_title(*pair, several=extractors.get(pair[0], 0) > 1) for pair in pairs}
    several = rows.groupby("dataset")["task"].nunique().gt(1).any()  # readings of a task, told apart by their names
    lines = []
    for key, values in rows.groupby(LINE, sort=False):
        measured = {(row.metric, row.extractor): row for row in values.itertuples()}
        task, dataset, method, base, drift, prompt, edit, output, gap = key
        texts = {
            "Dataset": dataset,
            "Task": task if several else "",
            "Method": TRIVIAL.get(method) or method_title(method, "edit method"),
            "Base": method_title(base),
            "Latent Drifting": drift,
            "Prompt": prompt,
            "Edit": edit,
            "Output": output,
            "Gap": gap,
            "N": max(row.n for row in measured.values()),
        }
        for pair in pairs:
            texts[titles[pair]] = with_interval(measured[pair]) if pair in measured else ""
        for pair in pairs:
            texts[f"{titles[pair]} (paper)"] = number(measured[pair].paper_value) if pair in measured else ""
        lines.append(texts)
    return without_empty_columns(lines)
