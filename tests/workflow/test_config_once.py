"""The config is written once a run: in JSON too, made again where it changes, and no job takes another run's."""

import json
import subprocess

import yaml
from test_smoke import COMMAND, ENVIRONMENT

from configs import workspace

TARGET = "results/once/data/brain_phantom/records.csv"


def run(folder, changes, *arguments):
    (folder / "changes.json").write_text(json.dumps({"name": "once", **changes}))
    command = [*COMMAND, "changes.json", *arguments, "--", TARGET]
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_a_config_in_json_runs_and_a_changed_one_runs_again(tmp_path):
    folder = workspace(tmp_path / "clone")
    few = {"datasets": {"brain_phantom": {"options": {"subjects": 8}}}}
    code, said = run(folder, few, "--no-hooks")
    assert code != 0 and "results/once/config.yaml is missing; snakemake writes it" in said and "Traceback" not in said
    code, said = run(folder, few)
    assert code == 0, said[-3000:]
    written = yaml.safe_load((folder / "results/once/config.yaml").read_text())
    assert written["datasets"]["brain_phantom"]["options"]["subjects"] == 8
    assert list(written["editing"]["tasks"]) == ["ageing", "disease", "findings", "disease_both"]
    code, said = run(folder, few, "-n")
    assert "Nothing to be done" in said
    code, said = run(folder, {"seed": 1, **few}, "-n")
    assert "Params have changed since last execution" in said
    code, said = run(folder, {"seed": 1, **few}, "--no-hooks")  # the file is of the run before
    assert code != 0 and "is not of this run" in said and "Traceback" not in said
