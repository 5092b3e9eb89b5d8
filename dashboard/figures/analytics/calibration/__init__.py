"""How estimates turned out, drawn."""
