"""The front door, `python -m ldcore COMMAND`: one thing by hand, without Snakemake.

A file a command, found by being there. Its docstring is its help, whose first line stands in the list of commands. It
has

    EXAMPLE                  lines to type in the repository, as they are; what they need they make themselves
    add_arguments(parser)    its arguments, for argparse
    run(arguments)           its work; returns the exit status, or None for 0

and may have

    PASSES_ON                True: arguments that it does not know reach it as `arguments.rest`

Files whose names begin with an underscore are helpers. Whatever is heavy is imported within `run`, so that every --help
is there at once.
"""

import argparse
import importlib
import pkgutil


class Help(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """A text as it stands, and behind every option its default, where it has one."""

    def _get_help_string(self, action):
        if action.required and action.option_strings:
            return f"{action.help} (required)"
        said = action.default or (action.default == 0 and action.default is not False)
        return super()._get_help_string(action) if said else action.help


def names() -> list[str]:
    """All commands."""
    modules = [module for module in pkgutil.iter_modules(__path__) if not module.ispkg]
    return sorted(module.name for module in modules if not module.name.startswith("_"))


def parser() -> argparse.ArgumentParser:
    """The arguments of all commands; those given have `command`, its module."""
    whole = argparse.ArgumentParser(
        prog="python -m ldcore",
        description="Latent Drifting, one thing by hand. `python -m ldcore COMMAND --help` has options and an example.",
    )
    parts = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in names():
        command = importlib.import_module(f"{__name__}.{name}")
        example = "\n".join(f"    {line}" for line in command.EXAMPLE.strip().splitlines())
        part = parts.add_parser(
            name,
            help=command.__doc__.splitlines()[0],
            description=command.__doc__,
            epilog=f"example, to be typed in the repository as it is:\n\n{example}\n",
            formatter_class=Help,
        )
        command.add_arguments(part)
        part.set_defaults(command=command)
    return whole


def parsed(given: list[str] | None = None) -> argparse.Namespace:
    """The arguments of a command line, by default this process's. Exits with status 2 where they do not fit."""
    whole = parser()
    arguments, arguments.rest = whole.parse_known_args(given)
    if arguments.rest and not getattr(arguments.command, "PASSES_ON", False):
        whole.error(f"unrecognized arguments: {' '.join(arguments.rest)}")
    return arguments
