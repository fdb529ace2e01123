"""Thirty nights of a policy: health by night, every mail, values lost, nights that got stuck.

    python bench/nights.py [--nights 30] [--persons 60] [--seed 0]

By day colleagues edit cards and an integration makes copies of them; by night the policy's process
meets outages, tokens that have ended (they live for a day), kills at a random write and clocks that
were set back. A night is stuck when it does nothing for a reason that its weather does not explain.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.soak.nights import Night, Season, forecast


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--persons", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    start, nights = time.perf_counter(), []
    with (
        tempfile.TemporaryDirectory(prefix="crmclean-nights-") as folder,
        Season(Path(folder) / "season", n_persons=options.persons, seed=options.seed) as season,
    ):
        print("night  exit  state      done  health  weather")
        for at, weather in enumerate(forecast(options.nights, options.seed)):
            season.day(weather)
            nights.append(season.night(at, weather))
            print(line(nights[-1]), *(f"       mail: {m}" for m in nights[-1].mails), sep="\n")
    stuck = [night for night in nights if is_stuck(night)]
    n_lost = sum(len(night.problems) for night in nights)
    print(
        f"\n{len(nights)} nights, {sum(len(night.mails) for night in nights)} mails, "
        f"{sum(night.n_done for night in nights)} groups done, {n_lost} values lost, "
        f"{len(stuck)} nights stuck, {time.perf_counter() - start:.0f} s"
    )
    for problem in (problem for night in nights for problem in night.problems):
        print(f"! {problem}")
    sys.exit(bool(stuck or n_lost))


def line(night: Night) -> str:
    health = f"{night.health:.1%}" if night.health is not None else "-"
    state = night.told.get("state", "-")
    return (
        f"{night.at:5}  {night.code:4}  {state:9}  {night.n_done:4}  {health:>6}  {night.weather}"
    )


def is_stuck(night: Night) -> bool:
    """Tell whether a fair night did not come to its end."""
    is_fair = str(night.weather) in ("-", "lost answers", "limit")
    return is_fair and night.code not in (0, 3)


if __name__ == "__main__":
    main()
