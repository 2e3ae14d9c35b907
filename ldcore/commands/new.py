"""A working plug-in to start from, in the folder of its kind or in a module of your own.

Writes the file and prints what a config needs to use it. Nothing is written over. CONTRIBUTING.md says what each kind
is for; `python -m ldcore check KIND NAME` says whether yours is whole.
"""

import importlib
import keyword
from importlib.util import find_spec
from pathlib import Path

from ldcore import plugins
from ldcore.commands._arguments import add_kind
from ldcore.prompts import article
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import atomic

EXAMPLE = """
python -m ldcore new method biases --module lab.biases
python -m ldcore check method lab.biases
"""
TEMPLATES = Path(__file__).parent / "templates"
# What a config needs, a line each.
CONFIG = {
    "method": ("methods: {NAME: {steps: 100}}", "grid: {methods: [NAME]}"),
    "edit method": ("editing: {tasks: {mine: {like: disease, method: NAME, options: {}}}}",),
    "measure": ("datasets: {brain_phantom: {measures: [NAME]}}",),
    "dataset adapter": (
        "datasets: {mine: {adapter: NAME, anatomy: noise image, classes: [CN, AD]}}",
        "grid: {datasets: [mine]}",
    ),
    "extractor": ("extractors: {NAME: {}}",),
    "metric": ("metrics: [fid, kid, NAME]",),
    "classifier": ("datasets: {brain_phantom: {classifier: {name: NAME, options: {}}}}",),
    "drift source": (
        "drifts: {mine: {kind: prior, source: NAME}}",
        "grid: {cells: [{label: none, training: plain, drift: none}, {label: ld, training: ld, drift: mine}]}",
    ),
    "table": ("tables: [NAME]",),
    "figure": ("figures: [NAME]",),
    "claim": ("claims: [NAME]",),
}


def add_arguments(parser) -> None:
    """See ldcore.commands."""
    add_kind(parser)
    parser.add_argument("name", metavar="NAME", help="what configs will call it: letters, digits, underscores")
    parser.add_argument(
        "--module",
        metavar="lab.NAME",
        help="write lab/NAME.py in the working folder instead; configs then name it so, and PYTHONPATH has the folder",
    )


def run(arguments) -> None:
    """See ldcore.commands."""
    kind, name, module = arguments.kind, arguments.name, arguments.module
    check_name(kind, name, module)
    folder = Path(plugins.ROOT, *plugins.FOLDERS[kind].split("."))
    path = Path(*module.split(".")).with_suffix(".py") if module else folder / f"{name}.py"
    if path.exists() or path.with_suffix("").exists():
        raise UserError(f"{path if path.exists() else path.with_suffix('')} exists already; give another name.")
    text = (TEMPLATES / f"{kind.replace(' ', '_')}.py").read_text()
    with atomic(path) as temporary:
        temporary.write_text(text.replace("TEMPLATE", name.replace("_", " ")))
    importlib.invalidate_caches()
    print(f"{path} is {article(kind)} {kind} that works. In a config:\n")
    for line in CONFIG[kind]:
        print(f"    {line.replace('NAME', module or name)}")
    print(f"\nChange it, then: python -m ldcore check {kind.replace(' ', '-')} {module or name}")
    if not module:
        print("And, since docs/plugins.md lists all that lie in the repository: make plugins")


def check_name(kind: str, name: str, module: str | None) -> None:
    """UserError where a plug-in cannot be called so, or the module would hide an installed one or be hidden by it."""
    for part in [name, *(module or "").split(".")] if module else [name]:
        if not part.isidentifier() or keyword.iskeyword(part) or part.startswith("_"):
            raise UserError(f"{part!r} is no name for a Python file of a plug-in; use letters, digits and underscores.")
    if module is None:
        return
    if "." not in module or module.split(".")[-1] != name:
        raise UserError(f"--module {module} is not PACKAGE.{name}; give the whole dotted name, such as lab.{name}.")
    package = module.split(".")[0]
    spec = find_spec(package)
    places = [Path(place).resolve() for place in (spec.submodule_search_locations or [])] if spec else []
    if spec and Path(package).resolve() not in places:
        raise UserError(f"The package {package!r} of --module {module} is installed already; give one of your own.")
