"""A function's configuration, read from environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

_LONGEST_TIMEOUT = 60  # seconds


@dataclass(frozen=True, slots=True)
class Environment:
    """The variables that most functions read, once, at start-up.

    ``consents_table`` is empty in a function that does not use that table.
    """

    widgets_table: str
    consents_table: str
    origin_verify: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Environment":
        """Read the variables. Raises KeyError when WIDGETS_TABLE is missing: at start-up, not at the first request."""
        return cls(
            widgets_table=environment["WIDGETS_TABLE"],
            consents_table=environment.get("CONSENTS_TABLE", ""),
            origin_verify=origin_verify(environment),
        )


def origin_verify(environment: Mapping[str, str] = os.environ) -> str:
    """Return the secret that CloudFront adds to requests (``Request.check_front_door``); empty: none is accepted."""
    return environment.get("ORIGIN_VERIFY", "")


def store_timeout(environment: Mapping[str, str] = os.environ) -> float | None:
    """Return the timeout of a request to DynamoDB in seconds; None stands for the defaults in ``dynamodb``.

    STORE_TIMEOUT_SECONDS is empty on AWS. A machine that also runs the database, a browser and tests needs more.
    Raises ValueError unless it is a number above 0, and at most 60.
    """
    written = environment.get("STORE_TIMEOUT_SECONDS", "")
    if not written:
        return None
    seconds = float(written)
    if not 0 < seconds <= _LONGEST_TIMEOUT:
        raise ValueError(f"STORE_TIMEOUT_SECONDS must be more than 0 and at most {_LONGEST_TIMEOUT}")
    return seconds


def visitors_wait(environment: Mapping[str, str] = os.environ) -> float:
    """Return the seconds in which a visitor's request is answered: 2.5, or five times STORE_TIMEOUT_SECONDS.

    docs/contract.md, section 3, promises 3 s. The rest is for the start, the log line and the way to the API.
    """
    return 5 * (store_timeout(environment) or 0.5)


def distribution_id(environment: Mapping[str, str] = os.environ) -> str:
    """Return the id of the distribution that caches the settings. Raises KeyError when DISTRIBUTION_ID is missing."""
    return environment["DISTRIBUTION_ID"]


def archive_bucket(environment: Mapping[str, str] = os.environ) -> str:
    """Return the name of the archive's bucket. Raises KeyError when ARCHIVE_BUCKET is missing."""
    return environment["ARCHIVE_BUCKET"]


def access_audit(environment: Mapping[str, str] = os.environ) -> tuple[str, str, int]:
    """Return the audit's table, its key and the days for which it keeps an entry. Raises KeyError for a missing one."""
    return environment["ACCESS_AUDIT_TABLE"], environment["AUDIT_KEY"], int(environment["AUDIT_DAYS"])


def console_sessions(environment: Mapping[str, str] = os.environ) -> str:
    """Return the name of the table of the console's sessions. Raises KeyError when it is missing."""
    return environment["CONSOLE_SESSIONS_TABLE"]


def console_parameter(environment: Mapping[str, str] = os.environ) -> str:
    """Return the name of the parameter that states the console's sign-in. Raises KeyError when it is missing."""
    return environment["CONSOLE_PARAMETER"]


def archive_questions(environment: Mapping[str, str] = os.environ) -> tuple[str, str]:
    """Return Athena's workgroup and database for the archive; both are empty on one machine, which has no Athena.

    Raises KeyError when ATHENA_WORKGROUP or ARCHIVE_DATABASE is missing.
    """
    return environment["ATHENA_WORKGROUP"], environment["ARCHIVE_DATABASE"]


def archive_lanes(environment: Mapping[str, str] = os.environ) -> int:
    """Return the number of lanes of the archive's writers. Raises KeyError when ARCHIVE_LANES is missing."""
    return int(environment["ARCHIVE_LANES"])
