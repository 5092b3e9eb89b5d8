"""The registry of devices as adapters see it: which device a foreign id means, and its vehicle.

Pure look-ups; the rows are read by `ingest.adapters.mapping`. An id that cannot be the name of a device
(a phone number with its +, a network address with colons) is the device that is registered as known by it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ingest.adapters.adapter import ForeignError
from models.contract.topics import ContractError, check_name
from models.domain.names import canonical_device

# A phone number in the international form, and a network address: their separators carry nothing.
_PHONE_OR_ADDRESS = re.compile(r"\+[0-9][0-9 ]+|[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5,7}")
_SEPARATORS = re.compile(r"[+: ]")
_LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Devices:
    """Every device that may publish, by site."""

    # The vehicle a device is registered to, if it is to one.
    vins: Mapping[tuple[str, str], str | None] = field(default_factory=dict)
    # The device that other products know by another name.
    known_as: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SiteDevices:
    """The devices of one site."""

    site: str
    devices: Devices

    def name_device(self, field_name: str, said: object) -> str:
        """Return the registered name of what a message calls a device; raises ContractError without one."""
        given = str(said) if isinstance(said, str | int) and not isinstance(said, bool) else ""
        name = canonical_device(given[:_LONGEST_ID]) or ""
        if device := self.devices.known_as.get((self.site, name)):
            return device
        if _PHONE_OR_ADDRESS.fullmatch(name):
            plain = _SEPARATORS.sub("", name)
            for spelled in (plain, plain.lower()):
                if (self.site, spelled) in self.devices.vins:
                    return spelled
        try:
            return check_name(f"{field_name}:", name)
        except ContractError as error:
            if not name:
                raise ContractError(f"{field_name}: missing; it is to name the device") from error
            quoted = "'" + name.replace("'", "'\\''") + "'"
            command = f"bayboard device add {self.site} telematics NAME --vin VIN --known-as {quoted}"
            raise ForeignError(f"{error}; give it a name with {command}", self.site) from error

    def find_vin(self, device: str) -> str:
        """Return the vehicle a device is registered to; raises ForeignError where there is none."""
        if vin := self.devices.vins.get((self.site, device)):
            return vin
        raise ForeignError(f"device: {device} is not registered to a vehicle", self.site, device)
