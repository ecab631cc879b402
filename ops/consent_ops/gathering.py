"""The counters of a widget, filled from its proofs and from the log."""

from consent_ops.daily_proofs import Proofs
from consent_ops.impressions import SightingsLog
from consent_ops.output import Progress
from consent_ops.widget_statistics import Statistics


def gather(statistics: Statistics, proofs: Proofs, sightings: SightingsLog, progress: Progress) -> None:
    """Count everything, a day after the other; in memory are the counters alone."""
    seen = set(statistics.seen_days)
    for day in progress.days(statistics.days):
        for proof in proofs.of(day):
            statistics.decide(day, proof)
            progress.count()
        for sighting in sightings.of(statistics.widget_id, day) if day in seen else ():
            statistics.see(day, sighting.what, sighting.language, sighting.device)
