"""Axial T1 brain slices of simulated subjects, warped from the MNI152 template by a written-down causal model.

Structural equations (U: standard normal, u: uniform in (0, 1), drawn from seed and subject id; session s >= 0):

    sex        = M if u_sex < 0.5 else F
    age_0      = 55 + 35 u_age                                          years, at baseline
    P(ill)     = sigmoid(0.45 + 0.9 (age_0 - 72.5) / 10)
    dx_0       = AD if u_dx < 0.63 P(ill), MCI if u_dx < P(ill), otherwise CN
    years_s    = sum of s gaps of 1 to 6.5 years;  age_s = age_0 + years_s;  2 or 3 sessions
    dx_s       = next of CN, MCI, AD after dx_{s-1} when u_s < hazard(dx_{s-1}) gap_s;  hazard = 0.015, 0.05, 0 per year
    head size  = 1 + 0.022 [M] - 0.022 [F] + 0.02 U_size                 linear, relative to the template
    ln VR      = 0.24 + 0.17 (age_s - 70) / 10 + VENTRICLE[dx_s] + 0.06 [M] + VENTRICLE_RATE[dx_s] years_s + 0.22 U_v
    atrophy    = 0.30 + 0.11 (age_s - 70) / 10 + ATROPHY[dx_s] + ATROPHY_RATE[dx_s] years_s + 0.09 (0.4 U_v + 0.92 U_a)
    lesions    = 0.25 + 0.20 (age_s - 70) / 10 + 0.12 U_l               white-matter darkening beside the ventricles
    image      = scan(warp(template at height z, anatomy, head size, VR), atrophy, lesions; pose, bias, gain, noise)

VR multiplies the template's ventricle area; atrophy erodes the cortex and opens the sulci. Anatomy, z and the scan's
pose, bias field, gain and noise depend on (subject, session) only, so a counterfactual shares them with its record.
The age, diagnosis and split draws follow a low-discrepancy sequence, so every run has its share of each group in test.
"""

import numpy as np

from ldcore.datasets.phantoms import brain_atlas as atlas
from ldcore.datasets.phantoms import common as phantom
from ldcore.runtime.errors import UserError
from ldcore.runtime.seeds import numpy_rng

TITLE = "brain phantom"
EXTENDS = ("ldcore.datasets.phantoms.common",)
OPTIONS = {
    "subjects": {"type": "integer", "minimum": 1, "maximum": 10000, "default": 420, "description": "simulated people"},
    "skull": {"type": "boolean", "default": False, "description": "show skull and scalp"},
    "test_fraction": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.3, "description": "of all subjects"},
}
DIAGNOSES = ("CN", "MCI", "AD")
HAZARD = {"CN": 0.015, "MCI": 0.05, "AD": 0.0}
VENTRICLE = {"CN": 0.0, "MCI": 0.20, "AD": 0.42}
VENTRICLE_RATE = {"CN": 0.0, "MCI": 0.02, "AD": 0.04}
ATROPHY = {"CN": 0.0, "MCI": 0.12, "AD": 0.28}
ATROPHY_RATE = {"CN": 0.0, "MCI": 0.01, "AD": 0.025}
# Field of view without and with the skull: the head fills about 80 %.
FRAME_MM = {False: 218.0, True: 246.0}
CENTRE_Y = -16.0  # mm, middle of the brain along the front-back axis
FLUID = 0.15  # signal of cerebrospinal fluid
# Signal by mm outside the brain: fluid, bone with its marrow, scalp.
SKULL = (
    (0, FLUID),
    (2, FLUID),
    (3, 0.05),
    (4.5, 0.22),
    (6, 0.05),
    (7, 0.08),
    (8.5, 0.85),
    (11, 0.8),
    (12.5, 0.45),
)


def build(options: dict, seed: int):
    """(records, images uint8 [N, size, size]): a function of the arguments alone, subject by subject.

    Besides the common columns: years (since baseline), slice_mm, ventricle_ratio, atrophy and lesions (the causal
    model's) and ventricle_fraction (ventricle area over brain area, measured on the warped masks).
    """
    return phantom.build("brain_phantom", options, seed, sessions, render)


def sessions(index: int, options: dict, seed: int) -> list[dict]:
    """The rows of subject number `index` (without image_index and measurements), from the causal model alone."""
    subject = f"sub-{index:04d}"
    rng = numpy_rng(seed, "brain", subject, "course")
    u_age, u_dx, u_split = _spread(index, seed)
    sex = "M" if rng.random() < 0.5 else "F"
    years = 0.0
    baseline = round(55 + 35 * u_age, 1)
    ill = 1 / (1 + np.exp(-(0.45 + 0.9 * (baseline - 72.5) / 10)))
    diagnosis = "AD" if u_dx < 0.63 * ill else "MCI" if u_dx < ill else "CN"
    test, val = options["test_fraction"], options["val_fraction"]
    split = "test" if u_split < test else "val" if u_split < test + val else "train"
    rows = []
    for session in range(2 + int(rng.random() < 0.5)):
        gap, turn = round(rng.uniform(1.0, 6.5), 1), rng.random()
        if session:
            years = round(years + gap, 1)
            if turn < HAZARD[diagnosis] * gap:
                diagnosis = DIAGNOSES[DIAGNOSES.index(diagnosis) + 1]
        rows.append(
            {
                "subject_id": subject,
                "session": session,
                "age": round(baseline + years, 1),
                "sex": sex,
                "diagnosis": diagnosis,
                "findings": "",
                "split": split,
                "image_index": -1,
                "years": years,
            }
        )
    return rows


def counterfactual(record, options: dict, seed: int, **changes) -> np.ndarray:
    """uint8 [size, size]: the record's subject and session with `changes` to age, sex, diagnosis or years.

    record: a row (mapping) of build's table; without changes it gives its very image. UserError: another key or value.
    """
    return render(record, options, seed, **changes)[0]


def render(record, options: dict, seed: int, **changes):
    """(uint8 image [size, size], its truth: slice_mm, ventricle_ratio, atrophy, lesions, ventricle_fraction)."""
    causes = phantom.changed(record, ("age", "sex", "diagnosis", "years"), changes)
    state = _state(str(record["subject_id"]), int(record["session"]), causes, seed)
    signal, ventricle, brain, head = _anatomy(state, options)
    size = options["image_size"]
    fraction = float(ventricle.sum() / brain.sum())
    truth = {
        "slice_mm": round(state["z"], 3),
        "ventricle_ratio": round(state["ratio"], 5),
        "atrophy": round(state["atrophy"], 5),
        "lesions": round(state["lesions"], 5),
        "ventricle_fraction": round(fraction, 6),
    }
    return _scan(atlas.shrink(signal, size), atlas.shrink(head, size), state), truth


def _state(subject, session, causes, seed):
    """Everything the renderer needs: the causal model's outcomes and the subject's and session's own draws."""
    age, sex, dx, years = float(causes["age"]), causes["sex"], causes["diagnosis"], float(causes["years"])
    if dx not in DIAGNOSES or sex not in ("F", "M") or not 40 <= age <= 105 or not 0 <= years <= 20:
        raise UserError(
            f"Subject {subject!r}: age {age:g}, sex {sex!r}, diagnosis {dx!r}, years {years:g} are outside "
            "the model; use age 40 to 105, F or M, CN, MCI or AD and years 0 to 20."
        )
    own, scan = numpy_rng(seed, "brain", subject, "anatomy"), numpy_rng(seed, "brain", subject, "scan", session)
    male, decade = sex == "M", (age - 70) / 10
    u_size, u_v, u_a, u_l = own.standard_normal(4)
    log_ratio = 0.24 + 0.17 * decade + VENTRICLE[dx] + 0.06 * male + VENTRICLE_RATE[dx] * years + 0.22 * u_v
    atrophy = 0.30 + 0.11 * decade + ATROPHY[dx] + ATROPHY_RATE[dx] * years + 0.09 * (0.4 * u_v + 0.92 * u_a)
    z = own.normal(18.5, 1.2) + scan.normal(0, 0.3)
    return {
        "ratio": float(np.exp(log_ratio)),
        "atrophy": float(np.clip(atrophy, 0, 1.3)),
        "lesions": float(np.clip(0.25 + 0.20 * decade + 0.12 * u_l, 0, 1)),
        "head": 1 + (0.022 if male else -0.022) + 0.02 * u_size,
        "z": float(np.clip(z, atlas.Z_FIRST + 0.5, atlas.Z_LAST - 0.5)),
        "own": own,
        "scan": scan,
    }


def _anatomy(state, options):
    """Signal in [0, 1], ventricle share, brain share and head mask, each [R, R] on a grid finer than the image."""
    own, scan, size = state["own"], state["scan"], options["image_size"]
    fine = size * max(1 if size > 128 else 2, -(-112 // size))
    frame = FRAME_MM[options["skull"]]
    axis = ((np.arange(fine) + 0.5) / fine - 0.5) * frame
    angle = np.deg2rad(own.normal(0, 1.5) + scan.normal(0, 1.0))
    width, length = state["head"] * (1 + 0.025 * own.standard_normal(2))
    shift = scan.normal(0, 1.0, 2)
    right, front = axis[None] - shift[0], -axis[:, None] - shift[1]
    x = (np.cos(angle) * right + np.sin(angle) * front) / width - atlas.X_FIRST
    y = (np.cos(angle) * front - np.sin(angle) * right) / length + CENTRE_Y - atlas.Y_FIRST
    for count, mm in ((5, 2.6), (11, 1.8), (22, 0.9)):
        y, x = y + mm * atlas.field(own, count, fine), x + mm * atlas.field(own, count, fine)
    low = min(int(state["z"] - atlas.Z_FIRST), atlas.Z_LAST - atlas.Z_FIRST - 1)
    share = np.float32(state["z"] - atlas.Z_FIRST - low)
    y, x = atlas.widen(y.astype(np.float32), x.astype(np.float32), low, share, state["ratio"], own.normal(0, 0.12, 2))
    maps = atlas.tables()["maps"]
    values = atlas.sample(maps[low] * (1 - share) + maps[low + 1] * share, y, x)
    signal, ventricle, brain, sulcus, rim, outside = np.moveaxis(values, -1, 0)
    opening = np.clip((sulcus - 0.72 + 0.38 * state["atrophy"]) / 0.35 + 0.5, 0, 1)
    patches = np.clip(0.6 + 0.7 * atlas.field(own, 22, fine), 0, 1.6)
    signal = signal + 0.018 * atlas.field(own, 30, fine) - 0.34 * state["lesions"] * rim * patches * (1 - ventricle)
    signal = signal * (1 - opening) + FLUID * opening
    head = brain
    if options["skull"]:
        depth = outside / (1.0 + 0.1 * own.standard_normal())
        layers = np.interp(depth, *zip(*SKULL))
        signal, head = signal * brain + layers * (1 - brain), (depth < 13).astype(np.float32)
    return signal * head, ventricle * brain, brain, head


def _scan(signal, head, state):
    """Scanner: gain, gamma, bias field and Rician noise on [size, size]; exact zeros outside the head."""
    scan, size = state["scan"], len(signal)
    gain, gamma, sigma = scan.normal(1, 0.04), np.exp(scan.normal(0, 0.08)), scan.uniform(0.012, 0.03)
    ramp = np.linspace(-1, 1, size)
    a, b, c, d = scan.normal(0, (0.05, 0.05, 0.03, 0.04))
    across, down = ramp[None], ramp[:, None]
    bias = np.exp(a * across + b * down + c * across * down + d * (across**2 + down**2))
    real, imaginary = scan.normal(0, sigma, (2, size, size))
    received = np.hypot(gain * bias * np.clip(signal, 0, 1) ** gamma + real, imaginary)
    return np.rint(np.where(head > 0.3, np.clip(received, 0, 1), 0) * 255).astype(np.uint8)


def _spread(index, seed):
    """Three numbers in [0, 1) for subject `index`: a Kronecker sequence, shifted by the seed (evener than chance)."""
    root = 1.2207440846057596  # solves x^4 = x + 1, the generalised golden ratio in three dimensions
    shift = numpy_rng(seed, "brain", "spread").random(3)
    return (shift + (index + 1) * root ** -np.arange(1.0, 4.0)) % 1.0
