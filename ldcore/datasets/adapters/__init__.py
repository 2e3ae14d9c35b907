"""Data sets, a file an adapter. One more data set is one more file here, or any module given by its dotted name.

An adapter declares, as plain literals (ldcore.plugins),

    TITLE     what people call the data set
    OPTIONS   its options: name -> JSON Schema of the value, with a default and a description
    EXTENDS   modules whose OPTIONS it has too: ldcore.datasets.scans.build for every adapter of a download
    PATIENTS  False where no record has an age or a sex, so that no prompt may speak of them (left out: True)
    SIZED     False where nothing is compared with its images, which may then have any size (left out: True)
    SOURCE    the option that `python -m ldcore.prepare --source` sets (left out: "source")
    PARTS     the option that maps other adapters to options of theirs (`merged`)
    RESUMES   True where build takes two arguments more: a folder that keeps what is read until all is, and how many
              processes may read (`folder`)

and has either

    build(options, seed)     (records, images): the table of ldcore.datasets.records and uint8 [N, size, size]

and, where it can render a record of its own changed,

    counterfactual(record, options, seed, **changes)    uint8 [size, size] of the same subject and scan

or, where it reads a download folder,

    list_scans(options)         (scans, excluded), two tables made from folder and tables alone: no image is opened
    read_scan(scan, options)    uint8 [image_size, image_size] of one scan, a row of `scans` as a dict

`options` are complete and within their ranges, `seed` is a whole number. A row of scans has subject_id and path and
any of

    when       number or ISO date that orders a subject's sessions; WHEN_IS_TIME = False: though not in order of time
    age        years, nan where unknown
    sex        F, M or ""
    diagnosis, findings, site
    split      the data set's own, in every row or in none; it goes before fractions

and whatever else shall stay in the records. A row of excluded has path, subject_id and the reason why it is left out.
An error in read_scan leaves that scan out, the error's words being the reason; a UserError elsewhere ends the command:
its text is one sentence that says what a person has to mend. ldcore.datasets.tables reads tables,
ldcore.datasets.scans.listing matches their rows with images, and ldcore.datasets.scans.images reads images.
"""
