CREATE TABLE "posts" ("id" serial PRIMARY KEY, "body" text);
--> statement-breakpoint
CREATE TABLE "tags" ("id" serial PRIMARY KEY, "label" text DEFAULT '--> statement-breakpoint');--> statement-breakpoint
CREATE INDEX "tags_label" ON "tags" ("label");
