"""Trouble codes, parts and answers of a period, drawn."""
