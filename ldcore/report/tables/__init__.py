"""Tables: numbers of a run in the long form and as people read them; a file a table.

A table is a plug-in (ldcore/plugins.py): a file in this folder, made whenever a config has what it shows, or any module
whose dotted name a config lists under `tables`. It declares, as plain literals,

    TITLE      what people call it, e.g. "Table 1"
    CAPTION    one sentence: what it shows
    NEEDS      what it is made from, out of "scores", "downstream" and "edit_scores"
    ASKED_BY   the part of a config that it is made for: "prompt_study", "sweep", "editing", "tasks" (the editing tasks
               that name it as their `table`) or "" (made always, the default)

and has

    FOOTNOTES                    sentences below the table
    rows(results) -> DataFrame   the long form, a row a value; results: ldcore.report.results.Results
    layout(rows) -> DataFrame    the same as lines of text, from those rows or from the csv file read back

What a NEED lets it read:

    scores       results.scores(), results.sweep(dataset)
    downstream   results.downstream()
    edit_scores  results.edit_rows(section, tasks)

The values that the paper prints are there without one: results.reported().

Written are NAME.csv (the long form), NAME.md and NAME.tex (the layout). In the long form `cell` is the label of the
grid's cell and `sampling_drift` the drift at sampling; `drift` is an older name of `cell`, kept for those who read it.
"""
