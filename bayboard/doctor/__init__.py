"""What `bayboard doctor` checks."""
