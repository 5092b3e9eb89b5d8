"""Faults, parts and answers of a period."""
