# Which tables and figures there are follows from the config and what their files declare (ldcore/plan/reporting.py).
TABLES = reporting.tables(config)
FIGURES = reporting.figures(config)
SHOWN = {"table": TABLES, "figure": FIGURES}
# All that a table or figure may show: one from outside may read any of it.
WHOLE = depends(*sorted(config.keys() - {"resources", "scratch", "keep_weights", "weights_cache", "rules"}))


rule table:
    input:
        lambda wildcards: needed("table", wildcards.table),
        reported=["resources/reported_values.csv", "resources/official_page.csv"],
    output:
        csv=report(
            STORE.table("{table}", "csv"),
            caption="caption.rst",
            category="Tables",
            labels=lambda wildcards: {"table": plugins.title("table", wildcards.table), "form": "long"},
        ),
        md=report(
            STORE.table("{table}", "md"),
            caption="caption.rst",
            category="Tables",
            labels=lambda wildcards: {"table": plugins.title("table", wildcards.table), "form": "as in the paper"},
        ),
        tex=STORE.table("{table}", "tex"),
    log:
        STORE.log("table", "{table}"),
    benchmark:
        STORE.benchmark("table", "{table}")
    wildcard_constraints:
        table="|".join(map(re.escape, TABLES)),
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        **asked("table"),
    params:
        config=CONFIG,
        depends=WHOLE,
        code=LIBRARY,
        caption=lambda wildcards: plugins.declared("table", wildcards.table)["CAPTION"],
    shell:
        "python workflow_scripts/table.py --config {params.config:q} --name {wildcards.table:q} 2>&1 | tee {log:q}"


rule figure:
    input:
        lambda wildcards: needed("figure", wildcards.figure),
    output:
        png=report(
            STORE.figure("{figure}", "png"),
            caption="caption.rst",
            category="Figures",
            labels=lambda wildcards: {"figure": plugins.title("figure", wildcards.figure)},
        ),
        pdf=STORE.figure("{figure}", "pdf"),
    log:
        STORE.log("figure", "{figure}"),
    benchmark:
        STORE.benchmark("figure", "{figure}")
    wildcard_constraints:
        figure="|".join(map(re.escape, FIGURES)),
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        **asked("figure"),
    params:
        config=CONFIG,
        depends=WHOLE,
        code=LIBRARY,
        caption=lambda wildcards: plugins.declared("figure", wildcards.figure)["CAPTION"],
    shell:
        "python workflow_scripts/figure.py --config {params.config:q} --name {wildcards.figure:q} 2>&1 | tee {log:q}"


rule page:
    input:
        tables=[STORE.table(table) for table in TABLES],
        figures=[STORE.figure(figure) for figure in FIGURES],
        behind=lambda wildcards: sorted(
            {str(path) for kind, names in SHOWN.items() for name in names for path in needed(kind, name)}
        ),
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
        config=CONFIG,
        depends=as_json(config),
        code=LIBRARY,
    shell:
        "python workflow_scripts/page.py --config {params.config:q} 2>&1 | tee {log:q}"
