"""Settings: TOML and environment read once, at the edge, into frozen values."""

from .load import find_config, load_config
from .values import Checks, Config, Phone, Profile

__all__ = ["Checks", "Config", "Phone", "Profile", "find_config", "load_config"]
