"""The options of every training run. A method extends them (EXTENDS) and may give defaults of its own (OPTIONS).

No prompts are dropped by default, as in diffusers' examples of text-to-image, DreamBooth, Textual Inversion and Custom
Diffusion.
"""

OPTIONS = {
    "steps": {"type": "integer", "minimum": 1, "default": 300, "description": "updates of the weights"},
    "batch_size": {"type": "integer", "minimum": 1, "default": 16, "description": "images in a micro-batch"},
    "accumulation": {"type": "integer", "minimum": 1, "default": 1, "description": "micro-batches per update"},
    "learning_rate": {"type": "number", "minimum": 0, "default": 5e-4, "description": "the highest rate"},
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
