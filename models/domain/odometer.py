"""Mileage: what a reading says in kilometres."""

KM_PER_UNIT = {"km": 1.0, "mi": 1.609344, "m": 0.001}
