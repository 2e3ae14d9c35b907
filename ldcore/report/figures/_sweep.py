"""What figures 2 and 3 share: images of the sweep, a delta a column, one starting noise a row."""

from ldcore.grid import Checkpoint, identifier
from ldcore.report.drawing import picture

ROWS = 3  # starting noises drawn


def swept(results, dataset: str, training: str) -> dict:
    """Delta -> (the first ROWS images, the traces of all images) of one checkpoint."""
    sweep, run = results.config["sweep"], str(results.config["grid"]["training_seeds"][0])
    checkpoint = Checkpoint(dataset, sweep["method"], training, sweep["prompt"], run)
    samples = {delta: results.samples(checkpoint, identifier(delta)) for delta in sweep["deltas"]}
    return {delta: (arrays["images"][:ROWS].copy(), arrays["trace"]) for delta, arrays in samples.items()}


def image_grid(group, rows: list[tuple], deltas: list[float]) -> None:
    """Rows of images, (label or None, an image a delta), under their deltas."""
    grid = group.subplots(len(rows), len(deltas), squeeze=False)
    for line, (label, images) in zip(grid, rows):
        for axes, image in zip(line, images):
            picture(axes, image)
        if label:
            line[0].set_ylabel(label, fontsize=8)
    for axes, delta in zip(grid[0], deltas):
        axes.set_title(f"{delta:g}", fontsize=8)
