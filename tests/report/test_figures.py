"""Figures: each is drawn from a run's files, equal PNG bytes for equal numbers (PDF objects are not ordered)."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from looks import bold, faults, texts_drawn

from ldcore import plugins
from ldcore.plan import reporting
from ldcore.report import drawing
from ldcore.report.drawing import save
from ldcore.report.figures import _sheet, figure3, gains
from ldcore.report.figures._edits import describe, groups_of, rows_shown


def test_every_figure_is_drawn_repeatably_and_can_be_printed_as_it_is(drawn, tmp_path):
    names = reporting.figures(drawn.config)
    assert {"figure1", "figure2", "figure3", "figure4", "figure5", "figure6", "figure7", "gains", "tradeoff"} == set(
        names
    )
    for name in names:
        for folder in "ab" if name in ("figure2", "figure3") else "a":
            figure = plugins.find("figure", name).draw(drawn)
            shown = texts_drawn(figure)
            assert faults(figure, shown) == [], name
            assert len(bold(shown)) >= 2 and "".join(bold(shown)) in "(a)(b)(c)(d)(e)(f)(g)(h)", name
            save(figure, tmp_path / folder / name)
        assert len((tmp_path / "a" / f"{name}.png").read_bytes()) > 1000
        printed = (tmp_path / "a" / f"{name}.pdf").read_bytes()
        assert b"/FontFile2" in printed and b"/Type3" not in printed, name
    for name in ("figure2.png", "figure3.png"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert len(list((tmp_path / "a").iterdir())) == 2 * len(names)


def test_what_cannot_be_printed_is_noticed():
    figure = plt.figure(figsize=(8, 10))
    for place, words in ((0.5, "one"), (0.501, "other"), (1.0, "beyond")):
        figure.text(place, 0.5, words)
    figure.text(0.1, 0.1, "large", fontsize=9)
    assert faults(figure, texts_drawn(figure)) == [
        "8.0 in wide",
        "10.0 in high",
        "'beyond' is over the edge",
        "'large' has 9.0 points",
        "'one' is on 'other'",
    ]


@pytest.mark.parametrize(
    ("groups", "lines", "images"), [(1, 1, 1), (1, 3, 5), (2, 18, 1), (5, 4, 3), (3, 8, 4), (7, 3, 2)]
)
def test_a_sheet_of_any_shape_fits_the_page(groups, lines, images):
    draw = np.random.default_rng(0)
    picture = draw.integers(0, 256, (8, 8), dtype=np.uint8)
    change = picture - 128.0
    sheet = _sheet.sheet(
        _sheet.arranged(
            [
                _sheet.Group(
                    f"data_{number}, LD: ld",
                    [("Cardiomegaly", images)],
                    [(f"A method\nLD: label {line}", [picture, change] * images) for line in range(lines)],
                )
                for number in range(groups)
            ]
        )
    )
    assert faults(sheet, texts_drawn(sheet)) == []
    sides = [round(image.get_window_extent().width, 3) for image in sheet.axes[0].images]
    assert len(sides) == groups * lines * images * 2 and len(set(sides)) == 1
    plt.close(sheet)


def test_a_text_is_broken_to_the_width_it_has():
    assert drawing.wrapped("to Cardiomegaly", 0.75) == "to\nCardiomegaly"
    assert drawing.wrapped("brain_phantom\nand more", 0.6) == "brain_\nphantom\nand more"
    assert drawing.wrapped("short", 5) == "short" and drawing.wrapped("", 1) == ""
    broken = drawing.wrapped("unbreakablylongword", 0.4).split("\n")
    assert "".join(broken) == "unbreakablylongword" and max(map(drawing.text_width, broken)) <= 0.4


def test_an_image_larger_than_its_place_is_averaged_in_the_png_and_whole_in_the_pdf(tmp_path):
    fine = np.indices((512, 512)).sum(0) % 2 * 255  # a chequerboard: gray when averaged
    figure = plt.figure(figsize=(1, 1))
    drawing.picture(figure.add_axes((0, 0, 0.5, 0.5)), fine.astype(np.uint8))
    save(figure, tmp_path / "figure")
    shown = plt.imread(tmp_path / "figure.png")[-140:-10, 10:140, 0]
    assert shown.shape == (130, 130) and shown.min() > 0.4 and shown.max() < 0.6
    assert b"/Width 512" in (tmp_path / "figure.pdf").read_bytes()


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
    assert {line.get_color() for line in figure.axes[0].lines[:-1]} == {drawing.BETTER}  # 0.4 to 0.6


def test_a_sheet_of_edits_shows_source_truths_and_changes(drawn):
    edited = drawn.edited("ageing")
    known, *bases = groups_of(edited, 4, titled=False)
    assert [label for label, _ in known.lines] == ["source", "true follow-up"]
    assert [group.title for group in bases] == ["Untouched model", "Basic FT"]
    each = ["LD: none, decoded", "LD: none, change", "LD: ld, decoded", "LD: ld, change"]
    for group in bases:
        assert [label for label, _ in group.lines] == each and group.count == known.count == 4
        changed = edited.edits["base" if group is bases[0] else "basic_ft", "ld"]["changed"][-1]
        shown = rows_shown(edited.requests, 4)
        assert np.array_equal(group.lines[3][1], changed[shown].astype(float) - edited.source[shown])
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
