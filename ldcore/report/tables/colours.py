"""Colours of the sweep: what the backgrounds of pictures turn to at every delta, beside those of the paper's page."""

import pandas as pd

from ldcore.evaluation.appearance import frame_colour, greenness, luma
from ldcore.report.cells import alone, of_images, page_colours, sweep_groups
from ldcore.report.markup import method_title, number, without_empty_columns
from ldcore.report.results import Results

TITLE = "Colours"
CAPTION = "Mean colour of the frame at every delta of the sweep, beside the backgrounds of the official page."
NEEDS = ("samples",)
ASKED_BY = "sweep"
FOOTNOTES = (
    "Frame: the outermost sixteenth of a picture, which stands for its background. Mean red, green, blue in gray levels"
    " over all images. [low, high] in the long form: 95 % jackknife interval over sampling seeds, or training runs.",
    "Page: inference-only drift on an untouched Stable Diffusion, mean of two prompts' backgrounds, measured by us on "
    "the paper's project page (resources/official_page.csv).",
)
MEASURES = {
    "red": lambda colours: colours[:, 0],
    "green": lambda colours: colours[:, 1],
    "blue": lambda colours: colours[:, 2],
    "brightness": luma,
    "greenness": greenness,
}
COLUMNS = ["dataset", "method", "training", "delta", "metric", "n", "seeds", "value", "low", "high", "paper_value"]


def rows(results: Results) -> pd.DataFrame:
    """A row a data set, training, delta and measure of the sweep."""
    sweep, page, found = results.config["sweep"], page_colours(results), []
    for dataset in sweep["datasets"]:
        for training in sweep["trainings"]:
            for delta in sweep["deltas"]:
                groups = sweep_groups(results, dataset, training, delta, of_images(frame_colour))
                labels = {"dataset": dataset, "method": sweep["method"], "training": training, "delta": f"{delta:+.2f}"}
                of_page = page.get(round(delta, 9))
                for name, measure in MEASURES.items():
                    row = alone(list(map(measure, groups)), metric=name, **labels)
                    paper_value = None if of_page is None else float(measure(of_page[None])[0])
                    found.append({**row, "paper_value": paper_value})
    return pd.DataFrame(found)[COLUMNS]


def layout(rows: pd.DataFrame) -> pd.DataFrame:
    """A line a data set, training and delta: ours and the page's as red, green, blue."""
    lines = []
    for (dataset, method, training, delta), of_delta in rows.groupby(
        ["dataset", "method", "training", "delta"], sort=False
    ):
        values = of_delta.set_index("metric")
        lines.append(
            {
                "Dataset": dataset,
                "Method": method_title(method),
                "Training": training,
                "Delta": delta,
                "N": str(values["n"].iloc[0]),
                **written(values["value"], ""),
                **written(values["paper_value"], " (page)"),
            }
        )
    return without_empty_columns(lines)


def written(values: pd.Series, ending: str) -> dict[str, str]:
    """Columns of one line, empty where there are no values; values: by the name of their measure."""
    if values.isna().any():
        return {}
    colour = ", ".join(f"{values[name]:.0f}" for name in ("red", "green", "blue"))
    texts = {
        "Red, green, blue": colour,
        "Brightness": number(values["brightness"]),
        "Greenness": number(values["greenness"]),
    }
    return {f"{name}{ending}": text for name, text in texts.items()}
