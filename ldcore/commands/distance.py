"""FID, KID and the like between two folders of images.

The first folder is what was made, the second what is real. Pictures of 8 bits count as they are, in colour; 16-bit,
DICOM and NIfTI images as `prepare` reads them, gray. Images may have any sizes: the extractor resizes each to its
network's input.

The interval is a 95 % jackknife over groups of the first folder's images, in order of their names, so that images of
one seed or patient whose names stand together stay together. The second folder counts as fixed.
"""

import sys

from ldcore import plugins
from ldcore.commands._arguments import whole

EXAMPLE = """
python -m ldcore sample --model resources/embedded_model --prompt "the sky" --count 8 --steps 2 --out made/with \\
    --delta 0.1
python -m ldcore sample --model resources/embedded_model --prompt "the sky" --count 8 --steps 2 --out made/without
python -m ldcore distance made/with made/without --extractor pooled_pixels --metric fid kid --groups 4
"""
READ_AT_ONCE = 256  # images held in memory


def add_arguments(parser) -> None:
    """See ldcore.commands."""
    parser.add_argument("made", metavar="FOLDER", help="images that were made")
    parser.add_argument("real", metavar="FOLDER", help="images that they are to be like")
    known = ", ".join(plugins.names("extractor"))
    parser.add_argument("--extractor", default="efficientnet_lite0", metavar="NAME", help=f"{known}, or a dotted name")
    parser.add_argument("--weights", metavar="PATH", help="of an extractor that needs some (docs/weights.md)")
    of_features = [name for name in plugins.names("metric") if compares_features(name)]
    parser.add_argument(
        "--metric",
        nargs="+",
        default=["fid", "kid"],
        metavar="NAME",
        help=f"{', '.join(of_features)}, or a dotted name",
    )
    parser.add_argument(
        "--groups",
        type=whole(1),
        default=8,
        metavar="N",
        help="groups that the interval is over, of at least two images each; 1: no interval",
    )
    parser.add_argument("--csv", metavar="FILE", help="write the rows there too")


def compares_features(metric: str) -> bool:
    """Whether a metric is a distance between features."""
    return plugins.declared("metric", metric).get("COMPARES") == "features"


def run(arguments) -> None:
    """See ldcore.commands."""
    import numpy as np
    import pandas as pd

    from ldcore.datasets.pictures import files_of
    from ldcore.evaluation.distances import distances
    from ldcore.metrics import check_compares
    from ldcore.report.markup import markdown, number
    from ldcore.runtime.device import prepare_cpu
    from ldcore.runtime.files import atomic

    prepare_cpu()
    name, options = arguments.extractor, {"weights": arguments.weights} if arguments.weights else {}
    plugins.options("extractor", name, options, f"--extractor {name}")
    for metric in arguments.metric:
        check_compares(metric, "features")
    folders = [files_of(folder) for folder in (arguments.made, arguments.real)]
    (made, made_sizes), (real, real_sizes) = (features(name, files, options) for files in folders)
    groups = np.array_split(made, min(arguments.groups, max(1, len(made) // 2)))
    rows = pd.DataFrame(distances(groups, real, name, arguments.metric, n_real=len(real)))
    rows = rows.rename(columns={"seeds": "groups"})
    if arguments.csv:
        with atomic(arguments.csv) as temporary:
            rows.to_csv(temporary, index=False)
    notes = []
    if len(made) != len(real):
        notes.append(
            f"{len(made)} and {len(real)} images: FID falls with their number, so set it beside FIDs of as many alone."
        )
    if len(made_sizes | real_sizes) > 1:
        told = [", ".join(sorted(sizes)) for sizes in (made_sizes, real_sizes)]
        notes.append(f"Sizes in pixels differ ({told[0]} against {told[1]}), which sharpness shows.")
    if len(groups) < 2:
        notes.append("No interval: it needs two groups, of at least two images each.")
    rows[["value", "low", "high"]] = rows[["value", "low", "high"]].map(number)
    print(markdown(rows[["metric", "extractor", "value", "low", "high", "n", "n_real", "groups"]], notes).rstrip())


def features(extractor: str, files: list, options: dict):
    """(features [N, D] of image files of any sizes, the sizes in words)."""
    import numpy as np
    from tqdm import tqdm

    from ldcore.datasets.pictures import stored
    from ldcore.features import extract

    found, sizes = {}, set()
    with tqdm(total=len(files), desc=extractor, unit="image", file=sys.stderr, mininterval=2) as bar:
        for start in range(0, len(files), READ_AT_ONCE):
            of_shape = {}
            for place, path in enumerate(files[start : start + READ_AT_ONCE], start):
                image = stored(path)
                of_shape.setdefault(image.shape, {})[place] = image
                sizes.add(f"{image.shape[1]} x {image.shape[0]}")
            for images in of_shape.values():
                found |= dict(zip(images, extract(extractor, np.stack(list(images.values())), **options)))
                bar.update(len(images))
    return np.stack([found[place] for place in range(len(files))]), sizes
