"""Figures added up by the site's own days: views that are always true, and what makes them quick."""
