"""Who comes in: signing in, sessions, screens, and the guard at every door."""
