"""Classifiers: they learn what is there, not what is not, and repeat themselves."""

import numpy as np
import pytest
import torch

from ldcore import plugins
from ldcore.evaluation.classifiers import _deep, densenet121_auc, fit_predict
from ldcore.evaluation.classifiers.densenet121_auc import auc_margin_loss
from ldcore.metrics.auc import auc
from ldcore.runtime.errors import UserError

DRAW = np.random.default_rng(0)
SMALL = {
    "pixels_logistic": {},
    "resnet18": {"image_size": 32, "epochs": 8, "learning_rate": 1e-3},
    "densenet121_auc": {"image_size": 32, "epochs": 3, "learning_rate": 1e-3},
}


def blobs(count, classes=2):
    """Noise with a bright square whose corner tells the class."""
    labels = np.arange(count) % classes
    images = DRAW.integers(0, 100, (count, 32, 32))
    for image, label in zip(images, labels):
        row, column = divmod(label, 2)
        image[4 + 16 * row : 12 + 16 * row, 4 + 8 * column : 12 + 8 * column] += 120
    return images.astype(np.uint8), labels


TRAIN, TEST = blobs(48), blobs(48)


def test_every_classifier_has_a_test_setting():
    assert set(SMALL) == set(plugins.names("classifier"))


@pytest.mark.parametrize("name", SMALL)
def test_learns_and_repeats(one_thread, name):
    scores = fit_predict(name, *TRAIN, TEST[0], (0,), SMALL[name])
    assert scores.shape == (48, 2) and auc(scores, TEST[1]) > 0.9
    assert np.array_equal(fit_predict(name, *TRAIN, TEST[0], (0,), SMALL[name]), scores)


def test_four_classes_and_shuffled_labels(one_thread):
    train, test = blobs(80, 4), blobs(200, 4)
    assert auc(fit_predict("pixels_logistic", *train, test[0], (0,)), test[1]) > 0.95
    shuffled = DRAW.permutation(train[1])
    assert abs(auc(fit_predict("pixels_logistic", train[0], shuffled, test[0], (0,)), test[1]) - 0.5) < 0.2


def test_pixels_logistic_does_not_see_brightness_and_contrast(one_thread):
    dim = (TEST[0] // 2 + 20).astype(np.uint8)
    bright, dark = (fit_predict("pixels_logistic", *TRAIN, images, (0,)) for images in (TEST[0], dim))
    assert np.abs(bright - dark).max() < 0.1 * np.abs(bright).max()


@pytest.mark.parametrize("name", ["pixels_logistic", "resnet18"])
def test_colour_is_its_mean_and_labels_may_be_short_integers(one_thread, name):
    tint = np.array([-20, 0, 20])
    train, test = ((images.clip(20, 235)[..., None] + tint).astype(np.uint8) for images in (TRAIN[0], TEST[0]))
    options = {**SMALL[name], "epochs": 1} if name == "resnet18" else {}
    plain = fit_predict(name, TRAIN[0].clip(20, 235), TRAIN[1], TEST[0].clip(20, 235), (0,), options)
    assert np.array_equal(fit_predict(name, train, TRAIN[1].astype(np.int32), test, (0,), options), plain)


def test_scores_of_a_classifier_of_each_class_alone_are_log_probabilities(monkeypatch):
    """So that the softmax of two classes is the trained sigmoid, not the sigmoid of twice what it takes."""
    raw = np.array([[-0.8, 0.8], [2.0, -2.0]], np.float32)
    monkeypatch.setattr(densenet121_auc, "train_and_score", lambda *arguments: raw)
    scores = fit_predict("densenet121_auc", *TRAIN, TEST[0], (0,))
    case = 1 / (1 + np.exp(scores[:, 0] - scores[:, 1]))
    np.testing.assert_allclose(case, 1 / (1 + np.exp(-raw[:, 1])), rtol=1e-6)


def test_the_auc_loss_pulls_positives_up_and_is_zero_when_perfect():
    scores = torch.zeros(4, 2, requires_grad=True)
    auc_margin_loss(scores, torch.tensor([0, 0, 1, 1])).backward()
    assert (scores.grad[:2, 0] < 0).all() and (scores.grad[2:, 0] > 0).all() and (scores.grad[2:, 1] < 0).all()
    perfect = torch.tensor([[50.0, -50], [50, -50], [-50, 50]])
    assert auc_margin_loss(perfect, torch.tensor([0, 0, 1])) < 1e-6
    assert auc_margin_loss(perfect[:1], torch.tensor([0])) == 0


@pytest.mark.parametrize(
    "arguments, named",
    [
        (("forest", *TRAIN, TEST[0], (0,)), "forest"),
        (("resnet18", *TRAIN, TEST[0], (0,), {"epoch": 1}), "epoch"),
        (("resnet18", *TRAIN, TEST[0], (0,), {"margin": 1}), "margin"),
        (("pixels_logistic", *TRAIN, TEST[0], (0,), {"grid": 0}), "grid is 0"),
        (("resnet18", TRAIN[0], TRAIN[1][:3], TEST[0], (0,)), "3 labels"),
        (("resnet18", TRAIN[0], TRAIN[1] * 0, TEST[0], (0,)), "every class"),
        (("pixels_logistic", *TRAIN, TEST[0][0], (0,)), "shape"),
        (("resnet18", *TRAIN, TEST[0], (0,), {"weights": "gone.pt"}), "gone.pt"),
    ],
)
def test_bad_input_is_named(arguments, named):
    with pytest.raises(UserError, match=named):
        fit_predict(*arguments)


def test_a_classifier_from_outside_is_one_module(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "nearest.py").write_text(NEAREST)
    monkeypatch.syspath_prepend(tmp_path)
    assert auc(fit_predict("mine.nearest", *TRAIN, TEST[0], (0,)), TEST[1]) > 0.9


NEAREST = """
import numpy as np

OPTIONS = {"power": {"type": "number", "minimum": 1, "default": 2, "description": "of the distance to a class's mean"}}


def fit_predict(train_images, train_labels, test_images, keys, options):
    means = np.stack([train_images[train_labels == name].mean(0) for name in np.unique(train_labels)])
    return -(np.abs(test_images[:, None] - means) ** options["power"]).sum((2, 3))
"""


def test_weights_are_taken_whole_but_for_the_last_layer(tmp_path):
    """Those of another network would leave the classifier as it is without a word."""
    torch.manual_seed(0)
    trained = _deep.new_model("resnet18", 5, None)
    torch.save(trained.state_dict(), tmp_path / "own.pt")
    taken = _deep.new_model("resnet18", 2, tmp_path / "own.pt").state_dict()
    assert torch.equal(taken["conv1.weight"], trained.state_dict()["conv1.weight"]) and len(taken["fc.bias"]) == 2
    other = {name: value for name, value in trained.state_dict().items() if not name.startswith("layer3")}
    torch.save(other, tmp_path / "other.pt")
    (tmp_path / "cut.pt").write_bytes((tmp_path / "own.pt").read_bytes()[:-100])
    torch.save([1, 2], tmp_path / "list.pt")
    for name, said in (
        ("other.pt", "other.pt are of another network: .* first layer3.0"),
        ("cut.pt", "cut.pt is cut short"),
        ("list.pt", "list.pt holds no tensors by name"),
    ):
        with pytest.raises(UserError, match=said):
            _deep.new_model("resnet18", 2, tmp_path / name)
