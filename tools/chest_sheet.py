"""Draw docs/chest_phantom.png: chest phantoms beside a real radiograph. Run by hand when the chest phantom changes.

python tools/chest_sheet.py --real RG1_UNCR.dcm --out docs/chest_phantom.png

RG1_UNCR.dcm is a de-identified test image of the package pydicom-data; any radiograph in DICOM, PNG or JPEG will do.
"""

import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from ldcore import plugins
from ldcore.datasets import build
from ldcore.datasets.adapters import chest_phantom as phantom
from ldcore.report.drawing import picture
from ldcore.runtime import cli
from ldcore.runtime.files import atomic

ROWS, COLUMNS = 4, 6


def sheet(radiograph):
    """The figure: the radiograph and eleven phantom patients; one patient's counterfactuals; patients at 64 px.

    radiograph: uint8 [256, 256]. A counterfactual changes one finding, the sex or the age and nothing else.
    """
    large, small = (plugins.options("dataset adapter", "chest_phantom", {"image_size": size}) for size in (256, 64))
    patients = [phantom.sessions(index, large, 0)[0] for index in range(40)]
    healthy = next(row for row in patients if row["findings"] == "No Finding" and row["sex"] == "M" and row["age"] < 75)
    changes = [{}, *({"findings": name} for name in phantom.FINDINGS[1:]), {"sex": "F"}, {"age": healthy["age"] + 20}]

    titled = [("real radiograph", radiograph)]
    for row in patients[:11]:
        titled.append((f"{row['findings']}, {row['sex']} {row['age']:.0f}", phantom.render(row, large, 0)[0]))
    for change in changes:
        title = "one subject: " + str(*change.values() or ["as recorded"])
        titled.append((title, phantom.counterfactual(healthy, large, 0, **change)))
    for row in patients[8:14]:
        titled.append((f"64 px: {row['findings']}", phantom.render(row, small, 0)[0]))

    figure, axes = plt.subplots(ROWS, COLUMNS, figsize=(13, 9.4), layout="constrained")
    for axis, (title, image) in zip(axes.flat, titled):
        picture(axis, image)
        axis.set_title(title, fontsize=9)
    return figure


def main(real, out):
    """Read the radiograph as the adapter `folder` does, and write the sheet."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "one.csv")
        table.write_text(f"path,subject,split\n{Path(real).absolute()},one,test\n")
        _, images = build("folder", {"root": folder, "csv": str(table), "image_size": 256})
    with atomic(out) as temporary:
        sheet(images[0]).savefig(temporary, dpi=75, metadata={"Software": None})


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, real=str, out=str))
