"""The car park of a site: who drives what, with plates, VINs and mileage.

Car number n of a seed is always the same car of the same customer, so no list has to be
kept and a demo started tomorrow meets the cars of today. Plates, VINs and names look real
but belong to nobody; telephone numbers begin with 100, which no mobile in China does. Owns how
a car is driven through the week, too, for that is what its odometer shows.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from functools import lru_cache
from random import Random

from simulators.chance import open_stream

# The park is what drove in Shanghai on this day: nothing in it is newer.
_PARK_AS_OF = date(2026, 9, 30)
_DAYS_PER_YEAR = 365.25
# A median of 14,000 km a year; one in thirty carries passengers for a living, four times as far,
# and so does every tenth car, which belongs to a fleet.
_KM_PER_DAY, _HIRED_SHARE, _HIRED_FACTOR = 38.0, 1 / 30, 4.0
_CARS_PER_FLEET_CAR, _FLEETS = 10, 9
# Cars of the last six years mostly have a telematics unit.
_CONNECTED_DAYS, _CONNECTED_SHARE = 6 * _DAYS_PER_YEAR, 0.7


class Powertrain(StrEnum):
    """What moves the car; it decides which jobs make sense."""

    PETROL = "petrol"
    PLUG_IN = "plug-in hybrid"
    ELECTRIC = "electric"


@dataclass(frozen=True, slots=True)
class Model:
    """A model on the market, its maker's VIN prefix and its share of the park."""

    make: str
    name: str
    vin_prefix: str
    powertrain: Powertrain
    share: int


MODELS = (
    Model("Volkswagen", "Lavida", "LSV", Powertrain.PETROL, 9),
    Model("Volkswagen", "Passat", "LSV", Powertrain.PETROL, 7),
    Model("Volkswagen", "ID.3", "LSV", Powertrain.ELECTRIC, 3),
    Model("Toyota", "Camry", "LVG", Powertrain.PETROL, 6),
    Model("Toyota", "Corolla", "LFM", Powertrain.PETROL, 6),
    Model("Buick", "GL8", "LSG", Powertrain.PETROL, 6),
    Model("Buick", "Excelle GT", "LSG", Powertrain.PETROL, 4),
    Model("Nissan", "Sylphy", "LGB", Powertrain.PETROL, 7),
    Model("Honda", "CR-V", "LHG", Powertrain.PETROL, 4),
    Model("Audi", "A6L", "LFV", Powertrain.PETROL, 4),
    Model("BMW", "3 Series", "LBV", Powertrain.PETROL, 4),
    Model("Mercedes-Benz", "C-Class", "LE4", Powertrain.PETROL, 3),
    Model("Geely", "Xingyue L", "L6T", Powertrain.PETROL, 5),
    Model("Geely", "Emgrand", "L6T", Powertrain.PETROL, 3),
    Model("Haval", "H6", "LGW", Powertrain.PETROL, 4),
    Model("BYD", "Qin PLUS", "LGX", Powertrain.PLUG_IN, 7),
    Model("BYD", "Han", "LGX", Powertrain.ELECTRIC, 4),
    Model("BYD", "Song PLUS", "LGX", Powertrain.PLUG_IN, 4),
    Model("Tesla", "Model Y", "LRW", Powertrain.ELECTRIC, 6),
    Model("Tesla", "Model 3", "LRW", Powertrain.ELECTRIC, 3),
    Model("XPeng", "P7", "L1N", Powertrain.ELECTRIC, 1),
)


@dataclass(frozen=True, slots=True)
class Customer:
    """Who owns a car; a fleet owns many and has a contract instead of a talk about every job."""

    ref: str
    name: str
    phone: str
    fleet: bool = False


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a car is driven: a week's share of each weekday, Monday first, of seven."""

    weekdays: tuple[float, ...]

    def reckon_days(self, days: int, weekday: int, second: float) -> float:
        """Return how many average days of driving lie in so many days up to a second of a weekday."""
        weeks, rest = divmod(days, 7)
        whole = sum(self.weekdays[(weekday - back) % 7] for back in range(1, rest + 1))
        return 7.0 * weeks + whole + self.weekdays[weekday] * _share_of_day(second)


# Where a day's kilometres are driven: to work, at noon, home again; nothing at night.
_DAY_SECONDS = (0.0, 23_400.0, 32_400.0, 61_200.0, 72_000.0, 82_800.0, 86_400.0)
_DAY_SHARES = (0.0, 0.0, 0.35, 0.55, 0.9, 1.0, 1.0)


def _share_of_day(second: float) -> float:
    after = min(bisect_right(_DAY_SECONDS, second), len(_DAY_SECONDS) - 1)
    since, until = _DAY_SECONDS[after - 1], _DAY_SECONDS[after]
    done, then = _DAY_SHARES[after - 1], _DAY_SHARES[after]
    return done + (then - done) * (second - since) / (until - since)


COMMUTER = Rhythm((1.15, 1.15, 1.15, 1.15, 1.2, 0.7, 0.5))
WEEKENDER = Rhythm((0.55, 0.5, 0.5, 0.55, 1.0, 2.2, 1.7))
AT_WORK = Rhythm((1.1, 1.1, 1.1, 1.1, 1.15, 0.9, 0.55))
# Odometers turn in the time of the park, whichever zone a question about them comes from.
_PARK_ZONE = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Car:
    """A car of the park; `connected` ones report their mileage from the road."""

    number: int
    vin: str
    plate: str
    model: Model
    in_service_on: date
    km_per_day: float
    rhythm: Rhythm
    connected: bool
    owner: Customer

    def reckon_km(self, at: datetime) -> int:
        """Return what the odometer shows; cars drive in real time, however fast the shop runs."""
        here = at.astimezone(_PARK_ZONE)
        second = here.hour * 3600.0 + here.minute * 60.0 + here.second
        days = (here.date() - self.in_service_on).days
        return max(0, int(self.rhythm.reckon_days(days, here.weekday(), second) * self.km_per_day))


@lru_cache(maxsize=20_000)  # the road asks for the same cars again and again
def make_car(seed: str, number: int) -> Car:
    """Make car `number` of a park: the same at every call."""
    rng = open_stream(f"{seed}/car/{number}")
    model = rng.choices(MODELS, [model.share for model in MODELS])[0]
    age_days = int(rng.triangular(0.1, 12.0, 2.5) * _DAYS_PER_YEAR)
    in_service_on = _PARK_AS_OF - timedelta(days=age_days)
    fleet = number % _CARS_PER_FLEET_CAR == 0
    hired = fleet or rng.random() < _HIRED_SHARE
    return Car(
        number=number,
        vin=_make_vin(rng, model, in_service_on.year, number),
        plate=_make_plate(rng, model.powertrain, number),
        model=model,
        in_service_on=in_service_on,
        km_per_day=_KM_PER_DAY * rng.lognormvariate(0.0, 0.4) * (_HIRED_FACTOR if hired else 1.0),
        rhythm=AT_WORK if hired else rng.choices((COMMUTER, WEEKENDER), (7, 3))[0],
        connected=age_days < _CONNECTED_DAYS and rng.random() < _CONNECTED_SHARE,
        owner=_make_fleet(seed, number) if fleet else _make_owner(rng, number),
    )


_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
_GIVEN_FIRST = "建志文国海晓明子雨思佳俊春秀丽美玉嘉一欣"
_GIVEN_SECOND = "华强军平杰涛超伟芳敏静婷怡宁辰轩涵然琳萍"
_TWO_SYLLABLES = 0.75


def _make_owner(rng: Random, number: int) -> Customer:
    given = rng.choice(_GIVEN_SECOND)
    if rng.random() < _TWO_SYLLABLES:
        given = rng.choice(_GIVEN_FIRST) + given
    phone = f"100{rng.randrange(10**8):08d}"
    return Customer(ref=f"C{number:05d}", name=rng.choice(_SURNAMES) + given, phone=phone)


_FLEET_FIRST, _FLEET_LAST = "安顺捷畅通达", ("出行", "物流", "租赁")


def _make_fleet(seed: str, number: int) -> Customer:
    """Return the fleet a car belongs to: a few dozen to several hundred cars each."""
    which = min(int(open_stream(f"{seed}/fleet/{number}").expovariate(1.0) * 3), _FLEETS - 1)
    rng = open_stream(f"{seed}/fleet-name/{which}")
    name = "".join(rng.sample(_FLEET_FIRST, 2)) + _FLEET_LAST[which % len(_FLEET_LAST)]
    return Customer(f"F{which + 1:02d}", name, f"100{rng.randrange(10**8):08d}", fleet=True)


# Provinces by how often their cars are seen in Pudong. I and O are not used on plates.
_PROVINCES = {"沪": 86, "苏": 7, "浙": 4, "皖": 3}
_OFFICE_LETTERS = "ABCDEFGHJKLMN"
_PLATES = 100_000
_STRIDE = 61_803  # shares no factor with _PLATES, so every number is met once before one repeats


def _make_plate(rng: Random, powertrain: Powertrain, number: int) -> str:
    """Make a plate; new-energy ones are green, with a D or F and one character more."""
    province = rng.choices(list(_PROVINCES), list(_PROVINCES.values()))[0]
    green = {Powertrain.PETROL: "", Powertrain.PLUG_IN: "F", Powertrain.ELECTRIC: "D"}[powertrain]
    return f"{province}{rng.choice(_OFFICE_LETTERS)}{green}{(number + 1) * _STRIDE % _PLATES:05d}"


_VIN_CHARACTERS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
_VIN_YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"  # 2010 is A, and thirty years later again
_VIN_VALUES = {str(digit): digit for digit in range(10)} | {
    letter: value
    for letters in ("ABCDEFGH", "JKLMN.P.R", ".STUVWXYZ")
    for value, letter in enumerate(letters, start=1)
}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def reckon_check_digit(vin: str) -> str:
    """Return what the ninth character of a VIN must be (GB 16735, as ISO 3779's weights)."""
    remainder = sum(_VIN_VALUES[sign] * weight for sign, weight in zip(vin, _VIN_WEIGHTS, strict=True)) % 11
    return "0123456789X"[remainder]


def _make_vin(rng: Random, model: Model, year: int, number: int) -> str:
    described = "".join(rng.choices(_VIN_CHARACTERS, k=5))
    plant = rng.choice("ABCDEFGH")
    vin = f"{model.vin_prefix}{described}0{_VIN_YEARS[(year - 2010) % 30]}{plant}{100_000 + number:06d}"
    return f"{vin[:8]}{reckon_check_digit(vin)}{vin[9:]}"
