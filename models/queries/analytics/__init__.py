"""Figures over time, read from the rollups."""
