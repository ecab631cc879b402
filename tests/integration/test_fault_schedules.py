"""Generated schedules of faults keep every promise, two thousand with ``--full``; ``make faults`` follows 20,000."""

import pytest

from tests.fault_schedules import FAULTS, run
from tests.matrices import sampled


@pytest.mark.parametrize("schedules", sampled((700, 2_000), sample=1))
def test_every_schedule_is_answered_in_time_and_no_proof_is_lost_or_doubled(schedules: int) -> None:
    result = run(0, schedules)

    assert result.broken == []
    assert result.followed == schedules
    assert result.met.keys() == FAULTS.keys()
