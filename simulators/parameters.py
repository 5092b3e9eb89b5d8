"""The numbers that make the shop behave as it does, each with its reason.

A scenario is these defaults with some replaced, a site's character replaces others.
docs/simulator.md shows what they lead to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from config.kit.words import JobType
from simulators.chance import Spread
from simulators.jobs import MIX


@dataclass(frozen=True, slots=True)
class Parameters:
    """Rates and durations; shares are between 0 and 1."""

    # Five orders a bay and day of ten hours: 60 for the twelve bays of a middling dealer.
    orders_per_bay_hour: float = 0.5
    mix: Mapping[JobType, float] = field(default_factory=lambda: MIX)
    # Dealers want appointments; the rest walks in, at random, and goes elsewhere when it is full.
    appointment_share: float = 0.6
    walk_ins_turn_away_at: float = 1.0  # cars waiting for a bay, per bay of the shop
    waiting_share_maintenance: float = 0.55  # customers who sit in the lounge
    waiting_share_other: float = 0.15
    car_park: int = 5000  # cars that come to this site at all, about three visits a year each

    reception: Spread = Spread(7.0, 0.35)
    move: Spread = Spread(2.5, 0.3)  # a car into a bay
    short_check: Spread = Spread(9.0, 0.3)  # on the lift, before maintenance
    long_check: Spread = Spread(22.0, 0.35)  # fault finding, assessment, yearly inspection
    # Work of one line takes this share of its flat-rate hours (an efficiency of 120 %), strays,
    # and depends on the technician's own speed.
    work_share: float = 0.83
    work_sigma: float = 0.28
    technician_sigma: float = 0.1
    pair_factor: float = 0.58  # two people on one service need this share of one's time

    approval_hesitation_share: float = 0.3  # not reached, or asks at home: the car leaves its bay
    approval_quick: Spread = Spread(7.0, 0.5)
    approval_hesitation: Spread = Spread(55.0, 0.6)
    declined_share: float = 0.2
    # Some hear how long it will take, or get a call, and drive away again.
    cancelled_share: float = 0.015
    change_of_mind: Spread = Spread(9.0, 0.5)
    # First-time fix of repairs is around 95 % where it is measured; the rest come back within a month.
    comeback_share: float = 0.05
    comeback_likely_days: float = 6.0
    # Service parts are always in stock; others may be missing. Warranty parts are rarer.
    part_missing_share: float = 0.12
    part_missing_share_warranty: float = 0.3
    part_missing_shares: Mapping[str, float] = field(default_factory=dict)  # by part, where known
    part_from_town: Spread = Spread(110.0, 0.4)
    part_from_afar_share: float = 0.2
    part_from_afar: Spread = Spread(540.0, 0.3)

    short_quality_check: Spread = Spread(6.0, 0.3)
    long_quality_check: Spread = Spread(10.0, 0.35)  # with a test drive
    quality_failure_share: float = 0.05
    rework_share: float = 0.25  # of the job's longest line
    wash_share: float = 0.85
    wash: Spread = Spread(13.0, 0.25)
    pickup_waiting: Spread = Spread(11.0, 0.4)
    pickup_away: Spread = Spread(65.0, 0.7)

    # The advisor's promise: this much per flat-rate hour and per car in the queue, then rounded up.
    promise_per_hour: float = 1.3
    promise_base_minutes: float = 50.0
    promise_queue_minutes: float = 9.0
    promise_round_minutes: float = 15.0
    # Found work is promised as if it took this; the promise moves once it is known.
    promise_unknown_hours: float = 1.0

    # A bay with a tired lift, a technician who needs longer: the scenario `hidden-slow`.
    slow_bay_factor: float = 1.0
    slow_technician_factor: float = 1.0

    # Nobody starts lunch with this little left to do.
    overtime_minutes: float = 12.0
    diagnostic_tools_per_bay: float = 0.25
    bays_per_wash_lane: float = 6.0
    bays_per_advisor: float = 4.0
    telematics_poll_minutes: float = 30.0
    telematics_cars_per_poll: int = 20
