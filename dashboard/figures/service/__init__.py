"""Service reminders, drawn."""
