"""The exception for mistakes a person can mend.

Its text is one sentence that names the key, file or row and the remedy.
"""


class UserError(Exception):
    """Raised for bad config, bad data and missing files; scripts print its text and exit with status 1."""
