rule drifts:
    input:
        rules.latents.output,
    output:
        expand(RESULTS + "/drifts/{{dataset}}/{drift}.json", drift=DRIFTS),
    log:
        LOGS + "/drifts/{dataset}.log",
    params:
        model=config["model"]["path"],
        drifts=as_json(DRIFTS),
        out=subpath(output[0], parent=True),
    conda:
        ENVIRONMENT
    shell:
        PYTHON + "drifts.py --model {params.model:q} --latents {input:q} --drifts {params.drifts:q} "
        "--out {params.out:q} 2>&1 | tee {log:q}"
