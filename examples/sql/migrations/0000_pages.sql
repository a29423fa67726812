create table pages (
  path text primary key,
  views bigint not null default 0
);
