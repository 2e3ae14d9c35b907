"""What figures 2 and 3 share: images of the sweep, a delta a column, one starting noise a row."""

from ldcore.grid import Checkpoint, identifier
from ldcore.report.drawing import evenly
from ldcore.report.figures._sheet import Group

ROWS, COLUMNS = 3, 7  # starting noises and deltas drawn


def swept(results, dataset: str, training: str) -> dict:
    """Delta -> (the first ROWS images, the traces of all images) of one checkpoint."""
    sweep, run = results.config["sweep"], str(results.config["grid"]["training_seeds"][0])
    checkpoint = Checkpoint(dataset, sweep["method"], training, sweep["prompt"], run)
    samples = {delta: results.samples(checkpoint, identifier(delta)) for delta in sweep["deltas"]}
    return {delta: (arrays["images"][:ROWS].copy(), arrays["trace"]) for delta, arrays in samples.items()}


def image_group(title: str, samples: dict, rows: int = ROWS) -> Group:
    """The images of one checkpoint under their deltas; of many deltas some, spread evenly, with both ends."""
    deltas = list(samples)
    shown = [deltas[place] for place in evenly(len(deltas), COLUMNS)]
    lines = [("", [samples[delta][0][row] for delta in shown]) for row in range(min(rows, len(samples[shown[0]][0])))]
    return Group(title, [(f"{delta:g}", 1) for delta in shown], lines)
