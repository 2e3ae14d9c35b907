"""A model with fine-tuned weights on it, and what it is, as commands write it beside what they made."""

from pathlib import Path

from ldcore import plugins
from ldcore.export import scheduler_of
from ldcore.methods import load_weights
from ldcore.model.check import check_model, picture_side
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import read_json, sha256

# Beside weights that `python -m ldcore finetune` wrote: the method, and all that they follow from.
RECORD = "finetune.json"


def opened(model, weights=None, method: str | None = None):
    """(backbone, facts: plain values that say what it is) of a model folder and weights trained on it, if any.

    The noise schedule is the one that the weights were trained with. UserError: no model, or weights of which nobody
    says which method trained them.
    """
    from ldcore.model.backbone import fingerprint, load_backbone, rescheduled

    method = method_of(weights, method) if weights else None
    backbone = load_backbone(model)
    facts = {"model": str(model), "model_sha256": fingerprint(model)}
    if weights:
        load_weights(backbone, method, weights)
        changes = scheduler_of(weights)
        backbone.scheduler = rescheduled(backbone.scheduler, changes)
        facts |= {"weights": str(weights), "weights_sha256": sha256(weights), "method": method, "scheduler": changes}
    return backbone, facts


def method_of(weights, method: str | None = None) -> str:
    """The method that trained weights: as given, else as the record beside them says. UserError: neither."""
    record = Path(weights).with_name(RECORD)
    if not Path(weights).is_file():
        raise UserError(f"--weights {weights} is no file; give a run's weights.safetensors.")
    if method is None:
        method = read_json(record).get("method") if record.is_file() else None
    if method is None:
        raise UserError(f"{weights} does not say which method trained it; give --weights-method NAME.")
    plugins.check("method", method)
    return method


def side_of(model) -> int:
    """How many pixels a side the pictures of a model have. UserError: no model that the suite can run."""
    check_model(model)
    return picture_side(model)
