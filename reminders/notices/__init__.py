"""The notice engine: judges what happens in the shop."""
