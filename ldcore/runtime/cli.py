"""What every workflow script shares: people's errors as one sentence, the CPU fixed for reproducibility."""

import argparse
import json

from ldcore.runtime.jobs import announced


def parser(description: str, **arguments) -> argparse.ArgumentParser:
    """An ArgumentParser with one required --NAME per keyword; the value is its type (json.loads for structures)."""
    made = argparse.ArgumentParser(description=description)
    for name, kind in arguments.items():
        made.add_argument("--" + name.replace("_", "-"), type=kind, required=True)
    return made


def structure(text: str):
    """A JSON argument."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from None


def run(function, arguments: argparse.ArgumentParser) -> None:
    """Call function(**parsed arguments) as one job of the workflow (ldcore.jobs.announced)."""
    parsed = vars(arguments.parse_args())
    with announced():
        function(**parsed)
