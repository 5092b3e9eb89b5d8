"""What people see: the app, its pages and figures, and how changes are pushed to them."""
