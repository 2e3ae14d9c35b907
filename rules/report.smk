SCORES = expand(f"{RESULTS}/scores/{{dataset}}.json", dataset=config["grid"]["datasets"])
FIRST = config["grid"]["datasets"][0]


rule table1:
    input:
        scores=SCORES,
        reported="resources/reported_values.csv",
    output:
        multiext(f"{RESULTS}/tables/table1", ".csv", ".md", ".tex"),
    log:
        f"{LOGS}/table1.log",
    conda:
        ENVIRONMENT
    params:
        scores=lambda wildcards, input: as_json(list(input.scores)),
        config=as_json({"grid": config["grid"], "datasets": config["datasets"]}),
        stem=subpath(output[0], strip_suffix=".csv"),
    shell:
        "python workflow_scripts/tables.py --scores {params.scores:q} --reported {input.reported:q} --config {params.config:q} "
        "--stem {params.stem:q} 2>&1 | tee {log:q}"


rule figure3:
    input:
        scores=f"{RESULTS}/scores/{FIRST}.json",
        samples=samples_of(FIRST),
    output:
        multiext(f"{RESULTS}/figures/figure3", ".png", ".pdf"),
    log:
        f"{LOGS}/figure3.log",
    conda:
        ENVIRONMENT
    params:
        samples=lambda wildcards, input: str(Path(input.samples[0]).parents[3]),
        sweep=as_json(config.get("sweep")),
        stem=subpath(output[0], strip_suffix=".png"),
    shell:
        "python workflow_scripts/figure3.py --samples {params.samples:q} --scores {input.scores:q} --sweep {params.sweep:q} "
        "--stem {params.stem:q} 2>&1 | tee {log:q}"


rule figure5:
    input:
        samples=samples_of(FIRST),
        data=f"{RESULTS}/data/{FIRST}/records.csv",
    output:
        multiext(f"{RESULTS}/figures/figure5", ".png", ".pdf"),
    log:
        f"{LOGS}/figure5.log",
    conda:
        ENVIRONMENT
    params:
        samples=lambda wildcards, input: str(Path(input.samples[0]).parents[3]),
        data=subpath(input.data, parent=True),
        grid=as_json(config["grid"]),
        stem=subpath(output[0], strip_suffix=".png"),
    shell:
        "python workflow_scripts/figure5.py --samples {params.samples:q} --data {params.data:q} --grid {params.grid:q} "
        "--stem {params.stem:q} 2>&1 | tee {log:q}"


rule page:
    input:
        table=f"{RESULTS}/tables/table1.csv",
        figures=expand(f"{RESULTS}/figures/{{figure}}.png", figure=FIGURES),
    output:
        f"{RESULTS}/report/index.html",
    log:
        f"{LOGS}/page.log",
    conda:
        ENVIRONMENT
    params:
        figures=lambda wildcards, input: as_json(list(input.figures)),
        config=as_json(config),
    shell:
        "python workflow_scripts/page.py --table {input.table:q} --figures {params.figures:q} --config {params.config:q} "
        "--out {output:q} 2>&1 | tee {log:q}"
