"""What a diagnostic tool measures on a car, beside its trouble codes."""

from random import Random

from simulators.vehicles import Powertrain

Measurements = tuple[tuple[str, float, str], ...]


def draw_measurements(rng: Random, powertrain: Powertrain) -> Measurements:
    """Draw what the tool shows: name, value and unit of each."""
    measured = [
        ("battery_voltage", round(rng.gauss(12.5, 0.25), 2), "V"),
        ("brake_pad_front", round(rng.uniform(2.0, 11.0), 1), "mm"),
        ("tyre_tread_min", round(rng.uniform(1.8, 8.0), 1), "mm"),
    ]
    if powertrain is not Powertrain.ELECTRIC:
        measured.append(("coolant_temperature", round(rng.gauss(88.0, 4.0), 0), "Cel"))
    if powertrain is not Powertrain.PETROL:
        measured.append(("traction_battery_health", round(min(100.0, rng.gauss(93.0, 4.0)), 1), "%"))
    return tuple(measured)
