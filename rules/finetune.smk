# Every method has a rule of its own in rules/methods, made from this one, so that its resources can differ.
rule finetune:
    input:
        data=data_of("{dataset}"),
        latents=STORE.latents("{dataset}"),
        model=MODEL,
        drift=lambda wildcards: training_drift(Checkpoint(**wildcards)),
    output:
        weights=kept(STORE.training(CHECKPOINT) / "weights.safetensors"),
        log=STORE.training(CHECKPOINT) / "log.json",
    log:
        STORE.log("finetune", *CHECKPOINT),
    benchmark:
        STORE.benchmark("finetune", *CHECKPOINT)
    conda:
        ENVIRONMENT
    resources:
        **asked("finetune"),
    params:
        config=CONFIG,
        launcher=launcher,
        depends=lambda wildcards: depends("seed", "model")
        + as_json(
            [
                config["methods"][wildcards.method],
                config["datasets"][wildcards.dataset]["anatomy"],
                config["trainings"][wildcards.training],
            ]
        ),
    shell:
        "{params.launcher} workflow_scripts/finetune.py --config {params.config:q} --dataset {wildcards.dataset:q} "
        "--method {wildcards.method} --training {wildcards.training:q} --prompt {wildcards.prompt} "
        "--run {wildcards.run} 2>&1 | tee {log:q}"
