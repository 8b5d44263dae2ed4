-- nothing; to do
/* here; neither */
