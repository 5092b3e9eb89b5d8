"""Refused messages at a terminal."""
