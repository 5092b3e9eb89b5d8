"""The rollups as views: rows of `x_settled` for days without news, the query itself for the others.

Owns how models/queries/rollup_x.sql becomes the view `x`, and when views are made anew. The same
queries settle days in `models.rollups.settle`, so that both say the same.
"""

from hashlib import sha256
from typing import LiteralString

from psycopg import Connection, sql

from models.database.named import read_sql

# What rollups are reckoned from, each from those before it, for the days of dirty_day.
STEPS = ("order_present", "labour", "worked", "stint", "wait_cause", "visit", "visit_begun")
# Reckoned from these.
FROM_EVENTS = ("stage_time", "stage_day", "order_figures", "bay_hour", "technician_day")
# Added up from one of those: rollup -> what it reads.
FROM_ROLLUPS = {
    "order_day": "order_figures",
    "wait_day": "order_figures",
    "bay_day": "bay_hour",
    "labour_day": "technician_day",
}
ROLLUPS = (*FROM_EVENTS, *FROM_ROLLUPS, "stage_time_month", "mileage_hour", "mileage_day")


def install_rollups(connection: Connection, mileage_aggregate: str | None = None) -> list[str]:
    """Make the views, or make them anew where their text has changed; return those that were made.

    `mileage_aggregate` is the continuous aggregate that mileage is read from, where there is one.
    """
    connection.execute(_WITHOUT_JIT)
    connection.execute(sql.SQL(_READ_DIRTY_DAYS).format(read_query("dirty_day")))
    for rollup in (*FROM_EVENTS, *FROM_ROLLUPS):
        connection.execute(_compose_reading(rollup))
    views = _compose_views(mileage_aggregate)
    known: dict[str, str | None] = dict(
        connection.execute(
            "select relname, obj_description(oid, 'pg_class') from pg_class"
            " where relkind = 'v' and relnamespace = current_schema()::regnamespace"
        ).fetchall()
    )
    # Later views read earlier ones, so from the first that has changed on all are made anew.
    names = list(views)
    first = next((n for n, name in enumerate(names) if known.get(name) != _digest(views[name])), len(names))
    for name in reversed(names[first:]):
        connection.execute(sql.SQL("drop view if exists {}").format(sql.Identifier(name)))
    for name in names[first:]:
        view, digest = sql.Identifier(name), sql.Literal(_digest(views[name]))
        connection.execute(sql.SQL("create view {} as {}").format(view, views[name]))
        connection.execute(sql.SQL("comment on view {} is {}").format(view, digest))
    return names[first:]


def query_from(rollup: str, **sources: sql.Composable) -> sql.Composable:
    """Return the query that adds a rollup up from another one."""
    return read_query(rollup).format(**sources)


def settled_of_days(rollup: str) -> sql.Composable:
    """Return what is settled of the days of dirty_day, as something to select from."""
    return sql.SQL("(select settled.* from {} as settled join dirty_day using (site, day))").format(
        sql.Identifier(f"{rollup}_settled")
    )


def name_columns(rollup: str) -> sql.Composed:
    """List the columns of a rollup."""
    # Dashboards ask for rollups, too, and do without SQLAlchemy.
    from models.schema.metadata import metadata  # noqa: PLC0415

    return sql.SQL(", ").join(map(sql.Identifier, metadata.tables[f"{rollup}_settled"].columns.keys()))


def read_query(name: str) -> sql.SQL:
    """Return one of the queries of rollups, to be composed."""
    return sql.SQL(read_sql(f"rollups/sql/{name}"))


def _compose_views(mileage_aggregate: str | None) -> dict[str, sql.Composable]:
    """Compose every view, in an order in which each reads only earlier ones."""
    views: dict[str, sql.Composable] = {"dirty_day": sql.SQL("select * from read_dirty_days()")}
    steps = sql.SQL(",\n").join(
        sql.SQL("{} as (\n{})").format(sql.Identifier(step), read_query(step)) for step in STEPS
    )
    for rollup in FROM_EVENTS:
        views[f"{rollup}_fresh"] = sql.SQL("with {}\n{}").format(steps, read_query(rollup))
        views[rollup] = _compose_view(rollup)
    for rollup, source in FROM_ROLLUPS.items():
        views[f"{rollup}_fresh"] = query_from(rollup, **{source: sql.Identifier(f"{source}_fresh")})
        views[rollup] = _compose_view(rollup)
    views["stage_time_month"] = sql.SQL(_MONTH_VIEW).format(
        now=query_from("stage_time_month", stage_time=_read_fresh("stage_time")),
        then=query_from("stage_time_month", stage_time=settled_of_days("stage_time")),
    )
    read_mileage = (
        sql.SQL("select * from {}").format(sql.Identifier(mileage_aggregate))
        if mileage_aggregate
        else read_query("mileage_hour")
    )
    views["mileage_hour"] = sql.SQL(_MILEAGE_HOUR_VIEW).format(read_mileage)
    views["mileage_day"] = read_query("mileage_day")
    return views


def _compose_view(rollup: str) -> sql.Composable:
    return sql.SQL(_VIEW).format(
        columns=name_columns(rollup),
        settled=sql.Identifier(f"{rollup}_settled"),
        fresh=_read_fresh(rollup),
    )


def _compose_reading(rollup: str) -> sql.Composed:
    return sql.SQL(_READ_FRESH).format(
        function=_read_fresh(rollup),
        rows=sql.Identifier(f"{rollup}_settled"),
        columns=name_columns(rollup),
        fresh=sql.Identifier(f"{rollup}_fresh"),
    )


def _read_fresh(rollup: str) -> sql.Composed:
    return sql.SQL("{}()").format(sql.Identifier(f"read_fresh_{rollup}"))


def _digest(view: sql.Composable) -> str:
    return sha256(view.as_string(None).encode()).hexdigest()


# The views are long and their rows few: compiling them to machine code takes seconds and saves none.
_WITHOUT_JIT: LiteralString = """
do $$
begin
    if (select pg_has_role(datdba, 'member') from pg_database where datname = current_database()) then
        execute format('alter database %I set jit = off', current_database());
    end if;
end
$$
"""
# A function, because of the query itself the planner expects a million days, where there are a few.
_READ_DIRTY_DAYS: LiteralString = """
create or replace function read_dirty_days()
returns table (site text, day date, timezone text, starts_at timestamptz, ends_at timestamptz)
language plpgsql stable parallel safe rows 4 as $$
#variable_conflict use_column
begin
    return query {};
end
$$
"""
# Functions too: as views they would be planned with each query, which takes longer than many of them, and
# would keep it from being shared among processes. They say nothing while no day has news.
_READ_FRESH: LiteralString = """
create or replace function {function} returns setof {rows}
language plpgsql stable parallel safe rows 300 as $$
begin
    if exists (select from read_dirty_days()) then
        return query select (row({columns})::{rows}).* from {fresh};
    end if;
end
$$
"""
# `not in`, because it costs nothing a row where no day has news; `not exists` would be a join all the same.
_VIEW: LiteralString = """
select {columns} from {settled} as settled
where (site, day) not in (select site, day from dirty_day)
union all
select {columns} from {fresh}
"""
# The months as settled, plus their days with news, less what of these days was settled.
_MONTH_VIEW: LiteralString = """
select site, month, job_type, stage, bin, visits, seconds from stage_time_month_settled
union all
({now})
union all
select site, month, job_type, stage, bin, -visits, -seconds from ({then}) as once
"""
# Readings may be dropped when they are old: what was kept of them then counts beside what is there.
_MILEAGE_HOUR_VIEW: LiteralString = """
select
    site, vin, hour,
    min(least_km) as least_km, max(most_km) as most_km, max(readings) as readings
from (
    ({})
    union all
    select site, vin, hour, least_km, most_km, readings from mileage_hour_settled
) as known
group by site, vin, hour
"""
