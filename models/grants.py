"""What each service may do to each table: one row for a table, and a role of the database for a service.

A table or view that is not named here is nobody's but its owner's, the role that migrates; a test compares
the names with the database. Letters as PostgreSQL writes them: r select, a insert, w update, d delete.
"""

from collections.abc import Mapping
from types import MappingProxyType

# Customers' own pages and the waiting room read as this one; nobody signs in as it.
PUBLIC_ROLE = "bayboard_public"
SERVICES = ("ingest", "remind", "serve", "access")

Rights = Mapping[str, str]

_EVENT: Rights = {"ingest": "rad", "remind": "r", "serve": "r"}
_PROJECTED: Rights = {"ingest": "rawd", "remind": "r", "serve": "r"}
_SERVICE: Rights = {"remind": "rawd", "serve": "r"}
_OFFICE: Rights = {"serve": "rawd"}

_ROLLUPS = (
    "bay_day", "bay_hour", "labour_day", "mileage_hour", "order_day", "order_figures", "stage_day",
    "stage_time", "stage_time_month", "technician_day", "wait_day",
)  # fmt: skip

TABLES: Mapping[str, Rights] = MappingProxyType(
    {
        "alembic_version": {"ingest": "r", "remind": "r", "serve": "r"},
        # Events, and what is computed from them.
        "stage_scan": _EVENT,
        "labour_scan": _EVENT,
        "diagnostic_report": _EVENT,
        "trouble_code": _EVENT,
        "work_order_change": _EVENT,
        "device_status": _EVENT,
        "odometer_reading": {"ingest": "rad", "remind": "rw", "serve": "r"},
        "stage_interval": _PROJECTED,
        "bay_stay": _PROJECTED,
        "work_order": _PROJECTED,
        "work_order_line": _PROJECTED,
        "work_order_part": _PROJECTED,
        "vehicle": _PROJECTED,
        "site_vehicle": _PROJECTED,
        "projection_failure": _PROJECTED,
        **{f"{rollup}_settled": _PROJECTED for rollup in _ROLLUPS},
        "rollup_dirty": _PROJECTED,
        "workshop_site": _PROJECTED,
        "workshop_stage": _PROJECTED,
        "workshop_operation": _PROJECTED,
        "opening_span": _PROJECTED,
        # Devices and messages.
        "device": {"ingest": "r", "serve": "r", "access": "r"},
        "device_state": {"ingest": "rawd", "serve": "r"},
        "site_pulse": {"ingest": "raw", "remind": "r", "serve": "r"},
        "timeless_message": {"ingest": "rawd"},
        "quarantined_message": {"ingest": "rawd", "serve": "rw"},
        # Reminders, rules and the messages to people.
        "service_done": _SERVICE,
        "service_due": _SERVICE,
        "service_reminder": {"remind": "rawd", "serve": "rw"},
        "service_hold": {"remind": "r", "serve": "rawd"},
        "vehicle_service": {"remind": "rawd", "serve": "raw"},
        "customer_consent": {"remind": "r", "serve": "ra"},
        "odometer_correction": {"remind": "r", "serve": "ra"},
        "outbox_message": {"remind": "rawd", "serve": "rw"},
        "outbox_reminder": _SERVICE,
        "delivery_attempt": {"remind": "rawd", "serve": "r"},
        "rule_firing": _SERVICE,
        "reminder_pass": _SERVICE,
        "reminder_publication": {"remind": "rawd"},
        # Estimates are learned beside the dashboard.
        "site_model": {"remind": "r", "serve": "rawd", "public": "r"},
        "ready_estimate": {"remind": "r", "serve": "rawd"},
        # Who may come in.
        "account": _OFFICE,
        "second_factor": _OFFICE,
        "recovery_code": _OFFICE,
        "access_link": {"serve": "rw"},
        "screen": _OFFICE,
        # Ingest drops what is too old.
        "session": {"serve": "raw", "ingest": "rd"},
        "screen_address": {"serve": "raw", "ingest": "rd"},
        "sign_in_attempts": {"serve": "rawd", "ingest": "rd"},
        # Nobody changes what was written there.
        "audit": {"serve": "ra"},
        # Orders whose person was erased: ingest leaves the person out of whatever comes later.
        "erased_order": {"ingest": "r", "serve": "r"},
        "visit_ticket": {"ingest": "ra", "serve": "r"},
        "progress_link": {"remind": "raw", "serve": "raw"},
        # Simulated history is written by the owner.
        "backfill_progress": {},
    }
)

_READ: Rights = {"ingest": "r", "remind": "r", "serve": "r"}
_PUBLIC: Rights = {"serve": "r", "public": "r"}

VIEWS: Mapping[str, Rights] = MappingProxyType(
    {
        **dict.fromkeys((*_ROLLUPS, "mileage_day", "dirty_day"), _READ),
        **{
            f"{rollup}_fresh": _READ
            for rollup in _ROLLUPS
            if not rollup.startswith(("mileage", "stage_time_m"))
        },
        "known_vehicle": _READ,
        "public_visit": {},
        "public_board": _PUBLIC,
        "public_progress": _PUBLIC,
        "public_progress_stage": _PUBLIC,
        "public_progress_part": _PUBLIC,
        "public_progress_finding": _PUBLIC,
        "public_progress_service": _PUBLIC,
        # Where TimescaleDB keeps it current.
        "mileage_hour_aggregate": _READ,
    }
)

# Functions that do with their owner's rights what a service may not do by itself.
FUNCTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # Chunks of TimescaleDB are dropped by the owner of their table alone.
        "drop_old_chunks": ("ingest",),
        "drop_audit": ("ingest",),
        "erase_old_customers": ("ingest",),
        "drop_old_messages": ("ingest",),
        # Changes what is otherwise never changed.
        "erase_orders": ("serve",),
    }
)

PRIVILEGES = {"r": "select", "a": "insert", "w": "update", "d": "delete"}


def name_role(service: str) -> str:
    """Return the role of the database that a service has."""
    return f"bayboard_{service}"
