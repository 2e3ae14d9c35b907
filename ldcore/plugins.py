"""Plug-ins: one mechanism for methods, datasets, extractors, metrics, drift sources, classifiers, tables,
figures and claims.

A plug-in is one file: in the folder of its kind, where it is found by being there, or any importable module by its
dotted name. Files whose names begin with an underscore are helpers. Beside its work (the contract of a kind is the
docstring of its folder) a plug-in declares, as plain literals,

    TITLE    what tables and figures call it
    OPTIONS  its options: name -> JSON Schema of the value, with its `default`
    EXTENDS  modules whose OPTIONS it has too, by dotted name

and what its kind asks for besides. Declarations are read from the file's text (`declared`): checking a config imports
none of the plug-ins, nor torch with them.
"""

import ast
import functools
import importlib
import pkgutil
import sys
from importlib.util import find_spec
from pathlib import Path

from ldcore.runtime import code
from ldcore.runtime.errors import UserError
from ldcore.runtime.schemas import misfit, with_numbers

# kind, as error texts name it -> the folder where its plug-ins lie
FOLDERS = {
    "method": "ldcore.methods",
    "edit method": "ldcore.edit.methods",
    "measure": "ldcore.edit.scoring.measures",
    "dataset adapter": "ldcore.datasets.adapters",
    "extractor": "ldcore.features",
    "metric": "ldcore.metrics",
    "classifier": "ldcore.evaluation.classifiers",
    "drift source": "ldcore.drift.sources",
    "table": "ldcore.report.tables",
    "figure": "ldcore.report.figures",
    "claim": "ldcore.report.claims",
}
# kind -> what a plug-in must have: functions, or alternatives of which one will do
FUNCTIONS = {
    "method": ("trainable", "apply"),
    "edit method": ("edit",),
    "measure": ("measure",),
    "dataset adapter": (("build", "list_scans"),),
    "extractor": ("load",),
    "metric": (("distance", "values", "value"),),
    "classifier": ("fit_predict",),
    "drift source": (("value", "search"),),
    "table": ("rows", "layout"),
    "figure": ("draw",),
    "claim": ("rows",),
}
# Declarations that are read from the text, so must be plain values.
DECLARED = {
    *("TITLE", "OPTIONS", "EXTENDS", "TRAINS", "SAMPLING", "PATIENTS", "PARTS", "SOURCE", "NEEDS_WEIGHTS"),
    *("LIKE_INCEPTION", "COMPARES", "BETTER", "GAIN", "ROW", "ANATOMY", "CAPTION", "NEEDS", "ASKED_BY", "PAPER"),
}
ROOT = Path(__file__).parents[1]


def names(kind: str) -> list[str]:
    """The plug-ins of a kind that lie in its folder."""
    folder = Path(ROOT, *FOLDERS[kind].split("."))
    files = [module.name for module in pkgutil.iter_modules([str(folder)]) if not module.ispkg]
    return sorted(name for name in files if not name.startswith("_"))


def file_of(kind: str, name: str) -> Path:
    """The plug-in's file. UserError lists the known names, or says why its package cannot be imported."""
    if "." not in name and name in names(kind):
        return Path(ROOT, *FOLDERS[kind].split("."), f"{name}.py")
    try:
        spec = find_spec(name) if "." in name.strip(".") else None
    except ModuleNotFoundError:  # its package
        spec = None
    except Exception as error:  # whatever the package does when it is imported
        raise UserError(f"The {kind} {name!r} cannot be looked up: {type(error).__name__}: {error}.") from error
    if spec is not None and (name.split(".")[0] in sys.stdlib_module_names or not str(spec.origin).endswith(".py")):
        raise UserError(f"The {kind} {name!r} is no Python file of yours; give a dotted module path of one.")
    if spec is None:
        raise UserError(f"The {kind} {name!r} is unknown; use one of {', '.join(names(kind))} or a dotted module path.")
    code.OUTSIDE.add(Path(spec.origin))
    return Path(spec.origin)


def find(kind: str, name: str):
    """Import the plug-in. UserError lists the known names."""
    file_of(kind, name)
    return importlib.import_module(name if "." in name else f"{FOLDERS[kind]}.{name}")


def declared(kind: str, name: str) -> dict:
    """The plug-in's upper-case literals (TITLE, OPTIONS, ...) without importing it; OPTIONS has those of EXTENDS too.

    UserError: unknown name, or an OPTIONS that is not plain values.
    """
    return literals(file_of(kind, name))


def check(kind: str, name: str, place: str = "") -> None:
    """UserError where there is no such plug-in, or it lacks a function that its kind must have.

    place: where it is named in the config; the sentence then begins with it.
    """
    try:
        for lack in lacking(kind, name):
            raise UserError(lack)
    except UserError as error:
        raise UserError(f"Config {place}: {error}" if place else str(error)) from error


def lacking(kind: str, name: str) -> list[str]:
    """A sentence for every function that the plug-in must have and has not. UserError: there is no such plug-in."""
    path = file_of(kind, name)
    bound = {target for node in syntax(path) for target in names_bound(node)}
    wanted = [(function,) if isinstance(function, str) else function for function in FUNCTIONS[kind]]
    return [
        f"The {kind} {name!r} ({path}) has no function {' or '.join(alternatives)}."
        for alternatives in wanted
        if not bound & set(alternatives)
    ]


@functools.cache
def literals(path: Path) -> dict:
    """The upper-case names a Python file binds to plain values at its top level, OPTIONS completed by EXTENDS."""
    declarations = {}
    for node in syntax(path):
        for name in names_bound(node):
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and name.isupper():
                try:
                    declarations[name] = ast.literal_eval(node.value)
                except ValueError:  # computed
                    if name in DECLARED:
                        raise UserError(
                            f"{path}: write {name} as plain values, since it is read without running the file."
                        ) from None
    options = {}
    for module in declarations.get("EXTENDS", ()):
        options |= literals(Path(find_spec(module).origin))["OPTIONS"]
    return {**declarations, "OPTIONS": options | declarations.get("OPTIONS", {})}


@functools.cache
def syntax(path: Path) -> list[ast.stmt]:
    """The statements of a Python file. UserError where it is none."""
    try:
        return ast.parse(path.read_bytes(), str(path)).body
    except (OSError, SyntaxError, ValueError) as error:
        raise UserError(f"{path} cannot be read as Python: {error}.") from error


def names_bound(node: ast.stmt) -> list[str]:
    """The names that a top-level statement binds."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name for alias in node.names]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def title(kind: str, name: str) -> str:
    """What people call the plug-in: its TITLE, else its name."""
    return declared(kind, name).get("TITLE", name)


def options(kind: str, name: str, given: dict | None = None, place: str = "", literal: str = "OPTIONS") -> dict:
    """All options of a plug-in: those given, checked against what it declares, over its defaults.

    place: where they stand in the config, for errors. literal: another declaration of options, such as an edit method's
    SAMPLING. UserError: an unknown option, a wrong type, a value out of range, or a required option (one without a
    default) that is not given.
    """
    return filled(declared(kind, name).get(literal, {}), given or {}, place or f"{kind} {name}")


def options_of(module, given: dict | None = None, place: str = "") -> dict:
    """The same of a plug-in that is imported already."""
    return filled(literals(Path(module.__file__))["OPTIONS"], given or {}, place or module.__name__)


def filled(properties: dict, given: dict, place: str) -> dict:
    """`given` checked against the JSON Schemas `properties`, over their defaults.

    Beside the words of ldcore.runtime.schemas a property may have `above`: the name of an option that is to be smaller.
    """
    if not isinstance(given, dict):
        raise UserError(f"{place}: {given!r} is no mapping; give options by name.")
    for key in given:
        if key not in properties:
            known = f"use one of {', '.join(sorted(properties))}" if properties else "it has none"
            raise UserError(f"{place}: option {key!r} is unknown; {known}.")
    values = {key: with_numbers(value, properties[key]) for key, value in given.items()}
    for key, schema in properties.items():
        if key not in values and "default" not in schema:
            raise UserError(
                f"{place}: option {key!r} is not set; give it ({schema.get('description', 'it has no default')})."
            )
        fault = misfit(values[key], schema) if key in values else None
        if fault is not None:
            value = functools.reduce(lambda value, step: value[step], fault[0], values[key])
            inside = ".".join([key, *map(str, fault[0])])
            raise UserError(f"{place}: option {inside} is {value!r}, which does not fit: {fault[1]}.")
    values = {key: values.get(key, schema.get("default")) for key, schema in properties.items()}
    for key, schema in properties.items():
        if "above" in schema and not values[key] > values[schema["above"]]:
            low = f"{schema['above']} ({values[schema['above']]})"
            raise UserError(f"{place}: option {key} is {values[key]}; give more than {low}.")
    return values
