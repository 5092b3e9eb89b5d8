"""What service is due, and telling people."""
