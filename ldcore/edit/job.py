"""One editing job: every request of a task under every style, from one set of weights, for each of its drifts."""

from pathlib import Path

import numpy as np
import torch

from ldcore import datasets, plugins
from ldcore.drift.latent_drift import Drift
from ldcore.edit.output import changed, check_size
from ldcore.edit.requests.texts import edit_texts
from ldcore.model.autoencoding import decode, encode
from ldcore.prompts import label
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import atomic, digest, write_json
from ldcore.runtime.precision import lowered


def sources(asked: list[dict], records, images, dataset: dict, seed: int) -> np.ndarray:
    """Gray source images uint8 [N, H, W], rendered where a request says so. UserError where they cannot be."""
    pick = records["image_index"].to_numpy()
    found = [images[pick[one["source_row"]]] for one in asked]
    for place, one in enumerate(asked):
        if one["rendered"]:
            found[place] = truth(one, records, dataset, seed, one["rendered"])
    return np.stack(found)


def truth(one: dict, records, dataset: dict, seed: int, changes: dict | None = None):
    """The exact image of a request's subject and session, changed (by default to its target); None without a renderer."""
    adapter = plugins.find("dataset adapter", dataset["adapter"])
    if not hasattr(adapter, "counterfactual"):
        if changes is None:
            return None
        raise UserError(
            f"No image of the data set has {changes}, and its adapter {dataset['adapter']!r} cannot render one; "
            "leave this edit out."
        )
    record = records.iloc[one["source_row"]].to_dict()
    if changes is None:
        changes = {
            key: one["target"][key]
            for key in ("age", "sex", "diagnosis", "findings", "years")
            if key in record and one["target"][key] != record[key]
        }
    options = plugins.options("dataset adapter", dataset["adapter"], dataset["options"])
    return adapter.counterfactual(record, options, seed, **changes)


def run(
    backbone,
    method,
    identity: str,
    asked: list[dict],
    source_images,
    anatomy: str,
    drifts: dict,
    task: dict,
    amounts: list,
    seed: int,
    folder,
) -> None:
    """Write folder/DRIFT.npz for every drift (name -> Drift) and folder/index.json last; unchanged parts are kept.

    Arrays: decoded, unedited uint8 [S, N, H, W, 3] and changed uint8 [S, N, H, W] of the S styles and N requests; sweep_decoded, sweep_unedited [A, K, H, W, 3] and sweep_changed of the A amounts
    for the requests `sweep` [K], which have an outcome to reach, under the last style; null [2, M, H, W, 3], after 1 and 10 null edits of the requests `nulls` [M].
    """
    check_size(backbone, source_images)
    options = plugins.filled(method.SAMPLING, task["options"], method.__name__)
    lowered(backbone.unet, options.get("precision", "float32"))
    folder, index = Path(folder), {}
    for name, drift in drifts.items():
        key = digest(
            identity,
            [{k: str(v) for k, v in one.items()} for one in asked],
            drift.kind,
            drift.value,
            options,
            task["styles"],
            amounts,
            seed,
        )
        path = folder / f"{name}.npz"
        if not (path.exists() and str(np.load(path)["key"]) == key):
            part = run_drift(
                backbone,
                method,
                asked,
                source_images,
                anatomy,
                drift,
                task,
                options,
                amounts,
                seed,
            )
            with atomic(path) as temporary, open(temporary, "wb") as file:
                np.savez_compressed(file, key=key, **part)
        index[name] = {"file": path.name, "key": key}
    write_json(folder / "index.json", index)


def run_drift(backbone, method, asked, source_images, anatomy, drift, task, options, amounts, seed) -> dict:
    """The arrays of one drift."""
    latents = torch.from_numpy(encode(backbone, source_images)[0])
    keys = [(seed, str(one["source"]["subject_id"]), int(one["source"]["session"])) for one in asked]
    texts = {
        style: edit_texts(
            *([one[side] for one in asked] for side in ("source", "target")),
            anatomy,
            style,
            [one["edit"] for one in asked],
        )
        for style in task["styles"]
    }

    known = {}  # unedited latents that no style changes

    def call(rows, style, wanted):
        return edited(
            backbone, method, asked, latents, keys, texts[style], drift, options, known, np.asarray(rows), wanted
        )

    whole = [call(range(len(asked)), style, (1.0,)) for style in task["styles"]]
    decoded, unedited = (np.concatenate([one[side] for one in whole]) for side in (0, 1))
    outcome = [row for row, one in enumerate(asked) if "gap" in one or label(one["source"]) != label(one["target"])]
    sweep, nulls = (
        spread(outcome or range(len(asked)), task["sweep_images"]),
        spread(range(len(asked)), task["null_images"]),
    )
    swept = call(sweep, task["styles"][-1], tuple(amounts))
    part = {
        "decoded": decoded,
        "unedited": unedited,
        "sweep": sweep,
        "nulls": nulls,
        "sweep_decoded": swept[0],
        "sweep_unedited": swept[1],
        "sweep_changed": np.stack([changed(source_images[sweep], a, b) for a, b in zip(*swept)]),
        "changed": np.stack([changed(source_images, a, b) for a, b in zip(decoded, unedited)]),
    }
    last, chosen = texts[task["styles"][-1]].of(nulls), [keys[row] for row in nulls]
    return part | {"null": null_chain(backbone, method, latents[nulls], last, drift, options, chosen)}


def edited(backbone, method, asked, latents, keys, texts, drift, options, known: dict, rows, wanted) -> list:
    """Decoded and unedited images [A, len(rows), H, W, 3], the A wanted amounts times each request's own; `known` is filled."""
    made, shared = {}, hasattr(method, "unedited")
    own = np.array([asked[row].get("amount", 1.0) for row in rows])
    for factor in np.unique(own):
        mine = rows[own == factor]
        theirs, amounts = [keys[row] for row in mine], tuple(float(factor * amount) for amount in wanted)
        place = (tuple(mine), amounts)
        if shared and place not in known:
            known[place] = method.unedited(backbone, latents[mine], drift, options, theirs, amounts)
        pair = method.edit(
            backbone,
            latents[mine],
            texts.of(mine),
            drift,
            options,
            theirs,
            amounts,
            **({"known": known[place]} if shared else {}),
        )
        pictures = [np.stack([decode(backbone, of_amount) for of_amount in side]) for side in pair]
        made |= {row: [side[:, number] for side in pictures] for number, row in enumerate(mine)}
    return [np.stack([made[row][side] for row in rows], 1) for side in (0, 1)]


def null_chain(backbone, method, now, texts, drift, options, keys) -> np.ndarray:
    """Images [2, M, H, W, 3] after 1 and 10 null edits (amount 0) of latents `now`, encoded anew in between."""
    kept = []
    for step in range(1, 11):
        now = method.edit(backbone, now, texts, drift, options, [(*key, step) for key in keys], (0.0,))[0][0]
        picture = decode(backbone, now)
        now = torch.from_numpy(encode(backbone, picture)[0])
        if step in (1, 10):
            kept.append(picture)
    return np.stack(kept)


def spread(rows, count: int) -> np.ndarray:
    """`count` of the rows, spread evenly."""
    return np.asarray(rows)[np.unique(np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(int))]
