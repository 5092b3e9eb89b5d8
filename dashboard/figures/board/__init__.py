"""The boards, drawn."""
