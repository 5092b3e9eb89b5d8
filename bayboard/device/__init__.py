"""What a device and its broker are given, and devices as a table."""
