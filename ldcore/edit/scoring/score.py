"""The numbers of one editing task: long rows for its table, for the table of truth and for the trade-off.

Edited images are gray uint8 [N, H, W], an image a request. `labels` stand in every row as they are given. A row still
has what it was computed from (`sample`, scoring.samples), so that cells can be compared: `with_gains` does, and leaves
rows as files have them. Intervals are over subjects.
"""

from functools import partial

import numpy as np

from ldcore import plugins
from ldcore.edit.job import NULL_EDITS
from ldcore.edit.scoring import outcome, soundness
from ldcore.edit.scoring.reference import Reference
from ldcore.edit.scoring.samples import (
    Features,
    Scores,
    Values,
    difference,
    ld_gains,
    pairs_of,
    sampled,
    without_samples,
)
from ldcore.edit.scoring.truth import moved, region_errors
from ldcore.evaluation.rows import row
from ldcore.features import extract
from ldcore.metrics import between_images, row_labels
from ldcore.runtime.pixels import gray

LONG_GAP = 5.0  # years: the gap beyond which edits are asked to be more like the follow-up than the source is
LATENTS = 64  # real images of each kind that the latent divergence compares with
SHARES = ("right_direction", "effectiveness")  # metrics of which an image has a 0 or a 1


def subjects_of(reference: Reference) -> np.ndarray:
    """Whose image each request edits, text [N]."""
    return np.array([str(request.source["subject_id"]) for request in reference.truth.requests])


def with_gains(cells: list[dict], reference_cell: int | None) -> dict[str, list[dict]]:
    """The rows of several cells on one base, in order, each cell's gains over the reference cell behind its own rows.

    cells: what `cell_rows` gives; reference_cell: its place among them, None where it is not edited with.
    """
    rows = {}
    for number, cell in enumerate(cells):
        for section, own in cell.items():
            gains = []
            if reference_cell not in (None, number) and section != "tradeoff":
                gains = ld_gains(own, cells[reference_cell][section])
            rows[section] = rows.get(section, []) + without_samples(own) + gains
    return rows


def trivial_rows(reference: Reference, **labels) -> dict[str, list[dict]]:
    """As `cell_rows`, rows to beat: "return the source", and the exact counterfactual where it can be rendered."""
    table, truth = [], []
    truths = reference.truth
    for name, images in (("source", truths.source), ("exact", truths.exact)):
        if images is not None:
            nothing = {"base": "", "training": "", "drift": "none", "sampling_drift": "none", "prompt": ""}
            here = {**labels, **nothing, "method": name, "output": name}
            table += table_rows(images, reference, **here)
            truth += truth_rows(images, truths.source, reference, **here)
    return {"table": table, "truth": truth, "tradeoff": []}


def cell_rows(arrays: dict, reference: Reference, amounts: list, latents_of, **labels) -> dict[str, list[dict]]:
    """{"table": rows, "truth": rows, "tradeoff": rows} of one cell.

    arrays: the cell's, as ldcore.edit.job.drift_arrays gives them; amounts: of its sweep; latents_of: a function from
    images to latents [N, ...].
    """
    table, truth = [], []
    for number, style in enumerate(reference.styles):
        decoded, unedited = (gray(arrays[name][number]) for name in ("decoded", "unedited"))
        outputs = {"decoded": (decoded, unedited), "changed": (arrays["changed"][number], reference.truth.source)}
        for output, (edited, before) in outputs.items():
            here = {**labels, "prompt": style, "output": output}
            table += table_rows(edited, reference, **here)
            truth += truth_rows(edited, before, reference, **here)
    last = {**labels, "prompt": reference.styles[-1]}
    truth += axiom_rows(arrays, reference, latents_of, **last, output="changed")
    tradeoff = tradeoff_rows(arrays, reference, amounts, **last)
    return {"table": table, "truth": truth, "tradeoff": tradeoff}


def table_rows(edited, reference: Reference, **labels) -> list[dict]:
    """One output's rows of the task's own table: table 2 of ageing, table 4 of edits without a true follow-up."""
    return (ageing_rows if reference.longitudinal else disease_rows)(edited, reference, **labels)


def ageing_rows(edited, reference: Reference, **labels) -> list[dict]:
    """One output against the true follow-ups: over all pairs, and over those with a gap over LONG_GAP.

    Also how much more alike it is than the source itself, pair by pair (ssim_gain, lpips_gain): above 0 is better than
    returning the source.
    """
    source, followup = reference.truth.source, reference.truth.followup
    everyone = np.ones(len(edited), bool)
    rows = feature_rows(edited, everyone, "followup", reference, gap="all", edit="older", **labels)
    alike = likeness(edited, followup, reference)
    trivial = reference.computed("likeness of the source", partial(likeness, source, followup, reference))
    subjects = subjects_of(reference)
    for gap, pairs in (("all", everyone), (f"over_{LONG_GAP:g}", reference.gaps > LONG_GAP)):
        if pairs.any():
            here = {"gap": gap, "edit": "older", **labels}
            own, before = (chosen(likenesses, subjects, pairs) for likenesses in (alike, trivial))
            rows += likeness_rows(own, **here) + gain_rows(own, before, **here)
    return rows


def disease_rows(edited, reference: Reference, **labels) -> list[dict]:
    """One output of edits without a true follow-up.

    Per edit: likeness to the source. Of all that negate a label: FID and KID to real images, likeness to the source,
    and AUC of a classifier that saw real images alone, where both kinds are asked for.
    """
    rows, source, negated, subjects = [], reference.truth.source, reference.negated, subjects_of(reference)
    for edit in reference.edits_in(labels["prompt"]):
        of_edit = reference.edits == edit
        alike = between_images("ssim", edited[of_edit], source[of_edit])
        rows.append(mean_row(alike, subjects[of_edit], metric="ssim", edit=edit, **labels))
    if negated.sum() > 1:
        rows += feature_rows(edited, negated, "real", reference, edit="negated", **labels)
        alike = between_images("ssim", edited[negated], source[negated])
        rows.append(mean_row(alike, subjects[negated], metric="ssim", edit="negated", **labels))
        if len(set(reference.cases[negated])) == 2:
            rows.append(auc_row(edited[negated], reference, edit="negated", **labels))
    return rows


def auc_row(edited, reference: Reference, **labels) -> dict:
    """AUC of the edits that negate a label, the labels asked for as truth, with a bootstrap over patients."""
    dataset, negated = reference.dataset, reference.negated
    scores, patients = outcome.case_scores(dataset, edited), subjects_of(reference)[negated]
    sample = Scores(scores, reference.cases[negated], patients, keys=(dataset.seed, "edits"))
    return sampled(sample, metric="auc", extractor=dataset.classifier["name"], **labels)


def truth_rows(edited, unedited, reference: Reference, **labels) -> list[dict]:
    """One output against the exact counterfactual, edit by edit; none without a renderer.

    unedited: what the anatomy's measures compare the edited images with.
    """
    source, exact = reference.truth.source, reference.truth.exact
    if exact is None:
        return []
    rows, subjects = [], subjects_of(reference)
    inside, outside = region_errors(edited, source, exact)
    alike = likeness(edited, exact, reference)
    movements = {measure: moved(measure, edited, unedited, source, exact) for measure in reference.measures}
    for edit in reference.edits_in(labels["prompt"]):
        of_edit, here = reference.edits == edit, {**labels, "edit": edit}
        rows += likeness_rows(chosen(alike, subjects, of_edit), **here)
        rows.append(mean_row(inside[of_edit], subjects[of_edit], metric="error_inside", **here))
        rows.append(mean_row(outside[of_edit], subjects[of_edit], metric="error_outside", **here))
        for measure, movement in movements.items():
            for metric, values in movement.items():
                rows.append(mean_row(values[of_edit], subjects[of_edit], metric=metric, extractor=measure, **here))
    return rows


def axiom_rows(arrays: dict, reference: Reference, latents_of, **labels) -> list[dict]:
    """Composition, effectiveness, minimality and realism (soundness) of one cell's last style, its `changed` images."""
    rows, edited, source, negated = [], arrays["changed"][-1], reference.truth.source, reference.negated
    subjects, everyone = subjects_of(reference), np.ones(len(edited), bool)
    for count, images in zip(NULL_EDITS, arrays["null"]):
        distance = soundness.mean_absolute(images, source[arrays["nulls"]])
        metric, extractor = f"composition_{count}", "mean_absolute"
        whose = subjects[arrays["nulls"]]
        rows.append(mean_row(distance, whose, metric=metric, extractor=extractor, edit="null", **labels))
    roundtrip = between_images("psnr", arrays["unedited"][-1], source)
    rows.append(mean_row(roundtrip, subjects, metric="roundtrip_psnr", edit="null", **labels))
    if negated.any():
        here, classifier = {**labels, "edit": "negated"}, reference.dataset.classifier["name"]
        scores, whose = outcome.case_scores(reference.dataset, edited[negated]), subjects[negated]
        agreed = outcome.class_distance(scores, reference.cases[negated]) < 0.5
        rows.append(mean_row(agreed, whose, metric="effectiveness", extractor=classifier, **here))
        divergence = divergences(edited[negated], reference, latents_of)
        rows.append(mean_row(divergence, whose, metric="minimality", extractor="latent_divergence", **here))
    to_real = feature_rows(edited, everyone, "real", reference, ("kid",), edit="all", **labels)
    return rows + [{**of_extractor, "metric": "realism"} for of_extractor in to_real]


def divergences(edited, reference: Reference, latents_of) -> np.ndarray:
    """Counterfactual latent divergence of the edits that negate a label, by the kind that each asks for, [N]."""
    train, train_cases = outcome.training_set(reference.dataset)
    kinds = [
        reference.computed(("latents", case), partial(latents_of, train[train_cases == case][:LATENTS]))
        for case in (0, 1)
    ]
    source, latents = latents_of(reference.truth.source[reference.negated]), latents_of(edited)
    cases = reference.cases[reference.negated]
    divergence = np.empty(len(edited))
    for case in (0, 1):
        to_case = cases == case
        if to_case.any():  # edits may be of one direction alone
            same, target = kinds[1 - case], kinds[case]
            divergence[to_case] = soundness.latent_divergence(source[to_case], latents[to_case], same, target)
    return divergence


def tradeoff_rows(arrays: dict, reference: Reference, amounts: list, **labels) -> list[dict]:
    """l_in and l_o of every amount: mean absolute distance to the source, and the outcome's distance to what was asked.

    Both of the `changed` output. l_o's interval is of the paired difference to the source, image by image: subjects
    differ far more than an edit moves them.
    """
    sweep = arrays["sweep"]
    sources, subjects = reference.truth.source[sweep], subjects_of(reference)[sweep]
    extractor = "age_distance" if reference.longitudinal else "class_distance"
    rows, start = [], outcome_distance(sources, sweep, reference)
    for amount, edited in zip(amounts, arrays["sweep_changed"]):
        here = {**labels, "amount": amount}
        near, change = soundness.mean_absolute(edited, sources), outcome_distance(edited, sweep, reference) - start
        rows.append(mean_row(near, subjects, metric="l_in", extractor="mean_absolute", **here))
        of_change = mean_row(change, subjects, metric="l_o", extractor=extractor, **here)
        rows.append({**of_change, **{key: of_change[key] + float(start.mean()) for key in ("value", "low", "high")}})
    return rows


def outcome_distance(images, rows, reference: Reference) -> np.ndarray:
    """How far images of the requests `rows` are from what was asked: in years of ageing, else of the label, [R]."""
    if reference.longitudinal:
        ages = [reference.truth.requests[row].target["age"] for row in rows]
        return outcome.age_distance(reference.dataset, images, ages)
    return outcome.class_distance(outcome.case_scores(reference.dataset, images), reference.cases[rows])


def likeness(edited, target, reference: Reference) -> dict[str, np.ndarray]:
    """Metric of pairs -> a value an image: how alike edited and target images are by every configured one."""
    metrics = reference.metrics.of_pairs
    return {name: between_images(name, edited, target, **options) for name, options in metrics.items()}


def chosen(likenesses: dict, subjects, images) -> dict[str, Values]:
    """`likeness` of some images (a mask [N]), with their subjects."""
    return {name: Values(of_images[images], subjects[images]) for name, of_images in likenesses.items()}


def likeness_rows(alike: dict[str, Values], **labels) -> list[dict]:
    """A row a metric of `likeness`."""
    return [sampled(values, **row_labels(name), **labels) for name, values in alike.items()]


def gain_rows(alike: dict[str, Values], trivial: dict[str, Values], **labels) -> list[dict]:
    """A row a metric of `likeness` that declares GAIN: by how much it is better than `trivial`, image by image.

    With the p-value of its being 0.
    """
    rows = []
    for name, values in alike.items():
        declared = plugins.declared("metric", name)
        if "GAIN" in declared:
            pair = (values, trivial[name]) if declared["BETTER"] == "higher" else (trivial[name], values)
            here = {**row_labels(name), "metric": declared["GAIN"], **labels}
            rows.append(row(difference(*pair), n=pairs_of(*pair), **here))
    return rows


def feature_rows(edited, of, against: str, reference: Reference, metrics: tuple = (), **labels) -> list[dict]:
    """Metrics of features of some edited images to the real ones or their own follow-ups, by extractor.

    edited: of all requests; of: which count (a mask [N]); against: "real" or "followup"; metrics: names, by default
    the configured ones.
    """
    rows, subjects = [], subjects_of(reference)[of]
    for name, options in reference.metrics.extractors.items():
        images = reference.real if against == "real" else reference.truth.followup
        features_of = partial(extract, name, **options)
        target = reference.computed((against, name), partial(features_of, images))
        made, follows = features_of(edited[of]), against == "followup"
        for metric in metrics or reference.metrics.distances:
            sample = Features(metric, made, target[of] if follows else target, subjects, follows)
            rows.append(sampled(sample, metric=metric, extractor=name, **labels))
    return rows


def mean_row(values, subjects, **labels) -> dict:
    """One row: mean over images; values [N], of which those that are not finite are left out; subjects [N]."""
    return sampled(Values(np.asarray(values, float), np.asarray(subjects), labels.get("metric") in SHARES), **labels)
