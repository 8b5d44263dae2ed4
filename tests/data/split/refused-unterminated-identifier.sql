select "a; b
