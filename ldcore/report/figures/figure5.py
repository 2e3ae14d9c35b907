"""Figure 5: samples with and without Latent Drifting."""

from ldcore.grid import cells_of
from ldcore.report.figures._samples import UNTOUCHED, sample_sheet
from ldcore.report.markup import method_title

TITLE = "Figure 5"
CAPTION = (
    "With and without Latent Drifting: the same starting noise and prompt down each column; LD: a cell by its label in "
    "the config, which says how it is trained and what is sampled with."
)
NEEDS = ("samples", "data")
COLUMNS = 7


def draw(results):
    """A block per data set, a line per method and cell, below the real images that the prompts came from."""
    return sample_sheet(
        [(dataset, [""] * COLUMNS, cell_lines(results, dataset)) for dataset in results.config["grid"]["datasets"]]
    )


def cell_lines(results, dataset: str) -> list[tuple]:
    """(label, images): real, untouched, every cell of every method."""
    records, images = results.records_and_images(dataset)
    untouched = results.cell_samples(dataset, "base", UNTOUCHED)
    index = records["image_index"].to_numpy()[untouched["rows"][:COLUMNS]]
    lines = [("real", images[index]), ("untouched model", first_images(untouched))]
    for method in results.config["grid"]["methods"]:
        for cell in cells_of(results.config, method):
            samples = results.cell_samples(dataset, method, cell)
            lines.append((f"{method_title(method)}\nLD: {cell['label']}", first_images(samples)))
    return lines


def first_images(samples):
    """A copy of what is drawn, so that the rest leaves memory."""
    return samples["images"][:COLUMNS].copy()
