"""python -m ldcore COMMAND (ldcore/commands)."""

import os
import sys

from ldcore import commands
from ldcore.runtime.job_log import errors_for_people


def main(given: list[str] | None = None) -> int:
    """Run the command of a command line, by default this process's; returns the exit status."""
    arguments = commands.parsed(given)
    try:
        with errors_for_people():
            status = arguments.command.run(arguments) or 0
            sys.stdout.flush()
            return status
    except BrokenPipeError:  # what reads the output, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
