"""The subcommands of `bayboard`, a module for each group."""
