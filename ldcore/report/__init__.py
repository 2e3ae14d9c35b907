"""Scores, samples and edits to what people read: tables, figures, one page.

A table is a file in tables/, a figure one in figures/; both draw from `Results` (results.py) alone.
"""
