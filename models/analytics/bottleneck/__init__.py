"""What holds a site back, at a moment and by the day."""
