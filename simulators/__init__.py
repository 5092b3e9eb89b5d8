"""A workshop that runs by itself and knows the truth."""
