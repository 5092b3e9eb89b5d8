"""The store as the workshop file wants it: which table is in which class, and the policies that follow.

Owns how each class is compressed and what drops it. `apply_store` brings a database's policies
to the rules, again and again; what the database cannot do by itself is left to `models.prune`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from config.store import StoreRules
from models.timescale.edition import Database
from models.timescale.policies import (
    Columns,
    read_compression,
    read_retention,
    set_compression,
    set_retention,
)

# A car's or an order's rows lie together: that is how they are asked for, and they resemble each other.
_BY_ORDER = Columns("site", "work_order, at")
_BY_VEHICLE = Columns("site", "vin, at")


@dataclass(frozen=True, slots=True)
class TableRule:
    """What holds for an event table: until what age it is kept, from what age compressed, and how."""

    table: str
    keep: timedelta | None
    compress_after: timedelta | None
    columns: Columns


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A policy that was switched on, off, or to another age."""

    table: str
    what: str
    before: timedelta | None
    after: timedelta | None

    def __str__(self) -> str:
        if self.after is None:
            return f"{self.what} off: {self.table} (was after {_days(self.before)})"
        change = f" (was after {_days(self.before)})" if self.before else ""
        return f"{self.what} on: {self.table} after {_days(self.after)}{change}"


def list_rules(rules: StoreRules) -> tuple[TableRule, ...]:
    """Say what holds for each event table whose chunks are compressed and dropped whole."""
    scans, diagnostics, odometer = rules.scans, rules.diagnostics, rules.odometer
    return (
        TableRule("stage_scan", scans.keep, scans.compress_after, _BY_ORDER),
        TableRule("labour_scan", scans.keep, scans.compress_after, _BY_ORDER),
        TableRule("diagnostic_report", diagnostics.keep, diagnostics.compress_after, _BY_VEHICLE),
        TableRule("trouble_code", diagnostics.keep, diagnostics.compress_after, _BY_VEHICLE),
        TableRule("odometer_reading", odometer.keep, odometer.compress_after, _BY_VEHICLE),
    )


def find_horizon(rules: StoreRules, table: str, now: datetime) -> datetime | None:
    """Return the time before which an event table may have been pruned, None for never.

    Who reckons anything of it anew must not reach further back than this: rows are missing there.
    """
    keep = next((rule.keep for rule in list_rules(rules) if rule.table == table), None)
    return now - keep if keep else None


def apply_store(connection: Connection, database: Database, rules: StoreRules) -> list[PolicyChange]:
    """Bring the database's own policies to the rules; return what changed."""
    changes: list[PolicyChange] = []
    for rule in list_rules(rules):
        if database.has_columnstore():
            before = read_compression(connection, rule.table)
            if set_compression(connection, rule.table, rule.compress_after, rule.columns):
                changes.append(PolicyChange(rule.table, "compression", before, rule.compress_after))
        if database.has_retention_policies():
            before = read_retention(connection, rule.table)
            if set_retention(connection, rule.table, rule.keep):
                changes.append(PolicyChange(rule.table, "retention", before, rule.keep))
    return changes


def find_differences(connection: Connection, database: Database, rules: StoreRules) -> Iterator[str]:
    """Say where the database's own policies are not what the rules want."""
    for rule in list_rules(rules):
        if database.has_columnstore() and read_compression(connection, rule.table) != rule.compress_after:
            yield f"compression of {rule.table}"
        if database.has_retention_policies() and read_retention(connection, rule.table) != rule.keep:
            yield f"retention of {rule.table}"


def _days(age: timedelta | None) -> str:
    return f"{age.days if age else 0} days"
