"""Whether a journal's file is whole: the tables, the chain of events, the bytes of requests."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence

from .records import fingerprint
from .states import OpState

START = "0" * 64  # what the first event stands on

TABLES = """
create table meta (key text primary key, value text not null) strict;
create table run (
    run_id text primary key, plan_hash text not null unique, kind text not null,
    undo_of text, plan_path text not null, header text not null,
    started_at text not null, ended_at text, state text not null, reason text
) strict;
create table grp (
    run_id text not null, gid text not null, at integer not null, kind text not null,
    state text not null, reason text, primary key (run_id, gid)
) strict;
create table op (
    run_id text not null, op_id text not null, gid text not null, at integer not null,
    state text not null, attempt integer not null default 0,
    intent_at text, done_at text, settle_until real,
    method text, path text, body blob, fingerprint text, before text,
    status integer, answer text, created_id text, problem text,
    primary key (run_id, op_id)
) strict;
create index op_of_group on op (run_id, gid, at);
create index op_by_state on op (state);
create table backup (
    run_id text not null, entity text not null, id text not null, sha256 text not null,
    path text not null, primary key (run_id, entity, id)
) strict;
create table event (
    seq integer primary key, at text not null, run_id text not null, gid text not null,
    op_id text not null, state text not null, fingerprint text, status integer,
    prev text not null, sha256 text not null
) strict;
"""


def is_sound(db: sqlite3.Connection) -> bool:
    """Tell whether the file is what we make, nothing of it lost or changed."""
    (verdict,) = db.execute("pragma integrity_check(1)").fetchone()
    return verdict == "ok" and _is_ours(db) and _is_chained(db) and _is_told(db)


def chained(prev: str, line: Sequence[object]) -> str:
    """Return the hash of an event that stands on the one with the hash `prev`."""
    text = json.dumps([prev, *line], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _is_ours(db: sqlite3.Connection) -> bool:
    """Tell whether the tables are word for word those that we make."""
    told = db.execute("select sql from sqlite_schema where sql is not null")
    made = [each.strip() for each in TABLES.split(";") if each.strip()]
    # In any order: a file that was written anew (VACUUM) has its indexes after all tables.
    return sorted(sql.lower() for (sql,) in told) == sorted(sql.lower() for sql in made)


def _is_told(db: sqlite3.Connection) -> bool:
    """Tell whether open runs' operations are as their last event says, and their bytes too."""
    rows = db.execute(
        "select o.state, e.state, o.method, o.path, o.body, o.fingerprint from op o"
        " join run r on r.run_id = o.run_id and r.state != 'done'"
        " left join (select run_id, op_id, state, max(seq) from event where op_id != ''"
        " group by run_id, op_id) e on e.run_id = o.run_id and e.op_id = o.op_id"
    )
    for state, told, method, path, body, print_ in rows:
        if state != (told or OpState.PLANNED):
            return False
        if body is not None and fingerprint(method, path, body) != print_:
            return False
    return True


def _is_chained(db: sqlite3.Connection) -> bool:
    last = START
    rows = db.execute(
        "select at, run_id, gid, op_id, state, fingerprint, status, prev, sha256"
        " from event order by seq"
    )
    for *line, prev, sha in rows:
        if prev != last or chained(prev, line) != sha:
            return False
        last = sha
    return True
