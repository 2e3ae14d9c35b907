"""The benchmarks run. Slow ones: python -m pytest -m slow tests/test_benchmarks.py"""

import subprocess
import sys

import pytest

from configs import ROOT

# What the workflow needs and the engine does not.
ABSENT = ["snakemake", "cleanfid", "lpips", "timm", "skimage", "sklearn", "nilearn", "nibabel", "pydicom"]
ABSENT += ["torchxrayvision", "open_clip", "num2words", "matplotlib"]
ENGINE = ["training.loop", "sampling.ddim", "sampling.job", "model.autoencoding", "methods.dreambooth"]
ENGINE += ["methods.textual_inversion", "edit.methods.instruct_pix2pix", "edit.methods.pix2pix_zero"]


def python(code, *arguments):
    """What Python prints where the ABSENT packages cannot be imported."""
    code = f"import sys; sys.modules |= dict.fromkeys({ABSENT}); {code}"
    done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_engine_needs_torch_and_diffusers_alone():
    modules = ", ".join(f"ldcore.{name}" for name in ENGINE)
    assert python(f"import {modules}; print('imported')") == "imported\n"


@pytest.mark.slow
def test_throughput_runs_without_the_workflows_packages(tmp_path):
    code = "import runpy; sys.path.insert(0, 'benchmarks'); "
    code += "runpy.run_path('benchmarks/throughput.py', run_name='__main__')"
    said = python(code, "--tiny", "--out", str(tmp_path / "table.md"))
    table = (tmp_path / "table.md").read_text()
    assert table in said and table.count("| training, ") == 2 and table.count("| sampling, ") == 2


@pytest.mark.slow
def test_preparing_a_download_is_measured(tmp_path):
    command = [sys.executable, "benchmarks/prepare.py", "--scans", "4", "--defaults", "0", "--pictures", "4"]
    command += ["--out", str(tmp_path / "table.md")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    table = (tmp_path / "table.md").read_text()
    assert done.returncode == 0 and table in done.stdout
    assert all(table.count(f"| {name} | 4 | 2 | ") == 4 for name in ("plain", "pictures"))
    assert all(float(cell) > 0 for line in table.splitlines()[4:] for cell in line.split("|")[6:10])


@pytest.mark.slow
@pytest.mark.parametrize("size", [["--tiny"], []], ids=["tiny", "full"])
def test_every_method_takes_a_step(size, tmp_path):
    """Full: 15 GB of disk, 20 GB of memory, half an hour and more; the benchmark itself stops above 22 GB."""
    command = [sys.executable, "benchmarks/full_size.py", *size, "--out", str(tmp_path / "table.md")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("textual_inversion", "custom_diffusion", "basic_ft", "dreambooth", "instruct_pix2pix", "generate"):
        assert f"| {name}" in (tmp_path / "table.md").read_text()
