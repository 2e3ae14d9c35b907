"""What each cell gains over the one without Latent Drifting, as dots with intervals."""

import matplotlib.pyplot as plt

from ldcore.report.tables import METHOD_NAME


def gains_figure(rows: list[dict]):
    """rows: the kid_gain rows of the scores. One panel a (dataset, extractor), one line a (method, cell)."""
    panels = list(dict.fromkeys((row["dataset"], row["extractor"]) for row in rows))
    lines = list(dict.fromkeys((row["method"], row["prompt"], row["drift"]) for row in rows))
    figure, axes = plt.subplots(
        1,
        len(panels),
        figsize=(2.9 * len(panels) + 2.2, 0.24 * len(lines) + 1.3),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axis, (dataset, extractor) in zip(axes[0], panels):
        for row in rows:
            if (row["dataset"], row["extractor"]) == (dataset, extractor):
                place = lines.index((row["method"], row["prompt"], row["drift"]))
                sure = row["low"] > 0 or row["high"] < 0
                colour = ("tab:blue" if row["value"] > 0 else "tab:orange") if sure else "0.6"
                axis.plot([row["low"], row["high"]], [place, place], color=colour, linewidth=1.5)
                axis.plot(row["value"], place, "o", color=colour, markersize=4)
        axis.axvline(0, color="0.3", linewidth=0.8)
        axis.set_title(f"{dataset}\n{extractor}", fontsize=8)
        axis.set_xlabel("KID gain (right: better with LD)", fontsize=7)
        axis.tick_params(labelsize=7)
    many = len({line[0] for line in lines}) > 1
    axes[0, 0].set_yticks(
        range(len(lines)), [(METHOD_NAME.get(m, m) + ", " if many else "") + drift for m, _, drift in lines]
    )
    axes[0, 0].invert_yaxis()
    return figure
