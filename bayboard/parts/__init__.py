"""Wires each process from settings and the workshop's facts."""
