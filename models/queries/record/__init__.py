"""One work order, one vehicle, and the search for vehicles."""
