"""Frontal chest radiographs of simulated subjects: real lung outlines, real demographics, everything else composed.

Structural equations (U: standard normal, u: uniform in (0, 1), drawn from seed and subject id; session s >= 0):

    finding_0  = No Finding, Cardiomegaly, Pleural Effusion or Pneumonia, for a quarter of the subjects each
    age_0, sex = a CheXpert row that has this finding alone
    age_s      = age_0 + sum of s gaps of 0.2 to 2 years;  1 to 3 sessions
    finding_s  = finding_{s-1}, or with probability 0.15 one of the other three
    CTR        = 0.43 + 0.010 (age - 60) / 10 + 0.012 [F] + 0.015 U_h + [Cardiomegaly] (0.13 + 0.02 U_c)
    effusion   = [Pleural Effusion] (0.30 + 0.08 |U_e|)      height of the fluid over the lung's, on one side or both
    opacity    = [Pneumonia] (0.85 + 0.15 U_o)               attenuation of the consolidated lobe
    aorta      = 0.5 + 0.20 (age - 60) / 10 + 0.15 U_a       prominence of the aortic knob
    breasts    = [F] (0.7 + 0.3 U_b)
    image      = film(exp(-attenuation(lungs, CTR, effusion, opacity, aorta, breasts; ribs, vessels));
                      pose, exposure, noise)

CTR (cardiothoracic ratio) is the heart's width over the inner width of the chest. Lungs, ribs, vessels, the fluid's
side and the lobe depend on the subject only, pose, exposure and noise on (subject, session), so a counterfactual
shares them.
"""

import numpy as np

from ldcore.datasets.phantoms import chest_atlas as atlas
from ldcore.datasets.phantoms import common as phantom
from ldcore.datasets.phantoms.chest_atlas import FINDINGS
from ldcore.datasets.phantoms.chest_film import expose, project
from ldcore.runtime.errors import UserError
from ldcore.runtime.seeds import numpy_rng

TITLE = "chest phantom"
EXTENDS = ("ldcore.datasets.phantoms.common",)
OPTIONS = {
    "subjects": {"type": "integer", "minimum": 1, "maximum": 10000, "default": 720, "description": "simulated people"},
    "test_fraction": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.4, "description": "of all subjects"},
}


def build(options: dict, seed: int):
    """(records, images uint8 [N, size, size]): a function of the arguments alone, subject by subject.

    Besides the common columns: ctr, effusion, opacity (the causal model's) and lung_fraction (clear lung over the
    frame).
    """
    return phantom.build("chest_phantom", options, seed, sessions, render)


def sessions(index: int, options: dict, seed: int) -> list[dict]:
    """The rows of subject number `index` (without image_index and measurements), from the causal model alone."""
    subject = f"sub-{index:04d}"
    rng = numpy_rng(seed, "chest", subject, "course")
    finding = FINDINGS[index % 4]
    # A golden-ratio sequence over every four subjects: each finding has its share in every split.
    place = (numpy_rng(seed, "chest", "spread").random() + (index // 4) * 0.6180339887498949) % 1.0
    test, val = options["test_fraction"], options["val_fraction"]
    split = "test" if place < test else "val" if place < test + val else "train"
    ages, sexes = atlas.demographics()[finding]
    person = int(rng.integers(len(ages)))
    age, rows = float(ages[person]), []
    for session in range(1 + int(rng.integers(3))):
        gap, turn, other = round(rng.uniform(0.2, 2.0), 1), rng.random(), int(rng.integers(1, 4))
        if session:
            age = round(age + gap, 1)
            if turn < 0.15:
                finding = FINDINGS[(FINDINGS.index(finding) + other) % 4]
        rows.append(
            {
                "subject_id": subject,
                "session": session,
                "age": age,
                "sex": str(sexes[person]),
                "diagnosis": "",
                "findings": finding,
                "split": split,
                "image_index": -1,
            }
        )
    return rows


def counterfactual(record, options: dict, seed: int, **changes) -> np.ndarray:
    """uint8 [size, size]: the record's subject and session with `changes` to age, sex or findings (joined by |).

    record: a row (mapping) of build's table; without changes it gives its very image. UserError: another key or value.
    """
    return render(record, options, seed, **changes)[0]


def render(record, options: dict, seed: int, **changes):
    """(uint8 image [size, size], its truth: ctr, effusion, opacity, lung_fraction)."""
    causes = phantom.changed(record, ("age", "sex", "findings"), changes)
    state = _state(str(record["subject_id"]), int(record["session"]), causes, seed)
    size = options["image_size"]
    attenuation, lung = project(state, size * 2 if size <= 128 else size)
    truth = {key: round(state[key], 5) for key in ("ctr", "effusion", "opacity")}
    return expose(attenuation, state, size), {**truth, "lung_fraction": round(float(lung.mean()), 6)}


def _state(subject, session, causes, seed):
    """Everything the renderer needs: the causal model's outcomes and the subject's and session's own draws."""
    age, sex, present = float(causes["age"]), causes["sex"], set(str(causes["findings"]).split("|"))
    contradictory = "No Finding" in present and len(present) > 1
    if not present <= set(FINDINGS) or contradictory or sex not in ("F", "M") or not 18 <= age <= 100:
        raise UserError(
            f"Subject {subject!r}: age {age:g}, sex {sex!r}, findings {causes['findings']!r} are outside the model; "
            f"use age 18 to 100, F or M, and one of {', '.join(FINDINGS)}, or several joined by |."
        )
    own, scan = numpy_rng(seed, "chest", subject, "anatomy"), numpy_rng(seed, "chest", subject, "scan", session)
    u_h, u_c, u_e, u_o, u_a, u_b = own.standard_normal(6)
    decade, female = (age - 60) / 10, sex == "F"
    ctr = 0.43 + 0.010 * decade + 0.012 * female + 0.015 * u_h + ("Cardiomegaly" in present) * (0.13 + 0.02 * u_c)
    return {
        "ctr": float(ctr),
        "effusion": float(("Pleural Effusion" in present) * (0.30 + 0.08 * abs(u_e))),
        "opacity": float(("Pneumonia" in present) * np.clip(0.85 + 0.15 * u_o, 0.5, 1.2)),
        "aorta": float(np.clip(0.5 + 0.20 * decade + 0.15 * u_a, 0.1, 1.5)),
        "breasts": float(female * np.clip(0.7 + 0.3 * u_b, 0.1, 1.4)),
        "own": own,
        "scan": scan,
    }
