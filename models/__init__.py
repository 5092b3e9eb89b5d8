"""What Bayboard knows: domain, tables, migrations and queries."""
