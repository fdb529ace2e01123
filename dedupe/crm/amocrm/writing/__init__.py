"""Writing to amoCRM: fresh cards, requests, answers, and whether an effect is there."""

from .settings import fetch_fields
from .sink import AmoSink

__all__ = ["AmoSink", "fetch_fields"]
