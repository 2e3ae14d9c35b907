# The Latent Drifting benchmark:
# config -> data -> latents -> drifts -> fine-tune -> generate -> score -> edit -> tables and figures.
from snakemake.utils import min_version

min_version("9.0")


configfile: "config.yaml"


include: "rules/common.smk"
include: "rules/weights.smk"
include: "rules/data.smk"
include: "rules/drifts.smk"
include: "rules/finetune.smk"
include: "rules/generate.smk"
include: "rules/score.smk"
include: "rules/edit.smk"
include: "rules/report.smk"


for path in [
    *sorted(Path(workflow.basedir, "rules", "methods").glob("*.smk")),
    *map(Path.absolute, map(Path, config["rules"])),
]:

    include: str(path)


for name in config["resources"].keys() - ASKED:
    raise WorkflowError(f"Config resources.{name}: no rule is called so; use one of {', '.join(sorted(ASKED))}.")


onstart:
    # Executor 2.8.0, issue 447: every task of an array checks, and on a failure removes, the first one's outputs.
    if getattr(workflow.executor_settings, "array_jobs", None):
        raise WorkflowError(
            "--slurm-array-jobs loses finished outputs when one task fails or is slow; "
            "use workflow_scripts/slurm_array.py (docs/cluster.md, Arrays)."
        )
    # Written where it differs, so that a full disk stops only what has to be written.
    if not STORE.config.exists() or STORE.config.read_text() != CONFIG_TEXT:
        with atomic(STORE.config) as temporary:
            temporary.write_text(CONFIG_TEXT)


rule all:
    default_target: True
    input:
        STORE.page,
        [STORE.table(table, suffix) for table in TABLES for suffix in ("csv", "md", "tex")],
        [STORE.figure(figure, suffix) for figure in FIGURES for suffix in ("png", "pdf")],
    localrule: True
