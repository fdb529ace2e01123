"""Reading a whole account, or what changed of it: fast, whole, and going on after a kill."""

from .choice import Choice, Mode
from .lock import pull_lock
from .run import Pulled, PullOptions, pull
from .walk import Getter

__all__ = ["Choice", "Getter", "Mode", "PullOptions", "Pulled", "pull", "pull_lock"]
