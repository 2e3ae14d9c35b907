rule data:
    input:
        table_of,
    output:
        records=STORE.data("{dataset}") / "records.csv",
        images=STORE.data("{dataset}") / "images.npy",
        excluded=STORE.data("{dataset}") / "excluded.csv",
        splits=STORE.data("{dataset}") / "splits.csv",
    log:
        STORE.log("data", "{dataset}"),
    benchmark:
        STORE.benchmark("data", "{dataset}")
    conda:
        ENVIRONMENT
    threads: ldresources.resources(config, ["data"])["threads"]
    resources:
        **asked("data"),
    params:
        config=CONFIG,
        depends=lambda wildcards: as_json(
            [
                config["seed"],
                *(config["datasets"][wildcards.dataset][key] for key in ("adapter", "options")),
                CONTENTS.get(f"datasets.{wildcards.dataset}"),
            ]
        ),
        # other phantoms, other everything
        code=lambda wildcards: (
            PHANTOM_CODE if config["datasets"][wildcards.dataset]["adapter"].endswith("phantom") else ""
        ),
    shell:
        "python workflow_scripts/data.py --config {params.config:q} "
        "--dataset {wildcards.dataset:q} --workers {threads} "
        "2>&1 | tee {log:q}"


rule reference:
    input:
        data=data_of("{dataset}"),
        model=MODEL,
        features=weights_files(config["extractors"]),
    output:
        STORE.reference("{dataset}"),
    log:
        STORE.log("reference", "{dataset}"),
    benchmark:
        STORE.benchmark("reference", "{dataset}")
    conda:
        ENVIRONMENT
    resources:
        **asked("reference"),
    params:
        config=CONFIG,
        depends=lambda wildcards: depends("seed", "model", "extractors")
        + as_json([config["datasets"][wildcards.dataset][key] for key in ("classes", "test_images")])
        + as_json([config["sampling"][key] for key in ("seeds", "images_per_seed")]),
    shell:
        "python workflow_scripts/reference.py --config {params.config:q} "
        "--dataset {wildcards.dataset:q} 2>&1 | tee {log:q}"


rule latents:
    input:
        data=data_of("{dataset}"),
        model=MODEL,
    output:
        STORE.latents("{dataset}"),
    log:
        STORE.log("latents", "{dataset}"),
    benchmark:
        STORE.benchmark("latents", "{dataset}")
    conda:
        ENVIRONMENT
    resources:
        **asked("latents"),
    params:
        config=CONFIG,
        depends=depends("model"),
    shell:
        "python workflow_scripts/latents.py --config {params.config:q} "
        "--dataset {wildcards.dataset:q} 2>&1 | tee {log:q}"
