"""Who may come in, and what they do that the audit trail keeps."""
