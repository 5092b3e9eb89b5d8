"""The database compared with the truth of a simulation."""
