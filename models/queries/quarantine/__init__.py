"""Refused messages."""
