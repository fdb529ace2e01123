"""ODS and the binary XLS of 1997, made byte by byte: no pinned library writes them."""

from __future__ import annotations

import io
import struct
import zipfile

from .conftest import Read, rows

PEOPLE = [["ID", "ФИО", "Телефон"], [1.0, "Анна", 79161234567.0], [2.0, "Борис", "8 916 123"]]


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _cell(row: int, column: int, value: float | str) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    if isinstance(value, float):
        return _record(0x0203, place + struct.pack("<d", value))
    text = value.encode("utf-16-le")
    return _record(0x0204, place + struct.pack("<HB", len(value), 1) + text)


def _biff(table: list[list[float | str]]) -> bytes:
    name = "Контакты"
    bof = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    eof = _record(0x000A, b"")
    size = len(bof) + 4 + 8 + 2 * len(name) + len(eof)
    sheet = struct.pack("<IHBB", size, 0, len(name), 1) + name.encode("utf-16-le")
    cells = b"".join(
        _cell(r, c, value) for r, row in enumerate(table) for c, value in enumerate(row)
    )
    start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    area = _record(0x0200, struct.pack("<IIHHH", 0, len(table), 0, len(table[0]), 0))
    return bof + _record(0x0085, sheet) + eof + start + area + cells + eof


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    head = text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1)
    none = 0xFFFFFFFF
    return (
        head + struct.pack("<III", none, none, child) + b"\0" * 36 + struct.pack("<IQ", start, size)
    )


def _container(stream: bytes) -> bytes:
    """Wrap a stream in a compound file: a header, one FAT sector, one directory sector."""
    stream = stream.ljust(4096, b"\0")
    stream += b"\0" * (-len(stream) % 512)
    n, none, end = len(stream) // 512, 0xFFFFFFFF, 0xFFFFFFFE
    fat = [0xFFFFFFFD, end, *range(3, 2 + n), end]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0)
    header += struct.pack("<I", 0) + struct.pack("<I", none) * 108
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(512, b"\xff")
    folder = _entry("Root Entry", 5, 1, end, 0) + _entry("Workbook", 2, none, 2, len(stream))
    return header + table + folder.ljust(512, b"\0") + stream


def _ods(table: list[list[float | str]]) -> bytes:
    def cell(value: float | str) -> str:
        if isinstance(value, float):
            kind = f'office:value-type="float" office:value="{value:.0f}"'
            return f"<table:table-cell {kind}><text:p>{value:.0f}</text:p></table:table-cell>"
        text = f"<text:p>{value}</text:p>"
        return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'

    names = "".join(
        f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
        for short in ("office", "table", "text")
    )
    lines = "".join(
        f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in table
    )
    sheet = f'<table:table table:name="Контакты">{lines}</table:table>'
    body = f"<office:spreadsheet>{sheet}</office:spreadsheet>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content{names}><office:body>{body}'
            "</office:body></office:document-content>",
        )
    return buffer.getvalue()


def test_a_binary_xls_is_read(read: Read) -> None:
    account = read({"book.xls": _container(_biff(PEOPLE))})
    assert rows(account, "contacts", "id", "name") == [("1", "Анна"), ("2", "Борис")]
    assert rows(account, "channels", "raw") == [("79161234567",), ("8 916 123",)]


def test_an_ods_is_read(read: Read) -> None:
    account = read({"book.ods": _ods(PEOPLE)})
    assert rows(account, "contacts", "id", "name") == [("1", "Анна"), ("2", "Борис")]
    assert rows(account, "channels", "raw") == [("79161234567",), ("8 916 123",)]
