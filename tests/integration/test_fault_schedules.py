"""Two thousand generated schedules of faults keep every promise; ``make faults`` follows ten times as many others."""

from tests.fault_schedules import FAULTS, run

SCHEDULES = 2_000


def test_every_schedule_is_answered_in_time_and_no_proof_is_lost_or_doubled() -> None:
    result = run(0, SCHEDULES)

    assert result.broken == []
    assert result.followed == SCHEDULES
    assert result.met.keys() == FAULTS.keys()
