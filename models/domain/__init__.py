"""The rules of the trade as pure functions and values; standard library only."""
