"""How long the analytics pages take."""
