"""Devices: their registry and their health."""
