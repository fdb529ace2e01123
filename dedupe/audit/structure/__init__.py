"""Fields, tags, pipelines, sources, loss reasons, and the account's own regulation."""
