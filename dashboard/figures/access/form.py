"""Forms for accounts: who, as what, for which workshops. Pure."""

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Site
from dashboard.access.identity import Role
from dashboard.figures.kit.dialog import draw_dialog

# No key of a site: it is chosen by name, so that forgetting to choose gives nothing.
EVERY_SITE = "*"


def draw_account_form(sites: Sequence[Site], *, may_give_every: bool, lang: str) -> Component:
    """Return the form for a new account; who sees every workshop `may_give_every` one."""
    name = dmc.TextInput(
        id="accounts-name",
        label=text(lang, "accounts.name"),
        placeholder=text(lang, "accounts.name_hint"),
    )
    return html.Div(
        [
            name,
            *_draw_rights("accounts", sites, may_give_every=may_give_every, lang=lang),
            dmc.Button(text(lang, "accounts.add"), id="accounts-add"),
        ],
        className="filters add",
    )


def draw_rights_dialog(sites: Sequence[Site], *, may_give_every: bool, lang: str) -> Component:
    """Return the dialog in which the role and the workshops of one account are changed."""
    return draw_dialog(
        "rights",
        [
            html.Div(
                _draw_rights("rights", sites, may_give_every=may_give_every, lang=lang), className="fields"
            ),
            html.P(text(lang, "accounts.change_means")),
            html.Div(id="rights-wrong"),
            html.Div(dmc.Button(text(lang, "accounts.save"), id="rights-save"), className="buttons"),
        ],
        close=text(lang, "accounts.close"),
    )


def _draw_rights(form: str, sites: Sequence[Site], *, may_give_every: bool, lang: str) -> list[Component]:
    return [
        dmc.Select(
            id=f"{form}-role",
            label=text(lang, "accounts.role"),
            value=Role.FOREMAN,
            data=[{"value": role, "label": text(lang, f"role.{role}")} for role in Role],
            allowDeselect=False,
            comboboxProps={"zIndex": 500},
        ),
        dmc.MultiSelect(
            id=f"{form}-sites",
            label=text(lang, "accounts.sites"),
            data=[
                *(
                    [{"value": EVERY_SITE, "label": text(lang, "accounts.every_site")}]
                    if may_give_every
                    else []
                ),
                *({"value": site.key, "label": site.name(lang)} for site in sites),
            ],
            value=[],
            placeholder=text(lang, "accounts.choose"),
            clearable=True,
            className="wide",
            comboboxProps={"zIndex": 500},
        ),
    ]


def draw_confirm(minutes: int, lang: str) -> Component:
    """Return the form in which a manager gives the own password before accounts are changed."""
    return html.Div(
        [
            html.P(text(lang, "accounts.confirm_lead", minutes=minutes)),
            html.Div(
                [
                    dmc.PasswordInput(
                        id="accounts-own",
                        label=text(lang, "accounts.confirm_password"),
                        value="",
                        className="wide",
                    ),
                    dmc.Button(text(lang, "accounts.confirm"), id="accounts-confirm"),
                ],
                className="filters add",
            ),
            html.Div(id="accounts-own-wrong"),
        ],
        id="accounts-confirming",
        hidden=True,
    )
