"""TEMPLATE: say here what there is to see."""

TITLE = "TEMPLATE"
CAPTION = "KID of every cell."
NEEDS = ("scores",)


def draw(results):
    """A matplotlib figure; results: ldcore.report.results.Results."""
    from ldcore.report.drawing import plt

    values = [row["value"] for row in results.scores() if row["metric"] == "kid"]
    figure, axes = plt.subplots()
    axes.plot(values, "o")
    axes.set_ylabel("KID")
    return figure
