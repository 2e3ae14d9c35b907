"""Pictures on disk, for commands."""

from PIL import Image

from ldcore.runtime.files import atomic


def save(image, path) -> None:
    """Write uint8 [H, W] or [H, W, 3] as PNG, atomically."""
    with atomic(path) as temporary:
        Image.fromarray(image).save(temporary, format="PNG")
