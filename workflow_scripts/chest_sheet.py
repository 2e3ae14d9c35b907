"""Chest phantoms beside a real radiograph (a DICOM file, such as RG1_UNCR.dcm of the package pydicom-data): OUT, a PNG."""

import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from ldcore import plugins
from ldcore.datasets import build
from ldcore.datasets.adapters import chest_phantom as phantom
from ldcore.report.figures import picture
from ldcore.runtime import cli
from ldcore.runtime.files import atomic


def sheet(real):
    """Rows: the real one and subjects as recorded; more subjects; one subject's counterfactuals; as the model sees them."""
    figure, axes = plt.subplots(4, 6, figsize=(13, 9.4), layout="constrained")
    large, small = (plugins.options("dataset adapter", "chest_phantom", {"image_size": size}) for size in (256, 64))
    first = [phantom.sessions(index, large, 0)[0] for index in range(40)]
    subject = next(row for row in first if row["findings"] == "No Finding" and row["sex"] == "M" and row["age"] < 75)
    changes = [{}, *({"findings": name} for name in phantom.FINDINGS[1:]), {"sex": "F"}, {"age": subject["age"] + 20}]
    shown = [("real radiograph", real)]
    shown += [
        (f"{row['findings']}, {row['sex']} {row['age']:.0f}", phantom.render(row, large, 0)[0]) for row in first[:11]
    ]
    shown += [
        (
            "one subject: " + str(*change.values() or ["as recorded"]),
            phantom.counterfactual(subject, large, 0, **change),
        )
        for change in changes
    ]
    shown += [(f"64 px: {row['findings']}", phantom.render(row, small, 0)[0]) for row in first[8:14]]
    for axis, (title, image) in zip(axes.flat, shown):
        picture(axis, image)
        axis.set_title(title, fontsize=9)
    return figure


def main(real, out):
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "one.csv")
        table.write_text(f"path,subject,split\n{Path(real).absolute()},one,test\n")
        _, images = build("folder", {"root": folder, "csv": str(table), "image_size": 256})
    figure = sheet(images[0])
    with atomic(out) as temporary:
        figure.savefig(temporary, dpi=75, metadata={"Software": None})


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, real=str, out=str))
