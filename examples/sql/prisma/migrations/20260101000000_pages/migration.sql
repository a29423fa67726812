-- CreateTable
CREATE TABLE "pages" (
    "path" TEXT NOT NULL,
    "views" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "pages_pkey" PRIMARY KEY ("path")
);
