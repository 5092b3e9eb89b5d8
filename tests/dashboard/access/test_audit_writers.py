"""Everything a person can change leaves an entry in the audit trail: no page and no command may forget it."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType

import models
from dashboard.doors import DOORS

ROOT = Path(__file__).parents[3]
WRITES = re.compile(r"\b(insert into|update \w+ set|delete from)\b", re.IGNORECASE)
# How SQLAlchemy says the same.
STATEMENTS = {"insert": "insert into", "update": "update x set", "delete": "delete from"}
# What notes an entry, by itself or for its caller.
NOTES = {"note", "_note", "_note_many", "note_command", "note_failure", "add_by_command", "add", "add_entry"}
# What writes, but not for a person: counting, noting who was seen, and what machines keep.
NO_ACTION = {
    "add",
    "add_by_command",
    "add_session",
    "confirm_session",
    "count_attempt",
    "forget_attempts",
    "note_seen",
    "note_sessions",
    "note_sign_in",
    "refresh_hash",
    "take_step",
    "enter_progress",  # a customer gives plate and code
    "use_access_link",  # signing in by it is noted
}
# Modules whose writers are the simulator, benchmarks, services and the demo.
NO_PERSON = re.compile(
    r"bayboard/(bench|backfill|verify)/"
    r"|bayboard/(demo/run|quarantine/replay|commands/(backfill|verify))\."
    r"|bayboard/parts/(estimates|ingest|reminders|whatif)\."
    r"|dashboard/access/(passes|second/step|attempts)\."
)
# What each door that is no page for reading does, and how it is noted; a new one has to be added here.
DOES = {
    "/s/{token}": "screen_opened",
    "/sign-in": "signed_in, sign_in_failed, sign_in_locked",
    "/sign-in/*": "signed_in, second_factor_set, recovery_code_used, sign_in_failed, sign_in_locked",
    "/sign-out": "signed_out",
    "/account/*": "password_changed, sessions_ended, second_factor_set, second_factor_removed",
    "/manage/*": "what callbacks change: see the test of writers",
}
READS = {
    *("/", "/wall/{site}", "/stream/wall/{site}", "/lounge/{site}", "/lounge/{site}/progress.svg"),
    *("/stream/lounge/{site}", "/progress", "/progress/*", "/orders/{site}/{work_order}", "/vehicles"),
    *("/vehicles/{vin}", "/analytics", "/analytics/*", "/reminders", "/devices", "/quarantine", "/screens"),
    *("/accounts", "/audit", "/account", "/manage/assets/*", "/assets/*", "/_dash-*", "/healthz", "/readyz"),
    *("/metrics", "/.well-known/security.txt"),
}


def list_writers() -> set[str]:
    """Return every function of the models that changes a table."""
    found = set()
    for module in pkgutil.walk_packages(models.__path__, "models."):
        if ".migrations" in module.name or module.name.endswith("models.queries.access.audit"):
            continue
        loaded = importlib.import_module(module.name)
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            if function.__module__ == module.name and any(
                WRITES.search(text) for text in list_texts(function)
            ):
                found.add(name)
    return found - NO_ACTION


def list_texts(function: FunctionType) -> Iterator[str]:
    """Yield the texts a function holds, and those of its module that it names."""
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                codes.append(constant)
            elif isinstance(constant, str):
                yield constant
        for name in code.co_names:
            known = function.__globals__.get(name)
            if isinstance(known, str):
                yield known
            elif str(getattr(known, "__module__", "")).startswith("sqlalchemy") and name in STATEMENTS:
                yield STATEMENTS[name]


def list_calls(node: ast.AST) -> set[str]:
    """Return every name that is called or handed on in a piece of code; methods of our own with `self.`."""
    methods = (each for each in ast.walk(node) if isinstance(each, ast.Attribute))
    own = {each.attr for each in methods if isinstance(each.value, ast.Name) and each.value.id == "self"}
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} | own


def test_whatever_a_page_or_command_changes_is_noted() -> None:
    writers = list_writers()
    assert {
        "set_password",
        "disable_account",
        "add_screen",
        "revoke_device",
        "discard",
        "hold_item",
    } <= writers
    forgotten = []
    for path in sorted([*ROOT.glob("dashboard/**/*.py"), *ROOT.glob("bayboard/**/*.py")]):
        name = str(path.relative_to(ROOT))
        if NO_PERSON.match(name):
            continue
        tree = ast.parse(path.read_text())
        functions = {
            each.name: list_calls(each)
            for each in ast.walk(tree)
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        noting = {each for each, calls in functions.items() if calls & (NOTES | {"_change"})}
        for function, calls in functions.items():
            callers = {each for each, others in functions.items() if function in others}
            if (changed := calls & writers) and function not in noting and not callers & noting:
                forgotten.append(f"{name}: {function} calls {', '.join(sorted(changed))}")
    assert forgotten == []


def test_what_every_door_does_is_known() -> None:
    assert {door.address for door in DOORS} == READS | DOES.keys()
