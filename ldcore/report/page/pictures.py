"""Pictures for the page: many small images as one sheet, and figures, as data that stand in the page itself."""

import base64
import io

import numpy as np
from PIL import Image

SIDE = 96  # pixels: larger images are shown at this size
COLUMNS = 16  # of a sheet
MOST = 2500  # images of a sheet: WebP has at most 16383 pixels a side


def sheet(images: np.ndarray, columns: int = COLUMNS, lossless: bool = False, quality: int = 80) -> dict:
    """At most MOST images uint8 [N, H, W] or [N, H, W, 3], line by line: {src, columns, width, height, count}.

    width and height are those of one image. lossless: gray levels as they are; else as
    WebP has them at this quality, some levels off.
    """
    images, columns = [small(image) for image in images], min(columns, len(images))
    height, width = images[0].shape[:2]
    lines = -(-len(images) // columns)
    whole = np.zeros((lines * height, columns * width, *images[0].shape[2:]), np.uint8)
    for place, image in enumerate(images):
        top, left = place // columns * height, place % columns * width
        whole[top : top + height, left : left + width] = image
    return {
        "src": source(Image.fromarray(whole), lossless=lossless, quality=quality),
        "columns": columns,
        "width": width,
        "height": height,
        "count": len(images),
    }


def small(image: np.ndarray) -> np.ndarray:
    """An image no larger than SIDE on its longer side, each pixel the mean of those that it stands for."""
    longest = max(image.shape[:2])
    if longest <= SIDE:
        return image
    height, width = (max(1, round(side * SIDE / longest)) for side in image.shape[:2])
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BOX))


def source(picture: Image.Image, **options) -> str:
    """A picture as the address of an <img>, in WebP."""
    buffer = io.BytesIO()
    picture.save(buffer, "webp", method=4, **options)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
