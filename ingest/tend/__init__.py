"""What goes on beside ingest: settling, pruning, replay."""
