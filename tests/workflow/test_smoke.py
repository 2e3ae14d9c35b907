"""The smoke grid end to end through Snakemake: whole, killed and resumed, and refused with one sentence."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from configs import workspace
from ldcore import plugins

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "snakemake", "--cores", "2", "--nolock", "--configfile", "configs/smoke.yaml"]
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def snakemake(folder, *arguments):
    return subprocess.run([*COMMAND, *arguments], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = workspace(tmp_path_factory.mktemp("smoke") / "whole")
    done = snakemake(folder)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return folder / "results" / "smoke"


def tables(results):
    """Name -> bytes of every table but `deltas`, which has the seconds that a search took."""
    return {path.name: path.read_bytes() for path in sorted((results / "tables").iterdir()) if path.stem != "deltas"}


def test_everything_promised_is_there(whole):
    names = [
        f"tables/{table}.{suffix}"
        for table in ("claims", "colours", "table1", "table2", "table3", "table4", "deltas", "objective", "truth")
        for suffix in ("csv", "md", "tex")
    ]
    names += [
        f"figures/{figure}.{suffix}"
        for figure in (*(f"figure{n}" for n in range(1, 9)), "gains", "tradeoff", "delta_search")
        for suffix in ("png", "pdf")
    ]
    for name in (*names, "report/index.html"):
        assert (whole / name).stat().st_size > 500, name
    table = pd.read_csv(whole / "tables/table1.csv", keep_default_na=False, na_values=[""])
    assert set(table["method"]) == {"real", "reconstruction", "base", "basic_ft"}
    assert set(table[table["method"] == "basic_ft"]["drift"]) == {"none", "ld", "moment", "searched"}
    assert np.isfinite(table["value"]).all() and set(table["dataset"]) == {"brain_phantom", "chest_phantom"}
    auc, gain = table["metric"].str.startswith("auc"), table["metric"].str.endswith("_gain")
    sure = table.dropna(subset=["low", "high"])  # an AUC of 1, or of two equal cells, claims no interval
    assert ((sure["low"] < sure["high"]) & sure["value"].between(sure["low"], sure["high"])).all()
    assert set(table[~auc].index) <= set(sure.index)
    assert set(table[~auc]["seeds"]) == {3} and set(table[~auc]["n"]) == {24}  # the floors and every cell at one N
    learnt = {"auc", "auc_all_real", "auc_real_plus_synthetic", "auc_all_real_plus_synthetic"}
    assert learnt | {f"{name}_gain" for name in learnt - {"auc_all_real"}} == set(table[auc]["metric"])
    assert {"fid", "fid_gain", "kid", "kid_gain"} == set(table[~auc]["metric"])
    assert table[auc & ~gain]["value"].between(0, 1).all() and set(table[auc]["extractor"]) == {"pixels_logistic"}
    prompts = pd.read_csv(whole / "tables/table3.csv")
    assert set(prompts["prompt"]) == {"simple_info", "diverse"} and set(prompts["dataset"]) == {"brain_phantom"}


def test_edits_are_measured_beside_the_trivial_answer_and_the_exact_one(whole):
    tables = {
        name: pd.read_csv(whole / f"tables/{name}.csv", keep_default_na=False, na_values=[""])
        for name in ("table2", "table4", "truth")
    }
    for table in tables.values():
        assert {"source", "exact"} < set(table["method"]) and set(
            table[~table["method"].isin(["source", "exact"])]["output"]
        ) == {"decoded", "changed"}
    assert {"fid", "kid", "ssim", "ssim_gain", "lpips", "lpips_gain", "psnr"} == set(tables["table2"]["metric"])
    trivial = tables["table2"][tables["table2"]["method"] == "source"].set_index("metric")["value"]
    assert (trivial[["ssim_gain", "lpips_gain"]] == 0).all()
    assert set(tables["table2"]["prompt"].dropna()) == {"word"} and set(tables["table2"]["base"].dropna()) == {
        "basic_ft"
    }
    paper = tables["table2"].dropna(subset=["paper_value"]).set_index("metric")["paper_value"]
    assert paper["ssim"] == 0.75 and paper["fid"] == 15.25
    truth = tables["truth"]
    assert {
        "composition_1",
        "composition_10",
        "effectiveness",
        "minimality",
        "realism",
        "roundtrip_psnr",
        "right_direction",
        "error_inside",
        "error_outside",
        "change",
        "true_change",
    } < set(truth["metric"])
    exact = truth[truth["method"] == "exact"].set_index("metric")["value"]
    assert (exact["error_inside"] == 0).all() and (exact["ssim"] == 1).all() and (exact["right_direction"] == 1).all()
    assert set(truth["edit"]) >= {"older", "CN to AD", "compound to none", "male to female"}
    tradeoff = json.loads((whole / "edits/disease/scores.json").read_text())["tradeoff"]
    assert {row["amount"] for row in tradeoff} == {0.0, 1.0}
    assert all(row["value"] == 0 for row in tradeoff if row["metric"] == "l_in" and row["amount"] == 0)


def test_every_claim_that_the_smoke_run_can_ask_has_a_verdict(whole):
    claims = pd.read_csv(whole / "tables/claims.csv")
    assert {"kid_falls", "no_tint", "black_background", "latent_mean_stable"} < set(claims["claim"])
    assert set(claims["dataset"]) == {"brain_phantom", "chest_phantom"} and claims["verdict"].notna().all()


def test_a_method_of_two_files_outside(whole, tmp_path):
    folder = workspace(tmp_path / "outside")
    (folder / "toys").mkdir()
    (folder / "toys" / "last_layer.py").write_text(
        "EXTENDS = ('ldcore.training.options',)\n"
        "OPTIONS = {'learning_rate': {'type': 'number', 'exclusiveMinimum': 0, 'default': 1e-3}}\n"
        "def trainable(backbone, options):\n    return {'bias': backbone.unet.conv_out.bias}\n"
        "def apply(backbone, tensors):\n    backbone.unet.conv_out.bias.data.copy_(tensors['bias'])\n"
    )
    (folder / "toys" / "last_layer.smk").write_text(
        'use rule finetune as finetune_last_layer with:\n    wildcard_constraints:\n        method="toys.last_layer",\n'
        "    resources:\n        mem_mb=1000,\n\n\nruleorder: finetune_last_layer > finetune\n"
    )
    (folder / "toys" / "toys.yaml").write_text(
        "rules: [toys/last_layer.smk]\nsweep: null\nprompt_study: null\nediting: null\n"
        "methods:\n  toys.last_layer: {steps: 2, batch_size: 2, warmup: 1}\n"
        "grid: {methods: [toys.last_layer], datasets: [brain_phantom]}\n"
    )
    done = subprocess.run(
        [*COMMAND, "toys/toys.yaml", "--until", "score"],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**ENVIRONMENT, "PYTHONPATH": str(folder)},
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert "finetune_last_layer" in done.stdout + done.stderr
    rows = json.loads((folder / "results/smoke/scores/brain_phantom.json").read_text())["cells"]
    assert {row["method"] for row in rows} == {"real", "reconstruction", "base", "toys.last_layer"}


def test_snakemakes_report_holds_every_table_and_figure_with_its_caption(whole):
    done = snakemake(whole.parents[1], "--report", "report.zip")
    assert done.returncode == 0, done.stderr[-2000:]
    with zipfile.ZipFile(whole.parents[1] / "report.zip") as archive:
        names = {Path(name).name for name in archive.namelist()}
        text = archive.read("report/report.html").decode()
    tables_and_figures = [*(whole / "tables").glob("*.csv"), *(whole / "tables").glob("*.md")]
    tables_and_figures += (whole / "figures").glob("*.png")
    made = 2 * len(plugins.names("table")) + len(plugins.names("figure"))
    assert len(tables_and_figures) == made and {path.name for path in tables_and_figures} < names
    for kind in ("table", "figure"):
        for name in plugins.names(kind):
            assert f"<p>{plugins.declared(kind, name)['CAPTION']}</p>" in text, name


def test_an_ro_crate_names_every_job_with_what_it_made(whole):
    done = snakemake(whole.parents[1], "--reporter", "fairscape", "--report-fairscape-author", "A lab")
    assert done.returncode == 0, done.stderr[-2000:]
    text = (whole.parents[1] / "ro-crate-metadata.json").read_text()
    entities = json.loads(text)["@graph"]
    jobs = [entity for entity in entities if "https://w3id.org/EVI#Computation" in entity["@type"]]
    assert len(jobs) == len(list((whole / "benchmarks").rglob("*.tsv"))) + 1  # and the run as a whole
    assert "results/smoke/tables/table1.csv" in text


def test_a_second_run_has_nothing_to_do(whole):
    before = tables(whole)
    assert "Nothing to be done" in (done := snakemake(whole.parents[1])).stdout + done.stderr
    assert tables(whole) == before


def test_killed_and_run_again_gives_the_same_tables(whole, tmp_path):
    """Of the parts that follow from one training, so that it takes no second whole run."""
    folder = tmp_path / "killed"
    shutil.copytree(whole.parents[1], folder, symlinks=True)
    results, ids = folder / "results" / "smoke", ("brain_phantom", "basic_ft", "ld")
    for part in ("tables", Path("runs", *ids), Path("samples", *ids)):
        shutil.rmtree(results / part)
    for part in ("scores", "downstream"):
        (results / part / "brain_phantom.json").unlink()
    running = subprocess.Popen(
        COMMAND,
        cwd=folder,
        env=ENVIRONMENT,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while running.poll() is None and not list(results.joinpath("runs", *ids).rglob("weights.safetensors")):
        time.sleep(0.1)
    assert running.poll() is None, "the run ended before it could be killed"
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert not (results / "tables/table1.csv").exists()
    done = snakemake(folder, "--", "results/smoke/tables/table1.csv", "results/smoke/tables/table3.csv")
    assert done.returncode == 0, done.stderr[-4000:]
    again = tables(results)
    assert again.keys() == {f"table{number}.{suffix}" for number in (1, 3) for suffix in ("csv", "md", "tex")}
    assert again.items() <= tables(whole).items()
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ("stepps: 3", "stepps"),
        ("model: {path: no/such/model}", "no/such/model"),
        ("methods: {dreambooht: {}}", "dreambooht"),
        ("sweep: {deltas: [big]}", "'big' is not of type 'number'"),
    ],
)
def test_a_bad_config_stops_before_any_job_with_one_sentence(tmp_path, changes, sentence):
    folder = workspace(tmp_path / "bad")
    (folder / "bad.yaml").write_text(changes)
    done = snakemake(folder, "bad.yaml")
    assert done.returncode != 0 and sentence in done.stdout + done.stderr
    assert "Traceback" not in done.stderr and not (folder / "results").exists()


def test_a_bad_image_stops_its_job_with_one_sentence(tmp_path):
    folder = workspace(tmp_path / "folder")
    (folder / "mine").mkdir()
    (folder / "mine" / "a.png").write_bytes(b"not an image")
    (folder / "mine.csv").write_text("path,subject,diagnosis\na.png,s1,CN\n")
    (folder / "mine.yaml").write_text(
        "datasets: {mine: {adapter: folder, anatomy: brain_mr, classes: [CN], options: {root: mine, csv: mine.csv}}}\n"
        "grid: {datasets: [mine]}\n"
    )
    for table in ("mine.csv", "mine/mine.csv"):  # of the working folder, and of root
        if table != "mine.csv":
            (folder / "mine.csv").rename(folder / table)
        done = snakemake(folder, "mine.yaml", "--forcerun", "data", "--until", "data")
        assert done.returncode != 0 and "a.png" in done.stdout + done.stderr and "error: " in done.stdout + done.stderr
        assert not list(folder.glob("results/smoke/data/mine/*"))


def test_the_workflow_is_clean():
    for command in (
        ["snakemake", "--lint"],
        ["snakemake", "--lint", "--snakefile", "pretrain/Snakefile"],
        ["snakefmt", "--check", "Snakefile", "rules"],
        ["snakemake", "-n", "--quiet"],
    ):
        done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True)
        assert done.returncode == 0, (command, done.stdout[-1500:], done.stderr[-1500:])
