"""Cohorts, funnels, managers, call lists, and where duplicates come from."""
