"""Erases a person from every table, and keeps an erased order without its person whatever comes later."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

FUNCTIONS = r"""
-- A word as a pattern that finds it in other texts; null for one that is too short for that.
create function find_word(word text) returns text language sql immutable parallel safe as $$
    select case
        when length(word) > 6 or word ~ '[^[:ascii:]]{2}' then escaped
        when length(word) > 3 then '(?<![0-9a-z])' || escaped || '(?![0-9a-z])'
    end
    from regexp_replace(lower(word), '([^0-9a-z[:space:]])', '\\\1', 'g') as escaped
$$;

-- Whether a text is one of some words, or holds one of those that can be found within others.
create function holds_word(of_text text, words text[])
returns boolean language sql immutable parallel safe as $$
    select coalesce(of_text = any(words), false)
        or coalesce((select bool_or(of_text ~* find_word(word)) from unnest(words) as word), false)
$$;

-- A value of JSON with a mark in place of each of some words.
create function leave_words_out(of_json jsonb, words text[]) returns jsonb language plpgsql immutable as $$
declare
    word text;
    written text := of_json::text;
begin
    foreach word in array words loop
        written := coalesce(
            regexp_replace(written, find_word(trim('"' from to_json(word)::text)), '…', 'gi'), written
        );
    end loop;
    return written;
end
$$;

-- What a message of the dealer system says without the person: who they are, and the plate.
create function leave_person_out(change jsonb) returns jsonb language sql immutable parallel safe as $$
    select change #- '{customer,ref}' #- '{customer,name}' #- '{customer,phone}' #- '{vehicle,plate}'
$$;

-- A message about an order whose person was erased comes in without the person, however late or often.
create function keep_erased() returns trigger language plpgsql as $$
begin
    if exists (select from erased_order where (site, work_order) = (new.site, new.work_order)) then
        new.change := leave_person_out(new.change);
        new.notes := null;
    end if;
    return new;
end
$$;

create trigger person_was_erased before insert on work_order_change
for each row execute function keep_erased();

create or replace function refuse_audit_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and current_setting('bayboard.audit_retention', true) = 'on'
        or tg_op = 'UPDATE' and current_setting('bayboard.audit_erasure', true) = 'on' then
        return null;
    end if;
    raise exception 'the audit trail is append-only: % is refused', lower(tg_op)
        using errcode = 'insufficient_privilege';
end $$;

-- All that names the person of some orders of a site: numbers, names, phones, mail addresses and plates.
create function list_words_of(of_site text, of_orders text[]) returns text[] language sql stable as $$
    select coalesce(array_agg(distinct word), '{}') from (
        select unnest(array[customer_ref, customer_name, customer_phone, plate]) as word
        from work_order where site = of_site and work_order = any(of_orders)
        union all
        select unnest(array[
            change #>> '{customer,ref}', change #>> '{customer,name}', change #>> '{customer,phone}',
            change #>> '{vehicle,plate}'
        ])
        from work_order_change where site = of_site and work_order = any(of_orders)
        union all
        -- As it was written before it was brought into one form.
        select note ->> 'sent' from work_order_change,
            jsonb_array_elements(case when jsonb_typeof(notes) = 'array' then notes else '[]' end) as note
        where site = of_site and work_order = any(of_orders)
            and note ->> 'field' ~ '^(customer|vehicle.plate)'
        union all
        select unnest(array[
            payload ->> 'customer', payload ->> 'phone', payload ->> 'email', payload ->> 'plate'
        ])
        from outbox_message where site = of_site and work_order = any(of_orders)
    ) as named
    where length(word) between 2 and 300
$$;

-- Erases the person of some orders of a site. The orders, the cars and all that was done to them stay.
create function erase_orders(of_site text, of_orders text[], erased_at timestamptz) returns jsonb
language plpgsql security definer set search_path from current as $$
declare
    words text[] := list_words_of(of_site, of_orders);
    vins text[] := array(
        select distinct vin from work_order
        where site = of_site and work_order = any(of_orders) and vin is not null
    );
    place record;
    touched bigint;
    gone jsonb := jsonb_build_object('orders', cardinality(of_orders));
begin
    insert into erased_order select of_site, unnest(of_orders), erased_at on conflict do nothing;
    -- Plates that only the cars have.
    words := words || array(
        select plate from site_vehicle where site = of_site and vin = any(vins) and length(plate) > 1
    );
    update work_order_change set change = leave_words_out(leave_person_out(change), words), notes = null
    where site = of_site and work_order = any(of_orders);
    update work_order set plate = null, customer_ref = null, customer_name = null, customer_phone = null
    where site = of_site and work_order = any(of_orders);
    update vehicle set plate = null where vin = any(vins) and plate = any(words);
    update vehicle_service
    set customer_ref = null, customer_name = null, customer_phone = null, reviewed_at = null
    where site = of_site and (customer_ref = any(words) or customer_phone = any(words) or vin = any(vins));
    delete from customer_consent where site = of_site and customer_ref = any(words);
    delete from progress_link where site = of_site and work_order = any(of_orders);
    delete from sign_in_attempts
    where key = any(array(select 'progress of ' || right(word, 4) from unnest(words) as word));
    -- Messages to and about the person; those that wait are not sent.
    update outbox_message
    set recipient = case when recipient_role <> 'customer' then recipient end, payload = '{}',
        settled_at = case when state = 'waiting' then erased_at else settled_at end,
        state = case when state = 'waiting' then 'cancelled' else state end
    where site = of_site
        and (work_order = any(of_orders) or recipient_role = 'customer' and recipient = any(words)
            or holds_word(payload::text, words));
    get diagnostics touched = row_count;
    gone := gone || jsonb_build_object('messages', touched, 'vehicles', cardinality(vins));
    update delivery_attempt set detail = null where holds_word(detail, words);
    -- Refused messages are kept whole, so one that names the person goes.
    delete from quarantined_message
    where (site is null or site = of_site)
        and (
            holds_word(reason, words) or holds_word(topic, words)
            or exists (
                -- As UTF-8, as JSON without letters beyond ASCII, as UTF-16 and GBK; a short word in quotes.
                select from unnest(words) as known, lateral (
                    select case when find_word(known) like '(%' then '"' || known || '"' else known end
                    where find_word(known) is not null
                ) as sought (word), unnest(array[
                    convert_to(word, 'UTF8'), convert_to(escape_word(word), 'UTF8'),
                    convert_to(upper_escapes(escape_word(word)), 'UTF8'), utf16_of(word, true),
                    utf16_of(word, false), gbk_of(word)
                ]) as written
                where position(written in payload) > 0
            )
        );
    get diagnostics touched = row_count;
    gone := gone || jsonb_build_object('quarantined', touched);
    perform set_config('bayboard.audit_erasure', 'on', true);
    update audit set
        about = case when holds_word(about, words) then '…' else about end,
        before = case when holds_word(before::text, words) then '{}' else before end,
        after = case when holds_word(after::text, words) then '{}' else after end
    where holds_word(about, words) or holds_word(before::text, words) or holds_word(after::text, words);
    perform set_config('bayboard.audit_erasure', 'off', true);
    delete from projection_failure where site = of_site and holds_word(reason, words);
    -- What somebody typed anywhere else of these orders and cars: every text that can be empty.
    for place in
        select columns.table_name, columns.column_name, columns.data_type,
            bool_or(others.column_name = 'work_order') and bool_or(others.column_name = 'site') as of_order
        from information_schema.columns as columns
        join information_schema.tables as tables using (table_schema, table_name)
        join information_schema.columns as others using (table_schema, table_name)
        where table_schema = current_schema() and table_type = 'BASE TABLE'
            and columns.is_nullable = 'YES' and columns.data_type in ('text', 'jsonb')
            and columns.column_name not in ('vin', 'technician', 'bay', 'stage', 'job_type')
            and table_name not in ('audit', 'outbox_message', 'quarantined_message')
        group by 1, 2, 3
        having bool_or(others.column_name in ('work_order', 'vin'))
    loop
        execute format(
            case when place.of_order
                then 'update %1$I set %2$I = null where site = $1 and work_order = any($2)'
                else 'update %1$I set %2$I = null where vin = any($3)'
            end || ' and holds_word(%2$I::text, $4)',
            place.table_name, place.column_name
        ) using of_site, of_orders, vins, words;
    end loop;
    return gone;
end
$$;
revoke all on function erase_orders(text, text[], timestamptz) from public;

-- Erases the persons whose last visit was over before a time; returns how many orders that concerned.
create function erase_old_customers(horizon timestamptz) returns bigint
language plpgsql security definer set search_path from current as $$
declare
    found record;
    erased bigint := 0;
begin
    for found in
        select site, array_agg(work_order) as orders
        from work_order as old
        where closed_at < horizon
            and coalesce(customer_ref, customer_name, customer_phone, plate) is not null
            and not exists (
                select from work_order as newer
                where newer.site = old.site and (newer.closed_at is null or newer.closed_at >= horizon)
                    and (newer.customer_ref = old.customer_ref or newer.customer_phone = old.customer_phone)
            )
        group by site
    loop
        -- A few at a time: each looks for all the words of its orders.
        for place in 0 .. (cardinality(found.orders) - 1) / 50 loop
            perform erase_orders(found.site, found.orders[place * 50 + 1 : place * 50 + 50], now());
        end loop;
        erased := erased + cardinality(found.orders);
    end loop;
    return erased;
end
$$;
revoke all on function erase_old_customers(timestamptz) from public;

create function drop_old_messages(horizon timestamptz) returns bigint
language plpgsql security definer set search_path from current as $$
declare
    dropped bigint;
begin
    delete from outbox_message where settled_at < horizon and state <> 'waiting';
    get diagnostics dropped = row_count;
    return dropped;
end
$$;
revoke all on function drop_old_messages(timestamptz) from public;
"""

# How a word is written elsewhere than in UTF-8. Bytes that no such word has are a text nobody writes.
SPELLINGS = r"""
create function escape_word(word text) returns text language sql immutable parallel safe as $$
    select string_agg(
        case when ascii(sign) < 128 then sign else '\u' || lpad(to_hex(ascii(sign)), 4, '0') end, ''
        order by place
    )
    from unnest(string_to_array(word, null)) with ordinality as signs (sign, place)
$$;
create function upper_escapes(word text) returns text language sql immutable parallel safe as $$
    select replace(upper(word), '\U', '\u')
$$;
create function utf16_of(word text, big boolean) returns bytea language sql immutable parallel safe as $$
    select string_agg(
        case when big then substr(int4send(ascii(sign)), 3, 2)
            else substr(int4send(ascii(sign)), 4, 1) || substr(int4send(ascii(sign)), 3, 1) end,
        ''::bytea order by place
    )
    from unnest(string_to_array(word, null)) with ordinality as signs (sign, place)
$$;
create function gbk_of(word text) returns bytea language plpgsql immutable as $$
begin
    return convert_to(word, 'GB18030');
exception when others then
    return convert_to(word, 'UTF8');
end
$$;
"""


def upgrade() -> None:
    op.create_table(
        "erased_order",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("work_order", sa.Text(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("site", "work_order", name=op.f("erased_order_pkey")),
    )
    # Unchanged: SQLAlchemy would take some of its colons for parameters.
    for statements in (SPELLINGS, FUNCTIONS):
        op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
