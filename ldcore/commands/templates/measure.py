"""TEMPLATE: say here what an edit should move, and how it is measured."""

TITLE = "TEMPLATE"
ANATOMY = "brain_mr"  # whose images it measures; a dataset of a config may also name it


def measure(images):
    """[N], of float32 gray images [N, H, W] in 0..1. Here: the share that is bright."""
    return (images > 0.5).mean((1, 2))
