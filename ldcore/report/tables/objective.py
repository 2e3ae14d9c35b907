"""The paper's objective: lambda chosen by l_o + l_in on the val split, and what it gives on test images."""

import pandas as pd

from ldcore.report.markup import method_title, number, with_interval
from ldcore.report.results import Results

TITLE = "Objective"
CAPTION = "Lambda with the least l_o + l_in on the val split, and what that sum is there and on test images."
NEEDS = ("edit_scores",)
ASKED_BY = "editing"
FOOTNOTES = (
    "The paper's objective is L = min[lambda * l_o + l_in]. Neither edit method trains on it: lambda scales the "
    "guidance towards an instruction (InstructPix2Pix) or the edit direction (Pix2Pix-Zero), and the drift, so it is "
    "chosen here among editing.amounts, as a multiple of the amount that each edit has of its own. 0: by this sum the "
    "best edit is none.",
    "l_in: mean absolute distance of `changed` to the source, of the full range. l_o: 1 - p(wanted class) of the "
    "real-trained classifier, or years between the predicted age and the one asked for as a share of the ages' span in "
    "training. Chosen on val subjects alone, under the task's last prompt style; test images only report it. "
    "[low, high]: of the paired difference to lambda 0, over subjects.",
)
LINE = ["task", "dataset", "method", "base", "drift"]


def rows(results: Results) -> pd.DataFrame:
    """All tasks; a row for every split, amount and term."""
    columns = [*LINE, "split", "amount", "chosen", "metric", "value", "low", "high", "n"]
    return pd.DataFrame(results.edit_rows("selection", results.tasks_with())).reindex(columns=columns)


def layout(rows: pd.DataFrame) -> pd.DataFrame:
    """One line a task, base and cell."""
    lines = []
    rows = rows.assign(amount=rows["amount"].astype(float), chosen=rows["chosen"].astype(str) == "True")
    for key, values in rows.groupby(LINE, sort=False):
        task, dataset, method, base, drift = key
        texts = {
            "Task": task,
            "Dataset": dataset,
            "Method": method_title(method, "edit method"),
            "Base": method_title(base),
            "Latent Drifting": drift,
            "Chosen lambda": f"{values.loc[values['chosen'], 'amount'].iloc[0]:g}",
        }
        for split in ("val", "test"):
            of_split = values[values["split"] == split]
            best = {row.metric: row for row in of_split[of_split["chosen"]].itertuples()}
            at_0 = of_split[(of_split["amount"] == 0) & (of_split["metric"] == "objective")]
            texts[f"N {split}"] = best["objective"].n
            texts[f"l_o + l_in at 0, {split}"] = "".join(number(value) for value in at_0["value"])
            texts[f"l_o + l_in, {split}"] = with_interval(best["objective"])
            texts[f"l_o, {split}"] = number(best["l_o"].value)
            texts[f"l_in, {split}"] = number(best["l_in"].value)
        lines.append(texts)
    return pd.DataFrame(lines)
