"""Rows of scores, as tests of tables and claims need them."""


def cell_row(metric, value=0.5, **changes):
    """A row of scores or of AUCs."""
    row = {"dataset": "brain", "method": "basic_ft", "drift": "ld", "prompt": "simple_info", "training": "ld"}
    row |= {"sampling_drift": "0.10", "metric": metric, "extractor": "efficientnet_lite0", "n": 8, "seeds": 3}
    return row | {"value": value, "low": value - 0.1, "high": value + 0.1} | changes


def edit_row(metric, value=0.5, **changes):
    """A row of edit scores."""
    row = {"task": "ageing", "dataset": "brain", "method": "instruct_pix2pix", "base": "base", "training": "ld"}
    row |= {"drift": "ld", "sampling_drift": "0.10", "prompt": "word", "output": "decoded", "edit": "older"}
    row |= {"gap": "all", "metric": metric, "extractor": "", "n": 3, "seeds": 1}
    return row | {"value": value, "low": value - 0.1, "high": value + 0.1} | changes
