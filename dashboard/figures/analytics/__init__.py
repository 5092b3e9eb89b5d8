"""The pictures of the analytics pages: rows in, components out."""
