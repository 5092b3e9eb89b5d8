"""Rows into the database, and what is derived of them."""
