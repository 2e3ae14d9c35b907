"""The benchmarks run. Slow ones: python -m pytest -m slow tests/test_benchmarks.py"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCKED = (
    "import sys; [sys.modules.__setitem__(name, None) for name in ('snakemake', 'cleanfid', 'lpips', 'timm', 'skimage', 'sklearn', "
    "'nilearn', 'nibabel', 'pydicom', 'torchxrayvision', 'open_clip', 'num2words', 'matplotlib')]; "
)


def python(code, *arguments):
    done = subprocess.run([sys.executable, "-c", BLOCKED + code, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_engine_needs_torch_and_diffusers_alone():
    said = python(
        "import ldcore.training.loop, ldcore.sampling.ddim, ldcore.model.autoencoding, ldcore.sampling.job, ldcore.methods.dreambooth, "
        "ldcore.methods.textual_inversion, ldcore.edit.methods.instruct_pix2pix, ldcore.edit.methods.pix2pix_zero; print('imported')"
    )
    assert said == "imported\n"


@pytest.mark.slow
def test_throughput_runs_without_the_workflows_packages(tmp_path):
    code = "sys.path.insert(0, 'benchmarks'); import runpy; runpy.run_path('benchmarks/throughput.py', run_name='__main__')"
    said = python(code, "--tiny", "--out", str(tmp_path / "table.md"))
    table = (tmp_path / "table.md").read_text()
    assert table in said and table.count("| training, ") == 2 and table.count("| sampling, ") == 2


@pytest.mark.slow
def test_preparing_a_download_is_measured(tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "benchmarks/prepare.py",
            "--scans",
            "4",
            "--defaults",
            "0",
            "--out",
            str(tmp_path / "table.md"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    table = (tmp_path / "table.md").read_text()
    assert done.returncode == 0 and table in done.stdout and table.count("| plain | 4 | 2 | ") == 4
    assert all(float(cell) > 0 for line in table.splitlines()[4:] for cell in line.split("|")[6:10])


@pytest.mark.slow
def test_every_method_takes_a_step_at_full_size(tmp_path):
    """15 GB of disk, 20 GB of memory, half an hour and more; the benchmark itself stops above 22 GB."""
    done = subprocess.run(
        [sys.executable, "benchmarks/full_size.py", "--out", str(tmp_path / "table.md")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("textual_inversion", "custom_diffusion", "basic_ft", "dreambooth", "instruct_pix2pix", "generate"):
        assert f"| {name}" in (tmp_path / "table.md").read_text()
