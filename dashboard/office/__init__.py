"""The app of the office pages, and what they hand out."""
