"""How a database comes to the current schema."""
