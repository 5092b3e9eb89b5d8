"""A browser without a browser: asks for every callback of a Dash page as Dash's own script does.

Owns which callbacks a page has: those of the app's own list whose components are on it. So a new page,
callback or export is asked for without being named in a test.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

Parts = dict[str, dict[str, Any]]


class BrokenError(Exception):
    """An answer that no browser could show."""


def read_json(answer: httpx.Response) -> Any:
    """Return the JSON of an answer, as strict as browsers are."""

    def refuse(token: str) -> None:
        raise BrokenError(f"{token} is no JSON")

    return json.loads(answer.text, parse_constant=refuse)


@dataclass(slots=True)
class Tab:
    """One page of a Dash app; `failures` are the callbacks that were not answered well."""

    client: httpx.AsyncClient
    prefix: str
    dependencies: list[Mapping[str, Any]]
    parts: Parts = field(default_factory=dict)
    called: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)

    async def open(self, path: str, search: str = "") -> None:
        """Load a page and let it ask for everything it shows."""
        layout = read_json(await self.client.get(f"{self.prefix}_dash-layout"))
        self.parts = {}
        self._learn(layout)
        for part in self.parts.values():
            if part.get("_type") == "Location":
                part |= {"pathname": path, "search": search, "href": path + search}
        done: set[str] = set()
        while waiting := [each for each in self._list_ready() if each["output"] not in done]:
            for each in waiting:
                done.add(each["output"])
                await self._call(each, None)
                for part in self.parts.values():
                    if part.get("_type") == "Location":
                        part |= {"pathname": path, "search": search, "href": path + search}

    async def press_everything(self) -> None:
        """Use everything on the page that somebody could use."""
        for each in self.dependencies:
            if each.get("clientside_function") or not self._is_here(each):
                continue
            for number, given in enumerate(each["inputs"]):
                if given["property"] in {"pathname", "search"} or not self._find(given["id"]):
                    continue
                await self._call(each, number)

    def _list_ready(self) -> Iterator[Mapping[str, Any]]:
        for each in self.dependencies:
            if (
                not each.get("clientside_function")
                and not each["prevent_initial_call"]
                and self._is_here(each)
            ):
                yield each

    def _is_here(self, callback: Mapping[str, Any]) -> bool:
        outputs = callback["output"].strip(".").split("...")
        names = {output.rpartition(".")[0] for output in outputs}
        found = names <= self.parts.keys() or not callback["output"]
        return found and any(self._find(given["id"]) for given in callback["inputs"])

    def _find(self, name: str) -> list[str]:
        """Return the keys of the parts that an id of a callback means."""
        if not name.startswith("{"):
            return [name] if name in self.parts else []
        wanted = json.loads(name)
        keys = []
        for key in self.parts:
            if key.startswith("{"):
                own = json.loads(key)
                if own.keys() == wanted.keys() and all(
                    value in (own[word], ["ALL"], ["MATCH"]) for word, value in wanted.items()
                ):
                    keys.append(key)
        return keys

    def _give(self, given: Mapping[str, Any], value: Any = None) -> Any:
        name, prop = given["id"], given["property"]
        if not name.startswith("{"):
            known = self.parts.get(name, {}).get(prop)
            return {"id": name, "property": prop, "value": known if value is None else value}
        return [
            {
                "id": json.loads(key),
                "property": prop,
                "value": self.parts[key].get(prop) if value is None else value,
            }
            for key in self._find(name)
        ]

    async def _call(self, callback: Mapping[str, Any], trigger: int | None) -> None:
        output = callback["output"]
        inputs = [
            self._give(given, self._use(given) if number == trigger else None)
            for number, given in enumerate(callback["inputs"])
        ]
        changed: list[str] = []
        if trigger is not None:
            given = callback["inputs"][trigger]
            changed = [f"{key}.{given['property']}" for key in self._find(given["id"])[:1]]
        body = {
            "output": output,
            "outputs": _list_outputs(output),
            "inputs": inputs,
            "state": [self._give(given) for given in callback.get("state", [])],
            "changedPropIds": changed,
        }
        self.called.add(output)
        answer = await self.client.post(f"{self.prefix}_dash-update-component", json=body)
        if answer.status_code == 204:
            return
        if answer.status_code >= 400:  # HTTP's own
            self.failures.append(f"{output[:80]}: {answer.status_code} {answer.text[:200]}")
            return
        try:
            response = read_json(answer)["response"]
        except (BrokenError, ValueError) as error:
            self.failures.append(f"{output[:80]}: {error}")
            return
        for name, props in response.items():
            for prop, value in props.items():
                self.parts.setdefault(name, {})[prop.partition("@")[0]] = value
                self._learn(value)

    def _use(self, given: Mapping[str, Any]) -> Any:
        """Return what a part says when somebody uses it."""
        prop = given["property"]
        keys = self._find(given["id"])
        part = self.parts[keys[0]]
        rows = part.get("rowData") or []
        if prop in {"n_clicks", "n_intervals"}:
            return 1
        if prop == "cellClicked" and rows:
            return {
                "colId": "at",
                "rowIndex": 0,
                "rowId": str(rows[0].get("id", "0")),
                "value": 1,
                "data": rows[0],
            }
        if prop == "selectedRows":
            return rows[:3]
        return part.get(prop)

    def _learn(self, value: Any) -> None:
        """Remember the components within a value."""
        stack = [value]
        while stack:
            each = stack.pop()
            if isinstance(each, list):
                stack += each
            elif isinstance(each, dict):
                props = each.get("props")
                is_component = isinstance(props, dict) and "type" in each and "namespace" in each
                if props and is_component and (name := props.get("id")):
                    key = name
                    if isinstance(name, dict):
                        key = json.dumps(name, sort_keys=True, separators=(",", ":"))
                    self.parts[key] = {**props, "_type": each["type"]}
                stack += each.values()


def _list_outputs(output: str) -> Any:
    listed = [
        {"id": name.rpartition(".")[0], "property": name.rpartition(".")[2].partition("@")[0]}
        for name in output.strip(".").split("...")
        if name
    ]
    return listed if output.startswith("..") else (listed[0] if listed else [])
