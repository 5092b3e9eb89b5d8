"""Notices tried on a day that was."""
