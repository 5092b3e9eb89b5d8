"""How processes reach the database: addresses, connections, times, COPY and named SQL."""
