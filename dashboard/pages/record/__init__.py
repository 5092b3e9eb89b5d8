"""Pages of one work order and one vehicle."""
