# Counterfactual edits: train on pairs where the task says how, edit, score. Each method has a rule in rules/methods.
rule edit_train:
    input:
        data=lambda wildcards: data_of(dataset_of(wildcards.task)),
        latents=lambda wildcards: STORE.latents(dataset_of(wildcards.task)),
        model=MODEL,
        base=base_weights_of,
        drift=lambda wildcards: training_drift(grid.edit_base(config, EditRun(**wildcards))),
    output:
        weights=kept(STORE.edits(EDIT) / "weights.safetensors"),
        log=STORE.edits(EDIT) / "log.json",
    log:
        STORE.log("edit_train", *EDIT),
    benchmark:
        STORE.benchmark("edit_train", *EDIT)
    priority: 10
    conda:
        ENVIRONMENT
    resources:
        **asked("edit_train"),
    params:
        config=CONFIG,
        launcher=launcher,
        depends=lambda wildcards: depends("seed", "model")
        + as_json(
            [
                TASKS[wildcards.task]["train"],
                config["datasets"][dataset_of(wildcards.task)]["anatomy"],
                config["trainings"][wildcards.training],
                config["grid"]["training_seeds"][0],
            ]
        ),
    shell:
        "{params.launcher} workflow_scripts/edit_train.py --config {params.config:q} --task {wildcards.task:q} "
        "--edit-method {wildcards.edit_method} --base {wildcards.base} --training {wildcards.training:q} "
        "2>&1 | tee {log:q}"


rule edit:
    input:
        data=lambda wildcards: data_of(dataset_of(wildcards.task)),
        model=MODEL,
        base=base_weights_of,
        weights=lambda wildcards: (
            STORE.edits(EditRun(**wildcards)) / "weights.safetensors" if TASKS[wildcards.task]["train"] else []
        ),
        drifts=lambda wildcards: drift_files(
            grid.edit_base(config, EditRun(**wildcards)), grid.edit_drifts(config, EditRun(**wildcards))
        ),
    output:
        STORE.edits(EDIT) / "index.json",
    log:
        STORE.log("edit", *EDIT),
    benchmark:
        STORE.benchmark("edit", *EDIT)
    priority: 5
    conda:
        ENVIRONMENT
    resources:
        **asked("edit"),
    params:
        config=CONFIG,
        depends=lambda wildcards: depends("seed", "model")
        + as_json(
            [
                TASKS[wildcards.task],
                config["datasets"][dataset_of(wildcards.task)],
                config["editing"]["amounts"],
                grid.edit_drifts(config, EditRun(**wildcards)),
                config["trainings"][wildcards.training]["scheduler"],
            ]
        ),
    shell:
        "python workflow_scripts/edit.py --config {params.config:q} --task {wildcards.task:q} "
        "--edit-method {wildcards.edit_method} --base {wildcards.base} --training {wildcards.training:q} "
        "2>&1 | tee {log:q}"


rule edit_score:
    input:
        edits=lambda wildcards: edits_of(wildcards.task),
        data=lambda wildcards: data_of(dataset_of(wildcards.task)),
        model=MODEL,
        features=lambda wildcards: [
            *weights_files(config["extractors"]),
            *weights_files(config["editing"]["perceptual"]),
            *classifier_files(dataset_of(wildcards.task)),
        ],
    output:
        STORE.edit_scores("{task}"),
    log:
        STORE.log("edit_score", "{task}"),
    benchmark:
        STORE.benchmark("edit_score", "{task}")
    conda:
        ENVIRONMENT
    resources:
        **asked("edit_score"),
    params:
        config=CONFIG,
        depends=lambda wildcards: depends("seed", "model", "extractors", "metrics")
        + content_of("editing.perceptual")
        + content_of(f"datasets.{dataset_of(wildcards.task)}.classifier")
        + as_json(
            [
                TASKS[wildcards.task],
                config["datasets"][dataset_of(wildcards.task)],
                grid.edit_cells(config, wildcards.task),
                {key: value for key, value in config["editing"].items() if key != "tasks"},
                config["grid"]["reference"],
            ]
        ),
    shell:
        "python workflow_scripts/edit_score.py --config {params.config:q} --task {wildcards.task:q} 2>&1 | tee {log:q}"
