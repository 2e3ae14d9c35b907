"""Axioms of counterfactual soundness, as images can be asked about them (Melistas et al. 2024, arXiv 2403.20287; axioms: Monteiro
et al. 2023, arXiv 2303.01274).

composition     a null edit changes nothing: distance to the source after 1 and 10 of them (arXiv 2403.20287, section 3.1)
effectiveness   the edited image is what was asked: share whose real-trained classifier agrees (outcome.class_distance < 0.5)
minimality      counterfactual latent divergence: no further from the source than it must be (section 3.4; Sanchez and Tsaftaris 2022,
                arXiv 2202.10166)
realism         KID to real images (section 3.2, which uses FID)
"""

import numpy as np


def mean_absolute(first, second) -> np.ndarray:
    """Mean absolute difference of gray images, in units of the full range, [N] in 0..1."""
    first, second = (np.asarray(images, np.float64) for images in (first, second))
    first, second = (images.mean(-1) if images.ndim == 4 else images for images in (first, second))
    return np.abs(first - second).mean((1, 2)) / 255


def latent_divergence(source, edited, same, wanted) -> np.ndarray:
    """Counterfactual latent divergence of each edit, [N]; smaller is better.

    source, edited [N, ...]; same, wanted: latents [M, ...] of real images like the source and like the target. With d the distance
    of edited to source: log(exp P(source to wanted <= d) + exp P(source to same >= d)), so that an edit goes further than
    images of the source's kind are apart and not as far as other images of the wanted kind.
    """
    flat = [np.asarray(part, np.float64).reshape(len(part), -1) for part in (source, edited, same, wanted)]
    source, edited, same, wanted = flat
    found = []
    for one, made in zip(source, edited):
        d = np.linalg.norm(made - one)
        nearer = np.mean(np.linalg.norm(wanted - one, axis=1) <= d)
        farther = np.mean(np.linalg.norm(same - one, axis=1) >= d)
        found.append(np.log(np.exp(nearer) + np.exp(farther)))
    return np.array(found)
