"""Settings of a process, facts of a workshop, words of two languages."""
