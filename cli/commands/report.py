"""`crmclean report`: the report of a scan once more: another format, language, or sender."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cli.options import FOLDER, Session, with_session
from cli.words import Command, Option
from dedupe.language import N_, tr


@click.command(
    cls=Command,
    help=N_(
        "Write the report of SCAN once more: a folder, or an id of the state folder; without SCAN, "
        "of the newest. Names, phones and addresses of clients are hidden unless you ask for them."
    ),
    short_help=N_("Write a scan's report again, in any format."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean report                            the newest scan, into its own folder\n"
        "  crmclean report out/ --lang ru -o for_client\n"
        "  crmclean report --to xlsx,csv              a workbook to work through, and CSV files\n"
        "  crmclean report --to pdf,docx -o for_client    on paper: crmclean[pdf], crmclean[docx]\n"
        "  crmclean report --to docx --template our_letterhead.docx\n"
        "  crmclean report --compare s-20260101T000000-ab12"
    ),
)
@click.argument("scan", required=False, type=FOLDER)
@click.option(
    "--to",
    "formats",
    multiple=True,
    cls=Option,
    metavar="FORMATS",
    help=N_("The formats: html, xlsx, csv, pdf, docx; several with commas (default: html)."),
)
@click.option(
    "-o",
    "--output",
    type=FOLDER,
    cls=Option,
    metavar="DIR",
    help=N_("Where to write (default: the scan's folder, whose report is replaced)."),
)
@click.option(
    "--overwrite", is_flag=True, cls=Option, help=N_("Replace reports that are in DIR already.")
)
@click.option(
    "--show-values",
    is_flag=True,
    cls=Option,
    help=N_("Show names, phones and addresses of clients: the report is personal data then."),
)
@click.option(
    "--max-rows",
    type=click.IntRange(1),
    default=20_000,
    show_default=True,
    cls=Option,
    metavar="N",
    help=N_("Rows of one finding in the workbook, the most money first; CSV has them all."),
)
@click.option(
    "--compare",
    type=FOLDER,
    cls=Option,
    metavar="SCAN",
    help=N_("Tell what changed since this scan: a folder, an id, or a baseline file."),
)
@click.option(
    "--template",
    type=FOLDER,
    cls=Option,
    metavar="FILE",
    help=N_("Write the DOCX on this letterhead, a DOCX with placeholders such as {{account}}."),
)
@click.option(
    "--make-template",
    type=FOLDER,
    cls=Option,
    metavar="FILE",
    help=N_("Write a letterhead to begin with, a DOCX with placeholders, and end."),
)
@with_session
def report(
    session: Session,
    scan: Path | None,
    formats: tuple[str, ...],
    output: Path | None,
    overwrite: bool,
    show_values: bool,
    max_rows: int,
    compare: Path | None,
    template: Path | None,
    make_template: Path | None,
) -> None:
    """Read the scan, render it, tell what was written."""
    if make_template is not None:
        _make_template(session, make_template, overwrite=overwrite)
        return
    from dedupe.report.baseline import read_earlier
    from dedupe.report.content import ReportOptions
    from dedupe.report.formats import choose_formats, write_reports
    from dedupe.report.load import load_content
    from dedupe.report.scan_files import read_summary
    from dedupe.report.trend import account_key, find_scan, read_trend

    config, state, chosen = session.config(), session.state(), choose_formats(formats)
    _check_template(template, chosen)
    folder = find_scan(scan, state)
    summary = read_summary(folder)
    content = load_content(
        folder,
        options=ReportOptions(show_values=show_values, max_rows=max_rows, template=template),
        brand=config.report,
        trend=read_trend(state, account_key(summary)),
        earlier=None if compare is None else read_earlier(find_scan(compare, state)),
    )
    paths = write_reports(
        content,
        chosen,
        output or folder,
        replaces=output is None or overwrite,
        overwrites=overwrite,
    )
    if session.is_json:
        document = {
            "schema": "crmclean.report/1",
            "scan_id": summary.scan_id,
            "files": {name: str(path) for name, path in paths.items()},
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    for path in paths.values():
        click.echo(path)
    if not content.has_names:
        session.say(
            tr(N_("the scan's snapshot is not at hand: records are named by their ids alone"))
        )


def _check_template(template: Path | None, formats: tuple[str, ...]) -> None:
    """Raise InputError for a letterhead that no format would be written on."""
    if template is not None and "docx" not in formats:
        from dedupe.errors import InputError

        raise InputError(
            N_("a letterhead is of the DOCX, which is not asked for"),
            where="--template",
            fix=N_("add --to docx"),
        )


def _make_template(session: Session, path: Path, *, overwrite: bool) -> None:
    """Write the letterhead to begin with, in the language in use."""
    from dedupe.report.docx import write_template

    write_template(path, overwrites=overwrite)
    if session.is_json:
        document = {"schema": "crmclean.report_template/1", "file": str(path)}
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    click.echo(path)
