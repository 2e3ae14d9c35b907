# The Latent Drifting benchmark: config -> data -> latents -> drifts -> fine-tune -> generate -> score -> tables and figures.
from snakemake.utils import min_version

min_version("9.0")


configfile: "config.yaml"


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/drift.smk"
include: "rules/finetune.smk"
include: "rules/generate.smk"
include: "rules/score.smk"
include: "rules/report.smk"


rule all:
    default_target: True
    localrule: True
    input:
        RESULTS + "/report/index.html",
        expand(RESULTS + "/tables/table1.{suffix}", suffix=["csv", "md", "tex"]),
        expand(RESULTS + "/figures/{figure}.{suffix}", figure=FIGURES, suffix=["png", "pdf"]),
