"""Numba kernels over numpy arrays; no frame, no file, no CRM."""
