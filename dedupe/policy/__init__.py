"""Policies: what a run that nobody watches may do, and how it does it."""
