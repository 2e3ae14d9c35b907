DATASETS = config["grid"]["datasets"]
TABLES = ["table1", "table3"] if config.get("prompt_study") else ["table1"]
EDIT_TABLES = [*dict.fromkeys(task["table"] for task in TASKS.values()), "truth"] if TASKS else []
FIGURES = (["figure2", "figure3"] if config.get("sweep") else []) + ["figure4", "figure5", "gains"]
EDIT_FIGURES = [*dict.fromkeys(task["figure"] for task in TASKS.values()), "figure1", "tradeoff"] if TASKS else []
EDIT_SCORES = [STORE.edit_scores(task) for task in TASKS]


rule table:
    input:
        scores=[STORE.scores(dataset) for dataset in DATASETS],
        downstream=[STORE.downstream(dataset) for dataset in DATASETS],
        reported="resources/reported_values.csv",
    output:
        [STORE.table("{table}", suffix) for suffix in ("csv", "md", "tex")],
    log:
        STORE.log("{table}"),
    benchmark:
        STORE.benchmark("{table}")
    wildcard_constraints:
        table="table1|table3",
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        **asked("table"),
    params:
        depends=depends("grid", "prompt_study", "sweep", "datasets"),
    shell:
        "python workflow_scripts/tables.py --config {CONFIG:q} --table {wildcards.table} 2>&1 | tee {log:q}"


rule figure:
    input:
        scores=[STORE.scores(dataset) for dataset in DATASETS],
        samples=[path for dataset in DATASETS for path in samples_of(dataset)],
        data=[STORE.data(dataset) / "records.csv" for dataset in DATASETS],
    output:
        [STORE.figure("{figure}", suffix) for suffix in ("png", "pdf")],
    log:
        STORE.log("{figure}"),
    benchmark:
        STORE.benchmark("{figure}")
    wildcard_constraints:
        figure="figure[2-5]|gains",
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        **asked("figure"),
    params:
        depends=depends("grid", "prompt_study", "sweep", "datasets"),
    shell:
        "python workflow_scripts/figures.py --config {CONFIG:q} --figure {wildcards.figure} 2>&1 | tee {log:q}"


if TASKS:

    # Small jobs, so one for all tables and one for all figures: starting Python would take longer than drawing.
    rule edit_tables:
        input:
            scores=EDIT_SCORES,
            reported="resources/reported_values.csv",
        output:
            [STORE.table(table, suffix) for table in EDIT_TABLES for suffix in ("csv", "md", "tex")],
        log:
            STORE.log("edit_tables"),
        benchmark:
            STORE.benchmark("edit_tables")
        localrule: True
        conda:
            ENVIRONMENT
        resources:
            **asked("edit_tables"),
        params:
            tables=EDIT_TABLES,
            depends=depends("grid", "editing", "datasets"),
        shell:
            "python workflow_scripts/edit_tables.py --config {CONFIG:q} --tables {params.tables:q} 2>&1 | tee {log:q}"

    rule edit_figures:
        input:
            scores=EDIT_SCORES,
            edits=[path for task in TASKS for path in edits_of(task)],
            data=[STORE.data(dataset) / "records.csv" for dataset in sorted({dataset_of(task) for task in TASKS})],
        output:
            [STORE.figure(figure, suffix) for figure in EDIT_FIGURES for suffix in ("png", "pdf")],
        log:
            STORE.log("edit_figures"),
        benchmark:
            STORE.benchmark("edit_figures")
        localrule: True
        conda:
            ENVIRONMENT
        resources:
            **asked("edit_figures"),
        params:
            figures=EDIT_FIGURES,
            depends=depends("seed", "grid", "editing", "datasets"),
        shell:
            "python workflow_scripts/edit_figures.py --config {CONFIG:q} --figures {params.figures:q} 2>&1 | tee {log:q}"


rule page:
    input:
        tables=[STORE.table(table) for table in TABLES + EDIT_TABLES],
        figures=[STORE.figure(figure) for figure in FIGURES + EDIT_FIGURES],
    output:
        STORE.page,
    log:
        STORE.log("page"),
    benchmark:
        STORE.benchmark("page")
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        **asked("page"),
    params:
        tables=TABLES + EDIT_TABLES,
        figures=FIGURES + EDIT_FIGURES,
        depends=as_json(config),
    shell:
        "python workflow_scripts/page.py --config {CONFIG:q} --tables {params.tables:q} --figures {params.figures:q} "
        "2>&1 | tee {log:q}"
