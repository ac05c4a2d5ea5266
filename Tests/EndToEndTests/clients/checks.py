"""Named checks whose outcomes go to standard output, one JSON object a line.

    {"check": "server is live", "ok": true}
    {"check": "unknown model is refused", "ok": false, "why": "answered instead of failing"}
"""

import json
import traceback
from collections.abc import Callable

from tritonclient.utils import InferenceServerException


class CheckFailed(Exception):
    """What a check found is not what it expected; the message says both."""


def require(condition: bool, why: str) -> None:
    if not condition:
        raise CheckFailed(why)


def require_equal(found: object, expected: object, what: str) -> None:
    require(found == expected, f"{what}: expected {expected!r}, found {found!r}")


def require_refusal(call: Callable[[], object], status: str, *mentions: str) -> None:
    """`call` must raise the client's exception with the HTTP `status`, in words that name every one of `mentions`."""
    try:
        call()
    except InferenceServerException as error:
        message = error.message() or ""
        require_equal(error.status(), status, f"status of “{message}”")
        for word in mentions:
            require(word in message, f"the message does not name “{word}”: {message}")
        require("exception occurred in the client" not in message, f"the body is not the protocol's: {message}")
    else:
        raise CheckFailed(f"answered instead of failing with status {status}")


class Checks:
    """Runs checks one after the other; a failed one does not keep the next from running."""

    def __init__(self) -> None:
        self.failed = 0

    def run(self, name: str, check: Callable[[], None]) -> bool:
        outcome = {"check": name, "ok": True}
        try:
            check()
        except (CheckFailed, InferenceServerException) as error:
            outcome |= {"ok": False, "why": str(error)}
        except Exception as error:  # the client itself broke on a reply: that is the server's failure too
            place = traceback.extract_tb(error.__traceback__)[-1]
            outcome |= {"ok": False, "why": f"{type(error).__name__}: {error} (in {place.name}, line {place.lineno})"}
        self.failed += not outcome["ok"]
        print(json.dumps(outcome, ensure_ascii=False), flush=True)
        return outcome["ok"]

    @property
    def exit_code(self) -> int:
        return 1 if self.failed else 0
