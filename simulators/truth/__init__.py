"""What really happened in a simulated shop."""
