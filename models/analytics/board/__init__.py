"""A site at one moment: alarms, counts and expectations."""
