"""What every workflow script shares: people's errors as one sentence, the CPU fixed for reproducibility."""

import argparse
import json
import sys

from ldcore.errors import UserError


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
    """Call function(**parsed arguments); a UserError becomes one line on stderr and exit status 1."""
    try:
        function(**vars(arguments.parse_args()))
    except UserError as error:
        sys.exit(f"error: {error}")
