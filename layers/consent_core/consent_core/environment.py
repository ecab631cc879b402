"""What a function is told by its environment, read once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Environment:
    """``consents_table`` is empty in a function that never writes proofs, ``origin_verify`` when the check is off."""

    widgets_table: str
    consents_table: str
    origin_verify: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Environment":
        """Raises KeyError when the template forgot a variable: at start-up, not at the first request."""
        return cls(
            widgets_table=environment["WIDGETS_TABLE"],
            consents_table=environment.get("CONSENTS_TABLE", ""),
            origin_verify=origin_verify(environment),
        )


def origin_verify(environment: Mapping[str, str] = os.environ) -> str:
    """What CloudFront must have added to a request (Request.check_front_door); empty when that is not checked."""
    return environment.get("ORIGIN_VERIFY", "")


def store_timeout(environment: Mapping[str, str] = os.environ) -> float | None:
    """Return how many seconds a request to DynamoDB may take; None: as long as this code says itself.

    STORE_TIMEOUT_SECONDS is empty on AWS. A machine that also runs the database, a browser and a test suite needs more.
    """
    seconds = environment.get("STORE_TIMEOUT_SECONDS", "")
    return float(seconds) if seconds else None


def distribution_id(environment: Mapping[str, str] = os.environ) -> str:
    """Which distribution keeps the settings. Raises KeyError when the template forgot it."""
    return environment["DISTRIBUTION_ID"]


def archive_bucket(environment: Mapping[str, str] = os.environ) -> str:
    """Where proofs are archived. Raises KeyError when the template forgot it."""
    return environment["ARCHIVE_BUCKET"]


def archive_questions(environment: Mapping[str, str] = os.environ) -> tuple[str, str]:
    """In which workgroup of Athena the archive is asked, and by which database's name; empty where there is none."""
    return environment["ATHENA_WORKGROUP"], environment["ARCHIVE_DATABASE"]


def archive_lanes(environment: Mapping[str, str] = os.environ) -> int:
    """Among how many lanes the archive's writers choose. Raises KeyError when the template forgot it."""
    return int(environment["ARCHIVE_LANES"])
