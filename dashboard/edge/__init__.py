"""The edge of the dashboard: what one visitor may cost the others, and what of a request is let through."""
