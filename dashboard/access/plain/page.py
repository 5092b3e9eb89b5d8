"""The pages that need no script: signing in, and every refusal; and what all plain pages are made of.

Pure: a request is asked for nothing but its language. Whatever
comes from outside is escaped here and nowhere else.
"""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlencode

from starlette.requests import HTTPConnection

from config.texts import HTML_LANGS, LANGS, choose_lang, text
from dashboard.access.passwords import MOST_LENGTH

LANG_COOKIE = "bayboard_lang"

_PAGE = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
# What to type on the server, below the sentence of a refusal.
_COMMANDS: Mapping[str, str] = {
    "invalid": "bayboard access link",
    "expired": "bayboard access link",
    "link_used": "bayboard access link",
    "link_revoked": "bayboard access link",
    "no_key": 'export BAYBOARD_SECRET_KEY="$(openssl rand -hex 32)"',
}
# What answers an address once is asked for in another language where it begins.
_BEGINNINGS = {"/sign-in/oidc/back": "/sign-in/oidc/"}
# Where the page that answers a form is found in another language.
_POSTED: Mapping[str, str] = {
    "/account/password": "/account",
    "/account/end-session": "/account",
    "/account/second-factor/remove": "/account",
    "/account/second-factor": "/account/second-factor",
    "/sign-in/code": "/sign-in/code",
    "/sign-in/second-factor": "/sign-in/second-factor",
}
# Asks again by itself: a screen has nobody who would.
_REFRESH_SECONDS = {"away": 10, "screen": 60}


def choose_visit_lang(connection: HTTPConnection) -> str:
    """Return the language asked for in the address, else the one remembered, else the browser's own."""
    asked = connection.query_params.get("lang") or connection.cookies.get(LANG_COOKIE)
    if asked is None:
        asked = connection.headers.get("accept-language", "")[:2].lower()
    return choose_lang(asked)


def draw_refusal(key: str, connection: HTTPConnection, **values: object) -> str:
    """Return the page that says why somebody is not let in, and what to do."""
    lang = choose_visit_lang(connection)
    parts = [say(text(lang, f"refusal.{key}", **values))]
    if key in _COMMANDS:
        parts.append(_draw_command(_COMMANDS[key]))
    links = [] if key == "no_key" else [("/sign-in", text(lang, "sign_in.title"))]
    return draw_page(connection, text(lang, f"refusal.{key}_title"), parts, links, _REFRESH_SECONDS.get(key))


def draw_sign_in(
    connection: HTTPConnection, *, goal: str = "", name: str = "", said: str = "", company: bool = False
) -> str:
    """Return the form of signing in; `goal` is the address asked for, `said` why it did not work."""
    lang = choose_visit_lang(connection)
    query = f"?{urlencode({'next': goal})}" if goal else ""
    form = draw_form(
        "/sign-in",
        text(lang, "sign_in.submit"),
        draw_field("name", text(lang, "sign_in.name"), "username", value=name, focus=not name),
        draw_password("password", text(lang, "sign_in.password"), "current-password", focus=bool(name)),
        draw_hidden("next", goal),
    )
    words = text(lang, "sign_in.company")
    other = f'<a class="other" href="/sign-in/oidc{escape(query)}">{escape(words)}</a>' if company else ""
    hint = f'<p class="hint">{escape(text(lang, "sign_in.no_account"))}</p>'
    return draw_page(connection, text(lang, "sign_in.title"), [warn(said), form, other, hint], [], keep=query)


def draw_link(connection: HTTPConnection, address: str) -> str:
    """Return the page of a link that signs in once, with the button that does so."""
    lang = choose_visit_lang(connection)
    form = draw_form(address, text(lang, "sign_in.submit"))
    return draw_page(connection, text(lang, "sign_in.title"), [say(text(lang, "sign_in.by_link")), form], [])


def draw_page(
    connection: HTTPConnection,
    title: str,
    parts: list[str],
    links: list[tuple[str, str]],
    refresh_seconds: int | None = None,
    keep: str = "",
) -> str:
    """Return a page; `links` are at its foot, beside the other language."""
    lang = choose_visit_lang(connection)
    posted = connection.scope.get("method") != "GET"
    path = _POSTED.get(connection.scope["path"], "/sign-in") if posted else connection.scope["path"]
    path = _BEGINNINGS.get(path, path)
    anchors = [f'<a href="{escape(href)}">{escape(words)}</a>' for href, words in links]
    anchors += [
        f'<a href="{escape(path)}?{urlencode({"lang": other})}{escape(keep.replace("?", "&", 1))}"'
        f' lang="{HTML_LANGS[other]}">{escape(text(other, "shell.lang"))}</a>'
        for other in LANGS
        if other != lang
    ]
    refresh = f'<meta http-equiv="refresh" content="{refresh_seconds}">' if refresh_seconds else ""
    return _PAGE.substitute(
        lang=HTML_LANGS[lang],
        title=escape(title),
        body="\n".join(parts),
        links=" ".join(anchors),
        refresh=refresh,
        # What a screen may meet is as dark as its board.
        theme="dark" if refresh_seconds else "light",
    )


def say(sentence: str) -> str:
    """Return a sentence as a paragraph."""
    return f"<p>{escape(sentence)}</p>"


def warn(sentence: str) -> str:
    """Return a sentence that needs attention; nothing for an empty one."""
    return f'<p class="wrong" role="alert">▲ {escape(sentence)}</p>' if sentence else ""


def _draw_command(command: str) -> str:
    return f"<pre><code>{escape(command)}</code></pre>"


def draw_form(action: str, submit: str, *fields: str, quiet: bool = False) -> str:
    """Return a form that posts to an address of our own."""
    button = f'<button type="submit"{" class=quiet" if quiet else ""}>{escape(submit)}</button>'
    return f'<form action="{escape(action)}" method="post">{"".join(fields)}{button}</form>'


def draw_field(
    name: str, label: str, autocomplete: str, *, value: str = "", kind: str = "text", focus: bool = False
) -> str:
    """Return a field with its label."""
    more = " autofocus" if focus else ""
    return (
        f'<label>{escape(label)}<input name="{name}" type="{kind}" value="{escape(value)}"'
        f' autocomplete="{autocomplete}" autocapitalize="none" spellcheck="false"'
        f' maxlength="{MOST_LENGTH}" required{more}></label>'
    )


def draw_password(name: str, label: str, autocomplete: str, least: int = 0, *, focus: bool = False) -> str:
    """Return a field for a password, of `least` characters if it is a new one."""
    field = draw_field(name, label, autocomplete, kind="password", focus=focus)
    return field.replace(" required", f' minlength="{least}" required') if least else field


def draw_hidden(name: str, value: str) -> str:
    """Return a field that nobody sees; nothing for an empty value."""
    return f'<input type="hidden" name="{name}" value="{escape(value)}">' if value else ""
