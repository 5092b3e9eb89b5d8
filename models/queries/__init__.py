"""What is read from the database, one question a function."""
