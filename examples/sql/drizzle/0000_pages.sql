CREATE TABLE "pages" (
	"path" text PRIMARY KEY NOT NULL,
	"views" bigint DEFAULT 0 NOT NULL
);
