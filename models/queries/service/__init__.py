"""What service is due, what was raised, and what people answered."""
