"""Which tables and figures a run makes: all that its config has the parts for, and those that it names.

What each shows is declared in its file (ldcore/report/tables, ldcore/report/figures), which is read, not run.
"""

from ldcore import plugins
from ldcore.grid import searches, tasks
from ldcore.runtime.errors import UserError

# Values of ASKED_BY, the part of a config that asks for a table or figure, in the order of the page.
PARTS = ("sweep", "", "searches", "prompt_study", "tasks", "editing")
# Values in NEEDS: what a table or figure is made from.
NEEDS = ("scores", "downstream", "samples", "data", "drifts", "edit_scores", "edits")


def tables(config: dict) -> list[str]:
    """The tables of a run, in the order of the page."""
    return ordered(config, "table")


def figures(config: dict) -> list[str]:
    """The figures of a run, in the order of the page."""
    return ordered(config, "figure")


def ordered(config: dict, kind: str) -> list[str]:
    """The tables or figures of a run: part by part, by name within a part, those of tasks in the tasks' order."""
    asked_by = {part: [] for part in PARTS}
    for name in [*plugins.names(kind), *config[f"{kind}s"]]:
        asked_by[plugins.declared(kind, name).get("ASKED_BY", "")].append(name)
    asked_by["tasks"] = [task[kind] for task in tasks(config).values()]
    return list(dict.fromkeys(name for part in PARTS if has_part(config, part) for name in asked_by[part]))


def has_part(config: dict, part: str) -> bool:
    """Whether a config has the part that asks."""
    found = {"": lambda: True, "tasks": lambda: tasks(config), "searches": lambda: searches(config)}
    return bool(found.get(part, lambda: config.get(part))())


def tasks_of(config: dict, kind: str, name: str) -> list[str]:
    """The editing tasks that a table or figure shows: those that name it, or all."""
    if plugins.declared(kind, name).get("ASKED_BY") == "tasks":
        return [task for task, entry in tasks(config).items() if entry[kind] == name]
    return list(tasks(config))


def check_reporting(config: dict) -> None:
    """UserError where the config names a table or figure that does not exist, or has not what it shows.

    The same where a file in one of the folders does not declare what it must.
    """
    for kind in ("table", "figure"):
        for name in plugins.names(kind):
            check_declared(kind, name, f"The {kind} {name}")
        for name in config[f"{kind}s"]:
            part = check_declared(kind, name, f"Config {kind}s").get("ASKED_BY", "")
            if part != "tasks" and not has_part(config, part):
                raise UserError(f"Config {kind}s: {name!r} shows `{part}`, which the config does not have.")
            if part == "tasks" and not tasks_of(config, kind, name):
                raise UserError(f"Config {kind}s: {name!r} shows editing tasks, but none has it as its `{kind}`.")
        for task, entry in tasks(config).items():
            place = f"Config editing.tasks.{task}.{kind}"
            if check_declared(kind, entry[kind], place).get("ASKED_BY") != "tasks":
                shown = [
                    name for name in plugins.names(kind) if plugins.declared(kind, name).get("ASKED_BY") == "tasks"
                ]
                raise UserError(f"{place}: {entry[kind]!r} is not made for tasks; use one of {', '.join(shown)}.")


def check_declared(kind: str, name: str, place: str) -> dict:
    """What a table or figure declares. UserError, beginning with `place`: there is none, or a literal does not fit."""
    try:
        plugins.check(kind, name)
        declared = plugins.declared(kind, name)
    except UserError as error:
        raise UserError(f"{place}: {error}") from None
    if "CAPTION" not in declared:
        raise UserError(f"{place}: {name} declares no CAPTION; give it one sentence of plain text.")
    needs = declared.get("NEEDS")
    if not isinstance(needs, tuple) or not set(needs) <= set(NEEDS):
        raise UserError(f"{place}: {name} declares NEEDS = {needs!r}; use a tuple of some of {', '.join(NEEDS)}.")
    if declared.get("ASKED_BY", "") not in PARTS:
        shown = ", ".join(map(repr, PARTS))
        raise UserError(f"{place}: {name} declares ASKED_BY = {declared['ASKED_BY']!r}; use one of {shown}.")
    return declared
