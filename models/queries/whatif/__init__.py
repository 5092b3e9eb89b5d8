"""What a simulated shop is fitted to."""
