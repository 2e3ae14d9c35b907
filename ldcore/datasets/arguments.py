"""The arguments of `python -m ldcore.prepare`, apart from it so that a --help does not wait for pandas."""

import argparse
import json

from ldcore import plugins


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ldcore.prepare.main."""
    known = ", ".join(plugins.names("dataset adapter"))
    parser.add_argument("--adapter", required=True, help=f"{known}, or the dotted name of a module of your own")
    parser.add_argument("--source", help="the download folder; of the adapter folder: its option root")
    parser.add_argument("--out", required=True, help="the folder to write")
    parser.add_argument("--options", type=json_object, default={}, help="the adapter's options as JSON")
    parser.add_argument("--seed", type=int, default=0, help="assigns splits, draws scans")
    parser.add_argument("--workers", type=int, default=1, help="processes that read and preprocess")


def json_object(text: str) -> dict:
    """The options of a command line."""
    try:
        options = json.loads(text)
    except json.JSONDecodeError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from None
    if not isinstance(options, dict):
        raise argparse.ArgumentTypeError(f'{text} is no JSON object; give options by name, e.g. {{"image_size": 256}}')
    return options
