"""What the paper claims, a file a claim: the rows of tables/claims.csv, each with a verdict by its interval.

A claim is a plug-in (ldcore/plugins.py): a file in this folder, or any module whose dotted name a config lists under
`claims`. It declares, as plain literals,

    TITLE      the claim in a few words, e.g. "FID falls"
    PAPER      what the paper says, and where
    NEEDS      what it is measured from, as a table or figure declares it, and "reference" (results.reference(dataset))
    ASKED_BY   the part of a config that it is measured in: "prompt_study", "sweep", "editing" or "" (default: always)

and has

    rows(results) -> list of dicts    results: ldcore.report.results.Results

A row is one number that the claim says something about. It has `dataset`, `method`, `statistic` (what the number is, in
words), `value`, `low`, `high` (a 95 % interval; nan where there is none) and what the claim says of it: `above` a
number, or `below` one, or both (from `above` to `below`, ends included). It may have `paper_value` (the same in the
paper), `cell` (its label, where it is not the headline's), `extractor`, `n` (images), `seeds` (groups that the interval
is over: sampling seeds, training runs or subjects) and `p` (of a comparison with 0). The verdict is not the
claim's to give (ldcore.report.verdicts).

Measured is the grid's `headline` cell against its `reference` cell; the config's `grid.judged` has others judged as if
they were the headline. What a config does not have gets no row: a claim is never supported by default.
"""
