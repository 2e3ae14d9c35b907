"""What was searched, as people see it: the table `deltas` and the figure `delta_search`."""

import pandas as pd
import pytest
from looks import bold, faults, texts_drawn

from configs import checked
from ldcore.grid import drift_origin, searches, table_cells, used_drifts
from ldcore.report import markup
from ldcore.report.figures import delta_search
from ldcore.report.results import Results
from ldcore.report.tables import deltas
from ldcore.runtime.files import write_json
from ldcore.store import Store
from tools.deltas import found, gains

CURVE = [{"delta": delta, "l1": abs(delta - 0.05) + 0.1, "low": 0.05, "high": 0.4} for delta in (-0.1, 0.0, 0.05, 0.1)]
SEARCH = {"kind": "prior", "source": "grid_search", "value": 0.05, "low": 0.0, "high": 0.1, "l1": 0.1, "curve": CURVE}
SEARCH |= {"images": 192, "seconds": 12.3}
SEARCH |= {"half_spacing": 0.0125, "options": {"compare": "pixel_histogram", "bins": 16}}
LEARNED = {"kind": "prior", "source": "learned", "value": [0.1, 0.0, 0.2, 0.1], "l1": 0.3, "l1_low": 0.2}
LEARNED |= {"l1_high": 0.5, "images": 48, "seconds": 3.2, "options": {"compare": "mean_image"}}
CELLS = [
    {"label": "none", "training": "plain", "drift": "none"},
    {"label": "found", "training": "ld", "drift": "found"},
    {"label": "moment", "training": "plain", "drift": "moment"},
]


@pytest.fixture
def searched(tmp_path):
    """A run of two methods with one drift that a cell samples with and one that a training alone has."""
    config = checked(
        drifts={"found": {"kind": "prior", "source": "grid_search"}, "other": {"kind": "prior", "source": "learned"}},
        trainings={"under": {"drift": "other"}},
        grid={"methods": ["basic_ft", "dreambooth"], "cells": CELLS, "headline": "found"},
        sweep={"trainings": ["under"], "datasets": ["brain_phantom"], "deltas": [0.0]},
        prompt_study=None,
        editing=None,
    )
    results = Results(config, Store(tmp_path))
    contents = {"found": SEARCH, "other": LEARNED, "none": {"kind": "none", "source": "fixed", "value": 0.0}}
    contents["moment"] = {"kind": "prior", "source": "moment_channel", "value": [0.1, 0.03, 0.06, 0.01]}
    for origin, name in used_drifts(config):
        write_json(results.store.drift(origin, name), contents[name])
    for dataset in config["grid"]["datasets"]:
        cells = [
            {"dataset": dataset, "method": cell["method"], "prompt": cell["prompt"], "drift": cell["label"]}
            | {"metric": metric, "extractor": "pooled_pixels", "value": 0.5, "low": 0.4, "high": 0.6}
            for cell in table_cells(config, dataset)
            for metric in ("fid", "kid")
        ]
        write_json(results.store.scores(dataset), {"cells": cells, "sweep": []})
    return results


def test_every_drift_of_every_method_has_its_value_its_l1_its_kid_and_its_cost(searched):
    rows = deltas.rows(searched)
    found = rows[(rows["cell"] == "found") & (rows["method"] == "dreambooth") & (rows["dataset"] == "chest_phantom")]
    assert dict(zip(found["metric"], found["value"])) == {
        "delta": 0.05,
        "l1": pytest.approx(0.1),
        "images": 192,
        "seconds": 12.3,
        "kid": 0.5,
    }
    assert found.set_index("metric").loc["delta", ["low", "high"]].tolist() == [0.0, 0.1]
    assert found.set_index("metric").loc["l1", ["low", "high"]].tolist() == [0.05, 0.4]
    moment = rows[(rows["cell"] == "moment") & (rows["metric"] == "delta")]
    assert len(moment) == 4 and moment["value"].tolist() == [pytest.approx(0.05)] * 4 and set(moment["numbers"]) == {4}
    trained = rows[rows["sampling_drift"] == "other"]
    assert set(trained["metric"]) == {"delta", "l1", "images", "seconds"} and set(trained["cell"]) == {""}
    assert set(trained["method"]) == {"basic_ft"} and set(trained["training"]) == {"plain"}
    assert "fid" not in set(rows["metric"]) and "none" not in set(rows["sampling_drift"])


def test_the_table_reads_the_same_from_its_file(searched, tmp_path):
    rows = deltas.rows(searched)
    lines = deltas.layout(rows)
    markup.write(tmp_path / "deltas", rows, lines, deltas.FOOTNOTES)
    assert deltas.layout(markup.read(tmp_path / "deltas.csv")).equals(lines)
    line = lines[(lines["Cell"] == "found") & (lines["Dataset"] == "brain_phantom")].iloc[0]
    assert (line["delta"], line["Images"], line["Seconds"]) == ("0.0500 [0.0000, 0.1000]", "192", "12")
    assert line["KID, pooled_pixels"] == "0.5000"
    assert len(lines) == 2 * 2 * 2 + 1


def test_the_figure_has_a_row_a_measure_a_column_a_data_set_and_a_mark_a_search(searched):
    figure = delta_search.draw(searched)
    above, below = figure.axes[:2], figure.axes[2:]
    assert [axes.get_title() for axes in above] == ["brain_phantom", "chest_phantom"]
    names = [" ".join(axes.get_ylabel().split()) for axes in (above[0], below[0])]
    assert names == ["L1, pixel histogram, 16 classes", "L1, mean image"]
    shown = texts_drawn(figure)
    assert faults(figure, shown) == [] and bold(shown) == ["(a)", "(b)", "(c)", "(d)"]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["Basic FT", "DreamBooth", "found", "other"]

    def chosen(axes):
        return [line.get_xdata()[0] for line in axes.lines if line.get_marker() not in ("None", None, "")]

    assert [chosen(axes) for axes in figure.axes] == [[0.05, 0.05], [0.05, 0.05], [pytest.approx(0.1)], []]
    assert len(searches(searched.config)) == 5
    first = searches(searched.config)[0][0]
    assert drift_origin(searched.config, first, "found") == first


def test_the_documents_show_the_delta_of_every_source_for_every_method(searched):
    lines = found(deltas.rows(searched).query("cell != ''"))
    assert lines[["Data", "Delta"]].to_numpy().tolist() == [
        [data, cell] for data in ("brain", "chest") for cell in ("found", "moment")
    ]
    assert lines.loc[0, "DreamBooth"] == lines.loc[0, "Basic FT"] == "0.0500 [0.0000, 0.1000]"
    assert lines["Images"].tolist() == ["192", "0"] * 2 and lines["Seconds"].tolist() == ["12", "0"] * 2
    gain = {"dataset": "brain_phantom", "method": "dreambooth", "drift": "found", "metric": "kid_gain", "value": 0.5}
    scores = pd.DataFrame([gain | {"extractor": name, "low": 0.4, "high": 0.6} for name in ("pooled_pixels", "other")])
    assert gains(scores, "other", ["found"])["DreamBooth"].tolist() == ["0.5000 [0.4000, 0.6000]"]
    assert gains(scores, "other", ["moment"]).empty
