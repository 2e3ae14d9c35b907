"""What of a config a page may show that is handed on: neither the salt of pseudonyms nor where files lie."""

from pathlib import Path

HIDDEN = "(not shown)"


def shareable(value, key: str = ""):
    """The value without salts; of a path of this machine its last part alone."""
    if isinstance(value, dict):
        return {name: shareable(entry, name) for name, entry in value.items()}
    if isinstance(value, list):
        return [shareable(entry, key) for entry in value]
    if key == "salt" and value:
        return HIDDEN
    if isinstance(value, str) and value.startswith(("/", "~", "$")):
        return f".../{Path(value).name}"
    return value
