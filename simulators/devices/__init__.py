"""Simulated devices, their faults and their way to the broker."""
