"""Settings: TOML and environment read once, at the edge, into frozen values."""
