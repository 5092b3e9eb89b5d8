"""Every table together, for migrations and for whoever looks a table up by name.

Owns that each module of the schema is imported, so that none of its tables is forgotten; a
module that is not named here does not exist for migrations.
"""

from models.schema import devices, events, history, messages, orders, reminders
from models.schema.base import Base

MODULES = (devices, events, history, messages, orders, reminders)
metadata = Base.metadata
