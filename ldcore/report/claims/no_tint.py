"""With Latent Drifting pictures are gray, not tinted."""

from ldcore.evaluation.appearance import tint
from ldcore.report.cells import alone, ratio, with_and_without

TITLE = "No tint"
PAPER = "Official page: radiographs without LD are tinted (chroma 12 and 42 gray levels), with LD gray (1.4 and 1.6)."
NEEDS = ("samples",)
# Gray levels between a pixel's colours: what the eye takes for gray. The page's radiographs with LD have 1.4 and 1.6.
GRAY = 5.0
SHARE = 1 / 3  # of the chroma without LD: what is left is hard to see


def rows(results) -> list[dict]:
    """Mean chroma with LD, and over mean chroma without; the page's share stands beside the paper's chest data."""
    found = []
    for labels, with_it, without in with_and_without(results, lambda dataset: tint):
        found.append(alone(with_it, statistic="gray levels of chroma with LD", below=GRAY, **labels))
        share = ratio(with_it, without, statistic="chroma, with LD / without", below=SHARE, **labels)
        found.append({**share, "paper_value": page_share(results, labels["dataset"])})
    return found


def page_share(results, dataset: str) -> float | None:
    """The page's chroma with LD over that without, mean over its two findings; None but for the paper's chest data."""
    if results.config["datasets"][dataset]["paper"] != "chexpert":
        return None
    page = results.official()
    page = page[page["figure"] == "page chest"]
    with_it, without = (page[page["subject"].str.endswith(f"{words} LD")]["chroma"] for words in ("with", "without"))
    return float(with_it.mean() / without.mean())
