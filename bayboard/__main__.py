"""`python -m bayboard` is the same as `bayboard`."""

from bayboard.cli import main

main()
