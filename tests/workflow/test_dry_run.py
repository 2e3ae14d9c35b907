"""What a dry run says: the budget, which weights go, how a job of several GPUs starts."""

import subprocess
import sys

from configs import workspace

GONE = "Would remove temporary output"


def dry_run(tmp_path, changes):
    (tmp_path / "more.yaml").write_text(changes)
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "-n",
        "-p",
        "--cores",
        "1",
        "--nolock",
        "--configfile",
        "configs/smoke.yaml",
        str(tmp_path / "more.yaml"),
    ]
    folder = tmp_path / "clone"
    done = subprocess.run(command, cwd=folder if folder.exists() else workspace(folder), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_the_budget_and_what_is_kept(tmp_path):
    kept = dry_run(tmp_path, "keep_weights: true")
    assert "5,198,228" in kept and "instruct_pix2pix" in kept and GONE not in kept
    removed = [line for line in dry_run(tmp_path, "keep_weights: false").splitlines() if GONE in line]
    assert removed and all(line.endswith("weights.safetensors") for line in removed)
    assert any("/runs/" in line for line in removed) and any("/edits/" in line for line in removed)


def test_a_job_of_several_gpus_has_a_process_each(tmp_path):
    said = dry_run(tmp_path, "resources: {finetune: {gpu: 2}, edit_train: {gpu: 1}}")
    assert (
        "accelerate launch --multi_gpu --num_processes 2 --num_machines 1 --main_process_port 0 "
        "workflow_scripts/finetune.py" in said
    )
    assert "python workflow_scripts/edit_train.py" in said and "python workflow_scripts/finetune.py" not in said
