"""Fine-tuned weights as what stock diffusers loads.

The same as `python -m ldcore.export`. Without --pipeline: OUT/unet, or one OUT/NAME.safetensors per word for
load_textual_inversion. With it: OUT is a whole pipeline folder, whose untouched parts are hard links to the model's
files where the disk allows, else copies.
"""

from ldcore import export

EXAMPLE = """
python -m ldcore prepare --adapter brain_phantom --options '{"subjects": 8}' --out made/brain
python -m ldcore finetune --data made/brain --model resources/embedded_model --method custom_diffusion \\
    --option steps=1 --option batch_size=2 --out made/tuned
python -m ldcore export --model resources/embedded_model --method custom_diffusion \\
    --weights made/tuned/weights.safetensors --out made/pipeline --pipeline
"""
add_arguments = export.add_arguments


def run(arguments) -> None:
    """See ldcore.commands."""
    export.main(arguments.model, arguments.method, arguments.weights, arguments.out, arguments.whole)
