select $a$ b $b$; $a
