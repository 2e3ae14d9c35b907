"""The numbers of one editing task: long rows for its table, for the table of truth and for the trade-off."""

import numpy as np

from ldcore.edit.scoring import outcome, soundness
from ldcore.edit.scoring.material import edits_told, negated
from ldcore.edit.scoring.truth import moved, region_errors
from ldcore.features.extract import extract
from ldcore.metrics import frechet_distance, kernel_distance
from ldcore.metrics.auc import patient_bootstrap
from ldcore.metrics.similarity import perceptual, psnr, ssim

OLD = 5.0  # years: the gap beyond which "return the source" is asked to be beaten


def mean_row(values, **labels) -> dict:
    """One row: mean over images and its 95 % interval (1.96 standard errors over subjects); values that are not finite are left out."""
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    value = float(values.mean()) if len(values) else float("nan")
    half = 1.96 * float(values.std(ddof=1)) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return {
        "seeds": 1,
        "extractor": "",
        **labels,
        "n": len(values),
        "value": value,
        "low": value - half,
        "high": value + half,
    }


def likeness(made, wanted, have: dict) -> dict:
    """(metric, extractor) -> a value an image: SSIM, PSNR and every configured perceptual distance to the wanted images."""
    found = {("ssim", ""): ssim(made, wanted), ("psnr", ""): psnr(made, wanted)}
    for name, options in have["config"]["perceptual"].items():
        found["lpips", name] = perceptual(name, made, wanted, options.get("weights"))
    return found


def mean_rows(values: dict, chosen, **labels) -> list[dict]:
    """A row a measure of `likeness`, over the chosen images."""
    return [
        mean_row(found[chosen], metric=metric, extractor=extractor, **labels)
        for (metric, extractor), found in values.items()
    ]


def distances(made, wanted, config: dict, cache: dict, **labels) -> list[dict]:
    """FID and KID between two sets of images, no interval: one set an edit and subject. `wanted` features are kept in `cache`."""
    rows = []
    for name, options in config["extractors"].items():
        key = (name, wanted.shape, int(wanted.astype(np.int64).sum()))
        if key not in cache:
            cache[key] = extract(name, wanted, weights=options.get("weights"))
        features = extract(name, made, weights=options.get("weights"))
        for metric, distance in (("fid", frechet_distance), ("kid", kernel_distance)):
            rows.append(
                {
                    **labels,
                    "metric": metric,
                    "extractor": name,
                    "n": len(made),
                    "seeds": 1,
                    "value": distance(features, cache[key]),
                    "low": None,
                    "high": None,
                }
            )
    return rows


def ageing_rows(made, have: dict, **labels) -> list[dict]:
    """One output against the true follow-ups: over all pairs, and over those more than OLD years apart; and how much more alike it is
    than the source itself, pair by pair (ssim_gain, lpips_gain: above 0 is better than returning the source)."""
    rows = distances(made, have["followup"], have["config"], have["features"], gap="all", edit="older", **labels)
    alike = likeness(made, have["followup"], have)
    if "trivial" not in have["features"]:
        have["features"]["trivial"] = likeness(have["source"], have["followup"], have)
    trivial = have["features"]["trivial"]
    for key in [key for key in trivial if key[0] != "psnr"]:
        alike[f"{key[0]}_gain", key[1]] = (alike[key] - trivial[key]) * (1 if key[0] == "ssim" else -1)
    for gap, chosen in (("all", np.ones(len(made), bool)), (f"over_{OLD:g}", have["gap"] > OLD)):
        if chosen.any():
            rows += mean_rows(alike, chosen, gap=gap, edit="older", **labels)
    return rows


def disease_rows(made, have: dict, **labels) -> list[dict]:
    """One output of edits without a true follow-up: likeness to the source an edit; of negated labels FID, KID, SSIM and AUC."""
    rows, chosen = [], negated(have)
    for edit in edits_told(have, labels["prompt"]):
        mine = have["asked_edit"] == edit
        rows.append(mean_row(ssim(made[mine], have["source"][mine]), metric="ssim", edit=edit, **labels))
    if chosen.sum() > 1:
        rows += distances(made[chosen], have["real"], have["config"], have["features"], edit="negated", **labels)
        rows.append(mean_row(ssim(made[chosen], have["source"][chosen]), metric="ssim", edit="negated", **labels))
        if len(set(have["cases"][chosen])) == 2:
            scores = outcome.case_scores(have["records"], have["images"], have["dataset"], made[chosen], have["seed"])
            patients = [one["source"]["subject_id"] for one, kept in zip(have["asked"], chosen) if kept]
            value, low, high = patient_bootstrap(scores, have["cases"][chosen], patients, keys=(have["seed"], "edits"))
            rows.append(
                {
                    **labels,
                    "edit": "negated",
                    "metric": "auc",
                    "extractor": have["dataset"]["classifier"]["name"],
                    "n": int(chosen.sum()),
                    "seeds": 1,
                    "value": value,
                    "low": low,
                    "high": high,
                }
            )
    return rows


def truth_rows(made, unedited, have: dict, **labels) -> list[dict]:
    """One output against the exact counterfactual, an edit at a time; none without a renderer."""
    if have["exact"] is None:
        return []
    rows, source, exact = [], have["source"], have["exact"]
    inside, outside = region_errors(made, source, exact)
    alike = likeness(made, exact, have)
    move = moved(made, unedited, source, exact, have["dataset"]["anatomy"])
    for edit in edits_told(have, labels["prompt"]):
        mine = have["asked_edit"] == edit
        mark = {**labels, "edit": edit}
        rows += mean_rows(alike, mine, **mark)
        rows += [
            mean_row(inside[mine], metric="error_inside", **mark),
            mean_row(outside[mine], metric="error_outside", **mark),
        ]
        rows += [
            mean_row(move[key][mine], metric=key, extractor=move["measure"], **mark)
            for key in ("change", "true_change", "right_direction")
            if move
        ]
    return rows


def axiom_rows(part, made, have: dict, latents_of, **labels) -> list[dict]:
    """Composition, effectiveness, minimality and realism of one cell's last style. latents_of(images) -> latents."""
    mine, rows = part["nulls"], []
    for number, count in enumerate((1, 10)):
        pictures, metric = part["null"][number], f"composition_{count}"
        rows.append(
            mean_row(
                soundness.mean_absolute(pictures, have["source"][mine]),
                metric=metric,
                extractor="mean_absolute",
                edit="null",
                **labels,
            )
        )
    rows.append(mean_row(psnr(part["unedited"][-1], have["source"]), metric="roundtrip_psnr", edit="null", **labels))
    chosen = negated(have)
    if chosen.any():
        scores = outcome.case_scores(have["records"], have["images"], have["dataset"], made[chosen], have["seed"])
        agreed = outcome.class_distance(scores, have["cases"][chosen]) < 0.5
        rows.append(
            mean_row(
                agreed,
                metric="effectiveness",
                extractor=have["dataset"]["classifier"]["name"],
                edit="negated",
                **labels,
            )
        )
        rows.append(
            mean_row(
                divergences(made[chosen], have, chosen, latents_of),
                metric="minimality",
                edit="negated",
                extractor="latent_divergence",
                **labels,
            )
        )
    return rows + [
        {**row, "metric": "realism"}
        for row in distances(made, have["real"], have["config"], have["features"], edit="all", **labels)
        if row["metric"] == "kid"
    ]


def divergences(made, have: dict, chosen, latents_of) -> np.ndarray:
    """Counterfactual latent divergence of the negated edits, by whether they end as a case."""
    records, pick = have["records"], have["records"]["image_index"].to_numpy()
    train, cases = outcome.training_set(records, have["images"], have["dataset"]["classes"])
    kinds = [have["features"].setdefault(("latents", kind), latents_of(train[cases == kind][:64])) for kind in (0, 1)]
    source, edited, ends = latents_of(have["source"][chosen]), latents_of(made), have["cases"][chosen]
    found = np.empty(len(made))
    for kind in (0, 1):
        mine = ends == kind
        if not mine.any():  # edits of one direction alone
            continue
        found[mine] = soundness.latent_divergence(source[mine], edited[mine], kinds[1 - kind], kinds[kind])
    return found


def tradeoff_rows(part, have: dict, amounts: list, **labels) -> list[dict]:
    """l_in and l_o of every amount: mean absolute distance to the source, and what outcome.py says of the `changed` output.

    l_o's interval is of the paired difference to the source, image by image: subjects differ far more than an edit moves them.
    """
    rows, mine = [], part["sweep"]

    def outcome_of(made):
        if have["followup"] is None:
            scores = outcome.case_scores(have["records"], have["images"], have["dataset"], made, have["seed"])
            return outcome.class_distance(scores, have["cases"][mine])
        ages = [have["asked"][row]["target"]["age"] for row in mine]
        return outcome.age_distance(have["records"], have["images"], made, ages)

    source, name = outcome_of(have["source"][mine]), "class_distance" if have["followup"] is None else "age_distance"
    for amount, made in zip(amounts, part["sweep_changed"]):
        near, moved_by = soundness.mean_absolute(made, have["source"][mine]), outcome_of(made) - source
        rows.append(mean_row(near, metric="l_in", extractor="mean_absolute", amount=amount, **labels))
        row = mean_row(moved_by, metric="l_o", extractor=name, amount=amount, **labels)
        rows.append({**row, **{key: row[key] + float(source.mean()) for key in ("value", "low", "high")}})
    return rows


def cell_rows(part, have: dict, amounts: list, latents_of, **labels) -> dict:
    """{"table": rows, "truth": rows, "tradeoff": rows} of one cell."""
    table, exact, task = [], [], have["task"]
    rows_of = ageing_rows if have["followup"] is not None else disease_rows
    for number, style in enumerate(task["styles"]):
        for output in ("decoded", "changed"):
            made = (
                np.rint(part["decoded"][number].mean(-1)).astype(np.uint8)
                if output == "decoded"
                else part["changed"][number]
            )
            unedited = (
                np.rint(part["unedited"][number].mean(-1)).astype(np.uint8) if output == "decoded" else have["source"]
            )
            mark = dict(labels, prompt=style, output=output)
            table += rows_of(made, have, **mark)
            exact += truth_rows(made, unedited, have, **mark)
            if number == len(task["styles"]) - 1 and output == "changed":
                exact += axiom_rows(part, made, have, latents_of, **mark)
    return {
        "table": table,
        "truth": exact,
        "tradeoff": tradeoff_rows(part, have, amounts, prompt=task["styles"][-1], **labels),
    }


def trivial_rows(have: dict, **labels) -> dict:
    """The rows to beat, "return the source", and where there is a renderer the ones nobody beats, the exact counterfactual."""
    rows_of = ageing_rows if have["followup"] is not None else disease_rows
    table, exact = [], []
    for name, made in (("source", have["source"]), ("exact", have["exact"])):
        if made is not None:
            mark = dict(
                labels, base="", training="", drift="none", sampling_drift="none", prompt="", method=name, output=name
            )
            table += rows_of(made, have, **mark)
            exact += truth_rows(made, have["source"], have, **mark)
    return {"table": table, "truth": exact, "tradeoff": []}
