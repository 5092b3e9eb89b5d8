"""What strangers can do to a dashboard, measured."""
