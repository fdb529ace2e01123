"""Carrying a plan out: the journal, the executor, resume, undo, verify and the rehearsal."""
