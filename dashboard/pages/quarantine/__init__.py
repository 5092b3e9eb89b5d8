"""The page of refused messages."""
