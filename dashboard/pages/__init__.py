"""One module a page: its layout and thin callbacks."""
