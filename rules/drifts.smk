DRIFTS = grid.all_drifts(config)


rule drifts:
    input:
        latents=STORE.latents("{dataset}"),
    output:
        [STORE.drift("{dataset}", name) for name in DRIFTS],
    log:
        STORE.log("drifts", "{dataset}"),
    benchmark:
        STORE.benchmark("drifts", "{dataset}")
    conda:
        ENVIRONMENT
    resources:
        **asked("drifts"),
    params:
        config=CONFIG,
        depends=depends("model") + as_json(DRIFTS),
    shell:
        "python workflow_scripts/drifts.py --config {params.config:q} "
        "--dataset {wildcards.dataset:q} 2>&1 | tee {log:q}"
