"""Figures of the trade, computed purely."""
