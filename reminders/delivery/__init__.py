"""The dispatcher and its channels: how messages reach people."""
