"""How a benchmark gives its table."""

from ldcore.runtime.files import atomic


def publish(lines: list[str], out) -> None:
    """Print the lines; write them to the file `out` too, if given."""
    print("\n".join(lines))
    if out:
        with atomic(out) as temporary:
            temporary.write_text("\n".join(lines) + "\n")
