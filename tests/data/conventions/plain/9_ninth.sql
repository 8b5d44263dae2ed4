create table d ();
