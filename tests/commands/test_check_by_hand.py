"""python -m ldcore check: whole plug-ins pass, and what one lacks is said in words."""

import pytest

from ldcore import plugins
from ldcore.__main__ import main
from ldcore.commands._contract import faults
from ldcore.commands._trial import trial

METHOD = 'TITLE = "Mine"\nEXTENDS = ("ldcore.training.options",)\nTRAINS = {"unet": ["conv_out.bias"]}\n'
BIAS = "    return {'bias': backbone.unet.conv_out.bias}\n"
APPLY = "def apply(backbone, tensors):\n    backbone.unet.conv_out.bias.data.copy_(tensors['bias'])\n"


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes a module; returns its dotted name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(text):
        folder = tmp_path / f"lab_check_{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        (folder / "mine.py").write_text(text)
        return f"{folder.name}.mine"

    return write


@pytest.mark.parametrize("kind", plugins.FOLDERS)
def test_every_plug_in_here_is_whole(kind):
    assert {name: faults(kind, name) for name in plugins.names(kind)} == dict.fromkeys(plugins.names(kind), [])


@pytest.mark.parametrize("name", [name for name in plugins.names("method") if name != "base"])
def test_every_method_here_passes_its_trial(name, tiny_model):
    found, did = trial(name, tiny_model)
    assert found == [] and len(did) == 5


@pytest.mark.parametrize(
    "kind, text, said",
    [
        ("metric", "def distance(made): ...\n", ["no TITLE", "no COMPARES", "no BETTER"]),
        (
            "metric",
            "TITLE='x'\nCOMPARES='pictures'\nBETTER='lower'\ndef value(a, b): ...\n",
            ["'pictures'; use one of"],
        ),
        ("metric", "TITLE='x'\nCOMPARES='pairs'\nBETTER='lower'\ndef value(a, b): ...\n", ["needs a function values"]),
        (
            "metric",
            "TITLE='x'\nCOMPARES='pairs'\nBETTER='lower'\nOPTIONS={'w': {'default': 1, 'description': 'd'}}\n"
            "def values(made, target): ...\n",
            ["values is called as values(made, target, w=...), but it is values(made, target)"],
        ),
        ("claim", "TITLE='x'\nPAPER='p'\nNEEDS=('score',)\ndef rows(results): ...\n", ["NEEDS = ('score',)"]),
        ("figure", "TITLE='x'\nNEEDS=()\ndef draw(): ...\n", ["no CAPTION"]),
        ("figure", "TITLE='x'\nCAPTION='c'\nNEEDS=()\ndef draw(): ...\n", ["draw is called as draw(results)"]),
        ("extractor", "TITLE='x'\nNEEDS_WEIGHTS=True\ndef load(): ...\n", ["so it needs an option `weights`"]),
        ("drift source", "TITLE='x'\nNEEDS='checkpoint'\ndef value(a, b, c): ...\n", ["function search", "`training`"]),
        (
            "measure",
            "TITLE=3\nANATOMY='brain_mr'\ndef measured(images): ...\n",
            ["no function measure", "make it a str"],
        ),
        ("classifier", "TITLE='x'\nfit_predict = 3\n", ["fit_predict is no function"]),
        ("classifier", "TITLE='x'\ndef fit_predict(a, b, c, d, e): ...\nraise OSError('no licence')\n", ["no licence"]),
        (
            "method",
            METHOD.replace("EXTENDS", "LIKE") + "def trainable(backbone): ...\n" + APPLY,
            ["loop", "trainable("],
        ),
        ("edit method", "TITLE='x'\nSAMPLING={}\ndef edit(b, s, d, o, a): ...\ndef trainable(b, o): ...\n", ["apply"]),
        ("dataset adapter", "TITLE='x'\ndef list_scans(options): ...\n", ["so it needs read_scan"]),
        (
            "table",
            "TITLE='x'\nCAPTION='c'\nNEEDS=()\nFOOTNOTES='f'\ndef rows(r): ...\ndef layout(r): ...\n",
            ["a tuple"],
        ),
    ],
)
def test_what_is_missing_is_said(written, kind, text, said):
    found = faults(kind, written(text))
    assert found and all(any(words in line for line in found) for words in said), found


@pytest.mark.parametrize(
    "schema, said",
    [
        ({"type": "number", "default": 1}, "OPTIONS w: it has no description"),
        ({"type": "numbr", "default": 1, "description": "d"}, "OPTIONS w: its schema is none"),
        ({"type": "number", "minimum": 2, "default": 1, "description": "d"}, "default 1 does not fit"),
        ({"type": "number", "above": "v", "default": 1, "description": "d"}, "above 'v', which is no option"),
        (3, "OPTIONS w: 3 is no JSON Schema"),
    ],
)
def test_schemas_of_options_are_looked_at(written, schema, said):
    name = written(f"TITLE='x'\nOPTIONS={{'w': {schema!r}}}\ndef fit_predict(a, b, c, d, e): ...\n")
    assert len(faults("classifier", name)) == 1 and said in faults("classifier", name)[0]


@pytest.mark.parametrize(
    "work, said",
    [
        ("    return {}\n" + APPLY, "trainable gives no parameters"),
        ("    return {'bias': backbone.vae.decoder.conv_out.bias}\n" + APPLY, "one step of training"),
        (BIAS + "def apply(backbone, tensors): ...\n", "apply does not restore all"),
        (BIAS + APPLY + "    raise KeyError('w')\n", "apply: KeyError: 'w'"),
        (BIAS + APPLY + "    backbone.scheduler.register_to_config(num_train_timesteps=900)\n", "the noise schedule"),
    ],
)
def test_a_method_that_does_not_work_is_told(written, tiny_model, capsys, work, said):
    name = written(METHOD + "def trainable(backbone, options):\n" + work)
    assert main(["check", "method", name, "--model", str(tiny_model)]) == 1
    printed = capsys.readouterr().out
    assert said in printed and "is not whole yet" in printed


def test_a_whole_one_exits_with_0_and_an_unknown_one_is_a_sentence(written, tiny_model, capsys):
    good = written(METHOD + "def trainable(backbone, options):\n" + BIAS + APPLY)
    assert main(["check", "method", good, "--model", str(tiny_model)]) == 0
    assert "is whole" in capsys.readouterr().out
    assert main(["check", "method", "base"]) == 0
    with pytest.raises(SystemExit, match="'mine' is unknown"):
        main(["check", "edit-method", "mine"])
    with pytest.raises(SystemExit) as ended:
        main(["check", "colour", "mine"])
    assert (
        ended.value.code == 2
        and "'colour' is no kind of plug-in; use one of method, edit-method" in capsys.readouterr().err
    )
