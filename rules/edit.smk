# Counterfactual edits: train on pairs where the task says how, edit, score. Every method has a rule of its own in rules/methods.
EDIT_SCORES = [f"{RESULTS}/edits/{task}/scores.json" for task in TASKS]
EDIT_RUN = f"{RESULTS}/edits/{{task}}/{{edit_method}}/{{base}}/{{training}}"


rule edit_train:
    input:
        data=lambda wildcards: f"{RESULTS}/data/{TASKS[wildcards.task]['dataset']}/records.csv",
        latents=lambda wildcards: f"{RESULTS}/latents/{TASKS[wildcards.task]['dataset']}.npz",
        model=MODEL,
        base=base_weights_of,
        drift=lambda wildcards: "{}/drifts/{}/{}.json".format(
            RESULTS, TASKS[wildcards.task]["dataset"], config["trainings"][wildcards.training]["drift"]
        ),
    output:
        weights=kept(f"{EDIT_RUN}/weights.safetensors"),
        log=f"{EDIT_RUN}/log.json",
    log:
        f"{LOGS}/edit_train/{{task}}/{{edit_method}}/{{base}}/{{training}}.log",
    benchmark:
        f"{BENCHMARKS}/edit_train/{{task}}/{{edit_method}}/{{base}}/{{training}}.tsv"
    priority: 10
    conda:
        ENVIRONMENT
    resources:
        **asked("edit_train"),
    params:
        launcher=launcher,
        model=subpath(input.model, parent=True),
        options=lambda wildcards: as_json(TASKS[wildcards.task]["train"]),
        weights=lambda wildcards, input: input.base or "none",
        data=subpath(input.data, parent=True),
        anatomy=lambda wildcards: config["datasets"][TASKS[wildcards.task]["dataset"]]["anatomy"],
        target=lambda wildcards: config["trainings"][wildcards.training]["target"],
        seed=config["seed"],
        run=config["grid"]["training_seeds"][0],
        out=subpath(output.weights, parent=True),
    shell:
        "{params.launcher} workflow_scripts/edit_train.py --model {params.model:q} --method {wildcards.edit_method} --options {params.options:q} "
        "--base {wildcards.base} --weights {params.weights:q} --data {params.data:q} --latents {input.latents:q} "
        "--anatomy {params.anatomy:q} --drift {input.drift:q} --target {params.target} --seed {params.seed} --run {params.run} "
        "--out {params.out:q} 2>&1 | tee {log:q}"


rule edit:
    input:
        data=lambda wildcards: f"{RESULTS}/data/{TASKS[wildcards.task]['dataset']}/records.csv",
        model=MODEL,
        base=base_weights_of,
        weights=lambda wildcards: f"{EDIT_RUN}/weights.safetensors" if TASKS[wildcards.task].get("train") else [],
        drifts=lambda wildcards: [
            f"{RESULTS}/drifts/{TASKS[wildcards.task]['dataset']}/{cell['drift']}.json"
            for cell in EDIT_CELLS
            if cell["training"] == wildcards.training
        ],
    output:
        f"{EDIT_RUN}/index.json",
    log:
        f"{LOGS}/edit/{{task}}/{{edit_method}}/{{base}}/{{training}}.log",
    benchmark:
        f"{BENCHMARKS}/edit/{{task}}/{{edit_method}}/{{base}}/{{training}}.tsv"
    priority: 5
    conda:
        ENVIRONMENT
    resources:
        **asked("edit"),
    params:
        model=subpath(input.model, parent=True),
        base_weights=lambda wildcards, input: input.base or "none",
        weights=lambda wildcards, input: input.weights or "none",
        task=lambda wildcards: as_json(TASKS[wildcards.task]),
        data=subpath(input.data, parent=True),
        dataset=lambda wildcards: as_json(config["datasets"][TASKS[wildcards.task]["dataset"]]),
        drifts=lambda wildcards, input: as_json(list(input.drifts)),
        amounts=lambda wildcards: as_json(config["editing"]["amounts"]),
        seed=config["seed"],
        out=subpath(output[0], parent=True),
    shell:
        "python workflow_scripts/edit.py --model {params.model:q} --method {wildcards.edit_method} --base {wildcards.base} "
        "--base-weights {params.base_weights:q} --weights {params.weights:q} --task {params.task:q} --data {params.data:q} "
        "--dataset {params.dataset:q} --drifts {params.drifts:q} --amounts {params.amounts:q} --seed {params.seed} "
        "--out {params.out:q} 2>&1 | tee {log:q}"


rule edit_score:
    input:
        edits=lambda wildcards: edits_of(wildcards.task),
        data=lambda wildcards: f"{RESULTS}/data/{TASKS[wildcards.task]['dataset']}/records.csv",
        model=MODEL,
        features=lambda wildcards: [
            *weights_files(config["extractors"]),
            *weights_files(config["editing"]["perceptual"]),
            *classifier_files(TASKS[wildcards.task]["dataset"]),
        ],
    output:
        f"{RESULTS}/edits/{{task}}/scores.json",
    log:
        f"{LOGS}/edit_score/{{task}}.log",
    benchmark:
        f"{BENCHMARKS}/edit_score/{{task}}.tsv"
    conda:
        ENVIRONMENT
    resources:
        **asked("edit_score"),
    params:
        options=lambda wildcards: as_json(TASKS[wildcards.task]),
        cells=as_json(EDIT_CELLS),
        model=subpath(input.model, parent=True),
        data=subpath(input.data, parent=True),
        dataset=lambda wildcards: as_json(config["datasets"][TASKS[wildcards.task]["dataset"]]),
        config=lambda wildcards: as_json(
            {
                "extractors": config["extractors"],
                **{key: config["editing"][key] for key in ("perceptual", "amounts", "real_images")},
            }
        ),
        folder=subpath(output[0], parent=True),
        seed=config["seed"],
    shell:
        "python workflow_scripts/edit_score.py --task {wildcards.task} --options {params.options:q} --cells {params.cells:q} "
        "--model {params.model:q} --data {params.data:q} --dataset {params.dataset:q} --config {params.config:q} "
        "--folder {params.folder:q} --seed {params.seed} --out {output:q} 2>&1 | tee {log:q}"


if TASKS:

    # Small jobs, so one for all tables and one for all figures: starting Python would take longer than drawing.
    rule edit_tables:
        input:
            scores=EDIT_SCORES,
            reported="resources/reported_values.csv",
        output:
            expand(f"{RESULTS}/tables/{{table}}.{{suffix}}", table=EDIT_TABLES, suffix=["csv", "md", "tex"]),
        log:
            f"{LOGS}/edit_tables.log",
        benchmark:
            f"{BENCHMARKS}/edit_tables.tsv"
        localrule: True
        conda:
            ENVIRONMENT
        resources:
            **asked("edit_tables"),
        params:
            tables=as_json(EDIT_TABLES),
            scores=lambda wildcards, input: as_json(list(input.scores)),
            config=EDIT_LAYOUT,
            out=subpath(output[0], parent=True),
        shell:
            "python workflow_scripts/edit_tables.py --tables {params.tables:q} --scores {params.scores:q} "
            "--reported {input.reported:q} --config {params.config:q} --out {params.out:q} 2>&1 | tee {log:q}"

    rule edit_figures:
        input:
            scores=EDIT_SCORES,
            edits=[path for task in TASKS for path in edits_of(task)],
            data=[
                f"{RESULTS}/data/{dataset}/records.csv"
                for dataset in sorted({task["dataset"] for task in TASKS.values()})
            ],
        output:
            expand(f"{RESULTS}/figures/{{figure}}.{{suffix}}", figure=EDIT_FIGURES, suffix=["png", "pdf"]),
        log:
            f"{LOGS}/edit_figures.log",
        benchmark:
            f"{BENCHMARKS}/edit_figures.tsv"
        localrule: True
        conda:
            ENVIRONMENT
        resources:
            **asked("edit_figures"),
        params:
            figures=as_json(EDIT_FIGURES),
            config=EDIT_LAYOUT,
            results=lambda wildcards, input: str(Path(input.scores[0]).parents[2]),
            seed=config["seed"],
            out=subpath(output[0], parent=True),
        shell:
            "python workflow_scripts/edit_figures.py --figures {params.figures:q} --config {params.config:q} "
            "--results {params.results:q} --seed {params.seed} --out {params.out:q} 2>&1 | tee {log:q}"
