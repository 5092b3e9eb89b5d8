"""What every figure shares: charts, tables, wording, dialogs, paging."""
