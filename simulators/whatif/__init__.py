"""What would change with one more: a simulated shop fitted to a real one."""
