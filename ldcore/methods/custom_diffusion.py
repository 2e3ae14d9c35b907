"""Custom Diffusion: the keys and values of the cross-attention alone train (Kumari et al. 2023, arXiv 2212.04488)."""

from fnmatch import fnmatchcase

from ldcore.runtime.errors import UserError

TITLE = "Custom Diffusion"
EXTENDS = ("ldcore.training.options",)
TRAINS = {"unet": ["*attn2.to_k.weight", "*attn2.to_v.weight"]}


def trainable(backbone, options) -> dict:
    """The U-Net's attn2.to_k and attn2.to_v, by their state-dict names."""
    return {
        name: parameter
        for name, parameter in backbone.unet.named_parameters()
        if any(fnmatchcase(name, pattern) for pattern in TRAINS["unet"])
    }


def apply(backbone, tensors) -> None:
    """Load exactly those weights; a missing or left-over name is an error."""
    expected = set(trainable(backbone, {}))
    if expected != tensors.keys():
        raise UserError(
            f"The custom_diffusion weights do not fit this U-Net (first difference: {min(expected ^ tensors.keys())}); "
            "give the model they were trained on."
        )
    backbone.unet.load_state_dict(tensors, strict=False)
