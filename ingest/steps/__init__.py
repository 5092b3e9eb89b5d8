"""A message's way to rows: decoded, heard, checked, sorted."""
