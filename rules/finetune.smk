# Every method has a rule of its own in rules/methods, made from this one, so that its resources can differ.
rule finetune:
    input:
        data=rules.data.output,
        latents=rules.latents.output,
        model=MODEL,
        drift=lambda wildcards: f"{RESULTS}/drifts/{wildcards.dataset}/{config['trainings'][wildcards.training]['drift']}.json",
    output:
        weights=kept(f"{RESULTS}/runs/{{dataset}}/{{method}}/{{training}}/{{prompt}}/{{run}}/weights.safetensors"),
        log=f"{RESULTS}/runs/{{dataset}}/{{method}}/{{training}}/{{prompt}}/{{run}}/log.json",
    log:
        f"{LOGS}/finetune/{{dataset}}/{{method}}/{{training}}/{{prompt}}/{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/finetune/{{dataset}}/{{method}}/{{training}}/{{prompt}}/{{run}}.tsv"
    conda:
        ENVIRONMENT
    resources:
        **asked("finetune"),
    params:
        launcher=launcher,
        model=subpath(input.model, parent=True),
        options=lambda wildcards: as_json(config["methods"][wildcards.method]),
        data=lambda wildcards, input: str(Path(input.data[0]).parent),
        anatomy=dataset_key("anatomy"),
        target=lambda wildcards: config["trainings"][wildcards.training]["target"],
        seed=config["seed"],
        out=subpath(output.weights, parent=True),
    shell:
        "{params.launcher} workflow_scripts/finetune.py --model {params.model:q} --method {wildcards.method} --options {params.options:q} "
        "--data {params.data:q} --latents {input.latents:q} --anatomy {params.anatomy:q} --prompt {wildcards.prompt} "
        "--drift {input.drift:q} --target {params.target} --seed {params.seed} --run {wildcards.run} --out {params.out:q} 2>&1 | tee {log:q}"
