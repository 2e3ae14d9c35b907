"""Sheets of edits: sources, truths, edited images and what changed."""

from ldcore.edit.requests.edits import Request
from ldcore.report.drawing import evenly
from ldcore.report.figures._sheet import Group, largest, sheet
from ldcore.report.markup import method_title

SHORT = {
    "Cardiomegaly": "Cardiom.",
    "Cardiomegaly|Pneumonia": "Cardiom. + pneum.",
    "Cardiomegaly|Consolidation": "Cardiom. + consol.",
}
ACROSS = ((1, 8), (2, 4), (3, 2))  # bases side by side, and the requests of each


def task_sheet(results, name: str):
    """The edits of the first task whose `figure` is `name`: one request a column, one output a line.

    Bases stand below one another; where they are many, side by side with fewer requests.
    """
    edited = results.edited(results.tasks_with(figure=name)[0])
    layouts = []
    for across, count in ACROSS:
        known, *bases = groups_of(edited, count, titled=across > 1)
        layouts.append([[known], *(bases[first : first + across] for first in range(0, len(bases), across))])
    return sheet(largest(layouts))


def groups_of(edited, count: int, titled: bool) -> list[Group]:
    """Source and truths of `count` requests, and the outputs of each base, cell by cell, of the task's last style.

    Below each image that has something to be compared with, the difference. titled: over each base stands again what
    is requested.
    """
    shown = rows_shown(edited.requests, count)
    source, truth = edited.source[shown], edited.truth

    def change(images):
        return list(images[shown].astype(float) - source)

    known = [("source", list(source))]
    if truth.followup is not None:
        known.append(("true follow-up", list(truth.followup[shown])))
    if truth.exact is not None:
        known.append(("exact counterfactual", list(truth.exact[shown])))
        known.append(("true change", change(truth.exact)))
    columns = [(describe(edited.requests[row]), 1) for row in shown]
    groups = [Group("source and truth" if len(known) > 1 else "source", columns, known)]
    for base in edited.task["bases"]:
        lines = []
        for (of_base, label), edits in edited.edits.items():
            if of_base == base:
                lines.append((f"LD: {label}, decoded", list(edits["decoded"][-1][shown])))
                lines.append((f"LD: {label}, change", change(edits["changed"][-1])))
        groups.append(
            Group(
                "Untouched model" if base == "base" else method_title(base),
                columns if titled else [("", len(shown))],
                lines,
            )
        )
    return groups


def rows_shown(requests: list[Request], count: int) -> list[int]:
    """Which requests to draw: evenly over the edits, and over the age gaps where there is one edit."""
    names = [request.edit for request in requests]
    edits = list(dict.fromkeys(names))
    if len(edits) == 1:
        return list(evenly(len(requests), count))
    each = max(1, count // len(edits))
    return [row for edit in edits for row in [row for row, name in enumerate(names) if name == edit][:each]][:count]


def describe(request: Request) -> str:
    """'CN 70 y', newline, 'to AD 78 y': what a request changes, without naming the subject."""
    source, target = request.source, request.target
    keys = [key for key in ("diagnosis", "findings") if source.get(key) or target.get(key)]
    keys += [key for key in ("age", "sex") if source.get(key) != target.get(key)]

    def words(record):
        values = [f"{record[key]:.0f} y" if key == "age" else str(record[key]) for key in keys]
        return " ".join(SHORT.get(value, value) for value in values)

    return f"{words(source)}\nto {words(target)}"
