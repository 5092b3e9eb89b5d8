"""Every table together, for migrations and for whoever looks a table up by name.

Owns that each module of the schema is imported, so that none of its tables is forgotten; a
module that is not named here does not exist for migrations.
"""

from models.schema import (
    access,
    audit,
    devices,
    estimates,
    events,
    history,
    messages,
    orders,
    public,
    reminders,
    rollups,
)
from models.schema.base import Base

MODULES = (
    access,
    audit,
    devices,
    estimates,
    events,
    history,
    messages,
    orders,
    public,
    reminders,
    rollups,
)
metadata = Base.metadata
