SCORES = expand(RESULTS + "/scores/{dataset}.json", dataset=config["grid"]["datasets"])
FIRST = config["grid"]["datasets"][0]


rule table1:
    input:
        scores=SCORES,
        reported="resources/reported_values.csv",
    output:
        multiext(RESULTS + "/tables/table1", ".csv", ".md", ".tex"),
    log:
        LOGS + "/table1.log",
    params:
        scores=as_json(SCORES),
        config=as_json({"grid": config["grid"], "datasets": config["datasets"]}),
        stem=RESULTS + "/tables/table1",
    conda:
        ENVIRONMENT
    shell:
        PYTHON + "tables.py --scores {params.scores:q} --reported {input.reported:q} --config {params.config:q} "
        "--stem {params.stem:q} 2>&1 | tee {log:q}"


rule figure3:
    input:
        scores=f"{RESULTS}/scores/{FIRST}.json",
    output:
        multiext(RESULTS + "/figures/figure3", ".png", ".pdf"),
    log:
        LOGS + "/figure3.log",
    params:
        samples=f"{RESULTS}/samples/{FIRST}",
        sweep=as_json(config.get("sweep")),
        stem=RESULTS + "/figures/figure3",
    conda:
        ENVIRONMENT
    shell:
        PYTHON + "figure3.py --samples {params.samples:q} --scores {input.scores:q} --sweep {params.sweep:q} "
        "--stem {params.stem:q} 2>&1 | tee {log:q}"


rule figure5:
    input:
        samples=samples_of(FIRST),
        data=f"{RESULTS}/data/{FIRST}/records.csv",
    output:
        multiext(RESULTS + "/figures/figure5", ".png", ".pdf"),
    log:
        LOGS + "/figure5.log",
    params:
        samples=f"{RESULTS}/samples/{FIRST}",
        data=subpath(input.data, parent=True),
        grid=as_json(config["grid"]),
        stem=RESULTS + "/figures/figure5",
    conda:
        ENVIRONMENT
    shell:
        PYTHON + "figure5.py --samples {params.samples:q} --data {params.data:q} --grid {params.grid:q} "
        "--stem {params.stem:q} 2>&1 | tee {log:q}"


rule page:
    input:
        table=RESULTS + "/tables/table1.csv",
        figures=expand(RESULTS + "/figures/{figure}.png", figure=FIGURES),
    output:
        RESULTS + "/report/index.html",
    log:
        LOGS + "/page.log",
    params:
        figures=lambda wildcards, input: as_json(list(input.figures)),
        config=as_json(config),
    conda:
        ENVIRONMENT
    shell:
        PYTHON + "page.py --table {input.table:q} --figures {params.figures:q} --config {params.config:q} "
        "--out {output:q} 2>&1 | tee {log:q}"
