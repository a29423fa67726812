create table sluice_ledger (
  id text primary key,
  partition_id integer not null,
  applied_at timestamptz not null default now(),
  outcome text
);
create index sluice_ledger_age on sluice_ledger (partition_id, applied_at);
