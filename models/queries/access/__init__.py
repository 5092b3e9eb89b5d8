"""Accounts, links, sessions, screens and the audit trail."""
