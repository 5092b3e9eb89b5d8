"""How many odometer readings are refused rightly and wrongly."""
