rule score:
    input:
        reference=rules.reference.output,
        samples=lambda wildcards: samples_of(wildcards.dataset),
    output:
        f"{RESULTS}/scores/{{dataset}}.json",
    log:
        f"{LOGS}/score/{{dataset}}.log",
    benchmark:
        f"{BENCHMARKS}/score/{{dataset}}.tsv"
    conda:
        ENVIRONMENT
    resources:
        **asked("score"),
    params:
        config=as_json({key: config.get(key) for key in ("grid", "prompt_study", "sweep", "sampling", "extractors")}),
        samples=lambda wildcards, input: str(Path(input.samples[0]).parents[5]),
    shell:
        "python workflow_scripts/score.py --dataset {wildcards.dataset:q} --config {params.config:q} --reference {input.reference:q} "
        "--samples {params.samples:q} --out {output:q} 2>&1 | tee {log:q}"


rule downstream:
    input:
        data=rules.data.output,
        samples=lambda wildcards: samples_of(wildcards.dataset),
        classifier=lambda wildcards: classifier_files(wildcards.dataset),
    output:
        f"{RESULTS}/downstream/{{dataset}}.json",
    log:
        f"{LOGS}/downstream/{{dataset}}.log",
    benchmark:
        f"{BENCHMARKS}/downstream/{{dataset}}.tsv"
    conda:
        ENVIRONMENT
    resources:
        **asked("downstream"),
    params:
        config=as_json({key: config.get(key) for key in ("grid", "prompt_study", "sampling", "datasets")}),
        data=lambda wildcards, input: str(Path(input.data[0]).parent),
        samples=lambda wildcards, input: str(Path(input.samples[0]).parents[5]),
        seed=config["seed"],
    shell:
        "python workflow_scripts/downstream.py --dataset {wildcards.dataset:q} --config {params.config:q} --data {params.data:q} "
        "--samples {params.samples:q} --seed {params.seed} --out {output:q} 2>&1 | tee {log:q}"
