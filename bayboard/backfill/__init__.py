"""Simulated history straight into the database."""
