"""Figures: drawn from arrays, equal PNG bytes for equal numbers (PDF objects are not ordered)."""

import numpy as np

from ldcore.report.figures import sample_sheet, save
from ldcore.report.sweep_figures import figure2, figure3

DELTAS = [-0.1, 0.0, 0.1]


def parts():
    draw = np.random.default_rng(0)
    return {
        (t, d): {"images": draw.integers(0, 256, (4, 8, 8, 3), dtype=np.uint8), "trace": draw.normal(size=(4, 5, 4))}
        for t in ("plain", "ld")
        for d in DELTAS
    }


def rows():
    return [
        {
            "training": t,
            "delta": d,
            "metric": "kid",
            "extractor": "x",
            "n": 8,
            "value": 1.0 + d,
            "low": 0.9,
            "high": 1.2,
        }
        for t in ("plain", "ld")
        for d in DELTAS
    ]


def test_figures_are_written_whole_and_repeatably(tmp_path):
    images = parts()["ld", 0.0]["images"]
    for name in "ab":
        save(figure2(parts(), DELTAS, ["plain", "ld"]), tmp_path / name / "figure2")
        save(figure3(parts(), rows(), DELTAS, ["plain", "ld"]), tmp_path / name / "figure3")
        save(
            sample_sheet(
                [("d", ["CN", "", "AD", ""], [("one", images), ("two", images)]), ("e", [""] * 2, [("one", images)])]
            ),
            tmp_path / name / "figure4",
        )
    for figure in ("figure2", "figure3", "figure4"):
        for suffix in ("png", "pdf"):
            first = (tmp_path / "a" / f"{figure}.{suffix}").read_bytes()
            assert len(first) > 1000 and (suffix == "pdf" or first == (tmp_path / "b" / f"{figure}.png").read_bytes())
    assert len(list((tmp_path / "a").iterdir())) == 6
