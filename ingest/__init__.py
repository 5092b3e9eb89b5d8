"""From MQTT messages to rows, each stored once or quarantined with a reason."""
