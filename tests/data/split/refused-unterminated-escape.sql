select E'a\'; b
