"""Shows catalogue words in the waiting room, and keeps the links of messages out of the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

FUNCTIONS = r"""
-- As config.lounge.spell: the width, the case and the spaces of words say nothing.
create function spell_operation(words text) returns text language sql immutable parallel safe as $$
    select btrim(regexp_replace(lower(normalize(left(words, 100), NFKC)), '\s+', ' ', 'g'))
$$;

-- Letters and digits alone: accents, signs, invisible characters and full width are gone.
create function plain_text(words text) returns text language sql immutable parallel safe as $$
    select lower(regexp_replace(
        normalize(words, NFKD),
        '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u00d7\u00f7\u02b0-\u036f\u0600-\u061f\u180b-\u180f'
            '\u2000-\u2bff\u3000-\u3006\u3008-\u3020\u3030\u303d\u3099-\u309c\u30fb\ufe00-\ufe6f\ufeff\ufff0-\uffff'
            '\U0001f000-\U0001faff\U000e0000-\U000e0fff]',
        '', 'g'
    ))
$$;

-- The digits of a text as one would dial them: 零 and the letter o are 0.
create function plain_digits(plain text) returns text language sql immutable parallel safe as $$
    select translate(
        plain,
        '零〇o一幺壹二贰三叁四肆五伍六陆七柒八捌九玖٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹',
        '000111223344556677889901234567890123456789'
    )
$$;

-- Whether a text holds any piece of so many characters of another one, of which the beginning counts:
-- anybody may send a plate of a thousand characters.
create function holds_piece(plain text, of_text text, length integer)
returns boolean language sql immutable parallel safe as $$
    select exists (
        select from (select plain_text(left(of_text, 40)) as whole offset 0) as known,
            generate_series(1, length(whole) - $3 + 1) as place
        where strpos(plain, substr(whole, place, $3)) > 0
    )
$$;

-- Whether a text names a person: two characters in a row of a Chinese name, the family name with a title,
-- or a word of another name.
create function names_person(words text, name text)
returns boolean language sql immutable parallel safe as $$
    select case
        when name ~ '[一-鿿]' then
            holds_piece(plain_text(words), name, 2)
            or plain_text(words) ~ (
                left(plain_text(left(name, 100)), 1)
                    || '(先生|女士|小姐|太太|总|老师|师傅|经理|工|姐|哥|叔|阿姨)'
                    || '|[老小]' || left(plain_text(left(name, 100)), 1)
            )
        else exists (
            select
            from regexp_split_to_table(lower(normalize(left(name, 100), NFKC)), '[^[:alpha:]]+') as word
            where length(word) > 3 and strpos(plain_text(words), plain_text(word)) > 0
               or length(word) in (2, 3) and lower(normalize(words, NFKC)) ~ ('\m' || word || '\M')
        )
    end
    where length(plain_text(left(name, 100))) > 1
$$;

-- What somebody typed, for the customer's own page: nothing where it names a person or a car,
-- as far as that can be known.
-- The digits of a tyre's size are no phone's.
create function say_to_owner(words text, name text, plates text[], vin text, secrets text[])
returns text language sql immutable parallel safe as $$
    select words
    from plain_text(left(words, 300)) as plain
    -- A longer text is not about a part or a job.
    where length(words) <= 300
      and words !~ '@|＠'
      and plain !~ 'wechat|weixin|微信|^wx|^vx'
      and plain_digits(plain_text(
          regexp_replace(words, '\m[1-3]\d\d/[2-9][05] ?Z?R ?[12]\d\M', ' tyre ', 'g')
      )) !~ '[0-9]{5}'
      and names_person(words, name) is not true
      and not exists (select from unnest(plates) as plate where holds_piece(plain, plate, 4))
      and holds_piece(plain, vin, 6) is not true
      and not exists (
          select from unnest(secrets) as secret
          where length(secret) between 2 and 100 and length(plain_text(secret)) > 1
              and strpos(plain, plain_text(secret)) > 0
      )
$$;
"""

# What each site knows of a car; others read it where the workshop file says that they are one company.
SITES = """
create table site_vehicle (
    site text not null, vin text not null, plate text, make text, model text, year integer, powertrain text,
    in_service_on date, as_of timestamptz not null,
    constraint site_vehicle_pkey primary key (site, vin)
);
create index site_vehicle_vin_idx on site_vehicle (vin);
insert into site_vehicle
select distinct on (site, vin) site, vin, work_order.plate, make, model, year, powertrain, in_service_on,
    coalesce(opened_at, updated_at)
from work_order join vehicle using (vin)
order by site, vin, opened_at desc nulls last;
alter table workshop_site add column shares_vehicles boolean not null default false;

create view known_vehicle as
select
    own.site,
    own.vin,
    case when shared.shares_vehicles then whole.plate else own.plate end as plate,
    case when shared.shares_vehicles then whole.make else own.make end as make,
    case when shared.shares_vehicles then whole.model else own.model end as model,
    case when shared.shares_vehicles then whole.year else own.year end as year,
    case when shared.shares_vehicles then whole.powertrain else own.powertrain end as powertrain,
    case
        when shared.shares_vehicles then whole.in_service_on else own.in_service_on
    end as in_service_on
from site_vehicle as own
left join workshop_site as shared on shared.site = own.site
left join vehicle as whole on whole.vin = own.vin and shared.shares_vehicles;

-- Whether one site may know what another one knows of a car.
create function are_one(seen text, owner text) returns boolean language sql stable parallel safe as $$
    select seen = owner or exists (select from workshop_site where site = seen and shares_vehicles)
$$;
"""

VIEWS = """
drop view public_progress, public_progress_part, public_board, public_visit, public_progress_service;
drop function say_in_public(text, text[]);

-- A visit as anybody may see it: the operation by the words of the catalogue, '' for one that is not in it.
-- Of the reasons why a car waits, those that are words of ours.
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
    case when work_order.operation is not null then coalesce(known.operation, '') end as operation,
    case when reason in ('parts', 'approval', 'bay', 'technician', 'sublet') then reason end as reason,
    work_order.opened_at,
    work_order.promised_at,
    work_order.closed_at,
    work_order.cancelled
from work_order
join visit_ticket using (site, work_order)
left join known_vehicle as vehicle using (site, vin)
left join workshop_operation as known on known.spelling = spell_operation(work_order.operation);

-- The open visits, with what their expected time is computed from.
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
    public_visit.job_type, public_visit.stage, public_visit.stage_entered_at,
    coalesce(nullif(public_visit.operation, ''), case when work_order.operation is not null then coalesce(
        say_to_owner(
            work_order.operation, work_order.customer_name, array[work_order.plate, vehicle.plate],
            work_order.vin, array[work_order.customer_ref, work_order.customer_phone, work_order.work_order]
        ), '') end) as operation,
    public_visit.reason, public_visit.opened_at, public_visit.promised_at, public_visit.closed_at,
    public_visit.cancelled,
    -- Near the last time there is, a week more is none.
    case when public_visit.closed_at >= timestamptz '9999-01-01 00:00+00' then public_visit.closed_at
        else public_visit.closed_at + interval '7 days' end as ends_at
from progress_link
join public_visit using (site, work_order)
join work_order using (site, work_order)
left join known_vehicle as vehicle using (site, vin)
where progress_link.revoked_at is null;

create view public_progress_part with (security_barrier) as
select
    link.token_hash, position, quantity, status, eta,
    say_to_owner(
        part.description, customer_name, array[work_order.plate, vehicle.plate], work_order.vin,
        array[customer_ref, customer_phone, work_order.work_order]
    ) as description
from progress_link as link
join work_order using (site, work_order)
join work_order_part as part using (site, work_order)
left join known_vehicle as vehicle using (site, vin)
where link.revoked_at is null;

create view public_progress_service with (security_barrier) as
select link.token_hash, due.plan, due.item, due.due_km, due.due_on, due.projected_on
from progress_link as link
join work_order using (site, work_order)
join service_due as due using (vin)
join vehicle_service as owner using (vin)
left join workshop_site as shared on shared.site = link.site
where link.revoked_at is null and due.state not in ('done', 'suppressed')
    and (owner.site = link.site or shared.shares_vehicles);
"""

# Links of messages that wait are made when they are sent; those of messages that never left end.
LINKS = """
alter table progress_link add column message_id bigint;
create index progress_link_message_id_idx on progress_link (message_id) where message_id is not null;
-- The hash of a link is that of its token, the last part of its address.
update progress_link set message_id = message.id from outbox_message as message
where message.payload ->> 'link' is not null
  and token_hash = sha256(convert_to(regexp_replace(message.payload ->> 'link', '^.*/', ''), 'UTF8'));
update progress_link set revoked_at = now() from outbox_message as message
where message.id = message_id and message.state <> 'sent' and revoked_at is null;
update outbox_message set payload = payload - 'link' || jsonb_build_object('with_link', true)
where payload ->> 'link' is not null;
update outbox_message set payload = payload - 'link' where payload ? 'link';

create function end_links_of_message() returns trigger language plpgsql as $$
begin
    update progress_link set revoked_at = coalesce(new.settled_at, now())
    where message_id = new.id and revoked_at is null;
    return null;
end
$$;

-- However a message is withdrawn, the links that were made for it end.
create trigger message_withdrawn after update of state on outbox_message
for each row when (new.state = 'cancelled' and old.state <> 'cancelled')
execute function end_links_of_message();
"""


def upgrade() -> None:
    op.create_table(
        "workshop_operation",
        sa.Column("spelling", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("spelling", name=op.f("workshop_operation_pkey")),
    )
    # Unchanged: SQLAlchemy would take some of its colons for parameters.
    for statements in (FUNCTIONS, SITES, VIEWS, LINKS):
        op.get_bind().exec_driver_sql(statements)
