"""What amoCRM answers to a request it refuses: validation problems and problem documents.

A validation problem has a code, the path inside the item and a sentence; all problems
of one request are told in one 400, item by item under the `request_id` that was sent,
else the item's number. NotSupportedChoice and FieldNotExpected were seen on live
accounts or stand in the documentation, FieldMissing and InvalidType in other people's
logs; the rest follow their form. Texts are the API's, so they are never translated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dedupe.sandbox.server.reply import PROBLEM, Reply

TITLES = {
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    422: "Unprocessable Entity",
}


class RefusalError(Exception):
    """Ends a handler with `reply`; nothing of the request is carried out."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an item; `path` has dots, numbers count from 0."""

    code: str
    path: str
    detail: str


def unexpected(path: str) -> Problem:
    """Tell of a key that the method does not know."""
    return Problem("FieldNotExpected", path, "This field was not expected.")


def missing(path: str) -> Problem:
    """Tell of a required key that was not sent."""
    return Problem("FieldMissing", path, "This field is missing.")


def blank(path: str) -> Problem:
    """Tell of a required text that is empty."""
    return Problem("NotBlank", path, "This value should not be blank.")


def wrong_type(path: str, wanted: str) -> Problem:
    """Tell of a value of another JSON type than `wanted`."""
    return Problem("InvalidType", path, f"This value should be of type {wanted}.")


def no_choice(path: str) -> Problem:
    """Tell of an id, code or word that is not among the account's."""
    return Problem("NotSupportedChoice", path, "The value you selected is not a valid choice.")


def too_many(path: str, limit: int) -> Problem:
    """Tell of a list that is longer than `limit`."""
    return Problem("TooMany", path, f"This collection should contain {limit} elements or less.")


def not_found(path: str = "id") -> Problem:
    """Tell of an id that leads to nothing; the form is that of deleting sources."""
    return Problem("EntityNotFound", path, "Entity not found")


def problem(status: int, detail: str) -> Reply:
    """Return a problem document, as amoCRM answers everything but validation."""
    body = {
        "title": TITLES[status],
        "type": f"https://httpstatus.es/{status}",
        "status": status,
        "detail": detail,
    }
    return Reply(status, body, content_type=PROBLEM)


def invalid(problems: Iterable[tuple[str | int, Sequence[Problem]]]) -> Reply:
    """Return the 400 that lists the problems of each item; two may have the same request id."""
    listed = [
        {
            "request_id": request_id,
            "errors": [{"code": p.code, "path": p.path, "detail": p.detail} for p in found],
        }
        for request_id, found in problems
        if found
    ]
    reply = problem(400, "Request validation failed")
    return Reply(400, {"validation-errors": listed, **reply.body}, content_type=PROBLEM)


def refuse(status: int, detail: str) -> RefusalError:
    """Return the error that ends a handler with a problem document."""
    return RefusalError(problem(status, detail))
