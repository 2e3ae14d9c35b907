"""The house: rooms stand one above the other, functions are small enough to call, nothing heavy runs at parse time."""

import ast
import re
import subprocess
import sys

import pytest

from configs import ROOT, workspace

# Top to bottom; a room imports from its own storey and those below.
STOREYS = [
    ["workflow_scripts", "pretrain", "tools"],
    ["commands", "__main__"],
    ["report"],
    ["plan", "store", "grid"],
    ["edit", "export", "prepare"],
    ["evaluation"],
    ["training"],
    ["methods"],
    ["sampling"],
    ["model"],
    ["datasets", "drift", "features", "metrics", "statistics", "prompts"],
    ["plugins"],
    ["runtime", "compat"],
]
STOREY = {room: level for level, rooms in enumerate(STOREYS) for room in rooms}
LIBRARY = sorted(ROOT.glob("ldcore/**/*.py"))
SOURCES = sorted([*LIBRARY, *(path for room in STOREYS[0] for path in ROOT.glob(f"{room}/**/*.py"))])
PYTHON = sorted([*SOURCES, *ROOT.glob("tests/**/*.py"), *ROOT.glob("benchmarks/*.py")])
# Know the config as a whole, or the layout of results.
WORKFLOW_ROOMS = {"commands", "__main__", "report", "plan", "store", "grid"}
MOST_PARAMETERS = 6
MOST_COLUMNS = 120


def relative(path):
    return str(path.relative_to(ROOT))


def room_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[1] if parts[0] == "ldcore" else parts[0]


def imported(path):
    """Dotted names of the modules a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def functions(path):
    return [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_rooms_import_downwards(path):
    own = room_of(path)
    for name in imported(path):
        assert not name.startswith("snakemake")
        parts = name.split(".")
        other = parts[1] if parts[0] == "ldcore" and len(parts) > 1 else parts[0]
        if other in STOREY and own in STOREY and (parts[0] == "ldcore" or other in STOREYS[0]):
            assert STOREY[other] >= STOREY[own], f"{own} imports {name}"


def test_every_module_stands_in_a_room():
    rooms = {room_of(path) for path in LIBRARY}
    assert rooms - set(STOREY) == {"__init__"}


@pytest.mark.parametrize("path", [path for path in LIBRARY if room_of(path) not in WORKFLOW_ROOMS], ids=relative)
def test_the_library_does_not_know_the_workflow(path):
    for name in imported(path):
        assert name.split(".")[1:2] not in ([room] for room in WORKFLOW_ROOMS), f"{relative(path)} imports {name}"
    for function in functions(path):
        named = {argument.arg for argument in [*function.args.args, *function.args.kwonlyargs]}
        assert "config" not in named, f"{relative(path)}: {function.name} takes the config"


@pytest.mark.parametrize("path", PYTHON, ids=relative)
def test_functions_take_few_parameters_and_lines_fit(path):
    for function in functions(path):
        arguments = function.args
        count = len([*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs])
        count += (arguments.vararg is not None) + (arguments.kwarg is not None)
        count -= bool(arguments.args) and arguments.args[0].arg in ("self", "cls")
        assert count <= MOST_PARAMETERS, f"{relative(path)}: {function.name} takes {count} parameters"
    for number, line in enumerate(path.read_text().splitlines(), 1):
        assert len(line) <= MOST_COLUMNS, f"{relative(path)}:{number} has {len(line)} columns"


def test_rules_fit_in_columns():
    for path in [ROOT / "Snakefile", ROOT / "pretrain" / "Snakefile", *ROOT.glob("rules/**/*.smk")]:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            assert len(line) <= MOST_COLUMNS, f"{relative(path)}:{number} has {len(line)} columns"


def test_ruff_is_content():
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run([sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


@pytest.mark.parametrize("config", ["configs/smoke.yaml", "configs/paper.yaml"])
def test_every_command_of_a_job_can_be_typed(config, tmp_path):
    folder = workspace(tmp_path / "clone")
    command = [sys.executable, "-m", "snakemake", "-n", "-p", "--cores", "1", "--nolock", "--configfile", config]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    said = done.stdout + done.stderr
    commands = re.findall(r"^.*\bworkflow_scripts/\w+\.py .*$", said, re.MULTILINE)
    assert len(commands) > 30
    for line in commands:
        assert len(line) <= 400 and "{" not in line, line


def test_checking_a_config_imports_nothing_heavy():
    code = (
        "import sys, ldcore.grid, ldcore.store, ldcore.plan.config, ldcore.plan.budget, ldcore.plan.weights\n"
        "import ldcore.plugins as p\n"
        "[p.declared(kind, name) for kind in p.FOLDERS for name in p.names(kind)]\n"
        "print(sorted({'torch', 'pandas', 'numpy', 'matplotlib', 'diffusers', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
