"""Templates of messages, and the values they may use."""
