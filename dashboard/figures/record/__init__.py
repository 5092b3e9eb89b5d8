"""What is drawn of one work order, of one vehicle, and of faults, parts and answers."""
