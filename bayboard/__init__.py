"""The console command: entry points, the one-machine demo and its embedded parts."""
