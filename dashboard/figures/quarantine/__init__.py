"""Refused messages, drawn."""
