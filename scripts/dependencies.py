"""What production is made of: the packages that bayboard itself needs, and what those need.

    python scripts/dependencies.py lock        their lines of requirements.lock, with hashes
    python scripts/dependencies.py licences    docs/licences.md

Reads the environment that `make env` made, and asks no network. Tools of developers and the parts of
`bayboard demo` are left out, as they are in the image.
"""

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = Path(__file__).parent.parent / "requirements.lock"
_HEAD = """# Licences of what Bayboard is made of

Written by `make licences` from what the packages themselves declare; tools of developers and of the
demo are not in it, nor are the images of docker-compose: TimescaleDB (Timescale License), PostgreSQL
(PostgreSQL License), Eclipse Mosquitto (EPL-2.0 or EDL-1.0), Caddy (Apache-2.0), Python (PSF-2.0).
`psycopg` is under the LGPL-3.0: it is used as it is, as a library of its own that can be replaced.

| package | version | licence |
|---|---|---|
"""


def find_dependencies() -> dict[str, Distribution]:
    """Return every package that bayboard needs here, by its canonical name."""
    found: dict[str, Distribution] = {}
    waiting = [Requirement("bayboard")]
    while waiting:
        asked = waiting.pop()
        name = canonicalize_name(asked.name)
        extras = {"", *asked.extras}
        if name in found and extras == {""}:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue  # of another platform
        for text in found[name].requires or ():
            needed = Requirement(text)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                known = canonicalize_name(needed.name) in found
                if not known or needed.extras:
                    waiting.append(needed)
    del found["bayboard"]
    return dict(sorted(found.items()))


def find_licence(package: Distribution) -> str:
    """Return what a package says of its licence, as short as it says it."""
    facts = package.metadata
    said = facts.get("License-Expression") or ""
    if not said:
        classes = [line for line in facts.get_all("Classifier") or () if line.startswith("License ::")]
        said = ", ".join(line.rpartition(" :: ")[2] for line in classes)
    if not said:
        said = (facts.get("License") or "").strip().partition("\n")[0]
    return said.replace("|", "/") or "not declared"


def main() -> None:
    """Print what was asked for."""
    packages = find_dependencies()
    if sys.argv[1:] == ["licences"]:
        rows = (
            f"| {name} | {package.version} | {find_licence(package)} |\n"
            for name, package in packages.items()
        )
        sys.stdout.write(_HEAD + "".join(rows))
    elif sys.argv[1:] == ["lock"]:
        for block in re.split(r"(?m)^(?=[a-z0-9])", LOCK.read_text(encoding="utf-8")):
            if block.partition("==")[0].partition("[")[0] in packages:
                sys.stdout.write(block)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
