rule score:
    input:
        reference=STORE.reference("{dataset}"),
        samples=lambda wildcards: samples_of(wildcards.dataset),
    output:
        STORE.scores("{dataset}"),
    log:
        STORE.log("score", "{dataset}"),
    benchmark:
        STORE.benchmark("score", "{dataset}")
    conda:
        ENVIRONMENT
    resources:
        **asked("score"),
    params:
        config=CONFIG,
        depends=depends("grid", "prompt_study", "sweep", "extractors", "metrics") + sampling(),
    shell:
        "python workflow_scripts/score.py --config {params.config:q} --dataset {wildcards.dataset:q} 2>&1 | tee {log:q}"


rule downstream:
    input:
        data=data_of("{dataset}"),
        samples=lambda wildcards: samples_of(wildcards.dataset),
        classifier=lambda wildcards: classifier_files(wildcards.dataset),
    output:
        STORE.downstream("{dataset}"),
    log:
        STORE.log("downstream", "{dataset}"),
    benchmark:
        STORE.benchmark("downstream", "{dataset}")
    conda:
        ENVIRONMENT
    resources:
        **asked("downstream"),
    params:
        config=CONFIG,
        depends=lambda wildcards: depends("seed", "grid", "prompt_study", "datasets")
        + sampling()
        + content_of(f"datasets.{wildcards.dataset}.classifier"),
    shell:
        "python workflow_scripts/downstream.py --config {params.config:q} "
        "--dataset {wildcards.dataset:q} 2>&1 | tee {log:q}"
