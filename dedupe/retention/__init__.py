"""How long files that hold people's data are kept, and how a person's data are removed."""
