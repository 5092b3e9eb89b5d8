"""A person's data: given out, erased, and erased again after a restore."""
