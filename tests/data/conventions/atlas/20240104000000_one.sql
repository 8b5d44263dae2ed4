-- atlas:delimiter -- end
CREATE FUNCTION one() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$
-- end
SELECT one();
-- end
