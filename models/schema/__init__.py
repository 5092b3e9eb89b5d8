"""The tables, as SQLAlchemy models, a module for each subject."""
