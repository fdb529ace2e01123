"""report.pdf: the report on paper, under the auditor's own name; needs the extra `pdf` (typst).

`document` makes a JSON document of a scan's report, `report.typ` lays it out, `render` puts the two
together. Nothing of the account is ever part of the template's source, the template asks for no
packages, and no font from outside is needed. The same scan gives the same bytes on one machine:
letters that the built-in fonts lack come from the fonts of the system.
"""

from .render import render_pdf, write_pdf

__all__ = ["render_pdf", "write_pdf"]
