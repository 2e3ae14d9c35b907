"""python -m ldcore distance: the library's numbers for whatever lies in two folders, or one clear sentence."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ldcore.__main__ import main
from ldcore.evaluation.distances import distances
from ldcore.features import extract


def pictures(folder, images):
    folder.mkdir(parents=True)
    for number, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{number:03d}.png")
    return folder


def noise(seed, count, *shape):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def measured(made, real, tmp_path, *more):
    command = ["distance", str(made), str(real), "--extractor", "pooled_pixels", "--csv", str(tmp_path / "rows.csv")]
    assert main([*command, *more]) == 0
    return pd.read_csv(tmp_path / "rows.csv").set_index("metric")


def test_the_numbers_are_the_librarys_in_colour(tmp_path, capsys):
    made, real = noise(0, 8, 20, 20, 3), noise(1, 8, 20, 20, 3) // 2
    rows = measured(pictures(tmp_path / "a", made), pictures(tmp_path / "b", real), tmp_path, "--groups", "4")
    features = [extract("pooled_pixels", images) for images in (made, real)]
    expected = distances(np.array_split(features[0], 4), features[1], "pooled_pixels", ["fid", "kid"])
    for row in expected:
        assert rows.loc[row["metric"], ["value", "low", "high"]].tolist() == pytest.approx(
            [row["value"], row["low"], row["high"]]
        )
    assert set(rows["groups"]) == {4} and "differ" not in capsys.readouterr().out


def test_sizes_and_numbers_may_differ_and_it_is_said(tmp_path, capsys):
    for place, side in enumerate((16, 24, 24)):
        pictures(tmp_path / "a" / str(place), noise(place, 1, side, side + 4))
    (tmp_path / "a" / "notes.txt").write_text("no image")
    pictures(tmp_path / "b", noise(9, 5, 32, 32))
    rows = measured(tmp_path / "a", tmp_path / "b", tmp_path, "--metric", "kid")
    said = capsys.readouterr().out
    assert rows.loc["kid", "n"] == 3 and rows.loc["kid", "n_real"] == 5 and rows["low"].isna().all()
    assert "20 x 16, 28 x 24 against 32 x 32" in said and "3 and 5 images: FID falls" in said and "No interval" in said


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "CMYK", "I;16", "jpeg"])
def test_pictures_of_every_mode_are_read(tmp_path, mode):
    from ldcore.datasets.pictures import stored

    levels = noise(4, 1, 12, 12)[0]
    image = Image.fromarray(levels if mode != "I;16" else levels.astype(np.uint16) * 100)
    path = tmp_path / ("x.jpg" if mode in ("jpeg", "CMYK") else "x.png")
    (image if mode in ("I;16", "jpeg") else image.convert("RGB" if mode == "CMYK" else mode).convert(mode)).save(path)
    pixels = stored(path)
    assert pixels.dtype == np.uint8 and pixels.shape[:2] == (12, 12) and pixels.ndim in (2, 3)
    if mode in ("L", "LA"):
        assert np.array_equal(pixels, levels)
    if mode == "RGBA":
        assert np.array_equal(pixels[..., 1], levels)


def test_what_is_transparent_is_black(tmp_path):
    from ldcore.datasets.pictures import stored

    clear = np.full((8, 8, 4), 200, np.uint8)
    clear[:4, :, 3] = 0
    clear[4:, :, 3] = 255
    Image.fromarray(clear).save(tmp_path / "x.png")
    assert stored(tmp_path / "x.png")[:, 0, 0].tolist() == [0] * 4 + [200] * 4


@pytest.mark.parametrize(
    "folder, more, said",
    [
        ("gone", [], "gone is no folder; give one with images"),
        ("empty", [], "empty has no image; give a folder with files ending in .png"),
        ("damaged", [], r"000.png cannot be read \(.*\); replace the file or take it out"),
        ("one", [], "has 1 row"),
        ("good", ["--extractor", "pooled_pixel"], "'pooled_pixel' is unknown"),
        ("good", ["--weights", "x"], "option 'weights' is unknown; it has none"),
        ("good", ["--extractor", "dinov2"], "dinov2|DINOv2|weights None are missing"),
        ("good", ["--metric", "ssim"], "'ssim' compares pairs, not features"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path, folder, more, said):
    (tmp_path / "empty").mkdir()
    pictures(tmp_path / "one", noise(0, 1, 16, 16))
    pictures(tmp_path / "good", noise(0, 4, 16, 16))
    damaged = pictures(tmp_path / "damaged", noise(0, 4, 16, 16)) / "000.png"
    damaged.write_bytes(damaged.read_bytes()[:60])
    with pytest.raises(SystemExit, match=said) as ended:
        measured(tmp_path / folder, tmp_path / "good", tmp_path, *more)
    assert str(ended.value.code).startswith("error: ") and "\n" not in ended.value.code
    assert not (tmp_path / "rows.csv").exists()
