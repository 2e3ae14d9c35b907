"""An editing job says where its data set has fewer images than its task asks for."""

from types import SimpleNamespace

import pytest

from workflow_scripts.edit import say_shortage

TASK = {"images": 3, "sweep_images": 2, "null_images": 2, "val_images": 1, "edits": {"a": {}, "b": {"images": 2}}}


def asked(edit, outcome=True):
    source, target = {"diagnosis": "CN"}, {"diagnosis": "AD" if outcome else "CN"}
    return SimpleNamespace(edit=edit, source=source, target=target, target_row=None)


@pytest.mark.parametrize(
    "requested, choosing, said",
    [
        ("aaabb", 1, []),
        ("aab", 1, ["p.images: 3 asked for, and there are 2", "p.edits.b.images: 2 asked for, and there are 1"]),
        ("aaabb", 0, ["p.val_images: 1 asked for, and there are 0"]),
        ("a", 1, ["p.images: 3", "p.edits.b.images: 2", "p.sweep_images: 2", "p.null_images: 2"]),
    ],
)
def test_what_is_short_is_said(requested, choosing, said, capsys):
    say_shortage("p", TASK, [asked(edit) for edit in requested], [None] * choosing)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(said) and all(line.startswith(f"warning: {start}") for line, start in zip(lines, said))


def test_only_edits_with_an_outcome_are_swept(capsys):
    say_shortage("p", TASK | {"edits": None, "images": 2}, [asked("older"), asked("older", outcome=False)], [None])
    assert capsys.readouterr().out.startswith("warning: p.sweep_images: 2 asked for, and there are 1 edits to sweep")
