"""How long pages wait for the database."""
