"""Whether a plug-in is whole, in words: its literals, its functions and their parameters, the schemas of its options.

A fine-tuning method is also tried on a small model: it has parameters to train, one step changes them, what was saved
comes back by `apply`, and Latent Drifting acts as on any model. Exits with status 1 where something is missing.
"""

from ldcore import plugins
from ldcore.commands._arguments import add_kind

EXAMPLE = """
python -m ldcore check metric kid
python -m ldcore check method custom_diffusion
"""


def add_arguments(parser) -> None:
    """See ldcore.commands."""
    add_kind(parser)
    parser.add_argument("name", metavar="NAME", help="of a file in the folder of its kind, or a dotted module")
    parser.add_argument(
        "--model",
        default=plugins.ROOT / "resources" / "embedded_model",
        metavar="DIR",
        help="on which a method is tried",
    )


def run(arguments) -> int:
    """See ldcore.commands."""
    from ldcore.commands._contract import faults
    from ldcore.commands._trial import trial

    kind, name = arguments.kind, arguments.name
    found, did = faults(kind, name), []
    if kind == "method" and not found and plugins.declared(kind, name).get("TRAINS") != {}:
        found, did = trial(name, arguments.model)
    for line in did:
        print(f"ok: {line}")
    for line in found:
        print(f"missing: {line}")
    print(f"The {kind} {name!r} {'is whole' if not found else 'is not whole yet'}.")
    return int(bool(found))
