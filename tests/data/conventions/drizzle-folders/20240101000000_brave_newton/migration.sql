CREATE TABLE "posts" ("id" serial PRIMARY KEY);--> statement-breakpoint
CREATE TABLE "tags" ("id" serial PRIMARY KEY);
