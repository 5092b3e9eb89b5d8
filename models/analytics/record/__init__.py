"""One work order and one vehicle, with all that is known of them."""
