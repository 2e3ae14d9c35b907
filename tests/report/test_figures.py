"""Figures: each is drawn from a run's files, equal PNG bytes for equal numbers (PDF objects are not ordered)."""

import numpy as np
import pytest

from ldcore import plugins
from ldcore.plan import reporting
from ldcore.report.drawing import save
from ldcore.report.figures import figure3, gains
from ldcore.report.figures._edits import columns_of, describe, rows_shown


def test_every_figure_is_drawn_whole_and_repeatably(drawn, tmp_path):
    names = reporting.figures(drawn.config)
    assert {"figure1", "figure2", "figure3", "figure4", "figure5", "figure6", "figure7", "gains", "tradeoff"} == set(
        names
    )
    for name in names:
        for folder in "ab" if name in ("figure2", "figure3") else "a":
            save(plugins.find("figure", name).draw(drawn), tmp_path / folder / name)
        for suffix in ("png", "pdf"):
            assert len((tmp_path / "a" / f"{name}.{suffix}").read_bytes()) > 1000
    for name in ("figure2.png", "figure3.png"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert len(list((tmp_path / "a").iterdir())) == 2 * len(names)


def test_trainings_of_a_sweep_are_told_apart(results):
    assert figure3.training_titles(results.config) == {
        "plain": "fine-tuned without LD",
        "ld": "fine-tuned with LD",
    }
    trainings = results.config["trainings"]
    trainings["other"] = {**trainings["plain"], "drift": "moment"}
    trainings["control"] = {**trainings["plain"], "noise": "input_perturbation", "scale": 0.1}
    results.config["sweep"]["trainings"] += ["other", "control"]
    titles = figure3.training_titles(results.config)
    assert titles["ld"] == "fine-tuned with LD: ld" and titles["other"] == "fine-tuned with LD: other"
    assert titles["control"] == "fine-tuned: control"


def test_gains_say_how_sure_they_are(scored):
    figure = gains.draw(scored)
    assert len(figure.axes) == 4 and figure.axes[0].get_title() == "brain\nefficientnet_lite0"
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["ld", "moment", "ld", "ld"]  # of the grid's prompt, then of the study's
    assert {line.get_color() for line in figure.axes[0].lines[:-1]} == {"tab:blue"}  # 0.4 to 0.6


def test_a_sheet_of_edits_shows_source_truths_and_changes(drawn):
    edited = drawn.edited("ageing")
    titles = [title for title, *_ in columns_of(edited)]
    assert titles[:2] == ["source", "true follow-up"] and "Basic FT\nLD: ld\nits change" in titles
    assert "Untouched\nLD: none\ndecoded" in titles and len(titles) == 2 + 2 * 4
    rows = rows_shown(drawn.edited("disease").requests, 4)
    assert len(rows) == 4 and len(set(rows)) == 4


@pytest.mark.parametrize("count", [1, 3, 8])
def test_of_one_edit_the_rows_shown_are_spread_evenly(drawn, count):
    requests = drawn.edited("ageing").requests
    rows = rows_shown(requests, count)
    assert rows[0] == 0 and len(rows) == min(count, len(requests)) and (np.diff(rows) > 0).all()


def test_a_request_is_described_without_its_subject(drawn):
    texts = {describe(request) for request in drawn.edited("disease").requests}
    assert "CN\nto AD" in texts and not any("s1" in text for text in texts)
    assert any(text.endswith("y") and "\nto CN 7" in text or "AD" in text for text in texts)
