"""The operations of our own workshop file, put into a database as ingest does."""

import psycopg

from config.lounge import list_spellings
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from models.rollups.workshop import record_operations


def put_operations(connection: psycopg.Connection) -> None:
    """Have a database know the operations that customers may read."""
    workshop = load_workshop(DEFAULT_WORKSHOP_FILE)
    record_operations(connection, list_spellings(workshop.lounge, workshop.plans))
