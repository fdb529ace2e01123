"""Settings: TOML and environment read once, at the edge, into frozen values."""

from .addresses import address_problem, complete_address, is_amocrm_host, is_loopback
from .auditing import MANUAL, Regulation
from .load import FILE_NAME, find_config, load_config
from .matching import AUTO_FLOOR, Matching
from .notices import ChatTarget, HookTarget, MailTarget, Target, secrets_of
from .places import Place, PlaceKind, read_place
from .planning import Planning, Survivorship
from .policies import Notify, Policy, Window, read_span
from .problems import folded_name, name_problem
from .retention import Retention
from .select import select_profile
from .values import CRMS, EXTRAS, Checks, Config, Phone, Profile

__all__ = [
    "AUTO_FLOOR",
    "CRMS",
    "EXTRAS",
    "FILE_NAME",
    "MANUAL",
    "ChatTarget",
    "Checks",
    "Config",
    "HookTarget",
    "MailTarget",
    "Matching",
    "Notify",
    "Phone",
    "Place",
    "PlaceKind",
    "Planning",
    "Policy",
    "Profile",
    "Regulation",
    "Retention",
    "Survivorship",
    "Target",
    "Window",
    "address_problem",
    "complete_address",
    "find_config",
    "folded_name",
    "is_amocrm_host",
    "is_loopback",
    "load_config",
    "name_problem",
    "read_place",
    "read_span",
    "secrets_of",
    "select_profile",
]
