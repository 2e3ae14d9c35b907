"""The house: arrows point downwards, the library knows no Snakemake, modules stay small."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = [
    ["workflow_scripts"],
    ["report", "pretrain", "convert"],
    ["export"],
    ["score", "downstream", "edit"],
    ["classify"],
    ["generate", "evaluation"],
    ["train"],
    ["batches", "progress", "budget"],
    ["methods"],
    ["latents", "sample"],
    ["backbone", "estimate", "prepare", "features", "metrics"],
    ["datasets", "extractors", "prompts"],
    ["drift", "chunks", "seeds", "config", "schema", "weights", "cli", "speed"],
    ["jobs"],
    ["files"],
    ["errors"],
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
# The config's look at which methods, edits and adapters exist (names only, nothing heavy) is the one arrow that points up.
ALLOWED = {("config", "methods"), ("config", "datasets"), ("config", "edit")}
SOURCES = sorted([*ROOT.glob("ldcore/**/*.py"), *ROOT.glob("workflow_scripts/*.py")])


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_arrows_point_down(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    own = parts[1] if parts[0] == "ldcore" else "workflow_scripts"
    for name in imports(path):
        assert not name.startswith("snakemake")
        other = name.split(".")[1] if name.startswith("ldcore.") else None
        if other in LEVEL and own in LEVEL and other != own and (own, other) not in ALLOWED:
            assert LEVEL[other] >= LEVEL[own], f"{own} imports {other}"


def test_every_module_has_a_layer_and_is_small():
    for path in SOURCES:
        assert len(path.read_text().splitlines()) <= 200, path
    names = {path.relative_to(ROOT / "ldcore").parts[0].removesuffix(".py") for path in ROOT.glob("ldcore/**/*.py")}
    assert names - set(LEVEL) <= {"__init__", "compat", "__pycache__"}
