"""Plug-ins: found by being there, read without being run, and every fault of a file is one sentence."""

import pytest

from ldcore import plugins
from ldcore.runtime.errors import UserError

GOOD = 'TITLE = "Bias"\nOPTIONS = {"rate": {"type": "number", "default": 0.1}}\n'
WORK = "def trainable(backbone, options): ...\ndef apply(backbone, tensors): ...\n"


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes lab/NAME.py where it can be imported; returns the dotted name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name, content, package=""):
        folder = tmp_path / f"lab_{name}"
        folder.mkdir()
        (folder / "__init__.py").write_text(package)
        (folder / f"{name}.py").write_bytes(content if isinstance(content, bytes) else content.encode())
        return f"lab_{name}.{name}"

    return write


def test_every_plugin_of_every_kind_is_whole():
    for kind in plugins.FOLDERS:
        assert plugins.names(kind)
        for name in plugins.names(kind):
            plugins.check(kind, name)
            assert plugins.declared(kind, name)["TITLE"] == plugins.title(kind, name)


def test_declarations_are_read_without_running_the_file(module):
    name = module("quiet", GOOD + WORK + "raise RuntimeError('run')\n")
    plugins.check("method", name)
    assert plugins.title("method", name) == "Bias" and plugins.options("method", name) == {"rate": 0.1}
    annotated = module("annotated", "OPTIONS: dict = {'a': {'default': 1}}\n" + WORK)
    assert plugins.options("method", annotated) == {"a": 1}


@pytest.mark.parametrize(
    "content, package, sentence",
    [
        ("OPTIONS = {", "", "cannot be read as Python"),
        (b"TITLE = '\xff'\n", "", "cannot be read as Python"),
        ("TITLE = 'x'\n", "raise OSError('no licence')\n", "cannot be looked up: OSError: no licence"),
        ("OPTIONS = dict(a=1)\n" + WORK, "", "write OPTIONS as plain values"),
        ("TRAINS = dict(unet=[])\n" + WORK, "", "write TRAINS as plain values"),
        (GOOD + "def apply(backbone, tensors): ...\n", "", "has no function trainable"),
    ],
    ids=["syntax", "encoding", "package", "computed", "computed-too", "function"],
)
def test_a_faulty_file_is_one_sentence(module, content, package, sentence, request):
    name = module(request.node.callspec.id.replace("-", "_"), content, package)
    with pytest.raises(UserError, match=sentence):
        plugins.check("method", name)
        plugins.declared("method", name)


@pytest.mark.parametrize("name", ["basic_fft", "no.such.module", ".x", "."])
def test_an_unknown_name_lists_the_known_ones(name):
    with pytest.raises(UserError, match="is unknown; use one of base, basic_ft, .* or a dotted module path"):
        plugins.check("method", name)


def test_a_folder_among_the_files_is_no_plugin(tmp_path, monkeypatch):
    (tmp_path / "ldcore" / "methods" / "folder").mkdir(parents=True)
    (tmp_path / "ldcore" / "methods" / "folder" / "__init__.py").write_text("")
    (tmp_path / "ldcore" / "methods" / "_helper.py").write_text("")
    (tmp_path / "ldcore" / "methods" / "own.py").write_text(GOOD + WORK)
    monkeypatch.setattr(plugins, "ROOT", tmp_path)
    assert plugins.names("method") == ["own"]


@pytest.mark.parametrize(
    "given, said",
    [
        ([1], r"lab: \[1\] is no mapping; give options by name"),
        ({"window": [9, 1]}, r"lab: option window is \[9, 1\].*does not rise"),
        ({"window": [1, "x"]}, "lab: option window.1 is 'x'"),
        ({"shares": {"a": "5e-1", "b": 0.6}}, "lab: option shares is .*adds up to 1.1, not to 1"),
        ({"shares": {"a": None}}, "lab: option shares.a is None"),
        ({"high": 2}, r"lab: option high is 2; give more than low \(3\)"),
    ],
)
def test_options_may_be_bound_to_each_other(given, said):
    properties = {
        "window": {"type": "array", "items": {"type": "number"}, "increasing": True, "default": [1, 9]},
        "shares": {"type": "object", "additionalProperties": {"type": "number"}, "total": 1, "default": {"a": 1}},
        "low": {"type": "number", "default": 3},
        "high": {"type": "number", "above": "low", "default": 4},
    }
    whole = plugins.filled(properties, {"window": ["1e0", 2], "high": "5e0"}, "lab")
    assert whole == {"window": [1, 2], "shares": {"a": 1}, "low": 3, "high": 5}
    with pytest.raises(UserError, match=said) as caught:
        plugins.filled(properties, given, "lab")
    assert "\n" not in str(caught.value)
