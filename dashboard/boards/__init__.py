"""Live boards: read once per change, pushed to every screen."""
