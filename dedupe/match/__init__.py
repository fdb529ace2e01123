"""Records that are the same real thing: groups, and later pairs and clusters."""
