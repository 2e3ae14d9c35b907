"""python -m ldcore edit: the library's edit of one image, without and with trained weights."""

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from ldcore import Drift, plugins
from ldcore.__main__ import main
from ldcore.edit import EditTexts, Sources
from ldcore.edit.methods import instruct_pix2pix
from ldcore.model.autoencoding import decode, encode
from ldcore.runtime.files import read_json

TEXTS = ["--from", "a brain MRI", "--to", "a brain MRI with a lesion"]


@pytest.fixture
def image(tmp_path):
    """A picture of the tiny model's size that uses all gray levels."""
    levels = np.random.default_rng(0).integers(0, 256, (32, 32), dtype=np.uint8)
    Image.fromarray(levels).save(tmp_path / "image.png")
    return tmp_path / "image.png"


def edit(image, model, *more):
    out = image.parent / "out"
    return main(["edit", "--image", str(image), "--model", str(model), "--out", str(out), *TEXTS, *more])


def pixels(image, name):
    return np.asarray(Image.open(image.parent / "out" / f"{name}.png"))


def test_pix2pix_zero_needs_no_weights(image, tiny_model, backbone):
    more = ["--option=steps=2", "--option=regularisation={reg_steps: 0}", "--delta=0.1", "--seed=3", "--amount=2"]
    edit(image, tiny_model, *more)
    source = pixels(image, "source")
    options = {"steps": 2, "regularisation": {"reg_steps": 0}}
    options = plugins.options("edit method", "pix2pix_zero", options, literal="SAMPLING")
    texts = EditTexts([TEXTS[1]], [TEXTS[3]], [TEXTS[3]], ["edit"], {"edit": ([TEXTS[1]], [TEXTS[3]])})
    sources = Sources(torch.from_numpy(encode(backbone, source[None])[0]), texts, [(3, "image", 0)])
    method = plugins.find("edit method", "pix2pix_zero")
    edited, _ = method.edit(backbone, sources, Drift(0.1, "prior"), options, (2.0,))
    assert np.array_equal(pixels(image, "decoded"), decode(backbone, edited[0])[0])
    assert pixels(image, "changed").shape == source.shape and (pixels(image, "changed") != source).any()
    facts = read_json(image.parent / "out" / "edit.json")
    assert facts["amount"] == 2 and facts["from"] == [TEXTS[1]] and facts["drift"]["value"] == 0.1


def test_at_amount_0_changed_is_the_source(image, tiny_model):
    edit(image, tiny_model, "--option=steps=1", "--option=regularisation={reg_steps: 0}", "--amount=0")
    assert np.array_equal(pixels(image, "changed"), pixels(image, "source"))


def test_a_trained_method_takes_its_weights(image, tiny_model, backbone):
    named = instruct_pix2pix.trainable(backbone, {})
    with torch.no_grad():
        named["conv_in.weight"][:, 4:] += 0.1
    weights = image.parent / "weights.safetensors"
    save_file({name: value.detach().contiguous() for name, value in named.items()}, weights)
    more = ["--method=instruct_pix2pix", "--option=steps=2"]
    with pytest.raises(SystemExit, match="instruct_pix2pix is trained; give its weights by --edit-weights"):
        edit(image, tiny_model, *more)
    edit(image, tiny_model, *more, f"--edit-weights={weights}")
    assert (pixels(image, "decoded") != pixels(image, "source")[..., None]).any()


@pytest.mark.parametrize(
    "more, said",
    [
        (["--method=pix2pix"], "'pix2pix' is unknown"),
        (["--option=step=1"], "--method pix2pix_zero: option 'step' is unknown"),
        (["--edit-weights=x"], "pix2pix_zero trains nothing; leave out --edit-weights"),
        (["--image=gone.png"], "gone.png cannot be read"),
        (["--weights=gone.safetensors"], "gone.safetensors is no file"),
        (["--delta=0.1,0.2"], "has 2 channels"),
    ],
)
def test_a_mistake_is_one_sentence_and_leaves_nothing(image, tiny_model, more, said):
    with pytest.raises(SystemExit, match=said) as ended:
        edit(image, tiny_model, "--option=steps=1", *more)
    assert "\n" not in ended.value.code
    assert [path.name for path in image.parent.iterdir()] == ["image.png"]
