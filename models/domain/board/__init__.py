"""What boards show: for the foreman, and for customers."""
