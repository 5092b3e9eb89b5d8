"""Real parts for benchmarks."""
