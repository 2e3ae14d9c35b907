"""DINOv2 (Oquab et al. 2023, arXiv 2304.07193): a self-supervised vision transformer.

Its features follow human judgement of generated images better than Inception's (Stein et al. 2023, arXiv 2306.04675).
"""

from pathlib import Path

from ldcore.features._inputs import existing, resized
from ldcore.runtime.errors import UserError

TITLE = "DINOv2"
NEEDS_WEIGHTS = True
LIKE_INCEPTION = False
OPTIONS = {
    "weights": {
        "type": ["string", "null"],
        "default": None,
        "description": "the folder with transformers' Dinov2Model, or its model.safetensors",
    },
}
# px, 16 x 16 patches of 14 px. Trained at 518 px: position embeddings are interpolated, as arXiv 2306.04675 does.
SIZE = 224
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's
FILES = "config.json and model.safetensors of facebook/dinov2-base (or -small, -large)"


def load(weights=None):
    """The class token after the last norm: 384, 768 or 1024 features for ViT-S/14, -B/14, -L/14.

    The folder's config.json says which. Convention: bicubic resizing with antialiasing to 224 x 224 px, clipped to
    0-255, then ImageNet's mean and standard deviation. UserError: weights missing, or another network's.
    """
    import torch

    if weights is None or not Path(weights).exists():
        raise UserError(f"Feature weights {weights} are missing; give the folder with {FILES}.")
    folder = Path(weights).parent if Path(weights).is_file() else Path(weights)
    if folder != Path(weights) and Path(weights).name != "model.safetensors":
        raise UserError(f"{weights} does not hold DINOv2 weights; give the folder with {FILES}.")
    for name in ("config.json", "model.safetensors"):
        existing(folder / name, f"dinov2 needs {FILES} in one folder")
    model = read(folder)

    class ClassToken(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, pixels):
            return self.model(pixels).pooler_output

    return prepare, ClassToken().eval()


def read(folder: Path):
    """The folder's Dinov2Model of transformers. UserError: unreadable, or weights missing or left over."""
    import torch
    from transformers import Dinov2Model

    try:
        model, report = Dinov2Model.from_pretrained(
            folder, use_safetensors=True, dtype=torch.float32, output_loading_info=True
        )
    except Exception as error:  # a damaged file, another architecture: many kinds
        raise UserError(
            f"{folder} does not hold DINOv2 weights ({' '.join(str(error).split())[:150]}); give {FILES}."
        ) from error
    wrong = sorted([*report["missing_keys"], *report["unexpected_keys"]])
    if wrong:
        raise UserError(f"{folder} does not hold DINOv2 weights (first difference: {wrong[0]}); give {FILES}.")
    return model


def prepare(images):
    """uint8 [n, H, W, 3] -> float32 [n, 3, 224, 224], ImageNet-normalised."""
    import torch

    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
    return (resized(images, SIZE, "bicubic") / 255 - mean) / std
