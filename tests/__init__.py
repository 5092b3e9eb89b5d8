"""The tests of Bayboard."""
