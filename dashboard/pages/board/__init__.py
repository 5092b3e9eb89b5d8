"""Pages of the boards, and the first page."""
