"""A device as people see it, and its clock."""
