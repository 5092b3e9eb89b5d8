"""What notices look at: a car in the shop, its story, and what fired for it."""
