"""Checks and metrics: one registry, one function per check, frames in and out."""
