# Pre-trained weights that the config names: fetched once, the only job that uses the network, and a model in one file made a folder.
rule fetch:
    output:
        f"{config['weights_cache']}/{{weight}}/{ldweights.RECORD}",
    log:
        f"{LOGS}/fetch/{{weight}}.log",
    benchmark:
        f"{BENCHMARKS}/fetch/{{weight}}.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        **asked("fetch"),
    params:
        weight=lambda wildcards: as_json(config["weights"][wildcards.weight]),
        out=subpath(output[0], parent=True),
    shell:
        "unset HF_HUB_OFFLINE TRANSFORMERS_OFFLINE; python workflow_scripts/fetch.py --name {wildcards.weight} "
        "--weight {params.weight:q} --out {params.out:q} 2>&1 | tee {log:q}"


if "single_file" in config["model"]:

    rule convert:
        input:
            FETCHED.get(config["model"]["single_file"], config["model"]["single_file"]),
        output:
            MODEL,
        log:
            f"{LOGS}/convert.log",
        benchmark:
            f"{BENCHMARKS}/convert.tsv"
        conda:
            ENVIRONMENT
        resources:
            **asked("convert"),
        params:
            file=config["model"]["single_file"],
            out=subpath(output[0], parent=True),
        shell:
            "python workflow_scripts/convert.py --file {params.file:q} --out {params.out:q} 2>&1 | tee {log:q}"
