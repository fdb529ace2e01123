"""The command line as a process of its own, with the limit of requests out of the way."""

from __future__ import annotations

import cli.profiles
from cli.main import main

if __name__ == "__main__":
    cli.profiles.REQUESTS_PER_S = 100_000
    main()
