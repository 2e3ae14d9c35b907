# Pre-trained weights that the config names, fetched once: the only job that uses the network.
rule fetch:
    output:
        f"{config['weights_cache']}/{{weight}}/{ldweights.RECORD}",
    log:
        STORE.log("fetch", "{weight}"),
    benchmark:
        STORE.benchmark("fetch", "{weight}")
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        **asked("fetch"),
    params:
        config=CONFIG,
        depends=lambda wildcards: as_json(config["weights"][wildcards.weight]),
    shell:
        "unset HF_HUB_OFFLINE TRANSFORMERS_OFFLINE; "
        "python workflow_scripts/fetch.py --config {params.config:q} --name {wildcards.weight} 2>&1 | tee {log:q}"


if "turned_from" in config["model"]:

    rule turn:
        input:
            FETCHED.get(config["model"]["turned_from"], f"{config['model']['turned_from']}/model_index.json"),
        output:
            MODEL,
        log:
            STORE.log("turn"),
        benchmark:
            STORE.benchmark("turn")
        conda:
            ENVIRONMENT
        resources:
            **asked("convert"),
        params:
            config=CONFIG,
            depends=depends("model"),
        shell:
            "python workflow_scripts/turn.py --config {params.config:q} 2>&1 | tee {log:q}"


if "single_file" in config["model"]:

    rule convert:
        input:
            FETCHED.get(config["model"]["single_file"], config["model"]["single_file"]),
        output:
            f"{config['model'].get('turned_from', config['model']['path'])}/model_index.json",
        log:
            STORE.log("convert"),
        benchmark:
            STORE.benchmark("convert")
        conda:
            ENVIRONMENT
        resources:
            **asked("convert"),
        params:
            config=CONFIG,
            depends=depends("model"),
        shell:
            "python workflow_scripts/convert.py --config {params.config:q} 2>&1 | tee {log:q}"
