raise SystemExit("not a revision")
