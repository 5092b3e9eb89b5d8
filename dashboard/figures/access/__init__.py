"""Accounts, screens and the audit trail, drawn."""
