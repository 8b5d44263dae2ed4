alter table books add column author text;
