"""Extractors, metrics, classifiers and measures of a config are checked before any job starts."""

import copy

import pytest

from ldcore.plan.measuring import check_measuring
from ldcore.runtime.errors import UserError


def config(**changes):
    editing = {"likeness": ["ssim", "psnr"], "perceptual": {"lpips_alex": {"weights": "alex"}}}
    classifier = {"name": "resnet18", "options": {"learning_rate": "1e-4"}}  # YAML 1.1 reads 1e-4 as text
    return {
        "extractors": {"efficientnet_lite0": {}, "dinov2": {"weights": "dino"}},
        "metrics": ["fid", "kid"],
        "datasets": {
            "d": {"classifier": classifier | changes.pop("classifier", {}), "measures": changes.pop("measures", None)}
        },
        "editing": editing | changes.pop("editing", {}),
        **changes,
    }


def test_what_fits_passes_and_stays_as_it_is():
    for fitting in (config(), config() | {"editing": None}, config(measures=["ventricle_area"])):
        before = copy.deepcopy(fitting)
        check_measuring(fitting)
        assert fitting == before


@pytest.mark.parametrize(
    "changes, named",
    [
        ({"extractors": {"resnet": {}}}, "Config extractors.resnet: .*use one of dinov2, efficientnet_lite0"),
        ({"extractors": {"pooled_pixels": {"weights": "x"}}}, "Config extractors.pooled_pixels: option 'weights'"),
        ({"extractors": {"inception": {"weights": 1}}}, "Config extractors.inception: option weights is 1"),
        ({"classifier": {"name": "forest"}}, "Config datasets.d.classifier: .*'forest' is unknown; use one of"),
        ({"classifier": {"options": {"epochs": 0}}}, "Config datasets.d.classifier: option epochs is 0"),
        (
            {"measures": ["height"]},
            "Config datasets.d.measures: .*'height' is unknown; use one of cardiothoracic_ratio",
        ),
        ({"metrics": ["is"]}, "Config metrics 'is': .*unknown; use one of auc, fid, kid"),
        ({"metrics": ["ssim"]}, "Config metrics 'ssim': this metric compares pairs; name one that compares features"),
        ({"editing": {"likeness": ["kid"]}}, "Config editing.likeness 'kid': this metric compares features"),
        ({"editing": {"perceptual": {"lpips": {}}}}, "Config editing.perceptual.lpips: .*lpips_alex"),
    ],
)
def test_each_mistake_names_its_place(changes, named):
    with pytest.raises(UserError, match=named):
        check_measuring(config(**changes))


def test_nothing_heavy_is_imported():
    import subprocess
    import sys

    code = (
        "import sys; from ldcore.plan.measuring import check_choice;"
        "check_choice('classifier', 'resnet18', 'x'); check_choice('metric', 'lite0_perceptual', 'x');"
        "print([name for name in ('torch', 'pandas', 'sklearn', 'skimage') if name in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
