rule generate:
    input:
        data=rules.data.output,
        drifts=rules.drifts.output,
        weights=weights_of,
        model=MODEL,
        features=weights_files(config["extractors"]),
    output:
        f"{RESULTS}/samples/{{dataset}}/{{method}}/{{training}}/{{prompt}}/{{run}}/index.json",
    log:
        f"{LOGS}/generate/{{dataset}}/{{method}}/{{training}}/{{prompt}}/{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/generate/{{dataset}}/{{method}}/{{training}}/{{prompt}}/{{run}}.tsv"
    conda:
        ENVIRONMENT
    resources:
        **asked("generate"),
    params:
        model=subpath(input.model, parent=True),
        weights=lambda wildcards, input: input.weights or "none",
        data=lambda wildcards, input: str(Path(input.data[0]).parent),
        anatomy=dataset_key("anatomy"),
        classes=lambda wildcards: as_json(config["datasets"][wildcards.dataset]["classes"]),
        test_images=dataset_key("test_images"),
        drifts=lambda wildcards, input: str(Path(input.drifts[0]).parent),
        counts=lambda wildcards: as_json(drifts_sampled(wildcards)),
        sampling=as_json(config["sampling"]),
        extractors=as_json(config["extractors"]),
        seed=config["seed"],
        out=subpath(output[0], parent=True),
    shell:
        "python workflow_scripts/generate.py --model {params.model:q} --method {wildcards.method} --weights {params.weights:q} "
        "--data {params.data:q} --anatomy {params.anatomy:q} --prompt {wildcards.prompt} --classes {params.classes:q} "
        "--test-images {params.test_images} --drifts {params.drifts:q} --counts {params.counts:q} --sampling {params.sampling:q} "
        "--extractors {params.extractors:q} --seed {params.seed} --out {params.out:q} 2>&1 | tee {log:q}"
