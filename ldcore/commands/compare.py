"""Two runs side by side: both values of every row, their difference, and whether their intervals overlap.

Prints Markdown. Rows are the same as `verify` has them. The difference is the second minus the first; intervals that
overlap do not show that two values are alike, those apart show that they are not.
"""

EXAMPLE = """
python -m ldcore sample --model resources/embedded_model --prompt "the sky" --count 8 --steps 2 --out made/a
python -m ldcore sample --model resources/embedded_model --prompt "the sea" --count 8 --steps 2 --out made/b
python -m ldcore distance made/a made/b --extractor pooled_pixels --groups 4 --csv made/one/distances.csv
python -m ldcore distance made/b made/a --extractor pooled_pixels --groups 4 --csv made/two/distances.csv
python -m ldcore compare made/one made/two
"""
NAMED = 6  # rows of one run alone that a note names; --csv has all


def add_arguments(parser) -> None:
    """See ldcore.commands."""
    parser.add_argument("first", metavar="RESULTS", help="a run, results/NAME, or a folder of csv tables")
    parser.add_argument("second", metavar="RESULTS", help="another")
    parser.add_argument("--csv", metavar="FILE", help="write the rows there, those of one run alone too")


def run(arguments) -> None:
    """See ldcore.commands."""
    from ldcore.report import comparison
    from ldcore.report.markup import markdown
    from ldcore.runtime.files import atomic

    rows = comparison.joined(arguments.first, arguments.second)
    notes = [f"First: {arguments.first}. Second: {arguments.second}."]
    for place, said in ((comparison.MISSING, "first"), (comparison.ADDITIONAL, "second")):
        alone = rows["row"][rows["in"] == place].tolist()
        if alone:
            first = "; ".join([*alone[:NAMED], *(["..."] if len(alone) > NAMED else [])])
            notes.append(f"In the {said} alone: {len(alone)} rows ({first}).")
    print(markdown(comparison.side_by_side(rows), notes).rstrip())
    if arguments.csv:
        places = {comparison.BOTH: "both", comparison.MISSING: "first", comparison.ADDITIONAL: "second"}
        rows = rows.assign(difference=rows["value_2"] - rows["value_1"], intervals=comparison.overlapping(rows))
        with atomic(arguments.csv) as temporary:
            rows.drop(columns="row").assign(**{"in": rows["in"].map(places)}).to_csv(temporary, index=False)
