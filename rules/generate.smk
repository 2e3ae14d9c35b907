rule generate:
    input:
        data=data_of("{dataset}"),
        drifts=lambda wildcards: drift_files(
            Checkpoint(**wildcards), grid.sampled_drifts(config, Checkpoint(**wildcards))
        ),
        weights=weights_of,
        model=MODEL,
        features=weights_files(config["extractors"]),
    output:
        STORE.samples(CHECKPOINT) / "index.json",
    log:
        STORE.log("generate", *CHECKPOINT),
    benchmark:
        STORE.benchmark("generate", *CHECKPOINT)
    conda:
        ENVIRONMENT
    resources:
        **asked("generate"),
    params:
        config=CONFIG,
        depends=lambda wildcards: depends("seed", "model", "extractors")
        + sampling()
        + as_json(
            [
                grid.sampled_drifts(config, Checkpoint(**wildcards)),
                config["trainings"].get(wildcards.training, {}).get("scheduler"),
                *(config["datasets"][wildcards.dataset][key] for key in ("anatomy", "classes", "test_images")),
            ]
        ),
    shell:
        "python workflow_scripts/generate.py --config {params.config:q} --dataset {wildcards.dataset:q} "
        "--method {wildcards.method} --training {wildcards.training:q} --prompt {wildcards.prompt} "
        "--run {wildcards.run} 2>&1 | tee {log:q}"
