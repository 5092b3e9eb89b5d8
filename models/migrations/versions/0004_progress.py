"""Tickets, links to progress pages, and the views that are all that customers' pages may read."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

FUNCTIONS = """
-- A text without what people leave out, add or write differently in plates and numbers.
create function bare_text(words text) returns text language sql immutable parallel safe as $$
    select upper(regexp_replace(words, '[[:space:]·•._-]', '', 'g'))
$$;

-- 沪A·12345 as 沪A·***45; other plates keep their last two characters; one too short to hide is not shown.
create function mask_plate(plate text) returns text language sql immutable parallel safe as $$
    select case
        when bare ~ '^[一-鿿][A-Z]' and length(bare) >= 7 then left(bare, 2) || '·***' || right(bare, 2)
        when length(bare) >= 5 then '***' || right(bare, 2)
    end
    from bare_text(plate) as bare
$$;

-- What somebody typed, unless it names a person or a car: one of these, or a number as long as a phone's.
create function say_in_public(words text, variadic secrets text[])
returns text language sql immutable parallel safe as $$
    select words
    from bare_text(words) as bare
    where bare !~ '[0-9]{7}'
      and not exists (
          select from unnest(secrets) as secret
          where length(bare_text(secret)) > 1 and strpos(bare, bare_text(secret)) > 0
      )
$$;

-- The number of a visit as it is called out: A01 … A99, B01 … Z99 without I and O, and A01 again.
create function name_ticket(number integer) returns text language sql immutable parallel safe as $$
    select substr('ABCDEFGHJKLMNPQRSTUVWXYZ', mod(number / 99, 24) + 1, 1)
        || lpad((mod(number, 99) + 1)::text, 2, '0')
$$;

-- Six of 32 signs that are not mistaken for each other, from a strong source of chance: 30 bits.
create function draw_code() returns text language sql volatile as $$
    select string_agg(substr('23456789ABCDEFGHJKLMNPQRSTUVWXYZ', mod(get_byte(chance, place), 32) + 1, 1), '')
    from uuid_send(gen_random_uuid()) as chance, generate_series(0, 5) as place
$$;

-- Gives a visit its ticket and its code once. A ticket (24 letters, 99 numbers) comes again after 2376;
-- one that an open visit still has is passed over, unless so many are taken that ingest would wait.
create function give_ticket(of_site text, of_work_order text) returns void language plpgsql as $$
declare
    next_number integer;
begin
    perform pg_advisory_xact_lock(x'7469636b'::integer, hashtext(of_site));
    if exists (select from visit_ticket where site = of_site and work_order = of_work_order) then
        return;
    end if;
    select coalesce(max(number) + 1, 0) into next_number from visit_ticket where site = of_site;
    for passed_over in 1..20 loop
        exit when not exists (
            select
            from visit_ticket join work_order using (site, work_order)
            where site = of_site
              and number = any (array(select generate_series(mod(next_number, 2376), next_number - 1, 2376)))
              and closed_at is null
        );
        next_number := next_number + 1;
    end loop;
    insert into visit_ticket (site, work_order, number, code)
    values (of_site, of_work_order, next_number, draw_code());
end
$$;

create function give_ticket_to_visit() returns trigger language plpgsql as $$
begin
    perform give_ticket(new.site, new.work_order);
    return null;
end
$$;

create trigger visit_opened after insert on work_order
for each row when (new.closed_at is null) execute function give_ticket_to_visit();

create trigger visit_reopened after update of closed_at on work_order
for each row when (old.closed_at is not null and new.closed_at is null)
execute function give_ticket_to_visit();

select give_ticket(site, work_order)
from (select site, work_order from work_order where closed_at is null order by site, opened_at) as visit;
"""

VIEWS = """
-- A visit as anybody may see it. Of the reasons why a car waits, those that are words of ours.
create view public_visit with (security_barrier) as
select
    site,
    work_order.work_order,
    name_ticket(visit_ticket.number) as ticket,
    mask_plate(coalesce(work_order.plate, vehicle.plate)) as plate,
    work_order.customer_waiting,
    work_order.job_type,
    work_order.stage,
    work_order.stage_entered_at,
    work_order.bay,
    say_in_public(
        work_order.operation, work_order.plate, vehicle.plate, work_order.vin, work_order.customer_name,
        work_order.customer_phone, work_order.customer_ref
    ) as operation,
    case when reason in ('parts', 'approval', 'bay', 'technician', 'sublet') then reason end as reason,
    work_order.opened_at,
    work_order.promised_at,
    work_order.closed_at,
    work_order.cancelled
from work_order
join visit_ticket using (site, work_order)
left join vehicle using (vin);

-- The open visits, with what their expected time is reckoned from.
create view public_board with (security_barrier) as
select
    site, ticket, plate, customer_waiting, job_type, stage, stage_entered_at, bay, operation, reason,
    promised_at,
    (
        select sum(hours) from work_order_line as line
        where (line.site, line.work_order) = (visit.site, visit.work_order)
    ) as sold_hours,
    exists (
        select from stage_interval as earlier
        where (earlier.site, earlier.work_order) = (visit.site, visit.work_order)
          and earlier.stage = visit.stage and earlier.left_at <= visit.stage_entered_at
    ) as again,
    (
        select max(eta) from work_order_part as part
        where (part.site, part.work_order) = (visit.site, visit.work_order) and part.status = 'ordered'
    ) as parts_due_at
from public_visit as visit
where closed_at is null;

-- A link is good until it is revoked or the visit has been over for a week.
create view public_progress with (security_barrier) as
select
    progress_link.token_hash, public_visit.site, ticket, public_visit.plate, vehicle.make, vehicle.model,
    public_visit.job_type, public_visit.stage, public_visit.stage_entered_at, public_visit.operation,
    public_visit.reason, public_visit.opened_at, public_visit.promised_at, public_visit.closed_at,
    public_visit.cancelled, public_visit.closed_at + interval '7 days' as ends_at
from progress_link
join public_visit using (site, work_order)
join work_order using (site, work_order)
left join vehicle using (vin)
where progress_link.revoked_at is null;

create view public_progress_stage with (security_barrier) as
select
    link.token_hash, position, stage, stage_interval.entered_at, left_at
from progress_link as link
join stage_interval using (site, work_order)
where link.revoked_at is null;

create view public_progress_part with (security_barrier) as
select
    link.token_hash, position, quantity, status, eta,
    say_in_public(
        part.description, work_order.plate, work_order.vin, customer_name, customer_phone, customer_ref
    ) as description
from progress_link as link
join work_order using (site, work_order)
join work_order_part as part using (site, work_order)
where link.revoked_at is null;

-- What diagnostic tools found on the car during the visit, whichever order they named.
create view public_progress_finding with (security_barrier) as
select link.token_hash, code, trouble_code.status, report.corrected_at as found_at
from progress_link as link
join work_order using (site, work_order)
join diagnostic_report as report
    on report.site = link.site
    and report.vin = work_order.vin
    and report.corrected_at >= work_order.opened_at
    and (work_order.closed_at is null or report.corrected_at <= work_order.closed_at)
    -- By the device's clock too, which is what the readings are sorted by.
    and report.at >= work_order.opened_at - interval '2 days'
join trouble_code
    on trouble_code.site = report.site
    and trouble_code.device = report.device
    and trouble_code.event_id = report.event_id
    and trouble_code.at = report.at
where link.revoked_at is null;
"""


def upgrade() -> None:
    op.create_table(
        "visit_ticket",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("work_order", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site", "work_order", name=op.f("visit_ticket_pkey")),
    )
    op.create_index(op.f("visit_ticket_site_number_idx"), "visit_ticket", ["site", "number"], unique=True)
    op.create_table(
        "progress_link",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("work_order", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("progress_link_pkey")),
    )
    op.create_index(op.f("progress_link_site_work_order_idx"), "progress_link", ["site", "work_order"])
    # As it stands: SQLAlchemy would take some of its colons for parameters.
    op.get_bind().exec_driver_sql(FUNCTIONS)
    op.get_bind().exec_driver_sql(VIEWS)
