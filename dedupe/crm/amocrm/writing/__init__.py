"""Writing to amoCRM: fresh cards, requests, answers, and whether an effect is there."""

from .sink import AmoSink

__all__ = ["AmoSink"]
