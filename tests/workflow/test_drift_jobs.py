"""Drifts are jobs of their own: another one leaves the rest alone, and what is searched waits for its weights only."""

import re
import subprocess
from pathlib import Path

import yaml
from test_smoke import COMMAND, ENVIRONMENT

from configs import workspace

FIXED = "results/smoke/drifts/brain_phantom/{}.json"
WEIGHTS = "results/smoke/runs/brain_phantom/basic_ft/ld/simple_info/0/weights.safetensors"


def snakemake(folder, *targets, dry=False, **changes):
    """Snakemake on the smoke config with changes; what it said."""
    (folder / "more.yaml").write_text(yaml.safe_dump(changes))
    command = [*COMMAND, "more.yaml", *(["-n"] if dry else []), "--", *targets]
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def jobs(said):
    """Rules of a dry run, and their outputs."""
    return re.findall(r"^(?:local)?rule (\w+):\n(?:    .*\n)*?    output: (\S+)", said, re.MULTILINE)


def test_another_drift_is_one_more_job(tmp_path):
    folder = workspace(tmp_path / "clone")
    first = Path(folder, FIXED.format("0.10"))
    snakemake(folder, FIXED.format("0.10"))
    written = first.stat().st_mtime_ns
    more = {"drifts": {"0.07": {"kind": "prior", "value": 0.07}, "0.05": {"kind": "prior", "value": 0.05}}}
    said = snakemake(folder, FIXED.format("0.10"), FIXED.format("0.07"), **more)
    assert "rule data" not in said and "rule latents" not in said  # a fixed drift waits for nothing
    assert first.stat().st_mtime_ns == written and Path(folder, FIXED.format("0.07")).exists()
    assert not Path(folder, FIXED.format("0.05")).exists()
    planned = jobs(snakemake(folder, FIXED.format("0.10"), dry=True, drifts={"0.10": {"kind": "prior", "value": 0.1}}))
    assert planned == []
    planned = jobs(snakemake(folder, FIXED.format("0.10"), dry=True, drifts={"0.10": {"kind": "kernel"}}, sweep=None))
    assert planned == [("drift", FIXED.format("0.10"))]


def test_a_searched_drift_waits_for_the_weights_trained_without_it(tmp_path):
    folder = workspace(tmp_path / "clone")
    drifts = {"found": {"kind": "prior", "source": "grid_search"}}
    said = snakemake(folder, WEIGHTS, dry=True, drifts=drifts, trainings={"ld": {"drift": "found"}})
    planned = jobs(said)
    assert sorted(rule for rule, _ in planned) == [
        *("data", "drift", "drift_search", "finetune_basic_ft", "finetune_basic_ft", "latents")
    ]
    searched = next(output for rule, output in planned if rule == "drift_search")
    assert searched == "results/smoke/drifts/brain_phantom/basic_ft/plain/simple_info/0/found.json"
