insert into books values (1, 'Hello ${name}');
