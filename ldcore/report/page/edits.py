"""The edit viewer: source, result, truth and their difference of every request, under every base, cell and style."""

import numpy as np

from ldcore.plan import reporting
from ldcore.report.drawing import evenly
from ldcore.report.figures._edits import describe
from ldcore.report.markup import method_title
from ldcore.report.page.pictures import MOST, sheet


def tasks(config: dict) -> list[str]:
    """The editing tasks whose edits some table or figure of the run shows."""
    shown = [
        task
        for kind, names in (("table", reporting.tables(config)), ("figure", reporting.figures(config)))
        for name in names
        if {"edits", "edit_scores"} & set(reporting.needs(config, kind, name))
        for task in reporting.tasks_of(config, kind, name)
    ]
    return list(dict.fromkeys(shown))


def most(shown: dict) -> int:
    """How many requests the task with most of them has, as far as all its styles fit on a sheet.

    shown: name of a task -> Results.edited.
    """
    return max((min(len(one.requests), MOST // len(one.task["styles"])) for one in shown.values()), default=0)


def section(shown: dict, amounts: list[float], count: int) -> dict:
    """At most `count` requests of every task: what they ask, source and truth, and each cell's pictures, as sheets."""
    return {name: task(edited, amounts, count) for name, edited in shown.items()}


def task(edited, amounts: list[float], count: int) -> dict:
    """One task; a sheet has its requests one after another, for every style or amount."""
    rows = evenly(len(edited.requests), count)
    truth = edited.truth
    return {
        "dataset": edited.task["dataset"],
        "method": method_title(edited.task["method"], "edit method"),
        "styles": edited.task["styles"],
        "of": len(edited.requests),
        "requests": [f"{row + 1}. {asked(edited.requests[row])}" for row in rows],
        "source": line(edited.source, rows),
        "followup": None if truth.followup is None else line(truth.followup, rows),
        "exact": None if truth.exact is None else line(truth.exact, rows),
        "cells": [
            {
                "title": f"{'untouched' if base == 'base' else method_title(base)}, {label}",
                "decoded": lines(edits["decoded"][:, rows], quality=95),
                "changed": lines(edits["changed"][:, rows], lossless=True),
                "swept": swept(edits, rows),
                "sweep": sweep(edits, rows),
            }
            for (base, label), edits in edited.edits.items()
        ],
        "amounts": amounts,
    }


def asked(request) -> str:
    """'CN to AD: CN 70 y to AD 70 y', without naming the subject."""
    return f"{request.edit}: {describe(request)}".replace("\n", " ")


def sweep(edits, rows) -> dict | None:
    """The shown requests at every amount, a line each; None where none of them was edited so."""
    places = kept(edits, rows)
    return lines(edits["sweep_changed"][:, places], lossless=True) if places else None


def kept(edits, rows) -> list[int]:
    """Which places of the sweep over lambda are of requests that the page shows."""
    return [place for place, row in enumerate(edits["sweep"]) if row in rows]


def swept(edits, rows) -> list[int]:
    """Which of the shown requests have a sweep over lambda, by their column."""
    return [int(np.flatnonzero(rows == edits["sweep"][place])[0]) for place in kept(edits, rows)]


def line(images: np.ndarray, rows) -> dict:
    """Gray images, one a request."""
    return sheet(images[rows], lossless=True)


def lines(images: np.ndarray, **options) -> dict:
    """Images [L, N, ...], image n of line l at place l N + n."""
    return sheet(images.reshape(-1, *images.shape[2:]), **options)
