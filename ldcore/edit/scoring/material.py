"""What every cell of an editing task is measured against: sources, truths, real images, and which edits a style can ask for."""

import numpy as np

from ldcore.edit.job import truth as exact_image
from ldcore.edit.requests.texts import edit_texts
from ldcore.edit.scoring import outcome


def material(
    name: str, task: dict, asked: list[dict], sources, records, images, dataset: dict, config: dict, seed: int
) -> dict:
    """What every cell of a task is measured against, computed once."""
    pick = records["image_index"].to_numpy()
    exact = [exact_image(one, records, dataset, seed) for one in asked]
    followed = [one.get("target_row") for one in asked]
    edited = records["subject_id"].isin({one["source"]["subject_id"] for one in asked})
    real = np.flatnonzero((records["split"] == "test") & ~edited)[
        : config["real_images"]
    ]  # other people than those edited
    return {
        "name": name,
        "task": task,
        "asked": asked,
        "source": sources,
        "records": records,
        "images": images,
        "dataset": dataset,
        "config": config,
        "seed": seed,
        "exact": None if any(one is None for one in exact) else np.stack(exact),
        "followup": None if None in followed else images[pick[followed]],
        "real": images[pick[real]],
        "gap": np.array([one.get("gap", np.nan) for one in asked]),
        "cases": np.array([outcome.is_case(one["target"], dataset["classes"]) for one in asked]),
        "asked_edit": np.array([one["edit"] for one in asked]),
        "features": {},
        "told": told(task, asked, dataset["anatomy"]),
    }


def told(task: dict, asked: list[dict], anatomy: str) -> dict:
    """style -> edits whose words differ from their source's: a prompt without an age cannot ask for another."""
    found = {}
    for style in task["styles"]:
        texts = edit_texts(*([one[side] for one in asked] for side in ("source", "target")), anatomy, style)
        found[style] = {one["edit"] for one, a, b in zip(asked, texts.source, texts.instruction) if a != b}
    return found


def edits_told(have: dict, style: str) -> list[str]:
    """The edits in order that a style puts into words; all for rows of no style."""
    return [edit for edit in dict.fromkeys(have["asked_edit"].tolist()) if not style or edit in have["told"][style]]


def negated(have: dict) -> np.ndarray:
    """Which requests change the condition between no case and case: those whose labels count as negated."""
    before = [outcome.is_case(one["source"], have["dataset"]["classes"]) for one in have["asked"]]
    return have["cases"] != np.array(before)
