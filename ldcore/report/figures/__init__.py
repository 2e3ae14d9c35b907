"""Figures: pictures and curves of a run; a file a figure.

A figure is a plug-in (ldcore/plugins.py): a file in this folder, made whenever a config has what it shows, or any
module whose dotted name a config lists under `figures`. It declares, as plain literals,

    TITLE      what people call it, e.g. "Figure 2"
    CAPTION    one sentence: what to see
    NEEDS      what it is made from, out of "scores", "downstream", "samples", "data", "drifts", "edit_scores", "edits"
               and "reference"
    ASKED_BY   the part of a config that it is made for: "prompt_study", "sweep", "editing", "searches" (drifts that
               are searched), "tasks" (editing tasks that name it as their `figure`) or "" (made always, the default)

and has

    draw(results) -> matplotlib Figure   results: ldcore.report.results.Results

What a NEED lets it read:

    scores       results.scores(), results.sweep(dataset)
    downstream   results.downstream()
    samples      results.samples(checkpoint, drift), results.cell_samples(dataset, method, cell)
    data         results.records_and_images(dataset)
    drifts       results.drift(checkpoint, name)
    edit_scores  results.edit_rows(section, tasks)
    edits        results.edits(run, drift), and with data results.edited(task)
    reference    results.reference(dataset)

Written are NAME.png and NAME.pdf.
"""
