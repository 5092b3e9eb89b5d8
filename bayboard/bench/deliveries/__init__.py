"""Messages to people while their senders are killed."""
