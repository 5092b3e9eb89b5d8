"""The pages of one's own account and of the second factor, as plain as that of signing in.

Pure; what comes from outside is escaped by `page`'s functions or here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from starlette.requests import HTTPConnection

from config.texts import text
from dashboard.access.identity import User
from dashboard.access.passwords import LEAST_LENGTH
from dashboard.access.plain.page import (
    choose_visit_lang,
    draw_field,
    draw_form,
    draw_hidden,
    draw_page,
    draw_password,
    say,
    warn,
)
from dashboard.access.second.factor import draw_qr
from dashboard.figures.kit.length import say_length
from models.domain.access.audit import AuditEntry
from models.domain.access.people import SessionRow


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """What the page of one's own account shows."""

    sessions: Sequence[SessionRow] = ()
    this_session: bytes | None = None
    second_factor: bool = False
    codes_left: int = 0
    may_remove: bool = True
    given_by: str | None = None
    given_at: datetime | None = None
    events: Sequence[AuditEntry] = ()


def draw_account(
    connection: HTTPConnection,
    user: User,
    own: OwnAccount,
    now: datetime,
    *,
    said: str = "",
    done: str = "",
    goal: str = "/",
) -> str:
    """Return the page of one's own account: password, second factor, sessions, and what happened to it."""
    lang = choose_visit_lang(connection)
    title, links = text(lang, "account.title"), [(goal, text(lang, "account.back"))]
    if user.account is None:
        return draw_page(connection, title, [say(text(lang, "account.no_password"))], links)
    note = f'<p class="done" role="status">✓ {escape(done)}</p>' if done else ""
    who = f"<p><b>{escape(user.label or '')}</b> · {escape(text(lang, f'role.{user.role}'))}</p>"
    parts = [who, _draw_given(own, now, lang), note, warn(said)]
    if user.label != user.account:
        parts.append(say(text(lang, "account.no_password")))
    else:
        parts += [_draw_change(lang), _draw_second_factor(own, lang)]
    parts += [_draw_sessions(own, now, lang), _draw_events(own.events, now, lang)]
    return draw_page(connection, title, parts, links)


def _draw_given(own: OwnAccount, now: datetime, lang: str) -> str:
    if own.given_at is None:
        return ""
    by, ago = own.given_by or "", _say_ago(own.given_at, now, lang)
    return warn(text(lang, "account.password_given", by=by, ago=ago))


def _draw_change(lang: str) -> str:
    return draw_form(
        "/account/password",
        text(lang, "account.change"),
        draw_password("current", text(lang, "account.current"), "current-password"),
        draw_password("new", text(lang, "account.new", least=LEAST_LENGTH), "new-password", LEAST_LENGTH),
        draw_password("again", text(lang, "account.again"), "new-password", LEAST_LENGTH),
    )


def _draw_second_factor(own: OwnAccount, lang: str) -> str:
    title = f"<h2>{escape(text(lang, 'second_factor.title'))}</h2>"
    if not own.second_factor:
        link = (
            f'<a class="other" href="/account/second-factor">{escape(text(lang, "second_factor.begin"))}</a>'
        )
        return title + say(text(lang, "second_factor.off")) + link
    words = say(text(lang, "second_factor.on", left=own.codes_left))
    if not own.may_remove:
        return title + words
    form = draw_form(
        "/account/second-factor/remove",
        text(lang, "second_factor.remove"),
        draw_password("current", text(lang, "account.current"), "current-password"),
        draw_field("code", text(lang, "second_factor.code"), "one-time-code"),
        quiet=True,
    )
    summary = escape(text(lang, "second_factor.remove"))
    return f"{title}{words}<details><summary>{summary}</summary>{form}</details>"


def _draw_sessions(own: OwnAccount, now: datetime, lang: str) -> str:
    rows = "".join(_draw_session(row, own.this_session, now, lang) for row in own.sessions)
    words = text(lang, "account.sessions")
    title = f"<h2>{escape(words)}</h2>"
    everywhere = draw_form("/account/end-sessions", text(lang, "account.end_sessions"), quiet=True)
    return f'{title}<ul class="sessions">{rows}</ul>{everywhere}'


def _draw_session(row: SessionRow, this: bytes | None, now: datetime, lang: str) -> str:
    where = f"<b>{escape(_name_agent(row.agent, lang))}</b> <span>{escape(row.address)}</span>"
    if row.id_hash == this:
        here = escape(text(lang, "account.this_session"))
        return f"<li>{where} <span>{here}</span></li>"
    seen = escape(text(lang, "account.session_seen", ago=_say_ago(row.seen_at, now, lang)))
    number = draw_hidden("session", row.id_hash.hex())
    end = draw_form("/account/end-session", text(lang, "account.end_session"), number, quiet=True)
    return f"<li>{where} <span>{seen}</span>{end}</li>"


# How browsers and systems name themselves; the first that is found counts.
_BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "MicroMessenger": "WeChat"} | {
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows"} | {
    "Mac OS": "macOS",
    "Linux": "Linux",
}


def _name_agent(agent: str, lang: str) -> str:
    """Return which browser on which system, as people call them."""
    found = [
        next((name for sign, name in names.items() if sign in agent), "") for names in (_BROWSERS, _SYSTEMS)
    ]
    return " · ".join(filter(None, found)) or text(lang, "account.some_browser")


def _draw_events(events: Sequence[AuditEntry], now: datetime, lang: str) -> str:
    if not events:
        return ""
    rows = "".join(
        f"<li><b>{escape(text(lang, f'audit_what.{entry.what}'))}</b> "
        f"<span>{escape(entry.from_address or '')}</span> "
        f"<span>{escape(_say_by(entry, lang))}{escape(_say_ago(entry.at, now, lang))}</span></li>"
        for entry in events
    )
    return f'<h2>{escape(text(lang, "account.events"))}</h2><ul class="sessions">{rows}</ul>'


def _say_by(entry: AuditEntry, lang: str) -> str:
    if not entry.who or entry.who == entry.about:
        return ""
    return text(lang, "account.by", who=entry.who) + " · "


def _say_ago(at: datetime, now: datetime, lang: str) -> str:
    return text(lang, "access_time.ago", time=say_length(now - at, lang))


def draw_code(connection: HTTPConnection, *, goal: str = "", said: str = "") -> str:
    """Return the form for a one-time code, the second step of signing in."""
    lang = choose_visit_lang(connection)
    form = draw_form(
        "/sign-in/code",
        text(lang, "sign_in.submit"),
        draw_field("code", text(lang, "second_factor.code"), "one-time-code", focus=True),
        draw_hidden("next", goal),
    )
    hint = f'<p class="hint">{escape(text(lang, "second_factor.lost"))}</p>'
    return draw_page(connection, text(lang, "second_factor.ask"), [warn(said), form, hint], [])


def draw_set_up(
    connection: HTTPConnection,
    account: str,
    secret: str,
    sealed: str,
    action: str,
    *,
    goal: str = "",
    said: str = "",
    ask_password: bool = False,
) -> str:
    """Return the page that gives a secret to an app and asks for the code that shows it."""
    lang = choose_visit_lang(connection)
    spaced = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    password = draw_password("current", text(lang, "account.current"), "current-password")
    form = draw_form(
        action,
        text(lang, "second_factor.set"),
        password if ask_password else "",
        draw_field("code", text(lang, "second_factor.first_code"), "one-time-code"),
        draw_hidden("sealed", sealed),
        draw_hidden("next", goal),
    )
    name = escape(text(lang, "second_factor.qr"))
    code = f'<div class="qr" role="img" aria-label="{name}">{draw_qr(secret, account)}</div>'
    parts = [
        say(text(lang, "second_factor.lead")),
        code,
        say(text(lang, "second_factor.by_hand")),
        f"<pre><code>{escape(spaced)}</code></pre>",
        warn(said),
        form,
    ]
    return draw_page(connection, text(lang, "second_factor.title"), parts, [])


def draw_recovery_codes(connection: HTTPConnection, codes: Sequence[str], goal: str) -> str:
    """Return the page that shows recovery codes, this once."""
    lang = choose_visit_lang(connection)
    listed = "\n".join(map(escape, codes))
    parts = [say(text(lang, "second_factor.codes")), f"<pre><code>{listed}</code></pre>"]
    title = text(lang, "second_factor.codes_title")
    return draw_page(connection, title, parts, [(goal, text(lang, "second_factor.kept"))])
