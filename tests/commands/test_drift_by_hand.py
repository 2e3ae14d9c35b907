"""python -m ldcore drift: the value that the workflow would find for the same images."""

import json

import numpy as np
import pytest
from PIL import Image

from ldcore.__main__ import main
from ldcore.datasets import build
from ldcore.drift.resolve import resolve
from ldcore.model.autoencoding import encode
from ldcore.runtime.files import read_json


@pytest.fixture
def folder(tmp_path):
    """Three wide pictures and the table that the adapter `folder` wants."""
    (tmp_path / "own").mkdir()
    for number in range(3):
        pixels = np.random.default_rng(number).integers(40, 200, (30, 44), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "own" / f"{number}.png")
    lines = ["path,subject", *(f"{number}.png,s{number}" for number in range(3))]
    (tmp_path / "own" / "own.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "own"


def drift(folder, model, *more):
    return main(["drift", str(folder), "--model", str(model), "--steps", "12", *more])


@pytest.mark.parametrize(
    "source, options",
    [
        ("moment_scalar", {}),
        ("moment_channel", {"variance": "true"}),
        ("moment_map", {"resolution": 2}),
        ("moment_scalar", {"steps": 50}),
    ],
)
def test_it_is_the_workflows(folder, tiny_model, backbone, capsys, source, options):
    file, given = folder.parent / "d.json", [f"--option={key}={value}" for key, value in options.items()]
    drift(folder, tiny_model, "--source", source, "--out", str(file), *given)
    images = build("folder", {"root": str(folder), "csv": "own.csv", "image_size": 32})[1]
    schedule = {**read_json(tiny_model / "scheduler" / "scheduler_config.json"), "num_inference_steps": 12}
    options = {key: value == "true" or value for key, value in options.items()}
    expected = resolve({"kind": "prior", "source": source, **options}, encode(backbone, images)[0], schedule)
    content = json.loads(file.read_text())
    assert expected.items() <= content.items() and content["images"] == 3 and set(options) <= set(content["options"])
    said = capsys.readouterr().out.splitlines()[0]
    if source == "moment_map":
        assert said.startswith("a map (4, 8, 8): mean")
    else:
        assert float(said.split(",")[0]) == pytest.approx(np.reshape(expected["value"], -1)[0], rel=1e-5)


@pytest.mark.parametrize(
    "more, said",
    [
        (["--source", "grid_search"], "--source grid_search does not follow from images alone"),
        (["--source", "fixed"], "does not follow from images alone"),
        (["--source", "momentum"], "'momentum' is unknown"),
        (["--option", "resolution=2"], "--source moment_scalar: option 'resolution' is unknown"),
        (["--option", "variance=much"], "--source moment_scalar: option variance is 'much'"),
        (["--option", "by=label"], "no training image has one"),
    ],
)
def test_a_mistake_is_one_sentence(folder, tiny_model, tmp_path, more, said):
    with pytest.raises(SystemExit, match=said):
        drift(folder, tiny_model, "--out", str(tmp_path / "d.json"), *more)
    assert not (tmp_path / "d.json").exists()


def test_a_model_or_an_image_that_is_none_is_named(folder, tiny_model, tmp_path):
    with pytest.raises(SystemExit, match="gone"):
        drift(folder, tmp_path / "gone")
    (folder / "1.png").write_text("no picture")
    with pytest.raises(SystemExit, match="own/1.png cannot be read"):
        drift(folder, tiny_model)
