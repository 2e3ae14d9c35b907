"""Ageing follows the true follow-up best where the prompt writes ages as numbers."""

from ldcore import plugins
from ldcore.edit.scoring.reference import Metrics
from ldcore.evaluation.rows import row
from ldcore.grid import edit_cells
from ldcore.metrics import between_images
from ldcore.report.cells import gain_of, paper_name, reported
from ldcore.statistics.means import mean_test

TITLE = "Numerical ages are best"
PAPER = (
    "Table 2: ages as numbers have the best SSIM and PSNR on SD and Basic FT; not so FID, where words are best, nor "
    "Custom Diffusion's SSIM, PSNR and LPIPS."
)
NEEDS = ("edits", "data")
ASKED_BY = "editing"
NUMERICAL = "numerical"


def rows(results) -> list[dict]:
    """Per task, base and metric of pairs: numerical minus every other style, in the decoded pictures, over subjects."""
    found, config = [], results.config
    for name, task in config["editing"]["tasks"].items():
        others = [style for style in task["styles"] if style != NUMERICAL]
        edited_with = [cell["label"] for cell in edit_cells(config, name)]
        if NUMERICAL not in task["styles"] or not others or config["grid"]["headline"] not in edited_with:
            continue
        edited = results.edited(name)
        if any(request.target_row is None for request in edited.requests):
            continue
        for base in task["bases"]:
            found += base_rows(results, edited, base, others)
    return found


def base_rows(results, edited, base: str, others: list[str]) -> list[dict]:
    """The rows of one base."""
    styles, found = edited.task["styles"], []
    decoded = edited.edits[base, results.config["grid"]["headline"]]["decoded"]
    truth = edited.dataset.images_of([request.target_row for request in edited.requests])
    editing = results.config["editing"]
    for metric, options in Metrics({}, editing["perceptual"], likeness=editing["likeness"]).of_pairs.items():
        alike = {style: between_images(metric, decoded[styles.index(style)], truth, **options) for style in styles}
        sign = 1 if plugins.declared("metric", metric)["BETTER"] == "higher" else -1
        for other in others:
            more = sign * (alike[NUMERICAL] - alike[other])
            tested = mean_test(more, [request.source["subject_id"] for request in edited.requests])
            labels = {"dataset": edited.task["dataset"], "method": base, "above": 0.0}
            labels["statistic"] = (
                f"{plugins.title('metric', metric)} to the follow-up, {NUMERICAL} better than {other} by"
            )
            values = [paper(results, edited.task, base, style, metric) for style in (NUMERICAL, other)]
            labels["paper_value"] = gain_of(metric, *values)
            found.append(row(tested, n=len(more), **labels))
    return found


def paper(results, task: dict, base: str, style: str, metric: str) -> float | None:
    """The paper's table 2."""
    return reported(results, task["dataset"], metric, table=2, method=paper_name(base), prompt=style)
