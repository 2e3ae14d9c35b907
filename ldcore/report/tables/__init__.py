"""Tables: numbers of a run in the long form and as people read them; a file a table.

A table is a plug-in (ldcore/plugins.py): a file in this folder, made whenever a config has what it shows, or any module
whose dotted name a config lists under `tables`. It declares, as plain literals,

    TITLE      what people call it, e.g. "Table 1"
    CAPTION    one sentence: what it shows
    NEEDS      what it is made from, out of "scores", "downstream", "samples", "data", "drifts", "edit_scores", "edits",
               "reference" and "claims" (what all claims of the config need)
    ASKED_BY   the part of a config that it is made for: "prompt_study", "sweep", "editing", "searches" (drifts that
               are searched), "tasks" (the editing tasks that name it as their `table`) or "" (made always, the default)

and has

    FOOTNOTES                    sentences below the table
    rows(results) -> DataFrame   the long form, a row a value; results: ldcore.report.results.Results
    layout(rows) -> DataFrame    the same as lines of text, from those rows or from the csv file read back

What a NEED lets it read:

    scores       results.scores(), results.sweep(dataset)
    downstream   results.downstream()
    drifts       results.drift(checkpoint, name)
    edit_scores  results.edit_rows(section, tasks)
    reference    results.reference(dataset)
    and samples, data and edits as the contract of figures says (ldcore/report/figures)

The values that the paper prints are there without one, results.reported(), and those of its page, results.official().

Written are NAME.csv (the long form), NAME.md and NAME.tex (the layout).

Columns of the long form of the tables here, in which a value has a row:

    dataset, method, prompt        what was measured; method real and reconstruction: the floors, source and exact: no
                                   edit and the true one
    task, split, amount, chosen    of edits: the config's task; whose images, at which lambda, and whether val chose it
    base, edit, output, gap        of edits: the weights edited with, the edit's name, decoded or changed image, years
    cell                           label of the cell (config grid.cells): which training, which drift at sampling
    training, sampling_drift       those two, by their names in the config
    drift                          the same as cell; its first name, which is kept
    metric, extractor              what measured it; extractor: of features, a classifier, a perceptual distance
    n, seeds                       images, and sampling seeds or training runs that they come from
    value, low, high               the value and its 95 % interval
    paper_value                    what the paper prints for it, where it prints something
    p, p_holm                      of a comparison (a gain): the p-value of its being 0, and the same after Holm's
                                   correction over all comparisons of the table (report.markup.with_holm)
"""
