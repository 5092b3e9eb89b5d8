"""Devices, drawn."""
