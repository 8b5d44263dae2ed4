copy t from '/tmp/stdin';
copy t (a, b) to stdout with (format csv);
copy (select stdin from "from") to stdout;
copy t from program 'cat; stdin' (format csv);
create table stdin (copy int);
