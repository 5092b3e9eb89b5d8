"""Screens by the hundred, and how soon each shows a scan."""
