"""Data sheets: what each data set of the run is, how many of whom, and what was left out and why."""

import pandas as pd
import yaml

from ldcore import grid, plugins
from ldcore.datasets.records import SPLITS
from ldcore.plan import reporting
from ldcore.report.page import edits
from ldcore.report.page.shareable import shareable


def section(results) -> list[dict] | None:
    """A dict a data set: name, title, facts, lines (a split each), excluded (reason and count each)."""
    return [sheet(results, name) for name in shown(results.config)] or None


def shown(config: dict) -> list[str]:
    """The data sets that tables and figures of the run are made from."""
    needed = reporting.all_needs(config)
    names = grid.used_datasets(config) if needed & {"data", "reference", "drifts"} else []
    if needed & {"scores", "downstream", "samples"}:
        names = [*names, *config["grid"]["datasets"], *(run.dataset for run in grid.checkpoints(config))]
    tasks = grid.tasks(config)
    return list(dict.fromkeys([*names, *(tasks[task]["dataset"] for task in edits.tasks(config))]))


def sheet(results, name: str) -> dict:
    """One data set."""
    entry = results.config["datasets"][name]
    records, images = results.records_and_images(name)
    labels = labels_of(records)
    splits = [(name, records[records["split"] == name]) for name in SPLITS]
    excluded = pd.read_csv(results.store.data(name) / "excluded.csv")
    return {
        "name": name,
        "title": plugins.title("dataset adapter", entry["adapter"]),
        "facts": {
            "Adapter": entry["adapter"],
            "Options": yaml.safe_dump(shareable(entry["options"]), default_flow_style=True, width=1000).strip(),
            "Images": f"{len(images)} of {' x '.join(map(str, images.shape[1:]))} pixels",
            "Subjects": str(records["subject_id"].nunique()),
            "Test set asked for": f"{entry['test_images']} images, evenly over {', '.join(entry['classes'])}",
            "Stands beside the paper's": str(entry["paper"] or "none"),
        },
        "lines": pd.DataFrame([line(name, rows, labels) for name, rows in splits if len(rows)]),
        "excluded": pd.DataFrame(
            [{"Reason": reason, "Images": count} for reason, count in excluded["reason"].value_counts().items()],
            columns=["Reason", "Images"],
        ),
    }


def line(split: str, rows: pd.DataFrame, labels: list[str]) -> dict:
    """Of one split: images, subjects, ages, sexes, and how many images have each label."""
    age = rows["age"].dropna()
    named = [{*diagnosis.split("|"), *findings.split("|")} for diagnosis, findings in zip(*texts(rows))]
    return {
        "Split": split,
        "Images": len(rows),
        "Subjects": rows["subject_id"].nunique(),
        "Age, mean (range)": f"{age.mean():.1f} ({age.min():.0f} to {age.max():.0f})" if len(age) else "",
        "Female": int((rows["sex"] == "F").sum()),
        "Male": int((rows["sex"] == "M").sum()),
        **{label: sum(label in names for names in named) for label in labels},
    }


def labels_of(records: pd.DataFrame) -> list[str]:
    """Every diagnosis and finding that an image has, the most frequent first."""
    names = pd.concat(texts(records)).str.split("|").explode()
    return list(names[names != ""].value_counts().index)


def texts(rows: pd.DataFrame) -> list[pd.Series]:
    """Diagnoses and findings, '' where there are none."""
    return [rows[column].fillna("").astype(str) for column in ("diagnosis", "findings")]
