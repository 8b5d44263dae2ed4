SELECT 'no migration: there are no two underscores';
