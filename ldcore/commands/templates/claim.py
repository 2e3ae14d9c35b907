"""TEMPLATE: say here how the claim is measured."""

TITLE = "TEMPLATE"
PAPER = "What the paper says, and where."
NEEDS = ("scores",)


def rows(results) -> list[dict]:
    """A row a number, with what the claim says of it: `above` or `below`. results: ldcore.report.results.Results."""
    headline = {"metric": "kid", "drift": results.config["grid"]["headline"]}
    kids = [row for row in results.scores() if headline.items() <= row.items()]
    return [{**row, "statistic": "KID with LD", "below": 1.0} for row in kids]
