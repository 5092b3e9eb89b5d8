"""The service engine: reviews vehicles, raises and closes reminders."""
