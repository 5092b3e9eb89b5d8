"""How a database address becomes an SQLAlchemy engine: psycopg 3, whatever the address says."""

from sqlalchemy import Engine, create_engine, make_url


def connect_database(database_url: str) -> Engine:
    """Make an engine for a postgresql:// address; nothing is opened yet."""
    return create_engine(make_url(database_url).set(drivername="postgresql+psycopg"), pool_pre_ping=True)
