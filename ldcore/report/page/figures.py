"""The figures of the run with their captions."""

from PIL import Image

from ldcore import plugins
from ldcore.plan import reporting
from ldcore.report.page.pictures import source


def section(results) -> list[dict]:
    """A dict a figure: name, title, caption, the picture, and its width and height in pixels."""
    found = []
    for name in reporting.figures(results.config):
        declared = plugins.declared("figure", name)
        with Image.open(results.store.figure(name)) as picture:
            found.append(
                {
                    "name": name,
                    "title": plugins.title("figure", name),
                    "caption": declared["CAPTION"],
                    "src": source(picture.convert("RGB"), quality=85),
                    "width": picture.width,
                    "height": picture.height,
                }
            )
    return found
