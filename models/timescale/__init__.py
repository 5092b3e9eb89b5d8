"""The only package that names TimescaleDB: what it is asked for, and what stands in where it is not there."""
