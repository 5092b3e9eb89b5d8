"""The pages below `/analytics`."""
