"""What figures 4 and 5 share: the lines above those of the methods."""

from ldcore.report.results import Results

UNTOUCHED = {"training": "untrained", "drift": "none"}  # where the samples of the method `base` lie


def first_lines(results: Results, dataset: str, columns) -> list[tuple]:
    """(label, images): the real images that the prompts of these samples came from, and the untouched model's."""
    records, images = results.records_and_images(dataset)
    untouched = results.cell_samples(dataset, "base", UNTOUCHED)
    index = records["image_index"].to_numpy()[untouched["rows"][columns]]
    return [("real", list(images[index])), ("untouched model", list(untouched["images"][columns]))]
