"""torchxrayvision's DenseNet-121: its pickled file is read without running it, features are the package's own."""

import numpy as np
import pytest

from ldcore.features import extract, xrv_densenet
from ldcore.runtime.errors import UserError


def noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture(scope="module")
def network(one_thread):
    """Random weights with running statistics that are not the initial ones."""
    import torch
    from torchxrayvision.models import DenseNet

    torch.manual_seed(0)
    network = DenseNet().eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
    return network


@pytest.fixture(scope="module")
def published(network, tmp_path_factory):
    """The file as the package publishes it: the whole network pickled by a torch older than 1.6."""
    import copy

    import torch

    network = copy.deepcopy(network)
    for module in network.modules():
        for name in (
            "_non_persistent_buffers_set",
            "_state_dict_pre_hooks",
            "_is_full_backward_hook",
            "_backward_pre_hooks",
        ):
            module.__dict__.pop(name, None)
    path = (
        tmp_path_factory.mktemp("xrv")
        / "nih-pc-chex-mimic_ch-google-openi-kaggle-densenet121-d121-tw-lr001-rot45-tr15-sc15-seed0-best.pt"
    )
    torch.save(network, path, _use_new_zipfile_serialization=False)
    return path


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_features_are_the_packages(network, published, tmp_path):
    import torch
    from torchxrayvision.utils import normalize

    images = noise(3, 224, 224)
    pixels = torch.from_numpy(np.stack([normalize(image.astype(np.float32), 255)[None] for image in images]))
    with torch.inference_mode():
        expected = network.features2(pixels).numpy()
    features = extract("xrv_densenet", images, weights=published)
    assert features.shape == (3, 1024) and features.dtype == np.float32 and features.std() > 0.01
    assert np.abs(features - expected).max() < 1e-3 * np.abs(expected).max()
    torch.save(network, tmp_path / "new.pt")
    torch.save(network.state_dict(), tmp_path / "state.pt")
    for name in ("new.pt", "state.pt"):
        assert np.array_equal(extract("xrv_densenet", images, weights=tmp_path / name), features)


def test_pixels_are_gray_and_in_the_packages_range():
    flat = np.stack([np.full((20, 30, 3), value, np.uint8) for value in (0, 255)])
    pixels = xrv_densenet.prepare(flat)
    assert (
        tuple(pixels.shape) == (2, 1, 224, 224)
        and pixels.amin((1, 2, 3)).tolist() == [-1024, 1024] == pixels.amax((1, 2, 3)).tolist()
    )
    colour = noise(1, 40, 40, 3)
    assert np.allclose(xrv_densenet.prepare(colour), xrv_densenet.prepare(colour[..., ::-1].copy()), atol=1e-2)


def test_features_do_not_depend_on_the_batch(published):
    images = noise(9, 64, 64)
    whole = extract("xrv_densenet", images, weights=published)
    assert np.array_equal(extract("xrv_densenet", images[8:], weights=published), whole[8:])


def test_a_pickle_that_runs_something_is_not_run(tmp_path):
    import torch

    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("ran").write_text, ("it did",))

    torch.save(Trap(), tmp_path / "trap.pt")
    with pytest.raises(UserError, match="trap.pt cannot be read as DenseNet-121 weights"):
        extract("xrv_densenet", noise(1, 8, 8), weights=tmp_path / "trap.pt")
    assert not (tmp_path / "ran").exists()


def test_other_files_are_refused(network, tmp_path):
    import torch

    with pytest.raises(UserError, match="xrv_densenet has no packaged weights; give torchxrayvision's"):
        extract("xrv_densenet", noise(1, 8, 8))
    for held, said in (
        ({"conv.weight": torch.zeros(1)}, "does not hold DenseNet-121 weights"),
        ({7: "seven"}, "does not hold DenseNet-121 weights"),
        ([torch.zeros(1)], "holds a list, not DenseNet-121 weights"),
        (torch.zeros(1), "holds a Tensor, not DenseNet-121 weights"),
        (None, "holds a NoneType, not"),
    ):
        torch.save(held, tmp_path / "other.pt")
        with pytest.raises(UserError, match=f"other.pt {said}"):
            extract("xrv_densenet", noise(1, 8, 8), weights=tmp_path / "other.pt")
    state = network.state_dict()
    torch.save({**state, "classifier.bias": torch.full_like(state["classifier.bias"], torch.nan)}, tmp_path / "nan.pt")
    with pytest.raises(UserError, match="nan.pt has NaN or infinity in its tensor classifier.bias"):
        extract("xrv_densenet", noise(1, 8, 8), weights=tmp_path / "nan.pt")
