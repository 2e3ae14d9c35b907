"""torchxrayvision's DenseNet-121 (Cohen et al. 2022, arXiv 2111.00595): features that know chest radiographs."""

import pickle

from ldcore.features._inputs import existing, resized
from ldcore.runtime.errors import UserError
from ldcore.runtime.pixels import unrounded_gray
from ldcore.runtime.weight_files import check_numbers

TITLE = "torchxrayvision DenseNet-121"
NEEDS_WEIGHTS = True
LIKE_INCEPTION = False
OPTIONS = {
    "weights": {
        "type": ["string", "null"],
        "default": None,
        "description": "torchxrayvision's densenet121-res224-all (a .pt file) or its state dict",
    },
}
SIZE = 224  # px
RANGE = 1024.0  # its pixels run from -1024 to 1024
# All that the published pickle of a whole network consists of; anything else in a file is not run but refused.
CLASSES = {
    "torchxrayvision.models": ("DenseNet", "_DenseBlock", "_DenseLayer", "_Transition"),
    "collections": ("OrderedDict",),
    "torch.nn.modules.container": ("Sequential",),
    "torch.nn.modules.conv": ("Conv2d",),
    "torch.nn.modules.linear": ("Linear",),
    "torch.nn.modules.batchnorm": ("BatchNorm2d",),
    "torch.nn.modules.activation": ("ReLU",),
    "builtins": ("set",),
    "__builtin__": ("set",),
    "torch.nn.modules.pooling": ("MaxPool2d", "AvgPool2d"),
    "torch._utils": ("_rebuild_tensor_v2", "_rebuild_parameter"),
}
FILE = "torchxrayvision's densenet121-res224-all (a .pt file) or its state dict"


def load(weights=None):
    """1024 pooled features of the network trained on NIH, PadChest, CheXpert, MIMIC-CXR, Google, OpenI and RSNA.

    Convention: mean of the channels, bilinear resizing with antialiasing to 224 x 224 px, then 2048 x / 255 - 1024
    (torchxrayvision's own range). The package's loader runs whatever a pickle says; this one knows the network's own
    classes alone. UserError: weights missing, or another network's.
    """
    import torch
    from torchxrayvision.models import DenseNet

    if weights is None:
        raise UserError(f"The extractor xrv_densenet has no packaged weights; give {FILE} as weights.")
    state = read(existing(weights, f"give {FILE}"))
    network = DenseNet()
    try:
        network.load_state_dict({key: value for key, value in state.items() if key != "op_threshs"})
    except Exception as error:  # other names, other shapes, no mapping at all
        raise UserError(f"{weights} does not hold DenseNet-121 weights; give {FILE}.") from error
    check_numbers(network.state_dict(), weights)

    class Pooled(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, pixels):
            return self.network.features2(pixels)

    return prepare, Pooled().eval()


def read(path: str) -> dict:
    """The state dict in the file: of a pickled DenseNet, as published, or saved as such. UserError: anything else."""
    from types import SimpleNamespace

    import torch

    # weights_only does not know whole networks in torch's old format, which the published file has.
    restricted = SimpleNamespace(
        __name__="pickle", Unpickler=Restricted, load=lambda file, **how: Restricted(file, **how).load()
    )
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=False, pickle_module=restricted)
    except Exception as error:  # of whatever kind other bytes lead an unpickler to
        raise UserError(f"{path} cannot be read as DenseNet-121 weights; give {FILE}.") from error
    state = loaded.state_dict() if isinstance(loaded, torch.nn.Module) else loaded
    if not isinstance(state, dict):
        raise UserError(f"{path} holds a {type(state).__name__}, not DenseNet-121 weights; give {FILE}.")
    return state


class Restricted(pickle.Unpickler):
    """An unpickler that knows CLASSES alone."""

    def find_class(self, module, name):
        """The class, if it is one of CLASSES. UnpicklingError: another."""
        if name not in CLASSES.get(module, ()):
            raise pickle.UnpicklingError(f"{module}.{name} is not part of a DenseNet")
        return super().find_class(module, name)


def prepare(images):
    """uint8 [n, H, W, 3] -> float32 [n, 1, 224, 224] in -1024..1024."""
    return (2 * resized(unrounded_gray(images)[..., None], SIZE, "bilinear") / 255 - 1) * RANGE
