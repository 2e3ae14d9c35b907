"""Data sets, a file an adapter (contract: ldcore.datasets)."""
