"""What service a vehicle needs, by distance and by time."""
