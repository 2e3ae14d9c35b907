"""Files of other people's packages: read as arrays, or not at all."""

import os
import pickle

import numpy as np
import pytest
import torch

from ldcore.runtime.errors import UserError
from pretrain.packages import VGG16_CONVOLUTIONS, read_arrays, torchvision_vgg16


class Opener:
    """What a pickle can do: call a function when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def as_numpy_1(data: bytes) -> bytes:
    """A pickle as numpy 1 wrote it, like the package's."""
    return data.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")


def test_arrays_are_read(tmp_path):
    tree = {"layer": {"kernel": np.arange(6, dtype=np.float32).reshape(2, 3)}, "others": [np.ones(2)]}
    (tmp_path / "arrays").write_bytes(as_numpy_1(pickle.dumps(tree, protocol=3)))
    read = read_arrays(tmp_path / "arrays")
    assert np.array_equal(read["layer"]["kernel"], tree["layer"]["kernel"])
    assert np.array_equal(read["others"][0], np.ones(2))


def test_a_pickle_that_would_run_something_is_refused(tmp_path):
    (tmp_path / "arrays").write_bytes(pickle.dumps({"kernel": Opener(tmp_path / "made")}))
    with pytest.raises(UserError, match="names posix.mkdir"):
        read_arrays(tmp_path / "arrays")
    assert not (tmp_path / "made").exists()


def test_vgg16_gets_torchvisions_layout():
    """A network that torchvision made, written as the package writes one, comes back to the last bit."""
    import torchvision

    torch.manual_seed(0)
    features = torchvision.models.vgg16(weights=None).features
    tree = {
        "VGG16_0": {
            f"Conv_{number}": {
                "kernel": features[place].weight.detach().permute(2, 3, 1, 0).numpy(),
                "bias": features[place].bias.detach().numpy(),
            }
            for number, place in enumerate(VGG16_CONVOLUTIONS)
        }
    }
    state = torchvision_vgg16(tree)
    assert {key.removeprefix("features."): value.shape for key, value in state.items()} == {
        key: value.shape for key, value in features.state_dict().items()
    }
    assert all(torch.equal(state[f"features.{key}"], value) for key, value in features.state_dict().items())
