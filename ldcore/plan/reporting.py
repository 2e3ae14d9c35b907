"""Which tables, figures and claims a run has: all that its config has the parts for, and those that it names.

What each shows is declared in its file (ldcore/report/tables, figures, claims), which is read, not run.
"""

from ldcore import plugins
from ldcore.grid import searches, tasks
from ldcore.runtime.errors import UserError

KINDS = ("table", "figure", "claim")
# Values of ASKED_BY, the part of a config that asks for a table or figure, in the order of the page.
PARTS = ("sweep", "", "searches", "prompt_study", "tasks", "editing")
# Values in NEEDS: what a table, figure or claim is made from; of a table also "claims", what all of these need.
NEEDS = ("scores", "downstream", "samples", "data", "drifts", "edit_scores", "edits", "reference", "claims")


def tables(config: dict) -> list[str]:
    """The tables of a run, in the order of the page: the verdicts first."""
    return sorted(ordered(config, "table"), key=lambda name: name != "claims")


def figures(config: dict) -> list[str]:
    """The figures of a run, in the order of the page."""
    return ordered(config, "figure")


def claims(config: dict) -> list[str]:
    """The claims that a run can say something about: those of every run, then part by part."""
    return sorted(ordered(config, "claim"), key=lambda name: plugins.declared("claim", name).get("ASKED_BY", "") != "")


def needs(config: dict, kind: str, name: str) -> list[str]:
    """What a table or figure is made from: its NEEDS, with those of the claims in place of "claims"."""
    given = plugins.declared(kind, name)["NEEDS"]
    of_claims = [need for claim in claims(config) for need in plugins.declared("claim", claim)["NEEDS"]]
    return list(dict.fromkeys(need for one in given for need in (of_claims if one == "claims" else [one])))


def all_needs(config: dict) -> set[str]:
    """What the tables and figures of a run are made from, all together."""
    shown = {"table": tables(config), "figure": figures(config)}
    found = {need for kind, names in shown.items() for name in names for need in plugins.declared(kind, name)["NEEDS"]}
    if "claims" in found:
        found |= {need for name in claims(config) for need in plugins.declared("claim", name)["NEEDS"]}
    return found - {"claims"}


def ordered(config: dict, kind: str) -> list[str]:
    """The tables, figures or claims of a run: part by part, then by name; those of tasks in the tasks' order.

    Where the config says `only`, those of them alone.
    """
    asked_by = {part: [] for part in PARTS}
    for name in [*plugins.names(kind), *config[f"{kind}s"]]:
        asked_by[plugins.declared(kind, name).get("ASKED_BY", "")].append(name)
    if kind != "claim":
        asked_by["tasks"] = [task[kind] for task in tasks(config).values()]
    asked = dict.fromkeys(name for part in PARTS if has_part(config, part) for name in asked_by[part])
    return [name for name in asked if name in (config["only"] or asked)]


def has_part(config: dict, part: str) -> bool:
    """Whether a config has the part that asks."""
    found = {"": lambda: True, "tasks": lambda: tasks(config), "searches": lambda: searches(config)}
    return bool(found.get(part, lambda: config.get(part))())


def tasks_of(config: dict, kind: str, name: str) -> list[str]:
    """The editing tasks that a table or figure shows: those that name it (a figure not those `like` one), or all."""
    if plugins.declared(kind, name).get("ASKED_BY") == "tasks":
        shown = [task for task, entry in tasks(config).items() if entry[kind] == name]
        return [task for task in shown if kind == "table" or not tasks(config)[task]["like"]]
    return list(tasks(config))


def check_reporting(config: dict) -> None:
    """UserError where the config names a table, figure or claim that does not exist, or has not what it shows.

    The same where a file in one of the folders does not declare what it must.
    """
    for kind in KINDS:
        for name in plugins.names(kind):
            check_declared(kind, name, f"The {kind} {name}")
        for name in config[f"{kind}s"]:
            part = check_declared(kind, name, f"Config {kind}s").get("ASKED_BY", "")
            if part != "tasks" and not has_part(config, part):
                raise UserError(f"Config {kind}s: {name!r} shows `{part}`, which the config does not have.")
            if part == "tasks" and not tasks_of(config, kind, name):
                raise UserError(f"Config {kind}s: {name!r} shows editing tasks, but none has it as its `{kind}`.")
        for task, entry in tasks(config).items() if kind != "claim" else ():
            place = f"Config editing.tasks.{task}.{kind}"
            if check_declared(kind, entry[kind], place).get("ASKED_BY") != "tasks":
                shown = [
                    name for name in plugins.names(kind) if plugins.declared(kind, name).get("ASKED_BY") == "tasks"
                ]
                raise UserError(f"{place}: {entry[kind]!r} is not made for tasks; use one of {', '.join(shown)}.")
    known = [name for kind in KINDS for name in ordered({**config, "only": []}, kind)]
    for name in config["only"]:
        if name not in known:
            raise UserError(f"Config only: {name!r} is nothing that this run would make ({', '.join(known)}).")


def check_declared(kind: str, name: str, place: str) -> dict:
    """What such a file declares. UserError, beginning with `place`: there is none, or a literal does not fit."""
    try:
        plugins.check(kind, name)
        declared = plugins.declared(kind, name)
    except UserError as error:
        raise UserError(f"{place}: {error}") from None
    of_claim = kind == "claim"
    text = "PAPER" if of_claim else "CAPTION"
    if text not in declared:
        raise UserError(f"{place}: {name} declares no {text}; give it one sentence of plain text.")
    needs, known = declared.get("NEEDS"), [need for need in NEEDS if not (of_claim and need == "claims")]
    if not isinstance(needs, tuple) or not set(needs) <= set(known):
        raise UserError(f"{place}: {name} declares NEEDS = {needs!r}; use a tuple of some of {', '.join(known)}.")
    parts = [part for part in PARTS if not (of_claim and part == "tasks")]
    if declared.get("ASKED_BY", "") not in parts:
        shown = ", ".join(map(repr, parts))
        raise UserError(f"{place}: {name} declares ASKED_BY = {declared['ASKED_BY']!r}; use one of {shown}.")
    return declared
