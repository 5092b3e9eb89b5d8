"""Answers to what-if questions, drawn."""
