"""A run that nobody ran: a config with every part, and made-up scores, samples, data and edits in their places."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from rows import cell_row, edit_row

from configs import ROOT, checked
from ldcore import plugins
from ldcore.datasets import records
from ldcore.grid import Checkpoint, EditRun, checkpoints, sampled_drifts
from ldcore.plan import reporting
from ldcore.report import markup
from ldcore.report.results import Results
from ldcore.runtime.files import write_json
from ldcore.store import Store

REPORTED = ROOT / "resources/reported_values.csv"


@pytest.fixture
def results(tmp_path):
    """Two data sets, one method, three cells, a sweep of three deltas, a prompt study, an editing task of each kind."""
    dataset = {
        "adapter": "folder",
        "classes": ["CN", "AD"],
        "anatomy": "brain_mr",
        "options": {"root": ".", "csv": "x"},
    }
    task = {"dataset": "brain", "bases": ["base", "basic_ft"], "images": 4, "figure": "figure7", "table": "table4"}
    edits = dict.fromkeys(("AD to CN", "female to male", "15 years older"))
    edits |= {"CN to AD": {"from": {"diagnosis": "CN"}, "to": {"diagnosis": "AD"}}, "older": {"add": {"age": 10}}}
    changes = {
        "datasets": {
            "brain_phantom": None,
            "chest_phantom": None,
            "brain": {**dataset, "paper": "brain_mr"},
            "mine": dataset,
        },
        "drifts": {"searched": {"source": "fixed", "value": 0.05}},
        "grid": {"datasets": ["brain", "mine"], "methods": ["basic_ft"]},
        "prompt_study": {"dataset": "brain", "prompts": ["simple", "diverse_info", "simple_info"]},
        "sweep": {"datasets": ["brain", "mine"], "deltas": [-0.1, 0.0, 0.1]},
        "editing": {
            "cells": ["none", "ld"],
            "perceptual": {"lite0_perceptual": None},  # too slow here
            "tasks": {
                "ageing": {**task, "edits": None, "styles": ["word"], "figure": "figure6", "table": "table2"},
                "disease": {**task, "edits": edits, "styles": ["simple_info"]},
                "disease_both": None,
                "disease_round_trip": None,
                "ageing_dropped_source": None,
                "findings": None,
            },
        },
    }
    return Results(checked(**changes), Store(tmp_path / "run"), REPORTED)


@pytest.fixture
def scored(results):
    """The same with scores, AUCs and edit scores."""
    for dataset in ("brain", "mine"):
        cells = [("real", "none", ""), ("base", "none", "simple_info")]
        cells += [("basic_ft", drift, "simple_info") for drift in ("none", "ld", "moment")]
        cells += [("basic_ft", "ld", prompt) for prompt in ("diverse_info", "simple")]
        distances, aucs = [], []
        for extractor in ("efficientnet_lite0", "pooled_pixels"):
            for method, drift, prompt in cells:
                place = {"dataset": dataset, "method": method, "drift": drift, "prompt": prompt, "extractor": extractor}
                metrics = ("fid", "kid") if drift == "none" else ("fid", "kid", "kid_gain")
                distances += [cell_row(metric, **place) for metric in metrics]
        for method, drift, prompt in cells:
            place = {
                "dataset": dataset,
                "method": method,
                "drift": drift,
                "prompt": prompt,
                "extractor": "pixels_logistic",
            }
            metrics = ("auc",) if method == "real" else ("auc", "auc_real_plus_synthetic")
            aucs += [cell_row(metric, **place) for metric in metrics]
        sweep = [
            cell_row(metric, 1 + delta, dataset=dataset, training=training, delta=delta, extractor=extractor)
            for training in results.config["sweep"]["trainings"]
            for delta in results.config["sweep"]["deltas"]
            for extractor in ("efficientnet_lite0", "pooled_pixels")
            for metric in ("fid", "kid")
        ]
        write_json(results.store.scores(dataset), {"cells": distances, "sweep": sweep})
        write_json(results.store.downstream(dataset), aucs)
    for task in ("ageing", "disease"):
        rows = {"table": [edit_row("ssim", task=task)], "truth": [edit_row("change", task=task)]}
        rows["tradeoff"] = [
            edit_row(metric, amount, task=task, base=base, amount=amount, extractor="class_distance")
            for base in ("base", "basic_ft")
            for amount in (0.0, 1.0)
            for metric in ("l_in", "l_o")
        ]
        rows["selection"] = [
            edit_row(metric, amount, task=task, base="basic_ft", amount=amount, split=split, chosen=amount == 1.0)
            for split in ("val", "test")
            for amount in (0.0, 1.0)
            for metric in ("l_in", "l_o", "objective")
        ]
        write_json(results.store.edit_scores(task), rows)
    return results


@pytest.fixture
def drawn(scored):
    """The same with images: 24 subjects of two sessions, samples of every checkpoint, edits of every task."""
    draw = np.random.default_rng(0)
    subjects = [
        {
            "subject_id": f"s{number}",
            "sex": "FM"[number % 2],
            "diagnosis": ("CN", "AD")[number // 2 % 2],
            "findings": "",
        }
        for number in range(24)
    ]
    table = pd.DataFrame(
        [
            {**subject, "session": session, "age": 60.0 + place + 4 * session, "split": "test"}
            for place, subject in enumerate(subjects)
            for session in (0, 1)
        ]
    )
    table["image_index"] = np.arange(len(table))
    for dataset in ("brain", "mine"):
        images = draw.integers(0, 256, (len(table), 8, 8), dtype=np.uint8)
        records.save(table, images, scored.store.data(dataset))
        excluded = "path,subject_id,reason\na.png,s90,no age\nb.png,s91,no age\n"
        (scored.store.data(dataset) / "excluded.csv").write_text(excluded)
        scored.store.reference(dataset).parent.mkdir(exist_ok=True)
        features = {f"{name}/test": draw.normal(size=(20, 3)) for name in scored.config["extractors"]}
        np.savez(scored.store.reference(dataset), **features)
    for checkpoint in checkpoints(scored.config):
        if checkpoint.method != "base":
            write_json(scored.store.training(checkpoint) / "log.json", {"losses": [0.5, 0.25, 0.125], "seconds": 1.5})
        for drift in sampled_drifts(scored.config, checkpoint):
            write_samples(scored, checkpoint, drift, draw)
    for task in ("ageing", "disease"):
        entry = scored.config["editing"]["tasks"][task]
        count = len(scored.edited(task).requests)
        for base in entry["bases"]:
            for cell in scored.config["grid"]["cells"][:2]:
                folder = scored.store.edits(EditRun(task, entry["method"], base, cell["training"]))
                folder.mkdir(parents=True, exist_ok=True)
                amounts = len(scored.config["editing"]["amounts"])
                np.savez(
                    folder / f"{cell['drift']}.npz",
                    decoded=draw.integers(0, 256, (1, count, 8, 8, 3), dtype=np.uint8),
                    changed=draw.integers(0, 256, (1, count, 8, 8), dtype=np.uint8),
                    sweep=np.array([1, 3]),
                    sweep_changed=draw.integers(0, 256, (amounts, 2, 8, 8), dtype=np.uint8),
                )
    return scored


def write_samples(results, checkpoint: Checkpoint, drift: str, draw) -> None:
    folder = results.store.samples(checkpoint)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(
        folder / f"{drift}.npz",
        images=draw.integers(0, 256, (16, 8, 8, 3), dtype=np.uint8),
        trace=draw.normal(size=(16, 5, 4)),
        rows=np.arange(16),
        seeds=np.repeat([0, 1], 8),
        **{name: draw.normal(size=(16, 3)) for name in results.config["extractors"]},
    )


@pytest.fixture
def reported(drawn):
    """The same with its tables, and pictures in place of its figures: all that a page is made from."""
    for name in reporting.tables(drawn.config):
        table = plugins.find("table", name)
        rows = table.rows(drawn)
        markup.write(drawn.store.table(name).with_suffix(""), rows, table.layout(rows), table.FOOTNOTES)
    for name in reporting.figures(drawn.config):
        drawn.store.figure(name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (40, 30), "white").save(drawn.store.figure(name))
    return drawn
