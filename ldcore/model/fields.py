"""What the settings of a model's parts have to be where the suite counts with them, as JSON Schemas. Imports nothing
heavy.

A setting that is left out has its library's default, unless it is `required`. What other kinds of models set is told in
ldcore.model.check, other noise schedules in ldcore.model.schedule.
"""

import json
from pathlib import Path

from ldcore.runtime.errors import UserError
from ldcore.runtime.schemas import misfit

SHOWN = 80  # characters of a wrong value in a message
COUNT = {"type": "integer", "minimum": 1, "description": "a whole number above 0"}
COUNTS = {"type": "array", "minItems": 1, "items": COUNT, "description": "a list of whole numbers above 0"}
COUNT_OR_COUNTS = {"anyOf": [COUNT, COUNTS], "description": "a whole number above 0, or a list of such"}
NAMES = {"type": "array", "minItems": 1, "items": {"type": "string"}, "description": "a list of names"}
SWITCH = {"type": ["boolean", "null"], "description": "true or false"}
BETA = {
    "type": ["number", "null"],
    "exclusiveMinimum": 0,
    "exclusiveMaximum": 1,
    "description": "a number above 0 and below 1",
}
BLOCKS = {
    "block_out_channels": COUNTS,
    "down_block_types": NAMES,
    "up_block_types": NAMES,
    "layers_per_block": COUNT_OR_COUNTS,
}
# Part -> its file, and the schema of what stands in it.
FIELDS = {
    "unet": (
        "unet/config.json",
        {
            "required": ["sample_size"],
            "properties": {
                "sample_size": {**COUNT, "description": "one whole number above 0, the latents' side"},
                "in_channels": COUNT,
                "out_channels": COUNT,
                **BLOCKS,
                "attention_head_dim": COUNT_OR_COUNTS,
                "norm_num_groups": {**COUNT, "type": ["integer", "null"]},
            },
        },
    ),
    "vae": (
        "vae/config.json",
        {
            "properties": {
                "scaling_factor": {"type": "number", "exclusiveMinimum": 0, "description": "a number above 0"},
                "latent_channels": COUNT,
                "in_channels": {"type": "integer", "enum": [3], "description": "3, those of a colour picture"},
                "out_channels": {"type": "integer", "enum": [3], "description": "3, those of a colour picture"},
                **BLOCKS,
                "norm_num_groups": COUNT,
                "sample_size": COUNT_OR_COUNTS,
            },
        },
    ),
    "text_encoder": (
        "text_encoder/config.json",
        {
            "properties": dict.fromkeys(
                [
                    *("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers"),
                    *("num_attention_heads", "max_position_embeddings"),
                ],
                COUNT,
            ),
        },
    ),
    "scheduler": (
        "scheduler/scheduler_config.json",
        {
            "properties": {
                "_class_name": {"type": "string", "description": "a name"},
                "num_train_timesteps": COUNT,
                "beta_start": BETA,
                "beta_end": BETA,
                "trained_betas": {
                    "type": ["array", "null"],
                    "items": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},  # 1: zero terminal SNR
                    "description": "a list of numbers above 0 and at most 1",
                },
                # As every Stable Diffusion has it; of more, DDIM's first timestep may lie behind the schedule's end.
                "steps_offset": {"type": "integer", "enum": [0, 1], "description": "0 or 1"},
                "set_alpha_to_one": SWITCH,
                "rescale_betas_zero_snr": SWITCH,
                "thresholding": {"enum": [False, None], "description": "false, as latents are not confined to a range"},
            },
        },
    ),
}


def check_fields(folder, part: str, said: dict) -> None:
    """UserError, which names file and setting, for the first setting of a part that is not what it has to be."""
    file, schema = FIELDS[part]
    for key, wanted in schema["properties"].items():
        has = f"{key} {shortened(json.dumps(said[key]))}" if key in said else f"no {key}"
        if not fits(said[key], wanted) if key in said else key in schema.get("required", ()):
            raise UserError(
                f"Model {Path(folder)}: its {file} has {has}, which has to be {wanted['description']}; correct it, or "
                "copy or fetch the file again."
            )


def shortened(text: str) -> str:
    """The text, or its beginning where it is long."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def fits(value, schema: dict) -> bool:
    """Whether a value fits a schema, to which 64.0 is no whole number: libraries stumble over it as a size."""
    return misfit(value, schema) is None and not (schema.get("type") == "integer" and isinstance(value, float))
