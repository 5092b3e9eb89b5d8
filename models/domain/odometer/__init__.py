"""Odometer readings: what each says, and whether it is believed."""
