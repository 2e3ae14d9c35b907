"""Figures: drawn from arrays, equal PNG bytes for equal numbers (PDF objects are not ordered)."""

import numpy as np

from ldcore.report.figures import figure3, figure5, save


def parts():
    draw = np.random.default_rng(0)
    return {(t, d): {"images": draw.integers(0, 256, (4, 8, 8, 3), dtype=np.uint8), "trace": draw.normal(size=(4, 5, 4))}
            for t in ("plain", "ld") for d in (-0.1, 0.0, 0.1)}


def rows():
    return [{"training": t, "delta": d, "metric": "kid", "extractor": "x", "n": 8, "value": 1.0 + d, "low": 0.9, "high": 1.2}
            for t in ("plain", "ld") for d in (-0.1, 0.0, 0.1)]


def test_figures_are_written_whole_and_repeatably(tmp_path):
    for name in "ab":
        save(figure3(parts(), rows(), [-0.1, 0.0, 0.1], ["plain", "ld"]), tmp_path / name / "figure3")
        save(figure5([("one", parts()["ld", 0.0]["images"])], columns=4), tmp_path / name / "figure5")
    for figure in ("figure3.png", "figure3.pdf", "figure5.png", "figure5.pdf"):
        first = (tmp_path / "a" / figure).read_bytes()
        assert len(first) > 1000 and (figure.endswith("pdf") or first == (tmp_path / "b" / figure).read_bytes())
    assert len(list((tmp_path / "a").iterdir())) == 4
