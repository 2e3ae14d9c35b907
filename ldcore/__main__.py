"""python -m ldcore COMMAND (ldcore/commands)."""

import sys

from ldcore import commands
from ldcore.runtime.job_log import errors_for_people


def main(given: list[str] | None = None) -> int:
    """Run the command of a command line, by default this process's; returns the exit status."""
    arguments = commands.parsed(given)
    try:
        with errors_for_people():
            return arguments.command.run(arguments) or 0
    except KeyboardInterrupt:
        sys.exit("error: stopped by you.")


if __name__ == "__main__":
    sys.exit(main())
