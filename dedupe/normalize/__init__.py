"""Phones, e-mails and names: what people typed, as values that compare."""
