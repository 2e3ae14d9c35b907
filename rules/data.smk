rule data:
    output:
        records=RESULTS + "/data/{dataset}/records.csv",
        images=RESULTS + "/data/{dataset}/images.npy",
    log:
        LOGS + "/data/{dataset}.log",
    params:
        adapter=dataset_key("adapter"),
        options=lambda wildcards: as_json(config["datasets"][wildcards.dataset]["options"]),
        seed=config["seed"],
        out=subpath(output.records, parent=True),
    conda:
        ENVIRONMENT
    shell:
        PYTHON + "data.py --adapter {params.adapter:q} --options {params.options:q} --seed {params.seed} "
        "--out {params.out:q} 2>&1 | tee {log:q}"


rule reference:
    input:
        rules.data.output,
    output:
        RESULTS + "/reference/{dataset}.npz",
    log:
        LOGS + "/reference/{dataset}.log",
    params:
        model=config["model"]["path"],
        data=lambda wildcards, input: str(Path(input[0]).parent),
        classes=lambda wildcards: as_json(config["datasets"][wildcards.dataset]["classes"]),
        test_images=dataset_key("test_images"),
        extractors=as_json(config["extractors"]),
        seed=config["seed"],
    conda:
        ENVIRONMENT
    shell:
        PYTHON + "reference.py --model {params.model:q} --data {params.data:q} --classes {params.classes:q} "
        "--test-images {params.test_images} --extractors {params.extractors:q} --seed {params.seed} --out {output:q} "
        "2>&1 | tee {log:q}"


rule latents:
    input:
        rules.data.output,
    output:
        RESULTS + "/latents/{dataset}.npz",
    log:
        LOGS + "/latents/{dataset}.log",
    params:
        model=config["model"]["path"],
        data=lambda wildcards, input: str(Path(input[0]).parent),
    conda:
        ENVIRONMENT
    shell:
        PYTHON + "latents.py --model {params.model:q} --data {params.data:q} --out {output:q} 2>&1 | tee {log:q}"
