"""The outside of the system: topics and payloads."""
