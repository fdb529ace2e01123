"""Which page of one list to ask for next, so that no record is missed while people work on.

A CRM numbers its pages by rank: when a record is deleted, all after it move up by
one, and a reader who goes from page 1 onward never sees the one that moves from the page he is
about to ask for to the page he has just read. So a list in the order of ids is read
from its end to its beginning. Why the result is whole:

* A deletion moves records towards page 1: to pages that are still to be read. Such a record
  is seen twice at most, never missed; the merge of the pages drops the repeat.
* A new record has the highest id and comes after the end: nothing moves. It is younger
  than the read, and the next pull finds it by its time.
* A change does not move a record in the order of ids.
* A record that is taken back out of the bin moves others away from page 1. Nothing in the pages
  shows that, so the pull asks the events for it and reads the list again (`dedupe.crm.pull.full`).

Several requests are kept in flight by several readers of one list, each going down its own
part. Between two parts a record may slip, from the bottom of the upper part to the top of the
lower one, which was read first. So a reader does not stop at the bottom of its part: it goes on
down until it meets an id that the lower reader saw on its first page (its `floor`). That is one
page more per part, whatever was deleted meanwhile.

Where the end is, the CRM does not tell: it is felt for, from a hint (the last snapshot's size)
or by steps of 4, then by halves; each page that is met on the way is the first of a part, so only
the empty ones are asked for in vain. A list without that order (settings, newest first) is
read by one reader from page 1 on: a new record at its front moves others towards pages to come.
A server that takes no notice of the order is found out by the first page whose ids do not ascend:
its list is read from page 1 on, until two times in a row gave the same records (`full`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from dedupe.errors import RemoteError
from dedupe.language import N_

STRIDE = 4  # of feeling for the end: 5 empty pages asked for in 600, fewer with a hint
LEAST_SPLIT = 10  # pages; a smaller part is not worth the page that a border costs
MOST_PAGES = 1_000_000  # 250 million records: more is an answer that never ends


@dataclass(frozen=True, slots=True)
class Ask:
    """A page to ask for. `at` is how many pages had been answered when it was asked."""

    page: int
    at: int
    reader: int = -1  # -1: it feels for the end


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What the paging must know of a page that was read: `low` and `high` are its ids."""

    page: int
    at: int
    n: int
    low: int = 0
    high: int = 0
    is_last: bool = False  # the CRM says that no page follows


@dataclass(slots=True)
class _Reader:
    """Reads `page`, then downwards until it meets an id that is not above the floor."""

    page: int
    bottom: int  # the page below is another reader's first; 0 for none
    floor: int | None  # the highest id of that page; None until it has been read
    is_busy: bool = False

    @property
    def n_left(self) -> int:
        return self.page - self.bottom

    @property
    def is_ready(self) -> bool:
        return not self.is_busy and (self.n_left > 0 or self.floor is not None)


@dataclass(slots=True)
class Paging:
    """The reading of one list, page by page; knows no HTTP. `ask`, `answer`, until `is_done`."""

    name: str
    by_id: bool = True
    hint: int = 0  # how many pages there may be
    reads: list[Read] = field(default_factory=list)
    _readers: dict[int, _Reader] = field(default_factory=dict)
    _n_readers: int = 0
    _top: int = 0  # the highest page that has been met
    _end: int | None = None  # a page that is not there, the lowest known
    _n_missed: int = 0  # how many pages were asked for in vain
    _floors: dict[int, int] = field(default_factory=dict)  # highest id of a page's first read
    _is_probing: bool = False

    @classmethod
    def resume(
        cls, name: str, reads: Iterable[Read], *, by_id: bool = True, hint: int = 0
    ) -> Paging:
        """Continue from what a killed pull had read: `reads` in the order of their answers."""
        paging = cls(name=name, by_id=by_id, hint=hint, reads=list(reads))
        paging._take_up()
        return paging

    @property
    def top(self) -> int:
        """Return the highest page that has been met, 0 for none."""
        return self._top

    @property
    def is_done(self) -> bool:
        """Tell whether nothing is left to ask for or to wait for."""
        return self._is_end_known and not self._readers and not self._is_probing

    @property
    def n_expected(self) -> int:
        """Estimate how many pages will have been answered at the end."""
        left = sum(max(reader.n_left, 0) + 1 for reader in self._readers.values())
        unknown = 0 if self._is_end_known else max(self.hint - self._top, 1)
        return len(self.reads) + left + unknown

    @property
    def n_widest(self) -> int:
        """Tell how many pages the largest part has left."""
        return max((reader.n_left for reader in self._readers.values()), default=0)

    def ask(self) -> Ask | None:
        """Return the next page to ask for, None where answers must come first."""
        if not self._is_end_known and not self._is_probing:
            self._is_probing = True
            return Ask(self._next_probe(), len(self.reads))
        for number, reader in self._readers.items():
            if reader.is_ready:
                reader.is_busy = True
                return Ask(reader.page, len(self.reads), number)
        return None

    def split(self) -> bool:
        """Cut the largest part in two for one more reader; False where it is not worth it."""
        if self.n_widest < LEAST_SPLIT:
            return False
        widest = max(self._readers.values(), key=lambda r: r.n_left)
        middle = widest.bottom + widest.n_left // 2
        self._add(middle, widest.bottom, widest.floor)
        # The upper part's floor is not known before the lower one's first page has come.
        widest.bottom, widest.floor = middle, None
        return True

    def answer(self, ask: Ask, read: Read) -> None:
        """Take what was found on the page that was asked for."""
        self.reads.append(read)
        self._note(read)
        if ask.reader < 0:
            self._is_probing = False
            self._probed(read)
        else:
            self._go_on(ask.reader, read)

    @property
    def _is_end_known(self) -> bool:
        return self._end is not None and self._end == self._top + 1

    def _note(self, read: Read) -> None:
        """Keep a page's highest id, the floor of the reader that comes down to it."""
        waiting = [r for r in self._readers.values() if r.bottom == read.page and r.floor is None]
        if read.n:
            self._floors.setdefault(read.page, read.high)
        for reader in waiting:
            if read.n:
                reader.floor = read.high
            else:  # the list has shrunk: the page below is now the lower reader's first
                reader.bottom -= 1
                reader.floor = None if reader.bottom else 0

    def _next_probe(self) -> int:
        if self._top >= MOST_PAGES:
            raise endless(self.name)
        if not self.by_id:
            return self._top + 1
        if self._end is not None:
            near = self._end - STRIDE ** (self._n_missed - 1) if self._top == 0 else 0
            return max(near, (self._top + self._end) // 2, 1)
        if self._top == 0:
            return max(self.hint, 1)
        if self.hint and self._top >= self.hint:  # it grew since the last time: by little
            return self._top + max(STRIDE * (self._top - self.hint), 1)
        return self._top * STRIDE

    def _probed(self, read: Read) -> None:
        if read.n == 0:
            self._end = min(read.page, self._end or read.page)
            self._n_missed += 1
            if self.by_id and self._top and self._is_end_known:
                self._add(self._top, self._top, self._floors[self._top])  # as between two parts
            return
        if read.is_last:
            self._end = read.page + 1
        if self.by_id and read.page > 1:
            # The page before may be one that was met: then only the border is to be looked at.
            self._add(max(read.page - 1, self._top), self._top, self._floors.get(self._top, 0))
        self._top = read.page

    def _add(self, page: int, bottom: int, floor: int | None) -> None:
        self._readers[self._n_readers] = _Reader(page, bottom, floor)
        self._n_readers += 1

    def _go_on(self, number: int, read: Read) -> None:
        reader = self._readers[number]
        reader.is_busy = False
        reader.page -= 1
        has_met = read.n > 0 and reader.floor is not None and read.low <= reader.floor
        if reader.page == 0 or has_met:
            del self._readers[number]

    def _take_up(self) -> None:
        """Make the readers anew: one for each gap, one for each border that is not sure."""
        for read in self.reads:
            self._note(read)
        self._top = max(self._floors, default=0)
        beyond = [r.page for r in self.reads if r.n == 0 and r.page > self._top]
        self._end = min([*beyond, self._top + 1] if self._has_last() else beyond, default=None)
        self._n_missed = len(beyond)
        known = [0, *sorted(self._floors)] if self.by_id else []
        first = {r.page: i for i, r in reversed(list(enumerate(self.reads))) if r.n}
        for lower, upper in pairwise(known):
            page, above = self._first_left(lower, upper, first[upper])
            if page > lower or (page := self._border_left(lower, above)):
                self._add(page, lower, self._floors.get(lower, 0))
        if self.by_id and self._top and self._is_end_known and (page := self._top_left()):
            self._add(page, self._top, self._floors[self._top])

    def _first_left(self, lower: int, upper: int, above: int) -> tuple[int, int]:
        """Return the page to go on from, and where the read of the one above it stands.

        That is the page below `upper`, whose read stands at `above`, or below those found
        empty since: then nothing is left behind them.
        """
        page = upper
        for i in range(above + 1, len(self.reads)):
            read = self.reads[i]
            if lower < read.page < page and not read.n and read.at > above:
                page, above = read.page, i
        return page - 1, above

    def _top_left(self) -> int:
        """Return where to look for what slipped from behind the last page, 0 for nowhere."""
        if self._has_last():
            return 0
        above = next(i for i, r in enumerate(self.reads) if r.page == self._top + 1)
        return self._border_left(self._top, above)

    def _has_last(self) -> bool:
        top, floor = self._top, self._floors.get(self._top, 0)
        return any(r.page == top and r.is_last and r.low <= floor for r in self.reads)

    def _border_left(self, page: int, above: int) -> int:
        """Return where to look for what slipped from the next page to `page`, 0 for nowhere.

        `above` is where the next page's first read stands in `reads`.
        """
        floor = self._floors.get(page, 0)
        while page:
            for i in range(above + 1, len(self.reads)):
                if self.reads[i].page == page and self.reads[i].at > above:
                    break
            else:
                return page
            if self.reads[i].n and self.reads[i].low <= floor:
                return 0
            page, above = page - 1, i
        return 0


def endless(name: str) -> RemoteError:
    """Return the error of a list whose pages do not come to an end."""
    return RemoteError(
        N_("the CRM's pages do not advance: the same records come again and again"),
        where=name,
        fix=N_("try again later; if it stays so, report it"),
    )
