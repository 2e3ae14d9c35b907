"""Feature extraction: batch invariance, the packaged weights recognise photographs, clean-fid's resizing, errors."""

import numpy as np
import pytest

from ldcore import plugins
from ldcore.features import efficientnet_lite0, extract, inception, like_inception
from ldcore.runtime.errors import UserError

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")


def noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def stand_in(tmp_path):
    """A TorchScript file with Inception's interface: `layers` maps [n, 3, 299, 299] to 2048 strided inputs."""
    import torch

    class Layers(torch.nn.Module):
        def forward(self, x):
            return x.flatten(1)[:, ::130][:, :2048]

    class Base(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = torch.jit.script(Layers())

        def forward(self, x):
            return self.layers(x)

    path = tmp_path / inception.FILE
    torch.jit.script(Base()).save(str(path))
    return path


def test_lite0_features_do_not_depend_on_the_batch(one_thread):
    images = noise(33, 64, 64)
    whole = extract("efficientnet_lite0", images)
    assert whole.shape == (33, 1280) and whole.dtype == np.float32 and np.isfinite(whole).all()
    assert len(np.unique(whole, axis=0)) == 33
    for batch_size in (1, 7, 32):
        assert np.array_equal(extract("efficientnet_lite0", images, batch_size=batch_size), whole)
    order = np.random.default_rng(1).permutation(33)
    assert np.array_equal(extract("efficientnet_lite0", images[order]), whole[order])
    for few in (slice(0, 1), slice(5, 8), slice(2, 11)):
        assert np.array_equal(extract("efficientnet_lite0", images[few]), whole[few])


def test_gray_is_repeated_and_colour_is_used():
    gray, colour = noise(2, 48, 40), noise(2, 48, 40, 3)
    repeated = np.repeat(gray[..., None], 3, axis=3)
    assert np.array_equal(extract("efficientnet_lite0", gray), extract("efficientnet_lite0", repeated))
    swapped = extract("efficientnet_lite0", colour[..., ::-1])
    assert not np.allclose(extract("efficientnet_lite0", colour), swapped, atol=1e-2)


@pytest.mark.parametrize("size", [128, 224])
def test_lite0_recognises_photographs(size):
    """Central squares of scikit-image's pictures: the cat is ImageNet's 281-285 (cats), the coffee 967 (espresso)."""
    import torch
    from skimage import data

    network = efficientnet_lite0.classifier()
    best = []
    for picture in (data.chelsea()[:, 75:375], data.coffee()[:, 100:500]):
        with torch.inference_mode():
            best.append(int(network(efficientnet_lite0.prepare(picture[None], size)).argmax()))
    assert best[0] in range(281, 286) and best[1] == 967


def test_lite0_input_is_resized_and_normalised():
    flat = np.stack([np.full((20, 30, 3), value, np.uint8) for value in (0, 127, 255)])
    pixels = efficientnet_lite0.prepare(flat)
    assert tuple(pixels.shape) == (3, 3, 128, 128)
    assert [float(image.mean()) for image in pixels] == pytest.approx([-127 / 128, 0.0, 1.0], abs=1e-6)
    edges = efficientnet_lite0.prepare(noise(2, 300, 300, 3) // 128 * 255)
    assert float(edges.min()) >= -127 / 128 and float(edges.max()) <= 1.0


def test_inception_goes_through_clean_fids_resizing(stand_in):
    import torch
    from cleanfid.inception_torchscript import InceptionV3W
    from cleanfid.resize import build_resizer

    images = noise(9, 50, 70, 3)
    features = extract("inception", images, weights=stand_in, batch_size=2)
    resize = build_resizer("clean")
    pixels = torch.stack([torch.from_numpy(resize(image)).permute(2, 0, 1) for image in images])
    assert torch.equal(inception.resized_as_clean_fid(images), pixels)
    assert tuple(pixels.shape) == (9, 3, 299, 299) and float(pixels.min()) >= 0 and float(pixels.max()) <= 255
    reference = InceptionV3W(str(stand_in.parent), download=False)(pixels).numpy()
    assert features.shape == (9, 2048) and features.dtype == np.float32 and np.abs(features).max() <= 1.0
    assert np.array_equal(features, reference)
    assert np.array_equal(extract("inception", images[4:6], weights=stand_in.parent), features[4:6])


def test_inception_without_weights_says_where_it_looked(tmp_path, monkeypatch, stand_in):
    import torch

    with pytest.raises(UserError, match=r"nowhere.pt are missing; download https://.*/inception-2015-12-05.pt"):
        extract("inception", noise(1, 8, 8), weights=tmp_path / "nowhere.pt")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr(inception, "CLEAN_FID_CACHE", tmp_path / "elsewhere")
    with pytest.raises(UserError, match="hub/checkpoints/inception-2015-12-05.pt are missing"):
        extract("inception", noise(1, 8, 8))
    monkeypatch.setattr(inception, "CLEAN_FID_CACHE", stand_in.parent)
    assert extract("inception", noise(1, 8, 8)).shape == (1, 2048)


@pytest.mark.parametrize("name", ["efficientnet_lite0", "inception", "dinov2", "xrv_densenet"])
def test_damaged_or_missing_weights(name, tmp_path):
    import torch

    damaged = tmp_path / "damaged.pt"
    for held in ([torch.zeros(2)], torch.zeros(2), "text", {"layers": 1}):
        torch.save(held, damaged)
        with pytest.raises(UserError, match="damaged.pt .*(give|use|download)") as caught:
            extract(name, noise(1, 8, 8), weights=damaged)
        assert "\n" not in str(caught.value)
    for content in (b"not weights", b"\x80\x02}q\x00.", b"\x80\x02cno.such\nthing\n.", damaged.read_bytes()[:-40]):
        damaged.write_bytes(content)
        with pytest.raises(UserError, match="damaged.pt"):
            extract(name, noise(1, 8, 8), weights=damaged)
    with pytest.raises(UserError, match="gone.pt are missing"):
        extract(name, noise(1, 8, 8), weights=tmp_path / "gone.pt")


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(
        UserError,
        match="'vgg' is unknown; use one of dinov2, efficientnet_lite0, inception, pooled_pixels, xrv_densenet or",
    ):
        extract("vgg", noise(1, 8, 8))


@pytest.mark.parametrize(
    "images, text",
    [
        (noise(2, 8, 8) / 255.0, "Images are float64"),
        ([[1, 2]], "Images are list"),
        (noise(8, 8), "shape"),
        (noise(8, 8, 3), "shape"),
        (noise(2, 8, 8, 4), "shape"),
        (noise(0, 8, 8), "shape"),
    ],
)
def test_wrong_images(images, text):
    with pytest.raises(UserError, match=text):
        extract("efficientnet_lite0", images)


def test_wrong_batch_size():
    with pytest.raises(UserError, match="batch_size is 0"):
        extract("efficientnet_lite0", noise(1, 8, 8), batch_size=0)


def test_pooled_pixels_are_the_averages_of_the_grid():
    images = noise(3, 64, 64, 3)
    features = extract("pooled_pixels", images).reshape(3, 3, 16, 16)
    by_hand = images.reshape(3, 16, 4, 16, 4, 3).mean((2, 4)).transpose(0, 3, 1, 2) / 255
    assert np.allclose(features, by_hand, atol=1e-6)
    with pytest.raises(UserError, match="pooled_pixels"):
        extract("pooled_pixels", images, weights="x.pt")


def test_an_extractor_from_outside_is_one_module(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "brightness.py").write_text(BRIGHTNESS)
    monkeypatch.syspath_prepend(tmp_path)
    images = noise(11, 16, 16)
    by_hand = images.mean((1, 2))[:, None].repeat(3, 1)
    assert np.allclose(extract("mine.brightness", images), by_hand / 255, atol=1e-6)
    assert np.allclose(extract("mine.brightness", images, top=1.0), by_hand, atol=1e-4)
    with pytest.raises(UserError, match="mine.brightness: option top is -1"):
        extract("mine.brightness", images, top=-1)
    with pytest.raises(UserError, match="The extractor mine.brightness gives NaN or infinity for 11 of 11 images"):
        extract("mine.brightness", images, top=0)


def test_lite0_weights_that_are_not_finite_are_named(tmp_path):
    """Of the file, since perceptual distances use the network too."""
    import torch

    state = torch.load(efficientnet_lite0.packaged_file(), weights_only=True)
    state["_fc.bias"][3] = float("inf")  # reaches no feature
    torch.save(state, tmp_path / "inf.pth")
    with pytest.raises(UserError, match="inf.pth has NaN or infinity in its tensor _fc.bias"):
        extract("efficientnet_lite0", noise(1, 8, 8), weights=tmp_path / "inf.pth")


BRIGHTNESS = """
import torch

TITLE = "brightness"
LIKE_INCEPTION = False
OPTIONS = {"top": {"type": "number", "minimum": 0, "default": 255.0, "description": "what counts as 1"}}


class Mean(torch.nn.Module):
    def forward(self, pixels):
        return pixels.mean((2, 3))


def load(top):
    return lambda images: torch.from_numpy(images.copy()).permute(0, 3, 1, 2).float() / top, Mean()
"""


def test_the_papers_fid_stands_beside_features_like_inceptions():
    like = {name for name in plugins.names("extractor") if like_inception(name)}
    assert like == {"efficientnet_lite0", "inception"}
    assert like_inception("resnet18") and like_inception("")  # no extractors: the tables' column holds these too
