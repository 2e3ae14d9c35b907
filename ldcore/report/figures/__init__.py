"""Figures: pictures and curves of a run; a file a figure.

A figure is a plug-in (ldcore/plugins.py): a file in this folder, made whenever a config has what it shows, or any
module whose dotted name a config lists under `figures`. It declares, as plain literals,

    TITLE      what people call it, e.g. "Figure 2"
    CAPTION    one sentence: what to see
    NEEDS      what it is made from, out of "scores", "downstream", "samples", "data", "edit_scores" and "edits"
    ASKED_BY   the part of a config that it is made for: "prompt_study", "sweep", "editing", "tasks" (the editing tasks
               that name it as their `figure`) or "" (made always, the default)

and has

    draw(results) -> matplotlib Figure   results: ldcore.report.results.Results

Written are NAME.png and NAME.pdf.
"""
