rule drifts:
    input:
        rules.latents.output,
    output:
        expand(f"{RESULTS}/drifts/{{{{dataset}}}}/{{drift}}.json", drift=DRIFTS),
    log:
        f"{LOGS}/drifts/{{dataset}}.log",
    benchmark:
        f"{BENCHMARKS}/drifts/{{dataset}}.tsv"
    conda:
        ENVIRONMENT
    resources:
        **asked("drifts"),
    params:
        model=config["model"]["path"],
        drifts=as_json(DRIFTS),
        out=subpath(output[0], parent=True),
    shell:
        "python workflow_scripts/drifts.py --model {params.model:q} --latents {input:q} --drifts {params.drifts:q} "
        "--out {params.out:q} 2>&1 | tee {log:q}"
