"""How a database address becomes an SQLAlchemy engine: psycopg 3, whatever the address says."""

import psycopg
from sqlalchemy import Connection, Engine, create_engine, make_url


def connect_database(database_url: str) -> Engine:
    """Make an engine for a postgresql:// address; nothing is opened yet."""
    return create_engine(make_url(database_url).set(drivername="postgresql+psycopg"), pool_pre_ping=True)


def take_driver(connection: Connection) -> psycopg.Connection:
    """Return the connection of psycopg that a connection of SQLAlchemy is made of."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101  # connect_database names no other driver
    return driver
