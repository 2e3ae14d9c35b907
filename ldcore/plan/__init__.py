"""Looks at a config before anything runs: is it right, what is missing, what will it cost."""
