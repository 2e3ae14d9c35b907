"""What preparing a download costs: scans per second and core, and resident memory.

python benchmarks/prepare.py [--scans 1000] [--defaults 20] [--pictures 1500] [--workers 2] [--out FILE]

plain      N4 and registration off: reading, slice, window, resize
defaults   as the adapter comes, N4 and registration to MNI152, of `--defaults` scans
pictures   a folder of one's own, PNG files of 256 pixels a side made 512

The download is laid out as IXI's: a folder and a table. Its volumes are the packaged MNI152 template at 1 mm, moved a
little, int16 .nii.gz; a few are written, the others are links to them. Memory is read every 50 ms from /proc (Linux):
the peak so far, in MB, of this process and of all its children together, once a tenth, half and all of the scans are
read, and once the data set is written. `own` leaves out pages that only mirror files on disk (the images being
collected), which the system takes back when it needs them.
"""

import argparse
import os
import platform
import tempfile
import threading
import time
from contextlib import suppress
from datetime import date
from pathlib import Path

import numpy as np
from publish import publish

from ldcore.prepare import prepare

DISTINCT = 8  # volumes written
PERIOD = 0.05  # seconds between two samples of memory
MARKS = (0.1, 0.5, 1.0)  # shares of the scans read at which the peak is noted
OPTIONS = {"plain": {"n4": False, "register": False}, "defaults": {}, "pictures": {"image_size": 512}}


def volumes(folder: Path) -> list[Path]:
    """DISTINCT heads at 1 mm, each at another place and with another brightness towards one side."""
    import nibabel
    from nilearn.datasets import load_mni152_template

    template = load_mni152_template(resolution=1)
    head, draw = template.get_fdata(dtype=np.float32), np.random.default_rng(0)
    paths = [folder / f"{number}.nii.gz" for number in range(DISTINCT)]
    for path in paths:
        moved = np.roll(head, draw.integers(-5, 6, 3), (0, 1, 2))
        lit = moved * np.linspace(1, draw.uniform(0.7, 1.3), len(head))[:, None, None]
        # A scanner's background is not 0, so that files are as large as real ones.
        noisy = lit * 1000 + draw.rayleigh(8, head.shape)
        nibabel.save(nibabel.Nifti1Image(noisy.astype(np.int16), template.affine), path)
    return paths


def own(folder: Path, count: int) -> dict:
    """The options of a folder with `count` pictures, all different, and their table."""
    from PIL import Image

    folder.mkdir(parents=True)
    y, x = np.indices((256, 256))
    for number in range(count):
        Image.fromarray(((x * (number % 97 + 1) + y * number) % 256).astype(np.uint8)).save(folder / f"{number}.png")
    rows = [f"{number}.png,s{number}" for number in range(count)]
    (folder / "pictures.csv").write_text("\n".join(["path,subject", *rows]) + "\n")
    return {"root": str(folder), "csv": "pictures.csv"}


def download(folder: Path, files: list[Path], count: int) -> dict:
    """The options of IXI's folder of `count` people and its table."""
    (folder / "IXI-T1").mkdir(parents=True)
    for number in range(count):
        os.link(files[number % len(files)], folder / "IXI-T1" / f"IXI{number + 1:03d}-Guys-{number:04d}-T1.nii.gz")
    rows = [f"{number + 1},{number % 2 + 1},{20 + number % 60}" for number in range(count)]
    (folder / "IXI.csv").write_text("\n".join(['IXI_ID,"SEX_ID (1=m, 2=f)",AGE', *rows]) + "\n")
    return {"source": str(folder)}


def resident(process) -> np.ndarray:
    """MB of a process [all, own]; 0 where it has ended."""
    try:
        lines = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
        return np.array([int(lines[name].split()[0]) for name in ("VmRSS", "RssAnon")]) / 1024
    except (OSError, KeyError):
        return np.zeros(2)


def children() -> list[str]:
    """The numbers of this process's children."""
    numbers = []
    for path in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):  # it has ended
            if f"\nPPid:\t{os.getpid()}\n" in path.read_text():
                numbers.append(path.parent.name)
    return numbers


def watched(call, cache: Path, count: int) -> tuple[float, list[np.ndarray]]:
    """Call; return the seconds until the last scan was read, and the peak memory at each of MARKS and at the end.

    A peak is [all, own, all of children, own of children] in MB. cache: where the scans that are read appear.
    """
    peak, marks, ended, read_by = np.zeros(4), [], threading.Event(), []

    def watch():
        while not ended.wait(PERIOD):
            np.maximum(peak, np.concatenate([resident("self"), sum(map(resident, children()), np.zeros(2))]), out=peak)
            done = sum(1 for path in cache.glob("[0-9a-f]*.npy") if path.name != "all.npy")
            while len(marks) < len(MARKS) and done >= MARKS[len(marks)] * count:
                marks.append(peak.copy())
                if len(marks) == len(MARKS):
                    read_by.append(time.perf_counter())

    watcher, began = threading.Thread(target=watch), time.perf_counter()
    watcher.start()
    try:
        call()
    finally:
        read_by.append(time.perf_counter())
        ended.set()
        watcher.join()
    marks += [peak.copy()] * (len(MARKS) + 1 - len(marks))
    return read_by[0] - began, marks


def measured(name: str, files: list[Path], count: int, workers: int, folder: Path) -> list[str]:
    """Lines of the table for one set of options. files: the volumes of a download; none: pictures of one's own."""
    adapter, made = ("ixi", download(folder / "in", files, count)) if files else ("folder", own(folder / "in", count))
    options = {**OPTIONS[name], **made}
    seconds, marks = watched(
        lambda: prepare(adapter, options, 0, folder / "out", workers), folder / "out" / "cache", count
    )
    speed = f"{count / seconds / workers:.3g}"
    when = [*(f"{mark:.0%} read" for mark in MARKS), "written"]
    return [
        f"| {name} | {count} | {workers} | {speed} | {moment} | " + " | ".join(f"{value:.0f}" for value in mark) + " |"
        for moment, mark in zip(when, marks)
    ]


def main(scans, defaults, pictures, workers, out):
    """Measure each set of options and print the table."""
    import nibabel
    import SimpleITK

    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        files = volumes(Path(scratch)) if scans or defaults else []
        for name, count, used in (("plain", scans, files), ("defaults", defaults, files), ("pictures", pictures, [])):
            if count:
                rows += measured(name, used, count, workers, Path(scratch, name))
    head = [
        f"{date.today()}, {platform.machine()} CPU, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"numpy {np.__version__}, nibabel {nibabel.__version__}, SimpleITK {SimpleITK.Version.VersionString()}; "
        "peak resident memory in MB",
        "",
        "| options | scans | workers | scans/s/core | when | process | own | children | own |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    publish([*head, *rows], out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scans", type=int, default=1000, help="prepared with N4 and registration off")
    parser.add_argument("--defaults", type=int, default=20, help="prepared with the adapter's defaults; 0: none")
    parser.add_argument("--pictures", type=int, default=0, help="prepared by the adapter folder; 0: none")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", help="the table, as Markdown")
    main(**vars(parser.parse_args()))
