"""Everything on one machine, with nothing installed but the package."""
