rule data:
    input:
        table_of,
    output:
        records=f"{RESULTS}/data/{{dataset}}/records.csv",
        images=f"{RESULTS}/data/{{dataset}}/images.npy",
        excluded=f"{RESULTS}/data/{{dataset}}/excluded.csv",
        splits=f"{RESULTS}/data/{{dataset}}/splits.csv",
    log:
        f"{LOGS}/data/{{dataset}}.log",
    benchmark:
        f"{BENCHMARKS}/data/{{dataset}}.tsv"
    conda:
        ENVIRONMENT
    threads: ldconfig.resources(config, ["data"])["threads"]
    resources:
        **asked("data"),
    params:
        adapter=dataset_key("adapter"),
        options=lambda wildcards: as_json(config["datasets"][wildcards.dataset]["options"]),
        seed=config["seed"],
        # not passed on: other phantoms, other everything
        code=lambda wildcards: (
            PHANTOM_CODE if config["datasets"][wildcards.dataset]["adapter"].endswith("phantom") else ""
        ),
        out=subpath(output.records, parent=True),
    shell:
        "python workflow_scripts/data.py --adapter {params.adapter:q} --options {params.options:q} --seed {params.seed} "
        "--out {params.out:q} --workers {threads} 2>&1 | tee {log:q}"


rule reference:
    input:
        rules.data.output,
        model=MODEL,
        features=weights_files(config["extractors"]),
    output:
        f"{RESULTS}/reference/{{dataset}}.npz",
    log:
        f"{LOGS}/reference/{{dataset}}.log",
    benchmark:
        f"{BENCHMARKS}/reference/{{dataset}}.tsv"
    conda:
        ENVIRONMENT
    resources:
        **asked("reference"),
    params:
        model=subpath(input.model, parent=True),
        data=lambda wildcards, input: str(Path(input[0]).parent),
        classes=lambda wildcards: as_json(config["datasets"][wildcards.dataset]["classes"]),
        test_images=dataset_key("test_images"),
        extractors=as_json(config["extractors"]),
        seed=config["seed"],
    shell:
        "python workflow_scripts/reference.py --model {params.model:q} --data {params.data:q} --classes {params.classes:q} "
        "--test-images {params.test_images} --extractors {params.extractors:q} --seed {params.seed} --out {output:q} "
        "2>&1 | tee {log:q}"


rule latents:
    input:
        rules.data.output,
        model=MODEL,
    output:
        f"{RESULTS}/latents/{{dataset}}.npz",
    log:
        f"{LOGS}/latents/{{dataset}}.log",
    benchmark:
        f"{BENCHMARKS}/latents/{{dataset}}.tsv"
    conda:
        ENVIRONMENT
    resources:
        **asked("latents"),
    params:
        model=subpath(input.model, parent=True),
        data=lambda wildcards, input: str(Path(input[0]).parent),
    shell:
        "python workflow_scripts/latents.py --model {params.model:q} --data {params.data:q} --out {output:q} 2>&1 | tee {log:q}"
