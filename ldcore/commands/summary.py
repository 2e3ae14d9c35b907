"""How far a run of the workflow is: every job with its state and log, GPU hours, and what it says of the claims.

The same as `python workflow_scripts/summary.py`; in the repository, as snakemake. Arguments that are not its own are
snakemake's, such as --configfile.
"""

import runpy

from ldcore.plugins import ROOT

EXAMPLE = """
python -m ldcore summary --configfile configs/smoke.yaml
"""
PASSES_ON = True


def add_arguments(parser) -> None:
    """See ldcore.commands."""
    parser.add_argument("--csv", help="file for a row per job")
    parser.add_argument("--measured", nargs="+", default=[], help="folders of other runs, results/NAME")


def run(arguments) -> None:
    """See ldcore.commands."""
    script = runpy.run_path(str(ROOT / "workflow_scripts" / "summary.py"))
    script["main"](arguments.csv, arguments.measured, arguments.rest)
