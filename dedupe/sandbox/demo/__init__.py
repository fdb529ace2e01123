"""The demo account: a fictional account whose faults are known, and its export as CSV files."""

from .build import DemoAccount, build_demo
from .export import write_csv
from .life import ON_REQUEST
from .planted import Planted
from .sizes import Sizes, demo_size

__all__ = [
    "ON_REQUEST",
    "DemoAccount",
    "Planted",
    "Sizes",
    "build_demo",
    "demo_size",
    "write_csv",
]
