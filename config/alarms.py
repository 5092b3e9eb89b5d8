"""When a wall raises an alarm: `[alarms]` of the workshop file.

Owns the thresholds and nothing else; what is done with them stands in `models.analytics.board.alarms`.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class AlarmRules(BaseModel):
    """How long, how much or how likely it must be before somebody is called."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stage_over_share: Annotated[float, Field(ge=1)] = 1.0
    promise_risk: Annotated[float, Field(gt=0, le=1)] = 0.5
    bay_idle_minutes: Annotated[float, Field(gt=0)] = 10.0
    parts_hours: Annotated[float, Field(gt=0)] = 48.0
    device_silent_minutes: Annotated[float, Field(gt=0)] = 240.0
