"""Which image is asked to become what: every edit of a task as plain records, a function of (task, records, seed)."""

import pandas as pd

from ldcore.edit.requests.pairs import chosen_pairs
from ldcore.edit.requests.texts import BINS
from ldcore.evaluation.cohort import labels
from ldcore.prompts import CONDITION, SEX
from ldcore.runtime.errors import UserError
from ldcore.runtime.seeds import numpy_rng

CHANGES = ("age", "sex", "diagnosis", "findings", "years")


def requests(task: dict, records: pd.DataFrame, seed: int) -> list[dict]:
    """A list of dicts: edit (its name), source_row, source and target (records), rendered (causes in which the source differs
    from its row: it must be rendered) and, for longitudinal pairs, target_row and gap in years.

    task["edits"]: name -> {from, to, add, amount}: test rows like `from` (one a subject, `images` of them) become `to`, with `add`
    added, at lambda `amount`;
    rows that `add` would take out of the range of the data are passed over.
    None: the test split's longitudinal pairs. A set of findings no row has (joined by |) is rendered from rows with one of them.
    UserError: no row like `from`, an unknown finding, no pairs, or every row passed over.
    """
    rows = records.to_dict("records")
    if not task.get("edits"):
        found = chosen_pairs(records, task["images"], tuple(limit for limit, _ in BINS[:-1]), seed)
        return [
            {
                "edit": "older",
                "source_row": int(a),
                "source": rows[a],
                "target": rows[b],
                "rendered": {},
                "target_row": int(b),
                "gap": float(years),
            }
            for a, b, years in found.itertuples(index=False)
        ]
    made = []
    for name, edit in task["edits"].items():
        check(name, edit, {word for one in labels(records) for word in one.split("|")} - {""})
        place, rendered = like(records, name, edit.get("from", {}), seed)
        place = place[within(records, place, edit.get("add", {}))]
        if not len(place):
            raise UserError(
                f"Edit {name!r}: every test image would leave the data's own range; add less than {edit['add']}."
            )
        for row in place[: edit.get("images", task["images"])]:
            source = {**rows[row], **rendered}
            target = {**source, **edit.get("to", {})}
            target |= {key: target[key] + step for key, step in edit.get("add", {}).items()}
            made.append(
                {
                    "edit": name,
                    "source_row": int(row),
                    "source": source,
                    "target": target,
                    "rendered": rendered,
                    "amount": edit.get("amount", 1.0),
                }
            )
    return made


def check(name: str, edit: dict, found: set) -> None:
    """UserError where an edit names what no record can have; `found`: the data's own labels, all known."""
    for part in ("from", "to"):
        for key, value in edit.get(part, {}).items():
            known = list(SEX) if key == "sex" else list(dict.fromkeys([*CONDITION, *sorted(found)]))
            if key not in CHANGES:
                raise UserError(f"Edit {name!r}: cannot change {key!r}; use one of {', '.join(CHANGES)}.")
            for word in str(value).split("|") if key in ("sex", "diagnosis", "findings") else ():
                if word not in known:
                    raise UserError(
                        f"Edit {name!r}: {key} {word!r} is unknown; use one of {', '.join(known)}, several findings joined by |."
                    )


def within(records, place, added: dict):
    """Which rows stay inside the range the data has once `added` is added: nothing was learnt beyond it."""
    kept = pd.Series(True, index=range(len(place)))
    for key, step in added.items():
        values = records[key].iloc[place].reset_index(drop=True) + step
        kept &= values.between(records[key].min(), records[key].max())
    return kept.to_numpy()


def like(records, name: str, wanted: dict, seed: int):
    """(row positions of the test split in an order drawn by the seed, one a subject; the causes to render)."""

    def rows_of(causes):
        here = records["split"] == "test"
        for key, value in causes.items():
            here &= records[key] == value
        order = numpy_rng(seed, "edit", name).permutation(here.to_numpy().nonzero()[0])
        subjects = records["subject_id"].to_numpy()[order]
        return order[~pd.Series(subjects).duplicated().to_numpy()]

    place, rendered = rows_of(wanted), {}
    if not len(place) and "|" in str(wanted.get("findings", "")):
        first = wanted["findings"].split("|")[0]
        place, rendered = rows_of({**wanted, "findings": first}), {"findings": wanted["findings"]}
    if not len(place):
        asked = ", ".join(f"{key} {value}" for key, value in wanted.items())
        raise UserError(
            f"Edit {name!r}: no test image has {asked} (labels found: {', '.join(sorted(set(labels(records))))})."
        )
    return place, rendered
