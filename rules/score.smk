rule score:
    input:
        reference=rules.reference.output,
        samples=lambda wildcards: samples_of(wildcards.dataset),
    output:
        f"{RESULTS}/scores/{{dataset}}.json",
    log:
        f"{LOGS}/score/{{dataset}}.log",
    conda:
        ENVIRONMENT
    params:
        config=as_json({key: config.get(key) for key in ("grid", "sweep", "sampling", "extractors")}),
        samples=lambda wildcards, input: str(Path(input.samples[0]).parents[4]),
    shell:
        "python workflow_scripts/score.py --dataset {wildcards.dataset:q} --config {params.config:q} --reference {input.reference:q} "
        "--samples {params.samples:q} --out {output:q} 2>&1 | tee {log:q}"
