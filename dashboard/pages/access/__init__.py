"""Pages of accounts, screens and the audit trail."""
