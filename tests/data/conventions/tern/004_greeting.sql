{{ template "functions/greet.sql" . }}

---- create above / drop below ----
DROP FUNCTION greet();
