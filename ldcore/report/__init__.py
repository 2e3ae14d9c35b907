"""Scores and samples to what people read: tables, figures, one page."""
