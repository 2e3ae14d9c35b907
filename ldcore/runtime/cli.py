"""What every command of the workflow shares: its arguments, and errors for people as one sentence."""

import argparse

from ldcore.runtime import code
from ldcore.runtime.errors import UserError
from ldcore.runtime.job_log import as_job


def parser(description: str, **arguments) -> argparse.ArgumentParser:
    """An ArgumentParser with one required --NAME for each keyword, whose value is the argument's type."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, kind in arguments.items():
        parser.add_argument("--" + name.replace("_", "-"), type=kind, required=True)
    return parser


def run(function, parser: argparse.ArgumentParser) -> None:
    """Call function(**arguments of the command line) as one job of the workflow (ldcore.runtime.job_log.as_job).

    A missing file that the function reads ends it with one sentence too: by hand, paths are mistyped.
    """
    arguments = vars(parser.parse_args())
    code.loaded()  # as it is now, whatever is edited while the job runs
    with as_job():
        try:
            function(**arguments)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            named = f"{error.filename}: {error.strerror}" if error.filename else str(error)
            raise UserError(f"{named}; give a path that is there, or make first what this command reads.") from error
