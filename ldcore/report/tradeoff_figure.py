"""The unified objective as a trade-off: distance to the source (l_in) against distance to the wanted outcome (l_o), over lambda."""

import matplotlib.pyplot as plt

from ldcore.report.tables import METHOD_NAME

COLOURS = ("#444444", "#1f78b4", "#e08214", "#33a02c", "#7b3294", "#c51b7d")
OUTCOME = {
    "class_distance": "1 - p(wanted class), real-trained classifier",
    "age_distance": "|predicted - wanted age|, years",
}


def tradeoff_figure(rows: list[dict]):
    """One panel a task, one curve a (base, cell), one point a lambda with the 95 % interval of its paired difference to the source."""
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    figure, axes = plt.subplots(1, len(tasks), figsize=(4.6 * len(tasks), 4), squeeze=False, layout="constrained")
    for axis, task in zip(axes[0], tasks):
        mine = [row for row in rows if row["task"] == task]
        curves = list(dict.fromkeys((row["base"], row["drift"]) for row in mine))
        for (base, label), colour in zip(curves, COLOURS):
            points = {
                (row["metric"], row["amount"]): row for row in mine if (row["base"], row["drift"]) == (base, label)
            }
            amounts = sorted({amount for _, amount in points})
            near, far = ([points[metric, amount] for amount in amounts] for metric in ("l_in", "l_o"))
            axis.errorbar(
                [row["value"] for row in near],
                [row["value"] for row in far],
                yerr=[row["value"] - row["low"] for row in far],
                xerr=[row["value"] - row["low"] for row in near],
                marker="o",
                markersize=4,
                linewidth=1.2,
                elinewidth=0.5,
                color=colour,
                label=f"{METHOD_NAME.get(base, base)}, LD: {label}",
            )
            for one, other, amount in zip(near, far, amounts):
                axis.annotate(
                    f"{amount:g}",
                    (one["value"], other["value"]),
                    textcoords="offset points",
                    xytext=(4, 4),
                    fontsize=7,
                    color=colour,
                )
        axis.set_xlabel("l_in: mean absolute distance to the source")
        axis.set_ylabel(f"l_o: {OUTCOME[next(row['extractor'] for row in mine if row['metric'] == 'l_o')]}", fontsize=8)
        axis.set_title(f"{task} ({mine[0]['method'].replace('_', ' ')}); numbers: lambda", fontsize=9)
        axis.legend(fontsize=7)
    return figure
