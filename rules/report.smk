DATASETS = config["grid"]["datasets"]
SCORES = expand(f"{RESULTS}/scores/{{dataset}}.json", dataset=DATASETS)
AUCS = expand(f"{RESULTS}/downstream/{{dataset}}.json", dataset=DATASETS)
LAYOUT = as_json({key: config.get(key) for key in ("grid", "prompt_study", "sweep", "datasets")})


rule table:
    input:
        scores=SCORES,
        downstream=AUCS,
        reported="resources/reported_values.csv",
    output:
        multiext(f"{RESULTS}/tables/{{table}}", ".csv", ".md", ".tex"),
    log:
        f"{LOGS}/{{table}}.log",
    benchmark:
        f"{BENCHMARKS}/{{table}}.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        **asked("table"),
    params:
        scores=lambda wildcards, input: as_json(list(input.scores)),
        downstream=lambda wildcards, input: as_json(list(input.downstream)),
        config=LAYOUT,
        stem=subpath(output[0], strip_suffix=".csv"),
    shell:
        "python workflow_scripts/tables.py --table {wildcards.table} --scores {params.scores:q} --downstream {params.downstream:q} "
        "--reported {input.reported:q} --config {params.config:q} --stem {params.stem:q} 2>&1 | tee {log:q}"


rule figure:
    input:
        scores=SCORES,
        samples=[path for dataset in DATASETS for path in samples_of(dataset)],
        data=expand(f"{RESULTS}/data/{{dataset}}/records.csv", dataset=DATASETS),
    output:
        multiext(f"{RESULTS}/figures/{{figure}}", ".png", ".pdf"),
    log:
        f"{LOGS}/{{figure}}.log",
    benchmark:
        f"{BENCHMARKS}/{{figure}}.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        **asked("figure"),
    params:
        config=LAYOUT,
        results=lambda wildcards, input: str(Path(input.scores[0]).parents[1]),
        stem=subpath(output[0], strip_suffix=".png"),
    shell:
        "python workflow_scripts/figures.py --figure {wildcards.figure} --config {params.config:q} --results {params.results:q} "
        "--stem {params.stem:q} 2>&1 | tee {log:q}"


rule page:
    input:
        tables=expand(f"{RESULTS}/tables/{{table}}.csv", table=TABLES + EDIT_TABLES),
        figures=expand(f"{RESULTS}/figures/{{figure}}.png", figure=FIGURES + EDIT_FIGURES),
    output:
        f"{RESULTS}/report/index.html",
    log:
        f"{LOGS}/page.log",
    benchmark:
        f"{BENCHMARKS}/page.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        **asked("page"),
    params:
        tables=lambda wildcards, input: as_json(list(input.tables)),
        figures=lambda wildcards, input: as_json(list(input.figures)),
        config=as_json(config),
    shell:
        "python workflow_scripts/page.py --tables {params.tables:q} --figures {params.figures:q} --config {params.config:q} "
        "--out {output:q} 2>&1 | tee {log:q}"
