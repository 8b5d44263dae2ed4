alter table accounts drop column balance;
