"""The outbox: what waits, what is claimed, what became of it."""
