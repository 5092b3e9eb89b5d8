"""Small tools that every part of the configuration and its readers use."""
