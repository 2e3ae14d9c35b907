# A job a drift, so that another one leaves the files of the rest, and all that was trained under them, as they are.
rule drift:
    input:
        data=lambda wildcards: data_of(wildcards.dataset) if grid.drift_needs(config, wildcards.drift) else [],
        latents=lambda wildcards: (
            STORE.latents(wildcards.dataset) if grid.drift_needs(config, wildcards.drift) else []
        ),
    output:
        STORE.drift("{dataset}", "{drift}"),
    log:
        STORE.log("drift", "{dataset}", "{drift}"),
    benchmark:
        STORE.benchmark("drift", "{dataset}", "{drift}")
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        **asked("drift"),
    params:
        config=CONFIG,
        depends=lambda wildcards: as_json(grid.all_drifts(config)[wildcards.drift])
        + (
            depends("model") + as_json(config["sampling"]["steps"])
            if grid.drift_needs(config, wildcards.drift)
            else ""
        ),
    shell:
        "python workflow_scripts/drift.py --config {params.config:q} --dataset {wildcards.dataset:q} "
        "--drift {wildcards.drift:q} 2>&1 | tee {log:q}"
