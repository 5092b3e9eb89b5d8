"""Expected ready times: what they are learned from, and how they turned out."""
