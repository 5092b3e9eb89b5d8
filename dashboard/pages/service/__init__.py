"""The page of service reminders."""
