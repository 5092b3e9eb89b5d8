"""When a car will be ready: learned from history, asked live, judged afterwards."""
