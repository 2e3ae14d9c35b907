"""Rows of tables: a number with its interval, and the cell that it is of."""

# What stands in the columns of a cell in rows of real images.
NO_CELL = {"training": "", "drift": "none", "sampling_drift": "none", "prompt": ""}


def row(interval: tuple, n: int, seeds: int = 1, **labels) -> dict:
    """One row. interval: (value, low, high), or (value, low, high, p) of a comparison, whose p-value the row then has.

    n: images; seeds: groups that the interval is over; labels: its ids.
    """
    value, low, high, *tested = interval
    numbers = {"n": n, "seeds": seeds, "value": value, "low": low, "high": high}
    return {**labels, **numbers, **({"p": tested[0]} if tested else {})}


def cell_labels(cell: dict) -> dict:
    """The columns that say which cell a row is of; cell: of grid.table_cells."""
    return {
        "method": cell["method"],
        "training": cell["training"],
        "drift": cell["label"],
        "sampling_drift": cell["part"],
        "prompt": cell["prompt"],
    }
