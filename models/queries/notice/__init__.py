"""What notices are judged by, and what fired."""
