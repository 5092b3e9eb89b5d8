"""Functions from rows to components; they never touch the database."""
