"""The review: groups of cards that may be one, for people to decide on.

`Deck` holds the groups and what was decided, `serve_review` shows them as a page on this machine
alone, `write_workbook` and `read_workbook` take the same decisions through a spreadsheet. Nothing
here changes the CRM: decisions go into the account's decisions.jsonl.
"""
