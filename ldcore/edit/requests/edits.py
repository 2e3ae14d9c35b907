"""Which image is asked to become what: the requests of a task, a function of its edits, the records and the seed."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ldcore.edit.requests.pairs import chosen_pairs
from ldcore.edit.requests.texts import BINS
from ldcore.evaluation.real_images import labels
from ldcore.prompts import CONDITION, SEX
from ldcore.runtime.errors import UserError
from ldcore.runtime.seeds import numpy_rng

CHANGES = ("age", "sex", "diagnosis", "findings", "years")  # the causes that an edit can change


@dataclass(frozen=True)
class Request:
    """One image that shall become another."""

    edit: str  # name of the edit, which several requests share
    source_row: int  # row of the records whose image is edited
    source: dict  # the record as it is: that row, with `rendered` over it
    target: dict  # the record as it shall be
    rendered: dict = field(default_factory=dict)  # causes in which the source is unlike its row, so that it is rendered
    amount: float = 1.0  # lambda of the unified objective, at which this edit is made
    target_row: int | None = None  # row of the true follow-up, where there is one
    gap: float = float("nan")  # years from the source to the follow-up


def requests(edits: dict | None, count: int, records: pd.DataFrame, seed: int, split: str = "test") -> list[Request]:
    """What a task asks of a split's images.

    edits: name -> {from, to, add, amount, images}. Rows like `from`, one a subject, become `to`, with `add` added, at
    lambda `amount`; there are `images` of them, or else `count`. Rows that `add` would take out of the data's range are
    passed over. Findings that no row has together (joined by |) are rendered from rows that have the first of them.
    Without edits: the `count` longitudinal pairs that pairs.chosen_pairs gives.

    UserError: no row like `from`, an unknown finding, no pairs, or every row passed over.
    """
    if not edits:
        return ageing_requests(count, records, seed, split)
    known_labels = {word for case in labels(records) for word in case.split("|")} - {""}
    for name, edit in edits.items():
        check_edit(name, edit, known_labels)
    return [
        request
        for name, edit in edits.items()
        for request in requests_of_edit(name, {"images": count, **edit}, records, seed, split)
    ]


def ageing_requests(count: int, records: pd.DataFrame, seed: int, split: str = "test") -> list[Request]:
    """A request a longitudinal pair: the earlier session's image shall become the later one's."""
    rows = records.to_dict("records")
    pairs = chosen_pairs(records, count, tuple(limit for limit, _ in BINS[:-1]), seed, split=split)
    return [
        Request("older", int(before), rows[before], rows[after], target_row=int(after), gap=float(years))
        for before, after, years in pairs.itertuples(index=False)
    ]


def requests_of_edit(name: str, edit: dict, records: pd.DataFrame, seed: int, split: str) -> list[Request]:
    """The requests of one edit, as many as its `images`."""
    positions, rendered = rows_like(records, name, edit.get("from", {}), seed, split)
    positions = positions[within_range(records, positions, edit.get("add", {}))]
    if not len(positions):
        raise UserError(
            f"Edit {name!r}: every {split} image would leave the data's own range; add less than {edit['add']}."
        )
    requested = []
    for row in positions[: edit["images"]].tolist():
        source = {**records.iloc[[row]].to_dict("records")[0], **rendered}
        target = {**source, **edit.get("to", {})}
        target |= {key: target[key] + step for key, step in edit.get("add", {}).items()}
        requested.append(Request(name, row, source, target, rendered, edit.get("amount", 1.0)))
    return requested


def check_edit(name: str, edit: dict, known_labels: Iterable[str]) -> None:
    """UserError where an edit names what no record can have. known_labels: the data's own, beside those of prompts."""
    for side in ("from", "to"):
        for key, value in edit.get(side, {}).items():
            if key not in CHANGES:
                raise UserError(f"Edit {name!r}: cannot change {key!r}; use one of {', '.join(CHANGES)}.")
            if key not in ("sex", "diagnosis", "findings"):
                continue
            known = list(SEX) if key == "sex" else list(dict.fromkeys([*CONDITION, *sorted(known_labels)]))
            for word in str(value).split("|"):
                if word not in known:
                    raise UserError(
                        f"Edit {name!r}: {key} {word!r} is unknown; use one of {', '.join(known)}, "
                        "several findings joined by |."
                    )


def within_range(records: pd.DataFrame, positions: np.ndarray, added: dict) -> np.ndarray:
    """Which rows stay inside the range of the data when `added` is added, bool [N]: nothing was learnt beyond it."""
    inside = np.ones(len(positions), bool)
    for key, step in added.items():
        values = records[key].iloc[positions] + step
        inside &= values.between(records[key].min(), records[key].max()).to_numpy()
    return inside


def rows_like(records: pd.DataFrame, name: str, causes: dict, seed: int, split: str) -> tuple[np.ndarray, dict]:
    """(row positions of the split in an order drawn by the seed, one a subject; the causes to render)."""
    positions, rendered = drawn_rows(records, name, causes, seed, split), {}
    if not len(positions) and "|" in str(causes.get("findings", "")):
        first = causes["findings"].split("|")[0]
        positions, rendered = (
            drawn_rows(records, name, {**causes, "findings": first}, seed, split),
            {"findings": causes["findings"]},
        )
    if not len(positions):
        described = ", ".join(f"{key} {value}" for key, value in causes.items())
        found = ", ".join(sorted(set(labels(records))))
        raise UserError(f"Edit {name!r}: no {split} image has {described} (labels found: {found}).")
    return positions, rendered


def drawn_rows(records: pd.DataFrame, name: str, causes: dict, seed: int, split: str) -> np.ndarray:
    """Positions of the split's rows that have these causes, in an order drawn by the seed, one a subject."""
    fits = records["split"] == split
    for key, value in causes.items():
        fits &= records[key] == value
    order = numpy_rng(seed, "edit", name).permutation(fits.to_numpy().nonzero()[0])
    subjects = pd.Series(records["subject_id"].to_numpy()[order])
    return order[~subjects.duplicated().to_numpy()]
