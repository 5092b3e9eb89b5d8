"""Ingest: throughput, durability, malformed messages."""
