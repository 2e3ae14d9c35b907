"""Data sheets: what each data set of the run is, how many of whom, and what was left out and why."""

import pandas as pd
import yaml

from ldcore import grid, plugins
from ldcore.datasets.records import SPLITS
from ldcore.report.page.needs import needs


def section(results) -> list[dict] | None:
    """A dict a data set: name, title, facts, lines (a split and diagnosis each), excluded (reason and count each)."""
    if not needs(results.config) & {"data", "samples", "scores", "edits", "edit_scores", "downstream"}:
        return None
    return [sheet(results, name) for name in grid.used_datasets(results.config)]


def sheet(results, name: str) -> dict:
    """One data set."""
    entry = results.config["datasets"][name]
    records, images = results.records_and_images(name)
    groups = records.groupby(["split", "diagnosis"])
    excluded = pd.read_csv(results.store.data(name) / "excluded.csv")
    return {
        "name": name,
        "title": plugins.title("dataset adapter", entry["adapter"]),
        "facts": {
            "Adapter": entry["adapter"],
            "Options": yaml.safe_dump(entry["options"], default_flow_style=True, width=1000).strip(),
            "Images": f"{len(images)} of {' x '.join(map(str, images.shape[1:]))} pixels",
            "Subjects": str(records["subject_id"].nunique()),
            "Test set": f"{entry['test_images']} images, evenly over {', '.join(entry['classes'])}",
            "Stands beside the paper's": str(entry["paper"] or "none"),
        },
        "lines": pd.DataFrame(
            [line(*of, rows) for of, rows in sorted(groups, key=lambda group: SPLITS.index(group[0][0]))]
        ),
        "excluded": pd.DataFrame(
            [{"Reason": reason, "Images": count} for reason, count in excluded["reason"].value_counts().items()],
            columns=["Reason", "Images"],
        ),
    }


def line(split: str, diagnosis: str, rows: pd.DataFrame) -> dict:
    """Of one diagnosis in one split: images, subjects, ages, sexes, findings."""
    age = rows["age"].dropna()
    return {
        "Split": split,
        "Diagnosis": diagnosis,
        "Images": len(rows),
        "Subjects": rows["subject_id"].nunique(),
        "Age, mean (range)": f"{age.mean():.1f} ({age.min():.0f} to {age.max():.0f})" if len(age) else "",
        "Female": int((rows["sex"] == "F").sum()),
        "Male": int((rows["sex"] == "M").sum()),
    }
