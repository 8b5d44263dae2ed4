create table audit (at timestamptz default now());
