"""The options of every training run. A method extends them (EXTENDS) and may give defaults of its own (OPTIONS).

No prompts are dropped by default, as in diffusers' examples of text-to-image, DreamBooth, Textual Inversion and Custom
Diffusion.
"""

from importlib.util import find_spec

from ldcore.runtime.errors import UserError

OPTIONS = {
    "steps": {"type": "integer", "minimum": 1, "default": 300, "description": "updates of the weights"},
    "batch_size": {"type": "integer", "minimum": 1, "default": 16, "description": "images in a micro-batch"},
    "accumulation": {"type": "integer", "minimum": 1, "default": 1, "description": "micro-batches per update"},
    "learning_rate": {"type": "number", "exclusiveMinimum": 0, "default": 5e-4, "description": "the highest rate"},
    "weight_decay": {"type": "number", "minimum": 0, "default": 0.01, "description": "AdamW's decay"},
    "optimizer": {"enum": ["adamw", "adamw_8bit"], "default": "adamw", "description": "8 bits need bitsandbytes"},
    "lr_schedule": {
        "enum": ["constant", "constant_with_warmup", "linear", "cosine", "cosine_with_restarts", "polynomial"],
        "default": "cosine",
        "description": "course of the learning rate, as diffusers names it; constant has no warm-up",
    },
    "warmup": {"type": "integer", "minimum": 0, "default": 20, "description": "steps over which the rate rises from 0"},
    "max_grad_norm": {"type": "number", "exclusiveMinimum": 0, "default": 1.0, "description": "clips gradients to it"},
    "min_snr_gamma": {"type": "number", "minimum": 0, "default": 0.0, "description": "arXiv 2303.09556; 0: plain loss"},
    "ema_decay": {"type": "number", "minimum": 0, "exclusiveMaximum": 1, "default": 0.0, "description": "0: none"},
    "caption_dropout": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.0, "description": "prompts dropped"},
    "mixed_precision": {"enum": ["no", "bf16"], "default": "no", "description": "of activations, over float32 weights"},
    "checkpoint_every": {"type": "integer", "minimum": 1, "default": 100, "description": "steps between checkpoints"},
    "gradient_checkpointing": {"type": "boolean", "default": False, "description": "less memory, a third more time"},
    "compile": {"type": "boolean", "default": False, "description": "torch.compile: slower to start, faster to run"},
    "save_dtype": {"enum": ["float32", "bf16"], "default": "float32", "description": "of the weights file"},
}


NO_BITSANDBYTES = "optimizer adamw_8bit needs the package bitsandbytes; install it or use optimizer: adamw."


def check_packages(options: dict, place: str) -> None:
    """UserError where an option needs a package that is not installed; place: where the options stand."""
    if options.get("optimizer") == "adamw_8bit" and find_spec("bitsandbytes") is None:
        raise UserError(f"{place}: {NO_BITSANDBYTES}")


def check_warmup(options: dict, given: dict, place: str) -> None:
    """UserError where a warm-up that is given (not the default) is longer than the training, whose rate never rises."""
    longer = options.get("warmup", 0) > options.get("steps", float("inf"))  # a method from outside may have neither
    if longer and given.get("warmup") is not None and options.get("lr_schedule") != "constant":
        raise UserError(
            f"{place}: option warmup is {options['warmup']}, and there are {options['steps']} steps; give fewer."
        )


def source_dropout(options: dict, place: str = "Options") -> tuple[float, float]:
    """How likely a pair's source is dropped where its prompt is kept, and where it is dropped.

    From the shares of all pairs that lose the prompt (caption_dropout), the source (image_dropout) and both
    (both_dropout): 0.1, 0.1 and 0.05 are arXiv 2211.09800's, as `conditioning_dropout_prob: 0.05` of diffusers'
    train_instruct_pix2pix. UserError where shares contradict each other; place: where they stand.
    """
    prompt, source, both = (options[name] for name in ("caption_dropout", "image_dropout", "both_dropout"))
    if both > min(prompt, source) or source - both > 1 - prompt + 1e-9:
        raise UserError(
            f"{place}: of all pairs {prompt:g} cannot lose the instruction (caption_dropout), {source:g} the source "
            f"(image_dropout) and {both:g} both (both_dropout); both_dropout is part of the other two."
        )
    return (source - both) / (1 - prompt) if prompt < 1 else 0.0, both / prompt if prompt else 0.0
