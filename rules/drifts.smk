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
            depends("model") + as_json([config["sampling"]["steps"], grid.drift_scheduler(config, wildcards.drift)])
            if grid.drift_needs(config, wildcards.drift)
            else ""
        ),
    shell:
        "python workflow_scripts/drift.py --config {params.config:q} --dataset {wildcards.dataset:q} "
        "--drift {wildcards.drift:q} 2>&1 | tee {log:q}"


# Drifts whose value is found on samples of one checkpoint: ldcore.drift.sources, NEEDS.
rule drift_search:
    input:
        data=data_of("{dataset}"),
        weights=lambda wildcards: STORE.weights(searched_checkpoint(wildcards)) or [],
        model=MODEL,
    output:
        STORE.drift(CHECKPOINT, "{drift}"),
    log:
        STORE.log("drift_search", *CHECKPOINT, "{drift}"),
    benchmark:
        STORE.benchmark("drift_search", *CHECKPOINT, "{drift}")
    conda:
        ENVIRONMENT
    resources:
        **asked("drift_search", "generate"),
    params:
        config=CONFIG,
        depends=lambda wildcards: depends("seed", "model")
        + as_json(
            [
                grid.all_drifts(config)[wildcards.drift],
                *(config["datasets"][wildcards.dataset][key] for key in ("anatomy", "classes")),
                *(config["sampling"][key] for key in ("steps", "guidance_scale", "precision")),
                config["trainings"].get(wildcards.training, {}).get("scheduler"),
            ]
        ),
    shell:
        "python workflow_scripts/drift_search.py --config {params.config:q} --dataset {wildcards.dataset:q} "
        "--method {wildcards.method} --training {wildcards.training:q} --prompt {wildcards.prompt} "
        "--run {wildcards.run} --drift {wildcards.drift:q} 2>&1 | tee {log:q}"
