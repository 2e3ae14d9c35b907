rule score:
    input:
        reference=rules.reference.output,
        samples=lambda wildcards: samples_of(wildcards.dataset),
    output:
        RESULTS + "/scores/{dataset}.json",
    log:
        LOGS + "/score/{dataset}.log",
    params:
        config=as_json({key: config.get(key) for key in ("grid", "sweep", "sampling", "extractors")}),
        samples=RESULTS + "/samples",
    conda:
        ENVIRONMENT
    shell:
        PYTHON + "score.py --dataset {wildcards.dataset:q} --config {params.config:q} --reference {input.reference:q} "
        "--samples {params.samples:q} --out {output:q} 2>&1 | tee {log:q}"
