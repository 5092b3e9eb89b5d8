"""A customer's own page: its visit and its links."""
