"""One editing job: every request of a task under every style, from one set of weights, for each of its drifts."""

import hashlib
from dataclasses import asdict, dataclass, field, replace
from types import ModuleType

import numpy as np
import torch

from ldcore.drift import Drift
from ldcore.edit import EditTexts, Sources
from ldcore.edit.changed_image import changed, check_size
from ldcore.edit.requests.edits import Request
from ldcore.edit.requests.texts import edit_texts
from ldcore.model.autoencoding import decode, encode
from ldcore.prompts import label
from ldcore.runtime import parts
from ldcore.runtime.files import digest
from ldcore.runtime.precision import set_precision

NULL_EDITS = (1, 10)  # after how many null edits the images are kept (arXiv 2403.20287, section 3.1)


@dataclass(frozen=True)
class EditJob:
    """What a job edits, and how."""

    requests: list[Request]
    sources: np.ndarray  # gray uint8 [N, H, W]: the image of each request
    anatomy: str  # ldcore.prompts.subject_words
    styles: list[str]  # ageing formats or prompt styles (requests.texts.edit_texts)
    options: dict  # every option of the method's SAMPLING
    amounts: list[float]  # lambdas of the sweep
    sweep_images: int  # requests edited at every amount
    null_images: int  # requests edited by null edits
    seed: int  # the noise of an image follows from it and the image's subject and session
    val_requests: tuple = ()  # requests of the val split, edited at every amount: lambda is chosen on them (selection)
    val_sources: np.ndarray | None = None  # their images, gray uint8 [V, H, W]; None without any


@dataclass(frozen=True)
class Editor:
    """A method on a model, under one drift, and at which lambda each of N requests is edited."""

    backbone: object  # ldcore.model.backbone.load_backbone
    method: ModuleType
    options: dict
    drift: Drift
    amounts: np.ndarray  # float [N]
    # (rows, amounts) -> unedited latents, of a method for which no text changes them: shared by all styles
    unedited: dict = field(default_factory=dict)


def run(backbone, method: ModuleType, job: EditJob, drifts: dict[str, Drift], identity: str, folder) -> None:
    """Write folder/DRIFT.npz for every drift, and folder/index.json last. What can be kept is (ldcore.runtime.parts).

    identity: a digest of the weights. The arrays of a part: `drift_arrays`, its `key` and `code`.
    UserError: images of a size that the model does not work at, or an unknown precision.
    """
    check_size(backbone, job.sources)
    set_precision(backbone.unet, job.options.get("precision", "float32"))
    keys = {name: settings_key(job, drift, identity) for name, drift in drifts.items()}
    for name in parts.to_make(folder, keys):
        parts.save(folder, name, keys[name], **drift_arrays(backbone, method, job, drifts[name]))
    parts.finish(folder, {name: {"file": f"{name}.npz", "key": keys[name]} for name in drifts})


def settings_key(job: EditJob, drift: Drift, identity: str) -> str:
    """A digest of what a drift's arrays follow from, but for the code."""
    asked = [*job.requests, *job.val_requests]
    requests = [{name: str(value) for name, value in asdict(request).items()} for request in asked]
    images = [job.sources] if job.val_sources is None else [job.sources, job.val_sources]
    sources = [hashlib.sha256(np.ascontiguousarray(stack)).hexdigest() for stack in images]
    sampling = [job.sweep_images, job.null_images, job.seed, job.anatomy, sources, len(job.val_requests)]
    return digest(identity, requests, *drift.key, job.options, job.styles, job.amounts, sampling)


def drift_arrays(backbone, method: ModuleType, job: EditJob, drift: Drift) -> dict[str, np.ndarray]:
    """All images of one drift, uint8, of S styles, N requests and A amounts.

    - decoded, unedited [S, N, H, W, 3]; changed [S, N, H, W]: output.changed of the two
    - sweep [K]: requests that have an outcome to reach, edited at every amount under the last style
    - sweep_decoded, sweep_unedited [A, K, H, W, 3]; sweep_changed [A, K, H, W]
    - val_changed [A, V, H, W]: the requests of the val split at every amount under the last style
    - nulls [M]: requests edited by null edits under the last style
    - null [2, M, H, W, 3]: after as many null edits as NULL_EDITS says
    """
    requests, editor = job.requests, Editor(backbone, method, job.options, drift, amounts_of(job.requests))
    latents, keys = torch.from_numpy(encode(backbone, job.sources)[0]), keys_of(job.requests, job.seed)
    sources = {style: Sources(latents, texts_of(requests, job.anatomy, style), keys) for style in job.styles}
    last, every = sources[job.styles[-1]], np.arange(len(requests))

    # 1. Every request under every style.
    by_style = [edited_images(editor, sources[style], every, (1.0,)) for style in job.styles]
    decoded, unedited = (np.concatenate([pair[side] for pair in by_style]) for side in (0, 1))

    # 2. Some of them at every amount: those whose outcome is measured (the label or the age), if there are any.
    outcome = [row for row in every if has_outcome(requests[row])]
    sweep, nulls = spread(outcome or every, job.sweep_images), spread(every, job.null_images)
    sweep_decoded, sweep_unedited = edited_images(editor, last, sweep, tuple(job.amounts))

    # 3. What is added to the sources, and null edits again and again.
    return {
        "decoded": decoded,
        "unedited": unedited,
        "sweep": sweep,
        "nulls": nulls,
        "sweep_decoded": sweep_decoded,
        "sweep_unedited": sweep_unedited,
        "sweep_changed": np.stack([changed(job.sources[sweep], *pair) for pair in zip(sweep_decoded, sweep_unedited)]),
        "changed": np.stack([changed(job.sources, *pair) for pair in zip(decoded, unedited)]),
        "null": null_edits(editor, last.of(nulls)),
        "val_changed": val_sweep(editor, job),
    }


def amounts_of(requests) -> np.ndarray:
    """At which lambda each request is edited, float [N]."""
    return np.array([request.amount for request in requests])


def keys_of(requests, seed: int) -> list[tuple]:
    """What the random numbers of each request's image follow from."""
    return [(seed, str(request.source["subject_id"]), int(request.source["session"])) for request in requests]


def val_sweep(editor: Editor, job: EditJob) -> np.ndarray:
    """`changed` images [A, V, H, W] of the val split's requests at every amount, under the last style."""
    if not len(job.val_requests):
        return np.zeros((len(job.amounts), 0, *job.sources.shape[1:]), np.uint8)
    latents = torch.from_numpy(encode(editor.backbone, job.val_sources)[0])
    texts = texts_of(job.val_requests, job.anatomy, job.styles[-1])
    sources = Sources(latents, texts, keys_of(job.val_requests, job.seed))
    editor = replace(editor, amounts=amounts_of(job.val_requests), unedited={})
    pairs = edited_images(editor, sources, np.arange(len(latents)), tuple(job.amounts))
    return np.stack([changed(job.val_sources, *pair) for pair in zip(*pairs)])


def texts_of(requests, anatomy: str, style: str) -> EditTexts:
    """What the requests are told in a style."""
    return edit_texts(
        [request.source for request in requests],
        [request.target for request in requests],
        anatomy,
        style,
        [request.edit for request in requests],
    )


def has_outcome(request: Request) -> bool:
    """Whether an outcome of the request is measured: an age that is reached, or a label that changes."""
    return request.target_row is not None or label(request.source) != label(request.target)


def edited_images(editor: Editor, sources: Sources, rows: np.ndarray, factors: tuple) -> list[np.ndarray]:
    """Decoded edited and unedited images of some requests, each uint8 [A, R, H, W, 3].

    rows [R]; factors [A]: times the request's own amount is what it is edited at. Requests of one amount go together.
    """
    images = {}
    for amount in np.unique(editor.amounts[rows]):
        group = rows[editor.amounts[rows] == amount]
        pair = edited_latents(editor, sources, group, tuple(float(amount * factor) for factor in factors))
        decoded = [np.stack([decode(editor.backbone, latents) for latents in side]) for side in pair]
        images |= {row: [side[:, place] for side in decoded] for place, row in enumerate(group)}
    return [np.stack([images[row][side] for row in rows], 1) for side in (0, 1)]


def edited_latents(editor: Editor, sources: Sources, rows: np.ndarray, amounts: tuple) -> tuple:
    """Edited and unedited latents of some requests, each [A, R, 4, h, w], at A amounts."""
    method, arguments = editor.method, (editor.backbone, sources.of(rows), editor.drift, editor.options, amounts)
    if not hasattr(method, "unedited"):
        return method.edit(*arguments)
    key = (tuple(rows), amounts)
    if key not in editor.unedited:
        editor.unedited[key] = method.unedited(*arguments)
    return method.edit(*arguments, known=editor.unedited[key])


def null_edits(editor: Editor, sources: Sources) -> np.ndarray:
    """Images [2, M, H, W, 3] after 1 and 10 null edits (amount 0), encoded anew and with other noise each time."""
    after = []
    for number in range(1, max(NULL_EDITS) + 1):
        numbered = replace(sources, keys=[(*key, number) for key in sources.keys])
        edited, _ = editor.method.edit(editor.backbone, numbered, editor.drift, editor.options, (0.0,))
        images = decode(editor.backbone, edited[0])
        sources = replace(sources, latents=torch.from_numpy(encode(editor.backbone, images)[0]))
        if number in NULL_EDITS:
            after.append(images)
    return np.stack(after)


def spread(rows, count: int) -> np.ndarray:
    """`count` of the rows, or all where there are fewer, evenly from the first to the last."""
    places = np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(int)
    return np.asarray(rows)[np.unique(places)]
