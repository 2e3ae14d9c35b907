"""Whether a run's tables agree with published ones, row by row.

A row passes where the run's value lies inside the published 95 % interval; the run's own interval does not count, so
that a run with few images or seeds, whose intervals are wide, passes no more easily than one with many. Where nothing
has an interval, and at an interval's edges, the tolerance counts: --absolute + --relative x the published value's size
(KID of one run on two kinds of CPU differs by up to 0.004). A run with the seeds of the published one should pass
throughout; of one that was trained anew, a value in six may lie outside by chance.

Rows are the same where all columns agree but n, seeds, value, low, high, p, p_holm, verdict, paper_value, and `chosen`
and `older_code`, which follow from values. Measured times are left out. Exits with status 1 where a row fails.
"""

from ldcore.commands._arguments import number

EXAMPLE = """
python -m ldcore sample --model resources/embedded_model --prompt "the sky" --count 8 --steps 2 --out made/a
python -m ldcore sample --model resources/embedded_model --prompt "the sea" --count 8 --steps 2 --out made/b
python -m ldcore distance made/a made/b --extractor pooled_pixels --csv made/published/distances.csv
python -m ldcore distance made/a made/b --extractor pooled_pixels --csv made/mine/tables/distances.csv
python -m ldcore verify made/mine made/published
"""


def add_arguments(parser) -> None:
    """See ldcore.commands."""
    parser.add_argument("results", metavar="RESULTS", help="a run, results/NAME, or a folder of csv tables")
    parser.add_argument("reference", metavar="REFERENCE", help="the published tables, as such a folder")
    parser.add_argument("--relative", type=number(0), default=1e-2, metavar="X", help="of a published value's size")
    parser.add_argument("--absolute", type=number(0), default=4e-3, metavar="X", help="in the unit of a value")
    parser.add_argument("--all", action="store_true", help="published rows that the run does not have fail too")
    parser.add_argument("--csv", metavar="FILE", help="write the rows there, with `result`")


def run(arguments) -> int:
    """See ldcore.commands."""
    from ldcore.report import comparison
    from ldcore.report.markup import with_interval
    from ldcore.runtime.files import atomic

    rows = comparison.joined(arguments.reference, arguments.results)
    agrees = comparison.confirmed(rows, arguments.relative, arguments.absolute)
    results = {comparison.MISSING: "missing", comparison.ADDITIONAL: "additional"}
    rows["result"] = [results.get(place, "pass" if good else "fail") for place, good in zip(rows["in"], agrees)]
    sides = [rows.rename(columns={f"{name}_{side}": name for name in comparison.FOUND}) for side in (1, 2)]
    texts = [[with_interval(row) or "none" for row in side.itertuples()] for side in sides]
    said = {
        "fail": lambda row: f"{texts[1][row]}, published {texts[0][row]}",
        "missing": lambda row: f"published {texts[0][row]}",
        "additional": lambda row: texts[1][row],
    }
    for result in ("fail", "missing", "additional", "pass"):
        for row in [place for place, found in enumerate(rows["result"]) if found == result]:
            print(f"{result:<10} {rows['row'][row]}: {said.get(result, said['fail'])(row)}")
    counts = {name: int((rows["result"] == name).sum()) for name in ("pass", "fail", "missing", "additional")}
    print("\n" + ", ".join(f"{count} {name}" for name, count in counts.items()) + ".")
    both = rows[rows["in"] == comparison.BOTH]
    others = int((both["n_1"] != both["n_2"]).where(both[["n_1", "n_2"]].notna().all(axis=1), False).sum())
    if others:
        print(f"{others} of these rows are of another number of images (n) than published, which FID depends on.")
    if arguments.csv:
        published = {f"{name}_1": f"published_{name}" for name in comparison.FOUND}
        mine = {f"{name}_2": name for name in comparison.FOUND}
        with atomic(arguments.csv) as temporary:
            rows.drop(columns=["row", "in"]).rename(columns=published | mine).to_csv(temporary, index=False)
    return int(counts["fail"] > 0 or (arguments.all and counts["missing"] > 0))
