select 'é;', "ü;", ß from straße; select $ünï$;$ünï$ as 漢字, '😀;' /* 😀; */;
select 'a b' as nbsp_x -- non-breaking spaces belong to names; here too 
; insert into tëst values ('–;—'), (E'\';é');
