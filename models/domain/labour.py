"""Labour: how long somebody can have worked who was clocked on."""

from datetime import timedelta

# Somebody who forgot to clock off did not work longer than a shift.
LONGEST_SHIFT = timedelta(hours=16)
