"""Axioms of counterfactual soundness, as images can be asked about them.

From Melistas et al. 2024 (arXiv 2403.20287); the axioms: Monteiro et al. 2023 (arXiv 2303.01274).

composition     a null edit changes nothing: distance to the source after 1 and 10 of them (section 3.1)
effectiveness   the edited image is what was asked: share of which a real-trained classifier says so
                (outcome.class_distance < 0.5)
minimality      no further from the source than it must be: counterfactual latent divergence (section 3.4; Sanchez and
                Tsaftaris 2022, arXiv 2202.10166)
realism         KID to real images (section 3.2, which uses FID)
"""

import numpy as np

from ldcore.runtime.pixels import unrounded_gray


def mean_absolute(first, second) -> np.ndarray:
    """Mean absolute difference of gray images, in units of the full range, [N] in 0..1."""
    return np.abs(unrounded_gray(first) - unrounded_gray(second)).mean((1, 2)) / 255


def latent_divergence(source, edited, same, target) -> np.ndarray:
    """Counterfactual latent divergence of each edit, [N]; smaller is better.

    source, edited: latents [N, ...]; same, target: latents [M, ...] of real images of the source's and of the
    target's kind. With d the distance of edited to source: log(exp P(source to target <= d) + exp P(source to same >=
    d)), so that an edit goes further than images of the source's kind are apart, and not as far as other images of
    the target's kind.
    """
    source, edited, same, target = (
        np.asarray(latents, np.float64).reshape(len(latents), -1) for latents in (source, edited, same, target)
    )
    divergences = []
    for start, end in zip(source, edited):
        distance = np.linalg.norm(end - start)
        nearer = np.mean(np.linalg.norm(target - start, axis=1) <= distance)
        farther = np.mean(np.linalg.norm(same - start, axis=1) >= distance)
        divergences.append(np.log(np.exp(nearer) + np.exp(farther)))
    return np.array(divergences)
