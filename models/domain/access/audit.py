"""What people do that the audit trail keeps: a closed list.

Each value has its words in both languages under `audit.what` of the texts. Nothing else can be
written, so a reader of the table knows every word it may find there.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

# The `from_address` of what was done by a command on the server; `who` is then the system's user.
COMMAND = "command"
# The `who` of something that was tried by a person who did not sign in.
NOBODY = ""


class Action(StrEnum):
    """What was done."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_IN_LOCKED = "sign_in_locked"
    SIGNED_OUT = "signed_out"
    SESSIONS_ENDED = "sessions_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # the name of an action
    PASSWORD_GIVEN = "password_given"  # noqa: S105  # the name of an action
    SECOND_FACTOR_SET = "second_factor_set"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    ACCOUNT_ADDED = "account_added"
    ACCOUNT_RIGHTS_CHANGED = "account_rights_changed"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    ACCESS_LINK_MADE = "access_link_made"
    ACCESS_LINK_REVOKED = "access_link_revoked"
    SCREEN_ADDED = "screen_added"
    SCREEN_OPENED = "screen_opened"
    SCREEN_REVOKED = "screen_revoked"
    CUSTOMER_LINK_MADE = "customer_link_made"
    CUSTOMER_LINKS_ENDED = "customer_links_ended"
    DEVICE_ADDED = "device_added"
    DEVICE_REVOKED = "device_revoked"
    DEVICE_LIMIT_CHANGED = "device_limit_changed"
    QUARANTINE_SHOWN = "quarantine_shown"
    QUARANTINE_REPLAYED = "quarantine_replayed"
    QUARANTINE_DISCARDED = "quarantine_discarded"
    REMINDER_CHANGED = "reminder_changed"
    MESSAGE_CHANGED = "message_changed"
    ORDER_DISCARDED = "order_discarded"
    EXPORTED = "exported"
    RECORD_SEEN = "record_seen"
    RECORDS_SEARCHED = "records_searched"
    CUSTOMER_EXPORTED = "customer_exported"
    CUSTOMER_ERASED = "customer_erased"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An entry as the database has it."""

    id: int
    at: datetime
    who: str
    from_address: str | None
    what: str
    about: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    # Whose managers may see it: None is for managers of every site alone.
    sites: list[str] | None
